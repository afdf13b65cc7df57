/**
 * child: the decoder child of tests is the test runner itself: called with
 * "decoder" it is one, before main begins.
 */
#ifndef TESTS_WORKERS_CHILD_H
#define TESTS_WORKERS_CHILD_H

/** Start libvips for this test; it ends with the process. */
void test_child_engine(void);

#endif
