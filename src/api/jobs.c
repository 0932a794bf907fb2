/* SPDX-License-Identifier: Apache-2.0 */
/* The thread: takes what was claimed and started, one job after the other, oldest first. */
#include "api/jobs.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "api/await.h"
#include "base/thread.h"

typedef struct claim {
    uint32_t tenant;
    char id[PX_DOC_ID_BYTES_MAX + 1]; /* of the document */
    bool started;
    bool ending; /* its document is about to say so: the tenant is free for another */
    _Atomic bool cancelled;
} claim;

struct px_jobs {
    px_api *api;
    px_await await;
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t lock; /* guards the next three */
    pthread_cond_t changed;
    PX_VEC(claim *) claims;
    bool stopping;
};

px_api *px_jobs_api(px_jobs *jobs)
{
    return jobs->api;
}

bool px_jobs_stopping(px_jobs *jobs)
{
    bool stopping;

    pthread_mutex_lock(&jobs->lock);
    stopping = jobs->stopping;
    pthread_mutex_unlock(&jobs->lock);
    return stopping;
}

bool px_jobs_wait(px_jobs *jobs)
{
    struct timespec until = px_deadline_in(PX_SECOND);
    bool goes_on;

    pthread_mutex_lock(&jobs->lock);
    while (!jobs->stopping && pthread_cond_timedwait(&jobs->changed, &jobs->lock, &until) == 0)
        continue;
    goes_on = !jobs->stopping;
    pthread_mutex_unlock(&jobs->lock);
    return goes_on;
}

/* ---- claims: under the lock ---- */

static claim *find(px_jobs *jobs, uint32_t tenant)
{
    PX_VEC_EACH (&jobs->claims, c)
        if ((*c)->tenant == tenant && !(*c)->ending)
            return *c;
    return NULL;
}

static void drop(px_jobs *jobs, claim *gone)
{
    for (size_t i = 0; i < jobs->claims.len; i++) {
        if (jobs->claims.ptr[i] != gone)
            continue;
        jobs->claims.len--;
        memmove(&jobs->claims.ptr[i], &jobs->claims.ptr[i + 1],
                (jobs->claims.len - i) * sizeof(gone));
        px_free(gone);
        return;
    }
}

static void set_id(claim *c, px_job_kind kind, px_str id)
{
    snprintf(c->id, sizeof(c->id), "%s%.*s", px_job_prefix(kind), PX_FMT(id));
}

bool px_jobs_claim(px_jobs *jobs, uint32_t tenant, px_job_kind kind, px_str id)
{
    claim *c = px_zalloc(1, sizeof(*c));
    bool claimed;

    if (!c)
        return false;
    c->tenant = tenant;
    set_id(c, kind, id);
    pthread_mutex_lock(&jobs->lock);
    claimed = !jobs->stopping && !find(jobs, tenant) && PX_VEC_PUSH(&jobs->claims, c);
    pthread_mutex_unlock(&jobs->lock);
    if (!claimed)
        px_free(c);
    return claimed;
}

void px_jobs_unclaim(px_jobs *jobs, uint32_t tenant)
{
    pthread_mutex_lock(&jobs->lock);
    drop(jobs, find(jobs, tenant));
    pthread_mutex_unlock(&jobs->lock);
}

void px_jobs_start(px_jobs *jobs, uint32_t tenant)
{
    pthread_mutex_lock(&jobs->lock);
    find(jobs, tenant)->started = true;
    pthread_cond_broadcast(&jobs->changed);
    pthread_mutex_unlock(&jobs->lock);
}

/* Whether this job is under way and asked to end; with `cancel` it is asked now. */
static bool ask(px_jobs *jobs, uint32_t tenant, px_job_kind kind, px_str id, bool cancel)
{
    claim wanted, *c;
    bool asked;

    set_id(&wanted, kind, id);
    pthread_mutex_lock(&jobs->lock);
    c = find(jobs, tenant);
    asked = c && c->started && strcmp(c->id, wanted.id) == 0;
    if (asked && cancel)
        atomic_store(&c->cancelled, true);
    asked = asked && atomic_load(&c->cancelled);
    pthread_mutex_unlock(&jobs->lock);
    return asked;
}

bool px_jobs_cancel(px_jobs *jobs, uint32_t tenant, px_job_kind kind, px_str id)
{
    return ask(jobs, tenant, kind, id, true);
}

bool px_jobs_is_cancelling(px_jobs *jobs, uint32_t tenant, px_job_kind kind, px_str id)
{
    return ask(jobs, tenant, kind, id, false);
}

