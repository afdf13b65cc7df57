/**
 * find: what people type for a thing, into its id. For this room alone.
 *
 * Threads: that of the struct db.
 * Fails:   as db.h.
 */
#ifndef DB_FIND_H
#define DB_FIND_H

#include <stdint.h>

#include "db/stmt.h"

struct db_find {
    char letter;         /* "j7" */
    const char *by_id;   /* SELECT id … WHERE id=? */
    const char *last;    /* SELECT max(id) … */
    const char *by_name; /* SELECT … WHERE name=?, the newest */
};

/** 1: *id; 0: no such thing; -1. A name wins over a bare number only if there
 *  is no such number. */
int db_find(struct db *db, const struct db_find *f, const char *text,
            int64_t *id, struct tt_error *err) TT_MUST;

/** "j7" with letter 'j' (0: none), or "7": the number; else 0. */
int64_t db_find_number(const char *text, char letter);

/** Has it * ? or [ in it? */
bool db_find_pattern(const char *text);

#endif
