#include "tests/check.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/commands.h"

TEST(command_each_has_words_and_an_example)
{
    for (int i = 0; cli_commands[i]; i++) {
        const struct cli_command *c = cli_commands[i];

        CHECK(c->name && *c->name && c->run);
        CHECK(c->summary && islower((unsigned char)c->summary[0]));
        CHECK(c->summary[strlen(c->summary) - 1] != '.');
        CHECK(c->example && strncmp(c->example, "tintype ", 8) == 0);
        CHECK(strstr(c->example, c->name));
        CHECK(c->most < 0 || c->most >= c->least);
        CHECK(!c->least || c->operands);
        CHECK(!c->opts == !c->opts_size);
        for (int k = 0; k < i; k++)
            CHECK(strcmp(c->name, cli_commands[k]->name) != 0);
    }
}

/* One letter, one name, one meaning, within each command. */
TEST(command_options_do_not_collide)
{
    for (int i = 0; cli_commands[i]; i++) {
        const struct tt_opt *tables[CLI_TABLES], *seen[100];
        int n = cli_command_tables(cli_commands[i], tables), k = 0;

        for (int t = 0; t < n; t++) {
            for (const struct tt_opt *row = tables[t]; row->name; row++) {
                for (int j = 0; j < k; j++) {
                    if (strcmp(seen[j]->name, row->name) == 0 ||
                        (row->letter && seen[j]->letter == row->letter)) {
                        fprintf(stderr, "%s: --%s and --%s\n",
                                cli_commands[i]->name, row->name,
                                seen[j]->name);
                        CHECK(!"two options of one name");
                    }
                }
                seen[k++] = row;
            }
        }
    }
}

TEST(command_defaults_are_valid)
{
    for (int i = 0; cli_commands[i]; i++) {
        const struct tt_opt *tables[CLI_TABLES];
        int n = cli_command_tables(cli_commands[i], tables);
        char room[4096] = {0}; /* more than any of the structs */
        struct tt_error err;

        for (int t = 0; t < n; t++) {
            for (const struct tt_opt *row = tables[t]; row->name; row++) {
                CHECK(row->offset + sizeof(double) <= sizeof(room));
                CHECK(row->help && *row->help);
                CHECK((row->type == TT_OPT_FLAG) == !row->arg);
                if (row->fallback)
                    CHECK_OK(tt_opt_set_text(row, room, row->name,
                                             row->fallback, &err));
            }
        }
    }
}

static const char *found(const char *a, const char *b, int *words)
{
    char *argv[] = {(char *)a, (char *)b, NULL};
    struct tt_error err;
    const struct cli_command *c =
        cli_command_find(b ? 2 : 1, argv, words, &err);

    return c ? c->name : NULL;
}

TEST(command_is_found_by_one_word_or_two)
{
    int words;

    CHECK_STR(found("colorize", "list", &words), "colorize");
    CHECK_INT(words, 1);
    CHECK_STR(found("job", "list", &words), "job list");
    CHECK_INT(words, 2);
    CHECK_STR(found("worker", NULL, &words), "worker");
    CHECK_INT(words, 1);
    CHECK_STR(found("worker", "list", &words), "worker list");
    CHECK_INT(words, 2);
    CHECK_STR(found("worker", "--idle-exit", &words), "worker");
    CHECK_INT(words, 1);
}

TEST(command_names_the_nearest)
{
    static const struct {
        const char *a, *b, *message;
    } bad[] = {
        {"colourise", NULL,
         "unknown command \"colourise\"; the nearest is "
         "\"colorize\""},
        {"ingets", NULL, "the nearest is \"ingest\""},
        {"job", "lsit", "the nearest is \"job list\""},
        {"job", "--json", "job what? tintype job --help lists them"},
        {"restore", NULL, "unknown command \"restore\"; tintype --help"},
        {"plot", "x", "unknown command \"plot\"; tintype --help"},
        {"", NULL, "unknown command \"\""},
        {"--state", "x", "--state: options come behind a command"},
    };
    struct tt_error err;
    int words;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char *argv[] = {(char *)bad[i].a, (char *)bad[i].b, NULL};

        tt_clear(&err);
        CHECK(!cli_command_find(bad[i].b ? 2 : 1, argv, &words, &err));
        CHECK_INT(err.code, TT_USAGE);
        CHECK(strstr(err.text, bad[i].message));
        CHECK(!strstr(err.text, "supervise")); /* hidden ones stay hidden */
    }
}

