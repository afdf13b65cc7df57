#include "tests/check.h"

#include "ingest/face.h"
#include "ingest/ingest.h"
#include "ingest/verdict.h"
#include "tests/ingest/photos.h"

static const struct image_facts good = {
    .width = 200,
    .height = 250,
    .measure = {.c95 = 30,
                .r90 = 12,
                .cr90 = 11,
                .mean_light = 0.2f,
                .std_l = 15,
                .sharpness = 0.4f},
};

static struct ingest_finding judge(struct image_facts facts)
{
    const struct ingest_face face = {0};
    struct ingest_gate gate;

    ingest_gate_init(&gate);
    return ingest_judge(IMAGE_FINE, &facts, &face, &gate);
}

TEST(ingest_verdict_names_the_rule_and_its_numbers)
{
    struct image_facts f = good;
    struct ingest_finding found;

    CHECK_INT(judge(f).verdict, INGEST_KEPT);
    f.measure.c95 = 5.5f;
    found = judge(f);
    CHECK_INT(found.verdict, INGEST_GRAYSCALE);
    CHECK_NEAR(found.value, 5.5, 0);
    CHECK_NEAR(found.threshold, 6, 0);
    f = good;
    f.measure.r90 = 5.4f;
    CHECK_INT(judge(f).verdict, INGEST_TONED);
    f = good;
    f.measure.cr90 = 3.9f;
    CHECK_INT(judge(f).verdict, INGEST_TONED);
    f = good;
    f.measure.std_l = 0.5f;
    CHECK_INT(judge(f).verdict, INGEST_BLANK);
    f = good;
    f.measure.mean_light = 0.01f;
    CHECK_INT(judge(f).verdict, INGEST_DARK);
    f = good;
    f.measure.sharpness = 0.03f;
    CHECK_INT(judge(f).verdict, INGEST_BLURRY);
}

/* What a photo is short of decides: pixels, or a shape. */
TEST(ingest_verdict_tells_small_from_oblong)
{
    static const struct {
        int width, height;
        enum ingest_verdict verdict;
    } cases[] = {{48, 48, INGEST_KEPT},         {144, 48, INGEST_KEPT},
                 {47, 60, INGEST_TOO_SMALL},    {1, 1, INGEST_TOO_SMALL},
                 {1, 178, INGEST_TOO_SMALL},    {146, 48, INGEST_ODD_ASPECT},
                 {28, 280, INGEST_ODD_ASPECT},  {400, 30, INGEST_ODD_ASPECT},
                 {100000, 1, INGEST_ODD_ASPECT}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct image_facts f = good;

        f.width = cases[i].width;
        f.height = cases[i].height;
        CHECK_INT(judge(f).verdict, cases[i].verdict);
    }
}

TEST(ingest_verdict_words_come_back)
{
    enum ingest_verdict back;

    for (int v = 0; v < INGEST_VERDICT_COUNT; v++) {
        CHECK(ingest_verdict_parse(ingest_verdict_word(v), &back) == 0);
        CHECK_INT(back, v);
    }
    CHECK(ingest_verdict_parse("lovely", &back) < 0);
    CHECK_STR(ingest_verdict_word(INGEST_NEAR), "near_duplicate");
}

TEST(ingest_explains_drawn_photos)
{
    static const struct {
        const char *path;
        enum photo_kind kind;
        int width, height;
        enum ingest_verdict verdict;
    } cases[] = {
        {"colour.jpg", PHOTO_COLOUR, 200, 220, INGEST_KEPT},
        {"colour.tif", PHOTO_COLOUR, 200, 220, INGEST_KEPT},
        {"gray.jpg", PHOTO_GRAY, 200, 220, INGEST_GRAYSCALE},
        {"sepia.png", PHOTO_SEPIA, 200, 220, INGEST_TONED},
        {"blank.jpg", PHOTO_BLANK, 200, 220, INGEST_BLANK},
        {"dark.jpg", PHOTO_DARK, 200, 220, INGEST_DARK},
        {"blurry.png", PHOTO_BLURRY, 200, 220, INGEST_BLURRY},
        {"small.jpg", PHOTO_COLOUR, 40, 42, INGEST_TOO_SMALL},
        {"strip.jpg", PHOTO_COLOUR, 600, 90, INGEST_ODD_ASPECT},
    };
    struct ingest_gate gate;
    struct ingest_finding found;
    struct image_facts facts;
    struct tt_error err;

    ingest_gate_init(&gate);
    CHECK_OK(image_start("test", &err));
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        photo_make(cases[i].path, cases[i].kind, cases[i].width,
                   cases[i].height, 7);
        CHECK_OK(ingest_explain(cases[i].path, &gate, &found, &facts, &err));
        CHECK_STR(ingest_verdict_word(found.verdict),
                  ingest_verdict_word(cases[i].verdict));
        CHECK_INT(facts.width, cases[i].width);
    }
    CHECK_FAILS(ingest_explain("none.jpg", &gate, &found, &facts, &err),
                TT_MISSING, "none.jpg");
    image_stop();
}
