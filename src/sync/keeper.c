/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is kept comes in parts of this program, each with a period of its own. A round of one gives
 * all that changed before it began, a share at a time; a share is an effect without a cursor, and
 * the next one is asked for when it has landed. What was not written is changed still, and comes
 * with the next round.
 */
#include "sync/keeper.h"

#include <stdatomic.h>

#include "base/thread.h"
#include "sync/saving.h"

enum { PAUSE_NS = 1000 * 1000, AGAIN_NS = 20 * PAUSE_NS, DOCUMENT_ARENA_BYTES = 16 * 1024 * 1024 };

typedef struct part {
    px_keeper *keeper;
    const char *name;
    void *of;
    void (*begin_round)(void *of);
    bool (*pull)(void *of, px_saving *saving);
    void (*settle)(void *of, bool is_saved);
    int64_t every_ns, due_ns; /* of its rounds; monotonic, as */
    int64_t sent_ns;          /* when the part under way was handed over */

    bool in_round, is_flying;
    bool has_failed; /* the engine takes no more */
    _Atomic bool has_landed;
    px_status landed;
    px_saving saving;
    px_writeback writeback;
} part;

enum { DEVICES, REJECTS, PARTS };

struct px_keeper {
    px_keeper_opts opts;
    px_env *env;
    part parts[PARTS];
    _Atomic bool is_wanted; /* somebody waits for rejects */
    pthread_mutex_t lock;   /* with `moved`: has_landed, is_wanted, stopping */
    pthread_cond_t moved;
    bool stopping, running;
    pthread_t thread;
    px_arena arena; /* of a document; at the start */
};

/* ---- reading ---- */

/* Whether the document of this number is a device of this tenant still. */
static px_status is_device(px_keeper *k, px_key key, bool *ret_is, px_err *ret_err)
{
    px_documents *documents = px_engine_documents(k->opts.engine);
    px_document document;
    px_status status;

    px_arena_reset(&k->arena);
    status = px_documents_get_number(documents, px_presence_row_device(key), &k->arena, &document,
                                     ret_err);
    *ret_is =
        status == PX_OK && document.tenant == key.a && px_str_eq(document.kind, PX_STR("device"));
    return status == PX_NOT_FOUND ? PX_OK : status;
}

static px_status load_device(void *data, const px_fold *row, px_err *ret_err)
{
    px_keeper *k = data;
    bool is_there = true;

    if (px_presence_row_device(row->key))
        PX_TRY(is_device(k, row->key, &is_there, ret_err));
    return px_presence_load(k->opts.presence, row, is_there, ret_err);
}

static px_status load_reject(void *data, const px_fold *row, px_err *ret_err)
{
    px_keeper *k = data;

    return px_rejects_load(k->opts.rejects, row, ret_err);
}

static px_status load(px_keeper *k, px_err *ret_err)
{
    px_store_reader *reader;
    px_status status;

    PX_TRY(px_store_reader_open(px_engine_store(k->opts.engine), &reader, ret_err));
    status =
        px_store_scan(reader, PX_TABLE_DEVICE, PX_KEY_MIN, PX_KEY_MAX, load_device, k, ret_err);
    if (status == PX_OK)
        status =
            px_store_scan(reader, PX_TABLE_REJECT, PX_KEY_MIN, PX_KEY_MAX, load_reject, k, ret_err);
    px_store_reader_close(reader);
    return status == PX_OK ? px_presence_loaded(k->opts.presence, ret_err) : status;
}

/* ---- writing ---- */

/* On the engine's thread. */
static void landed(px_writeback *writeback, px_status status)
{
    part *p = writeback->data;
    px_keeper *k = p->keeper;

    p->landed = status;
    pthread_mutex_lock(&k->lock);
    atomic_store(&p->has_landed, true);
    pthread_cond_broadcast(&k->moved);
    pthread_mutex_unlock(&k->lock);
}

static void land(part *p)
{
    p->is_flying = false;
    atomic_store(&p->has_landed, false);
    p->settle(p->of, p->landed == PX_OK);
    p->has_failed = p->landed != PX_OK;
}

static int64_t now_of(const px_keeper *k)
{
    return k->env->monotonic_ns(k->env);
}

static bool begin_round(part *p, bool now)
{
    int64_t now_ns = now_of(p->keeper);

    if (!p->in_round && !now && now_ns < p->due_ns)
        return false;
    if (!p->in_round) {
        p->due_ns = now_ns + p->every_ns;
        p->begin_round(p->of);
    }
    return true;
}

