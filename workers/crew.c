#include "workers/crew.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

/* A call is a text and its length before it; no length: go home. */
static int say(struct reduce *group, char *text, size_t length,
               struct tt_error *err)
{
    if (reduce_tell(group, 0, &length, sizeof(length), err) < 0)
        return -1;
    return length ? reduce_tell(group, 0, text, length, err) : 0;
}

int worker_crew_call(struct reduce *group, const json_t *header,
                     struct tt_error *err)
{
    char *text;
    int rc;

    if (!group)
        return 0;
    text = json_dumps(header, JSON_COMPACT);
    if (!text)
        return tt_fail(err, TT_NOMEM, "no memory for a call");
    rc = say(group, text, strlen(text), err);
    free(text);
    return rc;
}

int worker_crew_dismiss(struct reduce *group, struct tt_error *err)
{
    return group ? say(group, NULL, 0, err) : 0;
}

/* Wait for the next call: 1, or 0: dismissed. */
static int hear(struct reduce *group, json_t **header, struct tt_error *err)
{
    size_t length = 0;
    char *text;
    int rc;

    *header = NULL;
    if (reduce_tell(group, 0, &length, sizeof(length), err) < 0)
        return -1;
    if (length == 0)
        return 0;
    text = malloc(length);
    if (!text)
        return tt_fail(err, TT_NOMEM, "no memory for a call");
    rc = reduce_tell(group, 0, text, length, err);
    if (rc == 0)
        *header = json_loadb(text, length, 0, NULL);
    free(text);
    if (rc < 0)
        return -1;
    return *header ? 1 : tt_fail(err, TT_FORMAT, "a call that is no JSON");
}

int worker_crew_follow(struct worker_engine *engine, struct tt_error *err)
{
    struct tt_error why;
    json_t *header;
    int rc;

    while ((rc = hear(engine->group, &header, err)) == 1) {
        if (worker_run_train_follow(engine, header, &why) < 0)
            tt_log(why.code == TT_CANCEL ? TT_INFO : TT_WARN, "%s", why.text);
        json_decref(header);
    }
    return rc;
}