static claim *next_started(px_jobs *jobs)
{
    PX_VEC_EACH (&jobs->claims, c)
        if ((*c)->started)
            return *c;
    return NULL;
}

/* Before the document is written: who reads there that the job has ended may begin another. */
static void end_claim(px_jobs *jobs, claim *c)
{
    pthread_mutex_lock(&jobs->lock);
    c->ending = true;
    pthread_mutex_unlock(&jobs->lock);
}

/* ---- documents ---- */

static px_status write_document(px_jobs *jobs, const px_job *job, px_err *ret_err)
{
    px_buf id = { 0 }, body = { 0 };
    px_document_write write = { .kind = PX_STR("job") };
    px_request request = {
        .kind = PX_REQUEST_DOCUMENTS,
        .principal = { .tenant = job->tenant, .role = PX_ROLE_ADMIN, .id = job->by },
        .source_time = PX_TIME_NONE,
        .documents = &write,
        .document_count = 1
    };
    px_status status;

    px_putf(&id, "%s%.*s", px_job_prefix(job->kind), PX_FMT(job->id));
    px_put_job(&body, job);
    write.id = px_buf_str(&id);
    write.body = px_buf_str(&body);
    request.bytes = body.len;
    status = px_buf_status(&body, ret_err);
    if (status == PX_OK)
        status = px_buf_status(&id, ret_err);
    if (status == PX_OK)
        status = px_await_one(&jobs->await, jobs->api->opts.engine, &request, ret_err);
    px_buf_release(&id);
    px_buf_release(&body);
    return status;
}

px_status px_jobs_save(px_jobs *jobs, px_job *job, px_err *ret_err)
{
    px_env *env = jobs->api->env;

    for (;;) {
        px_status status;

        job->last_action = env->now(env);
        status = write_document(jobs, job, ret_err);
        if (status == PX_OK || !px_await_may_retry(status))
            return status;
        if (!px_jobs_wait(jobs))
            return PX_INTERRUPTED;
    }
}

void px_job_end(px_job *job, px_job_status status, const px_err *err)
{
    job->status = status;
    if (!err)
        return;
    job->error_code = px_arena_str(
        &job->arena, px_str_c(err->id && err->id[0] ? err->id : px_status_code(err->status)));
    job->error_text = px_arena_str(&job->arena, px_str_c(err->text));
}

/* Ended ones whose time is over. What cannot be forgotten now is the next time. */
static void forget_old(px_jobs *jobs, const px_job *now_ended)
{
    enum { AT_ONCE = 100 };
    px_document found[AT_ONCE];
    px_document_write writes[AT_ONCE];
    px_request request = {
        .kind = PX_REQUEST_DOCUMENTS,
        .principal = { .tenant = now_ended->tenant, .role = PX_ROLE_ADMIN, .id = now_ended->by },
        .source_time = PX_TIME_NONE,
        .documents = writes
    };
    uint32_t cursor = 0; /* the oldest come first */
    size_t count = 0;
    px_arena arena;

    px_arena_init(&arena, 64 << 20);
    if (px_documents_list(px_engine_documents(jobs->api->opts.engine), now_ended->tenant,
                          PX_STR("job"), &cursor, AT_ONCE, &arena, found, &count, NULL) != PX_OK)
        count = 0;
    for (size_t i = 0; i < count; i++) {
        px_job job;

        if (px_job_read(&found[i], &job, NULL) != PX_OK)
            continue;
        if (job.finished != PX_TIME_NONE && job.finished < now_ended->finished - PX_JOB_KEEP_NS)
            writes[request.document_count++] =
                (px_document_write){ .kind = PX_STR("job"), .id = found[i].id };
        px_arena_release(&job.arena);
    }
    if (request.document_count &&
        px_await_one(&jobs->await, jobs->api->opts.engine, &request, NULL) != PX_OK)
        px_log_info(jobs->api->opts.log, "job.kept", "old jobs could not be forgotten now");
    px_arena_release(&arena);
}

/* ---- running ---- */

