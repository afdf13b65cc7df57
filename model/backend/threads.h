/**
 * threads: the OpenMP threads of a call: how many, and that they take denormal
 * numbers for zero (they cost up to thirty times as much on some processors).
 * Private to the backend.
 *
 * Threads: enter() and leave() on the thread that runs the program between.
 * Fails:   never.
 */
#ifndef BACKEND_THREADS_H
#define BACKEND_THREADS_H

struct backend_threads {
    int count;            /* as it was before */
    unsigned int control; /* the calling thread's, as it was before */
};

void backend_threads_enter(struct backend_threads *t, int threads);
void backend_threads_leave(const struct backend_threads *t);

#endif
