#include "tests/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <turbojpeg.h>

#include "image/grey.h"
#include "image/load.h"
#include "tests/image/pictures.h"

enum { W = 37, H = 23, N = W * H };

static struct tt_error err;
static struct image_limits limits;
static struct image_facts facts;
static enum image_reason reason;

static void start(void)
{
    CHECK_OK(image_start("test", &err));
    image_limits_init(&limits);
}

static struct image_grey load(struct picture p)
{
    struct image_grey g;

    CHECK_OK(image_load(p.bytes, p.size, &limits, &g, &facts, &reason, &err));
    CHECK_INT(reason, IMAGE_FINE);
    CHECK_INT(g.width, facts.width);
    CHECK_INT(g.height, facts.height);
    CHECK_INT(g.bits, facts.bits);
    free(p.bytes);
    return g;
}

static void refused(struct picture p, enum image_reason why, const char *words)
{
    struct image_small small;
    struct image_grey g;

    CHECK_FAILS(image_load(p.bytes, p.size, &limits, &g, &facts, &reason, &err),
                TT_INPUT, words);
    CHECK_STR(image_reason_word(reason), image_reason_word(why));
    CHECK(!g.codes);
    CHECK(image_load_small(p.bytes, p.size, &limits, 64, &small, &facts,
                           &reason, &err) < 0);
    CHECK_STR(image_reason_word(reason), image_reason_word(why));
    CHECK(!small.rgb);
    free(p.bytes);
}

static struct picture text(const char *bytes, size_t size)
{
    struct picture p = {malloc(size + 1), size};

    CHECK(p.bytes);
    memcpy(p.bytes, bytes, size);
    return p;
}

TEST(image_load_passes_gray_codes_unchanged)
{
    static const char *const suffixes[] = {".png",
                                           ".png[interlace]",
                                           ".tif",
                                           ".tif[compression=lzw]",
                                           ".tif[tile,compression=deflate]",
                                           ".tif[miniswhite]"};
    uint16_t wide[N];
    uint8_t codes[N];

    start();
    picture_fill8(codes, N, 256);
    picture_fill16(wide, N);
    for (int i = 0; i < 6; i++) {
        struct image_grey g =
            load(picture_save(picture_image(codes, W, H, 1, VIPS_FORMAT_UCHAR,
                                            VIPS_INTERPRETATION_B_W),
                              suffixes[i]));

        CHECK_INT(g.width, W);
        CHECK_INT(g.height, H);
        CHECK_INT(g.bits, 8);
        CHECK(!memcmp(g.codes, codes, N));
        CHECK(facts.as_stored && !facts.has_alpha && !facts.had_profile);
        CHECK_INT(facts.measure.class, IMAGE_GRAY);
        CHECK_INT(facts.stored_bits, 8);
        image_grey_release(&g);
        if (i == 5) /* libvips writes no inverted 16 bits */
            continue;
        g = load(picture_save(picture_image(wide, W, H, 1, VIPS_FORMAT_USHORT,
                                            VIPS_INTERPRETATION_GREY16),
                              suffixes[i]));
        CHECK_INT(g.bits, 16);
        CHECK_INT(facts.stored_bits, 16);
        CHECK(!memcmp(g.codes, wide, 2 * N));
        CHECK(facts.as_stored);
        image_grey_release(&g);
    }
    image_stop();
}

/* One white pixel, and the same cut short. */
TEST(image_load_reads_gif)
{
    static const char gif[] = "GIF89a\1\0\1\0\x80\0\0\xff\xff\xff\0\0\0,"
                              "\0\0\0\0\1\0\1\0\0\2\2\x44\1\0;";
    struct image_grey g;

    start();
    CHECK_OK(
        image_load(gif, sizeof(gif) - 1, &limits, &g, &facts, &reason, &err));
    CHECK_INT(facts.format, IMAGE_GIF);
    CHECK_INT(g.width, 1);
    CHECK_INT(((uint8_t *)g.codes)[0], 255);
    image_grey_release(&g);
    for (size_t n = 4; n < sizeof(gif) - 6; n++) {
        char *cut = malloc(n);

        CHECK(cut);
        memcpy(cut, gif, n);
        CHECK_FAILS(image_load(cut, n, &limits, &g, &facts, &reason, &err),
                    TT_INPUT, "");
        free(cut);
    }
    image_stop();
}

