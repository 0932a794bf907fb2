/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows only ever move from memory to the store and from the open row to sealed blocks, each move
 * one commit. So a read that copies memory first, then reads the open row, then the blocks, misses
 * nothing; what it meets twice counts once, because it has the same time, position and value.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "history/internal.h"

/* ---- memory and the open row ---- */

static px_status copy(px_gather *g, const void *bytes, size_t len, px_str *ret, px_err *ret_err)
{
    char *out = px_arena_alloc(g->arena, len + 1);

    if (!out)
        return px_arena_fail(g->arena, ret_err);
    if (len)
        memcpy(out, bytes, len);
    *ret = px_str_of(out, len);
    return PX_OK;
}

static px_status add_source(px_gather *g, px_time start, px_str block, px_err *ret_err)
{
    if (!PX_VEC_PUSH(&g->memory, ((px_source){ start, block })))
        return px_no_memory(ret_err);
    return PX_OK;
}

/* Under the lock. */
static px_status copy_series(px_gather *g, const px_series *s, px_str *ret_image, bool *ret_loaded,
                             px_err *ret_err)
{
    PX_TRY(copy(g, s->raw, s->raw_len, &g->raw, ret_err));
    g->raw_base = s->raw_base;
    g->raw_time_min = s->raw_time_min;
    *ret_loaded = s->image != NULL || s->loaded;
    PX_TRY(copy(g, s->image, s->image_len, ret_image, ret_err));
    for (const px_sealed *b = s->sealed; b; b = b->next) {
        px_str block;

        PX_TRY(copy(g, b->block.ptr, b->block.len, &block, ret_err));
        PX_TRY(add_source(g, b->key.c, block, ret_err));
    }
    return PX_OK;
}

static px_status copy_memory(px_gather *g, px_str *ret_image, bool *ret_loaded, px_err *ret_err)
{
    uint64_t hash;
    px_shard *shard = pxi_shard_of(g->h, g->tenant, g->twin_no, &hash);
    px_status status = PX_OK;
    px_series *s;

    *ret_loaded = false;
    pthread_mutex_lock(&shard->lock);
    s = pxi_series_find(shard, hash, g->tenant, g->twin_no);
    if (s)
        status = copy_series(g, s, ret_image, ret_loaded, ret_err);
    pthread_mutex_unlock(&shard->lock);
    return status;
}

static px_status read_open_row(px_gather *g, px_str *ret_image, px_err *ret_err)
{
    px_key key = { g->tenant, px_series_of(g->twin_no, 0), 0 };
    px_buf body = { 0 };
    px_status status = px_store_get(g->reader, PX_TABLE_OPEN_BLOCK, key, &body, NULL, ret_err);

    if (status == PX_OK)
        status = copy(g, body.ptr, body.len, ret_image, ret_err);
    px_buf_release(&body);
    return status == PX_NOT_FOUND ? PX_OK : status;
}

static px_status add_parts(px_gather *g, px_err *ret_err)
{
    for (uint32_t i = 0; i < g->row.part_count; i++) {
        px_block head;

        if (g->row.parts[i].latest && !g->latest_only)
            continue;
        PX_TRY(px_block_open(g->row.parts[i].block, g->arena, &head, ret_err));
        PX_TRY(add_source(g, head.first, g->row.parts[i].block, ret_err));
    }
    return PX_OK;
}

static int cmp_sources(const void *a, const void *b)
{
    const px_source *x = a, *y = b;

    return x->start < y->start ? -1 : x->start > y->start;
}

static void begin_levels(px_gather *g)
{
    int64_t series = px_series_of(g->twin_no, 0);

    for (unsigned level = 0; level < PX_LEVELS; level++) {
        const px_extent *e = &g->row.extents[level];
        px_level_scan *scan = &g->levels[level];
        int64_t window = px_window_of(g->from, level);

        window = window < e->window_first ? e->window_first : window;
        scan->level = level;
        scan->done = e->blocks == 0 || window > e->window_last || g->latest_only;
        scan->next = px_block_key(g->tenant, level, window, series, INT64_MIN);
    }
}

px_status pxi_gather_begin(px_gather *g, px_err *ret_err)
{
    px_str image = { 0 };
    bool loaded;

    PX_TRY(copy_memory(g, &image, &loaded, ret_err));
    if (!loaded)
        PX_TRY(read_open_row(g, &image, ret_err));
    PX_TRY(px_open_row_read(image, g->arena, &g->row, ret_err));
    PX_TRY(add_parts(g, ret_err));
    if (g->raw.len > 0)
        PX_TRY(add_source(g, g->raw_time_min, (px_str){ 0 }, ret_err));
    if (g->memory.len > 0)
        qsort(g->memory.ptr, g->memory.len, sizeof(*g->memory.ptr), cmp_sources);
    begin_levels(g);
    return PX_OK;
}

