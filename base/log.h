/**
 * log: one line an event, to stderr: time, level, who, words, key=value.
 *
 * Owns:    the level and the name of the process, set once by cli/main.c (one
 *          of the three pieces of global state that the program has).
 * Threads: any; a line is written by one write(2).
 * Fails:   never.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/error.h"

enum tt_level { TT_ERROR, TT_WARN, TT_INFO, TT_DEBUG };

/** Set once, before threads start. who is borrowed for the whole run. */
void tt_log_setup(enum tt_level level, const char *who);

void tt_log(enum tt_level level, const char *fmt, ...) TT_PRINTF(2, 3);

#endif
