#include "model/train/schedule.h"

#include <math.h>
#include <stdlib.h>

#include "model/unet.h"
#include "shard/format.h"

#define WARM_STEPS 50
#define LAST_RATE  0.02
#define PI         3.14159265358979323846

/* "64:0.8,128:0.2": shares are scaled so that they add up to 1. */
static int parse_sides(struct train_schedule *s, const char *text,
                       struct tt_error *err)
{
    const char *at = text;
    double sum = 0;

    for (;;) {
        char *end;
        long side = strtol(at, &end, 10);
        double share = 1;

        if (*end == ':')
            share = strtod(end + 1, &end);
        if (end == at || (*end && *end != ',') || s->stages == TRAIN_STAGES ||
            !(share > 0) || side < MODEL_SIDE_STEP || side > SHARD_SIDE ||
            side % MODEL_SIDE_STEP)
            return tt_fail(err, TT_USAGE,
                           "sides %s: multiples of %d up to %d, as 64 or "
                           "64:0.8,128:0.2",
                           text, MODEL_SIDE_STEP, SHARD_SIDE);
        sum += share;
        s->stage[s->stages].side = (int)side;
        s->stage[s->stages++].until = sum;
        if (!*end)
            break;
        at = end + 1;
    }
    for (int i = 0; i < s->stages; i++)
        s->stage[i].until /= sum;
    return 0;
}

int train_schedule_init(struct train_schedule *s, const struct train_plan *plan,
                        uint64_t batches, struct tt_error *err)
{
    *s = (struct train_schedule){.rate = plan->rate,
                                 .steps = plan->steps,
                                 .seconds = plan->minutes * 60};
    if (plan->epochs > 0) {
        uint64_t steps = (uint64_t)plan->epochs * batches;

        if (!s->steps || steps < s->steps)
            s->steps = steps;
    }
    if (!s->steps && !(s->seconds > 0))
        return tt_fail(err, TT_USAGE,
                       "a run needs an end: epochs, steps or minutes");
    return parse_sides(s, plan->sides, err);
}

double train_schedule_progress(const struct train_schedule *s, uint64_t step,
                               double elapsed_s)
{
    double by_step = s->steps ? (double)step / (double)s->steps : 0;
    double by_clock = s->seconds > 0 ? elapsed_s / s->seconds : 0;

    return by_step > by_clock ? by_step : by_clock;
}

double train_schedule_rate(const struct train_schedule *s, uint64_t step,
                           double progress)
{
    double warm = step + 1 < WARM_STEPS ? (step + 1.0) / WARM_STEPS : 1;
    double p = progress < 1 ? progress : 1;

    return s->rate * warm *
           (LAST_RATE + (1 - LAST_RATE) * 0.5 * (1 + cos(PI * p)));
}

int train_schedule_side(const struct train_schedule *s, double progress)
{
    int i = 0;

    while (i < s->stages - 1 && progress >= s->stage[i].until)
        i++;
    return s->stage[i].side;
}
