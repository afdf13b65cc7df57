#include "base/opt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void *field(const struct tt_opt *row, void *into)
{
    return (char *)into + row->offset;
}

void tt_opt_typed(const struct tt_opt *row, char *text, size_t size)
{
    snprintf(text, size, "--%s", row->name);
    for (char *p = text; *p; p++) {
        if (*p == '_')
            *p = '-';
    }
}

static int bad_value(const struct tt_opt *row, const char *value,
                     const char *want, struct tt_error *err)
{
    char typed[64];

    tt_opt_typed(row, typed, sizeof(typed));
    return tt_fail(err, TT_USAGE, "%s: \"%s\" is not %s", typed, value, want);
}

static int check_bounds(const struct tt_opt *row, double number,
                        struct tt_error *err)
{
    char typed[64];

    if ((row->least == 0 && row->most == 0) ||
        (number >= row->least && number <= row->most))
        return 0;
    tt_opt_typed(row, typed, sizeof(typed));
    if (row->type == TT_OPT_INT)
        return tt_fail(err, TT_USAGE, "%s: %.0f is not within %.0f and %.0f",
                       typed, number, row->least, row->most);
    return tt_fail(err, TT_USAGE, "%s: %g is not within %g and %g", typed,
                   number, row->least, row->most);
}

/* Milliseconds of the unit that the first n bytes are; 0: none. */
static double unit_ms(const char *text, size_t n)
{
    static const struct {
        const char *unit;
        double ms;
    } units[] = {{"", 1e3},     {"s", 1e3},    {"ms", 1},     {"m", 60e3},
                 {"min", 60e3}, {"h", 3600e3}, {"d", 86400e3}};

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (strlen(units[i].unit) == n && strncmp(text, units[i].unit, n) == 0)
            return units[i].ms;
    return 0;
}

int tt_time_parse(const char *text, long *ms, struct tt_error *err)
{
    const char *at = text;
    double sum = 0;

    do {
        char *end;
        double number = strtod(at, &end);
        size_t n = strspn(end, "abcdefghijklmnopqrstuvwxyz");
        double unit = unit_ms(end, n);
        bool alone = at == text && !*end; /* seconds need no unit */

        if (end == at || !(number >= 0 && number < 1e9) || unit == 0 ||
            (n == 0 && !alone) || sum > 1e17)
            return tt_fail(err, TT_USAGE,
                           "\"%s\" is not a duration such as 90s or 1h30m",
                           text);
        sum += number * unit;
        at = end + n;
    } while (*at);
    *ms = (long)sum;
    return 0;
}

static int set_int(const struct tt_opt *row, void *into, const char *value,
                   struct tt_error *err)
{
    char *end;
    long number;

    errno = 0;
    number = strtol(value, &end, 10);
    if (end == value || *end || errno)
        return bad_value(row, value, "a whole number", err);
    if (check_bounds(row, (double)number, err) < 0)
        return -1;
    *(long *)into = number;
    return 0;
}

static int set_real(const struct tt_opt *row, void *into, const char *value,
                    struct tt_error *err)
{
    char *end;
    double number = strtod(value, &end);

    if (end == value || *end || !(number - number == 0))
        return bad_value(row, value, "a number", err);
    if (check_bounds(row, number, err) < 0)
        return -1;
    *(double *)into = number;
    return 0;
}

static int set_flag(const struct tt_opt *row, void *into, const char *value,
                    struct tt_error *err)
{
    if (strcmp(value, "yes") == 0 || strcmp(value, "true") == 0 ||
        strcmp(value, "1") == 0)
        *(bool *)into = true;
    else if (strcmp(value, "no") == 0 || strcmp(value, "false") == 0 ||
             strcmp(value, "0") == 0)
        *(bool *)into = false;
    else
        return bad_value(row, value, "yes or no", err);
    return 0;
}

static int set_time(const struct tt_opt *row, void *into, const char *value,
                    struct tt_error *err)
{
    if (tt_time_parse(value, into, err) < 0)
        return bad_value(row, value, "a duration such as 90s or 1h30m", err);
    return 0;
}

static int set_row(const struct tt_opt *row, void *into, const char *value,
                   struct tt_error *err)
{
    void *at = field(row, into);

