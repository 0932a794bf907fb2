/* SPDX-License-Identifier: Apache-2.0 */
/* /api/v1/twins: lists, live values with both times, desired properties. */
#include "api/inner.h"
#include "engine/desired.h"

enum { PAGE_MAX = 1000, PAGE_DEFAULT = 100 };

px_handler px_v1_list_twins, px_v1_get_twin, px_v1_get_desired, px_v1_patch_desired;

/* By what was told last, as queries have it; nothing where nothing is declared of the twin. */
static void put_freshness(px_json_writer *w, const px_twin *twin)
{
    px_time since;
    uint8_t state;

    if (!px_twin_freshness(twin, &state, &since))
        return;
    px_json_key(w, PX_STR("freshness"));
    px_json_begin_object(w);
    px_json_member_text(w, "state", px_str_c(px_freshness_name((px_freshness)state)));
    px_json_member_time(w, "since", since);
    px_json_end_object(w);
}

static void put_item(px_json_writer *w, const px_model *model, const px_twin *twin)
{
    px_json_begin_object(w);
    px_json_key(w, PX_STR("id"));
    px_json_string(w, px_twin_id(twin));
    px_json_key(w, PX_STR("model"));
    px_json_string(w, px_model_id(model));
    px_json_key(w, PX_STR("seq"));
    px_json_uint(w, px_twin_seq(twin));
    px_json_key(w, PX_STR("updated"));
    px_json_time(w, px_twin_time(twin));
    put_freshness(w, twin);
    px_json_end_object(w);
}

/* Numbers of the model and of all that extend it; false: answered. */
static bool find_models(px_api_call *call, px_str base, uint32_t **ret_numbers, uint32_t *ret_count)
{
    px_model_info *infos;
    size_t count;
    px_err err;
    px_status status =
        px_registry_list(px_engine_registry(call->api->opts.engine), call->principal.tenant, base,
                         &call->arena, &infos, &count, &err);

    *ret_numbers = NULL;
    *ret_count = 0;
    if (status == PX_OK) {
        *ret_numbers = PX_ARENA_ARRAY(&call->arena, uint32_t, count + 1);
        if (!*ret_numbers)
            status = px_arena_fail(&call->arena, &err);
    }
    if (status != PX_OK) {
        px_api_fail(call, status, &err);
        return false;
    }
    for (size_t i = 0; i < count; i++)
        (*ret_numbers)[(*ret_count)++] = infos[i].model_no;
    return true;
}

static uint32_t put_page(px_api_call *call, px_json_writer *w, px_twins *at, uint64_t limit)
{
    px_registry *registry = px_engine_registry(call->api->opts.engine);
    uint32_t last = 0;
    uint64_t given = 0;

    for (const px_twin *twin; (twin = px_twins_next(at));) {
        const px_model *model = px_registry_model(registry, px_twin_model(twin));

        if (given++ == limit)
            return last;
        if (model)
            put_item(w, model, twin);
        last = px_twin_number(twin);
    }
    return 0;
}

void px_v1_list_twins(px_api_call *call)
{
    px_str base = px_api_param(call, "model");
    uint64_t limit, after;
    uint32_t *numbers = NULL, count = 0, next;
    px_snapshot *snapshot;
    px_json_writer w;
    px_twins at;
    px_err err;
    px_status status = px_authorize(&call->principal, PX_ACTION_READ_TWIN, (px_str){ 0 }, &err);

    if (status != PX_OK) {
        px_api_fail(call, status, &err);
        return;
    }
    if (!px_api_param_number(call, "limit", PAGE_DEFAULT, 1, PAGE_MAX, &limit) ||
        !px_api_cursor_number(call, &after) ||
        (base.ptr && !find_models(call, base, &numbers, &count)))
        return;
    status = px_graph_snapshot(px_engine_graph(call->api->opts.engine), &snapshot, &err);
    if (status != PX_OK) {
        px_api_fail(call, status, &err);
        return;
    }
    at = px_twins_of(px_snapshot_view(snapshot), call->principal.tenant, numbers, count);
    if (after)
        px_twins_seek(&at, (uint32_t)after);
    w = px_json_writer_of(&call->out);
    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("items"));
    px_json_begin_array(&w);
    next = base.ptr && count == 0 ? 0 : put_page(call, &w, &at, limit);
    px_snapshot_release(snapshot);
    px_json_end_array(&w);
    px_api_put_cursor_number(call, &w, next);
    px_json_end_object(&w);
    px_api_json(call, 200);
}

static void put_value(px_json_writer *w, const px_field *field, const px_slot *slot)
{
    static const char *const qualities[] = { "good", "uncertain", "bad" };

    px_json_key(w, field->path);
    px_json_begin_object(w);
    px_json_key(w, PX_STR("value"));
    px_json_value(w, slot->value);
    px_json_key(w, PX_STR("sourceTime"));
    px_json_time(w, slot->source_time);
    px_json_key(w, PX_STR("arrivalTime"));
    px_json_time(w, slot->arrival_time);
    px_json_key(w, PX_STR("quality"));
    px_json_string(w, px_str_c(qualities[slot->quality]));
    px_json_key(w, PX_STR("kind"));
    px_json_string(w, field->kind == PX_FIELD_PROPERTY ? PX_STR("property") : PX_STR("telemetry"));
    px_json_key(w, PX_STR("unit"));
    if (field->unit.len)
        px_json_string(w, field->unit);
    else
        px_json_null(w);
    px_json_end_object(w);
}

/* Where the status of a desired value is read: a request of its own sees what is published, the
 * answer to a PATCH what its batch left. */
