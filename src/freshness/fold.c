/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events of the journal into tracked twins. Most speak of twins that nobody declared anything of,
 * and are passed over by their heads.
 */
#include "freshness/internal.h"

static const px_str kind = { "freshness", 9 };

/* ---- what there is at the start ---- */

/* Publishes nothing: the document of a twin, or an empty text. In the scratch, until it is used. */
static px_status body_of(px_fresh *f, uint32_t tenant, px_str id, px_str *ret_body, px_err *ret_err)
{
    px_document document;
    px_status status;

    *ret_body = (px_str){ 0 };
    if (px_documents_revision(px_engine_documents(f->engine), tenant, kind, id) == 0)
        return PX_OK;
    status = px_documents_get(px_engine_documents(f->engine), tenant, kind, id, &f->arena,
                              &document, ret_err);
    if (status == PX_OK)
        *ret_body = document.body;
    return status == PX_NOT_FOUND ? PX_OK : status;
}

static px_status declare_record(px_fresh *f, const px_twin *record, px_err *ret_err)
{
    px_fresh_subject subject = { .tenant = px_twin_tenant(record),
                                 .no = px_twin_number(record),
                                 .model_no = px_twin_model(record),
                                 .seq = px_twin_seq(record),
                                 .record = record };
    const px_fresh_twin *twin = pxi_fresh_find(f, subject.no);

    if (!twin && f->has_all_rows)
        return PX_OK; /* what declared it is in the journal behind the rows */
    if (twin && f->refolds && twin->model_no != subject.model_no) { /* and so is what moved it */
        subject.model_no = twin->model_no;
        subject.record = NULL;
    }
    px_arena_reset(&f->arena);
    PX_TRY(body_of(f, subject.tenant, px_twin_id(record), &subject.body, ret_err));
    return pxi_fresh_declare(f, &subject, ret_err);
}

/* Of each number it is looked at once, for a model never changes; without memory each time. */
static bool declares(px_fresh *f, uint32_t model_no)
{
    enum { UNSEEN, NOTHING, SOMETHING };
    const px_model *model;
    bool does;

    if (model_no < f->models.len && f->models.ptr[model_no] != UNSEEN)
        return f->models.ptr[model_no] == SOMETHING;
    model = px_registry_model(px_engine_registry(f->engine), model_no);
    if (!model)
        return false;
    does = px_fresh_is_declared(px_model_layout(model));
    while (f->models.len <= model_no)
        if (!PX_VEC_PUSH(&f->models, UNSEEN))
            return does;
    f->models.ptr[model_no] = does ? SOMETHING : NOTHING;
    return does;
}

/* Every twin of a model that declares something, or that has a document, or whose record says
 * something, or that has a row: what was declared may be gone. One look at each twin of each
 * tenant, where anybody declares anything. */
static px_status take_up_tenant(px_fresh *f, const px_view *view, uint32_t tenant, px_err *ret_err)
{
    px_twins at = px_twins_of(view, tenant, NULL, 0);
    bool documents = px_documents_count(px_engine_documents(f->engine), tenant, kind) > 0;
    uint8_t state;

    if (!documents && !f->models_declared && f->twins.len == 0 && !f->is_first)
        return PX_OK;
    for (const px_twin *twin; (twin = px_twins_next(&at));)
        if (documents || declares(f, px_twin_model(twin)) ||
            px_twin_freshness(twin, &state, NULL) || pxi_fresh_find(f, px_twin_number(twin)))
            PX_TRY(declare_record(f, twin, ret_err));
    return PX_OK;
}

static bool any_model_declares(px_fresh *f)
{
    uint32_t last = px_registry_number(px_engine_registry(f->engine));

    for (uint32_t no = 1; no <= last; no++)
        if (declares(f, no))
            return true;
    return false;
}

px_status pxi_fresh_take_up(px_fresh *f, px_err *ret_err)
{
    uint32_t tenants[PX_TENANTS_AT_ONCE], cursor = 0;
    px_snapshot *snapshot;
    px_status status = PX_OK;

    f->models_declared = any_model_declares(f);
    PX_TRY(px_graph_snapshot(px_engine_graph(f->engine), &snapshot, ret_err));
    do {
        size_t count = px_documents_tenants(px_engine_documents(f->engine), &cursor, tenants);

        for (size_t i = 0; status == PX_OK && i < count; i++)
            status = take_up_tenant(f, px_snapshot_view(snapshot), tenants[i], ret_err);
    } while (status == PX_OK && cursor);
    px_snapshot_release(snapshot);
    return status;
}

