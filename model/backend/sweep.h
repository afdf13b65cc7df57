/**
 * sweep: one pass of a convolution over an image, for our own code: a list of
 * taps, each of which takes the channels of one source pixel by a matrix. The
 * taps' places are free, so that one loop serves every kernel size and stride,
 * the phases of nearest x2 upsampling, and the gradients by the input. Private
 * to direct.c and strip.c.
 *
 * Result (y, x) of the h x w results reads source pixel
 * (y stride + dy, x stride + dx) for each tap, zero outside the image, and is
 * pixel (y every + oy, x every + ox) of the destination.
 *
 * Owns:    nothing.
 * Threads: the calling thread's OpenMP threads; the bits do not depend on how
 *          many they are.
 * Fails:   never.
 */
#ifndef BACKEND_SWEEP_H
#define BACKEND_SWEEP_H

#include <stdbool.h>
#include <stddef.h>

#define SWEEP_TAPS 16

/** Pixels, `step` floats apart, row upon row, image upon image. */
struct sweep_place {
    float *at;
    size_t step;
};

struct sweep {
    int n, h, w;        /* results */
    int ih, iw, stride; /* source */
    int oh, ow;         /* destination */
    int every, oy, ox;
    int ci, co;
    int taps;
    struct sweep_tap {
        int dy, dx;
        size_t weight; /* of channels 0 and 0, in the plain weights */
    } tap[SWEEP_TAPS];
    size_t o_step, i_step; /* from channel to channel in the plain weights */
};

struct sweep_end {
    const float *bias; /* co, and zeros up to a whole panel */
    bool act;
    float slope;
};

/** A pixel of the results. */
struct sweep_pixel {
    int n, y, x;
};

/** Where it goes. */
float *sweep_target(const struct sweep *s, struct sweep_place dst,
                    struct sweep_pixel p);

/** Packed weights are panels of TILE_WIDTH channels of the results, the last
 *  perhaps fewer: taps, ci, channels. */
int sweep_panels(const struct sweep *s);
int sweep_panel_channels(const struct sweep *s, int panel);
size_t sweep_panel_at(const struct sweep *s, int panel);
size_t sweep_packed(const struct sweep *s);

void sweep_pack(const struct sweep *s, const float *plain, float *packed);

/** The way back, for gradients. */
void sweep_unpack(const struct sweep *s, const float *packed, float *plain);

/** zeros: ci. */
void sweep_run(const struct sweep *s, struct sweep_place src,
               const float *packed, const struct sweep_end *end,
               const float *zeros, struct sweep_place dst);

#endif
