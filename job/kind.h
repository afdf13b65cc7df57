/**
 * kind: the kinds of jobs and their parameters. Each kind names a struct and
 * the option table that fills it: the command line parses by it, the job
 * carries it as JSON, the worker reads it back.
 *
 * Owns:    text fields borrow, see base/opt.h.
 * Threads: any; tables are const.
 */
#ifndef JOB_KIND_H
#define JOB_KIND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/opt.h"

/** The numbers are those of the record. */
enum job_kind {
    JOB_COLORIZE = 1,
    JOB_INGEST = 2,
    JOB_TRAIN = 3,
    JOB_EVALUATE = 4,
    JOB_KINDS = 5
};

/* Paths in the structs below are absolute when a job carries them. */

struct job_colorize {
    const char *model;  /* a name, a checkpoint file, or NULL: the one in use */
    const char *format; /* same, jpeg, png, tiff */
    long quality;       /* JPEG */
    long size;          /* of the network's view, pixels; 0: the model's */
    double strength;    /* factor on the chroma */
    bool force;         /* also what is in colour already */
    bool metadata;      /* EXIF, IPTC, XMP of the original go along */
};

struct job_ingest {
    long min_side;
    double max_aspect;
    double gray_c95, tone_r90, tone_cr90; /* the admission gate, color.md */
    double blank, dark, blur;
    double train, val; /* shares of the persons; the rest is test */
    bool near;         /* look for near duplicates as well */
    bool faces;        /* obey the metadata of imdb: and wiki: sources */
    double face_score;
    bool one_face;
    double max_age;
    long shard_records;
};

struct job_train {
    const char *name;
    const char *preset;    /* T, P, S, W */
    const char *size;      /* "128" or "64:0.8,128:0.2" */
    const char *schedule;  /* "mae:20,ssim:10,gan:2" */
    const char *precision; /* auto, f32, bf16 */
    const char *start;     /* a checkpoint to start from */
    const char *resume;    /* a latest.h5 to go on from */
    long epochs;           /* 0: those of the schedule */
    long batch;
    bool batch_norm;
    bool sync_norm; /* over all processes' parts of a batch */
    double rate;
    const char *course;  /* of the rate: cosine, plateau, constant */
    long plateau, warm;  /* epochs; steps */
    double average;      /* decay of the weights' running average */
    double clip;         /* longest gradient, 0: any */
    long patience, keep; /* epochs; 0: none */
    long save_every_ms;  /* 0: after each epoch only */
    long gan_patch;      /* pixels that the discriminator judges */
    double gan_rate, gan_alone, gan_l1;
    const char *augment; /* none, basic, film */
    double film;         /* share of samples seen through old film */
    long loaders;        /* threads that make batches */
    long seed;
    long limit_ms;       /* stop after that long, 0: never */
    bool register_model; /* the best checkpoint becomes a model */
};

struct job_evaluate {
    const char *model;
    const char *split; /* train, val, test */
    const char *by;    /* none, skin: groups beside the whole */
    const char *grey;  /* lstar, rec601: what the network is shown */
};

extern const struct tt_opt job_colorize_opts[];
extern const struct tt_opt job_ingest_opts[];
extern const struct tt_opt job_train_opts[];
extern const struct tt_opt job_evaluate_opts[];

struct job_kind_info {
    const char *word; /* "colorize" */
    const char *lane; /* the queue's capability class: "g" general, "t" train */
    const struct tt_opt *opts;
    size_t size; /* of its struct */
};

/** Of a kind, or NULL if there is no such number. */
const struct job_kind_info *job_kind_info(int kind);

/** The kind of that word, or 0. */
enum job_kind job_kind_from(const char *word);

#endif
