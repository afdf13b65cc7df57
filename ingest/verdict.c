#include "ingest/verdict.h"

#include <string.h>

#include "ingest/face.h"

void ingest_gate_init(struct ingest_gate *gate)
{
    *gate = (struct ingest_gate){
        .max_pixels = 300u * 1000 * 1000,
        .max_whole = 40u * 1000 * 1000,
        .max_bytes = 256u << 20,
        .min_side = 48,
        .max_aspect = 3,
        .blank = 1,
        .dark = 0.012,
        .gray_c95 = 6,
        .tone_r90 = 5.5,
        .tone_cr90 = 4.5,
        .blur = 0.08,
        .faces = true,
        .face_score = 1,
        .one_face = true,
        .max_age = 100,
    };
}

/* What the loader's reasons become; the rest is judged by numbers. */
static const enum ingest_verdict by_reason[IMAGE_REASON_COUNT] = {
    [IMAGE_FINE] = INGEST_KEPT,
    [IMAGE_EMPTY] = INGEST_EMPTY,
    [IMAGE_NOT_IMAGE] = INGEST_NOT_IMAGE,
    [IMAGE_UNSUPPORTED] = INGEST_UNREADABLE,
    [IMAGE_TRUNCATED] = INGEST_TRUNCATED,
    [IMAGE_UNREADABLE] = INGEST_UNREADABLE,
    [IMAGE_TOO_LARGE] = INGEST_TOO_LARGE,
    [IMAGE_TOO_SMALL] = INGEST_TOO_SMALL,
    [IMAGE_NO_MEMORY] = INGEST_UNREADABLE,
};

static struct ingest_finding found(enum ingest_verdict verdict, double value,
                                   double threshold)
{
    return (struct ingest_finding){verdict, value, threshold};
}

/* A progressive JPEG has a bound of its own, below that of all. */
static struct ingest_finding judge_large(const struct image_facts *facts,
                                         const struct ingest_gate *gate)
{
    double pixels = (double)facts->width * facts->height;
    double bound = (double)gate->max_pixels;

    if (pixels <= bound)
        bound = (double)gate->max_whole;
    return found(INGEST_TOO_LARGE, pixels, bound);
}

/* A strip has pixels enough, in the wrong places. */
static struct ingest_finding judge_shape(const struct image_facts *facts,
                                         const struct ingest_gate *gate)
{
    int width = facts->width, height = facts->height;
    int shorter = width < height ? width : height;
    int longer = width < height ? height : width;
    double aspect = (double)longer / shorter;
    double pixels = (double)width * height;

    if (aspect > gate->max_aspect &&
        pixels >= (double)gate->min_side * gate->min_side)
        return found(INGEST_ODD_ASPECT, aspect, gate->max_aspect);
    if (shorter < gate->min_side)
        return found(INGEST_TOO_SMALL, shorter, gate->min_side);
    return found(INGEST_KEPT, 0, 0);
}

struct rule {
    enum ingest_verdict verdict;
    double value, least;
};

static struct ingest_finding judge_rules(const struct rule *rules, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (rules[i].value < rules[i].least)
            return found(rules[i].verdict, rules[i].value, rules[i].least);
    return found(INGEST_KEPT, 0, 0);
}

static struct ingest_finding judge_light(const struct image_measure *m,
                                         const struct ingest_gate *gate)
{
    const struct rule rules[] = {
        {INGEST_BLANK, m->std_l, gate->blank},
        {INGEST_DARK, m->mean_light, gate->dark},
    };

    return judge_rules(rules, sizeof(rules) / sizeof(*rules));
}

static struct ingest_finding judge_colour(const struct image_measure *m,
                                          const struct ingest_gate *gate)
{
    const struct rule rules[] = {
        {INGEST_BLURRY, m->sharpness, gate->blur},
        {INGEST_GRAYSCALE, m->c95, gate->gray_c95},
        {INGEST_TONED, m->r90, gate->tone_r90},
        {INGEST_TONED, m->cr90, gate->tone_cr90},
    };

    return judge_rules(rules, sizeof(rules) / sizeof(*rules));
}

struct ingest_finding ingest_judge(enum image_reason reason,
                                   const struct image_facts *facts,
                                   const struct ingest_face *face,
                                   const struct ingest_gate *gate)
{
    enum ingest_verdict v = by_reason[reason];
    struct ingest_finding f;

    if (v == INGEST_TOO_LARGE)
        return judge_large(facts, gate);
    if (v != INGEST_KEPT && v != INGEST_TOO_SMALL)
        return found(v, 0, 0);
    f = judge_shape(facts, gate);
    if (f.verdict != INGEST_KEPT || v == INGEST_TOO_SMALL)
        return f.verdict != INGEST_KEPT ? f : found(v, 0, 0);
    f = judge_light(&facts->measure, gate);
    if (f.verdict == INGEST_KEPT)
        f = ingest_face_judge(face, gate);
    if (f.verdict == INGEST_KEPT)
        f = judge_colour(&facts->measure, gate);
    return f;
}

bool ingest_may_repeat(enum ingest_verdict v)
{
    return v == INGEST_KEPT || (v >= INGEST_DARK && v <= INGEST_TONED);
}

static const char *const words[] = {
#define X(name, word, about) word,
    INGEST_VERDICTS(X)
#undef X
};

static const char *const abouts[] = {
#define X(name, word, about) about,
    INGEST_VERDICTS(X)
#undef X
};

const char *ingest_verdict_word(enum ingest_verdict v)
{
    return (int)v >= 0 && v < INGEST_VERDICT_COUNT ? words[v] : "?";
}

const char *ingest_verdict_about(enum ingest_verdict v)
{
    return (int)v >= 0 && v < INGEST_VERDICT_COUNT ? abouts[v] : "?";
}

int ingest_verdict_parse(const char *word, enum ingest_verdict *out)
{
    for (int v = 0; v < INGEST_VERDICT_COUNT; v++)
        if (strcmp(words[v], word) == 0) {
            *out = (enum ingest_verdict)v;
            return 0;
        }
    return -1;
}
