#include "model/backend/norm.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model/backend/backend.h"

int backend_norm_init(struct backend_norm *b, struct tt_error *err)
{
    size_t c = (size_t)b->c, rows = (size_t)b->n * (size_t)b->h;

    if (!b->train)
        return 0;
    b->mean = calloc(7 * c, sizeof(float));
    b->rows = calloc(rows * 2 * c, sizeof(float));
    b->sums = calloc(2 * c, sizeof(double));
    b->m = (double)rows * b->w * reduce_size(b->group);
    if (!b->mean || !b->rows || !b->sums)
        return tt_fail(err, TT_NOMEM, "no memory for batch norm");
    b->var = b->mean + c;
    b->rstd = b->var + c;
    b->a = b->rstd + c;
    b->b = b->a + c;
    b->k = b->b + c;
    return 0;
}

void backend_norm_release(struct backend_norm *b)
{
    free(b->mean);
    free(b->rows);
    free(b->sums);
    b->mean = b->rows = NULL;
    b->sums = NULL;
}

/* A row of the output as runs of evenly spaced pixels of x: one if x is dense;
 * on the corner grid two, the even and the odd pixels. */
struct row_run {
    size_t x, step; /* first value in x; between pixels */
    size_t first;   /* pixel of the output where the run begins */
    size_t stride;  /* pixels of the output between those of the run */
    struct backend_run r;
};

static int row_runs(const struct backend_norm *b, size_t row,
                    struct row_run run[2])
{
    size_t c = (size_t)b->c, w = (size_t)b->w, h = (size_t)b->h;
    size_t n = row / h, y = row % h, phase = y & 1;
    size_t corner = n * (h / 2 + 1) + y / 2 + phase;

    if (!b->corner) {
        run[0] = (struct row_run){row * w * c, c, row * w, 1, {w, b->c}};
        return 1;
    }
    for (size_t odd = 0; odd < 2; odd++) {
        size_t at = (corner * (w / 2 + 1) + odd) * 4 + phase * 2 + odd;

        run[odd] =
            (struct row_run){at * c, 4 * c, row * w + odd, 2, {w / 2, b->c}};
    }
    return 2;
}

static const char *at(const struct backend_norm *b, const void *base,
                      size_t value)
{
    return (const char *)base + value * b->loops->bytes;
}

/* Mean and squared deviation of one row; a row fits the nearest cache, so its
 * second reading costs little and no digits are lost. */
static void row_statistics(const struct backend_norm *b, size_t row)
{
    float *mean = b->rows + row * 2 * (size_t)b->c;
    float *dev = mean + b->c;
    float part[2][1024];
    struct row_run run[2];
    int runs = row_runs(b, row, run);

    for (int i = 0; i < runs; i++)
        b->loops->sum(run[i].r, at(b, b->x, run[i].x), run[i].step, part[i]);
    for (int c = 0; c < b->c; c++)
        mean[c] = (part[0][c] + (runs > 1 ? part[1][c] : 0)) / (float)b->w;
    for (int i = 0; i < runs; i++)
        b->loops->dev(run[i].r, at(b, b->x, run[i].x), run[i].step, mean,
                      part[i]);
    for (int c = 0; c < b->c; c++)
        dev[c] = part[0][c] + (runs > 1 ? part[1][c] : 0);
}

/* Join the rows' statistics (Chan, Golub, LeVeque 1979) for channel c. */
static void join_statistics(const struct backend_norm *b, int c)
{
    size_t rows = (size_t)b->n * (size_t)b->h, step = 2 * (size_t)b->c;
    const float *m = b->rows + c, *d = m + b->c;
    double sum = 0, dev = 0, between = 0;

    for (size_t r = 0; r < rows; r++) {
        sum += m[r * step];
        dev += d[r * step];
    }
    b->sums[c] = sum / (double)rows;
    for (size_t r = 0; r < rows; r++) {
        double t = m[r * step] - b->sums[c];

        between += t * t;
    }
    b->sums[b->c + c] = (dev + between * b->w) / ((double)rows * b->w);
}

/* Means and variances of equally large batches into those of all: by second
 * moments, of which f64 has digits enough. */
