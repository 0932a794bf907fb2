/* SPDX-License-Identifier: Apache-2.0 */
/* In replay: which things have an event already, because their row is of a later position. */
#include "engine/state.h"

static uint64_t known_hash(px_state_kind kind, uint32_t no)
{
    return ((uint64_t)kind << 32 | no) * UINT64_C(0x9E3779B97F4A7C15);
}

uint64_t px_state_known(const px_engine_state *state, px_state_kind kind, uint32_t no)
{
    const px_map *known = &state->known;
    uint64_t hash = known_hash(kind, no);
    size_t at = px_map_first(known, hash); /* the hash is a bijection: no second candidate */

    return at == PX_MAP_END ? 0 : state->known_seqs.ptr[known->values[at]];
}

px_status px_state_remember(px_engine_state *state, px_state_kind kind, uint32_t no, uint64_t seq,
                            px_err *ret_err)
{
    uint32_t index = (uint32_t)state->known_seqs.len;

    if (!PX_VEC_PUSH(&state->known_seqs, seq) ||
        !px_map_add(&state->known, known_hash(kind, no), index))
        return px_no_memory(ret_err);
    return PX_OK;
}

uint64_t px_state_twin_known(const px_engine_state *state, uint32_t tenant, uint32_t no)
{
    const px_twin *twin = px_view_twin(px_txn_view(state->txn), tenant, no);

    return twin ? px_twin_seq(twin) : px_state_known(state, PX_STATE_TWIN, no);
}

/* Position up to which the thing that the event changes is known already. */
static uint64_t known_seq(const px_engine_state *state, const px_event_head *head)
{
    switch (head->type) {
    case PX_EVENT_MODEL_PUT:
    case PX_EVENT_MODEL_DECOMMISSION:
    case PX_EVENT_MODEL_DELETE:
        return px_state_known(state, PX_STATE_MODEL, head->no);
    case PX_EVENT_DOCUMENT_PUT:
    case PX_EVENT_DOCUMENT_DELETE:
        return px_state_known(state, PX_STATE_DOCUMENT, head->no);
    case PX_EVENT_RELATIONSHIP_PUT:
    case PX_EVENT_RELATIONSHIP_DELETE: {
        const px_rel *rel = px_view_rel(px_txn_view(state->txn), head->tenant, head->no);

        return rel ? px_rel_seq(rel) : px_state_known(state, PX_STATE_RELATIONSHIP, head->no);
    }
    case PX_EVENT_TWIN_PUT:
    case PX_EVENT_TWIN_PATCH:
    case PX_EVENT_TWIN_DELETE:
    case PX_EVENT_TWIN_DESIRED:
    case PX_EVENT_DEVICE_MESSAGE:
    case PX_EVENT_FRESHNESS:
        return px_state_twin_known(state, head->tenant, head->no);
    case PX_EVENT_TELEMETRY: /* its Message-Id is in no row, whatever is in the twin's */
    case PX_EVENT_TICK:
    case PX_EVENT_COMMAND_REQUEST:
    case PX_EVENT_COMMAND_RESPONSE:
    case PX_EVENT_COMMAND_DELIVERY:
    case PX_EVENT_SESSION_OPEN:
    case PX_EVENT_SESSION_CLOSE:
    case PX_EVENT_SESSION_END:
    case PX_EVENT_SESSION_SUBSCRIBE:
    case PX_EVENT_SESSION_UNSUBSCRIBE:
    case PX_EVENT_SESSION_RECEIPT:
    case PX_EVENT_SESSION_ACK:
    case PX_EVENT_SESSION_MESSAGE:
    case PX_EVENT_SOURCE_ENDED:
        break;
    }
    return 0;
}

bool px_state_has(const px_engine_state *state, const px_event_head *head, uint64_t seq)
{
    return known_seq(state, head) >= seq;
}
