/**
 * folder: which photos, and what their outputs are called.
 *
 * Every regular file is a photo until its content says otherwise: a text file
 * becomes a failed row, not a silence, and so do a link that leads nowhere and
 * a folder that may not be read. Names that begin with a dot are passed over,
 * with all below them. Folders are walked without following links to folders;
 * links to files are followed. Sorted by path, so that the same folder is the
 * same job.
 *
 * An output keeps the path below the folder and its suffix, if content and
 * suffix agree; else the suffix becomes that of the output's format (WebP
 * comes out as PNG). Two inputs that would have one output keep their whole
 * old name in front of the suffix: a.jpg -> a.jpg, a.webp and a.gif ->
 * a.png and a.gif.png.
 *
 * Owns:    the struct owns its items: cli_folder_release.
 * Threads: one.
 * Fails:   TT_MISSING, TT_INPUT (no photo at all; a name that cannot be told
 *          to others), TT_IO, TT_NOMEM.
 */
#ifndef CLI_FOLDER_H
#define CLI_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct cli_item {
    char *in;        /* absolute */
    const char *rel; /* its end: the path below the folder it was found in */
    char *out;       /* below the output's folder; by cli_folder_name */
    int64_t size, mtime_ms;
};

struct cli_folder {
    struct cli_item *items;
    size_t n, room;
    int64_t bytes;
    bool single; /* one operand, and it is a file */
};

/** Zeroed *f; add all that is below path (a file or a folder). */
int cli_folder_add(struct cli_folder *f, const char *path,
                   struct tt_error *err) TT_MUST;

/** Sort, and give every item its output name. format: "same", "jpeg" … as in
 *  job/kind.h. TT_USAGE if there is no such format. */
int cli_folder_name(struct cli_folder *f, const char *format,
                    struct tt_error *err) TT_MUST;

/** Take away the items for which keep(ctx, item) is false; -1 from keep ends
 *  it, with *err from there. */
int cli_folder_filter(struct cli_folder *f,
                      int (*keep)(void *ctx, const struct cli_item *item,
                                  struct tt_error *err),
                      void *ctx, struct tt_error *err) TT_MUST;

void cli_folder_release(struct cli_folder *f);

/** The suffix that a file of this content gets: ".jpg"; NULL if its first
 *  bytes are of no picture that is written. */
const char *cli_folder_suffix(const char *path);

#endif
