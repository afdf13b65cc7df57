#include "image/profile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <lcms2.h>

#include "image/coding.h"
#include "image/curve.h"
#include "image/grey.h"
#include "image/lab.h"

enum way { BY_TABLE, BY_MATRIX, BY_TRANSFORM };

struct image_profile {
    enum way way;
    int bits;
    uint16_t *table;    /* BY_TABLE: of every code */
    float *linear[3];   /* BY_MATRIX: of every code */
    float matrix[3][3]; /* linear light into sRGB's */
    cmsHTRANSFORM transform;
    uint16_t *recode; /* sRGB codes into the kept coding; NULL: the same */
    bool stands;      /* BY_MATRIX: sRGB's primaries, a curve that is kept */
};

/* What an open finds. */
enum found { UNUSABLE = -1, SAME, DIFFERENT };

static const cmsTagSignature curve_tags[] = {cmsSigRedTRCTag, cmsSigGreenTRCTag,
                                             cmsSigBlueTRCTag};

static int codes_of(int bits)
{
    return bits == 8 ? 256 : 65536;
}

static int no_memory(struct tt_error *err)
{
    return tt_fail(err, TT_NOMEM, "no memory for a colour profile");
}

/* Inks are described by a printer's profile; others that say CMYK are left
 * aside, as other readers do. */
static bool fits(cmsHPROFILE icc, enum image_model model)
{
    cmsColorSpaceSignature space = cmsGetColorSpace(icc);

    switch (model) {
    case IMAGE_MODEL_GRAY:
        return space == cmsSigGrayData || space == cmsSigRgbData;
    case IMAGE_MODEL_RGB:
        return space == cmsSigRgbData;
    case IMAGE_MODEL_CMYK:
        return space == cmsSigCmykData &&
               cmsGetDeviceClass(icc) == cmsSigOutputClass;
    case IMAGE_MODEL_LAB:
        break;
    }
    return false;
}

static double tone_light(const void *ctx, double code)
{
    return (double)cmsEvalToneCurveFloat(ctx, (float)code);
}

static bool is_matrix(cmsHPROFILE icc)
{
    return cmsGetColorSpace(icc) == cmsSigRgbData && cmsIsMatrixShaper(icc) &&
           !cmsIsTag(icc, cmsSigAToB0Tag);
}

/* The one curve of a gray profile or of all three of RGB, or NULL. */
static const cmsToneCurve *only_curve(cmsHPROFILE icc)
{
    const cmsToneCurve *c[3];

    if (cmsGetColorSpace(icc) == cmsSigGrayData)
        return cmsReadTag(icc, cmsSigGrayTRCTag);
    if (!is_matrix(icc))
        return NULL;
    for (int i = 0; i < 3; i++) {
        c[i] = cmsReadTag(icc, curve_tags[i]);
        if (!c[i])
            return NULL;
    }
    for (int k = 0; k <= 64; k++)
        for (int i = 1; i < 3; i++)
            if (fabs(tone_light(c[i], k / 64.0) - tone_light(c[0], k / 64.0)) >
                0.002)
                return NULL;
    return c[0];
}

/* The curve that grey codes keep, or sRGB's where there is not just one. */
static bool keep_coding(cmsHPROFILE icc, struct image_coding *coding)
{
    const cmsToneCurve *curve = only_curve(icc);

    if (curve && image_coding_make(coding, tone_light, curve))
        return true;
    memset(coding, 0, sizeof(*coding));
    return false;
}

/* Gray whose curve is kept: the table serves the small RGB alone. */
static enum found open_curve(struct image_profile *p,
                             const struct image_coding *coding)
{
    int codes = codes_of(p->bits);

    if (!coding->other)
        return SAME;
    p->table = malloc((size_t)codes * sizeof(*p->table));
    for (int v = 0; p->table && v < codes; v++) {
        double y = image_coding_decode(coding, (double)v / (codes - 1));

        p->table[v] = (uint16_t)rint(65535 * image_lab_encode(y));
    }
    return p->table ? DIFFERENT : UNUSABLE;
}

