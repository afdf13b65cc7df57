#include "tests/check.h"

#include <stddef.h>

#include "job/kind.h"
#include "job/state.h"

TEST(job_states_that_ended_stay_ended_but_for_retry)
{
    for (int to = 1; to < JOB_STATES; to++) {
        CHECK(!job_state_may(JOB_DONE, (enum job_state)to));
        CHECK(!job_state_may(JOB_CANCELLED, (enum job_state)to));
        CHECK(job_state_may(JOB_PARTIAL, (enum job_state)to) ==
              (to == JOB_RUNNING));
    }
    for (int to = 1; to < CHUNK_STATES; to++) {
        CHECK(!chunk_state_may(CHUNK_DONE, (enum chunk_state)to));
        CHECK(!chunk_state_may(CHUNK_SPLIT, (enum chunk_state)to));
    }
}

TEST(job_words_lead_back_to_their_states)
{
    for (int s = 1; s < JOB_STATES; s++)
        CHECK_INT(job_state_from(job_state_word((enum job_state)s)), s);
    for (int s = 1; s < PHOTO_STATES; s++)
        CHECK_INT(photo_state_from(photo_state_word((enum photo_state)s)), s);
    for (int k = 1; k < JOB_KINDS; k++)
        CHECK_INT(job_kind_from(job_kind_info(k)->word), k);
    CHECK_INT(job_state_from("lost"), 0);
    CHECK_STR(job_state_word((enum job_state)99), "?");
    CHECK(!job_kind_info(0));
    CHECK(!job_kind_info(99));
}
