/* SPDX-License-Identifier: Apache-2.0 */
/* Connections: brokers and devices that values are taken from, and how the connections to them are.
 */
#include "cli/cmds.h"
#include "cli/interrupt.h"
#include "cli/out.h"
#include "cli/thing_call.h"

enum { ANSWER_BYTES = 16 << 20, LOOK_MS = 200, WAIT_S = 15 };

static px_status run_list(px_cli *cli, const px_args *args, px_err *ret_err)
{
    static const px_out_column columns[] = { { "name", "id", false },
                                             { "type", "connection/type", false },
                                             { "host", "connection/host", false },
                                             { "state", "status/state", false },
                                             { "since", "status/since", false },
                                             { "messages", "status/messages", true },
                                             { "values", "status/values", true },
                                             { "rejected", "status/rejected", true },
                                             { "error at", "?status/error/time", false },
                                             { "error", "?status/error/text", false },
                                             { 0 } };

    (void)args;
    return px_out_list(cli, "/api/v1/connections", columns, ret_err);
}

/* A secret that is left out of what is put stays. */
static px_status run_show(px_cli *cli, const px_args *args, px_err *ret_err)
{
    return px_thing_show_document(cli, PX_THING_CONNECTION, "connection", args, ret_err);
}

static px_status run_put(px_cli *cli, const px_args *args, px_err *ret_err)
{
    return px_thing_put_file(cli, PX_THING_CONNECTION, "wrote", PX_THING_CONNECTION, args, ret_err);
}

static px_status run_delete(px_cli *cli, const px_args *args, px_err *ret_err)
{
    return px_thing_delete(cli, PX_THING_CONNECTION, "deleted", args, ret_err);
}

/* ---- how it is ---- */

static px_status ask(px_cli *cli, const char *name, px_arena *arena, px_json **ret_root,
                     px_err *ret_err)
{
    px_status status;

    px_arena_reset(arena);
    status = px_api_get(cli, arena, ret_root, ret_err, "/api/v1/connections/%s/status",
                        px_api_part(arena, name));
    return px_no_such(cli, PX_THING_CONNECTION, name, status, ret_err);
}

static px_status run_status(px_cli *cli, const px_args *args, px_err *ret_err)
{
    px_json *root = NULL;
    PX_AUTO_ARENA arena;

    px_arena_init(&arena, ANSWER_BYTES);
    PX_TRY(ask(cli, px_args_operand(args, 0), &arena, &root, ret_err));
    return px_out_facts(cli, root, ret_err);
}

static bool is_state(const px_json *root, const char *state)
{
    return px_str_eq(px_json_get_text(root, PX_STR("state")), px_str_c(state));
}

static px_status tell_failure(px_cli *cli, const char *name, const px_json *root, px_err *ret_err)
{
    const px_json *error = px_json_get(root, PX_STR("error"));
    px_str text = px_json_get_text(error, PX_STR("text"));
    px_str cure = px_json_get_text(error, PX_STR("cure"));

    if (is_state(root, "off"))
        return px_fail_id(ret_err, PX_CONFLICT, "cli.connection", "the connection '%s' is disabled",
                          name);
    if (cure.len)
        px_cli_cure(cli, "%.*s", PX_FMT(cure));
    return px_fail_id(ret_err, PX_UNREACHABLE, "cli.connection", "%.*s",
                      PX_FMT(text.len ? text : PX_STR("the other side has not answered yet")));
}

/* A device answers, and is then asked for each of its registers: only a whole poll tells of all. */
static px_status is_polled(px_cli *cli, const char *name, bool *ret_polled, px_err *ret_err)
{
    px_json *root = NULL;
    PX_AUTO_ARENA arena;

    px_arena_init(&arena, ANSWER_BYTES);
    PX_TRY(px_api_get(cli, &arena, &root, ret_err, "/api/v1/connections/%s",
                      px_api_part(&arena, name)));
    *ret_polled =
        px_str_eq(px_json_get_text(px_json_get(root, PX_STR("connection")), PX_STR("type")),
                  PX_STR("modbus"));
    return PX_OK;
}

