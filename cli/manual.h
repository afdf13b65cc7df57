/**
 * manual: the reference of the command line, written from the tables: as a
 * manual page, and as docs/cli.md.
 *
 * Threads: one.
 */
#ifndef CLI_MANUAL_H
#define CLI_MANUAL_H

#include <stdio.h>

void cli_manual_roff(FILE *out);
void cli_manual_markdown(FILE *out);

#endif
