#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/outputs.h"
#include "cli/progress.h"
#include "cli/proof.h"
#include "model/backend/backend.h"

enum { MOST_THREADS = 64 };

/* One page, shared out among the threads. */
struct page {
    const struct db_photo *const *row;
    struct cli_proof proof[CLI_OUTPUTS_PAGE];
    size_t n, next;
    pthread_mutex_t lock;
    int failed; /* of a thread; its error is in err */
    struct tt_error err;
};

struct sums {
    int64_t outputs, as_recorded, same, near, marked;
    int64_t faults, unproven; /* unproven ones count as faults, too */
};

struct verify {
    struct cli_context *c;
    struct cli_record r;
    struct cli_outputs outputs;
    struct cli_progress progress;
    struct worker_decoder *decoder[MOST_THREADS];
    int threads;
    struct page page;
    struct sums sums;
    json_t *rows; /* what is wrong, for --json */
    int64_t begun;
};

/* --- the threads --- */

struct hand {
    struct verify *v;
    int number;
    pthread_t thread;
    bool started;
};

static bool next_of(struct page *p, size_t *i)
{
    bool more;

    pthread_mutex_lock(&p->lock);
    more = p->next < p->n && !p->failed;
    *i = p->next++;
    pthread_mutex_unlock(&p->lock);
    return more;
}

static void *work(void *ctx)
{
    struct hand *h = ctx;
    struct page *p = &h->v->page;
    struct worker_decoder **d = &h->v->decoder[h->number];
    struct tt_error err;
    size_t i;

    while (next_of(p, &i)) {
        if (cli_proof_check(&p->proof[i], *d, p->row[i], &err) == 0)
            continue;
        pthread_mutex_lock(&p->lock);
        if (!p->failed++)
            p->err = err;
        pthread_mutex_unlock(&p->lock);
    }
    return NULL;
}

/* The page's photos, on all threads. A decoder ends with the thread that
 * opened it, so they are opened by the first thread, which is ours. */
static int check_page(struct verify *v, struct tt_error *err)
{
    struct hand first = {.v = v}, others[MOST_THREADS] = {0};
    struct page *p = &v->page;

    p->next = 0;
    for (int i = 1; i < v->threads; i++) {
        struct hand *h = &others[i];

        *h = (struct hand){.v = v, .number = i};
        h->started = pthread_create(&h->thread, NULL, work, h) == 0;
    }
    work(&first);
    for (int i = 1; i < v->threads; i++) {
        if (others[i].started)
            pthread_join(others[i].thread, NULL);
    }
    if (p->failed) {
        *err = p->err;
        return -1;
    }
    return 0;
}

/* --- what came of it --- */

static const char *fault_word(const struct cli_proof *proof)
{
    if (proof->bytes == CLI_PROOF_GONE)
        return "gone";
    if (proof->bytes == CLI_PROOF_CHANGED)
        return "changed";
    if (proof->grey == CLI_PROOF_DIFFERS)
        return "grey";
    if (proof->grey == CLI_PROOF_UNKNOWN)
        return "unproven";
    return proof->marked ? NULL : "unlabelled";
}

static int say_fault(struct verify *v, const struct db_photo *row,
                     const char *word, const char *words, struct tt_error *err)
{
    char safe[TT_PATH_SIZE];
    json_t *o;

    v->sums.faults++;
    if (cli_print_human(&v->c->print)) {
        cli_progress_clear(&v->progress);
        cli_text_safe(cli_text_path(row->out), safe, sizeof(safe));
        fprintf(v->c->out, "%-10s %s%s%s\n", word, safe, *words ? ": " : "",
                words);
        return 0;
    }
    o = json_object();
    cli_set_text(o, "fault", word);
    cli_set_path(o, "path", row->out);
    cli_set_text(o, "words", words);
    cli_set_id(o, "job", 'j', row->job);
    cli_set_count(o, "item", row->index + 1);
    if (!o || json_array_append_new(v->rows, o) < 0)
        return tt_fail(err, TT_NOMEM, "no memory for findings");
    return 0;
}

static int add(struct verify *v, const struct db_photo *row,
               const struct cli_proof *proof, struct tt_error *err)
{
    const char *word = fault_word(proof);
    struct sums *s = &v->sums;

    s->outputs++;
    s->as_recorded += proof->bytes == CLI_PROOF_AS_RECORDED;
    s->same += proof->grey == CLI_PROOF_SAME;
    s->near += proof->grey == CLI_PROOF_NEAR;
    s->marked += proof->marked;
    s->unproven += proof->bytes == CLI_PROOF_AS_RECORDED &&
                   proof->grey == CLI_PROOF_UNKNOWN;
    return word ? say_fault(v, row, word, proof->words, err) : 0;
}

