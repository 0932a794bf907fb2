/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/mqtt_args.h"

#include <stdlib.h>

#include "cli/file.h"

enum { KEY_FILE_BYTES_MAX = 4096 };

/* The port behind `colon`, or 0. */
static int read_port(const char *colon)
{
    char *rest;
    long port = strtol(colon + 1, &rest, 10);

    return px_is_digit(colon[1]) && !*rest && port >= 1 && port <= UINT16_MAX ? (int)port : 0;
}

/* `[` and `]` around it say that colons are part of it. */
static bool is_host(px_str host, bool in_brackets)
{
    for (size_t i = 0; i < host.len; i++)
        if (host.ptr[i] <= ' ' || host.ptr[i] == '/' || (host.ptr[i] == ':' && !in_brackets))
            return false;
    return host.len > 0;
}

px_status px_mqtt_address_parse(const char *text, const char *option, int port,
                                px_mqtt_address *ret_address, px_err *ret_err)
{
    const char *colon = strrchr(text, ':'), *bracket = strrchr(text, ']');
    px_str host;
    bool in_brackets;

    if (colon && bracket > colon)
        colon = NULL; /* [::1] without a port */
    host = px_str_of(text, colon ? (size_t)(colon - text) : strlen(text));
    in_brackets = host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']';
    if (in_brackets)
        host = px_str_of(host.ptr + 1, host.len - 2);
    ret_address->port = colon ? read_port(colon) : port;
    if (!ret_address->port || !is_host(host, in_brackets) || host.len >= sizeof(ret_address->host))
        return px_fail_id(ret_err, PX_INVALID, "cli.value",
                          "%s '%s' is no HOST:PORT, such as 127.0.0.1:%d", option, text, port);
    memcpy(ret_address->host, host.ptr, host.len);
    ret_address->host[host.len] = 0;
    return PX_OK;
}

px_status px_mqtt_key(const px_args *args, px_arena *arena, const char **ret_key, px_err *ret_err)
{
    const char *key = px_args_get(args, "key");
    px_str text;

    if (!key)
        key = getenv("POLLUX_DEVICE_KEY");
    if (!key || !*key)
        return px_fail_id(ret_err, PX_INVALID, "cli.option",
                          "--key is missing: `pollux device add D --twin T` gives it once");
    if (key[0] == '@') {
        size_t len;

        PX_TRY(px_file_read(px_str_c(key + 1), KEY_FILE_BYTES_MAX, arena, &text, ret_err));
        len = strcspn(text.ptr, " \t\r\n");
        text = px_arena_str(arena, px_str_of(text.ptr, len));
        if (!text.ptr)
            return px_arena_fail(arena, ret_err);
        key = text.ptr;
    }
    *ret_key = key;
    return PX_OK;
}

px_status px_mqtt_suggest(px_cli *cli, const char *device, px_status status)
{
    if (status == PX_UNREACHABLE)
        px_cli_cure(cli, "start a server with `pollux serve --data ./data`, or name its door: "
                         "--mqtt HOST:PORT");
    if (status == PX_UNAUTHORIZED && device)
        px_cli_cure(cli, "pollux device key %s makes a new key; the old one ends", device);
    return status;
}
