#include "tests/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <lcms2.h>

#include "base/file.h"
#include "image/coding.h"
#include "image/lab.h"
#include "image/load.h"
#include "image/profile.h"
#include "image/recolor.h"
#include "image/save.h"
#include "tests/image/pictures.h"

static struct tt_error err;

struct bytes {
    void *data;
    cmsUInt32Number size;
};

static struct bytes save(cmsHPROFILE profile)
{
    struct bytes b = {NULL, 0};

    CHECK(profile && cmsSaveProfileToMem(profile, NULL, &b.size));
    b.data = malloc(b.size);
    CHECK(b.data && cmsSaveProfileToMem(profile, b.data, &b.size));
    cmsCloseProfile(profile);
    return b;
}

static struct bytes gray_gamma(double gamma)
{
    cmsToneCurve *curve = cmsBuildGamma(NULL, gamma);
    struct bytes b = save(cmsCreateGrayProfile(cmsD50_xyY(), curve));

    cmsFreeToneCurve(curve);
    return b;
}

/* Adobe RGB (1998) by its numbers. */
static struct bytes wide_rgb(double gamma)
{
    static const cmsCIExyY d65 = {0.3127, 0.3290, 1};
    static const cmsCIExyYTRIPLE primaries = {
        {0.64, 0.33, 1}, {0.21, 0.71, 1}, {0.15, 0.06, 1}};
    cmsToneCurve *curve = cmsBuildGamma(NULL, gamma);
    cmsToneCurve *curves[] = {curve, curve, curve};
    struct bytes b = save(cmsCreateRGBProfile(&d65, &primaries, curves));

    cmsFreeToneCurve(curve);
    return b;
}

static int open_profile(struct image_profile **p, struct bytes b,
                        enum image_model model, int bits, bool *used,
                        struct image_coding *coding)
{
    int rc =
        image_profile_open(p, b.data, b.size, model, bits, used, coding, &err);

    free(b.data);
    return rc;
}

TEST(image_profile_of_srgb_is_nothing_to_do)
{
    static const enum image_model models[] = {IMAGE_MODEL_GRAY,
                                              IMAGE_MODEL_RGB};
    struct image_coding coding;
    struct image_profile *p;
    bool used;

    for (int i = 0; i < 2; i++)
        for (int bits = 8; bits <= 16; bits += 8) {
            CHECK_INT(open_profile(&p, save(cmsCreate_sRGBProfile()), models[i],
                                   bits, &used, &coding),
                      0);
            CHECK(!p && used && !coding.other);
        }
}

TEST(image_profile_that_does_not_fit_is_left_aside)
{
    struct bytes junk = {calloc(1, 500), 500};
    struct image_coding coding;
    struct image_profile *p;
    bool used;

    CHECK_INT(open_profile(&p, junk, IMAGE_MODEL_RGB, 8, &used, &coding), 0);
    CHECK(!used);
    CHECK_INT(
        open_profile(&p, gray_gamma(2.2), IMAGE_MODEL_RGB, 8, &used, &coding),
        0);
    CHECK(!used && !p);
    CHECK_INT(open_profile(&p, save(cmsCreate_sRGBProfile()), IMAGE_MODEL_CMYK,
                           8, &used, &coding),
              0);
    CHECK(!used && !p);
}

TEST(image_profile_keeps_the_curve_of_gray)
{
    struct image_coding coding;
    struct image_profile *p;
    uint16_t codes[256];
    uint8_t all[256];
    bool used;

    for (int v = 0; v < 256; v++)
        all[v] = (uint8_t)v;
    CHECK_INT(
        open_profile(&p, gray_gamma(1.8), IMAGE_MODEL_GRAY, 8, &used, &coding),
        1);
    CHECK(used && coding.other);
    image_profile_gray(p, all, 256, codes);
    for (int v = 0; v < 256; v++) {
        double y = pow(v / 255.0, 1.8);

        CHECK_NEAR(image_coding_decode(&coding, v / 255.0), y, 1e-4);
        CHECK_NEAR(codes[v], 65535 * image_lab_encode(y), 60);
    }
    image_profile_close(p);
}

