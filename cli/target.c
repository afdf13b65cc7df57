#include "cli/target.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/print.h"
#include "image/image.h"

#define MARKER_SCHEMA "tintype/folder/1"

/* --- names --- */

/* Absolute and without links, as far as it exists; the rest is appended. */
static int resolve(const char *path, char out[TT_PATH_SIZE],
                   struct tt_error *err)
{
    char real[PATH_MAX], parent[TT_PATH_SIZE];
    const char *name;
    char *slash;
    size_t n;

    if (realpath(path, real))
        return tt_path_join(out, TT_PATH_SIZE, "", real, err);
    if (errno != ENOENT)
        return tt_fail_errno(err, TT_OUTPUT, "%s", path);
    if (tt_path_join(parent, sizeof(parent), ".", path, err) < 0)
        return -1;
    n = strlen(parent);
    while (n > 1 && parent[n - 1] == '/')
        parent[--n] = '\0';
    slash = strrchr(parent, '/');
    name = slash + 1;
    if (strcmp(name, "..") == 0 || strcmp(name, ".") == 0)
        return tt_fail(err, TT_OUTPUT, "%s: no such folder", path);
    if (slash == parent)
        return tt_path_join(out, TT_PATH_SIZE, "/", name, err);
    *slash = '\0';
    if (resolve(parent, out, err) < 0)
        return -1;
    snprintf(real, sizeof(real), "%s", out);
    return tt_path_join(out, TT_PATH_SIZE, real, name, err);
}

/* The suffix of a name that can be written, and its format; NULL if none. */
static const char *written_suffix(const char *name, enum image_format *format)
{
    const char *dot = strrchr(tt_path_name(name), '.');

    if (dot && strcasecmp(dot, ".jpeg") == 0)
        *format = IMAGE_JPEG;
    else if (dot && strcasecmp(dot, ".tiff") == 0)
        *format = IMAGE_TIFF;
    else if (!dot || image_format_parse(dot + 1, format) < 0 ||
             !image_format_written(*format))
        return NULL;
    return dot;
}

/* --- one file --- */

static int name_single(struct cli_target *t, const char *in, const char *format,
                       struct cli_item *item, struct tt_error *err)
{
    enum image_format fixed;
    const char *suffix =
        strcmp(format, "same") == 0               ? cli_folder_suffix(item->in)
        : image_format_parse(format, &fixed) == 0 ? image_format_suffix(fixed)
                                                  : NULL;
    const char *name = tt_path_name(in), *dot = strrchr(name, '.');
    size_t stem = dot && dot != name ? (size_t)(dot - in) : strlen(in);

    if (!suffix)
        suffix = dot && dot != name ? dot : ".jpg";
    if (snprintf(t->shown, TT_PATH_SIZE, "%.*s-colour%s", (int)stem, in,
                 suffix) >= TT_PATH_SIZE)
        return tt_fail(err, TT_OUTPUT, "%s: the path is too long", in);
    return 0;
}

static int check_suffix(const struct cli_target *t, const char *format,
                        struct tt_error *err)
{
    enum image_format named, fixed;

    if (!written_suffix(t->shown, &named))
        return tt_fail(err, TT_USAGE,
                       "%s: the output's name must end in .jpg, .png or .tif",
                       t->shown);
    if (strcmp(format, "same") != 0 &&
        (image_format_parse(format, &fixed) < 0 || fixed != named))
        return tt_fail(err, TT_USAGE, "%s: its name is not that of a %s",
                       t->shown, format);
    return 0;
}

static int choose_single(struct cli_target *t, const char *in, const char *out,
                         const char *format, struct cli_item *item,
                         struct tt_error *err)
{
    char parent[TT_PATH_SIZE];
    const char *name;

    t->single = true;
    if (!out && name_single(t, in, format, item, err) < 0)
        return -1;
    if (out)
        snprintf(t->shown, TT_PATH_SIZE, "%s", out);
    /* without -o the suffix may be that of a file that is no picture: it gets
     * its row, and no output */
    if (out && check_suffix(t, format, err) < 0)
        return -1;
    name = tt_path_name(t->shown);
    snprintf(parent, sizeof(parent), "%.*s", (int)(name - t->shown), t->shown);
    item->out = strdup(name);
    if (!item->out)
        return tt_fail(err, TT_NOMEM, "no memory for names");
    return resolve(parent[0] ? parent : ".", t->folder, err);
}

