#include <stdlib.h>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/record.h"
#include "cli/report.h"

struct report_opts {
    const char *out;
    long photos;
    bool force;
};

// clang-format off
static const struct tt_opt report_opts[] = {
    TT_TEXT(report_opts, out, 'o', "FILE", NULL, "the page, an HTML file"),
    TT_INT (report_opts, photos, 0, "N", "100", 0, 10000,
            "so many photos, before and after"),
    TT_FLAG(report_opts, force, 0, "write over a file that is there"),
    TT_OPT_END,
};
// clang-format on

static int write_page(struct cli_context *c, struct cli_record *r,
                      const struct db_job *job, struct tt_error *err)
{
    const struct report_opts *o = c->opts;
    char *text = NULL;
    size_t size = 0;
    FILE *page = open_memstream(&text, &size);
    int rc = -1;

    if (!page)
        return tt_fail(err, TT_NOMEM, "no memory for a report");
    rc = cli_report_write(page, r, job, (int)o->photos, err);
    if (fclose(page) != 0 && rc == 0)
        rc = tt_fail(err, TT_NOMEM, "no memory for a report");
    if (rc == 0)
        rc = tt_file_write(o->out, text, size, err);
    free(text);
    return rc;
}

/* Its texts outlive the record's memory, which pages reuse. */
static int find(struct cli_context *c, struct cli_record *kept,
                struct db_job *job, struct tt_error *err)
{
    if (cli_record_need(kept, &c->settings, err) < 0 ||
        cli_record_job(kept, c->operands ? c->operand[0] : "@last", job, err) <
            0)
        return -1;
    if (job->kind != JOB_COLORIZE)
        return tt_fail(err, TT_USAGE,
                       "j%lld colours nothing; run show and run plot tell of "
                       "trainings",
                       (long long)job->id);
    return 0;
}

static int report(struct cli_context *c, struct tt_error *err)
{
    const struct report_opts *o = c->opts;
    struct cli_record kept = {NULL, NULL}, r = {NULL, NULL};
    struct db_job job;
    int rc;

    if (!o->out)
        return tt_fail(err, TT_USAGE, "-o FILE is needed: where the page goes");
    if (cli_command_may_write(o->out, o->force, err) < 0)
        return -1;
    rc = find(c, &kept, &job, err);
    if (rc == 0)
        rc = cli_record_open(&r, &c->settings, err);
    if (rc == 0)
        rc = write_page(c, &r, &job, err);
    cli_record_close(&r);
    cli_record_close(&kept);
    return rc;
}

const struct cli_command cmd_job_report = {
    .name = "job report",
    .operands = "[JOB]",
    .summary = "a job of colouring as a page for people: before and after",
    .about = "One HTML file that needs nothing beside itself: what was asked "
             "and done, what failed and\nwhy, photos before and after, those "
             "of which something was noticed first.",
    .example = "tintype job report j2 -o j2.html",
    .flags = CLI_ENGINE,
    .most = 1,
    .opts = report_opts,
    .opts_size = sizeof(struct report_opts),
    .run = report,
};
