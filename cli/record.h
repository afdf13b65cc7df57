/**
 * record: the record as a command reads it: open, find what was typed, close.
 *
 * Owns:    cli_record_open made it, cli_record_close frees it and all answers
 *          in mem.
 * Threads: one.
 * Fails:   as db.h; TT_MISSING (no such thing, or no record at all).
 */
#ifndef CLI_RECORD_H
#define CLI_RECORD_H

#include "cli/settings.h"
#include "db/history.h"

struct cli_record {
    struct db *db; /* NULL: there is no record yet */
    struct db_arena *mem;
};

/** Open STATE/tintype.db to read. No file is no failure: db stays NULL. */
int cli_record_open(struct cli_record *r, const struct cli_settings *s,
                    struct tt_error *err) TT_MUST;

/** The same, but no file is TT_MISSING. */
int cli_record_need(struct cli_record *r, const struct cli_settings *s,
                    struct tt_error *err) TT_MUST;

/** Zeroed structs are allowed. */
void cli_record_close(struct cli_record *r);

/** What was typed ("j7", "@last", a name …) into an id; TT_MISSING if there is
 *  none. noun: 'j', 'r', 'm', 'd'. */
int cli_record_find(struct cli_record *r, char letter, const char *text,
                    int64_t *id, struct tt_error *err) TT_MUST;

/** Can things be called by that? Not by nothing, by what looks like an id
 *  ("r1") or a path, or begins with '@'. option is that which gives the name;
 *  name NULL is fine. TT_USAGE. */
int cli_record_name(const char *option, const char *name,
                    struct tt_error *err) TT_MUST;

/** A job by what was typed, whole. */
int cli_record_job(struct cli_record *r, const char *text, struct db_job *job,
                   struct tt_error *err) TT_MUST;

/** A run by what was typed ("j7": the run of that job), whole. */
int cli_record_run(struct cli_record *r, const char *text, struct db_run *run,
                   struct tt_error *err) TT_MUST;

/** A path that was typed, absolute, as the record has it: without links as far
 *  as its folder goes. The file itself may be gone. */
int cli_record_path(const char *typed, char out[TT_PATH_SIZE],
                    struct tt_error *err) TT_MUST;

/** The bits of "partial,failed"; NULL: 0. TT_USAGE with the list of states. */
int cli_record_states(const char *text, unsigned *states,
                      struct tt_error *err) TT_MUST;

/** The exit status that goes with a job: 0, 2, 130 (cancelled), -1 (open). */
int cli_record_exit(const struct db_job *job);

#endif
