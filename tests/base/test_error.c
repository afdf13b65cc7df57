#include "tests/check.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"

TEST(base_error_reads_from_the_outside_in)
{
    struct tt_error err;

    errno = ENOSPC;
    CHECK_INT(tt_fail_errno(&err, TT_OUTPUT, "%s", "a.png"), -1);
    CHECK_INT(err.sys, ENOSPC);
    CHECK_INT(tt_wrap(&err, "photo %d", 3), -1);
    CHECK_STR(err.text, "photo 3: a.png: No space left on device");
    CHECK_INT(err.code, TT_OUTPUT);
    tt_clear(&err);
    CHECK_INT(err.code, TT_OK);
}

TEST(base_error_keeps_the_reason_behind_a_path_of_any_length)
{
    char path[5000], text[16];
    struct tt_error err;

    memset(path, 'x', sizeof(path));
    memcpy(path, "/photos/", 8);
    path[4000] = '\0';
    errno = ENAMETOOLONG;
    tt_fail_errno(&err, TT_OUTPUT, "%s", path);
    CHECK(strncmp(err.text, "/photos/xxx", 11) == 0);
    CHECK(strstr(err.text, "x…x"));
    CHECK(strstr(err.text, "xxx: File name too long"));
    tt_wrap(&err, "%s", path);
    CHECK(strstr(err.text, ": File name too long"));
    CHECK_INT(strlen(err.text), TT_ERROR_TEXT - 1);
    /* no character is split: 3 bytes each */
    tt_text_fit(text, sizeof(text), "éééééééééé€€€");
    CHECK_STR(text, "éééé…€");
    tt_text_fit(text, sizeof(text), "fifteen letters");
    CHECK_STR(text, "fifteen letters");
}

TEST(base_error_is_one_line_and_is_cut_not_split)
{
    char much[2 * TT_ERROR_TEXT];
    struct tt_error err;

    memset(much, 'x', sizeof(much));
    much[sizeof(much) - 1] = '\0';
    tt_fail(&err, TT_INPUT, "a\nb\x1b[31m %s", much);
    CHECK(!strpbrk(err.text, "\n\x1b"));
    CHECK_INT(strlen(err.text), TT_ERROR_TEXT - 1);
    tt_wrap(&err, "outside");
    CHECK(strncmp(err.text, "outside: a?b?[31m x", 19) == 0);
    CHECK_INT(strlen(err.text), TT_ERROR_TEXT - 1);
}

TEST(base_error_codes_have_their_exit_status)
{
    CHECK_INT(tt_code_exit(TT_OK), 0);
    CHECK_INT(tt_code_exit(TT_PARTIAL), 2);
    CHECK_INT(tt_code_exit(TT_USAGE), 64);
    CHECK_INT(tt_code_exit(TT_UNAVAILABLE), 69);
    CHECK_INT(tt_code_exit(TT_CANCEL), 130);
    CHECK(tt_code_retry(TT_IO));
    CHECK(!tt_code_retry(TT_INPUT));
    CHECK_STR(tt_code_words(TT_MISSING), "no such thing");
}

TEST(base_clock_writes_utc)
{
    char text[32];
    int64_t a = tt_steady_us();

    CHECK_STR(tt_time_text(1763883069000, text, sizeof(text)),
              "2025-11-23T07:31:09Z");
    tt_sleep_ms(2);
    CHECK(tt_steady_us() - a >= 2000);
    CHECK(tt_wall_ms() > 1700000000000);
}
