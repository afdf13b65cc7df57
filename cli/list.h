/**
 * list: the paths that come on standard input, kept in a file, since a worker
 * reads them long after and elsewhere.
 *
 * The file lies in the state folder under its own SHA-256: the same list is the
 * same file, and a source of the same name.
 *
 * Owns:    nothing between calls.
 * Threads: one.
 * Fails:   TT_INPUT (too long), TT_OUTPUT (the state folder), TT_IO, TT_NOMEM.
 */
#ifndef CLI_LIST_H
#define CLI_LIST_H

#include "base/file.h"
#include "cli/settings.h"

/** Read fd to its end: a path a line, or NUL-terminated if there is a NUL.
 *  Paths that are not absolute are made so. *path is that of the file. */
int cli_list_keep(const struct cli_settings *settings, int fd,
                  char path[TT_PATH_SIZE], struct tt_error *err) TT_MUST;

#endif
