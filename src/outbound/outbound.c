/* SPDX-License-Identifier: Apache-2.0 */
#include "outbound/internal.h"

#include "base/limits.h"
#include "base/mem.h"
#include "base/thread.h"

enum {
    BOX_ARENA_BYTES = 64 * 1024,
    WAIT_NS = 50 * 1000 * 1000,
    PAUSE_NS = 1000 * 1000,
};

/* ---- boxes ---- */

static px_box *find_box(px_outbound *o, uint32_t tenant, uint32_t endpoint_no)
{
    PX_VEC_EACH (&o->boxes, box)
        if ((*box)->tenant == tenant && (*box)->endpoint_no == endpoint_no)
            return *box;
    return NULL;
}

static px_box *make_box(px_outbound *o, uint32_t tenant, uint32_t endpoint_no)
{
    px_box *box = px_zalloc(1, sizeof(*box));

    if (!box || !PX_VEC_PUSH(&o->boxes, box)) {
        px_free(box);
        return NULL;
    }
    box->tenant = tenant;
    box->endpoint_no = endpoint_no;
    box->outbound = o;
    px_arena_init(&box->arena, BOX_ARENA_BYTES);
    return box;
}

px_box *pxi_box(px_outbound *o, uint32_t tenant, uint32_t endpoint_no)
{
    px_box *box;

    pthread_mutex_lock(&o->lock);
    box = find_box(o, tenant, endpoint_no);
    if (!box)
        box = make_box(o, tenant, endpoint_no);
    pthread_mutex_unlock(&o->lock);
    return box;
}

px_counts pxi_tenant_total(px_outbound *o, uint32_t tenant)
{
    px_counts total = { 0 };

    PX_VEC_EACH (&o->boxes, at) {
        const px_box *box = *at;

        if (box->tenant != tenant)
            continue;
        total.waiting += box->count.waiting;
        total.waiting_bytes += box->count.waiting_bytes;
        total.dead += box->count.dead;
        total.dead_bytes += box->count.dead_bytes;
    }
    return total;
}

px_status pxi_hold(const px_fold *row, px_held *ret_held, px_err *ret_err)
{
    px_held held = { 0 };
    px_fold copy = *row;
    px_status status;

    px_put(&held.row, row->body);
    status = px_buf_status(&held.row, ret_err);
    copy.body = px_buf_str(&held.row);
    if (status == PX_OK)
        status = px_get_letter(&copy, &held.letter, ret_err);
    if (status != PX_OK) {
        px_buf_release(&held.row);
        return status;
    }
    *ret_held = held;
    return PX_OK;
}

/* ---- life ---- */

static px_status count_row(void *data, const px_fold *row, px_err *ret_err)
{
    px_outbound *o = data;
    px_letter letter;
    px_box *box;

    PX_TRY(px_get_letter(row, &letter, ret_err));
    box = pxi_box(o, letter.tenant, letter.endpoint_no);
    if (!box)
        return px_no_memory(ret_err);
    if (row->key.b == PX_LETTER_DEAD) {
        box->count.dead++;
        box->count.dead_bytes += letter.event.len;
        return PX_OK;
    }
    box->count.waiting++;
    box->count.waiting_bytes += letter.event.len;
    box->is_fresh = true;
    return PX_OK;
}

static void set_defaults(px_outbound *o)
{
    o->env = o->opts.env ? o->opts.env : px_env_posix();
    if (o->opts.letters_max == 0)
        o->opts.letters_max = PX_OUTBOX_LETTERS_MAX;
    if (o->opts.dead_letters_max == 0)
        o->opts.dead_letters_max = PX_DEAD_LETTERS_MAX;
    if (o->opts.retry_for_ns == 0)
        o->opts.retry_for_ns = PX_RETRY_FOR_NS;
    o->sender_stale = true;
}

px_status px_outbound_open(const px_outbound_opts *opts, px_outbound **ret_outbound,
                           px_err *ret_err)
{
    px_outbound *o = px_zalloc(1, sizeof(*o));
    px_status status;

    if (!o)
        return px_no_memory(ret_err);
    o->opts = *opts;
    set_defaults(o);
    pthread_mutex_init(&o->lock, NULL);
    pthread_mutex_init(&o->land_lock, NULL);
    px_cond_init(&o->landed);
    status = px_store_reader_open(opts->store, &o->reader, ret_err);
    if (status == PX_OK)
        status = px_store_scan(o->reader, PX_TABLE_OUTBOX, PX_KEY_MIN, PX_KEY_MAX, count_row, o,
                               ret_err);
    if (status == PX_OK)
        status = pxi_router_open(o, ret_err);
    if (status != PX_OK) {
        px_outbound_close(o);
        return status;
    }
    *ret_outbound = o;
    return PX_OK;
}

void px_outbound_close(px_outbound *o)
{
    if (!o)
        return;
    px_assert(!o->router_runs && !o->sender_runs);
    pxi_sender_end(o);
    px_assert(!pxi_sender_flies(o) && !atomic_load(&o->desk.is_busy));
    pxi_router_close(o);
    PX_VEC_EACH (&o->boxes, box)
        pxi_box_free(*box);
    PX_VEC_RELEASE(&o->boxes);
    px_directory_release(&o->directory);
    px_store_reader_close(o->reader);
    PX_VEC_RELEASE(&o->desk.ops);
    PX_VEC_RELEASE(&o->desk.letters);
    pthread_cond_destroy(&o->landed);
    pthread_mutex_destroy(&o->land_lock);
    pthread_mutex_destroy(&o->lock);
    px_free(o);
}

