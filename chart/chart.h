/**
 * chart: curves against one axis, one panel below the other, as a file on paper
 * (SVG, PDF, PNG by cairo) or as letters in a terminal.
 *
 * A panel has its own y axis; all share the x axis. A level (a baseline) is one
 * value, drawn dashed over the whole width. Values that are not finite are
 * gaps.
 *
 * Owns:    nothing; a chart borrows its texts and values.
 * Threads: any.
 * Fails:   TT_USAGE (a file of no known kind), TT_INPUT (nothing to draw),
 *          TT_OUTPUT, TT_NOMEM.
 */
#ifndef CHART_CHART_H
#define CHART_CHART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/error.h"

struct chart_line {
    const char *label;
    const double *x, *y; /* n; x rises. A level has y[0] alone and no x */
    size_t n;
    bool level;
};

struct chart_panel {
    const char *y_label; /* with the unit */
    struct chart_line *lines;
    size_t n;
};

struct chart {
    const char *title; /* or NULL */
    const char *x_label;
    bool x_whole; /* ticks at whole numbers only */
    struct chart_panel *panels;
    size_t n;
};

/** Smallest and largest finite x of all lines; false if there is none. */
bool chart_x_range(const struct chart *chart, double *low, double *high);
/** The same of y in one panel, levels too. */
bool chart_y_range(const struct chart_panel *panel, double *low, double *high);

/** True if that file's suffix is one of .svg .pdf .png, in any case. */
bool chart_file_known(const char *path);

/** Write the chart to path, whole or not at all, over what is there. */
int chart_file_write(const struct chart *chart, const char *path,
                     struct tt_error *err) TT_MUST;

/** Write the chart as lines of at most `columns` characters (UTF-8; the plot
 *  itself has 20 at least), `rows` of them for each panel. colour: with ANSI
 *  colours. */
int chart_text_write(const struct chart *chart, FILE *out, int columns,
                     int rows, bool colour, struct tt_error *err) TT_MUST;

#endif
