/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cmds.h"
#include "cli/device_call.h"
#include "cli/no_such.h"
#include "cli/out.h"

enum { LOOKED_AT_MAX = 20 }; /* twins of one `device add` */

static const px_out_column columns[] = { { "id", "id", false },
                                         { "state", "state", false },
                                         { "connections", "connections", true },
                                         { "last seen", "lastSeen", false },
                                         { "group", "group", false },
                                         { "twins", "twins", false },
                                         { 0 } };

px_status px_device_ask(px_cli *cli, const char *method, const char *id, const char *after,
                        px_str body, px_arena *arena, px_json **ret_root, px_err *ret_err)
{
    px_http_call call = { .method = method, .body = body };
    px_buf path = { 0 };
    px_status status;

    px_put_c(&path, "/api/v1/devices/");
    px_put_url_part(&path, px_str_c(id));
    px_put_c(&path, after);
    status = px_buf_status(&path, ret_err);
    call.path = path.ptr;
    if (status == PX_OK)
        status = px_api_call(cli, &call, arena, ret_root, ret_err);
    px_buf_release(&path);
    return px_no_such(cli, PX_THING_DEVICE, id, status, ret_err);
}

px_status px_device_list(px_cli *cli, const char *id, const char *after, const px_out_column *heads,
                         px_err *ret_err)
{
    px_buf path = { 0 };
    px_status status;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, 16 << 20);
    PX_TRY(px_device_ask(cli, "GET", id, "", (px_str){ 0 }, &arena, NULL, ret_err));
    px_put_c(&path, "/api/v1/devices/");
    px_put_url_part(&path, px_str_c(id));
    px_put_c(&path, after);
    status = px_buf_status(&path, ret_err);
    if (status == PX_OK)
        status = px_out_list(cli, path.ptr, heads, ret_err);
    px_buf_release(&path);
    return status;
}

/* A device may be made before its twins, so this is no failure; most often it is a slip, though. */
void px_device_note_missing_twins(px_cli *cli, const px_args *args)
{
    const char *twin;
    size_t at = 0;

    for (int i = 0; i < LOOKED_AT_MAX && (twin = px_args_next(args, "twin", &at)) != NULL; i++) {
        px_err err = { 0 };

        if (px_no_such(cli, PX_THING_TWIN, twin, PX_NOT_FOUND, &err) == PX_NOT_FOUND && err.text[0])
            px_cli_note(cli, "%s", err.text);
    }
}

/* `--attribute NAME=TEXT`; what is not given stays as it is. */
static void put_labels(px_json_writer *w, const px_args *args)
{
    const char *text;
    size_t at = 0;

    if (px_args_has(args, "group")) {
        px_json_key(w, PX_STR("group"));
        px_json_string(w, px_str_c(px_args_get(args, "group")));
    }
    if (!px_args_has(args, "attribute"))
        return;
    px_json_key(w, PX_STR("attributes"));
    px_json_begin_object(w);
    while ((text = px_args_next(args, "attribute", &at)) != NULL) {
        px_str rest = px_str_c(text), name = px_str_cut(&rest, '=');

        px_json_key(w, name);
        px_json_string(w, rest);
    }
    px_json_end_object(w);
}

/* Those that it speaks for now; NULL: there is no such device. */
static px_status get_present_twins(px_cli *cli, const char *id, px_arena *arena,
                                   const px_json **ret_twins, px_err *ret_err)
{
    px_json *root = NULL;
    px_status status =
        px_api_get(cli, arena, &root, ret_err, "/api/v1/devices/%s", px_api_part(arena, id));

    *ret_twins = status == PX_OK ? px_json_get(root, PX_STR("twins")) : NULL;
    return status == PX_NOT_FOUND ? PX_OK : status;
}

