/* SPDX-License-Identifier: Apache-2.0 */
#include "mqtt/packet.h"

#include "base/limits.h"
#include "base/mem.h"
#include "px_test.h"

#define NO_PROPS ((px_str){ NULL, 0 })

static px_mqtt_frame cut_whole(const px_buf *buf)
{
    px_mqtt_frame frame;

    CHECK_EQ(px_mqtt_frame_cut(px_buf_str(buf), PX_MQTT_PACKET_BYTES_MAX, &frame), PX_MQTT_SUCCESS);
    CHECK_EQ(frame.size, buf->len);
    return frame;
}

static px_mqtt_reason cut(const char *bytes, size_t len)
{
    px_mqtt_frame frame;

    return px_mqtt_frame_cut(px_str_of(bytes, len), PX_MQTT_PACKET_BYTES_MAX, &frame);
}

PX_TEST(a_frame_wants_more_until_it_is_whole)
{
    px_mqtt_frame frame;
    px_str bytes = PX_STR("\x30\x05\0\x01"
                          "a"
                          "xy"
                          "\xc0\0");

    CHECK_EQ(px_mqtt_frame_cut(px_str_of(bytes.ptr, 0), 100, &frame), PX_MQTT_MORE);
    CHECK_EQ(px_mqtt_frame_cut(px_str_of(bytes.ptr, 1), 100, &frame), PX_MQTT_MORE);
    CHECK_EQ(frame.size, 0);
    CHECK_EQ(px_mqtt_frame_cut(px_str_of(bytes.ptr, 6), 100, &frame), PX_MQTT_MORE);
    CHECK_EQ(frame.size, 7);
    CHECK_EQ(px_mqtt_frame_cut(bytes, 100, &frame), PX_MQTT_SUCCESS);
    CHECK_EQ(frame.size, 7);
    CHECK_EQ(frame.type, PX_MQTT_PUBLISH);
}

PX_TEST(broken_fixed_headers_are_malformed)
{
    CHECK_EQ(cut("\x00\x00", 2), PX_MQTT_MALFORMED);             /* type 0 */
    CHECK_EQ(cut("\x11\x00", 2), PX_MQTT_MALFORMED);             /* CONNECT with flags */
    CHECK_EQ(cut("\x80\x00", 2), PX_MQTT_MALFORMED);             /* SUBSCRIBE without its flag */
    CHECK_EQ(cut("\x30\xff\xff\xff\xff", 5), PX_MQTT_MALFORMED); /* a fifth length byte */
    CHECK_EQ(cut("\x30\x80\x00", 3), PX_MQTT_MALFORMED);         /* not the shortest form */
}

PX_TEST(a_packet_may_be_as_large_as_the_limit_and_not_one_byte_more)
{
    px_mqtt_frame frame;

    CHECK_EQ(px_mqtt_frame_cut(PX_STR("\x30\x7d"), 127, &frame), PX_MQTT_MORE);
    CHECK_EQ(px_mqtt_frame_cut(PX_STR("\x30\x7e"), 127, &frame), PX_MQTT_PACKET_TOO_LARGE);
    CHECK_EQ(px_mqtt_frame_cut(PX_STR("\x30\xff\xff\xff\x7f"), 256 * 1024, &frame),
             PX_MQTT_PACKET_TOO_LARGE);
}

static px_mqtt_connect full_connect(uint8_t version)
{
    return (px_mqtt_connect){
        .version = version,
        .clean_start = true,
        .has_user = true,
        .has_password = true,
        .has_will = true,
        .keep_alive_s = 60,
        .client_id = PX_STR("pump-1"),
        .user = PX_STR("device"),
        .password = PX_STR("\0secret"),
        .will = { .topic = PX_STR("gone"), .payload = PX_STR("1"), .qos = 1, .retain = true },
    };
}

