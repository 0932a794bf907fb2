/* SPDX-License-Identifier: Apache-2.0 */
#include "api/jobs.h"

enum { ARENA_BYTES_MAX = 1024 * 1024 };

static const char *const statuses[PX_JOB_STATUSES] = {
    [PX_JOB_NOT_STARTED] = "notstarted", [PX_JOB_RUNNING] = "running",
    [PX_JOB_FAILED] = "failed",          [PX_JOB_SUCCEEDED] = "succeeded",
    [PX_JOB_CANCELLING] = "cancelling",  [PX_JOB_CANCELLED] = "cancelled",
};

static const char *const prefixes[PX_JOB_KINDS] = {
    [PX_JOB_IMPORT] = "imports/", [PX_JOB_DELETION] = "deletions/"
};

const char *px_job_status_name(px_job_status status)
{
    return statuses[status];
}

const char *px_job_prefix(px_job_kind kind)
{
    return prefixes[kind];
}

void px_put_job(px_buf *buf, const px_job *job)
{
    px_json_writer w = px_json_writer_of(buf);

    px_json_begin_object(&w);
    px_json_maybe_text(&w, "status", px_str_c(statuses[job->status]));
    px_json_maybe_text(&w, "by", job->by);
    px_json_maybe_text(&w, "inputUri", job->input_uri);
    px_json_maybe_text(&w, "outputUri", job->output_uri);
    px_json_maybe_text(&w, "input", job->input);
    px_json_maybe_text(&w, "output", job->output);
    px_json_maybe_time(&w, "created", job->created);
    px_json_maybe_time(&w, "lastAction", job->last_action);
    px_json_maybe_time(&w, "finished", job->finished);
    px_json_maybe_time(&w, "deadline", job->deadline);
    px_json_maybe_text(&w, "errorCode", job->error_code);
    px_json_maybe_text(&w, "errorText", job->error_text);
    px_json_key(&w, PX_STR("progress"));
    px_json_begin_object(&w);
    px_json_maybe_text(&w, "section", px_str_c(px_bulk_section_name(job->section)));
    px_json_member_uint(&w, "line", job->line);
    px_json_member_uint(&w, "end", job->end);
    px_json_member_uint(&w, "logged", job->logged);
    px_json_member_uint(&w, "taken", job->taken);
    px_json_member_uint(&w, "refused", job->refused);
    px_json_end_object(&w);
    px_json_end_object(&w);
}

/* ---- the way back ---- */

static px_job_status find_status(px_str name)
{
    for (int i = 0; i < PX_JOB_STATUSES; i++)
        if (px_str_eq(name, px_str_c(statuses[i])))
            return (px_job_status)i;
    return PX_JOB_STATUSES;
}

/* The kind is the beginning of the id. */
static bool split_id(px_job *job, px_str id)
{
    for (int i = 0; i < PX_JOB_KINDS; i++) {
        px_str prefix = px_str_c(prefixes[i]);

        if (!px_str_starts(id, prefix))
            continue;
        job->kind = (px_job_kind)i;
        job->id = px_str_skip(id, prefix.len);
        return true;
    }
    return false;
}

static void read_body(px_job *job, const px_json *json)
{
    const px_json *progress = px_json_get(json, PX_STR("progress"));

    job->by = px_json_get_text(json, PX_STR("by"));
    job->input_uri = px_json_get_text(json, PX_STR("inputUri"));
    job->output_uri = px_json_get_text(json, PX_STR("outputUri"));
    job->input = px_json_get_text(json, PX_STR("input"));
    job->output = px_json_get_text(json, PX_STR("output"));
    job->created = px_json_get_time(json, PX_STR("created"));
    job->last_action = px_json_get_time(json, PX_STR("lastAction"));
    job->finished = px_json_get_time(json, PX_STR("finished"));
    job->deadline = px_json_get_time(json, PX_STR("deadline"));
    job->error_code = px_json_get_text(json, PX_STR("errorCode"));
    job->error_text = px_json_get_text(json, PX_STR("errorText"));
    job->section = px_bulk_section_find(px_json_get_text(progress, PX_STR("section")));
    job->line = px_json_get_uint(progress, PX_STR("line"));
    job->end = px_json_get_uint(progress, PX_STR("end"));
    job->logged = px_json_get_uint(progress, PX_STR("logged"));
    job->taken = px_json_get_uint(progress, PX_STR("taken"));
    job->refused = px_json_get_uint(progress, PX_STR("refused"));
}

px_status px_job_read(const px_document *document, px_job *ret_job, px_err *ret_err)
{
    px_job job = { .tenant = document->tenant };
    px_json *json = NULL;
    px_str id, body;

    px_arena_init(&job.arena, ARENA_BYTES_MAX);
    id = px_arena_str(&job.arena, document->id);
    body = px_arena_str(&job.arena, document->body);
    if (id.ptr && body.ptr && split_id(&job, id) &&
        px_json_parse(body, NULL, &job.arena, &json, NULL) == PX_OK) {
        job.status = find_status(px_json_get_text(json, PX_STR("status")));
        read_body(&job, json);
        if (job.status != PX_JOB_STATUSES) {
            *ret_job = job;
            return PX_OK;
        }
    }
    px_arena_release(&job.arena);
    return px_fail_id(ret_err, PX_CORRUPT, "job.document", "'%.*s' is the document of no job",
                      PX_FMT(document->id));
}
