#include "tests/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/print.h"
#include "cli/rows.h"

// clang-format off
static const struct cli_column columns[] = {
    {"id",    CLI_TEXT,  true,  "id"},
    {"n",     CLI_COUNT, true,  "number"},
    {"what",  CLI_TEXT,  true,  "words"},
    {"value", CLI_REAL,  false, "value"},
    {"size",  CLI_BYTES, false, "bytes"},
    {NULL, CLI_TEXT, false, NULL},
};
// clang-format on

static json_t *row(const char *id, int64_t n, const char *what)
{
    json_t *o = json_object();

    cli_set_text(o, "id", id);
    cli_set_count(o, "n", n);
    cli_set_text(o, "what", what);
    cli_set_real(o, "value", 0.5);
    cli_set_count(o, "size", 142000000);
    return o;
}

/* Two rows by these options; the text is the caller's. */
static char *print(const struct cli_print_opts *opts)
{
    struct cli_print *p;
    struct tt_error err;
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    CHECK_OK(cli_print_open(&p, out, opts, columns, "things", &err));
    CHECK_OK(cli_print_row(p, row("j1", 7, "café"), &err));
    CHECK_OK(cli_print_row(p, row("j10", 123, NULL), &err));
    CHECK_OK(cli_print_end(p, &err));
    cli_print_close(p);
    fclose(out);
    return text;
}

TEST(print_csv_quotes_what_must_be_and_leaves_what_is_not_there_empty)
{
    struct cli_print_opts opts = {.csv = true, .fields = "id,what,value"};
    struct cli_print *p;
    struct tt_error err;
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    json_t *o = row("j2", 1, "a \"b\", c");

    CHECK_OK(cli_print_open(&p, out, &opts, columns, "things", &err));
    CHECK_OK(cli_print_row(p, row("j1", 7, NULL), &err));
    cli_set_real(o, "value", 0.003);
    CHECK_OK(cli_print_row(p, o, &err));
    CHECK_OK(cli_print_end(p, &err));
    cli_print_close(p);
    fclose(out);
    CHECK_STR(text, "id,what,value\r\nj1,,0.5\r\n"
                    "j2,\"a \"\"b\"\", c\",0.003\r\n");
    free(text);
    opts.json = true;
    CHECK_FAILS(cli_print_open(&p, stdout, &opts, columns, "things", &err),
                TT_USAGE, "--csv or --json");
}

TEST(print_tables_are_aligned)
{
    struct cli_print_opts opts = {0};
    char *text = print(&opts);

    CHECK_STR(text, "ID     N  WHAT\n"
                    "j1     7  café\n"
                    "j10  123  -\n");
    free(text);
}

TEST(print_shows_the_columns_asked_for)
{
    struct cli_print_opts opts = {.fields = "what,value,size",
                                  .no_header = true};
    char *text = print(&opts);

    CHECK_STR(text, "café  0.500  142 MB\n"
                    "-     0.500  142 MB\n");
    free(text);
}

TEST(print_json_is_one_document_or_one_a_line)
{
    struct cli_print_opts json = {.json = true, .fields = "id,n"};
    struct cli_print_opts jsonl = {.jsonl = true, .fields = "what,id"};
    char *text = print(&json);
    json_t *doc = json_loads(text, 0, NULL);

    CHECK_STR(json_string_value(json_object_get(doc, "schema")),
              "tintype/things/1");
    CHECK_INT(json_array_size(json_object_get(doc, "things")), 2);
    json_decref(doc);
    free(text);
    text = print(&jsonl);
    CHECK_STR(text, "{\"what\":\"café\",\"id\":\"j1\"}\n"
                    "{\"what\":null,\"id\":\"j10\"}\n");
    free(text);
}

TEST(print_json_has_short_numbers)
{
    struct cli_print_opts json = {.json = true};
    struct tt_error err;
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    CHECK_OK(cli_print_document(out, &json, "thing",
                                json_pack("{s:f}", "rate", 0.8066), &err));
    fclose(out);
    CHECK(strstr(text, "\"rate\": 0.8066\n"));
    free(text);
}

TEST(print_empty_lists_are_still_documents)
{
    struct cli_print_opts opts = {.json = true};
    struct cli_print *p;
    struct tt_error err;
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    CHECK_OK(cli_print_open(&p, out, &opts, columns, "things", &err));
    CHECK_OK(cli_print_end(p, &err));
    cli_print_close(p);
    fclose(out);
    CHECK_STR(text, "{\"schema\":\"tintype/things/1\",\"things\":[]}\n");
    free(text);
}

TEST(print_names_the_columns_there_are)
{
    struct cli_print_opts opts = {.fields = "id,colour"};
    struct cli_print *p;
    struct tt_error err;

    CHECK_FAILS(cli_print_open(&p, stdout, &opts, columns, "things", &err),
                TT_USAGE,
                "-o: no column \"colour\"; there are: id n what value size");
    opts.fields = "";
    CHECK_FAILS(cli_print_open(&p, stdout, &opts, columns, "things", &err),
                TT_USAGE, "-o: no column \"\"");
}

