/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values by HTTP: a body of lines, each of which counts or is refused by itself.
 *
 *     JSON      {"twin":"press-7","temperature":21.4,"$ts":"2026-…Z"}, an array of such objects, or
 *               lines of them (application/x-ndjson)
 *     lines     press,twin=press-7 temperature=21.4 1793534400000000000   (Influx line protocol)
 *     ?binding= any payload, as that binding understands it
 *
 * A line of the protocol whose measurement is the name of a binding for HTTP goes through that one.
 * Every line becomes one request to the engine; the answer is made when the last of them came back.
 */
#include "api/gunzip.h"
#include "api/ingest.h"
#include "api/workers.h"
#include "sync/line_protocol.h"

px_handler px_v1_ingest;

px_status px_ingest_init(px_api *api, px_err *ret_err)
{
    static const char json[] = "{\"source\":{\"http\":true},\"twin\":\"{/twin}\",\"rest\":\"\","
                               "\"time\":{\"from\":\"/$ts\"}}";
    static const char lines[] =
        "{\"source\":{\"http\":true},\"format\":\"line\",\"twin\":"
        "\"{/tags/twin}\",\"rest\":\"/fields\",\"time\":{\"from\":\"/time\"}}";

    PX_TRY(px_binding_new(PX_STR(""), px_str_c(json), &api->ingest_json, ret_err));
    return px_binding_new(PX_STR(""), px_str_c(lines), &api->ingest_line, ret_err);
}

void px_ingest_release(px_api *api)
{
    px_binding_free(api->ingest_json);
    px_binding_free(api->ingest_line);
}

/* ---- the engine's answers ---- */

static void keep_rejects(const px_ingest_line *l)
{
    const px_ingest *in = l->in;
    px_bind_desk desk = { in->call->api->opts.engine, l->binding, &in->call->principal };
    px_bind_input input = { .topic = in->topic, .payload = l->text };
    px_bind_miss whole = px_bind_miss_of(&l->err);
    px_binding_stats stats = { .messages = 1,
                               .values = l->status == PX_OK ? l->bound.values : 0,
                               .missed = l->bound.missed,
                               .refused = l->status != PX_OK };

    if (l->status != PX_OK)
        px_bind_desk_reject(&desk, in->call->api->opts.rejects, in->time, &input, &whole);
    for (size_t i = 0; i < l->bound.miss_count; i++)
        px_bind_desk_reject(&desk, in->call->api->opts.rejects, in->time, &input,
                            &l->bound.misses[i]);
    px_bindings_count(l->binding, &stats);
}

static void line_done(px_request *request)
{
    px_ingest_line *l = request->data;
    px_ingest *in = l->in;

    l->status = request->result.status;
    if (l->status != PX_OK)
        l->err = request->result.err;
    keep_rejects(l);
    if (atomic_fetch_sub(&in->left, 1) == 1)
        px_ingest_answer(in);
}

/* ---- mapping ---- */

/* The measurement of a line, up to its first comma or blank; one with escapes names no binding. */
static px_str measurement_of(px_str text)
{
    size_t len = 0;

    while (len < text.len && text.ptr[len] != ',' && text.ptr[len] != ' ')
        len++;
    return px_str_of(text.ptr, len);
}

static void choose_binding(px_ingest_line *l)
{
    px_ingest *in = l->in;
    px_api *api = in->call->api;

    l->binding = in->binding;
    if (l->binding != api->ingest_line || !api->opts.bindings)
        return;
    if (px_bindings_find(api->opts.bindings, in->call->principal.tenant, measurement_of(l->text),
                         &l->binding, NULL) != PX_OK) {
        l->binding = in->binding;
        return;
    }
    l->is_held = true;
    if (px_binding_takes_http(l->binding) && px_binding_is_enabled(l->binding) &&
        px_binding_format_of(l->binding) == PX_BINDING_LINE)
        return;
    px_bindings_let_go(l->binding);
    l->is_held = false;
    l->binding = in->binding;
}

