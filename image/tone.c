#include "image/tone.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "image/curve.h"
#include "image/grey.h"
#include "image/lab.h"

static uint8_t to8(uint16_t code)
{
    return (uint8_t)((code * 255u + 32767) / 65535);
}

/* Can grey codes be had from the source's own, whatever their curve? */
static bool keeps_codes(const struct image_tone *t,
                        const struct image_coding *coding)
{
    if (t->model == IMAGE_MODEL_GRAY)
        return !t->profile || coding->other;
    return t->model == IMAGE_MODEL_RGB &&
           (!t->profile || image_profile_stands(t->profile));
}

int image_tone_init(struct image_tone *t, const struct image_source *s,
                    struct image_facts *facts, struct tt_error *err)
{
    size_t sample = s->bits == 32 ? sizeof(float) : sizeof(uint16_t);
    size_t width = (size_t)s->width;

    memset(t, 0, sizeof(*t));
    t->model = s->model;
    t->bits = s->bits;
    t->out_bits =
        s->bits == 8 || (s->bits == 32 && facts->stored_bits <= 8) ? 8 : 16;
    t->alpha = s->alpha;
    t->width = width;
    if (s->profile &&
        image_profile_open(&t->profile, s->profile, s->profile_size, s->model,
                           s->bits, &facts->had_profile, &facts->coding,
                           err) < 0)
        return -1;
    t->flat = malloc(width * sample * 4);
    t->rgb = malloc(width * sample * 3);
    t->grey = malloc(width * sizeof(uint16_t));
    if (!t->flat || !t->rgb || !t->grey)
        return tt_fail(err, TT_NOMEM, "no memory for a row of a picture");
    facts->bits = t->out_bits;
    facts->has_alpha = s->alpha;
    t->keeps = keeps_codes(t, &facts->coding);
    facts->as_stored = s->model == IMAGE_MODEL_GRAY && t->keeps && !s->alpha &&
                       facts->stored_bits <= 16;
    return 0;
}

bool image_tone_is_plain(const struct image_tone *t)
{
    return t->model == IMAGE_MODEL_RGB && t->bits == 8 && !t->alpha &&
           !t->profile;
}

void image_tone_release(struct image_tone *t)
{
    image_profile_close(t->profile);
    free(t->flat);
    free(t->rgb);
    free(t->grey);
    memset(t, 0, sizeof(*t));
}

/* Codes over white, in codes; for inks white is 0. */
#define FLATTEN(type, wide, max)                                               \
    do {                                                                       \
        const type *in = row;                                                  \
        type *out = t->flat;                                                   \
        for (size_t i = 0; i < t->width; i++, in += bands + 1)                 \
            for (size_t c = 0; c < bands; c++)                                 \
                *out++ =                                                       \
                    (type)(((wide)in[c] * in[bands] +                          \
                            (wide)white * ((max)-in[bands]) + (max) / 2) /     \
                           (max));                                             \
    } while (0)

static const void *flatten(struct image_tone *t, const void *row)
{
    size_t bands = (size_t)image_model_bands(t->model);
    bool inks = t->model == IMAGE_MODEL_CMYK;

    if (!t->alpha)
        return row;
    if (t->bits == 8) {
        unsigned white = inks ? 0 : 255;

        FLATTEN(uint8_t, unsigned, 255);
    } else if (t->bits == 16) {
        unsigned white = inks ? 0 : 65535;

        FLATTEN(uint16_t, uint64_t, 65535);
    } else { /* Lab; alpha is of little use without knowing its range */
        const float *in = row;
        float *out = t->flat;

        for (size_t i = 0; i < t->width; i++, in += 4, out += 3)
            memcpy(out, in, 3 * sizeof(float));
    }
    return t->flat;
}

