/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The body of such a document:
 *
 *     {"request":"…","status":200,"revision":17,"body":{…}}
 *     {"request":"…","waits":"COMMAND"}
 *
 * `request` is the print of the request that the key was first used with. An answer that is larger
 * than PX_ANSWER_BYTES_MAX is kept without its body, which then says so.
 */
#include "engine/answers.h"

#include <stdlib.h>

#include "base/limits.h"
#include "engine/state.h"

enum { COMPACT_FROM = 1024 };

static bool is_answer(px_str kind)
{
    return px_str_eq(kind, PX_STR("answer"));
}

px_status px_answer_read(px_str body, px_arena *arena, px_kept_answer *ret_kept, px_err *ret_err)
{
    const px_json *told;
    px_json *json;

    PX_TRY(px_json_parse(body, NULL, arena, &json, ret_err));
    told = px_json_get(json, PX_STR("body"));
    *ret_kept = (px_kept_answer){
        .answer = { .status = (uint32_t)px_json_get_uint(json, PX_STR("status")),
                    .revision = px_json_get_uint(json, PX_STR("revision")),
                    .body = told ? told->raw : (px_str){ 0 },
                    .waits = px_json_get_text(json, PX_STR("waits")) },
        .print = px_json_get_text(json, PX_STR("request")),
    };
    return PX_OK;
}

bool px_answer_counts(const px_document *document, px_time now)
{
    return document->updated + PX_ANSWER_KEEP_NS > now;
}

void px_put_command_answer(px_buf *buf, px_str command_id, px_command_status status, px_str payload)
{
    px_json_writer w = px_json_writer_of(buf);

    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("id"));
    px_json_string(&w, command_id);
    px_json_key(&w, PX_STR("status"));
    px_json_string(&w, px_str_c(px_command_status_name(status)));
    px_json_key(&w, PX_STR("response"));
    if (payload.len)
        px_json_put_raw(&w, payload);
    else
        px_json_null(&w);
    px_json_end_object(&w);
}

/* ---- when they go ---- */

static px_status count(px_engine_state *state, const px_document *document, int sign,
                       px_err *ret_err)
{
    PX_TRY(px_quota_count(&state->quotas, document->tenant, PX_QUOTA_ANSWERS, sign, ret_err));
    return px_quota_count(&state->quotas, document->tenant, PX_QUOTA_ANSWER_BYTES,
                          sign * (int)document->body.len, ret_err);
}

px_status px_answers_add(px_engine_state *state, const px_document *document, px_err *ret_err)
{
    px_answer_due due = { .deadline = document->updated + PX_ANSWER_KEEP_NS,
                          .revision = document->revision,
                          .document_no = document->no };

    if (!is_answer(document->kind))
        return PX_OK;
    PX_TRY(count(state, document, 1, ret_err));
    return PX_VEC_PUSH(&state->answers.due, due) ? PX_OK : px_no_memory(ret_err);
}

px_status px_answers_take(px_engine_state *state, const px_document *document, px_err *ret_err)
{
    return document && is_answer(document->kind) ? count(state, document, -1, ret_err) : PX_OK;
}

static int by_deadline(const void *a, const void *b)
{
    const px_answer_due *x = a, *y = b;

    if (x->deadline != y->deadline)
        return x->deadline > y->deadline ? 1 : -1;
    return (x->revision > y->revision) - (x->revision < y->revision);
}

void px_answers_settle_start(px_answers *answers)
{
    if (answers->due.len)
        qsort(answers->due.ptr, answers->due.len, sizeof(px_answer_due), by_deadline);
}

void px_answers_commit(px_answers *answers)
{
    answers->committed = answers->due.len;
}

void px_answers_rollback(px_answers *answers)
{
    answers->due.len = answers->committed;
}

static const px_document *document_of(const px_engine_state *state, const px_answer_due *due)
{
    const px_document *d = px_documents_by_number(state->documents, due->document_no);

    return d && d->revision == due->revision && is_answer(d->kind) ? d : NULL;
}

/* Those that went with an earlier batch. */
static void drop_gone(px_engine_state *state)
{
    px_answers *a = &state->answers;

    while (a->head < a->due.len && a->due.ptr[a->head].deadline <= state->now &&
           !document_of(state, &a->due.ptr[a->head]))
        a->head++;
    if (a->head < COMPACT_FROM || a->head < a->due.len / 2)
        return;
    a->due.len -= a->head;
    memmove(a->due.ptr, a->due.ptr + a->head, a->due.len * sizeof(px_answer_due));
    a->committed = a->due.len;
    a->head = 0;
}

/* What goes stays in the list until its document is gone: this batch may still be dropped. What a
 * batch has no place for goes in the next one. */
px_status px_answers_expire(px_engine_state *state, px_err *ret_err)
{
    const px_answers *a = &state->answers;

    drop_gone(state);
    for (size_t i = a->head; i < a->due.len && state->body->len < PX_BATCH_BYTES_MAX; i++) {
        const px_document *d = document_of(state, &a->due.ptr[i]);
        px_document_write gone;

        if (a->due.ptr[i].deadline > state->now)
            break;
        if (!d)
            continue;
        gone = (px_document_write){ .kind = d->kind, .id = d->id };
        PX_TRY(px_state_emit_document(state, d->tenant, &gone, PX_STR("engine.timer"), ret_err));
    }
    return PX_OK;
}

