#include "workers/bytes.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/check.h"

TEST(workers_bytes_are_those_that_were_hashed_and_stay_so)
{
    struct worker_bytes b;
    struct tt_sha256 sha;
    struct tt_error err;
    char text[8] = "";

    CHECK_OK(tt_file_write("a", "grey", 4, &err));
    CHECK_OK(worker_bytes_read(&b, "a", NULL, NULL, &err));
    CHECK_OK(tt_file_write("a", "blue", 4, &err));
    CHECK_OK(tt_sha256("grey", 4, &sha, &err));
    CHECK_INT(b.size, 4);
    CHECK(memcmp(&sha, &b.sha256, sizeof(sha)) == 0);
    CHECK_INT(pread(b.fd, text, 4, 0), 4);
    CHECK_STR(text, "grey");
    CHECK(pwrite(b.fd, "red!", 4, 0) < 0 && errno == EPERM);
    worker_bytes_release(&b);
    worker_bytes_release(&b); /* harmless twice */
}

TEST(workers_bytes_say_what_is_no_file)
{
    struct worker_bytes b;
    struct tt_error err;

    CHECK_INT(mkfifo("pipe", 0600), 0);
    CHECK_INT(mkdir("folder", 0700), 0);
    CHECK_FAILS(worker_bytes_read(&b, "none", NULL, NULL, &err), TT_MISSING,
                "none: No such file");
    CHECK_FAILS(worker_bytes_read(&b, "pipe", NULL, NULL, &err), TT_INPUT,
                "pipe: not a file");
    CHECK_FAILS(worker_bytes_read(&b, "folder", NULL, NULL, &err), TT_INPUT,
                "folder: not a file");
    CHECK_OK(tt_file_write("empty", "", 0, &err));
    CHECK_OK(worker_bytes_read(&b, "empty", NULL, NULL, &err));
    CHECK_INT(b.size, 0);
    worker_bytes_release(&b);
}
