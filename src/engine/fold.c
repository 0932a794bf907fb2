/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events into state. One function for the live path and for replay. In replay events that a row
 * holds already are passed over before they come here (known.c). One that comes may speak of things
 * that a later event removes and whose rows are gone by now: it has nothing left to do.
 */
#include "engine/property.h"

/* A number that was ever given is not given again, though the thing is gone. */
static void keep_number(px_engine_state *state, px_state_kind kind, uint32_t no)
{
    switch (kind) {
    case PX_STATE_DOCUMENT:
        px_documents_number_set(state->documents, no);
        break;
    case PX_STATE_MODEL:
        px_registry_number_set(state->registry, no);
        break;
    case PX_STATE_TWIN:
        px_graph_numbers_set(state->graph, (px_numbers){ .twin_no = no });
        break;
    case PX_STATE_RELATIONSHIP:
        px_graph_numbers_set(state->graph, (px_numbers){ .rel_no = no });
        break;
    }
}

px_key px_state_key(uint32_t tenant, uint32_t slot, px_state_kind kind, uint32_t no)
{
    return (px_key){ (int64_t)tenant << 16 | slot, kind, no };
}

/* A state row that goes into the same commit as its event. An empty body is the trace of a
 * deletion. */
static px_status add_row(px_engine_state *state, px_state_kind kind, uint32_t tenant, uint32_t no,
                         uint64_t seq, const px_buf *body, px_err *ret_err)
{
    px_op op = { .kind = PX_OP_PUT, .table = PX_TABLE_STATE, .seq = seq };

    if (state->replaying || state->rehearsing)
        return PX_OK;
    op.key = px_state_key(tenant, 0, kind, no);
    if (body) {
        PX_TRY(px_buf_status(body, ret_err));
        if (body->len > PX_FOLD_BYTES_MAX)
            return px_fail_id(ret_err, PX_TOO_LARGE, "request.row",
                              "it would take %zu bytes of a row, which has at most %d", body->len,
                              PX_FOLD_BYTES_MAX);
        op.body = px_arena_str(&state->arena, px_buf_str(body));
        if (!op.body.ptr)
            return px_arena_fail(&state->arena, ret_err);
    }
    return PX_VEC_PUSH(&state->ops, op) ? PX_OK : px_no_memory(ret_err);
}

/* ---- models ---- */

/* What a model's row says of it. On disk. */
typedef enum model_mark { MARK_OPEN = 0, MARK_CLOSED = 1, MARK_DELETED = 2 } model_mark;

static px_status add_model_row(px_engine_state *state, const px_event *event,
                               const px_model_info *info, model_mark mark, px_err *ret_err)
{
    px_buf body = { 0 };
    px_status status;

    px_put_u8(&body, (uint8_t)mark);
    px_put_u64(&body, (uint64_t)info->upload_time);
    px_put_block(&body, px_model_text(info->model));
    status =
        add_row(state, PX_STATE_MODEL, info->tenant, info->model_no, event->seq, &body, ret_err);
    px_buf_release(&body);
    return status;
}

static px_status compile(px_engine_state *state, uint32_t tenant, px_str text, model_mark mark,
                         px_model **ret_model, px_err *ret_err)
{
    px_registry_scope scope = { state->registry, tenant };
    px_model_source source = { mark == MARK_DELETED ? px_registry_source_find_any
                                                    : px_registry_source_find,
                               &scope };
    px_model_set set;

    PX_TRY(px_models_parse(text, &source, &set, ret_err));
    *ret_model = px_model_ref(set.models[0]);
    px_model_set_release(&set);
    return PX_OK;
}