TEST(image_load_gives_colour_its_grey_code)
{
    static const char *const suffixes[] = {".png", ".tif", ".webp[lossless]"};
    uint16_t wide[3 * N];
    uint8_t codes[3 * N];

    start();
    picture_fill8(codes, sizeof(codes), 256);
    picture_fill16(wide, 3 * N);
    for (int i = 0; i < 3; i++) {
        struct image_grey g =
            load(picture_save(picture_image(codes, W, H, 3, VIPS_FORMAT_UCHAR,
                                            VIPS_INTERPRETATION_sRGB),
                              suffixes[i]));

        for (int k = 0; k < N; k++)
            CHECK_INT(
                ((uint8_t *)g.codes)[k],
                image_grey8(codes[3 * k], codes[3 * k + 1], codes[3 * k + 2]));
        CHECK(!facts.as_stored);
        CHECK_INT(facts.bands, 3);
        CHECK_INT(facts.pages, 1);
        image_grey_release(&g);
        if (i == 2) /* WebP has 8 bits */
            continue;
        g = load(picture_save(picture_image(wide, W, H, 3, VIPS_FORMAT_USHORT,
                                            VIPS_INTERPRETATION_RGB16),
                              suffixes[i]));
        for (int k = 0; k < N; k++)
            CHECK_INT(
                ((uint16_t *)g.codes)[k],
                image_grey16(wide[3 * k], wide[3 * k + 1], wide[3 * k + 2]));
        image_grey_release(&g);
    }
    image_stop();
}

TEST(image_load_reads_few_bits)
{
    uint8_t codes[N];
    struct image_grey g;

    start();
    for (int i = 0; i < N; i++)
        codes[i] = i % 3 ? 255 : 0;
    g = load(picture_save(picture_image(codes, W, H, 1, VIPS_FORMAT_UCHAR,
                                        VIPS_INTERPRETATION_B_W),
                          ".tif[bitdepth=1,compression=ccittfax4]"));
    CHECK_INT(facts.stored_bits, 1);
    CHECK(!memcmp(g.codes, codes, N));
    image_grey_release(&g);
    g = load(picture_save(picture_image(codes, W, H, 1, VIPS_FORMAT_UCHAR,
                                        VIPS_INTERPRETATION_B_W),
                          ".png[bitdepth=1]"));
    CHECK_INT(facts.stored_bits, 1);
    CHECK(!memcmp(g.codes, codes, N));
    image_grey_release(&g);
    image_stop();
}

TEST(image_load_lays_alpha_over_white)
{
    const uint8_t codes[] = {10, 255, 10, 0, 100, 128, 255, 7};
    const uint16_t wide[] = {1000, 65535, 1000, 0, 30000, 32768, 0, 1};
    struct image_grey g;
    uint8_t *p;
    uint16_t *w;

    start();
    g = load(picture_save(picture_image(codes, 4, 1, 2, VIPS_FORMAT_UCHAR,
                                        VIPS_INTERPRETATION_B_W),
                          ".png"));
    p = g.codes;
    CHECK(facts.has_alpha && !facts.as_stored);
    CHECK_INT(p[0], 10);
    CHECK_INT(p[1], 255);
    CHECK_INT(p[2], 177); /* (100 * 128 + 255 * 127) / 255 */
    CHECK_INT(p[3], 255);
    image_grey_release(&g);
    g = load(picture_save(picture_image(wide, 4, 1, 2, VIPS_FORMAT_USHORT,
                                        VIPS_INTERPRETATION_GREY16),
                          ".tif"));
    w = g.codes;
    CHECK_INT(w[0], 1000);
    CHECK_INT(w[1], 65535);
    CHECK_INT(w[2], 47767);
    CHECK_INT(w[3], 65534);
    image_grey_release(&g);
    image_stop();
}

