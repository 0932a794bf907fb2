/* SPDX-License-Identifier: Apache-2.0 */
/* /jobs of the data plane: jobs.h works them off. */
#include <stdio.h>

#include "api/jobs.h"

px_handler px_on_list_imports, px_on_put_import, px_on_get_import, px_on_delete_import,
    px_on_cancel_import, px_on_list_deletions, px_on_post_deletion, px_on_get_deletion;

enum {
    ID_BYTES_MAX = 100,
    PAGE_MAX = 100,
    MINUTES_MIN = 15,
    MINUTES_MAX = 24 * 60,
    MINUTES_DEFAULT = 12 * 60
};

/* ---- a job as JSON ---- */

static void put_time(px_json_writer *w, const char *name, px_time time)
{
    px_json_key(w, px_str_c(name));
    if (time == PX_TIME_NONE) {
        px_json_null(w);
        return;
    }
    px_json_put_raw(w, PX_STR("\""));
    px_put_time7(w->buf, time);
    px_put_char(w->buf, '"');
}

static void put_error(px_json_writer *w, const px_job *job)
{
    px_json_key(w, PX_STR("error"));
    if (job->error_code.len == 0) {
        px_json_null(w);
        return;
    }
    px_json_begin_object(w);
    px_json_key(w, PX_STR("code"));
    px_json_string(w, job->error_code);
    px_json_key(w, PX_STR("message"));
    px_json_string(w, job->error_text);
    px_json_end_object(w);
}

static void put_job(px_api *api, px_json_writer *w, const px_job *job)
{
    bool is_import = job->kind == PX_JOB_IMPORT, ended = job->finished != PX_TIME_NONE;
    px_job_status status = job->status;

    if (!ended && px_jobs_is_cancelling(api->jobs, job->tenant, job->kind, job->id))
        status = PX_JOB_CANCELLING;
    px_json_begin_object(w);
    px_json_key(w, PX_STR("id"));
    px_json_string(w, job->id);
    if (is_import) {
        px_json_key(w, PX_STR("inputBlobUri"));
        px_json_string(w, job->input_uri);
        px_json_key(w, PX_STR("outputBlobUri"));
        px_json_string(w, job->output_uri);
    }
    px_json_key(w, PX_STR("status"));
    px_json_string(w, px_str_c(px_job_status_name(status)));
    put_time(w, "createdDateTime", job->created);
    if (is_import)
        put_time(w, "lastActionDateTime", job->last_action);
    put_time(w, "finishedDateTime", job->finished);
    put_time(w, "purgeDateTime", ended ? job->finished + PX_JOB_KEEP_NS : PX_TIME_NONE);
    put_error(w, job);
    px_json_end_object(w);
}

/* ---- reading ---- */

static void no_such_job(px_api_call *call, px_job_kind kind)
{
    px_err err;

    px_fail_id(&err, PX_NOT_FOUND, kind == PX_JOB_IMPORT ? "job.no_import" : "job.no_deletion",
               "There is no job available that matches the provided id %.*s",
               PX_FMT(call->args[0]));
    px_api_fail(call, PX_NOT_FOUND, &err);
}

/* The document's id, in the arena. */
static px_str document_id(px_api_call *call, px_job_kind kind, px_str id)
{
    char text[ID_BYTES_MAX + 32];

    snprintf(text, sizeof(text), "%s%.*s", px_job_prefix(kind), PX_FMT(id));
    return px_arena_str(&call->arena, px_str_c(text));
}

/* False: answered. The job is to be released. */
static bool find_job(px_api_call *call, px_job_kind kind, px_job *ret_job)
{
    px_documents *documents = px_engine_documents(call->api->opts.engine);
    px_document document;
    px_err err;

    if (call->args[0].len <= ID_BYTES_MAX &&
        px_documents_get(documents, call->principal.tenant, PX_STR("job"),
                         document_id(call, kind, call->args[0]), &call->arena, &document,
                         &err) == PX_OK &&
        px_job_read(&document, ret_job, &err) == PX_OK)
        return true;
    no_such_job(call, kind);
    return false;
}

static void get(px_api_call *call, px_job_kind kind)
{
    px_json_writer w = px_json_writer_of(&call->out);
    px_job job;

    if (!px_api_may(call, PX_ACTION_READ_TWIN) || !find_job(call, kind, &job))
        return;
    put_job(call->api, &w, &job);
    px_arena_release(&job.arena);
    px_api_json(call, 200);
}

