#include "image/profile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <lcms2.h>

#include "image/curve.h"
#include "image/lab.h"

/* A code of 16 bits this near to sRGB's is sRGB's: 0.4 of a code of 8 bits.
 * Curves by table in common sRGB profiles are off by less. */
#define SAME_CODE 100

enum way { BY_TABLE, BY_MATRIX, BY_TRANSFORM };

struct image_profile {
    enum way way;
    int bits;
    uint16_t *table;    /* BY_TABLE: of every code */
    float *linear[3];   /* BY_MATRIX: of every code */
    float matrix[3][3]; /* linear light into sRGB's */
    cmsHTRANSFORM transform;
};

static int codes_of(int bits)
{
    return bits == 8 ? 256 : 65536;
}

static int no_memory(struct tt_error *err)
{
    return tt_fail(err, TT_NOMEM, "no memory for a colour profile");
}

static bool fits(cmsColorSpaceSignature space, enum image_model model)
{
    switch (model) {
    case IMAGE_MODEL_GRAY:
        return space == cmsSigGrayData || space == cmsSigRgbData;
    case IMAGE_MODEL_RGB:
        return space == cmsSigRgbData;
    case IMAGE_MODEL_CMYK:
        return space == cmsSigCmykData;
    case IMAGE_MODEL_LAB:
        break;
    }
    return false;
}

/* Gray, or gray by way of an RGB profile, code by code. 1 differs from sRGB,
 * 0 does not, -1 cannot be used. */
static int open_table(struct image_profile *p, cmsHPROFILE icc,
                      cmsHPROFILE srgb)
{
    bool gray = cmsGetColorSpace(icc) == cmsSigGrayData;
    cmsHTRANSFORM t = cmsCreateTransform(
        icc, gray ? TYPE_GRAY_16 : TYPE_RGB_16, srgb, TYPE_RGB_DBL,
        INTENT_RELATIVE_COLORIMETRIC, cmsFLAGS_NOOPTIMIZE | cmsFLAGS_NOCACHE);
    int codes = codes_of(p->bits), differs = 0;

    p->way = BY_TABLE;
    p->table = malloc((size_t)codes * sizeof(*p->table));
    for (int v = 0; t && p->table && v < codes; v++) {
        uint16_t code = (uint16_t)(p->bits == 8 ? v * 257 : v);
        uint16_t in[3] = {code, code, code};
        double rgb[3];

        cmsDoTransform(t, in, rgb, 1);
        p->table[v] = (uint16_t)rint(65535 * fmin(fmax(rgb[1], 0), 1));
        differs |= abs(p->table[v] - code) > SAME_CODE;
    }
    if (t)
        cmsDeleteTransform(t);
    return t && p->table ? differs : -1;
}

static void invert(const double m[3][3], double out[3][3])
{
    double det = 0;

    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) {
            int a = (k + 1) % 3, b = (k + 2) % 3;
            int c = (i + 1) % 3, d = (i + 2) % 3;

            out[i][k] = m[a][c] * m[b][d] - m[a][d] * m[b][c];
        }
    for (int i = 0; i < 3; i++)
        det += m[0][i] * out[i][0];
    for (int i = 0; i < 9; i++)
        out[i / 3][i % 3] /= det;
}

/* The primaries in the columns, D50. */
static bool colorants(cmsHPROFILE icc, double m[3][3])
{
    static const cmsTagSignature tags[] = {
        cmsSigRedColorantTag, cmsSigGreenColorantTag, cmsSigBlueColorantTag};

    for (int i = 0; i < 3; i++) {
        const cmsCIEXYZ *c = cmsReadTag(icc, tags[i]);

        if (!c)
            return false;
        m[0][i] = c->X;
        m[1][i] = c->Y;
        m[2][i] = c->Z;
    }
    return true;
}

static int read_curves(struct image_profile *p, cmsHPROFILE icc, double *off)
{
    static const cmsTagSignature tags[] = {cmsSigRedTRCTag, cmsSigGreenTRCTag,
                                           cmsSigBlueTRCTag};
    int codes = codes_of(p->bits);

    for (int i = 0; i < 3; i++) {
        const cmsToneCurve *curve = cmsReadTag(icc, tags[i]);

        p->linear[i] = malloc((size_t)codes * sizeof(float));
        if (!curve || !p->linear[i])
            return -1;
        for (int v = 0; v < codes; v++) {
            float x = (float)v / (float)(codes - 1);

            p->linear[i][v] = cmsEvalToneCurveFloat(curve, x);
            *off = fmax(*off, 65535 * fabs(image_lab_encode(fmax(
                                               (double)p->linear[i][v], 0)) -
                                           (double)x));
        }
    }
    return 0;
}

/* As open_table. */
static int open_matrix(struct image_profile *p, cmsHPROFILE icc,
                       cmsHPROFILE srgb)
{
    double from[3][3], to[3][3], back[3][3], off = 0, off_matrix = 0;

    p->way = BY_MATRIX;
    if (!colorants(icc, from) || !colorants(srgb, to) ||
        read_curves(p, icc, &off) < 0)
        return -1;
    invert(to, back);
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) {
            double sum = 0;

            for (int j = 0; j < 3; j++)
                sum += back[i][j] * from[j][k];
            p->matrix[i][k] = (float)sum;
            off_matrix = fmax(off_matrix, fabs(sum - (i == k)));
        }
    return off > SAME_CODE || off_matrix > 0.003;
}