bool px_outbound_step(px_outbound *o)
{
    bool routed = false, sent;
    int64_t look_at_ns;
    px_status status = pxi_router_step(o, 0, &routed, NULL);

    sent = pxi_sender_step(o, &look_at_ns);
    for (int i = 0; i < PX_ENDPOINT_KIND_COUNT; i++)
        if (o->opts.transports[i])
            o->opts.transports[i]->step(o->opts.transports[i], 0);
    return (status == PX_OK && routed) || sent;
}

/* ---- threads ---- */

static void wait_for_flight(px_outbound *o)
{
    struct timespec until = px_deadline_in(WAIT_NS);

    pthread_mutex_lock(&o->land_lock);
    if (!atomic_load(&o->router.has_landed))
        pthread_cond_timedwait(&o->landed, &o->land_lock, &until);
    pthread_mutex_unlock(&o->land_lock);
}

static void *run_router(void *data)
{
    px_outbound *o = data;
    bool did;
    px_err err;

    while (!atomic_load(&o->stopping)) {
        px_status status = pxi_router_step(o, WAIT_NS, &did, &err);

        if (status == PX_NO_MEMORY) {
            px_pause_ns(WAIT_NS);
        } else if (status == PX_INTERRUPTED) {
            break;
        } else if (status != PX_OK) {
            px_log_error(o->opts.log, "outbound.dead", "%s: %s", px_status_code(status), err.text);
            break;
        }
        if (o->router.is_flying)
            wait_for_flight(o);
    }
    return NULL;
}

/* The first transport waits for its network; whoever has something for the sender wakes it. */
static void step_transports(px_outbound *o, bool did, int64_t look_at_ns)
{
    int64_t now = o->env->monotonic_ns(o->env);
    int64_t wait_ns = look_at_ns - now < PX_SECOND ? look_at_ns - now : PX_SECOND;

    if (did || wait_ns < 0)
        wait_ns = 0;
    for (int i = PX_ENDPOINT_KIND_COUNT - 1; i >= 0; i--)
        if (o->opts.transports[i])
            o->opts.transports[i]->step(o->opts.transports[i], i == 0 ? wait_ns : 0);
    if (!o->opts.transports[0] && wait_ns)
        px_pause_ns(PAUSE_NS);
}

static void *run_sender(void *data)
{
    px_outbound *o = data;

    while (!atomic_load(&o->stopping)) {
        int64_t look_at_ns;
        bool did = pxi_sender_step(o, &look_at_ns);

        step_transports(o, did, look_at_ns);
    }
    return NULL;
}

void pxi_wake_sender(px_outbound *o)
{
    if (o->opts.transports[0])
        o->opts.transports[0]->wake(o->opts.transports[0]);
}

px_status px_outbound_start(px_outbound *o, px_err *ret_err)
{
    atomic_store(&o->stopping, false);
    o->router_runs = px_thread_start(&o->router_thread, "routes", run_router, o);
    o->sender_runs = px_thread_start(&o->sender_thread, "sender", run_sender, o);
    if (o->router_runs && o->sender_runs)
        return PX_OK;
    px_outbound_stop(o);
    return px_no_memory(ret_err);
}

void px_outbound_stop(px_outbound *o)
{
    if (!o)
        return;
    atomic_store(&o->stopping, true);
    pxi_wake_sender(o);
    if (o->router_runs)
        pthread_join(o->router_thread, NULL);
    if (o->sender_runs)
        pthread_join(o->sender_thread, NULL);
    o->router_runs = o->sender_runs = false;
    pxi_sender_end(o);
    px_engine_writebacks_end(o->opts.engine);
    while (pxi_sender_flies(o) || atomic_load(&o->desk.is_busy) ||
           (o->router.is_flying && !atomic_load(&o->router.has_landed)))
        px_pause_ns(PAUSE_NS); /* the engine ends what it has taken */
}

void px_outbound_changed(px_outbound *o)
{
    atomic_store(&o->router_stale, true);
    atomic_store(&o->sender_stale, true);
    pxi_wake_sender(o);
}

const px_reach *px_outbound_reach(const px_outbound *o)
{
    return &o->opts.reach;
}

/* ---- figures ---- */

px_outbound_stats px_outbound_stat(px_outbound *o)
{
    px_outbound_stats stats = { .position = atomic_load(&o->position),
                                .routed = atomic_load(&o->routed),
                                .delivered = atomic_load(&o->delivered),
                                .failed = atomic_load(&o->failed),
                                .died = atomic_load(&o->died),
                                .dropped = atomic_load(&o->dropped),
                                .untold = atomic_load(&o->untold) };

    pthread_mutex_lock(&o->lock);
    PX_VEC_EACH (&o->boxes, at) {
        stats.waiting += (*at)->count.waiting;
        stats.waiting_bytes += (*at)->count.waiting_bytes;
        stats.dead += (*at)->count.dead;
        stats.dead_bytes += (*at)->count.dead_bytes;
    }
    pthread_mutex_unlock(&o->lock);
    return stats;
}

void px_outbound_count(px_outbound *o, uint32_t tenant, uint32_t endpoint_no, uint64_t *ret_waiting,
                       uint64_t *ret_dead)
{
    const px_box *box;

    pthread_mutex_lock(&o->lock);
    box = find_box(o, tenant, endpoint_no);
    *ret_waiting = box ? box->count.waiting : 0;
    *ret_dead = box ? box->count.dead : 0;
    pthread_mutex_unlock(&o->lock);
}