static void list(px_api_call *call, px_job_kind kind)
{
    px_documents *documents = px_engine_documents(call->api->opts.engine);
    px_json_writer w = px_json_writer_of(&call->out);
    px_document found[PAGE_MAX];
    uint64_t after;
    uint32_t page, cursor;
    size_t count;
    px_err err;
    px_status status;

    if (!px_api_may(call, PX_ACTION_READ_TWIN) ||
        !px_api_param_number(call, "continuationToken", 0, 0, UINT32_MAX, &after) ||
        !px_api_page_size(call, PAGE_MAX, &page))
        return;
    cursor = (uint32_t)after;
    status = px_documents_list_under(documents, call->principal.tenant, PX_STR("job"),
                                     px_str_c(px_job_prefix(kind)), &cursor, page, &call->arena,
                                     found, &count, &err);
    if (status != PX_OK) {
        px_api_fail(call, status, &err);
        return;
    }
    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("value"));
    px_json_begin_array(&w);
    for (size_t i = 0; i < count; i++) {
        px_job job;

        if (px_job_read(&found[i], &job, NULL) != PX_OK)
            continue;
        put_job(call->api, &w, &job);
        px_arena_release(&job.arena);
    }
    px_json_end_array(&w);
    px_api_put_next(call, &w, kind == PX_JOB_IMPORT ? "/jobs/imports" : "/jobs/deletions", cursor);
    px_json_end_object(&w);
    px_api_json(call, 200);
}

/* ---- where files are ---- */

/* The path of a URL of this server, or of `file:`. */
static px_status read_url(px_api_call *call, px_str url, const char *member, px_str *ret_where,
                          px_err *ret_err)
{
    static const char *const schemes[] = { "http://", "https://" };
    px_str path = url, host = call->header(call, "Host"), prefix = PX_STR("/api/v1/files/");
    px_buf where = { 0 };
    px_status status = PX_INVALID;

    for (int i = 0; i < 2; i++) {
        px_str scheme = px_str_c(schemes[i]);

        if (px_str_starts(url, scheme) && px_str_starts(px_str_skip(url, scheme.len), host))
            path = px_str_skip(url, scheme.len + host.len);
    }
    if (px_str_starts(path, prefix)) {
        path = px_str_skip(path, prefix.len);
        path = px_str_cut(&path, '?');
        status = px_file_name_check(path, ret_err);
        px_putf(&where, "files/%.*s", PX_FMT(path));
    } else if (px_str_starts(url, PX_STR("file:"))) {
        if (call->principal.tenant != PX_FIRST_TENANT) /* one folder, and what lies there is his */
            return px_fail_id(ret_err, PX_DENIED, "file.folder",
                              "%s is a file: URL, and only the first tenant takes files from the "
                              "server's import_folder; use /api/v1/files/NAME",
                              member);
        path = px_str_skip(url, 5);
        while (path.len && path.ptr[0] == '/')
            path = px_str_skip(path, 1);
        status = path.len && px_api_decode(&call->arena, path, false, &path)
                     ? PX_OK
                     : px_fail_id(ret_err, PX_INVALID, "job.url", "'%s' names no file", member);
        px_putf(&where, "folder/%.*s", PX_FMT(path));
    } else {
        px_fail_id(ret_err, PX_INVALID, "job.url",
                   "%s is the URL of a file of this server, /api/v1/files/NAME, or file:PATH below "
                   "its import folder",
                   member);
    }
    if (status == PX_OK)
        *ret_where = px_arena_str(&call->arena, px_buf_str(&where));
    px_buf_release(&where);
    return status == PX_OK && !ret_where->ptr ? px_arena_fail(&call->arena, ret_err) : status;
}

/* ---- making ---- */

/* Between claim and answer. */
typedef struct making {
    px_job job;
    px_document_write write;
} making;

