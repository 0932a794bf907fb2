/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `pollux model upload` sends all files as one array, all or nothing. Every file keeps its lines in
 * the body (brackets of a file that is an array become blanks), so that a place the server names
 * leads back to the file, line and column it is in.
 */
#include "cli/cmds.h"
#include "cli/file.h"
#include "cli/out.h"

enum { MODEL_FILE_BYTES_MAX = 8 << 20, ARENA_BYTES = 512 << 20 };

typedef struct upload_file {
    const char *path;
    px_str text;
    px_json *root;
    uint32_t first_line;       /* in the body */
    size_t first_index, count; /* of its models in the array */
} upload_file;

typedef struct upload {
    upload_file *files;
    size_t count;
    size_t models;
    px_buf body;
    uint32_t lines; /* of the body so far */
} upload;

static px_status read_model_file(px_cli *cli, upload_file *file, px_arena *arena, px_err *ret_err)
{
    px_err err;
    px_status status;

    PX_TRY(px_file_read(px_str_c(file->path), MODEL_FILE_BYTES_MAX, arena, &file->text, ret_err));
    status = px_json_parse(file->text, NULL, arena, &file->root, &err);
    if (status == PX_OK && !px_json_is(file->root, PX_JSON_OBJECT) &&
        !px_json_is(file->root, PX_JSON_ARRAY))
        status = px_json_fail(file->root, &err, PX_INVALID, "model.file",
                              "a model file holds an Interface or an array of them");
    if (status == PX_OK)
        return PX_OK;
    px_cli_place(cli, file->path, file->text, err.line, err.column);
    if (ret_err)
        *ret_err = err;
    return status;
}

static uint32_t count_lines(px_str text)
{
    uint32_t lines = 0;

    for (size_t i = 0; i < text.len; i++)
        lines += text.ptr[i] == '\n';
    return lines;
}

static void add_to_body(upload *u, upload_file *file)
{
    bool is_array = px_json_is(file->root, PX_JSON_ARRAY);
    px_str text = file->text;
    size_t open, close;

    file->first_index = u->models;
    file->count = is_array ? file->root->count : 1;
    if (!file->count)
        return;
    if (u->models) {
        px_put_c(&u->body, ",\n");
        u->lines++;
    }
    u->models += file->count;
    file->first_line = u->lines + 1;
    if (is_array) {
        open = (size_t)(file->root->raw.ptr - text.ptr);
        close = open + file->root->raw.len - 1;
        px_putf(&u->body, "%.*s %.*s ", (int)open, text.ptr, (int)(close - open - 1),
                text.ptr + open + 1);
        text = px_str_skip(text, close + 1);
    }
    px_put(&u->body, text);
    px_put_char(&u->body, '\n');
    u->lines += count_lines(file->text) + 1;
}

/* Leads a place in the body, or a pointer into the array, back to the file. */
static void place_error(px_cli *cli, const upload *u, px_arena *arena, px_err *err)
{
    px_json_pointer pointer = { 0 };
    uint32_t index = 0;
    bool has_index = px_json_pointer_parse(px_str_c(err->path), arena, &pointer, NULL) == PX_OK &&
                     pointer.count && px_json_pointer_index(pointer.steps[0], &index);

    for (size_t i = u->count; i-- > 0;) {
        const upload_file *file = &u->files[i];
        const px_json *node = NULL;

        if (!file->count ||
            (err->line ? err->line < file->first_line : !has_index || index < file->first_index))
            continue;
        if (err->line) {
            err->line -= file->first_line - 1;
        } else {
            px_json *root = px_json_is(file->root, PX_JSON_ARRAY)
                                ? px_json_item(file->root, index - file->first_index)
                                : file->root;

            pointer.steps++;
            pointer.count--;
            node = px_json_pointer_find(root, &pointer);
            err->line = node ? node->line : root ? root->line : 0;
            err->column = node ? node->column : root ? root->column : 0;
        }
        px_cli_place(cli, file->path, file->text, err->line, err->column);
        return;
    }
}

static px_status send_models(px_cli *cli, upload *u, px_arena *arena, px_err *ret_err)
{
    px_http_call call = { .method = "POST", .path = "/models?" PX_AZURE_VERSION };
    px_json *root;
    px_err err = { 0 };
    px_status status;

    px_put_c(&u->body, "]");
    PX_TRY(px_buf_status(&u->body, ret_err));
    call.body = px_buf_str(&u->body);
    status = px_api_call(cli, &call, arena, &root, &err);
    if (status != PX_OK) {
        if (err.line || err.path[0])
            place_error(cli, u, arena, &err);
        if (ret_err)
            *ret_err = err;
        return status;
    }
    return px_out_done(cli, root, ret_err, "uploaded %zu model%s from %zu file%s", u->models,
                       u->models == 1 ? "" : "s", u->count, u->count == 1 ? "" : "s");
}

px_status px_cmd_upload_run(px_cli *cli, const px_args *args, px_err *ret_err)
{
    upload u = { .count = args->operands.len, .lines = 1 };
    px_status status = PX_OK;
    px_arena arena;

    px_arena_init(&arena, ARENA_BYTES);
    u.files = PX_ARENA_ARRAY(&arena, upload_file, u.count);
    if (!u.files)
        status = px_arena_fail(&arena, ret_err);
    px_put_c(&u.body, "[\n");
    for (size_t i = 0; i < u.count && status == PX_OK; i++) {
        u.files[i].path = args->operands.ptr[i];
        status = read_model_file(cli, &u.files[i], &arena, ret_err);
        if (status == PX_OK)
            add_to_body(&u, &u.files[i]);
    }
    if (status == PX_OK)
        status = send_models(cli, &u, &arena, ret_err);
    px_buf_release(&u.body);
    px_arena_release(&arena);
    return status;
}
