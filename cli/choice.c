#include "cli/choice.h"

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/checkpoint.h"

/* --- the one that ships --- */

/* The last *.h5 of a folder by name, 0 if there is none. */
static int newest_in(const char *folder, char path[TT_PATH_SIZE])
{
    char best[NAME_MAX + 1] = "";
    struct tt_error err;
    struct dirent *e;
    DIR *dir = opendir(folder);

    while (dir && (e = readdir(dir))) {
        size_t n = strlen(e->d_name);

        if (n > 3 && strcmp(e->d_name + n - 3, ".h5") == 0 &&
            e->d_name[0] != '.' && strcmp(e->d_name, best) > 0)
            snprintf(best, sizeof(best), "%s", e->d_name);
    }
    if (dir)
        closedir(dir);
    return best[0] && tt_path_join(path, TT_PATH_SIZE, folder, best, &err) == 0;
}

int cli_choice_shipped(char path[TT_PATH_SIZE], struct tt_error *err)
{
    /* build/plain/tintype in a checkout, build/tintype, bin/tintype */
    static const char *const places[] = {
        "../../model/weights", "../model/weights", "../share/tintype"};
    char program[PATH_MAX], folder[PATH_MAX + 64], real[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);

    if (n < 0)
        return tt_fail_errno(err, TT_IO, "/proc/self/exe");
    program[n] = '\0';
    *strrchr(program, '/') = '\0';
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        snprintf(folder, sizeof(folder), "%s/%s", program, places[i]);
        if (realpath(folder, real) && newest_in(real, path))
            return 0;
    }
    return tt_fail(err, TT_MISSING,
                   "no model ships with %s; name a checkpoint file with "
                   "--model",
                   program);
}

/* --- reading it --- */

/* "portrait-1" is version 1 of "portrait". */
static void split_version(struct cli_choice *c)
{
    char *dash = strrchr(c->name, '-');
    char *end;
    long version;

    if (!dash || dash == c->name || !dash[1])
        return;
    version = strtol(dash + 1, &end, 10);
    if (*end || version < 1)
        return;
    *dash = '\0';
    c->version = version;
}

static void name_from_path(struct cli_choice *c)
{
    size_t n;

    snprintf(c->name, sizeof(c->name), "%s", tt_path_name(c->path));
    n = strlen(c->name);
    if (n > 3 && strcmp(c->name + n - 3, ".h5") == 0)
        c->name[n - 3] = '\0';
}

/* What the checkpoint calls itself; a version may stand in the file's name. */
static void name_from_checkpoint(struct cli_choice *c, const char *name)
{
    size_t n = strlen(name);

    name_from_path(c);
    if (strncmp(c->name, name, n) != 0 || c->name[n] != '-')
        snprintf(c->name, sizeof(c->name), "%s", name);
}

static int read_file(struct cli_choice *c, struct tt_error *err)
{
    struct model_checkpoint ck;

    if (tt_sha256_file(c->path, &c->sha256, NULL, err) < 0 ||
        model_checkpoint_load(&ck, c->path, false, err) < 0)
        return -1;
    if (!c->name[0] && ck.name && *ck.name)
        name_from_checkpoint(c, ck.name);
    else if (!c->name[0])
        name_from_path(c);
    split_version(c);
    snprintf(c->preset, sizeof(c->preset), "%s", ck.unet.preset->name);
    c->parameters = (long)ck.params->count;
    c->side = ck.side;
    c->about = ck.about ? json_loads(ck.about, 0, NULL) : NULL;
    model_checkpoint_release(&ck);
    return 0;
}

static int whole_path(struct cli_choice *c, const char *path,
                      struct tt_error *err)
{
    char real[PATH_MAX];

    if (!realpath(path, real))
        return tt_fail_errno(err, TT_MISSING, "model %s", path);
    return tt_path_join(c->path, TT_PATH_SIZE, "", real, err);
}

