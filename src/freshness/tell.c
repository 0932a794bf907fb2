/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes to the engine, in their order: one request of one tenant at a time. A request that is
 * refused (a full disk, a full queue) is made again; the engine's death ends all.
 */
#include "freshness/internal.h"

enum { REQUEST_BYTES = 256, AGAIN_NS = 100 * 1000 * 1000 };

static const px_str causes[PX_CAUSE_COUNT] = { [PX_CAUSE_SAMPLE] = { "sample", 6 },
                                               [PX_CAUSE_AGE] = { "age", 3 },
                                               [PX_CAUSE_DECLARED] = { "declared", 8 },
                                               [PX_CAUSE_ENDED] = { "source ended", 12 } };

/* On the engine's thread. */
static void landed(px_request *request)
{
    px_fresh *f = request->data;

    pthread_mutex_lock(&f->wait_lock);
    atomic_store(&f->flight.has_landed, true);
    pthread_cond_broadcast(&f->moved);
    pthread_mutex_unlock(&f->wait_lock);
}

static void fill_write(px_fresh_flight *flight, size_t at, const px_fresh_change *change)
{
    px_freshness_write *write = &flight->writes[at];

    *write = (px_freshness_write){ .twin_no = change->twin_no,
                                   .model_no = change->model_no,
                                   .state = change->state,
                                   .since = change->since,
                                   .is_gone = change->is_gone,
                                   .cause = causes[change->cause] };
    if (change->field == PX_NO_FIELD)
        return;
    flight->fields[at] =
        (px_field_value){ .field = change->field,
                          .source_time = change->item_since,
                          .value = px_value_num((px_num){ .mantissa = change->item_state }) };
    write->fields = &flight->fields[at];
    write->field_count = 1;
}

/* The first changes, as far as they are of one tenant. */
static void load(px_fresh *f)
{
    px_fresh_flight *flight = &f->flight;
    const px_fresh_change *first;
    size_t waiting;
    uint32_t tenant;

    if (f->changes_left > 0) { /* of a time that was folded again */
        pthread_mutex_lock(&f->lock);
        pxi_fresh_close_gaps(f);
        pthread_mutex_unlock(&f->lock);
    }
    first = pxi_fresh_first(f);
    waiting = pxi_fresh_waiting(f);
    tenant = first->tenant;
    flight->count = 0;
    while (flight->count < waiting && flight->count < PX_FRESHNESS_WRITES_MAX &&
           first[flight->count].tenant == tenant) {
        fill_write(flight, flight->count, &first[flight->count]);
        flight->count++;
    }
    flight->request = (px_request){
        .kind = PX_REQUEST_FRESHNESS,
        .principal = { .tenant = tenant, .role = PX_ROLE_ADMIN, .id = PX_STR("freshness") },
        .source_time = PX_TIME_NONE,
        .freshness = flight->writes,
        .freshness_count = flight->count,
        .bytes = flight->count * REQUEST_BYTES,
        .done = landed,
        .data = f
    };
}

static void again_later(px_fresh *f)
{
    f->flight.again_ns = f->env->monotonic_ns(f->env) + AGAIN_NS;
}

static void land(px_fresh *f)
{
    px_fresh_flight *flight = &f->flight;
    bool is_first;

    flight->is_flying = false;
    atomic_store(&flight->has_landed, false);
    if (flight->request.result.status != PX_OK) {
        pthread_mutex_lock(&f->lock);
        is_first = f->stats.refused++ == 0;
        pthread_mutex_unlock(&f->lock);
        if (is_first)
            px_log_warn(f->log, "freshness.refused", "%s", flight->request.result.err.text);
        again_later(f);
        return;
    }
    pthread_mutex_lock(&f->lock);
    pxi_fresh_drop_first(f, flight->count);
    f->stats.changes += flight->count;
    pthread_mutex_unlock(&f->lock);
}

bool pxi_fresh_tell(px_fresh *f)
{
    px_fresh_flight *flight = &f->flight;

    if (flight->is_flying && !atomic_load(&flight->has_landed))
        return false;
    if (flight->is_flying) {
        land(f);
        return true;
    }
    if (pxi_fresh_waiting(f) == 0 || f->env->monotonic_ns(f->env) < flight->again_ns)
        return false;
    load(f);
    flight->is_flying = true;
    if (px_engine_submit(f->engine, &flight->request, &flight->request) == PX_OK)
        return true;
    flight->is_flying = false;
    again_later(f);
    return false;
}
