#include "tests/check.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "cli/settings.h"

static void write_text(const char *path, const char *text)
{
    struct tt_error err;

    CHECK_OK(tt_mkdirs_above(path, 0777, &err));
    CHECK_OK(tt_file_write(path, text, strlen(text), &err));
}

static void no_environment(void)
{
    unsetenv("TINTYPE_STATE");
    unsetenv("TINTYPE_CONF");
    unsetenv("TINTYPE_WORKERS");
    unsetenv("TINTYPE_PROGRESS");
    setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
    setenv("XDG_STATE_HOME", "/xdg", 1);
}

/* The row of that name. */
static const struct tt_opt *row(const char *name)
{
    for (int t = 0; cli_settings_tables[t]; t++) {
        for (const struct tt_opt *r = cli_settings_tables[t]; r->name; r++) {
            if (strcmp(r->name, name) == 0)
                return r;
        }
    }
    return NULL;
}

TEST(settings_an_option_wins_over_environment_file_and_default)
{
    char *argv[] = {"--conf", "t.conf"};
    struct cli_settings s;
    struct tt_error err;

    no_environment();
    write_text("t.conf", "# site\n\n workers = 2 \nprogress=plain # quiet\n"
                         "redis-server = /opt/redis\n");
    CHECK_OK(cli_settings_load(&s, 2, argv, &err));
    CHECK_INT(s.workers, 2);
    CHECK_INT(cli_settings_source(&s, row("workers")), CLI_FROM_FILE);
    CHECK_STR(s.redis_server, "/opt/redis");
    CHECK_INT(cli_settings_source(&s, row("threads")), CLI_FROM_DEFAULT);
    cli_settings_release(&s);

    setenv("TINTYPE_WORKERS", "3", 1);
    CHECK_OK(cli_settings_load(&s, 2, argv, &err));
    CHECK_INT(s.workers, 3);
    CHECK_INT(cli_settings_source(&s, row("workers")), CLI_FROM_ENVIRONMENT);
    CHECK_STR(s.progress, "plain");
    CHECK_OK(tt_opt_set_text(cli_stack_opts, &s, "workers", "4", &err));
    CHECK_INT(cli_settings_source(&s, row("workers")), CLI_FROM_OPTION);
    CHECK_OK(cli_settings_finish(&s, &err));
    CHECK_STR(s.state_dir, "/xdg/tintype");
    cli_settings_release(&s);
}

TEST(settings_the_state_folder_becomes_absolute)
{
    struct cli_settings s;
    struct tt_error err;
    char path[TT_PATH_SIZE];

    no_environment();
    setenv("TINTYPE_STATE", "here", 1);
    CHECK_OK(cli_settings_load(&s, 0, NULL, &err));
    CHECK_OK(cli_settings_finish(&s, &err));
    CHECK(s.state_dir[0] == '/');
    CHECK_STR(tt_path_name(s.state_dir), "here");
    CHECK_OK(cli_settings_path(&s, "tintype.db", path, &err));
    CHECK_STR(tt_path_name(path), "tintype.db");
    cli_settings_release(&s);
}

TEST(settings_without_xdg_are_below_home)
{
    struct cli_settings s;
    struct tt_error err;

    no_environment();
    unsetenv("XDG_STATE_HOME");
    setenv("HOME", "/home/anna", 1);
    CHECK_OK(cli_settings_load(&s, 0, NULL, &err));
    CHECK_OK(cli_settings_finish(&s, &err));
    CHECK_STR(s.state_dir, "/home/anna/.local/state/tintype");
    cli_settings_release(&s);
}

TEST(settings_say_where_a_bad_line_stands)
{
    static const struct {
        const char *text, *message;
    } bad[] = {
        {"workers = many\n", "t.conf:1: --workers: \"many\" is not a whole"},
        {"\nworkers\n", "t.conf:2: not \"name = value\""},
        {"workres = 2\n", "t.conf:1: no such setting \"workres\""},
        {"help = yes\n", "t.conf:1: no such setting \"help\""},
        {"workers = 0\n", "t.conf:1: --workers: 0 is not within 1 and 256"},
    };
    char *argv[] = {"--conf=t.conf"};
    struct cli_settings s;
    struct tt_error err;

    no_environment();
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        write_text("t.conf", bad[i].text);
        CHECK_FAILS(cli_settings_load(&s, 1, argv, &err), TT_USAGE,
                    bad[i].message);
        cli_settings_release(&s);
    }
}

TEST(settings_name_the_variable_that_is_wrong)
{
    struct cli_settings s;
    struct tt_error err;

    no_environment();
    setenv("TINTYPE_WORKERS", "x", 1);
    CHECK_FAILS(cli_settings_load(&s, 0, NULL, &err), TT_USAGE,
                "TINTYPE_WORKERS: --workers: \"x\"");
    cli_settings_release(&s);
    unsetenv("TINTYPE_WORKERS");
    setenv("TINTYPE_PROGRESS", "fancy", 1);
    CHECK_FAILS(cli_settings_load(&s, 0, NULL, &err), TT_USAGE,
                "TINTYPE_PROGRESS: --progress: \"fancy\" is not one of auto, "
                "plain, json, none");
    cli_settings_release(&s);
    unsetenv("TINTYPE_PROGRESS");
    CHECK_OK(cli_settings_load(&s, 0, NULL, &err));
    s.progress = "fancy";
    CHECK_FAILS(cli_settings_finish(&s, &err), TT_USAGE,
                "--progress: \"fancy\" is not one of auto, plain, json, none");
    cli_settings_release(&s);
}

TEST(settings_a_named_file_must_be_there)
{
    char *argv[] = {"--conf", "none.conf"};
    struct cli_settings s;
    struct tt_error err;

    no_environment();
    CHECK_FAILS(cli_settings_load(&s, 2, argv, &err), TT_MISSING, "none.conf");
    cli_settings_release(&s);
}
