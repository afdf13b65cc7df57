#include "workers/decoder.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/check.h"
#include "tests/workers/photo.h"
#include "workers/bytes.h"
#include "workers/sandbox.h"

static struct worker_decoder *open_with(void (*reserve)(void *, size_t),
                                        void *ctx, long deadline_ms)
{
    struct worker_decoder_options o = {
        .deadline_ms = deadline_ms, .reserve = reserve, .ctx = ctx};
    struct worker_decoder *d;
    struct tt_error err;

    CHECK_OK(worker_decoder_open(&d, &o, &err));
    return d;
}

static void read_file(struct worker_decoder *d, const char *path,
                      struct worker_decoded *out)
{
    struct worker_bytes b;
    struct tt_error err;

    CHECK_OK(worker_bytes_read(&b, path, NULL, NULL, &err));
    CHECK_OK(worker_decoder_read(d, b.fd, b.size, out, &err));
    worker_bytes_release(&b);
}

TEST(workers_decoder_hands_over_grey_codes_and_facts)
{
    struct worker_decoder *d = open_with(NULL, NULL, 10000);
    struct worker_decoded out;

    test_photo_grey("a.tif", 90, 70, 16, 1);
    test_photo_colour("b.tif", 64, 64);
    read_file(d, "a.tif", &out);
    CHECK(!out.reason);
    CHECK_INT(out.grey.width, 90);
    CHECK_INT(out.grey.height, 70);
    CHECK_INT(out.grey.bits, 16);
    CHECK_INT(((uint16_t *)out.grey.codes)[0] % 257, 0);
    CHECK(out.facts.format == IMAGE_TIFF &&
          out.facts.measure.class == IMAGE_GRAY);
    worker_decoded_release(&out);
    read_file(d, "b.tif", &out);
    CHECK(out.facts.measure.class == IMAGE_COLOUR);
    worker_decoded_release(&out);
    worker_decoder_close(d);
    worker_decoder_close(NULL);
}

TEST(workers_decoder_hands_over_what_a_photo_says)
{
    struct worker_decoder *d = open_with(NULL, NULL, 10000);
    struct worker_decoded out;

    test_photo_saying("a.jpg",
                      "<rdf:Description rdf:about=\"\" xmlns:dc=\"http://"
                      "purl.org/dc/elements/1.1/\" dc:type=\"Bild\"/>");
    read_file(d, "a.jpg", &out);
    CHECK(!out.reason && !out.meta.dropped);
    CHECK_INT(out.meta.part[IMAGE_META_IPTC].size, 10);
    CHECK(!memcmp(out.meta.part[IMAGE_META_IPTC].bytes + 5, "Rilke", 5));
    CHECK(memmem(out.meta.part[IMAGE_META_XMP].bytes,
                 out.meta.part[IMAGE_META_XMP].size, "Bild", 4));
    worker_decoded_release(&out);
    test_photo_saying("b.jpg", "<rdf:Description>");
    read_file(d, "b.jpg", &out);
    CHECK(!out.reason && out.meta.dropped);
    CHECK(!out.meta.part[IMAGE_META_XMP].bytes);
    CHECK(out.meta.part[IMAGE_META_IPTC].bytes);
    worker_decoded_release(&out);
    worker_decoder_close(d);
}

TEST(workers_decoder_gives_reasons_not_failures)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *reason;
    } cases[] = {{"", 0, "empty"},
                 {"Dear diary, today", 17, "not_an_image"},
                 {"\xff\xd8\xff\xe0", 4, "truncated"}};
    struct worker_decoder *d = open_with(NULL, NULL, 10000);
    int pid = worker_decoder_pid(d);
    struct worker_decoded out;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        test_photo_bytes("x", cases[i].bytes, cases[i].size);
        read_file(d, "x", &out);
        CHECK_STR(out.reason, cases[i].reason);
        CHECK(out.message[0]);
        CHECK(!out.grey.codes);
    }
    CHECK_INT(worker_decoder_pid(d), pid); /* none of them killed it */
    worker_decoder_close(d);
}

/* Does this to the child when it asks for room. */
struct harm {
    struct worker_decoder *d;
    int signal;
};

