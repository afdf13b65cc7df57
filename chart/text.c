#include "chart/chart.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "chart/scale.h"

/* A letter of Braille has two dots across and four down. */
enum { ACROSS = 2, DOWN = 4, LEAST_PLOT = 20, LEAST_ROWS = 4 };

static const char *const colours[] = {"34", "33", "32", "35", "36", "31"};
enum { COLOURS = sizeof(colours) / sizeof(colours[0]) };

struct canvas {
    FILE *out;
    bool colour;
    int columns, rows; /* of the plot, in letters */
    int left, right;   /* letters beside it */
    uint8_t *dots;     /* rows, columns */
    uint8_t *line;     /* rows, columns: which line was there last, from 1 */
    int *label;        /* rows: which line's label stands there, or -1 */
    struct chart_scale x, y;
};

/* Letters, not bytes. */
static int width_of(const char *text)
{
    int n = 0;

    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

/* --- dots --- */

static void dot(struct canvas *c, int x, int y, size_t line)
{
    static const uint8_t bits[DOWN][ACROSS] = {
        {0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
    int at;

    if (x < 0 || y < 0 || x >= c->columns * ACROSS || y >= c->rows * DOWN)
        return;
    at = y / DOWN * c->columns + x / ACROSS;
    c->dots[at] |= bits[y % DOWN][x % ACROSS];
    c->line[at] = (uint8_t)(line + 1);
}

static double x_dot(const struct canvas *c, double v)
{
    return chart_scale_place(&c->x, v) * (c->columns * ACROSS - 1);
}

static double y_dot(const struct canvas *c, double v)
{
    return (1 - chart_scale_place(&c->y, v)) * (c->rows * DOWN - 1);
}

static void stroke(struct canvas *c, double x0, double y0, double x1, double y1,
                   size_t line)
{
    int steps = (int)ceil(fmax(fabs(x1 - x0), fabs(y1 - y0)));

    for (int i = 0; i <= steps; i++) {
        double part = steps ? (double)i / steps : 0;

        dot(c, (int)lround(x0 + part * (x1 - x0)),
            (int)lround(y0 + part * (y1 - y0)), line);
    }
}

static void draw_line(struct canvas *c, const struct chart_line *l, size_t k)
{
    double x = NAN, y = NAN;

    for (size_t i = 0; i < l->n; i++) {
        double nx = x_dot(c, l->x[i]), ny = y_dot(c, l->y[i]);

        if (isfinite(nx) && isfinite(ny))
            stroke(c, isfinite(x) && isfinite(y) ? x : nx,
                   isfinite(x) && isfinite(y) ? y : ny, nx, ny, k);
        x = nx;
        y = ny;
    }
}

static void draw_level(struct canvas *c, const struct chart_line *l, size_t k)
{
    for (int x = 0; isfinite(l->y[0]) && x < c->columns * ACROSS; x++) {
        if (x % 6 < 3)
            dot(c, x, (int)lround(y_dot(c, l->y[0])), k);
    }
}

/* --- words --- */

static void ink(const struct canvas *c, const struct chart_panel *panel, int k)
{
    size_t number = 0;

    if (!c->colour)
        return;
    for (int i = 0; i < k; i++)
        number += !panel->lines[i].level;
    if (k < 0)
        fputs("\033[0m", c->out);
    else if (panel->lines[k].level)
        fputs("\033[90m", c->out);
    else
        fprintf(c->out, "\033[%sm", colours[number % COLOURS]);
}

/* The row where a line ends, or -1. */
static int end_row(const struct canvas *c, const struct chart_line *l)
{
    for (size_t i = l->n; i-- > 0;) {
        if (isfinite(l->y[i]))
            return (int)lround(y_dot(c, l->y[i])) / DOWN;
    }
    return -1;
}

/* Each label to the row where its line ends, or to the next free one. */
static void place_labels(struct canvas *c, const struct chart_panel *panel)
{
    for (int r = 0; r < c->rows; r++)
        c->label[r] = -1;
    for (size_t k = 0; k < panel->n; k++) {
        int at = end_row(c, &panel->lines[k]);

        for (int away = 0; at >= 0 && away < c->rows; away++) {
            int down = at + away, up = at - away;

            if (down < c->rows && c->label[down] < 0)
                c->label[down] = (int)k;
            else if (up >= 0 && c->label[up] < 0)
                c->label[up] = (int)k;
            else
                continue;
            break;
        }
    }
}

/* The text of the tick that lies in that row; "" if there is none. */
static void tick_of_row(const struct canvas *c, int row, char *text,
                        size_t size)
{
    text[0] = '\0';
    for (int i = 0; i < c->y.ticks; i++) {
        double tick = chart_scale_tick(&c->y, i);

        if ((int)lround(y_dot(c, tick)) / DOWN == row)
            chart_scale_text(&c->y, tick, text, size);
    }
}

static void put_braille(const struct canvas *c, uint8_t dots)
{
    char utf8[4] = {(char)0xe2, (char)(0xa0 | dots >> 6),
                    (char)(0x80 | (dots & 0x3f)), '\0'};

    fputs(dots ? utf8 : " ", c->out);
}

static void put_row(const struct canvas *c, const struct chart_panel *panel,
                    int row)
{
    int now = -1, label = c->label[row];
    char text[64];

    tick_of_row(c, row, text, sizeof(text));
    fprintf(c->out, "%*s%s %s", c->left - 2 - width_of(text), "", text,
            *text ? "┤" : "│");
    for (int x = 0; x < c->columns; x++) {
        int line = c->line[row * c->columns + x] - 1;

        if (line >= 0 && line != now) {
            ink(c, panel, line);
            now = line;
        }
        put_braille(c, c->dots[row * c->columns + x]);
    }
    if (label >= 0) {
        ink(c, panel, label);
        fprintf(c->out, " %s %s", panel->lines[label].level ? "┄" : "─",
                panel->lines[label].label);
        now = label;
    }
    if (now >= 0)
        ink(c, panel, -1);
    fputc('\n', c->out);
}

static void put_x_axis(const struct canvas *c, const char *label)
{
    char text[64];
    int used = -2;

    fprintf(c->out, "%*s└", c->left - 1, "");
    for (int x = 0; x < c->columns; x++) {
        bool tick = false;

        for (int i = 0; i < c->x.ticks; i++)
            tick |=
                (int)lround(x_dot(c, chart_scale_tick(&c->x, i))) / ACROSS == x;
        fputs(tick ? "┬" : "─", c->out);
    }
    fprintf(c->out, "\n%*s", c->left, "");
    for (int i = 0; i < c->x.ticks; i++) {
        double tick = chart_scale_tick(&c->x, i);
        int at = (int)lround(x_dot(c, tick)) / ACROSS, from;

        chart_scale_text(&c->x, tick, text, sizeof(text));
        from = at - width_of(text) / 2;
        from = from < 0 ? 0 : from;
        if (from < used + 2 && used >= 0)
            continue;
        used = used < 0 ? 0 : used;
        used += fprintf(c->out, "%*s%s", from - used, "", text);
    }
    fprintf(c->out, "  %s\n", label);
}

/* --- a panel --- */

static int measure(struct canvas *c, const struct chart *chart,
                   const struct chart_panel *panel, int columns)
{
    double low, high;
    char text[64];

    chart_y_range(panel, &low, &high);
    if (low > high)
        return -1;
    chart_scale_init(&c->y, low, high, c->rows / 2 > 5 ? 5 : c->rows / 2,
                     CHART_SCALE_ROUND);
    chart_x_range(chart, &low, &high);
    c->left = c->right = 0;
    for (int i = 0; i < c->y.ticks; i++) {
        chart_scale_text(&c->y, chart_scale_tick(&c->y, i), text, sizeof(text));
        c->left = width_of(text) > c->left ? width_of(text) : c->left;
    }
    c->left += 2;
    for (size_t k = 0; k < panel->n; k++) {
        int wide = width_of(panel->lines[k].label) + 3;

        c->right = wide > c->right ? wide : c->right;
    }
    c->columns = columns - c->left - c->right;
    if (c->columns < LEAST_PLOT)
        c->columns = LEAST_PLOT;
    chart_scale_init(&c->x, low, high,
                     c->columns / 8 < 10 ? c->columns / 8 : 10,
                     chart->x_whole ? CHART_SCALE_WHOLE : CHART_SCALE_EXACT);
    return 0;
}

static int write_panel(struct canvas *c, const struct chart *chart,
                       const struct chart_panel *panel, int columns,
                       struct tt_error *err)
{
    size_t cells;

    if (measure(c, chart, panel, columns) < 0)
        return 0;
    cells = (size_t)c->rows * (size_t)c->columns;
    c->dots = calloc(cells, 2);
    c->label = calloc((size_t)c->rows, sizeof(*c->label));
    if (!c->dots || !c->label) {
        free(c->dots);
        free(c->label);
        return tt_fail(err, TT_NOMEM, "no memory for a chart");
    }
    c->line = c->dots + cells;
    /* levels first: curves lie over them */
    for (size_t k = 0; k < panel->n; k++)
        if (panel->lines[k].level)
            draw_level(c, &panel->lines[k], k);
    for (size_t k = 0; k < panel->n; k++)
        if (!panel->lines[k].level)
            draw_line(c, &panel->lines[k], k);
    place_labels(c, panel);
    fprintf(c->out, "%s\n", panel->y_label);
    for (int r = 0; r < c->rows; r++)
        put_row(c, panel, r);
    put_x_axis(c, chart->x_label);
    free(c->dots);
    free(c->label);
    return 0;
}

int chart_text_write(const struct chart *chart, FILE *out, int columns,
                     int rows, bool colour, struct tt_error *err)
{
    struct canvas c = {.out = out, .colour = colour};
    double low, high;

    if (!chart_x_range(chart, &low, &high))
        return tt_fail(err, TT_INPUT, "there is nothing to draw yet");
    c.rows = rows > LEAST_ROWS ? rows : LEAST_ROWS;
    if (chart->title)
        fprintf(out, "%s\n", chart->title);
    for (size_t i = 0; i < chart->n; i++) {
        if (write_panel(&c, chart, &chart->panels[i], columns, err) < 0)
            return -1;
    }
    return 0;
}
