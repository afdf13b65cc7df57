#include "tests/check.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <vips/vips.h>

#include "base/file.h"
#include "image/grey.h"
#include "image/load.h"
#include "image/recolor.h"
#include "image/save.h"
#include "image/xmp.h"
#include "tests/image/pictures.h"

enum { W = 61, H = 47, N = W * H };

static struct tt_error err;
static uint8_t codes[3 * N];
static uint16_t wide[3 * N];
static struct image_rgb rgb8 = {W, H, 8, codes}, rgb16 = {W, H, 16, wide};
static struct image_save_options opt;
static const struct image_marks marks = {
    "Tintype", "tintype 0.1.0, model a<b>&\"c\"\x01, sha256 00ff",
    "Bild \xc3\xa4\xff.tif"};

static void start(void)
{
    CHECK_OK(image_start("test", &err));
    picture_fill8(codes, sizeof(codes), 256);
    picture_fill16(wide, 3 * N);
    image_save_options_init(&opt);
    opt.marks = &marks;
    opt.ppi_x = 300;
    opt.ppi_y = 600;
}

static struct picture saved(const struct image_rgb *rgb, const char *path)
{
    struct picture p;
    char *bytes;

    CHECK_OK(image_save(rgb, &opt, path, &err));
    CHECK_OK(tt_file_read(path, 1 << 24, &bytes, &p.size, &err));
    p.bytes = (uint8_t *)bytes;
    return p;
}

static bool holds(struct picture p, const char *text)
{
    return memmem(p.bytes, p.size, text, strlen(text)) != NULL;
}

static bool marked(struct picture p)
{
    struct image_limits limits;
    struct image_facts facts;
    enum image_reason reason;
    struct image_grey out;

    image_limits_init(&limits);
    CHECK_OK(image_load(p.bytes, p.size, &limits, &out, &facts, &reason, &err));
    image_grey_release(&out);
    return facts.marked;
}

static void check_pixels(const char *path, const void *want, size_t size)
{
    VipsImage *image = vips_image_new_from_file(path, NULL);
    void *data;
    size_t n;

    CHECK(image);
    data = vips_image_write_to_memory(image, &n);
    CHECK_INT(n, size);
    CHECK(!memcmp(data, want, n));
    CHECK_NEAR(image->Xres * 25.4, 300, 0.02);
    CHECK_NEAR(image->Yres * 25.4, 600, 0.02);
    CHECK(vips_image_get_typeof(image, VIPS_META_ICC_NAME));
    CHECK(vips_image_get_typeof(image, VIPS_META_XMP_NAME));
    g_free(data);
    g_object_unref(image);
}

TEST(image_save_keeps_every_code_in_png_and_tiff)
{
    static const enum image_format formats[] = {IMAGE_PNG, IMAGE_TIFF};

    start();
    for (int i = 0; i < 2; i++) {
        opt.format = formats[i];
        CHECK_OK(image_save(&rgb8, &opt, "a", &err));
        check_pixels("a", codes, sizeof(codes));
        CHECK_OK(image_save(&rgb16, &opt, "b", &err));
        check_pixels("b", wide, sizeof(wide));
    }
    image_stop();
}

TEST(image_save_gives_the_same_bytes_at_any_time)
{
    static const enum image_format formats[] = {IMAGE_JPEG, IMAGE_PNG,
                                                IMAGE_TIFF};
    struct picture a[6], b[6];

    start();
    for (int i = 0; i < 6; i++) {
        opt.format = formats[i % 3];
        a[i] = saved(i < 3 ? &rgb8 : &rgb16, "a");
    }
    g_usleep(1100000); /* past a second, for clocks */
    for (int i = 0; i < 6; i++) {
        opt.format = formats[i % 3];
        b[i] = saved(i < 3 ? &rgb8 : &rgb16, "b");
        CHECK_INT(a[i].size, b[i].size);
        CHECK(!memcmp(a[i].bytes, b[i].bytes, a[i].size));
        free(a[i].bytes);
        free(b[i].bytes);
    }
    image_stop();
}