static void check_connect(const px_mqtt_connect *got, const px_mqtt_connect *sent)
{
    CHECK_EQ(got->version, sent->version);
    CHECK_EQ(got->clean_start, sent->clean_start);
    CHECK_EQ(got->keep_alive_s, sent->keep_alive_s);
    CHECK(px_str_eq(got->client_id, sent->client_id));
    CHECK(got->has_user && px_str_eq(got->user, sent->user));
    CHECK(got->has_password && px_str_eq(got->password, sent->password));
    CHECK(got->has_will && px_str_eq(got->will.topic, sent->will.topic));
    CHECK(px_str_eq(got->will.payload, sent->will.payload));
    CHECK_EQ(got->will.qos, sent->will.qos);
    CHECK_EQ(got->will.retain, sent->will.retain);
}

PX_TEST(connect_comes_back_as_it_was_written)
{
    for (uint8_t version = PX_MQTT_V311; version <= PX_MQTT_V5; version++) {
        px_mqtt_connect sent = full_connect(version), got;
        px_buf buf = { 0 }, props = { 0 }, will_props = { 0 };

        px_mqtt_put_prop_u32(&props, PX_MQTT_PROP_SESSION_EXPIRY, 3600);
        px_mqtt_put_prop_user(&props, PX_STR("site"), PX_STR("north"));
        px_mqtt_put_prop_u16(&props, PX_MQTT_PROP_RECEIVE_MAX, 7);
        px_mqtt_put_prop_u32(&will_props, PX_MQTT_PROP_WILL_DELAY, 9);
        px_mqtt_put_connect(&buf, &sent, px_buf_str(&props), px_buf_str(&will_props));
        CHECK_EQ(px_mqtt_decode_connect(cut_whole(&buf).body, &got), PX_MQTT_SUCCESS);
        check_connect(&got, &sent);
        if (version == PX_MQTT_V5) {
            CHECK_EQ(got.props.session_expiry_s, 3600);
            CHECK_EQ(got.props.receive_max, 7);
            CHECK_EQ(got.props.user_count, 1);
            CHECK_EQ(got.will_props.will_delay_s, 9);
        }
        px_buf_release(&buf);
        px_buf_release(&props);
        px_buf_release(&will_props);
    }
}

PX_TEST(every_truncation_of_a_connect_is_refused)
{
    for (uint8_t version = PX_MQTT_V311; version <= PX_MQTT_V5; version++) {
        px_mqtt_connect sent = full_connect(version), got;
        px_buf buf = { 0 };
        px_str body;

        px_mqtt_put_connect(&buf, &sent, NO_PROPS, NO_PROPS);
        body = cut_whole(&buf).body;
        for (size_t len = 0; len < body.len; len++) {
            char *exact = px_alloc(len); /* so that a read past the end is seen */

            memcpy(exact, body.ptr, len);
            CHECK(px_mqtt_decode_connect(px_str_of(exact, len), &got) != PX_MQTT_SUCCESS);
            px_free(exact);
        }
        px_buf_release(&buf);
    }
}

static px_mqtt_reason decode_connect_with(void (*change)(px_mqtt_connect *connect))
{
    px_mqtt_connect sent = full_connect(PX_MQTT_V5), got;
    px_buf buf = { 0 };
    px_mqtt_reason reason;

    change(&sent);
    px_mqtt_put_connect(&buf, &sent, NO_PROPS, NO_PROPS);
    reason = px_mqtt_decode_connect(cut_whole(&buf).body, &got);
    px_buf_release(&buf);
    return reason;
}

static char filler[PX_MQTT_PASSWORD_BYTES_MAX + 1];

static void longest_fields(px_mqtt_connect *connect)
{
    memset(filler, 'x', sizeof(filler));
    connect->client_id = px_str_of(filler, PX_MQTT_CLIENT_ID_BYTES_MAX);
    connect->user = px_str_of(filler, PX_MQTT_USER_BYTES_MAX);
    connect->password = px_str_of(filler, PX_MQTT_PASSWORD_BYTES_MAX);
}

static void client_id_too_long(px_mqtt_connect *connect)
{
    connect->client_id = px_str_of(filler, PX_MQTT_CLIENT_ID_BYTES_MAX + 1);
}

