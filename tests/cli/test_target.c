#include "tests/check.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/target.h"

static const struct tt_sha256 model = {{1, 2, 3}};

static void put(const char *path, const char *text)
{
    struct tt_error err;

    CHECK_OK(tt_mkdirs_above(path, 0777, &err));
    CHECK_OK(tt_file_write(path, text, strlen(text), &err));
}

/* What `tintype colorize IN -o OUT` asks; no record. */
static int choose(struct cli_target *t, const char *in, const char *out,
                  const char *params, struct tt_error *err)
{
    struct cli_record r = {NULL, NULL};
    char *operand[] = {(char *)in, NULL};
    struct cli_folder f = {0};
    json_t *o = json_loads(params, 0, NULL);
    int rc;

    CHECK(o);
    CHECK(cli_folder_add(&f, in, err) == 0);
    rc = cli_target_choose(t, &f, operand, 1, out, o, &model, &r, err);
    if (rc == 0)
        rc = cli_target_filter(t, &f, &r, err);
    cli_folder_release(&f);
    json_decref(o);
    return rc;
}

TEST(target_without_o_is_beside_the_input)
{
    struct cli_target t;
    struct tt_error err;

    put("in/a.jpg", "\xff\xd8\xff\xe0........");
    CHECK_OK(choose(&t, "in", NULL, "{}", &err));
    CHECK_STR(t.shown, "in-colour");
    CHECK_OK(choose(&t, "in/", NULL, "{}", &err));
    CHECK_STR(t.shown, "in-colour");
    CHECK(!t.single);
    CHECK_OK(choose(&t, "in/a.jpg", NULL, "{}", &err));
    CHECK_STR(t.shown, "in/a-colour.jpg");
    CHECK(t.single);
    CHECK_OK(choose(&t, "in/a.jpg", NULL, "{\"format\":\"png\"}", &err));
    CHECK_STR(t.shown, "in/a-colour.png");
    CHECK_INT(chdir("in"), 0);
    CHECK_OK(choose(&t, ".", NULL, "{}", &err));
    CHECK_STR(tt_path_name(t.shown), "in-colour");
}

TEST(target_refuses_what_it_should_not_touch)
{
    struct cli_target t;
    struct tt_error err;

    put("in/a.jpg", "\xff\xd8\xff\xe0........");
    put("full/letter.txt", "x");
    put("file", "x");
    put("out.jpg", "x");
    CHECK_FAILS(choose(&t, "in", "in", "{}", &err), TT_USAGE,
                "would be among the inputs");
    CHECK_FAILS(choose(&t, "in", "in/colour/x", "{}", &err), TT_USAGE,
                "would be among the inputs");
    CHECK_FAILS(choose(&t, "in", "full/../in/colour", "{}", &err), TT_USAGE,
                "would be among the inputs");
    CHECK_FAILS(choose(&t, "in", "full", "{}", &err), TT_OUTPUT,
                "full is not empty, and its files are none of ours");
    CHECK_FAILS(choose(&t, "in", "file", "{}", &err), TT_OUTPUT,
                "file: not a folder");
    CHECK_FAILS(choose(&t, "in", "file/x", "{}", &err), TT_OUTPUT, "file/x");
    CHECK_FAILS(choose(&t, "in/a.jpg", "out.jpg", "{}", &err), TT_OUTPUT,
                "out.jpg exists already, and no file is overwritten");
    CHECK_FAILS(choose(&t, "in/a.jpg", "out.gif", "{}", &err), TT_USAGE,
                "out.gif: the output's name must end in .jpg, .png or .tif");
    CHECK_FAILS(
        choose(&t, "in/a.jpg", "new.png", "{\"format\":\"jpeg\"}", &err),
        TT_USAGE, "new.png: its name is not that of a jpeg");
    CHECK_FAILS(choose(&t, "in", "", "{}", &err), TT_USAGE, "-o");
    put("in-colour/x", "x");
    CHECK_FAILS(choose(&t, "in", NULL, "{}", &err), TT_OUTPUT,
                "in-colour is not empty");
}

TEST(target_knows_its_own_folder_again)
{
    struct cli_target t;
    struct tt_error err;

    put("in/a.jpg", "\xff\xd8\xff\xe0........");
    CHECK_OK(choose(&t, "in", "out", "{\"quality\":95,\"force\":false}", &err));
    CHECK(!t.marked);
    CHECK_OK(cli_target_mark(&t, &model, 7, &err));
    put("out/b.jpg", "x");

    /* whatever the order of the settings, and by whatever name the model */
    CHECK_OK(choose(&t, "in", "out",
                    "{\"force\":false,\"model\":\"m1\",\"quality\":95}", &err));
    CHECK(t.marked);
    CHECK_INT(t.job, 7);
    CHECK(t.interrupted); /* the record does not say that it ended */
    CHECK_FAILS(
        choose(&t, "in", "out", "{\"quality\":90,\"force\":false}", &err),
        TT_OUTPUT,
        "out was made with other settings (job j7, model "
        "010203000000…)");
    CHECK_INT(unlink("out/b.jpg"), 0);
    /* nothing came of it: as good as new */
    CHECK_OK(choose(&t, "in", "out", "{\"quality\":90,\"force\":false}", &err));
    put("out/.tintype", "{}");
    CHECK_FAILS(choose(&t, "in", "out", "{}", &err), TT_FORMAT,
                ".tintype: damaged, or of a newer tintype");
}

TEST(target_takes_a_leftover_of_its_own_folder_only)
{
    struct cli_target t;
    struct tt_error err;

    put("in/a.jpg", "\xff\xd8\xff\xe0........");
    CHECK_OK(choose(&t, "in", "out", "{}", &err));
    CHECK_OK(cli_target_mark(&t, &model, 0, &err));
    put("out/a.jpg", "left by a job that was interrupted");
    CHECK_OK(choose(&t, "in", "out", "{}", &err));
    CHECK_INT(t.before, 0);
}

TEST(target_sweeps_unfinished_files_of_its_own_folder)
{
    struct cli_target t;
    struct tt_error err;

    put("in/a.jpg", "\xff\xd8\xff\xe0........");
    put("other/.tt-abcdef", "x");
    cli_target_sweep("other");
    CHECK(tt_file_exists("other/.tt-abcdef"));
    CHECK_OK(choose(&t, "in", "out", "{}", &err));
    CHECK_OK(cli_target_mark(&t, &model, 1, &err));
    put("out/sub/.tt-abcdef", "x");
    put("out/sub/.tt-journal-of-others", "x");
    put("out/sub/a.jpg", "x");
    cli_target_sweep("out");
    CHECK(!tt_file_exists("out/sub/.tt-abcdef"));
    CHECK(tt_file_exists("out/sub/.tt-journal-of-others"));
    CHECK(tt_file_exists("out/sub/a.jpg"));
    CHECK(tt_file_exists("out/.tintype"));
}
