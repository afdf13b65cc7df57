#include "model/backend/sweep.h"

#include <string.h>

#include "model/backend/tile.h"

/* Tiles that one panel of weights is used for while it is near: few while the
 * weights fit the second cache, more where they come from further away. */
#define BLOCK_NEAR 16
#define BLOCK_MOST 48
#define NEAR_BYTES (1 << 20)

/* A large panel used by few tiles is hardly there when the next is wanted: that
 * one is called for meanwhile. */
#define FEW_TILES  24
#define FAR_FLOATS (1 << 15)

int sweep_panels(const struct sweep *s)
{
    return (s->co + TILE_WIDTH - 1) / TILE_WIDTH;
}

int sweep_panel_channels(const struct sweep *s, int panel)
{
    int left = s->co - panel * TILE_WIDTH;

    return left < TILE_WIDTH ? left : TILE_WIDTH;
}

/* Every panel before the last is whole. */
size_t sweep_panel_at(const struct sweep *s, int panel)
{
    return (size_t)panel * (size_t)s->taps * (size_t)s->ci * TILE_WIDTH;
}

size_t sweep_packed(const struct sweep *s)
{
    int last = sweep_panels(s) - 1;

    return sweep_panel_at(s, last) +
           (size_t)s->taps * (size_t)s->ci *
               (size_t)tile_width(sweep_panel_channels(s, last));
}

/* Where channel k under tap t meets a panel's first channel. */
static size_t plain_at(const struct sweep *s, int t, int panel, int k)
{
    return s->tap[t].weight + (size_t)(panel * TILE_WIDTH) * s->o_step +
           (size_t)k * s->i_step;
}

static size_t packed_at(const struct sweep *s, int t, int panel, int k,
                        int width)
{
    return sweep_panel_at(s, panel) + (size_t)(t * s->ci + k) * (size_t)width;
}

static bool narrow(const struct sweep *s)
{
    return s->co <= TILE_NARROW && s->ci % 8 == 0;
}

static void pack_narrow(const struct sweep *s, const float *plain,
                        float *packed)
{
    for (int t = 0; t < s->taps; t++)
        for (int k = 0; k < s->ci; k++)
            for (int o = 0; o < TILE_NARROW; o++) {
                const float *from = plain + s->tap[t].weight +
                                    (size_t)o * s->o_step +
                                    (size_t)k * s->i_step;
                int eight = t * s->ci / 8 + k / 8;

                packed[(eight * TILE_NARROW + o) * 8 + k % 8] =
                    o < s->co ? *from : 0;
            }
}

void sweep_pack(const struct sweep *s, const float *plain, float *packed)
{
    if (narrow(s)) {
        pack_narrow(s, plain, packed);
        return;
    }
#pragma omp parallel for schedule(static)
    for (int panel = 0; panel < sweep_panels(s); panel++) {
        int channels = sweep_panel_channels(s, panel),
            width = tile_width(channels);

        for (int k = 0; k < s->ci; k++)
            for (int t = 0; t < s->taps; t++) {
                const float *from = plain + plain_at(s, t, panel, k);
                float *to = packed + packed_at(s, t, panel, k, width);

                for (int o = 0; o < width; o++)
                    to[o] = o < channels ? from[(size_t)o * s->o_step] : 0;
            }
    }
}

