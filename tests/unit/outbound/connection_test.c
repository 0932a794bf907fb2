/* SPDX-License-Identifier: Apache-2.0 */
/* What documents of connections may say. */
#include <stdio.h>

#include "base/limits.h"
#include "outbound/connection.h"
#include "px_test.h"

static px_arena arena;
static px_connection c;
static px_err err;

static px_status read(const char *body)
{
    px_document document = { .tenant = 1, .no = 2, .id = PX_STR("plant"), .body = px_str_c(body) };

    px_arena_release(&arena);
    px_arena_init(&arena, 1024 * 1024);
    return px_connection_read(&document, &arena, &c, &err);
}

static void refuses(const char *body, const char *path, const char *part)
{
    CHECK_EQ(read(body), PX_INVALID);
    CHECK_STR(err.path, path);
    if (!strstr(err.text, part))
        CHECK_STR(err.text, part);
}

PX_TEST(a_broker_is_read_with_what_is_usual)
{
    CHECK_EQ(read("{\"type\":\"mqtt\",\"host\":\"b\",\"clientId\":\"i\",\"topics\":[{\"filter\":"
                  "\"a/#\"},{\"filter\":\"$share/g/b/+\",\"qos\":0}]}"),
             PX_OK);
    CHECK(c.enabled && !c.tls && c.port == 1883 && c.version == 5);
    CHECK_EQ(c.session_expiry_s, 7 * 24 * 3600);
    CHECK(c.retry_ns_max == PX_CONNECTION_RETRY_NS_MAX);
    CHECK_EQ(c.topic_count, 2);
    CHECK(c.topics[0].qos == 1 && px_str_eq(c.topics[0].plain, PX_STR("a/#")));
    CHECK(c.topics[1].qos == 0 && px_str_eq(c.topics[1].filter, PX_STR("$share/g/b/+")));
    CHECK(px_str_eq(c.topics[1].plain, PX_STR("b/+")));
    CHECK_EQ(
        read("{\"type\":\"mqtt\",\"host\":\"::1\",\"clientId\":\"i\",\"tls\":{},\"retryMax\":5,"
             "\"topics\":[{\"filter\":\"a\"}],\"enabled\":false,\"version\":4}"),
        PX_OK);
    CHECK(!c.enabled && c.tls && c.port == 8883 && c.version == 4);
    CHECK(c.retry_ns_max == 5 * PX_SECOND);
    px_arena_release(&arena);
}

PX_TEST(what_makes_no_sense_is_refused_with_its_place)
{
#define REST ",\"clientId\":\"i\",\"topics\":[{\"filter\":\"a\"}]}"
    refuses("{\"type\":\"amqp\",\"host\":\"b\"" REST, "", "is mqtt or modbus");
    refuses("{\"type\":\"mqtt\"" REST, "", "needs 'host'");
    refuses("{\"type\":\"mqtt\",\"host\":\"mqtt://b\"" REST, "/host", "its port stands in 'port'");
    refuses("{\"type\":\"mqtt\",\"host\":\"b:1883\"" REST, "/host", "its port stands in 'port'");
    refuses("{\"type\":\"mqtt\",\"host\":\"b\",\"port\":0" REST, "/port", "from 1 to 65535");
    refuses("{\"type\":\"mqtt\",\"host\":\"b\",\"version\":3" REST, "/version", "from 4 to 5");
    refuses("{\"type\":\"mqtt\",\"host\":\"b\",\"tls\":{\"cafile\":\"x\"}" REST, "/tls/cafile",
            "has no 'cafile'");
    refuses("{\"type\":\"mqtt\",\"host\":\"b\",\"password\":\"p\"" REST, "", "'user'");
    refuses("{\"type\":\"mqtt\",\"host\":\"b\",\"key\":\"p\"" REST, "", "certificate");
    refuses("{\"type\":\"mqtt\",\"host\":\"b\",\"tls\":{\"ca\":\"-----BEGIN EC PRIVATE "
            "KEY-----\"}" REST,
            "/tls/ca", "holds a private key");
    refuses(
        "{\"type\":\"mqtt\",\"host\":\"b\",\"tls\":{\"certificate\":\"C\"},\"key\":\"-----BEGIN "
        "ENCRYPTED PRIVATE KEY-----\"" REST,
        "/key", "is encrypted");
    refuses(
        "{\"type\":\"mqtt\",\"host\":\"b\",\"tls\":{\"certificate\":\"C\"},\"key\":\"Proc-Type: "
        "4,ENCRYPTED\"" REST,
        "/key", "is encrypted");
    refuses("{\"type\":\"mqtt\",\"host\":\"b\",\"tls\":{\"certificate\":\"C -----BEGIN PRIVATE "
            "KEY-----\"}" REST,
            "/tls/certificate", "stands in 'key'");
    refuses("{\"type\":\"mqtt\",\"host\":\"b\",\"hosts\":1" REST, "/hosts",
            "has no 'hosts'; did you mean 'host'?");
    refuses("{\"type\":\"mqtt\",\"host\":\"b\",\"topics\":[{\"filter\":\"a\"}]}", "",
            "needs 'clientId'");
    refuses("{\"type\":\"mqtt\",\"host\":\"b\",\"clientId\":\"i\",\"topics\":[]}", "/topics",
            "1 to 100 filters");
    refuses("{\"type\":\"mqtt\",\"host\":\"b\",\"clientId\":\"i\",\"topics\":[{\"filter\":\"a/#/"
            "b\"}]}",
            "/topics/0", "such as plant/+/data");
    refuses("{\"type\":\"mqtt\",\"host\":\"b\",\"clientId\":\"i\",\"topics\":[{\"filter\":\"a\","
            "\"qos\":2}]}",
            "/topics/0/qos", "from 0 to 1");
    px_arena_release(&arena);
}

