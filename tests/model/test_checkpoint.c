#include "model/checkpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "model/half.h"
#include "model/random.h"
#include "shard/h5.h"
#include "tests/check.h"

static struct tt_error err;

#define WORDS "{\"dataset\":\"faces\",\"terms\":\"research only\"}"

static void make(struct model_checkpoint *c)
{
    struct model_training *t;

    memset(c, 0, sizeof(*c));
    model_unet_init(&c->unet, model_preset_find("T", &err), true);
    CHECK_OK(model_params_new(&c->params, &c->unet.wiring, &err));
    model_params_start(c->params, &c->unet.wiring, 3, 0);
    CHECK_OK(model_training_new(&c->training, &c->unet.wiring, &err));
    t = c->training;
    for (size_t i = 0; i < c->params->count; i++) {
        t->values[i] = model_random_normal(1, i);
        t->m[i] = model_random_normal(2, i);
        t->v[i] = model_random_unit(3, i);
    }
    for (size_t i = 0; i < c->params->stat_count; i++) {
        t->stats[i] = model_random_unit(4, i);
        c->params->stats[i] = model_random_unit(5, i);
    }
    t->epoch = 3;
    t->batch = 17;
    t->step = 12345678901;
    t->best = 7.25;
    t->elapsed_s = 0.1;
    t->loss_sum = 1.0 / 3;
    c->side = 64;
    c->gain = 1.125f;
    c->step = 77;
    c->images = 2464;
    c->name = strdup("try one");
    c->about = strdup(WORDS);
}

static bool same(const float *a, const float *b, size_t n)
{
    return memcmp(a, b, n * sizeof(float)) == 0;
}

TEST(model_checkpoint_comes_back_bit_for_bit)
{
    struct model_checkpoint c, d;
    struct tt_sha256 first, second;
    size_t n, s;

    make(&c);
    n = c.params->count;
    s = c.params->stat_count;
    CHECK_OK(
        model_checkpoint_save(&c, "a.h5", MODEL_CHECKPOINT_FULL, &first, &err));
    CHECK_OK(model_checkpoint_save(&c, "a.h5", MODEL_CHECKPOINT_FULL, &second,
                                   &err));
    CHECK(memcmp(&first, &second, sizeof(first)) == 0);
    CHECK_OK(model_checkpoint_load(&d, "a.h5", true, &err));
    CHECK(same(c.params->values, d.params->values, n));
    CHECK(same(c.params->stats, d.params->stats, s));
    CHECK(d.training != NULL);
    CHECK(same(c.training->values, d.training->values, n));
    CHECK(same(c.training->stats, d.training->stats, s));
    CHECK(same(c.training->m, d.training->m, n));
    CHECK(same(c.training->v, d.training->v, n));
    CHECK_INT(d.training->epoch, 3);
    CHECK_INT(d.training->batch, 17);
    CHECK_INT(d.training->step, 12345678901);
    CHECK(d.training->best == 7.25 && d.training->elapsed_s == 0.1);
    CHECK(d.training->loss_sum == 1.0 / 3);
    CHECK_INT(d.side, 64);
    CHECK(d.gain == 1.125f);
    CHECK_INT(d.step, 77);
    CHECK_INT(d.images, 2464);
    CHECK_STR(d.name, "try one");
    CHECK_STR(d.about, WORDS);
    CHECK_STR(d.unet.preset->name, "T");
    model_checkpoint_release(&c);
    model_checkpoint_release(&d);
}

TEST(model_checkpoint_for_use_is_smaller)
{
    struct model_checkpoint c, d;
    char *text;
    size_t f32, f16;

    make(&c);
    CHECK_OK(
        model_checkpoint_save(&c, "a.h5", MODEL_CHECKPOINT_F32, NULL, &err));
    CHECK_OK(
        model_checkpoint_save(&c, "b.h5", MODEL_CHECKPOINT_F16, NULL, &err));
    CHECK_OK(tt_file_read("a.h5", 1 << 24, &text, &f32, &err));
    free(text);
    CHECK_OK(tt_file_read("b.h5", 1 << 24, &text, &f16, &err));
    free(text);
    CHECK(f16 < 1200000 && f32 > 1900000 && f32 < 2300000);
    CHECK_OK(model_checkpoint_load(&d, "a.h5", true, &err));
    CHECK(d.training == NULL);
    CHECK(same(c.params->values, d.params->values, c.params->count));
    model_checkpoint_release(&d);
    CHECK_OK(model_checkpoint_load(&d, "b.h5", false, &err));
    for (size_t i = 0; i < c.params->count; i++)
        CHECK(d.params->values[i] ==
              model_half_to(model_half_from(c.params->values[i])));
    CHECK(same(c.params->stats, d.params->stats, c.params->stat_count));
    model_checkpoint_release(&d);
    model_checkpoint_release(&c);
}

