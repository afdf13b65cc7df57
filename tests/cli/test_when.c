#include "tests/check.h"

#include "cli/when.h"

#define NOW 1795419069000 /* 2026-11-23T07:31:09Z */
#define DAY 86400000

TEST(when_knows_dates_and_spans)
{
    static const struct {
        const char *text;
        long long ms;
    } good[] = {
        {"now", NOW},
        {"today", 1795392000000},
        {"yesterday", 1795392000000 - DAY},
        {"2026-11-23", 1795392000000},
        {"2026-11-23T07:31", 1795419060000},
        {"2026-11-23T07:31Z", 1795419060000},
        {"2026-11-23T07:31:09Z", NOW},
        {"2026-11-23 07:31:09", NOW},
        {"1970-01-01", 0},
        {"90m", NOW - 90 * 60000},
        {"1 hour ago", NOW - 3600000},
        {"2 days ago", NOW - 2 * DAY},
        {"1.5h", NOW - 5400000},
        {"3 weeks", NOW - 21LL * DAY},
        {"10 seconds ago", NOW - 10000},
    };
    struct tt_error err;
    int64_t at;

    for (unsigned i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        CHECK_OK(cli_when_parse(good[i].text, NOW, &at, &err));
        CHECK_INT(at, good[i].ms);
    }
}

TEST(when_refuses_what_is_no_time)
{
    static const char *const bad[] = {"",
                                      "soon",
                                      "1",
                                      "1 hour hence",
                                      "-5m",
                                      "2026-13-01",
                                      "2026-02-31",
                                      "07:31",
                                      "1 fortnight",
                                      "nan h",
                                      "2026-11-23T07:31:09+01"};
    struct tt_error err;
    int64_t at;

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CHECK_FAILS(cli_when_parse(bad[i], NOW, &at, &err), TT_USAGE,
                    "is no time");
}
