/**
 * stack: the private stack of a state folder, seen from a command that wants
 * one: redis-server, scheduler and workers, kept by one supervisor process
 * (cli/supervisor.h).
 *
 *   STATE/stack.lock   held by the supervisor; its number stands in it
 *   STATE/stack.users  held shared by every command that needs the stack; a
 *                      supervisor that is not to stay ends itself when it gets
 *                      this lock alone and no job is open
 *
 * So two commands share one stack, a command that is killed leaves nothing
 * running for long, and no count of users can go wrong.
 *
 * Owns:    cli_stack_attach made it, cli_stack_detach frees it.
 * Threads: one.
 * Fails:   TT_UNAVAILABLE (Redis or a daemon will not start: says why, and
 *          nothing is left running), TT_OUTPUT, TT_INPUT (path too long).
 */
#ifndef CLI_STACK_H
#define CLI_STACK_H

#include <stdbool.h>
#include <sys/types.h>

#include "cli/settings.h"

struct cli_stack; /* opaque */

/** Be a user of the stack; start one if no scheduler answers in the state
 *  folder. stay: it outlives its users (tintype up). */
int cli_stack_attach(struct cli_stack **out, const struct cli_settings *s,
                     bool stay, struct tt_error *err) TT_MUST;

/** Did attach start it? */
bool cli_stack_started(const struct cli_stack *stack);

/** Is it nobody's but the commands' that use it? Then each of them may start it
 *  again; else whoever keeps it does. */
bool cli_stack_private(const struct cli_stack *stack);

/** The scheduler has stopped answering: wait until one does, or start another
 *  stack. */
int cli_stack_again(struct cli_stack *stack, struct tt_error *err) TT_MUST;

/** Be a user no more; free. wait: if nobody else needs the stack, and it is not
 *  to stay, until it is gone. True: it is. NULL is allowed. */
bool cli_stack_detach(struct cli_stack *stack, bool wait);

/** Leave at once: if attach started the stack, tell it to stop, and do not
 *  wait for it. */
void cli_stack_abandon(struct cli_stack *stack);

/** Stop the stack, whoever uses it. 1 stopped, 0 there was none, -1. */
int cli_stack_stop(const struct cli_settings *s, struct tt_error *err) TT_MUST;

/** The supervisor's number, 0 if there is none. */
pid_t cli_stack_supervisor(const struct cli_settings *s);

/** Why the last supervisor gave up: 1 and *why; 0 if it did not. */
int cli_stack_epitaph(const struct cli_settings *s, struct tt_error *why);

/** Where Redis is for this state folder: the setting, or the socket of the
 *  private one. TT_INPUT if the socket's path is longer than sockets allow. */
int cli_stack_redis(const struct cli_settings *s, char address[TT_PATH_SIZE],
                    struct tt_error *err) TT_MUST;

#endif
