#include "ingest/ingest.h"

#include <stdlib.h>
#include <string.h>

#include "ingest/judge.h"

int ingest_explain(const char *path, const struct ingest_gate *gate,
                   struct ingest_finding *finding, struct image_facts *facts,
                   struct tt_error *err)
{
    struct ingest_item *item = calloc(1, sizeof(*item));
    int rc = -1;

    if (!item)
        return tt_fail(err, TT_NOMEM, "%s: no memory for it", path);
    if (ingest_source_read(path, path, gate->max_bytes, &item->photo, err) < 0)
        goto out;
    if (item->photo.trouble == INGEST_DENIED) {
        tt_fail(err, TT_MISSING, "%s: cannot be read", path);
        goto out;
    }
    if (ingest_judge_photo(item, gate, err) < 0)
        goto out;
    *finding = item->finding;
    *facts = item->facts;
    rc = 0;

out:
    ingest_photo_release(&item->photo);
    free(item);
    return rc;
}