    switch (row->type) {
    case TT_OPT_TEXT:
        *(const char **)at = value;
        return 0;
    case TT_OPT_INT:
        return set_int(row, at, value, err);
    case TT_OPT_REAL:
        return set_real(row, at, value, err);
    case TT_OPT_FLAG:
        return set_flag(row, at, value, err);
    case TT_OPT_TIME:
        return set_time(row, at, value, err);
    }
    return tt_fail(err, TT_BUG, "%s: an option of no type", row->name);
}

void tt_opt_defaults(const struct tt_opt *table, void *into)
{
    static const char *const none[] = {[TT_OPT_INT] = "0",
                                       [TT_OPT_REAL] = "0",
                                       [TT_OPT_FLAG] = "no",
                                       [TT_OPT_TIME] = "0s"};
    struct tt_error err;

    for (const struct tt_opt *row = table; row->name; row++) {
        struct tt_opt unbounded = *row;

        unbounded.least = unbounded.most = 0;
        if (row->fallback)
            (void)!set_row(row, into, row->fallback, &err);
        else if (row->type == TT_OPT_TEXT)
            *(const char **)field(row, into) = NULL;
        else
            (void)!set_row(&unbounded, into, none[row->type], &err);
    }
}

/* Does the row's name equal the first len bytes of typed, '-' being '_'? */
static bool same_name(const char *name, const char *typed, size_t len)
{
    if (strlen(name) != len)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (name[i] != (typed[i] == '-' ? '_' : typed[i]))
            return false;
    }
    return true;
}

int tt_opt_set_text(const struct tt_opt *table, void *into, const char *name,
                    const char *value, struct tt_error *err)
{
    for (const struct tt_opt *row = table; row->name; row++) {
        if (same_name(row->name, name, strlen(name)))
            return set_row(row, into, value, err) < 0 ? -1 : 1;
    }
    return 0;
}

struct found {
    const struct tt_opt *row;
    void *into;
};

static struct found find_long(const struct tt_opt_set *sets, const char *name,
                              size_t len)
{
    for (const struct tt_opt_set *s = sets; s->table; s++) {
        for (const struct tt_opt *row = s->table; row->name; row++) {
            if (same_name(row->name, name, len))
                return (struct found){row, s->into};
        }
    }
    return (struct found){NULL, NULL};
}

static struct found find_short(const struct tt_opt_set *sets, char letter)
{
    for (const struct tt_opt_set *s = sets; s->table; s++) {
        for (const struct tt_opt *row = s->table; row->name; row++) {
            if (row->letter == letter)
                return (struct found){row, s->into};
        }
    }
    return (struct found){NULL, NULL};
}

/* One "--name", "--name=value" or "--no-name"; *next is the argument behind. */
static int parse_long(const struct tt_opt_set *sets, const char *arg,
                      const char *next, bool *took_next, struct tt_error *err)
{
    const char *name = arg + 2;
    size_t len = strcspn(name, "=");
    const char *value = name[len] ? name + len + 1 : NULL;
    struct found f = find_long(sets, name, len);

    if (!f.row && len > 3 && strncmp(name, "no-", 3) == 0) {
        f = find_long(sets, name + 3, len - 3);
        if (f.row && f.row->type == TT_OPT_FLAG && !value)
            return set_row(f.row, f.into, "no", err);
        f.row = NULL;
    }
    if (!f.row)
        return tt_fail(err, TT_USAGE, "unknown option %.*s", (int)(len + 2),
                       arg);
    if (f.row->type == TT_OPT_FLAG)
        return set_row(f.row, f.into, value ? value : "yes", err);
    if (!value) {
        value = next;
        *took_next = true;
    }
    if (!value)
        return tt_fail(err, TT_USAGE, "%s needs a value", arg);
    return set_row(f.row, f.into, value, err);
}

/* One "-abc" or "-n5" or "-n 5". */
static int parse_short(const struct tt_opt_set *sets, const char *arg,
                       const char *next, bool *took_next, struct tt_error *err)
{
    for (const char *p = arg + 1; *p; p++) {
        struct found f = find_short(sets, *p);

        if (!f.row)
            return tt_fail(err, TT_USAGE, "unknown option -%c", *p);
        if (f.row->type == TT_OPT_FLAG) {
            if (set_row(f.row, f.into, "yes", err) < 0)
                return -1;
            continue;
        }
        if (p[1])
            return set_row(f.row, f.into, p + 1, err);
        if (!next)
            return tt_fail(err, TT_USAGE, "-%c needs a value", *p);
        *took_next = true;
        return set_row(f.row, f.into, next, err);
    }
    return 0;
}

