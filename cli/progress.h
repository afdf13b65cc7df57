/**
 * progress: how far a job is, on stderr: a bar that moves on a terminal, else a
 * line now and then (each 10 s or 10 %, whichever is later, but each 5 minutes
 * at least), JSON lines, or nothing.
 *
 * Owns:    nothing.
 * Threads: one.
 * Fails:   never; a stderr that is gone is nobody's loss.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cli/settings.h"

enum cli_progress_how {
    CLI_PROGRESS_NONE,
    CLI_PROGRESS_PLAIN,
    CLI_PROGRESS_BAR,
    CLI_PROGRESS_JSON
};

struct cli_progress {
    FILE *out;
    enum cli_progress_how how;
    int64_t begun, shown; /* steady ms */
    int64_t shown_done;
    bool on_screen; /* a bar stands on the last line */
    int width;      /* of the terminal */
};

struct cli_progress_at {
    int64_t done, total; /* total 0: not known */
    int64_t failed;
    double rate;       /* a second; 0: not known */
    const char *extra; /* more words, or NULL */
};

/** out is stderr but for tests. */
void cli_progress_init(struct cli_progress *p, const struct cli_settings *s,
                       FILE *out);

/** Show it if it is time to. now: steady ms. */
void cli_progress_show(struct cli_progress *p, const struct cli_progress_at *at,
                       int64_t now);

/** The last line: all, the rate, how long it took. */
void cli_progress_end(struct cli_progress *p, const struct cli_progress_at *at,
                      int64_t elapsed_ms);

/** Take the bar away, so that something else may be said. */
void cli_progress_clear(struct cli_progress *p);

#endif