/* --- from the record --- */

static int from_model(struct cli_choice *c, struct cli_record *r, int64_t id,
                      struct tt_error *err)
{
    struct db_run run;
    struct db_model m;
    int rc = db_history_model(r->db, id, r->mem, &m, err);

    if (rc <= 0)
        return rc < 0
                   ? -1
                   : tt_fail(err, TT_MISSING, "no model m%lld", (long long)id);
    c->model = id;
    c->version = (long)m.version;
    snprintf(c->name, sizeof(c->name), "%s", m.name);
    snprintf(c->path, sizeof(c->path), "%s", m.path);
    c->sha256 = m.sha256;
    if (m.run && db_history_run(r->db, m.run, r->mem, &run, err) > 0)
        c->dataset = run.dataset;
    return 0;
}

static int from_run(struct cli_choice *c, struct cli_record *r, int64_t id,
                    struct tt_error *err)
{
    struct db_run run;
    int rc = db_history_run(r->db, id, r->mem, &run, err);

    if (rc < 0)
        return -1;
    if (rc == 0 || !run.checkpoint)
        return tt_fail(err, TT_MISSING, "run r%lld has no checkpoint yet",
                       (long long)id);
    c->dataset = run.dataset;
    if (run.model && from_model(c, r, run.model, err) == 0)
        return 0;
    snprintf(c->name, sizeof(c->name), "%s", run.name);
    return whole_path(c, run.checkpoint, err);
}

/* What was typed may be a run: "r1", "@best". 1 it was, 0, -1. */
static int asked_run(struct cli_choice *c, struct cli_record *r,
                     const char *asked, struct tt_error *err)
{
    int64_t id;
    int rc;

    if (!r->db || (strcmp(asked, "@best") != 0 &&
                   !(asked[0] == 'r' && asked[1] &&
                     strspn(asked + 1, "0123456789") == strlen(asked + 1))))
        return 0;
    rc = db_history_run_find(r->db, asked, &id, err);
    if (rc == 0)
        return tt_fail(err, TT_MISSING, "no run \"%s\"", asked);
    return rc < 0 || from_run(c, r, id, err) < 0 ? -1 : 1;
}

/* The record's word is that of the bytes; a file that has others is not it. */
static int check_bytes(struct cli_choice *c, const struct tt_sha256 *recorded,
                       struct tt_error *err)
{
    if (tt_sha256_same(recorded, &c->sha256))
        return 0;
    return tt_fail(err, TT_FORMAT,
                   "%s: not the bytes that the record knows as %s", c->path,
                   c->name);
}

static int asked_name(struct cli_choice *c, struct cli_record *r,
                      const char *asked, struct tt_error *err)
{
    struct tt_sha256 recorded;
    char shipped[TT_PATH_SIZE];
    struct tt_error ignored;
    int64_t id = 0;
    int rc = r->db ? db_history_model_find(r->db, asked, &id, err) : 0;

    if (rc < 0)
        return -1;
    if (rc > 0) {
        if (from_model(c, r, id, err) < 0)
            return -1;
        recorded = c->sha256;
        if (read_file(c, err) < 0)
            return tt_wrap(err, "model %s", asked);
        return check_bytes(c, &recorded, err);
    }
    /* a fresh record does not know the shipped one yet */
    if (cli_choice_shipped(shipped, &ignored) == 0) {
        struct cli_choice s = {.version = 0};
        bool same;

        snprintf(s.path, sizeof(s.path), "%s", shipped);
        name_from_path(&s);
        same = strcmp(s.name, asked) == 0;
        split_version(&s);
        if (same || strcmp(s.name, asked) == 0) {
            snprintf(c->path, sizeof(c->path), "%s", shipped);
            return read_file(c, err);
        }
    }
    return tt_fail(err, TT_MISSING,
                   "no model \"%s\" (tintype model list shows them)", asked);
}

