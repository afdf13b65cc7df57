/**
 * json: members of what workers send, taken with care: what is absent or of
 * another type is as if it were not there. For this room alone.
 *
 * Threads: any; pure functions.
 */
#ifndef DB_JSON_H
#define DB_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/hash.h"

const char *db_json_text(const json_t *o, const char *name);
int64_t db_json_int(const json_t *o, const char *name);
bool db_json_sha(const json_t *o, const char *name, struct tt_sha256 *sha);

/** An object member as text, to be freed; NULL if absent or out of memory. */
char *db_json_dump(const json_t *o, const char *name);

#endif
