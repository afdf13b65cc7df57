#include "tests/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "ingest/imdb_mat.h"
#include "ingest/imdb_name.h"
#include "ingest/ingest.h"
#include "ingest/source.h"
#include "tests/ingest/mats.h"
#include "tests/ingest/photos.h"

#define NO_SECOND NAN

TEST(ingest_imdb_name_tells_person_and_dates)
{
    static const struct {
        const char *path, *person;
        int year, month, day, taken;
    } good[] = {
        {"01/nm0000001_rm3343756032_1899-5-10_1970.jpg", "nm0000001", 1899, 5,
         10, 1970},
        {"nm0000001_rm1_1969-0-0_2010.jpg", "nm0000001", 1969, 0, 0, 2010},
        {"64/nm1002664_rm1109196544_0-7-31_2015.jpg", "nm1002664", 0, 7, 31,
         2015},
        {"x/17/10000217_1981-05-05_2009.jpg", "10000217", 1981, 5, 5, 2009},
        {"94/20829594_1975-03-00_2009.jpg", "20829594", 1975, 3, 0, 2009},
        {"45/32339345_1994-11-18._2015.jpg", "32339345", 1994, 11, 18, 2015},
        {"00/100_1900-01-01_1950", "100", 1900, 1, 1, 1950},
    };
    static const char *const bad[] = {
        "",
        "a.jpg",
        "nm_rm1_1-1-1_2000.jpg",
        "nm1_rm_1-1-1_2000.jpg",
        "nm1_1-1-1_2000.jpg",
        "17_1981-05_2009.jpg",
        "17_1981-05-05.jpg",
        "17_1981-05-05_.jpg",
        "17-1981-05-05_2009.jpg",
        "17_1981-05-05..2009.jpg",
        "17_12345678901-05-05_2009.jpg",
        "17_1981-05-05_2009/x.jpg",
    };
    struct ingest_imdb_name n;

    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
        char person[32];

        CHECK(ingest_imdb_name_parse(good[i].path, &n));
        snprintf(person, sizeof(person), "%.*s", (int)n.person_len, n.person);
        CHECK_STR(person, good[i].person);
        CHECK_INT(n.year, good[i].year);
        CHECK_INT(n.month, good[i].month);
        CHECK_INT(n.day, good[i].day);
        CHECK_INT(n.taken, good[i].taken);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        CHECK(!ingest_imdb_name_parse(bad[i], &n));
}

TEST(ingest_imdb_dates_are_those_of_matlab)
{
    static const struct {
        double datenum;
        int year, month;
    } cases[] = {
        {1, 0, 1},
        {31, 0, 1},
        {32, 0, 2},
        {60, 0, 2},
        {61, 0, 3},
        {366, 0, 12},
        {367, 1, 1},
        {719529, 1970, 1},
        {719528, 1969, 12},
        {723671, 1981, 5},
        {730545, 2000, 2},
        {730546, 2000, 3},
        {738156.5, 2020, 12},
        {0, -1, 12},
        {-364, -1, 1},
    };
    int year, month;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        ingest_imdb_date(cases[i].datenum, &year, &month);
        CHECK_INT(year, cases[i].year);
        CHECK_INT(month, cases[i].month);
    }
    ingest_imdb_date(NAN, &year, &month);
    ingest_imdb_date(INFINITY, &year, &month);
    ingest_imdb_date(-1e300, &year, &month);
    CHECK_INT(ingest_imdb_age(1980, 6, 2000), 20);
    CHECK_INT(ingest_imdb_age(1980, 7, 2000), 19);
    CHECK_INT(ingest_imdb_age(1980, 0, 2000), 20);
}

static enum ingest_verdict judge(struct ingest_face face, bool faces)
{
    struct ingest_gate gate;

    ingest_gate_init(&gate);
    gate.faces = faces;
    return ingest_face_judge(&face, &gate).verdict;
}

