/**
 * control_client: asks the scheduler over STATE/control.sock: one JSON object
 * a line, one line of answer (scheduler/control.h says which).
 *
 * Owns:    open made it, close frees it; an answer is the caller's reference.
 * Threads: one.
 * Fails:   TT_UNAVAILABLE (no scheduler listens, or it went away; the request
 *          may have been done or not), TT_INPUT (path too long), and what the
 *          scheduler answers.
 */
#ifndef CLI_CONTROL_CLIENT_H
#define CLI_CONTROL_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/error.h"
#include "cli/settings.h"

struct cli_control; /* opaque */

int cli_control_open(struct cli_control **out, const struct cli_settings *s,
                     struct tt_error *err) TT_MUST;

/** Ask and wait for the answer; takes the reference to request. *answer may be
 *  NULL where nobody wants it. */
int cli_control_ask(struct cli_control *c, json_t *request, json_t **answer,
                    struct tt_error *err) TT_MUST;

void cli_control_close(struct cli_control *c);

/** Open, ask, close. */
int cli_control_once(const struct cli_settings *s, json_t *request,
                     json_t **answer, struct tt_error *err) TT_MUST;

/** Tell the scheduler, if there is one, that a worker which we started here is
 *  dead; waits for no answer. */
void cli_control_lost(const struct cli_settings *s, pid_t worker);

/** Does a scheduler listen? */
bool cli_control_answers(const struct cli_settings *s);

/** {"cmd": cmd, "job": id} */
json_t *cli_control_request(const char *cmd, int64_t job);

#endif
