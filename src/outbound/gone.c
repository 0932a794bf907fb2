/* SPDX-License-Identifier: Apache-2.0 */
#include "outbound/gone.h"

enum { ARENA_BYTES_MAX = 64 * 1024 * 1024 };

/* Some ten million twins, deleted ahead of where the journal is told. */
#define IDS_BYTES_MAX ((size_t)1024 * 1024 * 1024)

static uint64_t hash_of(uint32_t tenant, uint32_t twin_no)
{
    return ((uint64_t)tenant << 32 | twin_no) * UINT64_C(0x9E3779B97F4A7C15);
}

void px_gone_release(px_gone *gone)
{
    PX_VEC_RELEASE(&gone->twins);
    px_map_release(&gone->by_number);
    px_arena_release(&gone->arena);
}

void px_gone_forget(px_gone *gone, uint64_t seq)
{
    if (seq < gone->read_to || gone->twins.len == 0)
        return;
    gone->twins.len = 0;
    px_map_clear(&gone->by_number);
    px_arena_reset(&gone->arena);
}

static px_status keep(px_gone *gone, const px_event *event, px_err *ret_err)
{
    px_gone_twin twin = { event->tenant, event->twin_no, px_arena_str(&gone->arena, event->id) };

    if (!twin.id.ptr)
        return px_arena_fail(&gone->arena, ret_err);
    if (PX_VEC_PUSH(&gone->twins, twin) &&
        px_map_add(&gone->by_number, hash_of(twin.tenant, twin.twin_no),
                   (uint32_t)gone->twins.len - 1))
        return PX_OK;
    return px_no_memory(ret_err);
}

static px_status read_row(px_gone *gone, const px_batch *batch, px_err *ret_err)
{
    px_cut cut = px_cut_of(batch->body);
    px_event event;
    PX_AUTO_ARENA arena;

    px_arena_init(&arena, ARENA_BYTES_MAX);
    for (uint64_t seq = batch->seq_first; px_cut_left(&cut) > 0; seq++) {
        px_arena_reset(&arena);
        PX_TRY(px_get_event(&cut, &arena, &event, ret_err));
        event.seq = seq;
        if (seq > gone->read_to && event.type == PX_EVENT_TWIN_DELETE && event.id.len)
            PX_TRY(keep(gone, &event, ret_err));
    }
    gone->read_to = batch->seq_last;
    return PX_OK;
}

/* Reads on from where it stood, to the present. */
static px_status read_ahead(px_gone *gone, px_err *ret_err)
{
    px_status status;
    px_feed *feed;
    px_batch *batch;

    PX_TRY(px_feed_open_at(gone->engine, gone->read_to, &feed, ret_err));
    while ((status = px_feed_next(feed, 0, &batch, ret_err)) == PX_OK) {
        status = read_row(gone, batch, ret_err);
        px_batch_unref(batch);
        if (status != PX_OK)
            break;
    }
    px_feed_close(feed);
    return status == PX_TIMEOUT || status == PX_INTERRUPTED ? PX_OK : status;
}

static bool find(const px_gone *gone, uint32_t tenant, uint32_t twin_no, px_str *ret_id)
{
    const px_map *map = &gone->by_number;
    uint64_t hash = hash_of(tenant, twin_no);

    for (size_t at = px_map_first(map, hash); at != PX_MAP_END; at = px_map_next(map, hash, at)) {
        const px_gone_twin *twin = &gone->twins.ptr[map->values[at]];

        if (twin->tenant != tenant || twin->twin_no != twin_no)
            continue;
        *ret_id = twin->id;
        return true;
    }
    return false;
}

px_status px_gone_find(px_gone *gone, uint32_t tenant, uint32_t twin_no, uint64_t seq,
                       px_str *ret_id, px_err *ret_err)
{
    if (find(gone, tenant, twin_no, ret_id))
        return PX_OK;
    gone->arena.limit = IDS_BYTES_MAX;
    if (gone->read_to < seq)
        gone->read_to = seq - 1;
    PX_TRY(read_ahead(gone, ret_err));
    if (find(gone, tenant, twin_no, ret_id))
        return PX_OK;
    return px_fail_id(ret_err, PX_NOT_FOUND, "outbound.gone",
                      "twin number %u is gone, and its deletion does not say its id", twin_no);
}
