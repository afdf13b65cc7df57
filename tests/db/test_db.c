#include "db/db.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "db/care.h"
#include "db/stmt.h"
#include "tests/db/help.h"

static void spoil(const char *path, off_t at, const char *bytes, size_t n)
{
    int fd = open(path, O_WRONLY | O_CREAT, 0600);

    CHECK(fd >= 0);
    CHECK_INT(pwrite(fd, bytes, n, at), (long long)n);
    close(fd);
}

TEST(db_is_made_and_keeps_its_uuid)
{
    struct db *db = help_open();
    char uuid[33];

    snprintf(uuid, sizeof(uuid), "%s", db_uuid(db));
    CHECK_INT(strlen(uuid), 32);
    CHECK_INT(db_generation(db), 1);
    db_close(db);
    CHECK(!tt_file_exists(HELP_DB "-wal"));

    db = help_open();
    CHECK_STR(db_uuid(db), uuid);
    CHECK_INT(db_generation(db), 2);
    db_close(db);
}

/* The one path of a column of the newest job, run or model. */
static void is_path(struct db *db, const char *sql, const char *want)
{
    char got[TT_PATH_SIZE];
    struct tt_error err;
    sqlite3_stmt *q;

    CHECK_INT(db_query(db, sql, NO_ARGS, &q, &err), 0);
    CHECK_INT(db_step(db, q, &err), 1);
    snprintf(got, sizeof(got), "%s", (const char *)sqlite3_column_text(q, 0));
    db_reset(q);
    CHECK_STR(got, want);
}

TEST(db_finds_what_lies_beside_it_after_a_move)
{
    char here[TT_PATH_SIZE], path[TT_PATH_SIZE], want[TT_PATH_SIZE];
    struct tt_error err;
    struct db *db;

    CHECK(getcwd(here, sizeof(here)));
    CHECK_OK(tt_path_join(path, sizeof(path), here, HELP_DB, &err));
    CHECK_OK(db_open(&db, path, &err));
    CHECK_OK(db_exec(db,
                     "INSERT INTO model(name,version,sha256,path,created)"
                     " VALUES('a',1,zeroblob(32),tt_within(?),0)",
                     ARGS(T("/elsewhere/m.h5")), &err));
    is_path(db, "SELECT tt_home(path) FROM model", "/elsewhere/m.h5");
    CHECK_OK(tt_path_join(want, sizeof(want), here, "state/runs/1/m.h5", &err));
    CHECK_OK(
        db_exec(db, "UPDATE model SET path=tt_within(?)", ARGS(T(want)), &err));
    is_path(db, "SELECT path FROM model", "runs/1/m.h5");
    is_path(db, "SELECT tt_home(path) FROM model", want);
    CHECK_INT(help_one(db, "SELECT tt_home(NULL) IS NULL"), 1);
    db_close(db);

    CHECK_INT(rename("state", "moved"), 0);
    CHECK_OK(tt_path_join(path, sizeof(path), here, "moved/tt.db", &err));
    CHECK_OK(db_open_reader(&db, path, &err));
    CHECK_OK(tt_path_join(want, sizeof(want), here, "moved/runs/1/m.h5", &err));
    is_path(db, "SELECT tt_home(path) FROM model", want);
    db_close(db);
}

TEST(db_has_the_pragmas_of_a_writer)
{
    struct db *db = help_open();

    CHECK_INT(help_one(db, "PRAGMA synchronous"), 2);
    CHECK_INT(help_one(db, "PRAGMA foreign_keys"), 1);
    CHECK_INT(help_one(db, "PRAGMA auto_vacuum"), 2);
    CHECK_INT(help_one(db, "PRAGMA wal_autocheckpoint"), 0);
    CHECK_INT(help_one(db, "PRAGMA trusted_schema"), 0);
    CHECK_INT(help_one(db, "PRAGMA application_id"), 0x54745263);
    CHECK_INT(help_one(db, "SELECT count(*) FROM pragma_table_list"
                           " WHERE schema='main' AND type='table' AND strict=0"
                           " AND name NOT LIKE 'sqlite%'"),
              0);
    db_close(db);
}

TEST(db_has_one_writer)
{
    struct db *db = help_open(), *second;
    struct tt_error err;

    CHECK_FAILS(db_open(&second, HELP_DB, &err), TT_BUSY, "another scheduler");
    CHECK(!second);
    db_close(db);
    CHECK_OK(db_open(&second, HELP_DB, &err));
    db_close(second);
}

