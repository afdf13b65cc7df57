#include "model/unet.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/params.h"
#include "tests/check.h"

static struct tt_error err;

TEST(model_unet_has_the_stated_sizes)
{
    static const struct {
        const char *name;
        size_t params;
        int layers;
    } want[] = {{"T", 491274, 18},
                {"P", 3524898, 10},
                {"S", 7840290, 18},
                {"W", 17635634, 18}};

    for (int i = 0; i < 4; i++) {
        struct backend_setup setup = {
            .batch = 1, .height = 64, .width = 64, .threads = 1};
        struct model_unet u;

        model_unet_init(&u, model_preset_find(want[i].name, &err), true);
        CHECK_INT(u.wiring.net.params, want[i].params);
        CHECK_INT(u.wiring.net.layers, want[i].layers);
        CHECK_OK(backend_net_check(&u.wiring.net, &setup, &err));
    }
    CHECK(model_preset_find("X", &err) == NULL);
    CHECK_STR(err.text, "X: no such preset (T, P, S, W)");
}

TEST(model_unet_tensors_fill_their_blocks_without_gaps)
{
    struct model_unet u;
    size_t at = 0;

    model_unet_init(&u, model_preset_find("S", &err), true);
    CHECK_STR(u.wiring.tensor[0].name, "enc0.0.weight");
    CHECK_STR(u.wiring.tensor[u.wiring.tensors - 1].name, "head.bias");
    CHECK_STR(u.wiring.tensor[u.wiring.tensors].name, "enc0.0.mean");
    for (int i = 0; i < u.wiring.tensors;
         i++, at += u.wiring.tensor[i - 1].count)
        CHECK_INT(u.wiring.tensor[i].offset, at);
    CHECK_INT(at, u.wiring.net.params);
    at = 0;
    for (int i = 0; i < u.wiring.stat_tensors; i++) {
        CHECK_INT(u.wiring.tensor[u.wiring.tensors + i].offset, at);
        at += u.wiring.tensor[u.wiring.tensors + i].count;
    }
    CHECK_INT(at, u.wiring.net.stats);
}

TEST(model_params_start_is_he_normal_and_repeats)
{
    struct model_params *p, *q;
    struct model_unet u;
    const struct backend_layer *y;
    double sum = 0, sum2 = 0;
    size_t n;

    model_unet_init(&u, model_preset_find("T", &err), true);
    CHECK_OK(model_params_new(&p, &u.wiring, &err));
    CHECK_OK(model_params_new(&q, &u.wiring, &err));
    model_params_start(p, &u.wiring, 7, 0);
    model_params_start(q, &u.wiring, 7, 0);
    CHECK(memcmp(p->values, q->values, p->count * sizeof(float)) == 0);
    model_params_start(q, &u.wiring, 8, 0);
    CHECK(memcmp(p->values, q->values, p->count * sizeof(float)) != 0);
    y = &u.wiring.net.layer[8]; // 128 -> 128
    n = 9 * (size_t)y->ci * (size_t)y->co;
    for (size_t i = 0; i < n; i++) {
        sum += p->values[y->weight + i];
        sum2 += p->values[y->weight + i] * p->values[y->weight + i];
    }
    CHECK_NEAR(sum / (double)n, 0, 1e-3);
    CHECK_NEAR(sum2 / (double)n, 2.0 / (9 * y->ci), 5e-5);
    CHECK_NEAR(p->values[y->scale], 1, 0);
    CHECK_NEAR(p->stats[y->var], 1, 0);
    model_params_free(p);
    model_params_free(q);
    model_params_free(NULL);
}
