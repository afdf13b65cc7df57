#include "workers/evaluate_photos.h"

#include <stdlib.h>
#include <string.h>

#include "ingest/judge.h"
#include "ingest/source.h"

/* Whatever is a picture in colour counts, good or bad. */
static void open_gate(struct ingest_gate *gate)
{
    ingest_gate_init(gate);
    gate->min_side = 1;
    gate->max_aspect = 1e9;
    gate->blank = gate->dark = gate->blur = 0;
    gate->gray_c95 = 3;
    gate->tone_r90 = gate->tone_cr90 = 0;
    gate->near = false;
}

static int keep(struct worker_evaluate_photos *p, const uint8_t *record,
                struct tt_error *err)
{
    if (p->n == p->room) {
        size_t room = p->room ? 2 * p->room : 64;
        uint8_t *more = realloc(p->records, room * SHARD_RECORD);

        if (!more)
            return tt_fail(err, TT_NOMEM, "no memory for %zu photos", room);
        p->records = more;
        p->room = room;
    }
    memcpy(p->records + p->n++ * SHARD_RECORD, record, SHARD_RECORD);
    return 0;
}

static int load_all(struct worker_evaluate_photos *p, struct ingest_source *s,
                    struct ingest_item *item, const struct tt_watch *watch,
                    struct tt_error *err)
{
    struct ingest_gate gate;
    int rc;

    open_gate(&gate);
    while ((rc = ingest_source_next(s, gate.max_bytes, &item->photo, err)) >
           0) {
        rc = ingest_judge_photo(item, &gate, NULL, err);
        ingest_photo_release(&item->photo);
        if (rc < 0)
            return -1;
        p->verdicts[item->finding.verdict]++;
        if (item->finding.verdict == INGEST_KEPT &&
            keep(p, item->record, err) < 0)
            return -1;
        tt_watch_progress(watch, 0, 0);
        if (tt_watch_stop(watch))
            return tt_fail(err, TT_CANCEL, "stopped while reading photos");
    }
    return rc;
}

int worker_evaluate_photos_load(struct worker_evaluate_photos *p,
                                const char *source,
                                const struct tt_watch *watch,
                                struct tt_error *err)
{
    struct ingest_item *item = calloc(1, sizeof(*item));
    struct ingest_source *s;
    int rc;

    memset(p, 0, sizeof(*p));
    if (!item)
        return tt_fail(err, TT_NOMEM, "no memory for a photo");
    rc = ingest_source_open(&s, source, err);
    if (rc == 0)
        rc = load_all(p, s, item, watch, err);
    ingest_source_close(s);
    free(item);
    if (rc == 0 && p->n == 0)
        rc = tt_fail(err, TT_INPUT, "%s: no photo in colour", source);
    return rc;
}

void worker_evaluate_photos_release(struct worker_evaluate_photos *p)
{
    free(p->records);
    memset(p, 0, sizeof(*p));
}