static void user_too_long(px_mqtt_connect *connect)
{
    connect->user = px_str_of(filler, PX_MQTT_USER_BYTES_MAX + 1);
}

static void password_too_long(px_mqtt_connect *connect)
{
    connect->password = px_str_of(filler, PX_MQTT_PASSWORD_BYTES_MAX + 1);
}

static void will_with_wildcard(px_mqtt_connect *connect)
{
    connect->will.topic = PX_STR("a/#");
}

static void future_version(px_mqtt_connect *connect)
{
    connect->version = 6;
}

PX_TEST(connect_fields_end_at_their_limits)
{
    CHECK_EQ(decode_connect_with(longest_fields), PX_MQTT_SUCCESS);
    CHECK_EQ(decode_connect_with(client_id_too_long), PX_MQTT_CLIENT_ID_INVALID);
    CHECK_EQ(decode_connect_with(user_too_long), PX_MQTT_BAD_USER_OR_PASSWORD);
    CHECK_EQ(decode_connect_with(password_too_long), PX_MQTT_BAD_USER_OR_PASSWORD);
    CHECK_EQ(decode_connect_with(will_with_wildcard), PX_MQTT_TOPIC_NAME_INVALID);
    CHECK_EQ(decode_connect_with(future_version), PX_MQTT_UNSUPPORTED_VERSION);
}

static px_mqtt_reason connect_bytes(px_str body)
{
    px_mqtt_connect got;

    return px_mqtt_decode_connect(body, &got);
}

PX_TEST(connect_flags_must_make_sense)
{
    CHECK_EQ(connect_bytes(PX_STR("\0\4MQTT\4\2\0\0\0\1a")), PX_MQTT_SUCCESS);
    CHECK_EQ(connect_bytes(PX_STR("\0\4MQTT\4\3\0\0\0\1a")), PX_MQTT_MALFORMED); /* reserved */
    CHECK_EQ(connect_bytes(PX_STR("\0\4MQTT\4\x0a\0\0\0\1a")),
             PX_MQTT_MALFORMED); /* QoS, no will */
    CHECK_EQ(connect_bytes(PX_STR("\0\4MQTT\4\x42\0\0\0\1a\0\1p")), PX_MQTT_MALFORMED);
    CHECK_EQ(connect_bytes(PX_STR("\0\4MQTT\5\x42\0\0\0\0\1a\0\1p")), PX_MQTT_SUCCESS);
    CHECK_EQ(connect_bytes(PX_STR("\0\4MQTT\4\2\0\0\0\1ab")), PX_MQTT_MALFORMED); /* left over */
    CHECK_EQ(connect_bytes(PX_STR("\0\6MQIsdp\3\2\0\0\0\1a")), PX_MQTT_UNSUPPORTED_VERSION);
    CHECK_EQ(connect_bytes(PX_STR("\0\4HTTP\4\2\0\0\0\1a")), PX_MQTT_MALFORMED);
}

PX_TEST(publish_comes_back_as_it_was_written)
{
    for (unsigned round = 0; round < 8; round++) {
        px_mqtt_version version = round & 1 ? PX_MQTT_V5 : PX_MQTT_V311;
        px_buf buf = { 0 }, props_buf = { 0 };
        px_mqtt_props props;
        px_mqtt_publish got, sent = { .topic = PX_STR("a/b"), .payload = PX_STR("{\"x\":1}") };
        px_mqtt_frame frame;

        px_mqtt_put_prop_str(&props_buf, PX_MQTT_PROP_CONTENT_TYPE, PX_STR("application/json"));
        sent.encoded_props = round & 2 ? px_buf_str(&props_buf) : NO_PROPS;
        sent.qos = round & 4 ? 1 : 0;
        sent.packet_id = sent.qos ? 513 : 0;
        sent.retain = true;
        px_mqtt_put_publish(&buf, version, &sent);
        CHECK_EQ(buf.len, px_mqtt_publish_bytes(version, &sent));
        frame = cut_whole(&buf);
        CHECK_EQ(px_mqtt_decode_publish(&frame, version, &props, &got), PX_MQTT_SUCCESS);
        CHECK(px_str_eq(got.topic, sent.topic) && px_str_eq(got.payload, sent.payload));
        CHECK_EQ(got.packet_id, sent.packet_id);
        CHECK(got.qos == sent.qos && got.retain && !got.dup);
        CHECK_EQ(got.props != NULL, version == PX_MQTT_V5 && (round & 2));
        if (got.props)
            CHECK_SLICE(props.content_type, "application/json");
        px_buf_release(&buf);
        px_buf_release(&props_buf);
    }
}

