#include "tests/check.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <signal.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"

static int temp_with(const char *path, char *temp, const char *text)
{
    struct tt_error err;
    int fd = tt_file_temp(path, temp, &err);

    CHECK(fd >= 0);
    CHECK_OK(tt_write_all(fd, text, strlen(text), &err));
    close(fd);
    return 0;
}

TEST(base_file_published_first_wins)
{
    char temp[TT_PATH_SIZE];
    struct tt_error err;
    char *data;
    size_t size;

    CHECK_OK(tt_mkdirs("a/b/c", 0755, &err));
    temp_with("a/b/c/f", temp, "first");
    CHECK_INT(tt_file_publish(temp, "a/b/c/f", &err), 1);
    temp_with("a/b/c/f", temp, "second");
    CHECK_INT(tt_file_publish(temp, "a/b/c/f", &err), 0);
    CHECK(!tt_file_exists(temp));
    CHECK_OK(tt_file_read("a/b/c/f", 100, &data, &size, &err));
    CHECK_STR(data, "first");
    free(data);
}

static int count_names(const char *folder)
{
    DIR *dir = opendir(folder);
    int n = 0;

    CHECK(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n - 2;
}

TEST(base_file_unnamed_is_there_only_once_it_is_published)
{
    char temp[TT_PATH_SIZE], *data;
    struct tt_error err;
    size_t size;
    int fd;

    CHECK_OK(tt_mkdirs("a", 0755, &err));
    fd = tt_file_unnamed("a/f", temp, &err);
    CHECK(fd >= 0);
    CHECK_OK(tt_write_all(fd, "first", 5, &err));
    if (strncmp(temp, "/proc/", 6) != 0)
        check_skip("this file system has no files without a name");
    CHECK_INT(count_names("a"), 0);
    CHECK_INT(tt_file_publish(temp, "a/f", &err), 1);
    CHECK_INT(tt_file_publish(temp, "a/f", &err), 1); /* it is the same file */
    close(fd);
    fd = tt_file_unnamed("a/f", temp, &err);
    CHECK_INT(tt_file_publish(temp, "a/f", &err), 0);
    close(fd);
    CHECK_INT(count_names("a"), 1);
    CHECK_OK(tt_file_read("a/f", 100, &data, &size, &err));
    CHECK_STR(data, "first");
    free(data);
    CHECK_FAILS(tt_file_unnamed("none/f", temp, &err), TT_OUTPUT,
                "none/f: No such file");
}

TEST(base_file_write_is_whole_or_absent)
{
    struct rlimit small = {4096, 4096};
    static char much[10000];
    struct tt_error err;
    char *data;
    size_t size;

    CHECK_OK(tt_file_write("f", "old", 3, &err));
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    tt_clear(&err);
    CHECK_FAILS(tt_file_write("f", much, sizeof(much), &err), TT_OUTPUT, "f");
    CHECK_OK(tt_file_read("f", 100, &data, &size, &err));
    CHECK_STR(data, "old");
    free(data);
}

TEST(base_file_makes_folders_below_one_that_is_there)
{
    struct tt_error err;

    CHECK_INT(tt_mkdirs_below("out", "out/a/b/c.tif", 0755, &err), -1);
    CHECK_STR(err.text, "out/a: No such file or directory");
    CHECK_INT(mkdir("out", 0755), 0);
    CHECK_OK(tt_mkdirs_below("out", "out/a/b/c.tif", 0755, &err));
    CHECK_OK(tt_mkdirs_below("out", "out/d.tif", 0755, &err));
    CHECK(tt_folder_exists("out/a/b"));
    CHECK(!tt_file_exists("out/a/b/c.tif"));
}

TEST(base_file_says_what_is_wrong)
{
    struct tt_error err;
    char path[64];
    char *data;
    size_t size;

    CHECK_FAILS(tt_file_read("none", 10, &data, &size, &err), TT_MISSING,
                "none: No such file");
    CHECK_FAILS(tt_file_read(".", 10, &data, &size, &err), TT_INPUT,
                "not a file");
    CHECK_OK(tt_file_write("f", "12345678901", 11, &err));
    CHECK_FAILS(tt_file_read("f", 10, &data, &size, &err), TT_INPUT,
                "larger than allowed");
    CHECK_FAILS(tt_mkdirs("f/below", 0755, &err), TT_OUTPUT, "Not a directory");
    CHECK_FAILS(tt_path_join(path, 8, "long", "longer", &err), TT_INPUT,
                "too long");
    CHECK_OK(tt_path_join(path, sizeof(path), "a/", "b", &err));
    CHECK_STR(path, "a/b");
    CHECK_OK(tt_path_join(path, sizeof(path), "a", "/b", &err));
    CHECK_STR(path, "/b");
    CHECK_STR(tt_path_name("a/b.c"), "b.c");
    CHECK_STR(tt_path_name("b.c"), "b.c");
}

TEST(base_hash_knows_its_test_vector)
{
    struct tt_sha256 h, g;
    char text[TT_SHA256_HEX];
    struct tt_error err;
    uint64_t size;

    /* FIPS 180-4, "abc" */
    CHECK_OK(tt_sha256("abc", 3, &h, &err));
    CHECK_STR(tt_sha256_text(&h, text), "ba7816bf8f01cfea414140de5dae2223"
                                        "b00361a396177a9cb410ff61f20015ad");
    CHECK_OK(tt_file_write("f", "abc", 3, &err));
    CHECK_OK(tt_sha256_file("f", &g, &size, &err));
    CHECK_INT(size, 3);
    CHECK(memcmp(&h, &g, sizeof(h)) == 0);
    CHECK_OK(tt_sha256_parse(text, &g, &err));
    CHECK(memcmp(&h, &g, sizeof(h)) == 0);
    CHECK_FAILS(tt_sha256_parse("ba78", &g, &err), TT_INPUT, "not a SHA-256");
    text[3] = 'x';
    CHECK_FAILS(tt_sha256_parse(text, &g, &err), TT_INPUT, "not a SHA-256");
}
