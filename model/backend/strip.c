#include "model/backend/strip.h"

#include <string.h>

#include "model/backend/tile.h"

/* A strip is some whole rows of results: enough pixels to make it cheap to take
 * a tile's sums from memory and back. */
#define BLOCK_PIXELS 512

/* Rows of results first .. end, counted through all images, and the rows of
 * the source that they read. */
struct strip {
    size_t first, end, source, source_end;
};

static size_t strip_rows(const struct sweep *s)
{
    size_t w = (size_t)s->w;

    return w < BLOCK_PIXELS ? BLOCK_PIXELS / w : 1;
}

/* The source's rows that row y of the results reads, from the highest tap to
 * behind the lowest. */
static void source_rows(const struct sweep *s, size_t row, size_t *from,
                        size_t *end)
{
    size_t image = row / (size_t)s->h * (size_t)s->ih;
    int y = (int)(row % (size_t)s->h) * s->stride, low = s->ih, high = 0;

    for (int t = 0; t < s->taps; t++) {
        int at = y + s->tap[t].dy;

        low = at < low ? at : low;
        high = at > high ? at : high;
    }
    low = low < 0 ? 0 : low;
    high = high < s->ih ? high : s->ih - 1;
    *from = image + (size_t)low;
    *end = image + (size_t)high + 1;
}

static struct strip strip_at(const struct sweep *s, size_t first)
{
    size_t rows = (size_t)s->n * (size_t)s->h, end = first + strip_rows(s);
    struct strip p = {.first = first, .end = end < rows ? end : rows};
    size_t none;

    source_rows(s, p.first, &p.source, &none);
    source_rows(s, p.end - 1, &none, &p.source_end);
    return p;
}

static size_t source_panel(const struct sweep *s)
{
    size_t rows = strip_rows(s) * (size_t)s->stride, image = (size_t)s->ih;
    size_t images = strip_rows(s) / (size_t)s->h + 2;

    // a strip reads at most the source's share and three rows to each side
    rows = rows + 2 * (size_t)SWEEP_TAPS;
    if (rows > images * image)
        rows = images * image;
    return rows * (size_t)s->iw * TILE_WIDTH;
}

static size_t result_panel(const struct sweep *s)
{
    return strip_rows(s) * (size_t)s->w * TILE_WIDTH;
}

static int source_panels(const struct sweep *s)
{
    return (s->ci + TILE_WIDTH - 1) / TILE_WIDTH;
}

/* The most pairs that meet under a tap in a strip. */
static size_t most_pairs(const struct sweep *s)
{
    return strip_rows(s) * (size_t)s->w;
}

/* What a strip is laid out in: both tensors' panels, each tap's pairs. */
struct layout {
    float *source, *result;
    struct tile_pair *pair; /* taps, most_pairs() */
    size_t pairs[SWEEP_TAPS];
};

static struct layout layout_in(const struct sweep *s, float *scratch)
{
    size_t source = (size_t)source_panels(s) * source_panel(s);
    size_t result = (size_t)sweep_panels(s) * result_panel(s);

    return (struct layout){.source = scratch,
                           .result = scratch + source,
                           .pair =
                               (struct tile_pair *)(scratch + source + result)};
}

size_t strip_scratch(const struct sweep *s)
{
    size_t floats = (size_t)source_panels(s) * source_panel(s) +
                    (size_t)sweep_panels(s) * result_panel(s);

    return floats * sizeof(float) +
           (size_t)s->taps * most_pairs(s) * sizeof(struct tile_pair);
}

/* Pixels, step floats apart, to pixels of a panel. */
static void lay_out(const float *from, size_t step, size_t count, int channels,
                    int width, float *to)
{
    size_t size = (size_t)channels * sizeof(float);

    for (size_t i = 0; i < count; i++, from += step, to += width) {
        if (channels == TILE_WIDTH)
            memcpy(to, from, TILE_WIDTH * sizeof(float));
        else {
            memset(to, 0, (size_t)width * sizeof(float));
            memcpy(to, from, size);
        }
    }
}

static void lay_source(const struct sweep *s, const struct strip *p,
                       struct sweep_place src, int panel, float *to)
{
    int left = s->ci - panel * TILE_WIDTH;
    size_t iw = (size_t)s->iw;

