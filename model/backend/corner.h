/**
 * corner: the kernels of the corner form of nearest x2 + 3x3 (backend.h), from
 * the 3x3 kernels, and their gradient back. Private to the backend.
 *
 * With g_0 = (0, 1, 1) and g_1 = (0, 0, 1):
 *   K_ab[p][q] = sum of w[u][v] over g_a(u) = p, g_b(v) = q
 *   dw[u][v]   = sum over a, b of dK_ab[g_a(u)][g_b(v)]
 *
 * Threads: the calling thread's OpenMP threads.  Fails: never.
 */
#ifndef BACKEND_CORNER_H
#define BACKEND_CORNER_H

/** w: CO, CI, 3, 3 -> k: 2, 2, CO, CI, 2, 2. */
void backend_corner_kernels(const float *w, int co, int ci, float *k);

/** dk: 2, 2, CO, CI, 2, 2 -> dw: CO, CI, 3, 3. */
void backend_corner_gradient(const float *dk, int co, int ci, float *dw);

#endif
