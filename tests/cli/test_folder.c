#include "tests/check.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/folder.h"

#define JPEG "\xff\xd8\xff\xe0jpeg......"
#define PNG  "\x89PNG\r\n\x1a\n...."
#define TIFF "II*\0tiff...."
#define WEBP "RIFF....WEBP"
#define GIF  "GIF89a......"

static void put(const char *path, const char *bytes)
{
    struct tt_error err;

    CHECK_OK(tt_mkdirs_above(path, 0777, &err));
    CHECK_OK(tt_file_write(path, bytes, 12, &err));
}

/* The output of the input whose path ends so; NULL if it is not there. */
static const char *out_of(const struct cli_folder *f, const char *rel)
{
    for (size_t i = 0; i < f->n; i++) {
        if (strcmp(f->items[i].rel, rel) == 0)
            return f->items[i].out;
    }
    return NULL;
}

TEST(folder_takes_every_file_but_hidden_ones)
{
    struct cli_folder f = {0};
    struct tt_error err;

    put("in/b.jpg", JPEG);
    put("in/a/z.txt", "no picture..");
    put("in/.hidden.jpg", JPEG);
    put("in/.git/a.jpg", JPEG);
    CHECK_INT(mkfifo("in/pipe", 0600), 0);
    CHECK_INT(symlink("b.jpg", "in/link.jpg"), 0);
    CHECK_INT(symlink("..", "in/loop"), 0);
    CHECK_INT(symlink("nowhere", "in/dangling"), 0);
    CHECK_OK(cli_folder_add(&f, "in", &err));
    CHECK_OK(cli_folder_name(&f, "same", &err));
    CHECK_INT(f.n, 4);
    CHECK_STR(f.items[0].rel, "a/z.txt");
    CHECK_STR(f.items[0].out, "a/z.txt");
    CHECK_STR(f.items[1].rel, "b.jpg");
    CHECK_STR(f.items[2].rel, "dangling");
    CHECK_STR(f.items[3].rel, "link.jpg");
    CHECK_INT(f.bytes, 36 + 7);
    CHECK(!f.single);
    CHECK(f.items[1].in[0] == '/');
    cli_folder_release(&f);
}

TEST(folder_that_may_not_be_read_is_a_row)
{
    struct cli_folder f = {0};
    struct tt_error err;

    put("in/a.jpg", JPEG);
    put("in/shut/b.jpg", JPEG);
    CHECK_INT(chmod("in/shut", 0), 0);
    if (geteuid() == 0) // to whom nothing is shut
        CHECK_INT(chmod(".", 0755) | chmod("in", 0755) | seteuid(65534), 0);
    CHECK_OK(cli_folder_add(&f, "in", &err));
    CHECK_OK(cli_folder_name(&f, "same", &err));
    CHECK_INT(f.n, 2);
    CHECK_STR(f.items[1].rel, "shut");
    cli_folder_release(&f);
    CHECK_INT(seteuid(getuid()) | chmod("in/shut", 0700), 0);
}

TEST(folder_keeps_suffixes_that_are_true)
{
    struct cli_folder f = {0};
    struct tt_error err;

    put("in/a.jpg", JPEG);
    put("in/b.JPEG", JPEG);
    put("in/c.tiff", TIFF);
    put("in/d.png", PNG);
    put("in/e.webp", WEBP);
    put("in/f.jpg", PNG);
    put("in/g", JPEG);
    put("in/h.", JPEG);
    put("in/i.v2.jpg", TIFF);
    put("in/j.gif", GIF);
    CHECK_OK(cli_folder_add(&f, "in", &err));
    CHECK_OK(cli_folder_name(&f, "same", &err));
    CHECK_STR(out_of(&f, "a.jpg"), "a.jpg");
    CHECK_STR(out_of(&f, "b.JPEG"), "b.JPEG");
    CHECK_STR(out_of(&f, "c.tiff"), "c.tiff");
    CHECK_STR(out_of(&f, "d.png"), "d.png");
    CHECK_STR(out_of(&f, "e.webp"), "e.png");
    CHECK_STR(out_of(&f, "f.jpg"), "f.png");
    CHECK_STR(out_of(&f, "g"), "g.jpg");
    CHECK_STR(out_of(&f, "h."), "h.jpg");
    CHECK_STR(out_of(&f, "i.v2.jpg"), "i.v2.tif");
    CHECK_STR(out_of(&f, "j.gif"), "j.png");
    cli_folder_release(&f);
}

