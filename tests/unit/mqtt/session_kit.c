/* SPDX-License-Identifier: Apache-2.0 */
#include "session_kit.h"

void put_connect(px_mqtt_story *st, px_mqtt_version version, uint16_t keep_alive_s, px_str props)
{
    px_mqtt_connect c = { .version = (uint8_t)version,
                          .clean_start = true,
                          .has_user = true,
                          .keep_alive_s = keep_alive_s,
                          .client_id = PX_STR("c1"),
                          .user = PX_STR("u") };

    px_mqtt_put_connect(&st->sent, &c, props, NO_PROPS);
}

void put_publish(px_mqtt_story *st, px_mqtt_version version, const char *topic, const char *payload,
                 uint16_t packet_id)
{
    px_mqtt_publish p = { .topic = px_str_c(topic),
                          .payload = px_str_c(payload),
                          .qos = packet_id ? 1 : 0,
                          .packet_id = packet_id };

    px_mqtt_put_publish(&st->sent, version, &p);
}

void put_qos_2(px_mqtt_story *st, px_mqtt_version version, uint16_t packet_id, bool dup)
{
    px_mqtt_publish p = { .topic = PX_STR("a"), .qos = 2, .packet_id = packet_id, .dup = dup };

    px_mqtt_put_publish(&st->sent, version, &p);
}

void feed(px_mqtt_story *st, px_str bytes)
{
    px_put(&st->sent, bytes);
    px_mqtt_story_feed(st);
}

static void open_as(px_mqtt_story *st, px_mqtt_version version, px_str props)
{
    px_mqtt_story_begin(st, NULL);
    put_connect(st, version, 0, props);
    px_mqtt_story_feed(st);
    CHECK(px_mqtt_session_is_open(st->session));
    px_mqtt_story_output(st);
    px_buf_clear(&st->log);
}

void story_open(px_mqtt_story *st, px_mqtt_version version)
{
    open_as(st, version, NO_PROPS);
}

void story_open_with(px_mqtt_story *st, px_str props)
{
    open_as(st, PX_MQTT_V5, props);
}

px_status deliver(px_mqtt_story *st, uint8_t qos, px_str payload)
{
    return px_mqtt_session_deliver(
        st->session, &(px_mqtt_publish){ .topic = PX_STR("t"), .payload = payload, .qos = qos });
}

px_mqtt_frame first_frame(px_str bytes)
{
    px_mqtt_frame frame;

    CHECK_EQ(px_mqtt_frame_cut(bytes, PX_MQTT_PACKET_BYTES_MAX, &frame), PX_MQTT_SUCCESS);
    return frame;
}

px_mqtt_connack read_connack(px_mqtt_story *st)
{
    px_mqtt_frame frame = first_frame(px_mqtt_story_output(st));
    px_mqtt_connack ack;

    CHECK_EQ(frame.type, PX_MQTT_CONNACK);
    CHECK_EQ(px_mqtt_decode_connack(frame.body, PX_MQTT_V5, &ack), PX_MQTT_SUCCESS);
    return ack;
}

void check_log(px_mqtt_story *st, const char *wanted, const char *file, int line)
{
    px_check_slice(px_buf_str(&st->log), px_str_c(wanted), file, line);
    px_buf_clear(&st->log);
}

static void put_hex(px_buf *buf, px_str bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        px_putf(buf, "%02x ", (uint8_t)bytes.ptr[i]);
}

void check_out(px_mqtt_story *st, px_str wanted, const char *file, int line)
{
    px_buf got_hex = { 0 }, wanted_hex = { 0 };

    put_hex(&got_hex, px_mqtt_story_output(st));
    put_hex(&wanted_hex, wanted);
    px_check_slice(px_buf_str(&got_hex), px_buf_str(&wanted_hex), file, line);
    px_buf_release(&got_hex);
    px_buf_release(&wanted_hex);
}
