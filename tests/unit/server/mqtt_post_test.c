/* SPDX-License-Identifier: Apache-2.0 */
/* The letter box of a door thread, and the names. */
#include "server/mqtt_post.h"

#include "base/limits.h"
#include "base/mem.h"
#include "px_test.h"
#include "server/mqtt_names.h"

PX_TEST(a_delivery_beyond_the_letter_box_is_refused_whole)
{
    static char megabyte[1024 * 1024];
    const px_mqtt_conn conns[] = { px_mqtt_conn_of(0, 1, 1), px_mqtt_conn_of(1, 1, 1) };
    px_mqtt_publish m = { .topic = PX_STR("t"), .payload = px_str_of(megabyte, sizeof(megabyte)) };
    px_mqtt_letter letter;
    px_mqtt_post post;
    unsigned put = 0, taken = 0;
    px_err err;

    CHECK_OK(px_mqtt_post_init(&post, &err), &err);
    while (px_mqtt_post_letter_put(&post, 0, conns, 2, &m) == PX_OK)
        put++;
    CHECK_EQ(put, PX_MQTT_DOOR_MAIL_BYTES_MAX / sizeof(megabyte) - 1);
    CHECK_EQ(px_mqtt_post_letter_put(&post, 0, conns, 2, &m), PX_LIMIT);
    px_mqtt_post_take(&post);
    for (px_str at = px_buf_str(&post.out.letters); px_mqtt_letter_next(&at, &letter); taken++) {
        CHECK_EQ(letter.count, 1); /* the other connection belongs to another thread */
        CHECK_EQ(px_mqtt_letter_conn(&letter, 0).v, conns[0].v);
        CHECK_EQ(letter.message.payload.len, sizeof(megabyte));
    }
    CHECK_EQ(taken, put);
    CHECK_EQ(px_mqtt_post_letter_put(&post, 0, conns, 2, &m), PX_OK);
    px_mqtt_post_release(&post);
}

PX_TEST(the_newest_has_the_name_and_only_it_gives_it_back)
{
    px_mqtt_names *names = px_mqtt_names_new();
    px_mqtt_conn a = { 1 }, b = { 2 }, older;

    CHECK_EQ(px_mqtt_names_claim(names, 1, PX_STR("pump"), a, &older), PX_OK);
    CHECK_EQ(older.v, 0);
    CHECK_EQ(px_mqtt_names_claim(names, 2, PX_STR("pump"), b, &older), PX_OK);
    CHECK_EQ(older.v, 0); /* another tenant */
    CHECK_EQ(px_mqtt_names_claim(names, 1, PX_STR("pump"), b, &older), PX_OK);
    CHECK_EQ(older.v, a.v);
    px_mqtt_names_release(names, 1, PX_STR("pump"), a);
    CHECK_EQ(px_mqtt_names_claim(names, 1, PX_STR("pump"), a, &older), PX_OK);
    CHECK_EQ(older.v, b.v);
    px_mqtt_names_release(names, 1, PX_STR("pump"), a);
    CHECK_EQ(px_mqtt_names_claim(names, 1, PX_STR("pump"), b, &older), PX_OK);
    CHECK_EQ(older.v, 0);
    px_mqtt_names_free(names);
}

PX_TEST(replies_come_back_as_they_were_put_with_their_lists)
{
    const px_mqtt_conn conn = px_mqtt_conn_of(0, 1, 1);
    const uint16_t received[] = { 7, 9, 11 };
    const uint8_t reasons[] = { 0, 1, 2, 0x87, 0x80 };
    px_mqtt_reply put[] = {
        { .conn = conn,
          .kind = PX_MQTT_REPLY_ADMIT,
          .admission = { .session_present = true, .received = received, .received_count = 3 } },
        { .conn = conn,
          .kind = PX_MQTT_REPLY_ANSWER,
          .type = PX_MQTT_SUBACK,
          .packet_id = 5,
          .reasons = reasons,
          .count = 5 },
        { .conn = conn, .kind = PX_MQTT_REPLY_RELEASE, .packet_id = 6 },
        { .conn = conn, .kind = PX_MQTT_REPLY_ADMIT, .admission = { .reason = 0x87 } },
    };
    px_mqtt_post post;
    px_mqtt_reply got;
    px_str at;
    px_err err;

    CHECK_OK(px_mqtt_post_init(&post, &err), &err);
    for (size_t i = 0; i < 4; i++)
        CHECK(px_mqtt_post_reply_put(&post, &put[i]));
    CHECK(px_mqtt_post_wake(&post)); /* somebody waits for it */
    px_mqtt_post_take(&post);
    at = px_buf_str(&post.out.replies);
    CHECK(px_mqtt_reply_next(&at, &got));
    CHECK(got.admission.session_present && got.admission.received_count == 3);
    CHECK(memcmp(got.admission.received, received, sizeof(received)) == 0);
    CHECK(px_mqtt_reply_next(&at, &got));
    CHECK(got.type == PX_MQTT_SUBACK && got.packet_id == 5 && got.count == 5);
    CHECK(memcmp(got.reasons, reasons, sizeof(reasons)) == 0);
    CHECK(px_mqtt_reply_next(&at, &got));
    CHECK(got.kind == PX_MQTT_REPLY_RELEASE && got.packet_id == 6 && got.conn.v == conn.v);
    CHECK(px_mqtt_reply_next(&at, &got));
    CHECK(got.admission.reason == PX_MQTT_NOT_AUTHORIZED && got.admission.received_count == 0);
    CHECK(!px_mqtt_reply_next(&at, &got));
    px_mqtt_post_release(&post);
}

