#include "tests/check.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

TEST(base_memory_of_any_size_is_aligned_and_can_be_written)
{
    static const size_t sizes[] = {
        0, 1, 63, 4096, (2 << 20) - 1, 2 << 20, (5 << 20) + 3};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        char *block = tt_memory_take(sizes[i]);

        CHECK(block && (uintptr_t)block % TT_MEMORY_ALIGN == 0);
        memset(block, 1, sizes[i]);
        free(block);
    }
}

TEST(base_memory_of_floats_is_zero_also_where_it_was_used_before)
{
    static const size_t counts[] = {1, 1000, 3 << 20};

    for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++)
        for (int round = 0; round < 3; round++) {
            float *block = tt_memory_floats(counts[i]);
            size_t zeros = 0;

            CHECK(block != NULL);
            for (size_t k = 0; k < counts[i]; k++)
                zeros += block[k] == 0;
            CHECK(zeros == counts[i]);
            memset(block, 1, counts[i] * sizeof(float));
            free(block);
        }
}
