/* SPDX-License-Identifier: Apache-2.0 */
/* The way of bytes through the session, and its whole life. */
#include <stdio.h>

#include "base/mem.h"
#include "session_kit.h"

PX_TEST(what_only_servers_send_is_a_protocol_error)
{
    static const char *const packets[] = { "\x20\x02", "\x90\x03", "\xd0\x00", "\xb0\x03",
                                           "\xf0\x00" };

    for (size_t i = 0; i < sizeof(packets) / sizeof(*packets); i++) {
        px_mqtt_story st;

        story_open(&st, PX_MQTT_V5);
        px_put(&st.sent, px_str_of(packets[i], 2));
        px_put(&st.sent, px_str_of("\0\0\0", (size_t)packets[i][1]));
        px_mqtt_story_feed(&st);
        CHECK_OUT(&st, "\xe0\x01\x82");
        px_mqtt_story_end(&st);
    }
}

PX_TEST(an_oversized_packet_is_told_by_its_header)
{
    px_mqtt_story st;

    story_open(&st, PX_MQTT_V5);
    px_put(&st.sent, PX_STR("\x30\xfd\xff\x0f")); /* 256 KiB + 1 in all */
    px_mqtt_story_feed(&st);
    CHECK_OUT(&st, "\xe0\x01\x95");
    px_mqtt_story_end(&st);

    story_open(&st, PX_MQTT_V5);
    px_put(&st.sent, PX_STR("\x30\xfc\xff\x0f"));
    px_mqtt_story_feed(&st);
    CHECK(px_mqtt_session_is_open(st.session));
    px_mqtt_story_end(&st);
}

/* ---- any pieces give the same story ---- */

static void put_anything(px_gen *gen, px_mqtt_story *st, px_mqtt_version version)
{
    const px_mqtt_filter filter = { .text = PX_STR("a/#"), .qos = 2 };
    char payload[300];
    size_t len = px_gen_below(gen, sizeof(payload) - 1);

    memset(payload, 'p', len);
    payload[len] = '\0';
    switch (px_gen_below(gen, 14)) {
    case 0:
        px_mqtt_put_ping(&st->sent, PX_MQTT_PINGREQ);
        break;
    case 1:
        px_mqtt_put_subscribe(&st->sent, version, 1, &filter, 1, NO_PROPS);
        break;
    case 2:
        px_mqtt_put_unsubscribe(&st->sent, version, 1, &filter, 1);
        break;
    case 3:
        px_mqtt_put_ack(&st->sent, version, (px_mqtt_type)(PX_MQTT_PUBACK + px_gen_below(gen, 4)),
                        9, 0);
        break;
    case 4:
        if (px_gen_below(gen, 20) == 0)
            px_put(&st->sent, PX_STR("\x30\x01x"));
        break;
    case 5:
        put_qos_2(st, version, (uint16_t)(1 + px_gen_below(gen, 3)), px_gen_below(gen, 2) != 0);
        break;
    case 6:
        px_mqtt_put_ack(&st->sent, version, PX_MQTT_PUBREL, (uint16_t)(1 + px_gen_below(gen, 3)),
                        0);
        break;
    default:
        put_publish(st, version, "a/b", payload, (uint16_t)px_gen_below(gen, 3));
    }
}

/* Feeds in pieces of at most `piece_max` bytes; answers whenever the session stalls. */
static void feed_in_pieces(px_mqtt_story *st, px_str all, px_gen *gen, uint64_t piece_max)
{
    while (all.len > 0) {
        size_t piece = px_gen_below(gen, piece_max) + 1;

        piece = piece < all.len ? piece : all.len;
        px_mqtt_session_feed(st->session, px_str_of(all.ptr, piece), 0);
        all = px_str_skip(all, piece);
        while (px_mqtt_session_stalled(st->session))
            px_mqtt_session_resume(st->session, 0);
    }
}

