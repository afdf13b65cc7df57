#include "image/settle.h"

#include <stdlib.h>

enum { ROUNDS = 8 };

static const int64_t weight[3] = {IMAGE_WEIGHT_R, IMAGE_WEIGHT_G,
                                  IMAGE_WEIGHT_B};

struct goal {
    const struct image_grey_table *t;
    int64_t least, below; /* least <= Y < below is right */
    int64_t middle;       /* Y of gray itself */
};

static int64_t light(const struct image_grey_table *t, const int *c)
{
    return weight[0] * t->lin[c[0]] + weight[1] * t->lin[c[1]] +
           weight[2] * t->lin[c[2]];
}

/* How much Y grows when channel i moves by one step of -1, 0, 1; false if it
 * cannot. */
static int step_light(const struct goal *g, const int *c, int i, int step,
                      int64_t *gain)
{
    int to = c[i] + step;

    if (to < 0 || to > g->t->max)
        return 0;
    *gain = weight[i] * ((int64_t)g->t->lin[to] - g->t->lin[c[i]]);
    return 1;
}

struct best {
    int step[3];
    int moved;   /* channels; 4: nothing found yet */
    int64_t off; /* |Y - middle| */
    int right;   /* lands where it should */
};

static void consider(const struct goal *g, const int *step, int64_t y,
                     struct best *best)
{
    int moved = abs(step[0]) + abs(step[1]) + abs(step[2]);
    int right = y >= g->least && y < g->below;
    int64_t off = llabs(y - g->middle);

    /* Right before wrong; few moved channels among the right; then near. */
    if (right != best->right            ? !right
        : right && moved != best->moved ? moved > best->moved
                                        : best->moved < 4 && off >= best->off)
        return;
    for (int i = 0; i < 3; i++)
        best->step[i] = step[i];
    best->moved = moved;
    best->off = off;
    best->right = right;
}

/* The best of the 26 neighbours. */
static struct best search(const struct goal *g, const int *c)
{
    struct best best = {{0, 0, 0}, 4, INT64_MAX, 0};
    int64_t y = light(g->t, c), gain[3] = {0, 0, 0};
    int step[3];

    for (step[0] = -1; step[0] <= 1; step[0]++) {
        if (!step_light(g, c, 0, step[0], &gain[0]))
            continue;
        for (step[1] = -1; step[1] <= 1; step[1]++) {
            if (!step_light(g, c, 1, step[1], &gain[1]))
                continue;
            for (step[2] = -1; step[2] <= 1; step[2]++)
                if (step_light(g, c, 2, step[2], &gain[2]))
                    consider(g, step, y + gain[0] + gain[1] + gain[2], &best);
        }
    }
    return best;
}

/* One channel by one step: enough nearly always. */
static int settle_one(const struct goal *g, int *c, int64_t y)
{
    int step = y < g->least ? 1 : -1, at = -1;
    int64_t gain, off = INT64_MAX;

    for (int i = 0; i < 3; i++) {
        if (!step_light(g, c, i, step, &gain) || y + gain < g->least ||
            y + gain >= g->below || llabs(y + gain - g->middle) >= off)
            continue;
        off = llabs(y + gain - g->middle);
        at = i;
    }
    if (at >= 0)
        c[at] += step;
    return at >= 0;
}

static void settle(const struct goal *g, int v, int *c, int64_t y)
{
    if (settle_one(g, c, y))
        return;
    for (int round = 0; round < ROUNDS; round++) {
        struct best best = search(g, c);

        for (int i = 0; i < 3; i++)
            c[i] += best.step[i];
        if (best.right)
            return;
    }
    c[0] = c[1] = c[2] = v;
}

#define SETTLE_ROW(type)                                                       \
    do {                                                                       \
        const type *v = grey;                                                  \
        type *p = rgb;                                                         \
        for (size_t i = 0; i < n; i++, p += 3) {                               \
            int c[3] = {p[0], p[1], p[2]};                                     \
            int64_t y = light(g.t, c);                                         \
            g.least = sum * g.t->from[v[i]];                                   \
            g.below = sum * g.t->from[v[i] + 1];                               \
            if (y >= g.least && y < g.below)                                   \
                continue;                                                      \
            g.middle = sum * g.t->lin[v[i]];                                   \
            settle(&g, v[i], c, y);                                            \
            p[0] = (type)c[0];                                                 \
            p[1] = (type)c[1];                                                 \
            p[2] = (type)c[2];                                                 \
        }                                                                      \
    } while (0)

void image_settle_row(const void *grey, size_t n, int bits, void *rgb)
{
    const int64_t sum = IMAGE_WEIGHT_SUM;
    struct goal g = {image_grey_table(bits), 0, 0, 0};

    if (bits == 8)
        SETTLE_ROW(uint8_t);
    else
        SETTLE_ROW(uint16_t);
}
