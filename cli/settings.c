#include "cli/settings.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/backend/backend.h"

// clang-format off
const struct tt_opt cli_common_opts[] = {
    TT_TEXT(cli_settings, state, 0, "DIR", NULL,
            "folder of the record and of the stack's sockets"),
    TT_TEXT(cli_settings, conf, 0, "FILE", NULL, "settings to read"),
    TT_TEXT(cli_settings, log, 0, "LEVEL", NULL,
            "error, warning, info or debug"),
    TT_FLAG(cli_settings, quiet, 0, "say nothing on stderr but errors"),
    TT_FLAG(cli_settings, help, 'h', "say what the command does"),
    TT_OPT_END,
};

const struct tt_opt cli_progress_opts[] = {
    TT_TEXT(cli_settings, progress, 0, "HOW", "auto",
            "auto, plain, json or none"),
    TT_OPT_END,
};

const struct tt_opt cli_redis_opts[] = {
    TT_TEXT(cli_settings, redis, 0, "ADDRESS", NULL,
            "a Redis of your own: HOST:PORT or a socket"),
    TT_OPT_END,
};

const struct tt_opt cli_stack_opts[] = {
    TT_INT (cli_settings, workers, 0, "N", "1", 1, 256,
            "workers of the private stack"),
    TT_TEXT(cli_settings, device, 0, "DEVICE", "auto",
            "where their networks compute: auto, cpu, cuda or cuda:N"),
    TT_OPT_END,
};

const struct tt_opt cli_threads_opts[] = {
    TT_INT (cli_settings, threads, 0, "N", "0", 0, 1024,
            "threads of each; 0: one a processor"),
    TT_OPT_END,
};

const struct tt_opt cli_quiet_opts[] = {
    TT_TEXT(cli_settings, redis_server, 0, "PROGRAM", "redis-server",
            "what the private stack starts"),
    TT_TEXT(cli_settings, model, 0, "NAME", NULL,
            "the model of colorize and evaluate"),
    TT_TIME(cli_settings, lease, 0, "TIME", "30s",
            "how long a worker may be silent before its work is given away"),
    TT_OPT_END,
};
// clang-format on

const struct tt_opt *const cli_settings_tables[] = {cli_common_opts,
                                                    cli_progress_opts,
                                                    cli_redis_opts,
                                                    cli_stack_opts,
                                                    cli_threads_opts,
                                                    cli_quiet_opts,
                                                    NULL};

static const char *const source_words[] = {[CLI_FROM_DEFAULT] = "default",
                                           [CLI_FROM_FILE] = "tintype.conf",
                                           [CLI_FROM_ENVIRONMENT] =
                                               "environment",
                                           [CLI_FROM_OPTION] = "option"};

const char *cli_source_word(enum cli_source source)
{
    return source_words[source];
}

/* The row of that name ('-' is '_') and its number among all, or NULL. */
static const struct tt_opt *find_row(const char *name, int *number)
{
    int i = 0;

    for (int t = 0; cli_settings_tables[t]; t++) {
        for (const struct tt_opt *row = cli_settings_tables[t]; row->name;
             row++, i++) {
            size_t k = 0;

            while (row->name[k] &&
                   row->name[k] == (name[k] == '-' ? '_' : name[k]))
                k++;
            *number = i;
            if (!row->name[k] && !name[k])
                return row;
        }
    }
    return NULL;
}

static int check_word(const char *option, const char *value,
                      const char *const *words, const char *list,
                      struct tt_error *err)
{
    for (; *words; words++) {
        if (!value || strcmp(value, *words) == 0)
            return 0;
    }
    return tt_fail(err, TT_USAGE, "%s: \"%s\" is not one of %s", option, value,
                   list);
}

/* Values that only some words are good for. */
static int check_words(const struct cli_settings *s, struct tt_error *err)
{
    static const char *const logs[] = {"error", "warning", "info", "debug",
                                       NULL};
    static const char *const progress[] = {"auto", "plain", "json", "none",
                                           NULL};

    if (check_word("--log", s->log, logs, "error, warning, info, debug", err) <
            0 ||
        check_word("--progress", s->progress, progress,
                   "auto, plain, json, none", err) < 0)
        return -1;
    if (backend_device_check(s->device, err) < 0)
        return tt_wrap(err, "--device");
    return 0;
}

