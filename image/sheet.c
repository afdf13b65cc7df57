#include "image/sheet.h"

#include <stdlib.h>
#include <string.h>

#include <vips/vips.h>

#include "image/save.h"
#include "image/thumb.h"

enum { GAP = 6, CAPTION = 18, FRAME = 236, MOST_HEIGHT = 1000000 };

struct sheet {
    int width, height; /* of the whole */
    int cell, caption; /* pixels of a photo's square, of the line below it */
    uint8_t *rgb;
};

static void put_pixels(struct sheet *s, int x, int y, const uint8_t *rgb,
                       int width, int height)
{
    for (int i = 0; i < height; i++)
        memcpy(s->rgb + ((size_t)(y + i) * (size_t)s->width + (size_t)x) * 3,
               rgb + (size_t)i * (size_t)width * 3, (size_t)width * 3);
}

/* In the middle of the square at (x, y). */
static void put_photo(struct sheet *s, int x, int y,
                      const struct image_small *photo)
{
    put_pixels(s, x + (s->cell - photo->width) / 2,
               y + (s->cell - photo->height) / 2, photo->rgb, photo->width,
               photo->height);
}

/* Where a photo should be and cannot be shown. */
static void put_frame(struct sheet *s, int x, int y)
{
    for (int i = 0; i < s->cell; i++)
        memset(s->rgb + ((size_t)(y + i) * (size_t)s->width + (size_t)x) * 3,
               FRAME, (size_t)s->cell * 3);
}

/* A mask of 0..255 as black on white; cut where there is no more room. */
static void put_mask(struct sheet *s, int x, int y, const uint8_t *mask,
                     int width, int height)
{
    for (int i = 0; i < height && i < s->caption; i++)
        for (int k = 0; k < width && k < s->cell; k++)
            memset(s->rgb +
                       ((size_t)(y + i) * (size_t)s->width + (size_t)(x + k)) *
                           3,
                   255 - mask[(size_t)i * (size_t)width + (size_t)k], 3);
}

static void put_caption(struct sheet *s, int x, int y, const char *caption)
{
    char *valid = g_utf8_make_valid(caption, -1);
    char *text = g_markup_escape_text(valid, -1);
    VipsImage *image = NULL;
    uint8_t *mask;
    size_t size;

    /* Without a font there is no caption. */
    if (vips_text(&image, text, "font", "sans 8", "dpi", 96, NULL) == 0) {
        mask = vips_image_write_to_memory(image, &size);
        if (mask && size == (size_t)image->Xsize * (size_t)image->Ysize)
            put_mask(s, x, y, mask, image->Xsize, image->Ysize);
        g_free(mask);
        g_object_unref(image);
    }
    vips_error_clear();
    g_free(text);
    g_free(valid);
}

static int put_cell(struct sheet *s, const struct image_sheet_cell *cell, int x,
                    int y, struct tt_error *err)
{
    struct image_small photo = {0};
    int rc = 1; // a blank cell

    if (cell->path)
        rc = image_thumb_open(cell->path, s->cell, &photo, err);
    else if (cell->small)
        rc = image_thumb_fit(cell->small, s->cell, &photo, err);
    if (rc < 0 && err->code == TT_NOMEM)
        return -1;
    if (rc == 0)
        put_photo(s, x, y, &photo);
    else if (cell->caption)
        put_frame(s, x, y);
    image_small_release(&photo);
    if (cell->caption && s->caption)
        put_caption(s, x, y + s->cell + 2, cell->caption);
    return 0;
}

/* The line below a cell is as high as the caption with the most lines. */
static int caption_height(const struct image_sheet_cell *cells, size_t n)
{
    int most = 0;

    for (size_t i = 0; i < n; i++) {
        int lines = cells[i].caption != NULL;

        for (const char *p = cells[i].caption; p && *p; p++)
            lines += *p == '\n';
        most = lines > most ? lines : most;
    }
    return most < 3 ? most * CAPTION : 3 * CAPTION;
}

static int sheet_init(struct sheet *s, const struct image_sheet_cell *cells,
                      size_t n, int columns, int cell_px, struct tt_error *err)
{
    size_t rows, height, bytes;

    if (!n || columns < 1 || cell_px < 8 || cell_px > 4096 || columns > 256) {
        tt_fail(err, TT_USAGE,
                "a contact sheet of %zu photos, %d beside each other, "
                "%d pixels each",
                n, columns, cell_px);
        return -1;
    }
    s->cell = cell_px;
    s->caption = caption_height(cells, n);
    rows = (n + (size_t)columns - 1) / (size_t)columns;
    s->width = columns * (cell_px + GAP) + GAP;
    height = rows * (size_t)(cell_px + s->caption + GAP) + GAP;
    bytes = (size_t)s->width * height * 3;
    s->rgb = height <= MOST_HEIGHT ? malloc(bytes) : NULL;
    if (!s->rgb) {
        tt_fail(err, TT_NOMEM, "no memory for a contact sheet");
        return -1;
    }
    s->height = (int)height;
    memset(s->rgb, 255, bytes);
    return 0;
}

int image_sheet_write(const char *path, const struct image_sheet_cell *cells,
                      size_t n, int columns, int cell_px, struct tt_error *err)
{
    struct image_save_options opt;
    struct sheet s = {0};
    struct image_rgb rgb;
    int rc = -1;

    if (sheet_init(&s, cells, n, columns, cell_px, err) < 0)
        goto out;
    for (size_t i = 0; i < n; i++) {
        int x = GAP + (int)(i % (size_t)columns) * (cell_px + GAP);
        int y = GAP + (int)(i / (size_t)columns) * (cell_px + s.caption + GAP);

        if (put_cell(&s, &cells[i], x, y, err) < 0)
            goto out;
    }
    image_save_options_init(&opt);
    rgb = (struct image_rgb){s.width, s.height, 8, s.rgb};
    rc = image_save(&rgb, &opt, path, err);

out:
    free(s.rgb);
    return rc;
}
