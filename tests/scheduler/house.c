#include "tests/scheduler/house.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "job/manifest.h"
#include "job/wire.h"
#include "tests/check.h"

void house_open(struct house *h)
{
    signal(SIGPIPE, SIG_IGN);
    memset(h, 0, sizeof(*h));
    CHECK(getcwd(h->folder, sizeof(h->folder)));
    snprintf(h->state, sizeof(h->state), "%s/state", h->folder);
    test_redis_start(&h->redis, NULL);
    tt_opt_defaults(scheduler_opts, &h->opt);
    h->opt.state = h->state;
    h->opt.redis = h->redis.url;
    h->opt.lease = 1000;
}

/* --- the scheduler --- */

static int dial(struct house *h)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    size_t n = (size_t)snprintf(to.sun_path, sizeof(to.sun_path), "%s/%s",
                                h->state, SCHEDULER_SOCKET);

    CHECK(n < sizeof(to.sun_path));
    if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
        return fd;
    close(fd);
    return -1;
}

void house_start(struct house *h)
{
    h->scheduler = fork();
    if (h->scheduler == 0) {
        struct tt_error err;
        int log = open("scheduler.log", O_WRONLY | O_CREAT | O_APPEND, 0600);

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(log, 2);
        tt_log_setup(TT_DEBUG, "scheduler");
        if (scheduler_run(&h->opt, &err) == 0)
            exit(0); // not _exit: leaks are looked for
        tt_log(TT_ERROR, "%s", err.text);
        exit(tt_code_exit(err.code));
    }
    for (int i = 0; i < 500; i++) {
        int fd = dial(h);

        if (fd >= 0) {
            close(fd);
            return;
        }
        tt_sleep_ms(10);
    }
    check_failed(__FILE__, __LINE__, "the scheduler does not answer");
}

