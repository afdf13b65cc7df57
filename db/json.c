#include "db/json.h"

const char *db_json_text(const json_t *o, const char *name)
{
    return json_string_value(json_object_get(o, name));
}

int64_t db_json_int(const json_t *o, const char *name)
{
    const json_t *v = json_object_get(o, name);

    return json_is_number(v) ? (int64_t)json_number_value(v) : 0;
}

bool db_json_sha(const json_t *o, const char *name, struct tt_sha256 *sha)
{
    const char *hex = db_json_text(o, name);
    struct tt_error ignored;

    return hex && tt_sha256_parse(hex, sha, &ignored) == 0;
}

char *db_json_dump(const json_t *o, const char *name)
{
    const json_t *v = json_object_get(o, name);

    if (!json_is_object(v))
        return NULL;
    /* 15 digits give back any decimal that a person typed */
    return json_dumps(v,
                      JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(15));
}
