/* SPDX-License-Identifier: Apache-2.0 */
/* Records: what is written is read, and nothing that is cut short, too long or cannot be. */
#include <stdio.h>

#include "broker/record.h"
#include "px_test.h"

enum { ARENA_BYTES_MAX = 1 << 20 };

static const px_peer peer = { 0x1122334455667788, 0x99 };

static px_letter_record a_letter(px_gen *gen)
{
    return (px_letter_record){ .topic = PX_STR("plant/7/heat"),
                               .payload = px_gen_below(gen, 2) ? PX_STR("21.5") : PX_STR(""),
                               .props = px_gen_below(gen, 2) ? PX_STR("\x01\x01") : PX_STR(""),
                               .expires = px_gen_below(gen, 2)
                                              ? PX_TIME_NONE
                                              : (px_time)px_gen_below(gen, INT64_C(1) << 60),
                               .qos = (uint8_t)px_gen_below(gen, 3),
                               .retain = px_gen_below(gen, 2) };
}

static void same_letter(const px_letter_record *a, const px_letter_record *b)
{
    CHECK(px_str_eq(a->payload, b->payload) && px_str_eq(a->props, b->props));
    CHECK(a->expires == b->expires && a->qos == b->qos && a->retain == b->retain);
}

/* ---- each kind: written, read, compared; and the reader for the cuts ---- */

static px_status read_open(px_str bytes, px_arena *arena)
{
    px_open_record r;

    return px_get_open(bytes, arena, &r, NULL);
}

PX_PROP(an_opened_session_comes_back, 200)
{
    px_str dropped[] = { PX_STR("a/#"), PX_STR("b") };
    px_open_record in = { .peer = peer,
                          .scope = (uint32_t)px_gen_u64(gen),
                          .expiry_s = (uint32_t)px_gen_u64(gen),
                          .clean = px_gen_below(gen, 2),
                          .has_will = px_gen_below(gen, 2),
                          .credential = PX_STR("key-1"),
                          .dropped = dropped,
                          .dropped_count = px_gen_below(gen, 3) },
                   out;
    px_buf buf = { 0 };
    px_arena arena;
    px_err err;

    in.will = (px_will_record){ a_letter(gen), (uint32_t)px_gen_u64(gen), 7 };
    px_arena_init(&arena, ARENA_BYTES_MAX);
    px_put_open(&buf, &in);
    CHECK_OK(px_get_open(px_buf_str(&buf), &arena, &out, &err), &err);
    CHECK(out.peer.boot == peer.boot && out.peer.conn == peer.conn);
    CHECK(out.scope == in.scope && out.expiry_s == in.expiry_s && out.clean == in.clean);
    CHECK_SLICE(out.credential, "key-1");
    CHECK_EQ(out.has_will, in.has_will);
    if (in.has_will) {
        same_letter(&out.will.letter, &in.will.letter);
        CHECK_SLICE(out.will.letter.topic, "plant/7/heat");
        CHECK(out.will.delay_s == in.will.delay_s && out.will.expiry_s == 7);
    }
    CHECK_EQ(out.dropped_count, in.dropped_count);
    for (size_t i = 0; i < out.dropped_count; i++)
        CHECK(px_str_eq(out.dropped[i], dropped[i]));
    px_buf_release(&buf);
    px_arena_release(&arena);
}

static px_status read_close(px_str bytes, px_arena *arena)
{
    px_close_record r;

    (void)arena;
    return px_get_close(bytes, &r, NULL);
}

PX_PROP(a_closed_session_comes_back, 50)
{
    px_close_record in = { peer, px_gen_below(gen, 2), px_gen_below(gen, 2),
                           (uint32_t)px_gen_u64(gen) },
                    out;
    px_buf buf = { 0 };
    px_err err;

    px_put_close(&buf, &in);
    CHECK_OK(px_get_close(px_buf_str(&buf), &out, &err), &err);
    CHECK(out.peer.conn == peer.conn && out.with_will == in.with_will &&
          out.has_expiry == in.has_expiry && out.expiry_s == in.expiry_s);
    px_buf_release(&buf);
}

