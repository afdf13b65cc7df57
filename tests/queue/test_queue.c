#include "queue/queue.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tests/check.h"
#include "tests/queue/peer.h"

#define TTL 30000

#define HOUSE_OK(call) check_ok(__FILE__, __LINE__, #call, (call), &h.err)

/* A Redis, a scheduler's connection and a worker's. */
struct house {
    struct test_redis redis;
    struct peer p;
    struct queue_client *c;
    struct queue_lease lease;
    size_t n;
    enum queue_answer answer;
    struct tt_error err;
};

static void house_open(struct house *h)
{
    struct tt_error err;

    memset(h, 0, sizeof(*h));
    test_redis_start(&h->redis, NULL);
    peer_open(&h->p, &h->redis, "dbA", 1, false, false);
    CHECK(h->p.ready);
    CHECK_OK(queue_client_open(&h->c, h->redis.url, "main", NULL, &err));
}

static void house_close(struct house *h)
{
    queue_lease_release(&h->lease);
    queue_client_close(h->c);
    peer_close(&h->p);
}

/* Claim one chunk into h->lease: 1, or 0 if there is none. */
static int claim(struct house *h, long ttl_ms)
{
    struct tt_error err;

    queue_lease_release(&h->lease);
    CHECK_OK(queue_client_claim(h->c, "g", ttl_ms, 1, &h->lease, &h->n, &err));
    return (int)h->n;
}

static int report(struct house *h, const struct queue_lease *lease,
                  enum queue_result_kind kind)
{
    struct tt_error err;

    CHECK_OK(queue_client_result(h->c, lease, kind, "{}", &h->answer, &err));
    return (int)h->answer;
}

static bool beat(struct house *h, const struct queue_lease *lease,
                 int64_t cursor, long ttl_ms)
{
    struct queue_beat b = {.lease = lease, .cursor = cursor};
    struct tt_error err;

    CHECK_OK(queue_client_beat(h->c, &b, 1, ttl_ms, &err));
    return b.kept;
}

TEST(queue_takes_a_chunk_there_and_its_result_back)
{
    struct house h;

    house_open(&h);
    CHECK(h.p.seen.fresh);
    CHECK_INT(strlen(h.p.seen.run_id), 40);
    CHECK(llabs(h.p.seen.redis_now - tt_wall_ms()) < 5000);
    CHECK_INT(claim(&h, TTL), 0);
    PEER_OK(&h.p, peer_issue(&h.p, 7, 12, 1, 1));
    CHECK_INT(claim(&h, TTL), 1);
    CHECK_STR(h.lease.chunk, "7.12");
    CHECK_INT(h.lease.attempt, 1);
    CHECK_STR(h.lease.payload, "payload");
    CHECK_INT(claim(&h, TTL), 0);
    house_close(&h);
}

TEST(queue_forgets_all_of_a_chunk_when_it_is_acknowledged)
{
    struct house h;

    house_open(&h);
    PEER_OK(&h.p, peer_issue(&h.p, 7, 0, 1, 1));
    CHECK_INT(claim(&h, TTL), 1);
    CHECK_INT(report(&h, &h.lease, QUEUE_DONE), QUEUE_OK);
    CHECK_INT(report(&h, &h.lease, QUEUE_DONE), QUEUE_DUPLICATE);
    PEER_OK(&h.p, peer_read(&h.p));
    CHECK_INT(h.p.n, 1);
    CHECK(h.p.entries[0].sane && !h.p.entries[0].is_note);
    CHECK_INT(h.p.entries[0].kind, QUEUE_DONE);
    CHECK_INT(h.p.entries[0].chunk.job, 7);
    CHECK_INT(h.p.entries[0].chunk.attempt, 1);
    CHECK_STR(h.p.entries[0].worker, queue_client_id(h.c));
    CHECK_STR(h.p.body, "{}");
    PEER_OK(&h.p, peer_ack(&h.p, h.p.entries[0].id, 7, 0, 1));
    CHECK_INT(report(&h, &h.lease, QUEUE_DONE), QUEUE_GONE);
    PEER_OK(&h.p, peer_read(&h.p));
    CHECK_INT(h.p.n, 0);
    free(test_redis_ask(&h.redis, "DEL tt:{main}:res tt:{main}:wk:1g"));
    CHECK_INT(test_redis_number(&h.redis, "DBSIZE"), 1); // meta alone
    house_close(&h);
}