int tt_opt_parse(const struct tt_opt_set *sets, int argc, char **argv,
                 int *operands, struct tt_error *err)
{
    bool only_operands = false;
    int kept = 0;

    for (int i = 0; i < argc; i++) {
        const char *next = i + 1 < argc ? argv[i + 1] : NULL;
        bool took_next = false;
        int rc;

        if (only_operands || argv[i][0] != '-' || !argv[i][1]) {
            argv[kept++] = argv[i];
            continue;
        }
        if (strcmp(argv[i], "--") == 0) {
            only_operands = true;
            continue;
        }
        rc = argv[i][1] == '-'
                 ? parse_long(sets, argv[i], next, &took_next, err)
                 : parse_short(sets, argv[i], next, &took_next, err);
        if (rc < 0)
            return -1;
        i += took_next;
    }
    *operands = kept;
    return 0;
}

/* Characters of UTF-8: what a column is wide. */
static int width(const char *text)
{
    int n = 0;

    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

void tt_opt_print(const struct tt_opt *table, FILE *out)
{
    for (const struct tt_opt *row = table; row->name; row++) {
        char typed[64], left[96];

        tt_opt_typed(row, typed, sizeof(typed));
        snprintf(left, sizeof(left), "%c%c%s %s%s%s", row->letter ? '-' : ' ',
                 row->letter ? row->letter : ' ', row->letter ? "," : " ",
                 typed, row->arg ? " " : "", row->arg ? row->arg : "");
        fprintf(out, "  %s%*s %s", left,
                width(left) < 28 ? 28 - width(left) : 0, "", row->help);
        if (row->fallback && row->fallback[0])
            fprintf(out, " (default %s)", row->fallback);
        fputc('\n', out);
    }
}

json_t *tt_opt_to_json(const struct tt_opt *table, const void *from)
{
    json_t *object = json_object();

    for (const struct tt_opt *row = table; object && row->name; row++) {
        const void *at = (const char *)from + row->offset;
        json_t *value = NULL;

        switch (row->type) {
        case TT_OPT_TEXT:
            if (!*(const char *const *)at)
                continue;
            value = json_string(*(const char *const *)at);
            break;
        case TT_OPT_INT:
        case TT_OPT_TIME:
            value = json_integer(*(const long *)at);
            break;
        case TT_OPT_REAL:
            value = json_real(*(const double *)at);
            break;
        case TT_OPT_FLAG:
            value = json_boolean(*(const bool *)at);
            break;
        }
        if (json_object_set_new(object, row->name, value) < 0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

static int from_json(const struct tt_opt *row, void *into, const json_t *value,
                     struct tt_error *err)
{
    void *at = field(row, into);

    if (row->type == TT_OPT_TEXT && json_is_string(value))
        *(const char **)at = json_string_value(value);
    else if ((row->type == TT_OPT_INT || row->type == TT_OPT_TIME) &&
             json_is_integer(value))
        *(long *)at = (long)json_integer_value(value);
    else if (row->type == TT_OPT_REAL && json_is_number(value))
        *(double *)at = json_number_value(value);
    else if (row->type == TT_OPT_FLAG && json_is_boolean(value))
        *(bool *)at = json_is_true(value);
    else
        return tt_fail(err, TT_FORMAT, "%s: not of the type expected",
                       row->name);
    if (row->type == TT_OPT_INT || row->type == TT_OPT_REAL)
        return check_bounds(row, json_number_value(value), err);
    return 0;
}

int tt_opt_from_json(const struct tt_opt *table, void *into,
                     const json_t *object, struct tt_error *err)
{
    tt_opt_defaults(table, into);
    for (const struct tt_opt *row = table; row->name; row++) {
        const json_t *value = json_object_get(object, row->name);

        if (value && from_json(row, into, value, err) < 0)
            return -1;
    }
    return 0;
}
