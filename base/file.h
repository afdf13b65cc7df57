/**
 * file: files that are whole or absent, and folders.
 *
 * A file is made under a temporary name in its own folder, synced, and then
 * linked (first one wins) or renamed (last one wins) into place; then the
 * folder is synced. Temporary names begin with ".tt-" and are safe to remove.
 *
 * Owns:    nothing between calls, but for what says so.
 * Threads: any.
 * Fails:   TT_IO, TT_OUTPUT, TT_MISSING, TT_NOMEM.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

/** Room for "<path>.tt-XXXXXX" and the like: PATH_MAX is the kernel's limit. */
#define TT_PATH_SIZE 4096

/** Join two parts with one '/'; if b is absolute, b alone. TT_INPUT if the
 *  result is longer than size. */
int tt_path_join(char *out, size_t size, const char *a, const char *b,
                 struct tt_error *err) TT_MUST;

/** What follows the last '/'. */
const char *tt_path_name(const char *path);

/** Make a folder and those above it; existing ones are fine. */
int tt_mkdirs(const char *path, mode_t mode, struct tt_error *err) TT_MUST;

/** Make the folders above the file path. */
int tt_mkdirs_above(const char *path, mode_t mode,
                    struct tt_error *err) TT_MUST;

/** Make the folders above the file path that are below `folder`, which is not
 *  made: where it is gone, so is what was to be written to. */
int tt_mkdirs_below(const char *folder, const char *path, mode_t mode,
                    struct tt_error *err) TT_MUST;

/** The whole file, NUL behind it; *data is the caller's to free(). A file
 *  longer than limit is TT_INPUT. */
int tt_file_read(const char *path, size_t limit, char **data, size_t *size,
                 struct tt_error *err) TT_MUST;

/** Create a temporary file for `path` in the same folder; its name goes into
 *  temp (TT_PATH_SIZE). Returns the descriptor, open for writing, or -1. */
int tt_file_temp(const char *path, char *temp, struct tt_error *err) TT_MUST;

/** The same without a name, where the file system can do that: a process that
 *  is killed leaves nothing behind. temp then is a path that is good as long as
 *  the descriptor is open. Elsewhere it is as tt_file_temp. */
int tt_file_unnamed(const char *path, char *temp, struct tt_error *err) TT_MUST;

/** Link temp to path and remove temp: 1 it is ours, 0 a file was there already
 *  and stays, -1 failed (temp is removed all the same). temp must be synced. */
int tt_file_publish(const char *temp, const char *path,
                    struct tt_error *err) TT_MUST;

/** Rename temp over path. temp must be synced. On -1 temp is removed. */
int tt_file_replace(const char *temp, const char *path,
                    struct tt_error *err) TT_MUST;

/** fsync the file's folder, so that its name survives a power cut. */
int tt_sync_folder(const char *path_of_file, struct tt_error *err) TT_MUST;

/** Write all bytes, whatever write(2) takes at once. */
int tt_write_all(int fd, const void *data, size_t size,
                 struct tt_error *err) TT_MUST;

/** Write a small file whole or not at all, replacing what is there. */
int tt_file_write(const char *path, const void *data, size_t size,
                  struct tt_error *err) TT_MUST;

bool tt_file_exists(const char *path);
bool tt_folder_exists(const char *path);

/** Less than a megabyte is left on its disk: some writers fail and do not say
 *  why. */
bool tt_folder_is_full(const char *path);

#endif
