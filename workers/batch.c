#include "workers/batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

int worker_batch_init(struct worker_batch *b, struct worker_chunk *chunk,
                      const struct worker_recipe *recipe, struct tt_error *err)
{
    size_t n = (size_t)chunk->payload.n;

    memset(b, 0, sizeof(*b));
    b->chunk = chunk;
    b->recipe = recipe;
    pthread_mutex_init(&b->lock, NULL);
    pthread_cond_init(&b->changed, NULL);
    b->rows = calloc(n, sizeof(*b->rows));
    b->ended = calloc(n, sizeof(*b->ended));
    if (b->rows && b->ended)
        return 0;
    worker_batch_release(b);
    return tt_fail(err, TT_NOMEM, "no memory for %zu photos", n);
}

void worker_batch_release(struct worker_batch *b)
{
    free(b->rows);
    free(b->ended);
    pthread_mutex_destroy(&b->lock);
    pthread_cond_destroy(&b->changed);
}

void worker_photo_drop_file(struct worker_photo *p)
{
    worker_bytes_release(&p->bytes);
    if (p->file_held)
        worker_budget_give(p->batch->files, p->file_held);
    p->file_held = 0;
}

void worker_photo_drop_codes(struct worker_photo *p)
{
    worker_decoded_release(&p->decoded);
    free(p->lightness);
    free(p->ab);
    p->lightness = p->ab = NULL;
    if (p->codes_held)
        worker_budget_give(p->batch->codes, p->codes_held);
    p->codes_held = 0;
}

struct image_marks worker_photo_marks(const struct worker_photo *p)
{
    return (struct image_marks){.system = "Tintype",
                                .version = p->made_by,
                                .source = tt_path_name(p->in)};
}

static void photo_free(struct worker_photo *p)
{
    if (!p)
        return;
    worker_photo_drop_file(p);
    worker_photo_drop_codes(p);
    if (p->temp_fd >= 0)
        close(p->temp_fd);
    if (p->temp && p->temp[0])
        unlink(p->temp);
    free(p->temp);
    free(p->in);
    free(p->out);
    free(p);
}

int worker_batch_begin(struct worker_batch *b, struct worker_photo **out,
                       const char *in, const char *out_path,
                       struct tt_error *err)
{
    struct worker_photo *p = calloc(1, sizeof(*p));

    *out = NULL;
    if (p) {
        p->batch = b;
        p->bytes.fd = p->temp_fd = -1;
        p->in = strdup(in);
        p->out = strdup(out_path);
    }
    if (!p || !p->in || !p->out) {
        photo_free(p);
        return tt_fail(err, TT_NOMEM, "no memory for a photo");
    }
    pthread_mutex_lock(&b->lock);
    p->row = &b->rows[b->n];
    p->row->index = b->chunk->payload.first + (int64_t)b->n;
    b->n++;
    b->pending++;
    pthread_mutex_unlock(&b->lock);
    *out = p;
    return 0;
}

/* The first photo without an outcome: what a crash would be blamed on. */
static int64_t cursor_of(const struct worker_batch *b)
{
    size_t i = 0;

    while (i < b->n && b->ended[i])
        i++;
    return b->chunk->payload.first + (int64_t)i;
}

void worker_photo_end(struct worker_photo *p, enum photo_state state,
                      const char *reason, const char *message)
{
    struct worker_batch *b = p->batch;
    struct job_photo *row = p->row;

    row->state = state;
    if (state != PHOTO_OK)
        row->bytes_out = 0;
    snprintf(row->reason, sizeof(row->reason), "%s", reason);
    tt_text_fit(row->message, sizeof(row->message), message);
    photo_free(p);
    pthread_mutex_lock(&b->lock);
    b->ended[row - b->rows] = true;
    b->n_ended++;
    worker_chunk_move(b->chunk, cursor_of(b), b->n_ended,
                      (uint64_t)b->chunk->payload.n);
    b->pending--;
    pthread_cond_broadcast(&b->changed);
    pthread_mutex_unlock(&b->lock);
}

void worker_photo_fail(struct worker_photo *p, const struct tt_error *why)
{
    struct worker_batch *b = p->batch;

    photo_free(p);
    pthread_mutex_lock(&b->lock);
    if (!b->failed)
        b->why = *why;
    b->failed = true;
    b->pending--;
    pthread_cond_broadcast(&b->changed);
    pthread_mutex_unlock(&b->lock);
}

bool worker_batch_failed(struct worker_batch *b)
{
    bool failed;

    pthread_mutex_lock(&b->lock);
    failed = b->failed;
    pthread_mutex_unlock(&b->lock);
    return failed;
}

void worker_batch_wait(struct worker_batch *b)
{
    pthread_mutex_lock(&b->lock);
    while (b->pending > 0)
        pthread_cond_wait(&b->changed, &b->lock);
    pthread_mutex_unlock(&b->lock);
}

void worker_batch_collect(struct worker_batch *b, struct job_result *result)
{
    size_t k = 0;

    for (size_t i = 0; i < b->n; i++) {
        if (b->ended[i])
            b->rows[k++] = b->rows[i];
    }
    result->photos = b->rows;
    result->n_photos = k;
    b->rows = NULL;
}
