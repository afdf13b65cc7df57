/**
 * when: moments as people type them, in UTC.
 *
 *   2026-11-23   2026-11-23T07:31   2026-11-23 07:31:09Z
 *   now   today   yesterday
 *   90m   "1 hour ago"   "2 days ago"
 *
 * Threads: any; pure.
 * Fails:   TT_USAGE.
 */
#ifndef CLI_WHEN_H
#define CLI_WHEN_H

#include <stdint.h>

#include "base/error.h"

/** Into wall ms; now is given, so that it can be tested. */
int cli_when_parse(const char *text, int64_t now, int64_t *wall_ms,
                   struct tt_error *err) TT_MUST;

#endif
