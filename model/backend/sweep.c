#include "model/backend/sweep.h"

#include <string.h>

#include "model/backend/tile.h"

/* Tiles that one panel of weights is used for while it is near: few while the
 * weights fit the second cache, more where they come from further away. */
#define BLOCK_NEAR 16
#define BLOCK_MOST 48
#define NEAR_BYTES (1 << 20)

static int panels(const struct sweep *s)
{
    return (s->co + TILE_WIDTH - 1) / TILE_WIDTH;
}

static int panel_channels(const struct sweep *s, int panel)
{
    int left = s->co - panel * TILE_WIDTH;

    return left < TILE_WIDTH ? left : TILE_WIDTH;
}

/* Every panel before the last is whole. */
static size_t panel_at(const struct sweep *s, int panel)
{
    return (size_t)panel * (size_t)s->taps * (size_t)s->ci * TILE_WIDTH;
}

size_t sweep_packed(const struct sweep *s)
{
    int last = panels(s) - 1;

    return panel_at(s, last) + (size_t)s->taps * (size_t)s->ci *
                                   (size_t)tile_width(panel_channels(s, last));
}

void sweep_pack(const struct sweep *s, const float *plain, float *packed)
{
#pragma omp parallel for schedule(static)
    for (int panel = 0; panel < panels(s); panel++) {
        int channels = panel_channels(s, panel), width = tile_width(channels);
        float *to = packed + panel_at(s, panel);

        for (int t = 0; t < s->taps; t++)
            for (int k = 0; k < s->ci; k++, to += width) {
                const float *from = plain + s->tap[t].weight +
                                    (size_t)(panel * TILE_WIDTH) * s->o_step +
                                    (size_t)k * s->i_step;

                for (int o = 0; o < width; o++)
                    to[o] = o < channels ? from[(size_t)o * s->o_step] : 0;
            }
    }
}

void sweep_unpack(const struct sweep *s, const float *packed, float *plain)
{
#pragma omp parallel for schedule(static)
    for (int panel = 0; panel < panels(s); panel++) {
        int channels = panel_channels(s, panel), width = tile_width(channels);
        const float *from = packed + panel_at(s, panel);

        for (int t = 0; t < s->taps; t++)
            for (int k = 0; k < s->ci; k++, from += width) {
                float *to = plain + s->tap[t].weight +
                            (size_t)(panel * TILE_WIDTH) * s->o_step +
                            (size_t)k * s->i_step;

                for (int o = 0; o < channels; o++)
                    to[(size_t)o * s->o_step] = from[o];
            }
    }
}

/* Where the pixels of some tiles come from and go to. */
struct block {
    const float *src[BLOCK_MOST][SWEEP_TAPS * TILE_PIXELS];
    float *dst[BLOCK_MOST][TILE_PIXELS];
    float lost[TILE_WIDTH]; /* for the pixels behind the last */
};

/* A work item: tiles first .. first + tiles, panels p0 .. p1. */
struct item {
    size_t first;
    int tiles, p0, p1;
};

static void locate(const struct sweep *s, struct sweep_place src,
                   const float *zeros, size_t pixel, const float **from)
{
    size_t image = (size_t)s->h * (size_t)s->w, n = pixel / image;
    int y = (int)(pixel % image) / s->w, x = (int)(pixel % image) % s->w;

    for (int t = 0; t < s->taps; t++) {
        int sy = y * s->stride + s->tap[t].dy;
        int sx = x * s->stride + s->tap[t].dx;
        bool in = sy >= 0 && sx >= 0 && sy < s->ih && sx < s->iw;
        size_t at = (n * (size_t)s->ih + (size_t)sy) * (size_t)s->iw;

        from[t * TILE_PIXELS] =
            in ? src.at + (at + (size_t)sx) * src.step : zeros;
    }
}

static float *target(const struct sweep *s, struct sweep_place dst,
                     size_t pixel)
{
    size_t image = (size_t)s->h * (size_t)s->w, n = pixel / image;
    int y = (int)(pixel % image) / s->w, x = (int)(pixel % image) % s->w;
    size_t row = n * (size_t)s->oh + (size_t)(y * s->every + s->oy);

    return dst.at +
           (row * (size_t)s->ow + (size_t)(x * s->every + s->ox)) * dst.step;
}

static void fill(struct block *b, const struct sweep *s, const struct item *it,
                 struct sweep_place src, const float *zeros,
                 struct sweep_place dst)
{
    size_t all = (size_t)s->n * (size_t)s->h * (size_t)s->w;

    for (int i = 0; i < it->tiles; i++)
        for (int p = 0; p < TILE_PIXELS; p++) {
            size_t pixel = (it->first + (size_t)i) * TILE_PIXELS + (size_t)p;
            bool real = pixel < all;

            locate(s, src, zeros, real ? pixel : all - 1, &b->src[i][p]);
            b->dst[i][p] = real ? target(s, dst, pixel) : NULL;
        }
}

static void run_panel(struct block *b, const struct sweep *s,
                      const struct item *it, int panel,
                      struct tile_product *product)
{
    product->channels = panel_channels(s, panel);
    for (int i = 0; i < it->tiles; i++) {
        float *dst[TILE_PIXELS];

        for (int p = 0; p < TILE_PIXELS; p++)
            dst[p] = b->dst[i][p] ? b->dst[i][p] + panel * TILE_WIDTH : b->lost;
        tile_product(product, b->src[i], dst);
    }
}

