/** Photos for tests, drawn by numbers: never the same picture for two seeds. */
#ifndef TESTS_INGEST_PHOTOS_H
#define TESTS_INGEST_PHOTOS_H

#include "image/image.h"

enum photo_kind {
    PHOTO_COLOUR,
    PHOTO_GRAY,
    PHOTO_SEPIA,
    PHOTO_BLANK,
    PHOTO_DARK,
    PHOTO_BLURRY
};

/** Into path, by its suffix (.jpg, .png, .tif); folders above are made. */
void photo_make(const char *path, enum photo_kind kind, int width, int height,
                unsigned seed);

/** As photo_make in colour, JPEG of that quality, less `cut` pixels on each
 *  side. */
void photo_make_cropped(const char *path, int width, int height, unsigned seed,
                        int quality, int cut);

/** A small set in folder: 24 colour photos of 8 persons, a gray one, a sepia
 *  one, a text, an empty file, a copy. */
void photo_make_set(const char *folder);

/** Pack a folder (its own name first in paths) into a tar, sorted. */
void photo_make_tar(const char *tar, const char *folder);

#endif
