/**
 * probe: whether a backend computes what plain C does, tried on a small network
 * with one layer of every sort: for devices that a build was never tested on.
 *
 * Owns:    nothing.
 * Threads: any.
 * Fails:   TT_UNAVAILABLE (it computes something else), and as the backend.
 */
#ifndef BACKEND_PROBE_H
#define BACKEND_PROBE_H

#include "model/backend/backend.h"

int backend_probe(const struct backend_ops *ops, int device,
                  struct tt_error *err) TT_MUST;

#endif