PX_TEST(why_lies_apart_and_may_be_lost)
{
    static const char text[] = "no command 'c' waits";
    px_mqtt_reply why = { .conn = px_mqtt_conn_of(0, 1, 1),
                          .kind = PX_MQTT_REPLY_EXPLAIN,
                          .token = 5,
                          .reasons = (const uint8_t *)text,
                          .count = sizeof(text) - 1 };
    size_t fit = 0;
    px_mqtt_post post;
    px_mqtt_reply got;
    px_str at;
    px_err err;

    CHECK_OK(px_mqtt_post_init(&post, &err), &err);
    px_mem_fail_nth(1);
    CHECK(!px_mqtt_post_reply_put(&post, &why));
    px_mem_fail_nth(0);
    CHECK(!atomic_load(&post.is_short)); /* nobody waits for it */
    while (px_mqtt_post_reply_put(&post, &why))
        fit++;
    px_mqtt_post_take(&post);
    CHECK_EQ(post.out.replies.len, 0);
    CHECK(post.out.whys.len <= PX_MQTT_DOOR_MAIL_BYTES_MAX &&
          post.out.whys.len + post.out.whys.len / fit > PX_MQTT_DOOR_MAIL_BYTES_MAX);
    at = px_buf_str(&post.out.whys);
    CHECK(px_mqtt_reply_next(&at, &got));
    CHECK(got.token == 5 && got.conn.v == why.conn.v);
    CHECK(
        px_str_eq(px_str_of((const char *)got.reasons, got.count), PX_STR("no command 'c' waits")));
    px_mqtt_post_release(&post);
}

PX_TEST(a_reply_without_memory_is_known_to_be_missing)
{
    px_mqtt_reply reply = { .conn = px_mqtt_conn_of(0, 1, 1), .kind = PX_MQTT_REPLY_RELEASED };
    px_mqtt_post post;
    px_err err;

    CHECK_OK(px_mqtt_post_init(&post, &err), &err);
    px_mem_fail_nth(1);
    CHECK(!px_mqtt_post_reply_put(&post, &reply));
    px_mem_fail_nth(0);
    CHECK(atomic_load(&post.is_short));
    CHECK(px_mqtt_post_reply_put(&post, &reply)); /* and the box goes on */
    px_mqtt_post_release(&post);
}

PX_TEST(a_letter_keeps_all_that_its_message_says)
{
    const px_mqtt_conn conn = px_mqtt_conn_of(0, 1, 1);
    px_mqtt_publish m = { .topic = PX_STR("t"),
                          .payload = PX_STR("p"),
                          .encoded_props = PX_STR("\1\1"),
                          .expires_at_ns = INT64_C(1) << 40,
                          .packet_id = 0x7FFF,
                          .qos = 2,
                          .retain = true,
                          .dup = true };
    px_mqtt_letter got;
    px_mqtt_post post;
    px_str at;
    px_err err;

    CHECK_OK(px_mqtt_post_init(&post, &err), &err);
    CHECK_EQ(px_mqtt_post_letter_put(&post, 0, &conn, 1, &m), PX_OK);
    px_mqtt_post_take(&post);
    at = px_buf_str(&post.out.letters);
    CHECK(px_mqtt_letter_next(&at, &got));
    CHECK_EQ(got.message.expires_at_ns, m.expires_at_ns);
    CHECK_EQ(got.message.packet_id, 0x7FFF);
    CHECK(got.message.qos == 2 && got.message.retain && got.message.dup);
    CHECK_SLICE(got.message.payload, "p");
    CHECK(px_str_eq(got.message.encoded_props, PX_STR("\1\1")));
    px_mqtt_post_release(&post);
}

PX_TEST_MAIN()
