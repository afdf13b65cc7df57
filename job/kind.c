#include "job/kind.h"

#include <string.h>

// clang-format off
const struct tt_opt job_colorize_opts[] = {
    TT_TEXT(job_colorize, model, 'm', "NAME", NULL,
            "model to use: a name or a checkpoint file"),
    TT_TEXT(job_colorize, format, 'f', "FORMAT", "same",
            "jpeg, png, tiff, or same as the original"),
    TT_INT (job_colorize, quality, 'q', "N", "95", 1, 100, "JPEG quality"),
    TT_INT (job_colorize, size, 0, "PX", "0", 0, 1024,
            "side of the network's view, a multiple of 16; 0: the model's"),
    TT_REAL(job_colorize, strength, 's', "X", "1.0", 0, 3,
            "factor on the colour laid on"),
    TT_FLAG(job_colorize, force, 0, "colour photos that are in colour as well"),
    {"metadata", 0, TT_OPT_FLAG, TT_AT(job_colorize, metadata, bool), NULL,
     "yes", "keep EXIF, IPTC and XMP of the original; --no-metadata", 0, 0},
    TT_OPT_END,
};

const struct tt_opt job_ingest_opts[] = {
    TT_INT (job_ingest, min_side, 0, "PX", "48", 1, 100000,
            "refuse photos with a shorter side (too_small)"),
    TT_REAL(job_ingest, max_aspect, 0, "X", "3", 1, 1000,
            "refuse photos more oblong (odd_aspect)"),
    TT_REAL(job_ingest, gray_c95, 0, "C", "6", 0, 200,
            "refuse photos with less chroma (grayscale)"),
    TT_REAL(job_ingest, tone_r90, 0, "C", "5.5", 0, 200,
            "refuse photos of one tone (toned)"),
    TT_REAL(job_ingest, tone_cr90, 0, "C", "4.5", 0, 200,
            "the same for the middle of the photo"),
    TT_REAL(job_ingest, blank, 0, "L", "1", 0, 100,
            "refuse photos with less spread of L* (blank)"),
    TT_REAL(job_ingest, dark, 0, "Y", "0.012", 0, 1,
            "refuse photos with less mean light (dark)"),
    TT_REAL(job_ingest, blur, 0, "X", "0.08", 0, 1000,
            "refuse photos less sharp (blurry); 0: none"),
    TT_REAL(job_ingest, train, 0, "SHARE", "0.8", 0, 1,
            "share of the persons to learn from"),
    TT_REAL(job_ingest, val, 0, "SHARE", "0.1", 0, 1,
            "share of the persons to validate on; the rest is for tests"),
    TT_FLAG(job_ingest, near, 0, "refuse near duplicates as well"),
    {"faces", 0, TT_OPT_FLAG, TT_AT(job_ingest, faces, bool), NULL, "yes",
     "obey what imdb.mat and wiki.mat say (no_face, …); --no-faces", 0, 0},
    TT_REAL(job_ingest, face_score, 0, "X", "1", -1000000, 1000000,
            "refuse faces that its metadata score lower (low_score)"),
    {"one_face", 0, TT_OPT_FLAG, TT_AT(job_ingest, one_face, bool), NULL, "yes",
     "refuse photos with a second face (second_face); --no-one-face", 0, 0},
    TT_REAL(job_ingest, max_age, 0, "YEARS", "100", 0, 1000000,
            "refuse ages above it, or below 0 (age_insane)"),
    TT_INT (job_ingest, shard_records, 0, "N", "4096", 1, 1000000,
            "records in one shard file"),
    TT_OPT_END,
};