#define EXAMPLE "{\"twin\":\"press-7\",\"temperature\":21.4}"

/* Nothing was taken of it and nothing missed: it is none of what a line is without a binding. */
static px_status refuse_empty(px_ingest_line *l, px_err *ret_err)
{
    const px_json *twin;
    px_json *json;

    PX_TRY(px_json_parse(l->text, NULL, &l->in->arena, &json, ret_err));
    if (json->type != PX_JSON_OBJECT)
        return px_fail_id(ret_err, PX_INVALID, "ingest.object",
                          "this is %s; a line is an object such as " EXAMPLE,
                          px_json_type_name(json->type));
    twin = px_json_get(json, PX_STR("twin"));
    if (!twin || twin->type == PX_JSON_NULL)
        return px_fail_id(ret_err, PX_INVALID, "ingest.twin",
                          "the line names no twin, and has no value: send " EXAMPLE);
    return px_fail_id(ret_err, PX_INVALID, "ingest.value",
                      "the line has a twin and no value for it: send its properties by their "
                      "names, " EXAMPLE);
}

/* It was looked for by a binding that nobody wrote: the sentence is about the line. */
static void name_twin(px_ingest_line *l)
{
    bool is_protocol = l->binding == l->in->call->api->ingest_line;
    px_err err;

    px_fail_id(&err, PX_INVALID, "ingest.twin", "the line names no twin; %s",
               is_protocol ? "give it a tag: press,twin=press-7 temperature=21.4"
                           : "say which: " EXAMPLE);
    for (size_t i = 0; i < l->bound.miss_count; i++) {
        px_bind_miss *miss = &l->bound.misses[i];

        if (strcmp(miss->id, "binding.template") != 0)
            continue;
        miss->id = err.id;
        px_err_copy(&err, miss->text, sizeof(miss->text));
    }
}

static px_status map_line(px_ingest_line *l, px_err *ret_err)
{
    px_ingest *in = l->in;
    px_bind_desk desk = { in->call->api->opts.engine, l->binding, &in->call->principal };
    px_bind_input input = { .topic = in->topic, .payload = l->text, .unit_ns = in->unit_ns };
    px_request *request = &l->request;

    PX_TRY(px_bind_desk_map(&desk, &input, &in->arena, &l->bound, ret_err));
    if (px_binding_name(l->binding).len == 0) {
        if (l->bound.values + l->bound.missed == 0)
            return refuse_empty(l, ret_err);
        name_twin(l);
    }
    px_bound_tell_nothing(&l->bound, NULL, PX_TIME_NONE);
    request->item_count = px_bind_desk_count(&l->bound);
    if (request->item_count == 0)
        return PX_OK;
    request->items = PX_ARENA_ARRAY(&in->arena, px_request, request->item_count);
    if (!request->items)
        return px_arena_fail(&in->arena, ret_err);
    PX_TRY(px_bind_desk_items(&desk, &l->bound, &in->arena, request->items, ret_err));
    request->kind = PX_REQUEST_MESSAGES;
    request->principal = in->call->principal;
    request->source_time = PX_TIME_NONE;
    request->bytes = sizeof(*l) + request->item_count * sizeof(*request->items) + l->text.len;
    request->done = line_done;
    request->data = l;
    return PX_OK;
}

/* What goes to the engine is chained; what does not is done already. */
static void map_lines(px_ingest *in, px_request **ret_first, px_request **ret_last)
{
    *ret_first = *ret_last = NULL;
    for (uint32_t i = 0; i < in->count; i++) {
        px_ingest_line *l = &in->lines[i];

        choose_binding(l);
        l->status = map_line(l, &l->err);
        if (l->status != PX_OK)
            l->bound = (px_bound){ 0 };
        if (l->status != PX_OK || l->request.item_count == 0) {
            keep_rejects(l);
            continue;
        }
        in->left++;
        if (*ret_last)
            (*ret_last)->next = &l->request;
        else
            *ret_first = &l->request;
        *ret_last = &l->request;
    }
}