/* Gray by way of a profile of any kind, code by code. */
static enum found open_table(struct image_profile *p, cmsHPROFILE icc,
                             cmsHPROFILE srgb)
{
    bool gray = cmsGetColorSpace(icc) == cmsSigGrayData;
    cmsHTRANSFORM t = cmsCreateTransform(
        icc, gray ? TYPE_GRAY_16 : TYPE_RGB_16, srgb, TYPE_RGB_DBL,
        INTENT_RELATIVE_COLORIMETRIC, cmsFLAGS_NOOPTIMIZE | cmsFLAGS_NOCACHE);
    int codes = codes_of(p->bits);

    p->table = malloc((size_t)codes * sizeof(*p->table));
    for (int v = 0; t && p->table && v < codes; v++) {
        uint16_t code = (uint16_t)(p->bits == 8 ? v * 257 : v);
        uint16_t in[3] = {code, code, code};
        double rgb[3];

        cmsDoTransform(t, in, rgb, 1);
        p->table[v] = (uint16_t)rint(65535 * fmin(fmax(rgb[1], 0), 1));
    }
    if (t)
        cmsDeleteTransform(t);
    return t && p->table ? DIFFERENT : UNUSABLE;
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

/* LittleCMS also reads a broken type that one vendor once wrote; no one else
 * does, and such a file looks everywhere as if it had no profile. */
static bool is_xyz(cmsHPROFILE icc, cmsTagSignature tag)
{
    char type[4];

    return cmsReadRawTag(icc, tag, type, sizeof(type)) == sizeof(type) &&
           !memcmp(type, "XYZ ", sizeof(type));
}

/* The primaries in the columns, D50. */
static bool colorants(cmsHPROFILE icc, double m[3][3])
{
    static const cmsTagSignature tags[] = {
        cmsSigRedColorantTag, cmsSigGreenColorantTag, cmsSigBlueColorantTag};

    for (int i = 0; i < 3; i++) {
        const cmsCIEXYZ *c = cmsReadTag(icc, tags[i]);

        if (!c || !is_xyz(icc, tags[i]))
            return false;
        m[0][i] = c->X;
        m[1][i] = c->Y;
        m[2][i] = c->Z;
    }
    return true;
}

/* Linear light of every code; by the kept coding if there is one, so that
 * R = G = B comes back as it was. */
static bool read_curves(struct image_profile *p, cmsHPROFILE icc,
                        const struct image_coding *coding)
{
    int codes = codes_of(p->bits);

    for (int i = 0; i < 3; i++) {
        const cmsToneCurve *curve = cmsReadTag(icc, curve_tags[i]);

        p->linear[i] = malloc((size_t)codes * sizeof(float));
        if (!curve || !p->linear[i])
            return false;
        for (int v = 0; v < codes; v++) {
            double x = (double)v / (codes - 1);

            p->linear[i][v] =
                (float)(coding->other ? image_coding_decode(coding, x)
                                      : tone_light(curve, x));
        }
    }
    return true;
}

static enum found open_matrix(struct image_profile *p, cmsHPROFILE icc,
                              cmsHPROFILE srgb, bool one_curve,
                              const struct image_coding *coding)
{
    double from[3][3], to[3][3], back[3][3], off = 0;

    p->way = BY_MATRIX;
    if (!colorants(icc, from) || !colorants(srgb, to))
        return UNUSABLE;
    invert(to, back);
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) {
            double sum = 0;

            for (int j = 0; j < 3; j++)
                sum += back[i][j] * from[j][k];
            p->matrix[i][k] = (float)sum;
            off = fmax(off, fabs(sum - (i == k)));
        }
    if (one_curve && off < 0.003) {
        if (!coding->other)
            return SAME;
        p->stands = true;
    }
    if (coding->other && !p->stands) {
        p->recode = malloc(65536 * sizeof(*p->recode));
        if (!p->recode)
            return UNUSABLE;
        image_coding_recode(coding, p->recode);
    }
    return read_curves(p, icc, coding) ? DIFFERENT : UNUSABLE;
}

static enum found open_transform(struct image_profile *p, cmsHPROFILE icc,
                                 cmsHPROFILE srgb, enum image_model model)
{
    cmsUInt32Number format = model == IMAGE_MODEL_CMYK
                                 ? (p->bits == 8 ? TYPE_CMYK_8 : TYPE_CMYK_16)
                                 : (p->bits == 8 ? TYPE_RGB_8 : TYPE_RGB_16);

    p->way = BY_TRANSFORM;
    p->transform = cmsCreateTransform(
        icc, format, srgb, TYPE_RGB_16, INTENT_RELATIVE_COLORIMETRIC,
        cmsFLAGS_NOCACHE | cmsFLAGS_BLACKPOINTCOMPENSATION);
    return p->transform ? DIFFERENT : UNUSABLE;
}

