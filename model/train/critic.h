/**
 * critic: the discriminator at work: it learns to tell true colours from made
 * ones, and says how the made ones would have to change to pass as true.
 *
 *   BCE(z, t) = max(z, 0) - z t + log(1 + exp(-|z|)), mean over the logits z
 *   d_loss    = (BCE(D(L, ab), 1) + BCE(D(L, made), 0)) / 2
 *   g_adv     = BCE(D(L, made), 1)
 *
 * Adam with betas .5 and .999. Private to training.
 *
 * Owns:    the program and its scratch memory; the struct model_critic stays
 *          the caller's. close() accepts NULL.
 * Threads: one thread per struct, which uses `threads` OpenMP threads.
 * Fails:   as model/backend/backend.h.
 */
#ifndef TRAIN_CRITIC_H
#define TRAIN_CRITIC_H

#include <stdint.h>

#include "base/error.h"
#include "model/backend/adam.h"
#include "model/train/batch.h"
#include "model/training.h"

struct train_critic;

/** setup: of the program: batch, size, precision, threads. */
int train_critic_open(struct train_critic **out, const struct backend_ops *ops,
                      struct model_critic *model,
                      const struct backend_setup *setup,
                      struct tt_error *err) TT_MUST;

/** The first weights: normal, deviation 0.02. */
int train_critic_start(struct model_critic *model, uint64_t seed,
                       struct tt_error *err) TT_MUST;

/** The optimizer of its next step. */
struct backend_adam train_critic_adam(const struct model_critic *model,
                                      double rate, int threads);

/** One step: b has the true colours, made those of the network, both in 0..1
 *  as in struct train_batch. *loss: d_loss. */
int train_critic_learn(struct train_critic *c, const struct train_batch *b,
                       const float *made, double rate, double *loss,
                       struct tt_error *err) TT_MUST;

/** *loss: g_adv of the made colours; its gradient is added to dy. */
int train_critic_judge(struct train_critic *c, const struct train_batch *b,
                       const float *made, float *dy, double *loss,
                       struct tt_error *err) TT_MUST;

/** Mean BCE of n logits against t, and dz: its gradient, times weight. */
double train_critic_bce(const float *z, float t, float weight, float *dz,
                        size_t n);

void train_critic_close(struct train_critic *c);

#endif
