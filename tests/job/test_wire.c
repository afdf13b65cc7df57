#include "tests/check.h"

#include <stdlib.h>
#include <string.h>

#include "job/wire.h"

TEST(job_payload_survives_the_wire)
{
    struct job_payload p = {.job = 7,
                            .kind = JOB_INGEST,
                            .first = 128,
                            .n = 64,
                            .at = 4096,
                            .manifest = "/a b/\"m\".tt"};
    struct job_payload q;
    struct tt_error err;
    json_t *hold;
    char *text = job_payload_text(&p);

    CHECK(text);
    CHECK_OK(job_payload_parse(text, &q, &hold, &err));
    CHECK_INT(q.job, 7);
    CHECK_INT(q.kind, JOB_INGEST);
    CHECK_INT(q.first, 128);
    CHECK_INT(q.n, 64);
    CHECK_INT(q.at, 4096);
    CHECK_STR(q.manifest, "/a b/\"m\".tt");
    json_decref(hold);
    free(text);
}

TEST(job_payload_refuses_what_makes_no_sense)
{
    static const struct {
        const char *text, *words;
    } bad[] = {
        {"", "not a message"},
        {"[]", "no object"},
        {"{\"v\":2}", "another version"},
        {"{\"v\":1,\"kind\":1,\"n\":1}", "makes no sense"},
        {"{\"v\":1,\"kind\":99,\"n\":1,\"manifest\":\"x\"}", "makes no sense"},
        {"{\"v\":1,\"kind\":1,\"n\":0,\"manifest\":\"x\"}", "makes no sense"},
    };
    struct job_payload p;
    struct tt_error err;
    json_t *hold;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CHECK_FAILS(job_payload_parse(bad[i].text, &p, &hold, &err), TT_FORMAT,
                    bad[i].words);
}

TEST(job_result_survives_the_wire)
{
    struct job_photo photos[2] = {
        {.index = 3,
         .state = PHOTO_OK,
         .width = 500,
         .height = 400,
         .bits = 16,
         .bytes_out = 1234567,
         .ms = 88,
         .has_in = true,
         .has_out = true,
         .flags = "toned"},
        {.index = 4,
         .state = PHOTO_FAILED,
         .reason = "truncated",
         .message = "name \xff: cut"},
    };
    struct job_result r = {.photos = photos, .n_photos = 2};
    struct job_result s;
    struct tt_error err;
    char *text;

    memset(photos[0].sha_in.bytes, 0xab, 32);
    r.body = json_pack("{s:{s:s}}", "dataset", "path", "/d");
    text = job_result_text(&r);
    CHECK(text);
    CHECK_OK(job_result_parse(text, &s, &err));
    CHECK_INT(s.n_photos, 2);
    CHECK_INT(s.photos[0].bits, 16);
    CHECK_INT(s.photos[0].sha_in.bytes[31], 0xab);
    CHECK(!s.photos[1].has_in);
    CHECK_STR(s.photos[1].reason, "truncated");
    CHECK_STR(s.photos[1].message, "name ?: cut");
    CHECK(json_object_get(s.body, "dataset"));
    CHECK(!s.failed);
    job_result_release(&s);
    json_decref(r.body);
    free(text);
}

TEST(job_result_carries_the_failure_of_a_chunk)
{
    struct job_result r = {
        .failed = true, .code = TT_OUTPUT, .text = "disk full"};
    struct job_result s;
    struct tt_error err;
    char *text = job_result_text(&r);

    CHECK_OK(job_result_parse(text, &s, &err));
    CHECK(s.failed);
    CHECK_INT(s.code, TT_OUTPUT);
    CHECK_STR(s.text, "disk full");
    job_result_release(&s);
    free(text);
}