static bool send(part *p)
{
    px_engine *engine = p->keeper->opts.engine;

    px_saving_clear(&p->saving);
    p->saving.seq = px_engine_position(engine);
    p->in_round = p->pull(p->of, &p->saving);
    if (p->saving.ops.len == 0) { /* nothing changed, or there is no memory: soon */
        if (p->in_round)
            p->due_ns = now_of(p->keeper) + AGAIN_NS;
        p->settle(p->of, !p->in_round);
        p->in_round = false;
        return false;
    }
    px_saving_finish(&p->saving);
    p->writeback = (px_writeback){ .consumer = PX_CONSUMER_NONE,
                                   .effect = { p->name, p->saving.ops.ptr, p->saving.ops.len },
                                   .done = landed,
                                   .data = p };
    p->is_flying = true;
    p->sent_ns = now_of(p->keeper);
    px_engine_writeback(engine, &p->writeback);
    return true;
}

/* `now`: whether it is due or not. */
static bool step_part(part *p, bool now)
{
    if (p->is_flying && !atomic_load(&p->has_landed))
        return false;
    if (p->is_flying) {
        land(p);
        return true;
    }
    return !p->has_failed && begin_round(p, now) && send(p);
}

static bool is_full(px_keeper *k)
{
    const part *p = &k->parts[REJECTS];
    px_store_stats stats;

    if (!p->is_flying || now_of(k) - p->sent_ns < PX_KEEPER_FULL_NS)
        return false;
    px_store_stats_get(px_engine_store(k->opts.engine), &stats);
    return stats.full;
}

/* The engine tries again and again, or takes no more; who waits for an answer does not. */
static void tell_in_vain(px_keeper *k)
{
    bool has_failed = k->parts[REJECTS].has_failed;

    if (px_rejects_are_awaited(k->opts.rejects) && (has_failed || is_full(k)))
        px_rejects_give_up(k->opts.rejects, has_failed ? PX_INTERRUPTED : PX_FULL);
}

static bool step(px_keeper *k, bool now)
{
    bool did = false;

    if (atomic_exchange(&k->is_wanted, false))
        k->parts[REJECTS].due_ns = now_of(k);
    tell_in_vain(k);
    for (size_t i = 0; i < PARTS; i++)
        did |= step_part(&k->parts[i], now);
    return did;
}

bool px_keeper_step(px_keeper *keeper)
{
    return step(keeper, false);
}

/* ---- life ---- */

/* On any thread. */
static void wanted(void *data)
{
    px_keeper *k = data;

    pthread_mutex_lock(&k->lock);
    atomic_store(&k->is_wanted, true);
    pthread_cond_broadcast(&k->moved);
    pthread_mutex_unlock(&k->lock);
}

static void begin_presence_round(void *presence)
{
    px_presence_begin_round(presence);
}

static bool pull_presence(void *presence, px_saving *saving)
{
    return px_presence_pull(presence, saving);
}

static void settle_presence(void *presence, bool is_saved)
{
    px_presence_settle(presence, is_saved);
}

static void begin_rejects_round(void *rejects)
{
    px_rejects_begin_round(rejects);
}

static bool pull_rejects(void *rejects, px_saving *saving)
{
    return px_rejects_pull(rejects, saving);
}

static void settle_rejects(void *rejects, bool is_saved)
{
    px_rejects_settle(rejects, is_saved);
}

static void make_parts(px_keeper *k)
{
    k->parts[DEVICES] = (part){ .name = "devices",
                                .of = k->opts.presence,
                                .begin_round = begin_presence_round,
                                .pull = pull_presence,
                                .settle = settle_presence,
                                .every_ns = PX_DEVICES_SAVE_NS };
    k->parts[REJECTS] = (part){ .name = "rejects",
                                .of = k->opts.rejects,
                                .begin_round = begin_rejects_round,
                                .pull = pull_rejects,
                                .settle = settle_rejects,
                                .every_ns = PX_REJECTS_SAVE_NS };
    for (size_t i = 0; i < PARTS; i++)
        k->parts[i].keeper = k;
}

px_status px_keeper_open(const px_keeper_opts *opts, px_keeper **ret_keeper, px_err *ret_err)
{
    px_keeper *k = px_zalloc(1, sizeof(*k));
    px_status status;

    if (!k)
        return px_no_memory(ret_err);
    k->opts = *opts;
    k->env = px_engine_env(opts->engine);
    make_parts(k);
    pthread_mutex_init(&k->lock, NULL);
    px_cond_init(&k->moved);
    px_arena_init(&k->arena, DOCUMENT_ARENA_BYTES);
    status = load(k, ret_err);
    px_arena_release(&k->arena);
    if (status != PX_OK) {
        px_keeper_close(k);
        return status;
    }
    px_rejects_loaded(opts->rejects, wanted, k);
    *ret_keeper = k;
    return PX_OK;
}

