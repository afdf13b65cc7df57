#include "ingest/known.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/file.h"
#include "shard/reader.h"

#define LINE_BYTES 16384 /* a line has a path and little more */

/* A shard, opened when its first record is asked for. */
struct shard {
    struct shard_file file;
    struct shard_reader *reader;
    bool broken;
};

/* A report and its shards. */
struct book {
    char folder[TT_PATH_SIZE];
    int report;
    struct shard *shards;
    size_t n_shards;
};

/* Where the line of a photo stands. */
struct entry {
    uint64_t key; /* the first bytes of the photo's digest */
    uint32_t book;
    uint32_t size;
    off_t at;
};

struct ingest_known {
    struct book *books;
    size_t n_books;
    struct entry *entries; /* sorted by key */
    size_t n_entries, room;
    pthread_rwlock_t all;    /* add() alone, or find() and find() */
    pthread_mutex_t readers; /* of shards: one find() at a time */
};

int ingest_known_new(struct ingest_known **out, struct tt_error *err)
{
    struct ingest_known *k = calloc(1, sizeof(*k));

    *out = k;
    if (!k)
        return tt_fail(err, TT_NOMEM, "no memory for what was judged before");
    pthread_rwlock_init(&k->all, NULL);
    pthread_mutex_init(&k->readers, NULL);
    return 0;
}

static uint64_t key_of(const struct tt_sha256 *h)
{
    uint64_t key;

    memcpy(&key, h->bytes, sizeof(key));
    return key;
}

static const char *text(const json_t *o, const char *name)
{
    const char *value = json_string_value(json_object_get(o, name));

    return value ? value : "";
}

static double number(const json_t *o, const char *name)
{
    return json_number_value(json_object_get(o, name));
}

/* Does a verdict follow from the photo's bytes and the rules alone? */
static bool by_content(enum ingest_verdict v)
{
    return v <= INGEST_DARK || (v > INGEST_AGE_INSANE && v < INGEST_DUPLICATE);
}

static int read_line(const json_t *o, struct tt_sha256 *sha256,
                     struct ingest_finding *f)
{
    struct tt_error err;

    *f = (struct ingest_finding){INGEST_KEPT, number(o, "value"),
                                 number(o, "threshold")};
    if (ingest_verdict_parse(text(o, "verdict"), &f->verdict) < 0 ||
        !by_content(f->verdict) ||
        tt_sha256_parse(text(o, "sha256"), sha256, &err) < 0)
        return -1;
    return 0;
}

/* --- learning --- */

static int add_entry(struct ingest_known *k, const struct entry *e,
                     struct tt_error *err)
{
    if (k->n_entries == k->room) {
        size_t room = k->room ? k->room * 2 : 1024;
        struct entry *grown = realloc(k->entries, room * sizeof(*grown));

        if (!grown)
            return tt_fail(err, TT_NOMEM,
                           "no memory for what was judged before");
        k->entries = grown;
        k->room = room;
    }
    k->entries[k->n_entries++] = *e;
    return 0;
}

static int learn_lines(struct ingest_known *k, FILE *f, struct tt_error *err)
{
    struct entry e = {.book = (uint32_t)(k->n_books - 1)};
    struct ingest_finding finding;
    struct tt_sha256 sha256;
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    int rc = 0;

    while (rc == 0 && (len = getline(&line, &room, f)) > 0) {
        json_t *o = json_loadb(line, (size_t)len, 0, NULL);

        if (o && len < LINE_BYTES && line[len - 1] == '\n' &&
            read_line(o, &sha256, &finding) == 0) {
            e.key = key_of(&sha256);
            e.size = (uint32_t)len;
            rc = add_entry(k, &e, err);
        }
        e.at += len;
        json_decref(o);
    }
    free(line);
    return rc;
}

static int by_key(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;

    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return 0;
}

static int take_shards(struct book *b, const struct shard_file *shards,
                       size_t n, struct tt_error *err)
{
    b->shards = calloc(n + 1, sizeof(*b->shards));
    if (!b->shards)
        return tt_fail(err, TT_NOMEM, "no memory for a list of shards");
    for (; b->n_shards < n; b->n_shards++)
        b->shards[b->n_shards].file = shards[b->n_shards];
    return 0;
}

static int add(struct ingest_known *k, const char *folder, const char *report,
               const struct shard_file *shards, size_t n_shards,
               struct tt_error *err)
{
    char path[TT_PATH_SIZE];
    struct book *b = realloc(k->books, (k->n_books + 1) * sizeof(*k->books));
    FILE *f;
    int rc;

