/* SPDX-License-Identifier: Apache-2.0 */
#include "spine_ops.h"

#include <stdio.h>

#include "base/json.h"

enum { TWINS = 5, DEVICES = 3, COMMANDS = 4, EXTRA_MODELS = 5, KEPT_MODELS = 2, BACKLOG_MAX = 400 };

/* Other has the fields of Unit at other numbers, and one fewer: what moves between them is seen. */
static const char *const models[] = {
    "{\"@context\":[\"dtmi:dtdl:context;3\",\"dtmi:pollux:extension:commands;1\"],"
    "\"@id\":\"dtmi:sim:Unit;1\",\"@type\":\"Interface\","
    "\"contents\":["
    "{\"@type\":\"Property\",\"name\":\"rate\",\"schema\":\"double\"},"
    "{\"@type\":\"Property\",\"name\":\"note\",\"schema\":\"string\"},"
    "{\"@type\":\"Property\",\"name\":\"run\",\"schema\":\"integer\",\"writable\":true},"
    "{\"@type\":\"Telemetry\",\"name\":\"heat\",\"schema\":\"double\"},"
    "{\"@type\":\"Relationship\",\"name\":\"feeds\",\"properties\":["
    "{\"@type\":\"Property\",\"name\":\"gain\",\"schema\":\"double\"}]},"
    "{\"@type\":[\"Command\",\"Guarded\"],\"name\":\"stop\",\"guards\":["
    "{\"expression\":\"NOT ENDSWITH(note, '7')\",\"every\":\"feeds\"}]}]}",
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:sim:Other;1\",\"@type\":\"Interface\","
    "\"contents\":["
    "{\"@type\":\"Telemetry\",\"name\":\"heat\",\"schema\":\"double\"},"
    "{\"@type\":\"Property\",\"name\":\"note\",\"schema\":\"string\"},"
    "{\"@type\":\"Property\",\"name\":\"rate\",\"schema\":\"double\"},"
    "{\"@type\":\"Relationship\",\"name\":\"feeds\"},"
    "{\"@type\":\"Command\",\"name\":\"stop\"}]}",
};

static const struct {
    const char *name;
    px_request_kind request;
    unsigned weight;
} kinds[SPINE_KINDS] = {
#define X(kind, request, weight) { #kind, PX_REQUEST_##request, weight },
    SPINE_OP_MAP(X)
#undef X
};

const char *spine_op_name(const spine_op *op)
{
    return kinds[op->kind].name;
}

px_principal spine_principal(const px_world *world, uint32_t tenant)
{
    px_principal principal = world->admin;

    principal.tenant = tenant;
    principal.operates_tenants = tenant == PX_FIRST_TENANT;
    return principal;
}

void spine_setup(px_world *world)
{
    for (uint32_t tenant = 1; tenant <= SPINE_TENANTS; tenant++) {
        for (size_t i = 0; i < sizeof(models) / sizeof(*models); i++) {
            px_request request = { .kind = PX_REQUEST_MODELS_PUT,
                                   .principal = spine_principal(world, tenant),
                                   .text = px_str_c(models[i]) };
            px_result result = px_world_do(world, &request);

            CHECK_OK(result.status, &result.err);
        }
        spine_ask_for_indexes(world, tenant);
    }
}

/* ---- what a request says ---- */

static void write_twin(spine_op *op, long long value)
{
    static const struct {
        const char *model, *before, *after;
    } forms[] = {
        { "Unit", "\"rate\":", ".5" },
        { "Unit", "\"note\":\"made ", "\"" },
        { "Unit", "\"rate\":0.50,\"run\":", "" },
        { "Other", "\"rate\":", "" },
    };
    size_t i = op->step % (sizeof(forms) / sizeof(*forms));

    snprintf(op->text, sizeof(op->text), "{\"$metadata\":{\"$model\":\"dtmi:sim:%s;1\"},%s%lld%s}",
             forms[i].model, forms[i].before, value, forms[i].after);
}

static void write_patch(spine_op *op, long long value)
{
    snprintf(op->text, sizeof(op->text),
             "[{\"op\":\"add\",\"path\":\"/note\",\"value\":\"note %lld\"},"
             "{\"op\":\"%s\",\"path\":\"/rate\"%s%lld}]",
             value, value % 3 ? "add" : "remove", value % 3 ? ",\"value\":" : ",\"was\":", value);
}

static void write_migration(spine_op *op, long long value)
{
    snprintf(op->text, sizeof(op->text),
             "[{\"op\":\"replace\",\"path\":\"/$metadata/$model\",\"value\":\"dtmi:sim:%s;1\"}%s]",
             op->flag ? "Unit" : "Other",
             value % 3 ? "" : ",{\"op\":\"remove\",\"path\":\"/run\"}");
}

