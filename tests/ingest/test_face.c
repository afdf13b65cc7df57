#include "tests/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "image/image.h"
#include "ingest/ingest.h"
#include "tests/ingest/mats.h"
#include "tests/ingest/photos.h"

static const struct mat_row rows[] = {
    {"01/nm1_rm1_1960-5-10_1990.jpg", 716007, 1990, 4.5, NAN, false},
    {"01/nm1_rm2_1960-5-10_1991.jpg", 716007, 1991, -INFINITY, NAN, false},
    {"01/nm1_rm3_1960-5-10_1992.jpg", 716007, 1992, 0.5, NAN, false},
    {"01/nm1_rm4_1960-5-10_1993.jpg", 716007, 1993, 4.5, 2, false},
    {"01/nm1_rm5_1960-5-10_1950.jpg", 716007, 1950, 4.5, NAN, false},
    {"01/nm1_rm6_1960-5-10_1995.jpg", 716007, 1995, 0.5, NAN, false},
    {"01/nm1_rm7_1960-5-10_1996.jpg", 716007, 1996, 4.5, NAN, false},
    {"01/nm1_rm8_1960-5-10_1997.jpg", 716007, 1997, 0.5, NAN, false},
};

#define ROWS (sizeof(rows) / sizeof(*rows))

/* All photos are good but for the sixth, which is blank; the last two are not
 * there. */
static void make_set(void)
{
    char path[256];

    for (unsigned i = 0; i + 2 < ROWS; i++) {
        snprintf(path, sizeof(path), "set/%s", rows[i].path);
        photo_make(path, i == 5 ? PHOTO_BLANK : PHOTO_COLOUR, 200, 220, i + 1);
    }
    mat_make("set/imdb.mat", "imdb", rows, ROWS, true);
}

static struct ingest_outcome run(bool faces)
{
    const char *sources[] = {"imdb:set"};
    struct ingest_outcome outcome;
    struct ingest_plan plan;
    struct tt_error err;

    ingest_plan_init(&plan);
    plan.sources = sources;
    plan.n_sources = 1;
    plan.threads = 1;
    plan.dry_run = true;
    plan.report = "report.jsonl";
    plan.gate.faces = faces;
    CHECK_OK(ingest_run(&plan, NULL, &outcome, &err));
    return outcome;
}

/* The file's own faults come first, then the face's; a photo that is not there
 * is unreadable unless metadata refuse it anyway. */
TEST(ingest_counts_faces_by_their_metadata)
{
    static const char *const says[] = {
        "\"verdict\":\"no_face\",\"value\":0.0,\"threshold\":1.0",
        "\"verdict\":\"low_score\",\"value\":0.5,\"threshold\":1.0",
        "\"verdict\":\"second_face\",\"value\":2.0,\"threshold\":1.0",
        "\"verdict\":\"age_insane\",\"value\":-10.0,\"threshold\":0.0",
        "nm1_rm7_1960-5-10_1996.jpg\",\"verdict\":\"unreadable\"",
        "nm1_rm8_1960-5-10_1997.jpg\",\"verdict\":\"low_score\"",
    };
    struct ingest_outcome o;
    struct tt_error err;
    char *text;
    size_t size;

    CHECK_OK(image_start("test", &err));
    make_set();
    o = run(true);
    CHECK_INT(o.seen, ROWS);
    CHECK_INT(o.told, ROWS);
    CHECK_INT(o.verdicts[INGEST_KEPT], 1);
    CHECK_INT(o.verdicts[INGEST_BLANK], 1);
    CHECK_INT(o.faces[INGEST_LOW_SCORE], 3);
    CHECK_OK(tt_file_read("report.jsonl", 1 << 20, &text, &size, &err));
    for (size_t i = 0; i < sizeof(says) / sizeof(*says); i++)
        CHECK(strstr(text, says[i]));
    free(text);
    ingest_outcome_release(&o);

    o = run(false);
    CHECK_INT(o.verdicts[INGEST_KEPT], 5);
    CHECK_INT(o.verdicts[INGEST_UNREADABLE], 2);
    ingest_outcome_release(&o);
    image_stop();
}
