#include "db/db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "db/care.h"
#include "db/home.h"
#include "db/migrate.h"
#include "db/paths.h"
#include "db/stmt.h"

/* Up to this size a file is checked after an unclean end: a few seconds. */
#define CHECK_SIZE (1LL << 30)

static const char writer_pragmas[] =
    "PRAGMA auto_vacuum=INCREMENTAL;" // before the file has its first page
    "PRAGMA journal_mode=WAL;"
    "PRAGMA synchronous=FULL;"
    "PRAGMA foreign_keys=ON;"
    "PRAGMA cache_size=-65536;"
    "PRAGMA temp_store=MEMORY;"
    "PRAGMA trusted_schema=OFF;"
    "PRAGMA journal_size_limit=67108864;"
    "PRAGMA wal_autocheckpoint=0;";

static const char reader_pragmas[] = "PRAGMA query_only=1;"
                                     "PRAGMA temp_store=MEMORY;"
                                     "PRAGMA trusted_schema=OFF;";

/* --- where it lies --- */

const char *db_network_name(long f_type)
{
    // clang-format off
    static const struct { unsigned type; const char *name; } networks[] = {
        {0x00006969, "NFS"},   {0x0000517b, "SMB"},  {0xfe534d42, "SMB"},
        {0xff534d42, "CIFS"},  {0x01021997, "9P"},   {0x5346414f, "AFS"},
        {0x00c36400, "Ceph"},  {0x0bd00bd0, "Lustre"}, {0x47504653, "GPFS"},
        {0x73757245, "Coda"},  {0x0000564c, "NCP"},
    };
    // clang-format on

    for (size_t i = 0; i < sizeof(networks) / sizeof(*networks); i++) {
        if ((unsigned)f_type == networks[i].type)
            return networks[i].name;
    }
    return NULL;
}

static int folder_of(const char *path, char *folder, size_t size,
                     struct tt_error *err)
{
    const char *slash = strrchr(path, '/');
    size_t n = slash ? (size_t)(slash - path) : 1;

    if (n >= size)
        return tt_fail(err, TT_INPUT, "%s: the path is too long", path);
    memcpy(folder, slash ? path : ".", n);
    if (n == 0)
        folder[n++] = '/';
    folder[n] = '\0';
    return 0;
}

static int check_folder(const char *path, struct tt_error *err)
{
    char folder[TT_PATH_SIZE];
    struct statfs fs;
    const char *name;

    if (folder_of(path, folder, sizeof(folder), err) < 0)
        return -1;
    if (statfs(folder, &fs) < 0)
        return tt_fail_errno(err, errno == ENOENT ? TT_MISSING : TT_IO, "%s",
                             folder);
    name = db_network_name((long)fs.f_type);
    if (name)
        return tt_fail(err, TT_INPUT,
                       "%s lies on a network file system (%s), where SQLite "
                       "is not safe; choose a folder on a disk of this host",
                       path, name);
    return 0;
}

/* The kernel lets go of the lock however we end. */
static int take_lock(struct db *db, struct tt_error *err)
{
    char folder[TT_PATH_SIZE], lock[TT_PATH_SIZE], owner[32] = "";
    ssize_t n;

    if (folder_of(db->path, folder, sizeof(folder), err) < 0 ||
        tt_path_join(lock, sizeof(lock), folder, "db.lock", err) < 0)
        return -1;
    db->lock = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (db->lock < 0)
        return tt_fail_errno(err, TT_OUTPUT, "%s", lock);
    if (flock(db->lock, LOCK_EX | LOCK_NB) < 0) {
        if (errno != EWOULDBLOCK)
            return tt_fail_errno(err, TT_IO, "%s", lock);
        n = pread(db->lock, owner, sizeof(owner) - 1, 0);
        owner[n > 0 ? strcspn(owner, "\n") : 0] = '\0';
        return tt_fail(err, TT_BUSY, "%s: held by another scheduler (pid %s)",
                       db->path, owner[0] ? owner : "?");
    }
    n = snprintf(owner, sizeof(owner), "%ld\n", (long)getpid());
    if (ftruncate(db->lock, 0) < 0 || pwrite(db->lock, owner, (size_t)n, 0) < n)
        return tt_fail_errno(err, TT_OUTPUT, "%s", lock);
    return 0;
}