void sweep_run(const struct sweep *s, struct sweep_place src,
               const float *packed, const struct sweep_end *end,
               const float *zeros, struct sweep_place dst)
{
    size_t all = (size_t)s->n * (size_t)s->h * (size_t)s->w;
    size_t tiles = (all + TILE_PIXELS - 1) / TILE_PIXELS;
    bool near = sweep_packed(s) * sizeof(float) <= NEAR_BYTES;
    size_t each = near ? BLOCK_NEAR : BLOCK_MOST;
    size_t blocks = (tiles + each - 1) / each;
    // few blocks of many channels: let the threads share the channels as well
    int share = blocks < 16 && panels(s) > 4 ? 4 : panels(s);
    int shares = (panels(s) + share - 1) / share;

#pragma omp parallel
    {
        struct block b;

#pragma omp for collapse(2) schedule(dynamic)
        for (size_t i = 0; i < blocks; i++)
            for (int j = 0; j < shares; j++) {
                size_t first = i * each, left = tiles - first;
                struct item it = {first, (int)(left < each ? left : each),
                                  j * share, (j + 1) * share};
                struct tile_product product = {.taps = s->taps,
                                               .ci = s->ci,
                                               .act = end->act,
                                               .slope = end->slope};

                if (it.p1 > panels(s))
                    it.p1 = panels(s);
                fill(&b, s, &it, src, zeros, dst);
                for (int panel = it.p0; panel < it.p1; panel++) {
                    product.w = packed + panel_at(s, panel);
                    product.bias = end->bias + panel * TILE_WIDTH;
                    run_panel(&b, s, &it, panel, &product);
                }
            }
    }
}

/* Rows of results whose pixels are summed before a tile's sums go back to
 * memory: enough pixels to make that cheap, few enough to stay near. */
#define ROWS_MOST   64
#define PIXELS_MUCH 192
#define NEAR_FLOATS (48 << 10)

static size_t rows_at_once(const struct sweep *s)
{
    size_t w = (size_t)s->w;
    size_t row =
        w * (size_t)s->co + w * (size_t)s->ci * (size_t)(s->stride * s->stride);
    size_t rows = NEAR_FLOATS / row, much = (PIXELS_MUCH + w - 1) / w;

    if (rows < much)
        rows = much;
    return rows < ROWS_MOST ? rows : ROWS_MOST;
}

/* The pixels of a row of results for which a tap lies inside the image. */
static bool row_run(const struct sweep *s, size_t row, struct sweep_tap tap,
                    struct sweep_place src, struct sweep_place ddst,
                    struct tile_run *run)
{
    size_t n = row / (size_t)s->h;
    int y = (int)(row % (size_t)s->h), sy = y * s->stride + tap.dy;
    int first = tap.dx < 0 ? (-tap.dx + s->stride - 1) / s->stride : 0;
    int end = (s->iw - tap.dx + s->stride - 1) / s->stride;
    size_t from = n * (size_t)s->ih + (size_t)sy;
    size_t to = n * (size_t)s->oh + (size_t)(y * s->every + s->oy);

    if (end > s->w)
        end = s->w;
    if (sy < 0 || sy >= s->ih || first >= end)
        return false;
    from = from * (size_t)s->iw + (size_t)(first * s->stride + tap.dx);
    to = to * (size_t)s->ow + (size_t)(first * s->every + s->ox);
    run->x = src.at + from * src.step;
    run->dy = ddst.at + to * ddst.step;
    run->count = (size_t)(end - first);
    return true;
}

/* One tap and one panel, for some rows of results. */
static void gradient_unit(const struct sweep *s, struct sweep_place src,
                          struct sweep_place ddst, size_t first, size_t end,
                          int unit, float *packed)
{
    int panel = unit / s->taps, tap = unit % s->taps;
    int width = tile_width(panel_channels(s, panel));
    struct tile_run runs[ROWS_MOST];
    struct tile_gradient g = {.run = runs,
                              .x_step = src.step * (size_t)s->stride,
                              .dy_step = ddst.step * (size_t)s->every,
                              .width = width,
                              .add = first > 0};

    for (size_t row = first; row < end; row++)
        if (row_run(s, row, s->tap[tap], src, ddst, &runs[g.runs])) {
            runs[g.runs].dy += panel * TILE_WIDTH;
            g.runs++;
        }
    tile_gradient(&g, s->ci, packed + panel_at(s, panel) + tap * s->ci * width);
}

void sweep_gradient(const struct sweep *s, struct sweep_place src,
                    struct sweep_place ddst, float *packed)
{
    size_t rows = (size_t)s->n * (size_t)s->h, each = rows_at_once(s);
    int units = panels(s) * s->taps;

#pragma omp parallel
    for (size_t first = 0; first < rows; first += each) {
        size_t end = first + each < rows ? first + each : rows;

        // a thread's units are its own: no need to wait for the others
#pragma omp for schedule(static) nowait
        for (int unit = 0; unit < units; unit++)
            gradient_unit(s, src, ddst, first, end, unit, packed);
    }
}
