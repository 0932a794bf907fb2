/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Continuation tokens: everything that is needed to go on, as opaque text.
 *
 * The bytes, in hexadecimal: format (1), number of the twin that the page ended at (varint), rows
 * of that twin that were given already (varint; 0: all), rows given so far (varint), position of
 * the snapshot (varint), the query's text and its parameters, and last the XXH3 of all that, of the
 * tenant and of the server's own number (8). Nothing in it is a right: the tenant comes from the
 * principal, and the text is parsed and checked as if it had been sent.
 */
#ifndef PX_QUERY_CURSOR_H
#define PX_QUERY_CURSOR_H

#include "base/arena.h"
#include "base/buf.h"

typedef struct px_cursor {
    uint32_t at_no; /* 0: from the beginning */
    uint64_t skip;  /* rows of that twin are given already; 0: it is done */
    uint64_t given;
    uint64_t seq;
    px_str text, parameters;
} px_cursor;

void px_put_cursor(px_buf *buf, const px_cursor *cursor, uint32_t tenant, uint64_t server);

/* Its texts live in the arena. Errors: PX_INVALID, query.token: damaged, or of another
 * server or tenant; PX_LIMIT, PX_NO_MEMORY. */
PX_NODISCARD px_status px_cursor_read(px_str token, uint32_t tenant, uint64_t server,
                                      px_arena *arena, px_cursor *ret_cursor, px_err *ret_err);

/* What both say of a token that cannot be used. */
px_status px_cursor_refuse(px_err *ret_err);

#endif
