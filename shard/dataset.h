/**
 * dataset: dataset.json, the list of what a data set's folder holds. It is
 * written last, so that a data set is whole or absent.
 *
 * {"schema": "tintype-dataset", "version": 1, "records": {"train": n, …},
 *  "shards": [{"file", "split", "records", "bytes", "sha256"}, …],
 *  "made": {…}}            "made" belongs to whoever made it (ingest/ingest.h)
 *
 * Owns:    what read() filled; release() frees it.
 * Threads: any; one thread per struct.
 * Fails:   TT_MISSING, TT_FORMAT (damaged, newer), TT_OUTPUT, TT_IO, TT_NOMEM.
 */
#ifndef SHARD_DATASET_H
#define SHARD_DATASET_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/error.h"
#include "base/hash.h"
#include "shard/format.h"

#define SHARD_DATASET_FILE "dataset.json"
#define SHARD_NAME_SIZE    64

struct shard_file {
    char name[SHARD_NAME_SIZE]; /* in the data set's folder */
    enum shard_split split;
    uint64_t records;
    uint64_t bytes;
    struct tt_sha256 sha256; /* of the file */
};

/** As a member of "shards"; NULL if memory ran out. */
json_t *shard_file_to_json(const struct shard_file *file);
int shard_file_from_json(const json_t *item, struct shard_file *out,
                         struct tt_error *err) TT_MUST;

struct shard_dataset {
    struct shard_file *files;
    size_t n_files;
    json_t *made;            /* an object, or NULL */
    struct tt_sha256 sha256; /* of dataset.json: the data set's name */
};

/** Write dataset.json into folder, replacing an older one; ds->sha256 is
 *  filled. */
int shard_dataset_write(struct shard_dataset *ds, const char *folder,
                        struct tt_error *err) TT_MUST;

/** On -1 *out is empty. */
int shard_dataset_read(struct shard_dataset *out, const char *folder,
                       struct tt_error *err) TT_MUST;

/** Records in one split. */
uint64_t shard_dataset_records(const struct shard_dataset *ds,
                               enum shard_split split);

/** Frees what it points to; NULL and a zeroed struct are allowed. */
void shard_dataset_release(struct shard_dataset *ds);

#endif
