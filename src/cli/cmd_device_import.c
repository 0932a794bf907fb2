/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `pollux device import FILE.csv`: a row is a device.
 *
 *   rows ─► a call of at most 500 ─► keys to the file, synced ─► the next call
 *
 * What is refused is named by its line and passed over. The same file again changes nothing.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/csv.h"
#include "base/map.h"
#include "cli/device_call.h"
#include "cli/keys_file.h"
#include "cli/progress.h"

enum { ROWS_PER_CALL = 500, BYTES_PER_CALL = 512 * 1024, SHOWN_MAX = 20, ANSWER_BYTES = 64 << 20 };

const px_opt px_device_import_options[] = {
    { "keys", 'k', "FILE", "append the new keys to FILE, which only you can read" },
    { "model", 'm', "DTMI",
      "make twins that are not there of this model, unless a row says another" },
    { "dry-run", 'n', NULL, "say what would be done, and do nothing" },
    { 0 },
};

typedef struct importing {
    px_cli *cli;
    const char *file, *model;
    bool is_dry;
    px_csv csv;
    PX_VEC(px_str) heads; /* in the arena */
    px_arena arena;
    px_buf body, keys;      /* of the next call; of the last */
    px_json_writer w;       /* of `body` */
    PX_VEC(uint64_t) lines; /* of the rows in `body` */
    px_map ids;             /* of all rows, by hash: their lines */
    int keys_fd;            /* -1: none */
    px_progress progress;
    uint64_t created, changed, unchanged, refused, twins, rows;
} importing;

/* ---- rows to JSON ---- */

static void put_twins(px_json_writer *w, px_str cell)
{
    px_json_key(w, PX_STR("twins"));
    px_json_begin_array(w);
    while (cell.len) {
        px_str twin = px_str_trim(px_str_cut(&cell, ';'));

        if (twin.len)
            px_json_string(w, twin);
    }
    px_json_end_array(w);
}

static bool is_head(px_str head, const char *name)
{
    return px_str_eq(head, px_str_c(name));
}

static bool is_attribute(px_str head)
{
    return !is_head(head, "id") && !is_head(head, "twin") && !is_head(head, "twins") &&
           !is_head(head, "model") && !is_head(head, "group");
}

static px_str cell_of(const importing *m, const px_str *cells, size_t count, const char *name)
{
    for (size_t i = 0; i < m->heads.len && i < count; i++)
        if (is_head(m->heads.ptr[i], name))
            return px_str_trim(cells[i]);
    return (px_str){ 0 };
}

static void put_attributes(importing *m, const px_str *cells, size_t count)
{
    px_json_key(&m->w, PX_STR("attributes"));
    px_json_begin_object(&m->w);
    for (size_t i = 0; i < m->heads.len && i < count; i++) {
        if (!is_attribute(m->heads.ptr[i]) || px_str_trim(cells[i]).len == 0)
            continue;
        px_json_key(&m->w, m->heads.ptr[i]);
        px_json_string(&m->w, px_str_trim(cells[i]));
    }
    px_json_end_object(&m->w);
}

static void put_row(importing *m, const px_str *cells, size_t count)
{
    px_str model = cell_of(m, cells, count, "model"), group = cell_of(m, cells, count, "group");
    px_str twins = cell_of(m, cells, count, "twins");

    px_json_begin_object(&m->w);
    px_put_member(&m->w, "id", cell_of(m, cells, count, "id"));
    put_twins(&m->w, twins.len ? twins : cell_of(m, cells, count, "twin"));
    px_put_member(&m->w, "model", model.len || !m->model ? model : px_str_c(m->model));
    px_put_member(&m->w, "group", group);
    put_attributes(m, cells, count);
    px_json_end_object(&m->w);
}

/* ---- calls ---- */

static void begin_call(importing *m)
{
    px_buf_clear(&m->body);
    m->lines.len = 0;
    m->w = px_json_writer_of(&m->body);
    px_json_begin_object(&m->w);
    if (m->is_dry) {
        px_json_key(&m->w, PX_STR("dryRun"));
        px_json_bool(&m->w, true);
    }
    px_json_key(&m->w, PX_STR("devices"));
    px_json_begin_array(&m->w);
}

static void tell_refused(importing *m, uint64_t line, px_str id, const char *why)
{
    m->refused++;
    px_progress_clear(&m->progress);
    if (m->refused <= SHOWN_MAX)
        px_cli_note(m->cli, "%s:%llu: %.*s: %s", m->file, (unsigned long long)line, PX_FMT(id),
                    why);
    if (m->refused == SHOWN_MAX + 1)
        px_cli_note(m->cli, "more are counted, not shown");
}

