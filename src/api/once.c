/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The answer is rendered twice. The first time on the engine's thread before the commit, for being
 * kept: `call->drafting`, in which px_api_finish completes nothing and handlers leave out secrets.
 * The second time as always, for being sent.
 */
#include "api/once.h"

#include <sodium.h>
#include <stdatomic.h>

#include "api/inner.h"
#include "api/watch.h"
#include "sync/credential.h"

enum { DIGEST_BYTES = 16 };

static bool keeps_answers(const px_route *route)
{
    return strstr(route->params, "@Idempotency-Key") != NULL;
}

static bool is_safe(const px_route *route)
{
    return strcmp(route->method, "GET") == 0;
}

/* Each part with its length before it: no two lists of parts are the same bytes. */
static px_str digest(px_api_call *call, const px_str *parts, size_t count)
{
    unsigned char sum[DIGEST_BYTES];
    char text[2 * DIGEST_BYTES + 1];
    crypto_generichash_state state;

    crypto_generichash_init(&state, NULL, 0, sizeof(sum));
    for (size_t i = 0; i < count; i++) {
        uint64_t len = parts[i].len;

        crypto_generichash_update(&state, (const unsigned char *)&len, sizeof(len));
        crypto_generichash_update(&state, (const unsigned char *)parts[i].ptr, len);
    }
    crypto_generichash_final(&state, sum, sizeof(sum));
    sodium_bin2hex(text, sizeof(text), sum, sizeof(sum));
    return px_arena_str(&call->arena, px_str_c(text));
}

/* ---- keeping ---- */

void px_once_forget_draft(px_api_call *call)
{
    px_buf_clear(&call->out);
    call->header_count = call->once_headers;
    call->content_type = NULL;
}

static uint64_t etag_of(const px_api_call *call)
{
    uint64_t revision = 0;

    for (size_t i = 0; i < call->header_count; i++)
        if (strcmp(call->headers[i].name, "ETag") == 0)
            px_etag_parse(call->headers[i].value, &revision);
    return revision;
}

static px_status draft(px_request *request, px_answer *ret_answer, px_err *ret_err)
{
    px_api_call *call = request->data;

    px_once_forget_draft(call); /* of a batch that was dropped */
    call->once_waits = (px_str){ 0 };
    call->drafting = true;
    call->then(call);
    call->drafting = false;
    if (call->out.status != PX_OK)
        return px_buf_status(&call->out, ret_err);
    if (call->once_waits.len == 0 && call->status >= 400) /* what it needed found no room */
        return px_no_memory(ret_err);
    *ret_answer = (px_answer){ .status = (uint32_t)call->status,
                               .revision = etag_of(call),
                               .body = px_buf_str(&call->out),
                               .waits = call->once_waits };
    return PX_OK;
}

const px_once *px_once_of(px_api_call *call)
{
    return call->once.id.len ? &call->once : NULL;
}

void px_once_end(px_api_call *call)
{
    call->once = (px_once){ 0 };
}

/* ---- telling again ---- */

static void tell(px_api_call *call, const px_answer *answer)
{
    atomic_fetch_add_explicit(&call->api->replayed, 1, memory_order_relaxed);
    px_api_header(call, "Idempotency-Replayed", PX_STR("true"));
    if (answer->waits.len) {
        px_watch_command(call->api->watch, call, answer->waits);
        return;
    }
    if (answer->revision)
        px_api_etag(call, answer->revision);
    px_put(&call->out, answer->body);
    if (answer->body.len)
        px_api_json(call, (int)answer->status);
    else
        px_api_finish(call, (int)answer->status);
}

/* What is published under the key. PX_NOT_FOUND: nothing that counts. */
static px_status find(px_api_call *call, px_answer *ret_answer, px_err *ret_err)
{
    px_documents *documents = px_engine_documents(call->api->opts.engine);
    px_kept_answer kept;
    px_document document;

    PX_TRY(px_documents_get(documents, call->principal.tenant, PX_STR("answer"), call->once.id,
                            &call->arena, &document, ret_err));
    if (!px_answer_counts(&document, px_engine_now(call->api->opts.engine)))
        return PX_NOT_FOUND;
    PX_TRY(px_answer_read(document.body, &call->arena, &kept, ret_err));
    PX_TRY(px_answer_is_of(&kept, &call->once, ret_err));
    *ret_answer = kept.answer;
    return PX_OK;
}

/* A response that came behind the request in the same batch is published by now; one that did not
 * comes with a later batch, and is heard of. */
void px_once_replay(px_api_call *call)
{
    px_kept_answer kept;
    px_answer later;
    px_err err;
    px_status status = px_answer_read(call->request.result.kept, &call->arena, &kept, &err);

    if (status == PX_OK && kept.answer.waits.len && find(call, &later, NULL) == PX_OK)
        kept.answer = later;
    if (status == PX_OK)
        tell(call, &kept.answer);
    else
        px_api_fail(call, status, &err);
}

bool px_once_was_done(px_api_call *call)
{
    px_answer answer;

    if (call->once.id.len == 0 || call->then || find(call, &answer, NULL) != PX_OK ||
        answer.waits.len)
        return false;
    px_once_forget_draft(call);
    tell(call, &answer);
    return true;
}

/* ---- the header ---- */

static px_status read_key(px_api_call *call, px_str key, px_err *ret_err)
{
    bool good = key.len <= PX_IDEMPOTENCY_KEY_BYTES_MAX;

    for (size_t i = 0; i < key.len && good; i++)
        good = key.ptr[i] > ' ' && key.ptr[i] < 0x7F;
    if (!good)
        return px_fail_id(ret_err, PX_INVALID, "idempotency.key",
                          "an Idempotency-Key has 1 to %d visible ASCII characters",
                          PX_IDEMPOTENCY_KEY_BYTES_MAX);
    if (!keeps_answers(call->route))
        return px_fail_id(ret_err, PX_INVALID, "idempotency.not_kept",
                          "%s %s keeps no answer for an Idempotency-Key; send it without one",
                          call->route->method, call->route->pattern);
    return PX_OK;
}

static px_status claim(px_api_call *call, px_str key, px_err *ret_err)
{
    px_str who = call->credential;
    const px_str request[] = { call->method, call->path, call->query, call->body };

    px_credential_id(call->credential, &who);
    call->once.print = digest(call, request, sizeof(request) / sizeof(request[0]));
    call->once.answer = draft;
    call->once_headers = call->header_count;
    call->once.id = digest(call, (const px_str[]){ who, key }, 2);
    return call->once.id.ptr && call->once.print.ptr ? PX_OK : px_arena_fail(&call->arena, ret_err);
}

/* A command that still waits goes to the engine, on whose thread no response can slip by. */
bool px_once_begin(px_api_call *call)
{
    px_str key = call->header(call, "Idempotency-Key");
    px_answer answer = { 0 };
    px_status status;
    px_err err;

    if (key.len == 0 || is_safe(call->route) || call->route->flags & PX_ROUTE_AZURE)
        return true;
    status = read_key(call, key, &err);
    if (status == PX_OK)
        status = claim(call, key, &err);
    if (status == PX_OK)
        status = find(call, &answer, &err);
    if (status == PX_NOT_FOUND || (status == PX_OK && answer.waits.len))
        return true;
    if (status == PX_OK) {
        tell(call, &answer);
        return false;
    }
    px_once_end(call);
    px_api_fail(call, status, &err);
    return false;
}
