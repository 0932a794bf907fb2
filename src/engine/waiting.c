/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The body of such a document:
 *
 *     {"twin":"press-1","twinNumber":7,"id":"c1","name":"stop","deadline":"…","by":"admin",
 *      "called":"…","print":"…","answer":"…","payload":…,
 *      "timeout":5,"expires":"…","retry":2,"interval":10,"status":"delivered",
 *      "attempts":[{"at":"…","delivered":"…","to":"press-1-plc"}]}
 *
 * `answer` only where one is kept for its call, `payload` where there is one. The last two lines
 * only where its delivery is asked for: `expires` with an expiry, `status` when it is delivered.
 * `attempts` has one object for each, so the audit trail tells them all.
 */
#include "engine/waiting.h"

#include "engine/execution.h"
#include "engine/state.h"

/* ---- reading ---- */

static void read_attempts(const px_json *attempts, px_waiting *waiting)
{
    for (const px_json *m = attempts ? attempts->first : NULL; m; m = m->next) {
        waiting->attempt++;
        waiting->is_delivered = px_json_get_text(m, PX_STR("delivered")).len > 0;
        waiting->was_delivered = waiting->was_delivered || waiting->is_delivered;
    }
}

px_status px_waiting_read(px_str body, px_arena *arena, px_waiting *ret_waiting, px_err *ret_err)
{
    px_waiting w = { 0 };
    px_json *json;

    PX_TRY(px_json_parse(body, NULL, arena, &json, ret_err));
    w.json = json;
    w.twin = px_json_get_text(json, PX_STR("twin"));
    w.id = px_json_get_text(json, PX_STR("id"));
    w.name = px_json_get_text(json, PX_STR("name"));
    w.twin_no = (uint32_t)px_json_get_uint(json, PX_STR("twinNumber"));
    w.expires = px_json_get_time(json, PX_STR("expires"));
    w.terms.timeout_s = (uint32_t)px_json_get_uint(json, PX_STR("timeout"));
    w.terms.interval_s = (uint32_t)px_json_get_uint(json, PX_STR("interval"));
    read_attempts(px_json_get(json, PX_STR("attempts")), &w);
    w.terms.attempts = w.attempt ? (uint32_t)px_json_get_uint(json, PX_STR("retry")) + 1 : 0;
    w.status = w.is_delivered ? PX_COMMAND_DELIVERED : PX_COMMAND_PENDING;
    *ret_waiting = w;
    return PX_OK;
}

/* ---- writing ---- */

/* From the beginning of an attempt to that of the next, or to the end. */
static int64_t attempt_ns(const px_command_terms *terms, uint32_t attempt)
{
    uint32_t seconds = terms->timeout_s + (attempt < terms->attempts ? terms->interval_s : 0);

    return (int64_t)seconds * PX_SECOND;
}

px_time px_waiting_deadline(const px_command_terms *terms, px_time now)
{
    return now + (terms->expiry_s ? (int64_t)terms->expiry_s * PX_SECOND : attempt_ns(terms, 1));
}

static void put_attempt(px_json_writer *w, px_time at)
{
    px_json_begin_object(w);
    px_json_member_time(w, "at", at);
    px_json_end_object(w);
}

static void put_terms(px_json_writer *w, px_time now, const px_command_terms *terms)
{
    if (terms->expiry_s == 0 && terms->attempts < 2)
        return;
    px_json_member_uint(w, "timeout", terms->timeout_s);
    if (terms->expiry_s)
        px_json_member_time(w, "expires", now + (int64_t)terms->expiry_s * PX_SECOND);
    px_json_member_uint(w, "retry", terms->attempts ? terms->attempts - 1 : 0);
    px_json_member_uint(w, "interval", terms->interval_s);
    px_json_key(w, PX_STR("attempts"));
    px_json_begin_array(w);
    put_attempt(w, now);
    px_json_end_array(w);
}

void px_put_waiting(px_buf *buf, px_time now, const px_request *request,
                    const px_command_terms *terms, uint32_t twin_no, uint64_t print,
                    px_time deadline)
{
    px_json_writer w = px_json_writer_of(buf);

    px_json_begin_object(&w);
    px_json_member_text(&w, "twin", request->id);
    px_json_member_uint(&w, "twinNumber", twin_no);
    px_json_member_text(&w, "id", request->command_id);
    px_json_member_text(&w, "name", request->name);
    px_json_member_time(&w, "deadline", deadline);
    px_json_member_text(&w, "by", request->principal.id);
    px_json_member_time(&w, "called", now);
    px_put_execution_print(&w, print);
    if (request->once && !terms->is_async) /* whose answer its response is */
        px_json_member_text(&w, "answer", request->once->id);
    if (request->json) {
        px_json_key(&w, PX_STR("payload"));
        px_json_node(&w, request->json);
    }
    put_terms(&w, now, terms);
    px_json_end_object(&w);
}

/* ---- moving on ---- */

/* What a body says anew. */
typedef struct change {
    px_command_status status;
    px_time now, deadline; /* PX_TIME_NONE: as it was */
    px_str device;         /* that it was delivered to */
} change;

