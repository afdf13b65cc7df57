#include "cli/command.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "image/image.h"

// clang-format off
static const struct tt_opt work_opts[] = {
    TT_FLAG(cli_work_opts, queue, 0, "submit, print the job's id, do not wait"),
    TT_FLAG(cli_work_opts, dry_run, 0, "say what would be done, write nothing"),
    TT_TEXT(cli_work_opts, priority, 0, "P", "normal", "first, normal or last"),
    TT_TEXT(cli_work_opts, label, 0, "NAME", NULL, "a name for the job"),
    TT_OPT_END,
};

static const struct tt_opt when_opts[] = {
    TT_TEXT(cli_when_opts, status, 's', "STATE,…", NULL,
            "only those in these states"),
    TT_TEXT(cli_when_opts, since, 'S', "TIME", NULL,
            "not older: 2026-11-23, \"1 hour ago\", 90m"),
    TT_TEXT(cli_when_opts, until, 'E', "TIME", NULL, "older than that"),
    TT_OPT_END,
};
// clang-format on

/* --- finding --- */

int cli_word_distance(const char *a, const char *b)
{
    enum { MOST = 32 };
    int cost[MOST + 1][MOST + 1];
    int n = (int)strlen(a), m = (int)strlen(b);

    if (n > MOST || m > MOST)
        return MOST;
    for (int i = 0; i <= n; i++) {
        for (int j = 0; j <= m; j++) {
            int best = i == 0 ? j : i;

            if (i > 0 && j > 0) {
                int change = cost[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
                int skip = cost[i - 1][j] + 1, put = cost[i][j - 1] + 1;

                best = change < skip ? change : skip;
                best = put < best ? put : best;
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
                    a[i - 2] == b[j - 1] && cost[i - 2][j - 2] + 1 < best)
                    best = cost[i - 2][j - 2] + 1;
            }
            cost[i][j] = best;
        }
    }
    return cost[n][m];
}

static bool has_more_words(const char *word)
{
    size_t n = strlen(word);

    for (int i = 0; cli_commands[i]; i++) {
        if (strncmp(cli_commands[i]->name, word, n) == 0 &&
            cli_commands[i]->name[n] == ' ')
            return true;
    }
    return false;
}

static const struct cli_command *find_exact(const char *name)
{
    for (int i = 0; cli_commands[i]; i++) {
        if (strcmp(cli_commands[i]->name, name) == 0)
            return cli_commands[i];
    }
    return NULL;
}

bool cli_command_is_group(const char *word)
{
    return has_more_words(word) && !find_exact(word);
}

static int unknown(const char *typed, struct tt_error *err)
{
    const char *nearest = NULL;
    int least = 4; /* farther than three letters is no help */

    if (typed[0] == '-')
        return tt_fail(err, TT_USAGE,
                       "%.60s: options come behind a command; tintype --help "
                       "lists those",
                       typed);
    for (int i = 0; cli_commands[i]; i++) {
        const char *name = cli_commands[i]->name;
        int distance;

        if (cli_commands[i]->flags & CLI_HIDDEN)
            continue;
        distance = cli_word_distance(typed, name);
        if (distance < least && distance < (int)strlen(typed)) {
            least = distance;
            nearest = name;
        }
    }
    if (nearest)
        return tt_fail(err, TT_USAGE,
                       "unknown command \"%.60s\"; the nearest is \"%s\"",
                       typed, nearest);
    return tt_fail(err, TT_USAGE,
                   "unknown command \"%.60s\"; tintype --help lists them",
                   typed);
}

const struct cli_command *cli_command_find(int argc, char **argv, int *words,
                                           struct tt_error *err)
{
    const struct cli_command *cmd;
    char two[96];

