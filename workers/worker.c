#include "workers/worker.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "model/backend/backend.h"
#include "workers/crew.h"
#include "workers/device.h"
#include "workers/held.h"
#include "workers/runner.h"

#define LEASE_LEAST_MS 100
#define LEAVE_MS       3000 /* the work thread has, after a second signal */

// clang-format off
const struct tt_opt worker_opts[] = {
    TT_TEXT(worker_options, queue, 0, "NAME", QUEUE_NAME_DEFAULT,
            "name of the queue in redis"),
    TT_TEXT(worker_options, classes, 0, "LANES", "g,t",
            "what to take: g photos and ingest, t training and evaluation"),
    TT_INT (worker_options, threads, 't', "N", "0", 0, 1024,
            "threads to use; 0: one a processor"),
    TT_TEXT(worker_options, precision, 0, "P", "auto", "auto, f32 or bf16"),
    TT_TEXT(worker_options, device, 0, "DEVICE", NULL,
            "where networks compute: auto, cpu, cuda or cuda:N"),
    TT_TEXT(worker_options, reduce, 0, "ENGINE", NULL,
            "train as one with the other processes of mpirun or srun: mpi, "
            "nccl"),
    TT_TIME(worker_options, lease, 0, "TIME", NULL,
            "how long what it took is its own without a sign of life"),
    TT_TIME(worker_options, stall, 0, "TIME", "120s",
            "let go of work that does not move for so long"),
    TT_TIME(worker_options, grace, 0, "TIME", "20s",
            "how long it may take to finish after SIGTERM"),
    TT_TIME(worker_options, idle_exit, 0, "TIME", "0",
            "end after so long without work; 0: never"),
    TT_TIME(worker_options, deadline, 0, "TIME", "60s",
            "how long decoding one photo may take, large ones longer"),
    TT_INT (worker_options, memory, 0, "MB", "512", 16, 1048576,
            "memory for photos on their way; a larger one goes alone"),
    TT_OPT_END,
};
// clang-format on

struct work {
    struct worker_lease *leases;
    struct worker_engine engine;
    char card[24]; /* of a process among several */
};

static void *work_main(void *arg)
{
    struct work *w = arg;
    struct worker_chunk *chunk;

    while ((chunk = worker_lease_take(w->leases)))
        worker_runner_do(&w->engine, w->leases, chunk);
    worker_engine_release(&w->engine);
    worker_lease_leave(w->leases);
    return NULL;
}

/* What arrives is read from a descriptor; threads and children that are
 * started from here on inherit the mask. */
static void block_signals(sigset_t *before)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set, before);
}

static int check(struct worker_options *o, struct tt_error *err)
{
    enum backend_precision precision;

    if (o->lease < LEASE_LEAST_MS)
        return tt_fail(err, TT_USAGE, "--lease: at least %d ms",
                       LEASE_LEAST_MS);
    if (backend_precision_parse(o->precision, &precision, err) < 0)
        return tt_wrap(err, "--precision");
    return worker_device_choose(o, precision, err);
}

static bool join(pthread_t thread)
{
    struct timespec end;

    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += LEAVE_MS / 1000;
    return pthread_timedjoin_np(thread, NULL, &end) == 0;
}

/* A second signal came, and a thread is in the middle of something: it cannot
 * be ended, so the process is, as the signal would have done. */
static void die(void)
{
    sigset_t set;

    tt_log(TT_WARN, "ends in the middle of its work");
    signal(SIGTERM, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    raise(SIGTERM);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

static int work(struct work *w, struct tt_error *err)
{
    pthread_t thread;
    int rc;

    if (pthread_create(&thread, NULL, work_main, w) != 0)
        return tt_fail(err, TT_NOMEM, "a thread cannot be started");
    rc = worker_lease_run(w->leases, err);
    if (!join(thread))
        die();
    worker_lease_close(w->leases);
    return rc;
}

/* Take work from the queue until there is no more to do here. */
static int lead(struct work *w, struct tt_error *err)
{
    struct tt_error why;
    int rc = worker_lease_open(&w->leases, w->engine.options, err);

    if (rc == 0)
        rc = work(w, err);
    if (worker_crew_dismiss(w->engine.group, &why) < 0 && rc == 0) {
        *err = why;
        rc = -1;
    }
    return rc;
}

/* A crew takes training alone: the rest is for one process. */
static int run(struct work *w, struct worker_options *options,
               struct tt_error *err)
{
    struct reduce *group = NULL;
    int rc;

    if (options->reduce && reduce_open(&group, options->reduce, err) < 0)
        return -1;
    if (reduce_size(group) > 1) {
        w->engine.group = group;
        options->classes = job_kind_info(JOB_TRAIN)->lane;
        tt_log(TT_INFO, "process %d of %d", reduce_rank(group) + 1,
               reduce_size(group));
    }
    if (reduce_on_device(group) && strcmp(options->device, "cuda") == 0) {
        snprintf(w->card, sizeof(w->card), "cuda:%d", reduce_local_rank(group));
        options->device = w->card;
    }
    rc = reduce_rank(group) == 0 ? lead(w, err)
                                 : worker_crew_follow(&w->engine, err);
    reduce_close(group);
    return rc;
}

int worker_run(const struct worker_options *options, struct tt_error *err)
{
    static const struct timespec now = {0, 0};
    struct worker_options own = *options;
    struct work w = {.engine = {.options = &own}};
    sigset_t before, pending;
    int rc;

    if (check(&own, err) < 0)
        return -1;
    w.engine.threads = options->threads > 0 ? (int)options->threads
                                            : backend_threads_default();
    block_signals(&before);
    rc = run(&w, &own, err);
    sigemptyset(&pending);
    sigaddset(&pending, SIGPIPE);
    while (sigtimedwait(&pending, NULL, &now) >= 0)
        continue;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}
