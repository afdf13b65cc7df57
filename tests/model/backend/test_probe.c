#include "model/backend/probe.h"

#include "tests/check.h"
#include "tests/model/gpu/host.h"

static struct tt_error err;

static int wrong_forward(struct backend_program *p, const float *x, float *y,
                         float *stats, struct tt_error *e)
{
    int rc = host_backend.forward(p, x, y, stats, e);

    y[7] += 30;
    return rc;
}

static int wrong_backward(struct backend_program *p, const float *dy,
                          float *grads, float *dx, struct tt_error *e)
{
    int rc = host_backend.backward(p, dy, grads, dx, e);

    grads[0] /= 0.0f;
    return rc;
}

static int wrong_found(struct backend_program *p, struct backend_found *found,
                       struct tt_error *e)
{
    int rc = host_backend.learn->found(p, found, e);

    found->loss *= 1.1;
    return rc;
}

static int wrong_give(struct backend_program *p,
                      const struct backend_state *state, struct tt_error *e)
{
    int rc = host_backend.learn->give(p, state, e);

    state->m[5] = 1;
    return rc;
}

TEST(probe_trusts_backends_that_compute_what_plain_c_does)
{
    CHECK_OK(backend_probe(&backend_reference, 0, &err));
    CHECK_OK(backend_probe(&backend_onednn, 0, &err));
    CHECK_OK(backend_probe(&host_backend, 0, &err));
}

TEST(probe_refuses_a_backend_that_computes_something_else)
{
    struct backend_ops wrong = host_backend;

    wrong.forward = wrong_forward;
    CHECK_FAILS(backend_probe(&wrong, 0, &err), TT_UNAVAILABLE,
                "host computes colours that are");
    wrong.forward = host_backend.forward;
    wrong.backward = wrong_backward;
    CHECK_FAILS(backend_probe(&wrong, 0, &err), TT_UNAVAILABLE,
                "host computes gradients that are");
}

TEST(probe_refuses_a_backend_that_learns_something_else)
{
    struct backend_learn_ops learn = *host_backend.learn;
    struct backend_ops wrong = host_backend;

    wrong.learn = &learn;
    learn.found = wrong_found;
    CHECK_FAILS(backend_probe(&wrong, 0, &err), TT_UNAVAILABLE,
                "host computes losses that are");
    learn.found = host_backend.learn->found;
    learn.give = wrong_give;
    CHECK_FAILS(backend_probe(&wrong, 0, &err), TT_UNAVAILABLE,
                "host computes moments that are");
}
