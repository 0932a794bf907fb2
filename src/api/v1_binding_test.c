/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tries a binding on recorded messages; nothing is written:
 *
 *     {"binding": {…} | "name": "presses",
 *      "messages": [{"topic": "factory/1/p7/data", "payload": {"temp": 70}}, {"payload": "21.4"}]}
 *
 * A payload that is a text is taken as its bytes, anything else as its JSON; "base64" holds bytes
 * that are neither.
 */
#include <sodium.h>

#include "api/inner.h"
#include "api/workers.h"
#include "sync/binding_desk.h"
#include "sync/bindings.h"

px_handler px_v1_test_binding;

enum { MESSAGES_MAX = 1000, MISSES_MAX = 100, LEFTOVERS_MAX = 64, VALUES_MAX = 2000 };

typedef struct trial {
    px_api_call *call;
    const px_binding *binding;
    px_json_writer w;
    uint64_t messages, values, missed, failed, told;
} trial;

/* ---- one message ---- */

static void put_sample(trial *t, const px_bound_twin *twin, const px_sample *sample)
{
    for (size_t i = 0; i < sample->field_count && t->told < VALUES_MAX; i++, t->told++) {
        const px_field *field = px_layout_field(twin->model.layout, sample->fields[i].field);

        px_json_begin_object(&t->w);
        px_json_member_text(&t->w, "twin", twin->id);
        if (twin->is_new) {
            px_json_key(&t->w, PX_STR("new"));
            px_json_bool(&t->w, true);
        }
        px_json_member_text(&t->w, "property", field->path);
        px_json_key(&t->w, PX_STR("value"));
        px_json_value(&t->w, sample->fields[i].value);
        if (field->unit.len)
            px_json_member_text(&t->w, "unit", field->unit);
        if (sample->source_time != PX_TIME_NONE) {
            px_json_key(&t->w, PX_STR("time"));
            px_json_time(&t->w, sample->source_time);
        }
        px_json_end_object(&t->w);
    }
}

static void put_values(trial *t, const px_bound *bound)
{
    px_json_key(&t->w, PX_STR("values"));
    px_json_begin_array(&t->w);
    for (size_t i = 0; i < bound->twin_count; i++)
        for (size_t s = 0; s < bound->twins[i]->sample_count; s++)
            put_sample(t, bound->twins[i], &bound->twins[i]->samples[s]);
    px_json_end_array(&t->w);
}

static void put_misses(trial *t, const px_bound *bound)
{
    px_json_key(&t->w, PX_STR("misses"));
    px_json_begin_array(&t->w);
    for (size_t i = 0; i < bound->miss_count; i++) {
        const px_bind_miss *miss = &bound->misses[i];

        px_json_begin_object(&t->w);
        px_json_member_uint(&t->w, "row", miss->row);
        px_json_member_text(&t->w, "twin", miss->twin);
        px_json_member_text(&t->w, "name", miss->name);
        px_json_member_text(&t->w, "code", px_str_c(miss->id));
        px_json_member_text(&t->w, "reason", px_str_c(miss->text));
        px_json_end_object(&t->w);
    }
    px_json_end_array(&t->w);
}

static void put_leftovers(trial *t, const px_bind_input *input, px_arena *arena)
{
    px_str pointers[LEFTOVERS_MAX];
    size_t count = 0;

    if (px_binding_leftovers(t->binding, input, arena, pointers, LEFTOVERS_MAX, &count, NULL) !=
        PX_OK)
        count = 0;
    px_json_key(&t->w, PX_STR("leftovers"));
    px_json_begin_array(&t->w);
    for (size_t i = 0; i < count; i++)
        px_json_string(&t->w, pointers[i]);
    px_json_end_array(&t->w);
}

/* As the engine refuses it: the whole message. */
static px_status check_models(const trial *t, const px_bound *bound, px_err *ret_err)
{
    px_registry *registry = px_engine_registry(t->call->api->opts.engine);
    px_model_info info;

    for (size_t i = 0; i < bound->twin_count; i++) {
        const px_bound_twin *twin = bound->twins[i];

        if (twin->is_new || px_registry_info(registry, twin->model.model_no, &info))
            continue;
        if (!px_registry_find(registry, t->call->principal.tenant, twin->model.dtmi, &info))
            return px_fail_id(ret_err, PX_INVALID, "twin.model_gone",
                              "the model of twin '%.*s' was deleted; upload it again first",
                              PX_FMT(twin->id));
        if (info.model != px_registry_model(registry, twin->model.model_no))
            return px_fail_id(ret_err, PX_INVALID, "twin.model_replaced",
                              "the model of twin '%.*s' was deleted and uploaded again, changed; "
                              "let the twin follow it with a PATCH first",
                              PX_FMT(twin->id));
    }
    return PX_OK;
}

static px_status map(trial *t, const px_bind_input *input, px_arena *arena, px_bound *ret_bound,
                     px_err *ret_err)
{
    px_bind_desk desk = { t->call->api->opts.engine, t->binding, &t->call->principal };
    px_bound bound;

    PX_TRY(px_binding_fits_topic(t->binding, input->topic, ret_err));
    PX_TRY(px_bind_desk_map(&desk, input, arena, &bound, ret_err));
    px_bound_tell_nothing(&bound, NULL, PX_TIME_NONE);
    PX_TRY(check_models(t, &bound, ret_err));
    *ret_bound = bound;
    return PX_OK;
}