TEST(folder_gives_two_inputs_two_outputs)
{
    struct cli_folder f = {0};
    struct tt_error err;

    put("in/a.png", PNG);
    put("in/a.webp", WEBP);
    put("in/a.webp.png", PNG);
    put("in/x/a.webp", WEBP);
    CHECK_OK(cli_folder_add(&f, "in", &err));
    CHECK_OK(cli_folder_name(&f, "same", &err));
    CHECK_STR(out_of(&f, "a.png"), "a.png");
    CHECK_STR(out_of(&f, "a.webp.png"), "a.webp.png");
    CHECK_STR(out_of(&f, "a.webp"), "a.webp-2.png");
    CHECK_STR(out_of(&f, "x/a.webp"), "x/a.png");
    cli_folder_release(&f);

    CHECK_OK(cli_folder_add(&f, "in/a.png", &err));
    CHECK_OK(cli_folder_add(&f, "in/a.webp", &err));
    CHECK_OK(cli_folder_name(&f, "jpeg", &err));
    CHECK_STR(out_of(&f, "a.png"), "a.jpg");
    CHECK_STR(out_of(&f, "a.webp"), "a.webp.jpg");
    cli_folder_release(&f);
}

TEST(folder_takes_one_photo_once)
{
    struct cli_folder f = {0};
    struct tt_error err;

    put("in/a.jpg", JPEG);
    CHECK_OK(cli_folder_add(&f, "in/a.jpg", &err));
    CHECK(f.single);
    CHECK_OK(cli_folder_add(&f, "./in/../in/a.jpg", &err));
    CHECK_OK(cli_folder_name(&f, "same", &err));
    CHECK_INT(f.n, 1);
    CHECK_INT(f.bytes, 12);
    cli_folder_release(&f);
}

TEST(folder_takes_names_of_any_bytes)
{
    static const char *const odd[] = {"in/caf\xe9.jpg", "in/new\nline.jpg",
                                      "in/-o.jpg",      "in/ .jpg",
                                      "in/a\"b'.jpg",   "in/\xff\xfe"};
    struct cli_folder f = {0};
    struct tt_error err;

    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
        put(odd[i], JPEG);
    CHECK_OK(cli_folder_add(&f, "in", &err));
    CHECK_OK(cli_folder_name(&f, "same", &err));
    CHECK_INT(f.n, 6);
    CHECK_STR(out_of(&f, "caf\xe9.jpg"), "caf\xe9.jpg");
    CHECK_STR(out_of(&f, "\xff\xfe"), "\xff\xfe.jpg");
    cli_folder_release(&f);
}

TEST(folder_says_what_it_cannot_take)
{
    struct cli_folder f = {0};
    struct tt_error err;

    CHECK_FAILS(cli_folder_add(&f, "nowhere", &err), TT_MISSING, "nowhere");
    CHECK_INT(mkfifo("pipe", 0600), 0);
    CHECK_FAILS(cli_folder_add(&f, "pipe", &err), TT_INPUT,
                "pipe: neither a file nor a folder");
    put("a.jpg", JPEG);
    CHECK_OK(cli_folder_add(&f, "a.jpg", &err));
    CHECK_FAILS(cli_folder_name(&f, "gif", &err), TT_USAGE,
                "--format: \"gif\" is not one of same, jpeg, png, tiff");
    CHECK_FAILS(cli_folder_name(&f, "webp", &err), TT_USAGE, "\"webp\"");
    cli_folder_release(&f);
}

static int keep_png(void *ctx, const struct cli_item *item,
                    struct tt_error *err)
{
    (*(int *)ctx)++;
    if (strcmp(item->rel, "stop") == 0)
        return tt_fail(err, TT_IO, "stopped");
    return strstr(item->rel, ".png") != NULL;
}

TEST(folder_filters_and_frees)
{
    struct cli_folder f = {0};
    struct tt_error err;
    int asked = 0;

    put("in/a.jpg", JPEG);
    put("in/b.png", PNG);
    put("in/c.jpg", JPEG);
    CHECK_OK(cli_folder_add(&f, "in", &err));
    CHECK_OK(cli_folder_name(&f, "same", &err));
    CHECK_OK(cli_folder_filter(&f, keep_png, &asked, &err));
    CHECK_INT(asked, 3);
    CHECK_INT(f.n, 1);
    CHECK_STR(f.items[0].out, "b.png");
    cli_folder_release(&f);

    put("in/stop", JPEG);
    CHECK_OK(cli_folder_add(&f, "in", &err));
    CHECK_OK(cli_folder_name(&f, "same", &err));
    CHECK_FAILS(cli_folder_filter(&f, keep_png, &asked, &err), TT_IO,
                "stopped");
    cli_folder_release(&f); /* nothing twice, nothing left */
}
