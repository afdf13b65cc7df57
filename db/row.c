#include "db/row.h"

#include <math.h>
#include <string.h>

void db_row_job(sqlite3_stmt *q, struct db_arena *mem, void *row)
{
    struct db_job *job = row;
    int col = 0;

    job->id = db_int(q, col++);
    job->kind = (enum job_kind)db_int(q, col++);
    job->state = (enum job_state)db_int(q, col++);
    job->name = db_text(q, col++, mem);
    job->owner = db_text(q, col++, mem);
    job->prio = (int)db_int(q, col++);
    job->weight = (int)db_int(q, col++);
    job->model = db_int(q, col++);
    job->dataset = db_int(q, col++);
    job->params = db_text(q, col++, mem);
    job->manifest = db_text(q, col++, mem);
    job->outdir = db_text(q, col++, mem);
    job->total = db_int(q, col++);
    job->cut = db_int(q, col++);
    job->open = db_int(q, col++);
    job->done = db_int(q, col++);
    job->skipped = db_int(q, col++);
    job->failed = db_int(q, col++);
    job->step = db_int(q, col++);
    job->steps = db_int(q, col++);
    job->bytes = db_int(q, col++);
    job->work_ms = db_int(q, col++);
    job->submitted = db_int(q, col++);
    job->started = db_int(q, col++);
    job->ended = db_int(q, col++);
    job->error = db_text(q, col++, mem);
    job->result = db_text(q, col++, mem);
}

/* As tt_path_join, into the arena and without a limit. */
static const char *join(struct db_arena *mem, const char *outdir,
                        const char *path)
{
    size_t folder, name;
    char *whole;

    if (!path || !outdir || path[0] == '/')
        return path;
    folder = strlen(outdir);
    name = strlen(path);
    while (folder > 0 && outdir[folder - 1] == '/')
        folder--;
    whole = db_arena_alloc(mem, folder + 1 + name + 1);
    if (!whole)
        return NULL;
    memcpy(whole, outdir, folder);
    whole[folder] = '/';
    memcpy(whole + folder + 1, path, name);
    return whole;
}

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

void db_row_photo(sqlite3_stmt *q, struct db_arena *mem, void *row)
{
    struct db_photo *p = row;
    const char *outdir = (const char *)sqlite3_column_text(q, 19);
    int col = 0;

    p->job = db_int(q, col++);
    p->index = db_int(q, col++);
    p->state = (enum photo_state)db_int(q, col++);
    p->reason = or_empty(db_text(q, col++, mem));
    p->message = or_empty(db_text(q, col++, mem));
    p->in = db_text(q, col++, mem);
    p->out = join(mem, outdir, db_text(q, col++, mem));
    p->has_in = db_sha(q, col++, &p->sha_in);
    p->has_out = db_sha(q, col++, &p->sha_out);
    p->width = (int)db_int(q, col++);
    p->height = (int)db_int(q, col++);
    p->bits = (int)db_int(q, col++);
    p->bytes = db_int(q, col++);
    p->ms = db_int(q, col++);
    p->flags = or_empty(db_text(q, col++, mem));
    p->chunk = db_int(q, col++);
    p->att = (int)db_int(q, col++);
    p->tries = (int)db_int(q, col++);
    p->ended = db_int(q, col++);
}

void db_row_run(sqlite3_stmt *q, struct db_arena *mem, void *row)
{
    struct db_run *r = row;
    int col = 0;

    r->id = db_int(q, col++);
    r->job = db_int(q, col++);
    r->name = db_text(q, col++, mem);
    r->state = (enum job_state)db_int(q, col++);
    r->params = db_text(q, col++, mem);
    r->dataset = db_int(q, col++);
    r->seed = db_int(q, col++);
    r->folder = db_text(q, col++, mem);
    r->preset = db_text(q, col++, mem);
    r->device = db_text(q, col++, mem);
    r->precision = db_text(q, col++, mem);
    r->step = db_int(q, col++);
    r->steps = db_int(q, col++);
    r->epoch = db_int(q, col++);
    r->epochs = db_int(q, col++);
    r->best_name = db_text(q, col++, mem);
    r->best = sqlite3_column_type(q, col) == SQLITE_NULL
                  ? (double)NAN
                  : sqlite3_column_double(q, col);
    col++;
    r->best_step = db_int(q, col++);
    r->checkpoint = db_text(q, col++, mem);
    r->has_sha256 = db_sha(q, col++, &r->sha256);
    r->model = db_int(q, col++);
    r->summary = db_text(q, col++, mem);
    r->created = db_int(q, col++);
    r->started = db_int(q, col++);
    r->ended = db_int(q, col++);
}

void db_row_model(sqlite3_stmt *q, struct db_arena *mem, void *row)
{
    struct db_model *m = row;
    int col = 0;

    m->id = db_int(q, col++);
    m->name = db_text(q, col++, mem);
    m->version = db_int(q, col++);
    db_sha(q, col++, &m->sha256);
    m->path = db_text(q, col++, mem);
    m->preset = db_text(q, col++, mem);
    m->parameters = db_int(q, col++);
    m->metrics = db_text(q, col++, mem);
    m->run = db_int(q, col++);
    m->created = db_int(q, col++);
    m->jobs = db_int(q, col++);
    m->current = db_int(q, col++);
}

void db_row_dataset(sqlite3_stmt *q, struct db_arena *mem, void *row)
{
    struct db_dataset *d = row;
    int col = 0;

    d->id = db_int(q, col++);
    d->name = db_text(q, col++, mem);
    d->path = db_text(q, col++, mem);
    d->job = db_int(q, col++);
    d->params = db_text(q, col++, mem);
    d->side = db_int(q, col++);
    d->seen = db_int(q, col++);
    d->records = db_int(q, col++);
    d->train = db_int(q, col++);
    d->val = db_int(q, col++);
    d->test = db_int(q, col++);
    d->refused = db_int(q, col++);
    d->bytes = db_int(q, col++);
    d->has_sha256 = db_sha(q, col++, &d->sha256);
    d->created = db_int(q, col++);
}

void db_row_worker(sqlite3_stmt *q, struct db_arena *mem, void *row)
{
    struct db_worker *w = row;
    int col = 0;

    w->id = db_int(q, col++);
    w->uid = db_text(q, col++, mem);
    w->host = db_text(q, col++, mem);
    w->pid = db_int(q, col++);
    w->caps = db_text(q, col++, mem);
    w->version = db_text(q, col++, mem);
    w->threads = db_int(q, col++);
    w->first_seen = db_int(q, col++);
    w->last_seen = db_int(q, col++);
    w->ended = db_int(q, col++);
    w->chunks = db_int(q, col++);
    w->photos = db_int(q, col++);
}
