/**
 * work: a job from the command line: its manifest, the stack that does it, the
 * wait with its progress.
 *
 *   begin ─► (header, entries) ─► submit ─► wait ─► end
 *
 * While it waits: the first SIGINT or SIGTERM pauses the job and finishes what
 * is in hand, so that it can go on later; the second leaves at once.
 *
 * Owns:    cli_work_begin fills it; cli_work_end frees, and stops the stack if
 *          submit started it and nobody else needs it.
 * Threads: one; blocks SIGINT and SIGTERM from submit to end.
 * Fails:   TT_UNAVAILABLE (no stack), TT_OUTPUT (state folder), TT_CANCEL
 *          (interrupted), and what the scheduler answers.
 */
#ifndef CLI_WORK_H
#define CLI_WORK_H

#include <signal.h>

#include <jansson.h>

#include "cli/command.h"
#include "cli/record.h"
#include "cli/stack.h"
#include "job/manifest.h"

struct cli_work {
    const struct cli_context *c;
    char key[33];
    char manifest[TT_PATH_SIZE];
    json_t *header; /* to be filled before the first entry */
    struct job_manifest_writer *writer;
    int64_t entries;
    int64_t units; /* of a job without entries; 0 is 1 */
    struct cli_stack *stack;
    bool ours; /* we started that stack */
    int64_t job;
    sigset_t mask; /* as it was */
    bool masked;
    int signals;   /* to stop, so far */
    bool watching; /* a signal ends the wait, not the job */
};

/** How it went, from the record. Texts live as long as record. */
struct cli_outcome {
    struct cli_record record;
    struct db_job job;
    int64_t elapsed_ms;
    bool interrupted;
};

/** A new job of the command's kind, with its parameters. */
int cli_work_begin(struct cli_work *w, const struct cli_context *c,
                   const char *name, struct tt_error *err) TT_MUST;

/** Set a member of the header; takes the reference. */
int cli_work_set(struct cli_work *w, const char *name, json_t *value,
                 struct tt_error *err) TT_MUST;

/** One photo; the header is settled by the first. */
int cli_work_add(struct cli_work *w, const char *in, const char *out,
                 struct tt_error *err) TT_MUST;

/** Finish the manifest, see to a stack, submit. */
int cli_work_submit(struct cli_work *w, struct tt_error *err) TT_MUST;

/** Be there for a job that exists already (retry, wait); w zeroed but for c. */
int cli_work_join(struct cli_work *w, const struct cli_context *c, int64_t job,
                  struct tt_error *err) TT_MUST;

/** See to a stack for commands that only ask the scheduler something. */
int cli_work_attach(struct cli_work *w, const struct cli_context *c,
                    struct tt_error *err) TT_MUST;

/** Until the job has ended. On TT_CANCEL the second signal came. */
int cli_work_wait(struct cli_work *w, struct cli_outcome *o,
                  struct tt_error *err) TT_MUST;

void cli_outcome_release(struct cli_outcome *o);

/** wait: stay until a stack that we started is gone. */
void cli_work_end(struct cli_work *w, bool wait);

/** Print "j1" for --queue. */
int cli_work_print_id(const struct cli_work *w, struct tt_error *err) TT_MUST;

#endif
