/**
 * split: to which part of a data set does a photo belong? All photos of one
 * person go to one part, and which one never changes: a hash of the person
 * decides, whatever else is in the set.
 *
 * Owns:    nothing.
 * Threads: any; pure functions.
 * Fails:   never.
 */
#ifndef INGEST_SPLIT_H
#define INGEST_SPLIT_H

#include <stddef.h>

#include "shard/format.h"

/** Shares of the persons; what is left over is for tests. */
struct ingest_split {
    double train, val; /* 0.8, 0.1 */
};

void ingest_split_init(struct ingest_split *split);

/** Who is on a photo, by its path, first rule that fits:
 *    NN/nm0000001_rm….jpg (IMDB)              the number nm0000001
 *    NN/17553700_1935-04-01_1986.jpg (Wikipedia)  the number 17553700
 *    set/person/….jpg, or deeper              the folder
 *    anything else                            the file itself
 *  Points into path; *len is the name's length. */
const char *ingest_split_person(const char *path, size_t *len);

enum shard_split ingest_split_of(const struct ingest_split *split,
                                 const char *path);

#endif
