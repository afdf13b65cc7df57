/**
 * metric: how far the colours of one picture are from the true ones.
 *
 * Pictures are Lab planes: L*, a*, b*, each side * side, row by row. RGB means
 * 8-bit sRGB after the gamut fit with L* fixed.
 *   MAE_ab      mean of |da|, |db|
 *   CIEDE2000   mean colour difference (Sharma, Wu, Dalal 2005)
 *   PSNR        10 log10(255^2 / MSE), one MSE over the three bands
 *   SSIM        Wang 2004, 11x11 Gaussian, mean of the three bands
 *   colour      Hasler and Suesstrunk 2003 colourfulness of either picture
 *
 * Owns:    nothing.
 * Threads: any.
 * Fails:   TT_NOMEM.
 */
#ifndef MODEL_METRIC_H
#define MODEL_METRIC_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct model_metric {
    double mae_ab, ciede2000, psnr, ssim;
    double colour, colour_true; /* the ratio of the means is cf_ratio */
};

/** got, want: L*, a*, b* planes of side * side each. */
int model_metric_measure(const float *got, const float *want, int side,
                         struct model_metric *out,
                         struct tt_error *err) TT_MUST;

/** CIEDE2000 of two colours, kL = kC = kH = 1. */
double model_metric_ciede2000(const double x[3], const double y[3]);

/** Mean SSIM of two 8-bit planes of width * height, both at least 11; values
 *  lie `step` apart. */
int model_metric_ssim(const uint8_t *x, const uint8_t *y, size_t step,
                      int width, int height, double *out,
                      struct tt_error *err) TT_MUST;

/** Colourfulness of n interleaved 8-bit RGB triples. */
double model_metric_colour(const uint8_t *rgb, size_t n);

#endif
