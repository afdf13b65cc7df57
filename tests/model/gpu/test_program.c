#include "model/gpu/program.h"

#include "tests/check.h"
#include "tests/model/backend/stage.h"
#include "tests/model/gpu/host.h"

static struct tt_error err;

SLOW(gpu_program_of_every_layer_is_that_of_plain_c, 120)
{
    compare_all(&wide_backend, BACKEND_BF16, 2e-6, 2e-5);
}

SLOW(gpu_program_in_bf16_agrees_with_plain_c, 120)
{
    // 8 bits of mantissa; where a ReLU turns over, a gradient is 0 or whole
    compare_all(&host_backend, BACKEND_BF16, 1e-2, 1e-1);
}

SLOW(gpu_program_of_a_whole_network_is_that_of_plain_c, 120)
{
    struct stage s;

    stage_preset(&s, "T", 2, 32);
    compare(&wide_backend, &s, BACKEND_BF16, 2e-5, 1e-3);
    stage_release(&s);
}

TEST(gpu_program_refuses_what_it_cannot_do)
{
    static const struct {
        const char *words;
        enum backend_precision precision;
        int co, from;
    } bad[] = {
        {"the GPU computes in bf16, not in f32", BACKEND_F32, 2, 0},
        {"layer 2: 3 channels from 32, at most 2 from a multiple of 8",
         BACKEND_AUTO, 3, 0},
        {"layer 1 does not fit its sources", BACKEND_AUTO, 2, 1},
    };
    struct backend_program *p;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct backend_setup setup;
        struct stage s;

        stage_of(&s, 0);
        setup = setup_of(&s, BACKEND_TRAIN, bad[i].precision, 1);
        s.net.layer[2].co = bad[i].co;
        s.net.layer[1].from = bad[i].from;
        CHECK_FAILS(host_backend.open(&p, &s.net, &setup, &err), TT_USAGE,
                    bad[i].words);
        CHECK(p == NULL);
        stage_release(&s);
    }
    host_backend.close(NULL);
}
