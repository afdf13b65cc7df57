/**
 * store: plans on disk, so that the next start need not look for them again.
 * One file a plan, named by all that it depends on: cuDNN's version, the card's
 * properties, the convolution, the budget. A file is whole or absent, its bytes
 * are checked when it is read, and what does not fit is as if it were not
 * there.
 *
 * Owns:    nothing between calls.
 * Threads: any; processes may share a folder.
 * Fails:   reading never (there is no plan, then); writing as base/file.h.
 */
#ifndef CUDNN_STORE_H
#define CUDNN_STORE_H

#include <stddef.h>

#include "base/error.h"

/** What a plan depends on. */
struct cudnn_store_key {
    size_t version;       /* of cuDNN */
    const char *document; /* of the card */
    const char *graph;    /* one line */
    size_t budget;        /* bytes of workspace */
};

/** The user's folder for what can be made again: $XDG_CACHE_HOME, or .cache at
 *  home, and tintype/plans in it. 0, or -1 if there is none. */
int cudnn_store_folder(char *path, size_t size);

/** A plan as text, the caller's to free(); NULL if there is none. */
char *cudnn_store_load(const char *folder, const struct cudnn_store_key *key);

int cudnn_store_save(const char *folder, const struct cudnn_store_key *key,
                     const char *plan, struct tt_error *err) TT_MUST;

#endif
