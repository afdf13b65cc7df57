#include "ingest/ingest.h"

#include <stdlib.h>
#include <string.h>

#include "ingest/judge.h"

/* Behind "imdb:" or "wiki:", if that is how it begins. */
static const char *photo_of(const char *spec)
{
    bool named =
        strncmp(spec, "imdb:", 5) == 0 || strncmp(spec, "wiki:", 5) == 0;

    return named ? spec + 5 : spec;
}

int ingest_explain(const char *spec, const struct ingest_gate *gate,
                   struct ingest_finding *finding, struct image_facts *facts,
                   struct tt_error *err)
{
    const char *file = photo_of(spec);
    struct ingest_item *item = calloc(1, sizeof(*item));
    int rc = -1;

    if (!item)
        return tt_fail(err, TT_NOMEM, "%s: no memory for it", file);
    if (ingest_source_read(file, file, gate->max_bytes, &item->photo, err) < 0)
        goto out;
    if (item->photo.trouble == INGEST_DENIED) {
        tt_fail(err, TT_MISSING, "%s: cannot be read", file);
        goto out;
    }
    if (file != spec && ingest_source_face(file, &item->photo.face, err) < 0)
        goto out;
    if (ingest_judge_photo(item, gate, NULL, err) < 0)
        goto out;
    *finding = item->finding;
    *facts = item->facts;
    rc = 0;

out:
    ingest_photo_release(&item->photo);
    free(item);
    return rc;
}
