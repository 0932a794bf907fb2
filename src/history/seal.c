/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A series' raw rows go into its open row as one more open block; when the open blocks have enough
 * rows, all of them become sealed blocks, each whole in one window of the finest level that fits,
 * and the open row keeps the newest cell of each property. All of that is one flight: the store has
 * it all or not at all.
 *
 * What a flight will write is built beside the series and put into it at the end, under the lock of
 * its shard; a failure before that changes nothing.
 */
#include "base/mem.h"
#include "history/internal.h"

/* An open block below this is opened again and grows, so that there are few of them. */
enum { PART_ROWS_SMALL = 64, RAW_BYTES_KEPT = 512 };

/* One series on its way through here. */
typedef struct sealing {
    px_history *h;
    px_series *s;
    px_open_row row; /* as it was; becomes what will be written */
    PX_VEC(px_open_part) parts;
    px_sealed *sealed;          /* newest first */
    uint32_t taken, taken_rows; /* of the raw rows */
    uint64_t seq;               /* of the last event taken */
    px_raw_base base;           /* of it */
} sealing;

static void release(sealing *w)
{
    while (w->sealed) {
        px_sealed *next = w->sealed->next;

        px_free(w->sealed);
        w->sealed = next;
    }
    PX_VEC_RELEASE(&w->parts);
}

/* ---- what there is ---- */

static px_status load(px_history *h, px_series *s, px_err *ret_err)
{
    px_key key = { s->tenant, px_series_of(s->twin_no, 0), 0 };
    px_shard *shard = pxi_shard_of_series(h, s);
    px_open_row row;
    uint64_t seq = 0;
    px_status status;
    char *image;

    if (s->loaded)
        return PX_OK;
    status = px_store_get(h->reader, PX_TABLE_OPEN_BLOCK, key, &h->scratch, &seq, ret_err);
    if (status != PX_OK && status != PX_NOT_FOUND)
        return status;
    image = NULL;
    row = (px_open_row){ 0 };
    if (status == PX_OK) {
        px_arena_reset(&h->in);
        PX_TRY(px_open_row_read(px_buf_str(&h->scratch), &h->in, &row, ret_err));
        image = px_alloc(h->scratch.len);
        if (!image)
            return px_no_memory(ret_err);
        memcpy(image, h->scratch.ptr, h->scratch.len);
    }
    pthread_mutex_lock(&shard->lock);
    s->image = image;
    s->image_len = image ? (uint32_t)h->scratch.len : 0;
    s->loaded = true;
    pthread_mutex_unlock(&shard->lock);
    s->stored_seq = seq;
    s->image_rows = row.rows;
    s->image_bytes = row.bytes;
    atomic_fetch_add_explicit(&h->memory, s->image_len, memory_order_relaxed);
    return PX_OK;
}

/* How much of the raw rows goes now: all, or of very many whole events of PX_FLUSH_RAW_BYTES. */
static void take(sealing *w)
{
    const px_series *s = w->s;
    const uint8_t *at = s->raw, *end = at + s->raw_len;
    px_raw_head head;
    px_value value;
    uint32_t field;

    w->base = s->raw_base;
    while (at < end) {
        px_raw_base base = w->base;
        const uint8_t *next = px_raw_head_read(at, &base, &head);

        if (at - s->raw >= PX_FLUSH_RAW_BYTES && (uint64_t)head.seq != w->seq)
            return;
        for (uint32_t i = 0; i < head.cells; i++)
            next = px_raw_cell_read(next, &field, &value);
        at = next;
        w->base = base;
        w->taken = (uint32_t)(at - s->raw);
        w->taken_rows++;
        w->seq = (uint64_t)head.seq;
    }
}

static void take_some(sealing *w)
{
    const px_series *s = w->s;

    if (s->raw_len > PX_FLUSH_RAW_BYTES) {
        take(w);
        return;
    }
    w->base = s->raw_last;
    w->taken = s->raw_len;
    w->taken_rows = s->raw_rows;
    w->seq = (uint64_t)s->raw_last.seq;
}

static px_status add_parts(sealing *w, bool latest, px_err *ret_err)
{
    for (uint32_t i = 0; i < w->row.part_count; i++)
        if (w->row.parts[i].latest == latest)
            PX_TRY(px_build_add_block(&w->h->build, w->row.parts[i].block, &w->h->in, ret_err));
    return PX_OK;
}

