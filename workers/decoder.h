/**
 * decoder: opens untrusted pictures in a child that can do nothing else: no
 * network, no exec, no file opened for writing (seccomp kills it), a bound on
 * memory, and a deadline for each photo, kept by the parent. Whatever a photo
 * does to its decoder is that photo's row, not the worker's end.
 *
 *   parent -> child   request, the file's bytes in a sealed memfd
 *   child -> parent   facts, the grey plane in a sealed memfd
 *
 * over a socketpair, which is the child's stdin. The child is this program's
 * own file (/proc/self/exe) run anew, so it inherits no memory, no thread and
 * no descriptor of the worker.
 *
 * Under a sanitizer the seccomp filter and the bound on memory are left out:
 * its run time maps terabytes and opens files of its own at any moment.
 *
 * Owns:    open made it; close ends the child.
 * Threads: one thread per struct worker_decoder.
 * Fails:   TT_UNAVAILABLE (no child can be started), TT_NOMEM, TT_IO. What
 *          ails a photo is no failure: it comes as a reason.
 */
#ifndef WORKERS_DECODER_H
#define WORKERS_DECODER_H

#include "base/error.h"

/** The hidden command: be the child. descriptor 0 is the socket. libvips runs
 *  already. Returns the exit status when the parent has gone. */
int decoder_main(void);

#endif
