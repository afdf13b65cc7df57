#include "cli/manual.h"

#include <string.h>

#include "cli/commands.h"

/* Exit statuses as people need them: the table of codes, each status once. */
static const struct {
    int status;
    const char *words;
} exits[] = {
    {0, "all done"},
    {2, "some items failed; they stand in the record"},
    {64, "wrong arguments"},
    {65, "the input cannot be used"},
    {66, "no such thing"},
    {69, "the stack cannot be reached or started"},
    {73, "output cannot be written"},
    {74, "reading or writing failed"},
    {76, "a file of ours is damaged or newer"},
    {130, "interrupted; the same command goes on where it stopped"},
};

#define EXITS (sizeof(exits) / sizeof(exits[0]))

/* "-o, --out OUT" */
static void typed(const struct tt_opt *row, char *text, size_t size)
{
    char name[64];

    tt_opt_typed(row, name, sizeof(name));
    snprintf(text, size, "%s%.*s%s%s%s%s", row->letter ? "-" : "",
             row->letter ? 1 : 0, &row->letter, row->letter ? ", " : "", name,
             row->arg ? " " : "", row->arg ? row->arg : "");
}

static bool has_default(const struct tt_opt *row)
{
    return row->fallback && *row->fallback;
}

/* --- Markdown --- */

/* Inside a table a bar ends a cell. */
static void md_cell(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '|')
            fputc('\\', out);
        fputc(*text, out);
    }
}

static void md_options(const struct tt_opt *table, FILE *out)
{
    for (const struct tt_opt *row = table; row->name; row++) {
        char text[160];

        typed(row, text, sizeof(text));
        fputs("| `", out);
        md_cell(out, text);
        fputs("` | ", out);
        md_cell(out, row->help);
        fputs(" | ", out);
        md_cell(out, has_default(row) ? row->fallback : "");
        fputs(" |\n", out);
    }
}

static void md_example(const char *example, FILE *out)
{
    fputs("\n```\n", out);
    while (*example) {
        size_t n = strcspn(example, "\n");

        fprintf(out, "$ %.*s\n", (int)n, example);
        example += n + (example[n] == '\n');
    }
    fputs("```\n", out);
}

static void md_command(const struct cli_command *cmd, FILE *out)
{
    const struct tt_opt *tables[CLI_TABLES];
    int n = cli_command_tables(cmd, tables);

    fprintf(out, "\n## tintype %s\n\n`tintype %s%s%s [OPTIONS]`: %s.\n",
            cmd->name, cmd->name, cmd->operands ? " " : "",
            cmd->operands ? cmd->operands : "", cmd->summary);
    if (cmd->about)
        fprintf(out, "\n%s\n", cmd->about);
    md_example(cmd->example, out);
    if (n > 1)
        fputs("\n| option | | default |\n|---|---|---|\n", out);
    for (int i = 0; i < n; i++) {
        if (tables[i] != cli_common_opts)
            md_options(tables[i], out);
    }
    if (!cmd->columns)
        return;
    fputs("\nColumns:", out);
    for (const struct cli_column *c = cmd->columns; c->name; c++)
        fprintf(out, "%s %s%s%s", c == cmd->columns ? "" : ",",
                c->shown ? "**" : "", c->name, c->shown ? "**" : "");
    fputs(". The bold ones are shown without `-o`.\n", out);
}

void cli_manual_markdown(FILE *out)
{
    fputs("# The command line\n\nWritten by `tintype help --markdown` from the "
          "tables that parse the options.\n\nData goes to stdout, what is said "
          "to people to stderr. Times are UTC.\n\n## Everywhere\n\n"
          "| option | | default |\n|---|---|---|\n",
          out);
    md_options(cli_common_opts, out);
    fputs(
        "\nEach of these, and `progress`, `redis`, `workers`, `threads`, "
        "`redis-server` and `model`, may stand in `tintype.conf` as `name = "
        "value`, or in the environment as `TINTYPE_NAME`. An option wins over "
        "the environment, that over the file, that over the default; "
        "`tintype doctor --config` shows what holds and why.\n\n"
        "| exit | meaning |\n|---|---|\n",
        out);
    for (size_t i = 0; i < EXITS; i++)
        fprintf(out, "| %d | %s |\n", exits[i].status, exits[i].words);
    for (int i = 0; cli_commands[i]; i++) {
        if (!(cli_commands[i]->flags & CLI_HIDDEN))
            md_command(cli_commands[i], out);
    }
}

/* --- roff --- */

/* A backslash begins a request, so does a dot or a quote at a line's start;
 * a minus that is typed must be a minus. */
static void roff_text(FILE *out, const char *text)
{
    bool start = true;

    for (; *text; text++) {
        if (start && (*text == '.' || *text == '\''))
            fputs("\\&", out);
        if (*text == '\\')
            fputs("\\e", out);
        else if (*text == '-')
            fputs("\\-", out);
        else
            fputc(*text, out);
        start = *text == '\n';
    }
}

static void roff_options(const struct tt_opt *table, FILE *out)
{
    for (const struct tt_opt *row = table; row->name; row++) {
        char text[160];

        typed(row, text, sizeof(text));
        fputs(".TP\n.B ", out);
        roff_text(out, text);
        fputc('\n', out);
        roff_text(out, row->help);
        if (has_default(row)) {
            fputs(" (default ", out);
            roff_text(out, row->fallback);
            fputc(')', out);
        }
        fputc('\n', out);
    }
}

static void roff_command(const struct cli_command *cmd, FILE *out)
{
    const struct tt_opt *tables[CLI_TABLES];
    int n = cli_command_tables(cmd, tables);

    fputs(".SS tintype ", out);
    roff_text(out, cmd->name);
    fprintf(out, " %s\n", cmd->operands ? cmd->operands : "");
    roff_text(out, cmd->summary);
    fputs(".\n", out);
    if (cmd->about) {
        fputs(".PP\n", out);
        roff_text(out, cmd->about);
        fputc('\n', out);
    }
    fputs(".PP\n.EX\n", out);
    roff_text(out, cmd->example);
    fputs("\n.EE\n", out);
    for (int i = 0; i < n; i++) {
        if (tables[i] != cli_common_opts)
            roff_options(tables[i], out);
    }
}

void cli_manual_roff(FILE *out)
{
    fputs(".TH TINTYPE 1 \"\" \"tintype " TT_VERSION "\"\n.SH NAME\n"
          "tintype \\- colour black\\-and\\-white portraits by the folder\n"
          ".SH SYNOPSIS\n.B tintype\n.I COMMAND\n[\\fIWORDS\\fR]\n"
          ".SH OPTIONS EVERYWHERE\n",
          out);
    roff_options(cli_common_opts, out);
    fputs(".SH COMMANDS\n", out);
    for (int i = 0; cli_commands[i]; i++) {
        if (!(cli_commands[i]->flags & CLI_HIDDEN))
            roff_command(cli_commands[i], out);
    }
    fputs(".SH EXIT STATUS\n", out);
    for (size_t i = 0; i < EXITS; i++) {
        fprintf(out, ".TP\n.B %d\n", exits[i].status);
        roff_text(out, exits[i].words);
        fputc('\n', out);
    }
    fputs(".SH FILES\n.TP\n.I ~/.local/state/tintype\n"
          "record, manifests, logs and sockets; \\-\\-state names another\n"
          ".TP\n.I ~/.config/tintype/tintype.conf, /etc/tintype.conf\n"
          "settings, a line \"name = value\" each\n",
          out);
}
