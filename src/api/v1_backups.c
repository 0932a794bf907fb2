/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /api/v1/backups: the whole file of the server, all tenants in it, copied while it serves. So they
 * are the first tenant's admin's alone. What is known of one that is under way, or was the last, is
 * the engine's; of all others there is the file.
 */
#include "api/inner.h"
#include "api/workers.h"
#include "engine/backup.h"

px_handler px_v1_list_backups, px_v1_get_backup, px_v1_post_backup, px_v1_cancel_backup,
    px_v1_delete_backup;

/* What a call is about. */
typedef struct backup_call {
    px_str name;
    const char *path; /* in the arena */
} backup_call;

static bool may(px_api_call *call)
{
    px_err err;
    px_status status = px_authorize(&call->principal, PX_ACTION_BACKUP, (px_str){ 0 }, &err);

    if (status == PX_OK && !call->api->opts.backups)
        status = px_fail_id(&err, PX_UNSUPPORTED, "backup.none", "this server makes no backups");
    if (status != PX_OK)
        px_api_fail(call, status, &err);
    return status == PX_OK;
}

static const char *path_of(px_api_call *call, px_str name, px_err *ret_err)
{
    px_buf path = { 0 };
    char *copy = NULL;

    if (px_backups_path(call->api->opts.backups, name, &path, ret_err) == PX_OK) {
        copy = px_arena_zero(&call->arena, path.len + 1, 1);
        if (copy)
            memcpy(copy, path.ptr, path.len);
        else
            px_arena_fail(&call->arena, ret_err);
    }
    px_buf_release(&path);
    return copy;
}

static bool is_running(const px_backup_stat *stat)
{
    return stat->phase == PX_BACKUP_COPYING || stat->phase == PX_BACKUP_ENDING;
}

/* Answers itself and gives false. */
static bool enter(px_api_call *call, px_str name)
{
    backup_call *own;
    px_err err;

    if (!may(call))
        return false;
    own = PX_ARENA_NEW(&call->arena, backup_call);
    if (own) {
        own->name = name;
        own->path = path_of(call, name, &err);
        call->own = own;
    } else {
        px_arena_fail(&call->arena, &err);
    }
    if (!own || !own->path)
        px_api_fail(call, err.status, &err);
    return own && own->path;
}

/* ---- what is told ---- */

static void put_run(px_json_writer *w, const px_backup_stat *stat)
{
    px_json_member_uint(w, "pages", stat->pages);
    px_json_member_uint(w, "pagesLeft", stat->pages_left);
    px_json_key(w, PX_STR("begun"));
    px_json_time(w, stat->begun);
    if (stat->phase == PX_BACKUP_DONE)
        px_json_member_uint(w, "position", stat->seq);
    if (stat->phase == PX_BACKUP_FAILED) {
        px_json_member_text(w, "code", px_str_c(px_status_code(stat->err.status)));
        px_json_member_text(w, "error", px_str_c(stat->err.text));
    }
}

/* `file`: NULL while there is none; `stat`: NULL when nothing is known but the file. */
static void put_backup(px_json_writer *w, px_str name, const char *path, const px_file_info *file,
                       const px_backup_stat *stat)
{
    px_json_begin_object(w);
    px_json_member_text(w, "name", name);
    px_json_member_text(w, "status",
                        px_str_c(px_backup_phase_name(stat ? stat->phase : PX_BACKUP_DONE)));
    px_json_member_text(w, "path", px_str_c(path));
    px_json_key(w, PX_STR("bytes"));
    if (file)
        px_json_int(w, file->bytes);
    else
        px_json_null(w);
    px_json_key(w, PX_STR("made"));
    px_json_time(w, file ? file->changed : PX_TIME_NONE); /* null */
    if (stat)
        put_run(w, stat);
    px_json_end_object(w);
}

static bool is_about(const px_backup_stat *stat, const char *path)
{
    return stat->phase != PX_BACKUP_NONE && strcmp(stat->path, path) == 0;
}

