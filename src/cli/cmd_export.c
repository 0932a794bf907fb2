/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything of a tenant into one bulk file, page by page. FILE.position says which page was
 * written last, and how long the file was then: what a killed export wrote beyond is cut off.
 */
#include <errno.h>
#include <unistd.h>

#include "bulk/writer.h"
#include "cli/api.h"
#include "cli/cmds.h"
#include "cli/interrupt.h"
#include "cli/out.h"
#include "cli/position.h"
#include "cli/progress.h"

typedef struct export
{
    px_cli *cli;
    const char *path; /* NULL: stdout */
    FILE *file;
    px_position position;
    px_progress progress;
    px_bulk_section section;
    px_buf cursor;
    uint64_t until; /* the last twin given */
    uint64_t bytes, lines, given[PX_BULK_SECTIONS];
    px_arena arena;
}
export;

static px_status put(export *e, px_str bytes, px_err *ret_err)
{
    if (fwrite(bytes.ptr, 1, bytes.len, e->file) != bytes.len)
        return px_fail(ret_err, errno == ENOSPC ? PX_FULL : PX_IO, "cannot write %s: %s",
                       e->path ? e->path : "to standard output", strerror(errno));
    e->bytes += bytes.len;
    return PX_OK;
}

static px_status put_buf(export *e, px_buf *buf, px_err *ret_err)
{
    px_status status = px_buf_status(buf, ret_err);

    if (status == PX_OK)
        status = put(e, px_buf_str(buf), ret_err);
    px_buf_release(buf);
    return status;
}

static px_status keep_position(export *e, px_err *ret_err)
{
    px_buf json = { 0 };
    px_status status;

    if (!e->path || !px_position_is_due(&e->position))
        return PX_OK;
    if (fflush(e->file) != 0 || fsync(fileno(e->file)) != 0)
        return px_fail(ret_err, PX_IO, "cannot write %s: %s", e->path, strerror(errno));
    px_putf(&json, "{\"section\":\"%s\",\"bytes\":%llu,\"until\":%llu,\"cursor\":",
            px_bulk_section_name(e->section), (unsigned long long)e->bytes,
            (unsigned long long)e->until);
    px_put_json_string(&json, px_buf_str(&e->cursor));
    for (int i = PX_BULK_MODELS; i < PX_BULK_SECTIONS; i++)
        px_putf(&json, ",\"%s\":%llu", px_bulk_section_name((px_bulk_section)i),
                (unsigned long long)e->given[i]);
    px_put_c(&json, "}\n");
    status = px_buf_status(&json, ret_err);
    if (status == PX_OK)
        status = px_position_write(&e->position, px_buf_str(&json), ret_err);
    px_buf_release(&json);
    return status;
}

static px_status get_page(export *e, px_json **ret_root, px_err *ret_err)
{
    px_buf path = { 0 };
    px_http_call call = { .method = "GET" };
    px_status status;

    px_putf(&path, "/api/v1/export?section=%s", px_bulk_section_name(e->section));
    if (e->section == PX_BULK_RELATIONSHIPS)
        px_putf(&path, "&until=%llu", (unsigned long long)e->until);
    if (e->cursor.len) {
        px_put_c(&path, "&cursor=");
        px_put_url_part(&path, px_buf_str(&e->cursor));
    }
    status = px_buf_status(&path, ret_err);
    call.path = path.ptr;
    if (status == PX_OK)
        status = px_api_call(e->cli, &call, &e->arena, ret_root, ret_err);
    px_buf_release(&path);
    return status;
}

static px_status write_page(export *e, const px_json *root, px_err *ret_err)
{
    const px_json *items = px_json_get(root, PX_STR("items"));
    px_str cursor = px_json_get_text(root, PX_STR("cursor"));

    if (!px_json_is(items, PX_JSON_ARRAY))
        return px_fail(ret_err, PX_CORRUPT, "the server's answer to an export is none");
    for (const px_json *i = items->first; i; i = i->next) {
        PX_TRY(put(e, i->raw, ret_err));
        PX_TRY(put(e, PX_STR("\n"), ret_err));
    }
    e->given[e->section] += items->count;
    e->lines += items->count;
    px_buf_clear(&e->cursor);
    px_put(&e->cursor, cursor);
    if (e->section == PX_BULK_TWINS)
        e->until = px_position_number(root, "until");
    return px_buf_status(&e->cursor, ret_err);
}

/* The rest of the open section. */
static px_status write_section(export *e, px_err *ret_err)
{
    do {
        px_json *root = NULL;

        px_arena_reset(&e->arena);
        PX_TRY(get_page(e, &root, ret_err));
        PX_TRY(write_page(e, root, ret_err));
        px_progress_show(&e->progress, e->lines, e->lines, px_bulk_section_name(e->section));
        if (e->cursor.len)
            PX_TRY(keep_position(e, ret_err));
        if (px_interrupted())
            return px_interrupt_fail(ret_err);
    } while (e->cursor.len);
    return PX_OK;
}

static px_status write_all(export *e, px_err *ret_err)
{
    px_buf head = { 0 };

    if (e->section == PX_BULK_NOTHING) {
        px_put_bulk_header(&head, PX_STR("pollux export"));
        e->section = PX_BULK_MODELS;
        px_put_bulk_section(&head, e->section);
        PX_TRY(put_buf(e, &head, ret_err));
    }
    for (;;) {
        PX_TRY(write_section(e, ret_err));
        if (e->section == PX_BULK_RELATIONSHIPS)
            return PX_OK;
        e->section++;
        px_put_bulk_section(&head, e->section);
        PX_TRY(put_buf(e, &head, ret_err));
    }
}