static px_status read_filters(px_str bytes, px_arena *arena)
{
    px_filters_record r;

    return px_get_filters(bytes, arena, &r, NULL);
}

static px_filter_record a_filter(px_gen *gen)
{
    px_filter_record f = { .text = PX_STR("a/+/#"),
                           .share = px_gen_below(gen, 2) ? PX_STR("crew") : PX_STR(""),
                           .id = (uint32_t)px_gen_u64(gen),
                           .qos = (uint8_t)px_gen_below(gen, 3),
                           .retain_handling = (uint8_t)px_gen_below(gen, 3),
                           .no_local = px_gen_below(gen, 2),
                           .retain_as_published = px_gen_below(gen, 2) };

    if (px_gen_below(gen, 4) > 0)
        return f;
    return (px_filter_record){ .text = PX_STR(""), .share = PX_STR(""), .reason = 0x8F };
}

PX_PROP(subscriptions_come_back, 200)
{
    px_filter_record filters[3] = { a_filter(gen), a_filter(gen), a_filter(gen) };
    px_filters_record in = { peer, (uint16_t)px_gen_u64(gen), filters, px_gen_below(gen, 4) }, out;
    px_buf buf = { 0 };
    px_arena arena;
    px_err err;

    px_arena_init(&arena, ARENA_BYTES_MAX);
    px_put_filters(&buf, &in);
    CHECK_OK(px_get_filters(px_buf_str(&buf), &arena, &out, &err), &err);
    CHECK(out.packet_id == in.packet_id && out.count == in.count);
    for (size_t i = 0; i < in.count; i++) {
        const px_filter_record *a = &filters[i], *b = &out.filters[i];

        CHECK(px_str_eq(a->text, b->text) && px_str_eq(a->share, b->share) && a->id == b->id);
        CHECK(a->qos == b->qos && a->retain_handling == b->retain_handling &&
              a->reason == b->reason && a->no_local == b->no_local &&
              a->retain_as_published == b->retain_as_published);
    }
    px_buf_release(&buf);
    px_arena_release(&arena);
}

static px_status read_receipt(px_str bytes, px_arena *arena)
{
    px_receipt_record r;

    (void)arena;
    return px_get_receipt(bytes, &r, NULL);
}

PX_TEST(receipts_come_back)
{
    for (int kind = 0; kind < PX_RECEIPT_KINDS; kind++) {
        px_receipt_record in = { peer, (px_receipt_kind)kind, 65535 }, out;
        px_buf buf = { 0 };
        px_err err;

        px_put_receipt(&buf, &in);
        CHECK_OK(px_get_receipt(px_buf_str(&buf), &out, &err), &err);
        CHECK(out.kind == in.kind && out.packet_id == 65535 && out.peer.boot == peer.boot);
        px_buf_release(&buf);
    }
}

static px_status read_acks(px_str bytes, px_arena *arena)
{
    px_ack_record *acks;
    size_t count;

    return px_get_acks(bytes, arena, &acks, &count, NULL);
}

PX_PROP(acknowledgements_come_back, 50)
{
    px_ack_record in[3] = { { px_gen_u64(gen), 1, true }, { 7, 32767, false }, { 0, 2, true } };
    px_ack_record *out;
    size_t count = px_gen_below(gen, 4), got;
    px_buf buf = { 0 };
    px_arena arena;
    px_err err;

    px_arena_init(&arena, ARENA_BYTES_MAX);
    px_put_acks(&buf, in, count);
    CHECK_OK(px_get_acks(px_buf_str(&buf), &arena, &out, &got, &err), &err);
    CHECK_EQ(got, count);
    for (size_t i = 0; i < count; i++)
        CHECK(out[i].session == in[i].session && out[i].packet_id == in[i].packet_id &&
              out[i].is_received == in[i].is_received);
    px_buf_release(&buf);
    px_arena_release(&arena);
}

static px_status read_message(px_str bytes, px_arena *arena)
{
    px_message_record r;

    return px_get_message(bytes, arena, &r, NULL);
}

