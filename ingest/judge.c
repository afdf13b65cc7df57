#include "ingest/judge.h"

#include <stdio.h>
#include <string.h>

#include "image/lab.h"
#include "image/load.h"
#include "image/resize.h"
#include "ingest/known.h"

/* The whole photo in a square: what the network is shown when it colours. */
static int make_record(const struct image_small *small, uint8_t *record,
                       struct tt_error *err)
{
    uint8_t rgb[SHARD_RECORD];

    if (image_resize_rgb8(small, NULL, SHARD_SIDE, SHARD_SIDE, rgb, err) < 0)
        return -1;
    image_lab_record(rgb, SHARD_PLANE, record, record + SHARD_PLANE,
                     record + 2 * SHARD_PLANE);
    return 0;
}

/* What stands there without having been looked at. */
static bool judge_unread(struct ingest_item *item,
                         const struct ingest_gate *gate)
{
    const struct ingest_photo *photo = &item->photo;

    if (photo->bytes)
        return false;
    item->finding = ingest_face_judge(&photo->face, gate);
    if (item->finding.verdict != INGEST_KEPT)
        return true; /* for that no photo is needed */
    item->finding = (struct ingest_finding){.verdict = INGEST_UNREADABLE};
    if (photo->trouble == INGEST_HUGE)
        item->finding = (struct ingest_finding){
            INGEST_TOO_LARGE, (double)photo->size, (double)gate->max_bytes};
    snprintf(item->detail, sizeof(item->detail), "%s",
             photo->trouble == INGEST_HUGE ? "more bytes than allowed"
                                           : "the file cannot be read");
    return true;
}

/* Decode it, and judge by what is to be seen. */
static int look(struct ingest_item *item, const struct ingest_gate *gate,
                struct tt_error *err)
{
    struct image_limits limits;
    struct image_small small;
    enum image_reason reason;
    struct tt_error why;
    int rc = 0;

    image_limits_init(&limits);
    limits.max_pixels = gate->max_pixels;
    limits.max_whole = gate->max_whole;
    if (image_load_small(item->photo.bytes, item->photo.size, &limits,
                         SHARD_SIDE, &small, &item->facts, &reason, &why) < 0) {
        if (reason == IMAGE_NO_MEMORY)
            return tt_fail(err, TT_NOMEM, "%s: %s", item->photo.path, why.text);
        snprintf(item->detail, sizeof(item->detail), "%.*s",
                 (int)sizeof(item->detail) - 1, why.text);
        item->finding =
            ingest_judge(reason, &item->facts, &item->photo.face, gate);
        return 0;
    }
    item->finding =
        ingest_judge(IMAGE_FINE, &item->facts, &item->photo.face, gate);
    if (item->finding.verdict == INGEST_KEPT)
        rc = make_record(&small, item->record, err);
    image_small_release(&small);
    return rc;
}

int ingest_judge_photo(struct ingest_item *item, const struct ingest_gate *gate,
                       struct ingest_known *known, struct tt_error *err)
{
    memset(&item->facts, 0, sizeof(item->facts));
    memset(&item->sha256, 0, sizeof(item->sha256));
    item->detail[0] = '\0';
    if (judge_unread(item, gate))
        return 0;
    if (tt_sha256(item->photo.bytes, item->photo.size, &item->sha256, err) < 0)
        return -1;
    if (!(known && ingest_known_find(known, item, gate)) &&
        look(item, gate, err) < 0)
        return -1;
    if (item->finding.verdict != INGEST_KEPT)
        return 0;
    if (gate->near)
        ingest_sketch_draw(&item->sketch, item->record);
    return tt_sha256(item->record, SHARD_RECORD, &item->record_sha256, err);
}
