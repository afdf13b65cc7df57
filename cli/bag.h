/**
 * bag: a BagIt bag (RFC 8493, version 1.0) as it is filled: a folder that is
 * whole or absent. It grows under a temporary name beside its place.
 *
 *   bagit.txt, bag-info.txt, manifest-sha256.txt, tagmanifest-sha256.txt
 *   data/…                  the payload
 *   metadata/outputs.jsonl  what is known of it, an object a line
 *
 * Owns:    open() made it; end() or drop() frees it, drop() with all files.
 * Threads: one.
 * Fails:   TT_OUTPUT, TT_IO, TT_INPUT (a name that is not UTF-8), TT_FORMAT (a
 *          file is not what it should be), TT_NOMEM.
 */
#ifndef CLI_BAG_H
#define CLI_BAG_H

#include <stdint.h>

#include <jansson.h>

#include "base/error.h"
#include "base/hash.h"

struct cli_bag; /* opaque */

/** folder must not exist, or be empty. */
int cli_bag_open(struct cli_bag **out, const char *folder,
                 struct tt_error *err) TT_MUST;

/** Copy the file `from` to data/name, and see that its bytes are those. */
int cli_bag_add(struct cli_bag *b, const char *from, const char *name,
                const struct tt_sha256 *sha, struct tt_error *err) TT_MUST;

/** A line of metadata; takes the reference. NULL: TT_NOMEM. */
int cli_bag_say(struct cli_bag *b, json_t *line, struct tt_error *err) TT_MUST;

/** A line of bag-info.txt; line ends in value become blanks. */
int cli_bag_info(struct cli_bag *b, const char *label, const char *value,
                 struct tt_error *err) TT_MUST;

/** Write what is left and put the bag in its place. On -1 it is gone. */
int cli_bag_end(struct cli_bag *b, int64_t now, struct tt_error *err) TT_MUST;

/** NULL is allowed. */
void cli_bag_drop(struct cli_bag *b);

#endif
