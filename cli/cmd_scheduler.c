#include "cli/command.h"

#include "cli/commands.h"
#include "cli/stack.h"
#include "scheduler/scheduler.h"

static int run(struct cli_context *c, struct tt_error *err)
{
    struct scheduler_options *o = c->opts;
    char redis[TT_PATH_SIZE];

    if (cli_stack_redis(&c->settings, redis, err) < 0 ||
        tt_mkdirs(c->settings.state_dir, 0700, err) < 0)
        return -1;
    o->state = c->settings.state_dir;
    o->redis = redis;
    if (o->lease == 0)
        o->lease = c->settings.lease;
    return scheduler_run(o, err);
}

const struct cli_command cmd_scheduler = {
    .name = "scheduler",
    .summary = "be the scheduler: decide what runs when, keep the record",
    .about = "One for each state folder. It needs a Redis: its own at --redis, "
             "or the private\none of `tintype up`. SIGTERM ends it; nothing is "
             "lost when it is killed.",
    .example = "tintype scheduler --state /srv/tintype --redis redis-host:6379",
    .flags = CLI_REDIS | CLI_DAEMON,
    .opts = scheduler_opts,
    .opts_size = sizeof(struct scheduler_options),
    .run = run,
};
