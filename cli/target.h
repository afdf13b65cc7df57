/**
 * target: where outputs go, and whether they may.
 *
 *   one file in     -o names the output; without -o it is NAME-colour.SUFFIX
 *                   beside the input
 *   else            -o names a folder; without -o it is FOLDER-colour
 *
 * A folder of outputs carries a marker, OUT/.tintype, with the settings it was
 * made by. A folder that is not empty and has none is refused, and so is one
 * that was made with another model or other parameters: workers take a file
 * that is there already for the one they were about to make. Under the same
 * settings the work goes on: what is there and recorded is passed over.
 *
 * Owns:    nothing beyond the struct.
 * Threads: one.
 * Fails:   TT_OUTPUT (refused, or cannot be written), TT_USAGE (the output is
 *          within the input, a suffix that is not written), TT_IO.
 */
#ifndef CLI_TARGET_H
#define CLI_TARGET_H

#include <jansson.h>

#include "base/file.h"
#include "base/hash.h"
#include "cli/folder.h"
#include "cli/record.h"

#define CLI_MARKER ".tintype"

struct cli_target {
    char folder[TT_PATH_SIZE];    /* absolute */
    char shown[TT_PATH_SIZE];     /* as it was typed */
    bool single;                  /* one output file, no marker */
    bool marked;                  /* a marker was there, of the same settings */
    bool interrupted;             /* the last job did not come to its end */
    bool busy;                    /* it is still open */
    bool paused;                  /* and paused, as by an interruption */
    int64_t job;                  /* the last one that wrote there, or 0 */
    char settings[TT_SHA256_HEX]; /* fingerprint of model and parameters */
    size_t before;                /* outputs found there, and recorded */
};

/** Work out the target of -o (or NULL) and check it; writes nothing. Items get
 *  their names here. params (of job/kind.h, with "format") and the model's
 *  bytes are what decides the outputs' bytes. */
int cli_target_choose(struct cli_target *t, struct cli_folder *f,
                      char *const *operand, int operands, const char *out,
                      const json_t *params, const struct tt_sha256 *model,
                      struct cli_record *r, struct tt_error *err) TT_MUST;

/** Take away the items whose outputs are there and recorded; counts them. */
int cli_target_filter(struct cli_target *t, struct cli_folder *f,
                      struct cli_record *r, struct tt_error *err) TT_MUST;

/** Make the folder and its marker; job 0: not submitted yet. */
int cli_target_mark(const struct cli_target *t, const struct tt_sha256 *model,
                    int64_t job, struct tt_error *err) TT_MUST;

/** Remove what killed workers left unfinished below a folder that has our
 *  marker (where the file system has no unnamed files). For when its job has
 *  ended. */
void cli_target_sweep(const char *folder);

#endif
