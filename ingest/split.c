#include "ingest/split.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "base/file.h"

void ingest_split_init(struct ingest_split *split)
{
    *split = (struct ingest_split){.train = 0.8, .val = 0.1};
}

static size_t digits(const char *s)
{
    size_t n = 0;

    while (isdigit((unsigned char)s[n]))
        n++;
    return n;
}

/* nm0000001_rm3343756032_1899-5-10_1970.jpg: "nm0000001" */
static size_t imdb_person(const char *name)
{
    size_t n;

    if (strncmp(name, "nm", 2) != 0)
        return 0;
    n = digits(name + 2);
    if (n == 0 || strncmp(name + 2 + n, "_rm", 3) != 0)
        return 0;
    return n + 2;
}

/* 10000217_1981-05-05_2009.jpg, and oddities like 1994-11-18.: "10000217" */
static size_t wiki_person(const char *name)
{
    size_t n = digits(name);
    const char *at = name + n;

    if (n == 0 || at[0] != '_' || digits(at + 1) != 4 || at[5] != '-')
        return 0;
    at += 6;
    if (digits(at) == 0 || at[digits(at)] != '-')
        return 0;
    at += digits(at) + 1;
    at += digits(at);
    at += at[0] == '.';
    return at[0] == '_' && digits(at + 1) == 4 ? n : 0;
}

const char *ingest_split_person(const char *path, size_t *len)
{
    const char *name = tt_path_name(path);
    const char *first = strchr(path, '/');

    *len = imdb_person(name);
    if (*len == 0)
        *len = wiki_person(name);
    if (*len > 0)
        return name;
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