/* What is known of the backup that the call is about. */
static void answer(px_api_call *call, int status)
{
    const backup_call *own = call->own;
    px_backup_stat stat = px_engine_backup_stat(call->api->opts.engine);
    px_json_writer w = px_json_writer_of(&call->out);
    px_file_info file;
    px_err err;
    px_status found = px_backups_find(call->api->opts.backups, own->name, &file, &err);
    bool about = is_about(&stat, own->path);

    if (found != PX_OK && (found != PX_NOT_FOUND || !about || stat.phase == PX_BACKUP_DONE)) {
        px_api_fail(call, found, &err);
        return;
    }
    put_backup(&w, own->name, own->path, found == PX_OK ? &file : NULL, about ? &stat : NULL);
    px_api_json(call, status);
}

void px_v1_get_backup(px_api_call *call)
{
    if (enter(call, call->args[0]))
        answer(call, 200);
}

/* The name of one that is there or not is that of its file. */
static px_str name_of(const char *path)
{
    px_str text = px_str_c(path);
    size_t at = text.len;

    while (at > 0 && text.ptr[at - 1] != '/')
        at--;
    text = px_str_skip(text, at);
    return px_str_of(text.ptr, text.len - 3);
}

/* One of the list; `file` NULL: it is under way, or failed, and has none. */
typedef struct listed {
    px_str name;
    const char *path;
    const px_file_info *file;
} listed;

typedef struct listing {
    listed *items; /* by name */
    size_t count;
    px_backup_stat stat;
} listing;

/* That of which there is no file yet goes to its place. */
static void insert_running(listing *list)
{
    listed running = { .name = name_of(list->stat.path), .path = list->stat.path };
    size_t at = list->count++;

    for (; at > 0 && px_str_cmp(list->items[at - 1].name, running.name) > 0; at--)
        list->items[at] = list->items[at - 1];
    list->items[at] = running;
}

static px_status list_all(px_api_call *call, listing *list, px_err *ret_err)
{
    px_file_info *infos;
    size_t count;
    bool told;

    list->stat = px_engine_backup_stat(call->api->opts.engine);
    told = list->stat.phase == PX_BACKUP_NONE || list->stat.phase == PX_BACKUP_DONE;
    PX_TRY(px_backups_list(call->api->opts.backups, &call->arena, &infos, &count, ret_err));
    list->items = PX_ARENA_ARRAY(&call->arena, listed, count + 1);
    if (!list->items)
        return px_arena_fail(&call->arena, ret_err);
    for (; list->count < count; list->count++) {
        listed *item = &list->items[list->count];

        *item = (listed){ .name = infos[list->count].name, .file = &infos[list->count] };
        item->path = path_of(call, item->name, ret_err);
        if (!item->path)
            return ret_err->status;
        told = told || is_about(&list->stat, item->path);
    }
    if (!told)
        insert_running(list);
    return PX_OK;
}

static void put_page(px_api_call *call, const listing *list, px_str after, uint64_t limit)
{
    px_json_writer w = px_json_writer_of(&call->out);
    px_str last = { 0 };
    size_t i = 0;

    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("items"));
    px_json_begin_array(&w);
    while (after.ptr && i < list->count && px_str_cmp(list->items[i].name, after) <= 0)
        i++;
    for (; i < list->count && limit > 0; i++, limit--) {
        const listed *item = &list->items[i];
        bool about = is_about(&list->stat, item->path);

        put_backup(&w, item->name, item->path, item->file, about ? &list->stat : NULL);
        last = item->name;
    }
    px_json_end_array(&w);
    px_api_put_cursor(call, &w, i < list->count ? last : (px_str){ 0 });
    px_json_end_object(&w);
    px_api_json(call, 200);
}

