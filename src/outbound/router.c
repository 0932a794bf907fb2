/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The router: from the journal into the outbox.
 *
 * One flight at a time: letters collect while rows are there, up to PX_FLIGHT_LETTERS, and fly with
 * the position that they bring the cursor to. Where nobody has a route, rows are passed by
 * unread, and the cursor follows every CURSOR_NS.
 */
#include "base/limits.h"
#include "outbound/internal.h"

enum { ARENA_BYTES_MAX = 64 * 1024 * 1024 };

static const int64_t cursor_ns = INT64_C(10) * PX_SECOND;

/* ---- letters ---- */

/* Counts a letter in, waiting or (a full outbox) dead; false: there is room for neither. */
static bool admit(px_outbound *o, px_box *box, size_t bytes, px_letter_kind *ret_kind)
{
    px_counts total;
    bool fits;

    pthread_mutex_lock(&o->lock);
    total = pxi_tenant_total(o, box->tenant);
    *ret_kind =
        total.waiting < o->opts.letters_max && total.waiting_bytes + bytes <= PX_OUTBOX_BYTES_MAX
            ? PX_LETTER_WAITS
            : PX_LETTER_DEAD;
    fits = *ret_kind == PX_LETTER_WAITS || (total.dead < o->opts.dead_letters_max &&
                                            total.dead_bytes + bytes <= PX_DEAD_LETTER_BYTES_MAX);
    if (fits && *ret_kind == PX_LETTER_WAITS) {
        box->count.waiting++;
        box->count.waiting_bytes += bytes;
    } else if (fits) {
        box->count.dead++;
        box->count.dead_bytes += bytes;
    }
    pthread_mutex_unlock(&o->lock);
    return fits;
}

static px_status put_letter(px_outbound *o, uint32_t endpoint_no, const px_event *event,
                            const px_cloud_event *cloud, px_err *ret_err)
{
    px_router *r = &o->router;
    px_letter letter = { .tenant = event->tenant,
                         .endpoint_no = endpoint_no,
                         .place = cloud->place,
                         .time = event->time,
                         .event = px_buf_str(&r->event) };
    px_made made = { .box = pxi_box(o, event->tenant, endpoint_no),
                     .place = cloud->place,
                     .seq = event->seq,
                     .offset = r->bodies.len };

    if (!made.box)
        return px_no_memory(ret_err);
    if (!admit(o, made.box, letter.event.len, &made.kind)) {
        atomic_fetch_add(&o->dropped, 1);
        px_log_warn(o->opts.log, "outbound.dropped", "tenant=%u endpoint=%u place=%llu outbox full",
                    event->tenant, endpoint_no, (unsigned long long)cloud->place);
        return PX_OK;
    }
    if (made.kind == PX_LETTER_DEAD) {
        letter.died = event->time;
        letter.reason = PX_STR("the outbox of the tenant was full");
        atomic_fetch_add(&o->died, 1);
    }
    px_put_letter(&r->bodies, &letter);
    PX_TRY(px_buf_status(&r->bodies, ret_err));
    made.len = r->bodies.len - made.offset;
    return PX_VEC_PUSH(&r->made, made) ? PX_OK : px_no_memory(ret_err);
}

/* ---- routes ---- */

typedef struct routing {
    px_outbound *o;
    const px_event *event;
} routing;

static bool went_there(const px_router *r, uint32_t tenant, uint32_t endpoint_no, uint64_t place)
{
    for (size_t i = r->made.len; i > 0 && r->made.ptr[i - 1].place == place; i--)
        if (r->made.ptr[i - 1].box->tenant == tenant &&
            r->made.ptr[i - 1].box->endpoint_no == endpoint_no)
            return true;
    return false;
}

/* Two routes to one endpoint tell it once. */
static px_status offer(void *ctx, const px_cloud_event *cloud, px_err *ret_err)
{
    routing *at = ctx;
    px_router *r = &at->o->router;
    uint32_t tenant = at->event->tenant;
    bool is_written = false;

    PX_VEC_EACH (&r->directory.routes, route) {
        bool passes = false;

        if (route->tenant != tenant || went_there(r, tenant, route->endpoint_no, cloud->place) ||
            px_route_passes(route, cloud, &passes, NULL) != PX_OK || !passes)
            continue;
        if (!is_written) {
            px_buf_clear(&r->event);
            px_put_cloud_event(&r->event, cloud);
            is_written = true;
            if (r->event.status == PX_LIMIT)
                return px_fail_id(ret_err, PX_NOT_FOUND, "outbound.size",
                                  "an event of more than %d bytes is told to nobody",
                                  PX_LETTER_BYTES_MAX);
            PX_TRY(px_buf_status(&r->event, ret_err));
        }
        PX_TRY(put_letter(at->o, route->endpoint_no, at->event, cloud, ret_err));
    }
    return PX_OK;
}

