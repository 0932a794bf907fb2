/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sender: out of the outbox, one letter at a time for each endpoint, all endpoints at once.
 *
 * Of each box it reads a window of letters, sends them in order, and flies what is done with out
 * of the table in one effect: delivered ones away, dead ones to the dead letters. Only when that is
 * committed does it read on, so what it reads was never sent before, but for a crash in between.
 */
#include <sodium.h>
#include <stdio.h>

#include "base/limits.h"
#include "outbound/internal.h"

enum { TRIES_MIN = 3 }; /* before age counts: what is replayed is old already */

static const int64_t full_pause_ns = PX_SECOND;

static void keep_earlier(int64_t *look_at_ns, int64_t at_ns)
{
    *look_at_ns = at_ns < *look_at_ns ? at_ns : *look_at_ns;
}

/* ---- windows ---- */

static void release_held(px_held *held)
{
    px_buf_release(&held->row);
}

static void drop_window(px_box *box, size_t count)
{
    for (size_t i = 0; i < count; i++)
        release_held(&box->window.ptr[i]);
    if (count == 0)
        return;
    box->window.len -= count;
    memmove(box->window.ptr, box->window.ptr + count, box->window.len * sizeof(*box->window.ptr));
}

typedef struct reading {
    px_box *box;
    size_t bytes;
} reading;

static px_status keep_row(void *data, const px_fold *row, px_err *ret_err)
{
    reading *at = data;
    px_held held;

    PX_TRY(pxi_hold(row, &held, ret_err));
    if (!PX_VEC_PUSH(&at->box->window, held)) {
        release_held(&held);
        return px_no_memory(ret_err);
    }
    at->bytes += row->body.len;
    return at->box->window.len == PX_WINDOW_LETTERS || at->bytes >= PX_WINDOW_BYTES ? PX_INTERRUPTED
                                                                                    : PX_OK;
}

static void read_window(px_outbound *o, px_box *box)
{
    reading at = { .box = box };
    px_status status;
    bool is_fresh;
    px_err err;

    pthread_mutex_lock(&o->lock);
    is_fresh = box->is_fresh;
    box->is_fresh = false;
    pthread_mutex_unlock(&o->lock);
    if (!is_fresh)
        return;
    status = px_store_scan(o->reader, PX_TABLE_OUTBOX,
                           px_letter_from(box->tenant, box->endpoint_no, PX_LETTER_WAITS, 0),
                           px_letter_from(box->tenant, box->endpoint_no, PX_LETTER_DEAD, 0),
                           keep_row, &at, &err);
    if (status != PX_OK && status != PX_INTERRUPTED)
        px_log_error(o->opts.log, "outbound.read", "tenant=%u endpoint=%u %s", box->tenant,
                     box->endpoint_no, err.text);
    if (box->window.len == 0 && status == PX_OK)
        return;
    pthread_mutex_lock(&o->lock);
    box->is_fresh = true; /* there may be more behind the window, or it is read again */
    pthread_mutex_unlock(&o->lock);
    if (box->window.len == 0)
        box->not_before = o->env->monotonic_ns(o->env) + full_pause_ns;
}

/* ---- the removal ---- */

static void landed(px_writeback *writeback, px_status status)
{
    px_box *box = writeback->data;

    box->landed = status;
    atomic_store(&box->has_landed, true);
    pxi_wake_sender(box->outbound);
}

static bool may_keep_dead(px_outbound *o, const px_box *box, size_t bytes)
{
    px_counts total;

    pthread_mutex_lock(&o->lock);
    total = pxi_tenant_total(o, box->tenant);
    pthread_mutex_unlock(&o->lock);
    return total.dead + box->flown_dead < o->opts.dead_letters_max &&
           total.dead_bytes + box->flown_dead_bytes + bytes <= PX_DEAD_LETTER_BYTES_MAX;
}