TEST(print_long_tables_go_out_in_pages)
{
    struct cli_print_opts opts = {.fields = "n", .no_header = true};
    struct cli_print *p;
    struct tt_error err;
    char *text;
    size_t size, lines = 0;
    FILE *out = open_memstream(&text, &size);

    CHECK_OK(cli_print_open(&p, out, &opts, columns, "things", &err));
    for (int i = 0; i < 1201; i++)
        CHECK_OK(cli_print_row(p, row("j", i, "x"), &err));
    CHECK_OK(cli_print_end(p, &err));
    cli_print_close(p);
    fclose(out);
    for (char *c = text; *c; c++)
        lines += *c == '\n';
    CHECK_INT(lines, 1201);
    free(text);
}

TEST(print_keeps_a_terminal_from_obeying_names)
{
    char out[64];

    cli_text_safe("a\x1b[2Jb\n\x7f", out, sizeof(out));
    CHECK_STR(out, "a\\x1b[2Jb\\x0a\\x7f");
    cli_text_safe("caf\xe9 \xc3\xa9 \xc2\x9b", out, sizeof(out));
    CHECK_STR(out, "caf\\xe9 é \\xc2\\x9b");
    cli_text_safe("\xed\xa0\x80\xf5", out, sizeof(out));
    CHECK_STR(out, "\\xed\\xa0\\x80\\xf5");
}

TEST(print_counts_the_columns_of_a_terminal)
{
    CHECK_INT(cli_text_width("scans/001.jpg"), 13);
    CHECK_INT(cli_text_width("Übung, caf\xc3\xa9, cafe\xcc\x81"), 17);
    CHECK_INT(cli_text_width("写真 한국 😀"), 12);
    CHECK_INT(cli_text_width("caf\xe9"), 4);
    CHECK_INT(cli_text_width(""), 0);
}

TEST(print_paths_that_are_not_utf8_keep_their_bytes)
{
    json_t *o = json_object();

    cli_set_path(o, "in", "/a/caf\xe9.jpg");
    CHECK_STR(json_string_value(json_object_get(o, "in")),
              "/a/caf\xef\xbf\xbd.jpg");
    CHECK_STR(json_string_value(json_object_get(o, "in_hex")),
              "2f612f636166e92e6a7067");
    cli_set_path(o, "out", NULL);
    CHECK(json_is_null(json_object_get(o, "out")));
    json_decref(o);
}

TEST(print_words_for_people)
{
    char t[64];

    cli_text_elapsed(13400, t, sizeof(t));
    CHECK_STR(t, "00:13");
    cli_text_elapsed(3723000, t, sizeof(t));
    CHECK_STR(t, "1:02:03");
    cli_text_age(38000, t, sizeof(t));
    CHECK_STR(t, "38s");
    cli_text_age(80000, t, sizeof(t));
    CHECK_STR(t, "1m20s");
    cli_text_age(7500000, t, sizeof(t));
    CHECK_STR(t, "2h05m");
    cli_text_age(273600000, t, sizeof(t));
    CHECK_STR(t, "3d04h");
    cli_text_bytes(999, t, sizeof(t));
    CHECK_STR(t, "999 B");
    cli_text_bytes(231400000, t, sizeof(t));
    CHECK_STR(t, "231 MB");
    cli_text_bytes(2100000000, t, sizeof(t));
    CHECK_STR(t, "2.1 GB");
    cli_text_bytes(999999, t, sizeof(t));
    CHECK_STR(t, "1.0 MB");
    cli_text_count(1180, t, sizeof(t));
    CHECK_STR(t, "1,180");
    cli_text_count(-1234567, t, sizeof(t));
    CHECK_STR(t, "-1,234,567");
    cli_text_count(0, t, sizeof(t));
    CHECK_STR(t, "0");
}

TEST(rows_items_are_done_and_skipped_of_all)
{
    struct db_job job = {.kind = JOB_COLORIZE,
                         .total = 120,
                         .done = 116,
                         .skipped = 3,
                         .failed = 1,
                         .state = JOB_PARTIAL,
                         .started = 1000,
                         .ended = 14000};
    char text[64];
    json_t *o;

    cli_job_items(&job, text, sizeof(text));
    CHECK_STR(text, "116+3/120");
    o = cli_row_job(&job, 20000);
    CHECK_STR(json_string_value(json_object_get(o, "elapsed")), "00:13");
    CHECK_INT(json_integer_value(json_object_get(o, "elapsed_ms")), 13000);
    CHECK_INT(json_integer_value(json_object_get(o, "exit")), 2);
    CHECK_STR(json_string_value(json_object_get(o, "state")), "partial");
    json_decref(o);
    job.kind = JOB_TRAIN;
    job.skipped = 0;
    job.step = 310;
    job.steps = 930;
    cli_job_items(&job, text, sizeof(text));
    CHECK_STR(text, "310/930");
}

TEST(rows_draw_a_curve_in_eight_blocks)
{
    struct db_point p[] = {{0, 8}, {1, 5}, {2, 3}, {3, 1}};
    struct db_point flat[] = {{0, 2}, {1, 2}};
    char text[64];

    cli_spark(p, 4, text, sizeof(text));
    CHECK_STR(text, "█▅▃▁");
    cli_spark(flat, 2, text, sizeof(text));
    CHECK_STR(text, "▁▁");
    cli_spark(NULL, 0, text, sizeof(text));
    CHECK_STR(text, "");
}