static bool has_routes(px_router *r, uint32_t tenant)
{
    PX_VEC_EACH (&r->directory.routes, route)
        if (route->tenant == tenant)
            return true;
    return false;
}

static px_status reload(px_outbound *o, px_err *ret_err)
{
    px_status status = px_directory_load(&o->router.directory, px_engine_documents(o->opts.engine),
                                         o->opts.log, ret_err);

    if (status != PX_OK)
        atomic_store(&o->router_stale, true);
    return status;
}

static bool is_about_routes(const px_event *event)
{
    return (event->type == PX_EVENT_DOCUMENT_PUT || event->type == PX_EVENT_DOCUMENT_DELETE) &&
           (px_str_eq(event->name, PX_STR("route")) || px_str_eq(event->name, PX_STR("endpoint")));
}

static px_status route_event(px_outbound *o, const px_event *event, px_err *ret_err)
{
    px_router *r = &o->router;
    routing at = { o, event };
    px_status status;
    px_err err;

    if (is_about_routes(event))
        return reload(o, ret_err);
    if (!px_cloud_event_is_of(event->type) || !has_routes(r, event->tenant))
        return PX_OK;
    r->maker.ctx = &at;
    status = px_cloud_events_of(&r->maker, event, &err);
    if (status == PX_NOT_FOUND) {
        atomic_fetch_add(&o->untold, 1);
        px_log_warn(o->opts.log, "outbound.untold", "seq=%llu %s", (unsigned long long)event->seq,
                    err.text);
        return PX_OK;
    }
    if (status != PX_OK && ret_err)
        *ret_err = err;
    return status;
}

/* ---- rows ---- */

static void end_row(px_router *r)
{
    r->cursor = r->batch->seq_last;
    px_gone_forget(&r->gone, r->cursor);
    px_batch_unref(r->batch);
    r->batch = NULL;
}

static bool is_full(const px_router *r)
{
    return r->made.len >= PX_FLIGHT_LETTERS || r->bodies.len >= PX_FLIGHT_BYTES;
}

/* On want of memory the event is made again: what it had made already is taken back. */
static px_status route_next(px_outbound *o, px_err *ret_err)
{
    px_router *r = &o->router;
    px_cut before = r->cut;
    size_t made = r->made.len, bytes = r->bodies.len;
    px_event event;
    px_status status;

    px_arena_reset(&r->arena);
    PX_TRY(px_get_event(&r->cut, &r->arena, &event, ret_err));
    event.seq = r->seq;
    event.time = r->batch->time;
    status = event.seq > r->first ? route_event(o, &event, ret_err) : PX_OK;
    if (status == PX_OK) {
        r->cursor = r->seq++;
        return PX_OK;
    }
    r->cut = before;
    r->made.len = made;
    r->bodies.len = bytes;
    r->bodies.status = PX_OK;
    return status;
}

/* The row under way or the next one, until its end or until the flight is full. */
static px_status route_row(px_outbound *o, int64_t wait_ns, px_err *ret_err)
{
    px_router *r = &o->router;

    if (!r->batch) {
        PX_TRY(px_feed_next(r->feed, wait_ns, &r->batch, ret_err));
        r->cut = px_cut_of(r->batch->body);
        r->seq = r->batch->seq_first;
    }
    /* behind the wait: a route that was answered before this row was written has its flag by now */
    if (atomic_exchange(&o->router_stale, false))
        PX_TRY(reload(o, ret_err));
    if (r->directory.routes.len == 0 && !is_full(r)) {
        end_row(r);
        return PX_OK;
    }
    while (px_cut_left(&r->cut) > 0 && !is_full(r))
        PX_TRY(route_next(o, ret_err));
    if (px_cut_left(&r->cut) == 0)
        end_row(r);
    return PX_OK;
}

/* ---- flights ---- */

static void landed(px_writeback *writeback, px_status status)
{
    px_outbound *o = writeback->data;

    pthread_mutex_lock(&o->land_lock);
    o->router.landed = status;
    atomic_store(&o->router.has_landed, true);
    pthread_cond_signal(&o->landed);
    pthread_mutex_unlock(&o->land_lock);
}

static bool add_op(px_router *r, const px_made *made)
{
    px_op op = { .kind = PX_OP_PUT,
                 .table = PX_TABLE_OUTBOX,
                 .key = px_letter_from(made->box->tenant, made->box->endpoint_no, made->kind,
                                       made->place),
                 .seq = made->seq,
                 .body = px_str_of(r->bodies.ptr + made->offset, made->len) };

    return PX_VEC_PUSH(&r->ops, op);
}

