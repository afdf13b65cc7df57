#include <stdlib.h>
#include <string.h>

#include "cli/choice.h"
#include "cli/commands.h"
#include "cli/control_client.h"
#include "cli/evaluation.h"
#include "cli/listing.h"
#include "cli/rows.h"
#include "cli/work.h"

/* --- list --- */

static int page(struct cli_listing *l, int most, struct tt_error *err)
{
    struct db_model *rows;
    size_t n;

    if (db_history_models(l->record.db, l->last, most, l->record.mem, &rows, &n,
                          err) < 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (cli_listing_row(l, rows[i].id, cli_row_model(&rows[i]), err) < 0)
            return -1;
    }
    return (int)n;
}

/* The one that ships is no row until it has been used. */
static void mention_shipped(const struct cli_context *c,
                            const struct cli_record *r)
{
    char path[TT_PATH_SIZE];
    struct tt_error ignored;

    if (!r->db && cli_print_human(&c->print) && !c->settings.quiet &&
        cli_choice_shipped(path, &ignored) == 0)
        fprintf(stderr,
                "none recorded yet; the one that ships will be used: %s\n",
                path);
}

static int list(struct cli_context *c, struct tt_error *err)
{
    struct cli_listing l = {0};
    int rc = cli_listing_print(&l, c, "models", page, err);

    if (rc == 0)
        mention_shipped(c, &l.record);
    cli_record_close(&l.record);
    return rc;
}

const struct cli_command cmd_model_list = {
    .name = "model list",
    .summary = "models that have been trained or used, newest first",
    .example = "tintype model list -o id,name,val_mae_ab,run",
    .flags = CLI_DATA | CLI_TABLE,
    .columns = cli_model_columns,
    .run = list,
};

/* --- show --- */

static int add_evaluations(json_t *o, const struct cli_choice *m,
                           struct cli_record *r, struct tt_error *err)
{
    json_t *all = cli_evaluation_of_model(r, m->model, err);

    if (!all)
        return -1;
    json_object_set_new(o, "evaluations", all);
    return 0;
}

static json_t *card(const struct cli_choice *m, struct cli_record *r,
                    struct tt_error *err)
{
    char hex[TT_SHA256_HEX];
    struct db_model row;
    json_t *o;
    int rc =
        m->model ? db_history_model(r->db, m->model, r->mem, &row, err) : 0;

    if (rc < 0)
        return NULL;
    o = rc > 0 ? cli_row_model(&row) : json_object();
    cli_set_text(o, "base", m->name);
    cli_set_path(o, "path", m->path);
    cli_set_text(o, "sha256", tt_sha256_text(&m->sha256, hex));
    cli_set_text(o, "preset", m->preset);
    cli_set_count(o, "parameters", m->parameters);
    cli_set_count(o, "side", m->side);
    cli_set_text(o, "source", m->source);
    if (m->about)
        json_object_set(o, "about", m->about);
    if (add_evaluations(o, m, r, err) < 0) {
        json_decref(o);
        return NULL;
    }
    if (!o)
        tt_fail(err, TT_NOMEM, "no memory for a card");
    return o;
}

static void print_member(FILE *out, const char *name, const json_t *value)
{
    char *text;

    if (!value || json_is_null(value))
        return;
    text = json_is_string(value)
               ? NULL
               : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT |
                                       JSON_REAL_PRECISION(5));
    fprintf(out, "%-12s %s\n", name, text ? text : json_string_value(value));
    free(text);
}

static void print_card(const struct cli_context *c, const struct cli_choice *m,
                       json_t *o)
{
    const char *name;
    json_t *value;

    fprintf(c->out, "model %s", m->name);
    if (m->version)
        fprintf(c->out, "-%ld", m->version);
    if (m->model)
        fprintf(c->out, "   m%lld", (long long)m->model);
    fprintf(c->out, "   (%s)\n", m->source);
    json_object_foreach(o, name, value)
    {
        if (strcmp(name, "id") != 0 && strcmp(name, "name") != 0 &&
            strcmp(name, "base") != 0 && strcmp(name, "source") != 0 &&
            strcmp(name, "about") != 0 && strcmp(name, "evaluations") != 0)
            print_member(c->out, name, value);
    }
    json_object_foreach(json_object_get(o, "about"), name, value)
        print_member(c->out, name, value);
    cli_evaluation_lines(json_object_get(o, "evaluations"), c->out);
}

static int show(struct cli_context *c, struct tt_error *err)
{
    struct cli_choice m = {.version = 0};
    struct cli_record r;
    json_t *o = NULL;
    int rc = cli_record_open(&r, &c->settings, err);

    if (rc == 0)
        rc = cli_choice_make(&m, &r, &c->settings,
                             c->operands ? c->operand[0] : NULL, err);
    if (rc == 0 && !(o = card(&m, &r, err)))
        rc = -1;
    if (rc == 0 && !cli_print_human(&c->print))
        rc =
            cli_print_document(c->out, &c->print, "model", json_incref(o), err);
    else if (rc == 0)
        print_card(c, &m, o);
    json_decref(o);
    cli_choice_release(&m);
    cli_record_close(&r);
    return rc;
}

const struct cli_command cmd_model_show = {
    .name = "model show",
    .operands = "[MODEL]",
    .summary = "the card of a model: data, settings, measures, terms",
    .about =
        "MODEL is an id (m2), a name, digits of its SHA-256 or a checkpoint "
        "file; without it,\nthe one that colorize would use.",
    .example = "tintype model show portrait-1",
    .flags = CLI_DATA,
    .most = 1,
    .run = show,
};

/* --- use --- */

/* A model that is not in the record yet, such as a file, is entered. */
static int enter(struct cli_context *c, struct cli_choice *m,
                 struct tt_error *err)
{
    json_t *request, *answer;

    if (m->model)
        return 0;
    request = cli_choice_json(m);
    if (request)
        json_object_set_new(request, "cmd", json_string("model"));
    if (cli_control_once(&c->settings, request, &answer, err) < 0)
        return -1;
    m->model = json_integer_value(json_object_get(answer, "model"));
    json_decref(answer);
    return 0;
}

static int use(struct cli_context *c, struct tt_error *err)
{
    struct cli_choice m = {.version = 0};
    struct cli_work w = {0};
    struct cli_record r;
    int rc = cli_record_open(&r, &c->settings, err);

    if (rc == 0)
        rc = cli_choice_make(&m, &r, &c->settings, c->operand[0], err);
    cli_record_close(&r);
    if (rc == 0)
        rc = cli_work_attach(&w, c, err);
    if (rc == 0)
        rc = enter(c, &m, err);
    if (rc == 0)
        rc = cli_control_once(
            &c->settings,
            json_pack("{s:s, s:I}", "cmd", "use", "model", (json_int_t)m.model),
            NULL, err);
    if (rc == 0)
        fprintf(c->out, "m%lld %s is in use\n", (long long)m.model, m.name);
    cli_work_end(&w, true);
    cli_choice_release(&m);
    return rc;
}

const struct cli_command cmd_model_use = {
    .name = "model use",
    .operands = "MODEL",
    .summary = "make a model the one that colorize uses",
    .about =
        "A checkpoint file that the record does not know is entered first.",
    .example = "tintype model use m2",
    .flags = CLI_STACK,
    .least = 1,
    .most = 1,
    .run = use,
};
