#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/choice.h"
#include "cli/commands.h"
#include "cli/control_client.h"
#include "cli/stack.h"
#include "image/image.h"
#include "model/backend/backend.h"
#include "model/backend/plug.h"
#include "model/reduce/reduce.h"
#include "model/backend/version.h"
#include "scheduler/scheduler.h"
#include "shard/h5.h"

struct doctor_opts {
    bool config;
};

// clang-format off
static const struct tt_opt opts[] = {
    TT_FLAG(doctor_opts, config, 0,
            "show each setting and where it came from"),
    TT_OPT_END,
};

static const struct cli_column setting_columns[] = {
    {"name",   CLI_TEXT, true, "as in tintype.conf"},
    {"value",  CLI_TEXT, true, "that holds"},
    {"source", CLI_TEXT, true, "default, tintype.conf, environment, option"},
    {NULL, CLI_TEXT, false, NULL},
};
// clang-format on

/* --- the settings --- */

static int print_setting(struct cli_context *c, struct cli_print *p,
                         const struct tt_opt *row, struct tt_error *err)
{
    json_t *o = json_object();
    char name[64], value[TT_PATH_SIZE];

    tt_opt_typed(row, name, sizeof(name));
    cli_settings_text(&c->settings, row, value, sizeof(value));
    if (strcmp(row->name, "state") == 0)
        snprintf(value, sizeof(value), "%s", c->settings.state_dir);
    if (strcmp(row->name, "conf") == 0)
        snprintf(value, sizeof(value), "%s", c->settings.conf_path);
    cli_set_text(o, "name", name + 2);
    cli_set_text(o, "value", value);
    cli_set_text(o, "source",
                 cli_source_word(cli_settings_source(&c->settings, row)));
    return cli_print_row(p, o, err);
}

static int config(struct cli_context *c, struct tt_error *err)
{
    struct cli_print_opts plain = {.json = c->print.json,
                                   .jsonl = c->print.jsonl};
    struct cli_print *p;
    int rc =
        cli_print_open(&p, c->out, &plain, setting_columns, "settings", err);

    for (int t = 0; rc == 0 && cli_settings_tables[t]; t++) {
        for (const struct tt_opt *row = cli_settings_tables[t];
             rc == 0 && row->name; row++) {
            if (strcmp(row->name, "help") != 0)
                rc = print_setting(c, p, row, err);
        }
    }
    if (rc == 0)
        rc = cli_print_end(p, err);
    cli_print_close(p);
    return rc;
}

/* --- the findings --- */

struct findings {
    struct cli_context *c;
    json_t *list;
    enum tt_code worst; /* the first that is wrong */
};

enum mark { OK, NONE, BAD };

/* width: of its column, where one more stands on the same line; 0: none. */
static void say(struct findings *f, enum mark mark, const char *what,
                const char *text, int width)
{
    static const char *const marks[] = {"ok", "--", "!!"};
    static const char *const states[] = {"ok", "none", "bad"};
    int pad = width - (int)cli_text_width(text);

    if (cli_print_human(&f->c->print) && width)
        fprintf(f->c->out, "%s   %s%*s", marks[mark], text, pad > 3 ? pad : 3,
                "");
    else if (cli_print_human(&f->c->print))
        fprintf(f->c->out, "%s   %s\n", marks[mark], text);
    json_array_append_new(f->list,
                          json_pack("{s:s, s:s, s:s}", "what", what, "state",
                                    states[mark], "text", text));
}

static void bad(struct findings *f, const char *what,
                const struct tt_error *err)
{
    say(f, BAD, what, err->text, 0);
    if (f->worst == TT_OK)
        f->worst = err->code;
}

static void look_at_libraries(struct findings *f)
{
    struct tt_error err;
    char text[200];

    if (image_start("tintype", &err) < 0) {
        bad(f, "libvips", &err);
    } else {
        image_version(text, sizeof(text));
        image_stop();
        say(f, OK, "libvips", text, 45);
    }
    shard_h5_version(text, sizeof(text));
    say(f, OK, "hdf5", text, 16);
    backend_version(text, sizeof(text));
    say(f, OK, "onednn", text, 0);
}

/* ~ for the home folder. */
static void short_path(const char *path, char *out, size_t size)
{
    const char *home = getenv("HOME");
    size_t n = home ? strlen(home) : 0;

    if (n > 1 && strncmp(path, home, n) == 0 && path[n] == '/')
        snprintf(out, size, "~%s", path + n);
    else
        snprintf(out, size, "%s", path);
}

static void look_at_record(struct findings *f, struct cli_record *r)
{
    const struct cli_settings *s = &f->c->settings;
    char path[TT_PATH_SIZE], name[TT_PATH_SIZE], text[TT_PATH_SIZE + 100];
    int64_t jobs = 0, live = 0;
    struct tt_error err;

    if (cli_record_open(r, s, &err) < 0 ||
        cli_settings_path(s, SCHEDULER_DB, path, &err) < 0 ||
        (r->db && db_history_counts(r->db, &jobs, &live, &err) < 0)) {
        bad(f, "record", &err);
        return;
    }
    short_path(path, name, sizeof(name));
    if (r->db)
        snprintf(text, sizeof(text), "SQLite %s, history %s (%lld job%s)",
                 db_sqlite_version(), name, (long long)jobs,
                 jobs == 1 ? "" : "s");
    else
        snprintf(text, sizeof(text), "SQLite %s, history %s (none yet)",
                 db_sqlite_version(), name);
    say(f, OK, "record", text, 0);
}

