/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The body of such a document:
 *
 *     {"twin":"press-1","property":"speed","status":"rejected","version":17,"since":"…",
 *      "deadline":"…","by":"admin","reported":19,"reason":"the guard is open"}
 *
 * `confirmed`, `deadline`, `by`, `reported` and `reason` only where there is one.
 */
#include "engine/desired.h"

#include "base/json.h"
#include "base/limits.h"
#include "engine/state.h"

static const char *const names[PX_DESIRED_STATUS_COUNT] = {
    [PX_DESIRED_PENDING] = "pending",     [PX_DESIRED_DELIVERED] = "delivered",
    [PX_DESIRED_APPLIED] = "applied",     [PX_DESIRED_REJECTED] = "rejected",
    [PX_DESIRED_TIMED_OUT] = "timed out",
};

const char *px_desired_status_name(px_desired_status status)
{
    return names[status];
}

bool px_desired_is_open(px_desired_status status)
{
    return status == PX_DESIRED_PENDING || status == PX_DESIRED_DELIVERED;
}

/* A device that was wished 25 and reports 25.0 does what it was told. Objects are the same when
 * their text is. */
static bool is_same(px_value a, px_value b)
{
    if (a.kind == PX_VALUE_NUM && b.kind == PX_VALUE_NUM)
        return px_num_cmp(a.num, b.num) == 0;
    return px_value_same(a, b);
}

px_desired_status px_desired_derived(const px_twin *twin, const px_slot *desired)
{
    px_slot reported;

    return px_twin_slot(twin, desired->key & ~PX_DESIRED, &reported) &&
                   is_same(desired->value, reported.value)
               ? PX_DESIRED_APPLIED
               : PX_DESIRED_PENDING;
}

/* ---- bodies ---- */

px_status px_desired_read(px_str body, px_arena *arena, px_desired *ret_desired, px_err *ret_err)
{
    px_desired_status status = PX_DESIRED_PENDING;
    const px_json *confirmed;
    px_json *json;

    PX_TRY(px_json_parse(body, NULL, arena, &json, ret_err));
    while (status < PX_DESIRED_STATUS_COUNT &&
           !px_str_eq(px_json_get_text(json, PX_STR("status")), px_str_c(names[status])))
        status++;
    if (status == PX_DESIRED_STATUS_COUNT)
        return px_fail(ret_err, PX_CORRUPT, "a desired value of no known status");
    confirmed = px_json_get(json, PX_STR("confirmed"));
    *ret_desired = (px_desired){ .twin = px_json_get_text(json, PX_STR("twin")),
                                 .property = px_json_get_text(json, PX_STR("property")),
                                 .status = status,
                                 .is_confirmed = px_json_is(confirmed, PX_JSON_TRUE),
                                 .version = px_json_get_uint(json, PX_STR("version")),
                                 .reported = px_json_get_uint(json, PX_STR("reported")),
                                 .since = px_json_get_time(json, PX_STR("since")),
                                 .deadline = px_json_get_time(json, PX_STR("deadline")),
                                 .by = px_json_get_text(json, PX_STR("by")),
                                 .reason = px_json_get_text(json, PX_STR("reason")) };
    return PX_OK;
}

static void put_body(px_buf *buf, const px_desired *d)
{
    px_json_writer w = px_json_writer_of(buf);

    px_json_begin_object(&w);
    px_json_maybe_text(&w, "twin", d->twin);
    px_json_maybe_text(&w, "property", d->property);
    px_json_maybe_text(&w, "status", px_str_c(names[d->status]));
    if (d->is_confirmed) {
        px_json_key(&w, PX_STR("confirmed"));
        px_json_bool(&w, true);
    }
    px_json_member_uint(&w, "version", d->version);
    px_json_member_time(&w, "since", d->since);
    px_json_maybe_time(&w, "deadline", d->deadline);
    px_json_maybe_text(&w, "by", d->by);
    if (d->reported)
        px_json_member_uint(&w, "reported", d->reported);
    px_json_maybe_text(&w, "reason", d->reason);
    px_json_end_object(&w);
}

/* ---- ids: TWIN/PROPERTY ---- */

enum { ID_BYTES_MAX = PX_TWIN_ID_BYTES_MAX + 1 + PX_PROPERTY_PATH_BYTES_MAX };

/* `room` has ID_BYTES_MAX bytes; empty: no desired value has such a name. */
static px_str id_of(char *room, px_str twin_id, px_str property)
{
    if (twin_id.len > PX_TWIN_ID_BYTES_MAX || property.len > PX_PROPERTY_PATH_BYTES_MAX)
        return (px_str){ 0 };
    memcpy(room, twin_id.ptr, twin_id.len);
    room[twin_id.len] = '/';
    memcpy(room + twin_id.len + 1, property.ptr, property.len);
    return px_str_of(room, twin_id.len + 1 + property.len);
}