static int share_statistics(struct backend_norm *b, struct tt_error *err)
{
    double *mean = b->sums, *var = mean + b->c;
    int size = reduce_size(b->group);

    for (int c = 0; c < b->c; c++)
        var[c] += mean[c] * mean[c];
    if (reduce_sum(b->group, b->sums, 2 * (size_t)b->c, err) < 0)
        return -1;
    for (int c = 0; c < b->c; c++) {
        mean[c] /= size;
        var[c] = fmax(var[c] / size - mean[c] * mean[c], 0);
    }
    return 0;
}

static void normalize_row(const struct backend_norm *b, size_t row)
{
    struct backend_affine f = {b->a, b->b, b->slope};
    struct row_run run[2];
    int runs = row_runs(b, row, run);

    for (int i = 0; i < runs; i++)
        for (int o = 0; o < 2; o++) {
            size_t step = b->out[o].step;

            if (b->out[o].at)
                b->loops->norm(run[i].r, at(b, b->x, run[i].x), run[i].step, f,
                               (char *)at(b, b->out[o].at, run[i].first * step),
                               run[i].stride * step);
        }
}

/* a and b of channel c, from its statistics. */
static void fit_channel(struct backend_norm *b, int c, const float *scale,
                        const float *bias)
{
    double mean = b->sums[c], var = b->sums[b->c + c];

    b->mean[c] = (float)mean;
    b->var[c] = (float)var;
    b->rstd[c] = (float)(1 / sqrt(var + BACKEND_NORM_EPS));
    b->a[c] = scale[c] * b->rstd[c];
    b->b[c] = bias[c] - b->a[c] * b->mean[c];
}

/* The running variance is the unbiased one. */
static void move_running(const struct backend_norm *b, float *mean, float *var)
{
    double m = b->m;

    for (int c = 0; c < b->c; c++) {
        mean[c] += BACKEND_NORM_MOMENTUM * (b->mean[c] - mean[c]);
        var[c] +=
            BACKEND_NORM_MOMENTUM * ((float)(b->var[c] * m / (m - 1)) - var[c]);
    }
}

int backend_norm_forward(struct backend_norm *b, const float *scale,
                         const float *bias, float *running_mean,
                         float *running_var, struct tt_error *err)
{
    size_t rows = (size_t)b->n * (size_t)b->h;
    int rc = 0;

    for (int c = 0; c < b->c && !b->batch; c++) {
        b->a[c] = 1;
        b->b[c] = bias[c];
    }
#pragma omp parallel num_threads(b->threads)
    {
        if (b->batch) {
#pragma omp for schedule(static)
            for (size_t r = 0; r < rows; r++)
                row_statistics(b, r);
#pragma omp for schedule(static, 8)
            for (int c = 0; c < b->c; c++) {
                join_statistics(b, c);
                if (!b->group)
                    fit_channel(b, c, scale, bias);
            }
        }
        if (b->batch && b->group) {
#pragma omp master
            rc = share_statistics(b, err);
#pragma omp barrier
#pragma omp for schedule(static, 8)
            for (int c = 0; c < b->c; c++)
                fit_channel(b, c, scale, bias);
        }
#pragma omp for schedule(static)
        for (size_t r = 0; r < rows; r++)
            normalize_row(b, r);
    }
    if (b->batch && running_mean)
        move_running(b, running_mean, running_var);
    return rc;
}

/* The gradients of a run's pixels: both tensors at the run's own spacing. */
static struct backend_pair pair_of(const struct backend_norm *b,
                                   const struct row_run *run)
{
    struct backend_pair dz = b->dz;

    for (int i = 0; i < 2; i++)
        if (dz.at[i]) {
            dz.at[i] = at(b, dz.at[i], run->first * dz.step[i]);
            dz.step[i] *= run->stride;
        }
    return dz;
}

static void back_sum_row(const struct backend_norm *b, size_t row)
{
    float *sums = b->rows + row * 2 * (size_t)b->c;
    struct backend_affine f = {b->a, b->b, b->slope};
    struct row_run run[2];
    int runs = row_runs(b, row, run);

    memset(sums, 0, 2 * (size_t)b->c * sizeof(float));
    for (int i = 0; i < runs; i++)
        b->loops->back_sum(run[i].r, at(b, b->x, run[i].x), run[i].step, f,
                           b->mean, pair_of(b, &run[i]), sums);
}