static void put_dead(px_outbound *o, px_box *box, const px_held *held, px_op *ret_op)
{
    px_letter letter = held->letter;
    size_t before = box->bodies.len;

    if (!may_keep_dead(o, box, held->letter.event.len)) {
        atomic_fetch_add(&o->dropped, 1);
        px_log_warn(o->opts.log, "outbound.dropped",
                    "tenant=%u endpoint=%u place=%llu dead letters full", box->tenant,
                    box->endpoint_no, (unsigned long long)held->letter.place);
        return;
    }
    letter.reason = px_str_c(held->reason);
    px_put_letter(&box->bodies, &letter);
    *ret_op = (px_op){ .kind = PX_OP_PUT,
                       .table = PX_TABLE_OUTBOX,
                       .key = px_letter_key(&held->letter, PX_LETTER_DEAD),
                       .seq = px_letter_seq(held->letter.place),
                       .body = { NULL, box->bodies.len - before } };
    box->flown_dead++;
    box->flown_dead_bytes += held->letter.event.len;
}

/* Bodies moved while they grew: their slices are set when all stand. */
static void set_bodies(px_box *box)
{
    const char *at = box->bodies.ptr;

    PX_VEC_EACH (&box->ops, op) {
        if (op->kind != PX_OP_PUT)
            continue;
        op->body.ptr = at;
        at += op->body.len;
    }
}

static px_status fly(px_outbound *o, px_box *box, px_err *ret_err)
{
    px_buf_clear(&box->bodies);
    box->ops.len = 0;
    box->flown_dead = box->flown_dead_bytes = box->flown_bytes = 0;
    if (!PX_VEC_RESERVE(&box->ops, 2 * box->at))
        return px_no_memory(ret_err);
    for (size_t i = 0; i < box->at; i++) {
        const px_held *held = &box->window.ptr[i];
        px_op dead = { 0 };

        box->ops.ptr[box->ops.len++] =
            (px_op){ .kind = PX_OP_DELETE,
                     .table = PX_TABLE_OUTBOX,
                     .key = px_letter_key(&held->letter, PX_LETTER_WAITS) };
        box->flown_bytes += held->letter.event.len;
        if (held->is_dead)
            put_dead(o, box, held, &dead);
        if (dead.body.len)
            box->ops.ptr[box->ops.len++] = dead;
    }
    PX_TRY(px_buf_status(&box->bodies, ret_err));
    set_bodies(box);
    box->writeback = (px_writeback){ .consumer = PX_CONSUMER_OUTBOUND,
                                     .effect = { "outbox", box->ops.ptr, box->ops.len },
                                     .done = landed,
                                     .data = box };
    box->is_flying = true;
    px_engine_writeback(o->opts.engine, &box->writeback);
    return PX_OK;
}

/* Delivered or moved. If the engine died they stay in the table, and a restart sends them again. */
static void land(px_outbound *o, px_box *box)
{
    if (!box->is_flying || !atomic_load(&box->has_landed))
        return;
    atomic_store(&box->has_landed, false);
    box->is_flying = false;
    if (box->landed != PX_OK) {
        box->not_before = INT64_MAX;
        return;
    }
    pthread_mutex_lock(&o->lock);
    box->count.waiting -= box->at < box->count.waiting ? box->at : box->count.waiting;
    box->count.waiting_bytes -=
        box->flown_bytes < box->count.waiting_bytes ? box->flown_bytes : box->count.waiting_bytes;
    box->count.dead += box->flown_dead;
    box->count.dead_bytes += box->flown_dead_bytes;
    pthread_mutex_unlock(&o->lock);
    drop_window(box, box->at);
    box->at = 0;
}

/* ---- one letter ---- */

/* Copies: documents may change while it is sent. A slice for which there is no memory is empty. */
static void add_header(px_box *box, px_str name, px_str value)
{
    px_sending *s = &box->sending;

    px_assert(s->header_count < PX_SENDING_HEADERS_MAX);
    s->headers[s->header_count++] =
        (px_sending_header){ px_arena_str(&box->arena, name), px_arena_str(&box->arena, value) };
}