/* ---- events ---- */

static px_status fold_values(px_fresh *f, px_fresh_twin *twin, const px_event *event,
                             px_err *ret_err)
{
    bool is_command = event->type == PX_EVENT_TWIN_PUT || event->type == PX_EVENT_TWIN_PATCH;
    px_fresh_kind told = PX_FRESH_KINDS;
    px_fresh_sample sample = { 0 };

    if (event->seq <= twin->seq || event->model_no != twin->model_no)
        return PX_OK;
    PX_TRY(pxi_fresh_begin_event(f, twin, event->seq, ret_err));
    for (size_t i = 0; i < event->field_count; i++) {
        const px_field_value *field = &event->fields[i];

        if (field->value.kind == PX_VALUE_NONE)
            continue;
        sample = (px_fresh_sample){ .arrival = event->time,
                                    .source_time = field->source_time != PX_TIME_NONE
                                                       ? field->source_time
                                                       : event->source_time,
                                    .is_ahead = field->flags & PX_FIELD_AHEAD,
                                    .is_command = is_command,
                                    .value = pxi_fresh_hash(&field->value) };
        pxi_fresh_sample(f, twin, field->field, &sample, &told);
    }
    if (told != PX_FRESH_KINDS)
        pxi_fresh_message(f, twin, event->type == PX_EVENT_DEVICE_MESSAGE ? event->document_no : 0,
                          &sample, told);
    pxi_fresh_end_event(f, twin);
    return PX_OK;
}

/* Values of the source that came before stand before it in the journal. */
static px_status fold_end(px_fresh *f, px_fresh_twin *twin, const px_event *event, px_err *ret_err)
{
    if (event->seq <= twin->seq || (event->field_count && event->model_no != twin->model_no))
        return PX_OK;
    PX_TRY(pxi_fresh_begin_event(f, twin, event->seq, ret_err));
    if (event->field_count == 0)
        pxi_fresh_end(f, twin);
    for (size_t i = 0; i < event->field_count; i++)
        pxi_fresh_end_field(f, twin, event->fields[i].field, event->fields[i].source_time);
    pxi_fresh_end_event(f, twin);
    return PX_OK;
}

/* What speaks of a twin that is tracked, or was. Under the lock. */
static px_status fold_tracked(px_fresh *f, px_fresh_twin *twin, const px_event *event,
                              px_err *ret_err)
{
    switch (event->type) {
    case PX_EVENT_DEVICE_MESSAGE:
    case PX_EVENT_TELEMETRY:
    case PX_EVENT_TWIN_PUT:
    case PX_EVENT_TWIN_PATCH:
        return twin ? fold_values(f, twin, event, ret_err) : PX_OK;
    case PX_EVENT_TWIN_DELETE:
        if (twin)
            pxi_fresh_forget(f, twin);
        return PX_OK;
    case PX_EVENT_SOURCE_ENDED:
        return twin ? fold_end(f, twin, event, ret_err) : PX_OK;
    case PX_EVENT_FRESHNESS:
        return pxi_fresh_was_told(f, twin, event, ret_err);
    default:
        return PX_OK;
    }
}

static px_status with_lock(px_fresh *f, const px_event *event, px_err *ret_err)
{
    px_status status;

    pthread_mutex_lock(&f->lock);
    status = fold_tracked(f, pxi_fresh_find(f, event->twin_no), event, ret_err);
    pthread_mutex_unlock(&f->lock);
    return status;
}

/* Made, or made anew: whatever was there is gone. Without memory for its values it is declared
 * already when it is folded again. */
static px_status fold_put(px_fresh *f, const px_event *event, px_err *ret_err)
{
    px_fresh_twin *twin = pxi_fresh_find(f, event->twin_no);
    px_fresh_subject subject = { .tenant = event->tenant,
                                 .no = event->twin_no,
                                 .model_no = event->model_no,
                                 .seq = event->seq - 1,
                                 .is_anew = true };

    if (twin && event->seq <= twin->seq)
        return PX_OK;
    if (f->declared < event->seq) {
        PX_TRY(body_of(f, event->tenant, event->id, &subject.body, ret_err));
        PX_TRY(pxi_fresh_declare(f, &subject, ret_err));
        f->declared = event->seq;
    }
    return with_lock(f, event, ret_err);
}

