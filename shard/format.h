/**
 * format: the layout of a shard, the paper's form of a training photo.
 *
 * A record is three planes of 128 x 128 bytes, planar, in this order:
 *   L8 = rint(L* x 2.55), a8 = rint(a*) + 128, b8 = rint(b*) + 128
 * CIELAB, D65, 2 degrees, from sRGB (image/lab.h); integers on disk, rescaled
 * to 0..1 when loaded for training.
 *
 * A shard is one HDF5 file, a data set a folder of them with dataset.json.
 */
#ifndef SHARD_FORMAT_H
#define SHARD_FORMAT_H

#define SHARD_VERSION 1
#define SHARD_SIDE 128
#define SHARD_PLANE (SHARD_SIDE * SHARD_SIDE)
#define SHARD_PLANES 3
#define SHARD_RECORD (SHARD_PLANES * SHARD_PLANE) /* bytes */

enum shard_split { SHARD_TRAIN, SHARD_VAL, SHARD_TEST, SHARD_SPLITS };

#endif
