/**
 * grey: the grey code of an RGB triple, in integers, so that anyone can work
 * it out again and get the same bits:
 *
 *   lin(c)  = rint(2^30 x decode(c / max))        max = 255 or 65535
 *   edge(v) = rint(2^30 x decode((v + 1/2) / max))
 *   Y       = 2126 lin(R) + 7152 lin(G) + 722 lin(B)
 *   grey    = the least v with Y < 10000 edge(v); max if there is none
 *
 * decode is sRGB's: c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055)^2.4. The
 * weights are Rec. 709's. R = G = B = v gives v.
 *
 * Owns:    constant tables, made at the first call.
 * Threads: any.
 * Fails:   never.
 */
#ifndef IMAGE_GREY_H
#define IMAGE_GREY_H

#include <stddef.h>
#include <stdint.h>

enum { IMAGE_WEIGHT_R = 2126, IMAGE_WEIGHT_G = 7152, IMAGE_WEIGHT_B = 722 };
#define IMAGE_WEIGHT_SUM (UINT64_C(10000))

/** lin and edge of one depth, in units of 2^-30. */
struct image_grey_table {
    int max;             /* 255 or 65535 */
    const uint32_t *lin; /* max + 1 */
    /* 10000 edge(v - 1), so that v's own range of Y is from limit[v] to below
     * limit[v + 1]; limit[0] = 0, limit[max + 1] = UINT64_MAX; max + 2 */
    const uint64_t *limit;
};

/** bits: 8 or 16. */
const struct image_grey_table *image_grey_table(int bits);

uint8_t image_grey8(uint8_t r, uint8_t g, uint8_t b);
uint16_t image_grey16(uint16_t r, uint16_t g, uint16_t b);

/** Of n interleaved triples. bits: 8 or 16 says what rgb and grey point to. */
void image_grey_row(const void *rgb, size_t n, int bits, void *grey);

#endif
