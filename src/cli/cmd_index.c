/* SPDX-License-Identifier: Apache-2.0 */
/* Property indexes: what queries find twins by, and how far each is. */
#include "cli/cmds.h"
#include "cli/out.h"
#include "cli/thing_call.h"

static px_status run_add(px_cli *cli, const px_args *args, px_err *ret_err)
{
    px_buf body = { 0 };
    px_json_writer w = px_json_writer_of(&body);

    if (!px_args_has(args, "property"))
        return px_fail_id(ret_err, PX_INVALID, "cli.option",
                          "say of which property: --property PATH");
    px_json_begin_object(&w);
    px_put_argument(&w, "property", px_args_get(args, "property"));
    px_put_argument(&w, "model", px_args_get(args, "model"));
    px_json_end_object(&w);
    return px_thing_put(cli, PX_THING_INDEX, args, &body, ret_err);
}

static px_status run_list(px_cli *cli, const px_args *args, px_err *ret_err)
{
    static const px_out_column columns[] = { { "id", "id", false },
                                             { "property", "property", false },
                                             { "model", "model", false },
                                             { "state", "state", false },
                                             { "twins", "twins", true },
                                             { "bytes", "bytes", true },
                                             { 0 } };

    (void)args;
    return px_out_list(cli, "/api/v1/property-indexes", columns, ret_err);
}

static px_status run_show(px_cli *cli, const px_args *args, px_err *ret_err)
{
    return px_thing_show(cli, PX_THING_INDEX, args, ret_err);
}

static px_status run_delete(px_cli *cli, const px_args *args, px_err *ret_err)
{
    return px_thing_delete(cli, PX_THING_INDEX, "deleted", args, ret_err);
}

static const px_opt options[] = {
    { "property", 'p', "PATH", "the property, such as speed, or air.celsius in a component" },
    { "model", 'm', "DTMI", "only of this model and those that extend it" },
    { 0 },
};

const px_cmd px_cmd_index[] = {
    { .noun = "index",
      .summary = "property indexes: what queries find twins by",
      .examples = "pollux index add by-speed --property speed\n"
                  "pollux index list" },
    { .noun = "index",
      .verb = "add",
      .summary = "index a property, or change of what an index is",
      .operands = "ID",
      .examples = "pollux index add by-speed --property speed\n"
                  "pollux index add warm --property air.celsius --model 'dtmi:acme:Room;1'",
      .notes = "It is built while the server serves; 'pollux index show' tells how far it is, and\n"
               "'pollux query --explain' whether a query uses it.",
      .opts = options,
      .operands_min = 1,
      .operands_max = 1,
      .run = run_add },
    { .noun = "index",
      .verb = "list",
      .summary = "list all indexes, and how far they are",
      .examples = "pollux index list",
      .run = run_list },
    { .noun = "index",
      .verb = "show",
      .summary = "show an index",
      .operands = "ID",
      .examples = "pollux index show by-speed",
      .operands_min = 1,
      .operands_max = 1,
      .run = run_show },
    { .noun = "index",
      .verb = "delete",
      .summary = "let an index go; queries scan again",
      .operands = "ID",
      .examples = "pollux index delete by-speed",
      .operands_min = 1,
      .operands_max = 1,
      .run = run_delete },
    { 0 },
};
