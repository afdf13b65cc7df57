#include "ingest/imdb_name.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "base/file.h"

#define MOST_DIGITS 9 /* of a year, a month or a day: they fit an int */

static size_t digits(const char *s)
{
    size_t n = 0;

    while (isdigit((unsigned char)s[n]))
        n++;
    return n;
}

/* A number at *s, which moves behind it. */
static bool number(const char **s, int *out)
{
    size_t n = digits(*s);

    if (n == 0 || n > MOST_DIGITS)
        return false;
    *out = 0;
    for (; n > 0; n--)
        *out = *out * 10 + (*(*s)++ - '0');
    return true;
}

static bool sign(const char **s, char c)
{
    if (**s != c)
        return false;
    (*s)++;
    return true;
}

/* "nm0000001_rm3343756032" or "10000217": how long is the person's part? 0: it
 * is neither. *s moves behind all of it. */
static size_t person(const char **s)
{
    const char *at = *s;
    bool imdb = strncmp(at, "nm", 2) == 0;
    size_t n = digits(at + 2 * imdb), len = n + 2 * (size_t)imdb;

    if (n == 0)
        return 0;
    at += len;
    if (imdb) {
        if (strncmp(at, "_rm", 3) != 0 || digits(at + 3) == 0)
            return 0;
        at += 3 + digits(at + 3);
    }
    *s = at;
    return len;
}

bool ingest_imdb_name_parse(const char *path, struct ingest_imdb_name *out)
{
    const char *at = tt_path_name(path);

    memset(out, 0, sizeof(*out));
    out->person = at;
    out->person_len = person(&at);
    if (out->person_len > 0 && sign(&at, '_') && number(&at, &out->year) &&
        sign(&at, '-') && number(&at, &out->month) && sign(&at, '-') &&
        number(&at, &out->day)) {
        sign(&at, '.');
        if (sign(&at, '_') && number(&at, &out->taken))
            return true;
    }
    memset(out, 0, sizeof(*out));
    return false;
}

/* Years begin in March here, so that the leap day is a year's last: 400 of them
 * have 146,097 days, whatever the century (H. Hinnant, "chrono-compatible
 * low-level date algorithms", civil_from_days). */
void ingest_imdb_date(double datenum, int *year, int *month)
{
    const double far = 400.0 * 146097; /* 160,000 years: beyond any meaning */
    long day = (long)floor(fmin(fmax(isnan(datenum) ? 0 : datenum, -far), far));
    long shifted, era, of_era, year_of_era, of_year, from_march;

    shifted = day - 61; /* 61 is 1 March of year 0 */
    era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    of_era = shifted - era * 146097;
    year_of_era =
        (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    of_year =
        of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    from_march = (5 * of_year + 2) / 153;
    *month = (int)(from_march < 10 ? from_march + 3 : from_march - 9);
    *year = (int)(year_of_era + era * 400 + (*month <= 2));
}

int ingest_imdb_age(int year, int month, int taken)
{
    return taken - year - (month >= 7);
}
