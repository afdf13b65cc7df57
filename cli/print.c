#include "cli/print.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define PAGE      500 /* rows of a table before it is written */
#define COLUMNS   40
#define CELL_SIZE 1024
#define JSON_FORM JSON_REAL_PRECISION(15) /* 0.1 is 0.1, not 0.1000…06 */

// clang-format off
const struct tt_opt cli_data_opts[] = {
    TT_FLAG(cli_print_opts, json, 0, "one JSON document"),
    TT_FLAG(cli_print_opts, jsonl, 0, "one JSON object a line"),
    TT_OPT_END,
};

const struct tt_opt cli_table_opts[] = {
    TT_TEXT(cli_print_opts, fields, 'o', "NAME,…", NULL,
            "these columns, in this order"),
    TT_FLAG(cli_print_opts, no_header, 'n', "no header"),
    TT_FLAG(cli_print_opts, csv, 0, "comma-separated values"),
    TT_INT (cli_print_opts, limit, 'l', "N", CLI_LIMIT, 0, 1e9,
            "at most so many rows; 0: all"),
    TT_OPT_END,
};
// clang-format on

struct cli_print {
    FILE *file;
    const struct cli_print_opts *opts;
    const char *noun;
    const struct cli_column *shown[COLUMNS];
    int n_shown;
    json_t *page[PAGE];
    int n_page;
    int width[COLUMNS];
    bool measured; /* widths and header are settled by the first page */
    bool begun;    /* the document */
};

bool cli_print_human(const struct cli_print_opts *opts)
{
    return !opts->json && !opts->jsonl && !opts->csv;
}

/* --- which columns --- */

static int no_column(const struct cli_column *columns, const char *name, int n,
                     struct tt_error *err)
{
    char list[400] = "";
    size_t used = 0;

    for (; columns->name && used < sizeof(list); columns++)
        used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s",
                                 used ? " " : "", columns->name);
    return tt_fail(err, TT_USAGE, "-o: no column \"%.*s\"; there are: %s", n,
                   name, list);
}

static const struct cli_column *find_column(const struct cli_column *columns,
                                            const char *name, size_t n)
{
    for (; columns->name; columns++) {
        if (strlen(columns->name) == n && strncmp(columns->name, name, n) == 0)
            return columns;
    }
    return NULL;
}

static int choose(struct cli_print *p, const struct cli_column *columns,
                  struct tt_error *err)
{
    const char *at = p->opts->fields;

    for (const struct cli_column *c = columns; !at && c->name; c++) {
        if (c->shown && p->n_shown < COLUMNS)
            p->shown[p->n_shown++] = c;
    }
    while (at) {
        size_t n = strcspn(at, ",");
        const struct cli_column *c = find_column(columns, at, n);

        if (!c)
            return no_column(columns, at, (int)n, err);
        if (p->n_shown < COLUMNS)
            p->shown[p->n_shown++] = c;
        at = at[n] ? at + n + 1 : NULL;
    }
    return 0;
}

int cli_print_open(struct cli_print **out, FILE *file,
                   const struct cli_print_opts *opts,
                   const struct cli_column *columns, const char *noun,
                   struct tt_error *err)
{
    struct cli_print *p = calloc(1, sizeof(*p));

    *out = NULL;
    if (!p)
        return tt_fail(err, TT_NOMEM, "no memory for a table");
    p->file = file;
    p->opts = opts;
    p->noun = noun;
    if (opts->csv && (opts->json || opts->jsonl)) {
        tt_fail(err, TT_USAGE, "--csv or --json, not both");
        cli_print_close(p);
        return -1;
    }
    if (choose(p, columns, err) < 0) {
        cli_print_close(p);
        return -1;
    }
    *out = p;
    return 0;
}

/* --- a table --- */

static void cell_number(const struct cli_column *c, int64_t n, char *out,
                        size_t size)
{
    switch (c->form) {
    case CLI_ELAPSED:
        cli_text_elapsed(n, out, size);
        break;
    case CLI_AGE:
        cli_text_age(n, out, size);
        break;
    case CLI_BYTES:
        cli_text_bytes(n, out, size);
        break;
    default:
        snprintf(out, size, "%lld", (long long)n);
    }
}

