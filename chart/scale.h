/**
 * scale: from values to places on an axis, with round ticks: 1, 2, 2.5 or 5
 * times a power of ten apart. Private to charts.
 *
 * Owns:    nothing.
 * Threads: any.
 * Fails:   never.
 */
#ifndef CHART_SCALE_H
#define CHART_SCALE_H

#include <stdbool.h>
#include <stddef.h>

enum chart_scale_kind {
    CHART_SCALE_ROUND, /* the ends are ticks */
    CHART_SCALE_EXACT, /* the ends are the values' */
    CHART_SCALE_WHOLE  /* the same, ticks at whole numbers */
};

struct chart_scale {
    double low, high; /* ends of the axis; high > low */
    double first, step;
    int ticks;
    int decimals; /* that the ticks need */
};

/** For values low..high (equal ones get some room), with at most `most` steps
 *  between ticks. */
void chart_scale_init(struct chart_scale *s, double low, double high, int most,
                      enum chart_scale_kind kind);

double chart_scale_tick(const struct chart_scale *s, int i);

/** 0 at low, 1 at high. */
double chart_scale_place(const struct chart_scale *s, double value);

/** A tick as text: "0.025", "20,000". */
void chart_scale_text(const struct chart_scale *s, double tick, char *text,
                      size_t size);

#endif
