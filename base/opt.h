/**
 * opt: option tables. A row names a field of the struct that it fills, so
 * parsing, --help, completion, manual pages and the parameters stored with a
 * job are all read from one place.
 *
 * Owns:    nothing; text fields borrow from argv, a default, or the JSON value
 *          that they were read from.
 * Threads: any; tables are const.
 * Fails:   TT_USAGE with the option's name and what is expected.
 */
#ifndef BASE_OPT_H
#define BASE_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <jansson.h>

#include "base/error.h"

enum tt_opt_type {
    TT_OPT_TEXT, /* const char *; NULL if there is no default */
    TT_OPT_INT,  /* long */
    TT_OPT_REAL, /* double */
    TT_OPT_FLAG, /* bool; --name and --no-name */
    TT_OPT_TIME  /* long, milliseconds: "90s", "500ms", "1h30m", "1d" */
};

struct tt_opt {
    const char *name; /* long name; '_' of the field is typed as '-' */
    char letter;      /* short name, or 0 */
    enum tt_opt_type type;
    size_t offset;
    const char *arg;      /* "N", "DIR"; NULL for a flag */
    const char *fallback; /* the default as text; NULL: NULL, 0 or false */
    const char *help;     /* one line, lower case, no full stop */
    double least, most;   /* numbers outside are refused; 0, 0: no bounds */
};

/* The offset of a field, or no build if its type is another. */
#define TT_AT(tag, field, type)                                                \
    (offsetof(struct tag, field) +                                             \
     0 * sizeof(char[_Generic(((struct tag *)0)->field, type : 1, default      \
                              : -1)]))

// clang-format off
#define TT_TEXT(tag, field, letter, arg, fallback, help)                       \
    {#field, letter, TT_OPT_TEXT, TT_AT(tag, field, const char *), arg,        \
     fallback, help, 0, 0}
#define TT_INT(tag, field, letter, arg, fallback, least, most, help)           \
    {#field, letter, TT_OPT_INT, TT_AT(tag, field, long), arg, fallback, help, \
     least, most}
#define TT_REAL(tag, field, letter, arg, fallback, least, most, help)          \
    {#field, letter, TT_OPT_REAL, TT_AT(tag, field, double), arg, fallback,    \
     help, least, most}
#define TT_FLAG(tag, field, letter, help)                                      \
    {#field, letter, TT_OPT_FLAG, TT_AT(tag, field, bool), NULL, NULL, help,   \
     0, 0}
#define TT_TIME(tag, field, letter, arg, fallback, help)                       \
    {#field, letter, TT_OPT_TIME, TT_AT(tag, field, long), arg, fallback,      \
     help, 0, 0}
#define TT_OPT_END {NULL, 0, TT_OPT_TEXT, 0, NULL, NULL, NULL, 0, 0}
// clang-format on

/** A table and the struct that it fills; lists of them end in {NULL, NULL}. */
struct tt_opt_set {
    const struct tt_opt *table;
    void *into;
};

/** Fill every field with its default. The defaults are tested to be valid. */
void tt_opt_defaults(const struct tt_opt *table, void *into);

/** Set one field from text, by its long name ('-' and '_' are the same).
 *  1 set, 0 no such option in the table, -1 bad value. */
int tt_opt_set_text(const struct tt_opt *table, void *into, const char *name,
                    const char *value, struct tt_error *err) TT_MUST;

/** Parse argv[0..argc) (no program name). Options may stand anywhere, "--"
 *  ends them; what is left over is moved to the front of argv and *operands
 *  says how many. */
int tt_opt_parse(const struct tt_opt_set *sets, int argc, char **argv,
                 int *operands, struct tt_error *err) TT_MUST;

/** The rows as --help shows them. */
void tt_opt_print(const struct tt_opt *table, FILE *out);

/** The option as typed: "--max-tries" into text. */
void tt_opt_typed(const struct tt_opt *row, char *text, size_t size);

/** All fields as a JSON object (a new reference, NULL if memory ran out). */
json_t *tt_opt_to_json(const struct tt_opt *table, const void *from);

/** Defaults, then what the object holds. Unknown members are ignored, so that
 *  an older program reads a newer job. Text borrows from object. */
int tt_opt_from_json(const struct tt_opt *table, void *into,
                     const json_t *object, struct tt_error *err) TT_MUST;

/** "90s", "500ms", "5m", "1h30m", "1d", or plain seconds, into milliseconds. */
int tt_time_parse(const char *text, long *ms, struct tt_error *err) TT_MUST;

#endif
