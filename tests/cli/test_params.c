#include "cli/params.h"

#include "tests/check.h"

TEST(params_are_shown_as_the_options_that_differ)
{
    static const struct {
        enum job_kind kind;
        const char *params, *text;
    } rows[] = {
        {JOB_TRAIN, "{\"epochs\":6,\"rate\":0.003,\"preset\":\"S\"}",
         "--epochs 6 --rate 0.003"},
        {JOB_TRAIN, "{\"register\":false,\"time_limit\":90000}",
         "--time-limit 90000ms --no-register"},
        {JOB_INGEST, "{\"near\":true,\"blank\":1.0,\"of_old\":3}", "--near"},
        {JOB_EVALUATE, "{\"split\":\"test\"}", "defaults"},
        {JOB_EVALUATE, "{}", "defaults"},
        {JOB_EVALUATE, "no json", "no json"},
        {JOB_EVALUATE, NULL, ""},
    };
    char text[200];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        cli_params_text(rows[i].kind, rows[i].params, text, sizeof(text));
        CHECK_STR(text, rows[i].text);
    }
}

TEST(params_are_cut_where_there_is_no_more_room)
{
    char text[12];

    cli_params_text(JOB_TRAIN, "{\"epochs\":6,\"rate\":0.003,\"batch\":7}",
                    text, sizeof(text));
    CHECK_STR(text, "--epochs 6 ");
}
