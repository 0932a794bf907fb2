/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that wait until what was refused is on the disk. */
#include "api/inner.h"

/* On the keeper's thread. */
static void kept(px_rejects_wait *wait, px_status status)
{
    px_api_call *call = wait->data;
    px_err err;

    if (status == PX_OK) {
        call->when_kept(call);
        return;
    }
    px_api_fail(call, px_rejects_unsaved(status, &err), &err);
}

void px_api_when_kept(px_api_call *call, void (*then)(px_api_call *call))
{
    call->when_kept = then;
    call->kept = (px_rejects_wait){ .done = kept, .data = call };
    px_rejects_await(call->api->opts.rejects, &call->kept);
}
