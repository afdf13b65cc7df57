#include "tests/check.h"

#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"

static char *complete(int argc, char **argv)
{
    struct cli_context c = {.argc = argc, .argv = argv};
    struct tt_error err;
    char *text;
    size_t size;

    setenv("TINTYPE_STATE", "state", 1);
    c.out = open_memstream(&text, &size);
    CHECK_OK(cmd_complete.run(&c, &err));
    fclose(c.out);
    return text;
}

static void check(const char *a, const char *b, const char *c, const char *want)
{
    char *argv[] = {(char *)a, (char *)b, (char *)c, NULL};
    char *text = complete(!b ? 1 : !c ? 2 : 3, argv);

    CHECK_STR(text, want);
    free(text);
}

TEST(complete_offers_words_between_commas)
{
    char *argv[] = {"job", "list", "-s", "done,f"};
    char *text = complete(4, argv);

    CHECK_STR(text, "done,failed\n");
    free(text);
    argv[2] = "-o";
    argv[3] = "id,st";
    text = complete(4, argv);
    CHECK_STR(text, "id,state\nid,started\n");
    free(text);
}

TEST(complete_offers_what_may_come_next)
{
    check("co", NULL, NULL, "colorize\n");
    check("job", "c", NULL, "cancel\n");
    check("run", "", NULL, "list\nshow\nmetrics\ncompare\nplot\n");
    check("colorize", "--str", NULL, "--strength\n");
    check("colorize", "--f", NULL, "--format\n--force\n");
    check("colorize", "-o", "", ":files\n");
    check("colorize", "", NULL, ":files\n");
    check("colorize", "-f", "", "same\njpeg\npng\ntiff\n");
    check("colorize", "--priority", "l", "last\n");
    check("colorize", "-q", "", "");
    check("train", "--preset", "S", "S\n");
    check("train", "--start", "", ":files\n");
    check("help", "ver", NULL, "verify\n");
    check("help", "job", "sh", "show\n");
    check("superv", NULL, NULL, "");
    check("nonsense", "x", NULL, "");
}
