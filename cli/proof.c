#include "cli/proof.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEADLINE_MS 60000 /* for a photo; large ones get more */

int cli_proof_decoder(struct worker_decoder **d, struct tt_error *err)
{
    const struct worker_decoder_options options = {.deadline_ms = DEADLINE_MS};

    return worker_decoder_open(d, &options, err);
}

int cli_proof_read(struct worker_decoder *d, const char *path,
                   struct cli_proof_photo *photo, struct tt_error *err)
{
    memset(photo, 0, sizeof(*photo));
    photo->bytes.fd = -1;
    if (worker_bytes_read(&photo->bytes, path, NULL, NULL, err) < 0 ||
        worker_decoder_read(d, photo->bytes.fd, photo->bytes.size,
                            &photo->decoded, err) < 0)
        return -1;
    if (photo->decoded.reason)
        return tt_fail(err, TT_INPUT, "%s: %s", path, photo->decoded.message);
    return 0;
}

void cli_proof_photo_release(struct cli_proof_photo *photo)
{
    worker_bytes_release(&photo->bytes);
    worker_decoded_release(&photo->decoded);
}

static int code_at(const struct image_grey *g, size_t i)
{
    return g->bits == 16 ? ((const uint16_t *)g->codes)[i]
                         : ((const uint8_t *)g->codes)[i];
}

enum cli_proof_grey cli_proof_compare(const struct cli_proof_photo *out,
                                      const struct cli_proof_photo *in,
                                      char *words, size_t size)
{
    const struct image_grey *a = &out->decoded.grey, *b = &in->decoded.grey;
    size_t n = (size_t)a->width * (size_t)a->height, apart = 0;
    int most = 0;

    if (a->width != b->width || a->height != b->height) {
        snprintf(words, size, "%d x %d pixels, the original has %d x %d",
                 a->width, a->height, b->width, b->height);
        return CLI_PROOF_DIFFERS;
    }
    if (out->decoded.facts.format == IMAGE_JPEG)
        return CLI_PROOF_NEAR;
    if (a->bits != b->bits) {
        snprintf(words, size, "%d bits, the original has %d", a->bits, b->bits);
        return CLI_PROOF_DIFFERS;
    }
    if (memcmp(a->codes, b->codes, n * (size_t)a->bits / 8) == 0)
        return CLI_PROOF_SAME;
    for (size_t i = 0; i < n; i++) {
        int d = abs(code_at(a, i) - code_at(b, i));

        apart += d > 0;
        most = d > most ? d : most;
    }
    snprintf(words, size,
             "the grey of %zu of %zu pixels is not the original's, by up to "
             "%d of %d bits' codes",
             apart, n, most, a->bits);
    return CLI_PROOF_DIFFERS;
}

static void say(struct cli_proof *proof, const char *words)
{
    snprintf(proof->words, sizeof(proof->words), "%s", words);
}

/* Whether a photo's failure to be read is a finding, not the end. */
static bool bearable(const struct tt_error *err)
{
    return err->code != TT_NOMEM && err->code != TT_UNAVAILABLE;
}

/* What can be said of the output by itself. */
static int look(struct cli_proof *proof, struct worker_decoder *d,
                const struct db_photo *row, struct cli_proof_photo *out,
                struct tt_error *err)
{
    bool readable = cli_proof_read(d, row->out, out, err) == 0;

    if (!readable && !bearable(err))
        return -1;
    if (out->bytes.fd < 0) {
        proof->bytes =
            err->code == TT_MISSING ? CLI_PROOF_GONE : CLI_PROOF_CHANGED;
        if (proof->bytes == CLI_PROOF_CHANGED)
            say(proof, err->text);
    } else if (!row->has_out ||
               !tt_sha256_same(&out->bytes.sha256, &row->sha_out)) {
        proof->bytes = CLI_PROOF_CHANGED;
        say(proof, "its bytes are not those recorded");
    } else if (!readable) {
        say(proof, err->text);
    }
    proof->marked = readable && out->decoded.facts.marked;
    return 0;
}

/* What stands at the original's place may be gone or be another by now. */
static int against_original(struct cli_proof *proof, struct worker_decoder *d,
                            const struct db_photo *row,
                            const struct cli_proof_photo *out,
                            struct tt_error *err)
{
    struct cli_proof_photo in;
    int rc = 0;

    if (!row->in || !row->has_in) {
        say(proof, "the record does not know its original");
        return 0;
    }
    if (cli_proof_read(d, row->in, &in, err) < 0) {
        rc = bearable(err) ? 0 : -1;
        say(proof,
            err->code == TT_MISSING ? "its original is gone" : err->text);
    } else if (!tt_sha256_same(&in.bytes.sha256, &row->sha_in)) {
        say(proof, "its original is another by now");
    } else {
        proof->grey =
            cli_proof_compare(out, &in, proof->words, sizeof(proof->words));
    }
    cli_proof_photo_release(&in);
    return rc;
}

int cli_proof_check(struct cli_proof *proof, struct worker_decoder *d,
                    const struct db_photo *row, struct tt_error *err)
{
    struct cli_proof_photo out;
    int rc;

    *proof = (struct cli_proof){.grey = CLI_PROOF_UNKNOWN};
    rc = look(proof, d, row, &out, err);
    if (rc == 0 && proof->bytes == CLI_PROOF_AS_RECORDED &&
        out.decoded.grey.codes)
        rc = against_original(proof, d, row, &out, err);
    cli_proof_photo_release(&out);
    return rc;
}
