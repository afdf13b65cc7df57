#include "model/backend/arena.h"

#include <stdint.h>

#include "tests/check.h"

static struct tt_error err;

TEST(backend_arena_shares_bytes_only_between_steps_that_do_not_meet)
{
    static const struct {
        size_t size;
        int first, last;
    } want[] = {{1000, 0, 3}, {5000, 1, 2}, {5000, 3, 6},
                {64, 0, 9},   {4000, 4, 5}, {1, 2, 2}};
    enum { COUNT = sizeof(want) / sizeof(want[0]) };
    struct backend_arena a = {0};

    for (int i = 0; i < COUNT; i++)
        CHECK_INT(
            backend_arena_add(&a, want[i].size, want[i].first, want[i].last),
            i);
    CHECK_INT(backend_arena_add(&a, 0, 0, 0), -1);
    CHECK_OK(backend_arena_place(&a, &err));
    CHECK(a.size < 11000); // all of them one behind the other: over 15000
    for (int i = 0; i < COUNT; i++) {
        uintptr_t at = (uintptr_t)backend_arena_at(&a, i);

        CHECK(at % BACKEND_ALIGN == 0);
        CHECK(a.part[i].offset + want[i].size <= a.size);
        for (int j = 0; j < i; j++)
            if (want[i].first <= want[j].last && want[j].first <= want[i].last)
                CHECK(a.part[i].offset + want[i].size <= a.part[j].offset ||
                      a.part[j].offset + want[j].size <= a.part[i].offset);
    }
    CHECK(backend_arena_at(&a, -1) == NULL);
    backend_arena_release(&a);
}