/* Inks without a profile: each takes its own colour away, black all. */
static void inks_to_rgb(const struct image_tone *t, const void *inks)
{
    for (size_t i = 0; i < t->width; i++)
        for (size_t c = 0; c < 3; c++) {
            if (t->bits == 8) {
                const uint8_t *p = (const uint8_t *)inks + 4 * i;

                ((uint8_t *)t->rgb)[3 * i + c] =
                    (uint8_t)(((255u - p[c]) * (255u - p[3]) + 127) / 255);
            } else {
                const uint16_t *p = (const uint16_t *)inks + 4 * i;

                ((uint16_t *)t->rgb)[3 * i + c] =
                    (uint16_t)(((65535ull - p[c]) * (65535ull - p[3]) + 32767) /
                               65535);
            }
        }
}

/* Codes of `bits` into those asked for; either may be the same memory. */
static void narrow(const void *in, size_t n, int bits, int out_bits, void *out)
{
    if (bits == out_bits) {
        if (in != out)
            memcpy(out, in, n * (size_t)bits / 8);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (bits == 16)
            ((uint8_t *)out)[i] = to8(((const uint16_t *)in)[i]);
        else
            ((uint16_t *)out)[i] = (uint16_t)(((const uint8_t *)in)[i] * 257);
    }
}

static const uint8_t *gray_row(struct image_tone *t, const void *row,
                               void *grey, uint8_t *rgb8)
{
    int bits = t->bits;

    if (grey && t->keeps)
        narrow(row, t->width, bits, t->out_bits, grey);
    if (t->profile) {
        image_profile_gray(t->profile, row, t->width, t->grey);
        row = t->grey;
        bits = 16;
    }
    if (grey && !t->keeps)
        narrow(row, t->width, bits, t->out_bits, grey);
    for (size_t i = 0; i < t->width; i++)
        rgb8[3 * i] = rgb8[3 * i + 1] = rgb8[3 * i + 2] =
            bits == 8 ? ((const uint8_t *)row)[i]
                      : to8(((const uint16_t *)row)[i]);
    return rgb8;
}

/* Grey in the coding that is kept. */
static void recode(const struct image_tone *t)
{
    const uint16_t *codes =
        t->profile ? image_profile_recode(t->profile) : NULL;
    uint16_t *grey = t->grey;

    for (size_t i = 0; codes && i < t->width; i++)
        grey[i] = codes[grey[i]];
}

/* Lab as viewers show it: what sRGB has not is clipped. */
static void lab_to_rgb(const struct image_tone *t, const float *row)
{
    uint16_t *out = t->rgb;

    for (size_t i = 0; i < t->width; i++, row += 3) {
        double lab[3] = {(double)row[0], (double)row[1], (double)row[2]};
        double rgb[3];

        image_lab_to_rgb(lab, rgb);
        for (int c = 0; c < 3; c++)
            *out++ = (uint16_t)rint(65535 * fmin(fmax(rgb[c], 0), 1));
    }
}

static const uint8_t *colour_row(struct image_tone *t, const void *row,
                                 void *grey, uint8_t *rgb8)
{
    int bits = t->bits == 8 ? 8 : 16;

    if (grey && t->keeps) {
        image_grey_row(row, t->width, bits, grey);
        grey = NULL;
    }
    if (t->profile) {
        image_profile_colour(t->profile, row, t->width, t->rgb,
                             grey ? t->grey : NULL);
        bits = 16;
    } else if (t->model == IMAGE_MODEL_CMYK) {
        inks_to_rgb(t, row);
    } else if (t->model == IMAGE_MODEL_LAB) {
        lab_to_rgb(t, row);
    }
    if (t->profile || t->model != IMAGE_MODEL_RGB)
        row = t->rgb;
    if (grey) {
        if (!t->profile)
            image_grey_row(row, t->width, bits, t->grey);
        recode(t);
        narrow(t->grey, t->width, bits, t->out_bits, grey);
    }
    if (bits == 8)
        return row;
    narrow(row, 3 * t->width, bits, 8, rgb8);
    return rgb8;
}

const uint8_t *image_tone_row(struct image_tone *t, const void *row, void *grey,
                              uint8_t *rgb8)
{
    row = flatten(t, row);
    return t->model == IMAGE_MODEL_GRAY ? gray_row(t, row, grey, rgb8)
                                        : colour_row(t, row, grey, rgb8);
}
