/* SPDX-License-Identifier: Apache-2.0 */
#include "outbound/target.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/limits.h"

/* What is not public, IPv4 as ::ffff:a.b.c.d. `inner`: an IPv4 address stands in it at this byte,
 * and is judged instead. */
static const struct {
    const char *prefix;
    uint8_t bits, inner;
    const char *what;
} special[] = {
    { "::ffff:0.0.0.0", 104, 0, "an address of this network" },
    { "::ffff:10.0.0.0", 104, 0, "a private address" },
    { "::ffff:100.64.0.0", 106, 0, "a shared address" },
    { "::ffff:127.0.0.0", 104, 0, "a loopback address" },
    { "::ffff:169.254.0.0", 112, 0, "a link-local address" },
    { "::ffff:172.16.0.0", 108, 0, "a private address" },
    { "::ffff:192.0.0.0", 120, 0, "a special address" },
    { "::ffff:192.168.0.0", 112, 0, "a private address" },
    { "::ffff:198.18.0.0", 111, 0, "a test address" },
    { "::ffff:224.0.0.0", 100, 0, "a multicast address" },
    { "::ffff:240.0.0.0", 100, 0, "a reserved address" },
    { "::1", 128, 0, "a loopback address" },
    { "::", 96, 0, "an address of this machine" },
    { "fc00::", 7, 0, "a private address" },
    { "fe80::", 10, 0, "a link-local address" },
    { "fec0::", 10, 0, "a private address" },
    { "ff00::", 8, 0, "a multicast address" },
    { "64:ff9b::", 96, 12, "" },
    { "64:ff9b:1::", 48, 0, "a private address" },
    { "2002::", 16, 2, "" },
    { "2001::", 32, 0, "a tunnel's address" },
};

static bool in_network(const uint8_t address[16], const uint8_t prefix[16], unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;

    if (memcmp(address, prefix, whole) != 0)
        return false;
    return rest == 0 || (address[whole] ^ prefix[whole]) >> (8 - rest) == 0;
}

static void map_v4(const uint8_t v4[4], uint8_t ret_bytes[16])
{
    memset(ret_bytes, 0, 10);
    ret_bytes[10] = ret_bytes[11] = 0xFF;
    memcpy(ret_bytes + 12, v4, 4);
}

static bool read_address(const char *text, uint8_t ret_bytes[16], bool *ret_is_v4)
{
    uint8_t v4[4];

    *ret_is_v4 = inet_pton(AF_INET, text, v4) == 1;
    if (*ret_is_v4)
        map_v4(v4, ret_bytes);
    return *ret_is_v4 || inet_pton(AF_INET6, text, ret_bytes) == 1;
}

/* NULL: public. */
static const char *what_is(const uint8_t address[16])
{
    uint8_t prefix[16], inner[16];
    bool is_v4;

    for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++) {
        px_assert(read_address(special[i].prefix, prefix, &is_v4));
        if (!in_network(address, prefix, special[i].bits))
            continue;
        if (!special[i].inner)
            return special[i].what;
        map_v4(address + special[i].inner, inner);
        return what_is(inner);
    }
    return NULL;
}

static bool is_listed(const px_reach *reach, const uint8_t address[16])
{
    for (size_t i = 0; i < reach->network_count; i++)
        if (in_network(address, reach->networks[i].bytes, reach->networks[i].bits))
            return true;
    return false;
}

static px_status check_bytes(const px_reach *reach, const uint8_t address[16], px_err *ret_err)
{
    const char *what = what_is(address);
    char text[INET6_ADDRSTRLEN] = "";
    bool is_v4 = memcmp(address, "\0\0\0\0\0\0\0\0\0\0\377\377", 12) == 0;

    if (!what || is_listed(reach, address))
        return PX_OK;
    inet_ntop(is_v4 ? AF_INET : AF_INET6, is_v4 ? address + 12 : address, text, sizeof(text));
    return px_fail_id(ret_err, PX_DENIED, "endpoint.address",
                      "%s is %s; the server connects to public addresses, and to networks that "
                      "the operator names with --outbound-allow",
                      text, what);
}

