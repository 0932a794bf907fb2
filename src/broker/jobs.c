/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events of sessions on their way to the engine. What a client asked for is refused when the engine
 * refuses; what has to be done (a connection ended, a message was answered) is tried again until it
 * is.
 */
#include "broker/internal.h"

enum { JOB_ARENA_BYTES_MAX = 4 * 1024 * 1024 };

px_principal pxi_own_principal(uint32_t tenant)
{
    return (px_principal){ .tenant = tenant, .role = PX_ROLE_ADMIN, .id = PX_STR("broker") };
}

px_job *pxi_job_new(px_broker *b, px_job_kind kind, const px_principal *who)
{
    px_job *job = px_zalloc(1, sizeof(*job));

    if (!job)
        return NULL;
    px_arena_init(&job->arena, JOB_ARENA_BYTES_MAX);
    job->broker = b;
    job->kind = kind;
    job->request.kind = PX_REQUEST_SESSIONS;
    job->request.principal = *who;
    job->request.principal.id = px_arena_str(&job->arena, who->id);
    job->request.principal.twins = NULL;
    job->request.principal.twin_count = 0;
    job->request.sessions = &job->write;
    job->request.session_count = 1;
    job->request.data = job;
    if (job->request.principal.id.ptr)
        return job;
    pxi_job_free(job);
    return NULL;
}

void pxi_job_free(px_job *job)
{
    if (!job)
        return;
    px_arena_release(&job->arena);
    px_free(job);
}

static void owe(px_job *job)
{
    px_broker *b = job->broker;

    job->next = NULL;
    pthread_mutex_lock(&b->jobs_lock);
    *b->owed_tail = job;
    b->owed_tail = &job->next;
    pthread_mutex_unlock(&b->jobs_lock);
}

static px_mqtt_reason reason_of(px_status status)
{
    switch (status) {
    case PX_FULL:
    case PX_LIMIT:
    case PX_TOO_LARGE:
        return PX_MQTT_QUOTA_EXCEEDED;
    case PX_DENIED:
    case PX_UNAUTHORIZED:
        return PX_MQTT_NOT_AUTHORIZED;
    case PX_BUSY:
        return PX_MQTT_SERVER_BUSY;
    default:
        return PX_MQTT_SERVER_UNAVAILABLE;
    }
}

/* The client hears of it; without memory its connection has to end for that. */
static void refuse(const px_job *job, px_status status)
{
    const px_broker_app *app = &job->broker->opts.app;
    px_mqtt_admission admission = { .reason = reason_of(status) };
    uint8_t reasons[PX_MQTT_SUBSCRIPTIONS_MAX];
    uint32_t count = job->filter_count < PX_MQTT_SUBSCRIPTIONS_MAX ? job->filter_count
                                                                   : PX_MQTT_SUBSCRIPTIONS_MAX;

    if (job->kind == PX_JOB_OPEN) {
        app->admit(app->ctx, job->conn, &admission);
        return;
    }
    memset(reasons, PX_MQTT_QUOTA_EXCEEDED, count);
    app->answer(app->ctx, job->conn,
                job->kind == PX_JOB_SUBSCRIBE ? PX_MQTT_SUBACK : PX_MQTT_UNSUBACK, job->packet_id,
                reasons, count);
}

/* On the engine's thread. */
static void job_done(px_request *request)
{
    px_job *job = request->data;
    px_broker *b = job->broker;
    px_status status = request->result.status;

    atomic_fetch_sub_explicit(&b->jobs_out, 1, memory_order_relaxed);
    atomic_store_explicit(&b->wants_fold, true, memory_order_relaxed);
    if (status != PX_OK && job->kind == PX_JOB_OWED && !atomic_load(&b->is_ending)) {
        owe(job);
        return;
    }
    if (status != PX_OK && job->kind != PX_JOB_OWED)
        refuse(job, status);
    pxi_job_free(job);
}

px_status pxi_job_send(px_job *job, px_err *ret_err)
{
    px_broker *b = job->broker;
    px_status status;

    job->request.next = NULL;
    job->request.done = job_done;
    job->request.bytes = sizeof(*job) + job->arena.used;
    atomic_fetch_add_explicit(&b->jobs_out, 1, memory_order_relaxed);
    status = px_engine_submit(b->opts.engine, &job->request, &job->request);
    if (status == PX_OK)
        return PX_OK;
    atomic_fetch_sub_explicit(&b->jobs_out, 1, memory_order_relaxed);
    if (job->kind == PX_JOB_OWED) {
        owe(job);
        return PX_OK;
    }
    return px_fail(ret_err, status, "the engine does not take it now");
}

void pxi_jobs_retry(px_broker *b)
{
    px_job *first;

    pthread_mutex_lock(&b->jobs_lock);
    first = b->owed;
    b->owed = NULL;
    b->owed_tail = &b->owed;
    pthread_mutex_unlock(&b->jobs_lock);
    while (first) {
        px_job *next = first->next;

        (void)pxi_job_send(first, NULL); /* takes it in any case */
        first = next;
    }
}

void pxi_jobs_release(px_broker *b)
{
    while (b->owed) {
        px_job *next = b->owed->next;

        pxi_job_free(b->owed);
        b->owed = next;
    }
    b->owed_tail = &b->owed;
}
