/**
 * half: IEEE 754 binary16, as arrays of weights that ship are stored.
 *
 * Threads: any.  Fails: never.
 */
#ifndef MODEL_HALF_H
#define MODEL_HALF_H

#include <stddef.h>
#include <stdint.h>

/** To the nearest, ties to even; too large becomes infinite. */
uint16_t model_half_from(float x);
float model_half_to(uint16_t h);

/** n of them, exact. */
void model_half_read(const uint16_t *from, float *to, size_t n);

#endif
