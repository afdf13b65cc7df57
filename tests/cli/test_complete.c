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

TEST(complete_offers_what_may_come_next)
{
    check("co", NULL, NULL, "colorize\n");
    check("job", "c", NULL, "cancel\n");
    check("run", "", NULL, "list\nshow\nmetrics\ncompare\nplot\n");
    check("colorize", "--str", NULL, "--strength\n");
    check("colorize", "--f", NULL, "--format\n--force\n");
    check("colorize", "-o", "", ":files\n");
    check("colorize", "", NULL, ":files\n");
    check("superv", NULL, NULL, "");
    check("nonsense", "x", NULL, "");
}
