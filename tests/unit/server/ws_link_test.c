/* SPDX-License-Identifier: Apache-2.0 */
#include "server/ws_link.h"

#include "base/buf.h"
#include "base/limits.h"
#include "base/mem.h"
#include "px_test.h"

enum {
    TEXT = 1,
    BINARY = 2,
    CLOSE = 8,
    PING = 9,
    PONG = 10,
    FIN = 0x80,
    MASKED = 0x80,
    BYTES_MAX = 2 * PX_WS_FRAME_BYTES_MAX,
};

/* ---- a client's frames ---- */

static void put_length(px_buf *wire, size_t size, unsigned masked)
{
    char length[9] = { (char)(masked | (size < 126 ? size : size < 65536 ? 126 : 127)) };
    size_t count = size < 126 ? 0 : size < 65536 ? 2 : 8;

    for (size_t i = 0; i < count; i++)
        length[1 + i] = (char)(size >> 8 * (count - 1 - i));
    px_put(wire, px_str_of(length, 1 + count));
}

static void put_frame(px_buf *wire, unsigned first, px_str payload)
{
    static const char mask[4] = { 0x37, (char)0xfa, 0x21, 0x3d };
    char first_byte = (char)first;

    px_put(wire, px_str_of(&first_byte, 1));
    put_length(wire, payload.len, MASKED);
    px_put(wire, px_str_of(mask, 4));
    for (size_t i = 0; i < payload.len; i++) {
        char byte = (char)(payload.ptr[i] ^ mask[i % 4]);

        px_put(wire, px_str_of(&byte, 1));
    }
    CHECK_EQ(wire->status, PX_OK);
}

/* What comes out when `wire` comes in `piece` bytes at a time. */
static void take_all(px_ws_link *ws, px_str wire, size_t piece, px_buf *got)
{
    char *bytes = px_alloc(piece);

    while (wire.len > 0) {
        size_t size = piece < wire.len ? piece : wire.len;

        memcpy(bytes, wire.ptr, size);
        px_put(got, px_str_of(bytes, px_ws_link_take(ws, bytes, size)));
        wire = px_str_skip(wire, size);
    }
    px_free(bytes);
}

/* All that is to be sent while the socket takes `piece` bytes at a time. */
static void send_all(px_ws_link *ws, px_str output, size_t piece, px_buf *sent)
{
    for (;;) {
        px_ws_offer offer = px_ws_link_offer(ws, output);
        size_t head = offer.head.len < piece ? offer.head.len : piece;
        size_t body = offer.body.len < piece - head ? offer.body.len : piece - head;

        if (head + body == 0)
            return;
        px_put(sent, px_str_of(offer.head.ptr, head));
        px_put(sent, px_str_of(offer.body.ptr, body));
        output = px_str_skip(output, px_ws_link_sent(ws, head + body));
    }
}

static void check_bytes(const px_buf *buf, px_str wanted)
{
    px_check_slice(px_buf_str(buf), wanted, __FILE__, __LINE__);
}

typedef struct story {
    px_ws_link *ws;
    px_buf wire, got, sent;
} story;

static void begin(story *st)
{
    *st = (story){ .ws = px_ws_link_new() };
    CHECK(st->ws);
    px_buf_init(&st->wire, 2 * BYTES_MAX);
    px_buf_init(&st->got, BYTES_MAX);
    px_buf_init(&st->sent, BYTES_MAX);
}

static void end(story *st)
{
    px_ws_link_free(st->ws);
    px_buf_release(&st->wire);
    px_buf_release(&st->got);
    px_buf_release(&st->sent);
}

static void hear(story *st)
{
    take_all(st->ws, px_buf_str(&st->wire), 64, &st->got);
    px_buf_clear(&st->wire);
    send_all(st->ws, PX_STR(""), 64, &st->sent);
}

/* ---- coming in ---- */

PX_TEST(frames_give_the_same_bytes_however_they_are_chopped)
{
    static const size_t pieces[] = { 1, 2, 3, 7, 64, 4096, 65536 };

    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        story st;
        px_buf said;

        begin(&st);
        px_buf_init(&said, BYTES_MAX);
        for (size_t n = 0; n < 300; n++) {
            char bytes[700];

            for (size_t b = 0; b < sizeof(bytes); b++)
                bytes[b] = (char)(n * 31 + b);
            put_frame(&st.wire, FIN | BINARY, px_str_of(bytes, n * 7 % sizeof(bytes)));
            px_put(&said, px_str_of(bytes, n * 7 % sizeof(bytes)));
            put_frame(&st.wire, FIN | (n % 2 ? PING : PONG), px_str_of(bytes, n % 126));
        }
        take_all(st.ws, px_buf_str(&st.wire), pieces[i], &st.got);
        CHECK_EQ(px_ws_link_state(st.ws), PX_WS_OPEN);
        check_bytes(&st.got, px_buf_str(&said));
        px_buf_release(&said);
        end(&st);
    }
}

