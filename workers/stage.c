#include "workers/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "image/recolor.h"
#include "image/resize.h"
#include "image/save.h"
#include "workers/publish.h"

/* What a photo takes per byte of grey codes, until it is painted: the codes,
 * RGB of the same depth, and an encoder's own copy of it. */
#define CODES_FACTOR 7

static bool refused(struct worker_photo *p, const char *reason,
                    const char *message)
{
    worker_photo_end(p, PHOTO_FAILED, reason, message);
    return false;
}

static bool dropped(struct worker_photo *p)
{
    struct tt_error why;

    if (!worker_batch_failed(p->batch))
        return false;
    tt_clear(&why); /* not the first cause */
    worker_photo_fail(p, &why);
    return true;
}

/* --- reading --- */

static void file_size_known(void *photo, size_t size)
{
    struct worker_photo *p = photo;

    worker_budget_take(p->batch->files, size);
    p->file_held = size;
}

bool worker_stage_read(struct worker_photo *p)
{
    int64_t begun = tt_steady_ms();
    struct tt_error err;
    const char *reason;

    if (dropped(p))
        return false;
    /* a disk that has been taken away is not to be filled below its name */
    if (!tt_folder_exists(p->batch->folder)) {
        tt_fail(&err, TT_OUTPUT, "%s: no such folder", p->batch->folder);
        return refused(p, "output", err.text);
    }
    if (worker_bytes_read(&p->bytes, p->in, file_size_known, p, &err) < 0) {
        reason = err.code == TT_MISSING ? "missing"
                 : err.code == TT_INPUT ? "not_a_file"
                 : err.code == TT_NOMEM ? "memory"
                                        : "io";
        return refused(p, reason, err.text);
    }
    p->row->sha_in = p->bytes.sha256;
    p->row->has_in = true;
    p->row->ms += tt_steady_ms() - begun;
    return true;
}

/* --- decoding --- */

void worker_stage_reserve(void *photo, size_t bytes)
{
    struct worker_photo *p = photo;
    size_t all = bytes < SIZE_MAX / CODES_FACTOR ? bytes * CODES_FACTOR : bytes;

    if (p->codes_held) /* never wait for room that we hold ourselves */
        worker_budget_give(p->batch->codes, p->codes_held);
    worker_budget_take(p->batch->codes, all);
    p->codes_held = all;
}

static void say(struct job_photo *row, const char *word)
{
    size_t n = strlen(row->flags);

    snprintf(row->flags + n, sizeof(row->flags) - n, "%s%s", n ? " " : "",
             word);
}

static void take_facts(struct job_photo *row, const struct image_facts *f)
{
    row->width = f->width;
    row->height = f->height;
    row->bits = f->bits;
    if (f->measure.class != IMAGE_GRAY)
        say(row, image_class_word(f->measure.class));
    if (f->measure.unsure)
        say(row, "unsure");
    if (f->pages > 1)
        say(row, "multipage");
    if (f->has_alpha)
        say(row, "alpha");
    if (f->orientation > 1)
        say(row, "turned");
}

static bool show(struct worker_photo *p)
{
    int side = p->batch->recipe->side;
    struct tt_error err;

    p->lightness = malloc((size_t)side * (size_t)side * sizeof(float));
    if (p->lightness && image_network_lightness(&p->decoded.grey, side,
                                                p->lightness, &err) == 0)
        return true;
    return refused(p, "memory", "no memory for it");
}

bool worker_stage_decode(struct worker_photo *p, struct worker_decoder *d)
{
    int64_t begun = tt_steady_ms();
    struct tt_error err;

    if (dropped(p))
        return false;
    if (worker_decoder_read(d, p->bytes.fd, p->bytes.size, &p->decoded, &err) <
        0) {
        worker_photo_fail(p, &err);
        return false;
    }
    worker_photo_drop_file(p);
    p->row->ms += tt_steady_ms() - begun;
    if (p->decoded.facts.width > 0)
        take_facts(p->row, &p->decoded.facts);
    if (p->decoded.reason)
        return refused(p, p->decoded.reason, p->decoded.message);
    if (p->decoded.facts.measure.class == IMAGE_COLOUR &&
        !p->batch->recipe->force) {
        worker_photo_end(p, PHOTO_SKIPPED, "in_colour",
                         "it is in colour already");
        return false;
    }
    return show(p);
}

/* --- colour --- */

