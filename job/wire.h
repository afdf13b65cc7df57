/**
 * wire: what travels through the queue, as JSON on one line, and back. A
 * payload goes out with a chunk; a result comes back for a chunk; a note comes
 * from a chunk that is still running.
 *
 * payload  {"v":1,"job":7,"kind":1,"first":0,"n":64,"at":812,"manifest":"/…"}
 * result   {"v":1,"photos":[{…}],"error":{"code":…,"text":…},
 *           "dataset":{…},"run":{…},"model":{…},"evaluation":{…}}
 *           (of a failed chunk also "cursor": the number of the photo in hand)
 * note     {"v":1,"metrics":[["loss",310,0.061],…],"done":12,"total":40,
 *           "events":["epoch 2 of 3",…],"run":{…},"rewind":300}
 *
 * The bodies; what the record keeps of them. All members are optional, but for
 * name and path of a dataset and name, path and sha256 of a model.
 *
 * dataset     {"name":…,"path":folder,"sha256":hex,"side":128,"seen":5000,
 *              "records":2987,"train":2389,"val":299,"test":299,"bytes":…,
 *              "refused":{"grayscale":702,…},"params":{…},
 *              "shards":[{"path":"train-000.h5","split":"train",
 *                         "records":2389,"bytes":…,"sha256":hex},…]}
 * run         {"folder":…,"preset":"S","device":…,"precision":"bf16",
 *              "seed":1,"step":310,"steps":930,"epoch":1,"epochs":3,
 *              "best":{"name":"val_mae_ab","value":7.41,"step":310},
 *              "checkpoint":path,"sha256":hex,"summary":{…}}
 *             in a note: the same, what is known so far
 * rewind      a resumed run starts again at that step: later values go
 * model       {"name":"portrait","version":1 (absent: the next),"path":…,
 *              "sha256":hex,"preset":"S","parameters":…,"metrics":{…}}
 * evaluation  any object; kept as it is, with the job
 *
 * Owns:    job_result owns its photos and bodies: job_result_release.
 * Threads: any; pure functions.
 * Fails:   TT_FORMAT (not what we send, or newer), TT_NOMEM.
 */
#ifndef JOB_WIRE_H
#define JOB_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/error.h"
#include "base/hash.h"
#include "job/kind.h"
#include "job/state.h"

#define JOB_WIRE_VERSION 1

struct job_payload {
    int64_t job;
    enum job_kind kind;
    int64_t first; /* number of the first photo, from 0 */
    int64_t n;
    uint64_t at;          /* byte position of its entry in the manifest */
    const char *manifest; /* borrows */
};

/** malloc'ed text, or NULL if memory ran out. */
char *job_payload_text(const struct job_payload *p);
/** *hold keeps what p->manifest borrows; json_decref it. */
int job_payload_parse(const char *text, struct job_payload *p, json_t **hold,
                      struct tt_error *err) TT_MUST;

#define JOB_REASON_SIZE  32
#define JOB_MESSAGE_SIZE 256

/** One photo of a result: becomes one row of the record. Its paths do not
 *  travel: db/ reads them from the job's manifest (job/manifest.h), at the
 *  chunk's byte position, when it records. */
struct job_photo {
    int64_t index; /* in the manifest, from 0 */
    enum photo_state state;
    char reason[JOB_REASON_SIZE];   /* "truncated"; "" when ok */
    char message[JOB_MESSAGE_SIZE]; /* for people; "" when ok */
    struct tt_sha256 sha_in, sha_out;
    bool has_in, has_out;
    int width, height, bits;
    int64_t bytes_out;
    int64_t ms;
    char flags[64]; /* words with a space between: "toned unsure multipage" */
};

struct job_result {
    struct job_photo *photos;
    size_t n_photos;
    json_t *body; /* the other members, or NULL; see above */
    bool failed;  /* a failure of the whole chunk; code and text say why */
    enum tt_code code;
    char text[TT_ERROR_TEXT];
};

char *job_result_text(const struct job_result *r);
int job_result_parse(const char *text, struct job_result *r,
                     struct tt_error *err) TT_MUST;
void job_result_release(struct job_result *r);

#endif