/* MQTT's packets lie in messages as they like, and a ping may stand between two fragments. */
PX_TEST(fragments_are_one_stream)
{
    story st;

    begin(&st);
    put_frame(&st.wire, BINARY, PX_STR("ab"));
    put_frame(&st.wire, 0, PX_STR(""));
    put_frame(&st.wire, FIN | PING, PX_STR("now"));
    put_frame(&st.wire, 0, PX_STR("c"));
    put_frame(&st.wire, FIN, PX_STR("de"));
    put_frame(&st.wire, FIN | BINARY, PX_STR("f"));
    hear(&st);
    CHECK_EQ(px_ws_link_state(st.ws), PX_WS_OPEN);
    check_bytes(&st.got, PX_STR("abcdef"));
    check_bytes(&st.sent, PX_STR("\x8a\3now"));
    end(&st);
}

/* What a client may not send: the code of our Close. */
static void check_refused(unsigned first, px_str payload, px_str sent)
{
    story st;

    begin(&st);
    put_frame(&st.wire, first, payload);
    hear(&st);
    CHECK_EQ(px_ws_link_state(st.ws), PX_WS_BROKEN);
    CHECK_EQ(st.got.len, 0);
    check_bytes(&st.sent, sent);
    CHECK(!px_ws_link_is_over(st.ws));
    put_frame(&st.wire, FIN | BINARY, PX_STR("more"));
    hear(&st);
    CHECK_EQ(st.got.len, 0);
    check_bytes(&st.sent, sent);
    end(&st);
}

PX_TEST(what_the_rfc_forbids_is_refused_with_its_code)
{
    static char long_ping[126];

    check_refused(FIN | TEXT, PX_STR("text"), PX_STR("\x88\2\x03\xeb"));
    check_refused(FIN, PX_STR("goes on from nothing"), PX_STR("\x88\2\x03\xea"));
    check_refused(FIN | 3, PX_STR("reserved"), PX_STR("\x88\2\x03\xea"));
    check_refused(FIN | 11, PX_STR("reserved"), PX_STR("\x88\2\x03\xea"));
    check_refused(FIN | 0x40 | BINARY, PX_STR("compressed"), PX_STR("\x88\2\x03\xea"));
    check_refused(PING, PX_STR("in parts"), PX_STR("\x88\2\x03\xea"));
    check_refused(FIN | PING, px_str_of(long_ping, sizeof(long_ping)), PX_STR("\x88\2\x03\xea"));
    check_refused(FIN | CLOSE, PX_STR("x"), PX_STR("\x88\2\x03\xea"));
    check_refused(FIN | CLOSE, PX_STR("\x03\xed"), PX_STR("\x88\2\x03\xea"));
}

PX_TEST(a_message_that_begins_inside_another_is_refused)
{
    story st;

    begin(&st);
    put_frame(&st.wire, BINARY, PX_STR("ab"));
    put_frame(&st.wire, FIN | BINARY, PX_STR("c"));
    hear(&st);
    CHECK_EQ(px_ws_link_state(st.ws), PX_WS_BROKEN);
    check_bytes(&st.got, PX_STR("ab"));
    end(&st);
}

PX_TEST(bytes_without_a_mask_are_refused)
{
    story st;

    begin(&st);
    px_put(&st.wire, PX_STR("\x82\3abc"));
    hear(&st);
    CHECK_EQ(px_ws_link_state(st.ws), PX_WS_BROKEN);
    CHECK_EQ(st.got.len, 0);
    check_bytes(&st.sent, PX_STR("\x88\2\x03\xea"));
    end(&st);
}

/* A head alone, and one byte of what it announces: the size is judged, not waited for. */
PX_TEST(a_frame_has_a_limit)
{
    char *bytes = px_zalloc(1, PX_WS_FRAME_BYTES_MAX);
    story st;

    begin(&st);
    put_frame(&st.wire, FIN | BINARY, px_str_of(bytes, PX_WS_FRAME_BYTES_MAX));
    hear(&st);
    CHECK_EQ(px_ws_link_state(st.ws), PX_WS_OPEN);
    CHECK_EQ(st.got.len, PX_WS_FRAME_BYTES_MAX);
    px_put(&st.wire, PX_STR("\x82"));
    put_length(&st.wire, PX_WS_FRAME_BYTES_MAX + 1, MASKED);
    px_put(&st.wire, PX_STR("maskx"));
    hear(&st);
    CHECK_EQ(px_ws_link_state(st.ws), PX_WS_BROKEN);
    CHECK_EQ(st.got.len, PX_WS_FRAME_BYTES_MAX);
    check_bytes(&st.sent, PX_STR("\x88\2\x03\xf1"));
    end(&st);
    px_free(bytes);
}

/* ---- control ---- */

