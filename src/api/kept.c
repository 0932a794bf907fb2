/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that wait until what was refused is on the disk. */
#include "api/inner.h"

typedef struct waiting {
    px_rejects_wait wait;
    px_api_call *call;
    void (*then)(px_api_call *call);
} waiting;

/* On the keeper's thread. */
static void kept(px_rejects_wait *wait, px_status status)
{
    const waiting *w = wait->data;
    px_err err;

    if (status == PX_OK) {
        w->then(w->call);
        return;
    }
    px_fail_id(&err, status, "reject.unsaved", "what was refused cannot be kept now: %s",
               px_status_meaning(status));
    px_api_fail(w->call, status, &err);
}

void px_api_when_kept(px_api_call *call, void (*then)(px_api_call *call))
{
    waiting *w = PX_ARENA_NEW(&call->arena, waiting);

    if (!w) { /* it is saved a little later */
        then(call);
        return;
    }
    *w = (waiting){ { .done = kept, .data = w }, call, then };
    px_rejects_await(call->api->opts.rejects, &w->wait);
}