static void write_text(spine_op *op)
{
    long long value = (long long)op->step;

    switch (op->kind) {
    case SPINE_PUT:
    case SPINE_CHANGES:
        write_twin(op, value);
        break;
    case SPINE_PATCH:
        write_patch(op, value);
        break;
    case SPINE_MIGRATE:
        write_migration(op, value);
        break;
    case SPINE_RELATE:
        snprintf(op->text, sizeof(op->text),
                 "{\"$relationshipName\":\"feeds\",\"$targetId\":\"%s\"}", op->other_id);
        break;
    case SPINE_RETUNE:
        snprintf(op->text, sizeof(op->text), "[{\"op\":\"add\",\"path\":\"/gain\",\"value\":%lld}]",
                 value);
        break;
    case SPINE_DESIRE:
        snprintf(op->text, sizeof(op->text), op->flag ? "{\"run\":%lld}" : "{\"run\":null}", value);
        break;
    case SPINE_TELL:
        snprintf(op->text, sizeof(op->text), "{\"heat\":%lld.25,\"stray\":true}", value);
        break;
    case SPINE_DOCUMENT:
        snprintf(op->text, sizeof(op->text), "{\"twins\":[],\"n\":%lld}", value);
        break;
    case SPINE_MODEL:
        snprintf(op->text, sizeof(op->text),
                 "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"%s\","
                 "\"@type\":\"Interface\",\"extends\":\"dtmi:sim:Unit;1\"}",
                 op->id);
        break;
    default:
        break;
    }
}

static void write_names(px_gen *gen, spine_op *op)
{
    unsigned twin = (unsigned)px_gen_below(gen, TWINS), other = (unsigned)px_gen_below(gen, TWINS);
    unsigned model = (unsigned)px_gen_below(gen, EXTRA_MODELS) + 1;

    /* those that twins may have are not deleted: what is left of their names is history's affair */
    if (op->kind == SPINE_UNMODEL && model <= KEPT_MODELS)
        model += KEPT_MODELS;

    snprintf(op->id, sizeof(op->id), "t%u", twin);
    snprintf(op->other_id, sizeof(op->other_id), "t%u", other);
    if (op->kind == SPINE_MODEL || op->kind == SPINE_UNMODEL || op->kind == SPINE_CLOSE)
        snprintf(op->id, sizeof(op->id), "dtmi:sim:Extra;%u", model);
    if (op->kind == SPINE_CLOSE && px_gen_below(gen, 3) == 0)
        snprintf(op->id, sizeof(op->id), "dtmi:sim:%s;1", model % 2 ? "Unit" : "Other");
    if (op->kind == SPINE_TENANT)
        snprintf(op->id, sizeof(op->id), "tenant%u", model);
    if (op->kind == SPINE_COMMAND || op->kind == SPINE_DELIVER || op->kind == SPINE_RESPOND)
        snprintf(op->name, sizeof(op->name), "c%u", (unsigned)px_gen_below(gen, COMMANDS));
    else
        snprintf(op->name, sizeof(op->name), "d%u", (unsigned)px_gen_below(gen, DEVICES));
}

static spine_kind choose_kind(px_gen *gen)
{
    unsigned sum = 0, at;

    for (int kind = 0; kind < SPINE_KINDS; kind++)
        sum += kinds[kind].weight;
    at = (unsigned)px_gen_below(gen, sum);
    for (int kind = 0; kind < SPINE_KINDS; kind++) {
        if (at < kinds[kind].weight)
            return (spine_kind)kind;
        at -= kinds[kind].weight;
    }
    return SPINE_REPORT;
}

void spine_op_make(px_gen *gen, uint64_t step, px_world *world, px_time now, spine_op *ret_op)
{
    spine_op op = { .kind = choose_kind(gen), .step = step, .samples = 1 };

    op.tenant = 1 + (uint32_t)px_gen_below(gen, SPINE_TENANTS);
    op.flag = px_gen_below(gen, 2);
    op.is_tracked = px_gen_below(gen, 2);
    write_names(gen, &op);
    if (op.kind == SPINE_BACKLOG)
        op.samples = px_gen_below(gen, BACKLOG_MAX) + 2;
    /* forwards mostly, sometimes late, sometimes far ahead or none */
    op.time = (px_time)(1000 + step - px_gen_below(gen, 3)) * PX_SECOND;
    if (px_gen_below(gen, 20) == 0)
        op.time = INT64_C(4000000000) * PX_SECOND;
    if (px_gen_below(gen, 20) == 0)
        op.time = PX_TIME_NONE;
    op.deadline = px_gen_below(gen, 10) == 0
                      ? INT64_C(5000000000) * PX_SECOND
                      : now + (px_time)(px_gen_below(gen, 20000) + 1) * PX_MILLISECOND;
    if (px_graph_lookup(px_engine_graph(world->engine), op.tenant, px_str_c(op.id), &op.twin_no,
                        &op.model_no) != PX_OK)
        op.model_no = 1;
    write_text(&op);
    *ret_op = op;
}

