/**
 * main: the program `tintype`; the only place that ends it.
 *
 * - main(): finds the command, runs it, exits with its status
 *     - cli/command    the table's form; parsing, dispatch
 *     - cli/commands   the table
 *     - cli/settings   options, environment, tintype.conf
 *     - cli/print      tables for people, JSON for programs
 * - tintype colorize …: a job
 *     - cli/folder     which photos, and what their outputs are called
 *     - cli/work       manifest, submit, wait, the last line
 *     - cli/stack      the private stack, kept by cli/supervisor
 * - tintype scheduler, tintype worker: the two daemons
 *     - scheduler/scheduler, workers/worker
 * - tintype job list …: the record
 *     - db/history
 */
#include "cli/command.h"

int main(int argc, char **argv)
{
    return cli_run(argc - 1, argv + 1);
}
