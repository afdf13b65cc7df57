/**
 * command: the table of commands. A row says what a command is called, what it
 * takes and does; parsing, --help, the manual and completion read it from
 * there.
 *
 * Owns:    struct cli_context owns what cli_run put into it.
 * Threads: one.
 * Fails:   TT_USAGE; and whatever a command fails with.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/error.h"
#include "base/opt.h"
#include "cli/print.h"
#include "cli/settings.h"
#include "job/kind.h"

enum cli_flag {
    CLI_HIDDEN = 1,   /* for the program's own use: not in any help */
    CLI_RAW = 2,      /* gets its words as they are */
    CLI_DATA = 4,     /* prints data: --json, --jsonl */
    CLI_TABLE = 8,    /* prints a table as well: -o, -n, -l */
    CLI_WHEN = 16,    /* of things with a state and a time: -s, -S, -E */
    CLI_WORK = 32,    /* puts a job in: --queue, --dry-run, --progress, stack */
    CLI_WAITS = 64,   /* --progress */
    CLI_REDIS = 128,  /* --redis */
    CLI_STACK = 256,  /* may start a stack: --workers, --threads */
    CLI_ENGINE = 512, /* opens pictures: libvips is started for it */
    CLI_DAEMON = 1024 /* logs what it does (level info unless told) */
};

struct cli_context;

struct cli_command {
    const char *name;     /* "job list": what is typed */
    const char *operands; /* "SOURCE… ", as the usage line shows; or NULL */
    const char *summary;  /* one line, lower case, no full stop */
    const char *about;    /* more words, or NULL */
    const char *example;  /* one or more lines, without "$ " */
    unsigned flags;       /* of enum cli_flag */
    int least, most;      /* operands; most -1: no limit */
    const struct tt_opt *opts;        /* its own, or NULL */
    size_t opts_size;                 /* of the struct they fill */
    enum job_kind kind;               /* the job it puts in, or 0 */
    const struct cli_column *columns; /* of its table, or NULL */

    /** The exit status, or -1 with *err. With CLI_RAW only argc and argv of
     *  the context are set. */
    int (*run)(struct cli_context *c, struct tt_error *err);
};

/** What the options of jobs say: CLI_WORK. */
struct cli_work_opts {
    bool queue;
    bool dry_run;
    const char *priority; /* first, normal, last */
    const char *label;    /* the job's name */
};

/** What the options of lists say: CLI_TABLE, CLI_WHEN. */
struct cli_when_opts {
    const char *status; /* "partial,failed" */
    const char *since, *until;
};

struct cli_context {
    const struct cli_command *command;
    struct cli_settings settings;
    struct cli_print_opts print;
    struct cli_when_opts when;
    struct cli_work_opts work;
    void *opts;   /* the command's struct */
    void *params; /* the struct of its kind of job */
    int operands;
    char **operand;
    int argc; /* all words behind the command, as typed */
    char **argv;
    FILE *out; /* stdout */
};

/** Every command, NULL at the end. */
extern const struct cli_command *const cli_commands[];

/** The command that argv begins with; *words: how many words its name has.
 *  NULL: none, and *err says which name is the nearest. */
const struct cli_command *cli_command_find(int argc, char **argv, int *words,
                                           struct tt_error *err);

/** The option tables of a command, NULL at the end; at most 11. */
#define CLI_TABLES 12
int cli_command_tables(const struct cli_command *cmd,
                       const struct tt_opt *tables[CLI_TABLES]);

/** Parse and run; the exit status. Says on stderr what went wrong. */
int cli_run(int argc, char **argv);

/** May a command write the file of its -o? TT_OUTPUT where it is there already
 *  and --force was not given. */
int cli_command_may_write(const char *out, bool force,
                          struct tt_error *err) TT_MUST;

/** The text of --help: all commands, those of a group ("job"), or one. */
void cli_help_all(FILE *out);
void cli_help_group(const char *group, FILE *out);
void cli_help_command(const struct cli_command *cmd, FILE *out);

/** True if commands' names begin with this word and a blank, and none is this
 *  word alone. */
bool cli_command_is_group(const char *word);

/** Of two words: how many letters differ (insert, delete, change, swap). */
int cli_word_distance(const char *a, const char *b);

#endif
