/**
 * choice: which model? What was asked for, else TINTYPE_MODEL, else the one
 * that `model use` chose, else the one that ships with the program. Its file is
 * read before any work starts, so that a damaged one stops nothing half way.
 *
 * What may be asked: a checkpoint file, "m2", a name ("portrait",
 * "portrait-1"), hex digits of its SHA-256, "@current", "@last"; a run ("r1",
 * "@best") means the best checkpoint of that run.
 *
 * Owns:    the struct holds its texts; cli_choice_release.
 * Threads: one.
 * Fails:   TT_MISSING, TT_FORMAT (damaged, newer, or changed since it was
 *          recorded), TT_IO, TT_NOMEM.
 */
#ifndef CLI_CHOICE_H
#define CLI_CHOICE_H

#include <jansson.h>

#include "base/file.h"
#include "base/hash.h"
#include "cli/record.h"

struct cli_choice {
    char name[128];          /* "portrait" */
    long version;            /* 1; 0: not said */
    char path[TT_PATH_SIZE]; /* absolute */
    struct tt_sha256 sha256; /* of the file */
    char preset[16];
    long parameters;
    int side;         /* that it was trained for */
    json_t *about;    /* what the checkpoint says of itself, or NULL */
    int64_t model;    /* its row in the record, 0: none yet */
    int64_t dataset;  /* that its run was trained on, 0: not known */
    char source[160]; /* why this one: "--model", "in use", "shipped" … */
};

/** r->db may be NULL. asked may be NULL. */
int cli_choice_make(struct cli_choice *c, struct cli_record *r,
                    const struct cli_settings *s, const char *asked,
                    struct tt_error *err) TT_MUST;

/** The member "model" of a manifest's header; NULL if memory ran out. */
json_t *cli_choice_json(const struct cli_choice *c);

/** The checkpoint that ships, beside the program or in the checkout; TT_MISSING
 *  if there is none. Not read. */
int cli_choice_shipped(char path[TT_PATH_SIZE], struct tt_error *err) TT_MUST;

/** Zeroed structs are allowed. */
void cli_choice_release(struct cli_choice *c);

#endif