static px_status fold_model_put(px_engine_state *state, const px_event *event, px_model *compiled,
                                px_err *ret_err)
{
    px_model *model = compiled ? px_model_ref(compiled) : NULL;
    px_model_info info = { .model_no = event->model_no,
                           .tenant = event->tenant,
                           .upload_time = event->time };
    px_status status = PX_OK;

    if (!model)
        status = compile(state, event->tenant, event->body, MARK_OPEN, &model, ret_err);
    if (status == PX_OK && event->path_count)
        status =
            px_layout_matches(px_model_layout(model), event->paths, event->path_count, ret_err);
    if (status == PX_OK && px_registry_is_deleted(state->registry, event->model_no))
        status = px_registry_revive(state->registry, event->model_no, event->time, ret_err);
    else if (status == PX_OK)
        status = px_registry_put(state->registry, event->tenant, model, event->model_no,
                                 event->time, NULL, ret_err);
    if (status == PX_OK)
        status = px_quota_count(&state->quotas, event->tenant, PX_QUOTA_MODELS, 1, ret_err);
    info.model = model;
    if (status == PX_OK)
        status = add_model_row(state, event, &info, MARK_OPEN, ret_err);
    px_model_unref(model);
    return status;
}

static px_status fold_model_decommission(px_engine_state *state, const px_event *event,
                                         px_err *ret_err)
{
    px_model_info info;

    PX_TRY(px_registry_decommission(state->registry, event->model_no, event->flag, ret_err));
    px_assert(px_registry_info_own(state->registry, event->model_no, &info));
    return add_model_row(state, event, &info, event->flag ? MARK_CLOSED : MARK_OPEN, ret_err);
}

/* Twins of a deleted model stay readable, after a restart as before it: its row stays while there
 * are any, and those of the models that it needs. */
static px_status fold_model_delete(px_engine_state *state, const px_event *event, px_err *ret_err)
{
    px_model_info info;
    bool kept;

    if (!px_registry_info_own(state->registry, event->model_no, &info))
        return px_fail(ret_err, PX_NOT_FOUND, "there is no model with number %u", event->model_no);
    kept = px_view_model_count(px_txn_view(state->txn), event->tenant, event->model_no) > 0 ||
           px_registry_kept_needs(state->registry, event->model_no);
    PX_TRY(px_registry_delete(state->registry, event->model_no, kept, ret_err));
    PX_TRY(px_quota_count(&state->quotas, event->tenant, PX_QUOTA_MODELS, -1, ret_err));
    if (kept)
        return add_model_row(state, event, &info, MARK_DELETED, ret_err);
    return add_row(state, PX_STATE_MODEL, event->tenant, event->model_no, event->seq, NULL,
                   ret_err);
}

/* ---- twins ---- */

static px_status set_fields(px_engine_state *state, const px_event *event, px_origin_kind kind,
                            px_err *ret_err)
{
    px_origin origin = { .kind = kind,
                         .beside = event->type == PX_EVENT_TELEMETRY,
                         .arrival_time = event->time };
    px_applied applied;

    for (size_t i = 0; i < event->field_count; i++) {
        const px_field_value *f = &event->fields[i];

        if (f->value.kind == PX_VALUE_NONE) {
            PX_TRY(px_graph_unset(state->txn, event->twin_no, f->field, ret_err));
            continue;
        }
        origin.source_time = f->source_time != PX_TIME_NONE ? f->source_time : event->source_time;
        origin.ahead = f->flags & PX_FIELD_AHEAD;
        PX_TRY(px_graph_set(state->txn, event->twin_no, f->field, f->value, &origin, &applied,
                            ret_err));
        state->samples_late += applied == PX_LATE;
        state->samples_duplicate += applied == PX_DUPLICATE;
    }
    return PX_OK;
}

/* A row may hold the values already, but never the Message-Id. An older release took values for
 * which its twin has no room: they stay what they were then, history. */
static px_status fold_telemetry(px_engine_state *state, const px_event *event, px_err *ret_err)
{
    const px_twin *twin = px_view_twin(px_txn_view(state->txn), event->tenant, event->twin_no);
    px_growth growth = { .state = state, .twin = twin, .may_be_late = true, .beside = true };
    px_sample sample = { .fields = event->fields, .field_count = event->field_count };
    px_status status = PX_OK;

    if (event->id.len && !px_seen_add(&state->seen, event->twin_no, event->id))
        return px_no_memory(ret_err);
    if (state->replaying) {
        if (px_state_twin_known(state, event->tenant, event->twin_no) >= event->seq)
            return PX_OK;
        if (twin && event->field_count)
            status = px_check_growth(&growth, &sample, 1, ret_err);
    }
    if (status != PX_OK)
        return status == PX_TOO_LARGE ? PX_OK : status;
    return set_fields(state, event, PX_ORIGIN_DEVICE, ret_err);
}

