/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One session, hostile bytes. The first byte says how to cut them into pieces and how busy the
 * application is; whole and in pieces the same must happen. Then once more with an application that
 * answers everything late and delivers meanwhile, where only the session's own order is at stake:
 * whatever comes, it ends or goes on, within its memory.
 */
#include <stdlib.h>

#include "base/time.h"
#include "px_mqtt_story.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void play(px_mqtt_story *st, px_str bytes, size_t piece, unsigned busy_every)
{
    px_mqtt_story_begin(st, NULL);
    st->busy_every = busy_every;
    while (bytes.len > 0) {
        size_t len = piece < bytes.len ? piece : bytes.len;

        px_mqtt_session_feed(st->session, px_str_of(bytes.ptr, len), 0);
        while (px_mqtt_session_stalled(st->session))
            px_mqtt_session_resume(st->session, 0);
        (void)px_mqtt_session_deliver(
            st->session, &(px_mqtt_publish){ .topic = PX_STR("t"), .payload = PX_STR("p") });
        bytes = px_str_skip(bytes, len);
    }
    px_mqtt_session_tick(st->session, INT64_C(1) << 50);
}

static void compare(px_str bytes, size_t piece, unsigned busy_every)
{
    px_mqtt_story whole, pieces;

    play(&whole, bytes, bytes.len, 0);
    play(&pieces, bytes, piece, busy_every);
    if (!px_str_eq(px_buf_str(&whole.log), px_buf_str(&pieces.log)))
        abort();
    px_mqtt_story_end(&whole);
    px_mqtt_story_end(&pieces);
}

/* ---- late answers, and deliveries of every kind ---- */

static void deliver(px_mqtt_story *st, uint8_t how, int64_t now_ns)
{
    px_mqtt_publish m = { .topic = how & 0x40 ? PX_STR("long/topic") : PX_STR("t"),
                          .payload = PX_STR("p"),
                          .encoded_props = how & 0x20 ? PX_STR("\1\1") : (px_str){ NULL, 0 },
                          .qos = how % 3,
                          .retain = (how & 0x10) != 0,
                          .packet_id = how & 8 ? how : 0,
                          .expires_at_ns = how & 4 ? now_ns + (how & 3) * PX_SECOND : 0 };

    (void)px_mqtt_session_deliver(st->session, &m);
}

static void answer(px_mqtt_story *st, uint8_t how)
{
    static const uint16_t received[] = { 1, 2, 3 };
    const uint8_t reasons[] = { how };

    px_mqtt_session_admit(st->session, &(px_mqtt_admission){ .session_present = (how & 1) != 0,
                                                             .session_expiry_s = how,
                                                             .received = received,
                                                             .received_count = how % 4 });
    px_mqtt_session_ack(st->session, how % 16, (px_mqtt_reason)(how & 0xA0));
    px_mqtt_session_released(st->session, how % 16);
    px_mqtt_session_release(st->session, how % 16 + 1);
    /* a request with more than one filter waits until the session ends */
    if (st->subscribes.len > 0) {
        px_mqtt_story_asked asked = st->subscribes.ptr[--st->subscribes.len];

        if (asked.count == 1)
            px_mqtt_session_answer(st->session, asked.answer, asked.packet_id, reasons, 1);
    }
}

static void play_late(px_str bytes, uint8_t seed)
{
    px_mqtt_story st;
    int64_t now_ns = 0;

    px_mqtt_story_begin(&st, NULL);
    st.on_connect = st.on_publish = st.on_release = st.on_acked = st.on_subscribe = PX_MQTT_LATER;
    for (size_t at = 0; at < bytes.len; at += 7) {
        px_str piece = px_str_of(bytes.ptr + at, bytes.len - at < 7 ? bytes.len - at : 7);
        uint8_t how = (uint8_t)(seed ^ (uint8_t)piece.ptr[piece.len - 1]);

        now_ns += PX_SECOND / 3;
        px_mqtt_session_feed(st.session, piece, now_ns);
        deliver(&st, how, now_ns);
        if (how % 5 != 0)
            answer(&st, how);
        if (how % 3 != 0)
            px_mqtt_session_sent(st.session, px_mqtt_session_output(st.session).len);
        px_mqtt_session_tick(st.session, now_ns);
    }
    px_mqtt_story_end(&st);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    px_str bytes;

    if (size < 2)
        return 0;
    bytes = px_str_of((const char *)data + 1, size - 1);
    compare(bytes, data[0] % 16 + 1u, data[0] / 16 > 1 ? data[0] / 16 : 0);
    play_late(bytes, data[0]);
    return 0;
}