PX_TEST(of_pings_that_wait_the_newest_is_answered)
{
    story st;

    begin(&st);
    for (int i = 0; i < 1000; i++)
        put_frame(&st.wire, FIN | PING, PX_STR("old"));
    put_frame(&st.wire, FIN | PING, PX_STR("newest"));
    take_all(st.ws, px_buf_str(&st.wire), 64, &st.got);
    CHECK(px_ws_link_has_own(st.ws));
    send_all(st.ws, PX_STR(""), 64, &st.sent);
    check_bytes(&st.sent, PX_STR("\x8a\6newest"));
    CHECK(!px_ws_link_has_own(st.ws));
    end(&st);
}

PX_TEST(a_close_is_answered_with_its_code)
{
    story st;

    begin(&st);
    put_frame(&st.wire, FIN | BINARY, PX_STR("last"));
    put_frame(&st.wire, FIN | CLOSE, PX_STR("\x03\xe9going"));
    put_frame(&st.wire, FIN | BINARY, PX_STR("too late"));
    hear(&st);
    CHECK_EQ(px_ws_link_state(st.ws), PX_WS_CLOSED);
    check_bytes(&st.got, PX_STR("last"));
    check_bytes(&st.sent, PX_STR("\x88\2\x03\xe9"));
    CHECK(px_ws_link_is_over(st.ws));
    end(&st);
}

PX_TEST(a_close_without_a_code_is_answered_as_normal)
{
    story st;

    begin(&st);
    put_frame(&st.wire, FIN | CLOSE, PX_STR(""));
    hear(&st);
    check_bytes(&st.sent, PX_STR("\x88\2\x03\xe8"));
    CHECK(px_ws_link_is_over(st.ws));
    end(&st);
}

PX_TEST(our_close_goes_behind_what_is_to_be_said_and_waits_for_theirs)
{
    story st;

    begin(&st);
    px_ws_link_close(st.ws, PX_WS_GOING_AWAY);
    px_ws_link_close(st.ws, PX_WS_NORMAL); /* the first code stays */
    send_all(st.ws, PX_STR("bye"), 2, &st.sent);
    check_bytes(&st.sent, PX_STR("\x82\3bye\x88\2\x03\xe9"));
    CHECK(!px_ws_link_is_over(st.ws));
    put_frame(&st.wire, FIN | BINARY, PX_STR("crossed it on the way"));
    put_frame(&st.wire, FIN | CLOSE, PX_STR("\x03\xe9"));
    hear(&st);
    CHECK(px_ws_link_is_over(st.ws));
    send_all(st.ws, PX_STR("nothing follows"), 64, &st.sent);
    check_bytes(&st.sent, PX_STR("\x82\3bye\x88\2\x03\xe9"));
    end(&st);
}

/* ---- going out ---- */

PX_TEST(output_goes_in_frames_however_little_the_socket_takes)
{
    static const size_t sizes[] = { 1, 125, 126, 0xFFFF };
    char *bytes = px_alloc(0xFFFF + 10);

    memset(bytes, 'x', 0xFFFF + 10);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        for (size_t piece = 1; piece < 200000; piece = piece * 7 + 1) {
            story st;
            size_t head = sizes[i] < 126 ? 2 : 4;

            begin(&st);
            send_all(st.ws, px_str_of(bytes, sizes[i]), piece, &st.sent);
            CHECK_EQ(st.sent.len, head + sizes[i]);
            CHECK_EQ(st.sent.ptr[0], (char)0x82);
            CHECK_EQ((unsigned char)st.sent.ptr[1], head == 2 ? sizes[i] : 126);
            if (head == 4)
                CHECK_EQ((unsigned char)st.sent.ptr[2] << 8 | (unsigned char)st.sent.ptr[3],
                         sizes[i]);
            end(&st);
        }
    px_free(bytes);
}

PX_TEST(more_than_a_frame_goes_in_several)
{
    char *bytes = px_zalloc(1, 0xFFFF + 10);
    story st;

    begin(&st);
    send_all(st.ws, px_str_of(bytes, 0xFFFF + 10), 1 << 20, &st.sent);
    CHECK_EQ(st.sent.len, 4 + 0xFFFF + 2 + 10);
    px_check_slice(px_str_of(st.sent.ptr + 4 + 0xFFFF, 2), PX_STR("\x82\x0a"), __FILE__, __LINE__);
    end(&st);
    px_free(bytes);
}

/* An answer to a ping waits for the end of the frame that is under way. */
PX_TEST(control_goes_between_two_frames)
{
    story st;
    px_ws_offer offer;

    begin(&st);
    offer = px_ws_link_offer(st.ws, PX_STR("abc"));
    CHECK_EQ(offer.head.len, 2);
    CHECK_EQ(px_ws_link_sent(st.ws, 3), 1); /* the head, and 'a' */
    put_frame(&st.wire, FIN | PING, PX_STR("?"));
    take_all(st.ws, px_buf_str(&st.wire), 64, &st.got);
    send_all(st.ws, PX_STR("bcdef"), 64, &st.sent);
    check_bytes(&st.sent, PX_STR("bc\x8a\1?\x82\3def"));
    end(&st);
}

PX_TEST_MAIN()
