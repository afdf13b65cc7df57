#include "cli/when.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAY_MS 86400000LL

/* "2026-11-23", then maybe 'T' or ' ' and "07:31" or "07:31:09", maybe 'Z'. */
static bool parse_date(const char *text, int64_t *wall_ms)
{
    static const char *const forms[] = {"%Y-%m-%d", "%Y-%m-%dT%H:%M",
                                        "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M",
                                        "%Y-%m-%d %H:%M:%S"};

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct tm tm = {0}, back;
        const char *end = strptime(text, forms[i], &tm);
        time_t at;

        if (!end || (strcmp(end, "") != 0 && strcmp(end, "Z") != 0))
            continue;
        back = tm;
        at = timegm(&back);
        if (back.tm_mday != tm.tm_mday) /* the 31st of February */
            return false;
        *wall_ms = (int64_t)at * 1000;
        return true;
    }
    return false;
}

/* "90m", "1 hour ago", "2 days ago": how long before now. */
static bool parse_span(const char *text, int64_t *ms)
{
    static const struct {
        const char *words[5];
        int64_t ms;
    } units[] = {
        {{"s", "sec", "second", "seconds", NULL}, 1000},
        {{"m", "min", "minute", "minutes", NULL}, 60000},
        {{"h", "hour", "hours", NULL, NULL}, 3600000},
        {{"d", "day", "days", NULL, NULL}, DAY_MS},
        {{"w", "week", "weeks", NULL, NULL}, 7 * DAY_MS},
        {{"month", "months", NULL, NULL, NULL}, 30 * DAY_MS},
        {{"y", "year", "years", NULL, NULL}, 365 * DAY_MS},
    };
    char *rest;
    double number = strtod(text, &rest);
    size_t n;

    if (rest == text || !(number >= 0 && number < 1e6))
        return false;
    rest += strspn(rest, " ");
    n = strcspn(rest, " ");
    if (rest[n] && strcmp(rest + n, " ago") != 0)
        return false;
    for (size_t u = 0; u < sizeof(units) / sizeof(units[0]); u++) {
        for (int w = 0; w < 5 && units[u].words[w]; w++) {
            if (strlen(units[u].words[w]) == n &&
                strncmp(rest, units[u].words[w], n) == 0) {
                *ms = (int64_t)(number * (double)units[u].ms);
                return true;
            }
        }
    }
    return false;
}

int cli_when_parse(const char *text, int64_t now, int64_t *wall_ms,
                   struct tt_error *err)
{
    int64_t span;

    if (strcmp(text, "now") == 0)
        *wall_ms = now;
    else if (strcmp(text, "today") == 0)
        *wall_ms = now - now % DAY_MS;
    else if (strcmp(text, "yesterday") == 0)
        *wall_ms = now - now % DAY_MS - DAY_MS;
    else if (parse_span(text, &span))
        *wall_ms = now - span;
    else if (!parse_date(text, wall_ms))
        return tt_fail(err, TT_USAGE,
                       "\"%s\" is no time; 2026-11-23, 2026-11-23T07:31Z, "
                       "\"1 hour ago\" or 90m are",
                       text);
    return 0;
}