static px_status add_raw(sealing *w, px_err *ret_err)
{
    return px_build_add_raw(&w->h->build, px_str_of((const char *)w->s->raw, w->taken),
                            w->s->raw_base, w->s->stored_seq, ret_err);
}

/* ---- blocks of the build ---- */

static px_status encode(px_history *h, size_t first, size_t end, px_rows *ret_rows, px_err *ret_err)
{
    px_arena_reset(&h->out);
    px_buf_clear(&h->scratch);
    PX_TRY(px_build_rows(&h->build, first, end, &h->out, ret_rows, ret_err));
    if (ret_rows->count > 0)
        px_block_encode(&h->scratch, ret_rows);
    return px_buf_status(&h->scratch, ret_err);
}

/* The build's rows as open parts; their bytes live in the `in` arena. */
static px_status encode_parts(sealing *w, bool latest, px_err *ret_err)
{
    px_history *h = w->h;

    for (size_t at = 0; at < h->build.rows.len; at += PX_BLOCK_ROWS_MAX) {
        size_t end = at + PX_BLOCK_ROWS_MAX;
        px_open_part part = { .latest = latest };
        px_rows rows;

        end = end > h->build.rows.len ? h->build.rows.len : end;
        PX_TRY(encode(h, at, end, &rows, ret_err));
        if (rows.count == 0)
            continue;
        part.block = px_arena_str(&h->in, px_buf_str(&h->scratch));
        if (!part.block.ptr)
            return px_arena_fail(&h->in, ret_err);
        if (!PX_VEC_PUSH(&w->parts, part))
            return px_no_memory(ret_err);
    }
    return PX_OK;
}

/* ---- the open row grows ---- */

static px_status rows_of(px_str block, px_arena *arena, uint32_t *ret_rows, px_err *ret_err)
{
    px_block head;

    PX_TRY(px_block_open(block, arena, &head, ret_err));
    *ret_rows = head.rows;
    return PX_OK;
}

static px_status grow_open(sealing *w, px_err *ret_err)
{
    px_history *h = w->h;
    uint32_t last_rows = UINT32_MAX;

    for (uint32_t i = 0; i < w->row.part_count; i++) {
        const px_open_part *part = &w->row.parts[i];

        if (i + 1 == w->row.part_count && !part->latest)
            PX_TRY(rows_of(part->block, &h->in, &last_rows, ret_err));
        if (last_rows < PART_ROWS_SMALL)
            PX_TRY(px_build_add_block(&h->build, part->block, &h->in, ret_err));
        else if (!PX_VEC_PUSH(&w->parts, *part))
            return px_no_memory(ret_err);
    }
    PX_TRY(add_raw(w, ret_err));
    px_build_sort(&h->build);
    PX_TRY(encode_parts(w, false, ret_err));
    w->row.rows += w->taken_rows;
    w->row.bytes += w->taken;
    return PX_OK;
}

/* ---- blocks are sealed ---- */

/* The finest level whose windows get enough rows each. */
static unsigned level_of(const px_build *build)
{
    for (unsigned level = 0; level + 1 < PX_LEVELS; level++) {
        size_t windows = 1;

        for (size_t i = 1; i < build->rows.len; i++)
            windows += px_window_of(build->rows.ptr[i].time, level) !=
                       px_window_of(build->rows.ptr[i - 1].time, level);
        if (build->rows.len / windows >= PX_WINDOW_ROWS)
            return level;
    }
    return PX_LEVELS - 1;
}

/* Late blocks may begin where another does: their key then stands a nanosecond earlier, so that it
 * never stands behind the block's first row. */
static px_status free_key(sealing *w, px_extent *extent, px_key *key, px_err *ret_err)
{
    px_buf body = { 0 };
    px_status status = PX_OK;

    while (extent->blocks > 0 && key->c <= extent->start_last) {
        bool mine = false;

        for (px_sealed *b = w->sealed; b && !mine; b = b->next)
            mine = px_key_cmp(b->key, *key) == 0;
        if (!mine) {
            status = px_store_get(w->h->reader, PX_TABLE_BLOCK, *key, &body, NULL, ret_err);
            if (status != PX_OK)
                break;
        }
        key->c--;
    }
    px_buf_release(&body);
    return status == PX_NOT_FOUND ? PX_OK : status;
}

