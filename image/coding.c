#include "image/coding.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <lcms2.h>

#include "image/lab.h"

enum { LAST = IMAGE_CODING_POINTS - 1, ICC_POINTS = 1024 };

bool image_coding_make(struct image_coding *c,
                       double (*light)(const void *ctx, double code),
                       const void *ctx)
{
    double off = 0;

    for (int i = 0; i <= LAST; i++) {
        double x = (double)i / LAST, y = light(ctx, x * x);

        y = fmin(fmax(y, 0), 1);
        off = fmax(off, fabs(image_lab_encode(y) - x * x));
        c->curve[i] = (float)y;
        if (i && c->curve[i] < c->curve[i - 1])
            return false;
    }
    c->other = off > 0.4 / 255;
    return c->curve[0] < 0.1f && c->curve[LAST] > 0.8f;
}

double image_coding_decode(const struct image_coding *c, double code)
{
    double at = sqrt(fmin(fmax(code, 0), 1)) * LAST;
    int i = at < LAST ? (int)at : LAST - 1;

    /* Straight in the code, not in its root. */
    double x0 = (double)i / LAST, x1 = (double)(i + 1) / LAST;
    double t = (code - x0 * x0) / (x1 * x1 - x0 * x0);

    return (double)c->curve[i] +
           t * ((double)c->curve[i + 1] - (double)c->curve[i]);
}

void image_coding_recode(const struct image_coding *c, uint16_t *codes)
{
    int i = 0;

    for (int v = 0; v < 65536; v++) {
        double y = image_lab_decode(v / 65535.0), x0, x1, span, t;

        while (i < LAST - 1 && (double)c->curve[i + 1] < y)
            i++;
        x0 = (double)i / LAST;
        x1 = (double)(i + 1) / LAST;
        span = (double)c->curve[i + 1] - (double)c->curve[i];
        t = span > 0 ? (y - (double)c->curve[i]) / span : 0;
        t = fmin(fmax(t, 0), 1);
        codes[v] = (uint16_t)rint(65535 * (x0 * x0 + t * (x1 * x1 - x0 * x0)));
    }
}

static cmsToneCurve *make_curve(const struct image_coding *c)
{
    // IEC 61966-2-1, as LittleCMS' type 4 has it
    static const cmsFloat64Number srgb[5] = {2.4, 1 / 1.055, 0.055 / 1.055,
                                             1 / 12.92, 0.04045};
    cmsUInt16Number points[ICC_POINTS];

    if (!c || !c->other)
        return cmsBuildParametricToneCurve(NULL, 4, srgb);
    for (int i = 0; i < ICC_POINTS; i++)
        points[i] = (cmsUInt16Number)rint(
            65535 * image_coding_decode(c, (double)i / (ICC_POINTS - 1)));
    return cmsBuildTabulatedToneCurve16(NULL, ICC_POINTS, points);
}

/* sRGB's primaries and white, with the curve for all three; or for one. */
static cmsHPROFILE make_profile(const struct image_coding *c, int bands)
{
    static const cmsCIExyY d65 = {0.3127, 0.3290, 1};
    static const cmsCIExyYTRIPLE primaries = {
        {0.64, 0.33, 1}, {0.30, 0.60, 1}, {0.15, 0.06, 1}};
    cmsToneCurve *curves[3];
    cmsHPROFILE profile;

    if (bands == 3 && (!c || !c->other))
        return cmsCreate_sRGBProfile();
    curves[0] = curves[1] = curves[2] = make_curve(c);
    if (!curves[0])
        return NULL;
    profile = bands == 1 ? cmsCreateGrayProfile(cmsD50_xyY(), curves[0])
                         : cmsCreateRGBProfile(&d65, &primaries, curves);
    cmsFreeToneCurve(curves[0]);
    return profile;
}

int image_coding_icc(const struct image_coding *c, int bands, void **icc,
                     size_t *size, struct tt_error *err)
{
    /* Bytes 24..35 of an ICC header are year, month, day, hour, minute,
     * second. LittleCMS writes the clock's. */
    static const uint8_t date[12] = {0x07, 0xd0, 0, 1, 0, 1};
    cmsHPROFILE profile = make_profile(c, bands);
    cmsUInt32Number n = 0;
    int rc = -1;

    *icc = NULL;
    if (profile && cmsSaveProfileToMem(profile, NULL, &n) && n > 128)
        *icc = malloc(n);
    if (*icc && cmsSaveProfileToMem(profile, *icc, &n)) {
        memcpy((uint8_t *)*icc + 24, date, sizeof(date));
        *size = n;
        rc = 0;
    }
    if (profile)
        cmsCloseProfile(profile);
    if (rc == 0)
        return 0;
    free(*icc);
    *icc = NULL;
    return tt_fail(err, TT_NOMEM, "no memory for a colour profile");
}