/* 1 set, 0 no such setting (or none for a file), -1 a bad value. */
static int set_row(struct cli_settings *s, const char *name, const char *value,
                   enum cli_source source, struct tt_error *err)
{
    int number;
    const struct tt_opt *row = find_row(name, &number);
    struct tt_opt alone[2] = {{NULL, 0, TT_OPT_TEXT, 0, NULL, NULL, NULL, 0, 0},
                              TT_OPT_END};

    if (!row || strcmp(row->name, "conf") == 0 ||
        strcmp(row->name, "help") == 0)
        return 0;
    alone[0] = *row;
    if (tt_opt_set_text(alone, s, row->name, value, err) < 0 ||
        check_words(s, err) < 0)
        return -1;
    s->from[number] = (unsigned char)source;
    return 1;
}

/* --- the file --- */

static char *trim(char *text)
{
    size_t n;

    text += strspn(text, " \t");
    n = strlen(text);
    while (n > 0 && strchr(" \t\r", text[n - 1]))
        text[--n] = '\0';
    return text;
}

static int read_line(struct cli_settings *s, char *line, int number,
                     struct tt_error *err)
{
    char *equals, *name, *value;

    line[strcspn(line, "#")] = '\0';
    line = trim(line);
    if (!*line)
        return 0;
    equals = strchr(line, '=');
    if (!equals)
        return tt_fail(err, TT_USAGE, "%s:%d: not \"name = value\"",
                       s->conf_path, number);
    *equals = '\0';
    name = trim(line);
    value = trim(equals + 1);
    switch (set_row(s, name, value, CLI_FROM_FILE, err)) {
    case 1:
        return 0;
    case 0:
        return tt_fail(err, TT_USAGE, "%s:%d: no such setting \"%s\"",
                       s->conf_path, number, name);
    default:
        return tt_wrap(err, "%s:%d", s->conf_path, number);
    }
}

static int read_file(struct cli_settings *s, struct tt_error *err)
{
    size_t size;
    int number = 0;
    char *next;

    if (tt_file_read(s->conf_path, 1 << 20, &s->text, &size, err) < 0)
        return -1;
    for (char *line = s->text; line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        if (read_line(s, line, ++number, err) < 0)
            return -1;
    }
    return 0;
}

/* $XDG_<name>, or ~/<fallback>; TT_INPUT if there is no home at all. */
static int home_folder(const char *variable, const char *fallback,
                       char path[TT_PATH_SIZE], struct tt_error *err)
{
    const char *xdg = getenv(variable);
    const char *home = getenv("HOME");
    const struct passwd *user;

    if (xdg && xdg[0] == '/')
        return tt_path_join(path, TT_PATH_SIZE, xdg, "tintype", err);
    if (!home || home[0] != '/') {
        user = getpwuid(getuid());
        home = user ? user->pw_dir : NULL;
    }
    if (!home || home[0] != '/')
        return tt_fail(err, TT_INPUT,
                       "no home folder is known: give --state DIR");
    if (tt_path_join(path, TT_PATH_SIZE, home, fallback, err) < 0)
        return -1;
    return 0;
}

/* The value of --conf among the words, NULL if it is not there. */
static const char *conf_option(int argc, char **argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--conf") == 0)
            return i + 1 < argc ? argv[i + 1] : NULL;
        if (strncmp(argv[i], "--conf=", 7) == 0)
            return argv[i] + 7;
    }
    return NULL;
}

static int find_file(struct cli_settings *s, int argc, char **argv,
                     struct tt_error *err)
{
    const char *named = conf_option(argc, argv);
    char folder[TT_PATH_SIZE];

    if (!named)
        named = getenv("TINTYPE_CONF");
    if (named)
        return tt_path_join(s->conf_path, TT_PATH_SIZE, ".", named, err);
    if (home_folder("XDG_CONFIG_HOME", ".config/tintype", folder, err) == 0 &&
        tt_path_join(s->conf_path, TT_PATH_SIZE, folder, "tintype.conf", err) ==
            0 &&
        tt_file_exists(s->conf_path))
        return 0;
    snprintf(s->conf_path, TT_PATH_SIZE, "/etc/tintype.conf");
    if (!tt_file_exists(s->conf_path))
        s->conf_path[0] = '\0';
    return 0;
}

/* --- the environment --- */

