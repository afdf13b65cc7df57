/**
 * clock: wall time for records, steady time for durations.
 *
 * Threads: any.  Fails: never.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/** Milliseconds since 1970-01-01 UTC: what the record stores. */
int64_t tt_wall_ms(void);

/** Milliseconds of a clock that never steps: what durations are made of. */
int64_t tt_steady_ms(void);

/** The same in microseconds. */
int64_t tt_steady_us(void);

void tt_sleep_ms(int64_t ms);

/** "2026-11-23T07:31:09Z" into text (at least 21 bytes); returns text. */
char *tt_time_text(int64_t wall_ms, char *text, size_t size);

#endif
