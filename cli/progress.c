#include "cli/progress.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/print.h"

#define BAR_EVERY   100    /* ms */
#define JSON_EVERY  1000   /* ms */
#define PLAIN_EVERY 10000  /* ms */
#define PLAIN_LEAST 300000 /* ms: a long job says that it lives */

void cli_progress_init(struct cli_progress *p, const struct cli_settings *s,
                       FILE *out)
{
    struct winsize size;

    memset(p, 0, sizeof(*p));
    p->out = out;
    p->begun = p->shown = tt_steady_ms();
    p->width = ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 20
                   ? size.ws_col
                   : 80;
    if (strcmp(s->progress, "none") == 0 || s->quiet)
        p->how = CLI_PROGRESS_NONE;
    else if (strcmp(s->progress, "json") == 0)
        p->how = CLI_PROGRESS_JSON;
    else if (strcmp(s->progress, "auto") == 0 &&
             cli_settings_moves(fileno(out)))
        p->how = CLI_PROGRESS_BAR;
    else
        p->how = CLI_PROGRESS_PLAIN;
}

/* "117/120  9.8/s", then "eta 5s" or how long it took. */
static void words(const struct cli_progress_at *at, const char *time,
                  char *text, size_t size)
{
    size_t used;

    if (at->total > 0)
        used = (size_t)snprintf(text, size, "%lld/%lld", (long long)at->done,
                                (long long)at->total);
    else
        used = (size_t)snprintf(text, size, "%lld", (long long)at->done);
    if (at->rate > 0 && used < size)
        used += (size_t)snprintf(text + used, size - used,
                                 at->rate < 99.95 ? "  %.1f/s" : "  %.0f/s",
                                 at->rate);
    if (at->extra && *at->extra && used < size)
        used += (size_t)snprintf(text + used, size - used, "  %s", at->extra);
    if (*time && used < size)
        used += (size_t)snprintf(text + used, size - used, "  %s", time);
    if (at->failed > 0 && used < size)
        snprintf(text + used, size - used, "  %lld failed",
                 (long long)at->failed);
}

static void eta_words(const struct cli_progress_at *at, char *text, size_t size)
{
    char age[32];

    text[0] = '\0';
    if (at->total <= 0 || at->rate <= 0)
        return;
    cli_text_age((int64_t)(1000.0 * (double)(at->total - at->done) / at->rate),
                 age, sizeof(age));
    snprintf(text, size, "eta %s", age);
}

static void show_bar(struct cli_progress *p, const struct cli_progress_at *at,
                     const char *line)
{
    enum { CELLS = 24 };
    char bar[CELLS * 3 + 1] = "";
    int full = at->total > 0 ? (int)(CELLS * at->done / at->total) : 0;
    int room = p->width - CELLS - 3;

    for (int i = 0; i < CELLS; i++)
        strncat(bar, i < full ? "█" : "░", sizeof(bar) - strlen(bar) - 1);
    fprintf(p->out, "\r\033[K%s  %.*s", bar, room > 0 ? room : 0, line);
    fflush(p->out);
    p->on_screen = true;
}

static void show_json(struct cli_progress *p, const struct cli_progress_at *at)
{
    double left = at->total > 0 && at->rate > 0
                      ? (double)(at->total - at->done) / at->rate
                      : -1;

    fprintf(p->out, "{\"done\":%lld,\"total\":%lld,\"failed\":%lld",
            (long long)at->done, (long long)at->total, (long long)at->failed);
    if (at->rate > 0)
        fprintf(p->out, ",\"rate\":%.3f", at->rate);
    if (left >= 0)
        fprintf(p->out, ",\"eta_s\":%.0f", left);
    fputs("}\n", p->out);
    fflush(p->out);
}

static bool is_time(const struct cli_progress *p,
                    const struct cli_progress_at *at, int64_t now)
{
    int64_t since = now - p->shown;

    switch (p->how) {
    case CLI_PROGRESS_BAR:
        return since >= BAR_EVERY;
    case CLI_PROGRESS_JSON:
        return since >= JSON_EVERY;
    case CLI_PROGRESS_PLAIN:
        return since >= PLAIN_LEAST ||
               (since >= PLAIN_EVERY &&
                10 * (at->done - p->shown_done) >= at->total);
    case CLI_PROGRESS_NONE:
        break;
    }
    return false;
}

void cli_progress_show(struct cli_progress *p, const struct cli_progress_at *at,
                       int64_t now)
{
    char line[256], eta[48];

    if (!is_time(p, at, now))
        return;
    p->shown = now;
    p->shown_done = at->done;
    eta_words(at, eta, sizeof(eta));
    words(at, eta, line, sizeof(line));
    if (p->how == CLI_PROGRESS_BAR)
        show_bar(p, at, line);
    else if (p->how == CLI_PROGRESS_JSON)
        show_json(p, at);
    else
        fprintf(p->out, "%s\n", line);
}

void cli_progress_clear(struct cli_progress *p)
{
    if (!p->on_screen)
        return;
    fputs("\r\033[K", p->out);
    fflush(p->out);
    p->on_screen = false;
}

void cli_progress_end(struct cli_progress *p, const struct cli_progress_at *at,
                      int64_t elapsed_ms)
{
    char line[256], elapsed[32];

    cli_progress_clear(p);
    if (p->how == CLI_PROGRESS_NONE)
        return;
    if (p->how == CLI_PROGRESS_JSON) {
        show_json(p, at);
        return;
    }
    cli_text_elapsed(elapsed_ms, elapsed, sizeof(elapsed));
    words(at, elapsed, line, sizeof(line));
    fprintf(p->out, "%s\n", line);
}
