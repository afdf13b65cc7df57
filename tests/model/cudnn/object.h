/**
 * object: the plug-in under test, and the driver that is none.
 */
#ifndef TESTS_MODEL_CUDNN_OBJECT_H
#define TESTS_MODEL_CUDNN_OBJECT_H

#include "model/backend/plug.h"

/** The plug-in of this build; skips the test if it has none. */
const struct backend_plug *object_open(void);

/** Put the null driver in the driver's place, in this process; skips the test
 *  where there is a real one. */
void object_null_driver(void);

#endif