PX_PROP(a_message_comes_back_with_its_copies, 200)
{
    uint32_t ids[] = { 1, UINT32_MAX };
    px_copy_record copies[2] = {
        { px_gen_u64(gen), px_gen_below(gen, 2), true, 2, ids, px_gen_below(gen, 3) },
        { 9, false, false, 0, NULL, 0 },
    };
    px_message_record in = { peer, (uint16_t)px_gen_u64(gen), a_letter(gen), copies,
                             px_gen_below(gen, 3) },
                      out;
    px_buf buf = { 0 };
    px_arena arena;
    px_err err;

    px_arena_init(&arena, ARENA_BYTES_MAX);
    px_put_message(&buf, &in);
    CHECK_OK(px_get_message(px_buf_str(&buf), &arena, &out, &err), &err);
    CHECK(out.packet_id == in.packet_id && out.copy_count == in.copy_count);
    same_letter(&out.letter, &in.letter);
    for (size_t i = 0; i < in.copy_count; i++) {
        CHECK(out.copies[i].to == copies[i].to && out.copies[i].qos == copies[i].qos &&
              out.copies[i].is_conn == copies[i].is_conn &&
              out.copies[i].retain == copies[i].retain);
        CHECK_EQ(out.copies[i].id_count, copies[i].id_count);
        for (size_t k = 0; k < copies[i].id_count; k++)
            CHECK_EQ(out.copies[i].ids[k], ids[k]);
    }
    px_buf_release(&buf);
    px_arena_release(&arena);
}

static px_status read_letter_row(px_str bytes, px_arena *arena)
{
    px_letter_record r;
    px_time time;
    bool is_retained;

    (void)arena;
    return px_get_letter_row(bytes, &r, &time, &is_retained, NULL);
}

PX_PROP(a_row_of_a_message_comes_back, 100)
{
    px_letter_record in = a_letter(gen), out;
    px_time time;
    bool is_retained;
    px_buf buf = { 0 };
    px_err err;

    px_put_letter_row(&buf, &in, 77, true);
    CHECK_OK(px_get_letter_row(px_buf_str(&buf), &out, &time, &is_retained, &err), &err);
    CHECK_SLICE(out.topic, "plant/7/heat");
    same_letter(&out, &in);
    CHECK(time == 77 && is_retained);
    px_buf_release(&buf);
}

/* ---- what is refused ---- */

typedef px_status (*reader)(px_str bytes, px_arena *arena);

/* One record of each kind, as full as it gets. */
static reader write_one(px_gen *gen, int kind, px_buf *buf)
{
    px_str dropped[] = { PX_STR("a/#") };
    px_filter_record filters[2] = { a_filter(gen), a_filter(gen) };
    px_ack_record acks[2] = { { 300, 1, true }, { 301, 2, false } };
    uint32_t ids[] = { 1, 300 };
    px_copy_record copies[2] = { { 300, false, true, 2, ids, 2 }, { 9, true, false, 0, NULL, 0 } };
    px_letter_record letter = a_letter(gen);
    px_will_record will = { letter, 300, 7 };

    switch (kind) {
    case 0:
        px_put_open(
            buf, &(px_open_record){ peer, 300, 300, true, true, PX_STR("key"), will, dropped, 1 });
        return read_open;
    case 1:
        px_put_close(buf, &(px_close_record){ peer, true, true, 300 });
        return read_close;
    case 2:
        px_put_filters(buf, &(px_filters_record){ peer, 300, filters, 2 });
        return read_filters;
    case 3:
        px_put_receipt(buf, &(px_receipt_record){ peer, PX_RECEIPT_CAME, 300 });
        return read_receipt;
    case 4:
        px_put_acks(buf, acks, 2);
        return read_acks;
    case 5:
        px_put_message(buf, &(px_message_record){ peer, 300, letter, copies, 2 });
        return read_message;
    default:
        px_put_letter_row(buf, &letter, 77, true);
        return read_letter_row;
    }
}

