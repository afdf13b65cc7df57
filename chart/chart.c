#include "chart/chart.h"

#include <math.h>

static void widen(double v, double *low, double *high)
{
    if (!isfinite(v))
        return;
    *low = fmin(*low, v);
    *high = fmax(*high, v);
}

bool chart_x_range(const struct chart *chart, double *low, double *high)
{
    *low = INFINITY;
    *high = -INFINITY;
    for (size_t p = 0; p < chart->n; p++) {
        const struct chart_panel *panel = &chart->panels[p];

        for (size_t k = 0; k < panel->n; k++)
            for (size_t i = 0; !panel->lines[k].level && i < panel->lines[k].n;
                 i++)
                widen(panel->lines[k].x[i], low, high);
    }
    return *low <= *high;
}

bool chart_y_range(const struct chart_panel *panel, double *low, double *high)
{
    *low = INFINITY;
    *high = -INFINITY;
    for (size_t k = 0; k < panel->n; k++)
        for (size_t i = 0; i < panel->lines[k].n; i++)
            widen(panel->lines[k].y[i], low, high);
    return *low <= *high;
}
