#include "db/history.h"

#include "db/row.h"

#define PAGE 100

int db_history_workers(struct db *db, int64_t alive_since, int limit,
                       struct db_arena *mem, struct db_worker **rows, size_t *n,
                       struct tt_error *err)
{
    struct db_rows all = {.mem = mem, .size = sizeof(struct db_worker)};
    int rc = db_list(db,
                     "SELECT " DB_WORKER_COLUMNS " FROM worker w"
                     " WHERE w.last_seen>=?1 AND (?1=0 OR w.ended IS NULL)"
                     " ORDER BY w.last_seen DESC LIMIT ?2",
                     ARGS(I(alive_since), I(limit > 0 ? limit : PAGE)),
                     db_row_worker, &all, err);

    *rows = all.rows;
    *n = all.n;
    return rc;
}
