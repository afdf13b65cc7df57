/**
 * arena: memory for the answer to a question: rows and their texts, freed at
 * once. One arena may hold several answers.
 *
 * Owns:    db_arena_new made it, db_arena_free frees it and all that is in it.
 * Threads: one thread per struct db_arena.
 * Fails:   NULL where memory ran out.
 */
#ifndef DB_ARENA_H
#define DB_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct db_arena; /* opaque */

struct db_arena *db_arena_new(void);

/** Zeroed, aligned for any type. */
void *db_arena_alloc(struct db_arena *a, size_t size);

/** A copy of n bytes and a NUL behind them. */
char *db_arena_text(struct db_arena *a, const char *text, size_t n);

/** Has an allocation failed since the last reset? Then rows are incomplete. */
bool db_arena_failed(const struct db_arena *a);

/** Forget all that is in it, so that a loop may use it again. */
void db_arena_reset(struct db_arena *a);

/** NULL is allowed. */
void db_arena_free(struct db_arena *a);

#endif
