/**
 * learner: what a program has for learning besides its own, and the lists of
 * its lessons. Private to learn.c, lesson.c and critic.c.
 *
 * Threads: as program.h.
 * Fails:   as backend/learn.h and engine.h.
 */
#ifndef GPU_LEARNER_H
#define GPU_LEARNER_H

#include "model/gpu/layers.h"

#define GPU_COLOURS 2 /* channels of the output */

/** Of what a critic says: sums of BCE of the true colours and of the made ones,
 *  and of these as if they were true. */
enum { GPU_SAID_TRUE, GPU_SAID_MADE, GPU_SAID_PASSED, GPU_SAID };

struct gpu_critic {
    struct backend_program *p; /* on the same engine */
    float *m, *v;
    float *kept; /* the gradients of the true colours */
    float *said; /* SAID */
    float *none; /* 1: a momentum of 0 */
    struct gpu_course *course;
    struct gpu_found *found;
    struct gpu_list *alone; /* a lesson of which the network learns nothing */
};

struct gpu_learner {
    float *m, *v, *average, *average_stats;
    float *target; /* N, H, W, 2 */
    struct gpu_course *course;
    struct gpu_found *found;
    void *staged[2]; /* batches in the host's memory */
    void *sent[2];   /* and in the card's: values, or numbers of records */
    int which;       /* of the last that was sent */
    uint8_t *records;
    int from; /* side of those */

    struct gpu_list *list[BACKEND_LOSSES]; /* made when first asked for */
    enum backend_loss loss;                /* of the last step */
    struct gpu_critic *critic;             /* NULL: none is beside */
};

/** Memory that is wanted, of the card or of the host; at: of a pointer. */
struct gpu_wish {
    void *at;
    size_t bytes;
    bool host;
};

int gpu_learner_take(struct backend_program *p, const struct gpu_wish *wishes,
                     size_t n, struct tt_error *err) TT_MUST;

/** Of a batch: N H W. */
size_t gpu_learner_pixels(const struct backend_program *p);

/* --- lesson.c --- */

/** An empty list; NULL on failure. */
struct gpu_list *gpu_lesson_new(struct tt_error *err);

/** All steps of another. */
void gpu_lesson_append(struct gpu_list *list, const struct gpu_list *more);

/** The photos of the batch, then the network's output. */
void gpu_lesson_begin(struct backend_program *p, struct gpu_list *list);

/** |y - target|: the sum in *found, the mean's gradient in dy. */
void gpu_lesson_mae(struct backend_program *p, struct gpu_list *list);

/** From dy to new weights and averages. */
void gpu_lesson_end(struct backend_program *p, struct gpu_list *list);

/** The list of a loss, if there is none yet. */
int gpu_lesson_make(struct backend_program *p, enum backend_loss loss,
                    struct tt_error *err) TT_MUST;

/** Of how many terms found's loss is the sum. */
double gpu_lesson_terms(const struct backend_program *p,
                        enum backend_loss loss);

/* --- critic.c --- */

int gpu_critic_open(struct backend_program *p, const struct backend_net *net,
                    struct tt_error *err) TT_MUST;

/** The list of both, and that of the critic alone. */
int gpu_critic_make(struct backend_program *p, struct tt_error *err) TT_MUST;

/** NULL and half-built ones are fine. */
void gpu_critic_close(struct gpu_critic *c);

#endif
