#include "queue/address.h"

#include <stdio.h>
#include <string.h>

#include "tests/check.h"

TEST(queue_address_takes_what_people_write)
{
    static const struct {
        const char *text, *path, *host, *port, *user, *password;
    } good[] = {
        {"/run/redis.sock", "/run/redis.sock", "", "", "", ""},
        {"unix:/r.sock", "/r.sock", "", "", "", ""},
        {"unix:///r.sock", "/r.sock", "", "", "", ""},
        {"unix://:s%40c@/r.sock", "/r.sock", "", "", "", "s@c"},
        {"localhost", "", "localhost", "6379", "", ""},
        {"10.0.0.1:7000", "", "10.0.0.1", "7000", "", ""},
        {"redis://h:1", "", "h", "1", "", ""},
        {"redis://anna:p%3Aw@h", "", "h", "6379", "anna", "p:w"},
        {"redis://[::1]:77", "", "::1", "77", "", ""},
        {"[::1]", "", "::1", "6379", "", ""},
    };

    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
        struct queue_address a;
        struct tt_error err;

        CHECK_OK(queue_address_parse(&a, good[i].text, &err));
        CHECK_STR(a.path, good[i].path);
        CHECK_STR(a.host, good[i].host);
        CHECK_STR(a.port, good[i].port);
        CHECK_STR(a.user, good[i].user);
        CHECK_STR(a.password, good[i].password);
    }
}

TEST(queue_address_refuses_and_says_why)
{
    static const struct {
        const char *text, *words;
    } bad[] = {
        {"", "not an address"},
        {"h:", "not an address"},
        {"h:12x", "not an address"},
        {"h:999999", "not an address"},
        {"[::1", "not an address"},
        {"redis://h/0", "not an address"},
        {"unix:redis.sock", "whole path"},
    };
    struct queue_address a;
    struct tt_error err;
    char path[160] = "/";

    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        CHECK_FAILS(queue_address_parse(&a, bad[i].text, &err), TT_USAGE,
                    bad[i].words);
    memset(path + 1, 'x', 106);
    CHECK_OK(queue_address_parse(&a, path, &err));
    path[107] = 'x';
    CHECK_FAILS(queue_address_parse(&a, path, &err), TT_USAGE,
                "may have 107 bytes, this has 108");
}

TEST(queue_address_is_shown_without_the_password)
{
    struct queue_address a;
    struct tt_error err;
    char text[64];

    CHECK_OK(queue_address_parse(&a, "redis://u:secret@h:5", &err));
    CHECK_STR(queue_address_text(&a, text, sizeof(text)), "h:5");
}
