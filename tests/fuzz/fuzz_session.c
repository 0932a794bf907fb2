/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records and rows of MQTT sessions from bytes that somebody else wrote. The first byte chooses:
 * the record of one kind of event, or rows that a start reads. What is taken is written again, and
 * that is taken too; what is not is malformed, or of a newer release.
 */
#include "broker/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA_BYTES_MAX = 1 << 20, ROWS_MAX = 64 };

static bool is_taken(px_status status)
{
    px_assert(status == PX_OK || status == PX_CORRUPT || status == PX_UNSUPPORTED ||
              status == PX_LIMIT);
    return status == PX_OK;
}

/* ---- records ---- */

static void read_open(px_str bytes, px_arena *arena, px_buf *again)
{
    px_open_record r;

    if (is_taken(px_get_open(bytes, arena, &r, NULL))) {
        px_put_open(again, &r);
        px_assert(px_get_open(px_buf_str(again), arena, &r, NULL) == PX_OK);
    }
}

static void read_close(px_str bytes, px_arena *arena, px_buf *again)
{
    px_close_record r;

    (void)arena;
    if (is_taken(px_get_close(bytes, &r, NULL))) {
        px_put_close(again, &r);
        px_assert(px_get_close(px_buf_str(again), &r, NULL) == PX_OK);
    }
}

static void read_filters(px_str bytes, px_arena *arena, px_buf *again)
{
    px_filters_record r;

    if (is_taken(px_get_filters(bytes, arena, &r, NULL))) {
        px_put_filters(again, &r);
        px_assert(px_get_filters(px_buf_str(again), arena, &r, NULL) == PX_OK);
    }
}

static void read_receipt(px_str bytes, px_arena *arena, px_buf *again)
{
    px_receipt_record r;

    (void)arena;
    if (is_taken(px_get_receipt(bytes, &r, NULL))) {
        px_assert(r.kind < PX_RECEIPT_KINDS);
        px_put_receipt(again, &r);
        px_assert(px_get_receipt(px_buf_str(again), &r, NULL) == PX_OK);
    }
}

static void read_acks(px_str bytes, px_arena *arena, px_buf *again)
{
    px_ack_record *acks;
    size_t count;

    if (is_taken(px_get_acks(bytes, arena, &acks, &count, NULL))) {
        px_put_acks(again, acks, count);
        px_assert(px_get_acks(px_buf_str(again), arena, &acks, &count, NULL) == PX_OK);
    }
}

static void read_message(px_str bytes, px_arena *arena, px_buf *again)
{
    px_message_record r;

    if (is_taken(px_get_message(bytes, arena, &r, NULL))) {
        px_put_message(again, &r);
        px_assert(px_get_message(px_buf_str(again), arena, &r, NULL) == PX_OK);
    }
}

static void read_letter_row(px_str bytes, px_arena *arena, px_buf *again)
{
    px_letter_record r;
    px_time time;
    bool is_retained;

    (void)arena;
    if (is_taken(px_get_letter_row(bytes, &r, &time, &is_retained, NULL))) {
        px_put_letter_row(again, &r, time, is_retained);
        px_assert(px_get_letter_row(px_buf_str(again), &r, &time, &is_retained, NULL) == PX_OK);
    }
}

/* ---- rows ---- */

static px_broker *make_broker(void)
{
    px_broker *b = px_zalloc(1, sizeof(*b));

    px_assert(b != NULL);
    b->boot = 1;
    b->owed_tail = &b->owed;
    b->pending_tail = &b->pending;
    b->saved_position = UINT64_MAX;
    pthread_rwlock_init(&b->lock, NULL);
    pthread_mutex_init(&b->jobs_lock, NULL);
    pthread_mutex_init(&b->pending_lock, NULL);
    px_arena_init(&b->arena, ARENA_BYTES_MAX);
    return b;
}

static px_status load(px_broker *b, bool is_session, const px_fold *row)
{
    return is_session ? pxi_session_load(b, row, NULL) : pxi_letter_load(b, row, NULL);
}

static void write_again(px_broker *from)
{
    px_broker *to = make_broker();
    px_buf buf = { 0 };

    to->now = from->now;
    PX_VEC_EACH (&from->letters, l) {
        px_fold row = { .seq = *l ? (*l)->seq : 0 };

        if (!*l)
            continue;
        px_buf_clear(&buf);
        px_put_letter_row(&buf, &(*l)->record, (*l)->time, (*l)->is_retained);
        row.key = (px_key){ (*l)->tenant, (int64_t)(*l)->seq, 0 };
        row.body = px_buf_str(&buf);
        px_assert(pxi_letter_load(to, &row, NULL) == PX_OK);
    }
    PX_VEC_EACH (&from->sessions, s) {
        px_fold row = { .seq = *s ? (*s)->seq : 0 };

        if (!*s)
            continue;
        px_buf_clear(&buf);
        pxi_session_put_row(&buf, *s);
        row.key = (px_key){ (*s)->tenant, (int64_t)(*s)->no, 0 };
        row.body = px_buf_str(&buf);
        px_assert(pxi_session_load(to, &row, NULL) == PX_OK);
    }
    px_buf_release(&buf);
    px_broker_close(to);
}

/* tenant, number, position, which table, body; messages first, as a start reads them. */
static void read_rows(px_str bytes, px_arena *arena, px_buf *again)
{
    px_broker *b = make_broker();
    px_cut cut = px_cut_of(bytes);
    bool is_session = false;
    px_status status = PX_OK;

    (void)arena, (void)again;
    for (int i = 0; i < ROWS_MAX && px_cut_left(&cut) > 0 && status == PX_OK; i++) {
        px_fold row = { .seq = 0 };

        row.key.a = px_get_u8(&cut) % 2;
        row.key.b = i + 1; /* keys ascend, as in a table */
        row.seq = px_get_varint(&cut);
        is_session = is_session || (px_get_u8(&cut) & 1);
        row.body = px_get_block(&cut);
        if (cut.bad)
            break;
        status = load(b, is_session, &row);
        if (!is_taken(status))
            break;
    }
    if (status == PX_OK)
        write_again(b);
    pxi_letters_drop_unused(b);
    px_broker_close(b);
}

typedef void (*reader)(px_str bytes, px_arena *arena, px_buf *again);

static const reader readers[] = { read_open, read_close,   read_filters,    read_receipt,
                                  read_acks, read_message, read_letter_row, read_rows };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    px_cut cut = px_cut_of(px_str_of((const char *)data, size));
    uint8_t which = px_get_u8(&cut);
    px_buf again = { 0 };
    px_arena arena;

    px_arena_init(&arena, ARENA_BYTES_MAX);
    if (!cut.bad)
        readers[which % (sizeof(readers) / sizeof(*readers))](
            px_str_skip(px_str_of((const char *)data, size), 1), &arena, &again);
    px_buf_release(&again);
    px_arena_release(&arena);
    return 0;
}
