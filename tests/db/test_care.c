#include "db/care.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "db/stmt.h"
#include "tests/db/help.h"

static off_t size_of(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 ? st.st_size : -1;
}

static int temporaries(const char *folder)
{
    DIR *d = opendir(folder);
    struct dirent *e;
    int n = 0;

    CHECK(d);
    while ((e = readdir(d)))
        n += strncmp(e->d_name, ".tt-", 4) == 0;
    closedir(d);
    return n;
}

TEST(db_care_copies_the_wal_after_a_second_of_quiet)
{
    struct db *db = help_open();
    struct tt_error err;
    off_t before;

    CHECK_OK(db_checkpoint_tick(db, &err));
    help_job(db, "a", 10);
    before = size_of(HELP_DB);
    CHECK_OK(db_checkpoint_tick(db, &err));
    CHECK_INT(size_of(HELP_DB), before);
    CHECK(db->wal_pages > 0);
    tt_sleep_ms(1100);
    CHECK_OK(db_checkpoint_tick(db, &err));
    CHECK_INT(db->wal_pages, 0);
    db_close(db);
}

TEST(db_care_keeps_the_wal_small_under_load)
{
    struct db *db = help_open();
    struct tt_error err;
    int64_t id = help_job(db, "a", 60000);
    off_t largest = 0;

    for (int i = 0; i < 30; i++) {
        struct db_chunk c = help_issue(db, id, 2000, HELP_NOW);

        help_done(db, &c);
        CHECK_OK(db_checkpoint_tick(db, &err));
        if (size_of(HELP_DB "-wal") > largest)
            largest = size_of(HELP_DB "-wal");
    }
    CHECK(largest < 40 << 20);
    help_sound(db, id);
    db_close(db);
}

/* A reader that stays in its snapshot keeps the WAL from being cut, not the
 * writer from writing; once it is gone the WAL is cut. */
TEST(db_care_cuts_the_wal_once_a_long_reader_is_gone)
{
    struct db *db = help_open(), *reader;
    struct tt_error err;
    int64_t id = help_job(db, "a", 200000);
    sqlite3_stmt *q;

    reader = help_reader();
    CHECK_OK(db_query(reader, "SELECT id FROM job", NO_ARGS, &q, &err));
    CHECK_INT(db_step(reader, q, &err), 1);
    for (int i = 0; size_of(HELP_DB "-wal") < (68 << 20) && i < 100; i++) {
        struct db_chunk c = help_issue(db, id, 2000, HELP_NOW);

        help_done(db, &c);
        CHECK_OK(db_checkpoint_tick(db, &err));
    }
    db_reset(q);
    db_close(reader);
    db->wal_at -= 2000;
    CHECK_OK(db_checkpoint_tick(db, &err));
    CHECK(size_of(HELP_DB "-wal") == 0 || db->wal_pages == 0);
    help_sound(db, id);
    db_close(db);
}

TEST(db_backup_while_writing_is_whole)
{
    struct db *db = help_open(), *copy;
    struct db_backup *b;
    struct tt_error err;
    int64_t id = help_job(db, "a", 20000);
    int rc = 1, done, total, steps = 0;

    for (int i = 0; i < 4; i++) {
        struct db_chunk c = help_issue(db, id, 4000, HELP_NOW);

        help_done(db, &c);
    }
    CHECK_OK(db_backup_start(&b, db, "copy.db", &err));
    while (rc > 0) {
        char name[16];

        rc = db_backup_step(b, 64, &err);
        CHECK(rc >= 0);
        snprintf(name, sizeof(name), "job%d", steps++);
        if (rc > 0 && steps < 50)
            help_job(db, name, 1);
        db_backup_progress(b, &done, &total);
        CHECK(done <= total);
    }
    db_backup_close(b);
    CHECK(steps > 5);
    CHECK_INT(temporaries("."), 0);
    CHECK(!tt_file_exists("copy.db-wal"));
    CHECK_OK(db_open_reader(&copy, "copy.db", &err));
    CHECK_STR(db_uuid(copy), db_uuid(db));
    CHECK_INT(help_get(copy, id).done, 16000);
    help_sound(copy, id);
    db_close(copy);
    db_close(db);
}

TEST(db_backup_overwrites_nothing_and_leaves_nothing)
{
    struct db *db = help_open(), *reader;
    struct db_backup *b;
    struct tt_error err;

    help_job(db, "a", 3);
    CHECK_OK(db_backup(db, "copy.db", &err));
    CHECK_FAILS(db_backup(db, "copy.db", &err), TT_OUTPUT, "exists already");
    CHECK_FAILS(db_backup(db, "nowhere/copy.db", &err), TT_OUTPUT, "nowhere");
    CHECK_OK(db_backup_start(&b, db, "half.db", &err));
    db_backup_close(b);
    CHECK(!tt_file_exists("half.db"));
    CHECK_INT(temporaries("."), 0);
    reader = help_reader(); // with no scheduler at hand
    CHECK_OK(db_backup(reader, "second.db", &err));
    db_close(reader);
    db_close(db);
}

TEST(db_check_says_what_is_wrong)
{
    struct db *db = help_open();
    struct db_arena *mem = db_arena_new();
    struct tt_error err;
    const char *problems;

    CHECK_INT(db_check(db, false, mem, &problems, &err), 0);
    CHECK_OK(db_exec(db, "PRAGMA foreign_keys=OFF", NO_ARGS, &err));
    CHECK_OK(db_exec(db,
                     "INSERT INTO chunk(job,seq,first,n,at,state)"
                     " VALUES(9,1,0,1,0,3)",
                     NO_ARGS, &err));
    CHECK_INT(db_check(db, false, mem, &problems, &err), 1);
    CHECK_STR(problems, "a row of chunk refers to no row of job");
    db_arena_free(mem);
    db_close(db);
}