static px_status seal_rows(sealing *w, unsigned level, size_t first, size_t end, px_err *ret_err)
{
    px_history *h = w->h;
    int64_t window = px_window_of(h->build.rows.ptr[first].time, level);
    px_extent *extent = &w->row.extents[level];
    px_sealed *sealed;
    px_rows rows;
    px_key key;

    PX_TRY(encode(h, first, end, &rows, ret_err));
    if (rows.count == 0)
        return PX_OK;
    key = px_block_key(w->s->tenant, level, window, px_series_of(w->s->twin_no, 0), rows.times[0]);
    sealed = px_alloc(sizeof(*sealed) + h->scratch.len);
    if (!sealed)
        return px_no_memory(ret_err);
    *sealed = (px_sealed){ .next = w->sealed,
                           .block = px_str_of((const char *)(sealed + 1), h->scratch.len) };
    memcpy(sealed + 1, h->scratch.ptr, h->scratch.len);
    w->sealed = sealed;
    sealed->key = (px_key){ INT64_MIN, INT64_MIN, INT64_MIN }; /* none yet */
    PX_TRY(free_key(w, extent, &key, ret_err));
    sealed->key = key;
    extent->window_first =
        extent->blocks == 0 || window < extent->window_first ? window : extent->window_first;
    extent->window_last =
        extent->blocks == 0 || window > extent->window_last ? window : extent->window_last;
    extent->start_last =
        extent->blocks == 0 || key.c > extent->start_last ? key.c : extent->start_last;
    extent->blocks++;
    pxi_history_add(h, PX_COUNT_SEALED, 1);
    pxi_history_add(h, PX_COUNT_SEALED_BYTES, sealed->block.len);
    pxi_history_add(h, PX_COUNT_SEALED_ROWS, rows.count);
    return PX_OK;
}

/* How many of the rows from `first` make the next block: one window, rows and bytes bounded. Rows
 * of one time stay together where they can. */
static size_t block_end(const px_build *build, unsigned level, size_t first)
{
    int64_t window = px_window_of(build->rows.ptr[first].time, level);
    size_t end = first, bytes = 0;

    while (end < build->rows.len && end - first < PX_BLOCK_ROWS_MAX &&
           px_window_of(build->rows.ptr[end].time, level) == window &&
           (bytes < 2 * PX_BLOCK_RAW_BYTES || end == first))
        bytes += build->rows.ptr[end++].bytes;
    for (size_t at = end; end < build->rows.len && at > first + 1; at--)
        if (build->rows.ptr[at].time != build->rows.ptr[at - 1].time)
            return at;
    return end;
}

static px_status seal_all(sealing *w, px_err *ret_err)
{
    px_history *h = w->h;
    unsigned level;

    PX_TRY(add_parts(w, false, ret_err));
    PX_TRY(add_raw(w, ret_err));
    px_build_sort(&h->build);
    level = level_of(&h->build);
    for (size_t at = 0, end; at < h->build.rows.len; at = end) {
        end = block_end(&h->build, level, at);
        PX_TRY(seal_rows(w, level, at, end, ret_err));
    }
    PX_TRY(add_parts(w, true, ret_err));
    PX_TRY(px_build_keep_latest(&h->build, &h->in, ret_err));
    PX_TRY(encode_parts(w, true, ret_err));
    w->row.rows = w->row.bytes = 0;
    return PX_OK;
}

/* ---- into the flight and the series ---- */

static px_status add_ops(sealing *w, px_flight *flight, const char *image, size_t len,
                         px_err *ret_err)
{
    px_key key = { w->s->tenant, px_series_of(w->s->twin_no, 0), 0 };
    size_t count = 1;

    for (px_sealed *b = w->sealed; b; b = b->next)
        count++;
    if (!PX_VEC_RESERVE(&flight->ops, flight->ops.len + count) ||
        !PX_VEC_RESERVE(&flight->series, flight->series.len + 1))
        return px_no_memory(ret_err);
    for (px_sealed *b = w->sealed; b; b = b->next) {
        flight->ops.ptr[flight->ops.len++] = (px_op){ .kind = PX_OP_PUT,
                                                      .table = PX_TABLE_BLOCK,
                                                      .key = b->key,
                                                      .seq = w->seq,
                                                      .body = b->block };
        flight->bytes += b->block.len;
    }
    flight->ops.ptr[flight->ops.len++] = (px_op){ .kind = PX_OP_PUT,
                                                  .table = PX_TABLE_OPEN_BLOCK,
                                                  .key = key,
                                                  .seq = w->seq,
                                                  .body = px_str_of(image, len) };
    flight->series.ptr[flight->series.len++] = w->s;
    flight->bytes += len;
    return PX_OK;
}