static px_mqtt_reason publish_bytes(unsigned flags, px_str body, px_mqtt_version version)
{
    px_mqtt_frame frame = { .type = PX_MQTT_PUBLISH, .flags = (uint8_t)flags, .body = body };
    px_mqtt_props props;
    px_mqtt_publish got;

    return px_mqtt_decode_publish(&frame, version, &props, &got);
}

PX_TEST(broken_publishes_are_refused)
{
    CHECK_EQ(publish_bytes(6, PX_STR("\0\1a\0\1"), PX_MQTT_V311), PX_MQTT_MALFORMED); /* QoS 3 */
    CHECK_EQ(publish_bytes(8, PX_STR("\0\1a"), PX_MQTT_V311), PX_MQTT_MALFORMED); /* DUP, QoS 0 */
    CHECK_EQ(publish_bytes(2, PX_STR("\0\1a\0\0"), PX_MQTT_V311),
             PX_MQTT_PROTOCOL_ERROR); /* id 0 */
    CHECK_EQ(publish_bytes(2, PX_STR("\0\1a\0"), PX_MQTT_V311), PX_MQTT_MALFORMED);
    CHECK_EQ(publish_bytes(0, PX_STR("\0\5a"), PX_MQTT_V311), PX_MQTT_MALFORMED);
    CHECK_EQ(publish_bytes(0, PX_STR("\0\0x"), PX_MQTT_V311), PX_MQTT_TOPIC_NAME_INVALID);
    CHECK_EQ(publish_bytes(0, PX_STR("\0\0\0x"), PX_MQTT_V5), PX_MQTT_PROTOCOL_ERROR);
    CHECK_EQ(publish_bytes(0, PX_STR("\0\1#"), PX_MQTT_V311), PX_MQTT_TOPIC_NAME_INVALID);
    CHECK_EQ(publish_bytes(0, PX_STR("\0\1a"), PX_MQTT_V5), PX_MQTT_MALFORMED); /* no properties */
    CHECK_EQ(publish_bytes(0, PX_STR("\0\0\3\x23\0\1x"), PX_MQTT_V5), PX_MQTT_SUCCESS);
    CHECK_EQ(publish_bytes(0, PX_STR("\0\0\3\x23\0\0x"), PX_MQTT_V5), PX_MQTT_TOPIC_ALIAS_INVALID);
}

static px_mqtt_reason read_props(px_str bytes, unsigned place)
{
    px_mqtt_props props;
    px_cut props_cut = px_cut_of(bytes);

    return px_mqtt_props_read(&props_cut, place, &props);
}

