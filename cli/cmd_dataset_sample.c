#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/pick.h"
#include "cli/record.h"
#include "cli/refused.h"
#include "image/lab.h"
#include "image/sheet.h"
#include "model/random.h"
#include "shard/read.h"

enum {
    PAIRS_IN_A_ROW = 4,
    CAPTION_SIZE = 96,
    CELL_PX = 144, /* of a refused photo */
    MOST = 1000
};

struct sample_opts {
    const char *out;
    const char *split;
    long n;
    long seed;
    bool refused, force;
};

// clang-format off
static const struct tt_opt sample_opts[] = {
    TT_TEXT(sample_opts, out, 'o', "FILE", NULL, "the contact sheet, a PNG"),
    TT_TEXT(sample_opts, split, 0, "SPLIT", "train", "train, val or test"),
    TT_INT (sample_opts, n, 0, "N", "0", 0, MOST,
            "so many photos (0: 24), or of each reason (0: 8)"),
    TT_INT (sample_opts, seed, 0, "N", "1", 0, 2147483647, "of the draw"),
    TT_FLAG(sample_opts, refused, 0,
            "photos that were refused, with the reason, read again"),
    TT_FLAG(sample_opts, force, 0, "write over a file that is there"),
    TT_OPT_END,
};
// clang-format on

/* --- what was kept --- */

/* Colours, and what a network would see of them. */
static int make_pair(struct image_small pair[2], const uint8_t *record,
                     struct tt_error *err)
{
    size_t n = SHARD_PLANE;
    float *lab = malloc(5 * n * sizeof(float));
    float *none = lab ? lab + 3 * n : NULL;

    for (int i = 0; i < 2; i++) {
        pair[i] = (struct image_small){SHARD_SIDE, SHARD_SIDE, malloc(3 * n)};
        if (!lab || !pair[i].rgb) {
            free(lab);
            return tt_fail(err, TT_NOMEM, "no memory for a photo");
        }
    }
    for (size_t i = 0; i < n; i++) {
        lab[i] = (float)record[i] / 2.55f;
        lab[n + i] = (float)record[n + i] - 128;
        lab[2 * n + i] = (float)record[2 * n + i] - 128;
        none[i] = none[n + i] = 0;
    }
    image_lab_to_rgb8(lab, lab + n, lab + 2 * n, n, pair[0].rgb);
    image_lab_to_rgb8(lab, none, none + n, n, pair[1].rgb);
    free(lab);
    return 0;
}

/* A sheet of photos of one split, coloured beside gray. */
struct kept {
    size_t n;
    struct image_small *small;      /* 2 n */
    struct image_sheet_cell *cells; /* 2 n */
    char (*captions)[CAPTION_SIZE]; /* n */
    uint32_t *order;
};

static int kept_init(struct kept *k, size_t count, size_t n, uint64_t seed,
                     struct tt_error *err)
{
    k->n = n < count ? n : count;
    k->small = calloc(2 * k->n + 1, sizeof(*k->small));
    k->cells = calloc(2 * k->n + 1, sizeof(*k->cells));
    k->captions = calloc(k->n + 1, sizeof(*k->captions));
    k->order = calloc(count + 1, sizeof(*k->order));
    if (!k->small || !k->cells || !k->captions || !k->order)
        return tt_fail(err, TT_NOMEM, "no memory for %zu photos", count);
    model_random_shuffle(seed, k->order, (uint32_t)count);
    return 0;
}

static void kept_release(struct kept *k)
{
    for (size_t i = 0; k->small && i < 2 * k->n; i++)
        image_small_release(&k->small[i]);
    free(k->small);
    free(k->cells);
    free(k->captions);
    free(k->order);
}

static int kept_load(struct kept *k, struct shard_set *set,
                     enum shard_split split, struct tt_error *err)
{
    static uint8_t record[SHARD_RECORD];

    for (size_t i = 0; i < k->n; i++) {
        const char *path;

        if (shard_set_record(set, split, k->order[i], record, err) < 0 ||
            shard_set_source(set, split, k->order[i], &path, err) < 0 ||
            make_pair(&k->small[2 * i], record, err) < 0)
            return -1;
        snprintf(k->captions[i], CAPTION_SIZE, "%u  %s", k->order[i],
                 tt_path_name(path));
        for (size_t c = 0; c < 2; c++)
            k->cells[2 * i + c].small = &k->small[2 * i + c];
        k->cells[2 * i].caption = k->captions[i];
    }
    return 0;
}

static int draw_kept(const struct cli_context *c, const char *folder,
                     struct tt_error *err)
{
    const struct sample_opts *o = c->opts;
    struct kept k = {0};
    enum shard_split split = shard_split_from(o->split);
    struct shard_set *set;
    size_t count;
    int rc = -1;

