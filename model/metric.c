#include "model/metric.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "image/lab.h"

#define TAPS  11
#define SIGMA 1.5
#define PI    3.14159265358979323846

/* Degrees of a hue, 0 .. 360. */
static double hue(double a, double b)
{
    double h = atan2(b, a) * (180 / PI);

    return h < 0 ? h + 360 : h;
}

static double power7(double x)
{
    double x3 = x * x * x;

    return x3 * x3 * x;
}

static double cosd(double degrees)
{
    return cos(degrees * (PI / 180));
}

static double sind(double degrees)
{
    return sin(degrees * (PI / 180));
}

/* The mean of two hues: on the shorter arc; their sum if a colour is grey. */
static double mean_hue(double h1, double h2, bool grey)
{
    double sum = h1 + h2;

    if (grey)
        return sum;
    if (fabs(h1 - h2) <= 180)
        return sum / 2;
    return sum < 360 ? (sum + 360) / 2 : (sum - 360) / 2;
}

// names of quantities are those of the paper
double model_metric_ciede2000(const double x[3], const double y[3])
{
    const double p25 = 6103515625.0; // 25^7
    double cb = (hypot(x[1], x[2]) + hypot(y[1], y[2])) / 2;
    double g = 0.5 * (1 - sqrt(power7(cb) / (power7(cb) + p25)));
    double a1 = x[1] * (1 + g), a2 = y[1] * (1 + g);
    double c1 = hypot(a1, x[2]), c2 = hypot(a2, y[2]);
    double h1 = hue(a1, x[2]), h2 = hue(a2, y[2]), dh = h2 - h1;
    double lm = (x[0] + y[0]) / 2, cm = (c1 + c2) / 2;
    double hm = mean_hue(h1, h2, c1 * c2 == 0);
    double t = 1 - 0.17 * cosd(hm - 30) + 0.24 * cosd(2 * hm) +
               0.32 * cosd(3 * hm + 6) - 0.20 * cosd(4 * hm - 63);
    double ro = 30 * exp(-((hm - 275) / 25) * ((hm - 275) / 25));
    double rc = 2 * sqrt(power7(cm) / (power7(cm) + p25));
    double sl =
        1 + 0.015 * (lm - 50) * (lm - 50) / sqrt(20 + (lm - 50) * (lm - 50));
    double sc = 1 + 0.045 * cm, sh = 1 + 0.015 * cm * t;
    double rt = -sind(2 * ro) * rc, dl, dc, dhue;

    if (dh > 180)
        dh -= 360;
    else if (dh < -180)
        dh += 360;
    dl = (y[0] - x[0]) / sl;
    dc = (c2 - c1) / sc;
    dhue = 2 * sqrt(c1 * c2) * sind(dh / 2) / sh;
    return sqrt(dl * dl + dc * dc + dhue * dhue + rt * dc * dhue);
}

/* The five local means that SSIM is made of: of x, y, xx, yy, xy. */
enum { MEANS = 5 };

static void kernel_of(double k[TAPS])
{
    double sum = 0;

    for (int i = 0; i < TAPS; i++) {
        int d = i - TAPS / 2;

        k[i] = exp(-d * d / (2 * SIGMA * SIGMA));
        sum += k[i];
    }
    for (int i = 0; i < TAPS; i++)
        k[i] /= sum;
}

/* Weighted sums down one column of windows: row y of the output, all columns;
 * to: MEANS, width. */
static void down(const uint8_t *x, const uint8_t *y, size_t step, int width,
                 const double k[TAPS], double *to)
{
    memset(to, 0, (size_t)width * MEANS * sizeof(double));
    for (int t = 0; t < TAPS; t++) {
        size_t row = (size_t)t * (size_t)width * step;

        for (int i = 0; i < width; i++) {
            double p = x[row + (size_t)i * step], q = y[row + (size_t)i * step];

            to[i] += k[t] * p;
            to[width + i] += k[t] * q;
            to[2 * width + i] += k[t] * p * p;
            to[3 * width + i] += k[t] * q * q;
            to[4 * width + i] += k[t] * p * q;
        }
    }
}

