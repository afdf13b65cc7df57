#include "cli/command.h"

#include "cli/commands.h"
#include "cli/stack.h"
#include "workers/decoder.h"
#include "workers/worker.h"

static int run(struct cli_context *c, struct tt_error *err)
{
    struct worker_options *o = c->opts;
    char redis[TT_PATH_SIZE];

    if (cli_stack_redis(&c->settings, redis, err) < 0)
        return -1;
    o->redis = redis;
    if (o->lease == 0)
        o->lease = c->settings.lease;
    o->state = c->settings.state_dir;
    if (o->threads == 0)
        o->threads = c->settings.threads;
    if (!o->device)
        o->device = c->settings.device;
    return worker_run(o, err);
}

const struct cli_command cmd_worker = {
    .name = "worker",
    .summary = "be a worker: take work from the queue and do it",
    .about =
        "Any number, on any host that reaches Redis and the files. SIGTERM: "
        "finish what is\nin hand, give the rest back, end; a second one: "
        "end at once.",
    .example = "tintype worker --redis redis-host:6379 --idle-exit 60s",
    .flags = CLI_REDIS | CLI_DAEMON | CLI_ENGINE,
    .opts = worker_opts,
    .opts_size = sizeof(struct worker_options),
    .run = run,
};

static int run_decoder(struct cli_context *c, struct tt_error *err)
{
    (void)err;
    return decoder_main(c->argc, c->argv);
}

const struct cli_command cmd_decoder = {
    .name = "decoder",
    .summary = "be the child that opens untrusted pictures",
    .example = "tintype decoder",
    .flags = CLI_RAW | CLI_HIDDEN | CLI_ENGINE,
    .run = run_decoder,
};