static void try_message(trial *t, const px_bind_input *input)
{
    px_bound bound = { 0 };
    px_err err = { 0 };
    px_status status;
    PX_AUTO_ARENA arena;

    px_arena_init(&arena, PX_MAPPING_BYTES_MAX);
    t->messages++;
    status = map(t, input, &arena, &bound, &err);
    t->values += bound.values;
    t->missed += bound.missed;
    t->failed += status != PX_OK;
    px_json_begin_object(&t->w);
    px_json_member_uint(&t->w, "rows", bound.rows);
    px_json_member_uint(&t->w, "passed", bound.passed);
    if (status != PX_OK) {
        px_json_member_text(&t->w, "code", px_str_c(err.id));
        px_json_member_text(&t->w, "error", px_str_c(err.text));
    }
    put_values(t, &bound);
    put_misses(t, &bound);
    put_leftovers(t, input, &arena);
    px_json_end_object(&t->w);
}

/* ---- reading what is asked ---- */

static px_status read_base64(px_api_call *call, const px_json *json, px_str *ret_bytes,
                             px_err *ret_err)
{
    unsigned char *bytes = px_arena_alloc(&call->arena, json->text.len + 1);
    size_t len;

    if (!bytes)
        return px_arena_fail(&call->arena, ret_err);
    if (json->type != PX_JSON_STRING ||
        sodium_base642bin(bytes, json->text.len + 1, json->text.ptr, json->text.len, NULL, &len,
                          NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
        return px_json_fail(json, ret_err, PX_INVALID, "binding.test", "'base64' is base64");
    *ret_bytes = px_str_of((char *)bytes, len);
    return PX_OK;
}

static px_status read_message(px_api_call *call, const px_json *json, px_bind_input *ret_input,
                              px_err *ret_err)
{
    const px_json *payload = px_json_get(json, PX_STR("payload"));
    const px_json *base64 = px_json_get(json, PX_STR("base64"));

    if (json->type != PX_JSON_OBJECT || (!payload && !base64))
        return px_json_fail(json, ret_err, PX_INVALID, "binding.test",
                            "a message is {\"topic\":\"factory/1/data\",\"payload\":…}");
    *ret_input = (px_bind_input){ .topic = px_json_get_text(json, PX_STR("topic")),
                                  .misses_max = MISSES_MAX };
    if (base64)
        return read_base64(call, base64, &ret_input->payload, ret_err);
    ret_input->payload = payload->type == PX_JSON_STRING ? payload->text : payload->raw;
    return PX_OK;
}

static px_status find_binding(px_api_call *call, px_binding **ret_own,
                              const px_binding **ret_binding, px_err *ret_err)
{
    const px_json *document = px_json_get(call->request.json, PX_STR("binding"));
    px_str name = px_json_get_text(call->request.json, PX_STR("name"));

    *ret_own = NULL;
    if (document) {
        px_status status = px_binding_new(PX_STR("test"), document->raw, ret_own, ret_err);

        *ret_binding = *ret_own;
        return status;
    }
    if (!name.ptr || !call->api->opts.bindings)
        return px_fail_id(
            ret_err, PX_INVALID, "binding.test",
            "say which binding: \"binding\", a document, or \"name\", of a stored one");
    return px_bindings_find(call->api->opts.bindings, call->principal.tenant, name, ret_binding,
                            ret_err);
}

static px_status try_all(trial *t, const px_json *messages, px_err *ret_err)
{
    px_bind_input input;

    if (!px_json_is(messages, PX_JSON_ARRAY) || messages->count > MESSAGES_MAX)
        return px_fail_id(ret_err, PX_INVALID, "binding.test",
                          "'messages' is an array of at most %d messages", MESSAGES_MAX);
    for (const px_json *m = messages->first; m; m = m->next)
        PX_TRY(read_message(t->call, m, &input, ret_err));
    px_json_begin_object(&t->w);
    px_json_key(&t->w, PX_STR("messages"));
    px_json_begin_array(&t->w);
    for (const px_json *m = messages->first; m; m = m->next) {
        PX_TRY(read_message(t->call, m, &input, ret_err));
        try_message(t, &input);
    }
    px_json_end_array(&t->w);
    px_json_key(&t->w, PX_STR("totals"));
    px_json_begin_object(&t->w);
    px_json_member_uint(&t->w, "messages", t->messages);
    px_json_member_uint(&t->w, "values", t->values);
    px_json_member_uint(&t->w, "missed", t->missed);
    px_json_member_uint(&t->w, "failed", t->failed);
    px_json_end_object(&t->w);
    px_json_end_object(&t->w);
    return px_buf_status(&t->call->out, ret_err);
}

static void try_binding(px_api_call *call)
{
    trial t = { .call = call, .w = px_json_writer_of(&call->out) };
    px_binding *own;
    px_err err;
    px_status status = find_binding(call, &own, &t.binding, &err);

    if (status == PX_OK) {
        status = try_all(&t, px_json_get(call->request.json, PX_STR("messages")), &err);
        if (own)
            px_binding_free(own);
        else
            px_bindings_let_go(t.binding);
    }
    if (status == PX_OK) {
        px_api_json(call, 200);
        return;
    }
    px_buf_clear(&call->out);
    px_api_fail(call, status, &err);
}

void px_v1_test_binding(px_api_call *call)
{
    if (px_api_may(call, PX_ACTION_WRITE_DOCUMENT))
        px_workers_run(call, try_binding);
}