/* ---- lines ---- */

static px_status add_line(px_ingest *in, px_str text, uint32_t number, px_err *ret_err)
{
    px_ingest_line *l = &in->lines[in->count];

    if (in->count == PX_INGEST_LINES_MAX)
        return px_fail_id(ret_err, PX_TOO_LARGE, "ingest.lines",
                          "one call takes at most %d lines; send the rest in another",
                          PX_INGEST_LINES_MAX);
    in->count++;
    *l = (px_ingest_line){ .in = in, .text = text, .number = number };
    return PX_OK;
}

static px_status cut_protocol(px_ingest *in, px_err *ret_err)
{
    px_lines lines = { .rest = in->body };
    px_str text;

    while (px_line_next(&lines, &text))
        PX_TRY(add_line(in, text, lines.number, ret_err));
    return PX_OK;
}

static px_status cut_lines(px_ingest *in, px_err *ret_err)
{
    px_str rest = in->body;

    for (uint32_t number = 1; rest.len; number++) {
        px_str text = px_str_trim(px_str_cut(&rest, '\n'));

        if (text.len)
            PX_TRY(add_line(in, text, number, ret_err));
    }
    return PX_OK;
}

/* Of an array each item is a line; anything else is one. What is no JSON at all is refused whole.
 */
static px_status cut_json(px_ingest *in, px_err *ret_err)
{
    px_json_opts opts = px_json_opts_door();
    px_json_type type;
    px_json_reader reader;
    uint32_t number = 0;
    px_str raw;

    opts.refuse_duplicates = false; /* each item is read again */
    px_json_reader_init(&reader, in->body, &opts, &in->arena);
    type = px_json_next(&reader);
    if (type != PX_JSON_ARRAY)
        return type == PX_JSON_BAD ? px_json_error(&reader, ret_err)
                                   : add_line(in, in->body, 1, ret_err);
    while ((type = px_json_next(&reader)) != PX_JSON_ARRAY_END) {
        if (type == PX_JSON_BAD || !px_json_skip(&reader, &raw))
            return px_json_error(&reader, ret_err);
        PX_TRY(add_line(in, raw, ++number, ret_err));
    }
    return px_json_next(&reader) == PX_JSON_DONE ? PX_OK : px_json_error(&reader, ret_err);
}

/* A stored binding takes the body as one message, but for lines, each of which is one. */
static px_status cut_body(px_ingest *in, px_err *ret_err)
{
    const px_api *api = in->call->api;

    in->lines = PX_ARENA_ARRAY(&in->arena, px_ingest_line, PX_INGEST_LINES_MAX);
    if (!in->lines)
        return px_arena_fail(&in->arena, ret_err);
    if (px_binding_format_of(in->binding) == PX_BINDING_LINE)
        return cut_protocol(in, ret_err);
    if (in->are_lines)
        return cut_lines(in, ret_err);
    if (in->binding == api->ingest_json)
        return cut_json(in, ret_err);
    return add_line(in, in->body, 1, ret_err);
}

/* ---- what the call says ---- */

static bool is_type(px_str type, const char *wanted)
{
    return px_str_eq(px_str_trim(px_str_cut(&type, ';')), px_str_c(wanted));
}

