/* The loops for one type and one kind of processor: loops.c includes this once
 * for each, with T, NAME, LOAD and STORE set. Channels go in blocks of 32, so
 * that four sums are under way at once, and then of 8. */

INLINE void NAME(sum_block)(size_t count, const T *x, size_t step, float *sum,
                            const int blocks)
{
    v8 s[4] = {{0}};

    for (size_t i = 0; i < count; i++, x += step) {
#pragma GCC unroll 4
        for (int k = 0; k < blocks; k++)
            s[k] += LOAD(x + 8 * k);
    }
#pragma GCC unroll 4
    for (int k = 0; k < blocks; k++)
        STORE_F32(sum + 8 * k, s[k]);
}

static void NAME(sum)(struct backend_run r, const void *x, size_t step,
                      float *sum)
{
    const T *from = x;
    int c = 0;

    for (; c + 32 <= r.c; c += 32)
        NAME(sum_block)(r.count, from + c, step, sum + c, 4);
    for (; c < r.c; c += 8)
        NAME(sum_block)(r.count, from + c, step, sum + c, 1);
}

INLINE void NAME(dev_block)(size_t count, const T *x, size_t step,
                            const float *mean, float *dev, const int blocks)
{
    v8 s[4] = {{0}}, m[4];

#pragma GCC unroll 4
    for (int k = 0; k < blocks; k++)
        m[k] = LOAD_F32(mean + 8 * k);
    for (size_t i = 0; i < count; i++, x += step) {
#pragma GCC unroll 4
        for (int k = 0; k < blocks; k++) {
            v8 d = LOAD(x + 8 * k) - m[k];

            s[k] += d * d;
        }
    }
#pragma GCC unroll 4
    for (int k = 0; k < blocks; k++)
        STORE_F32(dev + 8 * k, s[k]);
}

static void NAME(dev)(struct backend_run r, const void *x, size_t step,
                      const float *mean, float *dev)
{
    const T *from = x;
    int c = 0;

    for (; c + 32 <= r.c; c += 32)
        NAME(dev_block)(r.count, from + c, step, mean + c, dev + c, 4);
    for (; c < r.c; c += 8)
        NAME(dev_block)(r.count, from + c, step, mean + c, dev + c, 1);
}

static void NAME(norm)(struct backend_run r, const void *x, size_t step,
                       struct backend_affine f, void *y, size_t y_step)
{
    for (int c = 0; c < r.c; c += 8) {
        const T *from = (const T *)x + c;
        T *to = (T *)y + c;
        v8 a = LOAD_F32(f.a + c), b = LOAD_F32(f.b + c);

        for (size_t i = 0; i < r.count; i++, from += step, to += y_step) {
            v8 v = LOAD(from) * a + b;

            STORE(to, ABOVE(v, v, f.slope * v));
        }
    }
}

INLINE void NAME(back_sum_block)(struct backend_run r, const T *x, size_t step,
                                 struct backend_affine f, const float *mean,
                                 struct backend_pair dz, int c, float *sums)
{
    const T *d0 = (const T *)dz.at[0] + c;
    const T *d1 = dz.at[1] ? (const T *)dz.at[1] + c : NULL;
    v8 a = LOAD_F32(f.a + c), b = LOAD_F32(f.b + c), m = LOAD_F32(mean + c);
    v8 s = LOAD_F32(sums + c), t = LOAD_F32(sums + r.c + c);

    x += c;
    for (size_t i = 0; i < r.count; i++) {
        v8 v = LOAD(x + i * step);
        v8 d = LOAD(d0 + i * dz.step[0]);

        if (d1)
            d += LOAD(d1 + i * dz.step[1]);
        d = ABOVE(v * a + b, d, f.slope * d);
        s += d;
        t += d * (v - m);
    }
    STORE_F32(sums + c, s);
    STORE_F32(sums + r.c + c, t);
}

static void NAME(back_sum)(struct backend_run r, const void *x, size_t step,
                           struct backend_affine f, const float *mean,
                           struct backend_pair dz, float *sums)
{
    for (int c = 0; c < r.c; c += 8)
        NAME(back_sum_block)(r, x, step, f, mean, dz, c, sums);
}

static void NAME(back)(struct backend_run r, void *x, size_t step,
                       struct backend_affine f, const float *mean,
                       const float *k, struct backend_pair dz)
{
    for (int c = 0; c < r.c; c += 8) {
        const T *d0 = (const T *)dz.at[0] + c;
        const T *d1 = dz.at[1] ? (const T *)dz.at[1] + c : NULL;
        v8 a = LOAD_F32(f.a + c), b = LOAD_F32(f.b + c);
        v8 m = LOAD_F32(mean + c), k1 = LOAD_F32(k + c);
        v8 k0 = LOAD_F32(k + r.c + c);
        T *p = (T *)x + c;

        for (size_t i = 0; i < r.count; i++, p += step) {
            v8 v = LOAD(p);
            v8 d = LOAD(d0 + i * dz.step[0]);

            if (d1)
                d += LOAD(d1 + i * dz.step[1]);
            d = ABOVE(v * a + b, d, f.slope * d);
            STORE(p, a * d + k1 * (v - m) + k0);
        }
    }
}

static void NAME(from_f32)(const float *x, void *y, size_t n)
{
    T *to = y;
    size_t i = 0;

    for (; i + 8 <= n; i += 8)
        STORE(to + i, LOAD_F32(x + i));
    if (i < n) {
        float last[8] = {0};
        T whole[8];

        memcpy(last, x + i, (n - i) * sizeof(float));
        STORE(whole, LOAD_F32(last));
        memcpy(to + i, whole, (n - i) * sizeof(T));
    }
}

static void NAME(to_f32)(const void *x, float *y, size_t n)
{
    const T *from = x;
    size_t i = 0;

    for (; i + 8 <= n; i += 8)
        STORE_F32(y + i, LOAD(from + i));
    if (i < n) {
        T last[8] = {0};
        float whole[8];

        memcpy(last, from + i, (n - i) * sizeof(T));
        STORE_F32(whole, LOAD(last));
        memcpy(y + i, whole, (n - i) * sizeof(float));
    }
}

static const struct backend_loops NAME(loops) = {
    .bytes = sizeof(T),
    .from_f32 = NAME(from_f32),
    .to_f32 = NAME(to_f32),
    .sum = NAME(sum),
    .dev = NAME(dev),
    .norm = NAME(norm),
    .back_sum = NAME(back_sum),
    .back = NAME(back),
};
