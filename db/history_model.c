#include "db/history.h"

#include <stdlib.h>
#include <string.h>

#include "db/find.h"
#include "db/row.h"

#define PAGE 100

int db_history_models(struct db *db, int64_t before, int limit,
                      struct db_arena *mem, struct db_model **rows, size_t *n,
                      struct tt_error *err)
{
    struct db_rows all = {.mem = mem, .size = sizeof(struct db_model)};
    int rc = db_list(
        db,
        "SELECT " DB_MODEL_COLUMNS " FROM model m WHERE m.id<?"
        " ORDER BY m.id DESC LIMIT ?",
        ARGS(I(before > 0 ? before : INT64_MAX), I(limit > 0 ? limit : PAGE)),
        db_row_model, &all, err);

    *rows = all.rows;
    *n = all.n;
    return rc;
}

int db_history_model(struct db *db, int64_t id, struct db_arena *mem,
                     struct db_model *m, struct tt_error *err)
{
    memset(m, 0, sizeof(*m));
    return db_first(db, "SELECT " DB_MODEL_COLUMNS " FROM model m WHERE m.id=?",
                    ARGS(I(id)), db_row_model, mem, m, err);
}

int db_history_evaluations(struct db *db, int64_t model, int limit,
                           struct db_arena *mem, struct db_job **rows,
                           size_t *n, struct tt_error *err)
{
    struct db_rows all = {.mem = mem, .size = sizeof(struct db_job)};
    int rc =
        db_list(db,
                "SELECT " DB_JOB_COLUMNS " FROM job j"
                " WHERE j.kind=?1 AND j.model=?2 AND j.result IS NOT NULL"
                " ORDER BY j.id DESC LIMIT ?3",
                ARGS(I(JOB_EVALUATE), I(model), I(limit > 0 ? limit : PAGE)),
                db_row_job, &all, err);

    *rows = all.rows;
    *n = all.n;
    return rc;
}

/* --- by what people type --- */

/* "portrait-1": what stands before the last hyphen, and the number. */
static int by_version(struct db *db, const char *text, int64_t *id,
                      struct tt_error *err)
{
    const char *hyphen = strrchr(text, '-');
    int64_t version = hyphen ? db_find_number(hyphen + 1, '\0') : 0;
    char *name;
    int rc;

    if (!version || hyphen == text)
        return 0;
    name = strndup(text, (size_t)(hyphen - text));
    if (!name)
        return tt_fail(err, TT_NOMEM, "no memory for a name");
    rc = db_one(db, "SELECT id FROM model WHERE name=? AND version=?",
                ARGS(T(name), I(version)), id, err);
    free(name);
    return rc;
}

static int by_hash(struct db *db, const char *text, int64_t *id,
                   struct tt_error *err)
{
    size_t n = strlen(text);

    if (n < 6 || n > 64 || strspn(text, "0123456789abcdefABCDEF") != n)
        return 0;
    return db_one(db,
                  "SELECT id FROM model WHERE substr(lower(hex(sha256)),1,?1)"
                  "=lower(?2) ORDER BY id DESC LIMIT 1",
                  ARGS(I(n), T(text)), id, err);
}

int db_history_model_find(struct db *db, const char *text, int64_t *id,
                          struct tt_error *err)
{
    static const struct db_find models = {
        'm', "SELECT id FROM model WHERE id=?", "SELECT max(id) FROM model",
        "SELECT id FROM model WHERE name=? ORDER BY version DESC LIMIT 1"};
    int rc;

    if (strcmp(text, "@current") == 0)
        return db_one(db, "SELECT v FROM meta WHERE k='model'", NO_ARGS, id,
                      err);
    rc = db_find(db, &models, text, id, err);
    if (rc == 0)
        rc = by_version(db, text, id, err);
    if (rc == 0)
        rc = by_hash(db, text, id, err);
    return rc;
}
