/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Text laid out for a width in columns; 0 is no limit, and what fits stays as it was written.
 *
 * A word that is longer than a line stands on one of its own. Threads: any.
 */
#ifndef PX_CLI_WRAP_H
#define PX_CLI_WRAP_H

#include "base/buf.h"

/* One line of words: `used` columns of the first line are taken already, those behind it begin
 * `indent` in. Ends with a line feed. */
void px_put_wrapped(px_buf *buf, px_str text, unsigned used, unsigned indent, unsigned width);

/* A command line, two in: one that goes on ends with `\`, never inside quotes, so that it can be
 * pasted. */
void px_put_wrapped_command(px_buf *buf, px_str command, unsigned width);

/* Lines as they are written in the source. Where one is too wide, those that only go on are joined
 * with it first; rows of a table (`  name  what it is`) hang below their second column. */
void px_put_wrapped_notes(px_buf *buf, px_str notes, unsigned width);

#endif
