/* SPDX-License-Identifier: Apache-2.0 */
#include "store/checkpoint.h"

#include <errno.h>

#include "base/limits.h"
#include "base/thread.h"

enum {
    REST_FRAMES_MAX = 256, /* about 1 MiB: what the writer may move between two commits */
    ROUNDS_MAX = 16,
    ROUND_REST_NS = 5000000,
    BUSY_TRIES_MAX = 100,
    BUSY_REST_NS = 200000,
    RETRY_NS = 5000000,
    RETRY_FULL_NS = 1000000000,
    GATE_WAIT_MS = 200,
    READERS_WAIT_MS = 1000,
};

static int64_t now_ns(const pxi_checkpoint *c)
{
    return c->vfs->env->monotonic_ns(c->vfs->env);
}

static void set_state(pxi_checkpoint *c, pxi_checkpoint_state state)
{
    pthread_mutex_lock(&c->lock);
    c->state = state;
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
}

static pxi_checkpoint_state get_state(pxi_checkpoint *c)
{
    pxi_checkpoint_state state;

    pthread_mutex_lock(&c->lock);
    state = c->state;
    pthread_mutex_unlock(&c->lock);
    return state;
}

static void set_gate(pxi_checkpoint *c, bool closed)
{
    pthread_mutex_lock(&c->lock);
    c->gate_closed = closed;
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
}

/* Short of memory or space the log only stays longer; anything else ends the store. */
static bool can_wait(int code)
{
    px_status status = pxi_sql_status(code);

    return status == PX_FULL || status == PX_NO_MEMORY || status == PX_BUSY;
}

static int move(sqlite3 *db, int *ret_left)
{
    int frames = 0, moved = 0;
    int code = sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE, &frames, &moved);

    *ret_left = frames > moved ? frames - moved : 0;
    return code;
}

/* --- the thread's part ------------------------------------------------------------------------ */

/* BUSY means that the writer was just changing the head of the log's index: again in a moment. */
static int move_patiently(pxi_checkpoint *c, int *ret_left)
{
    int code = move(c->db, ret_left);

    for (int i = 0; i < BUSY_TRIES_MAX && pxi_sql_status(code) == PX_BUSY; i++) {
        c->vfs->env->sleep_ns(c->vfs->env, BUSY_REST_NS);
        code = move(c->db, ret_left);
    }
    return code;
}

static int move_most(pxi_checkpoint *c)
{
    int left = 0, before = INT32_MAX, code = SQLITE_OK;

    for (int round = 0; round < ROUNDS_MAX; round++) {
        code = move_patiently(c, &left);
        if (code != SQLITE_OK || left <= REST_FRAMES_MAX || !c->threaded)
            return code;
        if (left >= before) /* a reader looks at old frames */
            c->vfs->env->sleep_ns(c->vfs->env, ROUND_REST_NS);
        before = left;
    }
    return code;
}

static void one_pass(pxi_checkpoint *c)
{
    int code = move_most(c);

    if (code == SQLITE_OK) {
        set_state(c, PXI_CHECKPOINT_MOVED);
        return;
    }
    pthread_mutex_lock(&c->lock);
    if (!can_wait(code)) {
        c->failed = true;
        pxi_sql_fail(c->vfs, c->db, code, "cannot move the log into the file", &c->error);
    }
    c->state = PXI_CHECKPOINT_IDLE;
    c->next_try_ns = now_ns(c) + (pxi_sql_status(code) == PX_BUSY ? RETRY_NS : RETRY_FULL_NS);
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
    px_log_warn(c->log, "store.checkpoint", "reason=%s", sqlite3_errstr(code));
}

