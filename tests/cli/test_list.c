#include "tests/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/list.h"

static struct cli_settings settings;

/* What is kept of `size` bytes that come through a pipe, NULs as '|'. */
static char *kept(const void *bytes, size_t size, char path[TT_PATH_SIZE])
{
    struct tt_error err;
    int ends[2];
    char *text;
    size_t n;

    CHECK(getcwd(settings.state_dir, sizeof(settings.state_dir)));
    CHECK(pipe(ends) == 0);
    CHECK(write(ends[1], bytes, size) == (ssize_t)size);
    close(ends[1]);
    CHECK_OK(cli_list_keep(&settings, ends[0], path, &err));
    close(ends[0]);
    CHECK_OK(tt_file_read(path, 4096, &text, &n, &err));
    for (size_t i = 0; i < n; i++)
        if (!text[i])
            text[i] = '|';
    return text;
}

TEST(list_is_kept_with_absolute_paths)
{
    char one[TT_PATH_SIZE], two[TT_PATH_SIZE], want[2 * TT_PATH_SIZE];
    char *text = kept("./a/b.jpg\n\n/c.jpg", 17, one);

    snprintf(want, sizeof(want), "%s/a/b.jpg|/c.jpg|", settings.state_dir);
    CHECK_STR(text, want);
    free(text);
    text = kept("a/b.jpg\0/c.jpg\0", 15, two);
    CHECK_STR(text, want);
    CHECK_STR(one, two);
    free(text);
    text = kept("a\nb\0", 4, two);
    snprintf(want, sizeof(want), "%s/a\nb|", settings.state_dir);
    CHECK_STR(text, want);
    CHECK(strcmp(one, two) != 0);
    free(text);
    text = kept("", 0, two);
    CHECK_STR(text, "");
    free(text);
}