    lay_out(src.at + p->source * iw * src.step + panel * TILE_WIDTH, src.step,
            (p->source_end - p->source) * iw,
            left < TILE_WIDTH ? left : TILE_WIDTH, TILE_WIDTH, to);
}

static void lay_result(const struct sweep *s, const struct strip *p,
                       struct sweep_place ddst, int panel, float *to)
{
    int channels = sweep_panel_channels(s, panel), width = tile_width(channels);

    for (size_t row = p->first; row < p->end; row++) {
        struct sweep_pixel at = {(int)(row / (size_t)s->h),
                                 (int)(row % (size_t)s->h), 0};

        lay_out(sweep_target(s, ddst, at) + panel * TILE_WIDTH,
                ddst.step * (size_t)s->every, (size_t)s->w, channels, width,
                to + (row - p->first) * (size_t)s->w * (size_t)width);
    }
}

/* The pairs of pixels that meet under a tap. */
static size_t pair_up(const struct sweep *s, const struct strip *p,
                      struct sweep_tap tap, struct tile_pair *pair)
{
    int first = tap.dx < 0 ? (-tap.dx + s->stride - 1) / s->stride : 0;
    int end = (s->iw - tap.dx + s->stride - 1) / s->stride;
    size_t count = 0;

    for (size_t row = p->first; row < p->end; row++) {
        int y = (int)(row % (size_t)s->h), sy = y * s->stride + tap.dy;
        size_t from = row / (size_t)s->h * (size_t)s->ih + (size_t)sy;

        if (sy < 0 || sy >= s->ih)
            continue;
        from = (from - p->source) * (size_t)s->iw;
        for (int x = first; x < end && x < s->w; x++) {
            size_t sx = from + (size_t)(x * s->stride + tap.dx);
            size_t dx = (row - p->first) * (size_t)s->w + (size_t)x;

            pair[count++] =
                (struct tile_pair){(unsigned int)sx, (unsigned int)dx};
        }
    }
    return count;
}

/* One tap and one panel of results by all panels of the source. */
static void gradient_unit(const struct sweep *s, const struct layout *l,
                          bool add, int tap, int panel, float *packed)
{
    int width = tile_width(sweep_panel_channels(s, panel));
    float *sum =
        packed + sweep_panel_at(s, panel) + (size_t)(tap * s->ci * width);
    struct tile_gradient g = {.dy = l->result + (size_t)panel * result_panel(s),
                              .pair = l->pair + (size_t)tap * most_pairs(s),
                              .pairs = l->pairs[tap],
                              .width = width,
                              .add = add};

    for (int k = 0; k < s->ci; k += TILE_WIDTH) {
        g.x = l->source + (size_t)(k / TILE_WIDTH) * source_panel(s);
        tile_gradient(&g, s->ci - k < TILE_WIDTH ? s->ci - k : TILE_WIDTH,
                      sum + k * width);
    }
}

/* By all threads of a team. */
static void gradient_strip(const struct sweep *s, const struct strip *p,
                           struct sweep_place src, struct sweep_place ddst,
                           struct layout *l, float *packed)
{
#pragma omp for schedule(static) nowait
    for (int t = 0; t < s->taps; t++)
        l->pairs[t] =
            pair_up(s, p, s->tap[t], l->pair + (size_t)t * most_pairs(s));
#pragma omp for schedule(static) nowait
    for (int i = 0; i < source_panels(s); i++)
        lay_source(s, p, src, i, l->source + (size_t)i * source_panel(s));
#pragma omp for schedule(static)
    for (int i = 0; i < sweep_panels(s); i++)
        lay_result(s, p, ddst, i, l->result + (size_t)i * result_panel(s));
#pragma omp for schedule(static) collapse(2)
    for (int tap = 0; tap < s->taps; tap++)
        for (int i = 0; i < sweep_panels(s); i++)
            gradient_unit(s, l, p->first > 0, tap, i, packed);
}

void strip_gradient(const struct sweep *s, struct sweep_place src,
                    struct sweep_place ddst, void *scratch, float *packed)
{
    size_t rows = (size_t)s->n * (size_t)s->h;
    struct layout l = layout_in(s, scratch);

#pragma omp parallel
    for (size_t first = 0; first < rows; first += strip_rows(s)) {
        struct strip p = strip_at(s, first);

        gradient_strip(s, &p, src, ddst, &l, packed);
    }
}