static void back_row(const struct backend_norm *b, size_t row)
{
    struct backend_affine f = {b->a, b->b, b->slope};
    struct row_run run[2];
    int runs = row_runs(b, row, run);

    for (int i = 0; i < runs; i++)
        b->loops->back(run[i].r, (char *)at(b, b->x, run[i].x), run[i].step, f,
                       b->mean, b->k, pair_of(b, &run[i]));
}

/* No output sees the outer halves of the grid's border: their gradient is 0. */
static void clear_border(const struct backend_norm *b, size_t n)
{
    size_t h = (size_t)b->h / 2, w = (size_t)b->w / 2;
    size_t c = (size_t)b->c * b->loops->bytes;
    char *grid = (char *)b->x + n * (h + 1) * (w + 1) * 4 * c;

    for (size_t x = 0; x <= w; x++) {
        memset(grid + (x * 4 + 2) * c, 0, 2 * c);
        memset(grid + (h * (w + 1) + x) * 4 * c, 0, 2 * c);
    }
    for (size_t y = 0; y <= h; y++)
        for (size_t a = 0; a < 2; a++) {
            memset(grid + (y * (w + 1) * 4 + a * 2 + 1) * c, 0, c);
            memset(grid + ((y * (w + 1) + w) * 4 + a * 2) * c, 0, c);
        }
}

/* The gradients of channel c's scale and bias, from the rows' sums. */
static void back_channel(struct backend_norm *b, int c, float *dscale,
                         float *dbias)
{
    size_t rows = (size_t)b->n * (size_t)b->h, step = 2 * (size_t)b->c;
    double db = 0, dh = 0;

    for (size_t r = 0; r < rows; r++) {
        db += b->rows[r * step + (size_t)c];
        dh += b->rows[r * step + (size_t)(b->c + c)];
    }
    if (dbias)
        dbias[c] = (float)db;
    if (dscale)
        dscale[c] = (float)(dh * b->rstd[c]);
    b->sums[c] = db;
    b->sums[b->c + c] = dh;
}

/* What batch norm gives back to every pixel of channel c. */
static void back_factors(struct backend_norm *b, int c)
{
    double db = b->sums[c], dh = b->sums[b->c + c];

    b->k[c] = (float)(-b->a[c] * dh * b->rstd[c] * b->rstd[c] / b->m);
    b->k[b->c + c] = (float)(-b->a[c] * db / b->m);
}

int backend_norm_backward(struct backend_norm *b, float *dscale, float *dbias,
                          struct tt_error *err)
{
    size_t rows = (size_t)b->n * (size_t)b->h;
    int rc = 0;

#pragma omp parallel num_threads(b->threads)
    {
#pragma omp for schedule(static)
        for (size_t r = 0; r < rows; r++)
            back_sum_row(b, r);
#pragma omp for schedule(static, 8)
        for (int c = 0; c < b->c; c++) {
            back_channel(b, c, dscale, dbias);
            if (b->batch && !b->group)
                back_factors(b, c);
        }
        if (b->batch && b->group) {
#pragma omp master
            rc = reduce_sum(b->group, b->sums, 2 * (size_t)b->c, err);
#pragma omp barrier
#pragma omp for schedule(static, 8)
            for (int c = 0; c < b->c; c++)
                back_factors(b, c);
        }
#pragma omp for schedule(static)
        for (size_t r = 0; r < rows; r++)
            back_row(b, r);
        if (b->corner) {
#pragma omp for schedule(static)
            for (size_t n = 0; n < (size_t)b->n; n++)
                clear_border(b, n);
        }
    }
    return rc;
}

static void copy_row(const struct backend_norm *b, size_t row)
{
    size_t size = (size_t)b->c * b->loops->bytes;
    struct row_run run[2];
    int runs = row_runs(b, row, run);

    for (int o = 0; o < 2; o++) {
        if (!b->out[o].at || b->out[o].at == b->x)
            continue;
        for (int i = 0; i < runs; i++)
            for (size_t p = 0; p < run[i].r.count; p++) {
                size_t pixel = run[i].first + p * run[i].stride;

                memcpy((char *)at(b, b->out[o].at, pixel * b->out[o].step),
                       at(b, b->x, run[i].x + p * run[i].step), size);
            }
    }
}

void backend_norm_copy(const struct backend_norm *b)
{
    size_t rows = (size_t)b->n * (size_t)b->h;

#pragma omp parallel for schedule(static) num_threads(b->threads)
    for (size_t r = 0; r < rows; r++)
        copy_row(b, r);
}
