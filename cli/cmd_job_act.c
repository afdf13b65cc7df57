#include "cli/commands.h"
#include "cli/control_client.h"
#include "cli/record.h"
#include "cli/summary.h"

/* What was typed, as an id; a job must be in the record to be acted upon. */
static int find(struct cli_context *c, struct db_job *job, struct tt_error *err)
{
    struct cli_record r = {NULL, NULL};
    int rc = cli_record_need(&r, &c->settings, err);

    if (rc == 0)
        rc =
            cli_record_job(&r, c->operands ? c->operand[0] : "@last", job, err);
    job->outdir = NULL; /* its texts go with the record */
    cli_record_close(&r);
    return rc;
}

static int finish(struct cli_context *c, struct cli_work *w,
                  struct tt_error *err)
{
    struct cli_summary s = {NULL, 0};
    struct cli_outcome o;
    int status = 0;
    int rc = cli_work_wait(w, &o, err);

    if (rc == 0)
        rc = cli_summary_print(c, &o, &s, &status, err);
    cli_outcome_release(&o);
    return rc < 0 ? -1 : status;
}

/* --- wait, watch --- */

static int wait_for(struct cli_context *c, struct tt_error *err)
{
    struct cli_work w = {0};
    struct db_job job = {0};
    int rc;

    if (find(c, &job, err) < 0)
        return -1;
    /* one that has ended needs no stack */
    if (job.state >= JOB_ENDED) {
        w.c = c;
        w.job = job.id;
        return finish(c, &w, err);
    }
    rc = cli_work_join(&w, c, job.id, err);
    w.watching = true;
    if (rc == 0)
        rc = finish(c, &w, err);
    cli_work_end(&w, true);
    return rc;
}

const struct cli_command cmd_job_wait = {
    .name = "job wait",
    .operands = "[JOB]",
    .summary = "stay until a job has ended; its exit status becomes ours",
    .about = "Without JOB: the newest. Interrupting the wait leaves the job "
             "alone.",
    .example = "tintype job wait j3",
    .flags = CLI_DATA | CLI_WAITS | CLI_STACK,
    .most = 1,
    .run = wait_for,
};

const struct cli_command cmd_job_watch = {
    .name = "job watch",
    .operands = "[JOB]",
    .summary = "show how far a job is, until it has ended",
    .about = "The same as `tintype job wait`: progress on stderr, the summary "
             "on stdout.",
    .example = "tintype job watch @last",
    .flags = CLI_DATA | CLI_WAITS | CLI_STACK,
    .most = 1,
    .run = wait_for,
};

/* --- cancel, pause --- */

static int ask(struct cli_context *c, const char *cmd, struct tt_error *err)
{
    struct cli_work w = {0};
    json_t *answer = NULL;
    struct db_job job = {0};
    const char *state;
    int rc;

    if (find(c, &job, err) < 0)
        return -1;
    rc = cli_work_attach(&w, c, err);
    if (rc == 0)
        rc = cli_control_once(&c->settings, cli_control_request(cmd, job.id),
                              &answer, err);
    if (rc == 0) {
        state = json_string_value(json_object_get(answer, "state"));
        fprintf(c->out, "j%lld %s\n", (long long)job.id, state ? state : "");
    }
    json_decref(answer);
    cli_work_end(&w, true);
    return rc;
}

static int cancel(struct cli_context *c, struct tt_error *err)
{
    return ask(c, "cancel", err);
}

static int pause_job(struct cli_context *c, struct tt_error *err)
{
    return ask(c, "pause", err);
}

const struct cli_command cmd_job_cancel = {
    .name = "job cancel",
    .operands = "JOB",
    .summary = "stop a job for good; what is done stays done",
    .example = "tintype job cancel j3",
    .flags = CLI_STACK,
    .least = 1,
    .most = 1,
    .run = cancel,
};

const struct cli_command cmd_job_pause = {
    .name = "job pause",
    .operands = "JOB",
    .summary = "start no more of a job; what runs may end",
    .example = "tintype job pause j3",
    .flags = CLI_STACK,
    .least = 1,
    .most = 1,
    .run = pause_job,
};

/* --- resume, retry --- */

struct again_opts {
    bool queue;
    bool failed;
};

// clang-format off
static const struct tt_opt resume_opts[] = {
    TT_FLAG(again_opts, queue, 0, "do not wait, print the job's id"),
    TT_OPT_END,
};

static const struct tt_opt retry_opts[] = {
    TT_FLAG(again_opts, queue, 0, "do not wait, print the job's id"),
    TT_FLAG(again_opts, failed, 0, "the failed items (there are no others)"),
    TT_OPT_END,
};
// clang-format on

/* Ask, then be there until it has ended, as the command that submitted it. */
static int again(struct cli_context *c, const char *cmd, struct tt_error *err)
{
    const struct again_opts *o = c->opts;
    struct cli_work w = {0};
    json_t *answer = NULL;
    struct db_job job = {0};
    int rc;

    if (find(c, &job, err) < 0)
        return -1;
    rc = cli_work_join(&w, c, job.id, err);
    if (rc == 0)
        rc = cli_control_once(&c->settings, cli_control_request(cmd, job.id),
                              &answer, err);
    json_decref(answer);
    if (rc == 0 && o->queue)
        rc = cli_work_print_id(&w, err);
    else if (rc == 0)
        rc = finish(c, &w, err);
    cli_work_end(&w, !o->queue);
    return rc;
}

static int resume(struct cli_context *c, struct tt_error *err)
{
    return again(c, "resume", err);
}

static int retry(struct cli_context *c, struct tt_error *err)
{
    return again(c, "retry", err);
}

const struct cli_command cmd_job_resume = {
    .name = "job resume",
    .operands = "JOB",
    .summary = "go on with a paused job",
    .example = "tintype job resume j3",
    .flags = CLI_DATA | CLI_WAITS | CLI_STACK,
    .least = 1,
    .most = 1,
    .opts = resume_opts,
    .opts_size = sizeof(struct again_opts),
    .run = resume,
};

const struct cli_command cmd_job_retry = {
    .name = "job retry",
    .operands = "JOB",
    .summary = "give the failed items of a job another chance",
    .about = "Only they run, from the same inputs to the same outputs.",
    .example = "tintype job retry @last --failed",
    .flags = CLI_DATA | CLI_WAITS | CLI_STACK,
    .least = 1,
    .most = 1,
    .opts = retry_opts,
    .opts_size = sizeof(struct again_opts),
    .run = retry,
};