static enum found open_way(struct image_profile *p, cmsHPROFILE icc,
                           cmsHPROFILE srgb, enum image_model model,
                           struct image_coding *coding)
{
    bool kept;

    if (!fits(icc, model))
        return UNUSABLE;
    kept = keep_coding(icc, coding);
    if (model == IMAGE_MODEL_GRAY)
        return kept ? open_curve(p, coding) : open_table(p, icc, srgb);
    if (is_matrix(icc))
        return open_matrix(p, icc, srgb, kept, coding);
    return open_transform(p, icc, srgb, model);
}

int image_profile_open(struct image_profile **out, const void *icc, size_t size,
                       enum image_model model, int bits, bool *used,
                       struct image_coding *coding, struct tt_error *err)
{
    cmsHPROFILE from = NULL, srgb = NULL;
    enum found found = UNUSABLE;
    struct image_profile *p;

    *out = NULL;
    *used = false;
    memset(coding, 0, sizeof(*coding));
    if (size > UINT32_MAX || (bits != 8 && bits != 16))
        return 0;
    p = calloc(1, sizeof(*p));
    if (!p)
        return no_memory(err);
    p->bits = bits;
    from = cmsOpenProfileFromMem(icc, (cmsUInt32Number)size);
    srgb = cmsCreate_sRGBProfile();
    if (from && srgb)
        found = open_way(p, from, srgb, model, coding);
    if (from)
        cmsCloseProfile(from);
    if (srgb)
        cmsCloseProfile(srgb);
    *used = found != UNUSABLE;
    if (found == DIFFERENT) {
        *out = p;
        return 1;
    }
    memset(coding, 0, sizeof(*coding));
    image_profile_close(p);
    return 0;
}

const uint16_t *image_profile_recode(const struct image_profile *p)
{
    return p->recode;
}

bool image_profile_stands(const struct image_profile *p)
{
    return p->stands;
}

/* Linear light of n codes, by the curves and the matrix; not clipped. */
static void linear_block(const struct image_profile *p, const void *in,
                         size_t n, float lin[3][IMAGE_BLOCK])
{
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
}

static void encode_block(const float *lin, size_t n, uint16_t *out, size_t step)
{
    float code[IMAGE_BLOCK];

    image_curve_encode(lin, n, 65535, code);
    for (size_t k = 0; k < n; k++)
        out[step * k] = (uint16_t)(code[k] + 0.5f);
}

/* Grey is of the colour as the profile means it, also where sRGB ends. */
static void matrix_block(const struct image_profile *p, const void *in,
                         size_t n, uint16_t *rgb, uint16_t *grey)
{
    const float sum = (float)IMAGE_WEIGHT_SUM;
    float lin[3][IMAGE_BLOCK];

    linear_block(p, in, n, lin);
    for (size_t i = 0; i < 3; i++)
        encode_block(lin[i], n, rgb + i, 3);
    for (size_t k = 0; grey && k < n; k++)
        lin[0][k] = IMAGE_WEIGHT_R / sum * lin[0][k] +
                    IMAGE_WEIGHT_G / sum * lin[1][k] +
                    IMAGE_WEIGHT_B / sum * lin[2][k];
    if (grey)
        encode_block(lin[0], n, grey, 1);
}

void image_profile_gray(const struct image_profile *p, const void *in, size_t n,
                        uint16_t *grey)
{
    for (size_t i = 0; i < n; i++)
        grey[i] = p->table[p->bits == 8 ? ((const uint8_t *)in)[i]
                                        : ((const uint16_t *)in)[i]];
}

void image_profile_colour(const struct image_profile *p, const void *in,
                          size_t n, uint16_t *rgb, uint16_t *grey)
{
    size_t pixel = 3 * (size_t)p->bits / 8;

    if (p->way == BY_TRANSFORM) {
        cmsDoTransform(p->transform, in, rgb, (cmsUInt32Number)n);
        if (grey)
            image_grey_row(rgb, n, 16, grey);
        return;
    }
    for (size_t i = 0; i < n; i += IMAGE_BLOCK)
        matrix_block(p, (const uint8_t *)in + i * pixel,
                     n - i < IMAGE_BLOCK ? n - i : IMAGE_BLOCK, rgb + 3 * i,
                     grey ? grey + i : NULL);
}

void image_profile_close(struct image_profile *p)
{
    if (!p)
        return;
    free(p->table);
    free(p->recode);
    for (int i = 0; i < 3; i++)
        free(p->linear[i]);
    if (p->transform)
        cmsDeleteTransform(p->transform);
    free(p);
}