PX_TEST(properties_stand_only_where_they_belong_and_once)
{
    CHECK_EQ(read_props(PX_STR("\3\x21\0\1"), PX_MQTT_CONNECT), PX_MQTT_SUCCESS);
    CHECK_EQ(read_props(PX_STR("\3\x21\0\1"), PX_MQTT_PUBLISH), PX_MQTT_MALFORMED);
    CHECK_EQ(read_props(PX_STR("\3\x21\0\0"), PX_MQTT_CONNECT), PX_MQTT_PROTOCOL_ERROR);
    CHECK_EQ(read_props(PX_STR("\6\x21\0\1\x21\0\1"), PX_MQTT_CONNECT), PX_MQTT_PROTOCOL_ERROR);
    CHECK_EQ(read_props(PX_STR("\2\1\2"), PX_MQTT_PUBLISH),
             PX_MQTT_PROTOCOL_ERROR);                                         /* not a flag */
    CHECK_EQ(read_props(PX_STR("\1\4"), PX_MQTT_PUBLISH), PX_MQTT_MALFORMED); /* no such property */
    CHECK_EQ(read_props(PX_STR("\2\x80\1"), PX_MQTT_PUBLISH), PX_MQTT_MALFORMED);
    CHECK_EQ(read_props(PX_STR("\4\x03\0\1"), PX_MQTT_PUBLISH), PX_MQTT_MALFORMED);
    CHECK_EQ(read_props(PX_STR("\4\x03\0\1\xff"), PX_MQTT_PUBLISH), PX_MQTT_MALFORMED);
    CHECK_EQ(read_props(PX_STR("\4\x08\0\1#"), PX_MQTT_PUBLISH), PX_MQTT_PROTOCOL_ERROR);
    CHECK_EQ(read_props(PX_STR("\3\x16\0\0"), PX_MQTT_CONNECT), PX_MQTT_PROTOCOL_ERROR);
    CHECK_EQ(read_props(PX_STR("\xff\xff\xff\xff\1"), PX_MQTT_PUBLISH), PX_MQTT_MALFORMED);
}

PX_TEST(user_properties_end_at_their_limit)
{
    px_buf props = { 0 }, whole = { 0 };
    px_mqtt_props got;
    px_cut all;
    px_str at, name, value;
    unsigned seen = 0;

    px_mqtt_put_prop_u8(&props, PX_MQTT_PROP_PAYLOAD_FORMAT, 1);
    for (unsigned i = 0; i < PX_MQTT_USER_PROPERTIES_MAX; i++)
        px_mqtt_put_prop_user(&props, PX_STR("k"), PX_STR("v"));
    px_put_char(&whole, (char)(props.len | 0x80));
    px_put_char(&whole, (char)(props.len >> 7));
    px_put(&whole, px_buf_str(&props));
    all = px_cut_of(px_buf_str(&whole));
    CHECK_EQ(px_mqtt_props_read(&all, PX_MQTT_PUBLISH, &got), PX_MQTT_SUCCESS);
    for (at = got.raw; px_mqtt_user_next(&at, &name, &value); seen++)
        CHECK_SLICE(value, "v");
    CHECK_EQ(seen, PX_MQTT_USER_PROPERTIES_MAX);

    px_mqtt_put_prop_user(&props, PX_STR("k"), PX_STR("v"));
    px_buf_clear(&whole);
    px_put_char(&whole, (char)(props.len | 0x80));
    px_put_char(&whole, (char)(props.len >> 7));
    px_put(&whole, px_buf_str(&props));
    CHECK_EQ(read_props(px_buf_str(&whole), PX_MQTT_PUBLISH), PX_MQTT_PACKET_TOO_LARGE);
    px_buf_release(&props);
    px_buf_release(&whole);
}

PX_TEST(forwarded_properties_leave_alias_and_expiry_behind)
{
    px_buf out = { 0 };
    px_mqtt_props props;
    px_cut in = px_cut_of(PX_STR("\x10\x23\0\1\2\0\0\0\5\x26\0\1k\0\1v\1\1"));

    CHECK_EQ(px_mqtt_props_read(&in, PX_MQTT_PUBLISH, &props), PX_MQTT_MALFORMED); /* length */
    in = px_cut_of(PX_STR("\x11\x23\0\1\2\0\0\0\5\x26\0\1k\0\1v\1\1"));
    CHECK_EQ(px_mqtt_props_read(&in, PX_MQTT_PUBLISH, &props), PX_MQTT_SUCCESS);
    px_mqtt_put_props_forward(&out, &props);
    CHECK(px_str_eq(px_buf_str(&out), PX_STR("\1\1\x26\0\1k\0\1v")));
    px_buf_release(&out);
}