/* Who names none: a new device has none yet, one that is there keeps its own. */
static void put_twins(px_json_writer *w, const px_args *args, const px_json *present)
{
    const char *twin;
    size_t at = 0;

    px_json_begin_array(w);
    if (!px_args_has(args, "twin"))
        for (const px_json *t = present ? present->first : NULL; t; t = t->next)
            px_json_string(w, t->text);
    while ((twin = px_args_next(args, "twin", &at)) != NULL)
        px_json_string(w, px_str_c(twin));
    px_json_end_array(w);
}

static bool is_named(const px_args *args, px_str id)
{
    const char *twin;
    size_t at = 0;

    while ((twin = px_args_next(args, "twin", &at)) != NULL)
        if (px_str_eq(px_str_c(twin), id))
            return true;
    return false;
}

/* What was asked for, and may have been meant otherwise. */
static void note_unbound(px_cli *cli, const char *id, const px_args *args, const px_json *present)
{
    if (!px_args_has(args, "twin"))
        return;
    for (const px_json *t = present ? present->first : NULL; t; t = t->next)
        if (!is_named(args, t->text))
            px_cli_note(cli,
                        "it was there already, and speaks for twin '%.*s' no more; "
                        "`pollux device bind %s --twin %.*s` lets it again",
                        PX_FMT(t->text), id, PX_FMT(t->text));
}

static px_status run_add(px_cli *cli, const px_args *args, px_err *ret_err)
{
    const char *id = px_args_operand(args, 0);
    const px_json *present;
    px_buf body = { 0 };
    px_json_writer w = px_json_writer_of(&body);
    px_json *root;
    px_status status;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, 16 << 20);
    PX_TRY(get_present_twins(cli, id, &arena, &present, ret_err));
    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("twins"));
    put_twins(&w, args, present);
    put_labels(&w, args);
    px_json_end_object(&w);
    status = px_buf_status(&body, ret_err);
    if (status == PX_OK)
        status = px_device_ask(cli, "PUT", id, "", px_buf_str(&body), &arena, &root, ret_err);
    px_buf_release(&body);
    PX_TRY(status);
    px_device_note_missing_twins(cli, args);
    note_unbound(cli, id, args, present);
    if (!px_args_has(args, "twin") && !px_json_get(root, PX_STR("twins"))->first)
        px_cli_note(cli, "it speaks for no twin yet; `pollux device bind %s --twin T` lets it", id);
    return px_device_print_key(cli, root, ret_err);
}

static px_status run_list(px_cli *cli, const px_args *args, px_err *ret_err)
{
    (void)args;
    return px_out_list(cli, "/api/v1/devices", columns, ret_err);
}

static px_status run_show(px_cli *cli, const px_args *args, px_err *ret_err)
{
    px_json *root;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, 16 << 20);
    PX_TRY(px_device_ask(cli, "GET", px_args_operand(args, 0), "", (px_str){ 0 }, &arena, &root,
                         ret_err));
    return px_out_facts(cli, root, ret_err);
}

static px_status run_log(px_cli *cli, const px_args *args, px_err *ret_err)
{
    static const px_out_column heads[] = { { "time", "time", false },
                                           { "event", "event", false },
                                           { "reason", "reason", false },
                                           { "count", "count", true },
                                           { "address", "address", false },
                                           { "protocol", "protocol", false },
                                           { 0 } };

    return px_device_list(cli, px_args_operand(args, 0), "/log", heads, ret_err);
}

static px_status run_delete(px_cli *cli, const px_args *args, px_err *ret_err)
{
    const char *id = px_args_operand(args, 0);
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, 1 << 20);
    PX_TRY(px_device_ask(cli, "DELETE", id, "", (px_str){ 0 }, &arena, NULL, ret_err));
    return px_out_done(cli, NULL, ret_err, "deleted %s", id);
}

/* Tokens send, too, so this is no failure; most often it is a slip, though. */
static void note_missing_device(px_cli *cli, const char *id)
{
    px_err err = { 0 };

    if (px_no_such(cli, PX_THING_DEVICE, id, PX_NOT_FOUND, &err) == PX_NOT_FOUND && err.text[0])
        px_cli_note(cli, "%s", err.text);
}