/* The next part of what was made; the last one carries the cursor. */
static px_status send_part(px_outbound *o, px_err *ret_err)
{
    px_router *r = &o->router;
    size_t bytes = 0, end = r->sent;

    r->ops.len = 0;
    for (; end < r->made.len && r->ops.len < PX_PART_LETTERS && bytes < PX_PART_BYTES; end++) {
        if (!add_op(r, &r->made.ptr[end]))
            return px_no_memory(ret_err);
        bytes += r->made.ptr[end].len;
    }
    r->flown = end;
    r->writeback = (px_writeback){ .consumer = PX_CONSUMER_OUTBOUND,
                                   .cursor = end == r->made.len ? r->cursor : 0,
                                   .effect = { "outbound", r->ops.ptr, r->ops.len },
                                   .done = landed,
                                   .data = o };
    r->is_flying = true;
    px_engine_writeback(o->opts.engine, &r->writeback);
    return PX_OK;
}

static void settle(px_outbound *o)
{
    px_router *r = &o->router;

    pthread_mutex_lock(&o->lock);
    for (size_t i = r->sent; i < r->flown; i++)
        r->made.ptr[i].box->is_fresh |= r->made.ptr[i].kind == PX_LETTER_WAITS;
    pthread_mutex_unlock(&o->lock);
    atomic_fetch_add(&o->routed, r->flown - r->sent);
    if (r->flown > r->sent)
        pxi_wake_sender(o);
    r->sent = r->flown;
    if (r->sent < r->made.len)
        return;
    r->made.len = r->sent = 0;
    px_buf_clear(&r->bodies);
    r->cursor_sent = r->writeback.cursor;
    atomic_store(&o->position, r->cursor_sent);
}

/* A flight that came down. PX_FULL at the end, and the engine's death: what it carried is in the
 * journal, and the next start routes it again. */
static px_status land(px_outbound *o, px_err *ret_err)
{
    px_router *r = &o->router;

    if (!r->is_flying || !atomic_load(&r->has_landed))
        return PX_OK;
    atomic_store(&r->has_landed, false);
    r->is_flying = false;
    if (r->landed != PX_OK)
        return px_fail(ret_err, PX_INTERRUPTED, "the engine takes nothing more");
    settle(o);
    return PX_OK;
}

static bool is_due(px_outbound *o, bool more)
{
    px_router *r = &o->router;
    int64_t now = o->env->monotonic_ns(o->env);

    if (r->made.len > 0)
        return is_full(r) || !more || r->sent > 0;
    if (r->cursor <= r->cursor_sent || now < r->cursor_at_ns)
        return false;
    r->cursor_at_ns = now + cursor_ns;
    return true;
}

/* ---- life ---- */

px_status pxi_router_open(px_outbound *o, px_err *ret_err)
{
    px_router *r = &o->router;

    px_arena_init(&r->arena, ARENA_BYTES_MAX);
    px_buf_init(&r->event, PX_LETTER_BYTES_MAX);
    PX_TRY(px_feed_open(o->opts.engine, PX_CONSUMER_OUTBOUND, true, &r->feed, ret_err));
    px_feed_rest(r->feed, PX_FEED_REST_NS);
    r->cursor_sent = px_feed_position(r->feed);
    if (r->cursor_sent == 0) /* nobody had a route before this release */
        px_feed_begin_at(r->feed, px_engine_position(o->opts.engine));
    r->first = r->cursor = px_feed_position(r->feed);
    r->gone.engine = o->opts.engine;
    r->maker = (px_cloud_maker){ .graph = px_engine_graph(o->opts.engine),
                                 .registry = px_engine_registry(o->opts.engine),
                                 .gone = &r->gone,
                                 .host = o->opts.host,
                                 .each = offer };
    atomic_store(&o->position, r->cursor);
    return reload(o, ret_err);
}

void pxi_router_close(px_outbound *o)
{
    px_router *r = &o->router;

    px_assert(!r->is_flying || atomic_load(&r->has_landed));
    px_batch_unref(r->batch);
    px_feed_close(r->feed);
    px_directory_release(&r->directory);
    px_gone_release(&r->gone);
    px_cloud_maker_release(&r->maker);
    px_arena_release(&r->arena);
    px_buf_release(&r->event);
    px_buf_release(&r->bodies);
    PX_VEC_RELEASE(&r->made);
    PX_VEC_RELEASE(&r->ops);
}

px_status pxi_router_step(px_outbound *o, int64_t wait_ns, bool *ret_did, px_err *ret_err)
{
    px_router *r = &o->router;
    px_status status = PX_OK;

    *ret_did = false;
    PX_TRY(land(o, ret_err));
    if (r->is_flying)
        return PX_OK;
    if (!is_full(r) && r->sent == 0)
        status = route_row(o, r->made.len > 0 ? 0 : wait_ns, ret_err);
    if (status != PX_OK && status != PX_TIMEOUT)
        return status;
    *ret_did = status == PX_OK;
    if (!is_due(o, *ret_did))
        return PX_OK;
    *ret_did = true;
    return send_part(o, ret_err);
}