/* --- opening --- */

static int count_pages(void *arg, sqlite3 *sql, const char *name, int pages)
{
    struct db *db = arg;

    (void)sql;
    (void)name;
    db->wal_pages = pages;
    db->wal_at = tt_steady_ms();
    return SQLITE_OK;
}

static int set_up(struct db *db, const char *pragmas, int busy_ms,
                  struct tt_error *err)
{
    if (sqlite3_busy_timeout(db->sql, busy_ms) != SQLITE_OK ||
        sqlite3_db_config(db->sql, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL) !=
            SQLITE_OK ||
        sqlite3_exec(db->sql, pragmas, NULL, NULL, NULL) != SQLITE_OK)
        return db_sql_fail(db, "open", err);
    return db_home_open(db, err);
}

static int open_sqlite(struct db *db, int flags, struct tt_error *err)
{
    int rc =
        sqlite3_open_v2(db->path, &db->sql, flags | SQLITE_OPEN_NOMUTEX, NULL);

    if (!db->sql)
        return tt_fail(err, TT_NOMEM, "%s: no memory", db->path);
    sqlite3_extended_result_codes(db->sql, 1);
    if (rc == SQLITE_OK)
        return 0;
    if (rc == SQLITE_CANTOPEN)
        return tt_fail(err, db->writer ? TT_OUTPUT : TT_IO,
                       "%s: cannot be opened: %s", db->path,
                       strerrordesc_np(sqlite3_system_errno(db->sql)));
    return db_sql_fail(db, "open", err);
}

static struct db *new_db(const char *path, bool writer, struct tt_error *err)
{
    struct db *db = calloc(1, sizeof(*db));

    if (!db) {
        tt_fail(err, TT_NOMEM, "%s: no memory", path);
        return NULL;
    }
    db->lock = -1;
    db->writer = writer;
    db->path = strdup(path);
    db->scratch = db_arena_new();
    db->paths = db_paths_new();
    if (!db->path || !db->scratch || !db->paths) {
        tt_fail(err, TT_NOMEM, "%s: no memory", path);
        db_close(db);
        return NULL;
    }
    return db;
}

static int read_uuid(struct db *db, struct tt_error *err)
{
    sqlite3_stmt *q;
    int rc =
        db_query(db, "SELECT v FROM meta WHERE k='uuid'", NO_ARGS, &q, err);

    if (rc == 0)
        rc = db_step(db, q, err);
    if (rc > 0)
        snprintf(db->uuid, sizeof(db->uuid), "%s",
                 (const char *)sqlite3_column_text(q, 0));
    db_reset(rc > 0 ? q : NULL);
    if (rc < 0 || db_one(db, "SELECT v FROM meta WHERE k='generation'", NO_ARGS,
                         &db->generation, err) < 0)
        return -1;
    return rc ? 0 : tt_fail(err, TT_FORMAT, "%s: has no uuid", db->path);
}

static int put_meta(struct db *db, const char *k, int64_t v,
                    struct tt_error *err)
{
    return db_exec(db, "INSERT OR REPLACE INTO meta(k,v) VALUES(?,?)",
                   ARGS(T(k), I(v)), err);
}