px_status px_target_check_address(const px_reach *reach, const struct sockaddr *address,
                                  px_err *ret_err)
{
    uint8_t bytes[16];

    if (address->sa_family == AF_INET)
        map_v4((const uint8_t *)&((const struct sockaddr_in *)(const void *)address)->sin_addr,
               bytes);
    else if (address->sa_family == AF_INET6)
        memcpy(bytes, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, 16);
    else
        return px_fail_id(ret_err, PX_DENIED, "endpoint.address",
                          "the server connects over the internet protocols only");
    return check_bytes(reach, bytes, ret_err);
}

/* ---- the operator's list ---- */

static px_status read_network(px_reach *reach, const char *text, const char *bits, px_err *ret_err)
{
    px_network *network = &reach->networks[reach->network_count];
    long count = 0;
    char *end = NULL;
    bool is_v4;

    if (!read_address(text, network->bytes, &is_v4))
        return px_fail_id(ret_err, PX_INVALID, "outbound.allow",
                          "--outbound-allow: '%s/%s' is no network; give one such as 10.1.0.0/16",
                          text, bits);
    count = bits ? strtol(bits, &end, 10) : is_v4 ? 32 : 128;
    if (bits && (*bits == '\0' || *end || count < 0 || count > (is_v4 ? 32 : 128)))
        return px_fail_id(
            ret_err, PX_INVALID, "outbound.allow",
            "--outbound-allow: '%s/%s' is no network: behind the slash stand 0 to %d bits", text,
            bits, is_v4 ? 32 : 128);
    network->bits = (uint8_t)(count + (is_v4 ? 96 : 0));
    reach->network_count++;
    return PX_OK;
}