static px_status run_one(px_jobs *jobs, claim *c)
{
    px_env *env = jobs->api->env;
    px_document document;
    px_job job;
    px_arena arena;
    px_err err = { 0 };
    px_status status;

    px_arena_init(&arena, 1 << 20);
    status = px_documents_get(px_engine_documents(jobs->api->opts.engine), c->tenant, PX_STR("job"),
                              px_str_c(c->id), &arena, &document, &err);
    if (status == PX_OK)
        status = px_job_read(&document, &job, &err);
    px_arena_release(&arena);
    if (status != PX_OK) {
        px_log_warn(jobs->api->opts.log, "job.lost", "id='%s' %s", c->id, err.text);
        return status;
    }
    job.cancels = &c->cancelled;
    if (job.status == PX_JOB_CANCELLING)
        atomic_store(&c->cancelled, true);
    status =
        job.kind == PX_JOB_IMPORT ? px_job_import_run(jobs, &job) : px_job_deletion_run(jobs, &job);
    if (status != PX_INTERRUPTED) {
        job.finished = env->now(env);
        end_claim(jobs, c);
        status = px_jobs_save(jobs, &job, &err);
        forget_old(jobs, &job);
        px_log_info(jobs->api->opts.log, "job.end", "id='%s' status=%s", c->id,
                    px_job_status_name(job.status));
    }
    px_arena_release(&job.arena);
    return status;
}

static void *run(void *data)
{
    px_jobs *jobs = data;

    pthread_mutex_lock(&jobs->lock);
    while (!jobs->stopping) {
        claim *c = next_started(jobs);

        if (!c) {
            pthread_cond_wait(&jobs->changed, &jobs->lock);
            continue;
        }
        pthread_mutex_unlock(&jobs->lock);
        run_one(jobs, c);
        pthread_mutex_lock(&jobs->lock);
        drop(jobs, c);
    }
    pthread_mutex_unlock(&jobs->lock);
    return NULL;
}

/* ---- start and end ---- */

/* What an earlier run of the server left of one tenant. */
static px_status take_up(px_jobs *jobs, uint32_t tenant, px_arena *arena, px_err *ret_err)
{
    enum { AT_ONCE = 100 };
    px_documents *documents = px_engine_documents(jobs->api->opts.engine);
    px_document found[AT_ONCE];
    uint32_t cursor = 0;
    size_t count;

    do {
        px_arena_reset(arena);
        PX_TRY(px_documents_list(documents, tenant, PX_STR("job"), &cursor, AT_ONCE, arena, found,
                                 &count, ret_err));
        for (size_t i = 0; i < count; i++) {
            px_job job;

            if (px_job_read(&found[i], &job, NULL) != PX_OK)
                continue;
            if (job.finished == PX_TIME_NONE && px_jobs_claim(jobs, tenant, job.kind, job.id))
                px_jobs_start(jobs, tenant);
            px_arena_release(&job.arena);
        }
    } while (cursor);
    return PX_OK;
}

static px_status take_up_all(px_jobs *jobs, px_err *ret_err)
{
    uint32_t tenants[PX_TENANTS_AT_ONCE], cursor = 0;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, 64 << 20);
    do {
        size_t count =
            px_documents_tenants(px_engine_documents(jobs->api->opts.engine), &cursor, tenants);

        for (size_t i = 0; i < count; i++)
            PX_TRY(take_up(jobs, tenants[i], &arena, ret_err));
    } while (cursor);
    return PX_OK;
}

px_status px_jobs_new(px_api *api, px_jobs **ret_jobs, px_err *ret_err)
{
    px_jobs *jobs = px_zalloc(1, sizeof(*jobs));
    px_status status;

    if (!jobs)
        return px_no_memory(ret_err);
    jobs->api = api;
    px_await_init(&jobs->await);
    pthread_mutex_init(&jobs->lock, NULL);
    px_cond_init(&jobs->changed);
    status = take_up_all(jobs, ret_err);
    if (status == PX_OK) {
        jobs->has_thread = px_thread_start(&jobs->thread, "jobs", run, jobs);
        if (!jobs->has_thread)
            status = px_fail(ret_err, PX_BUSY, "the thread of the jobs cannot be started");
    }
    if (status == PX_OK)
        *ret_jobs = jobs;
    else
        px_jobs_free(jobs);
    return status;
}

void px_jobs_stop(px_jobs *jobs)
{
    pthread_mutex_lock(&jobs->lock);
    jobs->stopping = true;
    pthread_cond_broadcast(&jobs->changed);
    pthread_mutex_unlock(&jobs->lock);
    if (jobs->has_thread)
        pthread_join(jobs->thread, NULL);
    jobs->has_thread = false;
}

void px_jobs_free(px_jobs *jobs)
{
    if (!jobs)
        return;
    px_jobs_stop(jobs);
    PX_VEC_EACH (&jobs->claims, c)
        px_free(*c);
    PX_VEC_RELEASE(&jobs->claims);
    px_await_release(&jobs->await);
    pthread_cond_destroy(&jobs->changed);
    pthread_mutex_destroy(&jobs->lock);
    px_free(jobs);
}