static void *run_thread(void *data)
{
    pxi_checkpoint *c = data;

    pthread_mutex_lock(&c->lock);
    while (!c->stop) {
        if (c->state != PXI_CHECKPOINT_MOVING) {
            pthread_cond_wait(&c->changed, &c->lock);
            continue;
        }
        pthread_mutex_unlock(&c->lock);
        one_pass(c);
        pthread_mutex_lock(&c->lock);
    }
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

px_status pxi_checkpoint_start(pxi_checkpoint *c, px_err *ret_err)
{
    pthread_mutex_init(&c->lock, NULL);
    px_cond_init(&c->changed);
    pxi_vfs_pace(c->db);
    if (!c->threaded)
        return PX_OK;
    if (!px_thread_start(&c->thread, "wal", run_thread, c)) {
        c->threaded = false;
        return px_fail(ret_err, PX_NO_MEMORY, "cannot start the checkpoint thread");
    }
    return PX_OK;
}

void pxi_checkpoint_stop(pxi_checkpoint *c)
{
    if (c->threaded) {
        c->vfs->hurry = true;
        pthread_mutex_lock(&c->lock);
        c->stop = true;
        pthread_cond_broadcast(&c->changed);
        pthread_mutex_unlock(&c->lock);
        pthread_join(c->thread, NULL);
    }
    pthread_cond_destroy(&c->changed);
    pthread_mutex_destroy(&c->lock);
}

/* --- the writer's part ------------------------------------------------------------------------ */

static px_status check_failed(pxi_checkpoint *c, px_err *ret_err)
{
    px_status status = PX_OK;

    pthread_mutex_lock(&c->lock);
    if (c->failed) {
        if (ret_err)
            *ret_err = c->error;
        status = c->error.status;
    }
    pthread_mutex_unlock(&c->lock);
    return status;
}

static px_status finish(pxi_checkpoint *c, px_err *ret_err)
{
    int left = 0, code = move(c->writer, &left);

    c->next_try_ns = now_ns(c) + RETRY_NS;
    if (code != SQLITE_OK && !can_wait(code))
        return pxi_sql_fail(c->vfs, c->writer, code, "cannot move the log into the file", ret_err);
    if (code == SQLITE_OK && left == 0) {
        c->wal_starts = c->vfs->wal_starts;
        set_state(c, PXI_CHECKPOINT_STARTING);
    } else if (code == SQLITE_OK) {
        set_gate(c, true);
    }
    return PX_OK;
}

static void begin_moving(pxi_checkpoint *c)
{
    if (c->vfs->wal_bytes >= c->limit && c->threaded && now_ns(c) >= c->next_try_ns)
        set_state(c, PXI_CHECKPOINT_MOVING);
}

static void started_over(pxi_checkpoint *c)
{
    c->done++;
    c->next_try_ns = 0;
    c->vfs->hurry = false;
    set_gate(c, false);
    set_state(c, PXI_CHECKPOINT_IDLE);
}

px_status pxi_checkpoint_after_commit(pxi_checkpoint *c, px_err *ret_err)
{
    PX_TRY(check_failed(c, ret_err));
    switch (get_state(c)) {
    case PXI_CHECKPOINT_IDLE:
        begin_moving(c);
        return PX_OK;
    case PXI_CHECKPOINT_MOVING:
        c->vfs->hurry = c->vfs->wal_bytes >= 2 * c->limit;
        return PX_OK;
    case PXI_CHECKPOINT_MOVED:
        return now_ns(c) >= c->next_try_ns ? finish(c, ret_err) : PX_OK;
    case PXI_CHECKPOINT_STARTING:
        if (c->vfs->wal_starts != c->wal_starts) {
            started_over(c);
            return PX_OK;
        }
        set_gate(c, true); /* a reader was in the log; let no new one in */
        return now_ns(c) >= c->next_try_ns ? finish(c, ret_err) : PX_OK;
    }
    return PX_OK;
}

static void wait_while_moving(pxi_checkpoint *c)
{
    pthread_mutex_lock(&c->lock);
    while (c->state == PXI_CHECKPOINT_MOVING)
        pthread_cond_wait(&c->changed, &c->lock);
    pthread_mutex_unlock(&c->lock);
}

static void wait_for_readers(pxi_checkpoint *c)
{
    struct timespec until = px_deadline_in(READERS_WAIT_MS * PX_MILLISECOND);

    pthread_mutex_lock(&c->lock);
    c->gate_closed = true;
    while (c->readers > 0)
        if (pthread_cond_timedwait(&c->changed, &c->lock, &until) == ETIMEDOUT)
            break;
    pthread_mutex_unlock(&c->lock);
}

px_status pxi_checkpoint_before_commit(pxi_checkpoint *c, px_err *ret_err)
{
    PX_TRY(check_failed(c, ret_err));
    if (c->vfs->wal_bytes < PX_WAL_BYTES_HARD_FACTOR * c->limit)
        return PX_OK;
    c->waits++;
    if (c->threaded)
        wait_while_moving(c);
    else
        one_pass(c);
    PX_TRY(check_failed(c, ret_err));
    if (get_state(c) == PXI_CHECKPOINT_IDLE)
        return PX_OK; /* no space to move it: the commit will say so */
    if (c->threaded)
        wait_for_readers(c);
    return finish(c, ret_err);
}

px_status pxi_checkpoint_step(pxi_checkpoint *c, px_err *ret_err)
{
    if (get_state(c) == PXI_CHECKPOINT_IDLE && c->vfs->wal_bytes >= c->limit)
        one_pass(c);
    return check_failed(c, ret_err);
}

/* --- the readers' part ------------------------------------------------------------------------ */

/* The wait is short and has an end: the gate opens with a commit, and there may come none. */
void pxi_checkpoint_enter(pxi_checkpoint *c)
{
    struct timespec until = px_deadline_in(GATE_WAIT_MS * PX_MILLISECOND);

    pthread_mutex_lock(&c->lock);
    while (c->gate_closed && c->threaded)
        if (pthread_cond_timedwait(&c->changed, &c->lock, &until) == ETIMEDOUT)
            break;
    c->readers++;
    pthread_mutex_unlock(&c->lock);
}

void pxi_checkpoint_leave(pxi_checkpoint *c)
{
    pthread_mutex_lock(&c->lock);
    c->readers--;
    if (c->readers == 0)
        pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
}
