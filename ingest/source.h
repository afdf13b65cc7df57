/**
 * source: where photos come from. It hands over one photo's bytes after
 * another, in an order that does not change, and knows nothing of what
 * becomes of them.
 *
 * Owns:    what open() made; close() frees it, even when half made. A photo
 *          belongs to the caller: ingest_photo_release.
 * Threads: one thread per struct ingest_source.
 * Fails:   TT_USAGE (no such kind), TT_MISSING, TT_INPUT (not what the kind
 *          reads, or damaged), TT_IO, TT_NOMEM. One photo that cannot be read
 *          is not a failure: its trouble says so.
 */
#ifndef INGEST_SOURCE_H
#define INGEST_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/hash.h"
#include "ingest/face.h"

enum ingest_trouble {
    INGEST_FINE,
    INGEST_DENIED, /* opening or reading it failed */
    INGEST_HUGE    /* more bytes than max_bytes; none were read */
};

struct ingest_photo {
    char *path;     /* within the source, '/' between parts; bytes, not text */
    uint8_t *bytes; /* NULL: see trouble */
    uint64_t size;
    enum ingest_trouble trouble;
    struct ingest_face face; /* what the source's metadata say */
    double share;            /* of the source, read with it; 0: not known */
};

void ingest_photo_release(struct ingest_photo *photo);

/** What a source holds, without looking into photos. */
struct ingest_survey {
    struct tt_sha256 digest; /* over paths, sizes and times of change */
    uint64_t photos;         /* 0: not known without reading */
};

/** Add a file (or an archive, which counts as no photo): st may be NULL if it
 *  cannot be looked at. */
int ingest_survey_add(struct ingest_survey *to, const char *path,
                      const struct stat *st, bool is_photo,
                      struct tt_error *err) TT_MUST;

/** For kinds that name files: read one. 1, whatever its trouble; -1. */
int ingest_source_read(const char *file, const char *path, uint64_t max_bytes,
                       struct ingest_photo *out, struct tt_error *err) TT_MUST;

/** For kinds that need a file of an archive first: read it through once, take()
 *  those files whose names (without folders) are in the NULL-ended list. fd is
 *  that of a copy without a name, which is gone when take() is back. */
int ingest_source_extract(const char *archive, const char *const names[],
                          int (*take)(void *ctx, const char *path, int fd,
                                      struct tt_error *err),
                          void *ctx, struct tt_error *err) TT_MUST;

/** What the imdb.mat and wiki.mat in the folder above a photo's folder say of
 *  it, or its name. */
int ingest_source_face(const char *photo, struct ingest_face *face,
                       struct tt_error *err) TT_MUST;

/** For kinds that read folders: what the folder is called, "." as well;
 *  malloc'ed. NULL: errno says why. */
char *ingest_source_name(const char *folder);

/** What a kind of source supplies. All members are required. */
struct ingest_source_ops {
    const char *name;    /* the word before the colon: "folder" */
    const char *summary; /* one line, for --help */
    size_t state_size;   /* zeroed before open() */
    int (*open)(void *state, const char *where, struct tt_error *err);
    /** Tell `to` what next() will give; the position does not move. */
    int (*survey)(void *state, struct ingest_survey *to, struct tt_error *err);
    /** 1: *out is the next one; 0: no more; -1. */
    int (*next)(void *state, uint64_t max_bytes, struct ingest_photo *out,
                struct tt_error *err);
    void (*close)(void *state); /* accepts what a failed open() left */
};

/** Every kind there is, NULL at the end; the list itself is in source.c. */
extern const struct ingest_source_ops *const ingest_sources[];

/** A tree of files, sorted by name in each folder; links are followed, loops
 *  are not, nor folders that hold a data set or where one is being made.
 *  "photos/a/1.jpg" is the path of a/1.jpg in …/photos. */
extern const struct ingest_source_ops ingest_source_folder;
/** An archive (tar or zip; gzip, bzip2, xz, zstd), read in place. */
extern const struct ingest_source_ops ingest_source_tar;
/** Paths from a file: one a line, or NUL-terminated if there is a NUL in it;
 *  relative ones from the folder of the list. They are told from the folder
 *  that all have in common, as those of a folder are. */
extern const struct ingest_source_ops ingest_source_list;
/** IMDB-WIKI: a folder or an archive of photos with imdb.mat, wiki.mat or both
 *  in it, or without, or such a file itself, beside which the photos lie (then
 *  its rows are the order). Photos carry what the metadata say, else the age
 *  that their names tell; rows without a photo come last, as photos that cannot
 *  be read. The .mat files are no photos. Two names, one meaning. */
extern const struct ingest_source_ops ingest_source_imdb;
extern const struct ingest_source_ops ingest_source_wiki;

struct ingest_source;

/** Open "folder:DIR", "tar:FILE", "list:FILE", "imdb:WHERE", or a plain path: a
 *  folder or an archive. On -1, *out is NULL. */
int ingest_source_open(struct ingest_source **out, const char *spec,
                       struct tt_error *err) TT_MUST;

/** The same sources unchanged give the same digest. */
int ingest_source_survey(struct ingest_source *s, struct ingest_survey *out,
                         struct tt_error *err) TT_MUST;

/** 1: *photo is the next one. 0: there are no more. -1: *err says why. */
int ingest_source_next(struct ingest_source *s, uint64_t max_bytes,
                       struct ingest_photo *photo,
                       struct tt_error *err) TT_MUST;

/** Close and free. NULL is allowed. */
void ingest_source_close(struct ingest_source *s);

#endif
