/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One session, hostile bytes. The first byte says how to cut them into pieces and how busy the
 * application is; whole and in pieces the same must happen.
 */
#include <stdlib.h>

#include "px_mqtt_story.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void play(px_mqtt_story *st, px_str bytes, size_t piece, unsigned busy_every)
{
    px_mqtt_story_begin(st, NULL);
    st->busy_every = busy_every;
    st->on_publish = PX_MQTT_SUCCESS;
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    px_mqtt_story whole, pieces;
    px_str bytes;

    if (size < 2)
        return 0;
    bytes = px_str_of((const char *)data + 1, size - 1);
    play(&whole, bytes, bytes.len, 0);
    play(&pieces, bytes, data[0] % 16 + 1u, data[0] / 16 > 1 ? data[0] / 16 : 0);
    if (!px_str_eq(px_buf_str(&whole.log), px_buf_str(&pieces.log)))
        abort();
    px_mqtt_story_end(&whole);
    px_mqtt_story_end(&pieces);
    return 0;
}