static px_status take_answer(importing *m, const px_json *root, px_err *ret_err)
{
    const px_json *results = px_json_get(root, PX_STR("results"));
    size_t at = 0;

    for (const px_json *r = results ? results->first : NULL; r && at < m->lines.len;
         r = r->next, at++) {
        px_str id = px_json_get_text(r, PX_STR("id")), key = px_json_get_text(r, PX_STR("key"));
        px_str detail = px_json_get_text(r, PX_STR("detail"));
        char why[320];

        if (key.len)
            px_put_keys_line(&m->keys, id, key);
        snprintf(why, sizeof(why), "%.*s", PX_FMT(detail));
        if (px_str_eq(px_json_get_text(r, PX_STR("status")), PX_STR("refused")))
            tell_refused(m, m->lines.ptr[at], id, why);
    }
    m->created += px_json_get_uint(root, PX_STR("created"));
    m->changed += px_json_get_uint(root, PX_STR("changed"));
    m->unchanged += px_json_get_uint(root, PX_STR("unchanged"));
    m->twins += px_json_get_uint(root, PX_STR("twinsCreated"));
    return m->keys_fd >= 0 ? px_keys_file_append(m->keys_fd, &m->keys, ret_err) : PX_OK;
}

static px_status flush(importing *m, px_err *ret_err)
{
    px_http_call call = { .method = "POST", .path = "/api/v1/devices" };
    px_json *root = NULL;
    px_status status;
    PX_AUTO_ARENA arena = { 0 };

    if (m->lines.len == 0)
        return PX_OK;
    px_arena_init(&arena, ANSWER_BYTES);
    px_json_end_array(&m->w);
    px_json_end_object(&m->w);
    PX_TRY(px_buf_status(&m->body, ret_err));
    call.body = px_buf_str(&m->body);
    status = px_api_call(m->cli, &call, &arena, &root, ret_err);
    if (status == PX_OK)
        status = take_answer(m, root, ret_err);
    begin_call(m);
    return status;
}

/* ---- the file ---- */

static px_status read_stream(void *data, char *bytes, size_t size, size_t *ret_count,
                             px_err *ret_err)
{
    FILE *stream = data;

    *ret_count = fread(bytes, 1, size, stream);
    return ferror(stream) ? px_fail(ret_err, PX_IO, "cannot read the file: %s", strerror(errno))
                          : PX_OK;
}

static px_status read_header(importing *m, px_err *ret_err)
{
    const px_str *cells;
    size_t count;
    bool has_id = false;

    PX_TRY(px_csv_next(&m->csv, &cells, &count, ret_err));
    for (size_t i = 0; i < count; i++) {
        px_str head = px_arena_str(&m->arena, px_str_trim(cells[i]));

        if (!head.ptr || !PX_VEC_PUSH(&m->heads, head))
            return px_no_memory(ret_err);
        for (size_t j = 0; j < i; j++)
            if (px_str_eq(m->heads.ptr[j], head))
                return px_fail_id(ret_err, PX_INVALID, "cli.csv",
                                  "the column '%.*s' is there twice", PX_FMT(head));
        has_id = has_id || is_head(head, "id");
    }
    return has_id ? PX_OK
                  : px_fail_id(ret_err, PX_INVALID, "cli.csv",
                               "the first line names the columns, and one of them is `id`");
}

/* Calls know nothing of each other: what the file says twice is seen here. */
static px_status take_id(importing *m, px_str id, bool *ret_twice, px_err *ret_err)
{
    uint64_t hash = px_str_hash(id);
    size_t at = px_map_first(&m->ids, hash);
    char why[96];

    *ret_twice = id.len && at != PX_MAP_END;
    if (*ret_twice) {
        snprintf(why, sizeof(why), "line %u has this id already; name all its twins in one row",
                 (unsigned)m->ids.values[at]);
        tell_refused(m, m->csv.record_line, id, why);
        return PX_OK;
    }
    return px_map_add(&m->ids, hash, (uint32_t)m->csv.record_line) ? PX_OK : px_no_memory(ret_err);
}

static px_status add_row(importing *m, const px_str *cells, size_t count, px_err *ret_err)
{
    char why[96];
    bool is_twice;

    m->rows++;
    if (count > m->heads.len) {
        snprintf(why, sizeof(why), "the row has %zu cells, and the first line names %zu columns",
                 count, m->heads.len);
        tell_refused(m, m->csv.record_line, count ? cells[0] : (px_str){ 0 }, why);
        return PX_OK;
    }
    PX_TRY(take_id(m, cell_of(m, cells, count, "id"), &is_twice, ret_err));
    if (is_twice)
        return PX_OK;
    if (!PX_VEC_PUSH(&m->lines, m->csv.record_line))
        return px_no_memory(ret_err);
    put_row(m, cells, count);
    return m->lines.len == ROWS_PER_CALL || m->body.len >= BYTES_PER_CALL ? flush(m, ret_err)
                                                                          : PX_OK;
}

