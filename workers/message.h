/**
 * message: what a worker and its decoder child say to each other: fixed
 * structs over a SOCK_SEQPACKET pair, at most one descriptor with each. Both
 * ends are the same program, so layouts agree.
 *
 * Threads: one thread per socket.
 */
#ifndef WORKERS_MESSAGE_H
#define WORKERS_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "image/meta.h"

enum worker_message_kind {
    WORKER_HELLO,   /* child: I am ready; sandboxed says how well */
    WORKER_REQUEST, /* parent, with the file's memfd; size of it */
    WORKER_NEED,    /* child: size bytes of grey codes are coming */
    WORKER_GO,      /* parent: make them */
    WORKER_ANSWER   /* child; with the codes' memfd if reason is IMAGE_FINE */
};

struct worker_message {
    uint32_t kind;
    uint32_t reason; /* enum image_reason */
    uint64_t size;   /* bytes */
    uint64_t max_pixels;
    bool sandboxed;
    int32_t width, height, bits;     /* of the codes */
    uint32_t meta[IMAGE_META_PARTS]; /* sizes of what stands behind the codes:
                                        image/meta.h's parts, end to end */
    bool meta_dropped;
    struct image_facts facts;
    char text[200];
};

/** Send it, with descriptor fd unless that is -1. */
int worker_message_send(int socket, const struct worker_message *m, int fd,
                        struct tt_error *err) TT_MUST;

/** 1: got it; *fd is the descriptor that came, or -1. 0: the other end is
 *  gone. -1: failed; code TT_BUSY if nothing came within ms (-1: no limit). */
int worker_message_recv(int socket, struct worker_message *m, int *fd, long ms,
                        struct tt_error *err) TT_MUST;

#endif
