/* show_augment DATASET OUT.png: what augmentation makes of photos, to be looked
 * at: a row a photo, first its L* as it is, then as training sees it, and last
 * the colours to be learnt on one of these. Not a figure, hence no part of
 * make bench's words. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image/image.h"
#include "image/lab.h"
#include "image/sheet.h"
#include "model/random.h"
#include "model/train/augment.h"
#include "model/train/data.h"

enum { SIDE = SHARD_SIDE, PIXELS = SHARD_PLANE, COLUMNS = 10, ROWS = 12 };

static float x[PIXELS], target[2 * PIXELS];

static int cell(struct image_small *s, bool colour, struct tt_error *err)
{
    s->width = s->height = SIDE;
    s->rgb = malloc(3 * PIXELS);
    if (!s->rgb)
        return tt_fail(err, TT_NOMEM, "no memory for a cell");
    for (int i = 0; i < PIXELS; i++) {
        double lab[3] = {50 * ((double)x[i] + 1), 0, 0}, rgb[3];

        for (int c = 0; colour && c < 2; c++)
            lab[1 + c] = (2 * (double)target[2 * i + c] - 1) * 110;
        image_lab_to_rgb(lab, rgb);
        for (int c = 0; c < 3; c++)
            s->rgb[3 * i + c] = (uint8_t)lround(255 * fmin(fmax(rgb[c], 0), 1));
    }
    return 0;
}

static int fill(struct image_small *small, const struct train_data *data,
                struct tt_error *err)
{
    struct train_augmenter *a;
    int rc = train_augmenter_new(&a, 0.5, err);

    for (int i = 0; i < ROWS * COLUMNS && rc == 0; i++) {
        int row = i / COLUMNS, column = i % COLUMNS;
        uint64_t record = model_random(7, (uint64_t)row, 0) % data->count;
        bool last = column == COLUMNS - 1;

        rc = train_augment(a, column ? TRAIN_FILM : TRAIN_NONE,
                           train_data_record(data, record), SIDE,
                           model_random(8, record, (uint64_t)(column - last)),
                           x, target, err);
        if (rc == 0)
            rc = cell(&small[i], last, err);
    }
    train_augmenter_free(a);
    return rc;
}

static int show(const char *dataset, const char *path, struct tt_error *err)
{
    static struct image_sheet_cell cells[ROWS * COLUMNS];
    static struct image_small small[ROWS * COLUMNS];
    struct train_data *data = NULL;
    struct shard_set *set;
    int rc;

    if (shard_set_open(&set, dataset, err) < 0)
        return -1;
    rc = train_data_load(&data, set, SHARD_TRAIN, 400, NULL, err);
    shard_set_close(set);
    if (rc == 0)
        rc = fill(small, data, err);
    for (int i = 0; i < ROWS * COLUMNS; i++)
        cells[i].small = &small[i];
    if (rc == 0)
        rc = image_sheet_write(path, cells, ROWS * COLUMNS, COLUMNS, SIDE, err);
    for (int i = 0; i < ROWS * COLUMNS; i++)
        free(small[i].rgb);
    train_data_free(data);
    return rc;
}

int main(int argc, char **argv)
{
    struct tt_error err;

    if (argc != 3) {
        fprintf(stderr, "usage: %s DATASET OUT.png\n", argv[0]);
        return 64;
    }
    if (image_start(argv[0], &err) < 0 || show(argv[1], argv[2], &err) < 0) {
        fprintf(stderr, "show_augment: %s\n", err.text);
        return 1;
    }
    return 0;
}
