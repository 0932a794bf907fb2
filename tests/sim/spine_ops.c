/* SPDX-License-Identifier: Apache-2.0 */
#include "spine_ops.h"

#include <stdio.h>

#include "base/json.h"

enum { TWINS = 6, DEVICES = 3 };

enum {
    PUT,
    PATCH,
    REPORT,
    DELETE,
    RELATE,
    UNRELATE,
    DESIRE,
    DOCUMENT,
    UNDOCUMENT,
    COMMAND,
    MODEL,
    KINDS
};

static const char model[] =
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:sim:Unit;1\",\"@type\":\"Interface\","
    "\"contents\":["
    "{\"@type\":\"Property\",\"name\":\"rate\",\"schema\":\"double\"},"
    "{\"@type\":\"Property\",\"name\":\"note\",\"schema\":\"string\"},"
    "{\"@type\":\"Property\",\"name\":\"run\",\"schema\":\"integer\",\"writable\":true},"
    "{\"@type\":\"Relationship\",\"name\":\"feeds\"},"
    "{\"@type\":\"Command\",\"name\":\"stop\"}]}";

const char *spine_op_name(const spine_op *op)
{
    static const char *const names[] = { "put",        "patch",    "report", "delete",
                                         "relate",     "unrelate", "desire", "document",
                                         "undocument", "command",  "model" };

    return names[op->kind];
}

void spine_setup(px_world *world)
{
    px_result result = px_world_model(world, model);

    CHECK_OK(result.status, &result.err);
}

static void write_text(spine_op *op)
{
    long long value = (long long)op->value;

    switch (op->kind) {
    case PUT:
        snprintf(op->text, sizeof(op->text),
                 "{\"$metadata\":{\"$model\":\"dtmi:sim:Unit;1\"},\"rate\":%lld.5}", value);
        break;
    case PATCH:
        snprintf(op->text, sizeof(op->text),
                 "[{\"op\":\"add\",\"path\":\"/note\",\"value\":\"note %lld\"},"
                 "{\"op\":\"%s\",\"path\":\"/rate\"%s%lld%s}]",
                 value, value % 3 ? "add" : "remove",
                 value % 3 ? ",\"value\":" : ",\"was\":", value, "");
        break;
    case RELATE:
        snprintf(op->text, sizeof(op->text),
                 "{\"$relationshipName\":\"feeds\",\"$targetId\":\"%s\"}", op->other_id);
        break;
    case DESIRE:
        snprintf(op->text, sizeof(op->text), "{\"run\":%lld}", value);
        break;
    case MODEL:
        snprintf(op->text, sizeof(op->text),
                 "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:sim:Extra;%lld\","
                 "\"@type\":\"Interface\",\"extends\":\"dtmi:sim:Unit;1\"}",
                 value % 9 + 1);
        break;
    default:
        break;
    }
}

void spine_op_make(px_gen *gen, uint64_t step, spine_op *ret_op)
{
    /* reports are what most servers get most */
    unsigned kind = (unsigned)px_gen_below(gen, KINDS + 8);

    *ret_op = (spine_op){ .kind = kind >= KINDS ? REPORT : kind };
    ret_op->twin = (unsigned)px_gen_below(gen, TWINS);
    ret_op->other = (unsigned)px_gen_below(gen, TWINS);
    ret_op->value = (int64_t)step;
    /* forwards mostly, sometimes late, sometimes far ahead */
    ret_op->time = (px_time)(1000 + step - px_gen_below(gen, 3)) * PX_SECOND;
    if (px_gen_below(gen, 20) == 0)
        ret_op->time = INT64_C(4000000000) * PX_SECOND;
    snprintf(ret_op->id, sizeof(ret_op->id), "t%u", ret_op->twin);
    snprintf(ret_op->other_id, sizeof(ret_op->other_id), "t%u", ret_op->other);
    snprintf(ret_op->name, sizeof(ret_op->name), "%s%u", ret_op->kind == COMMAND ? "c" : "d",
             (unsigned)(ret_op->kind == COMMAND ? step : step % DEVICES));
    write_text(ret_op);
}

static void make_report(px_world *world, const spine_op *op, px_arena *arena, px_request *request)
{
    px_sample *sample = PX_ARENA_NEW(arena, px_sample);
    px_field_value *fields = PX_ARENA_ARRAY(arena, px_field_value, 2);
    uint32_t twin_no;

    CHECK(sample && fields);
    request->kind = PX_REQUEST_DEVICE_MESSAGE;
    if (px_graph_lookup(px_engine_graph(world->engine), 1, request->id, &twin_no,
                        &request->model_no) != PX_OK)
        request->model_no = 1;
    fields[0] = (px_field_value){ .field = 0,
                                  .source_time = PX_TIME_NONE,
                                  .value = px_value_num((px_num){ op->value, -2, false }) };
    fields[1] = (px_field_value){ .field = 1,
                                  .source_time = PX_TIME_NONE,
                                  .value = px_value_text(px_str_c(op->name)) };
    *sample = (px_sample){ op->time, fields, 2 };
    request->samples = sample;
    request->sample_count = 1;
}

static void make_document(const spine_op *op, px_arena *arena, px_request *request)
{
    px_document_write *write = PX_ARENA_NEW(arena, px_document_write);

    CHECK(write != NULL);
    request->kind = PX_REQUEST_DOCUMENTS;
    *write = (px_document_write){ .kind = PX_STR("device"), .id = px_str_c(op->name) };
    if (op->kind == DOCUMENT)
        write->body = PX_STR("{\"twins\":[]}");
    request->documents = write;
    request->document_count = 1;
    request->id = (px_str){ 0 };
}

void spine_op_request(px_world *world, const spine_op *op, px_arena *arena, px_request *ret_request)
{
    static const px_request_kind kinds[KINDS] = {
        [PUT] = PX_REQUEST_TWIN_PUT,
        [PATCH] = PX_REQUEST_TWIN_PATCH,
        [DELETE] = PX_REQUEST_TWIN_DELETE,
        [RELATE] = PX_REQUEST_RELATIONSHIP_PUT,
        [UNRELATE] = PX_REQUEST_RELATIONSHIP_DELETE,
        [DESIRE] = PX_REQUEST_DESIRED_PATCH,
        [COMMAND] = PX_REQUEST_COMMAND,
        [MODEL] = PX_REQUEST_MODELS_PUT,
    };
    px_request request = { .kind = kinds[op->kind],
                           .principal = world->admin,
                           .id = px_str_c(op->id),
                           .relationship_id = px_str_c(op->other_id),
                           .name = PX_STR("stop"),
                           .command_id = px_str_c(op->name),
                           .text = px_str_c(op->text),
                           .source_time = PX_TIME_NONE,
                           .deadline = INT64_C(5000000000) * PX_SECOND };
    px_json *json;
    px_err err;

    if (op->kind == REPORT)
        make_report(world, op, arena, &request);
    if (op->kind == DOCUMENT || op->kind == UNDOCUMENT)
        make_document(op, arena, &request);
    if (op->text[0] && op->kind != MODEL) {
        CHECK_OK(px_json_parse(px_str_c(op->text), NULL, arena, &json, &err), &err);
        request.json = json;
    }
    *ret_request = request;
}
