#include "shard/verify.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "shard/dataset.h"
#include "shard/reader.h"

/* What sRGB can reach, rounded outwards and with the offset of the record:
 * a* -86.2..98.2, b* -107.9..94.5. */
static const uint8_t least[SHARD_PLANES] = {0, 41, 19};
static const uint8_t most[SHARD_PLANES] = {255, 227, 223};

struct check {
    const struct shard_faults *to;
    const struct tt_watch *watch;
    uint64_t faults, done, total;
};

static void fault(struct check *c, const char *fmt, ...) TT_PRINTF(2, 3);

static void fault(struct check *c, const char *fmt, ...)
{
    char words[TT_ERROR_TEXT];
    va_list args;

    c->faults++;
    if (!c->to || !c->to->found)
        return;
    va_start(args, fmt);
    vsnprintf(words, sizeof(words), fmt, args);
    va_end(args);
    c->to->found(c->to->ctx, words);
}

static bool in_range(const uint8_t *record)
{
    for (int p = 0; p < SHARD_PLANES; p++)
        for (int i = 0; i < SHARD_PLANE; i++, record++)
            if (*record < least[p] || *record > most[p])
                return false;
    return true;
}

static int check_record(struct check *c, struct shard_reader *r,
                        const char *name, uint64_t i,
                        const struct tt_sha256 *digest, struct tt_error *err)
{
    uint8_t record[SHARD_RECORD];
    struct tt_sha256 sum;

    if (shard_reader_record(r, i, record, err) < 0) {
        fault(c, "%s: record %llu: %s", name, (unsigned long long)i, err->text);
        tt_clear(err);
        return 0;
    }
    if (tt_sha256(record, sizeof(record), &sum, err) < 0)
        return -1;
    if (!tt_sha256_same(&sum, digest))
        fault(c, "%s: record %llu: its bytes have changed", name,
              (unsigned long long)i);
    else if (!in_range(record))
        fault(c, "%s: record %llu: values outside Lab's range", name,
              (unsigned long long)i);
    return 0;
}

static int check_records(struct check *c, const char *folder,
                         const struct shard_file *file, struct tt_error *err)
{
    const struct tt_sha256 *records, *photos;
    struct shard_reader *r = NULL;
    const char *path;
    int rc = 0;

    if (shard_reader_open(&r, folder, file, err) < 0 ||
        shard_reader_digests(r, &records, &photos, err) < 0 ||
        (file->records && shard_reader_source(r, 0, &path, err) < 0)) {
        fault(c, "%s: %s", file->name, err->text);
        tt_clear(err);
        shard_reader_close(r);
        return 0;
    }
    for (uint64_t i = 0; rc == 0 && i < file->records; i++) {
        if (tt_watch_stop(c->watch))
            rc = tt_fail(err, TT_CANCEL, "interrupted");
        else
            rc = check_record(c, r, file->name, i, &records[i], err);
        tt_watch_progress(c->watch, ++c->done, c->total);
    }
    shard_reader_close(r);
    return rc;
}

static int check_file(struct check *c, const char *folder,
                      const struct shard_file *file, struct tt_error *err)
{
    char path[TT_PATH_SIZE];
    struct tt_sha256 sum;

    if (tt_path_join(path, sizeof(path), folder, file->name, err) < 0)
        return -1;
    if (tt_sha256_file(path, &sum, NULL, err) < 0) {
        fault(c, "%s", err->text);
        tt_clear(err);
        return 0;
    }
    /* HDF5 is not to be trusted with a damaged file: it is not opened */
    if (!tt_sha256_same(&sum, &file->sha256)) {
        fault(c, "%s: the file has changed since it was made", file->name);
        return 0;
    }
    return check_records(c, folder, file, err);
}

int shard_verify(const char *folder, const struct shard_faults *to,
                 const struct tt_watch *watch, uint64_t *faults,
                 struct tt_error *err)
{
    struct check c = {.to = to, .watch = watch};
    struct shard_dataset ds;
    int rc = 0;

    *faults = 0;
    if (shard_dataset_read(&ds, folder, err) < 0)
        return -1;
    for (int s = 0; s < SHARD_SPLITS; s++)
        c.total += shard_dataset_records(&ds, (enum shard_split)s);
    for (size_t i = 0; rc == 0 && i < ds.n_files; i++)
        rc = check_file(&c, folder, &ds.files[i], err);
    *faults = c.faults;
    shard_dataset_release(&ds);
    return rc;
}