void spine_op_key(px_gen *gen, spine_op sent[SPINE_KEYS], spine_op *op)
{
    uint64_t key = px_gen_below(gen, SPINE_KEYS);

    px_time deadline = op->deadline; /* which a door takes from its clock */

    if (px_gen_below(gen, 8) == 0 && sent[key].key[0])
        *op = sent[key];
    op->deadline = deadline;
    if (op->key[0] || px_gen_below(gen, 5) != 0)
        return;
    snprintf(op->key, sizeof(op->key), "k%u", (unsigned)key);
    sent[key] = *op;
}

/* ---- requests ---- */

static px_status tell(px_request *request, px_answer *ret_answer, px_err *ret_err)
{
    (void)ret_err;
    *ret_answer = (px_answer){ .status = 200, .body = PX_STR("{\"done\":true}") };
    if (request->kind == PX_REQUEST_COMMAND)
        ret_answer->waits = request->command_id;
    return PX_OK;
}

/* The step at which it was made tells it from all others. */
static const px_once *once_of(const spine_op *op, px_arena *arena)
{
    px_once *once = PX_ARENA_NEW(arena, px_once);
    char print[24];

    CHECK(once != NULL);
    snprintf(print, sizeof(print), "step %llu", (unsigned long long)op->step);
    *once = (px_once){ .id = px_str_c(op->key),
                       .print = px_arena_str(arena, px_str_c(print)),
                       .answer = tell };
    CHECK(once->print.ptr != NULL);
    return once;
}

static void set_field(const px_world *world, const spine_op *op, const char *path, px_value value,
                      px_field_value *ret_field)
{
    const px_model *model = px_registry_model(px_engine_registry(world->engine), op->model_no);
    const px_field *field = px_layout_find_path(px_model_layout(model), px_str_c(path));

    CHECK(field != NULL);
    *ret_field =
        (px_field_value){ .field = field->index, .source_time = PX_TIME_NONE, .value = value };
}

/* A backlog goes back in time from the newest sample, a step of 10 ms each. */
static void make_report(px_world *world, const spine_op *op, px_arena *arena, px_request *request)
{
    px_sample *samples = PX_ARENA_ARRAY(arena, px_sample, op->samples);
    px_field_value *fields = PX_ARENA_ARRAY(arena, px_field_value, op->samples * 2);

    CHECK(samples && fields);
    for (size_t i = 0; i < op->samples; i++) {
        px_num num = { (int64_t)(op->step * 1000 + i), -2, false };
        px_field_value *at = fields + 2 * i;

        set_field(world, op, op->flag ? "rate" : "heat", px_value_num(num), at);
        set_field(world, op, "note", px_value_text(px_str_c(op->name)), at + 1);
        samples[i] = (px_sample){ op->time, at, 2 };
        if (op->time != PX_TIME_NONE)
            samples[i].source_time -= (px_time)i * 10 * PX_MILLISECOND;
    }
    request->model_no = op->model_no;
    request->samples = samples;
    request->sample_count = op->samples;
}

/* Of one twin, all of it and a field, and of one that is never there. */
static void make_end(px_arena *arena, px_request *request)
{
    px_source_end *ends = PX_ARENA_ARRAY(arena, px_source_end, 3);
    px_field_value *field = PX_ARENA_NEW(arena, px_field_value);

    CHECK(ends && field);
    ends[0] = (px_source_end){ .twin = request->id };
    ends[1] = (px_source_end){ .twin = PX_STR("nobody") };
    request->ends = ends;
    ends[2] =
        (px_source_end){ .twin = request->id, .model_no = 1, .fields = field, .field_count = 1 };
    request->end_count = 3;
}

/* As the room freshness would say it: of a twin that may be gone by now, or another's. */
static void make_judgement(const spine_op *op, px_arena *arena, px_request *request)
{
    px_freshness_write *write = PX_ARENA_NEW(arena, px_freshness_write);
    px_field_value *field = PX_ARENA_NEW(arena, px_field_value);

    CHECK(write && field);
    *field = (px_field_value){ .source_time = op->time,
                               .value = px_value_num((px_num){ .mantissa = 2 }) };
    *write = (px_freshness_write){ .twin_no = op->twin_no,
                                   .model_no = op->model_no,
                                   .state = (px_freshness)(op->step % PX_FRESHNESS_COUNT),
                                   .since = (px_time)op->step * PX_SECOND,
                                   .is_gone = op->step % 7 == 0,
                                   .fields = field,
                                   .field_count = op->flag,
                                   .cause = PX_STR("age") };
    request->freshness = write;
    request->freshness_count = 1;
    request->id = (px_str){ 0 };
}