    if (argc > 0 && has_more_words(argv[0])) {
        bool second = argc > 1 && argv[1][0] != '-';

        snprintf(two, sizeof(two), "%s %s", argv[0], second ? argv[1] : "");
        *words = 2;
        cmd = second ? find_exact(two) : NULL;
        /* "worker" is a command, "worker list" another */
        if (!cmd && find_exact(argv[0])) {
            *words = 1;
            return find_exact(argv[0]);
        }
        if (!cmd && second)
            unknown(two, err);
        else if (!cmd)
            tt_fail(err, TT_USAGE, "%s what? tintype %s --help lists them",
                    argv[0], argv[0]);
        return cmd;
    }
    *words = 1;
    cmd = argc > 0 ? find_exact(argv[0]) : NULL;
    if (!cmd)
        unknown(argc > 0 ? argv[0] : "", err);
    return cmd;
}

static bool has_row(const struct tt_opt *table, const char *name)
{
    for (; table && table->name; table++) {
        if (strcmp(table->name, name) == 0)
            return true;
    }
    return false;
}

int cli_command_tables(const struct cli_command *cmd,
                       const struct tt_opt *tables[CLI_TABLES])
{
    int n = 0;

    if (cmd->opts)
        tables[n++] = cmd->opts;
    if (cmd->kind)
        tables[n++] = job_kind_info(cmd->kind)->opts;
    if (cmd->flags & CLI_TABLE)
        tables[n++] = cli_table_opts;
    if (cmd->flags & CLI_WHEN)
        tables[n++] = when_opts;
    if (cmd->flags & CLI_WORK)
        tables[n++] = work_opts;
    if (cmd->flags & CLI_DATA)
        tables[n++] = cli_data_opts;
    if (cmd->flags & (CLI_WAITS | CLI_WORK))
        tables[n++] = cli_progress_opts;
    if (cmd->flags & (CLI_STACK | CLI_WORK)) {
        tables[n++] = cli_stack_opts;
        if (!cmd->kind || !has_row(job_kind_info(cmd->kind)->opts, "threads"))
            tables[n++] = cli_threads_opts;
    }
    if (cmd->flags & (CLI_REDIS | CLI_STACK | CLI_WORK))
        tables[n++] = cli_redis_opts;
    tables[n++] = cli_common_opts;
    tables[n] = NULL;
    return n;
}

/* --- running --- */

/* Only a process that opens pictures pays for libvips. */
static int run_parsed(struct cli_context *c, struct tt_error *err)
{
    bool engine = c->command->flags & CLI_ENGINE;
    int rc;

    if (engine && image_start("tintype", err) < 0)
        return -1;
    rc = c->command->run(c, err);
    if (engine)
        image_stop();
    return rc;
}

/* Where the rows of a table put their values. */
static void *filled_by(struct cli_context *c, const struct tt_opt *table)
{
    if (table == c->command->opts)
        return c->opts;
    if (c->command->kind && table == job_kind_info(c->command->kind)->opts)
        return c->params;
    if (table == cli_table_opts || table == cli_data_opts)
        return &c->print;
    if (table == when_opts)
        return &c->when;
    if (table == work_opts)
        return &c->work;
    return &c->settings;
}

static int check_operands(const struct cli_context *c, struct tt_error *err)
{
    const struct cli_command *cmd = c->command;

    if (c->operands < cmd->least)
        return tt_fail(err, TT_USAGE, "needs %s", cmd->operands);
    if (cmd->most >= 0 && c->operands > cmd->most)
        return tt_fail(err, TT_USAGE, "\"%.80s\" is one word too many",
                       c->operand[cmd->most]);
    return 0;
}

static int parse(struct cli_context *c, struct tt_error *err)
{
    const struct tt_opt *tables[CLI_TABLES];
    struct tt_opt_set sets[CLI_TABLES] = {{NULL, NULL}};
    int n = cli_command_tables(c->command, tables);

    if (cli_settings_load(&c->settings, c->argc, c->argv, err) < 0)
        return -1;
    for (int i = 0; i < n; i++) {
        sets[i].table = tables[i];
        sets[i].into = filled_by(c, tables[i]);
        if (sets[i].into != &c->settings)
            tt_opt_defaults(tables[i], sets[i].into);
    }
    c->operand = c->argv; /* parsing moves them to the front */
    if (tt_opt_parse(sets, c->argc, c->argv, &c->operands, err) < 0 ||
        check_operands(c, err) < 0)
        return -1;
    return cli_settings_finish(&c->settings, err);
}