/* The one in use, if the record has one whose file is there and unchanged; the
 * shipped one when it has been replaced by a newer. */
static int unasked(struct cli_choice *c, struct cli_record *r,
                   struct tt_error *err)
{
    struct tt_sha256 recorded;
    char shipped[TT_PATH_SIZE] = "";
    struct tt_error ignored;
    int64_t id = 0;
    int has = cli_choice_shipped(shipped, &ignored);
    int rc = r->db ? db_history_model_find(r->db, "@current", &id, err) : 0;

    if (rc < 0)
        return -1;
    if (rc > 0) {
        if (from_model(c, r, id, err) < 0)
            return -1;
        recorded = c->sha256;
        snprintf(c->source, sizeof(c->source), "in use");
        if (has < 0 || strcmp(c->path, shipped) != 0) {
            if (read_file(c, err) < 0)
                return tt_wrap(err, "the model in use");
            return check_bytes(c, &recorded, err);
        }
        cli_choice_release(c);
    }
    if (cli_choice_shipped(c->path, err) < 0)
        return -1;
    snprintf(c->source, sizeof(c->source), "shipped");
    return read_file(c, err);
}

/* A file, if it looks like one: a slash in it, .h5 behind it, or it is there.
 */
static bool is_file(const char *asked)
{
    size_t n = strlen(asked);

    return strchr(asked, '/') || (n > 3 && strcmp(asked + n - 3, ".h5") == 0) ||
           tt_file_exists(asked);
}

/* A file that the record knows by its bytes has a row, and maybe a run. */
static int know_again(struct cli_choice *c, struct cli_record *r,
                      struct tt_error *err)
{
    struct cli_choice known = {.version = 0};
    char hex[TT_SHA256_HEX];
    int64_t id;
    int rc;

    if (c->model || !r->db)
        return 0;
    rc =
        db_history_model_find(r->db, tt_sha256_text(&c->sha256, hex), &id, err);
    if (rc <= 0)
        return rc;
    if (from_model(&known, r, id, err) < 0)
        return -1;
    c->model = id;
    c->version = known.version;
    c->dataset = known.dataset;
    memcpy(c->name, known.name, sizeof(c->name));
    return 0;
}

static int make(struct cli_choice *c, struct cli_record *r, const char *asked,
                struct tt_error *err)
{
    int rc;

    if (!asked)
        return unasked(c, r, err);
    if (is_file(asked)) {
        if (whole_path(c, asked, err) < 0)
            return -1;
        return read_file(c, err);
    }
    rc = asked_run(c, r, asked, err);
    if (rc > 0)
        return read_file(c, err);
    return rc < 0 ? -1 : asked_name(c, r, asked, err);
}

int cli_choice_make(struct cli_choice *c, struct cli_record *r,
                    const struct cli_settings *s, const char *asked,
                    struct tt_error *err)
{
    memset(c, 0, sizeof(*c));
    snprintf(c->source, sizeof(c->source), "%s",
             asked ? "asked for" : "TINTYPE_MODEL");
    if (make(c, r, asked ? asked : s->model, err) < 0)
        return -1;
    return know_again(c, r, err);
}

json_t *cli_choice_json(const struct cli_choice *c)
{
    char hex[TT_SHA256_HEX];
    json_t *m =
        json_pack("{s:s, s:s, s:s, s:s, s:I}", "name", c->name, "path", c->path,
                  "sha256", tt_sha256_text(&c->sha256, hex), "preset",
                  c->preset, "parameters", (json_int_t)c->parameters);
    json_t *metrics = json_object_get(c->about, "metrics");

    if (m && c->version > 0)
        json_object_set_new(m, "version", json_integer(c->version));
    if (m && metrics)
        json_object_set(m, "metrics", metrics);
    return m;
}

void cli_choice_release(struct cli_choice *c)
{
    json_decref(c->about);
    memset(c, 0, sizeof(*c));
}