TEST(ingest_face_rules_speak_where_metadata_do)
{
    enum { SCORE = INGEST_FACE_SCORE, ALL = 7 };
    static const struct {
        struct ingest_face face;
        enum ingest_verdict verdict;
    } cases[] = {
        {{0, 0, 0, 0}, INGEST_KEPT},
        {{3, 0, 30, SCORE | INGEST_FACE_AGE}, INGEST_KEPT},
        {{1, 0, 0, SCORE}, INGEST_KEPT},
        {{0.999, 0, 0, SCORE}, INGEST_LOW_SCORE},
        {{-INFINITY, 4, 200, ALL}, INGEST_NO_FACE},
        {{INFINITY, 0, 0, SCORE}, INGEST_KEPT},
        {{3, 1, 30, ALL}, INGEST_SECOND_FACE},
        {{3, -2, 30, ALL}, INGEST_SECOND_FACE},
        {{0, 0, 100, INGEST_FACE_AGE}, INGEST_KEPT},
        {{0, 0, 101, INGEST_FACE_AGE}, INGEST_AGE_INSANE},
        {{0, 0, -1, INGEST_FACE_AGE}, INGEST_AGE_INSANE},
    };
    uint64_t counts[INGEST_VERDICT_COUNT] = {0};
    struct ingest_gate gate;

    ingest_gate_init(&gate);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        CHECK_STR(ingest_verdict_word(judge(cases[i].face, true)),
                  ingest_verdict_word(cases[i].verdict));
        CHECK_INT(judge(cases[i].face, false), INGEST_KEPT);
        ingest_face_count(&cases[i].face, &gate, counts);
    }
    CHECK_INT(counts[INGEST_NO_FACE], 1);
    CHECK_INT(counts[INGEST_SECOND_FACE], 3);
    CHECK_INT(counts[INGEST_AGE_INSANE], 3);
    CHECK_INT(counts[INGEST_KEPT], 5);
    gate.one_face = false;
    CHECK_INT(ingest_face_judge(&cases[6].face, &gate).verdict, INGEST_KEPT);
}

/* --- .mat files --- */

#define A "01/nm0000001_rm1_1960-5-10_1990.jpg"
#define B "17/10000217_1981-05-05_2009.jpg"
#define C "02/nm0000002_rm2_1990-1-1_1980.jpg"
#define D "02/nm0000002_rm3_1990-1-1_2010.jpg"

static const struct mat_row rows[] = {
    {A, 716007, 1990, 4.5, NO_SECOND, false},
    {B, 723671, 2009, -INFINITY, NO_SECOND, true},
    {C, 726834, 1980, 2, NO_SECOND, false},
    {D, 726834, 2010, 2, 1.5, false},
    {NULL, 54, 2010, 0.5, NO_SECOND, false},
};

#define ROWS (sizeof(rows) / sizeof(*rows))

static void check_rows(const char *file)
{
    struct ingest_imdb_rows *r;
    struct ingest_imdb_row *row;
    struct tt_error err;
    const char *path;

    CHECK_OK(ingest_imdb_rows_open(&r, &err));
    CHECK_OK(ingest_imdb_read(file, r, &err));
    CHECK_INT(ingest_imdb_rows_count(r), ROWS);
    for (size_t i = 0; i < ROWS; i++) {
        row = ingest_imdb_rows_at(r, i, &path);
        CHECK_STR(path, rows[i].path ? rows[i].path : "row 5");
        CHECK(row->face.score == rows[i].score);
        CHECK_INT(!(row->face.says & INGEST_FACE_SECOND),
                  isnan(rows[i].second));
    }
    row = ingest_imdb_rows_find(r, "some/where/" A);
    CHECK(row);
    CHECK_INT(row->face.age, 30);
    CHECK(ingest_imdb_rows_find(r, B)->face.age == 28);
    CHECK(ingest_imdb_rows_find(r, C)->face.age == -10);
    CHECK(!ingest_imdb_rows_find(r, "01/none.jpg"));
    ingest_imdb_rows_close(r);
}

TEST(ingest_mat_is_read_compressed_or_not)
{
    mat_make("imdb.mat", "imdb", rows, ROWS, true);
    check_rows("imdb.mat");
    mat_make("plain.mat", "wiki", rows, ROWS, false);
    check_rows("plain.mat");
}

static int read_mat(const char *file, struct tt_error *err)
{
    struct ingest_imdb_rows *r;
    int rc;

    CHECK(ingest_imdb_rows_open(&r, err) == 0);
    rc = ingest_imdb_read(file, r, err);
    ingest_imdb_rows_close(r);
    return rc;
}

TEST(ingest_mat_of_another_form_is_told)
{
    static const char *const words[MAT_FAULTS] = {
        [MAT_NO_VARIABLE] = "no variable imdb or wiki",
        [MAT_NO_STRUCT] = "variable imdb is no 1 x 1 struct",
        [MAT_NO_PATHS] = "has no cells full_path",
        [MAT_PATHS_NO_CELLS] = "has no cells full_path",
        [MAT_SHORT_COLUMN] = "field dob does not have 1 numbers",
        [MAT_COLUMN_OF_TEXT] = "field face_score does not have 1 numbers",
    };
    struct tt_error err;

    for (int f = 0; f < MAT_FAULTS; f++) {
        mat_make_wrong("wrong.mat", (enum mat_fault)f);
        if (words[f])
            CHECK_FAILS(read_mat("wrong.mat", &err), TT_INPUT, words[f]);
        else
            CHECK_OK(read_mat("wrong.mat", &err)); /* a row without a path */
    }
    CHECK_FAILS(read_mat("none.mat", &err), TT_MISSING, "cannot be read");
    CHECK_OK(tt_file_write("text.mat", "just a text", 11, &err));
    CHECK_FAILS(read_mat("text.mat", &err), TT_INPUT, "not a MATLAB level 5");
}

