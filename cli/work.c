#include "cli/work.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/control_client.h"
#include "cli/progress.h"
#include "cli/target.h"

#define TICK_EARLY  20    /* ms, in the first seconds */
#define TICK        100   /* ms */
#define LOOK_EVERY  1000  /* ms: is the scheduler there? */
#define NOBODY      15000 /* ms without any work done, then a hint */
#define GONE_CHECKS 3     /* that often in a row, and it is gone */

/* --- the manifest --- */

static int make_key(char key[33], struct tt_error *err)
{
    unsigned char bytes[16];

    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
        return tt_fail_errno(err, TT_IO, "random bytes");
    for (int i = 0; i < 16; i++)
        snprintf(key + 2 * i, 3, "%02x", bytes[i]);
    return 0;
}

int cli_work_set(struct cli_work *w, const char *name, json_t *value,
                 struct tt_error *err)
{
    if (!value || json_object_set_new(w->header, name, value) < 0)
        return tt_fail(err, TT_NOMEM, "no memory for the job's \"%s\"", name);
    return 0;
}

int cli_work_begin(struct cli_work *w, const struct cli_context *c,
                   const char *name, struct tt_error *err)
{
    const struct job_kind_info *kind = job_kind_info(c->command->kind);
    char folder[TT_PATH_SIZE];

    memset(w, 0, sizeof(*w));
    w->c = c;
    w->header = json_object();
    if (cli_record_name("--label", c->work.label, err) < 0 ||
        make_key(w->key, err) < 0 ||
        cli_settings_path(&c->settings, "manifests", folder, err) < 0 ||
        tt_mkdirs(folder, 0700, err) < 0 ||
        tt_path_join(w->manifest, sizeof(w->manifest), folder, w->key, err) < 0)
        return -1;
    if (c->work.label)
        name = c->work.label;
    if (cli_work_set(w, "key", json_string(w->key), err) < 0 ||
        cli_work_set(w, "kind", json_string(kind->word), err) < 0 ||
        cli_work_set(w, "params", tt_opt_to_json(kind->opts, c->params), err) <
            0)
        return -1;
    cli_set_text(w->header, "name", name);
    return 0;
}

static int start_manifest(struct cli_work *w, struct tt_error *err)
{
    if (w->writer)
        return 0;
    return job_manifest_create(&w->writer, w->manifest, w->header, err);
}

int cli_work_add(struct cli_work *w, const char *in, const char *out,
                 struct tt_error *err)
{
    if (start_manifest(w, err) < 0)
        return -1;
    w->entries++;
    return job_manifest_add(w->writer, in, out, err);
}

/* --- submitting --- */

static void block_signals(struct cli_work *w)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, &w->mask);
    w->masked = true;
}

static const char *owner(void)
{
    const struct passwd *user = getpwuid(getuid());

    return user && *user->pw_name ? user->pw_name : "unknown";
}

static int priority(const char *word, struct tt_error *err)
{
    static const char *const words[] = {"first", "normal", "last"};

    for (int i = 0; i < 3; i++) {
        if (strcmp(word, words[i]) == 0)
            return i;
    }
    return tt_fail(err, TT_USAGE,
                   "--priority: \"%s\" is not first, normal or last", word);
}

int cli_work_attach(struct cli_work *w, const struct cli_context *c,
                    struct tt_error *err)
{
    w->c = c;
    if (cli_stack_attach(&w->stack, &c->settings, false, err) < 0)
        return -1;
    w->ours = cli_stack_started(w->stack);
    return 0;
}

