/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/thing_call.h"

#include "base/limits.h"
#include "cli/file.h"
#include "cli/out.h"

enum { ANSWER_BYTES = 64 << 20 };

/* One call of the thing that the first operand names. */
static px_status call_thing(px_cli *cli, px_thing thing, const char *method, const px_args *args,
                            px_str body, px_arena *arena, px_json **ret_root, px_err *ret_err)
{
    const char *id = px_args_operand(args, 0);
    px_http_call call = { .method = method, .body = body };
    px_buf path = { 0 };
    px_status status;

    px_put_thing_path(&path, thing, id);
    status = px_buf_status(&path, ret_err);
    call.path = path.ptr;
    if (status == PX_OK)
        status = px_api_call(cli, &call, arena, ret_root, ret_err);
    px_buf_release(&path);
    return px_no_such(cli, thing, id, status, ret_err);
}

px_status px_thing_get(px_cli *cli, px_thing thing, const px_args *args, px_arena *arena,
                       px_json **ret_root, px_err *ret_err)
{
    return call_thing(cli, thing, "GET", args, (px_str){ 0 }, arena, ret_root, ret_err);
}

px_status px_thing_show(px_cli *cli, px_thing thing, const px_args *args, px_err *ret_err)
{
    px_json *root;
    PX_AUTO_ARENA arena;

    px_arena_init(&arena, ANSWER_BYTES);
    PX_TRY(px_thing_get(cli, thing, args, &arena, &root, ret_err));
    return px_out_facts(cli, root, ret_err);
}

/* What may be a slip, though it was done. */
static void note_slips(px_cli *cli, const px_json *root)
{
    const px_json *notes = px_json_get(root, PX_STR("notes"));

    for (const px_json *note = notes ? notes->first : NULL; note; note = note->next)
        px_cli_note(cli, "note: %.*s", PX_FMT(note->text));
}

px_status px_thing_delete(px_cli *cli, px_thing thing, const char *done, const px_args *args,
                          px_err *ret_err)
{
    px_json *root = NULL;
    PX_AUTO_ARENA arena;

    px_arena_init(&arena, ANSWER_BYTES);
    PX_TRY(call_thing(cli, thing, "DELETE", args, (px_str){ 0 }, &arena, &root, ret_err));
    note_slips(cli, root);
    return px_out_done(cli, root, ret_err, "%s %s", done, px_args_operand(args, 0));
}

px_status px_thing_put(px_cli *cli, px_thing thing, const px_args *args, px_buf *body,
                       px_err *ret_err)
{
    px_json *root = NULL;
    px_status status = px_buf_status(body, ret_err);
    PX_AUTO_ARENA arena;

    px_arena_init(&arena, ANSWER_BYTES);
    if (status == PX_OK)
        status = call_thing(cli, thing, "PUT", args, px_buf_str(body), &arena, &root, ret_err);
    px_buf_release(body);
    PX_TRY(status);
    return px_out_done(cli, root, ret_err, "wrote %s", px_args_operand(args, 0));
}

px_status px_thing_show_document(px_cli *cli, px_thing thing, const char *member,
                                 const px_args *args, px_err *ret_err)
{
    px_json *root;
    PX_AUTO_ARENA arena;

    px_arena_init(&arena, ANSWER_BYTES);
    PX_TRY(px_thing_get(cli, thing, args, &arena, &root, ret_err));
    return px_out_json(cli, px_json_get(root, px_str_c(member)), ret_err);
}

px_status px_thing_put_file(px_cli *cli, px_thing thing, const char *done, px_thing missing,
                            const px_args *args, px_err *ret_err)
{
    const char *name = px_args_operand(args, 0), *path = px_args_operand(args, 1);
    px_http_call call = { .method = "PUT" };
    px_buf target = { 0 };
    px_json *root = NULL;
    px_err err = { 0 };
    px_status status;
    PX_AUTO_ARENA arena;

    px_arena_init(&arena, ANSWER_BYTES);
    PX_TRY(px_file_read(px_str_c(path), PX_DOC_BYTES_MAX, &arena, &call.body, ret_err));
    px_put_thing_path(&target, thing, name);
    status = px_buf_status(&target, &err);
    call.path = target.ptr;
    if (status == PX_OK)
        status = px_api_call(cli, &call, &arena, &root, &err);
    px_buf_release(&target);
    if (status == PX_OK) {
        note_slips(cli, root);
        return px_out_done(cli, root, ret_err, "%s %s", done, name);
    }
    if (err.line)
        px_cli_place(cli, path, call.body, err.line, err.column);
    if (ret_err)
        *ret_err = err;
    return px_no_such(cli, missing, name, status, ret_err);
}

void px_put_argument(px_json_writer *w, const char *key, const char *value)
{
    if (!value)
        return;
    px_json_key(w, px_str_c(key));
    px_json_string(w, px_str_c(value));
}