static void made(px_api_call *call)
{
    making *m = call->own;
    const px_result *result = &call->request.result;
    px_json_writer w = px_json_writer_of(&call->out);
    px_buf url = { 0 };

    if (result->status != PX_OK) {
        px_err err = result->err;

        px_jobs_unclaim(call->api->jobs, m->job.tenant);
        if (result->status == PX_CONFLICT)
            px_fail_id(&err, PX_INVALID, "job.exists", "the id %.*s is in use", PX_FMT(m->job.id));
        px_api_fail(call, err.status, &err);
        return;
    }
    put_job(call->api, &w, &m->job);
    px_jobs_start(call->api->jobs, m->job.tenant);
    if (m->job.kind == PX_JOB_IMPORT) {
        px_api_json(call, 201);
        return;
    }
    px_api_put_origin(call, &url);
    px_putf(&url, "/jobs/deletions/%.*s?", PX_FMT(m->job.id));
    px_api_put_version(call, &url);
    px_api_header(call, "Operation-Location", px_buf_str(&url));
    px_buf_release(&url);
    px_api_json(call, 202);
}

static px_status check_id(px_str id, px_err *ret_err)
{
    bool good = id.len > 0 && id.len <= ID_BYTES_MAX && px_str_is_utf8(id, NULL);

    for (size_t i = 0; i < id.len && good; i++)
        good = px_is_letter(id.ptr[i]) || px_is_digit(id.ptr[i]) ||
               (id.ptr[i] && strchr("-_.~", id.ptr[i]));
    return good ? PX_OK
                : px_fail_id(ret_err, PX_INVALID, "job.id",
                             "a job's id has 1 to %d letters, digits, '-', '_', '.' and '~'",
                             ID_BYTES_MAX);
}

static px_status check_count(px_api_call *call, px_err *ret_err)
{
    if (px_documents_count(px_engine_documents(call->api->opts.engine), call->principal.tenant,
                           PX_STR("job")) < PX_JOBS_MAX)
        return PX_OK;
    return px_fail_id(ret_err, PX_INVALID, "job.limit",
                      "%d jobs are kept; delete some that have ended", PX_JOBS_MAX);
}

static px_status prepare(px_api_call *call, making *m, px_err *ret_err)
{
    px_buf body = { 0 };
    px_job *job = &m->job;

    job->tenant = call->principal.tenant;
    job->by = call->principal.id;
    job->created = job->last_action = call->api->env->now(call->api->env);
    job->finished = PX_TIME_NONE;
    px_put_job(&body, job);
    m->write = (px_document_write){ .kind = PX_STR("job"),
                                    .id = document_id(call, job->kind, job->id),
                                    .body = px_arena_str(&call->arena, px_buf_str(&body)),
                                    .create_only = true };
    px_buf_release(&body);
    if (!m->write.id.ptr || !m->write.body.ptr)
        return px_arena_fail(&call->arena, ret_err);
    if (px_jobs_claim(call->api->jobs, job->tenant, job->kind, job->id))
        return PX_OK;
    return px_fail_id(ret_err, PX_INVALID, "job.limit",
                      "another job is running; one runs at a time");
}

static void make(px_api_call *call, const px_job *job)
{
    making *m = PX_ARENA_NEW(&call->arena, making);
    px_err err;
    px_status status = m ? PX_OK : px_arena_fail(&call->arena, &err);

    if (status == PX_OK) {
        m->job = *job;
        status = check_id(job->id, &err);
    }
    if (status == PX_OK)
        status = check_count(call, &err);
    if (status == PX_OK)
        status = prepare(call, m, &err);
    if (status != PX_OK) {
        px_api_fail(call, status, &err);
        return;
    }
    call->own = m;
    call->request.kind = PX_REQUEST_DOCUMENTS;
    call->request.documents = &m->write;
    call->request.document_count = 1;
    px_api_submit_always(call, made);
}

void px_on_put_import(px_api_call *call)
{
    const px_json *body = call->request.json;
    px_job job = { .kind = PX_JOB_IMPORT, .id = call->args[0], .deadline = PX_TIME_NONE };
    px_err err;
    px_status status;

    if (!px_api_may(call, PX_ACTION_WRITE_TWIN) || !px_api_body(call))
        return;
    job.input_uri = px_json_get_text(body, PX_STR("inputBlobUri"));
    job.output_uri = px_json_get_text(body, PX_STR("outputBlobUri"));
    status = !call->api->opts.files
                 ? px_fail_id(&err, PX_UNSUPPORTED, "file.none", "this server keeps no files")
                 : read_url(call, job.input_uri, "inputBlobUri", &job.input, &err);
    if (status == PX_OK)
        status = read_url(call, job.output_uri, "outputBlobUri", &job.output, &err);
    if (status == PX_OK && px_str_eq(job.input, job.output))
        status = px_fail_id(&err, PX_INVALID, "job.url", "input and output are the same file");
    if (status == PX_OK)
        make(call, &job);
    else
        px_api_fail(call, status, &err);
}