static px_status run_rows(importing *m, px_err *ret_err)
{
    PX_TRY(read_header(m, ret_err));
    begin_call(m);
    for (;;) {
        const px_str *cells;
        size_t count;
        px_err err;
        px_status status = px_csv_next(&m->csv, &cells, &count, &err);

        if (status == PX_INVALID) {
            tell_refused(m, err.line, PX_STR("this row"), err.text);
            continue;
        }
        if (status != PX_OK) {
            if (ret_err)
                *ret_err = err;
            return status;
        }
        if (count == 0)
            return flush(m, ret_err);
        PX_TRY(add_row(m, cells, count, ret_err));
        px_progress_show(&m->progress, m->csv.taken, m->rows, NULL);
    }
}

/* ---- the end ---- */

static px_status tell(importing *m, px_err *ret_err)
{
    const char *verb = m->is_dry ? "would be " : "";
    px_buf json = { 0 };
    px_json *root = NULL;
    px_status status;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, 1 << 20);
    px_putf(&json, "{\"created\":%llu,\"changed\":%llu,\"unchanged\":%llu,\"refused\":%llu,",
            (unsigned long long)m->created, (unsigned long long)m->changed,
            (unsigned long long)m->unchanged, (unsigned long long)m->refused);
    px_putf(&json, "\"twinsCreated\":%llu}", (unsigned long long)m->twins);
    status = px_buf_status(&json, ret_err);
    if (status == PX_OK)
        status = px_json_parse(px_buf_str(&json), NULL, &arena, &root, ret_err);
    if (status == PX_OK)
        status = px_out_done(m->cli, root, ret_err,
                             "%llu devices %sregistered, %llu %schanged, %llu as they were",
                             (unsigned long long)m->created, verb, (unsigned long long)m->changed,
                             verb, (unsigned long long)m->unchanged);
    px_buf_release(&json);
    if (status == PX_OK && m->refused)
        status =
            px_fail(ret_err, PX_INVALID, "%llu rows were refused", (unsigned long long)m->refused);
    return status;
}

static px_status run_stream(importing *m, FILE *stream, px_err *ret_err)
{
    px_csv_source source = { read_stream, stream };
    struct stat info;
    uint64_t size =
        stream != stdin && fstat(fileno(stream), &info) == 0 ? (uint64_t)info.st_size : 0;
    px_status status = px_csv_init(&m->csv, source, 0, ret_err);

    m->progress = px_progress_of(m->cli->err, "rows", size);
    if (status == PX_OK)
        status = run_rows(m, ret_err);
    px_progress_clear(&m->progress);
    if (status == PX_OK)
        status = tell(m, ret_err);
    else if (m->rows)
        px_cli_cure(m->cli, "the same command goes on: what is registered already stays as it is");
    px_csv_release(&m->csv);
    return status;
}

static void release(importing *m)
{
    if (m->keys_fd >= 0)
        close(m->keys_fd);
    px_buf_release(&m->body);
    px_buf_release(&m->keys);
    PX_VEC_RELEASE(&m->heads);
    PX_VEC_RELEASE(&m->lines);
    px_map_release(&m->ids);
    px_arena_release(&m->arena);
}

px_status px_device_import_run(px_cli *cli, const px_args *args, px_err *ret_err)
{
    importing m = { .cli = cli,
                    .file = px_args_operand(args, 0),
                    .model = px_args_get(args, "model"),
                    .is_dry = px_args_has(args, "dry-run"),
                    .keys_fd = -1 };
    const char *keys = px_args_get(args, "keys");
    FILE *stream;
    px_status status = PX_OK;

    if (!keys && !m.is_dry)
        return px_fail_id(ret_err, PX_INVALID, "cli.option",
                          "say where the keys go, which are told once: --keys FILE");
    stream = strcmp(m.file, "-") == 0 ? stdin : fopen(m.file, "rbe");
    if (!stream)
        return px_fail(ret_err, errno == ENOENT ? PX_NOT_FOUND : PX_IO, "cannot read '%s': %s",
                       m.file, strerror(errno));
    px_arena_init(&m.arena, 1 << 20);
    if (!m.is_dry)
        status = px_keys_file_open(keys, &m.keys_fd, ret_err);
    if (status == PX_OK)
        status = run_stream(&m, stream, ret_err);
    if (stream != stdin)
        fclose(stream);
    release(&m);
    return status;
}