static void put_delivered(px_json_writer *w, const px_json *attempt, const change *to)
{
    px_json_begin_object(w);
    for (const px_json *m = attempt->first; m; m = m->next) {
        px_json_key(w, m->key);
        px_json_node(w, m);
    }
    px_json_member_time(w, "delivered", to->now);
    px_json_member_text(w, "to", to->device);
    px_json_end_object(w);
}

static void put_attempts(px_json_writer *w, const px_json *attempts, const change *to)
{
    px_json_key(w, PX_STR("attempts"));
    px_json_begin_array(w);
    for (const px_json *m = attempts->first; m; m = m->next)
        if (to->status == PX_COMMAND_DELIVERED && !m->next)
            put_delivered(w, m, to);
        else
            px_json_node(w, m);
    if (to->status == PX_COMMAND_PENDING)
        put_attempt(w, to->now);
    px_json_end_array(w);
}

static void put_moved(px_buf *buf, const px_json *body, const change *to)
{
    px_json_writer w = px_json_writer_of(buf);

    px_json_begin_object(&w);
    for (const px_json *m = body->first; m; m = m->next) {
        if (px_str_eq(m->key, PX_STR("status")) || px_str_eq(m->key, PX_STR("attempts")))
            continue;
        if (px_str_eq(m->key, PX_STR("deadline")) && to->deadline != PX_TIME_NONE) {
            px_json_member_time(&w, "deadline", to->deadline);
            continue;
        }
        px_json_key(&w, m->key);
        px_json_node(&w, m);
    }
    if (to->status != PX_COMMAND_PENDING)
        px_json_member_text(&w, "status", px_str_c(px_command_status_name(to->status)));
    put_attempts(&w, px_json_get(body, PX_STR("attempts")), to);
    px_json_end_object(&w);
}

/* The event, and the document behind it. */
static px_status emit(px_engine_state *state, const px_document *document,
                      const px_waiting *waiting, const change *to, px_str cause, px_err *ret_err)
{
    px_document_write write = { .kind = document->kind, .id = document->id };
    uint32_t tenant = document->tenant;
    px_event event = { .type = PX_EVENT_COMMAND_DELIVERY,
                       .tenant = tenant,
                       .twin_no = waiting->twin_no,
                       .id = waiting->id,
                       .name = waiting->name,
                       .code = (uint8_t)to->status,
                       .revision = waiting->attempt + (to->status == PX_COMMAND_PENDING),
                       .cause = cause };
    px_buf body = { 0 };
    px_status status;

    put_moved(&body, waiting->json, to);
    status = px_buf_status(&body, ret_err);
    write.body = px_buf_str(&body);
    if (status == PX_OK)
        status = px_state_emit(state, &event, NULL, ret_err);
    if (status == PX_OK)
        status = px_state_emit_document(state, tenant, &write, cause, ret_err);
    px_buf_release(&body);
    return status;
}

/* The time of an attempt that waited for a device begins with the first that has it. */
px_status px_waiting_deliver(px_engine_state *state, const px_document *document,
                             const px_waiting *waiting, px_str device, px_err *ret_err)
{
    bool begins = waiting->expires != PX_TIME_NONE && !waiting->was_delivered;
    change to = { .status = PX_COMMAND_DELIVERED,
                  .now = state->now,
                  .deadline = begins ? state->now + attempt_ns(&waiting->terms, 1) : PX_TIME_NONE,
                  .device = device };

    if (waiting->terms.attempts == 0 || waiting->is_delivered)
        return PX_OK;
    return emit(state, document, waiting, &to, device, ret_err);
}

static bool has_expired(const px_waiting *waiting)
{
    return waiting->expires != PX_TIME_NONE && !waiting->was_delivered;
}

px_status px_waiting_end(px_engine_state *state, const px_document *document,
                         const px_waiting *waiting, px_err *ret_err)
{
    px_command_status status = has_expired(waiting) ? PX_COMMAND_EXPIRED : PX_COMMAND_TIMED_OUT;
    px_event response = { .type = PX_EVENT_COMMAND_RESPONSE,
                          .tenant = document->tenant,
                          .twin_no = waiting->twin_no,
                          .id = waiting->id,
                          .code = (uint8_t)status,
                          .cause = PX_STR("engine.timer") };
    px_document_write gone = { .kind = document->kind, .id = document->id };

    PX_TRY(px_answers_respond(state, waiting->json, &response, ret_err));
    PX_TRY(px_state_emit(state, &response, NULL, ret_err));
    PX_TRY(px_execution_end(state, document, waiting->json, &response, ret_err));
    return px_state_emit_document(state, document->tenant, &gone, response.cause, ret_err);
}

px_status px_waiting_due(px_engine_state *state, const px_document *document, px_arena *arena,
                         px_err *ret_err)
{
    change to = { .status = PX_COMMAND_PENDING, .now = state->now };
    px_waiting waiting;

    PX_TRY(px_waiting_read(document->body, arena, &waiting, ret_err));
    if (has_expired(&waiting) || waiting.attempt >= waiting.terms.attempts)
        return px_waiting_end(state, document, &waiting, ret_err);
    to.deadline = state->now + attempt_ns(&waiting.terms, waiting.attempt + 1);
    return emit(state, document, &waiting, &to, PX_STR("engine.timer"), ret_err);
}
