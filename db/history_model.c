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
    struct db_model *m;
    sqlite3_stmt *q;
    int rc = db_query(
        db,
        "SELECT " DB_MODEL_COLUMNS " FROM model m WHERE m.id<?"
        " ORDER BY m.id DESC LIMIT ?",
        ARGS(I(before > 0 ? before : INT64_MAX), I(limit > 0 ? limit : PAGE)),
        &q, err);

    while (rc >= 0 && (rc = db_step(db, q, err)) > 0) {
        m = db_rows_add(&all);
        if (!m)
            break;
        db_row_model(q, 0, mem, m);
    }
    db_reset(rc > 0 ? q : NULL);
    *rows = all.rows;
    *n = all.n;
    return db_rows_end(&all, rc, err);
}

int db_history_model(struct db *db, int64_t id, struct db_arena *mem,
                     struct db_model *m, struct tt_error *err)
{
    struct db_rows end = {.mem = mem};
    sqlite3_stmt *q;
    int rc =
        db_query(db, "SELECT " DB_MODEL_COLUMNS " FROM model m WHERE m.id=?",
                 ARGS(I(id)), &q, err);

    memset(m, 0, sizeof(*m));
    if (rc == 0)
        rc = db_step(db, q, err);
    if (rc <= 0)
        return rc;
    db_row_model(q, 0, mem, m);
    db_reset(q);
    return db_rows_end(&end, 0, err) < 0 ? -1 : 1;
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
