/* SPDX-License-Identifier: Apache-2.0 */
/* What is due: the ends of sessions, their wills, what expires, and what is still to be said. */
#include "broker/internal.h"

enum {
    SWEEP_SESSIONS = 5000,
    SWEEP_LETTERS = 20000,
};

static void ask_end(px_broker *b, px_session *s)
{
    px_principal own = pxi_own_principal(s->tenant);
    px_job *job = pxi_job_new(b, PX_JOB_OWED, &own);

    if (!job)
        return; /* the next sweep asks again */
    job->write = (px_session_write){ .type = PX_EVENT_SESSION_END, .session = s->no };
    s->end_is_asked = pxi_job_send(job, NULL) == PX_OK;
}

static void look_at(px_broker *b, px_session *s, px_time now)
{
    if (s->will_at != PX_TIME_NONE && s->will_at <= now && !s->will_is_asked)
        (void)PX_VEC_PUSH(&b->due_wills, s->no); /* without memory: at the next sweep */
    if (s->will_is_refused)
        pxi_will_drop(b, s);
    if (!s->is_online && !s->is_ghost && !s->end_is_asked &&
        s->closed_at + (px_time)s->expiry_s * PX_SECOND <= now)
        ask_end(b, s);
    if (s->acks.len > 0)
        pxi_acks_tell(b, s);
    if (s->queue.len > 0)
        pxi_queue_expire(b, s);
}

/* Of many, so many at a time: nobody waits for the lock for longer than that takes. */
static void look_at_some(px_broker *b, px_time now)
{
    size_t count = b->sessions.len < SWEEP_SESSIONS ? b->sessions.len : SWEEP_SESSIONS;

    for (size_t i = 0; i < count; i++) {
        b->sweep_session = b->sweep_session + 1 < b->sessions.len ? b->sweep_session + 1 : 0;
        if (b->sessions.ptr[b->sweep_session])
            look_at(b, b->sessions.ptr[b->sweep_session], now);
    }
}

/* Retained messages whose time ran out, by the clock of the journal, so that no later event can
 * find them still there; who asks before is not told of them either. */
static void expire_some(px_broker *b)
{
    size_t count = b->letters.len < SWEEP_LETTERS ? b->letters.len : SWEEP_LETTERS;

    for (size_t i = 0; i < count; i++) {
        px_letter *letter;

        b->sweep_letter = b->sweep_letter + 1 < b->letters.len ? b->sweep_letter + 1 : 0;
        letter = b->letters.ptr[b->sweep_letter];
        if (!letter || !letter->is_retained || !pxi_letter_is_over(letter, b->now))
            continue;
        atomic_fetch_add_explicit(&b->expired, 1, memory_order_relaxed);
        (void)pxi_retain(b, letter->tenant, letter->record.topic, NULL, NULL);
    }
}

void pxi_sweep(px_broker *b)
{
    px_time now = px_engine_now(b->opts.engine);

    pthread_rwlock_wrlock(&b->lock);
    look_at_some(b, now);
    expire_some(b);
    pthread_rwlock_unlock(&b->lock);
    PX_VEC_EACH (&b->due_wills, no)
        pxi_will_ask(b, *no);
    b->due_wills.len = 0;
    pxi_jobs_retry(b);
    b->opts.app.wake(b->opts.app.ctx);
}
