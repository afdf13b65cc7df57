#include "shard/read.h"

#include <stdlib.h>
#include <string.h>

#include "shard/dataset.h"
#include "shard/reader.h"

struct shard_set {
    struct shard_dataset dataset;
    struct shard_reader **readers; /* as dataset.files */
};

int shard_set_open(struct shard_set **out, const char *folder,
                   struct tt_error *err)
{
    struct shard_set *set;

    *out = NULL;
    set = calloc(1, sizeof(*set));
    if (!set)
        return tt_fail(err, TT_NOMEM, "%s: no memory to open it", folder);
    if (shard_dataset_read(&set->dataset, folder, err) < 0)
        goto fail;
    set->readers = calloc(set->dataset.n_files + 1, sizeof(void *));
    if (!set->readers) {
        tt_fail(err, TT_NOMEM, "%s: no memory to open it", folder);
        goto fail;
    }
    /* all of them now, so that a training run does not end on the last one */
    for (size_t i = 0; i < set->dataset.n_files; i++)
        if (shard_reader_open(&set->readers[i], folder, &set->dataset.files[i],
                              err) < 0)
            goto fail;
    *out = set;
    return 0;

fail:
    shard_set_close(set);
    return -1;
}

size_t shard_set_count(const struct shard_set *set, enum shard_split split)
{
    return (size_t)shard_dataset_records(&set->dataset, split);
}

/* Which shard holds the index-th record of a split; *index becomes its own. */
static struct shard_reader *find(struct shard_set *set, enum shard_split split,
                                 size_t *index, struct tt_error *err)
{
    size_t left = *index;

    for (size_t i = 0; i < set->dataset.n_files; i++) {
        const struct shard_file *file = &set->dataset.files[i];

        if (file->split != split)
            continue;
        if (left < file->records) {
            *index = left;
            return set->readers[i];
        }
        left -= (size_t)file->records;
    }
    tt_fail(err, TT_BUG, "no record %zu of %s", *index,
            shard_split_word(split));
    return NULL;
}

int shard_set_record(struct shard_set *set, enum shard_split split,
                     size_t index, uint8_t *record, struct tt_error *err)
{
    struct shard_reader *r = find(set, split, &index, err);

    return r ? shard_reader_record(r, index, record, err) : -1;
}

int shard_set_source(struct shard_set *set, enum shard_split split,
                     size_t index, const char **path, struct tt_error *err)
{
    struct shard_reader *r = find(set, split, &index, err);

    return r ? shard_reader_source(r, index, path, err) : -1;
}

void shard_set_close(struct shard_set *set)
{
    if (!set)
        return;
    for (size_t i = 0; set->readers && i < set->dataset.n_files; i++)
        shard_reader_close(set->readers[i]);
    free(set->readers);
    shard_dataset_release(&set->dataset);
    free(set);
}
