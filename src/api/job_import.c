/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One import job, chunk by chunk: run the chunk, append what is to be told to the output, write the
 * position into the job's document. After a stop or a crash the next run cuts the output off where
 * the document says, and goes on behind its line: nothing is lost, and what is run again writes the
 * same. The models are one step, for they are sorted first.
 */
#include "api/azure.h"
#include "api/jobs.h"
#include "api/load.h"
#include "bulk/order.h"

enum { READ_BYTES = 256 * 1024, LOG_BYTES = 1024 * 1024 };

typedef struct run {
    px_jobs *jobs;
    px_job *job;
    px_load load;
    px_bulk_reader reader;
    px_bulk_order order;
    int in, out;
    char *bytes; /* READ_BYTES of input */
    int64_t read_at;
    px_bulk_section section;
    uint64_t line, end; /* read last */
    uint64_t refused;   /* of this section */
    px_buf log;         /* not in the output yet */
} run;

/* ---- the output ---- */

static px_json_writer begin_log(run *r, const char *type)
{
    px_json_writer w = px_json_writer_of(&r->log);
    px_env *env = px_jobs_api(r->jobs)->env;

    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("timestamp"));
    px_json_put_raw(&w, PX_STR("\""));
    px_put_time7(&r->log, env->now(env));
    px_put_char(&r->log, '"');
    px_json_key(&w, PX_STR("jobId"));
    px_json_string(&w, r->job->id);
    px_json_key(&w, PX_STR("jobType"));
    px_json_string(&w, PX_STR("Import"));
    px_json_key(&w, PX_STR("logType"));
    px_json_string(&w, px_str_c(type));
    px_json_key(&w, PX_STR("details"));
    px_json_begin_object(&w);
    return w;
}

static void end_log(run *r, px_json_writer *w)
{
    px_json_end_object(w);
    px_json_end_object(w);
    px_put_char(&r->log, '\n');
}

static void log_status(run *r, const char *section, const char *status)
{
    px_json_writer w = begin_log(r, "Info");

    if (section) {
        px_json_key(&w, PX_STR("section"));
        px_json_string(&w, px_str_c(section));
    }
    px_json_key(&w, PX_STR("status"));
    px_json_string(&w, px_str_c(status));
    end_log(r, &w);
}

static void log_error(run *r, uint64_t line, const px_err *err)
{
    px_json_writer w = begin_log(r, "Error");

    px_json_key(&w, PX_STR("line"));
    px_json_uint(&w, line);
    px_json_key(&w, PX_STR("code"));
    px_json_string(&w, px_str_c(err->id && err->id[0] ? err->id : px_status_code(err->status)));
    px_json_key(&w, PX_STR("message"));
    px_json_string(&w, px_str_c(err->text));
    if (err->path[0]) {
        px_json_key(&w, PX_STR("path"));
        px_json_string(&w, px_str_c(err->path));
    }
    end_log(r, &w);
}

/* A line of two bytes must not become one of three hundred without an end. */
static void log_refused(run *r, uint64_t line, const px_err *err)
{
    px_err enough;

    if (r->job->refused < PX_JOB_REFUSALS_MAX)
        log_error(r, line, err);
    if (r->job->refused == PX_JOB_REFUSALS_MAX) {
        px_fail_id(&enough, PX_LIMIT, "job.refusals",
                   "%d lines were refused; more are passed over without a word",
                   PX_JOB_REFUSALS_MAX);
        log_error(r, line, &enough);
    }
    r->refused++;
    r->job->refused++;
}

/* ---- steps ---- */

/* The output first: lines behind what the document says are cut off by the next run. */
static px_status save(run *r, px_err *ret_err)
{
    px_status status;

    PX_TRY(px_buf_status(&r->log, ret_err));
    while ((status = px_files_write_end(r->out, (int64_t)r->job->logged, px_buf_str(&r->log),
                                        ret_err)) == PX_FULL)
        if (!px_jobs_wait(r->jobs))
            return PX_INTERRUPTED;
    PX_TRY(status);
    r->job->logged += r->log.len;
    px_buf_clear(&r->log);
    r->job->section = r->section;
    r->job->line = r->line;
    r->job->end = r->end;
    return px_jobs_save(r->jobs, r->job, ret_err);
}

