#include "ingest/shards.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* One part of the data set: which shard is being filled, and how far. */
struct part {
    struct shard_writer *writer; /* NULL: none begun, or it is there already */
    uint64_t index;              /* of the next record in that shard */
    unsigned number;             /* of that shard */
    char name[SHARD_NAME_SIZE];
};

enum stage { IDLE, GIVEN, ENDED };

struct ingest_shards {
    struct ingest_shards_setup setup;
    struct part parts[SHARD_SPLITS];
    struct shard_file *files; /* in place */
    size_t n_files;
    pthread_t thread;
    bool started;

    pthread_mutex_t lock; /* over what follows */
    pthread_cond_t moved;
    enum stage stage;
    bool stop;
    struct shard_writer *writer; /* GIVEN */
    struct shard_file file;      /* ENDED */
    int rc;
    struct tt_error err;
};

/* --- the thread that ends shards --- */

static void *ender(void *arg)
{
    struct ingest_shards *s = arg;

    pthread_mutex_lock(&s->lock);
    for (;;) {
        while (s->stage != GIVEN && !s->stop)
            pthread_cond_wait(&s->moved, &s->lock);
        if (s->stage != GIVEN)
            break;
        pthread_mutex_unlock(&s->lock);
        s->rc = shard_writer_finish(s->writer, &s->file, &s->err);
        pthread_mutex_lock(&s->lock);
        s->writer = NULL;
        s->stage = ENDED;
        pthread_cond_signal(&s->moved);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

/* --- the one who adds --- */

static int take_file(struct ingest_shards *s, const struct shard_file *file,
                     struct tt_error *err)
{
    struct shard_file *grown =
        realloc(s->files, (s->n_files + 1) * sizeof(*grown));

    if (!grown)
        return tt_fail(err, TT_NOMEM, "no memory for the list of shards");
    s->files = grown;
    s->files[s->n_files++] = *file;
    return 0;
}

/* Has the thread ended a shard? wait: until it has none in hand. */
static int take_ended(struct ingest_shards *s, bool wait, struct tt_error *err)
{
    enum stage stage;

    pthread_mutex_lock(&s->lock);
    while (wait && s->stage == GIVEN)
        pthread_cond_wait(&s->moved, &s->lock);
    stage = s->stage;
    if (stage == ENDED)
        s->stage = IDLE;
    pthread_mutex_unlock(&s->lock);
    if (stage != ENDED)
        return 0;
    if (s->rc < 0) {
        *err = s->err;
        return -1;
    }
    if (ingest_journal_finished(s->setup.journal, &s->file, err) < 0)
        return -1;
    return take_file(s, &s->file, err);
}

static int give(struct ingest_shards *s, struct shard_writer *writer,
                struct tt_error *err)
{
    if (take_ended(s, true, err) < 0) {
        shard_writer_abandon(writer);
        return -1;
    }
    pthread_mutex_lock(&s->lock);
    s->writer = writer;
    s->stage = GIVEN;
    pthread_cond_signal(&s->moved);
    pthread_mutex_unlock(&s->lock);
    return 0;
}

static int begin_shard(struct ingest_shards *s, enum shard_split split,
                       struct tt_error *err)
{
    const struct ingest_shards_setup *setup = &s->setup;
    struct part *part = &s->parts[split];

    shard_writer_call(part->name, split, part->number);
    if (!setup->journal || ingest_journal_shard(setup->journal, part->name))
        return 0;
    return shard_writer_open(&part->writer, setup->folder, split, part->number,
                             err);
}

static int end_shard(struct ingest_shards *s, struct part *part,
                     struct tt_error *err)
{
    struct shard_writer *writer = part->writer;
    const struct shard_file *there;

    part->writer = NULL;
    part->number++;
    part->index = 0;
    if (writer)
        return give(s, writer, err);
    if (!s->setup.journal)
        return 0;
    there = ingest_journal_shard(s->setup.journal, part->name);
    return there ? take_file(s, there, err) : 0;
}

int ingest_shards_add(struct ingest_shards *s, enum shard_split split,
                      const uint8_t *record, const struct shard_origin *origin,
                      struct ingest_place *place, struct tt_error *err)
{
    struct part *part = &s->parts[split];

    if (s->setup.journal && take_ended(s, false, err) < 0)
        return -1;
    if (part->index == s->setup.records && end_shard(s, part, err) < 0)
        return -1;
    if (part->index == 0 && begin_shard(s, split, err) < 0)
        return -1;
    if (part->writer && shard_writer_add(part->writer, record, origin, err) < 0)
        return -1;
    place->shard = s->setup.journal ? part->name : NULL;
    place->index = part->index++;
    return 0;
}

static int by_name(const void *a, const void *b)
{
    const struct shard_file *x = a, *y = b;

    if (x->split != y->split)
        return x->split < y->split ? -1 : 1;
    return strcmp(x->name, y->name);
}

int ingest_shards_finish(struct ingest_shards *s, struct shard_file **files,
                         size_t *n, struct tt_error *err)
{
    for (int i = 0; i < SHARD_SPLITS; i++)
        if (s->parts[i].index > 0 && end_shard(s, &s->parts[i], err) < 0)
            return -1;
    if (s->setup.journal && take_ended(s, true, err) < 0)
        return -1;
    if (s->n_files)
        qsort(s->files, s->n_files, sizeof(*s->files), by_name);
    *files = s->files;
    *n = s->n_files;
    s->files = NULL;
    s->n_files = 0;
    return 0;
}

int ingest_shards_open(struct ingest_shards **out,
                       const struct ingest_shards_setup *setup,
                       struct tt_error *err)
{
    struct ingest_shards *s = calloc(1, sizeof(*s));

    *out = NULL;
    if (!s)
        return tt_fail(err, TT_NOMEM, "no memory for shards");
    s->setup = *setup;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->moved, NULL);
    if (setup->journal && pthread_create(&s->thread, NULL, ender, s)) {
        tt_fail(err, TT_NOMEM, "a thread cannot be started");
        ingest_shards_close(s);
        return -1;
    }
    s->started = setup->journal;
    *out = s;
    return 0;
}

void ingest_shards_close(struct ingest_shards *s)
{
    if (!s)
        return;
    if (s->started) {
        pthread_mutex_lock(&s->lock);
        s->stop = true;
        pthread_cond_signal(&s->moved);
        pthread_mutex_unlock(&s->lock);
        pthread_join(s->thread, NULL);
        /* an interrupted run need not do this one again */
        if (s->stage == ENDED && s->rc == 0)
            (void)!ingest_journal_finished(s->setup.journal, &s->file, &s->err);
    }
    for (int i = 0; i < SHARD_SPLITS; i++)
        shard_writer_abandon(s->parts[i].writer);
    pthread_cond_destroy(&s->moved);
    pthread_mutex_destroy(&s->lock);
    free(s->files);
    free(s);
}