static void drop_raw(sealing *w)
{
    px_series *s = w->s;
    px_shard *shard = pxi_shard_of_series(w->h, s);

    /* a series that filled its rows will fill them again */
    bool roomy =
        atomic_load_explicit(&w->h->memory, memory_order_relaxed) < w->h->opts.memory_bytes_max / 2;
    uint8_t *empty = NULL;

    pthread_mutex_lock(&shard->lock);
    memmove(s->raw, s->raw + w->taken, s->raw_len - w->taken);
    s->raw_len -= w->taken;
    s->raw_rows -= w->taken_rows;
    s->raw_base = w->base;
    if (s->raw_len == 0 && s->raw_cap > RAW_BYTES_KEPT && !(s->list == &w->h->full && roomy)) {
        empty = s->raw;
        s->raw = NULL;
    }
    pthread_mutex_unlock(&shard->lock);
    if (!empty)
        return;
    px_free(empty);
    atomic_fetch_sub_explicit(&w->h->memory, s->raw_cap, memory_order_relaxed);
    if (s->list)
        s->list->bytes -= s->raw_cap;
    s->raw_cap = 0;
}

/* Nothing fails from here on. */
static void settle(sealing *w, char *image, size_t len)
{
    px_history *h = w->h;
    px_series *s = w->s;
    px_shard *shard = pxi_shard_of_series(h, s);
    char *old = s->image;

    atomic_fetch_add_explicit(&h->memory, len - s->image_len, memory_order_relaxed);
    pthread_mutex_lock(&shard->lock);
    s->image = image;
    s->image_len = (uint32_t)len;
    s->sealed = w->sealed;
    pthread_mutex_unlock(&shard->lock);
    drop_raw(w); /* until then a reader sees these rows twice, which counts once */
    s->stored_seq = w->seq;
    w->sealed = NULL;
    px_free(old);
    s->image_rows = w->row.rows;
    s->image_bytes = w->row.bytes;
    s->in_flight = true;
    pxi_history_add(h, PX_COUNT_OPEN, 1);
    pxi_history_add(h, PX_COUNT_OPEN_BYTES, len);
}

static px_status write_out(sealing *w, px_flight *flight, px_err *ret_err)
{
    px_buf buf = { 0 };
    px_status status;

    w->row.parts = w->parts.ptr;
    w->row.part_count = (uint32_t)w->parts.len;
    px_put_open_row(&buf, &w->row);
    status = px_buf_status(&buf, ret_err);
    if (status == PX_OK)
        status = add_ops(w, flight, buf.ptr, buf.len, ret_err);
    if (status != PX_OK) {
        px_buf_release(&buf);
        return status;
    }
    settle(w, buf.ptr, buf.len);
    return PX_OK;
}

/* A busy series is sealed at half: it would be full before its next flush, and what goes into an
 * open block now would be read and written once more then. */
static bool is_full(const sealing *w)
{
    uint32_t rows = w->row.rows + w->taken_rows;

    return rows >= PX_BLOCK_ROWS_MAX || w->row.bytes + w->taken >= PX_BLOCK_RAW_BYTES ||
           (rows >= PX_BLOCK_ROWS_MAX / 2 && w->taken_rows >= PX_BLOCK_ROWS_MAX / 4);
}

static px_status seal(sealing *w, px_flight *flight, px_err *ret_err)
{
    px_series *s = w->s;
    px_str image;

    PX_TRY(load(w->h, s, ret_err));
    take_some(w);
    image = px_str_of(s->image, s->image_len);
    px_arena_reset(&w->h->in);
    px_build_clear(&w->h->build);
    PX_TRY(px_open_row_read(image, &w->h->in, &w->row, ret_err));
    if (is_full(w))
        PX_TRY(seal_all(w, ret_err));
    else
        PX_TRY(grow_open(w, ret_err));
    if (w->seq > s->stored_seq)
        return write_out(w, flight, ret_err);
    drop_raw(w); /* all of it was in the store already */
    return PX_OK;
}

px_status pxi_seal_series(px_history *h, px_series *s, px_flight *flight, px_err *ret_err)
{
    sealing w = { .h = h, .s = s };
    px_status status;

    px_assert(!s->in_flight && s->raw_len > 0);
    status = seal(&w, flight, ret_err);
    release(&w);
    return status;
}