/* A full disk or queue is waited for. */
static px_status run_load(run *r, px_err *ret_err)
{
    px_load *load = &r->load;
    px_status status;

    while (px_await_may_retry(status = px_load_run(load, ret_err)))
        if (!px_jobs_wait(r->jobs))
            return PX_INTERRUPTED;
    PX_TRY(status);
    for (size_t i = 0; i < load->count; i++) {
        const px_err *err = px_load_refused(load, i);

        if (err)
            log_refused(r, load->items[i].number, err);
        else
            r->job->taken++;
    }
    px_load_begin(load, r->section);
    return PX_OK;
}

static px_status run_models(run *r, px_err *ret_err)
{
    PX_TRY(px_bulk_order_sort(&r->order, ret_err));
    PX_VEC_EACH (&r->order.order, i) {
        const px_bulk_model *model = &r->order.models.ptr[*i];

        if (px_load_is_full(&r->load))
            PX_TRY(run_load(r, ret_err));
        PX_TRY(px_load_add(&r->load, model->number, model->text, ret_err));
    }
    px_bulk_order_release(&r->order);
    px_bulk_order_init(&r->order);
    return PX_OK;
}

static px_status flush(run *r, px_err *ret_err)
{
    PX_TRY(run_load(r, ret_err));
    return save(r, ret_err);
}

static px_status end_section(run *r, px_err *ret_err)
{
    if (r->section < PX_BULK_MODELS)
        return PX_OK;
    if (r->section == PX_BULK_MODELS)
        PX_TRY(run_models(r, ret_err));
    PX_TRY(run_load(r, ret_err));
    log_status(r, px_bulk_section_name(r->section), r->refused ? "Failed" : "Succeeded");
    return PX_OK;
}

/* The position moves onto the section's own line in one step with the end of the one before. */
static px_status begin_section(run *r, const px_bulk_line *line, px_err *ret_err)
{
    PX_TRY(end_section(r, ret_err));
    r->section = line->section;
    r->refused = 0;
    px_load_begin(&r->load, r->section);
    if (r->section < PX_BULK_MODELS)
        return PX_OK;
    log_status(r, px_bulk_section_name(r->section), "Started");
    r->line = line->number;
    r->end = line->end;
    return save(r, ret_err);
}

static px_status read_model(const run *r, px_str text, px_arena *arena, px_bulk_thing *ret_thing,
                            px_err *ret_err)
{
    PX_TRY(px_bulk_thing_read(PX_BULK_MODELS, text, arena, ret_thing, ret_err));
    if (!px_jobs_api(r->jobs)->opts.azure_limits)
        return PX_OK;
    return px_azure_model_check(ret_thing->json, text, ret_err);
}

static px_status add_model(run *r, const px_bulk_line *line, px_err *ret_err)
{
    px_bulk_thing thing;
    px_arena arena;
    px_err err;
    px_status status = PX_OK;

    px_arena_init(&arena, 256 << 20);
    if (read_model(r, line->text, &arena, &thing, &err) != PX_OK)
        log_refused(r, line->number, &err);
    else
        status = px_bulk_order_add(&r->order, line->number, line->text, thing.json, ret_err);
    px_arena_release(&arena);
    return status;
}

static px_status take(run *r, const px_bulk_line *line, const px_err *bad, px_err *ret_err)
{
    bool is_model = r->section == PX_BULK_MODELS && line->section == PX_BULK_MODELS;

    if (r->section != PX_BULK_MODELS && (px_load_is_full(&r->load) || r->log.len > LOG_BYTES))
        PX_TRY(flush(r, ret_err));
    if (line->section != r->section)
        PX_TRY(begin_section(r, line, ret_err));
    if (line->kind == PX_BULK_BAD)
        log_refused(r, line->number, bad);
    else if (line->kind == PX_BULK_LINE)
        PX_TRY(is_model ? add_model(r, line, ret_err)
                        : px_load_add(&r->load, line->number, line->text, ret_err));
    r->line = line->number;
    r->end = line->end;
    return PX_OK;
}

static bool is_asked_to_end(const run *r)
{
    return atomic_load(r->job->cancels);
}

