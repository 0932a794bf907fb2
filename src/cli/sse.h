/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Reads a stream of server-sent events from pieces of any size.
 *
 * Limits:  PX_SSE_EVENT_BYTES_MAX for one event.   Threads: one at a time.
 * Source:  WHATWG HTML, "Server-sent events" (field names event, data, id; comments passed over).
 */
#ifndef PX_CLI_SSE_H
#define PX_CLI_SSE_H

#include "base/buf.h"
#include "base/limits.h"

typedef struct px_sse {
    px_buf line, event, data, id; /* id: of the last event that had one */
    bool after_cr;
    /* One whole event; slices are borrowed for the call. `event` is "message" when not named. */
    px_status (*on_event)(void *user, px_str event, px_str data, px_err *ret_err);
    void *user;
} px_sse;

void px_sse_init(px_sse *sse, px_status (*on_event)(void *, px_str, px_str, px_err *), void *user);
void px_sse_release(px_sse *sse);
/* A new connection: forgets the event it was in the middle of, keeps the id. */
void px_sse_restart(px_sse *sse);

/* Errors: those of on_event; PX_TOO_LARGE. */
PX_NODISCARD px_status px_sse_feed(px_sse *sse, px_str bytes, px_err *ret_err);

#endif