TEST(image_save_marks_what_a_model_made)
{
    static const enum image_format formats[] = {IMAGE_JPEG, IMAGE_TIFF,
                                                IMAGE_PNG};

    start();
    for (int i = 0; i < 3; i++) {
        struct picture p;

        opt.format = formats[i];
        p = saved(&rgb8, "a");
        CHECK(marked(p));
        // where XMP's part 3 says that readers look
        CHECK(formats[i] != IMAGE_PNG || holds(p, "iTXtXML:com.adobe.xmp"));
        CHECK(holds(p, "<Iptc4xmpExt:DigitalSourceType>http://cv.iptc.org/"
                       "newscodes/digitalsourcetype/"
                       "compositeWithTrainedAlgorithmicMedia<"));
        CHECK(holds(p, "<Iptc4xmpExt:AISystemUsed>Tintype<"));
        CHECK(holds(p, "<Iptc4xmpExt:AISystemVersionUsed>tintype 0.1.0, model "
                       "a&lt;b&gt;&amp;&quot;c&quot;, sha256 00ff<"));
        CHECK(holds(p, "Bild \xc3\xa4\xef\xbf\xbd.tif"));
        free(p.bytes);
    }
    opt.marks = NULL;
    opt.format = IMAGE_JPEG;
    {
        struct picture p = saved(&rgb8, "a");

        CHECK(!holds(p, "xpacket") && !holds(p, "Iptc4xmpExt"));
        CHECK(!marked(p));
        free(p.bytes);
    }
    image_stop();
}

TEST(image_save_jpeg_is_what_others_read)
{
    struct image_limits limits;
    struct image_facts facts;
    enum image_reason reason;
    struct image_small small;
    struct picture p;

    start();
    for (int i = 0; i < N; i++) /* smooth, so that little is lost */
        for (int c = 0; c < 3; c++) {
            codes[3 * i + c] = (uint8_t)(60 + 2 * (i % W) + 20 * c);
            wide[3 * i + c] = (uint16_t)(257 * codes[3 * i + c]);
        }
    opt.format = IMAGE_JPEG;
    image_limits_init(&limits);
    for (int k = 0; k < 2; k++) {
        p = saved(k ? &rgb16 : &rgb8, "a.jpg");
        CHECK_OK(image_load_small(p.bytes, p.size, &limits, 1000, &small,
                                  &facts, &reason, &err));
        CHECK_INT(facts.format, IMAGE_JPEG);
        CHECK_NEAR(facts.ppi_x, 300, 1e-9);
        CHECK_NEAR(facts.ppi_y, 600, 1e-9);
        CHECK(facts.had_profile && !facts.coding.other);
        for (int i = 0; i < 3 * N; i++)
            CHECK(abs(small.rgb[i] - codes[i]) <= 4);
        image_small_release(&small);
        free(p.bytes);
    }
    image_stop();
}

/* The first promise of this room, from file to file. */
TEST(image_save_lets_the_original_be_recovered)
{
    float ab[2 * 64];
    struct image_grey g = {W, H, 16, wide};
    struct image_rgb rgb = {0};
    uint16_t back[N];
    VipsImage *image;
    void *data;
    size_t n;

    start();
    for (int i = 0; i < 128; i++)
        ab[i] = (float)(i % 50 - 20);
    opt.format = IMAGE_TIFF;
    CHECK_OK(image_recolor(&g, ab, 8, &rgb, &err));
    CHECK_OK(image_save(&rgb, &opt, "a.tif", &err));
    image = vips_image_new_from_file("a.tif", NULL);
    CHECK(image);
    data = vips_image_write_to_memory(image, &n);
    image_grey_row(data, N, 16, back);
    CHECK(!memcmp(back, wide, sizeof(back)));
    g_free(data);
    g_object_unref(image);
    image_rgb_release(&rgb);
    image_stop();
}

TEST(image_save_writes_the_curve_of_the_codes)
{
    struct image_coding coding = {.other = true};
    struct image_limits limits;
    struct image_facts facts;
    enum image_reason reason;
    struct image_grey g;
    struct picture p;

    start();
    for (int i = 0; i < IMAGE_CODING_POINTS; i++)
        coding.curve[i] = (float)pow(i / 512.0, 3.6);
    opt.coding = &coding;
    opt.format = IMAGE_TIFF;
    p = saved(&rgb8, "a");
    image_limits_init(&limits);
    CHECK_OK(image_load(p.bytes, p.size, &limits, &g, &facts, &reason, &err));
    CHECK(facts.had_profile && facts.coding.other);
    for (int i = 0; i < IMAGE_CODING_POINTS; i++)
        CHECK_NEAR(facts.coding.curve[i], coding.curve[i], 1e-4);
    image_grey_release(&g);
    free(p.bytes);
    image_stop();
}

