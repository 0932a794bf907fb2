/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Twins and relationships go as one chain of requests, each refused or done by itself. Models of
 * one call are all or none, so a call that is refused is halved until the model to blame is alone.
 */
#include "api/load.h"

/* Documents of a chunk, and the text of its models once more. */
enum { ARENA_BYTES_MAX = 256 * 1024 * 1024 };

px_status px_load_init(px_load *load, px_engine *engine, const px_principal *principal,
                       px_err *ret_err)
{
    *load = (px_load){ .engine = engine, .principal = *principal };
    px_arena_init(&load->arena, ARENA_BYTES_MAX);
    px_await_init(&load->await);
    load->items = px_zalloc(PX_BULK_LINES_MAX, sizeof(*load->items));
    return load->items ? PX_OK : px_no_memory(ret_err);
}

void px_load_release(px_load *load)
{
    px_free(load->items);
    px_arena_release(&load->arena);
    px_await_release(&load->await);
}

void px_load_begin(px_load *load, px_bulk_section section)
{
    px_arena_reset(&load->arena);
    load->count = load->bytes = 0;
    load->section = section;
}

bool px_load_is_full(const px_load *load)
{
    return load->count == PX_BULK_LINES_MAX || load->bytes >= PX_BULK_CHUNK_BYTES_MAX;
}

static void fill(px_load *load, px_load_item *item, const px_bulk_thing *thing)
{
    px_request *r = &item->request;

    r->kind = load->section == PX_BULK_TWINS ? PX_REQUEST_TWIN_PUT : PX_REQUEST_RELATIONSHIP_PUT;
    r->id = thing->id;
    r->relationship_id = thing->relationship_id;
    r->json = thing->json;
    r->source_time = PX_TIME_NONE;
    r->bytes = sizeof(*item) + item->text.len;
}

px_status px_load_add(px_load *load, uint64_t number, px_str text, px_err *ret_err)
{
    px_load_item *item = &load->items[load->count];
    px_bulk_thing thing;
    px_result *result = &item->request.result;

    *item = (px_load_item){ .number = number, .text = px_arena_str(&load->arena, text) };
    if (!item->text.ptr)
        return px_arena_fail(&load->arena, ret_err);
    load->count++;
    load->bytes += text.len;
    result->status =
        px_bulk_thing_read(load->section, item->text, &load->arena, &thing, &result->err);
    item->is_bad = result->status != PX_OK;
    if (!item->is_bad)
        fill(load, item, &thing);
    return PX_OK;
}

/* ---- twins and relationships ---- */

static px_status run_chain(px_load *load, px_err *ret_err)
{
    px_request *first = NULL, **tail = &first, *last = NULL;
    size_t count = 0;

    for (size_t i = 0; i < load->count; i++) {
        px_request *r = &load->items[i].request;

        if (load->items[i].is_bad)
            continue;
        r->principal = load->principal;
        *tail = last = r;
        tail = &r->next;
        count++;
    }
    if (count)
        PX_TRY(px_await_all(&load->await, load->engine, first, last, count, ret_err));
    for (size_t i = 0; i < load->count; i++) {
        const px_result *result = &load->items[i].request.result;

        if (result->status == PX_OK || !px_await_may_retry(result->status))
            continue;
        if (ret_err)
            *ret_err = result->err;
        return result->status;
    }
    return PX_OK;
}

/* ---- models ---- */

/* The same JSON, however it is laid out. */
static bool is_same(px_load *load, px_str a, px_str b)
{
    px_buf texts[2] = { { 0 }, { 0 } };
    px_json *json;
    bool same = true;

    for (int i = 0; i < 2 && same; i++) {
        same = px_json_parse(i ? b : a, NULL, &load->arena, &json, NULL) == PX_OK;
        if (same)
            px_put_json_node(&texts[i], json);
    }
    same = same && texts[0].status == PX_OK && texts[1].status == PX_OK &&
           px_str_eq(px_buf_str(&texts[0]), px_buf_str(&texts[1]));
    px_buf_release(&texts[0]);
    px_buf_release(&texts[1]);
    return same;
}

/* Another run of the same file, or one that was cut off, finds its models there. */
static bool is_there(px_load *load, const px_load_item *item)
{
    px_model_info info;

    return px_registry_find(px_engine_registry(load->engine), load->principal.tenant,
                            item->request.id, &info) &&
           is_same(load, px_model_text(info.model), item->text);
}

static px_status put_models(px_load *load, size_t from, size_t to, px_err *ret_err)
{
    px_request request = { .kind = PX_REQUEST_MODELS_PUT,
                           .principal = load->principal,
                           .source_time = PX_TIME_NONE };
    px_result *result = &request.result;
    px_buf text = { 0 };
    size_t count = 0;
    px_status status;

    for (size_t i = from; i < to; i++) {
        if (load->items[i].is_bad || is_there(load, &load->items[i]))
            continue;
        px_put_char(&text, count++ ? ',' : '[');
        px_put(&text, load->items[i].text);
    }
    px_put_char(&text, ']');
    request.text = px_buf_str(&text);
    request.bytes = text.len;
    status = px_buf_status(&text, ret_err);
    if (status == PX_OK && count)
        status = px_await_one(&load->await, load->engine, &request, ret_err);
    px_buf_release(&text);
    if (status == PX_OK || count == 0 || px_await_may_retry(status))
        return status;
    if (to - from == 1) {
        load->items[from].request.result = *result;
        return PX_OK;
    }
    PX_TRY(put_models(load, from, from + (to - from) / 2, ret_err)); /* as deep as log2 of them */
    return put_models(load, from + (to - from) / 2, to, ret_err);
}

px_status px_load_run(px_load *load, px_err *ret_err)
{
    if (load->section != PX_BULK_MODELS)
        return run_chain(load, ret_err);
    for (size_t from = 0; from < load->count; from += PX_MODELS_PER_CALL_MAX) {
        size_t to = from + PX_MODELS_PER_CALL_MAX;

        PX_TRY(put_models(load, from, to < load->count ? to : load->count, ret_err));
    }
    return PX_OK;
}

const px_err *px_load_refused(const px_load *load, size_t index)
{
    const px_result *result = &load->items[index].request.result;

    return result->status == PX_OK ? NULL : &result->err;
}