/* --- a folder --- */

/* FOLDER-colour beside FOLDER, also if that was typed as "." or "x/". */
static int name_folder(struct cli_target *t, const char *in,
                       struct tt_error *err)
{
    char real[PATH_MAX];
    size_t n = strlen(in);
    const char *last;

    while (n > 1 && in[n - 1] == '/')
        n--;
    snprintf(t->shown, TT_PATH_SIZE, "%.*s", (int)n, in);
    last = tt_path_name(t->shown);
    if (strcmp(last, ".") == 0 || strcmp(last, "..") == 0 ||
        strcmp(t->shown, "/") == 0) {
        if (!realpath(in, real))
            return tt_fail_errno(err, TT_IO, "%s", in);
        snprintf(t->shown, TT_PATH_SIZE, "%s", real);
    }
    n = strlen(t->shown);
    if (snprintf(t->shown + n, TT_PATH_SIZE - n, "-colour") >=
        (int)(TT_PATH_SIZE - n))
        return tt_fail(err, TT_OUTPUT, "%s: the path is too long", in);
    return 0;
}

static int check_apart(const struct cli_target *t, char *const *operand,
                       int operands, struct tt_error *err)
{
    char real[PATH_MAX];

    for (int i = 0; i < operands; i++) {
        size_t n;

        if (!tt_folder_exists(operand[i]) || !realpath(operand[i], real))
            continue;
        n = strlen(real);
        if (strncmp(t->folder, real, n) == 0 &&
            (t->folder[n] == '/' || t->folder[n] == '\0'))
            return tt_fail(err, TT_USAGE,
                           "the outputs (%s) would be among the inputs (%s)",
                           t->shown, operand[i]);
    }
    return 0;
}

/* Is there anything in it but unfinished files of ours, and the marker? */
static bool is_empty(const char *folder)
{
    DIR *dir = opendir(folder);
    bool empty = true;
    struct dirent *e;

    while (dir && empty && (e = readdir(dir)))
        empty = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
                strncmp(e->d_name, ".tt-", 4) == 0 ||
                strcmp(e->d_name, CLI_MARKER) == 0;
    if (dir)
        closedir(dir);
    return empty;
}

static int read_marker(struct cli_target *t, struct tt_error *err)
{
    char path[TT_PATH_SIZE], *text;
    const char *schema, *settings, *model;
    json_t *marker;
    size_t size;

    if (tt_path_join(path, sizeof(path), t->folder, CLI_MARKER, err) < 0)
        return -1;
    if (tt_file_read(path, 65536, &text, &size, err) < 0) {
        if (err->code != TT_MISSING)
            return -1;
        if (is_empty(t->folder))
            return 0;
        return tt_fail(err, TT_OUTPUT,
                       "%s is not empty, and its files are none of ours; "
                       "choose another folder",
                       t->shown);
    }
    tt_clear(err);
    marker = json_loadb(text, size, 0, NULL);
    free(text);
    schema = json_string_value(json_object_get(marker, "schema"));
    settings = json_string_value(json_object_get(marker, "settings"));
    model = json_string_value(json_object_get(marker, "model"));
    if (!schema || !settings || strcmp(schema, MARKER_SCHEMA) != 0)
        tt_fail(err, TT_FORMAT, "%s: damaged, or of a newer tintype", path);
    else if (strcmp(settings, t->settings) != 0 && is_empty(t->folder))
        json_object_clear(marker); /* nothing came of it: as good as new */
    else if (strcmp(settings, t->settings) != 0)
        tt_fail(err, TT_OUTPUT,
                "%s was made with other settings (job j%lld, model %.12s…); "
                "choose another folder",
                t->shown,
                (long long)json_integer_value(json_object_get(marker, "job")),
                model ? model : "?");
    else
        t->marked = true;
    t->job = json_integer_value(json_object_get(marker, "job"));
    json_decref(marker);
    return err->code == TT_OK ? 0 : -1;
}