static px_status tell_connected(px_cli *cli, const char *name, const px_json *root, px_err *ret_err)
{
    const px_json *error = px_json_get(root, PX_STR("error"));
    px_str text = px_json_get_text(error, PX_STR("text"));
    px_str cure = px_json_get_text(error, PX_STR("cure"));

    if (!px_json_is(px_json_get(error, PX_STR("current")), PX_JSON_TRUE))
        return px_out_done(cli, root, ret_err, "%s is connected", name);
    if (cure.len)
        px_cli_cure(cli, "%.*s", PX_FMT(cure));
    return px_fail_id(ret_err, PX_INVALID, "cli.connection", "%s is connected, but %.*s", name,
                      PX_FMT(text));
}

/* Else it waits for its next try, or is not tried. */
static bool is_settled(const px_json *root, bool has_polls)
{
    if (is_state(root, "connected"))
        return !has_polls || px_json_get_uint(root, PX_STR("polls")) > 0;
    return !is_state(root, "connecting");
}

/* Waits until it is connected, or until a try has failed. */
static px_status run_test(px_cli *cli, const px_args *args, px_err *ret_err)
{
    const char *name = px_args_operand(args, 0);
    px_json *root = NULL;
    bool has_polls = false;
    PX_AUTO_ARENA arena;

    px_arena_init(&arena, ANSWER_BYTES);
    for (int i = 0; i <= WAIT_S * 1000 / LOOK_MS; i++) {
        PX_TRY(ask(cli, name, &arena, &root, ret_err));
        if (i == 0)
            PX_TRY(is_polled(cli, name, &has_polls, ret_err));
        if (is_settled(root, has_polls))
            break;
        PX_TRY(px_interrupt_sleep_ms(LOOK_MS, ret_err));
    }
    return is_state(root, "connected") ? tell_connected(cli, name, root, ret_err)
                                       : tell_failure(cli, name, root, ret_err);
}

const px_cmd px_cmd_connection[] = {
    { .noun = "connection",
      .summary = "connections: brokers and Modbus devices that values are taken from",
      .examples = "pollux connection put plant plant.json\n"
                  "pollux connection test plant\n"
                  "pollux connection list" },
    { .noun = "connection",
      .verb = "list",
      .summary = "list all connections, and how they are",
      .examples = "pollux connection list",
      .run = run_list },
    { .noun = "connection",
      .verb = "show",
      .summary = "show a connection's document without its secrets; `put` takes it",
      .operands = "C",
      .examples = "pollux connection show plant > plant.json",
      .operands_min = 1,
      .operands_max = 1,
      .run = run_show },
    { .noun = "connection",
      .verb = "put",
      .summary = "make a connection, or change it",
      .operands = "C FILE|-",
      .examples = "pollux connection put plant plant.json",
      .notes =
          "The document says where the broker or the device is and what is taken; bindings whose\n"
          "source is {\"connection\": \"C\"} say what becomes of it:\n"
          "  {\"type\": \"mqtt\", \"host\": \"broker.plant\", \"clientId\": \"pollux-1\",\n"
          "   \"topics\": [{\"filter\": \"plant/#\", \"qos\": 1}]}\n"
          "  {\"type\": \"modbus\", \"host\": \"10.1.2.3\", \"every\": \"1s\",\n"
          "   \"registers\": [{\"name\": \"temperature\", \"address\": 40, \"scale\": 0.1}]}",
      .operands_min = 2,
      .operands_max = 2,
      .run = run_put },
    { .noun = "connection",
      .verb = "status",
      .summary = "show how a connection is, and the last error with its cure",
      .operands = "C",
      .examples = "pollux connection status plant",
      .operands_min = 1,
      .operands_max = 1,
      .run = run_status },
    { .noun = "connection",
      .verb = "test",
      .summary = "wait until a connection is made, or say why it is not, or what is wrong with it",
      .operands = "C",
      .examples = "pollux connection test plant",
      .operands_min = 1,
      .operands_max = 1,
      .run = run_test },
    { .noun = "connection",
      .verb = "delete",
      .summary = "delete a connection",
      .operands = "C",
      .examples = "pollux connection delete plant",
      .operands_min = 1,
      .operands_max = 1,
      .run = run_delete },
    { 0 },
};
