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

/** n of them where they lie, exact: in the upper half of room, which then has
 *  n floats. */
void *model_half_place(float *room, size_t n);
void model_half_widen(float *room, size_t n);

#endif