void px_v1_list_backups(px_api_call *call)
{
    listing list = { 0 };
    uint64_t limit;
    px_str after;
    px_err err;

    if (!may(call) ||
        !px_api_param_number(call, "limit", PX_BACKUPS_MAX, 1, PX_BACKUPS_MAX, &limit) ||
        !px_api_cursor(call, &after))
        return;
    if (list_all(call, &list, &err) == PX_OK)
        put_page(call, &list, after, limit);
    else
        px_api_fail(call, err.status, &err);
}

/* ---- begin, cancel ---- */

/* On the engine's thread, as cancel. */
static void begin(px_request *request, px_engine_state *state)
{
    px_api_call *call = request->data;
    const backup_call *own = call->own;

    (void)state;
    request->result.status =
        px_engine_backup_begin(call->api->opts.engine, own->path, &request->result.err);
}

static void begun(px_api_call *call)
{
    const backup_call *own = call->own;
    px_buf location = { 0 };

    px_putf(&location, "/api/v1/backups/%.*s", PX_FMT(own->name));
    if (location.status == PX_OK)
        px_api_header(call, "Location", px_buf_str(&location));
    px_buf_release(&location);
    answer(call, 202);
}

static void work_post(px_api_call *call)
{
    px_err err;

    if (px_backups_prepare(call->api->opts.backups, &err) != PX_OK) {
        px_api_fail(call, err.status, &err);
        return;
    }
    call->request.kind = PX_REQUEST_CALL;
    call->request.call = begin;
    px_api_submit(call, begun);
}

/* pollux-2026-11-28T22-30-00Z */
static px_str name_by_time(px_api_call *call)
{
    px_time now = call->api->env->now(call->api->env);
    px_buf text = { 0 };
    px_str name;

    px_put_c(&text, "pollux-");
    px_put_time(&text, now - now % PX_SECOND);
    for (size_t i = 0; i < text.len; i++)
        text.ptr[i] = text.ptr[i] == ':' ? '-' : text.ptr[i];
    name = px_arena_str(&call->arena, px_buf_str(&text));
    px_buf_release(&text);
    return name;
}

void px_v1_post_backup(px_api_call *call)
{
    const px_json *name = px_json_get(call->request.json, PX_STR("name"));
    px_err err;

    if (name && !px_json_is(name, PX_JSON_STRING)) {
        px_fail_id(&err, PX_INVALID, "backup.name", "name is a text");
        px_api_fail(call, PX_INVALID, &err);
        return;
    }
    if (enter(call, name ? name->text : name_by_time(call)))
        px_workers_run_on(call->api->bulk_workers, call, work_post);
}

static void cancel(px_request *request, px_engine_state *state)
{
    px_api_call *call = request->data;
    const backup_call *own = call->own;
    px_backup_stat stat = px_engine_backup_stat(call->api->opts.engine);

    (void)state;
    if (is_about(&stat, own->path))
        px_engine_backup_cancel(call->api->opts.engine);
}

static void cancelled(px_api_call *call)
{
    answer(call, 200);
}

void px_v1_cancel_backup(px_api_call *call)
{
    if (!enter(call, call->args[0]))
        return;
    call->request.kind = PX_REQUEST_CALL;
    call->request.call = cancel;
    px_api_submit(call, cancelled);
}

/* ---- delete ---- */

static void work_delete(px_api_call *call)
{
    const backup_call *own = call->own;
    px_backup_stat stat = px_engine_backup_stat(call->api->opts.engine);
    px_err err;
    px_status status;

    if (is_running(&stat) && is_about(&stat, own->path))
        status = px_fail_id(&err, PX_CONFLICT, "backup.running",
                            "the backup is under way; cancel it instead");
    else
        status = px_backups_remove(call->api->opts.backups, own->name, &err);
    if (status == PX_OK)
        px_api_finish(call, 204);
    else
        px_api_fail(call, status, &err);
}

void px_v1_delete_backup(px_api_call *call)
{
    if (enter(call, call->args[0]))
        px_workers_run_on(call->api->bulk_workers, call, work_delete);
}