/* ---- the writer's checks ---- */

static px_status find_kept(px_engine_state *state, uint32_t tenant, px_str id,
                           const px_document **ret_document, px_kept_answer *ret_kept,
                           px_err *ret_err)
{
    const px_document *d = px_documents_pending(state->documents, tenant, PX_STR("answer"), id);

    *ret_document = d && px_answer_counts(d, state->now) ? d : NULL;
    return *ret_document ? px_answer_read(d->body, &state->arena, ret_kept, ret_err) : PX_OK;
}

px_status px_answer_is_of(const px_kept_answer *kept, const px_once *once, px_err *ret_err)
{
    if (px_str_eq(kept->print, once->print))
        return PX_OK;
    return px_fail_id(ret_err, PX_CONFLICT, "idempotency.other",
                      "this Idempotency-Key was used with another request; a new request wants a "
                      "new key");
}

/* Asked before anything is emitted, so for the largest answer. */
static px_status check_room(px_engine_state *state, uint32_t tenant, px_err *ret_err)
{
    px_status status = px_quota_check(&state->quotas, tenant, PX_QUOTA_ANSWERS, 1, ret_err);

    return status != PX_OK
               ? status
               : px_quota_check(&state->quotas, tenant, PX_QUOTA_ANSWER_BYTES,
                                PX_ANSWER_BYTES_MAX + PX_ANSWER_HEAD_BYTES_MAX, ret_err);
}

px_status px_answers_look(px_engine_state *state, px_request *request, bool *ret_done,
                          px_err *ret_err)
{
    uint32_t tenant = request->principal.tenant;
    const px_document *found;
    px_kept_answer kept;

    *ret_done = false;
    PX_TRY(find_kept(state, tenant, request->once->id, &found, &kept, ret_err));
    if (!found)
        return check_room(state, tenant, ret_err);
    PX_TRY(px_answer_is_of(&kept, request->once, ret_err));
    request->result.kept = px_arena_str(&state->arena, found->body);
    if (!request->result.kept.ptr)
        return px_arena_fail(&state->arena, ret_err);
    *ret_done = true;
    return PX_OK;
}

static void put_told(px_json_writer *w, const px_answer *answer)
{
    if (answer->waits.len) {
        px_json_key(w, PX_STR("waits"));
        px_json_string(w, answer->waits);
        return;
    }
    px_json_key(w, PX_STR("status"));
    px_json_uint(w, answer->status);
    px_json_key(w, PX_STR("revision"));
    px_json_uint(w, answer->revision);
    if (answer->body.len == 0)
        return;
    px_json_key(w, PX_STR("body"));
    if (answer->body.len <= PX_ANSWER_BYTES_MAX) {
        px_json_put_raw(w, answer->body);
        return;
    }
    px_json_begin_object(w);
    px_json_key(w, PX_STR("notKept"));
    px_json_string(w, PX_STR("it was done; the answer was too large to be kept: read what it "
                             "changed"));
    px_json_key(w, PX_STR("bytes"));
    px_json_uint(w, answer->body.len);
    px_json_end_object(w);
}

static px_status emit_answer(px_engine_state *state, uint32_t tenant, px_str id, px_str print,
                             const px_answer *answer, px_str cause, px_err *ret_err)
{
    px_document_write write = { .kind = PX_STR("answer"), .id = id };
    px_buf body = { 0 };
    px_json_writer w = px_json_writer_of(&body);
    px_status status;

    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("request"));
    px_json_string(&w, print);
    put_told(&w, answer);
    px_json_end_object(&w);
    status = px_buf_status(&body, ret_err);
    write.body = px_buf_str(&body);
    if (status == PX_OK)
        status = px_state_emit_document(state, tenant, &write, cause, ret_err);
    px_buf_release(&body);
    return status;
}

px_status px_answers_keep(px_engine_state *state, px_request *request, px_err *ret_err)
{
    const px_once *once = request->once;
    px_answer answer = { 0 };

    PX_TRY(once->answer(request, &answer, ret_err));
    return emit_answer(state, request->principal.tenant, once->id, once->print, &answer,
                       request->principal.id, ret_err);
}

px_status px_answers_respond(px_engine_state *state, const px_json *pending,
                             const px_event *response, px_err *ret_err)
{
    px_str id = px_json_get_text(pending, PX_STR("answer"));
    px_answer answer = { .status = 200 };
    const px_document *found;
    px_kept_answer kept;
    px_buf body = { 0 };
    px_status status;

    if (id.len == 0)
        return PX_OK;
    PX_TRY(find_kept(state, response->tenant, id, &found, &kept, ret_err));
    if (!found)
        return PX_OK; /* its day is over */
    px_put_command_answer(&body, response->id, (px_command_status)response->code, response->body);
    status = px_buf_status(&body, ret_err);
    answer.body = px_buf_str(&body);
    if (status == PX_OK)
        status =
            emit_answer(state, response->tenant, id, kept.print, &answer, response->cause, ret_err);
    px_buf_release(&body);
    return status;
}
