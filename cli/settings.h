/**
 * settings: what holds for every command, and where each value came from.
 *
 *   an option  >  TINTYPE_<NAME>  >  tintype.conf  >  the default
 *
 * tintype.conf has lines "name = value"; '#' begins a comment. It is looked for
 * at --conf, TINTYPE_CONF, $XDG_CONFIG_HOME/tintype/tintype.conf (or
 * ~/.config/…) and /etc/tintype.conf; the first there is holds.
 *
 * Owns:    the texts of the file and of the environment: cli_settings_release.
 * Threads: one; this is the only place that reads the environment.
 * Fails:   TT_USAGE (a bad value, with where it stands), TT_MISSING (a file
 *          named by --conf that is not there), TT_INPUT, TT_NOMEM.
 */
#ifndef CLI_SETTINGS_H
#define CLI_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/file.h"
#include "base/opt.h"

#define CLI_ROWS 16 /* more than there are settings */

struct cli_settings {
    const char *state;    /* folder of the record and the private stack */
    const char *conf;     /* the file, NULL: looked for */
    const char *log;      /* error, warning, info, debug */
    bool quiet;           /* say nothing on stderr but errors */
    bool help;            /* --help */
    const char *progress; /* auto, plain, json, none */
    const char *redis;    /* "/path/redis.sock", "host:port"; NULL: private */
    const char *redis_server; /* program that the private stack starts */
    const char *model;        /* a name or a file; NULL: the one in use */
    long lease;               /* ms that a worker may be silent */
    long workers;             /* of the private stack */
    long threads;             /* of each worker; 0: one a processor */
    const char *device;       /* of each worker: auto, cpu, cuda, cuda:N */

    /* found by cli_settings_load */
    char state_dir[TT_PATH_SIZE]; /* absolute */
    char conf_path[TT_PATH_SIZE]; /* the file that was read, or "" */

    char *text;                   /* of the file; owned */
    unsigned char from[CLI_ROWS]; /* enum cli_source of each row, in order */
    struct cli_settings *loaded;  /* as it was before the options; owned */
};

/** Options of every command: --state --conf --log --quiet --help. */
extern const struct tt_opt cli_common_opts[];
/** --progress: of commands that wait. */
extern const struct tt_opt cli_progress_opts[];
/** --redis: of commands that may start a stack or speak with Redis. */
extern const struct tt_opt cli_redis_opts[];
/** --workers, --device: of commands that may start a stack. */
extern const struct tt_opt cli_stack_opts[];
/** --threads of each worker: of those whose job has no threads of its own. */
extern const struct tt_opt cli_threads_opts[];
/** What only a file or the environment sets: redis-server, model,
 *  lease. */
extern const struct tt_opt cli_quiet_opts[];

/** All of these, NULL at the end: what tintype.conf may hold. */
extern const struct tt_opt *const cli_settings_tables[];

enum cli_source {
    CLI_FROM_DEFAULT,
    CLI_FROM_FILE,
    CLI_FROM_ENVIRONMENT,
    CLI_FROM_OPTION
};

/** Defaults, then the file, then the environment. argv is only searched for
 *  --conf; options are parsed over this by the caller, who then calls
 *  cli_settings_finish. */
int cli_settings_load(struct cli_settings *s, int argc, char **argv,
                      struct tt_error *err) TT_MUST;

/** After the options: check the words, make state_dir. */
int cli_settings_finish(struct cli_settings *s, struct tt_error *err) TT_MUST;

/** Where the value of a row came from. */
enum cli_source cli_settings_source(const struct cli_settings *s,
                                    const struct tt_opt *row);

/** "default", "tintype.conf", "environment", "option". */
const char *cli_source_word(enum cli_source source);

/** A value as text. */
void cli_settings_text(const struct cli_settings *s, const struct tt_opt *row,
                       char *text, size_t size);

/** STATE/name into path. */
int cli_settings_path(const struct cli_settings *s, const char *name,
                      char path[TT_PATH_SIZE], struct tt_error *err) TT_MUST;

/** Frees the texts. */
void cli_settings_release(struct cli_settings *s);

/** A bar may move on it: a terminal that is not dumb. */
bool cli_settings_moves(int fd);

#endif
