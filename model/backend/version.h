/**
 * version: which oneDNN this is, and whether it computes in bf16 at speed.
 *
 * Threads: any.
 */
#ifndef BACKEND_VERSION_H
#define BACKEND_VERSION_H

#include <stddef.h>

/** "oneDNN 2.6.3, bf16" or "oneDNN 2.6.3, f32" into text. */
void backend_version(char *text, size_t size);

#endif
