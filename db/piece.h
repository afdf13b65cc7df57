/**
 * piece: making and closing chunks, for the files that cut, split, record and
 * retry. For this room alone; within a transaction of the caller.
 *
 * Threads: that of the struct db.
 * Fails:   as db.h.
 */
#ifndef DB_PIECE_H
#define DB_PIECE_H

#include <stdbool.h>
#include <stdint.h>

#include "db/chunk.h"
#include "db/stmt.h"

#define DB_CHUNK_COLUMNS                                                       \
    "c.job,c.seq,c.first,c.n,c.at,c.state,c.att,c.strikes,c.due,j.kind,"       \
    "j.state,j.prio,tt_home(j.manifest),c.ended"

/** Whether a chunk that waits may go out at ?2: it is due, or so far from due
 *  that the clock has been set back since. */
#define DB_PIECE_IS_DUE "(due<=?2 OR due>?2+600000)"

/** What a chunk is, and what its reader does not show. */
struct db_piece {
    int64_t job, seq, first, n;
    uint64_t at;
    int strikes;
    int64_t due;
    bool again;     /* a retry */
    int64_t parent; /* seq; 0: none */
};

/** chunk c JOIN job j. */
void db_piece_row(sqlite3_stmt *q, struct db_arena *mem, void *row);

/** Insert a waiting chunk; p->seq is set to the next number. */
int db_piece_add(struct db *db, struct db_piece *p,
                 struct tt_error *err) TT_MUST;

/** Move a chunk that is open to a state in which it is not: `n` photos of it
 *  are no longer open (those that went on to children still are). */
int db_piece_close(struct db *db, const struct db_chunk *c,
                   enum chunk_state state, int64_t n, int64_t worker,
                   int64_t now, struct tt_error *err) TT_MUST;

/** A chunk that is being split, and what its children have from it. */
struct db_split {
    const struct db_chunk *of;
    bool again;
    int64_t due;
};

/** One child for [from, to) of the chunk; nothing if that is empty. strikes
 *  are what it starts with. *at is the byte of `from`, moved on to `to`. */
int db_piece_child(struct db *db, const struct db_split *s, int64_t from,
                   int64_t to, int strikes, uint64_t *at,
                   struct tt_error *err) TT_MUST;

/** Is this chunk a retry? */
int db_piece_again(struct db *db, const struct db_chunk *c, bool *again,
                   struct tt_error *err) TT_MUST;

#endif
