/* SPDX-License-Identifier: Apache-2.0 */
/*
 * COPYING belongs to the engine's thread. Its end, whatever it is, is a verdict that the backup's
 * own thread carries out: keep or drop. Without such a thread (the simulation, or none could be
 * made) the engine's does it.
 */
#include "engine/backup.h"

#include <errno.h>
#include <stdio.h>

#include "base/thread.h"
#include "engine/internal.h"

enum { PAGES_AT_ONCE = 5 };

const char *px_backup_phase_name(px_backup_phase phase)
{
    static const char *const names[PX_BACKUP_PHASES] = { "none", "copying", "ending",
                                                         "done", "failed",  "cancelled" };

    return names[phase];
}

void px_backup_init(px_backup *b)
{
    pthread_mutex_init(&b->lock, NULL);
    px_cond_init(&b->changed);
    b->stat.ended = PX_TIME_NONE;
}

static void join(px_backup *b)
{
    if (b->has_thread)
        pthread_join(b->thread, NULL);
    b->has_thread = false;
}

void px_backup_release(px_backup *b)
{
    join(b);
    pthread_mutex_destroy(&b->lock);
    pthread_cond_destroy(&b->changed);
}

/* ---- what is not copying: keeps or drops it ---- */

static void carry_out(px_engine *engine)
{
    px_backup *b = &engine->backup;
    px_env *env = engine->opts.env;
    px_backup_phase phase = b->verdict;
    px_err err = b->err;

    if (phase != PX_BACKUP_DONE)
        px_store_backup_drop(engine->opts.store);
    else if (px_store_backup_keep(engine->opts.store, &err) != PX_OK)
        phase = PX_BACKUP_FAILED;
    if (phase == PX_BACKUP_FAILED)
        px_log_warn(engine->opts.log, "backup.failed", "%s", err.text);
    else
        px_log_info(engine->opts.log, "backup.end", "path=%s %s", b->stat.path,
                    px_backup_phase_name(phase));
    pthread_mutex_lock(&b->lock);
    b->stat.phase = phase;
    b->stat.ended = env->now(env);
    b->stat.err = err;
    b->stat.ended_count[phase]++;
    pthread_mutex_unlock(&b->lock);
}

/* The caller holds the lock. */
static void wait_a_while(px_backup *b)
{
    struct timespec until = px_deadline_in(PX_BACKUP_SYNC_NS);

    pthread_cond_timedwait(&b->changed, &b->lock, &until);
}

/* What the kernel holds back of the copy stays little, so that the last sync is short. */
static void *sync_along(void *data)
{
    px_engine *engine = data;
    px_backup *b = &engine->backup;

    pthread_mutex_lock(&b->lock);
    while (!b->verdict) {
        wait_a_while(b);
        if (b->verdict)
            break;
        pthread_mutex_unlock(&b->lock);
        (void)!px_store_backup_sync(engine->opts.store);
        pthread_mutex_lock(&b->lock);
    }
    pthread_mutex_unlock(&b->lock);
    carry_out(engine);
    return NULL;
}

/* ---- on the engine's thread ---- */

px_status px_engine_backup_begin(px_engine *engine, const char *path, px_err *ret_err)
{
    px_backup *b = &engine->backup;
    px_env *env = engine->opts.env;
    px_backup_stat stat = px_engine_backup_stat(engine);

    if (stat.phase == PX_BACKUP_COPYING || stat.phase == PX_BACKUP_ENDING)
        return px_fail_id(ret_err, PX_CONFLICT, "backup.running",
                          "a backup is under way to %s; wait for it, or cancel it", stat.path);
    if (strlen(path) >= sizeof(stat.path))
        return px_fail_id(ret_err, PX_INVALID, "backup.path",
                          "a backup's path has at most %zu bytes", sizeof(stat.path) - 1);
    join(b);
    PX_TRY(px_store_backup_begin(engine->opts.store, path, ret_err));
    pthread_mutex_lock(&b->lock);
    snprintf(b->stat.path, sizeof(b->stat.path), "%s", path);
    b->stat.phase = PX_BACKUP_COPYING;
    b->stat.begun = env->now(env);
    b->stat.ended = PX_TIME_NONE;
    b->stat.seq = 0;
    b->verdict = PX_BACKUP_NONE;
    b->err = (px_err){ 0 };
    pthread_mutex_unlock(&b->lock);
    b->copying = true;
    b->has_thread = engine->running && pthread_create(&b->thread, NULL, sync_along, engine) == 0;
    px_log_info(engine->opts.log, "backup.begin", "path=%s", path);
    return PX_OK;
}

static void end(px_engine *engine, px_backup_phase verdict, const px_err *err)
{
    px_backup *b = &engine->backup;

    b->copying = false;
    px_store_backup_end(engine->opts.store);
    pthread_mutex_lock(&b->lock);
    b->stat.phase = PX_BACKUP_ENDING;
    b->stat.seq = px_engine_position(engine);
    b->verdict = verdict;
    if (err)
        b->err = *err;
    pthread_cond_signal(&b->changed);
    pthread_mutex_unlock(&b->lock);
    if (!b->has_thread)
        carry_out(engine);
}

void px_engine_backup_cancel(px_engine *engine)
{
    if (engine->backup.copying)
        end(engine, PX_BACKUP_CANCELLED, NULL);
}

int64_t px_backup_rest_ns(const px_engine *engine, int64_t wait_ns)
{
    return engine->backup.copying && wait_ns > PX_BACKUP_REST_NS ? PX_BACKUP_REST_NS : wait_ns;
}

void px_backup_step(px_engine *engine, bool idle)
{
    px_env *env = engine->opts.env;
    px_slice slice = { .name = px_engine_slice_name(PX_ENGINE_SLICE_BACKUP) };
    int64_t begin_ns = env->monotonic_ns(env), took_ns = 0;
    uint32_t most = idle ? PX_BACKUP_PAGES_PER_REST : PX_BACKUP_PAGES_PER_COMMIT;
    px_status status = PX_OK;
    bool done = false;
    px_err err = { 0 };

    if (!engine->backup.copying)
        return;
    while (status == PX_OK && !done && slice.rows_done < most && !slice.late) {
        status = px_store_backup_step(engine->opts.store, PAGES_AT_ONCE, &done, &err);
        slice.rows_done += PAGES_AT_ONCE;
        took_ns = env->monotonic_ns(env) - begin_ns;
        slice.late = took_ns >= INT64_C(1000) * PX_BACKUP_US_PER_COMMIT;
    }
    slice.us_done = (uint32_t)(took_ns / 1000);
    px_engine_count_slice(engine, &slice);
    if (status != PX_OK)
        end(engine, PX_BACKUP_FAILED, &err);
    else if (done)
        end(engine, PX_BACKUP_DONE, NULL);
}

/* ---- figures ---- */

px_backup_stat px_engine_backup_stat(px_engine *engine)
{
    px_backup *b = &engine->backup;
    px_backup_stat stat;
    px_store_stats store;

    pthread_mutex_lock(&b->lock);
    stat = b->stat;
    pthread_mutex_unlock(&b->lock);
    px_store_stats_get(engine->opts.store, &store);
    stat.pages = store.backup_pages;
    stat.pages_left = store.backup_pages_left;
    return stat;
}