/* Where a killed one ended; false in `ret_resumes` when there was none. */
static px_status resume(export *e, bool *ret_resumes, px_err *ret_err)
{
    px_json *json;

    PX_TRY(px_position_read(&e->position, &e->arena, &json, ret_err));
    *ret_resumes = json != NULL;
    if (!json)
        return PX_OK;
    e->section = px_bulk_section_find(px_json_get_text(json, PX_STR("section")));
    e->bytes = px_position_number(json, "bytes");
    e->until = px_position_number(json, "until");
    px_put(&e->cursor, px_json_get_text(json, PX_STR("cursor")));
    for (int i = PX_BULK_MODELS; i < PX_BULK_SECTIONS; i++)
        e->given[i] = px_position_number(json, px_bulk_section_name((px_bulk_section)i));
    e->file = fopen(e->path, "r+be");
    if (e->section >= PX_BULK_MODELS && e->cursor.len && e->file &&
        ftruncate(fileno(e->file), (off_t)e->bytes) == 0 &&
        fseeko(e->file, (off_t)e->bytes, SEEK_SET) == 0) {
        px_cli_note(e->cli, "goes on behind %llu bytes; --force would begin anew",
                    (unsigned long long)e->bytes);
        return PX_OK;
    }
    px_cli_cure(e->cli, "--force begins anew");
    return px_fail(ret_err, PX_INVALID, "%s is the position of another file", e->position.path.ptr);
}

static px_status open_file(export *e, bool force, px_err *ret_err)
{
    bool resumes = false;

    if (!e->path) {
        e->file = e->cli->out;
        return PX_OK;
    }
    PX_TRY(px_position_init(&e->position, e->path, ret_err));
    if (force)
        px_position_remove(&e->position);
    PX_TRY(resume(e, &resumes, ret_err));
    if (resumes)
        return PX_OK;
    e->file = fopen(e->path, force ? "wbe" : "wbxe");
    if (e->file)
        return PX_OK;
    if (errno == EEXIST)
        px_cli_cure(e->cli, "--force writes over it");
    return px_fail(ret_err, errno == EEXIST ? PX_CONFLICT : PX_IO, "cannot write '%s': %s", e->path,
                   strerror(errno));
}

static px_status end(export *e, px_status status, px_err *ret_err)
{
    px_progress_clear(&e->progress);
    if (!e->file)
        return status;
    if (fflush(e->file) != 0 && status == PX_OK)
        status = px_fail(ret_err, PX_IO, "cannot write: %s", strerror(errno));
    if (!e->path)
        return status;
    if (status == PX_OK && fsync(fileno(e->file)) != 0)
        status = px_fail(ret_err, PX_IO, "cannot write %s: %s", e->path, strerror(errno));
    if (fclose(e->file) != 0 && status == PX_OK)
        status = px_fail(ret_err, PX_IO, "cannot write %s: %s", e->path, strerror(errno));
    if (status == PX_OK)
        px_position_remove(&e->position);
    else if (status != PX_CONFLICT && status != PX_INVALID)
        px_cli_cure(e->cli, "the same command goes on where this one ended");
    return status;
}

static px_status run(px_cli *cli, const px_args *args, px_err *ret_err)
{
    export e = { .cli = cli, .path = px_args_operand(args, 0) };
    px_status status;

    if (e.path && strcmp(e.path, "-") == 0)
        e.path = NULL;
    px_arena_init(&e.arena, PX_API_ANSWER_BYTES_MAX);
    e.progress = px_progress_of(cli->err, "lines", 0);
    status = open_file(&e, px_args_has(args, "force"), ret_err);
    if (status == PX_OK)
        status = write_all(&e, ret_err);
    status = end(&e, status, ret_err);
    if (status == PX_OK && e.path)
        status = px_out_done(cli, NULL, ret_err,
                             "exported %llu models, %llu twins, %llu "
                             "relationships to %s",
                             (unsigned long long)e.given[PX_BULK_MODELS],
                             (unsigned long long)e.given[PX_BULK_TWINS],
                             (unsigned long long)e.given[PX_BULK_RELATIONSHIPS], e.path);
    px_position_release(&e.position);
    px_buf_release(&e.cursor);
    px_arena_release(&e.arena);
    return status;
}

static const px_opt options[] = {
    { "force", 'f', NULL, "write over FILE, and begin anew" },
    { 0 },
};

const px_cmd px_cmd_export[] = {
    { .noun = "export",
      .summary = "write models, twins and relationships to a bulk file",
      .operands = "[FILE|-]",
      .examples = "pollux export plant.ndjson\n"
                  "pollux export | gzip > plant.ndjson.gz",
      .notes = "What `pollux import` and the import jobs of Azure Digital Twins read. Twins carry "
               "the\ntimes of their values; history, devices and desired values are not in it. "
               "What is\nwritten meanwhile may be in it or not, but no relationship is without its "
               "twins.\nThe same command goes on where one was stopped or killed.",
      .opts = options,
      .operands_max = 1,
      .run = run },
    { 0 },
};
