/* On a card, where there is one: the same comparisons with plain C that the
 * other backends pass. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/backend/probe.h"
#include "tests/check.h"
#include "tests/model/backend/stage.h"
#include "tests/model/cudnn/object.h"

static struct tt_error err;

/* The backend of the cards here; skips the test if there are none. */
static const struct backend_ops *card(void)
{
    const struct backend_plug *plug = object_open();

    if (plug->count(&err) < 0)
        check_skip(err.text);
    return plug->ops;
}

SLOW(device_layers_agree_with_plain_c, 300)
{
    const struct backend_ops *ops = card();

    compare_all(ops, BACKEND_BF16, 1e-2, 1e-1);
}

SLOW(device_passes_the_probe, 120)
{
    CHECK_OK(backend_probe(card(), 0, &err));
}

SLOW(device_repeats_its_bits, 300)
{
    const struct backend_ops *ops = card();
    struct result one, two;
    struct stage s;

    stage_preset(&s, "S", 8, 64);
    one = result_of(ops, &s, BACKEND_TRAIN, BACKEND_AUTO, 1);
    two = result_of(ops, &s, BACKEND_TRAIN, BACKEND_AUTO, 1);
    CHECK(memcmp(one.y, two.y, outputs(&s) * sizeof(float)) == 0);
    CHECK(memcmp(one.grads, two.grads, s.net.params * sizeof(float)) == 0);
    CHECK(memcmp(one.stats, two.stats, s.net.stats * sizeof(float)) == 0);
    result_release(&one);
    result_release(&two);
    stage_release(&s);
}

SLOW(device_runs_recorded_lists_as_it_runs_steps, 300)
{
    const struct backend_ops *ops = card();
    float *y[3], *stats;
    struct backend_setup setup;
    struct backend_program *p;
    struct stage s;

    // step by step, recorded, replayed
    stage_preset(&s, "T", 2, 64);
    setup = setup_of(&s, BACKEND_TRAIN, BACKEND_AUTO, 1);
    stats = malloc(s.net.stats * sizeof(float));
    CHECK_OK(ops->open(&p, &s.net, &setup, &err));
    CHECK_OK(ops->load(p, s.params, s.stats, &err));
    for (int i = 0; i < 3; i++) {
        y[i] = malloc(outputs(&s) * sizeof(float));
        memcpy(stats, s.stats, s.net.stats * sizeof(float));
        CHECK_OK(ops->forward(p, s.x, y[i], stats, &err));
        CHECK(memcmp(y[i], y[0], outputs(&s) * sizeof(float)) == 0);
    }
    for (int i = 0; i < 3; i++)
        free(y[i]);
    ops->close(p);
    free(stats);
    stage_release(&s);
}
