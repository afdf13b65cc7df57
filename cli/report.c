#include "cli/report.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "cli/params.h"
#include "cli/rows.h"
#include "image/thumb.h"

enum {
    PAGE = 500,
    THUMB_PX = 240,
    MOST_FAILED = 1000 /* rows; the rest is counted */
};

struct report {
    FILE *out;
    struct cli_record *r;
    const struct db_job *job;
    struct pair *pairs;
    int most, n;
    int64_t seen; /* photos that nothing was noticed of */
};

struct pair {
    char *in, *out, *flags; /* NULL: not known, none */
};

/* --- words --- */

/* Bytes that are not UTF-8 as \xNN, and nothing that HTML would obey. */
static void put(FILE *out, const char *text)
{
    char safe[2 * TT_PATH_SIZE];

    cli_text_safe(text, safe, sizeof(safe));
    for (const char *p = safe; *p; p++) {
        const char *as = *p == '&'   ? "&amp;"
                         : *p == '<' ? "&lt;"
                         : *p == '>' ? "&gt;"
                         : *p == '"' ? "&quot;"
                                     : NULL;

        if (as)
            fputs(as, out);
        else
            fputc(*p, out);
    }
}

static void put_row(FILE *out, const char *name, const char *value)
{
    if (!value || !*value)
        return;
    fprintf(out, "<tr><th>%s<td>", name);
    put(out, value);
    fputc('\n', out);
}

static void put_head(const struct report *p)
{
    fputs("<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width\">\n<title>",
          p->out);
    put(p->out, p->job->name);
    fputs("</title>\n<style>\n"
          "body { font: 15px/1.45 sans-serif; margin: 2em auto; "
          "max-width: 72em; padding: 0 1em; color: #222 }\n"
          "h1, h2 { font-weight: 600 } h2 { margin-top: 2em }\n"
          "th, td { text-align: left; vertical-align: top; "
          "padding: .15em 1em .15em 0; font-weight: 400 }\n"
          "th { color: #777; white-space: nowrap }\n"
          "td { overflow-wrap: anywhere }\n"
          ".photos { display: flex; flex-wrap: wrap; gap: 1em; "
          "align-items: flex-start }\n"
          "figure { margin: 0 } figure img { vertical-align: bottom }\n"
          "figcaption { color: #777; font-size: 13px; max-width: 30em; "
          "overflow-wrap: anywhere }\n"
          "</style>\n<h1>",
          p->out);
    put(p->out, p->job->name);
    fputs("</h1>\n", p->out);
}

static int put_facts(const struct report *p, struct tt_error *err)
{
    const struct db_job *j = p->job;
    char text[1200], since[32], until[32];
    struct db_model m = {0};
    char hex[TT_SHA256_HEX];

    if (j->model &&
        db_history_model(p->r->db, j->model, p->r->mem, &m, err) < 0)
        return -1;
    fputs("<table>\n", p->out);
    snprintf(text, sizeof(text),
             "j%lld: %lld coloured, %lld skipped, %lld failed, of %lld",
             (long long)j->id, (long long)j->done, (long long)j->skipped,
             (long long)j->failed, (long long)j->total);
    put_row(p->out, "job", text);
    put_row(p->out, "state", job_state_word(j->state));
    snprintf(text, sizeof(text), "%s to %s",
             j->started ? tt_time_text(j->started, since, sizeof(since)) : "-",
             j->ended ? tt_time_text(j->ended, until, sizeof(until)) : "-");
    put_row(p->out, "time", text);
    put_row(p->out, "outputs", j->outdir);
    if (m.id) {
        snprintf(text, sizeof(text), "%s-%lld, sha256 %s", m.name,
                 (long long)m.version, tt_sha256_text(&m.sha256, hex));
        put_row(p->out, "model", text);
    }
    cli_params_text(j->kind, j->params, text, sizeof(text));
    put_row(p->out, "settings", text);
    put_row(p->out, "made by", "tintype " TT_VERSION);
    fputs("</table>\n<p>The grey is the original's. The colours are a model's "
          "invention: they are not documentary.\n",
          p->out);
    return 0;
}

/* --- photos --- */

/* Tone is usual with old photos, and turning is no harm. */
static bool doubtful(const char *flags)
{
    static const char *const words[] = {"unsure", "alpha", "multipage"};

    for (size_t i = 0; flags && i < sizeof(words) / sizeof(*words); i++) {
        if (strstr(flags, words[i]))
            return true;
    }
    return false;
}

static int keep(struct report *p, const struct db_photo *row,
                struct tt_error *err)
{
    struct pair *pair = &p->pairs[p->n];

    pair->in = row->in ? strdup(row->in) : NULL;
    pair->out = row->out ? strdup(row->out) : NULL;
    pair->flags = row->flags ? strdup(row->flags) : NULL;
    p->n++;
    if ((row->in && !pair->in) || (row->out && !pair->out) ||
        (row->flags && !pair->flags))
        return tt_fail(err, TT_NOMEM, "no memory for a report");
    return 0;
}

