/** What is fuzzed: each takes any bytes and must come back. */
#ifndef TESTS_FUZZ_TARGETS_H
#define TESTS_FUZZ_TARGETS_H

#include <stddef.h>
#include <stdint.h>

struct fuzz_target {
    const char *name;
    void (*run)(const uint8_t *bytes, size_t size);
};

/** NULL at the end. */
extern const struct fuzz_target fuzz_targets[];

#endif
