/**
 * bench_truth: ingest's verdicts on an archive whose truth.tsv says what each
 * photo is; a table in Markdown. The exit status is 1 if a class falls short of
 * its bar.
 *
 *   bench_truth ARCHIVE
 *
 * truth.tsv has a header line; its columns path, truth, pixels, detail and of
 * are used. Metadata of faces play no part, near duplicates are looked for.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "image/image.h"
#include "ingest/ingest.h"
#include "ingest/source.h"

enum column { PATH, TRUTH, PIXELS, DETAIL, OF, COLUMNS };

static const char *const columns[COLUMNS] = {"path", "truth", "pixels",
                                             "detail", "of"};

struct photo {
    char *cell[COLUMNS];
    enum ingest_verdict verdict;
    bool told;   /* the report has it */
    bool paired; /* with a photo that is the same in truth */
};

struct truth {
    char *text;
    struct photo *photos; /* by path */
    size_t n;
    size_t false_pairs;
};

/* What a class should be found to be; least: share of it that must be. */
static const struct class
{
    const char *truth;
    enum ingest_verdict right;
    double least;
} classes[] = {
    {"colour", INGEST_KEPT, 0.99},
    {"gray", INGEST_GRAYSCALE, 0.99},
    {"toned", INGEST_TONED, 0.99},
    {"truncated", INGEST_TRUNCATED, 1},
    {"empty", INGEST_EMPTY, 1},
    {"not_an_image", INGEST_NOT_IMAGE, 1},
    {"too_small", INGEST_TOO_SMALL, 1},
    {"odd_aspect", INGEST_ODD_ASPECT, 1},
    {"blank", INGEST_BLANK, 1},
    {"dark", INGEST_DARK, 1},
    {"blurry", INGEST_BLURRY, 0.9},
    {"duplicate", INGEST_DUPLICATE, 1},
    {"near_duplicate", INGEST_NEAR, 0.9},
    {"progressive", INGEST_KEPT, 1},
    {"exif_rotated", INGEST_KEPT, 1},
    {"wrong_suffix", INGEST_KEPT, 1},
    {"cmyk", INGEST_KEPT, 1},
};

#define CLASSES (sizeof(classes) / sizeof(*classes))

static void fail(const struct tt_error *err)
{
    fprintf(stderr, "bench_truth: %s\n", err->text);
    exit(1);
}

/* --- truth.tsv --- */

static int take_text(void *ctx, const char *path, int fd, struct tt_error *err)
{
    struct truth *t = ctx;
    off_t size = lseek(fd, 0, SEEK_END);

    free(t->text);
    t->text = calloc(1, (size_t)size + 1);
    if (!t->text || pread(fd, t->text, (size_t)size, 0) != size)
        return tt_fail_errno(err, TT_IO, "%s", path);
    return 0;
}

/* Cut the line at *at into cells; which of them a column is, where says. */
static void cut_line(char **at, const int *where, char **cell)
{
    char *line = strsep(at, "\n"), *value;

    for (int i = 0; (value = strsep(&line, "\t")); i++)
        for (int c = 0; c < COLUMNS; c++)
            if (where[c] == i)
                cell[c] = value;
}

static void find_columns(char **at, int *where)
{
    char *line = strsep(at, "\n"), *value;

    for (int i = 0; (value = strsep(&line, "\t")); i++)
        for (int c = 0; c < COLUMNS; c++)
            if (strcmp(value, columns[c]) == 0)
                where[c] = i;
}

static int by_path(const void *a, const void *b)
{
    const struct photo *x = a, *y = b;

    return strcmp(x->cell[PATH], y->cell[PATH]);
}

static void read_truth(struct truth *t, const char *archive)
{
    static const char *const names[] = {"truth.tsv", NULL};
    int where[COLUMNS] = {-1, -1, -1, -1, -1};
    struct tt_error err;
    char *at;
    size_t lines = 0;

    if (ingest_source_extract(archive, names, take_text, t, &err) < 0)
        fail(&err);
    if (!t->text) {
        tt_fail(&err, TT_INPUT, "%s holds no truth.tsv", archive);
        fail(&err);
    }
    for (at = t->text; (at = strchr(at, '\n')); at++)
        lines++;
    t->photos = calloc(lines + 1, sizeof(*t->photos));
    if (!t->photos)
        exit(1);
    at = t->text;
    find_columns(&at, where);
    while (at && *at) {
        struct photo *p = &t->photos[t->n++];

        for (int c = 0; c < COLUMNS; c++)
            p->cell[c] = strchr(at, '\0');
        cut_line(&at, where, p->cell);
    }
    qsort(t->photos, t->n, sizeof(*t->photos), by_path);
}