static int read_environment(struct cli_settings *s, struct tt_error *err)
{
    for (int t = 0; cli_settings_tables[t]; t++) {
        for (const struct tt_opt *row = cli_settings_tables[t]; row->name;
             row++) {
            char name[64] = "TINTYPE_";
            size_t n = strlen(name);
            const char *value;

            for (const char *p = row->name; *p && n + 1 < sizeof(name); p++)
                name[n++] = *p >= 'a' && *p <= 'z' ? (char)(*p - 32) : *p;
            name[n] = '\0';
            value = getenv(name);
            if (!value || !*value)
                continue;
            if (set_row(s, row->name, value, CLI_FROM_ENVIRONMENT, err) < 0)
                return tt_wrap(err, "%s", name);
        }
    }
    return 0;
}

/* --- all --- */

int cli_settings_load(struct cli_settings *s, int argc, char **argv,
                      struct tt_error *err)
{
    memset(s, 0, sizeof(*s));
    for (int t = 0; cli_settings_tables[t]; t++)
        tt_opt_defaults(cli_settings_tables[t], s);
    s->loaded = malloc(sizeof(*s));
    if (!s->loaded)
        return tt_fail(err, TT_NOMEM, "no memory for settings");
    if (find_file(s, argc, argv, err) < 0)
        return -1;
    if (s->conf_path[0] && read_file(s, err) < 0)
        return -1;
    if (read_environment(s, err) < 0)
        return -1;
    memcpy(s->loaded, s, sizeof(*s));
    return 0;
}

static int find_state(struct cli_settings *s, struct tt_error *err)
{
    char here[TT_PATH_SIZE];

    if (!s->state)
        return home_folder("XDG_STATE_HOME", ".local/state/tintype",
                           s->state_dir, err);
    if (!*s->state)
        return tt_fail(err, TT_USAGE, "--state: the name is empty");
    if (!getcwd(here, sizeof(here)))
        return tt_fail_errno(err, TT_IO, "the current folder");
    return tt_path_join(s->state_dir, TT_PATH_SIZE, here, s->state, err);
}

int cli_settings_finish(struct cli_settings *s, struct tt_error *err)
{
    if (check_words(s, err) < 0)
        return -1;
    return find_state(s, err);
}

enum cli_source cli_settings_source(const struct cli_settings *s,
                                    const struct tt_opt *row)
{
    static const size_t sizes[] = {[TT_OPT_TEXT] = sizeof(const char *),
                                   [TT_OPT_INT] = sizeof(long),
                                   [TT_OPT_REAL] = sizeof(double),
                                   [TT_OPT_FLAG] = sizeof(bool),
                                   [TT_OPT_TIME] = sizeof(long)};
    int number;

    if (s->loaded &&
        memcmp((const char *)s + row->offset,
               (const char *)s->loaded + row->offset, sizes[row->type]) != 0)
        return CLI_FROM_OPTION;
    if (!find_row(row->name, &number))
        return CLI_FROM_DEFAULT;
    return (enum cli_source)s->from[number];
}

void cli_settings_text(const struct cli_settings *s, const struct tt_opt *row,
                       char *text, size_t size)
{
    const void *at = (const char *)s + row->offset;

    switch (row->type) {
    case TT_OPT_TEXT:
        snprintf(text, size, "%s",
                 *(const char *const *)at ? *(const char *const *)at : "");
        break;
    case TT_OPT_INT:
        snprintf(text, size, "%ld", *(const long *)at);
        break;
    case TT_OPT_TIME:
        snprintf(text, size, "%ldms", *(const long *)at);
        break;
    case TT_OPT_REAL:
        snprintf(text, size, "%g", *(const double *)at);
        break;
    case TT_OPT_FLAG:
        snprintf(text, size, "%s", *(const bool *)at ? "yes" : "no");
        break;
    }
}

int cli_settings_path(const struct cli_settings *s, const char *name,
                      char path[TT_PATH_SIZE], struct tt_error *err)
{
    return tt_path_join(path, TT_PATH_SIZE, s->state_dir, name, err);
}

void cli_settings_release(struct cli_settings *s)
{
    free(s->text);
    free(s->loaded);
    s->text = NULL;
    s->loaded = NULL;
}

bool cli_settings_moves(int fd)
{
    const char *term = getenv("TERM");

    return isatty(fd) && !(term && strcmp(term, "dumb") == 0);
}