static int take_page(void *ctx, const struct db_photo *const *rows, size_t n,
                     struct tt_error *err)
{
    struct verify *v = ctx;
    struct cli_progress_at at;
    int64_t now, ms;

    v->page.row = rows;
    v->page.n = n;
    if (check_page(v, err) < 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (add(v, rows[i], &v->page.proof[i], err) < 0)
            return -1;
    }
    now = tt_steady_ms();
    ms = now - v->begun;
    at = (struct cli_progress_at){
        .done = v->sums.outputs,
        .total = v->outputs.most,
        .failed = v->sums.faults,
        .rate = ms > 0 ? (double)v->sums.outputs * 1000 / (double)ms : 0};
    cli_progress_show(&v->progress, &at, now);
    return 0;
}

/* --- the command --- */

static json_t *document(const struct verify *v)
{
    const struct sums *s = &v->sums;
    json_t *o = json_object();

    cli_set_count(o, "outputs", s->outputs);
    cli_set_count(o, "as_recorded", s->as_recorded);
    cli_set_count(o, "grey_exact", s->same);
    cli_set_count(o, "grey_lossy", s->near);
    cli_set_count(o, "labelled", s->marked);
    json_object_set(o, "faults", v->rows);
    return o;
}

static int say_sums(struct verify *v, struct tt_error *err)
{
    const struct sums *s = &v->sums;
    char near[64] = "";

    if (!cli_print_human(&v->c->print))
        return cli_print_document(v->c->out, &v->c->print, "proof", document(v),
                                  err);
    if (s->near)
        snprintf(near, sizeof(near), ", %lld are JPEGs, which keep it nearly",
                 (long long)s->near);
    fprintf(v->c->out,
            "%lld outputs, %lld as recorded, %lld give their grey back bit for "
            "bit%s, %lld labelled\n",
            (long long)s->outputs, (long long)s->as_recorded,
            (long long)s->same, near, (long long)s->marked);
    return 0;
}

static int open_decoders(struct verify *v, struct tt_error *err)
{
    int want = backend_threads_default();

    v->threads = want < MOST_THREADS ? want : MOST_THREADS;
    for (int i = 0; i < v->threads; i++) {
        if (cli_proof_decoder(&v->decoder[i], err) < 0)
            return -1;
    }
    return 0;
}

/* An original that is gone is no damage. */
static int status(const struct sums *s)
{
    if (s->faults > s->unproven)
        return tt_code_exit(TT_FORMAT);
    return s->unproven ? tt_code_exit(TT_PARTIAL) : 0;
}

static int verify(struct cli_context *c, struct tt_error *err)
{
    static struct verify v;
    int rc = cli_record_need(&v.r, &c->settings, err);

    v.c = c;
    v.outputs = (struct cli_outputs){&v.r, take_page, &v, 0};
    v.rows = json_array();
    v.begun = tt_steady_ms();
    pthread_mutex_init(&v.page.lock, NULL);
    cli_progress_init(&v.progress, &c->settings, stderr);
    if (rc == 0)
        rc = open_decoders(&v, err);
    if (rc == 0 && c->operands == 0)
        rc = cli_outputs_each(&v.outputs, "@last", err);
    for (int i = 0; rc == 0 && i < c->operands; i++)
        rc = cli_outputs_each(&v.outputs, c->operand[i], err);
    cli_progress_clear(&v.progress);
    if (rc == 0)
        rc = say_sums(&v, err);
    for (int i = 0; i < v.threads; i++)
        worker_decoder_close(v.decoder[i]);
    pthread_mutex_destroy(&v.page.lock);
    json_decref(v.rows);
    cli_record_close(&v.r);
    return rc == 0 ? status(&v.sums) : rc;
}

const struct cli_command cmd_verify = {
    .name = "verify",
    .operands = "[OUT…]",
    .summary = "are outputs as they were made, and their originals in them?",
    .about =
        "OUT is a folder of outputs, an output, or a job; without it, the last "
        "job. Of each output\nthe record knows: are its bytes those recorded; "
        "does it give the grey of its original\nback bit for bit; does it say "
        "that a model made its colours? What is not so is named,\nand the exit "
        "status is 76, or 2 if no more is wrong than that originals are gone "
        "or others\nby now. Nothing is written.",
    .example = "tintype verify colour/\ntintype verify j2 --json",
    .flags = CLI_DATA | CLI_WAITS,
    .most = -1,
    .run = verify,
};
