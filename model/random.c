#include "model/random.h"

#include <math.h>

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint64_t model_random(uint64_t seed, uint64_t a, uint64_t b)
{
    const uint64_t golden = 0x9e3779b97f4a7c15u;

    return mix(mix(mix(seed + golden) + (a + 1) * golden) + (b + 1) * golden);
}

float model_random_unit(uint64_t key, uint64_t index)
{
    return (float)(model_random(key, index, 0) >> 40) * 0x1p-24f;
}

float model_random_range(uint64_t key, uint64_t index, float low, float high)
{
    return low + (high - low) * model_random_unit(key, index);
}

float model_random_normal(uint64_t key, uint64_t index)
{
    double u = ((double)(model_random(key, index, 1) >> 11) + 0.5) * 0x1p-53;
    double v = (double)(model_random(key, index, 2) >> 11) * 0x1p-53;

    return (float)(sqrt(-2 * log(u)) * cos(6.283185307179586 * v));
}

void model_random_shuffle(uint64_t key, uint32_t *order, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        order[i] = i;
    for (uint32_t i = count; i > 1; i--) {
        uint32_t j = (uint32_t)(((model_random(key, i, 3) >> 32) * i) >> 32);
        uint32_t swap = order[i - 1];

        order[i - 1] = order[j];
        order[j] = swap;
    }
}
