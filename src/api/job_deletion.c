/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One delete job: relationships, then twins, then models, a chunk of each snapshot after the other
 * until there is none. It keeps no position: what is gone is gone.
 */
#include "api/await.h"
#include "api/jobs.h"

enum { CHUNK = 2000 };

typedef struct sweep {
    px_jobs *jobs;
    px_job *job;
    px_engine *engine;
    px_await await;
    px_arena arena;
    px_request *requests; /* CHUNK of them */
    size_t count;
    uint32_t twin_no; /* of this round, relationships: those before it have none left */
} sweep;

static bool add(sweep *s, px_request_kind kind, px_str id, px_str relationship_id)
{
    px_request *r = &s->requests[s->count];

    *r = (px_request){
        .kind = kind,
        .principal = { .tenant = s->job->tenant, .role = PX_ROLE_ADMIN, .id = s->job->by },
        .id = px_arena_str(&s->arena, id),
        .relationship_id = px_arena_str(&s->arena, relationship_id),
        .source_time = PX_TIME_NONE,
        .bytes = sizeof(*r)
    };
    return r->id.ptr && r->relationship_id.ptr && ++s->count < CHUNK;
}

static void add_relationships(sweep *s, const px_view *view)
{
    px_twins twins = px_twins_of(view, s->job->tenant, NULL, 0);

    if (s->twin_no > 1)
        px_twins_seek(&twins, s->twin_no - 1);
    for (const px_twin *twin; (twin = px_twins_next(&twins));) {
        px_edges edges = px_edges_out(view, px_twin_number(twin), (px_str){ 0 });

        s->twin_no = px_twin_number(twin);
        for (const px_rel *rel; (rel = px_edges_next(&edges));)
            if (!add(s, PX_REQUEST_RELATIONSHIP_DELETE, px_twin_id(twin), px_rel_id(rel)))
                return;
    }
}

static void add_twins(sweep *s, const px_view *view)
{
    px_twins twins = px_twins_of(view, s->job->tenant, NULL, 0);

    for (const px_twin *twin; (twin = px_twins_next(&twins));)
        if (!add(s, PX_REQUEST_TWIN_DELETE, px_twin_id(twin), PX_STR("")))
            return;
}

/* From the highest number down: a model is younger than all that it needs. */
static void add_models(sweep *s, const px_view *view)
{
    px_model_info *infos;
    size_t count;

    (void)view;
    if (px_registry_list(px_engine_registry(s->engine), s->job->tenant, (px_str){ 0 }, &s->arena,
                         &infos, &count, NULL) != PX_OK)
        return;
    for (size_t i = count; i-- > 0;)
        if (!add(s, PX_REQUEST_MODEL_DELETE, px_model_id(infos[i].model), PX_STR("")))
            return;
}

static void (*const steps[])(sweep *s, const px_view *view) = { add_relationships, add_twins,
                                                                add_models };

/* Somebody else may have deleted it. */
static px_status result_of(const sweep *s, px_err *ret_err)
{
    for (size_t i = 0; i < s->count; i++) {
        const px_result *result = &s->requests[i].result;

        if (result->status == PX_OK || result->status == PX_NOT_FOUND)
            continue;
        *ret_err = result->err;
        return result->status;
    }
    return PX_OK;
}

/* One chunk; `s->count` is 0 when there was nothing left. */
static px_status run_chunk(sweep *s, size_t step, px_err *ret_err)
{
    px_snapshot *snapshot;

    px_arena_reset(&s->arena);
    s->count = 0;
    PX_TRY(px_graph_snapshot(px_engine_graph(s->engine), &snapshot, ret_err));
    steps[step](s, px_snapshot_view(snapshot));
    px_snapshot_release(snapshot);
    if (s->count == 0)
        return PX_OK;
    for (size_t i = 0; i + 1 < s->count; i++)
        s->requests[i].next = &s->requests[i + 1];
    PX_TRY(px_await_all(&s->await, s->engine, s->requests, &s->requests[s->count - 1], s->count,
                        ret_err));
    s->job->taken += s->count;
    return result_of(s, ret_err);
}

static px_status check_time(const sweep *s, px_err *ret_err)
{
    px_env *env = px_jobs_api(s->jobs)->env;

    if (px_jobs_stopping(s->jobs))
        return PX_INTERRUPTED;
    if (s->job->deadline == PX_TIME_NONE || env->now(env) < s->job->deadline)
        return PX_OK;
    return px_fail_id(ret_err, PX_TIMEOUT, "job.time", "the job did not end in its time");
}

/* What was created meanwhile may hold a twin or a model back: then the round begins anew, a few
 * times. */
static px_status run_all(sweep *s, px_err *ret_err)
{
    enum { ROUNDS = 10 };
    px_status status = PX_OK;

    for (int round = 0; round < ROUNDS; round++) {
        s->twin_no = 0;
        for (size_t step = 0; step < sizeof(steps) / sizeof(steps[0]); step++) {
            do {
                PX_TRY(check_time(s, ret_err));
                status = run_chunk(s, step, ret_err);
                if (px_await_may_retry(status) && !px_jobs_wait(s->jobs))
                    return PX_INTERRUPTED;
            } while (px_await_may_retry(status) || (status == PX_OK && s->count));
            if (status != PX_OK)
                break;
        }
        if (status == PX_OK)
            return PX_OK;
    }
    return status;
}

px_status px_job_deletion_run(px_jobs *jobs, px_job *job)
{
    sweep s = { .jobs = jobs, .job = job, .engine = px_jobs_api(jobs)->opts.engine };
    px_err err = { 0 };
    px_status status;

    px_arena_init(&s.arena, 64 << 20);
    px_await_init(&s.await);
    s.requests = px_alloc(CHUNK * sizeof(*s.requests));
    job->status = PX_JOB_RUNNING;
    status = s.requests ? px_jobs_save(jobs, job, &err) : px_no_memory(&err);
    if (status == PX_OK)
        status = run_all(&s, &err);
    px_free(s.requests);
    px_await_release(&s.await);
    px_arena_release(&s.arena);
    if (status == PX_INTERRUPTED)
        return status;
    px_job_end(job, status == PX_OK ? PX_JOB_SUCCEEDED : PX_JOB_FAILED,
               status == PX_OK ? NULL : &err);
    return PX_OK;
}