static double window(const double *rows, int width, int i, const double k[TAPS])
{
    const double c1 = 0.01 * 255 * 0.01 * 255, c2 = 0.03 * 255 * 0.03 * 255;
    double m[MEANS] = {0}, xx, yy, xy;

    for (int p = 0; p < MEANS; p++)
        for (int t = 0; t < TAPS; t++)
            m[p] += k[t] * rows[p * width + i + t];
    xx = m[2] - m[0] * m[0];
    yy = m[3] - m[1] * m[1];
    xy = m[4] - m[0] * m[1];
    return (2 * m[0] * m[1] + c1) * (2 * xy + c2) /
           ((m[0] * m[0] + m[1] * m[1] + c1) * (xx + yy + c2));
}

int model_metric_ssim(const uint8_t *x, const uint8_t *y, size_t step,
                      int width, int height, double *out, struct tt_error *err)
{
    double *rows = malloc((size_t)width * MEANS * sizeof(double));
    double k[TAPS], sum = 0;

    if (!rows)
        return tt_fail(err, TT_NOMEM, "no memory for SSIM");
    kernel_of(k);
    for (int r = 0; r + TAPS <= height; r++) {
        size_t at = (size_t)r * (size_t)width * step;

        down(x + at, y + at, step, width, k, rows);
        for (int i = 0; i + TAPS <= width; i++)
            sum += window(rows, width, i, k);
    }
    free(rows);
    *out = sum / ((double)(width - TAPS + 1) * (height - TAPS + 1));
    return 0;
}

double model_metric_colour(const uint8_t *rgb, size_t n)
{
    double rg = 0, yb = 0, rg2 = 0, yb2 = 0;

    for (size_t i = 0; i < n; i++) {
        double r = rgb[3 * i], g = rgb[3 * i + 1], b = rgb[3 * i + 2];
        double u = r - g, v = (r + g) / 2 - b;

        rg += u;
        yb += v;
        rg2 += u * u;
        yb2 += v * v;
    }
    rg /= (double)n;
    yb /= (double)n;
    rg2 = rg2 / (double)n - rg * rg;
    yb2 = yb2 / (double)n - yb * yb;
    return sqrt(fmax(rg2 + yb2, 0)) + 0.3 * hypot(rg, yb);
}

static int measure_rgb(const uint8_t *got, const uint8_t *want, int side,
                       struct model_metric *out, struct tt_error *err)
{
    size_t n = (size_t)side * (size_t)side;
    double sum = 0, ssim = 0;

    for (size_t i = 0; i < 3 * n; i++) {
        double d = (double)got[i] - want[i];

        sum += d * d;
    }
    sum /= (double)(3 * n);
    out->psnr = 10 * log10(255.0 * 255.0 / fmax(sum, 1e-4));
    out->colour = model_metric_colour(got, n);
    out->colour_true = model_metric_colour(want, n);
    out->ssim = 0;
    for (int c = 0; c < 3; c++) {
        if (model_metric_ssim(got + c, want + c, 3, side, side, &ssim, err) < 0)
            return -1;
        out->ssim += ssim / 3;
    }
    return 0;
}

int model_metric_measure(const float *got, const float *want, int side,
                         struct model_metric *out, struct tt_error *err)
{
    size_t n = (size_t)side * (size_t)side;
    uint8_t *rgb = malloc(6 * n);
    int rc;

    if (!rgb)
        return tt_fail(err, TT_NOMEM, "no memory for measuring a photo");
    out->mae_ab = out->ciede2000 = 0;
    for (size_t i = 0; i < n; i++) {
        double x[3] = {got[i], got[n + i], got[2 * n + i]};
        double y[3] = {want[i], want[n + i], want[2 * n + i]};

        out->mae_ab += fabs(x[1] - y[1]) + fabs(x[2] - y[2]);
        out->ciede2000 += model_metric_ciede2000(x, y);
    }
    out->mae_ab /= (double)(2 * n);
    out->ciede2000 /= (double)n;
    image_lab_to_rgb8(got, got + n, got + 2 * n, n, rgb);
    image_lab_to_rgb8(want, want + n, want + 2 * n, n, rgb + 3 * n);
    rc = measure_rgb(rgb, rgb + 3 * n, side, out, err);
    free(rgb);
    return rc;
}
