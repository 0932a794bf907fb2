/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An upload sends all files as one array, all or nothing. Every file keeps its lines in the body
 * (brackets of a file that is an array become blanks), so that a place the server names leads back
 * to the file, line and column it is in.
 */
#include "cli/cmds.h"
#include "cli/file.h"
#include "cli/no_such.h"
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

/* ---- upload ---- */

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

static px_status run_upload(px_cli *cli, const px_args *args, px_err *ret_err)
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

/* ---- the others ---- */

static px_status run_list(px_cli *cli, const px_args *args, px_err *ret_err)
{
    static const px_out_column columns[] = { { "id", "id", false },
                                             { "name", "displayName/en", false },
                                             { "uploaded", "uploadTime", false },
                                             { "decommissioned", "decommissioned", false },
                                             { 0 } };

    (void)args;
    return px_out_list(cli, "/models?" PX_AZURE_VERSION, columns, ret_err);
}

static px_status print_definition(px_cli *cli, const px_json *model, px_err *ret_err)
{
    px_buf text = { 0 };
    px_status status;

    px_put(&text, model->raw); /* as it was uploaded, with its own layout */
    px_put_char(&text, '\n');
    status = px_cli_write(cli, px_buf_str(&text), ret_err);
    px_buf_release(&text);
    return status;
}

static px_status run_show(px_cli *cli, const px_args *args, px_err *ret_err)
{
    const char *id = px_args_operand(args, 0);
    const px_json *model;
    px_json *root = NULL;
    px_status status;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, ARENA_BYTES);
    status = px_api_get(cli, &arena, &root, ret_err,
                        "/models/%s?includeModelDefinition=true&" PX_AZURE_VERSION,
                        px_api_part(&arena, id));
    PX_TRY(px_no_such(cli, PX_THING_MODEL, id, status, ret_err));
    model = px_json_get(root, PX_STR("model"));
    if (cli->json || !model)
        return px_out_json(cli, root, ret_err);
    return print_definition(cli, model, ret_err);
}

static px_status run_delete(px_cli *cli, const px_args *args, px_err *ret_err)
{
    const char *id = px_args_operand(args, 0);
    px_http_call call = { .method = "DELETE" };
    px_buf path = { 0 };
    px_status status;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, 1 << 20);
    px_put_c(&path, "/models/");
    px_put_url_part(&path, px_str_c(id));
    px_put_c(&path, "?" PX_AZURE_VERSION);
    call.path = path.ptr;
    status = px_api_call(cli, &call, &arena, NULL, ret_err);
    px_buf_release(&path);
    PX_TRY(px_no_such(cli, PX_THING_MODEL, id, status, ret_err));
    return px_out_done(cli, NULL, ret_err, "deleted %s", id);
}

