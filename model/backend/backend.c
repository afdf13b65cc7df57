#include "model/backend/backend.h"

#include <ctype.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "model/backend/plug.h"

#define CARDS_MOST 1023 /* the highest number of one */

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

/* The first of these that can run here. */
static const struct backend_ops *find_cpu(struct tt_error *err)
{
    for (int i = 0; backends[i]; i++)
        if (backends[i]->can(BACKEND_AUTO))
            return backends[i];
    tt_fail(err, TT_MISSING, "no backend runs on this processor");
    return NULL;
}

/* 1, and the card's number, if the name is that of a card; 0 if of something
 * else; -1 if it is not well formed. */
static int read_card(const char *name, int *number)
{
    char *end;
    long n;

    *number = 0;
    if (strcmp(name, "cuda") == 0 || strcmp(name, "cudnn") == 0)
        return 1;
    if (strncmp(name, "cuda:", 5) != 0)
        return 0;
    n = strtol(name + 5, &end, 10);
    if (!isdigit((unsigned char)name[5]) || *end || n > CARDS_MOST)
        return -1;
    *number = (int)n;
    return 1;
}

static int refuse(const char *name, struct tt_error *err)
{
    return tt_fail(err, TT_USAGE, "%s: a device is auto, cpu, cuda or cuda:N",
                   name);
}

int backend_device_check(const char *name, struct tt_error *err)
{
    int number;

    if (strcmp(name, "auto") == 0 || strcmp(name, "cpu") == 0 ||
        read_card(name, &number) > 0)
        return 0;
    return refuse(name, err);
}

int backend_device(const char *name)
{
    int number = 0;

    if (name)
        (void)read_card(name, &number);
    return number;
}

static const struct backend_ops *find_card(const char *name, int number,
                                           struct tt_error *err)
{
    const struct backend_plug *plug = backend_plug_find(err);
    int count = plug ? plug->count(err) : -1;

    if (plug && count > number)
        return plug->ops;
    if (count >= 0)
        tt_fail(err, TT_MISSING, "there are %d", count);
    tt_wrap(err, "%s", name);
    return NULL;
}

const struct backend_ops *backend_find(const char *name, struct tt_error *err)
{
    const struct backend_plug *plug;
    int number, card;

    if (!name || strcmp(name, "cpu") == 0)
        return find_cpu(err);
    if (strcmp(name, "auto") == 0) {
        plug = backend_plug_find(err);
        return plug ? plug->ops : find_cpu(err);
    }
    card = read_card(name, &number);
    if (card > 0)
        return find_card(name, number, err);
    for (int i = 0; card == 0 && backends[i]; i++)
        if (strcmp(backends[i]->name, name) == 0)
            return backends[i];
    refuse(name, err);
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