TEST(image_profile_matrix_is_that_of_littlecms)
{
    struct bytes b = wide_rgb(2.19921875);
    cmsHPROFILE from = cmsOpenProfileFromMem(b.data, b.size);
    cmsHPROFILE srgb = cmsCreate_sRGBProfile();
    cmsHTRANSFORM t = cmsCreateTransform(
        from, TYPE_RGB_16, srgb, TYPE_RGB_DBL, INTENT_RELATIVE_COLORIMETRIC,
        cmsFLAGS_NOOPTIMIZE | cmsFLAGS_NOCACHE);
    enum { N = 3000 };
    static uint16_t in[3 * N], rgb[3 * N], grey[N];
    struct image_coding coding;
    struct image_profile *p;
    bool used;

    CHECK(t);
    picture_fill16(in, 3 * N);
    CHECK_INT(open_profile(&p, b, IMAGE_MODEL_RGB, 16, &used, &coding), 1);
    image_profile_colour(p, in, N, rgb, grey);
    for (int i = 0; i < N; i++) {
        double want[3];

        cmsDoTransform(t, in + 3 * i, want, 1);
        for (int c = 0; c < 3; c++)
            CHECK_NEAR(rgb[3 * i + c], 65535 * fmin(fmax(want[c], 0), 1), 40);
    }
    image_profile_close(p);
    cmsDeleteTransform(t);
    cmsCloseProfile(from);
    cmsCloseProfile(srgb);
}

/* R = G = B in any coding comes back as it was. */
TEST(image_profile_recodes_gray_to_itself)
{
    static uint8_t in[3 * 256];
    static uint16_t rgb[3 * 256], grey[256];
    const uint16_t *codes;
    struct image_coding coding;
    struct image_profile *p;
    bool used;

    for (int i = 0; i < 3 * 256; i++)
        in[i] = (uint8_t)(i / 3);
    for (double gamma = 1.4; gamma < 2.5; gamma += 0.4) {
        CHECK_INT(open_profile(&p, wide_rgb(gamma), IMAGE_MODEL_RGB, 8, &used,
                               &coding),
                  1);
        codes = image_profile_recode(p);
        CHECK(coding.other && codes);
        image_profile_colour(p, in, 256, rgb, grey);
        for (int v = 0; v < 256; v++)
            CHECK_INT((codes[grey[v]] * 255 + 32767) / 65535, v);
        image_profile_close(p);
    }
}

TEST(image_load_obeys_profiles)
{
    struct bytes b = gray_gamma(2.2);
    struct image_limits limits;
    struct image_facts facts;
    enum image_reason reason;
    uint8_t codes[3 * 256];
    struct image_grey g;
    struct picture p;
    VipsImage *image;

    CHECK_OK(image_start("test", &err));
    image_limits_init(&limits);
    for (int i = 0; i < 256; i++)
        codes[i] = (uint8_t)i;
    image = picture_image(codes, 256, 1, 1, VIPS_FORMAT_UCHAR,
                          VIPS_INTERPRETATION_B_W);
    vips_image_set_blob_copy(image, VIPS_META_ICC_NAME, b.data, b.size);
    p = picture_save(image, ".tif");
    CHECK_OK(image_load(p.bytes, p.size, &limits, &g, &facts, &reason, &err));
    CHECK(facts.had_profile && facts.as_stored && facts.coding.other);
    CHECK(!memcmp(g.codes, codes, 256));
    image_grey_release(&g);
    free(p.bytes);
    free(b.data);

    b = wide_rgb(1.8);
    for (int i = 0; i < 3 * 256; i++)
        codes[i] = i % 3 == 0 ? 200 : i % 3 == 1 ? 120 : 60;
    image = picture_image(codes, 256, 1, 3, VIPS_FORMAT_UCHAR,
                          VIPS_INTERPRETATION_sRGB);
    vips_image_set_blob_copy(image, VIPS_META_ICC_NAME, b.data, b.size);
    p = picture_save(image, ".png");
    CHECK_OK(image_load(p.bytes, p.size, &limits, &g, &facts, &reason, &err));
    CHECK(facts.had_profile && !facts.as_stored && facts.coding.other);
    /* Y of Adobe RGB's primaries at gamma 1.8 */
    CHECK_NEAR(((uint8_t *)g.codes)[9],
               255 * pow(0.29734 * pow(200 / 255.0, 1.8) +
                             0.62736 * pow(120 / 255.0, 1.8) +
                             0.07529 * pow(60 / 255.0, 1.8),
                         1 / 1.8),
               1);
    image_grey_release(&g);
    free(p.bytes);
    free(b.data);
    image_stop();
}