TEST(command_distance_counts_letters)
{
    CHECK_INT(cli_word_distance("", ""), 0);
    CHECK_INT(cli_word_distance("list", "list"), 0);
    CHECK_INT(cli_word_distance("lsit", "list"), 1);
    CHECK_INT(cli_word_distance("lis", "list"), 1);
    CHECK_INT(cli_word_distance("mist", "list"), 1);
    CHECK_INT(cli_word_distance("", "list"), 4);
    CHECK(cli_word_distance("x", "a word that is far longer than any command") >
          30);
}

/* cli_run as main calls it; stderr goes into a file of the test's folder. */
static int run(const char *a, const char *b, const char *c, char *said,
               size_t size)
{
    char *argv[] = {(char *)a, (char *)b, (char *)c, NULL};
    int argc = !a ? 0 : !b ? 1 : !c ? 2 : 3;
    int keep = dup(2), status;
    FILE *file;
    size_t n;

    setenv("TINTYPE_STATE", "state", 1);
    CHECK(freopen("said", "w", stderr)); /* its number stays 2 */
    status = cli_run(argc, argv);
    fflush(stderr);
    dup2(keep, 2);
    close(keep);
    file = fopen("said", "r");
    n = file ? fread(said, 1, size - 1, file) : 0;
    said[n] = '\0';
    if (file)
        fclose(file);
    return status;
}

TEST(command_wrong_words_are_one_line_and_64)
{
    char said[8192];

    CHECK_INT(run("colourise", NULL, NULL, said, sizeof(said)), 64);
    CHECK_STR(said, "tintype: unknown command \"colourise\"; the nearest is "
                    "\"colorize\"\n");
    CHECK_INT(run("job", "list", "--colour", said, sizeof(said)), 64);
    CHECK_STR(said, "tintype job list: unknown option --colour (see tintype "
                    "job list --help)\n");
    CHECK_INT(run("colorize", NULL, NULL, said, sizeof(said)), 64);
    CHECK_STR(said, "tintype colorize: needs FILE|FOLDER… (see tintype "
                    "colorize --help)\n");
    CHECK_INT(run("job", "list", "x", said, sizeof(said)), 64);
    CHECK_STR(said, "tintype job list: \"x\" is one word too many (see tintype "
                    "job list --help)\n");
    CHECK_INT(run(NULL, NULL, NULL, said, sizeof(said)), 64);
    CHECK(strstr(said, "tintype colorize scans/ -o colour/"));
}

TEST(command_what_is_missing_is_66)
{
    char said[8192];

    CHECK_INT(run("colorize", "nowhere", NULL, said, sizeof(said)), 66);
    CHECK_STR(said, "tintype colorize: nowhere: No such file or directory\n");
    CHECK_INT(run("job", "show", "j1", said, sizeof(said)), 66);
    CHECK(strstr(said, "there is no record in "));
    CHECK_INT(run("job", "list", "--quiet", said, sizeof(said)), 0);
    CHECK_STR(said, "");
}

TEST(command_help_says_the_example_of_each)
{
    for (int i = 0; cli_commands[i]; i++) {
        char *text;
        size_t size;
        FILE *out = open_memstream(&text, &size);

        cli_help_command(cli_commands[i], out);
        fclose(out);
        CHECK(strstr(text, "Example\n  $ tintype "));
        CHECK(strstr(text, cli_commands[i]->summary));
        CHECK(strstr(text, "--state DIR"));
        free(text);
    }
}

TEST(command_help_lists_every_command_once)
{
    char *text, line[64];
    size_t size;
    FILE *out = open_memstream(&text, &size);

    cli_help_all(out);
    fclose(out);
    for (int i = 0; cli_commands[i]; i++) {
        const char *at;

        snprintf(line, sizeof(line), "\n  %-14s ", cli_commands[i]->name);
        at = strstr(text, line);
        CHECK(!at == !!(cli_commands[i]->flags & CLI_HIDDEN));
        CHECK(!at || !strstr(at + 1, line));
    }
    free(text);
}
