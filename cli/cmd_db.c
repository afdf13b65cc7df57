#include "base/file.h"
#include "cli/commands.h"
#include "cli/control_client.h"
#include "cli/record.h"
#include "db/care.h"

/* --- backup --- */

/* A scheduler's own writes do not start its copy over, others' would. */
static int copy(struct cli_context *c, const char *path, struct tt_error *err)
{
    json_t *request;
    struct cli_record r;
    int rc;

    if (cli_control_answers(&c->settings)) {
        request = json_pack("{s:s, s:s}", "cmd", "backup", "path", path);
        return cli_control_once(&c->settings, request, NULL, err);
    }
    rc = cli_record_need(&r, &c->settings, err);
    if (rc == 0)
        rc = db_backup(r.db, path, err);
    cli_record_close(&r);
    return rc;
}

static int backup(struct cli_context *c, struct tt_error *err)
{
    char path[TT_PATH_SIZE], safe[TT_PATH_SIZE];

    if (cli_record_path(c->operand[0], path, err) < 0)
        return -1;
    if (tt_file_exists(path))
        return tt_fail(err, TT_OUTPUT, "%s is there already", c->operand[0]);
    if (copy(c, path, err) < 0)
        return -1;
    cli_text_safe(c->operand[0], safe, sizeof(safe));
    fprintf(c->out, "%s: whole and sound\n", safe);
    return 0;
}

const struct cli_command cmd_db_backup = {
    .name = "db backup",
    .operands = "FILE",
    .summary = "copy the record, also while a stack runs",
    .about = "FILE must not exist, and becomes whole or not at all; it is "
             "checked. It may stand in for\nSTATE/tintype.db.",
    .example = "tintype db backup /backup/tintype-monday.db",
    .least = 1,
    .most = 1,
    .run = backup,
};

/* --- check --- */

struct check_opts {
    bool quick;
};

// clang-format off
static const struct tt_opt check_opts[] = {
    TT_FLAG(check_opts, quick, 0, "leave out the indices: for large records"),
    TT_OPT_END,
};
// clang-format on

static int open_copy(struct cli_record *r, const char *path,
                     struct tt_error *err)
{
    *r = (struct cli_record){NULL, db_arena_new()};
    if (!tt_file_exists(path))
        return tt_fail(err, TT_MISSING, "%s: no such file", path);
    if (!r->mem)
        return tt_fail(err, TT_NOMEM, "no memory for the record");
    return db_open_reader(&r->db, path, err);
}

static int check(struct cli_context *c, struct tt_error *err)
{
    const struct check_opts *o = c->opts;
    const char *problems = "",
               *what = c->operands ? c->operand[0] : "the record";
    struct cli_record r;
    int rc = c->operands ? open_copy(&r, c->operand[0], err)
                         : cli_record_need(&r, &c->settings, err);

    if (rc == 0)
        rc = db_check(r.db, o->quick, r.mem, &problems, err);
    if (rc == 0)
        fprintf(c->out, "%s is sound\n", what);
    else if (rc > 0)
        fprintf(c->out, "%s\n", problems);
    cli_record_close(&r);
    return rc > 0 ? tt_code_exit(TT_FORMAT) : rc;
}

const struct cli_command cmd_db_check = {
    .name = "db check",
    .operands = "[FILE]",
    .summary = "is the record, or a copy of it, sound?",
    .about = "SQLite's own check, and that of what refers to what. The exit "
             "status is 76 if anything\nis wrong.",
    .example = "tintype db check\ntintype db check /backup/tintype-monday.db",
    .most = 1,
    .opts = check_opts,
    .opts_size = sizeof(struct check_opts),
    .run = check,
};