/* The longest rest: something is due then, or a full disk to be told of. */
static int64_t until_due(const px_keeper *k)
{
    int64_t now_ns = now_of(k), least_ns = PX_SECOND;

    for (size_t i = 0; i < PARTS; i++) {
        const part *p = &k->parts[i];
        int64_t left_ns = p->is_flying ? PX_KEEPER_FULL_NS : p->due_ns - now_ns;

        if (!p->has_failed && left_ns < least_ns)
            least_ns = left_ns;
    }
    return least_ns < PAUSE_NS ? PAUSE_NS : least_ns;
}

static bool is_moved(px_keeper *k)
{
    bool any = k->stopping || atomic_load(&k->is_wanted);

    for (size_t i = 0; i < PARTS; i++)
        any |= atomic_load(&k->parts[i].has_landed);
    return any;
}

static bool rest(px_keeper *k, int64_t wait_ns)
{
    struct timespec until = px_deadline_in(wait_ns);
    bool goes_on;

    pthread_mutex_lock(&k->lock);
    if (!is_moved(k))
        pthread_cond_timedwait(&k->moved, &k->lock, &until);
    goes_on = !k->stopping;
    pthread_mutex_unlock(&k->lock);
    return goes_on;
}

static void *run(void *data)
{
    px_keeper *k = data;

    do
        while (step(k, false))
            ;
    while (rest(k, until_due(k)));
    return NULL;
}

px_status px_keeper_start(px_keeper *keeper, px_err *ret_err)
{
    keeper->running = px_thread_start(&keeper->thread, "keeper", run, keeper);
    return keeper->running ? PX_OK
                           : px_fail(ret_err, PX_BUSY, "the keeper's thread cannot be started");
}

static bool is_under_way(px_keeper *k)
{
    bool any = false;

    for (size_t i = 0; i < PARTS; i++)
        any |= k->parts[i].is_flying;
    return any;
}

static void wait_for_landing(px_keeper *k)
{
    struct timespec until = px_deadline_in(PAUSE_NS);
    bool any = false;

    pthread_mutex_lock(&k->lock);
    for (size_t i = 0; i < PARTS; i++)
        any |= atomic_load(&k->parts[i].has_landed);
    if (!any)
        pthread_cond_timedwait(&k->moved, &k->lock, &until);
    pthread_mutex_unlock(&k->lock);
}

/* Round after round until one finds nothing, then what is under way. */
static void write_all(px_keeper *k)
{
    int64_t until_ns = now_of(k) + PX_KEEPER_STOP_NS;

    while (now_of(k) < until_ns && (step(k, true) || is_under_way(k)))
        if (is_under_way(k))
            wait_for_landing(k);
    while (is_under_way(k)) { /* the engine ends what it has taken */
        wait_for_landing(k);
        for (size_t i = 0; i < PARTS; i++)
            if (atomic_load(&k->parts[i].has_landed))
                land(&k->parts[i]);
    }
}

static void tell_unsaved(px_keeper *k)
{
    uint64_t devices = px_presence_stat(k->opts.presence).unsaved;
    bool rejects = !px_rejects_are_saved(k->opts.rejects);

    if (devices > 0 || rejects)
        px_log_warn(k->opts.log, "keeper.unsaved",
                    "devices=%llu rejects=%s what they did or were refused last is not on the disk",
                    (unsigned long long)devices, rejects ? "yes" : "no");
}

void px_keeper_stop(px_keeper *keeper)
{
    if (!keeper || !keeper->running)
        return;
    pthread_mutex_lock(&keeper->lock);
    keeper->stopping = true;
    pthread_cond_broadcast(&keeper->moved);
    pthread_mutex_unlock(&keeper->lock);
    pthread_join(keeper->thread, NULL);
    keeper->running = false;
    px_engine_writebacks_end(keeper->opts.engine);
    write_all(keeper);
    tell_unsaved(keeper);
    px_rejects_unkept(keeper->opts.rejects);
}

void px_keeper_close(px_keeper *keeper)
{
    if (!keeper)
        return;
    px_rejects_unkept(keeper->opts.rejects);
    for (size_t i = 0; i < PARTS; i++)
        px_saving_release(&keeper->parts[i].saving);
    pthread_cond_destroy(&keeper->moved);
    pthread_mutex_destroy(&keeper->lock);
    px_free(keeper);
}