/* Of all photos that came out, those for which take() is true. */
static int choose(struct report *p,
                  bool (*take)(struct report *p, const struct db_photo *row),
                  struct tt_error *err)
{
    struct db_photo *rows;
    int64_t after = -1;
    size_t n = 1;

    while (n > 0 && p->n < p->most) {
        db_arena_reset(p->r->mem);
        if (db_history_photos(p->r->db, p->job->id, DB_STATE(PHOTO_OK), after,
                              PAGE, p->r->mem, &rows, &n, err) < 0)
            return -1;
        for (size_t i = 0; i < n && p->n < p->most; i++) {
            after = rows[i].index;
            if (take(p, &rows[i]) && keep(p, &rows[i], err) < 0)
                return -1;
        }
    }
    return 0;
}

static bool take_doubtful(struct report *p, const struct db_photo *row)
{
    (void)p;
    return doubtful(row->flags);
}

/* Evenly from the rest, as far as there is room. */
static bool take_others(struct report *p, const struct db_photo *row)
{
    int64_t all = p->job->done, stride = (all + p->most - 1) / p->most;

    return !doubtful(row->flags) && p->seen++ % (stride > 0 ? stride : 1) == 0;
}

static int put_picture(FILE *out, const char *path, struct tt_error *err)
{
    struct image_small small;
    char *text;

    if (!path || image_thumb_open(path, THUMB_PX, &small, err) < 0) {
        fputs("<img alt=\"not there\">", out);
        return path && err->code == TT_NOMEM ? -1 : 0;
    }
    text = image_thumb_text(&small, err);
    if (text)
        fprintf(out, "<img width=\"%d\" height=\"%d\" alt=\"\" src=\"%s\">",
                small.width, small.height, text);
    image_small_release(&small);
    free(text);
    return text ? 0 : -1;
}

static int put_photos(const struct report *p, const char *title, int from,
                      int to, struct tt_error *err)
{
    if (from == to)
        return 0;
    fprintf(p->out, "<h2>%s</h2>\n<div class=\"photos\">\n", title);
    for (int i = from; i < to; i++) {
        const struct pair *pair = &p->pairs[i];

        fputs("<figure>", p->out);
        if (put_picture(p->out, pair->in, err) < 0 ||
            put_picture(p->out, pair->out, err) < 0)
            return -1;
        fputs("<figcaption>", p->out);
        put(p->out, pair->out ? tt_path_name(pair->out) : "?");
        if (pair->flags && *pair->flags) {
            fputs(" · ", p->out);
            put(p->out, pair->flags);
        }
        fputs("</figcaption></figure>\n", p->out);
    }
    fputs("</div>\n", p->out);
    return 0;
}

static int put_gallery(struct report *p, struct tt_error *err)
{
    int first;

    p->pairs = calloc((size_t)p->most + 1, sizeof(*p->pairs));
    if (!p->pairs)
        return tt_fail(err, TT_NOMEM, "no memory for a report");
    if (choose(p, take_doubtful, err) < 0)
        return -1;
    first = p->n;
    if (choose(p, take_others, err) < 0 ||
        put_photos(p, "To look at first", 0, first, err) < 0)
        return -1;
    return put_photos(p, "Before and after", first, p->n, err);
}

/* --- what has no output --- */

static int put_refused(struct report *p, enum photo_state state,
                       const char *title, int64_t count, struct tt_error *err)
{
    struct db_photo *rows;
    size_t n;

    if (count == 0)
        return 0;
    db_arena_reset(p->r->mem);
    if (db_history_photos(p->r->db, p->job->id, DB_STATE(state), -1,
                          MOST_FAILED, p->r->mem, &rows, &n, err) < 0)
        return -1;
    fprintf(p->out, "<h2>%s</h2>\n<table>\n", title);
    for (size_t i = 0; i < n; i++) {
        fputs("<tr><th>", p->out);
        put(p->out, rows[i].reason ? rows[i].reason : "");
        fputs("<td>", p->out);
        put(p->out, rows[i].in ? rows[i].in : "?");
        fputs("<td>", p->out);
        put(p->out, rows[i].message ? rows[i].message : "");
        fputc('\n', p->out);
    }
    fputs("</table>\n", p->out);
    if (count > (int64_t)n)
        fprintf(p->out, "<p>and %lld more\n", (long long)count - (long long)n);
    return 0;
}

int cli_report_write(FILE *out, struct cli_record *r, const struct db_job *job,
                     int most, struct tt_error *err)
{
    struct report p = {.out = out, .r = r, .job = job, .most = most};
    int rc = -1;

    put_head(&p);
    if (put_facts(&p, err) == 0 &&
        put_refused(&p, PHOTO_FAILED, "Failed", job->failed, err) == 0 &&
        put_gallery(&p, err) == 0 &&
        put_refused(&p, PHOTO_SKIPPED, "Passed over", job->skipped, err) == 0)
        rc = 0;
    for (int i = 0; i < p.n; i++) {
        free(p.pairs[i].in);
        free(p.pairs[i].out);
        free(p.pairs[i].flags);
    }
    free(p.pairs);
    return rc;
}