/* A grid of 2 x 3 blocks, each of one grey: what stands in each corner tells
 * how the picture was turned. */
static void grid(uint8_t *codes, int width, int height)
{
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            codes[y * width + x] =
                (uint8_t)(40 * (1 + 2 * x / width + 2 * (3 * y / height)));
}

TEST(image_load_turns_the_photo_upright)
{
    /* Of the upright picture: top left, top right, bottom left, for each
     * orientation from 1; stored are 1 2 / 3 4 / 5 6. */
    static const uint8_t corners[8][3] = {{1, 2, 5}, {2, 1, 6}, {6, 5, 2},
                                          {5, 6, 1}, {1, 5, 2}, {5, 1, 6},
                                          {6, 2, 5}, {2, 6, 1}};
    enum { GW = 64, GH = 96 };
    uint8_t codes[GW * GH];

    start();
    grid(codes, GW, GH);
    for (int o = 1; o <= 8; o++) {
        struct picture p = picture_jpeg(codes, GW, GH, TJPF_GRAY, 100);
        struct image_small small;
        struct image_grey g;
        const uint8_t *c;

        picture_turn(&p, o);
        CHECK_OK(image_load_small(p.bytes, p.size, &limits, 32, &small, &facts,
                                  &reason, &err));
        CHECK_INT(small.width * 2, o < 5 ? GW : GH);
        CHECK_INT(small.height * 2, o < 5 ? GH : GW);
        CHECK_NEAR(small.rgb[0], 40 * corners[o - 1][0], 2);
        image_small_release(&small);
        g = load(p);
        c = g.codes;
        CHECK_INT(facts.orientation, o);
        CHECK_INT(g.width, o < 5 ? GW : GH);
        CHECK_INT(g.height, o < 5 ? GH : GW);
        CHECK_NEAR(c[0], 40 * corners[o - 1][0], 2);
        CHECK_NEAR(c[g.width - 1], 40 * corners[o - 1][1], 2);
        CHECK_NEAR(c[(g.height - 1) * g.width], 40 * corners[o - 1][2], 2);
        image_grey_release(&g);
    }
    image_stop();
}

TEST(image_load_reads_cmyk)
{
    uint8_t codes[4 * 64 * 64];
    struct picture p;
    struct image_grey g;

    start();
    for (int i = 0; i < 64 * 64; i++) { /* no ink but half black */
        codes[4 * i] = codes[4 * i + 1] = codes[4 * i + 2] = 0;
        codes[4 * i + 3] = 128;
    }
    g = load(picture_save(picture_image(codes, 64, 64, 4, VIPS_FORMAT_UCHAR,
                                        VIPS_INTERPRETATION_CMYK),
                          ".tif"));
    CHECK_INT(((uint8_t *)g.codes)[0], 127);
    image_grey_release(&g);
    /* Adobe's mark: stored inverted. */
    for (int i = 0; i < 4 * 64 * 64; i++)
        codes[i] = (uint8_t)(255 - codes[i]);
    p = picture_jpeg(codes, 64, 64, TJPF_CMYK, 100);
    CHECK(memmem(p.bytes, p.size, "Adobe", 5));
    g = load(p);
    CHECK_NEAR(((uint8_t *)g.codes)[100], 127, 2);
    CHECK_INT(facts.bands, 4);
    image_grey_release(&g);
    image_stop();
}