PX_PROP(bytes_in_any_pieces_tell_the_same_story, 300)
{
    static const uint64_t pieces[] = { 1, 1u << 20, 5, 700 };
    px_mqtt_version version = px_gen_below(gen, 2) ? PX_MQTT_V5 : PX_MQTT_V311;
    px_mqtt_story writer, st;
    px_buf first_log = { 0 }, first_out = { 0 };

    px_mqtt_story_begin(&writer, NULL);
    put_connect(&writer, version, 0, NO_PROPS);
    for (uint64_t n = px_gen_below(gen, 40); n > 0; n--)
        put_anything(gen, &writer, version);
    for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
        px_mqtt_story_begin(&st, NULL);
        st.busy_every = i == 3 ? 3 : 0;
        feed_in_pieces(&st, px_buf_str(&writer.sent), gen, pieces[i]);
        if (i == 0) {
            px_put(&first_log, px_buf_str(&st.log));
            px_put(&first_out, px_mqtt_session_output(st.session));
        }
        CHECK(px_str_eq(px_buf_str(&st.log), px_buf_str(&first_log)));
        CHECK(px_str_eq(px_mqtt_session_output(st.session), px_buf_str(&first_out)));
        px_mqtt_story_end(&st);
    }
    px_mqtt_story_end(&writer);
    px_buf_release(&first_log);
    px_buf_release(&first_out);
}

PX_TEST(a_failed_request_for_memory_ends_the_session_or_is_made_up_for)
{
    bool is_through = false;

    for (uint64_t n = 1; !is_through; n++) {
        px_str packet = PX_STR("\x30\x07\0\1t\3\x23\0\1");
        px_mqtt_story st;

        story_open(&st, PX_MQTT_V5);
        px_buf_reserve(&st.log, 4096); /* the recorder shall not be the one that fails */
        px_mem_requests();
        px_mem_fail_nth(n);
        for (size_t i = 0; i < packet.len; i++)
            px_mqtt_session_feed(st.session, px_str_of(packet.ptr + i, 1), 0);
        for (int i = 0; i < 120; i++)
            (void)deliver(&st, 1, PX_STR("x"));
        is_through = px_mem_requests() < n;
        px_mem_fail_nth(0);
        CHECK_EQ(px_mqtt_session_is_open(st.session), is_through);
        CHECK(n < 100);
        px_mqtt_story_end(&st);
    }
}

/* One of everything that takes memory: answers, ids, aliases both ways, filters, window, queue. */
static void live(px_mqtt_story *st)
{
    px_mqtt_publish m = { .topic = PX_STR("plant/a"), .payload = PX_STR("x"), .packet_id = 1 };
    const px_mqtt_filter filter = { .text = PX_STR("$share/g/a"), .qos = 2 };

    put_publish(st, PX_MQTT_V5, "a", "1", 1);
    put_qos_2(st, PX_MQTT_V5, 2, false);
    px_mqtt_put_subscribe(&st->sent, PX_MQTT_V5, 5, &filter, 1, NO_PROPS);
    px_mqtt_story_feed(st);
    for (m.qos = 1; m.qos <= 2; m.qos++, m.packet_id++)
        (void)px_mqtt_session_deliver(st->session, &m);
    (void)deliver(st, 1, PX_STR("x"));
    (void)deliver(st, 2, PX_STR("y"));
    px_mqtt_session_release(st->session, 9);
}

PX_TEST(memory_that_is_missing_anywhere_ends_the_session_or_is_made_up_for)
{
    bool is_through = false;

    for (uint64_t n = 1; !is_through; n++) {
        px_mqtt_story st;

        story_open_with(&st, PX_STR("\x21\0\2\x22\0\2"));
        px_buf_reserve(&st.log, 4096); /* the recorder shall not be the one that fails */
        px_buf_reserve(&st.sent, 4096);
        px_mem_requests();
        px_mem_fail_nth(n);
        live(&st);
        is_through = px_mem_requests() < n;
        px_mem_fail_nth(0);
        CHECK(!is_through || px_mqtt_session_is_open(st.session));
        CHECK(n < 100);
        px_mqtt_story_end(&st);
    }
}

PX_TEST_MAIN()
