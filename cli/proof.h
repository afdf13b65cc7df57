/**
 * proof: is an output as it was made, and is its original still in it?
 *
 * Both are opened by a child that can do nothing else (workers/decoder.h). The
 * grey of a photo is that of image/grey.h: the codes of one band as they are,
 * the grey code of a triple.
 *
 * Owns:    nothing between calls.
 * Threads: one per decoder.
 * Fails:   TT_NOMEM, TT_UNAVAILABLE (no child). What ails a photo is no
 *          failure, it is a finding.
 */
#ifndef CLI_PROOF_H
#define CLI_PROOF_H

#include "base/error.h"
#include "db/history.h"
#include "workers/bytes.h"
#include "workers/decoder.h"

enum cli_proof_bytes {
    CLI_PROOF_AS_RECORDED,
    CLI_PROOF_CHANGED,
    CLI_PROOF_GONE
};

enum cli_proof_grey {
    CLI_PROOF_SAME, /* bit for bit */
    CLI_PROOF_NEAR, /* a JPEG, which keeps no codes */
    CLI_PROOF_DIFFERS,
    CLI_PROOF_UNKNOWN /* there is nothing to compare, or with */
};

struct cli_proof {
    enum cli_proof_bytes bytes;
    enum cli_proof_grey grey;
    bool marked;     /* it says that a model made its colours */
    char words[512]; /* what is wrong; "": nothing */
};

/** A file, decoded. */
struct cli_proof_photo {
    struct worker_bytes bytes;
    struct worker_decoded decoded;
};

/** Read and decode; 0, or -1 with words for people: it is not there, not
 *  readable, no photo. Release it in any case. */
int cli_proof_read(struct worker_decoder *d, const char *path,
                   struct cli_proof_photo *photo, struct tt_error *err) TT_MUST;
void cli_proof_photo_release(struct cli_proof_photo *photo);

/** How the grey of two photos compares; words say where it differs. */
enum cli_proof_grey cli_proof_compare(const struct cli_proof_photo *out,
                                      const struct cli_proof_photo *in,
                                      char *words, size_t size);

/** Hold an output against its row, and against its original. */
int cli_proof_check(struct cli_proof *proof, struct worker_decoder *d,
                    const struct db_photo *row, struct tt_error *err) TT_MUST;

/** A decoder for this. */
int cli_proof_decoder(struct worker_decoder **d, struct tt_error *err) TT_MUST;

#endif