static void harm(void *ctx, size_t bytes)
{
    struct harm *h = ctx;

    CHECK_INT(bytes, 30 * 20);
    if (h->signal)
        kill(worker_decoder_pid(h->d), h->signal);
    h->signal = 0;
}

TEST(workers_decoder_that_crashes_is_that_photos_row)
{
    struct harm h = {.signal = SIGKILL};
    struct worker_decoded out;
    int pid;

    h.d = open_with(harm, &h, 10000);
    pid = worker_decoder_pid(h.d);
    test_photo_grey("a.tif", 30, 20, 8, 1);
    read_file(h.d, "a.tif", &out);
    CHECK_STR(out.reason, "decoder_crashed");
    CHECK_STR(out.message, "its decoder died of signal 9");
    read_file(h.d, "a.tif", &out); /* by a new child */
    CHECK(!out.reason);
    CHECK(worker_decoder_pid(h.d) != pid);
    worker_decoded_release(&out);
    worker_decoder_close(h.d);
}

TEST(workers_decoder_that_hangs_is_killed_after_the_deadline)
{
    struct harm h = {.signal = SIGSTOP};
    struct worker_decoded out;

    h.d = open_with(harm, &h, 300);
    test_photo_grey("a.tif", 30, 20, 8, 1);
    read_file(h.d, "a.tif", &out);
    CHECK_STR(out.reason, "timeout");
    CHECK_INT(worker_decoder_pid(h.d), 0);
    read_file(h.d, "a.tif", &out);
    CHECK(!out.reason);
    worker_decoded_release(&out);
    worker_decoder_close(h.d);
}

TEST(workers_decoder_that_died_between_photos_is_started_again)
{
    struct worker_decoder *d = open_with(NULL, NULL, 10000);
    struct worker_decoded out;
    siginfo_t info;

    test_photo_grey("a.tif", 30, 20, 8, 1);
    kill(worker_decoder_pid(d), SIGKILL);
    waitid(P_PID, (id_t)worker_decoder_pid(d), &info, WEXITED | WNOWAIT);
    read_file(d, "a.tif", &out);
    CHECK(!out.reason);
    worker_decoded_release(&out);
    worker_decoder_close(d);
}

TEST(workers_decoder_says_when_no_child_can_be_started)
{
    struct worker_decoder_options o = {.program = "/nonexistent/tintype",
                                       .deadline_ms = 1000};
    struct worker_decoder *d;
    struct tt_error err;

    CHECK_FAILS(worker_decoder_open(&d, &o, &err), TT_UNAVAILABLE,
                "a decoder cannot be started: No such file");
    o.program = "/bin/true";
    CHECK_FAILS(worker_decoder_open(&d, &o, &err), TT_UNAVAILABLE,
                "a decoder ends as soon as it is started");
    CHECK(!d);
}

static void make_socket(void)
{
    _exit(socket(AF_UNIX, SOCK_STREAM, 0) < 0 ? 0 : 1);
}

static void run_program(void)
{
    execl("/bin/true", "true", NULL);
}

static void make_child(void)
{
    _exit(fork() < 0 ? 0 : 1);
}

static void kill_parent(void)
{
    kill(getppid(), SIGUSR1);
}

/* The signal that ends a process which tries this in the sandbox. */
static int dies_of(void (*what)(void))
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        sandbox_limits(UINT64_C(8) << 30);
        if (!sandbox_enter())
            _exit(99);
        what();
        _exit(0);
    }
    waitpid(pid, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 99)
        check_skip("no system call filter under a sanitizer, or here");
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void open_files(void)
{
    if (fopen("/etc/passwd", "r") || fopen("new", "w"))
        abort();
}

TEST(workers_decoder_sandbox_kills_what_is_not_decoding)
{
    CHECK_INT(dies_of(make_socket), SIGSYS);
    CHECK_INT(dies_of(run_program), SIGSYS);
    CHECK_INT(dies_of(make_child), SIGSYS);
    CHECK_INT(dies_of(kill_parent), SIGSYS);
    CHECK_INT(dies_of(open_files), 0); /* refused, not killed */
}
