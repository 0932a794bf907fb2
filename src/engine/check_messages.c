/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one message says of several twins: all of it counts, or none. Everything that can be refused
 * of twins that are there is judged before the first event, so that a refusal costs nobody else's
 * batch; of twins that are made on the way it is not known before, and then px_state_handle breaks
 * the batch, as with changes (check_changes.c).
 */
#include "engine/state.h"

static bool is_message(const px_request *item)
{
    return item->kind == PX_REQUEST_DEVICE_MESSAGE;
}

static px_status judge(px_engine_state *state, const px_request *request, px_err *ret_err)
{
    const px_twin *twin;

    for (size_t i = 0; i < request->item_count; i++) {
        const px_request *item = &request->items[i];

        PX_TRY(px_authorize(&item->principal,
                            is_message(item) ? PX_ACTION_REPORT : PX_ACTION_WRITE_TWIN, item->id,
                            ret_err));
        if (is_message(item) &&
            px_view_find(px_txn_view(state->txn), item->principal.tenant, item->id))
            PX_TRY(px_judge_device_message(state, item, &twin, ret_err));
    }
    return PX_OK;
}

/* What is to be there is there: nothing is left to do. */
static bool is_done(const px_request *item, px_status status)
{
    return status == PX_STALE && !is_message(item) && item->if_none_match;
}

px_status px_check_messages(px_engine_state *state, px_request *request, px_err *ret_err)
{
    PX_TRY(judge(state, request, ret_err));
    for (size_t i = 0; i < request->item_count; i++) {
        px_request *item = &request->items[i];
        px_err err = { 0 };
        px_status status;

        px_assert(is_message(item) || item->kind == PX_REQUEST_TWIN_PUT ||
                  item->kind == PX_REQUEST_RELATIONSHIP_PUT);
        memset(&item->result, 0, offsetof(px_result, err));
        status = px_state_check(state, item, &err);
        if (status == PX_OK || is_done(item, status))
            continue;
        if (ret_err)
            *ret_err = err;
        return status;
    }
    return PX_OK;
}