typedef struct desired_source {
    px_api_call *call;
    const px_twin *twin;
    const px_layout *layout;
    bool own;
} desired_source;

static void put_status(px_json_writer *w, const px_desired *d)
{
    px_json_key(w, PX_STR("version"));
    px_json_uint(w, d->version);
    px_json_key(w, PX_STR("status"));
    px_json_string(w, px_str_c(px_desired_status_name(d->status)));
    px_json_key(w, PX_STR("since"));
    px_json_time(w, d->since);
    px_json_key(w, PX_STR("expires"));
    px_json_time(w, d->deadline);
    px_json_key(w, PX_STR("reportedVersion"));
    if (d->reported)
        px_json_uint(w, d->reported);
    else
        px_json_null(w);
    if (d->reason.len) {
        px_json_key(w, PX_STR("reason"));
        px_json_string(w, d->reason);
    }
}

/* One that was wished for since the twin was read is told with the next answer. */
static px_desired status_of(const desired_source *s, const px_slot *slot, px_str path)
{
    px_documents *documents = px_engine_documents(s->call->api->opts.engine);
    uint32_t tenant = s->call->principal.tenant;
    px_desired d;
    px_status status = s->own ? px_desired_get_own(documents, tenant, px_twin_id(s->twin), path,
                                                   &s->call->arena, &d, NULL)
                              : px_desired_get(documents, tenant, px_twin_id(s->twin), path,
                                               &s->call->arena, &d, NULL);

    if (status == PX_OK && d.version <= px_twin_desired_version(s->twin))
        return d;
    return (px_desired){ .status = px_desired_derived(s->twin, slot),
                         .version = px_twin_desired_version(s->twin),
                         .since = slot->arrival_time,
                         .deadline = PX_TIME_NONE };
}

static void put_desired(px_json_writer *w, const desired_source *s)
{
    px_json_begin_object(w);
    for (uint32_t i = px_twin_slot_from(s->twin, PX_DESIRED); i < px_twin_slot_count(s->twin);
         i++) {
        px_slot slot = px_twin_slot_at(s->twin, i), reported;
        px_str path = px_layout_field(s->layout, slot.key & ~PX_DESIRED)->path;
        px_desired d = status_of(s, &slot, path);

        px_json_key(w, path);
        px_json_begin_object(w);
        px_json_key(w, PX_STR("value"));
        px_json_value(w, slot.value);
        px_json_key(w, PX_STR("reported"));
        if (px_twin_slot(s->twin, slot.key & ~PX_DESIRED, &reported))
            px_json_value(w, reported.value);
        else
            px_json_null(w);
        put_status(w, &d);
        px_json_end_object(w);
    }
    px_json_end_object(w);
}

void px_v1_get_twin(px_api_call *call)
{
    const px_layout *layout;
    const px_model *model;
    const px_twin *twin;
    px_json_writer w;

    if (!px_api_read_twin(call, call->args[0], PX_ACTION_READ_TWIN, &twin, &model))
        return;
    layout = px_model_layout(model);
    w = px_json_writer_of(&call->out);
    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("id"));
    px_json_string(&w, px_twin_id(twin));
    px_json_key(&w, PX_STR("model"));
    px_json_string(&w, px_model_id(model));
    px_json_key(&w, PX_STR("seq"));
    px_json_uint(&w, px_twin_seq(twin));
    px_json_key(&w, PX_STR("updated"));
    px_json_time(&w, px_twin_time(twin));
    put_freshness(&w, twin);
    px_json_key(&w, PX_STR("values"));
    px_json_begin_object(&w);
    for (uint32_t i = 0; i < px_twin_slot_from(twin, PX_DESIRED); i++) {
        px_slot slot = px_twin_slot_at(twin, i);

        put_value(&w, px_layout_field(layout, slot.key), &slot);
    }
    px_json_end_object(&w);
    px_json_key(&w, PX_STR("desired"));
    put_desired(&w, &(desired_source){ call, twin, layout, false });
    px_json_end_object(&w);
    px_api_etag(call, px_twin_revision(twin));
    px_api_json(call, 200);
}

static void answer_desired(px_api_call *call, const px_twin *twin, const px_model *model, bool own)
{
    px_json_writer w = px_json_writer_of(&call->out);

    put_desired(&w, &(desired_source){ call, twin, px_model_layout(model), own });
    px_api_etag(call, px_twin_desired_version(twin));
    px_api_json(call, 200);
}

void px_v1_get_desired(px_api_call *call)
{
    const px_model *model;
    const px_twin *twin;

    if (px_api_read_twin(call, call->args[0], PX_ACTION_READ_TWIN, &twin, &model))
        answer_desired(call, twin, model, false);
}

/* What this PATCH left, whatever the rest of its batch did. To be kept it is rendered before the
 * commit, and its model may have come with the same batch: on this thread the batch's own is seen.
 */
static void desired_done(px_api_call *call)
{
    const px_twin *twin = call->request.result.twin;

    answer_desired(
        call, twin,
        px_registry_model_own(px_engine_registry(call->api->opts.engine), px_twin_model(twin)),
        true);
}

void px_v1_patch_desired(px_api_call *call)
{
    uint64_t expiry_s;

    call->request.kind = PX_REQUEST_DESIRED_PATCH;
    call->request.id = call->args[0];
    if (!px_api_param_number(call, "expiry", 0, 1, PX_DESIRED_EXPIRY_S_MAX, &expiry_s))
        return;
    if (expiry_s)
        call->request.deadline =
            px_engine_now(call->api->opts.engine) + (int64_t)expiry_s * PX_SECOND;
    if (px_api_conditions(call, true, false))
        px_api_submit(call, desired_done);
}