TEST(image_load_reads_lab_and_floats)
{
    const float lab[] = {100, 0, 0, 53.585f, 0,     0,
                         0,   0, 0, 53.24f,  80.1f, 67.2f};
    const float grays[] = {0, 0.25f, 1, 7};
    struct image_grey g;
    uint16_t *w;

    start();
    g = load(picture_save(
        picture_image(lab, 4, 1, 3, VIPS_FORMAT_FLOAT, VIPS_INTERPRETATION_LAB),
        ".tif"));
    CHECK_INT(g.bits, 16);
    w = g.codes;
    CHECK_NEAR(w[0], 65535, 300);
    CHECK_NEAR(w[1], 128 * 257, 300);
    CHECK_NEAR(w[2], 0, 300);
    CHECK_NEAR(w[3], 127 * 257, 500);
    CHECK(facts.measure.class != IMAGE_GRAY);
    image_grey_release(&g);
    g = load(picture_save(picture_image(grays, 4, 1, 1, VIPS_FORMAT_FLOAT,
                                        VIPS_INTERPRETATION_B_W),
                          ".tif"));
    w = g.codes;
    CHECK_INT(w[0], 0);
    CHECK_INT(w[1], 16384);
    CHECK_INT(w[2], 65535);
    CHECK_INT(w[3], 65535);
    CHECK(!facts.as_stored);
    image_grey_release(&g);
    image_stop();
}

TEST(image_load_tells_resolution_and_pages)
{
    uint8_t codes[2 * N];
    VipsImage *image, *tall = NULL;
    struct image_grey g;
    struct picture p;

    start();
    picture_fill8(codes, 2 * N, 256);
    image = picture_image(codes, W, 2 * H, 1, VIPS_FORMAT_UCHAR,
                          VIPS_INTERPRETATION_B_W);
    CHECK(
        !vips_copy(image, &tall, "xres", 300 / 25.4, "yres", 600 / 25.4, NULL));
    g_object_unref(image);
    vips_image_set_int(tall, VIPS_META_PAGE_HEIGHT, H);
    g = load(picture_save(tall, ".tif"));
    CHECK_INT(facts.pages, 2);
    CHECK_INT(g.height, H);
    CHECK_NEAR(facts.ppi_x, 300, 0.01);
    CHECK_NEAR(facts.ppi_y, 600, 0.01);
    CHECK(!memcmp(g.codes, codes, N));
    image_grey_release(&g);
    p = picture_jpeg(codes, W, H, TJPF_GRAY, 90);
    p.bytes[13] = 2; /* dots per centimetre */
    p.bytes[14] = p.bytes[16] = 0;
    p.bytes[15] = p.bytes[17] = 118;
    g = load(p);
    CHECK_NEAR(facts.ppi_x, 299.7, 0.1);
    image_grey_release(&g);
    image_stop();
}

TEST(image_load_small_reduces_jpeg_and_others)
{
    enum { BW = 1000, BH = 700 };
    uint8_t *codes = malloc(3 * BW * BH);
    struct image_small small;
    struct picture p;

    start();
    CHECK(codes);
    for (int i = 0; i < BW * BH; i++) {
        codes[3 * i] = (uint8_t)(200 * (i % BW) / BW);
        codes[3 * i + 1] = 90;
        codes[3 * i + 2] = (uint8_t)(200 * (i / BW) / BH);
    }
    p = picture_jpeg(codes, BW, BH, TJPF_RGB, 95);
    CHECK_OK(image_load_small(p.bytes, p.size, &limits, 128, &small, &facts,
                              &reason, &err));
    CHECK_INT(small.width, 250);
    CHECK_INT(small.height, 175);
    CHECK_INT(facts.width, BW);
    CHECK_INT(facts.measure.class, IMAGE_COLOUR);
    CHECK_NEAR(small.rgb[3 * 125], 100, 4);
    image_small_release(&small);
    free(p.bytes);
    p = picture_save(picture_image(codes, BW, BH, 3, VIPS_FORMAT_UCHAR,
                                   VIPS_INTERPRETATION_sRGB),
                     ".png");
    CHECK_OK(image_load_small(p.bytes, p.size, &limits, 128, &small, &facts,
                              &reason, &err));
    CHECK_INT(small.width, 200);
    CHECK_INT(small.height, 140);
    CHECK_NEAR(small.rgb[3 * 100], 100, 2);
    CHECK_INT(small.rgb[1], 90);
    image_small_release(&small);
    free(p.bytes);
    free(codes);
    image_stop();
}

