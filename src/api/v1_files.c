/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /api/v1/files: what import jobs read and write. A file larger than a body comes in parts, each a
 * PUT with `Content-Range: bytes FIRST-LAST/TOTAL`; the last one makes it a file.
 */
#include "api/inner.h"
#include "api/workers.h"
#include "store/files.h"

px_handler px_v1_list_files, px_v1_put_file, px_v1_get_file, px_v1_delete_file;

static bool may(px_api_call *call, px_action action)
{
    px_err err;
    px_status status = px_authorize(&call->principal, action, (px_str){ 0 }, &err);

    if (status == PX_OK && !call->api->opts.files)
        status = px_fail_id(&err, PX_UNSUPPORTED, "file.none", "this server keeps no files");
    if (status != PX_OK)
        px_api_fail(call, status, &err);
    return status == PX_OK;
}

static void put_file(px_json_writer *w, px_str name, int64_t bytes)
{
    px_json_key(w, PX_STR("name"));
    px_json_string(w, name);
    px_json_key(w, PX_STR("bytes"));
    px_json_int(w, bytes);
}

/* ---- put ---- */

static bool cut_number(px_str *rest, int64_t *ret_number)
{
    enum { DIGITS_MAX = 15 };
    size_t count = 0;

    *ret_number = 0;
    while (count < rest->len && px_is_digit(rest->ptr[count]) && count < DIGITS_MAX)
        *ret_number = *ret_number * 10 + (rest->ptr[count++] - '0');
    *rest = px_str_skip(*rest, count);
    return count > 0;
}

static bool cut_char(px_str *rest, char c)
{
    bool good = rest->len > 0 && rest->ptr[0] == c;

    if (good)
        *rest = px_str_skip(*rest, 1);
    return good;
}

/* bytes FIRST-LAST/TOTAL (RFC 9110, 14.4) */
static px_status read_range(px_api_call *call, int64_t *ret_offset, int64_t *ret_total,
                            px_err *ret_err)
{
    px_str range = call->header(call, "Content-Range");
    int64_t first, last, total, len = (int64_t)call->body.len;

    *ret_offset = 0;
    *ret_total = len;
    if (range.len == 0)
        return PX_OK;
    if (px_str_starts(range, PX_STR("bytes "))) {
        range = px_str_skip(range, 6);
        if (cut_number(&range, &first) && cut_char(&range, '-') && cut_number(&range, &last) &&
            cut_char(&range, '/') && cut_number(&range, &total) && range.len == 0 &&
            last - first + 1 == len && last < total) {
            *ret_offset = first;
            *ret_total = total;
            return PX_OK;
        }
    }
    return px_fail_id(ret_err, PX_INVALID, "file.range",
                      "Content-Range is bytes FIRST-LAST/TOTAL, with as many bytes as came");
}

static void work_put(px_api_call *call)
{
    px_json_writer w = px_json_writer_of(&call->out);
    int64_t offset, total;
    bool whole = false;
    px_err err;
    px_status status = read_range(call, &offset, &total, &err);

    if (status == PX_OK)
        status = px_files_put(call->api->opts.files, call->principal.tenant, call->args[0],
                              call->body, offset, total, &whole, &err);
    if (status != PX_OK) {
        px_api_fail(call, status, &err);
        return;
    }
    px_json_begin_object(&w);
    put_file(&w, call->args[0], offset + (int64_t)call->body.len);
    px_json_key(&w, PX_STR("whole"));
    px_json_bool(&w, whole);
    px_json_end_object(&w);
    px_api_json(call, whole ? 201 : 202);
}

void px_v1_put_file(px_api_call *call)
{
    if (may(call, PX_ACTION_WRITE_TWIN))
        px_workers_run_on(call->api->bulk_workers, call, work_put);
}

/* ---- get ---- */

typedef struct file_stream {
    px_api_stream face; /* first */
    int fd;
    int64_t at;
} file_stream;

static ptrdiff_t read_stream(px_api_stream *face, char *ret_bytes, size_t size)
{
    file_stream *s = (file_stream *)face;
    size_t got = 0;

    if (px_files_read(s->fd, s->at, ret_bytes, size, &got, NULL) != PX_OK || got == 0)
        return -1;
    s->at += (int64_t)got;
    return (ptrdiff_t)got;
}

static void close_stream(px_api_stream *face)
{
    file_stream *s = (file_stream *)face;

    px_files_close(s->fd);
    px_free(s);
}

void px_v1_get_file(px_api_call *call)
{
    file_stream *s;
    px_err err;
    px_status status;
    int fd = -1;

    if (!may(call, PX_ACTION_READ_TWIN))
        return;
    status = px_files_open(call->api->opts.files, call->principal.tenant, call->args[0], false, &fd,
                           &err);
    s = status == PX_OK ? px_zalloc(1, sizeof(*s)) : NULL;
    if (status == PX_OK && !s)
        status = px_no_memory(&err);
    if (status != PX_OK) {
        px_files_close(fd);
        px_api_fail(call, status, &err);
        return;
    }
    *s = (file_stream){ .face = { .read = read_stream, .close = close_stream }, .fd = fd };
    call->stream = &s->face;
    call->content_type = "application/x-ndjson";
    px_api_finish(call, 200);
}

/* ---- list and delete ---- */

void px_v1_list_files(px_api_call *call)
{
    px_json_writer w = px_json_writer_of(&call->out);
    px_file_info *infos;
    size_t count, i = 0;
    uint64_t limit;
    px_err err;
    px_status status;
    px_str at, last = { 0 };

    if (!may(call, PX_ACTION_READ_TWIN) ||
        !px_api_param_number(call, "limit", PX_FILES_MAX, 1, PX_FILES_MAX, &limit) ||
        !px_api_cursor(call, &at))
        return;
    status = px_files_list(call->api->opts.files, call->principal.tenant, &call->arena, &infos,
                           &count, &err);
    if (status != PX_OK) {
        px_api_fail(call, status, &err);
        return;
    }
    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("items"));
    px_json_begin_array(&w);
    while (i < count && px_str_cmp(infos[i].name, at) <= 0)
        i++;
    for (; i < count && limit > 0; i++, limit--) {
        last = infos[i].name;
        px_json_begin_object(&w);
        put_file(&w, infos[i].name, infos[i].bytes);
        px_json_key(&w, PX_STR("changed"));
        px_json_time(&w, infos[i].changed);
        px_json_end_object(&w);
    }
    px_json_end_array(&w);
    px_api_put_cursor(call, &w, i < count ? last : (px_str){ 0 });
    px_json_end_object(&w);
    px_api_json(call, 200);
}

static void work_delete(px_api_call *call)
{
    px_err err;
    px_status status =
        px_files_remove(call->api->opts.files, call->principal.tenant, call->args[0], &err);

    if (status == PX_OK)
        px_api_finish(call, 204);
    else
        px_api_fail(call, status, &err);
}

void px_v1_delete_file(px_api_call *call)
{
    if (may(call, PX_ACTION_WRITE_TWIN))
        px_workers_run_on(call->api->bulk_workers, call, work_delete);
}
