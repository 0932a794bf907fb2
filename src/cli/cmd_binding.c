/* SPDX-License-Identifier: Apache-2.0 */
/* Bindings: which payloads become which values of which twins. */
#include "cli/binding_try.h"
#include "cli/cmds.h"
#include "cli/out.h"
#include "cli/thing_call.h"

enum { ANSWER_BYTES = 16 << 20 };

static px_status run_list(px_cli *cli, const px_args *args, px_err *ret_err)
{
    static const px_out_column columns[] = { { "name", "id", false },
                                             { "topic", "binding/source/mqtt", false },
                                             { "http", "binding/source/http", false },
                                             { "connection", "binding/source/connection", false },
                                             { "sparkplug", "binding/source/sparkplug", false },
                                             { "format", "binding/format", false },
                                             { "enabled", "enabled", false },
                                             { "messages", "figures/messages", true },
                                             { "values", "figures/values", true },
                                             { "missed", "figures/missed", true },
                                             { "refused", "figures/refused", true },
                                             { 0 } };

    (void)args;
    return px_out_list(cli, "/api/v1/bindings", columns, ret_err);
}

static px_status run_show(px_cli *cli, const px_args *args, px_err *ret_err)
{
    return px_thing_show_document(cli, PX_THING_BINDING, "binding", args, ret_err);
}

static px_status run_put(px_cli *cli, const px_args *args, px_err *ret_err)
{
    return px_thing_put_file(cli, PX_THING_BINDING, "wrote", PX_THING_BINDING, args, ret_err);
}

static px_status run_delete(px_cli *cli, const px_args *args, px_err *ret_err)
{
    return px_thing_delete(cli, PX_THING_BINDING, "deleted", args, ret_err);
}

static px_status turn(px_cli *cli, const px_args *args, const char *verb, px_err *ret_err)
{
    const char *name = px_args_operand(args, 0);
    px_http_call call = { .method = "POST" };
    px_buf path = { 0 };
    px_json *root = NULL;
    px_status status;
    PX_AUTO_ARENA arena;

    px_arena_init(&arena, ANSWER_BYTES);
    px_put_thing_path(&path, PX_THING_BINDING, name);
    px_putf(&path, "/%s", verb);
    status = px_buf_status(&path, ret_err);
    call.path = path.ptr;
    if (status == PX_OK)
        status = px_api_call(cli, &call, &arena, &root, ret_err);
    px_buf_release(&path);
    PX_TRY(px_no_such(cli, PX_THING_BINDING, name, status, ret_err));
    return px_out_done(cli, root, ret_err, "%sd %s", verb, name);
}

static px_status run_enable(px_cli *cli, const px_args *args, px_err *ret_err)
{
    return turn(cli, args, "enable", ret_err);
}

static px_status run_disable(px_cli *cli, const px_args *args, px_err *ret_err)
{
    return turn(cli, args, "disable", ret_err);
}

const px_cmd px_cmd_binding[] = {
    { .noun = "binding",
      .summary = "bindings: which payloads become which values of which twins",
      .examples = "pollux binding test --file press.json recorded.ndjson\n"
                  "pollux binding put presses press.json\n"
                  "pollux binding list" },
    { .noun = "binding",
      .verb = "list",
      .summary = "list all bindings, and what they did",
      .examples = "pollux binding list",
      .run = run_list },
    { .noun = "binding",
      .verb = "show",
      .summary = "show a binding's document, which `put` takes",
      .operands = "B",
      .examples = "pollux binding show presses > press.json",
      .operands_min = 1,
      .operands_max = 1,
      .run = run_show },
    { .noun = "binding",
      .verb = "put",
      .summary = "make a binding, or change it",
      .operands = "B FILE|-",
      .examples = "pollux binding put presses press.json",
      .notes = "The document says where messages come from, which of their fields go to which\n"
               "properties, and to which twin:\n"
               "  {\"source\": {\"mqtt\": \"factory/{line}/{machine}/data\"}, \"twin\": "
               "\"press-{machine}\",\n"
               "   \"fields\": [{\"from\": \"/temp\", \"to\": \"temperature\", \"unit\": "
               "\"degreeFahrenheit\"}]}",
      .operands_min = 2,
      .operands_max = 2,
      .run = run_put },
    { .noun = "binding",
      .verb = "delete",
      .summary = "delete a binding",
      .operands = "B",
      .examples = "pollux binding delete presses",
      .operands_min = 1,
      .operands_max = 1,
      .run = run_delete },
    { .noun = "binding",
      .verb = "enable",
      .summary = "let a binding take messages",
      .operands = "B",
      .examples = "pollux binding enable presses",
      .operands_min = 1,
      .operands_max = 1,
      .run = run_enable },
    { .noun = "binding",
      .verb = "disable",
      .summary = "let a binding take no more messages",
      .operands = "B",
      .examples = "pollux binding disable presses",
      .operands_min = 1,
      .operands_max = 1,
      .run = run_disable },
    { .noun = "binding",
      .verb = "test",
      .summary = "try a binding on recorded messages; nothing is written",
      .operands = "[B] MESSAGES",
      .examples = "pollux binding test presses recorded.ndjson\n"
                  "pollux binding test --file press.json recorded.ndjson\n"
                  "pollux binding test --file table.json readings.csv --limit 1000",
      .notes =
          "MESSAGES are lines of JSON, {\"topic\": \"factory/1/p7/data\", \"payload\": {…}}, or\n"
          "payloads as they are, or a CSV file. What was mapped is shown by twin and property,\n"
          "what was not by its reason, and which parts of the payloads no field takes. The\n"
          "exit code is 2 when anything could not be mapped.",
      .opts = px_binding_try_options,
      .operands_min = 1,
      .operands_max = 2,
      .run = px_binding_try_run },
    { .noun = "binding",
      .verb = "suggest",
      .summary = "propose a model and a binding from samples",
      .operands = "FILE|DIR …",
      .examples = "pollux binding suggest recorded.ndjson\n"
                  "pollux binding suggest readings.csv --id dtmi:acme:Press\\;1 --out press\n"
                  "pollux binding suggest samples/",
      .notes =
          "Samples are CSV (.csv), or lines of JSON as `test` takes them; `mosquitto_sub -F %J`\n"
          "records messages so. Types are told from\n"
          "values and names: a measured quantity is a double, a count an integer, 0 and 1 alone\n"
          "a boolean, a few texts that repeat an enum; a unit at the end of a name, [K] or _kW,\n"
          "becomes the property's. What varies in the topics names the twin. Look it over, then\n"
          "upload the model, and `test` and `put` the binding.",
      .opts = px_cmd_propose_options,
      .operands_min = 1,
      .operands_max = 100,
      .is_local = true,
      .run = px_cmd_propose_run },
    { 0 },
};