const struct tt_opt job_train_opts[] = {
    TT_TEXT(job_train, name, 'n', "NAME", NULL, "name of the run"),
    TT_TEXT(job_train, preset, 'p', "T|P|S|W", "S", "size of the network"),
    TT_TEXT(job_train, size, 0, "SIZES", "128",
            "pixels a side, or a course of them: 64:0.8,128:0.2"),
    TT_TEXT(job_train, schedule, 0, "LOSSES", NULL,
            "losses and their epochs: mae:20,ssim:10,gan:2"),
    TT_TEXT(job_train, precision, 0, "P", "auto", "auto, f32 or bf16"),
    TT_TEXT(job_train, start, 0, "MODEL", NULL, "weights to start from"),
    TT_TEXT(job_train, resume, 0, "RUN", NULL,
            "go on with a run that is done or cancelled: --epochs is that of both"),
    TT_INT (job_train, epochs, 'e', "N", "0", 0, 100000,
            "passes over the set; 0: as the schedule says, or 20"),
    TT_INT (job_train, batch, 'b', "N", "32", 2, 4096, "photos a step"),
    {"batch_norm", 0, TT_OPT_FLAG, TT_AT(job_train, batch_norm, bool), NULL,
     "yes", "normalize over the batch; without it, biases", 0, 0},
    {"sync_norm", 0, TT_OPT_FLAG, TT_AT(job_train, sync_norm, bool), NULL,
     "yes", "with several processes: normalize over all of a batch; without "
     "it, each over its part", 0, 0},
    TT_REAL(job_train, rate, 'r', "X", "0.001", 0, 1, "learning rate of Adam"),
    TT_TEXT(job_train, course, 0, "WORD", "cosine",
            "of the rate in each stage: cosine, plateau, constant"),
    TT_INT (job_train, plateau, 0, "N", "3", 1, 100000,
            "epochs without a better one before a plateau halves the rate"),
    TT_INT (job_train, warm, 0, "N", "50", 0, 1000000,
            "steps over which the rate rises at the start"),
    TT_REAL(job_train, average, 0, "X", "0.999", 0, 0.999999,
            "decay of the running average of the weights"),
    TT_REAL(job_train, clip, 0, "X", "0", 0, 1000000,
            "shorten gradients that are longer; 0: never"),
    TT_INT (job_train, patience, 0, "N", "0", 0, 100000,
            "end the last stage after so many epochs without a better one"),
    TT_INT (job_train, keep, 0, "N", "0", 0, 100000,
            "keep the checkpoints of the last N epochs"),
    {"save_every", 0, TT_OPT_TIME, TT_AT(job_train, save_every_ms, long),
     "TIME", "10m", "write latest.h5 so often, besides after each epoch", 0, 0},
    TT_INT (job_train, gan_patch, 0, "PX", "70", 34, 70,
            "what the discriminator judges at once: 34 or 70 pixels"),
    TT_REAL(job_train, gan_rate, 0, "X", "0.0002", 0, 1,
            "learning rate of both networks in the gan stage"),
    TT_REAL(job_train, gan_alone, 0, "X", "0.25", 0, 1000,
            "epochs that the discriminator learns alone at first"),
    TT_REAL(job_train, gan_l1, 0, "X", "100", 0, 1000000,
            "weight of the distance of the colours beside its judgement"),
    TT_TEXT(job_train, augment, 0, "WORD", "film",
            "none, basic (cropped, turned, worn), or film as well"),
    TT_REAL(job_train, film, 0, "SHARE", "0.5", 0, 1,
            "share of photos seen as old film saw them"),
    TT_INT (job_train, loaders, 0, "N", "1", 1, 64,
            "threads that make batches: more where a step takes less"),
    TT_INT (job_train, seed, 0, "N", "1", 0, 2147483647, "seed of all chance"),
    {"time_limit", 0, TT_OPT_TIME, TT_AT(job_train, limit_ms, long), "TIME", NULL,
     "end the course after that long", 0, 0},
    {"register", 0, TT_OPT_FLAG, TT_AT(job_train, register_model, bool),
     NULL, "yes", "enter the best checkpoint among the models", 0, 0},
    TT_OPT_END,
};

const struct tt_opt job_evaluate_opts[] = {
    TT_TEXT(job_evaluate, model, 'm', "NAME", NULL,
            "model to measure: a name or a checkpoint file"),
    TT_TEXT(job_evaluate, split, 0, "SPLIT", "test", "train, val or test"),
    TT_TEXT(job_evaluate, by, 0, "GROUPS", "none",
            "skin: by how light the skin is as well; none"),
    TT_TEXT(job_evaluate, grey, 0, "GREY", "lstar",
            "what is coloured: L* of the photos, or the L* of rec601's grey"),
    TT_OPT_END,
};

static const struct job_kind_info kinds[JOB_KINDS] = {
    [JOB_COLORIZE] = {"colorize", "g", job_colorize_opts,
                      sizeof(struct job_colorize)},
    [JOB_INGEST]   = {"ingest", "g", job_ingest_opts,
                      sizeof(struct job_ingest)},
    [JOB_TRAIN]    = {"train", "t", job_train_opts, sizeof(struct job_train)},
    [JOB_EVALUATE] = {"evaluate", "t", job_evaluate_opts,
                      sizeof(struct job_evaluate)},
};
// clang-format on

const struct job_kind_info *job_kind_info(int kind)
{
    return kind > 0 && kind < JOB_KINDS ? &kinds[kind] : NULL;
}

enum job_kind job_kind_from(const char *word)
{
    for (int k = 1; k < JOB_KINDS; k++) {
        if (strcmp(kinds[k].word, word) == 0)
            return (enum job_kind)k;
    }
    return 0;
}