/* Every so many bytes one is changed: the file is refused, or the byte was one
 * of no meaning and the same numbers come back. */
SLOW(model_checkpoint_finds_a_changed_byte, 120)
{
    struct model_checkpoint c, d;
    size_t size, found = 0, tried = 0;
    char *text;

    make(&c);
    CHECK_OK(
        model_checkpoint_save(&c, "a.h5", MODEL_CHECKPOINT_F16, NULL, &err));
    CHECK_OK(tt_file_read("a.h5", 1 << 24, &text, &size, &err));
    for (size_t at = 0; at < size; at += at < 4096 ? 61 : 9973) {
        text[at] ^= 0x10;
        CHECK_OK(tt_file_write("b.h5", text, size, &err));
        text[at] ^= 0x10;
        tried++;
        if (model_checkpoint_load(&d, "b.h5", false, &err) < 0) {
            CHECK(err.code == TT_FORMAT || err.code == TT_IO);
            CHECK(strstr(err.text, "b.h5") != NULL);
            found++;
            continue;
        }
        for (size_t i = 0; i < c.params->count; i++)
            CHECK(d.params->values[i] ==
                  model_half_to(model_half_from(c.params->values[i])));
        CHECK(same(c.params->stats, d.params->stats, c.params->stat_count));
        CHECK_STR(d.about, WORDS);
        model_checkpoint_release(&d);
    }
    CHECK(found * 10 > tried * 6); // bytes of no meaning are the fewer
    free(text);
    model_checkpoint_release(&c);
}

TEST(model_checkpoint_refuses_other_files)
{
    struct model_checkpoint c, d;
    size_t size;
    char *text;
    struct shard_h5 *f;
    float one = 1;

    CHECK_FAILS(model_checkpoint_load(&d, "none.h5", false, &err), TT_MISSING,
                "none.h5");
    CHECK_OK(tt_file_write("text.h5", "no model", 8, &err));
    CHECK_FAILS(model_checkpoint_load(&d, "text.h5", false, &err), TT_FORMAT,
                "text.h5");
    CHECK_OK(tt_file_write("empty.h5", "", 0, &err));
    CHECK_FAILS(model_checkpoint_load(&d, "empty.h5", false, &err), TT_FORMAT,
                "empty.h5");
    CHECK_OK(shard_h5_create(&f, "other.h5", &err));
    CHECK_OK(shard_h5_write(f, "x", SHARD_H5_F32, 0, NULL, &one, &err));
    CHECK_OK(shard_h5_finish(f, &err));
    CHECK_FAILS(model_checkpoint_load(&d, "other.h5", false, &err), TT_FORMAT,
                "checkpoint other.h5: not a checkpoint");
    make(&c);
    CHECK_OK(
        model_checkpoint_save(&c, "a.h5", MODEL_CHECKPOINT_F32, NULL, &err));
    CHECK_OK(tt_file_read("a.h5", 1 << 24, &text, &size, &err));
    for (size_t cut = 100; cut < size; cut += size / 7) {
        CHECK_OK(tt_file_write("cut.h5", text, cut, &err));
        CHECK(model_checkpoint_load(&d, "cut.h5", false, &err) < 0);
        CHECK_INT(err.code, TT_FORMAT);
    }
    free(text);
    model_checkpoint_release(&c);
}

TEST(model_checkpoint_refuses_a_newer_one)
{
    struct model_checkpoint d;
    struct shard_h5 *f;

    CHECK_OK(shard_h5_create(&f, "new.h5", &err));
    CHECK_OK(shard_h5_text_set(f, "/", "format", "tintype checkpoint", &err));
    CHECK_OK(shard_h5_int_set(f, "/", "version", 99, &err));
    CHECK_OK(shard_h5_finish(f, &err));
    CHECK_FAILS(model_checkpoint_load(&d, "new.h5", false, &err), TT_FORMAT,
                "checkpoint new.h5: version 99 is newer than this program's 1");
}
