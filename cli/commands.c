#include "cli/commands.h"

const struct cli_command *const cli_commands[] = {
    &cmd_scheduler, &cmd_worker, &cmd_supervise, &cmd_decoder, NULL};
