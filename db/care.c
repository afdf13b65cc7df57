#include "db/care.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "db/stmt.h"

#define WAL_PAGES 4000  /* copy after so many */
#define WAL_CUT   16384 /* pages of 4 kB: 64 MB */
#define QUIET_MS  1000

/* --- checkpoints --- */

int db_checkpoint_tick(struct db *db, struct tt_error *err)
{
    int mode = SQLITE_CHECKPOINT_PASSIVE;
    int left = 0, copied = 0, rc;

    if (db->batch || db->wal_pages == 0 ||
        (db->wal_pages < WAL_PAGES && tt_steady_ms() - db->wal_at < QUIET_MS))
        return 0;
    if (db->wal_pages > WAL_CUT)
        mode = SQLITE_CHECKPOINT_TRUNCATE;
    sqlite3_busy_timeout(db->sql, 0); // a reader may take its time, we may not
    rc = sqlite3_wal_checkpoint_v2(db->sql, NULL, mode, &left, &copied);
    if (rc != SQLITE_OK && rc != SQLITE_BUSY)
        db_sql_fail(db, "checkpoint", err);
    sqlite3_busy_timeout(db->sql, 5000);
    if (rc != SQLITE_OK && rc != SQLITE_BUSY)
        return -1;
    // All copied: nothing to do until the next commit. Else try again later.
    db->wal_at = tt_steady_ms();
    if (rc == SQLITE_OK && left == copied)
        db->wal_pages = 0;
    return 0;
}

/* --- backups --- */

struct db_backup {
    struct db *db;
    sqlite3 *to;
    sqlite3_backup *copy;
    char path[TT_PATH_SIZE];
    char temp[TT_PATH_SIZE]; /* "" once it is in place */
};

static int backup_fail(struct db_backup *b, struct tt_error *err)
{
    int rc = sqlite3_errcode(b->to);
    bool full =
        rc == SQLITE_FULL || rc == SQLITE_CANTOPEN || rc == SQLITE_READONLY;

    return tt_fail(err, full ? TT_OUTPUT : TT_IO, "%s: backup: %s", b->path,
                   sqlite3_errmsg(b->to));
}

int db_backup_start(struct db_backup **out, struct db *db, const char *path,
                    struct tt_error *err)
{
    struct db_backup *b = calloc(1, sizeof(*b));
    int fd;

    *out = NULL;
    if (!b) {
        tt_fail(err, TT_NOMEM, "%s: no memory", path);
        return -1;
    }
    b->db = db;
    if (tt_file_exists(path)) {
        tt_fail(err, TT_OUTPUT, "%s: exists already", path);
        goto fail;
    }
    fd = tt_file_temp(path, b->temp, err);
    if (fd < 0) {
        b->temp[0] = '\0';
        goto fail;
    }
    close(fd);
    snprintf(b->path, sizeof(b->path), "%s", path);
    if (sqlite3_open_v2(b->temp, &b->to, SQLITE_OPEN_READWRITE, NULL) !=
            SQLITE_OK ||
        !(b->copy = sqlite3_backup_init(b->to, "main", db->sql, "main"))) {
        backup_fail(b, err);
        goto fail;
    }
    *out = b;
    return 0;

fail:
    db_backup_close(b);
    return -1;
}

/* The copy says WAL in its header; as a file that is put away it shall be one
 * file, and sound. */
static int backup_check(struct db_backup *b, struct tt_error *err)
{
    sqlite3_stmt *q = NULL;
    bool sound = false;

    if (sqlite3_exec(b->to, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL) !=
            SQLITE_OK ||
        sqlite3_prepare_v2(b->to, "PRAGMA quick_check(1)", -1, &q, NULL) !=
            SQLITE_OK)
        return backup_fail(b, err);
    if (sqlite3_step(q) == SQLITE_ROW)
        sound = strcmp((const char *)sqlite3_column_text(q, 0), "ok") == 0;
    sqlite3_finalize(q);
    if (!sound)
        return tt_fail(err, TT_FORMAT, "%s: the copy is damaged, as is %s",
                       b->path, b->db->path);
    return 0;
}

