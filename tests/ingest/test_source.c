#include "tests/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "ingest/source.h"
#include "tests/ingest/photos.h"

static void put(const char *path, const char *text)
{
    struct tt_error err;

    CHECK_OK(tt_mkdirs_above(path, 0755, &err));
    CHECK_OK(tt_file_write(path, text, strlen(text), &err));
}

/* "path=bytes path=bytes …" of all that a source gives. */
static char *all_of(const char *spec)
{
    static char text[4096];
    struct ingest_source *s;
    struct ingest_photo photo;
    struct tt_error err;
    int rc;

    text[0] = '\0';
    CHECK_OK(ingest_source_open(&s, spec, &err));
    while ((rc = ingest_source_next(s, 100, &photo, &err)) > 0) {
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s=%.*s",
                 text[0] ? " " : "", photo.path,
                 photo.bytes ? (int)photo.size : 6,
                 photo.bytes                    ? (char *)photo.bytes
                 : photo.trouble == INGEST_HUGE ? "HUGE"
                                                : "DENIED");
        ingest_photo_release(&photo);
    }
    CHECK_OK(rc);
    ingest_source_close(s);
    return text;
}

static void make_tree(void)
{
    put("t/b/2", "two");
    put("t/b/10", "ten");
    put("t/a", "first");
    put("t/c/d/e", "deep");
}

#define TREE "t/a=first t/b/10=ten t/b/2=two t/c/d/e=deep"

TEST(ingest_folder_is_walked_in_order)
{
    char long_text[200];

    make_tree();
    CHECK_STR(all_of("folder:t"), TREE);
    CHECK_STR(all_of("t/"), TREE);
    CHECK_STR(all_of("t/b/.."), TREE);
    CHECK(chdir("t") == 0);
    CHECK_STR(all_of("."), TREE);
    memset(long_text, 'x', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = '\0';
    put("a", long_text);
    CHECK_STR(all_of("."), "t/a=HUGE t/b/10=ten t/b/2=two t/c/d/e=deep");
}

TEST(ingest_folder_survives_links_and_locks)
{
    make_tree();
    CHECK(symlink("..", "t/b/loop") == 0);
    CHECK(symlink("nowhere", "t/b/3") == 0);
    CHECK(mkfifo("t/b/4", 0600) == 0);
    CHECK_STR(all_of("t"), "t/a=first t/b/10=ten t/b/2=two t/b/3=DENIED "
                           "t/c/d/e=deep");
    if (geteuid() == 0)
        return; /* root may read everything */
    CHECK(chmod("t/c", 0) == 0);
    CHECK(chmod("t/a", 0) == 0);
    CHECK_STR(all_of("t"), "t/a=DENIED t/b/10=ten t/b/2=two t/b/3=DENIED "
                           "t/c=DENIED");
    CHECK(chmod("t/c", 0755) == 0);
}

TEST(ingest_archive_is_read_in_place)
{
    static const char *const names[] = {"t.tar", "t.tar.gz", "t.tar.xz",
                                        "t.zip"};

    make_tree();
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        photo_make_tar(names[i], "t");
        CHECK_STR(all_of(names[i]), TREE);
    }
    CHECK_STR(all_of("tar:t.tar"), TREE);
}

TEST(ingest_list_reads_lines_and_nul)
{
    static const char nul[] = "t/c/d/e\0t/a";
    struct tt_error err;

    make_tree();
    put("list", "t/b/2\n\nt/a\nt/none\n");
    CHECK_STR(all_of("list:list"), "t/b/2=two t/a=first t/none=DENIED");
    CHECK_OK(tt_file_write("list", nul, sizeof(nul), &err));
    CHECK_STR(all_of("list:list"), "t/c/d/e=deep t/a=first");
    put("list", "t/b/2\nt/b/10");
    CHECK_STR(all_of("list:list"), "b/2=two b/10=ten");
    put("list", "");
    CHECK_STR(all_of("list:list"), "");
    put("t/list", "b/2\n./a\n");
    CHECK_STR(all_of("list:t/list"), "b/2=two a=first");
}

TEST(ingest_source_says_what_is_wrong)
{
    struct ingest_source *s;
    struct tt_error err;

    CHECK_FAILS(ingest_source_open(&s, "none", &err), TT_MISSING, "none");
    CHECK_FAILS(ingest_source_open(&s, "ftp:x", &err), TT_MISSING, "ftp:x");
    CHECK_FAILS(ingest_source_open(&s, "folder:none", &err), TT_MISSING,
                "none");
    CHECK_FAILS(ingest_source_open(&s, "list:none", &err), TT_MISSING, "none");
    put("text", "just a text, no archive");
    CHECK_FAILS(ingest_source_open(&s, "text", &err), TT_INPUT,
                "text: Unrecognized archive format");
    CHECK_FAILS(ingest_source_open(&s, "folder:text", &err), TT_INPUT,
                "not a folder");
    CHECK(mkfifo("pipe", 0600) == 0);
    CHECK_FAILS(ingest_source_open(&s, "pipe", &err), TT_INPUT, "not a file");
    CHECK_FAILS(ingest_source_open(&s, "list:pipe", &err), TT_INPUT,
                "not a file");
    CHECK_FAILS(ingest_source_open(&s, "imdb:pipe", &err), TT_INPUT,
                "neither a folder nor a file");
    CHECK(!s);
    ingest_source_close(NULL);
}

TEST(ingest_cut_archive_is_an_error)
{
    struct ingest_source *s;
    struct ingest_photo photo;
    struct tt_error err;
    int rc;

    make_tree();
    photo_make_tar("t.tar", "t");
    CHECK(truncate("t.tar", 700) == 0);
    CHECK_OK(ingest_source_open(&s, "t.tar", &err));
    while ((rc = ingest_source_next(s, 100, &photo, &err)) > 0)
        ingest_photo_release(&photo);
    CHECK_FAILS(rc, TT_INPUT, "source t.tar: t.tar: ");
    ingest_source_close(s);
}

static struct ingest_survey survey(const char *spec)
{
    struct ingest_survey found;
    struct ingest_source *s;
    struct tt_error err;

    CHECK_OK(ingest_source_open(&s, spec, &err));
    CHECK_OK(ingest_source_survey(s, &found, &err));
    ingest_source_close(s);
    return found;
}

TEST(ingest_survey_sees_changes)
{
    struct ingest_survey one, two;

    make_tree();
    one = survey("t");
    two = survey("t");
    CHECK_INT(one.photos, 4);
    CHECK(memcmp(&one, &two, sizeof(one)) == 0);
    put("t/b/2", "TWO");
    two = survey("t");
    CHECK(memcmp(&one.digest, &two.digest, sizeof(one.digest)) != 0);
    one = survey("t");
    put("t/b/3", "new");
    two = survey("t");
    CHECK_INT(two.photos, 5);
    CHECK(memcmp(&one.digest, &two.digest, sizeof(one.digest)) != 0);
    photo_make_tar("t.tar", "t");
    CHECK_INT(survey("t.tar").photos, 0);
}
