/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many changes of twins and relationships, all or none:
 *
 *     {"dryRun": false, "changes": [
 *       {"op": "put",    "twin": "p-1", "value": {"$metadata": {"$model": "dtmi:acme:Pump;1"}}},
 *       {"op": "patch",  "twin": "p-1", "component": "motor", "ifMatch": "W/\"…\"", "value": […]},
 *       {"op": "put",    "twin": "p-1", "relationship": "r-1", "ifNoneMatch": "*", "value": {…}},
 *       {"op": "desired", "twin": "p-1", "value": {"speed": 20}},
 *       {"op": "command", "twin": "p-1", "command": "start", "id": "order-17", "value": 40},
 *       {"op": "delete", "twin": "p-2"}]}
 *
 * A change is read by one table of members; what it says is checked by the engine, as if it came
 * alone.
 */
#include <stdio.h>

#include "api/inner.h"

px_handler px_v1_post_batch;

static const struct {
    const char *op;
    px_request_kind of_twin, of_relationship;
    bool wants_value; /* else it has none; of a command it may have one */
} ops[] = {
    { "put", PX_REQUEST_TWIN_PUT, PX_REQUEST_RELATIONSHIP_PUT, true },
    { "patch", PX_REQUEST_TWIN_PATCH, PX_REQUEST_RELATIONSHIP_PATCH, true },
    { "delete", PX_REQUEST_TWIN_DELETE, PX_REQUEST_RELATIONSHIP_DELETE, false },
    { "desired", PX_REQUEST_DESIRED_PATCH, PX_REQUEST_KIND_COUNT, true },
    { "command", PX_REQUEST_COMMAND, PX_REQUEST_KIND_COUNT, false },
};

/* The text members of a change, and where they go. */
typedef struct change {
    px_str op, twin, relationship, component, if_match, if_none_match, command, id;
} change;

static const struct {
    const char *name;
    size_t offset;
} texts[] = {
    { "op", offsetof(change, op) },
    { "twin", offsetof(change, twin) },
    { "relationship", offsetof(change, relationship) },
    { "component", offsetof(change, component) },
    { "ifMatch", offsetof(change, if_match) },
    { "ifNoneMatch", offsetof(change, if_none_match) },
    { "command", offsetof(change, command) },
    { "id", offsetof(change, id) },
};

static px_str *find_text(change *c, px_str name)
{
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (px_str_eq(name, px_str_c(texts[i].name)))
            return (px_str *)(void *)((char *)c + texts[i].offset);
    return NULL;
}

static px_status read_members(const px_json *json, change *c, const px_json **ret_value,
                              px_err *ret_err)
{
    for (const px_json *m = json->first; m; m = m->next) {
        px_str *text = find_text(c, m->key);

        if (px_str_eq(m->key, PX_STR("value"))) {
            *ret_value = m;
            continue;
        }
        if (!text)
            return px_json_fail(m, ret_err, PX_INVALID, "batch.member",
                                "a change has no '%.*s'; it has op, twin, relationship, component, "
                                "ifMatch, ifNoneMatch, command, id and value",
                                PX_FMT(m->key));
        if (m->type != PX_JSON_STRING)
            return px_json_fail(m, ret_err, PX_INVALID, "batch.member", "'%.*s' is a text",
                                PX_FMT(m->key));
        *text = m->text;
    }
    return PX_OK;
}

static px_status read_conditions(const px_json *json, const change *c, px_request *item,
                                 px_err *ret_err)
{
    if (c->if_none_match.ptr && !px_str_eq(c->if_none_match, PX_STR("*")))
        return px_json_fail(json, ret_err, PX_INVALID, "batch.member",
                            "the one value of ifNoneMatch is *");
    item->if_none_match = c->if_none_match.ptr != NULL;
    if (c->if_match.ptr && !px_api_if_match(item, c->if_match))
        return px_json_fail(json, ret_err, PX_INVALID, "batch.member",
                            "ifMatch is an ETag such as it was read, or *");
    return PX_OK;
}

static px_status read_op(const px_json *json, const change *c, const px_json *value,
                         px_request *item, px_err *ret_err)
{
    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        if (!px_str_eq(c->op, px_str_c(ops[i].op)))
            continue;
        if ((value != NULL) != ops[i].wants_value && ops[i].of_twin != PX_REQUEST_COMMAND)
            return px_json_fail(json, ret_err, PX_INVALID, "batch.value",
                                value ? "a %s has no value" : "a %s has a value", ops[i].op);
        item->kind = c->relationship.ptr ? ops[i].of_relationship : ops[i].of_twin;
        if (c->component.ptr && item->kind != PX_REQUEST_TWIN_PATCH)
            return px_json_fail(json, ret_err, PX_INVALID, "batch.member",
                                "only the patch of a twin has a component");
        if (item->kind == PX_REQUEST_KIND_COUNT)
            return px_json_fail(json, ret_err, PX_INVALID, "batch.member",
                                "a relationship has no %s", ops[i].op);
        if ((c->command.len > 0) != (item->kind == PX_REQUEST_COMMAND) ||
            (c->id.ptr && item->kind != PX_REQUEST_COMMAND))
            return px_json_fail(json, ret_err, PX_INVALID, "batch.member",
                                "a command has its name in `command`, and perhaps an `id`; other "
                                "changes have neither");
        return PX_OK;
    }
    return px_json_fail(json, ret_err, PX_INVALID, "batch.op",
                        "op is put, patch, delete, desired or command");
}

