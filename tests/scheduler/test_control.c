#include "scheduler/control.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "tests/check.h"
#include "tests/scheduler/house.h"

static void refused(struct house *h, const char *request, int code,
                    const char *words)
{
    json_t *doc = house_ask(h, request);
    const char *text = json_string_value(json_object_get(doc, "error"));

    CHECK(json_is_false(json_object_get(doc, "ok")));
    if (!text || !strstr(text, words))
        check_str(request, 0, "error", text, words);
    CHECK_INT(json_integer_value(json_object_get(doc, "code")), code);
    json_decref(doc);
}

TEST(control_refuses_in_clear_words)
{
    static const struct {
        const char *request;
        int code;
        const char *words;
    } bad[] = {
        {"", 64, "a JSON object"},
        {"what?", 64, "a JSON object"},
        {"[1]", 64, "a JSON object"},
        {"{\"cmd\":7}", 64, "a JSON object"},
        {"{\"cmd\":\"dance\"}", 64, "dance: the scheduler does not know"},
        {"{\"cmd\":\"cancel\"}", 64, "\"job\" must be a number"},
        {"{\"cmd\":\"cancel\",\"job\":0}", 64, "\"job\" must be a number"},
        {"{\"cmd\":\"cancel\",\"job\":5}", 66, "5"},
        {"{\"cmd\":\"pause\",\"job\":5}", 66, "5"},
        {"{\"cmd\":\"resume\",\"job\":5}", 66, "5"},
        {"{\"cmd\":\"retry\",\"job\":5}", 66, "5"},
        {"{\"cmd\":\"use\",\"model\":5}", 66, "5"},
        {"{\"cmd\":\"model\"}", 64, "name, path and sha256"},
        {"{\"cmd\":\"model\",\"name\":\"a\",\"path\":\"/a\",\"sha256\":\"0\"}",
         65, "not a SHA-256"},
        {"{\"cmd\":\"backup\",\"path\":\"here\"}", 64, "whole path"},
        {"{\"cmd\":\"submit\"}", 64, "\"key\" must be 32 hex digits"},
        {"{\"cmd\":\"submit\",\"key\":\"00112233445566778899aabbccddeeff\","
         "\"manifest\":\"/nowhere\",\"total\":1,\"owner\":\"a\"}",
         66, "/nowhere"},
        {"{\"cmd\":\"submit\",\"key\":\"00112233445566778899aabbccddeeff\","
         "\"manifest\":\"/etc/passwd\",\"total\":1,\"owner\":\"a\"}",
         76, "/etc/passwd"},
        {"{\"cmd\":\"submit\",\"key\":\"00112233445566778899aabbccddeeff\","
         "\"manifest\":\"/nowhere\",\"total\":1,\"owner\":\"a\",\"prio\":3}",
         64, "\"prio\" is 0, 1 or 2"},
    };
    struct house h;

    house_open(&h);
    house_start(&h);
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        refused(&h, bad[i].request, bad[i].code, bad[i].words);
    CHECK(house_ok(&h, "{\"cmd\":\"ping\"}"));
}

static int dial(struct house *h)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(to.sun_path, sizeof(to.sun_path), "state/%s", SCHEDULER_SOCKET);
    (void)h;
    CHECK(connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0);
    return fd;
}

TEST(control_answers_many_requests_in_order)
{
    static const char two[] = "{\"cmd\":\"ping\"}\n{\"cmd\":\"no\"}\n{\"c";
    static const char rest[] = "md\":\"ping\"}\n";
    struct house h;
    FILE *in;
    char *line = NULL;
    size_t size = 0;
    int fd;

    house_open(&h);
    house_start(&h);
    fd = dial(&h);
    in = fdopen(fd, "r");
    CHECK(write(fd, two, strlen(two)) == (ssize_t)strlen(two));
    CHECK(getline(&line, &size, in) > 0 && strstr(line, "\"ok\":true"));
    CHECK(getline(&line, &size, in) > 0 && strstr(line, "\"ok\":false"));
    CHECK(write(fd, rest, strlen(rest)) == (ssize_t)strlen(rest));
    CHECK(getline(&line, &size, in) > 0 && strstr(line, "\"gen\":1"));
    free(line);
    fclose(in);
}

TEST(control_drops_a_client_that_never_ends_its_line)
{
    struct house h;
    char block[4096];
    char back[8192] = "";
    ssize_t n;
    int fd;

    house_open(&h);
    house_start(&h);
    fd = dial(&h);
    memset(block, 'x', sizeof(block));
    for (int i = 0; i < CONTROL_LINE_MAX / (int)sizeof(block); i++)
        CHECK(write(fd, block, sizeof(block)) == sizeof(block));
    n = read(fd, back, sizeof(back) - 1);
    CHECK(n > 0 && strstr(back, "longer than 65536"));
    CHECK_INT(read(fd, back, sizeof(back)), 0);
    close(fd);
    CHECK(house_ok(&h, "{\"cmd\":\"ping\"}"));
}

TEST(control_is_for_its_owner_alone)
{
    struct house h;
    struct stat st;

    house_open(&h);
    house_start(&h);
    CHECK_INT(stat("state/control.sock", &st), 0);
    CHECK_INT(st.st_mode & 0777, 0600);
    CHECK_INT(house_stop(&h, SIGTERM), 0);
    CHECK(stat("state/control.sock", &st) < 0);
}

TEST(control_replaces_the_socket_of_a_scheduler_that_was_killed)
{
    struct house h;

    house_open(&h);
    house_start(&h);
    CHECK_INT(house_stop(&h, SIGKILL), -1);
    house_start(&h);
    tt_sleep_ms(100);
    CHECK(house_ok(&h, "{\"cmd\":\"ping\"}"));
}

TEST(control_registers_models_and_says_which_is_used)
{
    static const char model[] =
        "{\"cmd\":\"model\",\"name\":\"fine\",\"path\":\"/m.h5\",\"preset\":"
        "\"S\",\"metrics\":{\"mae\":7.5},\"sha256\":"
        "\"aa112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\"}";
    struct house h;
    int64_t id;

    house_open(&h);
    house_start(&h);
    id = house_number(&h, model, "model");
    CHECK(id > 0);
    CHECK_INT(house_number(&h, model, "model"), id);
    CHECK_INT(house_number(&h, "{\"cmd\":\"use\",\"model\":1}", "model"), id);
}

TEST(control_backs_up_while_a_client_goes_away)
{
    struct house h;
    char request[256];
    struct stat st;
    int fd;

    house_open(&h);
    house_start(&h);
    house_submit(&h, "colorize", 16, 1);
    snprintf(request, sizeof(request),
             "{\"cmd\":\"backup\",\"path\":\"%s/one.db\"}\n", h.folder);
    fd = dial(&h);
    CHECK(write(fd, request, strlen(request)) > 0);
    close(fd);
    for (int i = 0; stat("one.db", &st) < 0; i++) {
        CHECK(i < 200);
        tt_sleep_ms(20);
    }
    snprintf(request, sizeof(request),
             "{\"cmd\":\"backup\",\"path\":\"%s/two.db\"}", h.folder);
    CHECK(house_ok(&h, request));
    CHECK(!house_ok(&h, request)); // it exists
}
