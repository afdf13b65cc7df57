#include "queue/resp.h"

#include <stdlib.h>
#include <string.h>

#include "tests/check.h"

static const char nested[] = "*4\r\n$3\r\na\0b\r\n:-42\r\n*2\r\n+OK\r\n$-1\r\n"
                             "-ERR no\r\n";

static void check_nested(const struct queue_reply *r)
{
    CHECK_INT(r->type, QUEUE_REPLY_LIST);
    CHECK_INT(r->n, 4);
    CHECK_INT(r->items[0]->size, 3);
    CHECK(memcmp(r->items[0]->text, "a\0b", 4) == 0);
    CHECK_INT(queue_reply_number(r->items[1], 0), -42);
    CHECK_STR(queue_reply_text(queue_reply_item(r->items[2], 0)), "OK");
    CHECK_INT(r->items[2]->items[1]->type, QUEUE_REPLY_NIL);
    CHECK_INT(r->items[3]->type, QUEUE_REPLY_ERROR);
    CHECK(queue_reply_item(r, 4) == NULL);
}

TEST(queue_resp_reads_a_reply_cut_at_every_byte)
{
    struct tt_error err;
    struct queue_reply *reply;

    for (size_t cut = 1; cut < sizeof(nested) - 1; cut++) {
        struct queue_resp *r = queue_resp_new();

        CHECK_OK(queue_resp_feed(r, nested, cut, &err));
        CHECK_INT(queue_resp_next(r, &reply, &err), 0);
        CHECK_OK(
            queue_resp_feed(r, nested + cut, sizeof(nested) - 1 - cut, &err));
        CHECK_INT(queue_resp_next(r, &reply, &err), 1);
        check_nested(reply);
        queue_reply_free(reply);
        CHECK_INT(queue_resp_next(r, &reply, &err), 0);
        queue_resp_free(r);
    }
}

TEST(queue_resp_reads_many_replies_in_one_piece)
{
    struct queue_resp *r = queue_resp_new();
    struct queue_reply *reply;
    struct tt_error err;

    for (int i = 0; i < 100; i++)
        CHECK_OK(queue_resp_feed(r, ":7\r\n*0\r\n", 8, &err));
    for (int i = 0; i < 200; i++) {
        CHECK_INT(queue_resp_next(r, &reply, &err), 1);
        queue_reply_free(reply);
    }
    CHECK_INT(queue_resp_next(r, &reply, &err), 0);
    queue_resp_free(r);
}

TEST(queue_resp_refuses_what_is_not_resp)
{
    static const struct {
        const char *data;
        enum tt_code code;
    } bad[] = {
        {"HTTP/1.1 400 Bad Request\r\n", TT_FORMAT},
        {"$abc\r\n", TT_FORMAT},
        {"$-7\r\nxx\r\n", TT_FORMAT},
        {":12x\r\n", TT_FORMAT},
        {"*2147483647\r\n", TT_NOMEM},
        {"*99999999999999999999\r\n", TT_FORMAT},
        {"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n",
         TT_NOMEM},
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct queue_resp *r = queue_resp_new();
        struct queue_reply *reply;
        struct tt_error err;

        CHECK_OK(queue_resp_feed(r, bad[i].data, strlen(bad[i].data), &err));
        CHECK_FAILS(queue_resp_next(r, &reply, &err), bad[i].code, "");
        CHECK(reply == NULL);
        queue_resp_free(r);
    }
}

/* The reader of some versions knows RESP3, that of others refuses it. */
TEST(queue_resp_is_not_upset_by_types_we_never_ask_for)
{
    static const char *const odd[] = {
        ",1.5\r\n", "#t\r\n", "_\r\n", "%1\r\n+a\r\n:1\r\n", "~1\r\n,inf\r\n",
    };

    for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
        struct queue_resp *r = queue_resp_new();
        struct queue_reply *reply;
        struct tt_error err;
        int rc;

        CHECK_OK(queue_resp_feed(r, odd[i], strlen(odd[i]), &err));
        rc = queue_resp_next(r, &reply, &err);
        CHECK(rc == 1 || (rc == -1 && err.code == TT_FORMAT));
        queue_reply_free(reply);
        queue_resp_free(r);
    }
}

TEST(queue_resp_leaves_nothing_of_half_a_reply)
{
    struct queue_resp *r = queue_resp_new();
    struct queue_reply *reply;
    struct tt_error err;

    CHECK_OK(queue_resp_feed(r, "*3\r\n$2\r\nab\r\n*2\r\n:1\r\n", 20, &err));
    CHECK_INT(queue_resp_next(r, &reply, &err), 0);
    queue_resp_free(r); // the leak check looks
}

TEST(queue_resp_says_what_an_error_of_redis_means)
{
    static const struct {
        const char *text;
        enum tt_code code;
        const char *words;
    } cases[] = {
        {"-FENCED the queue\r\n", TT_BUSY, "FENCED"},
        {"-OOM command not allowed\r\n", TT_NOMEM, "full"},
        {"-NOAUTH Authentication required.\r\n", TT_USAGE, "password"},
        {"-LOADING Redis is loading\r\n", TT_UNAVAILABLE, "LOADING"},
        {"-ERR Function not found\r\n", TT_UNAVAILABLE, "no scheduler"},
        {"-WRONGTYPE Operation\r\n", TT_FORMAT, "WRONGTYPE"},
        {"-ERR odd\r\n", TT_BUG, "odd"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct queue_resp *r = queue_resp_new();
        struct queue_reply *reply;
        struct tt_error err;

        CHECK_OK(
            queue_resp_feed(r, cases[i].text, strlen(cases[i].text), &err));
        CHECK_INT(queue_resp_next(r, &reply, &err), 1);
        CHECK_FAILS(queue_reply_check(reply, &err), cases[i].code,
                    cases[i].words);
        queue_reply_free(reply);
        queue_resp_free(r);
    }
}

TEST(queue_args_hold_any_bytes)
{
    struct queue_args a = {0};
    struct tt_error err;
    char *data;
    size_t size;

    queue_args_add(&a, "SET");
    queue_args_add_bytes(&a, "\r\n\0", 3);
    queue_args_add_int(&a, INT64_MIN);
    CHECK_OK(queue_args_format(&a, &data, &size, &err));
    CHECK(size == strlen("*3\r\n$3\r\nSET\r\n$3\r\n") + 5 +
                      strlen("$20\r\n-9223372036854775808\r\n"));
    free(data);
    queue_args_release(&a);
}
