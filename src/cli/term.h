/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What a stream can show: whether it is a terminal, how wide, and whether colour is welcome.
 *
 * Colour only on a terminal, not with NO_COLOR set to anything, not with TERM=dumb. Text that came
 * from elsewhere is made harmless before it reaches a terminal. Threads: any.
 */
#ifndef PX_CLI_TERM_H
#define PX_CLI_TERM_H

#include <stdio.h>

#include "base/buf.h"

typedef struct px_term {
    bool is_terminal, colour;
    unsigned columns, rows; /* 0 when it is no terminal: no limit */
} px_term;

typedef enum px_colour { PX_BOLD, PX_DIM, PX_RED, PX_YELLOW, PX_GREEN, PX_CYAN } px_colour;

px_term px_term_of(FILE *stream);

/* How wide help may be: COLUMNS where it is set, else the terminal's width; 0 for no limit. */
unsigned px_term_help_columns(FILE *stream);

/* The escape sequence that begins a colour or ends all; "" where colour is off. */
const char *px_term_begin(const px_term *term, px_colour colour);
const char *px_term_end(const px_term *term);

/* How many columns the text takes: 0 for combining marks, 2 for East Asian wide characters. */
unsigned px_text_columns(px_str utf8);

/* At most `columns` columns of the text, with an ellipsis where something was cut; control
 * characters and bytes that are not UTF-8 become U+FFFD. 0 columns: no limit. */
void px_put_text(px_buf *buf, px_str utf8, unsigned columns);

#endif
