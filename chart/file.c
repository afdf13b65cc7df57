#include "chart/chart.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <cairo.h>

#include "base/file.h"
#include "chart/scale.h"

/* Points; a PNG has two pixels for each. */
#define WIDTH        720.0
#define PLOT_HEIGHT  280.0
#define TITLE_HEIGHT 34.0
#define FOOT_HEIGHT  48.0 /* ticks and label below a panel's x axis */
#define EDGE         16.0
#define GAP          8.0
#define SAMPLE       26.0 /* of a line, in the legend */
#define LEGEND_STEP  18.0
#define TEXT_SIZE    11.0
#define TITLE_SIZE   14.0
#define TICK         4.0
#define PNG_SCALE    2.0
#define FEW          40 /* points that are each shown as a dot */

/* Okabe and Ito's colours, which the colour-blind tell apart. */
static const double hues[][3] = {
    {0.00, 0.45, 0.70}, {0.84, 0.37, 0.00}, {0.00, 0.62, 0.45},
    {0.80, 0.47, 0.65}, {0.90, 0.62, 0.00}, {0.34, 0.71, 0.91},
};
/* Levels are greys and differ in their dashes. */
static const double dashes[][2] = {{6, 4}, {2, 3}, {10, 3}, {4, 8}};

enum { HUES = sizeof(hues) / sizeof(hues[0]) };
enum { DASHES = sizeof(dashes) / sizeof(dashes[0]) };

struct paper {
    cairo_t *cr;
    double left, right; /* ends of the x axis */
    struct chart_scale x;
};

/* --- pens --- */

static void pen_line(cairo_t *cr, size_t number)
{
    const double *c = hues[number % HUES];

    cairo_set_source_rgb(cr, c[0], c[1], c[2]);
    cairo_set_line_width(cr, 1.8);
    cairo_set_dash(cr, NULL, 0, 0);
}

static void pen_level(cairo_t *cr, size_t number)
{
    double grey = number % 2 ? 0.35 : 0.55;

    cairo_set_source_rgb(cr, grey, grey, grey);
    cairo_set_line_width(cr, 1.4);
    cairo_set_dash(cr, dashes[number % DASHES], 2, 0);
}

/* Lines and levels are numbered each for themselves. */
static void pen_of(cairo_t *cr, const struct chart_panel *panel, size_t k)
{
    size_t number = 0;

    for (size_t i = 0; i < k; i++)
        number += panel->lines[i].level == panel->lines[k].level;
    if (panel->lines[k].level)
        pen_level(cr, number);
    else
        pen_line(cr, number);
}

static void pen_axis(cairo_t *cr)
{
    cairo_set_source_rgb(cr, 0.2, 0.2, 0.2);
    cairo_set_line_width(cr, 1);
    cairo_set_dash(cr, NULL, 0, 0);
}

/* --- text --- */

