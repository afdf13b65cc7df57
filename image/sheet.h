/**
 * sheet: a contact sheet, many photos in one PNG to look at: before beside
 * after, or a sample of a data set.
 *
 * Owns:    nothing between calls.
 * Threads: as load.h and save.h.
 * Fails:   TT_OUTPUT, TT_NOMEM, TT_USAGE (no cells, sizes out of range). A cell
 * that cannot be shown is a pale frame if it has a caption, else blank.
 */
#ifndef IMAGE_SHEET_H
#define IMAGE_SHEET_H

#include "image/image.h"

struct image_sheet_cell {
    const char *path;                /* a photo to load; or NULL and: */
    const struct image_small *small; /* one in memory; NULL: a blank cell */
    const char *caption; /* below it, UTF-8, 1 to 3 lines; NULL: none */
};

/** Cells fill rows of `columns` from the left, each fitted into a square of
 *  cell_px and not enlarged beyond it. Captions are left out where no font can
 *  be found. path gets the whole sheet or is not written whole on -1. */
int image_sheet_write(const char *path, const struct image_sheet_cell *cells,
                      size_t n, int columns, int cell_px,
                      struct tt_error *err) TT_MUST;

#endif
