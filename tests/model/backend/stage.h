/**
 * stage: networks under test with their numbers, and what a backend makes of
 * them: every sort of layer, a discriminator, whole presets.
 */
#ifndef TESTS_MODEL_BACKEND_STAGE_H
#define TESTS_MODEL_BACKEND_STAGE_H

#include "model/backend/backend.h"

/** A network with its numbers, an input and a gradient of the output. */
struct stage {
    struct backend_net net;
    int n, side;
    float *params, *stats, *x, *dy;
};

/** What one backend makes of it. */
struct result {
    float *y, *grads, *stats, *dx;
};

/** A layer under test: one of a U-Net. */
struct sort {
    enum backend_kind kind;
    int stride;
    bool join, norm;
};

#define SORTS 8

/** The i-th stage of all: every sort of layer, then (SORTS) a discriminator. */
void stage_of(struct stage *s, size_t i);

void stage_layer(struct stage *s, struct sort sort);
void stage_patch(struct stage *s);
void stage_preset(struct stage *s, const char *name, int n, int side);
void stage_release(struct stage *s);

/** Values of the input and of the output. */
size_t inputs(const struct stage *s);
size_t outputs(const struct stage *s);

struct backend_setup setup_of(const struct stage *s, enum backend_use use,
                              enum backend_precision precision, int threads);

/** Forward, and for TRAIN backward as well. */
struct result result_of(const struct backend_ops *ops, const struct stage *s,
                        enum backend_use use, enum backend_precision precision,
                        int threads);
void result_release(struct result *r);

/** |a - b| / |b|: how far a is from the truth b. */
double apart(const float *a, const float *b, size_t n);

/** Both passes and inference against the plain C truth. */
void compare(const struct backend_ops *ops, const struct stage *s,
             enum backend_precision precision, double forward, double backward);

/** The same with every stage of stage_of(). */
void compare_all(const struct backend_ops *ops,
                 enum backend_precision precision, double forward,
                 double backward);

#endif