static int look_at_last_job(struct cli_target *t, struct cli_record *r,
                            struct tt_error *err)
{
    struct db_job job;
    int rc;

    if (!t->marked)
        return 0;
    rc = r->db && t->job ? db_job_get(r->db, t->job, r->mem, &job, err) : 0;
    if (rc < 0)
        return -1;
    t->busy = rc > 0 && job.state < JOB_ENDED;
    t->paused = t->busy && job.state == JOB_PAUSED;
    t->interrupted = rc == 0 || t->busy || job.state == JOB_CANCELLED ||
                     job.state == JOB_FAILED;
    return 0;
}

static int choose_folder(struct cli_target *t, struct cli_folder *f,
                         char *const *operand, int operands, const char *out,
                         const char *format, struct tt_error *err)
{
    if (!out && (operands != 1 || !tt_folder_exists(operand[0])))
        return tt_fail(err, TT_USAGE,
                       "several inputs: name the folder of outputs by -o");
    if (!out && name_folder(t, operand[0], err) < 0)
        return -1;
    if (out)
        snprintf(t->shown, TT_PATH_SIZE, "%s", out);
    if (cli_folder_name(f, format, err) < 0 ||
        resolve(t->shown, t->folder, err) < 0 ||
        check_apart(t, operand, operands, err) < 0)
        return -1;
    if (tt_file_exists(t->folder) && !tt_folder_exists(t->folder))
        return tt_fail(err, TT_OUTPUT, "%s: not a folder", t->shown);
    return tt_file_exists(t->folder) ? read_marker(t, err) : 0;
}

/* --- all --- */

/* One line of JSON, whatever the order of its members, as a hash. The name by
 * which the model was asked for does not matter, its bytes do. */