TEST(queue_issues_an_attempt_once_and_a_newer_one_again)
{
    struct house h;
    struct queue_lease old;

    house_open(&h);
    PEER_OK(&h.p, peer_issue(&h.p, 1, 1, 1, 1));
    PEER_OK(&h.p, peer_issue(&h.p, 1, 1, 1, 1));
    CHECK_INT(claim(&h, TTL), 1);
    PEER_OK(&h.p, peer_issue(&h.p, 1, 1, 1, 1)); // leased: stays so
    old = h.lease;
    h.lease.payload = NULL;
    CHECK_INT(claim(&h, TTL), 0);
    PEER_OK(&h.p, peer_issue(&h.p, 1, 1, 2, 1));
    CHECK_INT(claim(&h, TTL), 1);
    CHECK_INT(h.lease.attempt, 2);
    CHECK(strcmp(old.token, h.lease.token) != 0);

    // The old holder has lost it in every way but one.
    CHECK(!beat(&h, &old, 5, TTL));
    HOUSE_OK(queue_client_note(h.c, &old, "{}", &h.answer, &h.err));
    CHECK_INT(h.answer, QUEUE_GONE);
    HOUSE_OK(queue_client_release(h.c, &old, 0, &h.answer, &h.err));
    CHECK_INT(h.answer, QUEUE_GONE);
    CHECK_INT(report(&h, &old, QUEUE_FAIL), QUEUE_STALE);
    CHECK_INT(report(&h, &old, QUEUE_PART), QUEUE_STALE);
    CHECK_INT(report(&h, &old, QUEUE_DONE), QUEUE_OK);
    CHECK_INT(report(&h, &h.lease, QUEUE_DONE), QUEUE_DUPLICATE);

    // An ack of the older attempt leaves the newer one alone.
    PEER_OK(&h.p, peer_read(&h.p));
    PEER_OK(&h.p, peer_ack(&h.p, h.p.entries[0].id, 1, 1, 1));
    PEER_OK(&h.p, peer_all(&h.p));
    CHECK_INT(h.p.n, 1);
    queue_lease_release(&old);
    house_close(&h);
}

TEST(queue_names_leases_that_ended_and_a_beat_keeps_them)
{
    struct house h;

    house_open(&h);
    PEER_OK(&h.p, peer_issue(&h.p, 3, 4, 2, 0));
    CHECK_INT(claim(&h, 300), 1);
    PEER_OK(&h.p, peer_expired(&h.p));
    CHECK_INT(h.p.n, 0);
    PEER_OK(&h.p, peer_held(&h.p, queue_client_id(h.c)));
    CHECK_INT(h.p.n, 1);
    PEER_OK(&h.p, peer_held(&h.p, "0123456789abcdef"));
    CHECK_INT(h.p.n, 0);
    for (int i = 0; i < 4; i++) {
        tt_sleep_ms(100);
        CHECK(beat(&h, &h.lease, 17, 300));
    }
    PEER_OK(&h.p, peer_expired(&h.p));
    CHECK_INT(h.p.n, 0);
    tt_sleep_ms(350);
    PEER_OK(&h.p, peer_expired(&h.p));
    CHECK_INT(h.p.n, 1);
    CHECK_INT(h.p.expired[0].chunk.seq, 4);
    CHECK_INT(h.p.expired[0].chunk.attempt, 2);
    CHECK_INT(h.p.expired[0].cursor, 17);
    CHECK_STR(h.p.expired[0].worker, queue_client_id(h.c));
    CHECK(h.p.expired[0].deadline <= h.p.redis_now);

    // Struck: the lease goes, the chunk stays for a late success.
    PEER_OK(&h.p, peer_unlease(&h.p, 3, 4, 2));
    PEER_OK(&h.p, peer_expired(&h.p));
    CHECK_INT(h.p.n, 0);
    CHECK_INT(report(&h, &h.lease, QUEUE_DONE), QUEUE_OK);
    house_close(&h);
}

TEST(queue_serves_the_urgent_first_and_starves_nobody)
{
    struct house h;
    int order[40], n = 0;

    house_open(&h);
    for (int i = 0; i < 13; i++) {
        for (int prio = 2; prio >= 0; prio--)
            PEER_OK(&h.p, peer_issue(&h.p, prio, i, 1, prio));
    }
    while (claim(&h, TTL) == 1)
        order[n++] = h.lease.chunk[0] - '0';
    CHECK_INT(n, 39);
    for (int i = 0; i < 13; i++)
        CHECK_INT(order[i], 0);
    CHECK_INT(order[14], 1);
    CHECK_INT(order[15], 2); // the 16th claim
    CHECK_INT(order[16], 1);
    house_close(&h);
}

