#include "cli/record.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "scheduler/scheduler.h"

int cli_record_open(struct cli_record *r, const struct cli_settings *s,
                    struct tt_error *err)
{
    char path[TT_PATH_SIZE];

    memset(r, 0, sizeof(*r));
    r->mem = db_arena_new();
    if (!r->mem)
        return tt_fail(err, TT_NOMEM, "no memory for the record");
    if (cli_settings_path(s, SCHEDULER_DB, path, err) < 0)
        return -1;
    if (db_open_reader(&r->db, path, err) < 0) {
        r->db = NULL;
        return err->code == TT_MISSING ? 0 : -1;
    }
    return 0;
}

int cli_record_need(struct cli_record *r, const struct cli_settings *s,
                    struct tt_error *err)
{
    if (cli_record_open(r, s, err) < 0)
        return -1;
    if (!r->db)
        return tt_fail(err, TT_MISSING, "there is no record in %s yet",
                       s->state_dir);
    return 0;
}

void cli_record_close(struct cli_record *r)
{
    db_close(r->db);
    db_arena_free(r->mem);
    r->db = NULL;
    r->mem = NULL;
}

int cli_record_find(struct cli_record *r, char letter, const char *text,
                    int64_t *id, struct tt_error *err)
{
    static const struct {
        char letter;
        const char *noun;
        int (*find)(struct db *db, const char *text, int64_t *id,
                    struct tt_error *err);
    } finders[] = {{'j', "job", db_history_job_find},
                   {'r', "run", db_history_run_find},
                   {'m', "model", db_history_model_find},
                   {'d', "dataset", db_history_dataset_find}};

    for (size_t i = 0; i < sizeof(finders) / sizeof(finders[0]); i++) {
        int rc;

        if (finders[i].letter != letter)
            continue;
        rc = r->db ? finders[i].find(r->db, text, id, err) : 0;
        if (rc == 0)
            return tt_fail(err, TT_MISSING,
                           "no %s \"%s\" (tintype %s list shows them)",
                           finders[i].noun, text, finders[i].noun);
        return rc < 0 ? -1 : 0;
    }
    return tt_fail(err, TT_BUG, "nothing is called by '%c'", letter);
}

int cli_record_name(const char *option, const char *name, struct tt_error *err)
{
    size_t digits = name && name[0] ? strspn(name + 1, "0123456789") : 0;

    if (!name)
        return 0;
    if (name[0] == '\0')
        return tt_fail(err, TT_USAGE, "%s: a name cannot be empty", option);
    if (strchr("jrmdw", name[0]) && digits && name[1 + digits] == '\0')
        return tt_fail(err, TT_USAGE, "%s: %s is how an id looks", option,
                       name);
    if (name[0] == '@' || strchr(name, '/'))
        return tt_fail(err, TT_USAGE,
                       "%s: %s: a name does not begin with @ and has no /",
                       option, name);
    return 0;
}

int cli_record_job(struct cli_record *r, const char *text, struct db_job *job,
                   struct tt_error *err)
{
    int64_t id = 0;
    int rc;

    if (cli_record_find(r, 'j', text, &id, err) < 0)
        return -1;
    rc = db_job_get(r->db, id, r->mem, job, err);
    if (rc == 0)
        return tt_fail(err, TT_MISSING, "no job %s", text);
    return rc < 0 ? -1 : 0;
}

int cli_record_run(struct cli_record *r, const char *text, struct db_run *run,
                   struct tt_error *err)
{
    int64_t id = 0;
    int rc;

    if (cli_record_find(r, 'r', text, &id, err) < 0)
        return -1;
    rc = db_history_run(r->db, id, r->mem, run, err);
    if (rc == 0)
        return tt_fail(err, TT_MISSING, "no run r%lld", (long long)id);
    return rc < 0 ? -1 : 0;
}

int cli_record_path(const char *typed, char out[TT_PATH_SIZE],
                    struct tt_error *err)
{
    char parent[TT_PATH_SIZE], real[PATH_MAX];
    const char *name = tt_path_name(typed);

    if (strlen(typed) >= TT_PATH_SIZE)
        return tt_fail(err, TT_INPUT, "%.80s…: the path is too long", typed);
    snprintf(parent, sizeof(parent), "%.*s", (int)(name - typed), typed);
    if (!realpath(parent[0] ? parent : ".", real))
        return tt_fail_errno(err, TT_MISSING, "%s", typed);
    return tt_path_join(out, TT_PATH_SIZE, real, name, err);
}

int cli_record_states(const char *text, unsigned *states, struct tt_error *err)
{
    char word[32], list[200] = "";
    size_t used = 0;

    *states = 0;
    while (text && *text) {
        size_t n = strcspn(text, ",");
        enum job_state state;

        snprintf(word, sizeof(word), "%.*s", (int)(n < 31 ? n : 31), text);
        state = job_state_from(word);
        if (!state) {
            for (int s = 1; s < JOB_STATES; s++)
                used += (size_t)snprintf(list + used, sizeof(list) - used,
                                         "%s%s", used ? ", " : "",
                                         job_state_word((enum job_state)s));
            return tt_fail(err, TT_USAGE, "--status: \"%s\" is not one of %s",
                           word, list);
        }
        *states |= DB_STATE(state);
        text += n + (text[n] == ',');
    }
    return 0;
}

int cli_record_exit(const struct db_job *job)
{
    switch (job->state) {
    case JOB_DONE:
        return 0;
    case JOB_PARTIAL:
    case JOB_FAILED:
        return tt_code_exit(TT_PARTIAL);
    case JOB_CANCELLED:
        return tt_code_exit(TT_CANCEL);
    default:
        return -1;
    }
}