px_status px_desired_get(px_documents *documents, uint32_t tenant, px_str twin_id, px_str property,
                         px_arena *arena, px_desired *ret_desired, px_err *ret_err)
{
    char room[ID_BYTES_MAX];
    px_document found;

    PX_TRY(px_documents_get(documents, tenant, PX_STR("desired"), id_of(room, twin_id, property),
                            arena, &found, ret_err));
    return px_desired_read(found.body, arena, ret_desired, ret_err);
}

px_status px_desired_get_own(const px_documents *documents, uint32_t tenant, px_str twin_id,
                             px_str property, px_arena *arena, px_desired *ret_desired,
                             px_err *ret_err)
{
    char room[ID_BYTES_MAX];
    const px_document *found =
        px_documents_pending(documents, tenant, PX_STR("desired"), id_of(room, twin_id, property));

    if (!found)
        return px_fail(ret_err, PX_NOT_FOUND, "'%.*s' has no status", PX_FMT(property));
    return px_desired_read(found->body, arena, ret_desired, ret_err);
}

/* ---- writing ---- */

static px_status emit(px_engine_state *state, uint32_t tenant, const px_desired *d, px_str cause,
                      px_err *ret_err)
{
    px_document_write write = { .kind = PX_STR("desired") };
    char room[ID_BYTES_MAX];
    px_buf body = { 0 };
    px_status status;

    put_body(&body, d);
    status = px_buf_status(&body, ret_err);
    write.id = id_of(room, d->twin, d->property);
    write.body = px_buf_str(&body);
    if (status == PX_OK)
        status = px_state_emit_document(state, tenant, &write, cause, ret_err);
    px_buf_release(&body);
    return status;
}

static px_status drop(px_engine_state *state, const px_request *request, px_str property,
                      px_err *ret_err)
{
    char room[ID_BYTES_MAX];
    px_document_write gone = { .kind = PX_STR("desired"),
                               .id = id_of(room, request->id, property) };

    if (!px_documents_pending(state->documents, request->principal.tenant, gone.kind, gone.id))
        return PX_OK;
    return px_state_emit_document(state, request->principal.tenant, &gone, request->principal.id,
                                  ret_err);
}

px_status px_desired_wish(px_engine_state *state, px_request *request, const px_layout *layout,
                          const px_field_value *fields, size_t count, px_err *ret_err)
{
    uint64_t version = state->seq;
    const px_twin *twin =
        px_view_find(px_txn_view(state->txn), request->principal.tenant, request->id);

    for (size_t i = 0; i < count && !state->rehearsing; i++) {
        px_desired d = { .twin = request->id,
                         .property = px_layout_field(layout, fields[i].field)->path,
                         .version = version,
                         .since = state->now,
                         .deadline = request->deadline > 0 ? request->deadline : PX_TIME_NONE,
                         .by = request->principal.id };
        px_slot slot;

        if (!px_twin_slot(twin, fields[i].field | PX_DESIRED, &slot)) {
            PX_TRY(drop(state, request, d.property, ret_err));
            continue;
        }
        d.status = px_desired_derived(twin, &slot);
        PX_TRY(emit(state, request->principal.tenant, &d, request->principal.id, ret_err));
    }
    request->result.seq = version;
    return PX_OK;
}

px_status px_desired_time_out(px_engine_state *state, const px_document *document, px_arena *arena,
                              px_err *ret_err)
{
    px_desired d;

    PX_TRY(px_desired_read(document->body, arena, &d, ret_err));
    d.status = PX_DESIRED_TIMED_OUT;
    d.since = state->now;
    return emit(state, document->tenant, &d, PX_STR("engine.timer"), ret_err);
}

/* ---- what the device says ---- */

/* What may follow what; a device that confirms what is applied already makes it stay so. */
static bool may_become(px_desired_status from, px_desired_status to)
{
    static const unsigned moves[PX_DESIRED_STATUS_COUNT] = {
        [PX_DESIRED_PENDING] =
            1u << PX_DESIRED_DELIVERED | 1u << PX_DESIRED_APPLIED | 1u << PX_DESIRED_REJECTED,
        [PX_DESIRED_DELIVERED] = 1u << PX_DESIRED_APPLIED | 1u << PX_DESIRED_REJECTED,
        [PX_DESIRED_APPLIED] = 1u << PX_DESIRED_APPLIED,
        [PX_DESIRED_REJECTED] = 1u << PX_DESIRED_APPLIED,
        [PX_DESIRED_TIMED_OUT] = 1u << PX_DESIRED_APPLIED,
    };

    return moves[from] & 1u << to;
}