/* `sha256=` and the HMAC of the body with the endpoint's secret. */
static void sign(px_box *box, px_str secret, px_str body)
{
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state state;

    px_buf_clear(&box->signature);
    px_put_c(&box->signature, "sha256=");
    crypto_auth_hmacsha256_init(&state, (const unsigned char *)secret.ptr, secret.len);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)body.ptr, body.len);
    crypto_auth_hmacsha256_final(&state, mac);
    for (size_t i = 0; i < sizeof(mac); i++)
        px_putf(&box->signature, "%02x", mac[i]);
}

static void begin_send(px_outbound *o, px_box *box, const px_endpoint *endpoint)
{
    px_sending *s = &box->sending;
    px_str body = box->window.ptr[box->at].letter.event;

    px_arena_reset(&box->arena);
    *s = (px_sending){ .tenant = box->tenant, .body = body };
    s->to = px_arena_str(&box->arena, endpoint->to);
    for (size_t i = 0; i < endpoint->header_count; i++)
        add_header(box, endpoint->headers[i].name, endpoint->headers[i].value);
    add_header(box, PX_STR("Content-Type"), PX_STR("application/cloudevents+json; charset=utf-8"));
    if (endpoint->secret.len) {
        sign(box, endpoint->secret, body);
        add_header(box, PX_STR("X-Pollux-Signature"), px_buf_str(&box->signature));
    }
    if (box->revision != endpoint->revision) { /* mended, perhaps: what was counted means nothing */
        box->revision = endpoint->revision;
        box->tries = 0;
    }
    box->transport = o->opts.transports[endpoint->kind];
    box->is_sending = true;
    if (box->transport) {
        box->transport->begin(box->transport, s);
        return;
    }
    s->end = PX_SENDING_REFUSED;
    snprintf(s->reason, sizeof(s->reason), "this server sends nothing to %s endpoints",
             px_endpoint_kind_name(endpoint->kind));
}

static void die(px_outbound *o, px_box *box, const char *reason)
{
    px_held *held = &box->window.ptr[box->at++];

    held->is_dead = true;
    held->letter.died = o->env->now(o->env);
    held->letter.tries = box->tries;
    snprintf(held->reason, sizeof(held->reason), "%s", reason);
    box->tries = 0;
    atomic_fetch_add(&o->died, 1);
    px_log_warn(o->opts.log, "outbound.died", "tenant=%u endpoint=%u place=%llu %s", box->tenant,
                box->endpoint_no, (unsigned long long)held->letter.place, reason);
}

/* Doubled with each try, and up to a half less or more, so that those who failed together do not
 * come back together. */
static int64_t pause_of(px_outbound *o, uint32_t tries)
{
    int64_t pause = PX_RETRY_NS_MIN;
    uint32_t random;

    for (uint32_t i = 1; i < tries && pause < PX_RETRY_NS_MAX; i++)
        pause *= 2;
    if (pause > PX_RETRY_NS_MAX)
        pause = PX_RETRY_NS_MAX;
    o->env->random(o->env, &random, sizeof(random));
    return pause / 2 + (int64_t)((double)pause * random / UINT32_MAX);
}

static void fail(px_outbound *o, px_box *box)
{
    const px_letter *letter = &box->window.ptr[box->at].letter;
    px_time now = o->env->now(o->env);
    char reason[PX_LETTER_REASON_BYTES_MAX];

    atomic_fetch_add(&o->failed, 1);
    box->tries++;
    if (box->tries >= TRIES_MIN && now - letter->time > o->opts.retry_for_ns) {
        snprintf(reason, sizeof(reason), "not delivered in time; at last: %s", box->sending.reason);
        die(o, box, reason);
        return;
    }
    if (box->tries == 1)
        px_log_warn(o->opts.log, "outbound.failed", "tenant=%u endpoint=%u %s; tried again",
                    box->tenant, box->endpoint_no, box->sending.reason);
    box->not_before = o->env->monotonic_ns(o->env) + pause_of(o, box->tries);
}

