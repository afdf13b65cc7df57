/**
 * random: numbers that are a function of where they are used: the same seed and
 * the same place give the same number, whatever was drawn before. So a run
 * that was stopped goes on exactly as if it had not been.
 *
 * Threads: any.  Fails: never.
 */
#ifndef MODEL_RANDOM_H
#define MODEL_RANDOM_H

#include <stdint.h>

/** A well mixed 64-bit word of (seed, a, b) (splitmix64, Steele 2014). */
uint64_t model_random(uint64_t seed, uint64_t a, uint64_t b);

/** The index-th draw of the stream `key`: in [0, 1), 24 bits. */
float model_random_unit(uint64_t key, uint64_t index);

/** In [low, high). */
float model_random_range(uint64_t key, uint64_t index, float low, float high);

/** Normal, mean 0, deviation 1 (Box and Muller 1958). */
float model_random_normal(uint64_t key, uint64_t index);

/** 0 .. count-1 in an order drawn from key. */
void model_random_shuffle(uint64_t key, uint32_t *order, uint32_t count);

#endif
