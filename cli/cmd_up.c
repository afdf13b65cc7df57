#include <unistd.h>

#include "cli/commands.h"
#include "cli/control_client.h"
#include "cli/record.h"
#include "cli/stack.h"

#include "base/clock.h"

/* Workers are in the record once they have said that they live. */
static void print_workers(const struct cli_context *c, int64_t since)
{
    struct cli_record r = {NULL, NULL};
    struct db_worker *rows;
    struct tt_error ignored;
    size_t n = 0;

    for (int try = 0; try < 60; try++) {
        cli_record_close(&r);
        if (cli_record_open(&r, &c->settings, &ignored) == 0 && r.db &&
            db_history_workers(r.db, since, 256, r.mem, &rows, &n, &ignored) ==
                0 &&
            n >= (size_t)c->settings.workers)
            break;
        tt_sleep_ms(50);
    }
    for (size_t i = 0; i < n; i++)
        fprintf(c->out, ", worker %lld (%s, %lld threads)",
                (long long)rows[i].pid, "cpu", (long long)rows[i].threads);
    cli_record_close(&r);
}

static int run(struct cli_context *c, struct tt_error *err)
{
    struct cli_stack *stack;
    int64_t begun = tt_wall_ms();
    json_t *answer = NULL;
    bool started;

    if (cli_stack_attach(&stack, &c->settings, true, err) < 0)
        return -1;
    started = cli_stack_started(stack);
    cli_stack_detach(stack, false);
    if (cli_control_once(&c->settings, json_pack("{s:s}", "cmd", "ping"),
                         &answer, err) < 0)
        return -1;
    fprintf(c->out, "scheduler %lld",
            (long long)json_integer_value(json_object_get(answer, "pid")));
    json_decref(answer);
    print_workers(c, started ? begun : begun - 60000);
    fputs(started ? "\n" : "; it was up already\n", c->out);
    return 0;
}

const struct cli_command cmd_up = {
    .name = "up",
    .summary = "start a stack that stays: Redis, a scheduler, workers",
    .about = "Everything is in the state folder; Redis listens on a socket "
             "there, not on the\nnetwork. What dies is started again. "
             "`tintype down` stops it.",
    .example = "tintype up --workers 2",
    .flags = CLI_STACK,
    .run = run,
};

static int run_down(struct cli_context *c, struct tt_error *err)
{
    int rc = cli_stack_stop(&c->settings, err);

    if (rc < 0)
        return -1;
    if (rc == 0 && cli_control_answers(&c->settings))
        return tt_fail(err, TT_UNAVAILABLE,
                       "the scheduler was started by hand; end it by hand");
    fputs(rc ? "stopped\n" : "nothing is running\n", c->out);
    return 0;
}

const struct cli_command cmd_down = {
    .name = "down",
    .summary = "stop the stack that `tintype up` started",
    .about = "Workers finish the photo in hand and give the rest back; jobs go "
             "on where they\nwere when a stack is up again.",
    .example = "tintype down",
    .run = run_down,
};