int cli_work_submit(struct cli_work *w, struct tt_error *err)
{
    int prio = priority(w->c->work.priority, err);
    struct job_manifest_writer *writer;
    json_t *answer = NULL;
    json_int_t total = w->entries ? w->entries : w->units ? w->units : 1;

    if (prio < 0 || start_manifest(w, err) < 0)
        return -1;
    writer = w->writer;
    w->writer = NULL;
    if (job_manifest_finish(writer, err) < 0 ||
        cli_work_attach(w, w->c, err) < 0)
        return -1;
    block_signals(w);
    /* the key makes it harmless to ask again, whatever became of the answer */
    for (int try = 0;; try++) {
        json_t *ask =
            json_pack("{s:s, s:s, s:s, s:I, s:s, s:i}", "cmd", "submit", "key",
                      w->key, "manifest", w->manifest, "total", total, "owner",
                      owner(), "prio", prio);

        if (cli_control_once(&w->c->settings, ask, &answer, err) == 0)
            break;
        if (err->code != TT_UNAVAILABLE || try == 20)
            return -1;
        tt_sleep_ms(250);
    }
    w->job = json_integer_value(json_object_get(answer, "job"));
    json_decref(answer);
    return 0;
}

int cli_work_join(struct cli_work *w, const struct cli_context *c, int64_t job,
                  struct tt_error *err)
{
    memset(w, 0, sizeof(*w));
    w->job = job;
    if (cli_work_attach(w, c, err) < 0)
        return -1;
    block_signals(w);
    return 0;
}

int cli_work_print_id(const struct cli_work *w, struct tt_error *err)
{
    if (fprintf(w->c->out, "j%lld\n", (long long)w->job) < 0)
        return tt_fail_errno(err, TT_OUTPUT, "standard output");
    return 0;
}

/* --- waiting --- */

struct wait {
    struct cli_work *w;
    struct cli_outcome *o;
    struct cli_progress bar;
    struct db_progress at;
    struct db_arena *mem;
    char extra[160];
    int64_t begun, looked, described;
    int away; /* times that no scheduler answered, in a row */
    bool hinted, said_away, said_stopping;
};

/* Remark on stderr, without tearing the bar. */
static void remark(struct wait *t, const char *text)
{
    if (t->w->c->settings.quiet)
        return;
    cli_progress_clear(&t->bar);
    fprintf(stderr, "%s\n", text);
}

/* What else there is to say of a training: epoch, loss, the best so far. */
static void describe_run(struct wait *t, int64_t now)
{
    struct db *db = t->o->record.db;
    struct db_series *series;
    struct tt_error ignored;
    struct db_run run;
    size_t n, used = 0, size = sizeof(t->extra);
    int64_t id;

    if (now - t->described < 500)
        return;
    t->described = now;
    db_arena_reset(t->mem);
    if (db_run_of_job(db, t->w->job, &id, &ignored) < 0 || id == 0 ||
        db_history_run(db, id, t->mem, &run, &ignored) <= 0 ||
        db_history_series(db, id, t->mem, &series, &n, &ignored) < 0)
        return;
    if (run.epochs)
        used = (size_t)snprintf(t->extra, size, "epoch %lld/%lld",
                                (long long)run.epoch, (long long)run.epochs);
    for (size_t i = 0; i < n && used < size; i++) {
        if (strcmp(series[i].name, "loss") == 0)
            used +=
                (size_t)snprintf(t->extra + used, size - used, "%sloss %.4f",
                                 used ? "  " : "", series[i].last);
    }
    if (run.best_name && used < size)
        snprintf(t->extra + used, size - used, "  %s %.2f", run.best_name,
                 run.best);
}

static void show(struct wait *t, int64_t now)
{
    struct cli_progress_at at = {.done = t->at.ended,
                                 .total = t->at.total,
                                 .failed = t->at.failed,
                                 .rate = t->at.rate,
                                 .extra = t->extra};

    if (t->o->job.kind == JOB_TRAIN)
        describe_run(t, now);
    cli_progress_show(&t->bar, &at, now);
}

/* A scheduler that is away comes back: its supervisor starts it again. If
 * that is gone as well and was private, we start another; else someone else's
 * scheduler is waited for. 1: we are about to leave, and nobody is there who
 * could end what is in hand. */
