#include "model/train/share.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/log.h"

#define FILE_MOST ((size_t)1 << 30) /* bytes of a checkpoint */

bool train_share_leads(const struct train_share *s)
{
    return reduce_rank(s->group) == 0;
}

/* The first process that failed tells why. */
static int hear(struct train_share *s, const double *failed,
                struct tt_error *err)
{
    int size = reduce_size(s->group), who = 0;
    struct tt_error why;

    while (who < size && failed[who] == 0)
        who++;
    if (who == size)
        return 0;
    s->failed = true;
    if (who == reduce_rank(s->group))
        why = *err;
    if (reduce_tell(s->group, who, &why, sizeof(why), err) < 0)
        return -1;
    *err = why;
    return who == 0 ? -1 : tt_wrap(err, "process %d of %d", who + 1, size);
}

int train_share_meet(struct train_share *s, int rc, struct tt_error *err)
{
    double failed[TRAIN_SHARE_MOST] = {0};

    if (!s->group)
        return rc;
    failed[reduce_rank(s->group)] = rc < 0;
    if (reduce_sum(s->group, failed, (size_t)reduce_size(s->group), err) < 0) {
        s->failed = true;
        return -1;
    }
    return hear(s, failed, err);
}

int train_share_tell(struct train_share *s, int rc, void *data, size_t size,
                     struct tt_error *err)
{
    if (train_share_meet(s, rc, err) < 0)
        return -1;
    return reduce_tell(s->group, 0, data, size, err);
}

int train_share_tick(struct train_share *s, double elapsed_s,
                     const struct tt_watch *watch, struct tt_error *err)
{
    struct {
        double elapsed_s;
        int stop;
    } now = {elapsed_s, tt_watch_stop(watch)};

    if (train_share_tell(s, 0, &now, sizeof(now), err) < 0)
        return -1;
    s->elapsed_s = now.elapsed_s;
    return now.stop;
}

int train_share_means(struct train_share *s, double *values, int n,
                      struct tt_error *err)
{
    if (!s->group)
        return 0;
    if (reduce_sum(s->group, values, (size_t)n, err) < 0)
        return -1;
    for (int i = 0; i < n; i++)
        values[i] /= reduce_size(s->group);
    return 0;
}

int train_share_same(struct train_share *s, const float *values, size_t count,
                     struct tt_error *err)
{
    struct tt_sha256 own, leader;
    int rc;

    if (!s->group)
        return 0;
    rc = tt_sha256(values, count * sizeof(*values), &own, err);
    leader = own;
    if (train_share_tell(s, rc, &leader, sizeof(leader), err) < 0)
        return -1;
    rc = 0;
    if (!tt_sha256_same(&own, &leader))
        rc = tt_fail(err, TT_BUG,
                     "its weights are not those of the first process");
    return train_share_meet(s, rc, err);
}

void train_share_abort(struct train_share *s, const struct tt_error *why)
{
    if (!s->group)
        return;
    tt_log(TT_ERROR, "a step failed, so all processes of the run end: %s",
           why->text);
    reduce_abort(s->group);
}

/* --- the leader's checkpoints --- */

/* A follower's copy of a file, from data. */
static int keep(struct train_share *s, int number, const char *name,
                const void *data, size_t size, struct tt_error *err)
{
    if (tt_path_join(s->file[number], TT_PATH_SIZE, s->folder, name, err) < 0)
        return -1;
    return tt_file_write(s->file[number], data, size, err);
}

/* All get what the leader has at path; *got: there is something. */
static int hand_out(struct train_share *s, int number, const char *path,
                    const char *name, bool *got, struct tt_error *err)
{
    bool leads = train_share_leads(s);
    char *data = NULL;
    size_t size = 0;
    int rc = 0;

    if (leads && path && tt_file_exists(path))
        rc = tt_file_read(path, FILE_MOST, &data, &size, err);
    rc = train_share_tell(s, rc, &size, sizeof(size), err);
    if (rc == 0 && size > 0) {
        if (!leads)
            data = malloc(size);
        if (!data)
            rc = tt_fail(err, TT_NOMEM, "no memory for %s", name);
        rc = train_share_tell(s, rc, data, size, err);
        if (rc == 0 && !leads)
            rc = keep(s, number, name, data, size, err);
    }
    free(data);
    *got = size > 0;
    return rc;
}

/* A follower has copies of the files that the leader begins with. */
static int hand_out_all(struct train_share *s, struct tt_error *err)
{
    struct train_plan *p = &s->plan;
    bool leads = train_share_leads(s), got[TRAIN_SHARE_FILES];
    char latest[TT_PATH_SIZE] = "";
    int rc = 0;

    if (leads && p->resume)
        rc = tt_path_join(latest, sizeof(latest), p->folder, "latest.h5", err);
    if (rc < 0 || hand_out(s, 0, latest, "latest.h5", &got[0], err) < 0 ||
        hand_out(s, 1, p->proceed, "proceed.h5", &got[1], err) < 0 ||
        hand_out(s, 2, p->init, "init.h5", &got[2], err) < 0)
        return -1;
    if (leads)
        return 0;
    p->folder = s->folder;
    p->resume = got[0];
    p->proceed = got[1] ? s->file[1] : NULL;
    p->init = got[2] ? s->file[2] : NULL;
    return 0;
}

/* --- the beginning and the end --- */

static int divide(struct train_share *s, struct tt_error *err)
{
    int size = reduce_size(s->group), part = s->whole / size;

    if (size > TRAIN_SHARE_MOST)
        return tt_fail(err, TT_USAGE, "%d processes: at most %d", size,
                       TRAIN_SHARE_MOST);
    if (s->whole % size || part < 2)
        return tt_fail(err, TT_USAGE,
                       "a batch of %d does not divide among %d processes, at "
                       "least 2 photos each",
                       s->whole, size);
    s->plan.batch = part;
    s->first = part * reduce_rank(s->group);
    return 0;
}

static int make_folder(struct train_share *s, struct tt_error *err)
{
    const char *tmp = getenv("TMPDIR");

    if (tt_path_join(s->folder, TT_PATH_SIZE, tmp && *tmp ? tmp : "/tmp",
                     "tintype-follow-XXXXXX", err) < 0)
        return -1;
    if (mkdtemp(s->folder))
        return 0;
    tt_fail_errno(err, TT_OUTPUT, "%s", s->folder);
    s->folder[0] = '\0';
    return -1;
}

int train_share_open(struct train_share *s, const struct train_plan *plan,
                     struct tt_error *err)
{
    int rc = 0;

    *s = (struct train_share){.plan = *plan, .whole = plan->batch};
    if (reduce_size(plan->group) == 1)
        return 0;
    s->group = plan->group;
    if (!train_share_leads(s))
        rc = make_folder(s, err);
    if (rc == 0)
        rc = divide(s, err);
    return rc < 0 ? -1 : hand_out_all(s, err);
}

int train_share_end(struct train_share *s, int rc, struct tt_error *err)
{
    return s->failed ? -1 : train_share_meet(s, rc, err);
}

void train_share_release(struct train_share *s)
{
    for (int i = 0; i < TRAIN_SHARE_FILES; i++)
        if (s->file[i][0]) {
            unlink(s->file[i]);
            s->file[i][0] = '\0';
        }
    if (s->folder[0])
        rmdir(s->folder);
    s->folder[0] = '\0';
}