px_status px_desired_settle(px_engine_state *state, const px_request *request, px_desired *d,
                            px_desired_status status, px_str reason, px_err *ret_err)
{
    bool confirms = status == PX_DESIRED_APPLIED;

    if (!may_become(d->status, status) || (confirms && d->is_confirmed))
        return PX_OK;
    d->since = d->status == status ? d->since : state->now;
    d->status = status;
    d->is_confirmed = confirms;
    d->reason = reason;
    if (status != PX_DESIRED_DELIVERED)
        d->reported = state->seq + 1;
    return emit(state, request->principal.tenant, d, request->principal.id, ret_err);
}

/* ---- what reported says ---- */

struct px_desired_seen {
    px_str property;
    px_desired_status status; /* by reported */
};

px_status px_desired_watch_begin(px_engine_state *state, const px_request *request,
                                 px_desired_watch *ret_watch, px_err *ret_err)
{
    const px_twin *twin =
        px_view_find(px_txn_view(state->txn), request->principal.tenant, request->id);
    const px_model *model = twin ? px_state_model(state, px_twin_model(twin)) : NULL;
    uint32_t from = twin ? px_twin_slot_from(twin, PX_DESIRED) : 0,
             to = twin ? px_twin_slot_count(twin) : 0;

    *ret_watch = (px_desired_watch){ 0 };
    if (from == to || !model || state->rehearsing)
        return PX_OK;
    ret_watch->seen = PX_ARENA_ARRAY(&state->arena, struct px_desired_seen, to - from);
    if (!ret_watch->seen)
        return px_arena_fail(&state->arena, ret_err);
    for (uint32_t i = from; i < to; i++) {
        px_slot slot = px_twin_slot_at(twin, i);

        ret_watch->seen[ret_watch->count++] = (struct px_desired_seen){
            .property = px_layout_field(px_model_layout(model), slot.key & ~PX_DESIRED)->path,
            .status = px_desired_derived(twin, &slot)
        };
    }
    return PX_OK;
}

/* A wish that is open again has the time that it was given. */
static px_desired_status reopened(const px_engine_state *state, const px_desired *d)
{
    return d->deadline != PX_TIME_NONE && d->deadline <= state->now ? PX_DESIRED_TIMED_OUT
                                                                    : PX_DESIRED_PENDING;
}

/* `said`: position of what the twin reports now. */
static px_status turn(px_engine_state *state, const px_request *request, uint64_t said,
                      px_str property, px_desired_status by_reported, px_err *ret_err)
{
    px_desired d;
    px_status status = px_desired_get_own(state->documents, request->principal.tenant, request->id,
                                          property, &state->arena, &d, ret_err);

    if (status == PX_NOT_FOUND)
        return PX_OK;
    PX_TRY(status);
    if (by_reported == PX_DESIRED_PENDING && (d.status != PX_DESIRED_APPLIED || d.is_confirmed))
        return PX_OK;
    if (d.status == PX_DESIRED_APPLIED && by_reported == PX_DESIRED_APPLIED)
        return PX_OK;
    d.status = by_reported == PX_DESIRED_APPLIED ? PX_DESIRED_APPLIED : reopened(state, &d);
    d.since = state->now;
    d.reported = said;
    d.reason = (px_str){ 0 };
    return emit(state, request->principal.tenant, &d, request->principal.id, ret_err);
}

px_status px_desired_watch_end(px_engine_state *state, px_request *request,
                               const px_desired_watch *watch, px_err *ret_err)
{
    uint64_t said = state->seq;
    const px_twin *twin =
        watch->count ? px_view_find(px_txn_view(state->txn), request->principal.tenant, request->id)
                     : NULL;
    const px_model *model = twin ? px_state_model(state, px_twin_model(twin)) : NULL;

    for (size_t i = 0; i < watch->count; i++) {
        const struct px_desired_seen *seen = &watch->seen[i];
        const px_field *field =
            model ? px_layout_find_path(px_model_layout(model), seen->property) : NULL;
        px_desired_status now;
        px_slot slot;

        if (!field || !px_twin_slot(twin, field->index | PX_DESIRED, &slot)) {
            PX_TRY(drop(state, request, seen->property, ret_err));
            continue;
        }
        now = px_desired_derived(twin, &slot);
        if (now != seen->status)
            PX_TRY(turn(state, request, said, seen->property, now, ret_err));
    }
    if (state->seq != said)
        request->result.seq = said;
    return PX_OK;
}