int house_stop(struct house *h, int signal)
{
    int status;

    kill(h->scheduler, signal);
    CHECK(waitpid(h->scheduler, &status, 0) == h->scheduler);
    h->scheduler = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void house_refused(struct house *h, struct tt_error *err)
{
    CHECK(scheduler_run(&h->opt, err) < 0);
}

json_t *house_ask(struct house *h, const char *request)
{
    int fd = dial(h);
    FILE *in = fdopen(fd, "r");
    char *line = NULL;
    size_t size = 0;
    json_t *doc;

    CHECK(fd >= 0 && in);
    CHECK(write(fd, request, strlen(request)) == (ssize_t)strlen(request));
    CHECK(write(fd, "\n", 1) == 1);
    CHECK(getline(&line, &size, in) > 0);
    doc = json_loads(line, 0, NULL);
    CHECK(json_is_object(doc));
    free(line);
    fclose(in);
    return doc;
}

bool house_ok(struct house *h, const char *request)
{
    json_t *doc = house_ask(h, request);
    bool ok = json_is_true(json_object_get(doc, "ok"));

    if (!ok)
        fprintf(stderr, "%s: %s\n", request,
                json_string_value(json_object_get(doc, "error")));
    json_decref(doc);
    return ok;
}

int64_t house_number(struct house *h, const char *request, const char *member)
{
    json_t *doc = house_ask(h, request);
    json_t *v = json_object_get(doc, member);
    int64_t n = json_is_integer(v) ? json_integer_value(v) : -1;

    json_decref(doc);
    return n;
}

/* --- jobs --- */

static void write_manifest(const char *path, const char *key, const char *kind,
                           const char *out, int n)
{
    struct job_manifest_writer *w;
    struct tt_error err;
    char in[64], name[64];
    json_t *header =
        json_pack("{s:s, s:s, s:s, s:{}, s:s, s:{s:s, s:s, s:s}}", "key", key,
                  "kind", kind, "name", "portraits", "params", "out", out,
                  "model", "name", "tiny", "path", "/m.h5", "sha256",
                  "00112233445566778899aabbccddeeff"
                  "00112233445566778899aabbccddeeff");

    CHECK_OK(job_manifest_create(&w, path, header, &err));
    for (int i = 0; i < n; i++) {
        snprintf(in, sizeof(in), "/photos/%04d.jpg", i);
        snprintf(name, sizeof(name), "%04d.jpg", i);
        CHECK_OK(job_manifest_add(w, in, name, &err));
    }
    CHECK_OK(job_manifest_finish(w, &err));
    json_decref(header);
}

int64_t house_submit(struct house *h, const char *kind, int n, int prio)
{
    char path[160], key[33], request[512], out[128];
    uint64_t r[2];
    int64_t job;

    CHECK(getrandom(r, sizeof(r), 0) == sizeof(r));
    snprintf(key, sizeof(key), "%016llx%016llx", (unsigned long long)r[0],
             (unsigned long long)r[1]);
    snprintf(path, sizeof(path), "%s/job%d.manifest", h->folder, ++h->jobs);
    snprintf(out, sizeof(out), "%s/out%d", h->folder, h->jobs);
    write_manifest(path, key, kind, out, n);
    snprintf(request, sizeof(request),
             "{\"cmd\":\"submit\",\"key\":\"%s\",\"manifest\":\"%s\","
             "\"total\":%d,\"owner\":\"anna\",\"prio\":%d}",
             key, path, n ? n : 1, prio);
    job = house_number(h, request, "job");
    CHECK(job > 0);
    CHECK_INT(house_number(h, request, "job"), job); // asked twice: the same
    return job;
}

/* --- workers --- */

const struct house_worker house_steady = {.fail_at = -1};
const struct house_worker house_slow = {.fail_at = -1, .chunk_ms = 150};

static char *make_result(const struct job_payload *p)
{
    struct job_result r = {.n_photos = (size_t)p->n};
    char *text;

    r.photos = calloc((size_t)p->n, sizeof(*r.photos));
    for (int64_t i = 0; i < p->n; i++) {
        struct job_photo *photo = &r.photos[i];

        photo->index = p->first + i;
        photo->state = PHOTO_OK;
        photo->has_in = photo->has_out = true;
        photo->sha_in.bytes[0] = (uint8_t)photo->index;
        photo->sha_out.bytes[1] = (uint8_t)photo->index;
        photo->width = photo->height = 100;
        photo->bits = 8;
        photo->ms = 3;
    }
    text = job_result_text(&r);
    CHECK(text);
    job_result_release(&r);
    return text;
}

static char *make_failure(int64_t cursor)
{
    struct job_result r = {
        .failed = true, .code = TT_FORMAT, .text = "the photo bites"};
    char *text;

    r.body = json_pack("{s:I}", "cursor", (json_int_t)cursor);
    text = job_result_text(&r);
    CHECK(text);
    job_result_release(&r);
    return text;
}

/* Whatever happens to Redis, go on trying: a worker does. */
static void report(struct queue_client *c, const struct queue_lease *lease,
                   enum queue_result_kind kind, const char *body)
{
    enum queue_answer answer;
    struct tt_error err;

    while (queue_client_result(c, lease, kind, body, &answer, &err) < 0)
        tt_sleep_ms(50);
}

static void do_chunk(struct queue_client *c, const struct queue_lease *lease,
                     const struct house_worker *how)
{
    struct job_payload p;
    struct tt_error err;
    json_t *hold;
    char *body;
    bool bites;

    CHECK_OK(job_payload_parse(lease->payload, &p, &hold, &err));
    for (int ms = 0; ms < how->chunk_ms; ms += 100) {
        struct queue_beat beat = {.lease = lease, .cursor = p.first};

        tt_sleep_ms(how->chunk_ms - ms < 100 ? how->chunk_ms - ms : 100);
        if (queue_client_beat(c, &beat, 1, 1000, &err) == 0 && !beat.kept)
            break; // goes on all the same: a late success is welcome
    }
    bites = how->fail_at >= p.first && how->fail_at < p.first + p.n;
    body = how->garbage ? strdup(how->garbage)
           : bites      ? make_failure(how->fail_at)
                        : make_result(&p);
    report(c, lease, bites ? QUEUE_FAIL : QUEUE_DONE, body);
    free(body);
    json_decref(hold);
}

static void work(struct house *h, const struct house_worker *how)
{
    char host[256] = "";
    struct queue_worker_info info = {host, getpid(), "g", "0", 1};
    const char *lanes = how->lanes ? how->lanes : "g";
    int lease_ms = how->lease_ms ? how->lease_ms : 1000;
    struct queue_client *c;
    struct queue_lease lease;
    struct tt_error err;
    int chunks = 0;
    size_t n;

    CHECK_OK(queue_client_open(&c, h->redis.url, "main", NULL, &err));
    queue_client_timeout(c, 1000);
    CHECK_INT(gethostname(host, sizeof(host) - 1), 0);
    for (;;) {
        if (queue_client_announce(c, &info, 1000, &err) < 0 ||
            queue_client_claim(c, lanes, lease_ms, 1, &lease, &n, &err) < 0) {
            tt_sleep_ms(50);
            continue;
        }
        if (n == 0) {
            if (queue_client_wait(c, lanes, 200, &err) < 0)
                tt_sleep_ms(50);
            continue;
        }
        if (how->die_after && chunks++ == how->die_after)
            _exit(0);
        do_chunk(c, &lease, how);
        queue_lease_release(&lease);
    }
}

pid_t house_work(struct house *h, const struct house_worker *how)
{
    pid_t pid = fork();

    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        work(h, how);
    }
    return pid;
}

