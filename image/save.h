/**
 * save: a photo into a file: JPEG by TurboJPEG, PNG and TIFF (LZW with
 * predictor, strips) by libvips. sRGB primaries with the curve of the
 * codes in a profile, the resolution of the original, and an XMP packet that
 * says what a model has made (Iptc4xmpExt:DigitalSourceType, AISystemUsed,
 * AISystemVersionUsed). What the original said of itself (image/meta.h) goes
 * along: XMP in all three, EXIF in JPEG and PNG, IPTC in JPEG and TIFF; of XMP
 * and IPTC what the segments of a JPEG hold.
 *
 * The same photo with the same options gives the same bytes, at any time.
 *
 * Owns:    nothing between calls.
 * Threads: any, between image_start and image_stop.
 * Fails:   TT_OUTPUT, TT_NOMEM, TT_USAGE (WebP, a quality outside 1..100,
 *          a grey JPEG).
 */
#ifndef IMAGE_SAVE_H
#define IMAGE_SAVE_H

#include "image/meta.h"

/** Texts are UTF-8 and borrowed; what is not, is replaced. */
struct image_marks {
    const char *system;  /* "Tintype": AISystemUsed, xmp:CreatorTool */
    const char *version; /* "tintype 0.1.0, model NAME, sha256 HEX" */
    const char *source;  /* the original's name, in xmpMM:DerivedFrom, and
                            dc:source unless that had one; NULL: left out */
};

/** Whether a file of ours in memory carries these marks: of that version, made
 *  of that source. */
bool image_marks_are_in(const struct image_marks *marks, const void *file,
                        size_t size);

struct image_save_options {
    enum image_format format;
    int quality;                       /* of JPEG, 1..100; 4:4:4 always */
    double ppi_x, ppi_y;               /* 0: not said */
    const struct image_marks *marks;   /* NULL: none, no XMP */
    const struct image_coding *coding; /* of the codes; NULL: sRGB */
    const struct image_meta *meta;     /* of the original; NULL: none */
    bool *meta_cut; /* set if not all of it has room; NULL: do not say */
};

/** PNG, quality 95, no resolution, no marks. */
void image_save_options_init(struct image_save_options *opt);

/** Write to path, which may exist and be empty (base/file.h's temporary). A
 *  JPEG of 16-bit codes gets their upper 8 bits, rounded. On -1 what stands
 *  at path is not whole. Not synced. */
int image_save(const struct image_rgb *rgb,
               const struct image_save_options *opt, const char *path,
               struct tt_error *err) TT_MUST;

/** Grey codes alone into a PNG or TIFF, which give them back one for one; no
 *  marks, since nothing was made up. */
int image_save_grey(const struct image_grey *grey,
                    const struct image_save_options *opt, const char *path,
                    struct tt_error *err) TT_MUST;

#endif
