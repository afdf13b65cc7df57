/**
 * tool: what flows need and the program does not make: a network that has
 * learnt nothing, pictures in colour to learn from, and numbers to compare.
 *
 *   tool model FILE PRESET      an untaught network
 *   tool colours FOLDER N       N pictures in colour, of N persons
 *   tool ab MODEL OUT PHOTO...  what a network reads and says: for each photo
 *                               planes of L, a, b, as f32
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "image/load.h"
#include "image/resize.h"
#include "image/save.h"
#include "model/checkpoint.h"
#include "model/infer.h"

#define SIDE 160

static int make_model(const char *path, const char *preset,
                      struct tt_error *err)
{
    const struct model_preset *p = model_preset_find(preset, err);
    struct model_checkpoint c = {.side = 128, .gain = 1, .name = "untaught"};
    int rc;

    if (!p)
        return -1;
    model_unet_init(&c.unet, p, true);
    if (model_params_new(&c.params, &c.unet.wiring, err) < 0)
        return -1;
    model_params_start(c.params, &c.unet.wiring, 1, 0);
    rc = model_checkpoint_save(&c, path, MODEL_CHECKPOINT_F32, NULL, err);
    c.name = NULL;
    model_checkpoint_release(&c);
    return rc;
}

/* A disc on a slope; colours and shapes by number. */
static void draw(uint8_t *rgb, int number)
{
    int cx = SIDE / 2 + number * 7 % 30 - 15, r = 30 + number * 5 % 30;

    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++, rgb += 3) {
            int dx = x - cx, dy = y - SIDE / 2;
            bool disc = dx * dx + dy * dy < r * r;
            int light = disc ? 150 + dx : x * 100 / SIDE + y * 60 / SIDE;

            rgb[0] = (uint8_t)(light + (disc ? 60 : number * 11 % 40));
            rgb[1] = (uint8_t)(light + (disc ? 5 : number * 17 % 50));
            rgb[2] = (uint8_t)(light + (disc ? 0 : number * 23 % 90));
        }
}

static int make_colours(const char *folder, int n, struct tt_error *err)
{
    static uint8_t codes[SIDE * SIDE * 3];
    struct image_rgb rgb = {SIDE, SIDE, 8, codes};
    struct image_save_options opt;
    char path[TT_PATH_SIZE];

    image_save_options_init(&opt);
    opt.format = IMAGE_JPEG;
    if (tt_mkdirs(folder, 0777, err) < 0)
        return -1;
    for (int i = 0; i < n; i++) {
        draw(codes, i);
        snprintf(path, sizeof(path), "%s/person%03d.jpg", folder, i);
        if (image_save(&rgb, &opt, path, err) < 0)
            return -1;
    }
    return 0;
}

/* planes: 3, side, side */
static int say_one(struct model_infer *m, const char *path, float *planes,
                   struct tt_error *err)
{
    int side = model_infer_size(m);
    struct image_limits limits;
    struct image_grey grey;
    struct image_facts facts;
    enum image_reason why;
    size_t size;
    char *bytes;
    int rc;

    image_limits_init(&limits);
    if (tt_file_read(path, 1 << 28, &bytes, &size, err) < 0)
        return -1;
    rc = image_load(bytes, size, &limits, &grey, &facts, &why, err);
    if (rc == 0)
        rc = image_network_lightness(&grey, side, planes, err);
    if (rc == 0)
        rc = model_infer_run(m, planes, planes + side * side, err);
    free(grey.codes);
    free(bytes);
    return rc;
}

static int say(const char *model, const char *out, char **photos, int n,
               struct tt_error *err)
{
    struct model_options opt = {.precision = BACKEND_F32};
    struct model_infer *m;
    size_t count;
    float *planes;
    int rc = 0;

    if (model_infer_open(&m, model, &opt, err) < 0)
        return -1;
    count = 3 * (size_t)model_infer_size(m) * (size_t)model_infer_size(m);
    planes = calloc((size_t)n * count, sizeof(float));
    if (!planes)
        rc = tt_fail(err, TT_NOMEM, "no memory for planes");
    for (int i = 0; i < n && rc == 0; i++)
        rc = say_one(m, photos[i], planes + (size_t)i * count, err);
    if (rc == 0)
        rc = tt_file_write(out, planes, (size_t)n * count * sizeof(float), err);
    free(planes);
    model_infer_close(m);
    return rc;
}

int main(int argc, char **argv)
{
    struct tt_error err;
    int rc = -1;

    tt_fail(&err, TT_USAGE,
            "tool model FILE PRESET | colours FOLDER N | ab MODEL OUT PHOTO…");
    if (argc == 4 && strcmp(argv[1], "model") == 0) {
        rc = make_model(argv[2], argv[3], &err);
    } else if (argc == 4 && strcmp(argv[1], "colours") == 0 &&
               image_start("tool", &err) == 0) {
        rc = make_colours(argv[2], (int)strtol(argv[3], NULL, 10), &err);
        image_stop();
    } else if (argc >= 5 && strcmp(argv[1], "ab") == 0 &&
               image_start("tool", &err) == 0) {
        rc = say(argv[2], argv[3], argv + 4, argc - 4, &err);
        image_stop();
    }
    if (rc < 0)
        fprintf(stderr, "tool: %s\n", err.text);
    return rc < 0 ? tt_code_exit(err.code) : 0;
}
