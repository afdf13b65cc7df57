#include "ingest/face.h"

#include <math.h>
#include <string.h>

/* A detector gives one number a face: so few, so many faces are shown. */
static bool no_face(const struct ingest_face *f, const struct ingest_gate *g,
                    struct ingest_finding *out)
{
    (void)g;
    *out = (struct ingest_finding){INGEST_NO_FACE, 0, 1};
    return f->says & INGEST_FACE_SCORE && isinf(f->score) && f->score < 0;
}

static bool low_score(const struct ingest_face *f, const struct ingest_gate *g,
                      struct ingest_finding *out)
{
    *out = (struct ingest_finding){INGEST_LOW_SCORE, f->score, g->face_score};
    return f->says & INGEST_FACE_SCORE && isfinite(f->score) &&
           f->score < g->face_score;
}

static bool second_face(const struct ingest_face *f,
                        const struct ingest_gate *g, struct ingest_finding *out)
{
    *out = (struct ingest_finding){INGEST_SECOND_FACE, 2, 1};
    return g->one_face && f->says & INGEST_FACE_SECOND;
}

static bool age_insane(const struct ingest_face *f, const struct ingest_gate *g,
                       struct ingest_finding *out)
{
    double bound = f->age < 0 ? 0 : g->max_age;

    *out = (struct ingest_finding){INGEST_AGE_INSANE, f->age, bound};
    return f->says & INGEST_FACE_AGE && (f->age < 0 || f->age > g->max_age);
}

/* In the order of the verdicts. */
static bool (*const rules[])(const struct ingest_face *,
                             const struct ingest_gate *,
                             struct ingest_finding *) = {
    no_face, low_score, second_face, age_insane};

#define RULES (sizeof(rules) / sizeof(*rules))

struct ingest_finding ingest_face_judge(const struct ingest_face *face,
                                        const struct ingest_gate *gate)
{
    struct ingest_finding found;

    for (size_t i = 0; gate->faces && i < RULES; i++)
        if (rules[i](face, gate, &found))
            return found;
    return (struct ingest_finding){.verdict = INGEST_KEPT};
}

void ingest_face_count(const struct ingest_face *face,
                       const struct ingest_gate *gate,
                       uint64_t counts[INGEST_VERDICT_COUNT])
{
    struct ingest_finding found;
    bool any = false;

    for (size_t i = 0; i < RULES; i++)
        if (rules[i](face, gate, &found)) {
            counts[found.verdict]++;
            any = true;
        }
    counts[INGEST_KEPT] += !any;
}
