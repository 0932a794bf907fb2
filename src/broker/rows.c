/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions and messages as rows (docs/formats/session.md). What changed since the last time goes
 * into one effect with the cursor; where that is too much for one, in several, and only the last of
 * them moves the cursor: a crash between folds some events a second time, and each row says which
 * it has.
 *
 * Messages of a queue that nobody waits for any more when rows are written were never written.
 */
#include "broker/internal.h"

enum { SESSION_ROW_FORMAT = 1, LOAD_ARENA_BYTES_MAX = 16 * 1024 * 1024 };

/* ---- a session's row ---- */

static void put_time(px_buf *buf, px_time time)
{
    px_put_zigzag(buf, time == PX_TIME_NONE ? 0 : time + 1);
}

static px_time get_time(px_cut *cut)
{
    int64_t v = px_get_zigzag(cut);

    return v == 0 ? PX_TIME_NONE : v - 1;
}

/* online in bit 0, ghost 1, will 2 */
static uint8_t flags_of(const px_session *s)
{
    return (uint8_t)((s->is_online ? 1 : 0) | (s->is_ghost ? 2 : 0) | (s->has_will ? 4 : 0));
}

/* qos in bits 0 and 1, retain 2, received 3, sent 4 */
static void put_entry(px_buf *buf, const px_entry *e)
{
    px_put_varint(buf, e->letter->seq);
    px_put_varint(buf, e->packet_id);
    px_put_u8(buf, (uint8_t)(e->qos | (e->retain ? 4 : 0) |
                             (e->state == PX_ENTRY_RECEIVED ? 8 : 0) | (e->was_sent ? 16 : 0)));
    px_put_ids(buf, e->ids, e->id_count);
}

static void put_session(px_buf *buf, const px_session *s)
{
    px_put_u8(buf, SESSION_ROW_FORMAT);
    px_put_u8(buf, flags_of(s));
    px_put_block(buf, s->client_id);
    px_put_varint(buf, s->scope);
    px_put_block(buf, s->credential);
    px_put_varint(buf, s->expiry_s);
    px_put_peer(buf, s->peer);
    put_time(buf, s->closed_at);
    put_time(buf, s->will_at);
    px_put_varint(buf, s->last_packet_id);
    if (s->has_will)
        px_put_will(buf, &s->will);
    px_put_varint(buf, s->filters.len);
    PX_VEC_EACH (&s->filters, f)
        px_put_filter(buf, f);
    px_put_varint(buf, s->received.len);
    PX_VEC_EACH (&s->received, id)
        px_put_varint(buf, *id);
    px_put_varint(buf, s->queue.len);
    PX_VEC_EACH (&s->queue, e)
        put_entry(buf, e);
}

static px_status load_filters(px_broker *b, px_session *s, px_cut *cut, px_err *ret_err)
{
    size_t count = px_get_count(cut, 5);

    for (size_t i = 0; i < count && !cut->bad; i++) {
        px_filter_record f = px_get_filter(cut);
        bool is_new;

        if (cut->bad)
            break;
        if (!pxi_session_keep_filter(s, &f))
            return px_no_memory(ret_err);
        PX_TRY(pxi_filter_add(b, s->tenant, pxi_session_owner(s), &f, &is_new, ret_err));
    }
    return PX_OK;
}

static px_status load_received(px_session *s, px_cut *cut, px_err *ret_err)
{
    size_t count = px_get_count(cut, 1);

    for (size_t i = 0; i < count; i++)
        if (!PX_VEC_PUSH(&s->received, (uint16_t)px_get_varint(cut)))
            return px_no_memory(ret_err);
    return PX_OK;
}

static px_status load_entry(px_broker *b, px_session *s, px_cut *cut, px_err *ret_err)
{
    px_letter *letter = pxi_letter_find(b, px_get_varint(cut));
    uint16_t packet_id = (uint16_t)px_get_varint(cut);
    uint8_t flags = px_get_u8(cut);
    px_copy_record copy = { .qos = flags & 3, .retain = (flags & 4) != 0 };
    uint16_t last = s->last_packet_id;
    px_entry *e;

    PX_TRY(px_get_ids(cut, &b->arena, &copy.ids, &copy.id_count, ret_err));
    if (cut->bad)
        return PX_OK;
    if (!letter)
        return px_fail_id(ret_err, PX_CORRUPT, "session.message",
                          "session %llu refers to a message that has no row",
                          (unsigned long long)s->no);
    PX_TRY(pxi_enqueue(b, s, letter, &copy, ret_err));
    s->last_packet_id = last;
    e = &s->queue.ptr[s->queue.len - 1];
    e->packet_id = packet_id;
    e->state = flags & 8 ? PX_ENTRY_RECEIVED : PX_ENTRY_WAITING;
    e->was_sent = (flags & 16) != 0;
    return PX_OK;
}

