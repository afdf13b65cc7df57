/**
 * hash: SHA-256 (FIPS 180-4, by libcrypto) of bytes and files.
 *
 * Owns:    nothing between calls.
 * Threads: any.
 * Fails:   TT_IO, TT_MISSING, TT_NOMEM.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define TT_SHA256_SIZE 32
#define TT_SHA256_HEX  65 /* with the final NUL */

struct tt_sha256 {
    uint8_t bytes[TT_SHA256_SIZE];
};

int tt_sha256(const void *data, size_t size, struct tt_sha256 *out,
              struct tt_error *err) TT_MUST;

/** Of a whole file. *size may be NULL. */
int tt_sha256_file(const char *path, struct tt_sha256 *out, uint64_t *size,
                   struct tt_error *err) TT_MUST;

bool tt_sha256_same(const struct tt_sha256 *a, const struct tt_sha256 *b);

/** 64 hex digits into text; returns text. */
char *tt_sha256_text(const struct tt_sha256 *h, char text[TT_SHA256_HEX]);

/** 0, or -1 if text is not exactly 64 hex digits (TT_INPUT). */
int tt_sha256_parse(const char *text, struct tt_sha256 *out,
                    struct tt_error *err) TT_MUST;

#endif
