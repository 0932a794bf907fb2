/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/migrate_send.h"

#include "cli/api.h"

static px_status post(px_cli *cli, px_str changes, bool dry, px_arena *arena, px_json **ret_root,
                      px_err *ret_err)
{
    px_http_call call = { .method = "POST", .path = "/api/v1/batch" };
    px_buf body = { 0 };
    px_status status;

    px_putf(&body, "{\"dryRun\":%s,\"changes\":", dry ? "true" : "false");
    px_put(&body, changes);
    px_put_char(&body, '}');
    call.body = px_buf_str(&body);
    status = px_buf_status(&body, ret_err);
    if (status == PX_OK)
        status = px_api_call(cli, &call, arena, ret_root, ret_err);
    px_buf_release(&body);
    return status;
}

/* The server points at a change; a person wants the name of its twin. */
static void name_twin(px_cli *cli, const px_json *changes, px_err *err, const char *cure)
{
    px_str rest = px_str_c(err->path), twin;
    uint32_t index;
    px_err told;

    if (!px_str_starts(rest, PX_STR("/changes/")))
        return;
    rest = px_str_skip(rest, sizeof("/changes/") - 1);
    if (!px_json_pointer_index(px_str_cut(&rest, '/'), &index))
        return;
    twin = px_json_get_text(px_json_item(changes, index), PX_STR("twin"));
    if (!twin.len)
        return;
    told = *err;
    if (err->status == PX_STALE) {
        px_fail_id(err, told.status, told.id, "twin '%.*s' was changed meanwhile; nothing was done",
                   PX_FMT(twin));
        px_cli_cure(cli, "%s", cure);
    } else {
        px_fail_id(err, told.status, told.id, "twin '%.*s': %s", PX_FMT(twin), told.text);
    }
}

px_status px_send_changes(px_cli *cli, px_str changes, bool dry, const char *cure, px_arena *arena,
                          px_json **ret_root, px_err *ret_err)
{
    px_json *sent = NULL;
    px_err err = { 0 };
    px_status status = post(cli, changes, dry, arena, ret_root, &err);

    if (status == PX_OK)
        return PX_OK;
    if (px_json_parse(changes, NULL, arena, &sent, NULL) == PX_OK)
        name_twin(cli, sent, &err, cure);
    if (ret_err)
        *ret_err = err;
    return status;
}
