/**
 * device: what a worker's networks compute on, chosen once, when it starts. A
 * card is tried before it is trusted: it has to compute what plain C does.
 *
 * Owns:    nothing.
 * Threads: one.
 * Fails:   as backend_find and backend_probe, for a device asked for by name.
 */
#ifndef WORKERS_DEVICE_H
#define WORKERS_DEVICE_H

#include "model/backend/backend.h"
#include "workers/worker.h"

/** Make options->device "cpu" or the name of a card, and log it. "auto" is the
 *  CPU where there is no card that can do what the options ask. */
int worker_device_choose(struct worker_options *options,
                         enum backend_precision precision,
                         struct tt_error *err) TT_MUST;

#endif
