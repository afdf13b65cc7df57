/**
 * supervisor: keeps a private stack: redis-server on a unix socket (no TCP), a
 * scheduler, workers. It starts them again when they die, writes what they say
 * to STATE/log/<name>.log, and stops them, workers first, when it is told to
 * or when nobody needs them (cli/stack.h).
 *
 *            ┌──────────────┐ starts, watches, restarts
 *            │  supervisor  ├──► redis-server   (answers PING: then …)
 *            │ (stack.lock) ├──► scheduler      (listens on control.sock)
 *            └──────┬───────┘──► worker × N
 *   one line to the command that started it: "ok", "busy" or "fail CODE why"
 *
 * A child that exits by itself within five seconds has failed to start; three
 * times in a row, and the supervisor gives up with the child's last words,
 * which stay in STATE/stack.why. A child that is killed by a signal is started
 * again, after a pause that grows. All children die with the supervisor
 * (PR_SET_PDEATHSIG).
 *
 * SIGTERM, SIGINT: stop all; a second time: at once. SIGUSR1: stay. SIGUSR2:
 * a user has left.
 *
 * Threads: one.
 * Fails:   TT_BUSY (another has the lock), TT_UNAVAILABLE (gave up), TT_OUTPUT.
 */
#ifndef CLI_SUPERVISOR_H
#define CLI_SUPERVISOR_H

#include <stdbool.h>

#include "cli/settings.h"

#define SUPERVISOR_LOCK  "stack.lock" /* names in the state folder */
#define SUPERVISOR_USERS "stack.users"
#define SUPERVISOR_WHY   "stack.why"
#define SUPERVISOR_REDIS "redis.sock"

struct supervisor_opts {
    bool stay;     /* outlive the users */
    long ready_fd; /* where the one line goes; -1: nowhere */
};

extern const struct tt_opt supervisor_opts[];

/** Run until told to stop or needed no more: 0. */
int supervisor_run(const struct cli_settings *s,
                   const struct supervisor_opts *opts,
                   struct tt_error *err) TT_MUST;

#endif
