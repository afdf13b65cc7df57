/**
 * image: a photo in memory, and the start and end of the libraries behind it.
 *
 * Three shapes of it: one plane of grey codes at full size and depth, which
 * is what must be kept; interleaved RGB of the same depth, which goes out;
 * and a small RGB picture, which measuring and learning look at. All are
 * plain buffers, and the facts are plain data without pointers, so that they
 * may lie in memory shared between processes.
 *
 * Codes are sRGB's (IEC 61966-2-1), but for one thing: a file whose profile
 * has another curve keeps its codes, and its curve goes along in the facts, to
 * be written into the output's profile. All arithmetic takes the codes as
 * sRGB's: what colour-managed viewers then show is off by at most about 0.3 in
 * L*, and the original's codes stay what they are.
 *
 * Owns:    libvips' state between start and stop.
 * Threads: start and stop on one thread, once in a process; do not fork
 *          between them. Every other thread that used this room calls
 *          image_thread_end() before it ends.
 * Fails:   TT_UNAVAILABLE (libvips cannot be started).
 */
#ifndef IMAGE_IMAGE_H
#define IMAGE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* name, word, suffix of a file's name, magic as people know it */
// clang-format off
#define IMAGE_FORMATS(X)                                                       \
    X(IMAGE_JPEG, "jpeg", ".jpg")                                              \
    X(IMAGE_PNG,  "png",  ".png")                                              \
    X(IMAGE_TIFF, "tiff", ".tif")                                              \
    X(IMAGE_WEBP, "webp", ".webp")                                             \
    X(IMAGE_GIF,  "gif",  ".gif")

/* What a photo is, by color.md section 2: no colour; one colour along the
 * grey scale (sepia and the like); colour. */
#define IMAGE_CLASSES(X)                                                       \
    X(IMAGE_GRAY,   "gray")                                                    \
    X(IMAGE_TONED,  "toned")                                                   \
    X(IMAGE_COLOUR, "colour")

/* Why a file is not taken. The words stand in the record. */
#define IMAGE_REASONS(X)                                                       \
    X(IMAGE_FINE,        "fine",         "nothing is wrong")                   \
    X(IMAGE_EMPTY,       "empty",        "the file is empty")                  \
    X(IMAGE_NOT_IMAGE,   "not_an_image", "no kind of picture that is known")   \
    X(IMAGE_UNSUPPORTED, "unsupported",  "a picture of a kind not read here")  \
    X(IMAGE_TRUNCATED,   "truncated",    "the file ends too early")            \
    X(IMAGE_UNREADABLE,  "unreadable",   "the picture is damaged")             \
    X(IMAGE_TOO_LARGE,   "too_large",    "more pixels than allowed")           \
    X(IMAGE_TOO_SMALL,   "too_small",    "fewer pixels than asked for")        \
    X(IMAGE_NO_MEMORY,   "no_memory",    "memory ran out")
// clang-format on

enum image_format {
#define X(name, word, suffix) name,
    IMAGE_FORMATS(X)
#undef X
        IMAGE_FORMAT_COUNT
};

enum image_class {
#define X(name, word) name,
    IMAGE_CLASSES(X)
#undef X
        IMAGE_CLASS_COUNT
};

enum image_reason {
#define X(name, word, about) name,
    IMAGE_REASONS(X)
#undef X
        IMAGE_REASON_COUNT
};

/** What image_measure says of a photo's colours and light; units of CIELAB
 *  (D65) at 96 pixels of the long side. Numbers, but for the class. */
struct image_measure {
    enum image_class class;
    bool unsure;          /* near the edge between toned and colour */
    float c95;            /* 95th percentile of chroma */
    float r90, cr90;      /* 90th percentile of what a tone curve leaves over,
                             in the whole and in the middle */
    float mean_a, mean_b; /* over the pixels that were measured */
    float mean_light;     /* mean of linear light, 0..1 */
    float std_l;          /* standard deviation of L*: about 0 for a blank */
    float sharpness;      /* RMS of the Laplacian of L* over std_l: small for
                             a blurred photo */
};

#define IMAGE_CODING_POINTS 513

/** The curve of a photo's codes, where it is not sRGB's. */
struct image_coding {
    bool other;                       /* false: sRGB's; curve is not used */
    float curve[IMAGE_CODING_POINTS]; /* linear light 0..1 of the code
                                         (i / 512)^2, rising */
};

/** What is known of a photo that was loaded. Plain data. */
struct image_facts {
    enum image_format format;
    int width, height;   /* upright, at full size */
    int stored_bits;     /* of a sample in the file: 1..64 */
    int bits;            /* of the codes handed over: 8 or 16 */
    int bands;           /* in the file, alpha included; palette counts as 3 */
    int orientation;     /* EXIF's 1..8 as found; already applied */
    int pages;           /* only the first is read */
    double ppi_x, ppi_y; /* 0: not said */
    bool has_alpha;      /* was laid over white */
    bool had_profile;    /* an ICC profile was there and was obeyed */
    bool marked;         /* XMP in it says that a model made its colours */
    bool as_stored;      /* the grey codes are the file's own, one for one */
    struct image_measure measure;
    struct image_coding coding; /* of the grey codes; give it to image_save */
};

/** One plane of grey codes, row by row without gaps. */
struct image_grey {
    int width, height;
    int bits;    /* 8: uint8_t codes; 16: uint16_t */
    void *codes; /* height, width */
};

/** Interleaved R, G, B, row by row without gaps. */
struct image_rgb {
    int width, height;
    int bits;    /* 8: uint8_t codes; 16: uint16_t */
    void *codes; /* height, width, 3 */
};

/** Interleaved 8-bit R, G, B, row by row without gaps. */
struct image_small {
    int width, height;
    uint8_t *rgb; /* height, width, 3 */
};

/** Start libvips: one thread, no cache, no untrusted loaders, no code made at
 *  run time, silent. argv0 is the program's name as it was called. */
int image_start(const char *argv0, struct tt_error *err) TT_MUST;

/** What a thread that used this room does at its end. */
void image_thread_end(void);

void image_stop(void);

/** "libvips 8.14.1 (jpeg png tiff webp gif icc)": what was found, into text. */
void image_version(char *text, size_t size);

/** Release what a load or recolor handed over; NULL codes are allowed. Not for
 *  memory that came from a caller's own alloc. */
void image_grey_release(struct image_grey *grey);
void image_rgb_release(struct image_rgb *rgb);
void image_small_release(struct image_small *small);

const char *image_format_word(enum image_format format);   /* "jpeg" */
const char *image_format_suffix(enum image_format format); /* ".jpg" */
/** False: it is read, not written; what comes of it is a PNG. */
bool image_format_written(enum image_format format);
/** By word; "jpg" and "tif" are known too. 0, or -1 if there is none. */
int image_format_parse(const char *word, enum image_format *out);

const char *image_class_word(enum image_class c); /* "gray" … */
const char *image_reason_word(enum image_reason reason);
const char *image_reason_about(enum image_reason reason);

#endif
