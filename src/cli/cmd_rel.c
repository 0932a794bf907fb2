/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "cli/assign.h"
#include "cli/cmds.h"
#include "cli/no_such.h"
#include "cli/out.h"

static px_status put_path(px_buf *path, const char *twin, const char *id, px_err *ret_err)
{
    px_put_c(path, "/digitaltwins/");
    px_put_url_part(path, px_str_c(twin));
    px_put_c(path, "/relationships/");
    px_put_url_part(path, px_str_c(id));
    px_put_c(path, "?" PX_AZURE_VERSION);
    return px_buf_status(path, ret_err);
}

static px_status put_body(px_buf *body, const px_args *args, px_arena *arena, px_err *ret_err)
{
    const char *word;

    px_put_c(body, "{\"$relationshipName\":");
    px_put_json_string(body, px_str_c(px_args_operand(args, 1)));
    px_put_c(body, ",\"$targetId\":");
    px_put_json_string(body, px_str_c(px_args_operand(args, 2)));
    for (size_t at = 0; (word = px_args_next(args, "set", &at)) != NULL;) {
        px_assign item;

        PX_TRY(px_assign_parse(word, arena, &item, ret_err));
        px_put_char(body, ',');
        px_put_json_members(body, &item, 1);
    }
    px_put_char(body, '}');
    return px_buf_status(body, ret_err);
}

static px_status run_add(px_cli *cli, const px_args *args, px_err *ret_err)
{
    const char *source = px_args_operand(args, 0), *name = px_args_operand(args, 1);
    const char *target = px_args_operand(args, 2), *given = px_args_get(args, "id");
    px_http_call call = { .method = "PUT", .header = "If-None-Match: *" };
    px_buf path = { 0 }, body = { 0 }, id = { 0 };
    px_json *root = NULL;
    px_status status;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, 16 << 20);
    if (given)
        px_put_c(&id, given);
    else
        px_putf(&id, "%s-%s-%s", source, name, target);
    status = put_path(&path, source, id.ptr ? id.ptr : "", ret_err);
    if (status == PX_OK)
        status = put_body(&body, args, &arena, ret_err);
    if (status == PX_OK) {
        call.path = path.ptr;
        call.body = px_buf_str(&body);
        status = px_api_call(cli, &call, &arena, &root, ret_err);
    }
    if (status == PX_STALE)
        px_cli_cure(cli, "the relationship %s is there already; --id gives another its own name",
                    id.ptr);
    status =
        px_no_such_member(cli, source, PX_MEMBER_RELATIONSHIP, px_str_c(name), status, ret_err);
    status = px_no_such(cli, PX_THING_TWIN, target, status, ret_err);
    status = px_no_such(cli, PX_THING_TWIN, source, status, ret_err);
    if (status == PX_OK)
        status =
            px_out_done(cli, root, ret_err, "added %s: %s -%s-> %s", id.ptr, source, name, target);
    px_buf_release(&path);
    px_buf_release(&body);
    px_buf_release(&id);
    return status;
}

static px_status run_list(px_cli *cli, const px_args *args, px_err *ret_err)
{
    static const px_out_column out[] = { { "id", "$relationshipId", false },
                                         { "source", "$sourceId", false },
                                         { "name", "$relationshipName", false },
                                         { "target", "$targetId", false },
                                         { 0 } };
    const char *twin = px_args_operand(args, 0), *name = px_args_get(args, "name");
    char target[PX_TWIN_ID_BYTES_MAX + 2];
    const px_out_column in[] = { { "id", "$relationshipId", false },
                                 { "source", "$sourceId", false },
                                 { "name", "$relationshipName", false },
                                 { "target", target, false },
                                 { 0 } };
    bool incoming = px_args_has(args, "incoming");
    px_buf path = { 0 };
    px_status status;

    snprintf(target, sizeof(target), "=%s", twin);
    px_put_c(&path, "/digitaltwins/");
    px_put_url_part(&path, px_str_c(twin));
    px_put_c(&path, incoming ? "/incomingrelationships?" : "/relationships?");
    px_put_c(&path, PX_AZURE_VERSION);
    if (name) {
        px_put_c(&path, "&relationshipName=");
        px_put_url_part(&path, px_str_c(name));
    }
    status = px_buf_status(&path, ret_err);
    if (status == PX_OK)
        status = px_out_list(cli, path.ptr, incoming ? in : out, ret_err);
    px_buf_release(&path);
    return px_no_such(cli, PX_THING_TWIN, twin, status, ret_err);
}

static px_status run_delete(px_cli *cli, const px_args *args, px_err *ret_err)
{
    const char *source = px_args_operand(args, 0), *id = px_args_operand(args, 1);
    px_http_call call = { .method = "DELETE" };
    px_buf path = { 0 };
    px_status status;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, 1 << 20);
    status = put_path(&path, source, id, ret_err);
    call.path = path.ptr;
    if (status == PX_OK)
        status = px_api_call(cli, &call, &arena, NULL, ret_err);
    px_buf_release(&path);
    if (status == PX_NOT_FOUND)
        px_cli_cure(cli, "pollux rel list %s shows what there is", source);
    PX_TRY(px_no_such(cli, PX_THING_TWIN, source, status, ret_err));
    return px_out_done(cli, NULL, ret_err, "deleted %s of %s", id, source);
}

static const px_opt add_options[] = {
    { "id", 0, "ID", "the relationship's id (SOURCE-NAME-TARGET)" },
    { "set", 's', "NAME=VALUE", "a property of the relationship; may be repeated" },
    { 0 },
};
static const px_opt list_options[] = {
    { "incoming", 'i', NULL, "those that point to the twin" },
    { "name", 'n', "NAME", "only of this name" },
    { 0 },
};

const px_cmd px_cmd_rel[] = {
    { .noun = "rel",
      .summary = "relationships between twins",
      .examples = "pollux rel add line-1 contains pump-1\n"
                  "pollux rel list line-1\n"
                  "pollux rel delete line-1 line-1-contains-pump-1" },
    { .noun = "rel",
      .verb = "add",
      .summary = "relate one twin to another",
      .operands = "SOURCE NAME TARGET",
      .examples = "pollux rel add line-1 contains pump-1\n"
                  "pollux rel add pump-1 feeds tank-1 --id pipe-7 --set diameter=0.15",
      .opts = add_options,
      .operands_min = 3,
      .operands_max = 3,
      .run = run_add },
    { .noun = "rel",
      .verb = "list",
      .summary = "list a twin's relationships",
      .operands = "TWIN",
      .examples = "pollux rel list line-1\npollux rel list pump-1 --incoming",
      .opts = list_options,
      .operands_min = 1,
      .operands_max = 1,
      .run = run_list },
    { .noun = "rel",
      .verb = "delete",
      .summary = "delete a relationship",
      .operands = "SOURCE ID",
      .examples = "pollux rel delete line-1 line-1-contains-pump-1",
      .operands_min = 2,
      .operands_max = 2,
      .run = run_delete },
    { 0 },
};