TEST(queue_hands_nothing_out_while_too_many_results_wait)
{
    struct house h;
    char *text;

    house_open(&h);
    PEER_OK(&h.p, peer_issue(&h.p, 1, 1, 1, 1));
    PEER_OK(&h.p, peer_issue(&h.p, 1, 2, 1, 1));
    CHECK_INT(claim(&h, TTL), 1);
    CHECK_INT(report(&h, &h.lease, QUEUE_DONE), QUEUE_OK);
    text = test_redis_ask(&h.redis, "FCALL tt_claim 1 tt:{main} w n 1000 1 1 "
                                    "1g");
    CHECK_STR(text, "");
    free(text);
    CHECK_INT(claim(&h, TTL), 1);
    house_close(&h);
}

TEST(queue_gives_a_released_chunk_to_the_next)
{
    struct house h;

    house_open(&h);
    PEER_OK(&h.p, peer_issue(&h.p, 1, 1, 1, 1));
    PEER_OK(&h.p, peer_issue(&h.p, 1, 2, 1, 1));
    CHECK_INT(claim(&h, TTL), 1);
    HOUSE_OK(queue_client_release(h.c, &h.lease, 3, &h.answer, &h.err));
    CHECK_INT(h.answer, QUEUE_OK);
    CHECK_INT(claim(&h, TTL), 1);
    CHECK_STR(h.lease.chunk, "1.1");
    CHECK_INT(h.lease.attempt, 1);
    house_close(&h);
}

TEST(queue_retracts_what_is_ready_or_all)
{
    struct house h;

    house_open(&h);
    PEER_OK(&h.p, peer_issue(&h.p, 1, 1, 1, 1));
    PEER_OK(&h.p, peer_issue(&h.p, 1, 2, 1, 1));
    CHECK_INT(claim(&h, TTL), 1);
    PEER_OK(&h.p, peer_retract(&h.p, true, 1, 1));
    CHECK_INT(h.p.flags[0], 0);
    PEER_OK(&h.p, peer_retract(&h.p, true, 1, 2));
    CHECK_INT(h.p.flags[0], 1);
    PEER_OK(&h.p, peer_retract(&h.p, false, 1, 1));
    CHECK_INT(h.p.flags[0], 1);
    PEER_OK(&h.p, peer_retract(&h.p, false, 1, 1));
    CHECK_INT(h.p.flags[0], 0);
    CHECK_INT(report(&h, &h.lease, QUEUE_DONE), QUEUE_GONE);
    CHECK(!beat(&h, &h.lease, 0, TTL));
    PEER_OK(&h.p, peer_all(&h.p));
    CHECK_INT(h.p.n, 0);
    CHECK_INT(claim(&h, TTL), 0); // its id still stood in the list
    house_close(&h);
}

TEST(queue_repairs_what_half_a_function_left)
{
    struct house h;

    house_open(&h);
    PEER_OK(&h.p, peer_repair(&h.p, false, 1, 1, 1));
    CHECK_INT(h.p.flags[0], QUEUE_ABSENT);
    PEER_OK(&h.p, peer_issue(&h.p, 1, 1, 1, 1));
    PEER_OK(&h.p, peer_repair(&h.p, true, 1, 1, 1));
    CHECK_INT(h.p.flags[0], QUEUE_FINE);
    CHECK_INT(test_redis_number(&h.redis, "LREM tt:{main}:r:1g 0 1.1"), 1);
    PEER_OK(&h.p, peer_repair(&h.p, false, 1, 1, 1)); // does not walk the lists
    CHECK_INT(h.p.flags[0], QUEUE_FINE);
    PEER_OK(&h.p, peer_repair(&h.p, true, 1, 1, 1));
    CHECK_INT(h.p.flags[0], QUEUE_MENDED);
    CHECK_INT(claim(&h, TTL), 1);
    CHECK_INT(test_redis_number(&h.redis, "ZREM tt:{main}:lease 1.1"), 1);
    PEER_OK(&h.p, peer_repair(&h.p, false, 1, 1, 1));
    CHECK_INT(h.p.flags[0], QUEUE_MENDED);
    PEER_OK(&h.p, peer_expired(&h.p));
    CHECK_INT(h.p.n, 1);
    CHECK(beat(&h, &h.lease, 0, TTL)); // its holder lives: all is well again
    CHECK_INT(report(&h, &h.lease, QUEUE_DONE), QUEUE_OK);
    PEER_OK(&h.p, peer_repair(&h.p, false, 1, 1, 1));
    CHECK_INT(h.p.flags[0], QUEUE_REPORTED);
    PEER_OK(&h.p, peer_repair(&h.p, false, 1, 1, 2)); // older than the record's
    CHECK_INT(h.p.flags[0], QUEUE_ABSENT);
    CHECK_INT(test_redis_number(&h.redis, "HSET tt:{main}:c:1.5 s r"), 1);
    PEER_OK(&h.p, peer_repair(&h.p, false, 1, 5, 1)); // half a chunk
    CHECK_INT(h.p.flags[0], QUEUE_ABSENT);
    house_close(&h);
}

