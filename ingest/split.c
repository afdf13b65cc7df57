#include "ingest/split.h"

#include <stdint.h>
#include <string.h>

#include "base/file.h"
#include "ingest/imdb_name.h"

void ingest_split_init(struct ingest_split *split)
{
    *split = (struct ingest_split){.train = 0.8, .val = 0.1};
}

const char *ingest_split_person(const char *path, size_t *len)
{
    const char *name = tt_path_name(path);
    const char *first = strchr(path, '/');
    struct ingest_imdb_name imdb;

    if (ingest_imdb_name_parse(path, &imdb)) {
        *len = imdb.person_len;
        return imdb.person;
    }
    if (first && first + 1 < name) /* a folder in a folder */
        *len = (size_t)(name - 1 - path);
    else
        *len = strlen(path);
    return path;
}

/* FNV-1a, then the finish of MurmurHash3, so that all bits depend on all
 * bytes. Part of the format: another hash would be another split. */
static uint64_t hash(const char *bytes, size_t len)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < len; i++)
        h = (h ^ (uint8_t)bytes[i]) * UINT64_C(0x100000001b3);
    h = (h ^ (h >> 33)) * UINT64_C(0xff51afd7ed558ccd);
    h = (h ^ (h >> 33)) * UINT64_C(0xc4ceb9fe1a85ec53);
    return h ^ (h >> 33);
}

enum shard_split ingest_split_of(const struct ingest_split *split,
                                 const char *path)
{
    size_t len;
    const char *person = ingest_split_person(path, &len);
    double at = (double)(hash(person, len) >> 11) / 9007199254740992.0;

    if (at < split->train)
        return SHARD_TRAIN;
    return at < split->train + split->val ? SHARD_VAL : SHARD_TEST;
}
