/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/mqtt_args.h"

#include <stdlib.h>

#include "cli/file.h"

enum { KEY_FILE_BYTES_MAX = 4096 };

px_status px_mqtt_address_parse(const char *text, int port, px_mqtt_address *ret_address,
                                px_err *ret_err)
{
    const char *colon = strrchr(text, ':'), *end = colon ? colon : text + strlen(text);
    char *rest;

    if (text[0] == '[' && end > text && end[-1] == ']') {
        text++;
        end--;
    }
    ret_address->port = colon ? (int)strtol(colon + 1, &rest, 10) : port;
    if ((colon && (*rest || rest == colon + 1)) || ret_address->port < 1 ||
        ret_address->port > 65535 || end == text ||
        (size_t)(end - text) >= sizeof(ret_address->host))
        return px_fail_id(ret_err, PX_INVALID, "cli.value", "'%s' is no HOST:PORT", text);
    memcpy(ret_address->host, text, (size_t)(end - text));
    ret_address->host[end - text] = 0;
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
