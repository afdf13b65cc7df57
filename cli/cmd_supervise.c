#include "cli/command.h"

#include "cli/commands.h"
#include "cli/supervisor.h"

static int run(struct cli_context *c, struct tt_error *err)
{
    return supervisor_run(&c->settings, c->opts, err);
}

const struct cli_command cmd_supervise = {
    .name = "supervise",
    .summary = "keep a private stack alive",
    .example = "tintype supervise --stay",
    .flags = CLI_HIDDEN | CLI_STACK | CLI_DAEMON,
    .opts = supervisor_opts,
    .opts_size = sizeof(struct supervisor_opts),
    .run = run,
};