static px_status count(px_engine_state *state, const px_event *event, px_quota_kind kind,
                       int change, px_err *ret_err)
{
    return px_quota_count(&state->quotas, event->tenant, kind, change, ret_err);
}

static px_status fold_twin_put(px_engine_state *state, const px_event *event, px_err *ret_err)
{
    if (!px_view_twin(px_txn_view(state->txn), event->tenant, event->twin_no))
        PX_TRY(count(state, event, PX_QUOTA_TWINS, 1, ret_err));
    PX_TRY(px_graph_twin_put(state->txn, event->tenant, event->id, event->model_no, event->twin_no,
                             NULL, ret_err));
    return set_fields(state, event, PX_ORIGIN_COMMAND, ret_err);
}

static px_status fold_twin_delete(px_engine_state *state, const px_event *event, px_err *ret_err)
{
    PX_TRY(px_graph_twin_delete(state->txn, event->twin_no, ret_err));
    return count(state, event, PX_QUOTA_TWINS, -1, ret_err);
}

static px_status fold_relationship_put(px_engine_state *state, const px_event *event,
                                       px_err *ret_err)
{
    if (!px_view_rel(px_txn_view(state->txn), event->tenant, event->relationship_no))
        PX_TRY(count(state, event, PX_QUOTA_RELATIONSHIPS, 1, ret_err));
    return px_graph_rel_put(state->txn, event->twin_no, event->id, event->name, event->target_no,
                            event->body, event->relationship_no, NULL, ret_err);
}

static px_status fold_relationship_delete(px_engine_state *state, const px_event *event,
                                          px_err *ret_err)
{
    PX_TRY(px_graph_rel_delete(state->txn, event->relationship_no, ret_err));
    return count(state, event, PX_QUOTA_RELATIONSHIPS, -1, ret_err);
}

static px_status fold_twin_patch(px_engine_state *state, const px_event *event, px_err *ret_err)
{
    PX_TRY(px_graph_touch(state->txn, event->twin_no, ret_err));
    return set_fields(state, event, PX_ORIGIN_COMMAND, ret_err);
}

static px_status fold_desired(px_engine_state *state, const px_event *event, px_err *ret_err)
{
    px_origin origin = { .kind = PX_ORIGIN_COMMAND,
                         .source_time = PX_TIME_NONE,
                         .arrival_time = event->time };

    for (size_t i = 0; i < event->field_count; i++)
        PX_TRY(px_graph_desire(state->txn, event->twin_no, event->fields[i].field,
                               event->fields[i].value, &origin, event->revision, ret_err));
    return PX_OK;
}

/* The twin may be gone by now: what is told of it comes from a consumer, later. */
static px_status fold_freshness(px_engine_state *state, const px_event *event, px_err *ret_err)
{
    if (!px_view_twin(px_txn_view(state->txn), event->tenant, event->twin_no))
        return PX_OK;
    if (event->flag)
        return px_graph_freshness_unset(state->txn, event->twin_no, ret_err);
    return px_graph_freshness_set(state->txn, event->twin_no, event->code, event->source_time,
                                  ret_err);
}

/* ---- documents ---- */

/* What it waits for, stays for, or asks for. */
static px_status arm(px_engine_state *state, const px_document *document, px_err *ret_err)
{
    PX_TRY(px_timers_arm(state, document, ret_err));
    PX_TRY(px_answers_add(state, document, ret_err));
    return px_property_put(state, document, ret_err);
}

static px_status fold_document_put(px_engine_state *state, const px_event *event, px_err *ret_err)
{
    px_document document = {
        .no = event->document_no,
        .tenant = event->tenant,
        .revision = event->seq,
        .updated = event->time,
        .kind = event->name,
        .id = event->id,
        .body = event->body,
    };
    const px_document *old =
        px_documents_pending(state->documents, event->tenant, event->name, event->id);
    px_buf body = { 0 };
    px_status status;

    if (!old)
        PX_TRY(count(state, event, PX_QUOTA_DOCUMENTS, 1, ret_err));
    PX_TRY(px_answers_take(state, old, ret_err));
    PX_TRY(px_documents_put(state->documents, &document, NULL, ret_err));
    PX_TRY(arm(state, &document, ret_err));
    px_put_u64(&body, (uint64_t)document.updated);
    px_put_block(&body, document.kind);
    px_put_block(&body, document.id);
    px_put_block(&body, document.body);
    status =
        add_row(state, PX_STATE_DOCUMENT, event->tenant, document.no, event->seq, &body, ret_err);
    px_buf_release(&body);
    return status;
}