PX_TEST(acknowledgements_are_four_bytes_without_a_reason)
{
    px_buf buf = { 0 };
    px_mqtt_ack ack;

    px_mqtt_put_ack(&buf, PX_MQTT_V5, PX_MQTT_PUBACK, 258, 0);
    CHECK(px_str_eq(px_buf_str(&buf), PX_STR("\x40\x02\x01\x02")));
    px_buf_clear(&buf);
    px_mqtt_put_ack(&buf, PX_MQTT_V5, PX_MQTT_PUBACK, 258, 0x99);
    CHECK_EQ(px_mqtt_decode_ack(cut_whole(&buf).body, PX_MQTT_V5, PX_MQTT_PUBACK, &ack),
             PX_MQTT_SUCCESS);
    CHECK(ack.packet_id == 258 && ack.reason == 0x99);
    px_buf_clear(&buf);
    px_mqtt_put_ack_text(&buf, PX_MQTT_PUBACK, 258, 0, PX_STR("why"));
    CHECK(px_str_eq(px_buf_str(&buf), PX_STR("\x40\x0a\x01\x02\0\x06\x1f\0\x03why")));
    CHECK_EQ(px_mqtt_decode_ack(cut_whole(&buf).body, PX_MQTT_V5, PX_MQTT_PUBACK, &ack),
             PX_MQTT_SUCCESS);
    CHECK(ack.packet_id == 258 && ack.reason == 0);
    CHECK_EQ(px_mqtt_decode_ack(PX_STR("\0\1\0"), PX_MQTT_V311, PX_MQTT_PUBACK, &ack),
             PX_MQTT_MALFORMED);
    CHECK_EQ(px_mqtt_decode_ack(PX_STR("\0"), PX_MQTT_V5, PX_MQTT_PUBACK, &ack), PX_MQTT_MALFORMED);
    CHECK_EQ(px_mqtt_decode_ack(PX_STR("\0\0"), PX_MQTT_V5, PX_MQTT_PUBACK, &ack),
             PX_MQTT_PROTOCOL_ERROR);
    px_buf_release(&buf);
}

PX_TEST(an_acknowledgement_has_one_of_its_own_reasons)
{
    static const uint8_t of_messages[] = { 0, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99 };

    for (unsigned reason = 0; reason < 256; reason++) {
        char body[] = { 0, 1, (char)reason };
        bool fits = memchr(of_messages, (int)reason, sizeof(of_messages)) != NULL;
        bool fits_release = reason == 0 || reason == 0x92;

        for (unsigned type = PX_MQTT_PUBACK; type <= PX_MQTT_PUBCOMP; type++) {
            bool good = type <= PX_MQTT_PUBREC ? fits : fits_release;
            px_mqtt_ack ack;

            CHECK_EQ(px_mqtt_decode_ack(px_str_of(body, 3), PX_MQTT_V5, (px_mqtt_type)type, &ack),
                     good ? PX_MQTT_SUCCESS : PX_MQTT_PROTOCOL_ERROR);
        }
    }
}

PX_TEST(subscriptions_come_back_as_they_were_written)
{
    for (uint8_t v = PX_MQTT_V311; v <= PX_MQTT_V5; v++) {
        px_mqtt_version version = (px_mqtt_version)v;
        px_mqtt_filter sent[2] = { { .text = PX_STR("a/#"), .qos = 1 },
                                   { .text = PX_STR("b"), .qos = 0 } };
        px_mqtt_filters got;
        px_mqtt_filter one;
        px_buf buf = { 0 };

        sent[1].no_local = version == PX_MQTT_V5;
        sent[1].retain_handling = version == PX_MQTT_V5 ? 2 : 0;
        px_mqtt_put_subscribe(&buf, version, 9, sent, 2, NO_PROPS);
        CHECK_EQ(px_mqtt_decode_subscribe(cut_whole(&buf).body, version, &got), PX_MQTT_SUCCESS);
        CHECK_EQ(got.packet_id, 9);
        CHECK_EQ(got.count, 2);
        CHECK(px_mqtt_filters_next(&got, &one));
        CHECK_SLICE(one.text, "a/#");
        CHECK_EQ(one.qos, 1);
        CHECK(px_mqtt_filters_next(&got, &one));
        CHECK_EQ(one.no_local, sent[1].no_local);
        CHECK_EQ(one.retain_handling, sent[1].retain_handling);
        CHECK(!px_mqtt_filters_next(&got, &one));
        px_buf_clear(&buf);
        px_mqtt_put_unsubscribe(&buf, version, 10, sent, 2);
        CHECK_EQ(px_mqtt_decode_unsubscribe(cut_whole(&buf).body, version, &got), PX_MQTT_SUCCESS);
        CHECK_EQ(got.count, 2);
        px_buf_release(&buf);
    }
}

