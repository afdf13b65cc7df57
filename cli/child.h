/**
 * child: one process that a supervisor keeps alive: how it is started, when it
 * may be started again, and what it said last.
 *
 * Owns:    the struct holds copies of its words.
 * Threads: one.
 * Fails:   TT_UNAVAILABLE (it cannot be forked), TT_OUTPUT (its log).
 */
#ifndef CLI_CHILD_H
#define CLI_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/file.h"

#define CLI_CHILD_WORDS  24
#define CLI_CHILD_TRIES  3    /* failed starts in a row, then no more */
#define CLI_CHILD_YOUNG  5000 /* ms; any exit before that is a failed start */
#define CLI_CHILD_NOEXEC 127  /* exit status: the program is not there */

struct cli_child {
    char name[32]; /* "redis", "scheduler", "worker-1" */
    char log[TT_PATH_SIZE];
    char words[4 * TT_PATH_SIZE]; /* what argv points into */
    size_t used;
    char *argv[CLI_CHILD_WORDS + 1];
    int argc;
    pid_t pid;         /* 0: not running */
    int64_t started;   /* steady ms */
    int64_t next;      /* not before that */
    int failures;      /* failed starts in a row */
    int crashes;       /* deaths by signal in a row */
    int status;        /* of waitpid, of the last one */
    int64_t log_start; /* bytes in the log when it was started */
};

/** Give it a name and a log (folder/name.log); the program comes by add. */
int cli_child_init(struct cli_child *c, const char *name, const char *folder,
                   struct tt_error *err) TT_MUST;

/** One more word of its command line; the first is the program. */
int cli_child_add(struct cli_child *c, const char *word,
                  struct tt_error *err) TT_MUST;

/** Start it. It dies with us. */
int cli_child_start(struct cli_child *c, struct tt_error *err) TT_MUST;

/** It has ended with this status (of waitpid): count, and set `next`. */
void cli_child_ended(struct cli_child *c, int status);

/** No further start makes sense: it failed too often, is not there, or ended
 *  since the disk is full (TT_OUTPUT). */
bool cli_child_hopeless(const struct cli_child *c);

/** Why it ended: its last line of this life, or its status, into text. */
void cli_child_last_words(const struct cli_child *c, char *text, size_t size);

/** The exit status, or 0 if it was killed or has not ended. */
int cli_child_exit(const struct cli_child *c);

#endif
