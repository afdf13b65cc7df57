/**
 * imdb_name: what the file names of IMDB-WIKI say, and the ages that follow.
 *
 *   NN/nm0000001_rm3343756032_1899-5-10_1970.jpg    IMDB: the person's number,
 *                                 the picture's, date of birth, year of photo
 *   NN/10000217_1981-05-05_2009.jpg     Wikipedia: the page's number, the rest
 *                                                                       alike
 *
 * Month and day may be 0 (not known), the year as well; one real name has a dot
 * behind the day. A page has one picture, a person on IMDB many.
 *
 * Owns:    nothing; what it finds points into the path.
 * Threads: any; pure functions.
 * Fails:   never: a name that is no such name is false.
 */
#ifndef INGEST_IMDB_NAME_H
#define INGEST_IMDB_NAME_H

#include <stdbool.h>
#include <stddef.h>

struct ingest_imdb_name {
    const char *person; /* "nm0000001" or "10000217", in path */
    size_t person_len;
    int year, month, day; /* of birth, as written */
    int taken;            /* the year of the photo */
};

/** Of the last part of path. False: another kind of name; *out is zero. */
bool ingest_imdb_name_parse(const char *path, struct ingest_imdb_name *out);

/** Year and month of a MATLAB serial date number: 1 is 1 January of year 0,
 *  719529 is 1 January 1970. Fractions are times of the day. */
void ingest_imdb_date(double datenum, int *year, int *month);

/** The age on the day that stands for the year of the photo, 1 July, as the
 *  set's page has it: one year less for those born in July or later. A month
 *  of 0 counts as January, as in MATLAB. */
int ingest_imdb_age(int year, int month, int taken);

#endif