/* ---- sealed blocks ---- */

typedef struct refill {
    px_gather *g;
    px_level_scan *scan;
    size_t places[PX_READY_MAX]; /* of the blocks in the buffer, which may move while it fills */
    px_key met;                  /* of another series: where we stopped */
    bool foreign;
} refill;

static px_status each_block(void *data, const px_fold *fold, px_err *ret_err)
{
    refill *r = data;
    px_level_scan *scan = r->scan;

    if (fold->key.b != scan->next.b) {
        r->met = fold->key;
        r->foreign = true;
        return PX_INTERRUPTED;
    }
    r->places[scan->ready_count] = scan->bytes.len;
    px_put(&scan->bytes, fold->body);
    PX_TRY(px_buf_status(&scan->bytes, ret_err));
    scan->ready[scan->ready_count++] =
        (px_source){ .start = fold->key.c, .block = { .len = fold->body.len } };
    scan->next = fold->key;
    scan->next.c++;
    return scan->ready_count == PX_READY_MAX ? PX_INTERRUPTED : PX_OK;
}

/* Gets the next few blocks of the level, jumping over windows in which the series has none. */
static px_status fill(px_gather *g, px_level_scan *scan, px_err *ret_err)
{
    int64_t last = g->row.extents[scan->level].window_last;
    px_time to = g->to == PX_TIME_NONE ? INT64_MAX : g->to;
    int64_t window_to = px_window_of(to, scan->level);
    px_key end = px_block_key(g->tenant, scan->level, last < window_to ? last : window_to,
                              scan->next.b, INT64_MAX);

    scan->ready_at = scan->ready_count = 0;
    px_buf_clear(&scan->bytes);
    while (scan->ready_count == 0 && !scan->done) {
        refill r = { .g = g, .scan = scan };
        px_status status;

        if (px_key_cmp(scan->next, end) >= 0) {
            scan->done = true;
            break;
        }
        status = px_store_scan(g->reader, PX_TABLE_BLOCK, scan->next, end, each_block, &r, ret_err);
        if (status != PX_OK && status != PX_INTERRUPTED)
            return status;
        for (unsigned i = 0; i < scan->ready_count; i++)
            scan->ready[i].block.ptr = scan->bytes.ptr + r.places[i];
        if (status == PX_OK)
            scan->done = true; /* to the end of the range */
        else if (r.foreign)
            scan->next =
                (px_key){ r.met.b < scan->next.b ? r.met.a : r.met.a + 1, scan->next.b, INT64_MIN };
    }
    return PX_OK;
}

static px_status peek_level(px_gather *g, px_level_scan *scan, const px_source **ret,
                            px_err *ret_err)
{
    if (scan->ready_at == scan->ready_count && !scan->done)
        PX_TRY(fill(g, scan, ret_err));
    *ret = scan->ready_at < scan->ready_count ? &scan->ready[scan->ready_at] : NULL;
    return PX_OK;
}

px_status pxi_gather_peek(px_gather *g, const px_source **ret_source, px_err *ret_err)
{
    const px_source *best = g->memory_at < g->memory.len ? &g->memory.ptr[g->memory_at] : NULL;

    for (unsigned level = 0; level < PX_LEVELS; level++) {
        const px_source *source;

        PX_TRY(peek_level(g, &g->levels[level], &source, ret_err));
        if (source && (!best || source->start < best->start))
            best = source;
    }
    *ret_source = best;
    return PX_OK;
}

void pxi_gather_take(px_gather *g)
{
    const px_source *best = g->memory_at < g->memory.len ? &g->memory.ptr[g->memory_at] : NULL;
    px_level_scan *from = NULL;

    for (unsigned level = 0; level < PX_LEVELS; level++) {
        px_level_scan *scan = &g->levels[level];

        if (scan->ready_at < scan->ready_count &&
            (!best || scan->ready[scan->ready_at].start < best->start)) {
            best = &scan->ready[scan->ready_at];
            from = scan;
        }
    }
    if (from)
        from->ready_at++;
    else if (best)
        g->memory_at++;
}

void pxi_gather_end(px_gather *g)
{
    PX_VEC_RELEASE(&g->memory);
    for (unsigned level = 0; level < PX_LEVELS; level++)
        px_buf_release(&g->levels[level].bytes);
}
