/**
 * learn: whole steps of learning by a backend that has memory of its own, where
 * the parameters, their optimizer and their averages then live: forward, the
 * loss, backward, Adam (adam.h), averages. Nothing of the size of the network
 * or its output goes back and forth.
 *
 *   take(state) ─► batch() step() ┬─► batch() found() step() ┬─► … found()
 *                                 └─ runs                    └─ runs
 *               ─► give(state)
 *
 * A step runs while the caller goes on. Meanwhile batch() may bring the next
 * one's photos; found() waits for its end and says what it found, and is due
 * before the next step().
 *
 * A discriminator (here a critic) may be put beside the network before take():
 * critic(). It then lives there as well, and a lesson by BACKEND_GAN is a step
 * of both, as train/critic.h and Isola and others (2017) have it:
 *
 *   forward ─► the critic learns from target and y ─► it judges y ─► backward …
 *              its gradients, its Adam                  with |y - target|
 *
 * Photos come with each batch, or are kept beside the network once and for all,
 * and then only their numbers come. Values of a batch have 16 bits on the way:
 * steps of 1/32767.5 of x (0.0016 of L*), 1.25/65535 of target (0.004 of ab).
 *
 * In a group (backend.h) gradients are added up between backward and Adam;
 * found() is then the own part's loss, and the gradient of all.
 *
 * Threads: as the program.
 * Fails:   as backend.h; TT_USAGE (not a network that colours square photos, or
 *          not a critic of such).
 */
#ifndef BACKEND_LEARN_H
#define BACKEND_LEARN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/backend/adam.h"

struct backend_net;
struct backend_program;

enum backend_loss {
    BACKEND_MAE,  /* the mean of |y - target| */
    BACKEND_SSIM, /* 1 - SSIM, as train/ssim.h defines it */
    BACKEND_GAN   /* the critic's, and that mean times a weight */
};

#define BACKEND_LOSSES 3

/** All that steps change, in the canonical order. */
struct backend_state {
    float *values, *stats;              /* in training */
    float *m, *v;                       /* Adam's, as values */
    float *average, *average_stats;     /* the running averages of both */
    const struct backend_state *critic; /* the critic's, which has no averages;
                                           NULL: as it was left, or none */
};

/** Photos as bytes: count, 3, side, side: 2.55 L*, a* + 128, b* + 128. */
struct backend_photos {
    const uint8_t *records;
    size_t count;
    int side; /* each program scales by the mean of areas, to its own size */
};

struct backend_batch {
    const float *x;         /* N, H, W: L* / 50 - 1, in -1..1 */
    const float *target;    /* N, H, W, 2: ab / 220 + 1/2 */
    const uint32_t *record; /* N: of the photos that were kept; x and target
                               are not looked at then */
};

struct backend_lesson {
    enum backend_loss loss;
    struct backend_adam adam;
    float clip; /* longest gradient (its 2-norm); 0: any */
    struct {
        struct backend_adam adam; /* the critic's */
        float weight;             /* of the mean of |y - target| */
        bool alone;               /* the critic learns, the network does not,
                                     and its running statistics stay */
    } gan;
};

struct backend_found {
    double loss;     /* of BACKEND_GAN the mean of |y - target| */
    double gradient; /* its 2-norm, before clipping */
    /* Of BACKEND_GAN, as in train/critic.h; if the critic was alone, loss,
     * gradient and g_adv are of no meaning. */
    double d_loss, g_adv;
};

struct backend_learn_ops {
    /** Keep the photos for all batches. 1, or 0: there is no room for them
     *  (they may have half of what is free), and batches bring their own. */
    int (*keep)(struct backend_program *p, const struct backend_photos *photos,
                struct tt_error *err);

    /** Put a critic beside the network, once: of L and colours, each in -1..1,
     *  to logits (model/patch.h). The network is copied. */
    int (*critic)(struct backend_program *p, const struct backend_net *net,
                  struct tt_error *err);

    /** Begin, or go on, from there. */
    int (*take)(struct backend_program *p, const struct backend_state *state,
                struct tt_error *err);

    /** The photos of the next step; copied before it returns. */
    int (*batch)(struct backend_program *p, const struct backend_batch *batch,
                 struct tt_error *err);

    int (*step)(struct backend_program *p, const struct backend_lesson *lesson,
                struct tt_error *err);

    int (*found)(struct backend_program *p, struct backend_found *found,
                 struct tt_error *err);

    /** Copies, after all that was started. */
    int (*give)(struct backend_program *p, const struct backend_state *state,
                struct tt_error *err);
};

#endif
