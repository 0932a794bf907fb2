/* SPDX-License-Identifier: Apache-2.0 */
/* Files of the server that import jobs read and write; a large one goes in parts. */
#include <errno.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "base/mem.h"
#include "cli/api.h"
#include "cli/cmds.h"
#include "cli/interrupt.h"
#include "cli/out.h"
#include "cli/progress.h"

enum { PART_BYTES = PX_HTTP_BODY_BYTES_MAX, ARENA_BYTES = 1 << 20 };

static px_status put_path(px_buf *path, const char *name, px_err *ret_err)
{
    px_put_c(path, "/api/v1/files/");
    px_put_url_part(path, px_str_c(name));
    return px_buf_status(path, ret_err);
}

/* ---- put ---- */

typedef struct upload {
    px_cli *cli;
    const char *source;
    FILE *file;
    px_buf path;
    char *part; /* PART_BYTES */
    uint64_t total;
} upload;

static px_status send_part(upload *u, size_t bytes, uint64_t offset, px_arena *arena,
                           px_err *ret_err)
{
    char range[96];
    px_http_call call = { .method = "PUT",
                          .path = u->path.ptr,
                          .body = px_str_of(u->part, bytes),
                          .content_type = "application/octet-stream" };

    if (u->total > PART_BYTES) {
        snprintf(range, sizeof(range), "Content-Range: bytes %llu-%llu/%llu",
                 (unsigned long long)offset, (unsigned long long)(offset + bytes - 1),
                 (unsigned long long)u->total);
        call.header = range;
    }
    px_arena_reset(arena);
    return px_api_call(u->cli, &call, arena, NULL, ret_err);
}

static px_status send_all(upload *u, px_err *ret_err)
{
    px_progress progress = px_progress_of(u->cli->err, "bytes", u->total);
    px_status status = PX_OK;
    uint64_t offset = 0;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, ARENA_BYTES);
    do {
        size_t wanted = u->total - offset < PART_BYTES ? (size_t)(u->total - offset) : PART_BYTES;

        if (fread(u->part, 1, wanted, u->file) != wanted)
            status = px_fail(ret_err, PX_IO, "'%s' became shorter while it was read", u->source);
        if (status == PX_OK)
            status = send_part(u, wanted, offset, &arena, ret_err);
        offset += wanted;
        px_progress_show(&progress, offset, offset, NULL);
        if (status == PX_OK && px_interrupted())
            status = px_interrupt_fail(ret_err);
    } while (status == PX_OK && offset < u->total);
    px_progress_clear(&progress);
    return status;
}

static px_status open_source(upload *u, px_err *ret_err)
{
    struct stat info;

    u->file = fopen(u->source, "rbe");
    if (!u->file || fstat(fileno(u->file), &info) != 0)
        return px_fail(ret_err, errno == ENOENT ? PX_NOT_FOUND : PX_IO, "cannot read '%s': %s",
                       u->source, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return px_fail(ret_err, PX_INVALID, "'%s' is no plain file", u->source);
    u->total = (uint64_t)info.st_size;
    u->part = px_alloc(PART_BYTES);
    return u->part ? PX_OK : px_no_memory(ret_err);
}

static px_status run_put(px_cli *cli, const px_args *args, px_err *ret_err)
{
    upload u = { .cli = cli, .source = px_args_operand(args, 0) };
    const char *slash = strrchr(u.source, '/'), *name = px_args_operand(args, 1);
    px_status status;

    if (!name)
        name = slash ? slash + 1 : u.source;
    status = put_path(&u.path, name, ret_err);
    if (status == PX_OK)
        status = open_source(&u, ret_err);
    if (status == PX_OK)
        status = send_all(&u, ret_err);
    if (status == PX_OK)
        status = px_out_done(cli, NULL, ret_err, "put %s: %llu bytes at %s", name,
                             (unsigned long long)u.total, u.path.ptr);
    if (u.file)
        fclose(u.file);
    px_free(u.part);
    px_buf_release(&u.path);
    return status;
}

/* ---- get, list, delete ---- */

static px_status write_bytes(void *data, px_str bytes, px_err *ret_err)
{
    return px_cli_write(data, bytes, ret_err);
}

static px_status run_get(px_cli *cli, const px_args *args, px_err *ret_err)
{
    px_http_sink sink = { .bytes = write_bytes, .data = cli };
    px_http_call call = { .method = "GET" };
    px_buf path = { 0 };
    px_http *http;
    px_status status = put_path(&path, px_args_operand(args, 0), ret_err);

    call.path = path.ptr;
    if (status == PX_OK)
        status = px_api_http(cli, &http, ret_err);
    if (status == PX_OK)
        status = px_http_receive(http, &call, &sink, ret_err);
    px_buf_release(&path);
    return status;
}

static px_status run_list(px_cli *cli, const px_args *args, px_err *ret_err)
{
    static const px_out_column columns[] = { { "name", "name", false },
                                             { "bytes", "bytes", true },
                                             { "changed", "changed", false },
                                             { 0 } };

    (void)args;
    return px_out_list(cli, "/api/v1/files", columns, ret_err);
}

static px_status run_delete(px_cli *cli, const px_args *args, px_err *ret_err)
{
    px_http_call call = { .method = "DELETE" };
    px_buf path = { 0 };
    px_status status = put_path(&path, px_args_operand(args, 0), ret_err);
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, ARENA_BYTES);
    call.path = path.ptr;
    if (status == PX_OK)
        status = px_api_call(cli, &call, &arena, NULL, ret_err);
    px_buf_release(&path);
    PX_TRY(status);
    return px_out_done(cli, NULL, ret_err, "deleted %s", px_args_operand(args, 0));
}

const px_cmd px_cmd_file[] = {
    { .noun = "file",
      .summary = "files of the server, which import jobs read and write",
      .examples = "pollux file put plant.ndjson\n"
                  "pollux file get told.ndjson\n"
                  "pollux file list" },
    { .noun = "file",
      .verb = "put",
      .summary = "upload a file, in parts when it is large",
      .operands = "FILE [NAME]",
      .examples = "pollux file put plant.ndjson\npollux file put ./export.ndjson plant.ndjson",
      .notes = "It is there under its name once all of it is. A job names it by the path that is "
               "printed.",
      .operands_min = 1,
      .operands_max = 2,
      .run = run_put },
    { .noun = "file",
      .verb = "get",
      .summary = "print a file",
      .operands = "NAME",
      .examples = "pollux file get told.ndjson > told.ndjson",
      .operands_min = 1,
      .operands_max = 1,
      .run = run_get },
    { .noun = "file",
      .verb = "list",
      .summary = "list all files",
      .examples = "pollux file list",
      .run = run_list },
    { .noun = "file",
      .verb = "delete",
      .summary = "delete a file",
      .operands = "NAME",
      .examples = "pollux file delete plant.ndjson",
      .operands_min = 1,
      .operands_max = 1,
      .run = run_delete },
    { 0 },
};
