#include "model/backend/corner.h"

#include <stddef.h>

/* Where tap u of three falls for phase a. */
static const int tap[2][3] = {{0, 1, 1}, {0, 0, 1}};

void backend_corner_kernels(const float *w, int co, int ci, float *k)
{
    size_t pairs = (size_t)co * (size_t)ci;

#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < pairs; i++)
        for (int a = 0; a < 2; a++) {
            float rows[2][3] = {{0}};

            for (int u = 0; u < 3; u++)
                for (int v = 0; v < 3; v++)
                    rows[tap[a][u]][v] += w[i * 9 + (size_t)(u * 3 + v)];
            for (int b = 0; b < 2; b++) {
                float *to = k + ((size_t)(a * 2 + b) * pairs + i) * 4;

                for (int p = 0; p < 2; p++) {
                    const float *r = rows[p];

                    to[p * 2] = b == 0 ? r[0] : r[0] + r[1];
                    to[p * 2 + 1] = b == 0 ? r[1] + r[2] : r[2];
                }
            }
        }
}

void backend_corner_gradient(const float *dk, int co, int ci, float *dw)
{
    size_t pairs = (size_t)co * (size_t)ci;

#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < pairs; i++)
        for (int u = 0; u < 3; u++)
            for (int v = 0; v < 3; v++) {
                float sum = 0;

                for (int a = 0; a < 2; a++)
                    for (int b = 0; b < 2; b++)
                        sum += dk[((size_t)(a * 2 + b) * pairs + i) * 4 +
                                  (size_t)(tap[a][u] * 2 + tap[b][v])];
                dw[i * 9 + (size_t)(u * 3 + v)] = sum;
            }
}