/* A TIFF that says that its samples have so many bits. */
static struct picture of_bits(int bits)
{
    static const uint8_t entry[] = {2, 1, 3, 0, 1, 0, 0, 0, 16, 0, 0, 0};
    uint16_t codes[N] = {0};
    struct picture p =
        picture_save(picture_image(codes, W, H, 1, VIPS_FORMAT_USHORT,
                                   VIPS_INTERPRETATION_GREY16),
                     ".tif");
    uint8_t *tag = memmem(p.bytes, p.size, entry, sizeof(entry));

    CHECK(tag);
    tag[8] = (uint8_t)bits;
    return p;
}

TEST(image_load_refuses_with_a_reason)
{
    uint8_t codes[3 * N];
    struct picture p;

    start();
    picture_fill8(codes, sizeof(codes), 256);
    refused(text("", 0), IMAGE_EMPTY, "empty");
    refused(text("hello, world", 12), IMAGE_NOT_IMAGE, "no kind of picture");
    refused(text("8BPS and more", 13), IMAGE_UNSUPPORTED, "Photoshop");
    refused(text("%PDF-1.4 and more", 17), IMAGE_NOT_IMAGE, "");
    refused(text("\xff\xd8\xff\xe0\0\4ab<html>", 14), IMAGE_NOT_IMAGE,
            "something else");
    refused(text("II*\0\xff\xff\xff\x7f", 8), IMAGE_UNREADABLE, "");
    refused(text("\x89PNG\r\n\x1a\n\0\0\0\x0djunk where a header is due", 38),
            IMAGE_UNREADABLE, "");
    limits.max_pixels = N - 1;
    refused(picture_jpeg(codes, W, H, TJPF_RGB, 90), IMAGE_TOO_LARGE,
            "37 x 23 pixels, more than 850");
    refused(picture_save(picture_image(codes, W, H, 3, VIPS_FORMAT_UCHAR,
                                       VIPS_INTERPRETATION_sRGB),
                         ".png"),
            IMAGE_TOO_LARGE, "37 x 23");
    limits.max_pixels = N;
    limits.min_side = 24;
    refused(picture_jpeg(codes, W, H, TJPF_RGB, 90), IMAGE_TOO_SMALL,
            "a side below 24");
    limits.min_side = 0;
    refused(picture_save(picture_image(codes, W, H, 1, VIPS_FORMAT_CHAR,
                                       VIPS_INTERPRETATION_B_W),
                         ".tif"),
            IMAGE_UNSUPPORTED, "signed");
    refused(of_bits(12), IMAGE_UNSUPPORTED, "its samples have a depth");
    p = picture_jpeg(codes, W, H, TJPF_RGB, 90);
    p.size = 300;
    refused(p, IMAGE_TRUNCATED, "ends too early");
    image_stop();
}

static void *give(void *ctx, size_t size)
{
    CHECK_INT(size, N);
    return ctx;
}

TEST(image_load_uses_the_callers_memory)
{
    uint8_t codes[N], room[N];
    struct image_grey g;

    start();
    picture_fill8(codes, N, 256);
    limits.alloc = give;
    limits.alloc_ctx = room;
    g = load(picture_save(picture_image(codes, W, H, 1, VIPS_FORMAT_UCHAR,
                                        VIPS_INTERPRETATION_B_W),
                          ".png"));
    CHECK(g.codes == room);
    CHECK(!memcmp(room, codes, N));
    image_stop();
}
