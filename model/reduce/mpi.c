/* The engine of MPI, a plug-in. All waiting is done here rather than in MPI,
 * whose own waits keep a processor busy to the end: ours give way to whoever
 * computes on it, then sleep. */
#include <limits.h>
#include <mpi.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/plugin.h"
#include "model/reduce/engine.h"

#define TESTS_AT_ONCE 200      // then give way between them
#define YIELD_NS      1000000L // then sleep between them:
#define NAP_SHARE     8        // an eighth of the wait so far
#define NAP_MOST_NS   5000000L

/* Large sums go in pieces, so that a wait sees them move. */
#define PIECE  ((size_t)1 << 18) // values
#define PIECES 512               // under way

struct reduce_group {
    MPI_Comm comm;
    int begun;
    MPI_Request request[PIECES];
};

static int check(int code, const char *what, struct tt_error *err)
{
    char words[MPI_MAX_ERROR_STRING + 1] = "";
    int length;

    if (code == MPI_SUCCESS)
        return 0;
    MPI_Error_string(code, words, &length);
    return tt_fail(err, TT_UNAVAILABLE, "%s: %s", what, words);
}

static long since(const struct timespec *begin)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - begin->tv_sec) * 1000000000L + now.tv_nsec -
           begin->tv_nsec;
}

/* Let others have the processor while we wait. */
static void give_way(const struct timespec *begin)
{
    long waited = since(begin), nap = waited / NAP_SHARE;

    if (waited < YIELD_NS)
        sched_yield();
    else
        nanosleep(&(struct timespec){0, nap < NAP_MOST_NS ? nap : NAP_MOST_NS},
                  NULL);
}

/* Until n requests are done. A wait in which something comes to its end is not
 * long: naps would hold up the rest. */
static int settle(MPI_Request *request, int n, const char *what,
                  struct tt_error *err)
{
    int index[PIECES], ended = 0, left = n;
    struct timespec begin;

    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (long i = 0; left > 0; i++) {
        if (i >= TESTS_AT_ONCE)
            give_way(&begin);
        if (check(MPI_Testsome(n, request, &ended, index, MPI_STATUSES_IGNORE),
                  what, err) < 0)
            return -1;
        if (ended == MPI_UNDEFINED)
            break; // none was left
        if (ended > 0)
            clock_gettime(CLOCK_MONOTONIC, &begin);
        left -= ended;
    }
    return 0;
}

static int mpi_rank(const struct reduce_group *g)
{
    int rank = 0;

    MPI_Comm_rank(g->comm, &rank);
    return rank;
}

static int mpi_size(const struct reduce_group *g)
{
    int size = 1;

    MPI_Comm_size(g->comm, &size);
    return size;
}

static int mpi_local_rank(const struct reduce_group *g)
{
    MPI_Comm neighbours;
    int rank = 0;

    if (MPI_Comm_split_type(g->comm, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL,
                            &neighbours) != MPI_SUCCESS)
        return 0;
    MPI_Comm_rank(neighbours, &rank);
    MPI_Comm_free(&neighbours);
    return rank;
}

static int mpi_tell(struct reduce_group *g, int from, void *data, size_t size,
                    struct tt_error *err)
{
    MPI_Request request;

    if (size > INT_MAX)
        return tt_fail(err, TT_BUG, "%zu bytes are too many to tell", size);
    if (check(MPI_Ibcast(data, (int)size, MPI_BYTE, from, g->comm, &request),
              "telling", err) < 0)
        return -1;
    return settle(&request, 1, "telling", err);
}

static int mpi_sum(struct reduce_group *g, double *values, size_t count,
                   struct tt_error *err)
{
    MPI_Request request;

    if (count > INT_MAX)
        return tt_fail(err, TT_BUG, "%zu values are too many to add", count);
    if (check(MPI_Iallreduce(MPI_IN_PLACE, values, (int)count, MPI_DOUBLE,
                             MPI_SUM, g->comm, &request),
              "adding", err) < 0)
        return -1;
    return settle(&request, 1, "adding", err);
}

static int mpi_wait(struct reduce_group *g, struct tt_error *err)
{
    int n = g->begun;

    g->begun = 0;
    return settle(g->request, n, "adding gradients", err);
}

static int begin_piece(struct reduce_group *g, float *values, size_t count,
                       struct tt_error *err)
{
    if (g->begun == PIECES && mpi_wait(g, err) < 0)
        return -1;
    return check(MPI_Iallreduce(MPI_IN_PLACE, values, (int)count, MPI_FLOAT,
                                MPI_SUM, g->comm, &g->request[g->begun++]),
                 "adding gradients", err);
}

/* MPI moves what is under way only while it is called, hence the test. */
static int mpi_begin(struct reduce_group *g, float *values, size_t count,
                     struct tt_error *err)
{
    int index[PIECES], ended;

    for (size_t at = 0; at < count; at += PIECE) {
        size_t left = count - at;

        if (begin_piece(g, values + at, left < PIECE ? left : PIECE, err) < 0)
            return -1;
    }
    return check(
        MPI_Testsome(g->begun, g->request, &ended, index, MPI_STATUSES_IGNORE),
        "adding gradients", err);
}

static int mpi_meet(struct reduce_group *g, struct tt_error *err)
{
    MPI_Request request;

    if (check(MPI_Ibarrier(g->comm, &request), "meeting", err) < 0)
        return -1;
    return settle(&request, 1, "meeting", err);
}

static void mpi_abort(struct reduce_group *g)
{
    MPI_Abort(g->comm, tt_code_exit(TT_UNAVAILABLE));
}

static void mpi_close(struct reduce_group *g)
{
    MPI_Comm_free(&g->comm);
    MPI_Finalize();
    free(g);
}

/* Our own communicator, so that errors come back to us. */
static int mpi_open(struct reduce_group **out, const struct reduce_host *host,
                    struct tt_error *err)
{
    struct reduce_group *g = calloc(1, sizeof(*g));
    int level, rc;

    (void)host;
    *out = NULL;
    if (!g)
        return tt_fail(err, TT_NOMEM, "no memory for a group");
    rc = check(MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &level),
               "starting", err);
    if (rc == 0 && level < MPI_THREAD_SERIALIZED)
        rc = tt_fail(err, TT_UNAVAILABLE, "this MPI knows nothing of threads");
    if (rc == 0)
        rc = check(MPI_Comm_dup(MPI_COMM_WORLD, &g->comm), "starting", err);
    if (rc == 0)
        rc = check(MPI_Comm_set_errhandler(g->comm, MPI_ERRORS_RETURN),
                   "starting", err);
    if (rc < 0) {
        free(g);
        return -1;
    }
    *out = g;
    return 0;
}

static const struct reduce_engine engine = {
    .name = "mpi",
    .open = mpi_open,
    .rank = mpi_rank,
    .size = mpi_size,
    .local_rank = mpi_local_rank,
    .tell = mpi_tell,
    .sum = mpi_sum,
    .meet = mpi_meet,
    .abort = mpi_abort,
    .begin = mpi_begin,
    .wait = mpi_wait,
    .close = mpi_close,
};

TT_PLUGIN(REDUCE_KIND, engine);
