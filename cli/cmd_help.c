#include <string.h>

#include "cli/commands.h"
#include "cli/manual.h"

struct help_opts {
    bool man, markdown;
};

// clang-format off
static const struct tt_opt opts[] = {
    TT_FLAG(help_opts, man, 0, "all of it as a manual page (roff)"),
    TT_FLAG(help_opts, markdown, 0, "all of it as Markdown"),
    TT_OPT_END,
};
// clang-format on

static int help(struct cli_context *c, struct tt_error *err)
{
    const struct help_opts *o = c->opts;
    const struct cli_command *cmd;
    int words;

    if (o->man || o->markdown) {
        if (o->man)
            cli_manual_roff(c->out);
        else
            cli_manual_markdown(c->out);
        return 0;
    }
    if (c->operands == 0) {
        cli_help_all(c->out);
        return 0;
    }
    if (c->operands == 1 && cli_command_is_group(c->operand[0])) {
        cli_help_group(c->operand[0], c->out);
        return 0;
    }
    cmd = cli_command_find(c->operands, c->operand, &words, err);
    if (!cmd)
        return -1;
    cli_help_command(cmd, c->out);
    return 0;
}

const struct cli_command cmd_help = {
    .name = "help",
    .operands = "[COMMAND…]",
    .summary = "say what a command does; all of it as a manual",
    .example = "tintype help job list\ntintype help --man > tintype.1",
    .most = 2,
    .opts = opts,
    .opts_size = sizeof(struct help_opts),
    .run = help,
};
