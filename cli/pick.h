/**
 * pick: which dataset? A row of the record ("d1", a name, "@last"), or a folder
 * that holds one, recorded or not.
 *
 * Threads: one.
 * Fails:   TT_MISSING, TT_FORMAT (damaged), TT_IO.
 */
#ifndef CLI_PICK_H
#define CLI_PICK_H

#include <jansson.h>

#include "base/file.h"
#include "cli/record.h"

struct cli_pick {
    int64_t id;              /* its row, 0: not in the record */
    char path[TT_PATH_SIZE]; /* absolute folder */
    int64_t train, val, test;
};

/** r->db may be NULL. The folder's own list is read. */
int cli_pick_dataset(struct cli_pick *p, struct cli_record *r, const char *text,
                     struct tt_error *err) TT_MUST;

/** The one with that row. */
int cli_pick_dataset_id(struct cli_pick *p, struct cli_record *r, int64_t id,
                        struct tt_error *err) TT_MUST;

/** The member "dataset" of a manifest's header. */
json_t *cli_pick_json(const struct cli_pick *p);

#endif
