/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a device says of its desired values, twins/T/desired/response:
 *
 *     {"$version":17,"status":"rejected","properties":["speed"],"reason":"the guard is open"}
 *
 * `$version` is that of the message it answers: what was wished for since is not meant. Without
 * `properties` all of them are. A response that comes twice says nothing new.
 */
#include "base/json.h"
#include "base/limits.h"
#include "engine/desired.h"
#include "engine/state.h"

typedef struct response {
    px_desired_status status;
    uint64_t version;
    const px_json *properties; /* NULL: all */
    px_str reason;
} response;

static px_status fail(px_err *ret_err, const char *what)
{
    return px_fail_id(ret_err, PX_INVALID, "desired.response",
                      "%s; a response is such as {\"$version\":17,\"status\":\"rejected\","
                      "\"properties\":[\"speed\"],\"reason\":\"why\"}",
                      what);
}

static px_status read_version(const px_json *member, uint64_t *ret_version, px_err *ret_err)
{
    int64_t number;

    if (!px_json_is(member, PX_JSON_NUMBER) || !px_num_to_int(member->num, &number) || number < 1)
        return fail(ret_err, "it wants the $version of the message that it answers");
    *ret_version = (uint64_t)number;
    return PX_OK;
}

static px_status read_status(const px_json *member, px_desired_status *ret_status, px_err *ret_err)
{
    px_str text = px_json_is(member, PX_JSON_STRING) ? member->text : PX_STR("");

    if (!px_str_eq(text, PX_STR("applied")) && !px_str_eq(text, PX_STR("rejected")))
        return fail(ret_err, "its status is 'applied' or 'rejected'");
    *ret_status = px_str_eq(text, PX_STR("applied")) ? PX_DESIRED_APPLIED : PX_DESIRED_REJECTED;
    return PX_OK;
}

static px_status read_properties(const px_json *member, const px_json **ret_list, px_err *ret_err)
{
    bool good = !member || member->type == PX_JSON_ARRAY;

    for (const px_json *m = member && good ? member->first : NULL; m && good; m = m->next)
        good = m->type == PX_JSON_STRING;
    *ret_list = member;
    return good ? PX_OK : fail(ret_err, "'properties' is an array of names");
}

static px_status read_reason(const px_json *member, px_str *ret_reason, px_err *ret_err)
{
    bool good = !member ||
                (member->type == PX_JSON_STRING && member->text.len <= PX_DESIRED_REASON_BYTES_MAX);

    *ret_reason = member && good ? member->text : (px_str){ 0 };
    return good ? PX_OK : fail(ret_err, "'reason' is a string of at most 256 bytes");
}

static px_status read_response(const px_json *json, response *ret_response, px_err *ret_err)
{
    static const char *const known[] = { "$version", "status", "properties", "reason" };

    if (!px_json_is(json, PX_JSON_OBJECT))
        return fail(ret_err, "it is no object");
    for (const px_json *m = json->first; m; m = m->next) {
        size_t i = 0;

        while (i < 4 && !px_str_eq(m->key, px_str_c(known[i])))
            i++;
        if (i == 4)
            return fail(ret_err, "it has a member of another name");
    }
    PX_TRY(read_version(px_json_get(json, PX_STR("$version")), &ret_response->version, ret_err));
    PX_TRY(read_status(px_json_get(json, PX_STR("status")), &ret_response->status, ret_err));
    PX_TRY(read_properties(px_json_get(json, PX_STR("properties")), &ret_response->properties,
                           ret_err));
    return read_reason(px_json_get(json, PX_STR("reason")), &ret_response->reason, ret_err);
}

static bool is_meant(const response *r, px_str property)
{
    if (!r->properties)
        return true;
    for (const px_json *m = r->properties->first; m; m = m->next)
        if (px_str_eq(m->text, property))
            return true;
    return false;
}

/* A name that nothing is wished of is a mistake; one that no longer is, is late. */
static px_status check_names(const response *r, const px_layout *layout, px_err *ret_err)
{
    for (const px_json *m = r->properties ? r->properties->first : NULL; m; m = m->next) {
        const px_field *field = px_layout_find_path(layout, m->text);

        if (!field || !field->writable)
            return px_json_fail(m, ret_err, PX_INVALID, "desired.writable",
                                "'%.*s' is no writable property of the model", PX_FMT(m->text));
    }
    return PX_OK;
}

px_status px_check_desired_status(px_engine_state *state, px_request *request, px_err *ret_err)
{
    response r = { .status = PX_DESIRED_DELIVERED, .version = request->version };
    const px_layout *layout;
    const px_model *model;
    const px_twin *twin;

    PX_TRY(px_state_find_twin(state, request, &twin, &model, ret_err));
    PX_TRY(px_state_check_own(state, twin, model, ret_err));
    layout = px_model_layout(model);
    if (request->json || request->version == 0)
        PX_TRY(read_response(request->json, &r, ret_err));
    PX_TRY(check_names(&r, layout, ret_err));
    if (r.version > px_twin_desired_version(twin))
        return px_fail_id(ret_err, PX_INVALID, "desired.version",
                          "nothing was ever wished of twin '%.*s' with $version %llu; the newest "
                          "is %llu",
                          PX_FMT(request->id), (unsigned long long)r.version,
                          (unsigned long long)px_twin_desired_version(twin));
    request->result.number = px_twin_number(twin);
    for (uint32_t i = px_twin_slot_from(twin, PX_DESIRED); i < px_twin_slot_count(twin); i++) {
        px_slot slot = px_twin_slot_at(twin, i);
        px_str path = px_layout_field(layout, slot.key & ~PX_DESIRED)->path;
        px_desired desired;
        px_status status;

        if (!is_meant(&r, path))
            continue;
        status = px_desired_get_own(state->documents, request->principal.tenant, request->id, path,
                                    &state->arena, &desired, ret_err);
        if (status == PX_OK && desired.version <= r.version)
            status = px_desired_settle(state, request, &desired, r.status, r.reason, ret_err);
        if (status != PX_OK && status != PX_NOT_FOUND)
            return status;
    }
    return PX_OK;
}
