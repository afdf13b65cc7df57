/**
 * tile: the innermost products of our own convolutions: 6 pixels by 16
 * channels of output stay in registers while the input's channels pass by.
 * Private to direct.c and sweep.c.
 *
 * Twelve sums of 8 floats hide the latency of two multiply-adds a cycle; each
 * step of 12 takes 2 loads of weights and 6 of pixels. A sum adds up in the
 * order of taps and channels, wherever in a tile it lies: the bits of a pixel
 * do not depend on its neighbours.
 *
 * Threads: any.  Fails: never; only where tile_can().
 */
#ifndef BACKEND_TILE_H
#define BACKEND_TILE_H

#include <stdbool.h>
#include <stddef.h>

#define TILE_PIXELS 6
#define TILE_WIDTH                                                             \
    16 /* channels of a panel of weights; the last may have 8                  \
        */

/** Whether this processor has AVX2 and FMA. */
bool tile_can(void);

/** Floats side by side in a panel that has so many channels left. */
int tile_width(int channels);

struct tile_product {
    int taps, ci;
    int channels;      /* of these, 1 .. TILE_WIDTH, are written */
    const float *w;    /* taps, ci, tile_width(channels) */
    const float *bias; /* tile_width(channels) */
    bool act;          /* below 0 times slope */
    float slope;       /* at most 1 */
};

/** dst[p][o] = act(bias[o] + sum over t, k of src[t][p][k] w[t][k][o]).
 *  src: taps, TILE_PIXELS; dst: TILE_PIXELS. */
void tile_product(const struct tile_product *t, const float *const *src,
                  float *const *dst);

/** Pixels side by side: of the input and of the output's gradient. */
struct tile_run {
    const float *x, *dy;
    size_t count;
};

struct tile_gradient {
    const struct tile_run *run;
    int runs;
    size_t x_step, dy_step; /* floats from pixel to pixel */
    int width;              /* of the panel: 8 or TILE_WIDTH floats of dy */
    bool add;               /* to what is there */
};

/** sum[k][o] (+)= sum over all pixels of x[k] dy[o], for k < ci channels, the
 *  first of which is x of a run. sum: ci, width. */
void tile_gradient(const struct tile_gradient *g, int ci, float *sum);

#endif
