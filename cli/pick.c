#include "cli/pick.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "shard/dataset.h"

static int read_folder(struct cli_pick *p, struct tt_error *err)
{
    struct shard_dataset ds;

    if (shard_dataset_read(&ds, p->path, err) < 0)
        return tt_wrap(err, "dataset %s", p->path);
    p->train = (int64_t)shard_dataset_records(&ds, SHARD_TRAIN);
    p->val = (int64_t)shard_dataset_records(&ds, SHARD_VAL);
    p->test = (int64_t)shard_dataset_records(&ds, SHARD_TEST);
    shard_dataset_release(&ds);
    return 0;
}

int cli_pick_dataset_id(struct cli_pick *p, struct cli_record *r, int64_t id,
                        struct tt_error *err)
{
    struct db_dataset d;
    int rc = r->db ? db_history_dataset(r->db, id, r->mem, &d, err) : 0;

    if (rc <= 0)
        return rc < 0 ? -1
                      : tt_fail(err, TT_MISSING, "no dataset d%lld",
                                (long long)id);
    memset(p, 0, sizeof(*p));
    p->id = id;
    if (tt_path_join(p->path, sizeof(p->path), "", d.path, err) < 0)
        return -1;
    return read_folder(p, err);
}

int cli_pick_dataset(struct cli_pick *p, struct cli_record *r, const char *text,
                     struct tt_error *err)
{
    char real[PATH_MAX];
    bool folder = tt_folder_exists(text) && realpath(text, real);
    int64_t id = 0;

    memset(p, 0, sizeof(*p));
    if (!folder) {
        if (strchr(text, '/'))
            return tt_fail(err, TT_MISSING, "%s: no such folder", text);
        if (cli_record_find(r, 'd', text, &id, err) < 0)
            return -1;
        return cli_pick_dataset_id(p, r, id, err);
    }
    if (r->db && db_history_dataset_find(r->db, real, &id, err) < 0)
        return -1;
    p->id = id;
    snprintf(p->path, sizeof(p->path), "%s", real);
    return read_folder(p, err);
}

json_t *cli_pick_json(const struct cli_pick *p)
{
    if (p->id)
        return json_pack("{s:s, s:I}", "path", p->path, "id",
                         (json_int_t)p->id);
    return json_pack("{s:s}", "path", p->path);
}
