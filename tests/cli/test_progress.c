#include "tests/check.h"

#include <stdlib.h>
#include <string.h>

#include "cli/progress.h"

/* Begin at 0 on a file, so no terminal. */
static void begin(struct cli_progress *p, const char *how, FILE *out)
{
    struct cli_settings s = {.progress = how};

    cli_progress_init(p, &s, out);
    p->begun = p->shown = 0;
}

TEST(progress_is_a_line_now_and_then_where_no_terminal_is)
{
    struct cli_progress_at at = {.total = 1000, .rate = 10};
    struct cli_progress p;
    char *text;
    size_t size, lines = 0;
    FILE *out = tmpfile();

    begin(&p, "auto", out);
    CHECK_INT(p.how, CLI_PROGRESS_PLAIN);
    for (int64_t now = 0; now <= 100000; now += 100) {
        at.done = now / 100;
        cli_progress_show(&p, &at, now);
    }
    fflush(out);
    size = (size_t)ftell(out);
    rewind(out);
    text = calloc(1, size + 1);
    CHECK(fread(text, 1, size, out) == size);
    for (char *c = text; *c; c++)
        lines += *c == '\n';
    CHECK_INT(lines, 10);
    CHECK(strncmp(text, "100/1000  10.0/s  eta 1m30s\n", 28) == 0);
    free(text);
    fclose(out);
}

static void check_end(const char *how, struct cli_progress_at *at, int64_t ms,
                      const char *want)
{
    struct cli_progress p;
    char text[300] = "";
    FILE *out = tmpfile();
    size_t n;

    begin(&p, how, out);
    cli_progress_end(&p, at, ms);
    rewind(out);
    n = fread(text, 1, sizeof(text) - 1, out);
    text[n] = '\0';
    CHECK_STR(text, want);
    fclose(out);
}

TEST(progress_ends_with_how_long_it_took)
{
    struct cli_progress_at at = {.done = 14, .total = 14, .rate = 9.2};
    struct cli_progress_at ingest = {
        .done = 5000, .total = 5000, .rate = 812.3, .extra = "142 MB"};
    struct cli_progress_at bad = {
        .done = 120, .total = 120, .rate = 9.8, .failed = 1};

    check_end("plain", &at, 1400, "14/14  9.2/s  00:01\n");
    check_end("plain", &ingest, 6200, "5000/5000  812/s  142 MB  00:06\n");
    check_end("plain", &bad, 13000, "120/120  9.8/s  00:13  1 failed\n");
    check_end("none", &bad, 13000, "");
    check_end("json", &bad, 13000,
              "{\"done\":120,\"total\":120,\"failed\":1,\"rate\":9.800,"
              "\"eta_s\":0}\n");
}