static int fingerprint(const json_t *params, const struct tt_sha256 *model,
                       char hex[TT_SHA256_HEX], struct tt_error *err)
{
    json_t *all = json_deep_copy(params);
    struct tt_sha256 sha;
    char *text = NULL;
    int rc = -1;

    json_object_del(all, "model");
    json_object_set_new(all, "model_sha256",
                        json_string(tt_sha256_text(model, hex)));
    text = all ? json_dumps(all, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    if (!text)
        tt_fail(err, TT_NOMEM, "no memory for settings");
    else
        rc = tt_sha256(text, strlen(text), &sha, err);
    if (rc == 0)
        tt_sha256_text(&sha, hex);
    free(text);
    json_decref(all);
    return rc;
}

int cli_target_choose(struct cli_target *t, struct cli_folder *f,
                      char *const *operand, int operands, const char *out,
                      const json_t *params, const struct tt_sha256 *model,
                      struct cli_record *r, struct tt_error *err)
{
    const char *format = json_string_value(json_object_get(params, "format"));
    size_t n = out ? strlen(out) : 0;

    memset(t, 0, sizeof(*t));
    if (out && (n == 0 || n >= TT_PATH_SIZE - 16))
        return tt_fail(err, TT_USAGE, "-o: not a usable name");
    if (fingerprint(params, model, t->settings, err) < 0)
        return -1;
    if (f->single && operands == 1 &&
        !(out && (out[n - 1] == '/' || tt_folder_exists(out))))
        return choose_single(t, operand[0], out, format ? format : "same",
                             &f->items[0], err);
    if (choose_folder(t, f, operand, operands, out, format, err) < 0)
        return -1;
    return look_at_last_job(t, r, err);
}

/* Was the recorded output made by what would make it now? Of a folder its
 * marker has said so already. */
static int same_settings(const struct cli_target *t, const struct db_which *w,
                         struct tt_error *err)
{
    char hex[TT_SHA256_HEX];
    json_t *params;
    int rc;

    if (t->marked)
        return 1;
    params = json_loads(w->job.params ? w->job.params : "{}", 0, NULL);
    rc = fingerprint(params, &w->model.sha256, hex, err);
    json_decref(params);
    return rc < 0 ? -1 : strcmp(hex, t->settings) == 0;
}

static int same_input(const struct cli_item *item, const struct db_photo *p,
                      struct tt_error *err)
{
    struct tt_sha256 now;

    if (item->mtime_ms < p->ended)
        return 1;
    if (tt_sha256_file(item->in, &now, NULL, err) < 0)
        return -1;
    return p->has_in && tt_sha256_same(&now, &p->sha_in);
}

struct filter {
    struct cli_target *t;
    struct cli_record *r;
    struct db_arena *mem;
};

static int keep(void *ctx, const struct cli_item *item, struct tt_error *err)
{
    struct filter *x = ctx;
    char path[TT_PATH_SIZE];
    struct db_which *w;
    struct stat st;
    size_t n = 0;
    int rc;

    if (tt_path_join(path, sizeof(path), x->t->folder, item->out, err) < 0)
        return -1;
    if (lstat(path, &st) < 0)
        return 1;
    db_arena_reset(x->mem);
    if (x->r->db &&
        db_history_which(x->r->db, path, NULL, 1, x->mem, &w, &n, err) < 0)
        return -1;
    if (n > 0 && w->photo.state == PHOTO_OK && w->photo.in &&
        strcmp(w->photo.in, item->in) == 0) {
        rc = same_settings(x->t, w, err);
        if (rc > 0 && (rc = same_input(item, &w->photo, err)) == 0)
            return tt_fail(err, TT_OUTPUT,
                           "%s has changed since %s was made of it; remove "
                           "that, and it is made anew",
                           cli_text_path(item->in), cli_text_path(path));
        x->t->before += rc > 0;
        if (rc != 0)
            return rc < 0 ? -1 : 0;
    }
    /* what an interrupted job left unrecorded is what this one would make */
    if (n == 0 && x->t->marked && x->t->interrupted)
        return 1;
    return tt_fail(err, TT_OUTPUT,
                   "%s exists already, and no file is overwritten",
                   cli_text_path(path));
}

int cli_target_filter(struct cli_target *t, struct cli_folder *f,
                      struct cli_record *r, struct tt_error *err)
{
    struct filter x = {t, r, db_arena_new()};
    int rc;

    if (!x.mem)
        return tt_fail(err, TT_NOMEM, "no memory to look at the outputs");
    rc = cli_folder_filter(f, keep, &x, err);
    db_arena_free(x.mem);
    return rc;
}

int cli_target_mark(const struct cli_target *t, const struct tt_sha256 *model,
                    int64_t job, struct tt_error *err)
{
    char path[TT_PATH_SIZE], hex[TT_SHA256_HEX], *text;
    json_t *marker;
    int rc;

    if (tt_mkdirs(t->folder, 0777, err) < 0)
        return -1;
    if (access(t->folder, W_OK | X_OK) < 0)
        return tt_fail_errno(err, TT_OUTPUT, "%s", t->shown);
    if (t->single)
        return 0;
    if (tt_path_join(path, sizeof(path), t->folder, CLI_MARKER, err) < 0)
        return -1;
    marker = json_pack("{s:s, s:s, s:s, s:I}", "schema", MARKER_SCHEMA,
                       "settings", t->settings, "model",
                       tt_sha256_text(model, hex), "job", (json_int_t)job);
    text = marker ? json_dumps(marker, JSON_INDENT(2)) : NULL;
    json_decref(marker);
    if (!text)
        return tt_fail(err, TT_NOMEM, "no memory for %s", path);
    rc = tt_file_write(path, text, strlen(text), err);
    free(text);
    return rc;
}

static int sweep_one(const char *path, const struct stat *st, int kind,
                     struct FTW *at)
{
    const char *name = path + at->base;

    (void)st;
    if (kind == FTW_F && strncmp(name, ".tt-", 4) == 0 &&
        strlen(name) == strlen(".tt-XXXXXX"))
        unlink(path);
    return 0;
}

void cli_target_sweep(const char *folder)
{
    char marker[TT_PATH_SIZE];
    struct tt_error ignored;

    if (tt_path_join(marker, sizeof(marker), folder, CLI_MARKER, &ignored) ==
            0 &&
        tt_file_exists(marker))
        nftw(folder, sweep_one, 16, FTW_PHYS);
}
