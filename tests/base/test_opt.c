#include "tests/check.h"

#include <stdlib.h>
#include <string.h>

#include "base/opt.h"

struct tool {
    const char *name;
    long max_tries;
    double strength;
    bool force;
    long wait_ms;
};

// clang-format off
static const struct tt_opt tool_opts[] = {
    TT_TEXT(tool, name, 'n', "NAME", "latest", "what to use"),
    TT_INT (tool, max_tries, 't', "N", "3", 1, 10, "how often"),
    TT_REAL(tool, strength, 's', "X", "1.0", 0, 3, "how much"),
    TT_FLAG(tool, force, 'f', "do it all the same"),
    {"wait", 'w', TT_OPT_TIME, TT_AT(tool, wait_ms, long), "TIME", "2s",
     "how long", 0, 0},
    TT_OPT_END,
};
// clang-format on

/* Words behind the program's name; NULL ends them. */
static int parse(struct tool *t, char **words, int *operands,
                 struct tt_error *err)
{
    struct tt_opt_set sets[] = {{tool_opts, t}, {NULL, NULL}};
    int n = 0;

    while (words[n])
        n++;
    tt_opt_defaults(tool_opts, t);
    return tt_opt_parse(sets, n, words, operands, err);
}

TEST(opt_defaults_are_those_of_the_table)
{
    struct tool t;

    memset(&t, 0xff, sizeof(t));
    tt_opt_defaults(tool_opts, &t);
    CHECK_STR(t.name, "latest");
    CHECK_INT(t.max_tries, 3);
    CHECK_NEAR(t.strength, 1, 0);
    CHECK(!t.force);
    CHECK_INT(t.wait_ms, 2000);
}

TEST(opt_takes_every_way_of_typing_an_option)
{
    char *words[] = {
        "a", "--max-tries=4", "-s", "0.5",     "-fn", "x", "b", "--max_tries",
        "5", "-w5m",          "--", "--force", "-n",  NULL};
    struct tt_error err;
    struct tool t;
    int operands;

    CHECK_OK(parse(&t, words, &operands, &err));
    CHECK_INT(operands, 4);
    CHECK_STR(words[0], "a");
    CHECK_STR(words[1], "b");
    CHECK_STR(words[2], "--force");
    CHECK_STR(words[3], "-n");
    CHECK_INT(t.max_tries, 5);
    CHECK_NEAR(t.strength, 0.5, 0);
    CHECK(t.force);
    CHECK_STR(t.name, "x");
    CHECK_INT(t.wait_ms, 300000);
}

TEST(opt_flags_can_be_taken_back)
{
    char *words[] = {"--force", "--no-force", NULL};
    char *said[] = {"--force=no", NULL};
    struct tt_error err;
    struct tool t;
    int operands;

    CHECK_OK(parse(&t, words, &operands, &err));
    CHECK(!t.force);
    CHECK_OK(parse(&t, said, &operands, &err));
    CHECK(!t.force);
}

TEST(opt_a_single_minus_is_an_operand)
{
    char *words[] = {"-", NULL};
    struct tt_error err;
    struct tool t;
    int operands;

    CHECK_OK(parse(&t, words, &operands, &err));
    CHECK_INT(operands, 1);
}

TEST(opt_says_what_is_wrong)
{
    static const struct {
        char *words[3];
        const char *message;
    } bad[] = {
        {{"--colour", NULL}, "unknown option --colour"},
        {{"--colour=7", NULL}, "unknown option --colour"},
        {{"-x", NULL}, "unknown option -x"},
        {{"-fx", NULL}, "unknown option -x"},
        {{"--no-name", NULL}, "unknown option --no-name"},
        {{"--no-force=yes", NULL}, "unknown option --no-force"},
        {{"--name", NULL}, "--name needs a value"},
        {{"-n", NULL}, "-n needs a value"},
        {{"--max-tries", "x", NULL},
         "--max-tries: \"x\" is not a whole number"},
        {{"--max-tries=", NULL}, "--max-tries: \"\" is not a whole number"},
        {{"--max-tries=3.5", NULL}, "\"3.5\" is not a whole number"},
        {{"--max-tries=99999999999999999999", NULL}, "is not a whole number"},
        {{"-t11", NULL}, "--max-tries: 11 is not within 1 and 10"},
        {{"-t0", NULL}, "--max-tries: 0 is not within 1 and 10"},
        {{"-t3000000000", NULL}, "3000000000 is not within 1 and 10"},
        {{"-snan", NULL}, "--strength: \"nan\" is not a number"},
        {{"-sinf", NULL}, "--strength: \"inf\" is not a number"},
        {{"-s4", NULL}, "--strength: 4 is not within 0 and 3"},
        {{"--force=maybe", NULL}, "--force: \"maybe\" is not yes or no"},
        {{"--wait=soon", NULL}, "--wait: \"soon\" is not a duration"},
        {{"--wait=-5s", NULL}, "--wait: \"-5s\" is not a duration"},
    };
    struct tt_error err;
    struct tool t;
    int operands;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char *words[3] = {bad[i].words[0], bad[i].words[1], bad[i].words[2]};

        CHECK_FAILS(parse(&t, words, &operands, &err), TT_USAGE,
                    bad[i].message);
    }
}