static int look_after_stack(struct wait *t, int64_t now, struct tt_error *err)
{
    const struct cli_settings *s = &t->w->c->settings;

    if (now - t->looked < LOOK_EVERY)
        return 0;
    t->looked = now;
    if (cli_control_answers(s)) {
        t->away = 0;
        return 0;
    }
    if (++t->away < GONE_CHECKS || cli_stack_supervisor(s) != 0)
        return 0;
    if (!t->w->stack)
        return 1;
    if (cli_stack_epitaph(s, err))
        return -1;
    if (cli_stack_private(t->w->stack))
        return cli_stack_again(t->w->stack, err);
    if (!t->said_away)
        remark(t, "the scheduler is away; waiting for it");
    t->said_away = true;
    return 0;
}

static void hint_nobody(struct wait *t, int64_t now)
{
    struct db_worker *workers;
    struct tt_error ignored;
    size_t n = 1;

    if (t->hinted || t->at.ended > 0 || now - t->begun < NOBODY)
        return;
    t->hinted = true;
    db_arena_reset(t->mem);
    if (db_history_workers(t->o->record.db, tt_wall_ms() - NOBODY, 1, t->mem,
                           &workers, &n, &ignored) == 0 &&
        n == 0)
        remark(t, "no worker has been seen; `tintype worker` starts one");
}

/* The first signal. Where the stack is ours, it is stopped: workers report what
 * they have done of a chunk, and a paused job goes on from there. Elsewhere the
 * chunk in hand is finished; one unit of a job would take too long for that,
 * and is cancelled. 1: the scheduler is told, 0: its supervisor is starting it
 * again, and then it is told, -1. */
static int interrupt(struct wait *t, struct tt_error *err)
{
    struct cli_work *w = t->w;
    const struct cli_settings *s = &w->c->settings;
    bool cancel = t->o->job.kind != JOB_COLORIZE && !w->ours;
    const char *cmd = cancel ? "cancel" : "pause";

    if (!t->said_stopping)
        remark(t, "stopping; what is in hand is finished (again: at once)");
    t->said_stopping = true;
    if (cli_control_once(s, cli_control_request(cmd, w->job), NULL, err) == 0) {
        t->o->interrupted = true;
        return 1;
    }
    if (err->code != TT_UNAVAILABLE)
        return -1;
    if (cli_stack_supervisor(s) != 0)
        return 0;
    return tt_fail(err, TT_CANCEL,
                   "interrupted; no scheduler was there to be told");
}

/* From now on a signal ends us, whatever we wait for. */
static void unblock_signals(struct cli_work *w)
{
    if (w->masked)
        sigprocmask(SIG_SETMASK, &w->mask, NULL);
    w->masked = false;
}

/* Sleep a tick; signals that came meanwhile count. */
static void tick(struct wait *t)
{
    long ms = tt_steady_ms() - t->begun < 3000 ? TICK_EARLY : TICK;
    struct timespec pause = {0, ms * 1000000};
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    if (sigtimedwait(&set, NULL, &pause) > 0)
        t->w->signals++;
}

/* Act upon the first signal: 1 nothing more will come, 0 wait on, -1. */
static int leave(struct wait *t, struct tt_error *err)
{
    struct cli_stack *stack = t->w->stack;
    int rc = interrupt(t, err);

    if (rc < 0)
        return -1;
    if (rc == 0 || !t->w->ours)
        return 0;
    unblock_signals(t->w);
    t->w->stack = NULL;
    return cli_stack_detach(stack, true);
}

/* All that was in hand when we were interrupted is in the record. */
static bool is_quiet(const struct wait *t)
{
    return t->o->interrupted && t->at.state == JOB_PAUSED && t->at.issued == 0;
}

