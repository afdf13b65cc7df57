/**
 * decoder: opens untrusted pictures in a child that can do nothing else: no
 * network, no exec, no file opened at all (seccomp kills it or says no), a
 * bound on memory, and a deadline for each photo, kept by the parent. Whatever
 * a photo does to its decoder is that photo's row, not the worker's end.
 *
 *   parent -> child   request, the file's bytes in a sealed memfd
 *   child -> parent   need: so many bytes of grey codes; waits for a go
 *   child -> parent   facts, the grey codes in a sealed memfd, and behind them
 *                     what the photo says of itself, parsed and written anew
 *
 * over a socketpair, which is the child's stdin (workers/message.h). The child
 * is this program's own file (/proc/self/exe) run anew, so it inherits no
 * memory, no thread and no descriptor of the worker. What it says is checked:
 * it may have been taken over.
 *
 * Under a sanitizer the seccomp filter and the bound on memory are left out:
 * its run time maps terabytes and makes system calls of its own.
 *
 * Owns:    open made it; close ends the child.
 * Threads: one thread per struct worker_decoder, and that which opens it must
 *          live as long: the child ends with it.
 * Fails:   TT_UNAVAILABLE (no child can be started), TT_NOMEM, TT_IO. What
 *          ails a photo is no failure: it comes as a reason.
 */
#ifndef WORKERS_DECODER_H
#define WORKERS_DECODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "image/meta.h"
#include "job/wire.h"

struct worker_decoder; /* opaque */

struct worker_decoder_options {
    const char *program; /* NULL: /proc/self/exe; called with "decoder" */
    long deadline_ms;    /* for one photo; more for a large one */
    uint64_t max_pixels; /* 0: image_limits_init's */
    uint64_t memory;     /* bytes of address space; 0: 8 GiB */
    /** Called before a photo's grey codes are made; may block until there is
     *  room for them. NULL: there always is. */
    void (*reserve)(void *ctx, size_t bytes);
    void *ctx;
};

/** What became of a photo. */
struct worker_decoded {
    const char *reason; /* NULL: fine; "truncated", "timeout", … (static) */
    char message[JOB_MESSAGE_SIZE];
    struct image_facts facts; /* what is known, also of a refused photo */
    struct image_grey grey;   /* codes are mapped; NULL if there is a reason */
    struct image_meta meta;   /* likewise, behind them: not to be released */
    size_t mapped;
};

/** Start the child. options are copied, program and ctx borrowed. */
int worker_decoder_open(struct worker_decoder **out,
                        const struct worker_decoder_options *options,
                        struct tt_error *err) TT_MUST;

/** Decode the photo whose size bytes lie in the memfd `file`. A child that
 *  died is started anew. */
int worker_decoder_read(struct worker_decoder *d, int file, size_t size,
                        struct worker_decoded *out,
                        struct tt_error *err) TT_MUST;

/** The child's number, 0 if there is none just now. */
int worker_decoder_pid(const struct worker_decoder *d);

/** End the child and free. NULL is allowed. */
void worker_decoder_close(struct worker_decoder *d);

/** Unmap the codes. Zeroed structs are allowed. */
void worker_decoded_release(struct worker_decoded *decoded);

/** The hidden command: be the child; argv is what follows "decoder". libvips
 *  runs already. Returns the exit status, once the parent has gone. */
int decoder_main(int argc, char **argv);

#endif