static px_status run_rejects(px_cli *cli, const px_args *args, px_err *ret_err)
{
    static const px_out_column heads[] = { { "time", "time", false },
                                           { "sender", "sender", false },
                                           { "twin", "twin", false },
                                           { "name", "name", false },
                                           { "reason", "reason", false },
                                           { "payload", "payload", false },
                                           { 0 } };
    const char *id = px_args_operand(args, 0);
    px_buf path = { 0 };
    size_t count = 0;
    px_status status;

    px_put_c(&path, "/api/v1/rejects");
    if (id) {
        px_put_c(&path, "?sender=");
        px_put_url_part(&path, px_str_c(id));
    }
    status = px_buf_status(&path, ret_err);
    if (status == PX_OK)
        status = px_out_list_counted(cli, path.ptr, heads, &count, ret_err);
    px_buf_release(&path);
    if (status == PX_OK && id && count == 0)
        note_missing_device(cli, id);
    return status;
}

static const px_opt add_options[] = {
    { "twin", 't', "T", "a twin it speaks for; may be repeated" },
    { "group", 'g', "G", "the group it belongs to" },
    { "attribute", 'a', "N=TEXT", "a text about it, such as serial=4711; may be repeated" },
    { 0 },
};

const px_cmd px_cmd_device[] = {
    { .noun = "device",
      .summary = "devices: their twins, their life, and what proves them",
      .examples = "pollux device add pump-1 --twin pump-1\n"
                  "pollux device list\n"
                  "pollux device key pump-1 --overlap 1d\n"
                  "pollux device disable pump-1\n"
                  "pollux device rejects pump-1" },
    { .noun = "device",
      .verb = "add",
      .summary = "let a device speak for twins; prints its key, once",
      .operands = "D",
      .examples = "pollux device add pump-1 --twin pump-1\n"
                  "pollux device add pump-1 --twin pump-1 --group hall-2 --attribute serial=4711\n"
                  "pollux device add gateway-1 --twin pump-1 --twin pump-2 --json",
      .notes = "A device says its id as MQTT user name and the key as password.\n"
               "For a device that is there already, the twins are changed and its keys are kept;\n"
               "`pollux device bind` adds some.",
      .opts = add_options,
      .operands_min = 1,
      .operands_max = 1,
      .run = run_add },
    { .noun = "device",
      .verb = "bind",
      .summary = "let a device speak for more twins; those it has stay",
      .operands = "D",
      .examples = "pollux device bind gateway-1 --twin pump-3",
      .notes = "`pollux device add` says all the twins of a device, and unbinds the others.",
      .opts = px_device_bind_options,
      .operands_min = 1,
      .operands_max = 1,
      .run = px_device_bind_run },
    { .noun = "device",
      .verb = "list",
      .summary = "list all devices",
      .examples = "pollux device list",
      .run = run_list },
    { .noun = "device",
      .verb = "show",
      .summary = "show a device",
      .operands = "D",
      .examples = "pollux device show pump-1",
      .operands_min = 1,
      .operands_max = 1,
      .run = run_show },
    { .noun = "device",
      .verb = "import",
      .summary = "register many devices from a CSV file",
      .operands = "FILE|-",
      .examples = "pollux device import plant.csv --keys plant.keys\n"
                  "pollux device import plant.csv --dry-run\n"
                  "pollux device import pumps.csv -k pumps.keys --model 'dtmi:com:acme:Pump;1'",
      .notes =
          "The first line names the columns: id; twin (several: semicolons between); model, of\n"
          "which twins are made that are not there; group. All others are attributes. A row that\n"
          "is refused is named and passed over; any makes the exit code 2. The same file again\n"
          "changes nothing. FILE of --keys gets lines id,key and is readable by you alone.",
      .opts = px_device_import_options,
      .operands_min = 1,
      .operands_max = 1,
      .run = px_device_import_run },
    { .noun = "device",
      .verb = "log",
      .summary = "connections of a device: let in, refused, ended",
      .operands = "D",
      .examples = "pollux device log pump-1",
      .notes = "The newest first: when, why, from where. The server keeps 16 entries.",
      .operands_min = 1,
      .operands_max = 1,
      .run = run_log },
    { .noun = "device",
      .verb = "delete",
      .summary = "delete a device; what proved it is worth nothing from then on",
      .operands = "D",
      .examples = "pollux device delete pump-1",
      .operands_min = 1,
      .operands_max = 1,
      .run = run_delete },
    { .noun = "device",
      .verb = "disable",
      .summary = "end a device's connections and let it in no more",
      .operands = "D",
      .examples = "pollux device disable pump-1",
      .notes = "Its connections end within a second. `pollux device enable` lets it in again.",
      .operands_min = 1,
      .operands_max = 1,
      .run = px_device_disable_run },
    { .noun = "device",
      .verb = "enable",
      .summary = "let a disabled device in again",
      .operands = "D",
      .examples = "pollux device enable pump-1",
      .operands_min = 1,
      .operands_max = 1,
      .run = px_device_enable_run },
    { .noun = "device",
      .verb = "retire",
      .summary = "end a device for good; its history stays",
      .operands = "D",
      .examples = "pollux device retire pump-1",
      .notes = "This cannot be undone: nothing that proved the device is let in again.",
      .operands_min = 1,
      .operands_max = 1,
      .run = px_device_retire_run },
    { .noun = "device",
      .verb = "key",
      .summary = "make a new key; the others end",
      .operands = "D",
      .examples = "pollux device key pump-1\n"
                  "pollux device key pump-1 --overlap 1d",
      .notes =
          "With --overlap the device has so long to take up the new one: seconds, or 10m, 1h, 1d.",
      .opts = px_device_key_options,
      .operands_min = 1,
      .operands_max = 1,
      .run = px_device_key_run },
    { .noun = "device",
      .verb = "jwt",
      .summary = "let tokens in that are signed by a key of the device's own",
      .operands = "D FILE",
      .examples = "pollux device jwt pump-1 pump-1.pub.pem --algorithm ES256\n"
                  "pollux device jwt pump-1 key.jwk -a EdDSA --audience plant-3",
      .notes = "FILE holds the public key, as PEM or JWK. Tokens name its id as their `kid`.",
      .opts = px_device_jwt_options,
      .operands_min = 2,
      .operands_max = 2,
      .run = px_device_jwt_run },
    { .noun = "device",
      .verb = "certificate",
      .summary = "let a device in by its TLS certificate",
      .operands = "D [FILE]",
      .examples = "pollux device certificate pump-1 pump-1.pem\n"
                  "pollux device certificate pump-1 --fingerprint SHA256",
      .notes = "It is shown to the MQTT door over TLS; the device then needs no password.",
      .opts = px_device_certificate_options,
      .operands_min = 1,
      .operands_max = 2,
      .run = px_device_certificate_run },
    { .noun = "device",
      .verb = "credentials",
      .summary = "list what proves a device, without secrets",
      .operands = "D",
      .examples = "pollux device credentials pump-1",
      .operands_min = 1,
      .operands_max = 1,
      .run = px_device_credentials_run },
    { .noun = "device",
      .verb = "revoke",
      .summary = "end one credential, and the connections it opened",
      .operands = "D ID",
      .examples = "pollux device revoke pump-1 3f0c8a6b9d12e457",
      .operands_min = 2,
      .operands_max = 2,
      .run = px_device_revoke_run },
    { .noun = "device",
      .verb = "rejects",
      .summary = "what devices sent that was refused, and why",
      .operands = "[D]",
      .examples = "pollux device rejects\n"
                  "pollux device rejects pump-1\n"
                  "pollux device rejects pump-1 --json",
      .notes =
          "The newest first, of D or of all: when it came, from whom, for which twin and name,\n"
          "the reason, and how the message began. The server keeps the newest 1024, also over\n"
          "restarts.",
      .operands_max = 1,
      .run = run_rejects },
    { 0 },
};
