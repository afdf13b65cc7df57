#include "tests/check.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "cli/child.h"

/* Run `sh -c script` to its end. */
static void live(struct cli_child *c, const char *script)
{
    struct tt_error err;
    int status;

    CHECK_OK(cli_child_init(c, "thing", ".", &err));
    CHECK_OK(cli_child_add(c, "sh", &err));
    CHECK_OK(cli_child_add(c, "-c", &err));
    CHECK_OK(cli_child_add(c, script, &err));
    CHECK_OK(cli_child_start(c, &err));
    CHECK(waitpid(c->pid, &status, 0) == c->pid);
    cli_child_ended(c, status);
}

TEST(child_last_words_are_its_last_line)
{
    struct cli_child c;
    char words[200];

    live(&c, "echo one; echo; echo 'two words' >&2; echo ' '; exit 3");
    cli_child_last_words(&c, words, sizeof(words));
    CHECK_STR(words, "two words");
    CHECK_INT(cli_child_exit(&c), 3);
    live(&c, "exit 4"); /* the same log: what was said before is not its own */
    cli_child_last_words(&c, words, sizeof(words));
    CHECK_STR(words, "ended with exit status 4");
    live(&c, "echo '12:M 25 Nov 2026 13:40:00.123 # Bad directive'; exit 1");
    cli_child_last_words(&c, words, sizeof(words));
    CHECK_STR(words, "Bad directive");
    live(&c, "kill -9 $$");
    cli_child_last_words(&c, words, sizeof(words));
    CHECK_STR(words, "killed by signal 9");
    CHECK_INT(cli_child_exit(&c), 0);
}

TEST(child_three_failed_starts_are_enough)
{
    struct cli_child c;

    live(&c, "exit 1");
    for (int i = 1; i < CLI_CHILD_TRIES; i++) {
        CHECK_INT(c.failures, i);
        CHECK(!cli_child_hopeless(&c));
        CHECK(c.next > 0);
        cli_child_ended(&c, 1 << 8);
    }
    CHECK(cli_child_hopeless(&c));
}

TEST(child_that_is_killed_may_start_again)
{
    struct cli_child c;

    live(&c, "kill -9 $$");
    for (int i = 0; i < 20; i++)
        cli_child_ended(&c, SIGKILL);
    CHECK(!cli_child_hopeless(&c));
    CHECK_INT(c.failures, 0);
}

TEST(child_a_missing_program_is_hopeless_at_once)
{
    struct tt_error err;
    struct cli_child c;
    char words[200];
    int status;

    CHECK_OK(cli_child_init(&c, "thing", ".", &err));
    CHECK_OK(cli_child_add(&c, "no-such-program-here", &err));
    CHECK_OK(cli_child_start(&c, &err));
    CHECK(waitpid(c.pid, &status, 0) == c.pid);
    cli_child_ended(&c, status);
    CHECK(cli_child_hopeless(&c));
    cli_child_last_words(&c, words, sizeof(words));
    CHECK_STR(words, "no-such-program-here: no such program");
}