const px_cmd px_cmd_model[] = {
    { .noun = "model",
      .summary = "validate, upload, show and delete models",
      .examples = "pollux model validate models/\n"
                  "pollux model upload models/*.json\n"
                  "pollux model list\n"
                  "pollux model show 'dtmi:com:acme:Pump;1'" },
    { .noun = "model",
      .verb = "validate",
      .summary = "check DTDL files without a server: every error, with its place",
      .operands = "[PATH…]",
      .examples = "pollux model validate pump.json\n"
                  "pollux model validate models/ --json\n"
                  "pollux model validate --each sets.ndjson",
      .notes =
          "A path is a file, a folder (every .json below it) or - for standard input; all of them\n"
          "together are one set, whose Interfaces may refer to each other. DTDL v2, v3 and v4 "
          "with\n"
          "their extensions. With --each a line is one set, an Interface or an array of them, and\n"
          "gets one line of JSON, {\"valid\":…,\"errors\":[…]}; a line that is wrong is no "
          "failure\n"
          "of the command.",
      .opts = px_cmd_validate_options,
      .operands_max = 100000,
      .run = px_cmd_validate_run },
    { .noun = "model",
      .verb = "tree",
      .summary = "show what Interfaces of files are made of, bases included",
      .operands = "PATH…",
      .examples = "pollux model tree models/\n"
                  "pollux model tree models/ --model dtmi:com:acme:Pump",
      .opts = px_cmd_tree_options,
      .operands_min = 1,
      .operands_max = 100000,
      .run = px_cmd_tree_run },
    { .noun = "model",
      .verb = "diff",
      .summary = "compare two versions of models: what changed, and what that breaks",
      .operands = "OLD NEW",
      .examples = "pollux model diff pump-1.json pump-2.json\n"
                  "pollux model diff old/ new/ --json",
      .notes =
          "Interfaces are paired by their ids, without the versions. A change breaks twins when\n"
          "a twin that is right may become wrong, clients when somebody who reads, calls or\n"
          "subscribes is surprised, or nothing.",
      .operands_min = 2,
      .operands_max = 2,
      .run = px_cmd_diff_run },
    { .noun = "model",
      .verb = "lint",
      .summary = "say what is right in models of files and deserves a second look",
      .operands = "PATH…",
      .examples = "pollux model lint models/\npollux model lint models/ --json",
      .operands_min = 1,
      .operands_max = 100000,
      .run = px_cmd_lint_run },
    { .noun = "model",
      .verb = "graph",
      .summary = "draw Interfaces of files, for Graphviz",
      .operands = "PATH…",
      .examples = "pollux model graph models/ | dot -Tsvg > models.svg",
      .notes = "Hollow arrows are extends, diamonds Components, dashed lines Relationships.",
      .operands_min = 1,
      .operands_max = 100000,
      .run = px_cmd_graph_run },
    { .noun = "model",
      .verb = "scaffold",
      .summary = "print a twin to begin with, with a value for every Property",
      .operands = "PATH…",
      .examples = "pollux model scaffold models/ --model dtmi:com:acme:Pump --twin pump-1",
      .opts = px_cmd_scaffold_options,
      .operands_min = 1,
      .operands_max = 100000,
      .run = px_cmd_scaffold_run },
    { .noun = "model",
      .verb = "upload",
      .summary = "upload DTDL files, all of them or none",
      .operands = "FILE…",
      .examples = "pollux model upload pump.json\npollux model upload models/*.json",
      .notes =
          "A file holds one Interface or an array of them; - is standard input. Order does not\n"
          "matter. What is wrong is shown with file, line and column.",
      .operands_min = 1,
      .operands_max = 100000,
      .run = run_upload },
    { .noun = "model",
      .verb = "list",
      .summary = "list all models",
      .examples = "pollux model list\npollux model list --json",
      .run = run_list },
    { .noun = "model",
      .verb = "show",
      .summary = "print a model's definition",
      .operands = "ID",
      .examples = "pollux model show 'dtmi:com:acme:Pump;1' > pump.json",
      .notes = "With --json: the model's data, the definition inside it.",
      .operands_min = 1,
      .operands_max = 1,
      .run = run_show },
    { .noun = "model",
      .verb = "delete",
      .summary = "delete a model that no other refers to",
      .operands = "ID",
      .examples = "pollux model delete 'dtmi:com:acme:Pump;1'",
      .notes = "Twins of the model stay, and cannot be changed until it is uploaded again.",
      .operands_min = 1,
      .operands_max = 1,
      .run = run_delete },
    { .noun = "model",
      .verb = "suggest",
      .summary = "make a model to begin with from a recorded CSV file",
      .operands = "FILE.csv",
      .examples = "pollux model suggest pump.csv > pump.json\n"
                  "pollux model suggest pump.csv --id 'dtmi:com:acme:Pump;1' --map -anomaly",
      .notes = "The schemas are those of what `pollux replay` sends: long, double or string.",
      .opts = px_cmd_suggest_options,
      .operands_min = 1,
      .operands_max = 1,
      .is_local = true,
      .run = px_cmd_suggest_run },
    { 0 },
};