static int open_transform(struct image_profile *p, cmsHPROFILE icc,
                          cmsHPROFILE srgb, enum image_model model)
{
    cmsUInt32Number format = model == IMAGE_MODEL_CMYK
                                 ? (p->bits == 8 ? TYPE_CMYK_8 : TYPE_CMYK_16)
                                 : (p->bits == 8 ? TYPE_RGB_8 : TYPE_RGB_16);

    p->way = BY_TRANSFORM;
    p->transform =
        cmsCreateTransform(icc, format, srgb, TYPE_RGB_16,
                           INTENT_RELATIVE_COLORIMETRIC, cmsFLAGS_NOCACHE);
    return p->transform ? 1 : -1;
}

static int open_way(struct image_profile *p, cmsHPROFILE icc, cmsHPROFILE srgb,
                    enum image_model model)
{
    if (!fits(cmsGetColorSpace(icc), model))
        return -1;
    if (model == IMAGE_MODEL_GRAY)
        return open_table(p, icc, srgb);
    if (model == IMAGE_MODEL_RGB && cmsIsMatrixShaper(icc) &&
        !cmsIsTag(icc, cmsSigAToB0Tag))
        return open_matrix(p, icc, srgb);
    return open_transform(p, icc, srgb, model);
}

int image_profile_open(struct image_profile **out, const void *icc, size_t size,
                       enum image_model model, int bits, bool *used,
                       struct tt_error *err)
{
    cmsHPROFILE from = NULL, srgb = NULL;
    struct image_profile *p;
    int rc = -1;

    *out = NULL;
    *used = false;
    if (size > UINT32_MAX || (bits != 8 && bits != 16))
        return 0;
    p = calloc(1, sizeof(*p));
    if (!p)
        return no_memory(err);
    p->bits = bits;
    from = cmsOpenProfileFromMem(icc, (cmsUInt32Number)size);
    srgb = cmsCreate_sRGBProfile();
    if (from && srgb)
        rc = open_way(p, from, srgb, model);
    if (from)
        cmsCloseProfile(from);
    if (srgb)
        cmsCloseProfile(srgb);
    *used = rc >= 0;
    if (rc <= 0) {
        image_profile_close(p);
        return 0;
    }
    *out = p;
    return 1;
}

static void matrix_block(const struct image_profile *p, const void *in,
                         size_t n, uint16_t *out)
{
    float lin[3][IMAGE_BLOCK], code[IMAGE_BLOCK];

    for (size_t k = 0; k < n; k++) {
        float c[3];

        for (size_t i = 0; i < 3; i++)
            c[i] =
                p->linear[i][p->bits == 8 ? ((const uint8_t *)in)[3 * k + i]
                                          : ((const uint16_t *)in)[3 * k + i]];
        for (int i = 0; i < 3; i++)
            lin[i][k] = p->matrix[i][0] * c[0] + p->matrix[i][1] * c[1] +
                        p->matrix[i][2] * c[2];
    }
    for (size_t i = 0; i < 3; i++) {
        image_curve_encode(lin[i], n, 65535, code);
        for (size_t k = 0; k < n; k++)
            out[3 * k + i] = (uint16_t)(code[k] + 0.5f);
    }
}

void image_profile_row(struct image_profile *p, const void *in, size_t n,
                       uint16_t *out)
{
    switch (p->way) {
    case BY_TABLE:
        for (size_t i = 0; i < n; i++)
            out[i] = p->table[p->bits == 8 ? ((const uint8_t *)in)[i]
                                           : ((const uint16_t *)in)[i]];
        break;
    case BY_MATRIX:
        for (size_t i = 0; i < n; i += IMAGE_BLOCK)
            matrix_block(p, (const uint8_t *)in + 3 * i * (size_t)p->bits / 8,
                         n - i < IMAGE_BLOCK ? n - i : IMAGE_BLOCK,
                         out + 3 * i);
        break;
    case BY_TRANSFORM:
        cmsDoTransform(p->transform, in, out, (cmsUInt32Number)n);
        break;
    }
}

void image_profile_close(struct image_profile *p)
{
    if (!p)
        return;
    free(p->table);
    for (int i = 0; i < 3; i++)
        free(p->linear[i]);
    if (p->transform)
        cmsDeleteTransform(p->transform);
    free(p);
}

int image_profile_srgb(void **icc, size_t *size, struct tt_error *err)
{
    /* Bytes 24..35 of an ICC header: year, month, day, hour, minute, second.
     * LittleCMS writes the clock's. */
    static const uint8_t date[12] = {0x07, 0xd0, 0, 1, 0, 1};
    cmsHPROFILE srgb = cmsCreate_sRGBProfile();
    cmsUInt32Number n = 0;
    int rc = -1;

    *icc = NULL;
    if (srgb && cmsSaveProfileToMem(srgb, NULL, &n) && n > 128)
        *icc = malloc(n);
    if (*icc && cmsSaveProfileToMem(srgb, *icc, &n)) {
        memcpy((uint8_t *)*icc + 24, date, sizeof(date));
        *size = n;
        rc = 0;
    }
    if (srgb)
        cmsCloseProfile(srgb);
    if (rc < 0) {
        free(*icc);
        *icc = NULL;
        return no_memory(err);
    }
    return 0;
}