static px_status read_binding(px_ingest *in, px_err *ret_err)
{
    px_api_call *call = in->call;
    px_str name = px_api_param(call, "binding"), format = px_api_param(call, "format");
    px_str type = call->header(call, "Content-Type");
    bool protocol = format.ptr ? px_str_eq(format, PX_STR("line")) : is_type(type, "text/plain");

    in->are_lines = is_type(type, "application/x-ndjson");
    if (!name.ptr) {
        in->binding = protocol ? call->api->ingest_line : call->api->ingest_json;
        if (format.ptr && !protocol && !px_str_eq(format, PX_STR("json")))
            return px_fail_id(ret_err, PX_INVALID, "http.parameter",
                              "format is json or line; other forms come through a binding");
        return PX_OK;
    }
    if (!call->api->opts.bindings)
        return px_fail_id(ret_err, PX_NOT_FOUND, "binding.not_found", "there are no bindings here");
    PX_TRY(px_bindings_find(call->api->opts.bindings, call->principal.tenant, name, &in->binding,
                            ret_err));
    in->is_held = true;
    if (!px_binding_takes_http(in->binding) || !px_binding_is_enabled(in->binding))
        return px_fail_id(ret_err, PX_CONFLICT, "binding.source", "binding '%.*s' %s", PX_FMT(name),
                          px_binding_is_enabled(in->binding)
                              ? "takes nothing by HTTP; give it \"source\":{\"http\":true}"
                              : "is disabled");
    return PX_OK;
}

static px_status read_precision(px_ingest *in, px_err *ret_err)
{
    static const struct {
        const char *name;
        int64_t ns;
    } units[] = { { "ns", 1 }, { "us", 1000 }, { "ms", PX_MILLISECOND }, { "s", PX_SECOND } };
    px_str precision = px_api_param(in->call, "precision");

    in->unit_ns = 1;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (px_str_eq(precision, px_str_c(units[i].name))) {
            in->unit_ns = units[i].ns;
            return PX_OK;
        }
    return precision.ptr
               ? px_fail_id(ret_err, PX_INVALID, "http.parameter", "precision is ns, us, ms or s")
               : PX_OK;
}

static px_status read_body(px_ingest *in, px_err *ret_err)
{
    px_api_call *call = in->call;
    px_str encoding = call->header(call, "Content-Encoding");

    in->body = call->body;
    if (encoding.len == 0 || px_str_eq(encoding, PX_STR("identity")))
        return PX_OK;
    if (px_str_eq(encoding, PX_STR("gzip")))
        return px_gunzip(call->body, PX_INGEST_BYTES_MAX, &in->arena, &in->body, ret_err);
    return px_fail_id(ret_err, PX_INVALID, "http.encoding",
                      "the body says that it is encoded as '%.*s'; it is taken as gzip, or plain",
                      PX_FMT(px_str_head(encoding, 32)));
}

static void work(px_api_call *call)
{
    px_ingest *in = call->own;
    px_request *first, *last;
    px_err err = { 0 };
    px_status status = read_binding(in, &err);

    if (status == PX_OK)
        status = read_precision(in, &err);
    if (status == PX_OK)
        status = read_body(in, &err);
    if (status == PX_OK)
        status = cut_body(in, &err);
    if (status == PX_OK && in->count == 0)
        status = px_fail_id(&err, PX_INVALID, "ingest.empty", "the body holds no lines");
    if (status != PX_OK) {
        px_ingest_fail(in, status, &err);
        return;
    }
    map_lines(in, &first, &last);
    if (!first) {
        px_ingest_answer(in);
        return;
    }
    status = px_engine_submit(call->api->opts.engine, first, last);
    if (status == PX_OK)
        return; /* answered by then, perhaps */
    px_fail_id(&err, status, "engine.busy",
               "the server has too much to write already; send it again later");
    px_ingest_fail(in, status, &err);
}

void px_v1_ingest(px_api_call *call)
{
    px_ingest *in = PX_ARENA_NEW(&call->arena, px_ingest);
    px_err err;

    if (call->principal.role == PX_ROLE_READER) {
        px_fail_id(&err, PX_DENIED, "access.role", "a reader writes nothing");
        px_api_fail(call, PX_DENIED, &err);
        return;
    }
    if (!in) {
        px_api_fail(call, px_arena_fail(&call->arena, &err), &err);
        return;
    }
    in->call = call;
    in->time = call->api->env->now(call->api->env);
    in->topic = PX_STR("");
    px_arena_init(&in->arena, PX_INGEST_MEMORY_BYTES_MAX);
    call->own = in;
    px_workers_run_on(call->api->bulk_workers, call, work);
}
