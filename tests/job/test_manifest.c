#include "tests/check.h"

#include <stdio.h>
#include <string.h>
#include <stdlib.h>

#include "base/file.h"
#include "job/manifest.h"

static void make(const char *path)
{
    struct job_manifest_writer *w;
    struct tt_error err;
    json_t *header = json_pack("{s:s, s:s}", "kind", "colorize", "out", "/o");

    CHECK_OK(job_manifest_create(&w, path, header, &err));
    CHECK_OK(job_manifest_add(w, "/in/a.tif", "a.tif", &err));
    CHECK_OK(job_manifest_add(w, "/in/\xff new\nline.jpg", "b.jpg", &err));
    CHECK_OK(job_manifest_add(w, "/in/c.png", "c.png", &err));
    CHECK(!tt_file_exists(path));
    CHECK_OK(job_manifest_finish(w, &err));
    json_decref(header);
}

TEST(job_manifest_gives_back_what_was_put_in)
{
    struct job_manifest *m;
    struct tt_error err;
    const char *in, *out;
    uint64_t second;

    make("m.tt");
    CHECK_OK(job_manifest_open(&m, "m.tt", &err));
    CHECK_STR(
        json_string_value(json_object_get(job_manifest_header(m), "kind")),
        "colorize");
    CHECK_INT(job_manifest_at(m), job_manifest_start(m));
    CHECK_INT(job_manifest_next(m, &in, &out, &err), 1);
    CHECK_STR(in, "/in/a.tif");
    second = job_manifest_at(m);
    CHECK_INT(job_manifest_next(m, &in, &out, &err), 1);
    CHECK_INT(job_manifest_next(m, &in, &out, &err), 1);
    CHECK_STR(out, "c.png");
    CHECK_INT(job_manifest_next(m, &in, &out, &err), 0);
    CHECK_OK(job_manifest_seek(m, second, &err));
    CHECK_INT(job_manifest_next(m, &in, &out, &err), 1);
    CHECK_STR(in, "/in/\xff new\nline.jpg");
    CHECK_STR(out, "b.jpg");
    job_manifest_close(m);
}

TEST(job_manifest_cut_anywhere_is_refused_or_ends_early)
{
    struct tt_error err;
    char *data;
    size_t size;

    make("m.tt");
    CHECK_OK(tt_file_read("m.tt", 1 << 20, &data, &size, &err));
    for (size_t cut = 0; cut < size; cut++) {
        struct job_manifest *m;
        const char *in, *out;
        int n = 0;

        CHECK_OK(tt_file_write("cut.tt", data, cut, &err));
        if (job_manifest_open(&m, "cut.tt", &err) < 0) {
            CHECK_INT(err.code, TT_FORMAT);
            continue;
        }
        while (job_manifest_next(m, &in, &out, &err) == 1)
            n++;
        CHECK(n < 3);
        job_manifest_close(m);
    }
    free(data);
}

TEST(job_manifest_of_another_kind_is_refused)
{
    struct job_manifest *m;
    struct tt_error err;

    CHECK_FAILS(job_manifest_open(&m, "none.tt", &err), TT_MISSING, "none.tt");
    CHECK_OK(tt_file_write("x.tt", "tintype manifest 2\n{}\n", 22, &err));
    CHECK_FAILS(job_manifest_open(&m, "x.tt", &err), TT_FORMAT,
                "not a manifest of this version");
}

TEST(job_manifest_abandoned_leaves_nothing)
{
    struct job_manifest_writer *w;
    struct tt_error err;
    json_t *header = json_object();

    CHECK_OK(job_manifest_create(&w, "m.tt", header, &err));
    job_manifest_abandon(w);
    job_manifest_abandon(NULL);
    CHECK(!tt_file_exists("m.tt"));
    json_decref(header);
}
