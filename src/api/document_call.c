/* SPDX-License-Identifier: Apache-2.0 */
#include "api/document_call.h"

px_documents *px_api_documents(px_api_call *call)
{
    return px_engine_documents(call->api->opts.engine);
}

static bool is_fine(px_api_call *call, px_status status, const px_err *err)
{
    if (status != PX_OK)
        px_api_fail(call, status, err);
    return status == PX_OK;
}

bool px_api_document(px_api_call *call, px_str kind, const px_api_missing *missing,
                     px_document *ret_document)
{
    px_err err;
    px_status status = px_documents_get(px_api_documents(call), call->principal.tenant, kind,
                                        call->args[0], &call->arena, ret_document, &err);

    if (status == PX_NOT_FOUND && missing)
        px_fail_id(&err, status, missing->id, "%s '%.*s'", missing->text, PX_FMT(call->args[0]));
    return is_fine(call, status, &err);
}

bool px_api_document_page(px_api_call *call, uint32_t tenant, px_str kind, size_t most,
                          uint32_t *cursor, px_document **ret_items, size_t *ret_count)
{
    px_document *items = PX_ARENA_ARRAY(&call->arena, px_document, most);
    px_status status;
    px_err err;

    *ret_items = items;
    *ret_count = 0;
    status = items ? px_documents_list(px_api_documents(call), tenant, kind, cursor, most,
                                       &call->arena, items, ret_count, &err)
                   : px_arena_fail(&call->arena, &err);
    return is_fine(call, status, &err);
}

bool px_api_document_list(px_api_call *call, uint32_t tenant, px_str kind, uint64_t usual,
                          uint64_t most, uint32_t *ret_cursor, px_document **ret_items,
                          size_t *ret_count)
{
    uint64_t limit, after;

    if (!px_api_param_number(call, "limit", usual, 1, most, &limit) ||
        !px_api_cursor_number(call, &after))
        return false;
    *ret_cursor = (uint32_t)after;
    return px_api_document_page(call, tenant, kind, (size_t)limit, ret_cursor, ret_items,
                                ret_count);
}

void px_api_document_items(px_api_call *call, px_action action, uint32_t tenant, px_str kind,
                           uint64_t usual, uint64_t most, px_api_put_document *put)
{
    px_json_writer w = px_json_writer_of(&call->out);
    px_document *items;
    uint32_t cursor;
    size_t count;

    if (!px_api_may(call, action) ||
        !px_api_document_list(call, tenant, kind, usual, most, &cursor, &items, &count))
        return;
    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("items"));
    px_json_begin_array(&w);
    for (size_t i = 0; i < count; i++)
        put(call, &w, &items[i]);
    px_json_end_array(&w);
    px_api_put_cursor_number(call, &w, cursor);
    px_json_end_object(&w);
    px_api_json(call, 200);
}

void px_api_document_answer(px_api_call *call, px_str kind, const px_api_missing *missing,
                            px_api_put_document *put)
{
    px_json_writer w = px_json_writer_of(&call->out);
    px_document document;

    if (!px_api_document(call, kind, missing, &document))
        return;
    put(call, &w, &document);
    px_api_etag(call, document.revision);
    px_api_json(call, 200);
}

/* The request; false: the call was answered. */
static bool make_write(px_api_call *call, px_str kind, px_str body, uint64_t compared_at)
{
    px_document_write *write = PX_ARENA_NEW(&call->arena, px_document_write);
    px_err err;

    if (!write) {
        px_api_fail(call, px_arena_fail(&call->arena, &err), &err);
        return false;
    }
    *write = (px_document_write){
        .kind = kind, .id = call->args[0], .body = body, .compared_at = compared_at
    };
    call->request.kind = PX_REQUEST_DOCUMENTS;
    call->request.documents = write;
    call->request.document_count = 1;
    return true;
}

void px_api_document_write(px_api_call *call, px_str kind, px_str body,
                           void (*then)(px_api_call *call))
{
    if (make_write(call, kind, body, 0))
        px_api_submit(call, then);
}

void px_api_document_write_compared(px_api_call *call, px_str kind, px_str body, uint64_t position,
                                    void (*then)(px_api_call *call))
{
    if (make_write(call, kind, body, position))
        px_api_submit_always(call, then);
}

static void is_gone(px_api_call *call)
{
    px_api_finish(call, 204);
}

void px_api_document_delete(px_api_call *call, px_str kind, const px_api_missing *missing,
                            void (*gone)(px_api_call *call))
{
    px_document document;

    if (px_api_may(call, PX_ACTION_WRITE_DOCUMENT) &&
        px_api_document(call, kind, missing, &document) && px_api_conditions(call, true, false))
        px_api_document_write(call, kind, (px_str){ 0 }, gone ? gone : is_gone);
}

px_str px_api_keep(px_api_call *call, px_buf *buf)
{
    px_str kept = buf->status == PX_OK ? px_arena_str(&call->arena, px_buf_str(buf)) : PX_STR("");

    px_buf_release(buf);
    return kept.ptr ? kept : PX_STR("");
}