/* --- the record --- */

struct db *house_read(struct house *h)
{
    char path[160];
    struct tt_error err;
    struct db *db;

    snprintf(path, sizeof(path), "%s/%s", h->state, SCHEDULER_DB);
    CHECK_OK(db_open_reader(&db, path, &err));
    return db;
}

struct db_job house_job(struct house *h, int64_t id)
{
    struct db *db = house_read(h);
    struct db_arena *mem = db_arena_new();
    struct db_job job;
    struct tt_error err;

    CHECK_INT(db_job_get(db, id, mem, &job, &err), 1);
    job.name = job.owner = job.params = job.manifest = NULL;
    job.outdir = job.error = job.result = NULL;
    db_arena_free(mem);
    db_close(db);
    return job;
}

struct db_job house_wait(struct house *h, int64_t id, int seconds)
{
    int64_t end = tt_steady_ms() + seconds * 1000;
    struct db_job job = house_job(h, id);

    while (job.state < JOB_ENDED) {
        if (tt_steady_ms() > end) {
            fprintf(stderr,
                    "job %lld is %s: total %lld cut %lld open %lld done %lld "
                    "failed %lld\n",
                    (long long)id, job_state_word(job.state),
                    (long long)job.total, (long long)job.cut,
                    (long long)job.open, (long long)job.done,
                    (long long)job.failed);
            check_failed(__FILE__, __LINE__, "the job does not end");
        }
        tt_sleep_ms(50);
        job = house_job(h, id);
    }
    return job;
}

void house_photos(struct house *h, int64_t id, int n)
{
    struct db *db = house_read(h);
    struct db_arena *mem = db_arena_new();
    struct db_photo *rows;
    struct tt_error err;
    size_t got;

    CHECK_OK(db_history_photos(db, id, 0, -1, n + 10, mem, &rows, &got, &err));
    CHECK_INT(got, n);
    for (int i = 0; i < n; i++) {
        CHECK_INT(rows[i].index, i);
        if (rows[i].state == PHOTO_OK)
            CHECK_INT(rows[i].sha_in.bytes[0], i & 255);
    }
    db_arena_free(mem);
    db_close(db);
}

void house_empty(struct house *h)
{
    for (int i = 0; test_redis_number(&h->redis, "SCARD tt:{main}:all") > 0 ||
                    test_redis_number(&h->redis, "XLEN tt:{main}:res") > 0;
         i++) {
        CHECK(i < 100);
        tt_sleep_ms(50);
    }
    CHECK_INT(test_redis_number(&h->redis, "ZCARD tt:{main}:lease"), 0);
}

struct queue_client *house_claim(struct house *h, struct queue_lease *lease)
{
    struct queue_client *c;
    struct tt_error err;
    size_t n = 0;

    CHECK_OK(queue_client_open(&c, h->redis.url, "main", NULL, &err));
    while (n == 0) {
        CHECK_OK(queue_client_claim(c, "g", 5000, 1, lease, &n, &err));
        tt_sleep_ms(20);
    }
    return c;
}
