/**
 * watch: what a long task is given, so that it can say how far it is and be
 * told to stop. The task calls; whoever started it supplies the functions.
 *
 * Threads: both functions may be called from any thread of the task.
 */
#ifndef BASE_WATCH_H
#define BASE_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tt_watch {
    void *ctx;
    /** True: finish what is in hand and return TT_CANCEL. NULL: never. */
    bool (*stop)(void *ctx);
    /** done of total units; total 0 means not known yet. NULL: nobody asks. */
    void (*progress)(void *ctx, uint64_t done, uint64_t total);
};

static inline bool tt_watch_stop(const struct tt_watch *w)
{
    return w && w->stop && w->stop(w->ctx);
}

static inline void tt_watch_progress(const struct tt_watch *w, uint64_t done,
                                     uint64_t total)
{
    if (w && w->progress)
        w->progress(w->ctx, done, total);
}

#endif