/* A path of the report has a folder in front that truth.tsv does not tell. */
static struct photo *find(struct truth *t, const char *path)
{
    const char *below = strchr(path, '/');
    char text[4096];
    struct photo key = {.cell[PATH] = text};

    snprintf(text, sizeof(text), "%s", below ? below + 1 : path);
    return bsearch(&key, t->photos, t->n, sizeof(key), by_path);
}

/* --- the report --- */

/* Copies of one photo are of each other as well. */
static bool same_in_truth(const struct photo *a, const struct photo *b)
{
    const char *of_a = a->cell[OF], *of_b = b->cell[OF];

    return strcmp(of_a, b->cell[PATH]) == 0 ||
           strcmp(of_b, a->cell[PATH]) == 0 || (*of_a && !strcmp(of_a, of_b));
}

static void take_line(struct truth *t, const json_t *o)
{
    const char *of = json_string_value(json_object_get(o, "of"));
    struct photo *p = find(t, json_string_value(json_object_get(o, "path")));
    struct photo *other = of ? find(t, of) : NULL;

    if (!p)
        return;
    p->told =
        ingest_verdict_parse(json_string_value(json_object_get(o, "verdict")),
                             &p->verdict) == 0;
    if (other && same_in_truth(p, other))
        p->paired = other->paired = true;
    else
        t->false_pairs += of != NULL;
}

static void judge(struct truth *t, const char *archive)
{
    char path[] = "/tmp/tt-truth-XXXXXX", line[16384];
    struct ingest_outcome outcome;
    struct ingest_plan plan;
    struct tt_error err;
    int fd = mkstemp(path);
    FILE *f;

    ingest_plan_init(&plan);
    plan.sources = &archive;
    plan.n_sources = 1;
    plan.dry_run = true;
    plan.report = path;
    plan.gate.near = true;
    if (fd < 0 || ingest_run(&plan, NULL, &outcome, &err) < 0)
        fail(&err);
    ingest_outcome_release(&outcome);
    f = fdopen(fd, "r");
    while (f && fgets(line, sizeof(line), f)) {
        json_t *o = json_loads(line, 0, NULL);

        take_line(t, o);
        json_decref(o);
    }
    fclose(f);
    unlink(path);
}

/* --- the table --- */

static bool is_grey(enum ingest_verdict v)
{
    return v == INGEST_GRAYSCALE || v == INGEST_TONED;
}

/* What is to be kept, but shows no colour, is rightly refused for that; gray
 * and toned count as one; a copy is right wherever it is one. */
static bool is_right(const struct class *c, const struct photo *p)
{
    bool colour = strcmp(p->cell[PIXELS], "gray") != 0 &&
                  strcmp(p->cell[PIXELS], "toned") != 0;

    if (p->paired)
        return true;
    if (is_grey(c->right) || (c->right == INGEST_KEPT && !colour))
        return is_grey(p->verdict);
    return p->verdict == c->right;
}

/* Every pixel is there: it may be kept, or refused. */
static bool arguable(const struct photo *p)
{
    return strstr(p->cell[DETAIL], "only the EOI");
}

static bool print_class(const struct truth *t, const struct class *c)
{
    size_t counts[INGEST_VERDICT_COUNT] = {0}, n = 0, right = 0;

    for (size_t i = 0; i < t->n; i++) {
        const struct photo *p = &t->photos[i];

        if (strcmp(p->cell[TRUTH], c->truth) != 0)
            continue;
        n++;
        right += p->told && (is_right(c, p) || arguable(p));
        counts[p->verdict]++;
    }
    if (n == 0)
        return true;
    printf("| %s | %zu | %zu |", c->truth, n, right);
    for (int v = 0; v < INGEST_VERDICT_COUNT; v++)
        if (counts[v])
            printf(" %s %zu", ingest_verdict_word((enum ingest_verdict)v),
                   counts[v]);
    printf(" |%s\n",
           (double)right < c->least * (double)n ? " below its bar" : "");
    return (double)right >= c->least * (double)n;
}

int main(int argc, char **argv)
{
    struct truth t = {0};
    struct tt_error err;
    bool fine = true;

    if (argc != 2) {
        fprintf(stderr, "usage: bench_truth ARCHIVE\n");
        return 64;
    }
    if (image_start("bench_truth", &err) < 0)
        fail(&err);
    read_truth(&t, argv[1]);
    judge(&t, argv[1]);
    image_stop();
    printf("| truth | files | as it should be | verdicts |\n"
           "|---|---:|---:|---|\n");
    for (size_t i = 0; i < CLASSES; i++)
        fine &= print_class(&t, &classes[i]);
    printf("\nfalse pairs among duplicates: %zu\n", t.false_pairs);
    free(t.photos);
    free(t.text);
    return fine && t.false_pairs == 0 ? 0 : 1;
}
