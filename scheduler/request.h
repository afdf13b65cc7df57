/**
 * request: what each thing asked on the socket does (form: control.h).
 *
 * Threads: that of the loop.
 */
#ifndef SCHEDULER_REQUEST_H
#define SCHEDULER_REQUEST_H

#include <jansson.h>

#include "base/error.h"

struct scheduler;

/** The answer to one request; never NULL unless memory ran out. "backup" is
 *  not among them: it takes its time (scheduler/control.c). */
json_t *request_answer(struct scheduler *s, const json_t *request);

/** {"ok":false,"code":…,"error":…} */
json_t *request_refusal(const struct tt_error *err);

#endif