static px_status fold_document_delete(px_engine_state *state, const px_event *event,
                                      px_err *ret_err)
{
    const px_document *old =
        px_documents_pending(state->documents, event->tenant, event->name, event->id);

    if (state->replaying && !old)
        return PX_OK;
    if (old)
        PX_TRY(px_property_drop(state, old, ret_err));
    PX_TRY(px_answers_take(state, old, ret_err));
    PX_TRY(px_documents_delete(state->documents, event->tenant, event->name, event->id, event->seq,
                               ret_err));
    PX_TRY(count(state, event, PX_QUOTA_DOCUMENTS, -1, ret_err));
    return add_row(state, PX_STATE_DOCUMENT, event->tenant, event->document_no, event->seq, NULL,
                   ret_err);
}

/* ---- replay ---- */

/* True when a later event removed what this one needs, and the removal is stored already. */
static bool is_orphan(const px_engine_state *state, const px_event *event)
{
    const px_view *view = px_txn_view(state->txn);

    switch (event->type) {
    case PX_EVENT_RELATIONSHIP_PUT:
        return !px_view_twin(view, event->tenant, event->twin_no) ||
               !px_view_twin(view, event->tenant, event->target_no);
    case PX_EVENT_RELATIONSHIP_DELETE:
        return !px_view_rel(view, event->tenant, event->relationship_no);
    default:
        return false;
    }
}

px_status px_state_fold(px_engine_state *state, const px_event *event, px_model *model,
                        px_err *ret_err)
{
    if (state->replaying && is_orphan(state, event))
        return PX_OK;
    px_txn_at(state->txn, event->seq, event->time);
    switch (event->type) {
    case PX_EVENT_TELEMETRY:
        return fold_telemetry(state, event, ret_err);
    case PX_EVENT_TICK:
    case PX_EVENT_COMMAND_REQUEST:
    case PX_EVENT_COMMAND_RESPONSE:
    case PX_EVENT_COMMAND_DELIVERY:
        return PX_OK; /* history and deliveries; a pending command is a document beside it */
    case PX_EVENT_SESSION_OPEN:
    case PX_EVENT_SESSION_CLOSE:
    case PX_EVENT_SESSION_END:
    case PX_EVENT_SESSION_SUBSCRIBE:
    case PX_EVENT_SESSION_UNSUBSCRIBE:
    case PX_EVENT_SESSION_RECEIPT:
    case PX_EVENT_SESSION_ACK:
    case PX_EVENT_SESSION_MESSAGE:
        return PX_OK; /* a fold of their own, in the room broker */
    case PX_EVENT_SOURCE_ENDED:
        return PX_OK; /* the room freshness says what follows from it */
    case PX_EVENT_MODEL_PUT:
        return fold_model_put(state, event, model, ret_err);
    case PX_EVENT_MODEL_DECOMMISSION:
        return fold_model_decommission(state, event, ret_err);
    case PX_EVENT_MODEL_DELETE:
        return fold_model_delete(state, event, ret_err);
    case PX_EVENT_TWIN_PUT:
        return fold_twin_put(state, event, ret_err);
    case PX_EVENT_TWIN_PATCH:
        return fold_twin_patch(state, event, ret_err);
    case PX_EVENT_TWIN_DELETE:
        return fold_twin_delete(state, event, ret_err);
    case PX_EVENT_TWIN_DESIRED:
        return fold_desired(state, event, ret_err);
    case PX_EVENT_DEVICE_MESSAGE:
        return set_fields(state, event, PX_ORIGIN_DEVICE, ret_err);
    case PX_EVENT_FRESHNESS:
        return fold_freshness(state, event, ret_err);
    case PX_EVENT_RELATIONSHIP_PUT:
        return fold_relationship_put(state, event, ret_err);
    case PX_EVENT_RELATIONSHIP_DELETE:
        return fold_relationship_delete(state, event, ret_err);
    case PX_EVENT_DOCUMENT_PUT:
        return fold_document_put(state, event, ret_err);
    case PX_EVENT_DOCUMENT_DELETE:
        return fold_document_delete(state, event, ret_err);
    }
    return px_fail(ret_err, PX_CORRUPT, "an event of type %d cannot be folded", (int)event->type);
}