PX_TEST(broken_subscriptions_are_refused)
{
    px_mqtt_filters got;

    CHECK_EQ(px_mqtt_decode_subscribe(PX_STR("\0\1"), PX_MQTT_V311, &got), PX_MQTT_PROTOCOL_ERROR);
    CHECK_EQ(px_mqtt_decode_subscribe(PX_STR("\0\0\0\1a\0"), PX_MQTT_V311, &got),
             PX_MQTT_PROTOCOL_ERROR);
    CHECK_EQ(px_mqtt_decode_subscribe(PX_STR("\0\1\0\1a\3"), PX_MQTT_V311, &got),
             PX_MQTT_MALFORMED);
    CHECK_EQ(px_mqtt_decode_subscribe(PX_STR("\0\1\0\1a\4"), PX_MQTT_V311, &got),
             PX_MQTT_MALFORMED); /* an option of v5 */
    CHECK_EQ(px_mqtt_decode_subscribe(PX_STR("\0\1\0\1a"), PX_MQTT_V311, &got), PX_MQTT_MALFORMED);
    CHECK_EQ(px_mqtt_decode_subscribe(PX_STR("\0\1\0\0\1a\x30"), PX_MQTT_V5, &got),
             PX_MQTT_MALFORMED);
    CHECK_EQ(px_mqtt_decode_unsubscribe(PX_STR("\0\1\0\2a"), PX_MQTT_V311, &got),
             PX_MQTT_MALFORMED);
}

PX_TEST(answers_come_back_as_they_were_written)
{
    static const uint8_t reasons[] = { 1, 0x87 };
    px_buf buf = { 0 }, props = { 0 };
    px_mqtt_connack connack;
    px_mqtt_disconnect disconnect;
    uint16_t packet_id;
    px_str got;

    px_mqtt_put_prop_str(&props, PX_MQTT_PROP_ASSIGNED_CLIENT_ID, PX_STR("x"));
    px_mqtt_put_connack(&buf, PX_MQTT_V5, false, 0x86, px_buf_str(&props));
    CHECK_EQ(px_mqtt_decode_connack(cut_whole(&buf).body, PX_MQTT_V5, &connack), PX_MQTT_SUCCESS);
    CHECK_EQ(connack.reason, 0x86);
    CHECK_SLICE(connack.props.assigned_client_id, "x");
    px_buf_clear(&buf);
    px_mqtt_put_reasons(&buf, PX_MQTT_V5, PX_MQTT_SUBACK, 5, reasons, 2);
    CHECK_EQ(
        px_mqtt_decode_reasons(cut_whole(&buf).body, PX_MQTT_V5, PX_MQTT_SUBACK, &packet_id, &got),
        PX_MQTT_SUCCESS);
    CHECK(packet_id == 5 && px_str_eq(got, px_str_of((const char *)reasons, 2)));
    px_buf_clear(&buf);
    px_mqtt_put_disconnect(&buf, PX_MQTT_V5, 0x8E, NO_PROPS);
    CHECK_EQ(px_mqtt_decode_disconnect(cut_whole(&buf).body, PX_MQTT_V5, &disconnect),
             PX_MQTT_SUCCESS);
    CHECK_EQ(disconnect.reason, 0x8E);
    px_buf_release(&buf);
    px_buf_release(&props);
}

PX_TEST_MAIN()