TEST(db_generation_can_be_raised)
{
    struct db *db = help_open();
    struct tt_error err;

    CHECK_OK(db_generation_raise(db, 40, &err));
    CHECK_INT(db_generation(db), 40);
    CHECK_OK(db_generation_raise(db, 7, &err));
    CHECK_INT(db_generation(db), 40);
    db_close(db);
    db = help_open();
    CHECK_INT(db_generation(db), 41);
    db_close(db);
}

TEST(db_reader_needs_a_record)
{
    struct tt_error err;
    struct db *db;

    CHECK_FAILS(db_open_reader(&db, "nowhere/tt.db", &err), TT_MISSING,
                "no record yet");
    CHECK(!db);
    spoil("empty.db", 0, "", 0);
    CHECK_FAILS(db_open_reader(&db, "empty.db", &err), TT_MISSING,
                "no record yet");
}

TEST(db_refuses_what_is_not_its_own)
{
    struct tt_error err;
    struct db *db;
    sqlite3 *other;

    spoil("text.db", 0, "once upon a time there was a file of text, not short",
          50);
    CHECK_FAILS(db_open(&db, "text.db", &err), TT_FORMAT, "not a database");
    CHECK_FAILS(db_open_reader(&db, "text.db", &err), TT_FORMAT,
                "not a database");

    CHECK_INT(sqlite3_open("other.db", &other), SQLITE_OK);
    CHECK_INT(sqlite3_exec(other, "CREATE TABLE t(a)", NULL, NULL, NULL), 0);
    sqlite3_close(other);
    CHECK_FAILS(db_open(&db, "other.db", &err), TT_FORMAT,
                "not a record of tintype");
    CHECK_FAILS(db_open_reader(&db, "other.db", &err), TT_FORMAT,
                "not a record of tintype");
}

TEST(db_refuses_a_newer_record)
{
    struct db *db = help_open();
    struct tt_error err;

    CHECK_OK(db_exec(db, "PRAGMA user_version=999", NO_ARGS, &err));
    db_close(db);
    CHECK_FAILS(db_open(&db, HELP_DB, &err), TT_FORMAT, "newer tintype");
    CHECK_FAILS(db_open_reader(&db, HELP_DB, &err), TT_FORMAT,
                "form 999, this one knows up to 1");
}

/* A child that fills the record and is killed: the file is not marked as
 * closed, so the next writer looks at all of it. */