TEST(queue_fences_out_the_older_of_two_schedulers)
{
    struct house h;
    struct peer late;

    house_open(&h);
    PEER_OK(&h.p, peer_issue(&h.p, 1, 1, 1, 1));
    peer_open(&late, &h.redis, "dbA", 2, false, false);
    CHECK(late.ready && !late.seen.fresh);
    CHECK_INT(peer_issue(&h.p, 1, 2, 1, 1), -1);
    CHECK_INT(h.p.err.code, TT_BUSY);
    CHECK_INT(peer_ack(&h.p, "1-1", 1, 1, 9), -1);
    CHECK_INT(peer_retract(&h.p, false, 1, 1), -1);
    CHECK_INT(peer_repair(&h.p, true, 1, 1, 1), -1);
    CHECK_INT(peer_unlease(&h.p, 1, 1, 1), -1);
    CHECK_INT(peer_expired(&h.p), -1);
    CHECK_INT(h.p.err.code, TT_BUSY);
    PEER_OK(&late, peer_issue(&late, 1, 2, 1, 1));

    peer_close(&h.p);
    peer_open(&h.p, &h.redis, "dbA", 1, true, false);
    CHECK(h.p.down && h.p.hopeless);
    CHECK_INT(h.p.err.code, TT_BUSY);
    CHECK(strstr(h.p.err.text, "--take-over"));
    CHECK_INT(queue_later_generation(h.p.q), 2);
    peer_close(&late);
    house_close(&h);
}

TEST(queue_tells_when_its_keys_are_gone)
{
    struct house h;

    house_open(&h);
    free(test_redis_ask(&h.redis, "FLUSHALL"));
    CHECK_INT(peer_expired(&h.p), -1);
    CHECK_INT(h.p.err.code, TT_BUSY);
    peer_close(&h.p);
    peer_open(&h.p, &h.redis, "dbA", 1, false, false);
    CHECK(h.p.ready && h.p.seen.fresh);
    house_close(&h);
}

TEST(queue_wipes_keys_of_another_database_only_when_told)
{
    struct house h;
    struct peer other;

    house_open(&h);
    PEER_OK(&h.p, peer_issue(&h.p, 1, 1, 1, 1));
    free(test_redis_ask(&h.redis, "SET foreign 1"));
    peer_open(&other, &h.redis, "dbB", 1, false, false);
    CHECK(other.down && other.hopeless);
    CHECK(strstr(other.err.text, "another database"));
    peer_close(&other);
    peer_open(&other, &h.redis, "dbB", 1, true, false);
    CHECK(other.ready && other.seen.fresh);
    PEER_OK(&other, peer_all(&other));
    CHECK_INT(other.n, 0);
    CHECK_INT(test_redis_number(&h.redis, "GET foreign"), 1);
    CHECK_INT(peer_issue(&h.p, 1, 2, 1, 1), -1);
    CHECK_INT(h.p.err.code, TT_BUSY);
    peer_close(&other);
    house_close(&h);
}

TEST(queue_drains_when_redis_is_full)
{
    struct house h;

    house_open(&h);
    PEER_OK(&h.p, peer_issue(&h.p, 1, 1, 1, 1));
    free(test_redis_ask(&h.redis, "CONFIG SET maxmemory 1"));
    CHECK_INT(peer_issue(&h.p, 1, 2, 1, 1), -1);
    CHECK_INT(h.p.err.code, TT_NOMEM);
    CHECK_INT(claim(&h, TTL), 1);
    CHECK(beat(&h, &h.lease, 1, TTL));
    CHECK_INT(queue_client_note(h.c, &h.lease, "{}", &h.answer, &h.err), -1);
    CHECK_INT(h.err.code, TT_NOMEM);
    CHECK_INT(report(&h, &h.lease, QUEUE_DONE), QUEUE_OK);
    PEER_OK(&h.p, peer_read(&h.p));
    CHECK_INT(h.p.n, 1);
    PEER_OK(&h.p, peer_ack(&h.p, h.p.entries[0].id, 1, 1, 1));
    PEER_OK(&h.p, peer_all(&h.p));
    CHECK_INT(h.p.n, 0);
    house_close(&h);
}

