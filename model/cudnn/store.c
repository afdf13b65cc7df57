#include "model/cudnn/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"

#define MAGIC      "tintype plan 1\n"
#define PLAN_LIMIT (16 << 20) /* bytes of a file */

int cudnn_store_folder(char *path, size_t size)
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int n = -1;

    if (cache && *cache == '/')
        n = snprintf(path, size, "%s/tintype/plans", cache);
    else if (home && *home == '/')
        n = snprintf(path, size, "%s/.cache/tintype/plans", home);
    return n > 0 && (size_t)n < size ? 0 : -1;
}

/* The SHA-256 of these texts, in digits. */
static int digest(char hex[TT_SHA256_HEX], const char *text,
                  struct tt_error *err)
{
    struct tt_sha256 h;

    if (tt_sha256(text, strlen(text), &h, err) < 0)
        return -1;
    tt_sha256_text(&h, hex);
    return 0;
}

static int place(char *path, size_t size, const char *folder,
                 const struct cudnn_store_key *key, struct tt_error *err)
{
    char hex[TT_SHA256_HEX], *text;
    int n = asprintf(&text, "%zu\n%zu\n%s\n%s\n", key->version, key->budget,
                     key->graph, key->document);
    int rc = n < 0 ? tt_fail(err, TT_NOMEM, "no memory for a name")
                   : digest(hex, text, err);

    if (n >= 0)
        free(text);
    if (rc < 0)
        return -1;
    n = snprintf(path, size, "%s/%.32s.plan", folder, hex);
    if (n < 0 || (size_t)n >= size)
        return tt_fail(err, TT_OUTPUT, "%s: too long a path", folder);
    return 0;
}

/* What follows the head of a file, if the head fits key and the rest. */
static const char *check(const char *data, const struct cudnn_store_key *key)
{
    size_t line = strlen(key->graph), magic = strlen(MAGIC);
    char hex[TT_SHA256_HEX];
    struct tt_error ignored;
    const char *plan;

    if (strncmp(data, MAGIC, magic) != 0 ||
        strncmp(data + magic, key->graph, line) != 0 ||
        data[magic + line] != '\n')
        return NULL;
    data += magic + line + 1;
    plan = strchr(data, '\n');
    if (!plan || plan - data != TT_SHA256_HEX - 1 ||
        digest(hex, ++plan, &ignored) < 0 ||
        strncmp(data, hex, TT_SHA256_HEX - 1) != 0)
        return NULL;
    return plan;
}

char *cudnn_store_load(const char *folder, const struct cudnn_store_key *key)
{
    char path[TT_PATH_SIZE], *data, *copy = NULL;
    struct tt_error ignored;
    const char *plan;
    size_t size;

    if (place(path, sizeof(path), folder, key, &ignored) < 0 ||
        tt_file_read(path, PLAN_LIMIT, &data, &size, &ignored) < 0)
        return NULL;
    plan = check(data, key);
    if (plan)
        copy = strdup(plan);
    free(data);
    return copy;
}

int cudnn_store_save(const char *folder, const struct cudnn_store_key *key,
                     const char *plan, struct tt_error *err)
{
    char path[TT_PATH_SIZE], hex[TT_SHA256_HEX], *text;
    int n, rc;

    if (place(path, sizeof(path), folder, key, err) < 0 ||
        digest(hex, plan, err) < 0 || tt_mkdirs(folder, 0777, err) < 0)
        return -1;
    n = asprintf(&text, MAGIC "%s\n%s\n%s", key->graph, hex, plan);
    if (n < 0)
        return tt_fail(err, TT_NOMEM, "no memory for a plan");
    rc = tt_file_write(path, text, (size_t)n, err);
    free(text);
    return rc;
}