TEST(opt_knows_durations)
{
    static const struct {
        const char *text;
        long ms;
    } good[] = {{"0", 0},           {"90", 90000},     {"500ms", 500},
                {"1.5s", 1500},     {"5m", 300000},    {"2min", 120000},
                {"2h", 7200000},    {"1d", 86400000L}, {"1e3ms", 1000},
                {"1h30m", 5400000}, {"1m20s", 80000},  {"1d 2h", 93600000}};
    struct tt_error err;
    long ms;

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        CHECK_OK(tt_time_parse(good[i].text, &ms, &err));
        CHECK_INT(ms, good[i].ms);
    }
    CHECK_FAILS(tt_time_parse("", &ms, &err), TT_USAGE, "is not a duration");
    CHECK_FAILS(tt_time_parse("5 m", &ms, &err), TT_USAGE, "\"5 m\"");
    CHECK_FAILS(tt_time_parse("nan", &ms, &err), TT_USAGE, "\"nan\"");
    CHECK_FAILS(tt_time_parse("1h30", &ms, &err), TT_USAGE, "\"1h30\"");
    CHECK_FAILS(tt_time_parse("90 30s", &ms, &err), TT_USAGE, "\"90 30s\"");
    CHECK_FAILS(tt_time_parse("1h-5m", &ms, &err), TT_USAGE, "\"1h-5m\"");
}

TEST(opt_goes_into_json_and_back)
{
    struct tool t, back;
    struct tt_error err;
    json_t *o;

    tt_opt_defaults(tool_opts, &t);
    t.name = "räum";
    t.force = true;
    t.strength = 0.25;
    t.wait_ms = 1234;
    o = tt_opt_to_json(tool_opts, &t);
    CHECK(o);
    json_object_set_new(o, "from_a_newer_version", json_true());
    CHECK_OK(tt_opt_from_json(tool_opts, &back, o, &err));
    CHECK_STR(back.name, "räum");
    CHECK(back.force);
    CHECK_NEAR(back.strength, 0.25, 0);
    CHECK_INT(back.wait_ms, 1234);
    CHECK_INT(back.max_tries, 3);
    json_decref(o);
}

TEST(opt_leaves_defaults_where_json_is_silent)
{
    struct tt_error err;
    struct tool t;
    json_t *o = json_object();

    CHECK_OK(tt_opt_from_json(tool_opts, &t, o, &err));
    CHECK_STR(t.name, "latest");
    json_decref(o);
}

TEST(opt_refuses_json_of_another_type_or_out_of_bounds)
{
    static const struct {
        const char *text, *message;
        enum tt_code code;
    } bad[] = {
        {"{\"name\":3}", "name: not of the type", TT_FORMAT},
        {"{\"max_tries\":\"3\"}", "max_tries: not of the type", TT_FORMAT},
        {"{\"max_tries\":3.5}", "max_tries: not of the type", TT_FORMAT},
        {"{\"force\":1}", "force: not of the type", TT_FORMAT},
        {"{\"strength\":null}", "strength: not of the type", TT_FORMAT},
        {"{\"max_tries\":99}", "--max-tries: 99 is not within", TT_USAGE},
        {"{\"strength\":-1}", "--strength: -1 is not within", TT_USAGE},
    };
    struct tt_error err;
    struct tool t;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        json_t *o = json_loads(bad[i].text, 0, NULL);

        CHECK(o);
        CHECK_FAILS(tt_opt_from_json(tool_opts, &t, o, &err), bad[i].code,
                    bad[i].message);
        json_decref(o);
    }
}

TEST(opt_sets_one_by_name)
{
    struct tt_error err;
    struct tool t;

    tt_opt_defaults(tool_opts, &t);
    CHECK_INT(tt_opt_set_text(tool_opts, &t, "max-tries", "7", &err), 1);
    CHECK_INT(t.max_tries, 7);
    CHECK_INT(tt_opt_set_text(tool_opts, &t, "max_tries", "8", &err), 1);
    CHECK_INT(t.max_tries, 8);
    CHECK_INT(tt_opt_set_text(tool_opts, &t, "max", "8", &err), 0);
    CHECK_FAILS(tt_opt_set_text(tool_opts, &t, "max-tries", "x", &err),
                TT_USAGE, "whole number");
}

TEST(opt_prints_rows_in_columns)
{
    static const struct tt_opt rows[] = {
        TT_TEXT(tool, name, 'n', "NAME,…", "latest", "what to use"),
        TT_FLAG(tool, force, 0, "do it all the same"),
        TT_OPT_END,
    };
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    tt_opt_print(rows, out);
    fclose(out);
    CHECK_STR(text, "  -n, --name NAME,…            what to use (default "
                    "latest)\n"
                    "      --force                  do it all the same\n");
    free(text);
}