TEST(queue_marks_entries_that_are_not_in_form)
{
    struct house h;

    house_open(&h);
    free(test_redis_ask(&h.redis, "XADD tt:{main}:res * what ever"));
    free(test_redis_ask(&h.redis, "XADD tt:{main}:res * c 1 a 1 t t k done b "
                                  "{}"));
    free(test_redis_ask(&h.redis, "XADD tt:{main}:res * c 1.1 a 1 t t k eh b "
                                  "{}"));
    free(test_redis_ask(&h.redis, "XADD tt:{main}:res * c 1.1 a 1 t t k note b "
                                  "{}"));
    PEER_OK(&h.p, peer_read(&h.p));
    CHECK_INT(h.p.n, 4);
    for (int i = 0; i < 3; i++) {
        CHECK(!h.p.entries[i].sane);
        PEER_OK(&h.p, peer_ack(&h.p, h.p.ids[i], 0, 0, 0));
    }
    CHECK(h.p.entries[3].sane && h.p.entries[3].is_note);
    PEER_OK(&h.p, peer_read(&h.p));
    CHECK_INT(h.p.n, 1);
    house_close(&h);
}

TEST(queue_knows_its_workers)
{
    struct house h;
    struct queue_worker_info info = {"host 1", 42, "g t", "0.1.0", 2};

    house_open(&h);
    HOUSE_OK(queue_client_announce(h.c, &info, TTL, &h.err));
    PEER_OK(&h.p, peer_workers(&h.p));
    CHECK_INT(h.p.n, 1);
    CHECK(h.p.worker.alive);
    CHECK_STR(h.p.worker.id, queue_client_id(h.c));
    CHECK_INT(h.p.worker.info.pid, 42);
    HOUSE_OK(queue_client_farewell(h.c, "drained", &h.err));
    PEER_OK(&h.p, peer_workers(&h.p));
    CHECK(!h.p.worker.alive);
    CHECK_STR(h.p.ended, "drained");
    PEER_OK(&h.p, peer_forget(&h.p));
    PEER_OK(&h.p, peer_workers(&h.p));
    CHECK_INT(h.p.n, 0);

    HOUSE_OK(queue_client_announce(h.c, &info, 20, &h.err));
    tt_sleep_ms(120); // three times the ttl, and silence
    PEER_OK(&h.p, peer_workers(&h.p));
    CHECK_INT(h.p.n, 1);
    CHECK(!h.p.worker.alive);
    CHECK_STR(h.p.ended, "");
    house_close(&h);
}

TEST(queue_refuses_a_redis_that_may_evict)
{
    static const char *const lru[] = {"--maxmemory-policy", "allkeys-lru",
                                      NULL};
    struct test_redis redis;
    struct peer p;

    test_redis_start(&redis, lru);
    peer_open(&p, &redis, "dbA", 1, false, false);
    CHECK(p.down && p.hopeless);
    CHECK_INT(p.err.code, TT_USAGE);
    CHECK(strstr(p.err.text, "allkeys-lru"));
    peer_close(&p);
}

TEST(queue_is_down_where_nobody_listens)
{
    struct test_redis nobody = {.url = "unix:/nonexistent/redis.sock"};
    struct peer p;

    peer_open(&p, &nobody, "dbA", 1, false, false);
    CHECK(p.down && !p.hopeless);
    CHECK_INT(p.err.code, TT_UNAVAILABLE);
    CHECK(strstr(p.err.text, "/nonexistent/redis.sock: cannot connect"));
    peer_close(&p);
    snprintf(nobody.url, sizeof(nobody.url), "localhost:1");
    peer_open(&p, &nobody, "dbA", 1, false, false);
    CHECK(p.down && !p.hopeless);
    peer_close(&p);
}

TEST(queue_answers_unknown_to_what_was_in_flight)
{
    struct house h;

    house_open(&h);
    kill(h.redis.pid, SIGSTOP);
    kill(h.redis.pid, SIGKILL);
    CHECK_INT(peer_issue(&h.p, 1, 1, 1, 1), -1);
    CHECK_INT(h.p.err.code, TT_UNAVAILABLE);
    while (!h.p.down)
        uv_run(&h.p.loop, UV_RUN_ONCE);
    CHECK(!h.p.hopeless);
    CHECK_INT(peer_issue(&h.p, 1, 1, 1, 1), -1);
    CHECK(strstr(h.p.err.text, "not connected"));
    house_close(&h);
}

TEST(queue_rewrites_the_log_when_asked)
{
    struct house h;

    house_open(&h);
    PEER_OK(&h.p, peer_rewrite(&h.p));
    house_close(&h);
}
