/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How fresh twins are: decided by the room freshness from what it read of the journal, written down
 * here. Between the two a twin may have gone or got another model, and what was decided of it means
 * nothing any more: it is passed over, for the room will read of that as well.
 */
#include "base/limits.h"
#include "engine/state.h"

static bool still_means(const px_engine_state *state, uint32_t tenant,
                        const px_freshness_write *write)
{
    const px_twin *twin = px_view_twin(px_txn_view(state->txn), tenant, write->twin_no);

    return twin && px_twin_model(twin) == write->model_no;
}

px_status px_check_freshness(px_engine_state *state, px_request *request, px_err *ret_err)
{
    px_assert(request->freshness_count <= PX_FRESHNESS_WRITES_MAX);
    for (size_t i = 0; i < request->freshness_count; i++) {
        const px_freshness_write *write = &request->freshness[i];
        px_event event = { .type = PX_EVENT_FRESHNESS,
                           .tenant = request->principal.tenant,
                           .twin_no = write->twin_no,
                           .model_no = write->model_no,
                           .code = (uint8_t)write->state,
                           .flag = write->is_gone,
                           .source_time = write->since,
                           .fields = write->fields,
                           .field_count = write->field_count,
                           .cause = write->cause };

        if (still_means(state, request->principal.tenant, write))
            PX_TRY(px_state_emit(state, &event, NULL, ret_err));
    }
    return PX_OK;
}

/* An event behind what the same connection said before, so that whoever reads on knows its last
 * values from those of a source that came back. */
px_status px_check_sources_ended(px_engine_state *state, px_request *request, px_err *ret_err)
{
    for (size_t i = 0; i < request->end_count; i++) {
        const px_source_end *end = &request->ends[i];
        const px_twin *twin =
            px_view_find(px_txn_view(state->txn), request->principal.tenant, end->twin);
        px_event event = { .type = PX_EVENT_SOURCE_ENDED,
                           .tenant = request->principal.tenant,
                           .model_no = end->model_no,
                           .source_time = PX_TIME_NONE,
                           .fields = end->fields,
                           .field_count = end->field_count,
                           .cause = request->principal.id };

        if (!twin || (end->field_count && px_twin_model(twin) != end->model_no))
            continue;
        event.twin_no = px_twin_number(twin);
        PX_TRY(px_state_emit(state, &event, NULL, ret_err));
    }
    return PX_OK;
}
