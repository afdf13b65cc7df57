#include "cli/estimate.h"

#include <math.h>

#include "cli/print.h"
#include "workers/bytes.h"
#include "workers/decoder.h"

#define DEADLINE 30000 /* ms for one photo */
#define RATE     8.0   /* photos a second, before any job has been measured */

struct sums {
    long long deep, plain, colour, bad;
    int64_t bytes, pixels;
};

/* Photos a second of the latest jobs, or RATE. */
static double measured_rate(struct cli_record *r)
{
    struct db_history_filter f = {.kind = JOB_COLORIZE,
                                  .states = DB_STATE(JOB_DONE) |
                                            DB_STATE(JOB_PARTIAL),
                                  .limit = 5};
    struct tt_error ignored;
    struct db_job *rows;
    double items = 0, ms = 0;
    size_t n = 0;

    if (r->db && db_history_jobs(r->db, &f, r->mem, &rows, &n, &ignored) < 0)
        n = 0;
    for (size_t i = 0; i < n; i++) {
        items += (double)rows[i].done;
        ms += (double)(rows[i].ended - rows[i].started);
    }
    return items > 0 && ms > 0 ? items * 1000 / ms : RATE;
}

static int look_at(struct worker_decoder *d, const struct cli_item *item,
                   bool force, struct sums *sums, struct tt_error *err)
{
    struct worker_decoded photo = {0};
    struct worker_bytes bytes;

    if (worker_bytes_read(&bytes, item->in, NULL, NULL, err) < 0) {
        sums->bad++;
        return 0;
    }
    if (worker_decoder_read(d, bytes.fd, bytes.size, &photo, err) < 0) {
        worker_bytes_release(&bytes);
        return -1;
    }
    if (photo.reason)
        sums->bad++;
    else if (photo.facts.measure.class == IMAGE_COLOUR && !force)
        sums->colour++;
    else {
        sums->deep += photo.facts.bits > 8;
        sums->plain += photo.facts.bits <= 8;
        sums->bytes += item->size;
        sums->pixels += (int64_t)photo.facts.width * photo.facts.height;
    }
    worker_decoded_release(&photo);
    worker_bytes_release(&bytes);
    return 0;
}

static int look_at_all(const struct cli_folder *f, bool force,
                       struct sums *sums, struct tt_error *err)
{
    struct worker_decoder_options o = {.deadline_ms = DEADLINE};
    struct worker_decoder *d;
    int rc = 0;

    if (f->n == 0)
        return 0;
    if (worker_decoder_open(&d, &o, err) < 0)
        return -1;
    for (size_t i = 0; rc == 0 && i < f->n; i++)
        rc = look_at(d, &f->items[i], force, sums, err);
    worker_decoder_close(d);
    return rc;
}

static void print_people(const struct cli_context *c, const struct sums *s,
                         size_t before, double seconds)
{
    char bytes[32], pixels[32], count[32];
    long long files = s->deep + s->plain;

    cli_text_bytes(s->bytes, bytes, sizeof(bytes));
    cli_text_count((s->pixels + 500000) / 1000000, pixels, sizeof(pixels));
    cli_text_count(files, count, sizeof(count));
    fprintf(c->out, "would colour %s file%s", count, files == 1 ? "" : "s");
    if (s->deep)
        fprintf(c->out, " (16-bit %lld, 8-bit %lld; %s, %s Mpixel)", s->deep,
                s->plain, bytes, pixels);
    else if (files)
        fprintf(c->out, " (8-bit; %s, %s Mpixel)", bytes, pixels);
    if (s->colour)
        fprintf(c->out, ", %lld %s in colour already and would be skipped",
                s->colour, s->colour == 1 ? "is" : "are");
    if (before)
        fprintf(c->out, ", %zu %s done", before, before == 1 ? "is" : "are");
    if (s->bad)
        fprintf(c->out, ", %lld cannot be read", s->bad);
    if (files)
        fprintf(c->out, "; about %.0f s", ceil(seconds));
    fputc('\n', c->out);
}

int cli_estimate_colorize(struct cli_context *c, const struct cli_folder *f,
                          size_t before, bool force, struct cli_record *r,
                          struct tt_error *err)
{
    struct sums s = {0};
    double seconds;

    if (look_at_all(f, force, &s, err) < 0)
        return -1;
    seconds = (double)(s.deep + s.plain) / measured_rate(r);
    if (cli_print_human(&c->print)) {
        print_people(c, &s, before, seconds);
        return 0;
    }
    return cli_print_document(
        c->out, &c->print, "estimate",
        json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f}", "colour",
                  (json_int_t)(s.deep + s.plain), "bits16", (json_int_t)s.deep,
                  "bits8", (json_int_t)s.plain, "in_colour",
                  (json_int_t)s.colour, "unreadable", (json_int_t)s.bad,
                  "bytes", (json_int_t)s.bytes, "pixels", (json_int_t)s.pixels,
                  "seconds", seconds),
        err);
}