static int backup_publish(struct db_backup *b, struct tt_error *err)
{
    int rc;

    sqlite3_backup_finish(b->copy);
    b->copy = NULL;
    if (backup_check(b, err) < 0)
        return -1;
    sqlite3_close(b->to);
    b->to = NULL;
    rc = tt_file_publish(b->temp, b->path, err);
    b->temp[0] = '\0';
    if (rc == 0)
        return tt_fail(err, TT_OUTPUT, "%s: exists already", b->path);
    return rc < 0 ? -1 : tt_sync_folder(b->path, err);
}

int db_backup_step(struct db_backup *b, int pages, struct tt_error *err)
{
    switch (sqlite3_backup_step(b->copy, pages)) {
    case SQLITE_OK:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return 1;
    case SQLITE_DONE:
        return backup_publish(b, err);
    default:
        return backup_fail(b, err);
    }
}

void db_backup_progress(const struct db_backup *b, int *done, int *total)
{
    *total = b->copy ? sqlite3_backup_pagecount(b->copy) : 0;
    *done = b->copy ? *total - sqlite3_backup_remaining(b->copy) : 0;
}

void db_backup_close(struct db_backup *b)
{
    if (!b)
        return;
    sqlite3_backup_finish(b->copy);
    sqlite3_close(b->to);
    if (b->temp[0])
        unlink(b->temp);
    free(b);
}

int db_backup(struct db *db, const char *path, struct tt_error *err)
{
    struct db_backup *b;
    int rc;

    if (db_backup_start(&b, db, path, err) < 0)
        return -1;
    while ((rc = db_backup_step(b, -1, err)) > 0)
        tt_sleep_ms(1);
    db_backup_close(b);
    return rc;
}

/* --- checks --- */

struct lines {
    char *text;
    size_t used, size;
};

static void add_line(struct lines *l, const char *line)
{
    int n = snprintf(l->text + l->used, l->size - l->used, "%s%s",
                     l->used ? "\n" : "", line);

    if (n > 0)
        l->used += (size_t)n;
    if (l->used >= l->size)
        l->used = l->size - 1;
}

static int check_pages(struct db *db, bool quick, struct lines *l,
                       struct tt_error *err)
{
    sqlite3_stmt *q;
    int rc =
        db_query(db, quick ? "PRAGMA quick_check" : "PRAGMA integrity_check",
                 NO_ARGS, &q, err);

    while (rc >= 0 && (rc = db_step(db, q, err)) > 0) {
        const char *line = (const char *)sqlite3_column_text(q, 0);

        if (line && strcmp(line, "ok") != 0)
            add_line(l, line);
    }
    return rc;
}

static int check_keys(struct db *db, struct lines *l, struct tt_error *err)
{
    sqlite3_stmt *q;
    int rc = db_query(db, "PRAGMA foreign_key_check", NO_ARGS, &q, err);

    while (rc >= 0 && (rc = db_step(db, q, err)) > 0) {
        char line[128];

        snprintf(line, sizeof(line), "a row of %s refers to no row of %s",
                 (const char *)sqlite3_column_text(q, 0),
                 (const char *)sqlite3_column_text(q, 2));
        add_line(l, line);
    }
    return rc;
}

int db_check(struct db *db, bool quick, struct db_arena *mem,
             const char **problems, struct tt_error *err)
{
    struct lines l = {.size = 8192};
    int rc;

    *problems = NULL;
    tt_clear(err);
    l.text = db_arena_alloc(mem, l.size);
    if (!l.text)
        return tt_fail(err, TT_NOMEM, "no memory for a check");
    rc = check_pages(db, quick, &l, err);
    if (rc == 0 && !l.used)
        rc = check_keys(db, &l, err);
    if (rc < 0 && err->code != TT_FORMAT)
        return -1;
    if (rc < 0)
        add_line(&l, err->text);
    if (!l.used)
        return 0;
    *problems = l.text;
    return 1;
}