/* ---- state rows ---- */

static px_status load_model(px_engine_state *state, uint32_t tenant, const px_fold *row,
                            px_err *ret_err)
{
    px_cut cut = px_cut_of(row->body);
    uint32_t no = (uint32_t)row->key.c;
    model_mark mark = (model_mark)px_get_u8(&cut);
    px_time upload_time = (px_time)px_get_u64(&cut);
    px_str text = px_get_block(&cut);
    px_model *model;
    px_status status;

    if (cut.bad)
        return px_fail(ret_err, PX_CORRUPT, "the row of model %u is cut short", no);
    if (mark > MARK_DELETED)
        return px_fail(ret_err, PX_UNSUPPORTED, "the row of model %u is of a newer release", no);
    PX_TRY(compile(state, tenant, text, mark, &model, ret_err));
    status = px_registry_put(state->registry, tenant, model, no, upload_time, NULL, ret_err);
    if (status == PX_OK && mark == MARK_CLOSED)
        status = px_registry_decommission(state->registry, no, true, ret_err);
    if (status == PX_OK && mark == MARK_DELETED)
        status = px_registry_delete(state->registry, no, true, ret_err);
    else if (status == PX_OK)
        status = px_quota_count(&state->quotas, tenant, PX_QUOTA_MODELS, 1, ret_err);
    px_model_unref(model);
    return status;
}

static px_status load_document(px_engine_state *state, uint32_t tenant, const px_fold *row,
                               px_err *ret_err)
{
    px_cut cut = px_cut_of(row->body);
    px_document document = { .no = (uint32_t)row->key.c, .tenant = tenant, .revision = row->seq };

    document.updated = (px_time)px_get_u64(&cut);
    document.kind = px_get_block(&cut);
    document.id = px_get_block(&cut);
    document.body = px_get_block(&cut);
    if (cut.bad)
        return px_fail(ret_err, PX_CORRUPT, "the row of document %u is cut short", document.no);
    PX_TRY(arm(state, &document, ret_err));
    PX_TRY(px_quota_count(&state->quotas, tenant, PX_QUOTA_DOCUMENTS, 1, ret_err));
    return px_documents_put(state->documents, &document, NULL, ret_err);
}

px_status px_state_load_row(px_engine_state *state, const px_fold *row, px_err *ret_err)
{
    uint32_t tenant = (uint32_t)(row->key.a >> 16), no = (uint32_t)row->key.c;
    px_state_kind kind = (px_state_kind)row->key.b;

    if (row->body.len == 0) {
        keep_number(state, kind, no);
        return px_state_remember(state, kind, no, row->seq, ret_err);
    }
    switch (kind) {
    case PX_STATE_DOCUMENT:
        PX_TRY(px_state_remember(state, kind, no, row->seq, ret_err));
        return load_document(state, tenant, row, ret_err);
    case PX_STATE_MODEL:
        PX_TRY(px_state_remember(state, kind, no, row->seq, ret_err));
        return load_model(state, tenant, row, ret_err);
    case PX_STATE_TWIN:
        PX_TRY(px_quota_count(&state->quotas, tenant, PX_QUOTA_TWINS, 1, ret_err));
        return px_graph_twin_load(state->txn, tenant, row->body, ret_err);
    case PX_STATE_RELATIONSHIP:
        PX_TRY(px_quota_count(&state->quotas, tenant, PX_QUOTA_RELATIONSHIPS, 1, ret_err));
        return px_graph_rel_load(state->txn, tenant, row->body, ret_err);
    }
    return px_fail(ret_err, PX_CORRUPT, "a state row of kind %lld: a newer release wrote this file",
                   (long long)row->key.b);
}