/* A document of a twin that is there; of one that comes later it is read then. What the graph has
 * by now may be newer than the document: what is between is in it. */
static px_status fold_document(px_fresh *f, const px_event *event, px_err *ret_err)
{
    px_fresh_subject subject = { .tenant = event->tenant, .body = event->body };
    px_status status = px_graph_read(px_engine_graph(f->engine), event->tenant, event->id,
                                     &f->record, &subject.record, ret_err);

    if (status == PX_NOT_FOUND)
        return PX_OK;
    if (status != PX_OK)
        return status;
    subject.no = px_twin_number(subject.record);
    subject.model_no = px_twin_model(subject.record);
    subject.seq = px_twin_seq(subject.record);
    if (event->type == PX_EVENT_DOCUMENT_DELETE)
        subject.body = (px_str){ 0 };
    return pxi_fresh_declare(f, &subject, ret_err);
}

/* Whether the event wants to be read whole. */
static bool is_ours(px_fresh *f, const px_event_head *head)
{
    switch (head->type) {
    case PX_EVENT_DEVICE_MESSAGE:
    case PX_EVENT_TELEMETRY:
    case PX_EVENT_TWIN_PATCH:
    case PX_EVENT_TWIN_DELETE:
    case PX_EVENT_SOURCE_ENDED:
        return f->by_no.count > 0 && pxi_fresh_find(f, head->no);
    case PX_EVENT_TWIN_PUT:
        return f->models_declared || (f->by_no.count > 0 && pxi_fresh_find(f, head->no)) ||
               px_documents_count(px_engine_documents(f->engine), head->tenant, kind) > 0;
    case PX_EVENT_FRESHNESS: /* our own, of a time that is folded again */
        return f->seq <= f->refold_until &&
               (pxi_fresh_waiting(f) > 0 || pxi_fresh_find(f, head->no));
    case PX_EVENT_MODEL_PUT:
        return !f->models_declared;
    case PX_EVENT_DOCUMENT_PUT:
    case PX_EVENT_DOCUMENT_DELETE:
        return true;
    default:
        return false;
    }
}

static px_status fold_event(px_fresh *f, const px_event *event, px_err *ret_err)
{
    switch (event->type) {
    case PX_EVENT_TWIN_PUT:
        return fold_put(f, event, ret_err);
    case PX_EVENT_MODEL_PUT:
        f->models_declared |= declares(f, event->model_no);
        return PX_OK;
    case PX_EVENT_DOCUMENT_PUT:
    case PX_EVENT_DOCUMENT_DELETE:
        return px_str_eq(event->name, kind) ? fold_document(f, event, ret_err) : PX_OK;
    default:
        return with_lock(f, event, ret_err);
    }
}

/* The lock is let go now and then, for a mass outage is long. */
static px_status advance(px_fresh *f, px_err *ret_err)
{
    px_status status = PX_OK;

    for (bool more = true; more && status == PX_OK;) {
        pthread_mutex_lock(&f->lock);
        status = pxi_fresh_advance(f, &more, ret_err);
        pthread_mutex_unlock(&f->lock);
    }
    return status;
}

/* Events are read, and what is declared too, without the lock: nobody else changes what they are
 * judged by.
 *
 * On want of memory the row is folded again: an event did all that it does or nothing, and what is
 * done is done once, by the positions of the twins. */
px_status pxi_fresh_fold(px_fresh *f, const px_batch *batch, px_err *ret_err)
{
    px_cut cut = px_cut_of(batch->body);
    px_event_head head;
    px_event event;

    f->now = batch->time > f->now ? batch->time : f->now;
    f->seq = batch->seq_last;
    PX_TRY(advance(f, ret_err));
    for (uint64_t seq = batch->seq_first; px_cut_left(&cut) > 0; seq++) {
        PX_TRY(px_get_event_head(&cut, &head, ret_err));
        if (!is_ours(f, &head))
            continue;
        px_arena_reset(&f->arena);
        PX_TRY(px_get_event_body(&head, &f->arena, &event, ret_err));
        event.seq = seq;
        event.time = batch->time;
        PX_TRY(fold_event(f, &event, ret_err));
    }
    return PX_OK;
}