static px_status load_queue(px_broker *b, px_session *s, px_cut *cut, px_err *ret_err)
{
    size_t count = px_get_count(cut, 4);

    for (size_t i = 0; i < count && !cut->bad; i++)
        PX_TRY(load_entry(b, s, cut, ret_err));
    return PX_OK;
}

static px_status load_head(px_broker *b, const px_fold *row, px_cut *cut, px_session **ret_s,
                           px_err *ret_err)
{
    uint8_t flags = px_get_u8(cut);
    px_str client_id = px_get_block(cut), credential;
    uint32_t scope = (uint32_t)px_get_varint(cut);
    px_will_record will;
    px_session *s;

    if (flags & 2)
        client_id = (px_str){ NULL, 0 };
    s = pxi_session_make(b, (uint32_t)row->key.a, (uint64_t)row->key.b, scope, client_id);
    credential = px_get_block(cut);
    if (!s || !pxi_text_copy(&s->credential, credential))
        return px_no_memory(ret_err);
    s->is_online = (flags & 1) != 0;
    s->expiry_s = (uint32_t)px_get_varint(cut);
    if (!pxi_session_set_peer(b, s, px_get_peer(cut)))
        return px_no_memory(ret_err);
    s->closed_at = get_time(cut);
    s->will_at = get_time(cut);
    s->last_packet_id = (uint16_t)px_get_varint(cut);
    if (flags & 4) {
        px_time will_at = s->will_at;

        will = px_get_will(cut);
        if (!cut->bad && !pxi_session_set_will(s, &will))
            return px_no_memory(ret_err);
        s->will_at = will_at;
    }
    s->is_stored = true;
    s->seq = row->seq;
    *ret_s = s;
    return PX_OK;
}

static px_status load_session(void *data, const px_fold *row, px_err *ret_err)
{
    px_broker *b = data;
    px_cut cut = px_cut_of(row->body);
    uint8_t format = px_get_u8(&cut);
    px_session *s;

    if (!cut.bad && format > SESSION_ROW_FORMAT)
        return px_fail_id(ret_err, PX_UNSUPPORTED, "session.format",
                          "a session row of format %u: a newer release wrote this file", format);
    px_arena_reset(&b->arena);
    PX_TRY(load_head(b, row, &cut, &s, ret_err));
    PX_TRY(load_filters(b, s, &cut, ret_err));
    PX_TRY(load_received(s, &cut, ret_err));
    PX_TRY(load_queue(b, s, &cut, ret_err));
    if (!cut.bad && px_cut_left(&cut) == 0)
        return PX_OK;
    return px_fail_id(ret_err, PX_CORRUPT, "session.row", "the row of session %lld is malformed",
                      (long long)row->key.b);
}

/* ---- messages ---- */

static px_status load_letter(void *data, const px_fold *row, px_err *ret_err)
{
    px_broker *b = data;
    px_letter_record r;
    px_letter *letter;
    bool is_retained;
    px_time time;

    PX_TRY(px_get_letter_row(row->body, &r, &time, &is_retained, ret_err));
    letter = pxi_letter_keep(b, (uint32_t)row->key.a, (uint64_t)row->key.b, time, &r);
    if (!letter)
        return px_no_memory(ret_err);
    letter->is_stored = true;
    b->dirty_letters -= letter->is_dirty;
    letter->is_dirty = false;
    if (!is_retained)
        return PX_OK;
    /* in order of their positions: of two for one topic the later one holds */
    PX_TRY(pxi_retain(b, letter->tenant, r.topic, letter, ret_err));
    b->dirty_letters -= letter->is_dirty;
    letter->is_dirty = false;
    return PX_OK;
}

/* Rows of messages that a crash left between two effects. */
static void drop_unused(px_broker *b)
{
    PX_VEC_EACH (&b->letters, letter)
        if (*letter && (*letter)->refs == 0)
            pxi_letter_unref(b, *letter);
}

px_status pxi_rows_load(px_broker *b, px_err *ret_err)
{
    px_store_reader *reader;
    px_status status;

    PX_TRY(px_store_reader_open(b->opts.store, &reader, ret_err));
    status =
        px_store_scan(reader, PX_TABLE_MESSAGE, PX_KEY_MIN, PX_KEY_MAX, load_letter, b, ret_err);
    if (status == PX_OK)
        status = px_store_scan(reader, PX_TABLE_SESSION, PX_KEY_MIN, PX_KEY_MAX, load_session, b,
                               ret_err);
    px_store_reader_close(reader);
    if (status == PX_OK)
        drop_unused(b);
    return status;
}

/* ---- writing ---- */

bool pxi_grave_add(px_broker *b, px_table table, uint32_t tenant, uint64_t no)
{
    px_grave grave = { table, { (int64_t)tenant, (int64_t)no, 0 } };

    return PX_VEC_PUSH(&b->graves, grave);
}

