/**
 * face: what a set's metadata say of the face on a photo, and whether that
 * makes it unfit to learn from. The rules speak only where the metadata do.
 *
 * Owns:    nothing.
 * Threads: any; pure functions.
 * Fails:   never.
 */
#ifndef INGEST_FACE_H
#define INGEST_FACE_H

#include <stdbool.h>
#include <stdint.h>

#include "ingest/verdict.h"

enum ingest_face_says {
    INGEST_FACE_SCORE = 1,
    INGEST_FACE_SECOND = 2,
    INGEST_FACE_AGE = 4
};

/** All zero: nothing is said. */
struct ingest_face {
    double score;  /* of the detector: more is better; -Inf: no face */
    double second; /* of the next face */
    int age;       /* in years, as ingest_imdb_age has it */
    unsigned says; /* which of these, of enum ingest_face_says */
};

/** The first rule that refuses it, else INGEST_KEPT. */
struct ingest_finding ingest_face_judge(const struct ingest_face *face,
                                        const struct ingest_gate *gate);

/** Each rule by itself: counts[v] is one more if rule v would refuse it, and
 *  counts[INGEST_KEPT] if none would. */
void ingest_face_count(const struct ingest_face *face,
                       const struct ingest_gate *gate,
                       uint64_t counts[INGEST_VERDICT_COUNT]);

#endif
