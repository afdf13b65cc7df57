/**
 * reduce: what the processes of one training add up: each computes on its part
 * of every batch, and sums make one run of them.
 *
 * An engine does the talking, a plug-in that is opened when it is asked for:
 *   mpi    between processes of one host or many, as mpirun or srun starts them
 *   nccl   between GPUs: sums of the gradients, in the memory of the cards; its
 *          members are introduced by mpi, which carries all else
 *
 * Calls are collective: each process makes the same ones, in the same order,
 * with the same sizes. A sum has the same bits in every process, and in every
 * run with as many processes: its order depends on their number and on `count`
 * alone.
 *
 * NULL is a process alone, rank 0 of 1: every call is then a test of a pointer.
 *
 * Owns:    open() made it; close() says goodbye, NULL allowed.
 * Threads: one at a time; a sum under way belongs to the thread that began it.
 * Fails:   TT_MISSING, TT_UNAVAILABLE (no plug-in, no device, a member is
 *          gone). After that the group is of no use but to abort().
 */
#ifndef REDUCE_REDUCE_H
#define REDUCE_REDUCE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct reduce;

/** TT_MISSING or TT_UNAVAILABLE unless its plug-in is there. */
int reduce_check(const char *engine, struct tt_error *err) TT_MUST;

/** Join the group that this process was started in. engine: "mpi", "nccl". */
int reduce_open(struct reduce **out, const char *engine,
                struct tt_error *err) TT_MUST;

int reduce_rank(const struct reduce *r); /* 0: the one that leads */
int reduce_size(const struct reduce *r);
int reduce_local_rank(const struct reduce *r); /* among those of this host */

/** Whether sums are of memory of a GPU: then they go on a stream, else they are
 *  begun. */
bool reduce_on_device(const struct reduce *r);

/** Rank `from` tells, the others hear. A wait that gets long sleeps, so one may
 *  listen for hours. */
int reduce_tell(struct reduce *r, int from, void *data, size_t size,
                struct tt_error *err) TT_MUST;

/** values: their sums over all processes, in place, at once. */
int reduce_sum(struct reduce *r, double *values, size_t count,
               struct tt_error *err) TT_MUST;

/** The same, under way while the caller computes. values are there when it is
 *  called; hands off them until wait(), which ends all that was begun. */
int reduce_begin(struct reduce *r, float *values, size_t count,
                 struct tt_error *err) TT_MUST;
int reduce_wait(struct reduce *r, struct tt_error *err) TT_MUST;

/** The same in a GPU's memory, as the next thing that a CUDA stream does, or
 *  that a graph records of it. wait() then says whether a member is gone; it
 *  does not wait for the stream. */
int reduce_stream(struct reduce *r, float *values, size_t count, void *stream,
                  struct tt_error *err) TT_MUST;

/** Nobody goes on before all have come. */
int reduce_meet(struct reduce *r, struct tt_error *err) TT_MUST;

/** End all processes of the group, this one included: one that cannot go on
 *  would leave the others waiting for it. */
void reduce_abort(struct reduce *r) __attribute__((noreturn));

void reduce_close(struct reduce *r);

#endif
