/* SPDX-License-Identifier: Apache-2.0 */
/* Where webhooks may lead. */
#include "outbound/target.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "px_test.h"

static px_reach reach;
static px_err err;

static px_status check(const char *url)
{
    err = (px_err){ 0 };
    return px_target_check(&reach, px_str_c(url), NULL, &err);
}

static px_status check_address(const char *text)
{
    struct sockaddr_in v4 = { .sin_family = AF_INET };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };

    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        return px_target_check_address(&reach, (const struct sockaddr *)&v4, &err);
    CHECK_EQ(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
    return px_target_check_address(&reach, (const struct sockaddr *)&v6, &err);
}

static void allow(const char *list)
{
    CHECK_OK(px_reach_parse(px_str_c(list), &reach, &err), &err);
}

PX_TEST(public_addresses_are_reached_and_others_are_not)
{
    static const char *const refused[] = {
        "127.0.0.1",
        "127.9.9.9",
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "::ffff:127.0.0.1",
        "::ffff:10.1.2.3",
        "fe80::1",
        "fc00::1",
        "fd12::1",
        "ff02::1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2002:a00:1::",
        "::7f00:1",
    };
    static const char *const reached[] = { "8.8.8.8",          "172.32.0.1",    "100.128.0.1",
                                           "2606:4700::1111",  "192.169.0.1",   "::ffff:8.8.8.8",
                                           "64:ff9b::808:808", "2002:808:808::" };

    allow("");
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        CHECK_EQ(check_address(refused[i]), PX_DENIED);
        CHECK_STR(err.id, "endpoint.address");
    }
    for (size_t i = 0; i < sizeof(reached) / sizeof(reached[0]); i++)
        CHECK_OK(check_address(reached[i]), &err);
}

PX_TEST(a_refusal_says_what_the_address_is_and_who_may_allow_it)
{
    allow("");
    CHECK_EQ(check("http://127.0.0.1:8080/x"), PX_DENIED);
    CHECK_STR(err.text, "127.0.0.1 is a loopback address; the server connects to public addresses, "
                        "and to networks that the operator names with --outbound-allow");
    CHECK_EQ(check("http://[::1]/"), PX_DENIED);
    CHECK_EQ(check("http://169.254.169.254/latest/meta-data"), PX_DENIED);
    CHECK(strstr(err.text, "a link-local address") != NULL);
}

PX_TEST(networks_that_the_operator_names_are_reached)
{
    allow("10.1.0.0/16, 127.0.0.1 , fd00::/8");
    CHECK_OK(check_address("10.1.2.3"), &err);
    CHECK_OK(check_address("::ffff:10.1.2.3"), &err);
    CHECK_EQ(check_address("10.2.0.1"), PX_DENIED);
    CHECK_OK(check_address("127.0.0.1"), &err);
    CHECK_EQ(check_address("127.0.0.2"), PX_DENIED);
    CHECK_OK(check_address("fd12::9"), &err);
    CHECK_OK(check("https://anything.example/"), &err);
}

PX_TEST(with_names_only_these_are_reached)
{
    allow("hooks.example, *.acme.example");
    CHECK_OK(check("https://hooks.example/a?b"), &err);
    CHECK_OK(check("https://HOOKS.example:8443/"), &err);
    CHECK_OK(check("https://a.acme.example"), &err);
    CHECK_EQ(check("https://acme.example/"), PX_DENIED);
    CHECK_EQ(check("https://evilacme.example/"), PX_DENIED);
    CHECK_EQ(check("https://hooks.example.evil.example/"), PX_DENIED);
    CHECK_STR(err.id, "endpoint.host");
}

PX_TEST(an_address_is_no_way_around_a_list_of_names)
{
    allow("hooks.example");
    CHECK_EQ(check("https://8.8.8.8/"), PX_DENIED);
    CHECK_STR(err.id, "endpoint.host");
    CHECK_EQ(check("https://[2606:4700::1111]/"), PX_DENIED);
    allow("hooks.example, 10.1.0.0/16");
    CHECK_OK(check("https://10.1.2.3/"), &err);
    CHECK_EQ(check("https://8.8.8.8/"), PX_DENIED);
}

PX_TEST(an_address_of_a_webhook_has_a_form)
{
    static const char *const wrong[] = {
        "",
        "hooks.example",
        "ftp://a/",
        "file:///etc/passwd",
        "http://",
        "http:///x",
        "http://a@b/",
        "http://a b/",
        "http://a#",
        "http://a:0/",
        "http://a:65536/",
        "http://a:x/",
        "http://a\\@b/",
        "http://[::1]x/",
        "gopher://a/",
        "http://\303\244/",
    };

    allow("");
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        CHECK_EQ(check(wrong[i]), PX_INVALID);
        CHECK_STR(err.id, "endpoint.url");
    }
    CHECK_OK(check("https://a.example:1/x?y=z&q"), &err);
}

PX_TEST(a_wrong_list_is_told)
{
    CHECK_EQ(px_reach_parse(PX_STR("10.0.0.0/33"), &reach, &err), PX_INVALID);
    CHECK_EQ(px_reach_parse(PX_STR("10.0.0/8"), &reach, &err), PX_INVALID);
    CHECK_EQ(px_reach_parse(PX_STR("a_b"), &reach, &err), PX_INVALID);
    CHECK(strstr(err.text, "neither a host name nor a network") != NULL);
}

PX_TEST_MAIN()