static void filled_and_killed(void)
{
    pid_t pid = fork();
    struct tt_error err;
    int status;

    if (pid == 0) {
        struct db *db = help_open();

        for (int i = 0; i < 60; i++) {
            char name[16];

            snprintf(name, sizeof(name), "job%d", i);
            help_job(db, name, 1);
        }
        CHECK_OK(db_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", NO_ARGS, &err));
        kill(getpid(), SIGKILL);
    }
    CHECK_INT(waitpid(pid, &status, 0), pid);
    CHECK(WIFSIGNALED(status));
}

static off_t root_of(const char *name)
{
    struct tt_error err;
    struct db *db = help_reader();
    int64_t page;

    CHECK_INT(db_one(db, "SELECT rootpage FROM sqlite_schema WHERE name=?",
                     ARGS(T(name)), &page, &err),
              1);
    db_close(db);
    return (off_t)page;
}

TEST(db_finds_damage_after_an_unclean_end)
{
    char zeros[4096] = {0};
    struct tt_error err;
    struct db *db;

    filled_and_killed();
    spoil(HELP_DB, (root_of("event") - 1) * 4096, zeros, sizeof(zeros));
    CHECK_FAILS(db_open(&db, HELP_DB, &err), TT_FORMAT,
                "the record is damaged");
}

TEST(db_says_that_it_is_damaged)
{
    char zeros[4096] = {0};
    struct tt_error err;
    struct db *db;

    filled_and_killed();
    spoil(HELP_DB, (root_of("meta") - 1) * 4096, zeros, sizeof(zeros));
    CHECK_FAILS(db_open(&db, HELP_DB, &err), TT_FORMAT,
                "the record is damaged");
    CHECK_FAILS(db_open_reader(&db, HELP_DB, &err), TT_FORMAT,
                "the record is damaged");
}

TEST(db_refuses_a_folder_that_it_may_not_write)
{
    struct tt_error err;
    struct db *db;

    spoil("file", 0, "x", 1);
    CHECK(db_open(&db, "file/tt.db", &err) < 0);
    CHECK(!db);
    CHECK(strstr(err.text, "file"));
}

TEST(db_knows_network_file_systems)
{
    CHECK_STR(db_network_name(0x6969), "NFS");
    CHECK_STR(db_network_name((long)0xfe534d42u), "SMB");
    CHECK_STR(db_network_name((long)(int)0xff534d42u), "CIFS");
    CHECK(!db_network_name(0xef53));
    CHECK(!db_network_name(0x01021994));
}

TEST(db_close_takes_null)
{
    db_close(NULL);
    db_arena_free(NULL);
    db_backup_close(NULL);
}

/* A child that opens the record, does something, and is killed in it. */
static void killed_child(void)
{
    pid_t pid = fork();
    struct tt_error err;
    int status;

    if (pid == 0) {
        struct db *db = help_open();

        help_job(db, "kept", 3);
        CHECK_OK(db_begin(db, &err));
        help_job(db, "lost", 3);
        kill(getpid(), SIGKILL);
    }
    CHECK_INT(waitpid(pid, &status, 0), pid);
    CHECK(WIFSIGNALED(status));
}

TEST(db_writer_killed_loses_only_what_was_not_committed)
{
    struct tt_error err;
    struct db *db;
    int64_t id;

    killed_child();
    CHECK_OK(db_open_reader(&db, HELP_DB, &err)); // with a WAL that was left
    CHECK_INT(db_history_job_find(db, "kept", &id, &err), 1);
    CHECK_INT(db_history_job_find(db, "lost", &id, &err), 0);
    db_close(db);
    db = help_open();
    CHECK_INT(db_generation(db), 2);
    CHECK_INT(db_history_job_find(db, "kept", &id, &err), 1);
    help_sound(db, id);
    db_close(db);
}

TEST(db_transaction_is_whole_or_absent)
{
    struct db *db = help_open();
    struct tt_error err;

    CHECK_OK(db_begin(db, &err));
    CHECK_FAILS(db_begin(db, &err), TT_BUG, "within another");
    help_job(db, "a", 3);
    help_job(db, "b", 3);
    db_rollback(db);
    db_rollback(db);
    CHECK_INT(help_one(db, "SELECT count(*) FROM job"), 0);
    CHECK_FAILS(db_commit(db, &err), TT_BUG, "no transaction");

    CHECK_OK(db_begin(db, &err));
    help_job(db, "a", 3);
    CHECK_OK(db_commit(db, &err));
    CHECK_INT(help_one(db, "SELECT count(*) FROM job"), 1);
    db_close(db);
}

/* One that fails in a batch undoes itself and no other. */
TEST(db_failure_in_a_batch_leaves_the_others)
{
    struct db *db = help_open();
    struct db_submit bad = {.kind = JOB_COLORIZE,
                            .name = "bad",
                            .owner = "ada",
                            .weight = 1,
                            .manifest = "m",
                            .model = 77};
    struct tt_error err;
    int64_t id;

    CHECK_OK(db_begin(db, &err));
    help_job(db, "a", 3);
    CHECK_FAILS(db_job_submit(db, &bad, HELP_NOW, &id, &err), TT_MISSING,
                "no model m77");
    help_job(db, "b", 3);
    CHECK_OK(db_commit(db, &err));
    CHECK_INT(help_one(db, "SELECT count(*) FROM job"), 2);
    db_close(db);
}

/* --- a full disk: the limit on the size of files stands for it --- */

static void limit_files(rlim_t size)
{
    struct rlimit r = {size, RLIM_INFINITY};

    signal(SIGXFSZ, SIG_IGN);
    CHECK_INT(setrlimit(RLIMIT_FSIZE, &r), 0);
}

TEST(db_full_disk_undoes_the_batch_and_goes_on_later)
{
    struct db *db = help_open();
    int64_t job = help_job(db, "a", 5000);
    struct db_chunk c = help_issue(db, job, 5000, HELP_NOW);
    struct job_result r = help_result(0, 5000);
    struct db_report report = {.kind = DB_REPORT_DONE,
                               .job = job,
                               .seq = c.seq,
                               .att = 1,
                               .result = &r};
    struct db_outcome out;
    struct tt_error err;
    struct stat st;

    CHECK_INT(stat(HELP_DB "-wal", &st), 0);
    CHECK_OK(db_begin(db, &err));
    CHECK_OK(db_record_result(db, &report, HELP_NOW, &out, &err));
    limit_files((rlim_t)st.st_size + 65536);
    CHECK(db_commit(db, &err) < 0);
    CHECK(tt_code_retry(err.code));
    limit_files(RLIM_INFINITY);
    CHECK_INT(help_get(db, job).done, 0);
    help_sound(db, job);

    CHECK_OK(db_begin(db, &err));
    CHECK_OK(db_record_result(db, &report, HELP_NOW, &out, &err));
    CHECK_INT(out.kind, DB_RECORDED);
    CHECK_OK(db_commit(db, &err));
    CHECK_INT(help_get(db, job).done, 5000);
    help_sound(db, job);
    job_result_release(&r);
    db_close(db);
}

/* No room in the middle of a batch: what was whole before it is kept, or the
 * batch says that it is undone; never something between. */
TEST(db_no_room_for_one_result_leaves_no_half_of_it)
{
    struct db *db = help_open();
    int64_t a = help_job(db, "a", 10), b = help_job(db, "b", 5000);
    struct db_chunk small = help_issue(db, a, 10, HELP_NOW);
    struct db_chunk large = help_issue(db, b, 5000, HELP_NOW);
    struct job_result r = help_result(0, 5000);
    struct db_report report = {.kind = DB_REPORT_DONE,
                               .job = b,
                               .seq = large.seq,
                               .att = 1,
                               .result = &r};
    struct db_outcome out;
    struct tt_error err;
    int64_t room = help_one(db, "PRAGMA page_count") + 20;
    char sql[64];
    bool kept;

    snprintf(sql, sizeof(sql), "PRAGMA max_page_count=%lld", (long long)room);
    CHECK_INT(help_one(db, sql), room);
    CHECK_OK(db_begin(db, &err));
    help_done(db, &small);
    CHECK_FAILS(db_record_result(db, &report, HELP_NOW, &out, &err), TT_OUTPUT,
                "No space left on device");
    kept = db_commit(db, &err) == 0;
    CHECK(kept || err.code == TT_OUTPUT);
    CHECK_INT(help_get(db, a).done, kept ? 10 : 0);
    CHECK_INT(help_get(db, b).done, 0);
    help_one(db, "PRAGMA max_page_count=1000000");
    CHECK_OK(db_record_result(db, &report, HELP_NOW, &out, &err));
    CHECK_INT(help_get(db, b).done, 5000);
    help_sound(db, a);
    help_sound(db, b);
    job_result_release(&r);
    db_close(db);
}

/* --- reading beside the writer --- */

TEST(db_reader_sees_whole_transactions_while_the_writer_writes)
{
    struct db *db = help_open(), *reader = help_reader();
    struct tt_error err;
    int64_t jobs, live;

    for (int i = 1; i <= 20; i++) {
        char name[16];

        CHECK_OK(db_begin(db, &err));
        snprintf(name, sizeof(name), "job%d", i);
        help_job(db, name, 2);
        CHECK_OK(db_history_counts(reader, &jobs, &live, &err));
        CHECK_INT(jobs, i - 1);
        CHECK_OK(db_commit(db, &err));
        CHECK_OK(db_history_counts(reader, &jobs, &live, &err));
        CHECK_INT(jobs, i);
        CHECK_INT(live, i);
    }
    CHECK_FAILS(db_job_pause(reader, 1, NULL, HELP_NOW, &err), TT_OUTPUT,
                "readonly");
    db_close(db);
    CHECK_OK(db_history_counts(reader, &jobs, &live, &err));
    CHECK_INT(jobs, 20);
    db_close(reader);
}

TEST(db_reader_needs_no_writer)
{
    struct tt_error err;
    int64_t jobs, live;
    struct db *db = help_open();

    help_job(db, "a", 2);
    db_close(db);
    db = help_reader();
    CHECK_INT(strlen(db_uuid(db)), 32);
    CHECK_OK(db_history_counts(db, &jobs, &live, &err));
    CHECK_INT(jobs, 1);
    db_close(db);
}
