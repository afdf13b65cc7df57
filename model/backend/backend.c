#include "model/backend/backend.h"

#include <sched.h>
#include <string.h>

const struct backend_ops *const backends[] = {
    &backend_onednn,
    &backend_reference,
    NULL,
};

static const char *const precision_words[] = {
    [BACKEND_AUTO] = "auto",
    [BACKEND_F32] = "f32",
    [BACKEND_BF16] = "bf16",
};

const struct backend_ops *backend_find(const char *name, struct tt_error *err)
{
    bool any = !name || strcmp(name, "auto") == 0;

    for (int i = 0; backends[i]; i++)
        if (any ? backends[i]->can(BACKEND_AUTO)
                : strcmp(backends[i]->name, name) == 0)
            return backends[i];
    tt_fail(err, TT_MISSING, "%s: no such backend", any ? "auto" : name);
    return NULL;
}

const char *backend_precision_word(enum backend_precision precision)
{
    return precision_words[precision];
}

int backend_precision_parse(const char *text, enum backend_precision *out,
                            struct tt_error *err)
{
    for (int i = BACKEND_AUTO; i <= BACKEND_BF16; i++)
        if (strcmp(text, precision_words[i]) == 0) {
            *out = (enum backend_precision)i;
            return 0;
        }
    return tt_fail(err, TT_USAGE, "%s: precision is auto, f32 or bf16", text);
}

int backend_threads_default(void)
{
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof(set), &set) < 0)
        return 1;
    return CPU_COUNT(&set) > 0 ? CPU_COUNT(&set) : 1;
}