static px_status read_change(px_api_call *call, const px_json *json, px_request *item,
                             px_err *ret_err)
{
    const px_json *value = NULL;
    change c = { 0 };
    char place[32];

    if (json->type != PX_JSON_OBJECT)
        return px_json_fail(json, ret_err, PX_INVALID, "batch.form", "a change is an object");
    PX_TRY(read_members(json, &c, &value, ret_err));
    if (!c.twin.ptr)
        return px_json_fail(json, ret_err, PX_INVALID, "batch.member",
                            "a change names its twin; a relationship's is its source");
    PX_TRY(read_op(json, &c, value, item, ret_err));
    PX_TRY(read_conditions(json, &c, item, ret_err));
    snprintf(place, sizeof(place), "/changes/%u", json->index);
    item->place = px_arena_str(&call->arena, px_str_c(place));
    if (!item->place.ptr)
        return px_arena_fail(&call->arena, ret_err);
    item->id = c.twin;
    item->relationship_id = c.relationship;
    item->component = c.component;
    item->json = value;
    item->source_time = PX_TIME_NONE;
    if (item->kind != PX_REQUEST_COMMAND)
        return PX_OK;
    item->name = c.command;
    item->terms.is_async = true; /* of a batch nobody waits for a device */
    return px_api_command_id(call, c.id, &item->command_id, ret_err);
}

static px_status read_changes(px_api_call *call, const px_json *changes, px_err *ret_err)
{
    px_request *request = &call->request;
    px_status first = PX_OK;

    if (!px_json_is(changes, PX_JSON_ARRAY))
        return px_fail_id(ret_err, PX_INVALID, "batch.form",
                          "the body is an object with an array `changes`");
    if (changes->count > PX_CHANGES_MAX)
        return px_json_fail(changes, ret_err, PX_TOO_LARGE, "changes.count",
                            "at most %d changes go together; these are %u", PX_CHANGES_MAX,
                            changes->count);
    request->items = PX_ARENA_ARRAY(&call->arena, px_request, changes->count);
    if (!request->items)
        return px_arena_fail(&call->arena, ret_err);
    for (const px_json *m = changes->first; m; m = m->next) {
        px_err err = { 0 };
        px_status status = read_change(call, m, &request->items[request->item_count++], &err);

        if (status == PX_OK)
            continue;
        px_api_add_finding(call, &err);
        if (first == PX_OK)
            *ret_err = err;
        first = first == PX_OK ? status : first;
    }
    return first;
}

static px_status read_batch(px_api_call *call, px_err *ret_err)
{
    const px_json *body = call->request.json, *dry = px_json_get(body, PX_STR("dryRun"));

    if (dry && !px_json_is_bool(dry))
        return px_json_fail(dry, ret_err, PX_INVALID, "batch.form", "dryRun is true or false");
    call->request.flag = px_json_is(dry, PX_JSON_TRUE);
    return read_changes(call, px_json_get(body, PX_STR("changes")), ret_err);
}

/* ---- answer ---- */

static bool is_delete(px_request_kind kind)
{
    return kind == PX_REQUEST_TWIN_DELETE || kind == PX_REQUEST_RELATIONSHIP_DELETE;
}

static void put_change(px_json_writer *w, const px_request *item, bool dry)
{
    px_buf etag = { 0 };

    px_json_begin_object(w);
    px_json_key(w, PX_STR("twin"));
    px_json_string(w, item->id);
    if (item->relationship_id.ptr) {
        px_json_key(w, PX_STR("relationship"));
        px_json_string(w, item->relationship_id);
    }
    if (item->kind == PX_REQUEST_TWIN_PUT || item->kind == PX_REQUEST_RELATIONSHIP_PUT) {
        px_json_key(w, PX_STR("created"));
        px_json_bool(w, item->result.created);
    }
    if (item->kind == PX_REQUEST_COMMAND) {
        px_json_key(w, PX_STR("command"));
        px_json_string(w, item->name);
        px_json_key(w, PX_STR("id"));
        px_json_string(w, item->command_id);
    } else if (!dry && !is_delete(item->kind)) {
        px_put_etag(&etag, item->result.seq);
        px_json_key(w, PX_STR("etag"));
        px_json_string(w, px_buf_str(&etag));
        px_buf_release(&etag);
    }
    px_json_end_object(w);
}

static void answer(px_api_call *call)
{
    const px_request *request = &call->request;
    px_json_writer w = px_json_writer_of(&call->out);

    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("dryRun"));
    px_json_bool(&w, request->flag);
    px_json_key(&w, PX_STR("changes"));
    px_json_begin_array(&w);
    for (size_t i = 0; i < request->item_count; i++)
        put_change(&w, &request->items[i], request->flag);
    px_json_end_array(&w);
    px_json_end_object(&w);
    px_api_json(call, 200);
}

static void judged(px_api_call *call)
{
    const px_result *result = &call->request.result;
    const char *id = result->err.id;

    if (result->status == PX_OK || (id && strcmp(id, PX_CHANGES_JUDGED) == 0)) {
        answer(call);
        return;
    }
    for (size_t i = 0; i < result->refusal_count; i++)
        px_api_add_finding(call, &result->refusals[i].err);
    px_api_fail(call, result->status, &result->err);
}

void px_v1_post_batch(px_api_call *call)
{
    px_err err = { 0 };
    px_status status = read_batch(call, &err);

    if (status != PX_OK) {
        px_api_fail(call, status, &err);
        return;
    }
    call->request.kind = PX_REQUEST_CHANGES;
    px_api_submit_always(call, judged);
}