/* The first line that `program --version` prints; -1 if it does not run. */
static int ask_version(const char *program, char *line, size_t size)
{
    int ends[2], status = -1;
    ssize_t n = 0;
    pid_t pid;

    if (pipe(ends) < 0)
        return -1;
    pid = fork();
    if (pid == 0) {
        dup2(ends[1], 1);
        close(ends[0]);
        close(ends[1]);
        execlp(program, program, "--version", (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    if (pid > 0)
        n = read(ends[0], line, size - 1);
    close(ends[0]);
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    line[n > 0 ? n : 0] = '\0';
    line[strcspn(line, "\n")] = '\0';
    return pid > 0 && status == 0 ? 0 : -1;
}

static void look_at_redis(struct findings *f)
{
    const struct cli_settings *s = &f->c->settings;
    bool up = cli_control_answers(s);
    char line[200], text[400];
    struct tt_error err;
    const char *v;

    if (s->redis) {
        snprintf(text, sizeof(text), "Redis at %s (%s)", s->redis,
                 up ? "a scheduler runs" : "no scheduler runs");
        say(f, OK, "redis", text, 0);
        return;
    }
    if (ask_version(s->redis_server, line, sizeof(line)) < 0) {
        tt_fail(&err, TT_UNAVAILABLE,
                "%s: does not run (apt-get install redis-server)",
                s->redis_server);
        bad(f, "redis", &err);
        return;
    }
    v = strstr(line, "v=");
    snprintf(text, sizeof(text), "redis-server %.*s (private, %s)",
             v ? (int)strcspn(v + 2, " ") : (int)strlen(line), v ? v + 2 : line,
             up ? "running" : "started when needed");
    say(f, OK, "redis", text, 0);
}

static void look_at_model(struct findings *f, struct cli_record *r)
{
    struct cli_choice m = {.version = 0};
    char text[400], hash[32], version[32] = "", mae[48] = "";
    struct tt_error err;
    const json_t *value;

    if (cli_choice_make(&m, r, &f->c->settings, NULL, &err) < 0) {
        bad(f, "model", &err);
        cli_choice_release(&m);
        return;
    }
    value = json_object_get(json_object_get(m.about, "metrics"), "val_mae_ab");
    if (!value)
        value = json_object_get(json_object_get(m.about, "metrics"), "mae_ab");
    if (value)
        snprintf(mae, sizeof(mae), "MAE_ab %.1f, ", json_number_value(value));
    if (m.version)
        snprintf(version, sizeof(version), "-%ld", m.version);
    cli_text_hash(&m.sha256, hash, sizeof(hash));
    snprintf(text, sizeof(text),
             "model %s%s (sha256 %s, %scard: tintype model show %s%s)", m.name,
             version, hash, mae, m.name, version);
    say(f, OK, "model", text, 0);
    cli_choice_release(&m);
}

/* Every card, or why there is none. */
static void look_at_gpu(struct findings *f)
{
    char text[TT_ERROR_TEXT + 100], card[200];
    struct tt_error err;
    const struct backend_plug *plug = backend_plug_find(&err);
    int count = plug ? plug->count(&err) : 0;

    for (int i = 0; i < count; i++) {
        if (plug->describe(i, card, sizeof(card), &err) < 0) {
            bad(f, "gpu", &err);
            continue;
        }
        snprintf(text, sizeof(text), "GPU %d %s", i, card);
        say(f, OK, "gpu", text, 0);
    }
    if (count > 0)
        return;
    snprintf(text, sizeof(text), "GPU none: %s: CPU, %d threads", err.text,
             backend_threads_default());
    say(f, NONE, "gpu", text, 0);
}

/* Whether a training may be shared by several processes. */
static void look_at_reduce(struct findings *f)
{
    struct tt_error err;
    char text[TT_ERROR_TEXT + 32];

    if (reduce_check("mpi", &err) == 0) {
        say(f, OK, "mpi", "MPI: worker --reduce mpi", 0);
        return;
    }
    snprintf(text, sizeof(text), "MPI none: %s", err.text);
    say(f, NONE, "mpi", text, 0);
}

static int doctor(struct cli_context *c, struct tt_error *err)
{
    const struct doctor_opts *o = c->opts;
    struct findings f = {c, json_array(), TT_OK};
    struct cli_record r = {NULL, NULL};
    int rc = 0;

    if (o->config) {
        json_decref(f.list);
        return config(c, err);
    }
    look_at_libraries(&f);
    look_at_record(&f, &r);
    look_at_redis(&f);
    look_at_gpu(&f);
    look_at_reduce(&f);
    look_at_model(&f, &r);
    cli_record_close(&r);
    if (!cli_print_human(&c->print))
        rc = cli_print_document(c->out, &c->print, "doctor",
                                json_incref(f.list), err);
    json_decref(f.list);
    return rc < 0 ? -1 : tt_code_exit(f.worst);
}

const struct cli_command cmd_doctor = {
    .name = "doctor",
    .summary = "is everything here? libraries, Redis, record, model",
    .about = "The exit status is that of the first thing that is wrong.",
    .example = "tintype doctor\ntintype doctor --config",
    .flags = CLI_DATA,
    .opts = opts,
    .opts_size = sizeof(struct doctor_opts),
    .run = doctor,
};