/* A photo in that coding, coloured, written, read again: the same grey. */
static void comes_back(struct image_coding *coding, int bits,
                       enum image_format format)
{
    enum { SIDE = 16, WIDTH = 64, N = WIDTH * WIDTH };
    static uint16_t codes[N];
    struct image_grey grey = {WIDTH, WIDTH, bits, codes}, back;
    struct image_save_options opt;
    struct image_rgb rgb = {0};
    struct image_limits limits;
    struct image_facts facts;
    enum image_reason reason;
    float ab[2 * SIDE * SIDE];
    char *bytes;
    size_t size;

    picture_fill16(codes, N);
    for (int i = 0; i < 2 * SIDE * SIDE; i++)
        ab[i] = (float)(i * 37 % 120 - 60);
    CHECK_OK(image_recolor(&grey, ab, SIDE, &rgb, &err));
    image_save_options_init(&opt);
    opt.format = format;
    opt.coding = coding;
    CHECK_OK(image_save(&rgb, &opt, "coloured", &err));
    CHECK_OK(tt_file_read("coloured", SIZE_MAX, &bytes, &size, &err));
    image_limits_init(&limits);
    CHECK_OK(image_load(bytes, size, &limits, &back, &facts, &reason, &err));
    CHECK(back.bits == bits && facts.had_profile && facts.coding.other);
    CHECK(!memcmp(back.codes, codes, N * (size_t)bits / 8));
    image_grey_release(&back);
    image_rgb_release(&rgb);
    free(bytes);
}

TEST(image_load_gives_grey_back_in_the_coding_it_was_kept_in)
{
    static const enum image_format formats[] = {IMAGE_PNG, IMAGE_TIFF};
    struct image_coding coding;
    struct image_profile *p;
    bool used;

    CHECK_OK(image_start("test", &err));
    for (double gamma = 1.4; gamma < 2.7; gamma += 0.4) {
        CHECK_INT(open_profile(&p, gray_gamma(gamma), IMAGE_MODEL_GRAY, 8,
                               &used, &coding),
                  1);
        image_profile_close(p);
        for (int i = 0; i < 4; i++)
            comes_back(&coding, i / 2 ? 16 : 8, formats[i % 2]);
    }
    image_stop();
}

TEST(image_coding_profile_has_no_clock_in_it)
{
    struct image_coding coding = {.other = true};
    size_t n1, n2;
    void *a, *b;

    for (int i = 0; i < IMAGE_CODING_POINTS; i++)
        coding.curve[i] = (float)pow(i / 512.0, 4.4);
    for (int i = 0; i < 4; i++) {
        const struct image_coding *c = i % 2 ? &coding : NULL;
        int bands = i < 2 ? 3 : 1, k = i % 2;
        struct image_coding back;
        struct image_profile *p;
        bool used;

        CHECK_OK(image_coding_icc(c, bands, &a, &n1, &err));
        CHECK_OK(image_coding_icc(c, bands, &b, &n2, &err));
        CHECK_INT(n1, n2);
        CHECK(!memcmp(a, b, n1));
        CHECK(!memcmp((char *)a + 24, "\x07\xd0\0\1\0\1\0\0\0\0\0\0", 12));
        CHECK_INT(
            image_profile_open(&p, a, n1,
                               bands == 3 ? IMAGE_MODEL_RGB : IMAGE_MODEL_GRAY,
                               8, &used, &back, &err),
            k);
        CHECK(used);
        for (int j = 0; k && j < IMAGE_CODING_POINTS; j++)
            CHECK_NEAR(back.curve[j], coding.curve[j], 1e-4);
        image_profile_close(p);
        free(a);
        free(b);
    }
}
