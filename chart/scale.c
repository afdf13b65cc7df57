#include "chart/scale.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define NEARLY 1e-9 /* of a step: what rounding may cost */

static double round_step(double raw, int *decimals)
{
    static const struct {
        double factor;
        int digits; /* behind its point */
    } steps[] = {{1, 0}, {2, 0}, {2.5, 1}, {5, 0}, {10, 0}};
    double power = floor(log10(raw));
    size_t i = 0;

    while (i < 4 && steps[i].factor * pow(10, power) < raw * (1 - NEARLY))
        i++;
    *decimals = steps[i].digits - (int)power - (i == 4);
    if (*decimals < 0)
        *decimals = 0;
    return steps[i].factor * pow(10, power);
}

void chart_scale_init(struct chart_scale *s, double low, double high, int most,
                      enum chart_scale_kind kind)
{
    if (!(high > low)) {
        double room = low != 0 ? fabs(low) * 0.1 : 1;

        low -= room;
        high += room;
    }
    s->step = round_step((high - low) / most, &s->decimals);
    if (kind == CHART_SCALE_WHOLE && s->step < 1)
        s->step = 1;
    if (kind == CHART_SCALE_WHOLE && s->step < 10)
        s->step = ceil(s->step);
    if (kind == CHART_SCALE_WHOLE)
        s->decimals = 0;
    s->low = low;
    s->high = high;
    if (kind == CHART_SCALE_ROUND) {
        s->low = floor(low / s->step + NEARLY) * s->step;
        s->high = ceil(high / s->step - NEARLY) * s->step;
    }
    s->first = ceil(s->low / s->step - NEARLY) * s->step;
    s->ticks = (int)floor((s->high - s->first) / s->step + NEARLY) + 1;
}

double chart_scale_tick(const struct chart_scale *s, int i)
{
    double tick = s->first + i * s->step;

    return fabs(tick) < s->step * NEARLY ? 0 : tick; /* no minus zero */
}

double chart_scale_place(const struct chart_scale *s, double value)
{
    return (value - s->low) / (s->high - s->low);
}

void chart_scale_text(const struct chart_scale *s, double tick, char *text,
                      size_t size)
{
    char plain[64];
    size_t n, used = 0;

    snprintf(plain, sizeof(plain), "%.*f", s->decimals, tick);
    n = strcspn(plain, ".");
    for (size_t i = 0; plain[i] && used + 2 < size; i++) {
        bool group = i > 0 && i < n && (n - i) % 3 == 0 && plain[i - 1] != '-';

        if (group && n > 4 + (size_t)(plain[0] == '-'))
            text[used++] = ',';
        text[used++] = plain[i];
    }
    text[used] = '\0';
}
