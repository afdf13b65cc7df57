/**
 * lab: sRGB to CIELAB (D65, 2 degrees) and back, for training, colouring and
 * scoring alike.
 *
 *   XYZ = M RGB, M from the primaries and D65 xy = (0.3127, 0.3290), so that
 *   R = G = B gives a = b = 0; f(t) = t > 216/24389 ? cbrt(t)
 *   : (24389/27 t + 16) / 116; L = 116 f(Y) - 16, a = 500 (f(X/Xn) - f(Y)),
 *   b = 200 (f(Y) - f(Z/Zn))                                   (CIE 15)
 *
 * The float forms differ from the double one by less than 0.001; their bits do
 * not depend on the processor.
 *
 * Owns:    constant tables, made at the first call.
 * Threads: any.
 * Fails:   never.
 */
#ifndef IMAGE_LAB_H
#define IMAGE_LAB_H

#include <stddef.h>
#include <stdint.h>

/** sRGB's curve in double: code 0..1 to linear light, and back. */
double image_lab_decode(double code);
double image_lab_encode(double linear);

/** The reference, in double. rgb: codes 0..1 (lab: L*, a*, b*). */
void image_lab_from_rgb(const double rgb[3], double lab[3]);

/** Back; codes may lie outside 0..1 where the colour is out of sRGB's gamut. */
void image_lab_to_rgb(const double lab[3], double rgb[3]);

/** n interleaved 8-bit triples into three planes of n floats. */
void image_lab_from_rgb8(const uint8_t *rgb, size_t n, float *L, float *a,
                         float *b);

/** The record that training reads: L8 = rint(2.55 L*), a8 = rint(a*) + 128,
 *  b8 = rint(b*) + 128, from n interleaved triples into planes. */
void image_lab_record(const uint8_t *rgb, size_t n, uint8_t *L8, uint8_t *a8,
                      uint8_t *b8);

/** Three planes of n floats into interleaved 8-bit triples, nearest codes.
 *  Colour that sRGB has not gives way in chroma: (a, b) are scaled until it
 *  fits, L* stays. L* is clamped to 0..100. */
void image_lab_to_rgb8(const float *L, const float *a, const float *b, size_t n,
                       uint8_t *rgb);

/** L* of a grey code: Y = decode(code). code: 0..1. */
double image_lab_lightness(double code);

#endif