static void cell(const struct cli_column *c, const json_t *row, char *out,
                 size_t size)
{
    const json_t *v = json_object_get(row, c->name);
    char *text;

    if (json_is_string(v) && c->form == CLI_HASH)
        snprintf(out, size, "%.12s", json_string_value(v));
    else if (json_is_string(v))
        cli_text_safe(json_string_value(v), out, size);
    else if (json_is_integer(v))
        cell_number(c, json_integer_value(v), out, size);
    else if (json_is_real(v))
        snprintf(out, size, c->form == CLI_FIGURES ? "%.4g" : "%.3f",
                 json_real_value(v));
    else if (json_is_boolean(v))
        snprintf(out, size, "%s", json_is_true(v) ? "yes" : "no");
    else if (!v || json_is_null(v))
        snprintf(out, size, "-");
    else {
        text = json_dumps(v, JSON_FORM | JSON_COMPACT);
        cli_text_safe(text ? text : "?", out, size);
        free(text);
    }
}

static bool to_the_right(const struct cli_column *c)
{
    return c->form == CLI_COUNT || c->form == CLI_REAL ||
           c->form == CLI_FIGURES || c->form == CLI_BYTES ||
           c->form == CLI_ELAPSED;
}

/* One cell, padded; the last one of a line is not, unless it stands right. */
static void put(struct cli_print *p, int column, const char *text)
{
    int pad = p->width[column] - (int)cli_text_width(text);
    bool last = column == p->n_shown - 1;

    if (pad < 0)
        pad = 0;
    if (to_the_right(p->shown[column]))
        fprintf(p->file, "%*s%s", pad, "", text);
    else
        fprintf(p->file, "%s%*s", text, last ? 0 : pad, "");
    fputs(last ? "\n" : "  ", p->file);
}

static void title(const struct cli_column *c, char *out, size_t size)
{
    size_t i;

    for (i = 0; c->name[i] && i + 1 < size; i++)
        out[i] = (char)toupper((unsigned char)c->name[i]);
    out[i] = '\0';
}

static void measure(struct cli_print *p)
{
    char text[CELL_SIZE];

    for (int k = 0; k < p->n_shown; k++) {
        if (!p->opts->no_header)
            p->width[k] = (int)strlen(p->shown[k]->name);
        for (int i = 0; i < p->n_page; i++) {
            int width;

            cell(p->shown[k], p->page[i], text, sizeof(text));
            width = (int)cli_text_width(text);
            p->width[k] = width > p->width[k] ? width : p->width[k];
        }
    }
    p->measured = true;
}

static void write_page(struct cli_print *p)
{
    char text[CELL_SIZE];

    if (!p->measured) {
        measure(p);
        for (int k = 0; k < p->n_shown && !p->opts->no_header; k++) {
            title(p->shown[k], text, sizeof(text));
            put(p, k, text);
        }
    }
    for (int i = 0; i < p->n_page; i++) {
        for (int k = 0; k < p->n_shown; k++) {
            cell(p->shown[k], p->page[i], text, sizeof(text));
            put(p, k, text);
        }
        json_decref(p->page[i]);
    }
    p->n_page = 0;
}

/* --- JSON --- */

/* With -o, only those members; takes the reference. */
static json_t *chosen(const struct cli_print *p, json_t *row)
{
    json_t *few;

    if (!p->opts->fields)
        return row;
    few = json_object();
    for (int k = 0; few && k < p->n_shown; k++) {
        json_t *v = json_object_get(row, p->shown[k]->name);

        json_object_set_new(few, p->shown[k]->name,
                            v ? json_incref(v) : json_null());
    }
    json_decref(row);
    return few;
}