TEST(image_save_refuses_what_it_cannot_do)
{
    struct image_rgb long_one = {70000, 1, 8, codes};

    start();
    opt.format = IMAGE_WEBP;
    CHECK_FAILS(image_save(&rgb8, &opt, "a", &err), TT_USAGE, "webp");
    opt.format = IMAGE_JPEG;
    opt.quality = 0;
    CHECK_FAILS(image_save(&rgb8, &opt, "a", &err), TT_USAGE, "1 to 100");
    opt.quality = 90;
    CHECK_FAILS(image_save(&long_one, &opt, "a", &err), TT_OUTPUT, "too large");
    CHECK_FAILS(image_save(&rgb8, &opt, "no/such/a", &err), TT_OUTPUT,
                "no/such/a");
    opt.format = IMAGE_PNG;
    CHECK_FAILS(image_save(&rgb8, &opt, "no/such/a", &err), TT_OUTPUT,
                "no/such/a");
    opt.format = IMAGE_TIFF;
    CHECK_FAILS(image_save(&rgb8, &opt, "no/such/a", &err), TT_OUTPUT,
                "no/such/a");
    image_stop();
}

TEST(image_save_says_why_a_file_is_not_whole)
{
    static const enum image_format formats[] = {IMAGE_JPEG, IMAGE_PNG};

    start();
    for (int i = 0; i < 2; i++) {
        opt.format = formats[i];
        CHECK_FAILS(image_save(&rgb8, &opt, "/dev/full", &err), TT_OUTPUT,
                    "No space left on device");
        CHECK_INT(err.sys, ENOSPC);
    }
    image_stop();
}

TEST(image_xmp_fits_a_jpeg_or_is_refused)
{
    struct image_marks m = {"Tintype", NULL, NULL};
    char *packet, *text = calloc(1, 70000);
    size_t size;
    bool cut;

    CHECK(text);
    CHECK_OK(
        image_xmp_make(&m, NULL, IMAGE_XMP_MOST, &packet, &size, &cut, &err));
    CHECK_INT(strlen(packet), size);
    CHECK(!strstr(packet, "AISystemVersionUsed"));
    free(packet);
    memset(text, 'x', 69999);
    m.version = text;
    CHECK_FAILS(
        image_xmp_make(&m, NULL, IMAGE_XMP_MOST, &packet, &size, &cut, &err),
        TT_USAGE, "too long");
    free(text);
}

TEST(image_save_grey_gives_its_codes_back)
{
    static const enum image_format formats[] = {IMAGE_PNG, IMAGE_TIFF};
    struct image_coding coding = {.other = true};
    struct image_limits limits;

    start();
    image_limits_init(&limits);
    for (int i = 0; i < IMAGE_CODING_POINTS; i++)
        coding.curve[i] = (float)pow(i / 512.0, 3.6);
    for (int i = 0; i < 8; i++) {
        struct image_grey in = {W, H, i & 1 ? 16 : 8,
                                i & 1 ? (void *)wide : codes};
        struct image_facts facts;
        enum image_reason reason;
        struct image_grey out;
        size_t size;
        char *bytes;

        opt.format = formats[i >> 1 & 1];
        opt.coding = i & 4 ? &coding : NULL;
        CHECK_OK(image_save_grey(&in, &opt, "a", &err));
        CHECK_OK(tt_file_read("a", 1 << 24, &bytes, &size, &err));
        CHECK_OK(image_load(bytes, size, &limits, &out, &facts, &reason, &err));
        CHECK(facts.as_stored && facts.bands == 1 && !facts.marked);
        CHECK_INT(facts.coding.other, i >> 2);
        CHECK_INT(out.bits, in.bits);
        CHECK(!memcmp(out.codes, in.codes, (size_t)N * (size_t)in.bits / 8));
        CHECK_NEAR(facts.ppi_y, 600, 0.02);
        image_grey_release(&out);
        free(bytes);
    }
    opt.format = IMAGE_JPEG;
    CHECK_FAILS(
        image_save_grey(&(struct image_grey){W, H, 8, codes}, &opt, "a", &err),
        TT_USAGE, "png or tiff");
    image_stop();
}
