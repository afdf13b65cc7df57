/**
 * grey: the grey code of an RGB triple, in integers, so that anyone can work
 * it out again and get the same bits:
 *
 *   lin(c)  = rint(2^30 x decode(c / max))        max = 255 or 65535
 *   edge(v) = rint(2^30 x decode((v + 1/2) / max))
 *   Y       = 21263901 lin(R) + 71516868 lin(G) + 7219231 lin(B)
 *   grey    = the least v with Y < 10^8 edge(v); max if there is none
 *
 * decode is sRGB's: c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055)^2.4. The
 * weights are the Y row of sRGB's matrix (image/lab.h), to a sum of 10^8: with
 * Rec. 709's four digits a colour of unchanged L* would be off by up to three
 * codes of 16 bits. R = G = B = v gives v.
 *
 * Owns:    constant tables, made at the first call.
 * Threads: any.
 * Fails:   never.
 */
#ifndef IMAGE_GREY_H
#define IMAGE_GREY_H

#include <stddef.h>
#include <stdint.h>

enum {
    IMAGE_WEIGHT_R = 21263901,
    IMAGE_WEIGHT_G = 71516868,
    IMAGE_WEIGHT_B = 7219231
};
#define IMAGE_WEIGHT_SUM UINT64_C(100000000)

/** lin and edge of one depth, in units of 2^-30. */
struct image_grey_table {
    int max;             /* 255 or 65535 */
    const uint32_t *lin; /* max + 1 */
    /* Y of v's own range: 10^8 from[v] <= Y < 10^8 from[v + 1]. from[0] = 0,
     * from[v] = edge(v - 1), from[max + 1] = UINT32_MAX; max + 2 */
    const uint32_t *from;
    const uint16_t *start; /* the least v that Y >> shift may have */
    int shift;
};

/** bits: 8 or 16. */
const struct image_grey_table *image_grey_table(int bits);

uint8_t image_grey8(uint8_t r, uint8_t g, uint8_t b);
uint16_t image_grey16(uint16_t r, uint16_t g, uint16_t b);

/** Of n interleaved triples. bits: 8 or 16 says what rgb and grey point to. */
void image_grey_row(const void *rgb, size_t n, int bits, void *grey);

#endif