void sweep_unpack(const struct sweep *s, const float *packed, float *plain)
{
#pragma omp parallel for schedule(static)
    for (int panel = 0; panel < sweep_panels(s); panel++) {
        int channels = sweep_panel_channels(s, panel),
            width = tile_width(channels);

        for (int k = 0; k < s->ci; k++)
            for (int t = 0; t < s->taps; t++) {
                const float *from = packed + packed_at(s, t, panel, k, width);
                float *to = plain + plain_at(s, t, panel, k);

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

static struct sweep_pixel pixel_at(const struct sweep *s, size_t number)
{
    size_t image = (size_t)s->h * (size_t)s->w;
    int left = (int)(number % image);

    return (struct sweep_pixel){(int)(number / image), left / s->w,
                                left % s->w};
}

static void pixel_next(const struct sweep *s, struct sweep_pixel *p)
{
    if (++p->x < s->w)
        return;
    p->x = 0;
    if (++p->y < s->h)
        return;
    p->y = 0;
    p->n++;
}

/* How far each tap's source pixel is from that of a tap (0, 0), and the
 * results all of whose taps lie inside. */
struct reach {
    ptrdiff_t offset[SWEEP_TAPS];
    int y0, y1, x0, x1;
};

static struct reach reach_of(const struct sweep *s, size_t step)
{
    int low_y = 0, low_x = 0, high_y = 0, high_x = 0;
    struct reach r;

    for (int t = 0; t < s->taps; t++) {
        int dy = s->tap[t].dy, dx = s->tap[t].dx;

        r.offset[t] = ((ptrdiff_t)dy * s->iw + dx) * (ptrdiff_t)step;
        low_y = dy < low_y ? dy : low_y;
        low_x = dx < low_x ? dx : low_x;
        high_y = dy > high_y ? dy : high_y;
        high_x = dx > high_x ? dx : high_x;
    }
    r.y0 = (s->stride - 1 - low_y) / s->stride;
    r.x0 = (s->stride - 1 - low_x) / s->stride;
    r.y1 = (s->ih - 1 - high_y) / s->stride;
    r.x1 = (s->iw - 1 - high_x) / s->stride;
    return r;
}

static void locate(const struct sweep *s, const struct reach *r,
                   struct sweep_place src, const float *zeros,
                   struct sweep_pixel p, const float **from)
{
    int y = p.y * s->stride, x = p.x * s->stride;
    size_t at = ((size_t)p.n * (size_t)s->ih + (size_t)y) * (size_t)s->iw;
    const float *base = src.at + (at + (size_t)x) * src.step;

    if (p.y >= r->y0 && p.y <= r->y1 && p.x >= r->x0 && p.x <= r->x1) {
        for (int t = 0; t < s->taps; t++)
            from[t * TILE_PIXELS] = base + r->offset[t];
        return;
    }
    for (int t = 0; t < s->taps; t++) {
        int sy = y + s->tap[t].dy, sx = x + s->tap[t].dx;
        bool in = sy >= 0 && sx >= 0 && sy < s->ih && sx < s->iw;

        from[t * TILE_PIXELS] = in ? base + r->offset[t] : zeros;
    }
}

float *sweep_target(const struct sweep *s, struct sweep_place dst,
                    struct sweep_pixel p)
{
    size_t y = (size_t)p.y * (size_t)s->every + (size_t)s->oy;
    size_t x = (size_t)p.x * (size_t)s->every + (size_t)s->ox;

    return dst.at +
           (((size_t)p.n * (size_t)s->oh + y) * (size_t)s->ow + x) * dst.step;
}

static void fill(struct block *b, const struct sweep *s, const struct item *it,
                 struct sweep_place src, const float *zeros,
                 struct sweep_place dst)
{
    size_t left =
        (size_t)s->n * (size_t)s->h * (size_t)s->w - it->first * TILE_PIXELS;
    struct sweep_pixel pixel = pixel_at(s, it->first * TILE_PIXELS);
    struct reach reach = reach_of(s, src.step);

    for (int i = 0; i < it->tiles * TILE_PIXELS; i++) {
        int tile = i / TILE_PIXELS, p = i % TILE_PIXELS;

        locate(s, &reach, src, zeros, pixel, &b->src[tile][p]);
        b->dst[tile][p] = left > 0 ? sweep_target(s, dst, pixel) : NULL;
        if (left > 1) // behind the last: the last again, for nothing
            pixel_next(s, &pixel);
        left -= left > 0;
    }
}

static void run_panel(struct block *b, const struct sweep *s,
                      const struct item *it, int panel,
                      struct tile_product *product)
{
    size_t part = sweep_panel_at(s, panel + 1) - sweep_panel_at(s, panel);
    bool ahead =
        it->tiles <= FEW_TILES && part >= FAR_FLOATS && panel + 1 < it->p1;

    part /= TILE_AHEAD;
    product->channels = sweep_panel_channels(s, panel);
    for (int i = 0; i < it->tiles; i++) {
        float *dst[TILE_PIXELS];

        product->next = NULL;
        if (ahead && i < TILE_AHEAD) // each tile calls for its part
            product->next = product->w + (TILE_AHEAD + (size_t)i) * part;
        for (int p = 0; p < TILE_PIXELS; p++)
            dst[p] = b->dst[i][p] ? b->dst[i][p] + panel * TILE_WIDTH : b->lost;
        (narrow(s) ? tile_narrow : tile_product)(product, b->src[i], dst);
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
    int share = blocks < 16 && sweep_panels(s) > 4 ? 4 : sweep_panels(s);
    int shares = (sweep_panels(s) + share - 1) / share;

#pragma omp parallel
    {
        struct block b = {0};

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

                if (it.p1 > sweep_panels(s))
                    it.p1 = sweep_panels(s);
                fill(&b, s, &it, src, zeros, dst);
                for (int panel = it.p0; panel < it.p1; panel++) {
                    product.w = packed + sweep_panel_at(s, panel);
                    product.bias = end->bias + panel * TILE_WIDTH;
                    run_panel(&b, s, &it, panel, &product);
                }
            }
    }
}
