#include <string.h>

#include "cli/commands.h"
#include "cli/record.h"
#include "job/state.h"

/* `tintype complete WORDS…`: the last word is the one being typed. A line each:
 * what may stand there; ":files" says that file names may, too. */

static void offer(FILE *out, const char *candidate, const char *typed)
{
    if (strncmp(candidate, typed, strlen(typed)) == 0)
        fprintf(out, "%s\n", candidate);
}

/* The n-th word of each command that has these words before it. */
static void offer_commands(FILE *out, const char *before, const char *typed)
{
    char word[64], last[64] = "";
    size_t skip = strlen(before);

    for (int i = 0; cli_commands[i]; i++) {
        const char *name = cli_commands[i]->name;

        if (cli_commands[i]->flags & CLI_HIDDEN ||
            strncmp(name, before, skip) != 0)
            continue;
        snprintf(word, sizeof(word), "%.*s", (int)strcspn(name + skip, " "),
                 name + skip);
        if (*word && strcmp(word, last) != 0)
            offer(out, word, typed);
        snprintf(last, sizeof(last), "%s", word);
    }
}

static void offer_options(FILE *out, const struct cli_command *cmd,
                          const char *typed)
{
    const struct tt_opt *tables[CLI_TABLES];
    int n = cli_command_tables(cmd, tables);
    char name[64];

    for (int i = 0; i < n; i++) {
        for (const struct tt_opt *row = tables[i]; row->name; row++) {
            tt_opt_typed(row, name, sizeof(name));
            offer(out, name, typed);
        }
    }
}

static void offer_ids(FILE *out, struct cli_record *r, char letter,
                      const char *typed)
{
    struct db_history_filter f = {.limit = 20};
    struct tt_error err;
    struct db_dataset *d;
    struct db_model *m;
    struct db_job *j;
    struct db_run *u;
    char id[32];
    size_t n = 0;

    offer(out, "@last", typed);
    if (letter == 'j' && db_history_jobs(r->db, &f, r->mem, &j, &n, &err) == 0)
        for (size_t i = 0; i < n; i++) {
            snprintf(id, sizeof(id), "j%lld", (long long)j[i].id);
            offer(out, id, typed);
        }
    if (letter == 'r' &&
        db_history_runs(r->db, 0, NULL, 0, 20, r->mem, &u, &n, &err) == 0)
        for (size_t i = 0; i < n; i++) {
            snprintf(id, sizeof(id), "r%lld", (long long)u[i].id);
            offer(out, id, typed);
        }
    if (letter == 'm' &&
        db_history_models(r->db, 0, 20, r->mem, &m, &n, &err) == 0)
        for (size_t i = 0; i < n; i++) {
            snprintf(id, sizeof(id), "m%lld", (long long)m[i].id);
            offer(out, id, typed);
        }
    if (letter == 'd' &&
        db_history_datasets(r->db, 0, 20, r->mem, &d, &n, &err) == 0)
        for (size_t i = 0; i < n; i++) {
            snprintf(id, sizeof(id), "d%lld", (long long)d[i].id);
            offer(out, id, typed);
        }
}

/* By what the usage line calls it: ids of the record, files. */
static void offer_named(FILE *out, const char *usage, const char *typed)
{
    static const struct {
        const char *word;
        char letter;
    } kinds[] = {{"JOB", 'j'}, {"RUN", 'r'}, {"MODEL", 'm'}, {"DATASET", 'd'}};
    static const char *const files[] = {"FILE",   "SOURCE", "DATASET",
                                        "MODEL",  "OUT",    "DIR",
                                        "FOLDER", "PHOTOS", "ADDRESS"};
    struct cli_settings s;
    struct cli_record r = {NULL, NULL};
    struct tt_error err;

    if (cli_settings_load(&s, 0, NULL, &err) == 0 &&
        cli_settings_finish(&s, &err) == 0 &&
        cli_record_open(&r, &s, &err) == 0 && r.db) {
        for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
            if (strstr(usage, kinds[i].word))
                offer_ids(out, &r, kinds[i].letter, typed);
        }
    }
    cli_record_close(&r);
    cli_settings_release(&s);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (strstr(usage, files[i])) {
            fputs(":files\n", out);
            break;
        }
    }
}