/* Cut anywhere, or with a byte turned: an error or rows, never a crash. */
SLOW(ingest_mat_damaged_is_an_error_or_rows, 120)
{
    struct tt_error err;
    char *whole;
    size_t size;

    for (int compressed = 0; compressed < 2; compressed++) {
        mat_make("whole.mat", "imdb", rows, ROWS, compressed);
        CHECK_OK(tt_file_read("whole.mat", 1 << 20, &whole, &size, &err));
        for (size_t at = 0; at < size; at += 1 + size / 40) {
            CHECK_OK(tt_file_write("cut.mat", whole, at, &err));
            if (read_mat("cut.mat", &err) < 0)
                CHECK(err.text[0]);
            whole[at] ^= 0x55;
            CHECK_OK(tt_file_write("cut.mat", whole, size, &err));
            if (read_mat("cut.mat", &err) < 0)
                CHECK(err.text[0]);
            whole[at] ^= 0x55;
        }
        free(whole);
    }
}

/* --- sources --- */

/* "path:verdict-by-face" of all photos that have bytes, then of the rest. */
static char *all_of(const char *spec)
{
    static char text[4096];
    struct ingest_source *s;
    struct ingest_photo photo;
    struct ingest_gate gate;
    struct tt_error err;
    int rc;

    text[0] = '\0';
    ingest_gate_init(&gate);
    CHECK_OK(ingest_source_open(&s, spec, &err));
    while ((rc = ingest_source_next(s, 1 << 20, &photo, &err)) > 0) {
        snprintf(
            text + strlen(text), sizeof(text) - strlen(text), "%s%s=%s%s",
            text[0] ? " " : "", photo.path, photo.bytes ? "" : "none:",
            ingest_verdict_word(ingest_face_judge(&photo.face, &gate).verdict));
        ingest_photo_release(&photo);
    }
    CHECK_OK(rc);
    ingest_source_close(s);
    return text;
}

static void put(const char *path)
{
    struct tt_error err;

    CHECK_OK(tt_mkdirs_above(path, 0755, &err));
    CHECK_OK(tt_file_write(path, path, strlen(path), &err));
}

#define REST                                                                   \
    " set/" B "=none:no_face set/" D "=none:second_face set/row 5=none:"       \
    "low_score"
#define WITH                                                                   \
    "set/" A "=kept set/" C "=age_insane set/03/nm3_rm3_1800-1-1_2000.jpg="    \
    "age_insane set/x.jpg=kept"

static void make_set(bool metadata)
{
    struct tt_error err;

    CHECK_OK(tt_mkdirs("set", 0755, &err));
    put("set/" A);
    put("set/" C);
    put("set/03/nm3_rm3_1800-1-1_2000.jpg");
    put("set/x.jpg");
    if (metadata)
        mat_make("set/imdb.mat", "imdb", rows, ROWS, true);
}

TEST(ingest_imdb_source_lays_metadata_over_photos)
{
    make_set(true);
    CHECK_STR(all_of("imdb:set"), WITH REST);
    CHECK_STR(all_of("wiki:set/"), WITH REST);
    photo_make_tar("set.tar", "set");
    CHECK_STR(all_of("imdb:set.tar"), WITH REST);
    photo_make_tar("set.zip", "set");
    CHECK_STR(all_of("imdb:set.zip"), WITH REST);
}

TEST(ingest_imdb_source_follows_a_mat_file)
{
    make_set(true);
    CHECK_STR(all_of("imdb:set/imdb.mat"),
              "set/" A "=kept set/" B "=none:no_face set/" C
              "=age_insane set/" D "=none:second_face set/row 5=none:"
              "low_score");
}

TEST(ingest_imdb_source_does_without_metadata)
{
    make_set(false);
    CHECK_STR(all_of("imdb:set"), WITH);
}

TEST(ingest_imdb_row_leads_nowhere_outside)
{
    static const struct mat_row bad[] = {
        {"../secret.jpg", 723671, 2009, 4, NO_SECOND, false},
        {"/etc/hostname", 723671, 2009, 4, NO_SECOND, false},
    };

    put("secret.jpg");
    put("set/x");
    mat_make("set/imdb.mat", "imdb", bad, 2, true);
    CHECK_STR(all_of("imdb:set/imdb.mat"),
              "set/../secret.jpg=none:kept set//etc/hostname=none:kept");
}

