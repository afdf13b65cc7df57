#include "model/train/data.h"

#include <stdlib.h>

int train_data_load(struct train_data **out, struct shard_set *set,
                    enum shard_split split, uint64_t limit,
                    const struct tt_watch *watch, struct tt_error *err)
{
    size_t count = shard_set_count(set, split);
    struct train_data *d;

    *out = NULL;
    if (limit && limit < count)
        count = (size_t)limit;
    if (count == 0)
        return tt_fail(err, TT_INPUT, "the data set has no photo in split %s",
                       shard_split_word(split));
    d = calloc(1, sizeof(*d));
    if (!d || !(d->records = malloc(count * SHARD_RECORD))) {
        tt_fail(err, TT_NOMEM, "no memory for %zu photos", count);
        goto fail;
    }
    for (size_t i = 0; i < count; i++) {
        if (tt_watch_stop(watch)) {
            tt_fail(err, TT_CANCEL, "stopped while loading photos");
            goto fail;
        }
        if (shard_set_record(set, split, i, d->records + i * SHARD_RECORD,
                             err) < 0)
            goto fail;
        d->count++;
    }
    *out = d;
    return 0;

fail:
    train_data_free(d);
    return -1;
}

const uint8_t *train_data_record(const struct train_data *d, size_t index)
{
    return d->records + index * SHARD_RECORD;
}

void train_data_free(struct train_data *d)
{
    if (!d)
        return;
    free(d->records);
    free(d);
}
