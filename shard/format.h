/**
 * format: the layout of a shard, the paper's form of a training photo.
 *
 * A record is three planes of 128 x 128 bytes, planar, in this order:
 *   L8 = rint(L* x 2.55), a8 = rint(a*) + 128, b8 = rint(b*) + 128
 * CIELAB, D65, 2 degrees, from sRGB (image/lab.h); integers on disk, rescaled
 * to 0..1 when loaded for training.
 *
 * A shard is one HDF5 file, a data set a folder of them with dataset.json
 * (shard/dataset.h). For readers in other languages: docs/formats.md.
 *
 * Threads: any.
 * Fails:   never.
 */
#ifndef SHARD_FORMAT_H
#define SHARD_FORMAT_H

#define SHARD_VERSION 1
#define SHARD_SIDE    128
#define SHARD_PLANE   (SHARD_SIDE * SHARD_SIDE)
#define SHARD_PLANES  3
#define SHARD_RECORD  (SHARD_PLANES * SHARD_PLANE) /* bytes */

enum shard_split { SHARD_TRAIN, SHARD_VAL, SHARD_TEST, SHARD_SPLITS };

const char *shard_split_word(enum shard_split split); /* "train" "val" "test" */
/** By word, or SHARD_SPLITS if there is none. */
enum shard_split shard_split_from(const char *word);

/* Attributes of the file. */
#define SHARD_ATTR_VERSION   "format_version"
#define SHARD_ATTR_LAB       "lab"
#define SHARD_ATTR_GENERATOR "generator"
#define SHARD_ATTR_SPLIT     "split"
#define SHARD_ATTR_COUNT     "count"
#define SHARD_ATTR_DIGEST    "records_sha256" /* of the bytes of DIGESTS */

#define SHARD_LAB_WORDS "CIELAB D65 2deg from sRGB; L*2.55, a+128, b+128"

/* Arrays; n records. Paths are packed end to end, without separators. */
#define SHARD_RECORDS       "lab"           /* u8 [n, 3, 128, 128] */
#define SHARD_DIGESTS       "sha256"        /* u8 [n, 32], of each record */
#define SHARD_SOURCE_NUMBER "source/number" /* i64 [n], from 0 */
#define SHARD_SOURCE_BYTES  "source/path"   /* u8 [total] */
#define SHARD_SOURCE_OFFSET "source/offset" /* i64 [n + 1] into it */
#define SHARD_SOURCE_DIGEST "source/sha256" /* u8 [n, 32], of photos' files */

#endif
