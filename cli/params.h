/**
 * params: what a job was asked, as options that could be typed again: those
 * that differ from the defaults of this version.
 *
 * Owns:    nothing.
 * Threads: any.
 * Fails:   never; what cannot be read is shown as it is.
 */
#ifndef CLI_PARAMS_H
#define CLI_PARAMS_H

#include <stddef.h>

#include "job/kind.h"

/** params: JSON text, or NULL. "--epochs 6 --rate 0.003"; "defaults" if none
 *  differs. The text is cut where size ends. */
void cli_params_text(enum job_kind kind, const char *params, char *text,
                     size_t size);

#endif