static void end_send(px_outbound *o, px_box *box)
{
    box->is_sending = false;
    switch (box->sending.end) {
    case PX_SENDING_DELIVERED:
        atomic_fetch_add(&o->delivered, 1);
        box->tries = 0;
        box->at++;
        break;
    case PX_SENDING_REFUSED:
        box->tries++;
        die(o, box, box->sending.reason);
        break;
    default:
        fail(o, box);
    }
}

/* ---- one box ---- */

static bool is_done_with(const px_box *box, bool pauses)
{
    return box->at > 0 && (box->at == box->window.len || pauses);
}

/* True when it did something. */
static bool look_at(px_outbound *o, px_box *box, int64_t now, int64_t *look_at_ns)
{
    const px_endpoint *endpoint;

    land(o, box);
    if (box->is_flying)
        return false;
    if (box->is_sending) {
        if (box->sending.end == PX_SENDING_RUNS)
            return false;
        end_send(o, box);
    }
    if (is_done_with(box, now < box->not_before)) {
        px_err err;

        if (fly(o, box, &err) == PX_OK)
            return true;
        box->not_before = now + full_pause_ns;
    }
    if (now < box->not_before) {
        keep_earlier(look_at_ns, box->not_before);
        return false;
    }
    if (box->window.len == 0)
        read_window(o, box);
    if (box->at == box->window.len)
        return false;
    endpoint = px_directory_endpoint(&o->directory, box->tenant, box->endpoint_no);
    if (endpoint)
        begin_send(o, box, endpoint);
    else
        die(o, box, "the endpoint was deleted");
    return true;
}

/* ---- all of them ---- */

/* The router makes boxes meanwhile, and the list moves as it grows; a box itself stays. */
static size_t box_count(px_outbound *o)
{
    size_t count;

    pthread_mutex_lock(&o->lock);
    count = o->boxes.len;
    pthread_mutex_unlock(&o->lock);
    return count;
}

static px_box *box_at(px_outbound *o, size_t index)
{
    px_box *box;

    pthread_mutex_lock(&o->lock);
    box = o->boxes.ptr[index];
    pthread_mutex_unlock(&o->lock);
    return box;
}

static void reload(px_outbound *o)
{
    size_t count = box_count(o);

    if (px_directory_load(&o->directory, px_engine_documents(o->opts.engine), o->opts.log, NULL) !=
        PX_OK) {
        atomic_store(&o->sender_stale, true);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        px_box *box = box_at(o, i);
        const px_endpoint *endpoint =
            px_directory_endpoint(&o->directory, box->tenant, box->endpoint_no);

        if ((!endpoint || endpoint->revision != box->revision) && box->not_before != INT64_MAX)
            box->not_before = 0; /* what was wrong may be mended */
    }
}

bool pxi_sender_step(px_outbound *o, int64_t *ret_look_at_ns)
{
    size_t count = box_count(o);
    bool did = false;

    *ret_look_at_ns = INT64_MAX;
    if (atomic_exchange(&o->sender_stale, false))
        reload(o);
    if (atomic_load(&o->sender_stale)) {
        *ret_look_at_ns = o->env->monotonic_ns(o->env) + full_pause_ns;
        return false;
    }
    for (size_t i = 0; i < count; i++)
        did |= look_at(o, box_at(o, i), o->env->monotonic_ns(o->env), ret_look_at_ns);
    return did;
}

void pxi_sender_end(px_outbound *o)
{
    PX_VEC_EACH (&o->boxes, at) {
        px_box *box = *at;

        if (box->is_sending && box->transport && box->sending.end == PX_SENDING_RUNS)
            box->transport->cancel(box->transport, &box->sending);
        box->is_sending = false;
    }
}

bool pxi_sender_flies(px_outbound *o)
{
    PX_VEC_EACH (&o->boxes, box)
        if ((*box)->is_flying && !atomic_load(&(*box)->has_landed))
            return true;
    return false;
}

void pxi_box_free(px_box *box)
{
    drop_window(box, box->window.len);
    PX_VEC_RELEASE(&box->window);
    PX_VEC_RELEASE(&box->ops);
    px_buf_release(&box->bodies);
    px_buf_release(&box->signature);
    px_arena_release(&box->arena);
    px_free(box);
}