static px_status read_times(const char *every, const char *timeout)
{
    char body[256];

    snprintf(body, sizeof(body),
             "{\"type\":\"modbus\",\"host\":\"d\",\"every\":\"%s\",\"timeout\":\"%s\","
             "\"registers\":[{\"name\":\"a\",\"address\":1}]}",
             every, timeout);
    return read(body);
}

PX_TEST(a_device_is_read_with_what_is_usual)
{
    CHECK_EQ(read("{\"type\":\"modbus\",\"host\":\"d\",\"registers\":[{\"name\":\"a\","
                  "\"address\":1}]}"),
             PX_OK);
    CHECK(c.port == 502 && c.unit == 1 && c.gap == 0 && c.register_count == 1);
    CHECK(c.every_ns == PX_SECOND && c.timeout_ns == PX_SECOND);
    CHECK(c.registers[0].table == PX_MODBUS_HOLDING && c.registers[0].type == PX_MODBUS_UINT16);
    refuses("{\"type\":\"modbus\",\"host\":\"d\"}", "", "needs 'registers'");
    refuses("{\"type\":\"modbus\",\"host\":\"d\",\"unit\":256,\"registers\":[]}", "/unit",
            "from 0 to 255");
    refuses("{\"type\":\"modbus\",\"host\":\"d\",\"clientId\":\"x\",\"registers\":[]}", "/clientId",
            "has no 'clientId'");
    px_arena_release(&arena);
}

PX_TEST(times_are_from_their_least_to_their_most)
{
    static const char *const wrong[] = { "9ms", "25h", "1", "1 s", "s", "1.5s", "9999999999ms" };

    CHECK_EQ(read_times("10ms", "10ms"), PX_OK);
    CHECK(c.every_ns == PX_MODBUS_EVERY_NS_MIN);
    CHECK_EQ(read_times("24h", "60s"), PX_OK);
    CHECK(c.every_ns == PX_MODBUS_EVERY_NS_MAX && c.timeout_ns == PX_MODBUS_TIMEOUT_NS_MAX);
    CHECK_EQ(read_times("1440min", "1min"), PX_OK);
    CHECK_EQ(read_times("1s", "61s"), PX_INVALID);
    CHECK_STR(err.path, "/timeout");
    CHECK_EQ(read_times("1441min", "1s"), PX_INVALID);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        CHECK_EQ(read_times(wrong[i], "1s"), PX_INVALID);
    px_arena_release(&arena);
}

PX_TEST(a_connection_has_as_many_topics_as_the_limit)
{
    for (int more = 0; more < 2; more++) {
        px_buf body = { 0 };

        px_put_c(&body, "{\"type\":\"mqtt\",\"host\":\"b\",\"clientId\":\"i\",\"topics\":[");
        for (int i = 0; i < PX_CONNECTION_TOPICS_MAX + more; i++)
            px_putf(&body, "%s{\"filter\":\"t/%d\"}", i ? "," : "", i);
        px_put_c(&body, "]}");
        px_put_char(&body, '\0');
        CHECK_EQ(body.status, PX_OK);
        CHECK_EQ(read(body.ptr), more ? PX_INVALID : PX_OK);
        px_buf_release(&body);
    }
    px_arena_release(&arena);
}

PX_TEST_MAIN()