static int write_json(struct cli_print *p, json_t *row, struct tt_error *err)
{
    char *text = row ? json_dumps(row, JSON_FORM | JSON_COMPACT) : NULL;

    json_decref(row);
    if (!text)
        return tt_fail(err, TT_NOMEM, "no memory for a row");
    if (p->opts->jsonl)
        fprintf(p->file, "%s\n", text);
    else if (!p->begun)
        fprintf(p->file, "{\"schema\":\"tintype/%s/1\",\"%s\":[\n%s", p->noun,
                p->noun, text);
    else
        fprintf(p->file, ",\n%s", text);
    p->begun = true;
    free(text);
    return 0;
}

/* --- CSV --- */

static void put_quoted(FILE *file, const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, file);
        return;
    }
    fputc('"', file);
    for (; *text; text++)
        fprintf(file, *text == '"' ? "\"\"" : "%c", *text);
    fputc('"', file);
}

static void put_value(FILE *file, const json_t *v)
{
    char *text;

    if (!v || json_is_null(v))
        return;
    if (json_is_string(v)) {
        put_quoted(file, json_string_value(v));
        return;
    }
    text =
        json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(12));
    if (text)
        put_quoted(file, text);
    free(text);
}

static void csv_header(struct cli_print *p)
{
    for (int k = 0; k < p->n_shown && !p->begun && !p->opts->no_header; k++)
        fprintf(p->file, "%s%s", k ? "," : "", p->shown[k]->name);
    if (!p->begun && !p->opts->no_header)
        fputs("\r\n", p->file);
    p->begun = true;
}

static void write_csv(struct cli_print *p, json_t *row)
{
    csv_header(p);
    for (int k = 0; k < p->n_shown; k++) {
        fputs(k ? "," : "", p->file);
        put_value(p->file, json_object_get(row, p->shown[k]->name));
    }
    fputs("\r\n", p->file);
    json_decref(row);
}

/* --- all --- */

static int check_file(struct cli_print *p, struct tt_error *err)
{
    return ferror(p->file) ? tt_fail_errno(err, TT_OUTPUT, "standard output")
                           : 0;
}

int cli_print_row(struct cli_print *p, json_t *row, struct tt_error *err)
{
    if (!row)
        return tt_fail(err, TT_NOMEM, "no memory for a row");
    if (p->opts->csv) {
        write_csv(p, row);
    } else if (!cli_print_human(p->opts)) {
        if (write_json(p, chosen(p, row), err) < 0)
            return -1;
    } else {
        p->page[p->n_page++] = row;
        if (p->n_page == PAGE)
            write_page(p);
    }
    return check_file(p, err);
}

int cli_print_end(struct cli_print *p, struct tt_error *err)
{
    if (p->opts->csv)
        csv_header(p);
    else if (cli_print_human(p->opts))
        write_page(p);
    else if (!p->opts->jsonl && !p->begun)
        fprintf(p->file, "{\"schema\":\"tintype/%s/1\",\"%s\":[]}\n", p->noun,
                p->noun);
    else if (!p->opts->jsonl)
        fputs("\n]}\n", p->file);
    return check_file(p, err);
}

void cli_print_close(struct cli_print *p)
{
    if (!p)
        return;
    for (int i = 0; i < p->n_page; i++)
        json_decref(p->page[i]);
    free(p);
}

int cli_print_document(FILE *file, const struct cli_print_opts *opts,
                       const char *noun, json_t *value, struct tt_error *err)
{
    char schema[64];
    json_t *doc = value;
    char *text;

    snprintf(schema, sizeof(schema), "tintype/%s/1", noun);
    if (!opts->jsonl)
        doc = json_pack("{s:s, s:o}", "schema", schema, noun, value);
    text = doc ? json_dumps(doc, JSON_FORM | (opts->jsonl ? JSON_COMPACT
                                                          : JSON_INDENT(2)))
               : NULL;
    json_decref(doc);
    if (!text)
        return tt_fail(err, TT_NOMEM, "no memory for a document");
    fprintf(file, "%s\n", text);
    free(text);
    return ferror(file) ? tt_fail_errno(err, TT_OUTPUT, "standard output") : 0;
}
