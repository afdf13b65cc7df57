#include "cli/params.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

/* The defaults as a job would carry them; NULL if there is no memory. */
static json_t *defaults_of(const struct job_kind_info *kind)
{
    void *params = calloc(1, kind->size);
    json_t *o = NULL;

    if (params) {
        tt_opt_defaults(kind->opts, params);
        o = tt_opt_to_json(kind->opts, params);
    }
    free(params);
    return o;
}

static void value_text(const struct tt_opt *row, const json_t *v, char *text,
                       size_t size)
{
    if (json_is_string(v))
        snprintf(text, size, " %s", json_string_value(v));
    else if (row->type == TT_OPT_TIME)
        snprintf(text, size, " %lldms", (long long)json_integer_value(v));
    else if (json_is_integer(v))
        snprintf(text, size, " %lld", (long long)json_integer_value(v));
    else
        snprintf(text, size, " %.6g", json_number_value(v));
}

/* "--near", "--no-near", "--rate 0.003". */
static void option_text(const struct tt_opt *row, const json_t *v, char *text,
                        size_t size)
{
    char typed[64], value[400] = "";

    tt_opt_typed(row, typed, sizeof(typed));
    if (json_is_false(v)) {
        snprintf(text, size, "--no-%s", typed + 2);
        return;
    }
    if (!json_is_true(v))
        value_text(row, v, value, sizeof(value));
    snprintf(text, size, "%s%s", typed, value);
}

void cli_params_text(enum job_kind kind, const char *params, char *text,
                     size_t size)
{
    const struct job_kind_info *info = job_kind_info(kind);
    json_t *asked = params ? json_loads(params, 0, NULL) : NULL;
    json_t *usual = info ? defaults_of(info) : NULL;
    size_t used = 0;

    text[0] = '\0';
    for (const struct tt_opt *o = usual ? info->opts : NULL; o && o->name;
         o++) {
        const json_t *v = json_object_get(asked, o->name);
        char option[480];

        if (!v || json_is_null(v) ||
            json_equal(v, json_object_get(usual, o->name)) || used >= size)
            continue;
        option_text(o, v, option, sizeof(option));
        used += (size_t)snprintf(text + used, size - used, "%s%s",
                                 used ? " " : "", option);
    }
    if (!json_is_object(asked) || !usual)
        snprintf(text, size, "%s", params ? params : "");
    else if (used == 0)
        snprintf(text, size, "defaults");
    json_decref(asked);
    json_decref(usual);
}