static void set_log(const struct cli_context *c)
{
    static const char *const words[] = {"error", "warning", "info", "debug"};
    enum tt_level level = c->command->flags & CLI_DAEMON ? TT_INFO : TT_WARN;

    if (c->settings.quiet)
        level = TT_ERROR;
    for (int i = 0; c->settings.log && i < 4; i++) {
        if (strcmp(c->settings.log, words[i]) == 0)
            level = (enum tt_level)i;
    }
    tt_log_setup(level, c->command->name);
}

static bool wants_help(int argc, char **argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    }
    return false;
}

/* One line; then the way to the help where the words were wrong. */
static int complain(const char *name, const struct tt_error *err)
{
    if (err->code == TT_USAGE && name)
        fprintf(stderr, "tintype %s: %s (see tintype %s --help)\n", name,
                err->text, name);
    else
        fprintf(stderr, "tintype%s%s: %s\n", name ? " " : "", name ? name : "",
                err->text);
    return tt_code_exit(err->code);
}

/* What was said must have arrived; rc is what the exit status is if so. */
static int flush(FILE *out, const char *name, int rc)
{
    if (fflush(out) == 0 || rc != 0)
        return rc;
    fprintf(stderr, "tintype %s: output cannot be written\n", name);
    return tt_code_exit(TT_OUTPUT);
}

static int run_command(struct cli_context *c)
{
    const struct cli_command *cmd = c->command;
    struct tt_error err = {TT_OK, 0, ""};
    size_t params = cmd->kind ? job_kind_info(cmd->kind)->size : 0;
    int rc = -1;

    c->opts = calloc(1, cmd->opts_size + 1);
    c->params = calloc(1, params + 1);
    if (!c->opts || !c->params)
        tt_fail(&err, TT_NOMEM, "no memory for options");
    else if (cmd->flags & CLI_RAW || parse(c, &err) == 0) {
        set_log(c);
        rc = run_parsed(c, &err);
    }
    if (rc < 0)
        rc = complain(cmd->name, &err);
    rc = flush(c->out, cmd->name, rc);
    cli_settings_release(&c->settings);
    free(c->opts);
    free(c->params);
    return rc;
}

int cli_run(int argc, char **argv)
{
    struct cli_context c = {.out = stdout};
    struct tt_error err = {TT_OK, 0, ""};
    int words;

    if (argc == 0) {
        cli_help_all(stderr);
        return tt_code_exit(TT_USAGE);
    }
    if (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0) {
        cli_help_all(stdout);
        return flush(stdout, "--help", 0);
    }
    if (strcmp(argv[0], "--version") == 0) {
        puts("tintype " TT_VERSION);
        return flush(stdout, "--version", 0);
    }
    if (cli_command_is_group(argv[0]) && argc > 1 && wants_help(1, argv + 1)) {
        cli_help_group(argv[0], stdout);
        return flush(stdout, argv[0], 0);
    }
    c.command = cli_command_find(argc, argv, &words, &err);
    if (!c.command)
        return complain(NULL, &err);
    c.argc = argc - words;
    c.argv = argv + words;
    if (!(c.command->flags & CLI_RAW) && wants_help(c.argc, c.argv)) {
        cli_help_command(c.command, stdout);
        return flush(stdout, c.command->name, 0);
    }
    return run_command(&c);
}

int cli_command_may_write(const char *out, bool force, struct tt_error *err)
{
    if (force || !tt_file_exists(out))
        return 0;
    return tt_fail(err, TT_OUTPUT,
                   "%s is there already; --force writes over it", out);
}
