#include "model/train/schedule.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/unet.h"
#include "shard/format.h"

#define LAST_RATE   0.02
#define EPOCHS      20 /* if nobody says how many */
#define MOST_EPOCHS 1e6
#define PI          3.14159265358979323846

static const char *const losses[] = {"mae", "ssim", "gan", NULL};
static const char *const courses[] = {"cosine", "plateau", "constant", NULL};

/* The index of the word of that length, or -1. */
static int word_of(const char *const *words, const char *text, size_t length)
{
    for (int i = 0; words[i]; i++)
        if (strlen(words[i]) == length && memcmp(words[i], text, length) == 0)
            return i;
    return -1;
}

const char *train_loss_word(enum train_loss loss)
{
    return losses[loss];
}

static int loss_of(const char *text, size_t length)
{
    return word_of(losses, text, length);
}

static int side_of(const char *text, size_t length)
{
    char *end;
    long side = strtol(text, &end, 10);

    if (end != text + length || side < MODEL_SIDE_STEP || side > SHARD_SIDE ||
        side % MODEL_SIDE_STEP)
        return -1;
    return (int)side;
}

/* "64:0.8,128:0.2": what, and its share; the shares' sum, or -1 where the text
 * is not like that. */
static double parse_spans(const char *text, int (*what)(const char *, size_t),
                          struct train_span *spans, int *count)
{
    const char *at = text;
    double sum = 0;

    for (*count = 0; *count < TRAIN_STAGES; at++) {
        size_t length = strcspn(at, ":,");
        struct train_span *span = &spans[(*count)++];
        char *end = (char *)at + length;
        double share = 1;

        span->what = what(at, length);
        if (*end == ':') {
            at = end + 1;
            share = strtod(at, &end);
            if (end == at)
                return -1;
        }
        if (span->what < 0 || (*end && *end != ',') ||
            !(share > 0 && share <= MOST_EPOCHS))
            return -1;
        span->from = sum;
        span->until = sum += share;
        at = end;
        if (!*at)
            return sum;
    }
    return -1;
}

static void scale_spans(struct train_span *spans, int count, double sum)
{
    for (int i = 0; i < count; i++) {
        spans[i].from /= sum;
        spans[i].until /= sum;
    }
}

static int parse_sides(struct train_schedule *s, const char *text,
                       struct tt_error *err)
{
    double sum = parse_spans(text, side_of, s->side, &s->sides);

    if (sum < 0)
        return tt_fail(err, TT_USAGE,
                       "sides %s: multiples of %d up to %d, as 64 or "
                       "64:0.8,128:0.2",
                       text, MODEL_SIDE_STEP, SHARD_SIDE);
    scale_spans(s->side, s->sides, sum);
    return 0;
}

/* The shares are epochs, where nothing else says how many. */
static int parse_stages(struct train_schedule *s, const char *text,
                        double *epochs, struct tt_error *err)
{
    double sum = parse_spans(text, loss_of, s->stage, &s->stages);

    if (sum < 0)
        return tt_fail(err, TT_USAGE,
                       "schedule %s: losses (mae, ssim, gan) and their "
                       "epochs, as mae:20 or mae:20,ssim:10,gan:2",
                       text);
    *epochs = strchr(text, ':') ? sum : EPOCHS;
    scale_spans(s->stage, s->stages, sum);
    return 0;
}

int train_schedule_init(struct train_schedule *s, const struct train_plan *plan,
                        uint64_t batches, struct tt_error *err)
{
    int course = word_of(courses, plan->course, strlen(plan->course));
    double epochs = EPOCHS;

    *s = (struct train_schedule){.rate = plan->rate,
                                 .gan_rate = plan->gan.rate,
                                 .course = (enum train_course)course,
                                 .warm = (uint64_t)plan->warm,
                                 .steps = plan->steps,
                                 .seconds = plan->minutes * 60};
    if (course < 0)
        return tt_fail(err, TT_USAGE, "course %s: cosine, plateau or constant",
                       plan->course);
    if (parse_stages(s, plan->schedule, &epochs, err) < 0 ||
        parse_sides(s, plan->sides, err) < 0)
        return -1;
    if (plan->epochs > 0 || (!s->steps && !(s->seconds > 0))) {
        double want = plan->epochs > 0 ? plan->epochs : epochs;
        uint64_t steps = (uint64_t)ceil(want * (double)batches);

        if (!s->steps || steps < s->steps)
            s->steps = steps;
    }
    return 0;
}

int train_plan_epochs(const struct train_plan *plan)
{
    struct train_schedule s;
    struct tt_error ignored;

    // an epoch of one step
    if (plan->steps || train_schedule_init(&s, plan, 1, &ignored) < 0)
        return 0;
    return (int)s.steps;
}

double train_schedule_progress(const struct train_schedule *s, uint64_t step,
                               double elapsed_s)
{
    double by_step = s->steps ? (double)step / (double)s->steps : 0;
    double by_clock = s->seconds > 0 ? elapsed_s / s->seconds : 0;

    return by_step > by_clock ? by_step : by_clock;
}

static int span_at(const struct train_span *spans, int count, double progress)
{
    int i = 0;

    while (i < count - 1 && progress >= spans[i].until)
        i++;
    return i;
}

int train_schedule_stage(const struct train_schedule *s, double progress)
{
    return span_at(s->stage, s->stages, progress);
}

double train_schedule_rate(const struct train_schedule *s, uint64_t step,
                           double progress)
{
    const struct train_span *stage =
        &s->stage[train_schedule_stage(s, progress)];
    double rate = stage->what == TRAIN_GAN ? s->gan_rate : s->rate;
    double p = (progress - stage->from) / (stage->until - stage->from);

    if (step + 1 < s->warm)
        rate *= (double)(step + 1) / (double)s->warm;
    if (s->course != TRAIN_COSINE)
        return rate;
    p = p < 1 ? p : 1;
    return rate * (LAST_RATE + (1 - LAST_RATE) * 0.5 * (1 + cos(PI * p)));
}

int train_schedule_side(const struct train_schedule *s, double progress)
{
    return s->side[span_at(s->side, s->sides, progress)].what;
}