static int make_uuid(struct db *db, struct tt_error *err)
{
    uint8_t bytes[16];
    char text[33];

    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
        return tt_fail_errno(err, TT_IO, "getrandom");
    for (size_t i = 0; i < sizeof(bytes); i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    return db_exec(db, "INSERT OR IGNORE INTO meta(k,v) VALUES('uuid',?)",
                   ARGS(T(text)), err);
}

/* One more opening: says who we are, and whether the last one ended well. */
static int begin_generation(struct db *db, int64_t *clean, struct tt_error *err)
{
    if (make_uuid(db, err) < 0 || read_uuid(db, err) < 0 ||
        db_one(db, "SELECT v FROM meta WHERE k='clean'", NO_ARGS, clean, err) <
            0)
        return -1;
    if (db->generation == 0)
        *clean = 1;
    db->generation++;
    if (put_meta(db, "generation", db->generation, err) < 0)
        return -1;
    return put_meta(db, "clean", 0, err);
}

static int check_unclean(struct db *db, struct tt_error *err)
{
    struct stat st;
    const char *problems;
    int rc;

    if (stat(db->path, &st) < 0 || st.st_size > CHECK_SIZE)
        return 0;
    tt_log(TT_INFO, "%s: was not closed well, checking it", db->path);
    rc = db_check(db, true, db->scratch, &problems, err);
    if (rc <= 0)
        return rc;
    return tt_fail(err, TT_FORMAT,
                   "%s: the record is damaged (%.150s); put a backup in its "
                   "place",
                   db->path, problems);
}

static int open_writer(struct db *db, struct tt_error *err)
{
    int64_t clean = 1;
    int version;

    if (tt_mkdirs_above(db->path, 0700, err) < 0 ||
        check_folder(db->path, err) < 0 || take_lock(db, err) < 0 ||
        open_sqlite(db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err) < 0)
        return -1;
    // Before anything of ours touches the file.
    if (db_migrate_look(db, db_steps_version(db_steps), &version, err) < 0 ||
        set_up(db, writer_pragmas, 5000, err) < 0 ||
        db_migrate(db, db_steps, err) < 0)
        return -1;
    sqlite3_wal_hook(db->sql, count_pages, db);
    if (db_enter(db, err) < 0 ||
        db_leave(db, begin_generation(db, &clean, err), err) < 0)
        return -1;
    return clean ? 0 : check_unclean(db, err);
}

int db_open(struct db **out, const char *path, struct tt_error *err)
{
    struct db *db = new_db(path, true, err);

    *out = NULL;
    if (!db)
        return -1;
    if (open_writer(db, err) < 0) {
        db_close(db);
        return -1;
    }
    db->ready = true;
    *out = db;
    return 0;
}

static int open_reader(struct db *db, struct tt_error *err)
{
    int newest = db_steps_version(db_steps), version;

    if (!tt_file_exists(db->path))
        return tt_fail(err, TT_MISSING,
                       "%s: there is no record yet; the first job begins it",
                       db->path);
    if (check_folder(db->path, err) < 0 ||
        open_sqlite(db, SQLITE_OPEN_READONLY, err) < 0 ||
        set_up(db, reader_pragmas, 2000, err) < 0 ||
        db_migrate_look(db, newest, &version, err) < 0)
        return -1;
    if (version == 0)
        return tt_fail(err, TT_MISSING,
                       "%s: there is no record yet; the first job begins it",
                       db->path);
    if (version < newest)
        return tt_fail(err, TT_FORMAT,
                       "%s: written by an older tintype (form %d); starting "
                       "the scheduler brings it to form %d",
                       db->path, version, newest);
    return read_uuid(db, err);
}

int db_open_reader(struct db **out, const char *path, struct tt_error *err)
{
    struct db *db = new_db(path, false, err);

    *out = NULL;
    if (!db)
        return -1;
    if (open_reader(db, err) < 0) {
        db_close(db);
        return -1;
    }
    db->ready = true;
    *out = db;
    return 0;
}

/* A clean end: all of it in the one file. What fails here, the next opening
 * makes good. */
static void end_generation(struct db *db)
{
    struct tt_error err;

    db_rollback(db);
    if (put_meta(db, "clean", 1, &err) < 0)
        tt_log(TT_WARN, "closing the record: %s", err.text);
    sqlite3_busy_timeout(db->sql, 0);
    sqlite3_wal_checkpoint_v2(db->sql, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL,
                              NULL);
}

void db_close(struct db *db)
{
    if (!db)
        return;
    if (db->writer && db->ready)
        end_generation(db);
    db_forget(db);
    sqlite3_close(db->sql);
    if (db->lock >= 0)
        close(db->lock);
    db_paths_free(db->paths);
    db_arena_free(db->scratch);
    free(db->path);
    free(db);
}

const char *db_uuid(const struct db *db)
{
    return db->uuid;
}

int64_t db_generation(const struct db *db)
{
    return db->generation;
}

int db_generation_raise(struct db *db, int64_t least, struct tt_error *err)
{
    if (least <= db->generation)
        return 0;
    if (put_meta(db, "generation", least, err) < 0)
        return -1;
    db->generation = least;
    return 0;
}

const char *db_path(const struct db *db)
{
    return db->path;
}

const char *db_sqlite_version(void)
{
    return sqlite3_libversion();
}
