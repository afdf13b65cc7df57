/**
 * verdict: is a photo fit to learn from, and if not, why? One verdict a photo:
 * the first rule, in the order of the list, that refuses it, with the number
 * that was measured and the bound that it broke. A copy of a photo that was
 * seen before is a duplicate, whatever else it is, unless it could not be
 * looked at (ingest_may_repeat).
 *
 * Measures are those of image/measure.h (CIELAB). What metadata say of faces
 * (ingest/face.h) counts after what is wrong with the file, its shape and its
 * light, which anyone can see, and before its colour.
 *
 * Owns:    nothing.
 * Threads: any; pure functions.
 * Fails:   never.
 */
#ifndef INGEST_VERDICT_H
#define INGEST_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "image/image.h"

/* name, word in the record, what it says of a photo */
// clang-format off
#define INGEST_VERDICTS(X)                                                     \
    X(INGEST_KEPT,      "kept",           "fit to learn from")                 \
    X(INGEST_EMPTY,     "empty",          "the file has no bytes")             \
    X(INGEST_NOT_IMAGE, "not_an_image",   "no kind of picture that is known")  \
    X(INGEST_TRUNCATED, "truncated",      "the file ends too early")           \
    X(INGEST_UNREADABLE, "unreadable",    "damaged, or of a kind not read")    \
    X(INGEST_TOO_LARGE, "too_large",      "more pixels or bytes than allowed") \
    X(INGEST_TOO_SMALL, "too_small",      "its shorter side is too short")     \
    X(INGEST_ODD_ASPECT, "odd_aspect",    "much longer than wide, or wider")   \
    X(INGEST_BLANK,     "blank",          "one tone all over")                 \
    X(INGEST_DARK,      "dark",           "next to no light in it")            \
    X(INGEST_NO_FACE,   "no_face",        "its metadata know of no face")      \
    X(INGEST_LOW_SCORE, "low_score",      "hardly a face, by its metadata")    \
    X(INGEST_SECOND_FACE, "second_face",  "a second face, by its metadata")    \
    X(INGEST_AGE_INSANE, "age_insane",    "taken before birth, or too late")   \
    X(INGEST_BLURRY,    "blurry",         "nothing sharp in it")               \
    X(INGEST_GRAYSCALE, "grayscale",      "no colour, or hardly any")          \
    X(INGEST_TONED,     "toned",          "one colour along the grey scale")   \
    X(INGEST_DUPLICATE, "duplicate",      "the bytes of a photo seen before")  \
    X(INGEST_NEAR,      "near_duplicate", "the picture of one seen before")
// clang-format on

enum ingest_verdict {
#define X(name, word, about) name,
    INGEST_VERDICTS(X)
#undef X
        INGEST_VERDICT_COUNT
};

/** The bounds. A photo that meets one exactly is kept. */
struct ingest_gate {
    uint64_t max_pixels; /* 300 million: a bomb, or nothing for 128 pixels */
    uint64_t max_whole;  /* 40 million of a progressive JPEG: its decoder holds
                            all of it, 240 MB then */
    uint64_t max_bytes;  /* 256 MiB a file: likewise */
    int min_side;        /* 48: less than that is blown up nearly threefold */
    double max_aspect;   /* 3: strips and banners, squeezed beyond use. What has
                            fewer than min_side^2 pixels is too_small instead */
    double blank;        /* 1: least standard deviation of L*; a card with noise
                            has 0.2, a night scene 1.5, a soft portrait 6 */
    double dark;         /* 0.012: least mean of linear light, 0..1; portraits
                            begin at 0.02 */
    double gray_c95;     /* 6: least C95; 3 is gray for certain, between them
                            hides a scan's tint */
    double tone_r90;     /* 5.5: least R90; toned prints are below 4.5, and a
                            wrong photo costs more than a lost one */
    double tone_cr90;    /* 4.5: the same in the middle of the photo */
    double blur;         /* 0.08: least sharpness; of 13,000 portraits none is
                            below 0.094, of those smeared over 1/20 of their
                            side nearly all */
    bool near;           /* look for near duplicates */
    bool faces;          /* true: obey the metadata of sources that have them */
    double face_score;   /* 1: least score of the face; below it detectors see
                            faces in ears and curtains (the bound that readers
                            of IMDB-WIKI use) */
    bool one_face;       /* true: refuse photos with a second face, which may be
                            the one that is meant */
    double max_age;      /* 100: a photo taken later, or before birth, is likely
                            of somebody else */
};

void ingest_gate_init(struct ingest_gate *gate);

struct ingest_finding {
    enum ingest_verdict verdict;
    double value, threshold; /* 0, 0 where nothing was measured; a verdict on
                                faces counts them */
};

struct ingest_face;

/** From what the loader and the metadata said of a photo. Duplicates are not
 *  its business. */
struct ingest_finding ingest_judge(enum image_reason reason,
                                   const struct image_facts *facts,
                                   const struct ingest_face *face,
                                   const struct ingest_gate *gate);

/** Can a photo of this verdict be somebody's duplicate? Not what is damaged,
 *  tiny or blank: such files are often equal by chance. */
bool ingest_may_repeat(enum ingest_verdict v);

const char *ingest_verdict_word(enum ingest_verdict v);
const char *ingest_verdict_about(enum ingest_verdict v);
/** By word; -1 if there is none. */
int ingest_verdict_parse(const char *word, enum ingest_verdict *out);

#endif
