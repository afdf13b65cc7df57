/**
 * learn: a whole step of learning as one list: the photos, the weights as
 * convolutions take them, forward, the loss, backward, Adam, averages; with a
 * critic all that is its own between forward and the loss. What backend/learn.h
 * asks for.
 *
 * The critic is a program of its own, on the engine of the first.
 *
 * Threads: as program.h.
 * Fails:   as backend/learn.h and engine.h.
 */
#ifndef GPU_LEARN_H
#define GPU_LEARN_H

#include "model/backend/backend.h"

extern const struct backend_learn_ops gpu_learn;

/** Whether a program is of a network that colours square photos, and for
 *  training. */
bool gpu_learn_can(const struct backend_program *p);

/** Take all that steps of every loss need, with a critic or with NULL; else
 * each takes it when it is first asked for. */
int gpu_learn_prepare(struct backend_program *p,
                      const struct backend_net *critic,
                      struct tt_error *err) TT_MUST;

/** With the program; nothing begun is fine. */
void gpu_learn_close(struct backend_program *p);

#endif