static px_status read_all(run *r, px_err *ret_err)
{
    size_t got = READ_BYTES;

    while (got == READ_BYTES) {
        px_bulk_line line;
        px_err bad = { 0 };
        px_status status;

        PX_TRY(px_files_read(r->in, r->read_at, r->bytes, READ_BYTES, &got, ret_err));
        r->read_at += (int64_t)got;
        PX_TRY(px_bulk_feed(&r->reader, px_str_of(r->bytes, got), got < READ_BYTES, ret_err));
        while ((status = px_bulk_next(&r->reader, &line, &bad)) == PX_OK &&
               line.kind != PX_BULK_MORE && line.kind != PX_BULK_END && !is_asked_to_end(r))
            PX_TRY(take(r, &line, &bad, ret_err));
        if (status != PX_OK) {
            *ret_err = bad;
            return status;
        }
        if (px_jobs_stopping(r->jobs) || is_asked_to_end(r))
            return PX_INTERRUPTED;
    }
    return end_section(r, ret_err);
}

/* ---- begin and end ---- */

static px_status open_at(run *r, px_str where, bool append, int *ret_fd, px_err *ret_err)
{
    px_files *files = px_jobs_api(r->jobs)->opts.files;
    px_str kind = px_str_cut(&where, '/');

    return px_str_eq(kind, PX_STR("files"))
               ? px_files_open(files, r->job->tenant, where, append, ret_fd, ret_err)
               : px_files_open_below(files, where, append, ret_fd, ret_err);
}

/* A new job's output counts among the tenant's files; one that is under way ends. */
static px_status check_room(const run *r, px_err *ret_err)
{
    if (r->job->status != PX_JOB_NOT_STARTED || !px_str_starts(r->job->output, PX_STR("files/")))
        return PX_OK;
    return px_files_check_room(px_jobs_api(r->jobs)->opts.files, r->job->tenant, ret_err);
}

static px_status begin(run *r, px_err *ret_err)
{
    px_job *job = r->job;
    px_principal principal = { .tenant = job->tenant, .role = PX_ROLE_ADMIN, .id = job->by };

    px_bulk_reader_init(&r->reader);
    px_bulk_order_init(&r->order);
    r->bytes = px_alloc(READ_BYTES);
    PX_TRY(px_load_init(&r->load, px_jobs_api(r->jobs)->opts.engine, &principal, ret_err));
    if (!r->bytes)
        return px_no_memory(ret_err);
    PX_TRY(open_at(r, job->input, false, &r->in, ret_err));
    PX_TRY(check_room(r, ret_err));
    PX_TRY(open_at(r, job->output, true, &r->out, ret_err));
    if (job->section >= PX_BULK_MODELS) {
        px_bulk_reader_resume(&r->reader, job->section, job->line, job->end);
        r->read_at = (int64_t)job->end;
        r->section = job->section;
        r->line = job->line;
        r->end = job->end;
        px_load_begin(&r->load, r->section);
        return PX_OK;
    }
    if (job->status == PX_JOB_NOT_STARTED)
        job->logged = (uint64_t)px_files_size(r->out); /* appended to what is there */
    job->status = PX_JOB_RUNNING;
    log_status(r, NULL, "Started");
    return save(r, ret_err);
}

static void release(run *r)
{
    px_files_close(r->in);
    px_files_close(r->out);
    px_load_release(&r->load);
    px_bulk_reader_release(&r->reader);
    px_bulk_order_release(&r->order);
    px_buf_release(&r->log);
    px_free(r->bytes);
}

static const struct {
    px_job_status status;
    const char *told;
} ends[] = { { PX_JOB_SUCCEEDED, "Succeeded" },
             { PX_JOB_FAILED, "Failed" },
             { PX_JOB_CANCELLED, "Cancelled" } };

px_status px_job_import_run(px_jobs *jobs, px_job *job)
{
    run r = { .jobs = jobs, .job = job, .in = -1, .out = -1 };
    px_err err = { 0 }, ignored;
    px_status status = begin(&r, &err);
    size_t end = 0;

    if (status == PX_OK)
        status = read_all(&r, &err);
    if (status == PX_INTERRUPTED && !is_asked_to_end(&r)) {
        release(&r);
        return status; /* the server ends: the next one goes on */
    }
    if (status != PX_OK)
        end = status == PX_INTERRUPTED ? 2 : 1;
    px_job_end(job, ends[end].status, end == 1 ? &err : NULL);
    if (end == 1)
        log_error(&r, r.line, &err);
    log_status(&r, NULL, ends[end].told);
    if (r.out >= 0 &&
        px_files_write_end(r.out, (int64_t)job->logged, px_buf_str(&r.log), &ignored) == PX_OK)
        job->logged += r.log.len;
    release(&r);
    return PX_OK;
}
