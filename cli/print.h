/**
 * print: data on stdout: a table for people, JSON for programs. Rows are JSON
 * objects; columns say how people see their members.
 *
 *   --json    one document {"schema": "tintype/jobs/1", "jobs": [ … ]}
 *   --jsonl   one object a line
 *   --csv     RFC 4180: the columns, numbers to 12 figures; no value: empty
 *   -o a,b    these columns, in this order (JSON: these members)
 *   -n        no header
 *
 * A table is written in pages of rows, so a list of millions needs no memory.
 *
 * Owns:    cli_print_open made it, cli_print_close frees it.
 * Threads: one.
 * Fails:   TT_USAGE (no such column, with the list of them), TT_OUTPUT,
 *          TT_NOMEM.
 */
#ifndef CLI_PRINT_H
#define CLI_PRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/opt.h"

enum cli_form {
    CLI_TEXT,
    CLI_COUNT,   /* an integer, to the right */
    CLI_REAL,    /* three figures behind the point */
    CLI_FIGURES, /* a number of any size, to the right: four figures */
    CLI_TIME,    /* wall ms as 2026-11-23T07:31:09Z */
    CLI_ELAPSED, /* ms as 00:13 or 1:02:03 */
    CLI_AGE,     /* ms as 38s, 1m20s, 2h05m, 3d4h */
    CLI_BYTES,   /* 142 MB */
    CLI_HASH     /* hex, its first 12 digits */
};

struct cli_column {
    const char *name; /* the member; the header shows it in capitals */
    enum cli_form form;
    bool shown; /* without -o */
    const char *help;
};

struct cli_print_opts {
    bool json, jsonl, csv;
    const char *fields; /* NULL: those shown */
    bool no_header;
    long limit;
};

#define CLI_LIMIT "100" /* rows, unless -l says otherwise */

extern const struct tt_opt cli_data_opts[];  /* --json --jsonl */
extern const struct tt_opt cli_table_opts[]; /* -o -n -l */

struct cli_print; /* opaque */

/** noun is the plural: "jobs". */
int cli_print_open(struct cli_print **out, FILE *file,
                   const struct cli_print_opts *opts,
                   const struct cli_column *columns, const char *noun,
                   struct tt_error *err) TT_MUST;

/** One row; takes the reference (also on failure). row NULL: TT_NOMEM. */
int cli_print_row(struct cli_print *p, json_t *row,
                  struct tt_error *err) TT_MUST;

/** Write what is left and the end of the document. */
int cli_print_end(struct cli_print *p, struct tt_error *err) TT_MUST;

/** Free; NULL is allowed. */
void cli_print_close(struct cli_print *p);

/** One document of one thing: {"schema": "tintype/NOUN/1", "NOUN": value}
 *  (or, for --jsonl, value alone). Takes the reference. */
int cli_print_document(FILE *file, const struct cli_print_opts *opts,
                       const char *noun, json_t *value,
                       struct tt_error *err) TT_MUST;

/** True if people are to read it: no --json, --jsonl or --csv. */
bool cli_print_human(const struct cli_print_opts *opts);

/* --- members of rows; a NULL object or value is passed over --- */

void cli_set_text(json_t *row, const char *name, const char *text);
void cli_set_count(json_t *row, const char *name, int64_t n);
void cli_set_real(json_t *row, const char *name, double x); /* NAN: null */
void cli_set_bool(json_t *row, const char *name, bool b);
/** wall ms; 0: null. JSON gets ISO text. */
void cli_set_time(json_t *row, const char *name, int64_t wall_ms);
void cli_set_hash(json_t *row, const char *name, bool has,
                  const struct tt_sha256 *sha);
/** "j7"; 0: null. */
void cli_set_id(json_t *row, const char *name, char letter, int64_t id);
/** A path is bytes: what is not UTF-8 becomes U+FFFD, and then the bytes
 *  stand in hex beside it as <name>_hex. */
void cli_set_path(json_t *row, const char *name, const char *path);
/** JSON as text; what does not parse becomes null. */
void cli_set_json(json_t *row, const char *name, const char *text);

/* --- words for people --- */

/** Bytes that a terminal would obey, and those that are not UTF-8, as \xNN. */
void cli_text_safe(const char *text, char *out, size_t size);
/** Columns of a terminal: CJK and emoji take two, combining marks none. */
size_t cli_text_width(const char *text);
/** "00:13", "1:02:03". */
void cli_text_elapsed(int64_t ms, char *out, size_t size);
void cli_text_age(int64_t ms, char *out, size_t size);
/** "231 MB", "2.1 GB": powers of 1000. */
void cli_text_bytes(int64_t bytes, char *out, size_t size);
/** "1,180". */
void cli_text_count(int64_t n, char *out, size_t size);
/** First four digits and "…". */
void cli_text_hash(const struct tt_sha256 *sha, char *out, size_t size);
/** Below the current folder: the rest; else as it is. Points into path. */
const char *cli_text_path(const char *path);

#endif
