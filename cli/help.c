#include "cli/command.h"

#include <string.h>

/* The chapters of tintype --help: a command belongs to the first one whose
 * words begin its name. */
static const struct {
    const char *title;
    const char *names; /* whole commands and groups, a blank between */
} chapters[] = {
    {"Work (runs and waits; --queue submits and prints only the id)",
     "colorize ingest train evaluate"},
    {"The stack (work starts one of its own if none is up)",
     "up down scheduler worker"},
    {"History", "job run model dataset worker-list which"},
    {"Proof", "verify recover bag"},
    {"Care", "doctor db help"},
};

static bool in_chapter(int chapter, const char *name)
{
    char key[64];
    const char *at = chapters[chapter].names;
    size_t n;

    /* "worker list" is history, "worker" is a daemon */
    snprintf(key, sizeof(key), "%s",
             strcmp(name, "worker list") == 0 ? "worker-list" : name);
    n = strcspn(key, " ");
    while (*at) {
        size_t len = strcspn(at, " ");

        if (len == n && strncmp(at, key, n) == 0)
            return true;
        at += len;
        at += strspn(at, " ");
    }
    return false;
}

static void print_row(const struct cli_command *cmd, FILE *out)
{
    fprintf(out, "  %-14s %s\n", cmd->name, cmd->summary);
}

void cli_help_all(FILE *out)
{
    fputs("Tintype colours black-and-white portraits, by the folder.\n\n"
          "  tintype colorize scans/ -o colour/\n\n",
          out);
    for (size_t k = 0; k < sizeof(chapters) / sizeof(chapters[0]); k++) {
        fprintf(out, "%s\n", chapters[k].title);
        for (int i = 0; cli_commands[i]; i++) {
            if (!(cli_commands[i]->flags & CLI_HIDDEN) &&
                in_chapter((int)k, cli_commands[i]->name))
                print_row(cli_commands[i], out);
        }
        fputc('\n', out);
    }
    fputs("tintype COMMAND --help says more, with an example.\n"
          "Exit: 0 done, 2 some items failed, 64 wrong words, 65 input "
          "unusable, 66 no such thing,\n69 no stack, 73 output cannot be "
          "written, 74 I/O, 76 a damaged file of ours, 130 interrupted.\n",
          out);
}

void cli_help_group(const char *group, FILE *out)
{
    size_t n = strlen(group);

    fprintf(out, "tintype %s …\n", group);
    for (int i = 0; cli_commands[i]; i++) {
        const char *name = cli_commands[i]->name;

        if (strncmp(name, group, n) == 0 && (name[n] == ' ' || name[n] == '\0'))
            print_row(cli_commands[i], out);
    }
    fprintf(out, "\ntintype %s COMMAND --help says more, with an example.\n",
            group);
}

/* Each line of the example behind a "$ ". */
static void print_example(const char *example, FILE *out)
{
    fputs("\nExample\n", out);
    while (*example) {
        size_t n = strcspn(example, "\n");

        fprintf(out, "  $ %.*s\n", (int)n, example);
        example += n + (example[n] == '\n');
    }
}

static void print_columns(const struct cli_column *columns, FILE *out)
{
    fputs("\nColumns (those with * without being asked for)\n", out);
    for (; columns->name; columns++)
        fprintf(out, "  %-14s%c %s\n", columns->name,
                columns->shown ? '*' : ' ', columns->help);
}

void cli_help_command(const struct cli_command *cmd, FILE *out)
{
    const struct tt_opt *tables[CLI_TABLES];
    int n = cli_command_tables(cmd, tables);

    fprintf(out, "tintype %s%s%s [OPTIONS]: %s\n", cmd->name,
            cmd->operands ? " " : "", cmd->operands ? cmd->operands : "",
            cmd->summary);
    if (cmd->about)
        fprintf(out, "\n%s\n", cmd->about);
    print_example(cmd->example, out);
    fputs("\nOptions\n", out);
    for (int i = 0; i < n; i++) {
        if (tables[i] == cli_common_opts)
            fputs("\nEverywhere\n", out);
        tt_opt_print(tables[i], out);
    }
    if (cmd->columns)
        print_columns(cmd->columns, out);
}