bool worker_stage_colour(struct worker_photo *p, struct model_infer *model)
{
    size_t n =
        2 * (size_t)p->batch->recipe->side * (size_t)p->batch->recipe->side;
    float strength = p->batch->recipe->strength;
    int64_t begun = tt_steady_ms();
    struct tt_error err;

    if (dropped(p))
        return false;
    p->ab = malloc(n * sizeof(float));
    if (!p->ab)
        return refused(p, "memory", "no memory for it");
    if (model_infer_run(model, p->lightness, p->ab, &err) < 0) {
        worker_photo_fail(p, &err);
        return false;
    }
    for (size_t i = 0; i < n; i++)
        p->ab[i] *= strength;
    p->row->ms += tt_steady_ms() - begun;
    return true;
}

/* --- painting --- */

/* What stands in a file must be what its name says, so the name comes first;
 * not every format is written. */
static enum image_format format_of(const struct worker_photo *p)
{
    const char *dot = strrchr(tt_path_name(p->out), '.');
    enum image_format f;

    if (dot && image_format_parse(dot + 1, &f) == 0 && image_format_written(f))
        return f;
    if (dot && strcasecmp(dot, ".jpeg") == 0)
        return IMAGE_JPEG;
    if (dot && strcasecmp(dot, ".tiff") == 0)
        return IMAGE_TIFF;
    f = p->batch->recipe->same ? p->decoded.facts.format
                               : p->batch->recipe->format;
    return image_format_written(f) ? f : IMAGE_PNG;
}

static int make_temp(struct worker_photo *p, struct tt_error *err)
{
    p->temp = calloc(1, TT_PATH_SIZE);
    if (!p->temp)
        return tt_fail(err, TT_NOMEM, "no memory for a name");
    if (tt_mkdirs_below(p->batch->folder, p->out, 0777, err) < 0)
        return -1;
    p->temp_fd = tt_file_unnamed(p->out, p->temp, err);
    if (p->temp_fd < 0)
        p->temp[0] = '\0';
    return p->temp_fd < 0 ? -1 : 0;
}

/* People know the output's name, not that of the temporary. */
static int name_output(const struct worker_photo *p, struct tt_error *err)
{
    size_t n = strlen(p->temp);

    if (strncmp(err->text, p->temp, n) == 0 &&
        strncmp(err->text + n, ": ", 2) == 0)
        memmove(err->text, err->text + n + 2, strlen(err->text + n + 2) + 1);
    return tt_wrap(err, "%s", p->out);
}

static int write_temp(struct worker_photo *p, const struct image_rgb *rgb,
                      struct tt_error *err)
{
    struct image_marks marks = worker_photo_marks(p);
    struct image_save_options opt;
    uint64_t size;
    bool cut = p->decoded.meta.dropped;

    image_save_options_init(&opt);
    opt.format = format_of(p);
    opt.quality = p->batch->recipe->quality;
    opt.ppi_x = p->decoded.facts.ppi_x;
    opt.ppi_y = p->decoded.facts.ppi_y;
    opt.coding = &p->decoded.facts.coding;
    opt.marks = &marks;
    if (p->batch->recipe->metadata) {
        opt.meta = &p->decoded.meta;
        opt.meta_cut = &cut;
    }
    if (make_temp(p, err) < 0)
        return -1;
    if (image_save(rgb, &opt, p->temp, err) < 0)
        return name_output(p, err);
    if (opt.meta && cut)
        say(p->row, "metadata_dropped");
    if (tt_sha256_file(p->temp, &p->row->sha_out, &size, err) < 0) {
        err->code = TT_OUTPUT;
        return -1;
    }
    p->row->bytes_out = (int64_t)size;
    /* the disk may begin; the publisher waits for its end */
    (void)sync_file_range(p->temp_fd, 0, 0, SYNC_FILE_RANGE_WRITE);
    return 0;
}

bool worker_stage_paint(struct worker_photo *p)
{
    int64_t begun = tt_steady_ms();
    struct image_rgb rgb = {0};
    struct tt_error err;
    int rc;

    if (dropped(p))
        return false;
    tt_clear(&err);
    rc = image_recolor(&p->decoded.grey, p->ab, p->batch->recipe->side, &rgb,
                       &err);
    if (rc == 0)
        rc = write_temp(p, &rgb, &err);
    image_rgb_release(&rgb);
    worker_photo_drop_codes(p);
    p->row->ms += tt_steady_ms() - begun;
    if (rc == 0)
        return true;
    if (err.code == TT_NOMEM)
        return refused(p, "memory", err.text);
    worker_publish_refuse(p, &err);
    return false;
}
