/* SPDX-License-Identifier: Apache-2.0 */
/**
 * One thread follows the journal for all who wait on it: streams of changes (stream.h), and
 * commands that wait for their response.
 *
 * While nobody waits it only walks past the rows. A stream that begins in the past catches up from
 * the journal in slices between live rows, so a long way back delays nobody else. Room-internal.
 */
#ifndef PX_API_WATCH_H
#define PX_API_WATCH_H

#include "api/inner.h"

typedef struct px_watch px_watch;

PX_NODISCARD px_status px_watch_new(px_api *api, px_watch **ret_watch, px_err *ret_err);
/* Completes all who wait, ends all streams, ends the thread. */
void px_watch_stop(px_watch *watch);
void px_watch_free(px_watch *watch);

/* The call completes when the response of its command is in the journal (a time-out is a response
 * as well), or before that at call->wait_until_ns. */
void px_watch_command(px_watch *watch, px_api_call *call, px_str command_id);

/* Answers the call with a stream of changes behind `after` (UINT64_MAX: from now on) of `twins`
 * (percent-encoded ids with commas between them; empty: all of the tenant). It ends when the call's
 * credential is no longer good. */
void px_watch_stream(px_watch *watch, px_api_call *call, px_str twins, uint64_t after);

/* The session was closed: its streams end. */
void px_watch_end_session(px_watch *watch, px_str session);

typedef struct px_watch_stats {
    uint64_t streams, events, conflated, gaps;
} px_watch_stats;
px_watch_stats px_watch_stat(px_watch *watch);

#endif