static void font(cairo_t *cr, double size, bool bold)
{
    cairo_select_font_face(cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
                           bold ? CAIRO_FONT_WEIGHT_BOLD
                                : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(cr, size);
}

static double text_width(cairo_t *cr, const char *text)
{
    cairo_text_extents_t e;

    cairo_text_extents(cr, text, &e);
    return e.x_advance;
}

/* part: how much of its width lies left of x. */
static void text_at(cairo_t *cr, double x, double y, double part,
                    const char *text)
{
    cairo_move_to(cr, x - part * text_width(cr, text), y);
    cairo_show_text(cr, text);
}

/* --- one panel --- */

static double x_place(const struct paper *p, double v)
{
    return p->left + chart_scale_place(&p->x, v) * (p->right - p->left);
}

static double y_place(const struct chart_scale *y, double top, double v)
{
    return top + (1 - chart_scale_place(y, v)) * PLOT_HEIGHT;
}

static void draw_y_axis(const struct paper *p, const struct chart_scale *y,
                        double top, const char *label)
{
    cairo_t *cr = p->cr;
    char text[64];

    for (int i = 0; i < y->ticks; i++) {
        double tick = chart_scale_tick(y, i);
        double at = round(y_place(y, top, tick)) + 0.5;

        cairo_set_source_rgb(cr, 0.9, 0.9, 0.9);
        cairo_set_line_width(cr, 1);
        cairo_move_to(cr, p->left, at);
        cairo_line_to(cr, p->right, at);
        cairo_stroke(cr);
        pen_axis(cr);
        chart_scale_text(y, tick, text, sizeof(text));
        text_at(cr, p->left - GAP, at + TEXT_SIZE * 0.35, 1, text);
    }
    cairo_save(cr);
    cairo_translate(cr, EDGE + TEXT_SIZE * 0.7, top + PLOT_HEIGHT / 2);
    cairo_rotate(cr, -acos(-1) / 2);
    text_at(cr, 0, 0, 0.5, label);
    cairo_restore(cr);
}

static void draw_x_axis(const struct paper *p, double bottom, const char *label)
{
    cairo_t *cr = p->cr;
    char text[64];

    pen_axis(cr);
    cairo_move_to(cr, p->left, round(bottom) + 0.5);
    cairo_line_to(cr, p->right, round(bottom) + 0.5);
    for (int i = 0; i < p->x.ticks; i++) {
        double at = round(x_place(p, chart_scale_tick(&p->x, i))) + 0.5;

        cairo_move_to(cr, at, bottom);
        cairo_line_to(cr, at, bottom + TICK);
    }
    cairo_stroke(cr);
    for (int i = 0; i < p->x.ticks; i++) {
        double tick = chart_scale_tick(&p->x, i);

        chart_scale_text(&p->x, tick, text, sizeof(text));
        text_at(cr, x_place(p, tick), bottom + TICK + TEXT_SIZE + 2, 0.5, text);
    }
    text_at(cr, (p->left + p->right) / 2, bottom + TICK + 2 * TEXT_SIZE + 9,
            0.5, label);
}

static void draw_line(const struct paper *p, const struct chart_scale *y,
                      double top, const struct chart_line *line)
{
    cairo_t *cr = p->cr;
    bool down = false; /* the pen is on the paper */

    for (size_t i = 0; i < line->n; i++) {
        bool gap = !isfinite(line->x[i]) || !isfinite(line->y[i]);

        if (!gap && down)
            cairo_line_to(cr, x_place(p, line->x[i]),
                          y_place(y, top, line->y[i]));
        else if (!gap)
            cairo_move_to(cr, x_place(p, line->x[i]),
                          y_place(y, top, line->y[i]));
        down = !gap;
    }
    cairo_stroke(cr);
    for (size_t i = 0; i < line->n && line->n <= FEW; i++) {
        if (!isfinite(line->x[i]) || !isfinite(line->y[i]))
            continue;
        cairo_arc(cr, x_place(p, line->x[i]), y_place(y, top, line->y[i]), 2.4,
                  0, 2 * acos(-1));
        cairo_fill(cr);
    }
}

static void draw_lines(const struct paper *p, const struct chart_scale *y,
                       double top, const struct chart_panel *panel)
{
    cairo_t *cr = p->cr;

    cairo_save(cr);
    cairo_rectangle(cr, p->left - 3, top - 3, p->right - p->left + 6,
                    PLOT_HEIGHT + 6);
    cairo_clip(cr);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    for (size_t k = 0; k < panel->n; k++) {
        const struct chart_line *line = &panel->lines[k];

        pen_of(cr, panel, k);
        if (line->level && isfinite(line->y[0])) {
            cairo_move_to(cr, p->left, y_place(y, top, line->y[0]));
            cairo_line_to(cr, p->right, y_place(y, top, line->y[0]));
            cairo_stroke(cr);
        } else if (!line->level) {
            draw_line(p, y, top, line);
        }
    }
    cairo_restore(cr);
}

/* Beside the panel, so that it never lies on a curve. */
static void draw_legend(const struct paper *p, double top,
                        const struct chart_panel *panel)
{
    cairo_t *cr = p->cr;
    double x = p->right + EDGE;

    for (size_t k = 0; k < panel->n; k++) {
        double y = top + TEXT_SIZE + (double)k * LEGEND_STEP;

        pen_of(cr, panel, k);
        cairo_move_to(cr, x, y - TEXT_SIZE * 0.35);
        cairo_line_to(cr, x + SAMPLE, y - TEXT_SIZE * 0.35);
        cairo_stroke(cr);
        pen_axis(cr);
        text_at(cr, x + SAMPLE + GAP, y, 0, panel->lines[k].label);
    }
}

static void panel_scale(const struct chart_panel *panel, struct chart_scale *y)
{
    double low = 0, high = 1;

    if (!chart_y_range(panel, &low, &high)) {
        low = 0;
        high = 1;
    }
    chart_scale_init(y, low, high, 6, CHART_SCALE_ROUND);
}

/* --- the sheet --- */

/* The axes' ends leave room for the widest words beside them. */
static void measure(struct paper *p, const struct chart *chart)
{
    double wide = 0, legend = 0, low = 0, high = 1;

    font(p->cr, TEXT_SIZE, false);
    for (size_t i = 0; i < chart->n; i++) {
        const struct chart_panel *panel = &chart->panels[i];
        struct chart_scale y;
        char text[64];

        panel_scale(panel, &y);
        for (int t = 0; t < y.ticks; t++) {
            chart_scale_text(&y, chart_scale_tick(&y, t), text, sizeof(text));
            wide = fmax(wide, text_width(p->cr, text));
        }
        for (size_t k = 0; k < panel->n; k++)
            legend = fmax(legend, text_width(p->cr, panel->lines[k].label));
    }
    if (!chart_x_range(chart, &low, &high)) {
        low = 0;
        high = 1;
    }
    p->left = floor(EDGE + TEXT_SIZE + GAP + wide + GAP);
    p->right = floor(WIDTH - 2 * EDGE - SAMPLE - GAP - legend);
    p->right = fmax(p->right, p->left + WIDTH / 3);
    chart_scale_init(&p->x, low, high, 10,
                     chart->x_whole ? CHART_SCALE_WHOLE : CHART_SCALE_EXACT);
}

static void draw(cairo_t *cr, const struct chart *chart)
{
    struct paper p = {.cr = cr};
    double top = EDGE;

    cairo_set_source_rgb(cr, 1, 1, 1);
    cairo_paint(cr);
    measure(&p, chart);
    if (chart->title) {
        pen_axis(cr);
        font(cr, TITLE_SIZE, true);
        text_at(cr, p.left, top + TITLE_SIZE, 0, chart->title);
        top += TITLE_HEIGHT;
    }
    font(cr, TEXT_SIZE, false);
    for (size_t i = 0; i < chart->n; i++) {
        struct chart_scale y;

        panel_scale(&chart->panels[i], &y);
        draw_y_axis(&p, &y, top, chart->panels[i].y_label);
        draw_lines(&p, &y, top, &chart->panels[i]);
        draw_x_axis(&p, top + PLOT_HEIGHT, chart->x_label);
        draw_legend(&p, top, &chart->panels[i]);
        top += PLOT_HEIGHT + FOOT_HEIGHT + GAP;
    }
}

static double height_of(const struct chart *chart)
{
    return EDGE + (chart->title ? TITLE_HEIGHT : 0) +
           (double)chart->n * (PLOT_HEIGHT + FOOT_HEIGHT + GAP);
}

/* --- kinds of files --- */

/* What cairo has written so far. */
struct bytes {
    unsigned char *data;
    size_t n, room;
};

static cairo_status_t take(void *closure, const unsigned char *data,
                           unsigned int length)
{
    struct bytes *b = closure;

    if (b->n + length > b->room) {
        size_t room = 2 * (b->n + length);
        unsigned char *more = realloc(b->data, room);

        if (!more)
            return CAIRO_STATUS_NO_MEMORY;
        b->data = more;
        b->room = room;
    }
    memcpy(b->data + b->n, data, length);
    b->n += length;
    return CAIRO_STATUS_SUCCESS;
}

static cairo_surface_t *open_svg(struct bytes *to, double height)
{
    return cairo_svg_surface_create_for_stream(take, to, WIDTH, height);
}

static cairo_surface_t *open_pdf(struct bytes *to, double height)
{
    return cairo_pdf_surface_create_for_stream(take, to, WIDTH, height);
}

static cairo_surface_t *open_png(struct bytes *to, double height)
{
    cairo_surface_t *s =
        cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)(WIDTH * PNG_SCALE),
                                   (int)ceil(height * PNG_SCALE));

    (void)to;
    cairo_surface_set_device_scale(s, PNG_SCALE, PNG_SCALE);
    return s;
}