static px_status read_name(px_reach *reach, const char *text, px_err *ret_err)
{
    char *name = reach->names[reach->name_count];
    size_t len = 0;

    if (text[0] == '*' && text[1] == '.')
        text++;
    for (; text[len]; len++) {
        char c = text[len];

        if (!px_is_letter(c) && !px_is_digit(c) && c != '-' && c != '.')
            return px_fail_id(ret_err, PX_INVALID, "outbound.allow",
                              "--outbound-allow: '%s' is neither a host name nor a network; give "
                              "names and networks with commas between",
                              text);
        name[len] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
    name[len] = '\0';
    reach->name_count++;
    return PX_OK;
}

px_status px_reach_parse(px_str text, px_reach *ret_reach, px_err *ret_err)
{
    px_reach *reach = ret_reach;

    *reach = (px_reach){ 0 };
    while (text.len) {
        px_str entry = px_str_trim(px_str_cut(&text, ','));
        char copy[PX_REACH_NAME_BYTES_MAX], *slash;
        uint8_t bytes[16];
        bool is_v4;

        if (entry.len == 0)
            continue;
        if (entry.len >= sizeof(copy) || reach->network_count == PX_REACH_ENTRIES_MAX ||
            reach->name_count == PX_REACH_ENTRIES_MAX)
            return px_fail_id(ret_err, PX_LIMIT, "outbound.allow",
                              "--outbound-allow: at most %d networks and %d names, each shorter "
                              "than %d bytes",
                              PX_REACH_ENTRIES_MAX, PX_REACH_ENTRIES_MAX, PX_REACH_NAME_BYTES_MAX);
        snprintf(copy, sizeof(copy), "%.*s", PX_FMT(entry));
        slash = strchr(copy, '/');
        if (slash)
            *slash++ = '\0';
        if (slash || read_address(copy, bytes, &is_v4))
            PX_TRY(read_network(reach, copy, slash, ret_err));
        else
            PX_TRY(read_name(reach, copy, ret_err));
    }
    return PX_OK;
}

/* ---- URLs ---- */

static px_status wrong_url(px_str url, const char *why, px_err *ret_err)
{
    return px_fail_id(ret_err, PX_INVALID, "endpoint.url",
                      "'%.*s' is no address of a webhook: %s; right is https://hooks.example/path",
                      url.len > 80 ? 80 : (int)url.len, url.ptr, why);
}

/* The host with brackets taken off, of what stands between the scheme and the path. */
static px_status split_host(px_str url, px_str authority, px_str *ret_host, px_err *ret_err)
{
    px_str host = authority, port = { 0 };
    unsigned long number;
    char text[8] = "";

    if (memchr(authority.ptr, '@', authority.len))
        return wrong_url(url, "a user and a password do not stand in it", ret_err);
    if (authority.len && authority.ptr[0] == '[') {
        host = px_str_cut(&authority, ']');
        host = px_str_skip(host, 1);
        if (authority.len && authority.ptr[0] != ':')
            return wrong_url(url, "behind ']' only a port may stand", ret_err);
        port = authority.len ? px_str_skip(authority, 1) : authority;
    } else {
        host = px_str_cut(&authority, ':');
        port = authority;
    }
    if (host.len == 0)
        return wrong_url(url, "it has no host", ret_err);
    snprintf(text, sizeof(text), "%.*s", port.len > 7 ? 7 : (int)port.len,
             port.ptr ? port.ptr : "");
    number = strtoul(text[0] ? text : "1", NULL, 10);
    if (port.len > 5 || strspn(text, "0123456789") != port.len || number == 0 || number > 65535)
        return wrong_url(url, "its port is none", ret_err);
    *ret_host = host;
    return PX_OK;
}

static bool is_named(const px_reach *reach, px_str host)
{
    for (size_t i = 0; i < reach->name_count; i++) {
        px_str name = px_str_c(reach->names[i]);
        bool is_suffix = name.len && name.ptr[0] == '.';
        size_t skip = is_suffix && host.len > name.len ? host.len - name.len : 0;

        if (host.len - skip == name.len && strncasecmp(host.ptr + skip, name.ptr, name.len) == 0)
            return true;
    }
    return reach->name_count == 0;
}

/* `text` is the host, too. An address in place of a name is no way around a list of names. */
static px_status check_host(const px_reach *reach, px_str host, const char *text, px_err *ret_err)
{
    uint8_t bytes[16];
    bool is_v4, passes;

    if (read_address(text, bytes, &is_v4)) {
        PX_TRY(check_bytes(reach, bytes, ret_err));
        passes = reach->name_count == 0 || is_listed(reach, bytes);
    } else {
        passes = is_named(reach, host);
    }
    if (passes)
        return PX_OK;
    return px_fail_id(ret_err, PX_DENIED, "endpoint.host",
                      "'%s' is none of the hosts that the operator names with --outbound-allow",
                      text);
}

px_status px_target_check_host(const px_reach *reach, px_str host, px_err *ret_err)
{
    char text[PX_REACH_NAME_BYTES_MAX];

    if (host.len >= sizeof(text))
        return px_fail_id(ret_err, PX_INVALID, "endpoint.host", "a host is shorter than %d bytes",
                          PX_REACH_NAME_BYTES_MAX);
    snprintf(text, sizeof(text), "%.*s", PX_FMT(host));
    return check_host(reach, host, text, ret_err);
}

px_str px_target_origin(px_str url)
{
    size_t end = px_str_starts(url, PX_STR("https://")) ? 8 : 7;

    while (end < url.len && !strchr("/?", url.ptr[end]))
        end++;
    return px_str_head(url, end);
}

px_status px_target_check(const px_reach *reach, px_str url, px_str *ret_host, px_err *ret_err)
{
    size_t scheme = px_str_starts(url, PX_STR("https://")) ? 8 : 7;
    char text[PX_REACH_NAME_BYTES_MAX];
    px_str host;

    for (size_t i = 0; i < url.len; i++)
        if (url.ptr[i] <= ' ' || url.ptr[i] == 0x7F || url.ptr[i] == '#' || url.ptr[i] == '\\')
            return wrong_url(url, "it has a blank, '#', '\\' or a letter beyond ASCII", ret_err);
    if (url.len > PX_ENDPOINT_URL_BYTES_MAX)
        return wrong_url(url, "it is too long", ret_err);
    if (scheme == 7 && !px_str_starts(url, PX_STR("http://")))
        return wrong_url(url, "it begins with neither https:// nor http://", ret_err);
    PX_TRY(split_host(url, px_str_skip(px_target_origin(url), scheme), &host, ret_err));
    if (ret_host)
        *ret_host = host;
    if (host.len >= sizeof(text))
        return wrong_url(url, "its host is too long", ret_err);
    snprintf(text, sizeof(text), "%.*s", PX_FMT(host));
    return check_host(reach, host, text, ret_err);
}
