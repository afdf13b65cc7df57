/**
 * group: a test whose body runs in several processes at once, under mpirun.
 *
 *   TEST(two_processes_do_this)
 *   {
 *       struct reduce *r = group_join("two_processes_do_this", 2);
 *       …
 *       reduce_close(r);
 *   }
 *
 * Where MPI or its plug-in is not there, the test is skipped, aloud.
 */
#ifndef TESTS_MODEL_REDUCE_GROUP_H
#define TESTS_MODEL_REDUCE_GROUP_H

#include "model/reduce/reduce.h"

/** Called in a test of that name, which no other's contains. In the runner it
 *  starts mpirun, waits, and leaves the test; in each of the n processes it
 *  returns. */
void group_enter(const char *test, int n);

/** The same, and the processes are a group. */
struct reduce *group_join(const char *test, int n);

#endif