static bool read_minutes(px_api_call *call, px_time *ret_deadline)
{
    px_str header = call->header(call, "timeoutInMinutes");
    px_str text = header.len ? header : px_api_param(call, "timeoutInMinutes");
    int64_t minutes = text.len ? 0 : MINUTES_DEFAULT;
    px_err err;

    for (size_t i = 0; i < text.len && minutes <= MINUTES_MAX; i++)
        minutes = px_is_digit(text.ptr[i]) ? minutes * 10 + (text.ptr[i] - '0') : MINUTES_MAX + 1;
    *ret_deadline = call->api->env->now(call->api->env) + minutes * 60 * PX_SECOND;
    if (minutes >= MINUTES_MIN && minutes <= MINUTES_MAX)
        return true;
    px_fail_id(&err, PX_INVALID, "job.timeout", "timeoutInMinutes is a number from %d to %d",
               MINUTES_MIN, MINUTES_MAX);
    px_api_fail(call, PX_INVALID, &err);
    return false;
}

void px_on_post_deletion(px_api_call *call)
{
    px_job job = { .kind = PX_JOB_DELETION, .id = call->header(call, "operation-id") };
    unsigned char bytes[12];
    char id[2 * sizeof(bytes) + 1];

    if (!px_api_may(call, PX_ACTION_WRITE_TWIN) || !read_minutes(call, &job.deadline))
        return;
    if (job.id.len == 0) {
        call->api->env->random(call->api->env, bytes, sizeof(bytes));
        for (size_t i = 0; i < sizeof(bytes); i++)
            snprintf(id + 2 * i, 3, "%02x", bytes[i]);
        job.id = px_str_c(id);
    }
    job.id = px_arena_str(&call->arena, job.id);
    make(call, &job);
}

/* ---- ending ---- */

void px_on_cancel_import(px_api_call *call)
{
    px_json_writer w = px_json_writer_of(&call->out);
    px_job job;
    px_err err;

    if (!px_api_may(call, PX_ACTION_WRITE_TWIN) || !find_job(call, PX_JOB_IMPORT, &job))
        return;
    if (px_jobs_cancel(call->api->jobs, job.tenant, job.kind, job.id)) {
        put_job(call->api, &w, &job);
        px_api_json(call, 200);
    } else {
        px_fail_id(&err, PX_INVALID, "job.ended", "the job has ended already: %s",
                   px_job_status_name(job.status));
        px_api_fail(call, PX_INVALID, &err);
    }
    px_arena_release(&job.arena);
}

static void no_content(px_api_call *call)
{
    px_api_finish(call, 204);
}

void px_on_delete_import(px_api_call *call)
{
    px_document_write *write = PX_ARENA_NEW(&call->arena, px_document_write);
    px_job job;
    px_err err;
    bool ended;

    if (!px_api_may(call, PX_ACTION_WRITE_TWIN) || !find_job(call, PX_JOB_IMPORT, &job))
        return;
    ended = job.finished != PX_TIME_NONE;
    px_arena_release(&job.arena);
    if (!ended || !write) {
        px_fail_id(&err, PX_INVALID, "job.running", "the job has not ended; cancel it first");
        px_api_fail(call, PX_INVALID, &err);
        return;
    }
    *write = (px_document_write){ .kind = PX_STR("job"),
                                  .id = document_id(call, PX_JOB_IMPORT, call->args[0]) };
    call->request.kind = PX_REQUEST_DOCUMENTS;
    call->request.documents = write;
    call->request.document_count = 1;
    px_api_submit(call, no_content);
}

void px_on_list_imports(px_api_call *call)
{
    list(call, PX_JOB_IMPORT);
}

void px_on_get_import(px_api_call *call)
{
    get(call, PX_JOB_IMPORT);
}

void px_on_list_deletions(px_api_call *call)
{
    list(call, PX_JOB_DELETION);
}

void px_on_get_deletion(px_api_call *call)
{
    get(call, PX_JOB_DELETION);
}