TEST(ingest_imdb_source_says_what_is_wrong)
{
    struct ingest_source *s;
    struct tt_error err;

    put("set/imdb.mat");
    CHECK_FAILS(ingest_source_open(&s, "imdb:set", &err), TT_INPUT,
                "set/imdb.mat: not a MATLAB level 5 file");
    photo_make_tar("set.tar", "set");
    CHECK_FAILS(ingest_source_open(&s, "imdb:set.tar", &err), TT_INPUT,
                "set/imdb.mat: not a MATLAB level 5 file");
    CHECK_FAILS(ingest_source_open(&s, "imdb:set/imdb.mat", &err), TT_INPUT,
                "set/imdb.mat: not a MATLAB level 5 file");
    CHECK_FAILS(ingest_source_open(&s, "imdb:none", &err), TT_MISSING, "none");
    CHECK(!s);
}

TEST(ingest_explains_by_metadata_when_asked)
{
    struct ingest_gate gate;
    struct ingest_finding found;
    struct image_facts facts;
    struct tt_error err;

    CHECK_OK(image_start("test", &err));
    ingest_gate_init(&gate);
    photo_make("set/" D, PHOTO_COLOUR, 200, 220, 7);
    mat_make("set/imdb.mat", "imdb", rows, ROWS, true);
    CHECK_OK(ingest_explain("set/" D, &gate, &found, &facts, &err));
    CHECK_INT(found.verdict, INGEST_KEPT);
    CHECK_OK(ingest_explain("imdb:set/" D, &gate, &found, &facts, &err));
    CHECK_INT(found.verdict, INGEST_SECOND_FACE);
    image_stop();
}

/* --- the real form, where it lies --- */

struct counts {
    uint64_t n, alone[INGEST_VERDICT_COUNT];
};

static const char *data(const char *name)
{
    static char path[TT_PATH_SIZE];
    const char *folder = getenv("TT_DATA");

    if (!folder)
        check_skip("TT_DATA names no folder with wiki.mat");
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static struct ingest_imdb_rows *count_rows(const char *name,
                                           struct counts *counts)
{
    struct ingest_imdb_rows *r;
    struct ingest_gate gate;
    struct tt_error err;

    memset(counts, 0, sizeof(*counts));
    ingest_gate_init(&gate);
    CHECK_OK(ingest_imdb_rows_open(&r, &err));
    CHECK_OK(ingest_imdb_read(data(name), r, &err));
    counts->n = ingest_imdb_rows_count(r);
    for (size_t i = 0; i < counts->n; i++) {
        const char *path;

        ingest_face_count(&ingest_imdb_rows_at(r, i, &path)->face, &gate,
                          counts->alone);
    }
    return r;
}

/* Each of the set's rows that its readers keep, with its age by their rule. */
static void check_oracle(struct ingest_imdb_rows *r, const char *file)
{
    FILE *f = fopen(file, "r");
    struct ingest_gate gate;
    char line[256], path[256];
    int age, lines = 0;

    CHECK(f && fgets(line, sizeof(line), f));
    ingest_gate_init(&gate);
    while (fgets(line, sizeof(line), f)) {
        const struct ingest_imdb_row *row;

        CHECK(sscanf(line, "%*d,%d,%255s", &age, path) == 2);
        row = ingest_imdb_rows_find(r, path);
        CHECK(row);
        CHECK_INT(row->face.age, age);
        CHECK_INT(ingest_face_judge(&row->face, &gate).verdict, INGEST_KEPT);
        lines++;
    }
    CHECK_INT(lines, 38138);
    fclose(f);
}

SLOW(ingest_wiki_mat_has_the_counts_that_are_known, 60)
{
    struct counts c;
    struct ingest_imdb_rows *r = count_rows("wiki.mat", &c);

    CHECK_INT(c.n, 62328);
    CHECK_INT(c.alone[INGEST_NO_FACE], 18016);
    CHECK_INT(c.alone[INGEST_LOW_SCORE], 1319);
    CHECK_INT(c.alone[INGEST_SECOND_FACE], 4096);
    CHECK_INT(c.alone[INGEST_AGE_INSANE], 1781);
    CHECK_INT(c.alone[INGEST_KEPT], 38480);
    check_oracle(r, data("wiki_kept_rows.csv"));
    ingest_imdb_rows_close(r);
}

TEST(ingest_other_writers_mats_are_read)
{
    struct counts c;

    ingest_imdb_rows_close(count_rows("imdb_300.mat", &c));
    CHECK_INT(c.n, 300);
    CHECK_INT(c.alone[INGEST_NO_FACE], 53);
    CHECK_INT(c.alone[INGEST_AGE_INSANE], 67);
    ingest_imdb_rows_close(count_rows("wiki_200_scipy.mat", &c));
    CHECK_INT(c.n, 200);
    CHECK_INT(c.alone[INGEST_NO_FACE], 63);
    CHECK_INT(c.alone[INGEST_SECOND_FACE], 12);
}
