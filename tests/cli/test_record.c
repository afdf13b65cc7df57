#include "tests/check.h"

#include "cli/record.h"

TEST(record_names_are_not_ids_or_paths)
{
    static const char *const good[] = {NULL, "first", "r",      "r1a",
                                       "1",  "mae-2", "größer", "d1.h5"};
    static const struct {
        const char *name, *message;
    } bad[] = {{"", "--name: a name cannot be empty"},
               {"r1", "--name: r1 is how an id looks"},
               {"j20", "j20 is how an id looks"},
               {"@last", "@last: a name does not begin with @"},
               {"a/b", "a/b: a name does not begin with @ and has no /"}};
    struct tt_error err;

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        CHECK_OK(cli_record_name("--name", good[i], &err));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CHECK_FAILS(cli_record_name("--name", bad[i].name, &err), TT_USAGE,
                    bad[i].message);
}
