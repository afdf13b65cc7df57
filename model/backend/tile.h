/**
 * tile: the innermost products of our own convolutions: 6 pixels by 16
 * channels of output stay in registers while the input's channels pass by.
 * Private to direct.c, sweep.c and strip.c.
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
#define TILE_WIDTH  16 /* channels of a panel; the last may have 8 */
#define TILE_AHEAD  4
#define TILE_NARROW 2 /* channels of a panel that sums along the input's */

/** Whether this processor has AVX2 and FMA. */
bool tile_can(void);

/** Floats side by side in a panel that has so many channels left. */
int tile_width(int channels);

struct tile_product {
    int taps, ci;
    int channels;      /* of these, 1 .. TILE_WIDTH, are written */
    const float *w;    /* taps, ci, tile_width(channels) */
    const float *bias; /* tile_width(channels) */
    /* weights of a whole panel to come, called for meanwhile: TILE_WIDTH floats
     * each TILE_AHEAD channels; NULL: none */
    const float *next;
    bool act;    /* below 0 times slope */
    float slope; /* at most 1 */
};

/** dst[p][o] = act(bias[o] + sum over t, k of src[t][p][k] w[t][k][o]).
 *  src: taps, TILE_PIXELS; dst: TILE_PIXELS. */
void tile_product(const struct tile_product *t, const float *const *src,
                  float *const *dst);

/** The same for at most TILE_NARROW channels and ci a multiple of 8; its w is
 *  taps, ci / 8, TILE_NARROW, 8, so that no part of a sum is idle. */
void tile_narrow(const struct tile_product *t, const float *const *src,
                 float *const *dst);

/** The numbers of a pixel of the input and one of the output's gradient in
 *  their panels. */
struct tile_pair {
    unsigned int x, dy;
};

struct tile_gradient {
    const float *x, *dy; /* panels: TILE_WIDTH and width floats a pixel */
    const struct tile_pair *pair;
    size_t pairs;
    int width; /* of dy's panel: 8 or TILE_WIDTH */
    bool add;  /* to what is there */
};

/** sum[k][o] (+)= sum over all pairs of x[k] dy[o] for k < ci, ci at most
 *  TILE_WIDTH. sum: ci, width. */
void tile_gradient(const struct tile_gradient *g, int ci, float *sum);

#endif