static int loop(struct wait *t, struct tt_error *err)
{
    struct db *db = t->o->record.db;

    for (;;) {
        int64_t now = tt_steady_ms();
        int rc;

        if (db_history_progress(db, t->w->job, tt_wall_ms(), &t->at, err) < 0)
            return -1;
        if (t->at.state >= JOB_ENDED || is_quiet(t))
            return 0;
        show(t, now);
        hint_nobody(t, now);
        rc = look_after_stack(t, now, err);
        if (rc != 0)
            return rc < 0 ? -1 : 0;
        tick(t);
        if (t->w->signals > 0 && t->w->watching)
            return tt_fail(err, TT_CANCEL, "the job goes on without us");
        if (t->w->signals > 1)
            return tt_fail(err, TT_CANCEL, "interrupted");
        if (t->w->signals > 0 && !t->o->interrupted)
            rc = leave(t, err);
        if (rc != 0)
            return rc < 0 ? -1 : 0;
    }
}

/* An ingest is one unit that has read so many photos. */
static void count_ingest(struct wait *t, struct cli_progress_at *at,
                         char *bytes, size_t size)
{
    struct cli_record *r = &t->o->record;
    const char *folder = t->o->job.outdir;
    struct tt_error ignored;
    struct db_dataset d;
    int64_t id;

    if (t->o->job.kind != JOB_INGEST || t->o->job.state != JOB_DONE ||
        !folder || db_history_dataset_find(r->db, folder, &id, &ignored) <= 0 ||
        db_history_dataset(r->db, id, r->mem, &d, &ignored) <= 0)
        return;
    at->done = at->total = d.seen;
    at->rate = t->o->elapsed_ms > 0
                   ? 1000.0 * (double)d.seen / (double)t->o->elapsed_ms
                   : 0;
    cli_text_bytes(d.bytes, bytes, size);
}

static void show_end(struct wait *t)
{
    struct cli_progress_at at = {.done = t->at.ended,
                                 .total = t->at.total,
                                 .failed = t->at.failed,
                                 .rate = t->at.rate};
    const struct db_job *j = &t->o->job;
    char bytes[32] = "";

    if (j->kind == JOB_COLORIZE)
        at.done = j->done + j->skipped + j->failed;
    t->o->elapsed_ms = t->at.started ? t->at.at - t->at.started : 0;
    count_ingest(t, &at, bytes, sizeof(bytes));
    at.extra = bytes;
    cli_progress_end(&t->bar, &at, t->o->elapsed_ms);
}

static int read_job(struct cli_outcome *o, int64_t id, struct tt_error *err)
{
    int rc = db_job_get(o->record.db, id, o->record.mem, &o->job, err);

    if (rc == 0)
        return tt_fail(err, TT_MISSING, "job j%lld is not in the record",
                       (long long)id);
    return rc < 0 ? -1 : 0;
}

int cli_work_wait(struct cli_work *w, struct cli_outcome *o,
                  struct tt_error *err)
{
    struct wait t = {.w = w, .o = o, .begun = tt_steady_ms()};
    int rc;

    memset(o, 0, sizeof(*o));
    t.looked = t.begun;
    t.mem = db_arena_new();
    cli_progress_init(&t.bar, &w->c->settings, stderr);
    rc = t.mem ? cli_record_need(&o->record, &w->c->settings, err)
               : tt_fail(err, TT_NOMEM, "no memory to wait");
    if (rc == 0)
        rc = read_job(o, w->job, err);
    if (rc == 0)
        rc = loop(&t, err);
    cli_progress_clear(&t.bar);
    if (rc == 0)
        rc = read_job(o, w->job, err);
    if (rc == 0)
        show_end(&t);
    if (rc == 0 && o->job.kind == JOB_COLORIZE && o->job.outdir &&
        o->job.state >= JOB_ENDED)
        cli_target_sweep(o->job.outdir);
    db_arena_free(t.mem);
    return rc;
}

void cli_outcome_release(struct cli_outcome *o)
{
    cli_record_close(&o->record);
}

void cli_work_end(struct cli_work *w, bool wait)
{
    if (w->signals > 1)
        cli_stack_abandon(w->stack);
    else
        cli_stack_detach(w->stack, wait);
    w->stack = NULL;
    job_manifest_abandon(w->writer);
    json_decref(w->header);
    if (w->masked)
        sigprocmask(SIG_SETMASK, &w->mask, NULL);
}