    if (split == SHARD_SPLITS)
        return tt_fail(err, TT_USAGE,
                       "--split: \"%s\" is not train, val or test", o->split);
    if (shard_set_open(&set, folder, err) < 0)
        return -1;
    count = shard_set_count(set, split);
    if (count == 0)
        tt_fail(err, TT_INPUT, "%s has no photo to %s", folder, o->split);
    else if (kept_init(&k, count, o->n ? (size_t)o->n : 24, (uint64_t)o->seed,
                       err) == 0 &&
             kept_load(&k, set, split, err) == 0)
        rc = image_sheet_write(o->out, k.cells, 2 * k.n, 2 * PAIRS_IN_A_ROW,
                               SHARD_SIDE, err);
    shard_set_close(set);
    if (rc == 0)
        fprintf(c->out, "%zu of %zu photos of %s   %s\n", k.n, count, o->split,
                o->out);
    kept_release(&k);
    return rc;
}

/* --- what was refused --- */

static void caption(const struct cli_refused_photo *p, char *text, size_t size)
{
    const char *word = ingest_verdict_word(p->verdict);

    double value = fabs(p->value) < 1e-3 ? 0 : p->value;

    if (p->threshold != 0)
        snprintf(text, size, "%s %.3g (%.3g)\n%s", word, value, p->threshold,
                 tt_path_name(p->path));
    else
        snprintf(text, size, "%s\n%s", word, tt_path_name(p->path));
}

/* Each reason begins a row. */
static int lay_out(const struct cli_refused *r, int columns, const char *out,
                   struct tt_error *err)
{
    size_t room = (r->n + INGEST_VERDICT_COUNT) * (size_t)columns, n = 0;
    struct image_sheet_cell *cells = calloc(room, sizeof(*cells));
    char(*captions)[CAPTION_SIZE] = calloc(r->n + 1, sizeof(*captions));
    int rc = cells && captions ? 0 : -1;

    if (rc < 0)
        tt_fail(err, TT_NOMEM, "no memory for a contact sheet");
    for (size_t i = 0; rc == 0 && i < r->n; i++) {
        const struct cli_refused_photo *p = &r->photos[i];

        while (i > 0 && p->verdict != p[-1].verdict && n % (size_t)columns)
            n++;
        caption(p, captions[i], CAPTION_SIZE);
        cells[n++] = (struct image_sheet_cell){
            .small = p->small.rgb ? &p->small : NULL, .caption = captions[i]};
    }
    if (rc == 0)
        rc = image_sheet_write(out, cells, n, columns, CELL_PX, err);
    free(cells);
    free(captions);
    return rc;
}

static int draw_refused(const struct cli_context *c, const char *folder,
                        struct tt_error *err)
{
    const struct sample_opts *o = c->opts;
    int each = o->n ? (int)o->n : 8;
    struct cli_refused r;
    int rc = cli_refused_open(&r, folder, each, (uint64_t)o->seed, err);

    if (rc == 0 && r.n == 0)
        fprintf(c->out, "no photo was refused\n");
    if (rc == 0 && r.n > 0) {
        rc = cli_refused_look(&r, folder, CELL_PX, err);
        if (rc == 0)
            rc = lay_out(&r, each < 16 ? each : 16, o->out, err);
        if (rc == 0)
            fprintf(c->out, "%zu refused photos   %s\n", r.n, o->out);
    }
    cli_refused_release(&r);
    return rc;
}

/* --- both --- */

static int sample(struct cli_context *c, struct tt_error *err)
{
    const struct sample_opts *o = c->opts;
    struct cli_record r;
    struct cli_pick data;
    int rc;

    if (!o->out)
        return tt_fail(err, TT_USAGE,
                       "-o FILE is needed: where the sheet goes");
    if (cli_command_may_write(o->out, o->force, err) < 0)
        return -1;
    rc = cli_record_open(&r, &c->settings, err);
    if (rc == 0)
        rc = cli_pick_dataset(&data, &r, c->operands ? c->operand[0] : "@last",
                              err);
    cli_record_close(&r);
    if (rc < 0)
        return -1;
    return o->refused ? draw_refused(c, data.path, err)
                      : draw_kept(c, data.path, err);
}

const struct cli_command cmd_dataset_sample = {
    .name = "dataset sample",
    .operands = "[DATASET]",
    .summary = "look at a dataset: a contact sheet of its photos",
    .about =
        "Each photo stands in colour beside gray, with its number in the "
        "split. With --refused:\nsome that were not taken, a row for each "
        "reason, with what was measured and (the bound);\nthey are read "
        "again from where they came from, and what could not be read is an "
        "empty\nframe.",
    .example = "tintype dataset sample d1 -o sheet.png\n"
               "tintype dataset sample d1 --refused -o refused.png",
    .flags = CLI_ENGINE,
    .most = 1,
    .opts = sample_opts,
    .opts_size = sizeof(struct sample_opts),
    .run = sample,
};
