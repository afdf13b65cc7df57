#include "db/migrate.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "db/stmt.h"
#include "tests/db/help.h"

static const struct db_step longer[] = {
    {1, "not run again"},
    {2, "CREATE TABLE two(a INTEGER) STRICT;"},
    {3, "ALTER TABLE two ADD COLUMN b TEXT; UPDATE job SET name='moved';"},
    {0, NULL},
};

static const struct db_step broken[] = {
    {1, "not run again"},
    {2, "CREATE TABLE two(a INTEGER) STRICT; CREATE TABLE two(a INTEGER);"},
    {0, NULL},
};

TEST(db_migrate_makes_the_first_form_and_again_is_nothing)
{
    struct db *db = help_open();
    struct tt_error err;
    int64_t changes;

    CHECK_INT(help_one(db, "PRAGMA user_version"), db_steps_version(db_steps));
    changes = help_one(db, "PRAGMA schema_version");
    CHECK_OK(db_migrate(db, db_steps, &err));
    CHECK_INT(help_one(db, "PRAGMA schema_version"), changes);
    db_close(db);
    CHECK(!tt_file_exists(HELP_DB ".v1"));
}

TEST(db_migrate_numbers_its_steps_one_by_one)
{
    for (int i = 0; db_steps[i].version; i++)
        CHECK_INT(db_steps[i].version, i + 1);
}

TEST(db_migrate_takes_the_steps_that_are_missing_after_a_copy)
{
    struct db *db = help_open();
    struct tt_error err;
    struct db *old;

    help_job(db, "a", 2);
    CHECK_OK(db_migrate(db, longer, &err));
    CHECK_INT(help_one(db, "PRAGMA user_version"), 3);
    CHECK_INT(help_one(db, "SELECT count(*) FROM job WHERE name='moved'"), 1);
    db_close(db);
    CHECK_FAILS(db_open(&db, HELP_DB, &err), TT_FORMAT, "newer");

    CHECK_OK(db_open_reader(&old, HELP_DB ".v1", &err));
    CHECK_INT(help_one(old, "SELECT count(*) FROM job WHERE name='a'"), 1);
    db_close(old);
}

TEST(db_migrate_leaves_the_file_as_it_was_if_a_step_fails)
{
    struct db *db = help_open();
    struct tt_error err;

    CHECK_FAILS(db_migrate(db, broken, &err), TT_BUG, "migrating to form 2");
    CHECK_INT(help_one(db, "PRAGMA user_version"), 1);
    CHECK_INT(help_one(db, "SELECT count(*) FROM sqlite_schema"
                           " WHERE name='two'"),
              0);
    help_job(db, "still", 1);
    db_close(db);
    db_close(help_open());
}
