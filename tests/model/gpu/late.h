/**
 * late: the engine of plain loops as a card may run: nothing happens before
 * somebody waits for it, and what is sent comes at once or at the last moment.
 * What overwrites memory that is still to be read gives other bits here.
 */
#ifndef TESTS_MODEL_GPU_LATE_H
#define TESTS_MODEL_GPU_LATE_H

#include "model/backend/backend.h"

extern const struct backend_ops late_backend; /* sent at the last moment */
extern const struct backend_ops late_eager_backend; /* sent at once */

#endif
