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

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* OpenMP's threads wait for each other by spinning, milliseconds by default. On
 * a shared machine the one they wait for may not be running, and a step takes
 * many times its work. They are to spin for tens of us and then sleep, unless
 * the caller has said otherwise. libgomp reads this before main(): the children
 * inherit it, and a worker, which computes itself, begins once more. */
static void wait_asleep(char **argv)
{
    if (getenv("OMP_WAIT_POLICY") || getenv("GOMP_SPINCOUNT"))
        return;
    setenv("GOMP_SPINCOUNT", "1000", 1);
    if (argv[0] && argv[1] && strcmp(argv[1], "worker") == 0)
        execv("/proc/self/exe", argv); // if that fails, it goes on as it is
}

int main(int argc, char **argv)
{
    wait_asleep(argv);
    return cli_run(argc - 1, argv + 1);
}
