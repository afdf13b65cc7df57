/**
 * libfuzzer: the door to libFuzzer, which clang brings. FUZZ_TARGET says what
 * is fuzzed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/targets.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const struct fuzz_target *target;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char *name = getenv("FUZZ_TARGET");

    (void)argc;
    (void)argv;
    for (target = fuzz_targets; target->name; target++)
        if (name && strcmp(target->name, name) == 0)
            return 0;
    fprintf(stderr, "FUZZ_TARGET names no target\n");
    exit(64);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    target->run(bytes, size);
    return 0;
}