/* The option whose value is typed after that word, or NULL. */
static const struct tt_opt *option_before(const struct cli_command *cmd,
                                          const char *word)
{
    const struct tt_opt *tables[CLI_TABLES];
    int n = cli_command_tables(cmd, tables);
    char name[64];

    for (int i = 0; i < n && word[0] == '-'; i++) {
        for (const struct tt_opt *row = tables[i]; row->name; row++) {
            tt_opt_typed(row, name, sizeof(name));
            if (row->type != TT_OPT_FLAG &&
                (strcmp(word, name) == 0 ||
                 (row->letter && word[1] == row->letter && !word[2])))
                return row;
        }
    }
    return NULL;
}

/* A word, or the last of several between commas. */
static void offer_word(FILE *out, const char *word, const char *typed)
{
    const char *comma = strrchr(typed, ',');
    char all[256];

    snprintf(all, sizeof(all), "%.*s%s", comma ? (int)(comma + 1 - typed) : 0,
             typed, word);
    offer(out, all, typed);
}

static void offer_value(FILE *out, const struct cli_command *cmd,
                        const struct tt_opt *row, const char *typed)
{
    static const struct {
        const char *option;
        const char *words[8];
    } values[] = {
        {"format", {"same", "jpeg", "png", "tiff"}},
        {"priority", {"first", "normal", "last"}},
        {"progress", {"auto", "plain", "json", "none"}},
        {"log", {"error", "warning", "info", "debug"}},
        {"device", {"auto", "cpu", "cuda"}},
        {"preset", {"T", "P", "S", "W"}},
        {"precision", {"auto", "f32", "bf16"}},
        {"course", {"cosine", "plateau", "constant"}},
        {"augment", {"none", "basic", "film"}},
        {"split", {"train", "val", "test"}},
        {"by", {"none", "skin"}},
        {"grey", {"lstar", "rec601"}},
        {"axis", {"epoch", "step"}},
        {"reduce", {"mpi", "nccl"}},
        {"kind", {"colorize", "ingest", "train", "evaluate"}},
    };
    const struct cli_column *c = cmd->columns;

    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        for (int k = 0; strcmp(row->name, values[i].option) == 0 && k < 8 &&
                        values[i].words[k];
             k++)
            offer_word(out, values[i].words[k], typed);
    for (int s = 1; strcmp(row->name, "status") == 0 && s < JOB_STATES; s++)
        offer_word(out, job_state_word((enum job_state)s), typed);
    for (; strcmp(row->name, "fields") == 0 && c && c->name; c++)
        offer_word(out, c->name, typed);
    offer_named(out, strcmp(row->name, "model") == 0 ? "MODEL" : row->arg,
                typed);
}

static int complete(struct cli_context *c, struct tt_error *err)
{
    int n = c->argc;
    const char *typed = n ? c->argv[n - 1] : "";
    const struct cli_command *cmd;
    const struct tt_opt *row;
    char before[64], group[64];
    int words = 0;

    if (n <= 1) {
        offer_commands(c->out, "", typed);
        return 0;
    }
    snprintf(before, sizeof(before), "%s ", c->argv[0]);
    snprintf(group, sizeof(group), "%s ", c->argv[1]);
    if (n == 2)
        offer_commands(c->out, before, typed);
    cmd = cli_command_find(n - 1, c->argv, &words, err);
    if (!cmd)
        return 0;
    row = option_before(cmd, c->argv[n - 2]);
    if (row)
        offer_value(c->out, cmd, row, typed);
    else if (typed[0] == '-')
        offer_options(c->out, cmd, typed);
    else if (cmd == &cmd_help && n > 2)
        offer_commands(c->out, group, typed);
    else if (cmd == &cmd_help)
        offer_commands(c->out, "", typed);
    else
        offer_named(c->out, cmd->operands ? cmd->operands : "", typed);
    return 0;
}

const struct cli_command cmd_complete = {
    .name = "complete",
    .operands = "WORD…",
    .summary = "answer the shell: words that may come next",
    .example = "tintype complete job li",
    .flags = CLI_RAW | CLI_HIDDEN,
    .run = complete,
};