    if (!b)
        return tt_fail(err, TT_NOMEM, "no memory for a report");
    k->books = b;
    b += k->n_books;
    memset(b, 0, sizeof(*b));
    if (tt_path_join(b->folder, sizeof(b->folder), folder, "", err) < 0 ||
        tt_path_join(path, sizeof(path), folder, report, err) < 0)
        return -1;
    f = fopen(path, "re");
    if (!f)
        return errno == ENOENT ? 0 : tt_fail_errno(err, TT_IO, "%s", path);
    b->report = open(path, O_RDONLY | O_CLOEXEC);
    k->n_books++;
    rc = b->report < 0 ? tt_fail_errno(err, TT_IO, "%s", path) : 0;
    if (rc == 0)
        rc = take_shards(b, shards, n_shards, err);
    if (rc == 0)
        rc = learn_lines(k, f, err);
    fclose(f);
    if (k->n_entries)
        qsort(k->entries, k->n_entries, sizeof(*k->entries), by_key);
    return rc;
}

int ingest_known_add(struct ingest_known *k, const char *folder,
                     const char *report, const struct shard_file *shards,
                     size_t n_shards, struct tt_error *err)
{
    int rc;

    pthread_rwlock_wrlock(&k->all);
    rc = add(k, folder, report, shards, n_shards, err);
    pthread_rwlock_unlock(&k->all);
    return rc;
}

/* --- finding --- */

/* The record of a photo, if the shard still holds it. */
static bool read_record(struct book *b, const json_t *line,
                        struct ingest_item *item)
{
    uint64_t at = (uint64_t)number(line, "index");
    const struct tt_sha256 *records, *photos;
    struct shard *s = NULL;
    struct tt_error err;

    for (size_t i = 0; i < b->n_shards && !s; i++)
        if (strcmp(b->shards[i].file.name, text(line, "shard")) == 0)
            s = &b->shards[i];
    if (!s || s->broken)
        return false;
    if (!s->reader)
        s->broken =
            shard_reader_open(&s->reader, b->folder, &s->file, &err) < 0;
    if (s->broken ||
        shard_reader_digests(s->reader, &records, &photos, &err) < 0 ||
        at >= shard_reader_count(s->reader) ||
        memcmp(&photos[at], &item->sha256, sizeof(*photos)) != 0)
        return false;
    return shard_reader_record(s->reader, at, item->record, &err) == 0;
}

/* What metadata say comes behind the light and before the colour. */
static struct ingest_finding with_face(struct ingest_finding f,
                                       const struct ingest_item *item,
                                       const struct ingest_gate *gate)
{
    struct ingest_finding face;

    if (f.verdict != INGEST_KEPT && f.verdict <= INGEST_DARK)
        return f;
    face = ingest_face_judge(&item->photo.face, gate);
    return face.verdict != INGEST_KEPT ? face : f;
}

static bool take_line(struct ingest_known *k, const struct entry *e,
                      struct ingest_item *item, const struct ingest_gate *gate)
{
    struct book *b = &k->books[e->book];
    struct ingest_finding f;
    struct tt_sha256 sha256;
    char line[LINE_BYTES];
    json_t *o = NULL;
    bool good;

    if (pread(b->report, line, e->size, e->at) == (ssize_t)e->size)
        o = json_loadb(line, e->size, 0, NULL);
    good = o && read_line(o, &sha256, &f) == 0 &&
           memcmp(&sha256, &item->sha256, sizeof(sha256)) == 0;
    if (good)
        item->finding = with_face(f, item, gate);
    if (good && item->finding.verdict == INGEST_KEPT) {
        pthread_mutex_lock(&k->readers);
        good = read_record(b, o, item);
        pthread_mutex_unlock(&k->readers);
    }
    if (good) {
        item->facts.width = (int)number(o, "width");
        item->facts.height = (int)number(o, "height");
        snprintf(item->detail, sizeof(item->detail), "%s", text(o, "detail"));
    }
    json_decref(o);
    return good;
}

static bool find(struct ingest_known *k, struct ingest_item *item,
                 const struct ingest_gate *gate)
{
    uint64_t key = key_of(&item->sha256);
    size_t low = 0, high = k->n_entries;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (k->entries[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < k->n_entries && k->entries[low].key == key; low++)
        if (take_line(k, &k->entries[low], item, gate))
            return true;
    return false;
}

bool ingest_known_find(struct ingest_known *k, struct ingest_item *item,
                       const struct ingest_gate *gate)
{
    bool found;

    pthread_rwlock_rdlock(&k->all);
    found = find(k, item, gate);
    pthread_rwlock_unlock(&k->all);
    return found;
}

void ingest_known_free(struct ingest_known *k)
{
    if (!k)
        return;
    for (size_t i = 0; i < k->n_books; i++) {
        struct book *b = &k->books[i];

        for (size_t s = 0; s < b->n_shards; s++)
            shard_reader_close(b->shards[s].reader);
        free(b->shards);
        if (b->report >= 0)
            close(b->report);
    }
    pthread_mutex_destroy(&k->readers);
    pthread_rwlock_destroy(&k->all);
    free(k->books);
    free(k->entries);
    free(k);
}
