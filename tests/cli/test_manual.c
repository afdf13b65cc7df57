#include "tests/check.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/manual.h"

static char *written(void (*write)(FILE *out))
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    write(out);
    fclose(out);
    return text;
}

TEST(manual_docs_cli_md_is_fresh)
{
    char path[TT_PATH_SIZE], *now = written(cli_manual_markdown), *text;
    struct tt_error err;
    size_t size;

    CHECK_OK(
        tt_path_join(path, sizeof(path), check_root(), "docs/cli.md", &err));
    CHECK_OK(tt_file_read(path, 1 << 20, &text, &size, &err));
    if (strcmp(text, now) != 0)
        check_failed("docs/cli.md", 0, "stale: make docs");
    free(text);
    free(now);
}

TEST(manual_has_every_command_and_option)
{
    char *md = written(cli_manual_markdown), *roff = written(cli_manual_roff);

    for (int i = 0; cli_commands[i]; i++) {
        char head[64];
        bool hidden = cli_commands[i]->flags & CLI_HIDDEN;

        snprintf(head, sizeof(head), "## tintype %s\n", cli_commands[i]->name);
        CHECK(!strstr(md, head) == hidden);
        snprintf(head, sizeof(head), ".SS tintype %s", cli_commands[i]->name);
        CHECK(!strstr(roff, head) == hidden);
    }
    CHECK(strstr(roff, "\\-\\-strength X"));
    CHECK(strstr(md, "| `-s, --strength X` |"));
    CHECK(strstr(md, "T\\|P\\|S\\|W")); /* a bar would end the cell */
    free(md);
    free(roff);
}

TEST(manual_roff_begins_no_request_by_chance)
{
    char *roff = written(cli_manual_roff);

    for (char *line = roff; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (*line == '.')
            CHECK(strspn(line + 1, "THSPBIEX") >= 1);
        CHECK(*line != '\'');
    }
    free(roff);
}