/* On the engine's thread. */
static void saved(px_writeback *writeback, px_status status)
{
    px_save *save = writeback->data;

    if (status != PX_OK)
        atomic_store(&save->has_failed, true);
    else
        atomic_fetch_add_explicit(&save->broker->saved_rows, save->ops.len, memory_order_relaxed);
    atomic_store_explicit(&save->is_flying, false, memory_order_release);
}

static bool has_place(const px_save *save)
{
    return save->ops.len < PX_WRITEBACK_OPS_MAX &&
           save->bodies.len < PX_WRITEBACK_BYTES_MAX - PX_FOLD_BYTES_MAX;
}

/* Bodies stand behind each other in one buffer, which may move: `body.len` is told now, the place
 * when all are there. */
static bool add_op(px_save *save, px_op op, size_t body_from)
{
    op.body.len = save->bodies.len - body_from;
    return save->bodies.status == PX_OK && PX_VEC_PUSH(&save->ops, op);
}

static bool add_letters(px_broker *b, px_save *save)
{
    for (size_t i = 0; i < b->letters.len && b->dirty_letters > 0; i++) {
        px_letter *letter = b->letters.ptr[i];
        size_t from = save->bodies.len;
        px_op op = { .kind = PX_OP_PUT, .table = PX_TABLE_MESSAGE };

        if (!letter || !letter->is_dirty)
            continue;
        if (!has_place(save))
            return true;
        op.key = (px_key){ letter->tenant, (int64_t)letter->seq, 0 };
        op.seq = letter->seq;
        px_put_letter_row(&save->bodies, &letter->record, letter->time, letter->is_retained);
        if (!add_op(save, op, from))
            return false;
        letter->is_dirty = false;
        letter->is_stored = true;
        b->dirty_letters--;
    }
    return true;
}

static bool add_sessions(px_broker *b, px_save *save)
{
    for (size_t i = 0; i < b->sessions.len && b->dirty_sessions > 0; i++) {
        px_session *s = b->sessions.ptr[i];
        size_t from = save->bodies.len;
        px_op op = { .kind = PX_OP_PUT, .table = PX_TABLE_SESSION };

        if (!s || !s->is_dirty)
            continue;
        if (!has_place(save))
            return true;
        op.key = (px_key){ s->tenant, (int64_t)s->no, 0 };
        op.seq = s->seq;
        put_session(&save->bodies, s);
        if (!add_op(save, op, from))
            return false;
        s->is_dirty = false;
        s->is_stored = true;
        b->dirty_sessions--;
    }
    return true;
}

/* Last: a message is gone only when no row refers to it. */
static bool add_graves(px_broker *b, px_save *save)
{
    if (b->dirty_sessions > 0)
        return true;
    while (b->graves.len > 0 && has_place(save)) {
        const px_grave *grave = &b->graves.ptr[b->graves.len - 1];
        px_op op = { .kind = PX_OP_DELETE, .table = grave->table, .key = grave->key };

        if (!add_op(save, op, save->bodies.len))
            return false;
        b->graves.len--;
    }
    return true;
}

static void place_bodies(px_save *save)
{
    const char *at = save->bodies.ptr;

    PX_VEC_EACH (&save->ops, op) {
        op->body.ptr = at;
        at += op->body.len;
    }
}

px_status pxi_rows_save(px_broker *b, bool is_last, px_err *ret_err)
{
    px_save *save = &b->save;
    uint64_t position = atomic_load(&b->position);
    bool is_clean;

    (void)is_last;
    if (atomic_load_explicit(&save->is_flying, memory_order_acquire))
        return PX_OK;
    if (atomic_load(&save->has_failed))
        return px_fail(ret_err, PX_IO, "the rows of sessions could not be written");
    if (b->dirty_letters + b->dirty_sessions + b->graves.len == 0 && position == b->saved_position)
        return PX_OK;
    save->ops.len = 0;
    px_buf_clear(&save->bodies);
    if (!add_letters(b, save) || !add_sessions(b, save) || !add_graves(b, save))
        return px_no_memory(ret_err);
    is_clean = b->dirty_letters + b->dirty_sessions + b->graves.len == 0;
    place_bodies(save);
    save->writeback = (px_writeback){ .consumer = PX_CONSUMER_BROKER,
                                      .cursor = is_clean ? position : 0,
                                      .effect = { "broker", save->ops.ptr, save->ops.len },
                                      .done = saved,
                                      .data = save };
    b->is_saving_all = !is_clean;
    if (is_clean)
        b->saved_position = position;
    atomic_store(&save->is_flying, true);
    px_engine_writeback(b->opts.engine, &save->writeback);
    return PX_OK;
}
