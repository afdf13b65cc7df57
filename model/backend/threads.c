#include "model/backend/threads.h"

#ifdef _OPENMP
#include <omp.h>
#endif
#ifdef __SSE__
#include <immintrin.h>
#define FLUSH_DENORMALS 0x8040 // FTZ and DAZ
#endif

static void flush_denormals(void)
{
#ifdef __SSE__
    _mm_setcsr(_mm_getcsr() | FLUSH_DENORMALS);
#endif
}

void backend_threads_enter(struct backend_threads *t, int threads)
{
    t->count = 1;
    t->control = 0;
#ifdef __SSE__
    t->control = _mm_getcsr();
#endif
#ifdef _OPENMP
    t->count = omp_get_max_threads();
    omp_set_num_threads(threads);
#pragma omp parallel num_threads(threads)
#else
    (void)threads;
#endif
    flush_denormals();
}

void backend_threads_leave(const struct backend_threads *t)
{
#ifdef _OPENMP
    omp_set_num_threads(t->count);
#endif
#ifdef __SSE__
    _mm_setcsr(t->control);
#endif
}