PX_PROP(every_truncation_is_refused_and_so_is_a_byte_too_much, 20)
{
    for (int kind = 0; kind < 7; kind++) {
        px_buf buf = { 0 };
        reader read = write_one(gen, kind, &buf);
        px_arena arena;

        px_arena_init(&arena, ARENA_BYTES_MAX);
        CHECK_EQ(read(px_buf_str(&buf), &arena), PX_OK);
        for (size_t len = 0; len < buf.len; len++)
            CHECK_EQ(read(px_str_of(buf.ptr, len), &arena), PX_CORRUPT);
        px_put_u8(&buf, 0);
        CHECK_EQ(read(px_buf_str(&buf), &arena), PX_CORRUPT);
        px_buf_release(&buf);
        px_arena_release(&arena);
    }
}

/* Whatever one flipped bit makes of it is a record or is refused, and nothing is read beyond. */
PX_PROP(a_flipped_bit_is_read_or_refused, 200)
{
    px_buf buf = { 0 };
    reader read = write_one(gen, (int)px_gen_below(gen, 7), &buf);
    size_t at = px_gen_below(gen, buf.len);
    px_status status;
    px_arena arena;

    px_arena_init(&arena, ARENA_BYTES_MAX);
    buf.ptr[at] = (char)(buf.ptr[at] ^ (1 << px_gen_below(gen, 8)));
    status = read(px_buf_str(&buf), &arena);
    CHECK(status == PX_OK || status == PX_CORRUPT || status == PX_UNSUPPORTED);
    px_buf_release(&buf);
    px_arena_release(&arena);
}

PX_TEST(a_row_of_a_newer_release_is_told_apart)
{
    px_letter_record r = { .topic = PX_STR("t"), .expires = PX_TIME_NONE };
    px_buf buf = { 0 };
    px_time time;
    bool is_retained;
    px_err err;

    px_put_letter_row(&buf, &r, 1, false);
    buf.ptr[0] = 2;
    CHECK_EQ(px_get_letter_row(px_buf_str(&buf), &r, &time, &is_retained, &err), PX_UNSUPPORTED);
    CHECK(strstr(err.text, "a newer release wrote this file") != NULL);
    buf.ptr[0] = 0;
    CHECK_EQ(px_get_letter_row(px_buf_str(&buf), &r, &time, &is_retained, &err), PX_CORRUPT);
    px_buf_release(&buf);
}

PX_TEST(topics_and_filters_that_cannot_be_are_refused)
{
    px_letter_record r = { .topic = PX_STR("a/+"), .expires = PX_TIME_NONE };
    px_filter_record f = { .text = PX_STR("a/#/b"), .share = PX_STR("") };
    px_filters_record filters = { peer, 1, &f, 1 };
    px_buf buf = { 0 };
    px_arena arena;

    px_arena_init(&arena, ARENA_BYTES_MAX);
    px_put_letter_row(&buf, &r, 1, false);
    CHECK_EQ(read_letter_row(px_buf_str(&buf), &arena), PX_CORRUPT);
    px_buf_clear(&buf);
    px_put_filters(&buf, &filters);
    CHECK_EQ(read_filters(px_buf_str(&buf), &arena), PX_CORRUPT);
    px_buf_release(&buf);
    px_arena_release(&arena);
}

PX_TEST(moments_go_up_to_where_seconds_can_be_added)
{
    px_buf buf = { 0 };
    px_cut cut;

    px_put_moment(&buf, (px_time)PX_MOMENT_MAX - 1);
    cut = px_cut_of(px_buf_str(&buf));
    CHECK(px_get_moment(&cut) == (px_time)PX_MOMENT_MAX - 1 && !cut.bad);
    px_buf_clear(&buf);
    px_put_moment(&buf, (px_time)PX_MOMENT_MAX);
    cut = px_cut_of(px_buf_str(&buf));
    (void)px_get_moment(&cut);
    CHECK(cut.bad);
    px_buf_clear(&buf);
    px_put_moment(&buf, PX_TIME_NONE);
    CHECK_EQ(buf.len, 1);
    px_buf_release(&buf);
}

PX_TEST_MAIN()
