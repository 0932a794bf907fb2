/* SPDX-License-Identifier: Apache-2.0 */
#include "server/address.h"

#include "px_test.h"

static bool is_loopback(const char *text)
{
    px_address address;
    px_err err;

    CHECK_OK(px_address_parse(text, "--mqtt", &address, &err), &err);
    return address.is_loopback;
}

PX_TEST(loopback_is_an_address_and_not_the_beginning_of_a_name)
{
    CHECK(is_loopback("127.0.0.1:1"));
    CHECK(is_loopback("127.255.0.9:1"));
    CHECK(is_loopback("[::1]:1"));
    CHECK(is_loopback("[::ffff:127.0.0.1]:1"));
    CHECK(is_loopback("localhost:1"));
    CHECK(!is_loopback("127.example.com:1"));
    CHECK(!is_loopback("127.0.0.1.example.com:1"));
    CHECK(!is_loopback("localhost.example.com:1"));
    CHECK(!is_loopback("0.0.0.0:1"));
    CHECK(!is_loopback("[::]:1"));
    CHECK(!is_loopback("[::ffff:10.0.0.1]:1"));
    CHECK(!is_loopback("10.127.0.1:1"));
}

PX_TEST(what_is_no_address_is_named)
{
    static const char *const bad[] = { "", "127.0.0.1", ":1", "::1:1", "host:x", "host:65536" };
    px_address address;
    px_err err;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CHECK_EQ(px_address_parse(bad[i], "--http", &address, &err), PX_INVALID);
        CHECK_STR(err.id, "server.address");
    }
}

PX_TEST_MAIN()
