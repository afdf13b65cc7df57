/**
 * sandbox: takes from this process all that a decoder does not need: system
 * calls but for a short list, files, cores, memory without end.
 *
 * Threads: before any other thread is started.
 */
#ifndef WORKERS_SANDBOX_H
#define WORKERS_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>

/** Bounds on memory, files and time, and the end with the parent. */
void sandbox_limits(uint64_t memory);

/** From here on only reading, writing and computing. False: this kernel, or a
 *  sanitizer, does not let us. */
bool sandbox_enter(void);

#endif
