#include "chart/chart.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "chart/scale.h"
#include "tests/check.h"

static const double epochs[] = {1, 2, 3, 4, 5, 6};
static const double train[] = {0.081, 0.06, 0.052, 0.047, 0.043, 0.041};
static const double val[] = {0.07, 0.058, 0.055, (double)NAN, 0.05, 0.0495};
static const double lookup[] = {0.072};

static struct chart_line lines[] = {
    {"train_loss", epochs, train, 6, false},
    {"val_loss", epochs, val, 6, false},
    {"lookup_loss", NULL, lookup, 1, true},
};
static struct chart_panel panel = {"loss", lines, 3};
static const struct chart chart = {"first (r1)", "epoch", true, &panel, 1};

static char *as_text(int columns, bool colour)
{
    struct tt_error err;
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    CHECK_OK(chart_text_write(&chart, out, columns, 12, colour, &err));
    fclose(out);
    return text;
}

TEST(chart_scale_has_round_ticks_that_hold_the_values)
{
    static const struct {
        double low, high;
        int most;
        double first, step;
        int ticks, decimals;
    } rows[] = {
        {0.041, 0.081, 6, 0.04, 0.01, 6, 2}, {0, 7.3, 5, 0, 2, 5, 0},
        {-3, 11, 6, -5, 2.5, 8, 1},          {1200, 19000, 5, 0, 5000, 5, 0},
        {1, 1, 4, 0.9, 0.05, 5, 2},          {0, 1e-6, 5, 0, 2e-7, 6, 7},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct chart_scale s;

        chart_scale_init(&s, rows[i].low, rows[i].high, rows[i].most,
                         CHART_SCALE_ROUND);
        CHECK_NEAR(s.first, rows[i].first, 1e-12);
        CHECK_NEAR(s.step, rows[i].step, 1e-12);
        CHECK_INT(s.ticks, rows[i].ticks);
        CHECK_INT(s.decimals, rows[i].decimals);
        CHECK(s.low <= rows[i].low && s.high >= rows[i].high);
    }
}

TEST(chart_scale_of_epochs_has_whole_ticks_within_its_ends)
{
    struct chart_scale s;
    char text[32];

    chart_scale_init(&s, 1, 3, 10, CHART_SCALE_WHOLE);
    CHECK_INT(s.ticks, 3);
    CHECK_NEAR(s.step, 1, 0);
    chart_scale_init(&s, 1, 20, 8, CHART_SCALE_WHOLE);
    CHECK_NEAR(chart_scale_tick(&s, 0), 3, 0);
    CHECK_NEAR(chart_scale_place(&s, 20), 1, 0);
    chart_scale_init(&s, 0, 45000, 5, CHART_SCALE_EXACT);
    chart_scale_text(&s, 20000, text, sizeof(text));
    CHECK_STR(text, "20,000");
    chart_scale_text(&s, -5000, text, sizeof(text));
    CHECK_STR(text, "-5000");
}

TEST(chart_in_the_terminal_fits_and_names_its_lines)
{
    char *text = as_text(80, false), *line, *rest = text;
    int n = 0;

    while ((line = strsep(&rest, "\n"))) {
        int wide = 0;

        for (const char *p = line; *p; p++)
            wide += ((unsigned char)*p & 0xc0) != 0x80;
        CHECK(wide <= 80 + (int)strlen("  epoch"));
        n++;
    }
    CHECK_INT(n, 1 + 1 + 12 + 2 + 1); /* title, label, rows, axis, the end */
    free(text);
    text = as_text(80, false);
    CHECK(strstr(text, "─ train_loss"));
    CHECK(strstr(text, "─ val_loss"));
    CHECK(strstr(text, "┄ lookup_loss"));
    CHECK(strstr(text, "0.08 ┤"));
    CHECK(strstr(text, "epoch"));
    CHECK(!strchr(text, '\033'));
    free(text);
    text = as_text(80, true);
    CHECK(strstr(text, "\033[34m"));
    free(text);
}

static void check_file(const char *path, const char *magic)
{
    struct tt_error err;
    char *bytes;
    size_t size;

    CHECK_OK(chart_file_write(&chart, path, &err));
    CHECK_OK(tt_file_read(path, 1 << 24, &bytes, &size, &err));
    CHECK(size > 2000);
    CHECK(memcmp(bytes, magic, strlen(magic)) == 0);
    free(bytes);
}

TEST(chart_files_are_of_the_kind_that_their_suffix_says)
{
    check_file("a.svg", "<?xml");
    check_file("a.PDF", "%PDF");
    check_file("a.png", "\x89PNG");
}

TEST(chart_fits_a_narrow_terminal)
{
    for (int columns = 40; columns <= 100; columns += 20) {
        char *text = as_text(columns, false);
        int at = 0;

        for (const char *p = text; *p; p++) {
            at += (*p & 0xc0) != 0x80;
            CHECK(at <= columns + (*p == '\n'));
            at = *p == '\n' ? 0 : at;
        }
        free(text);
    }
}

TEST(chart_that_cannot_be_drawn_or_written_says_why)
{
    struct chart_line empty = {"loss", NULL, NULL, 0, false};
    struct chart_panel none = {"loss", &empty, 1};
    struct chart nothing = {NULL, "epoch", true, &none, 1};
    struct tt_error err;

    CHECK_FAILS(chart_file_write(&chart, "a.gif", &err), TT_USAGE, ".svg");
    CHECK_FAILS(chart_file_write(&chart, "svg", &err), TT_USAGE, ".svg");
    CHECK_FAILS(chart_file_write(&nothing, "a.svg", &err), TT_INPUT,
                "nothing to draw");
    CHECK_FAILS(chart_text_write(&nothing, stdout, 80, 10, false, &err),
                TT_INPUT, "nothing to draw");
    CHECK_FAILS(chart_file_write(&chart, "absent/a.svg", &err), TT_OUTPUT,
                "absent");
    CHECK(!tt_file_exists("a.svg"));
}

TEST(chart_of_one_point_still_has_axes)
{
    struct chart_line one = {"val_loss", epochs, train, 1, false};
    struct chart_panel p = {"loss", &one, 1};
    struct chart c = {NULL, "epoch", true, &p, 1};
    struct tt_error err;

    CHECK_OK(chart_file_write(&c, "one.svg", &err));
    CHECK_OK(chart_text_write(&c, stdout, 80, 10, false, &err));
}