static cairo_status_t close_png(cairo_surface_t *s, struct bytes *to)
{
    return cairo_surface_write_to_png_stream(s, take, to);
}

static cairo_status_t close_stream(cairo_surface_t *s, struct bytes *to)
{
    (void)to;
    cairo_surface_finish(s);
    return cairo_surface_status(s);
}

static const struct kind {
    const char *suffix;
    cairo_surface_t *(*open)(struct bytes *to, double height);
    cairo_status_t (*close)(cairo_surface_t *s, struct bytes *to);
} kinds[] = {
    {".svg", open_svg, close_stream},
    {".pdf", open_pdf, close_stream},
    {".png", open_png, close_png},
};

static const struct kind *kind_of(const char *path)
{
    const char *dot = strrchr(path, '.');

    for (size_t i = 0; dot && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcasecmp(dot, kinds[i].suffix) == 0)
            return &kinds[i];
    }
    return NULL;
}

bool chart_file_known(const char *path)
{
    return kind_of(path) != NULL;
}

int chart_file_write(const struct chart *chart, const char *path,
                     struct tt_error *err)
{
    const struct kind *kind = kind_of(path);
    struct bytes bytes = {NULL, 0, 0};
    cairo_surface_t *surface;
    cairo_status_t status;
    cairo_t *cr;
    double low, high;
    int rc;

    if (!kind)
        return tt_fail(err, TT_USAGE, "%s: not a .svg, .pdf or .png", path);
    if (!chart_x_range(chart, &low, &high))
        return tt_fail(err, TT_INPUT, "there is nothing to draw yet");
    surface = kind->open(&bytes, height_of(chart));
    cr = cairo_create(surface);
    draw(cr, chart);
    status = cairo_status(cr);
    cairo_destroy(cr);
    if (status == CAIRO_STATUS_SUCCESS)
        status = kind->close(surface, &bytes);
    cairo_surface_destroy(surface);
    if (status == CAIRO_STATUS_SUCCESS)
        rc = tt_file_write(path, bytes.data, bytes.n, err);
    else
        rc = tt_fail(err,
                     status == CAIRO_STATUS_NO_MEMORY ? TT_NOMEM : TT_OUTPUT,
                     "%s: %s", path, cairo_status_to_string(status));
    free(bytes.data);
    return rc;
}