static void make_document(const spine_op *op, px_arena *arena, px_request *request)
{
    px_document_write *write = PX_ARENA_NEW(arena, px_document_write);

    CHECK(write != NULL);
    *write = (px_document_write){ .kind = PX_STR("device"), .id = px_str_c(op->name) };
    if (op->kind == SPINE_DOCUMENT)
        write->body = px_str_c(op->text);
    request->documents = write;
    request->document_count = 1;
    request->id = (px_str){ 0 };
}

static const px_json *json_of(px_arena *arena, const char *before, const char *id,
                              const char *after)
{
    px_json *json;
    char text[160];
    px_str copy;
    px_err err;

    snprintf(text, sizeof(text), "%s%s%s", before, id, after);
    copy = px_arena_str(arena, px_str_c(text));
    CHECK_OK(px_json_parse(copy, NULL, arena, &json, &err), &err);
    return json;
}

/* A twin, what relates it to another, and a note at that one: refused at the second when it is the
 * same twin or there is none, with the first folded already. */
static void make_changes(const spine_op *op, px_arena *arena, px_request *request)
{
    enum { CHANGES = 3 };
    static const px_request_kind does[CHANGES] = { PX_REQUEST_TWIN_PUT, PX_REQUEST_RELATIONSHIP_PUT,
                                                   PX_REQUEST_TWIN_PATCH };
    px_request *items = PX_ARENA_ARRAY(arena, px_request, CHANGES);

    CHECK(items != NULL);
    for (int i = 0; i < CHANGES; i++)
        items[i] = (px_request){ .kind = does[i],
                                 .id = px_str_c(op->id),
                                 .relationship_id = px_str_c(op->other_id),
                                 .place = PX_STR("/changes"),
                                 .source_time = PX_TIME_NONE };
    items[0].json = request->json;
    items[1].json =
        json_of(arena, "{\"$relationshipName\":\"feeds\",\"$targetId\":\"", op->other_id, "\"}");
    items[2].id = px_str_c(op->other_id);
    items[2].json =
        json_of(arena, "[{\"op\":\"add\",\"path\":\"/note\",\"value\":\"with ", op->id, "\"}]");
    request->items = items;
    request->item_count = CHANGES;
    request->flag = false; /* a dry run changes nothing that could be compared */
}

/* Some wait for a device, some are sent again, of some nobody asks whether they are delivered. */
static px_command_terms terms_of(const spine_op *op)
{
    uint32_t step = (uint32_t)op->step;

    if (!op->is_tracked)
        return (px_command_terms){ 0 };
    return (px_command_terms){ .timeout_s = 1 + step % 4,
                               .expiry_s = step % 3 ? 6 : 0,
                               .attempts = step % 5,
                               .interval_s = step % 2 };
}

void spine_op_request(px_world *world, const spine_op *op, px_arena *arena, px_request *ret_request)
{
    px_request request = { .kind = kinds[op->kind].request,
                           .principal = spine_principal(world, op->tenant),
                           .id = px_str_c(op->id),
                           .relationship_id = px_str_c(op->other_id),
                           .name = PX_STR("stop"),
                           .command_id = px_str_c(op->name),
                           .text = px_str_c(op->text),
                           .source_time = op->time,
                           .flag = op->flag,
                           .code = op->flag ? PX_COMMAND_APPLIED : PX_COMMAND_REJECTED,
                           .deadline = op->deadline };
    px_json *json;
    px_err err;

    if (request.kind == PX_REQUEST_COMMAND) {
        request.flag = false; /* a dry run changes nothing that could be compared */
        request.terms = terms_of(op);
    }
    if (request.kind == PX_REQUEST_DEVICE_MESSAGE)
        make_report(world, op, arena, &request);
    if (request.kind == PX_REQUEST_FRESHNESS)
        make_judgement(op, arena, &request);
    if (request.kind == PX_REQUEST_SOURCES_ENDED)
        make_end(arena, &request);
    if (request.kind == PX_REQUEST_DOCUMENTS)
        make_document(op, arena, &request);
    if (op->text[0] && request.kind != PX_REQUEST_MODELS_PUT) {
        CHECK_OK(px_json_parse(px_str_c(op->text), NULL, arena, &json, &err), &err);
        request.json = json;
    }
    if (op->key[0])
        request.once = once_of(op, arena);
    if (request.kind == PX_REQUEST_CHANGES)
        make_changes(op, arena, &request);
    *ret_request = request;
}
