/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sources come by where they begin. What lies before the next one's beginning is complete and goes
 * out, a moment at once, the later position winning each property; the rest waits in the build for
 * what overlaps it.
 */
#include "base/mem.h"
#include "history/internal.h"

enum { DECODED_BYTES_MUCH = 16 * 1024 * 1024 };

static px_status open_block(px_walk *w, const px_source *source, px_block *ret, bool **ret_wanted,
                            px_err *ret_err)
{
    px_arena *arena = &w->decoded;

    PX_TRY(px_block_open(source->block, arena, ret, ret_err));
    *ret_wanted = PX_ARENA_ARRAY(arena, bool, ret->column_count);
    if (!*ret_wanted)
        return px_arena_fail(arena, ret_err);
    for (uint32_t c = 0; c < ret->column_count; c++) {
        uint32_t path;

        PX_TRY(pxi_names_of(&w->names, ret->columns[c].model_no, ret->columns[c].field, &path,
                            ret_err));
        (*ret_wanted)[c] = path != PX_NAME_UNWANTED;
    }
    return PX_OK;
}

/* True when the head of a block tells all: whole in the range, and alone in its times. The build
 * was just sorted. */
static bool stands_alone(const px_walk *w, const px_block *block, const px_source *next)
{
    const px_gather *g = &w->gather;

    return w->block && (w->build.rows.len == 0 || w->build.rows.ptr[0].time > block->last) &&
           (g->from == PX_TIME_NONE || block->first >= g->from) &&
           (g->to == PX_TIME_NONE || block->last < g->to) && (!next || block->last < next->start);
}

/* Rows that wait may wait long, for a late sample of a far day: they move to memory of their own,
 * and all that was decoded beside them is let go. */
static px_status renew(px_walk *w, px_err *ret_err)
{
    px_arena fresh;
    px_build kept = { 0 };
    bool fits = true;

    px_arena_init(&fresh, w->decoded.limit);
    for (size_t r = 0; r < w->build.rows.len; r++) {
        px_build_row row = w->build.rows.ptr[r];
        uint32_t first = row.cell_first;

        row.cell_first = (uint32_t)kept.cells.len;
        fits = fits && PX_VEC_PUSH(&kept.rows, row);
        for (uint32_t i = 0; fits && i < row.cell_count; i++) {
            px_build_cell cell = w->build.cells.ptr[first + i];

            if (cell.value.text.len > 0)
                cell.value.text = px_arena_str(&fresh, cell.value.text);
            fits =
                PX_VEC_PUSH(&kept.cells, cell) && (cell.value.text.ptr || cell.value.text.len == 0);
        }
    }
    if (!fits) {
        px_arena_release(&fresh);
        px_build_release(&kept);
        return px_no_memory(ret_err);
    }
    kept.unsorted = true; /* sorting finds its end */
    px_build_sort(&kept);
    px_build_release(&w->build);
    px_arena_release(&w->decoded);
    w->build = kept;
    w->decoded = fresh;
    return PX_OK;
}

/* Takes the next source, its bytes made to last as long as the rows that will borrow from them. */
static px_status take(px_walk *w, const px_source *source, px_source *ret_taken, px_err *ret_err)
{
    if (w->build.rows.len == 0 && !w->gather.latest_only)
        px_arena_reset(&w->decoded);
    else if (w->decoded.used > DECODED_BYTES_MUCH)
        PX_TRY(renew(w, ret_err));
    *ret_taken = *source;
    if (source->block.ptr) {
        ret_taken->block = px_arena_str(&w->decoded, source->block);
        if (!ret_taken->block.ptr)
            return px_arena_fail(&w->decoded, ret_err);
    }
    pxi_gather_take(&w->gather);
    return PX_OK;
}

static px_status add_source(px_walk *w, const px_source *source, const px_source *next,
                            px_err *ret_err)
{
    px_build_part part = { .from = w->gather.from, .to = w->gather.to };
    px_block block;
    bool *wanted, done = false;

    if (!source->block.ptr)
        return px_build_add_raw(&w->build, w->gather.raw, w->gather.raw_base, 0, ret_err);
    PX_TRY(open_block(w, source, &block, &wanted, ret_err));
    if (w->gather.from != PX_TIME_NONE && block.last < w->gather.from)
        return PX_OK;
    if (stands_alone(w, &block, next))
        PX_TRY(w->block(w->data, w, &block, &done, ret_err));
    if (done)
        return PX_OK;
    part.columns = wanted;
    PX_TRY(px_build_add_part(&w->build, source->block, &block, &part, &w->decoded, ret_err));
    if (w->build.cells.len * sizeof(*w->build.cells.ptr) > PX_HISTORY_READ_BYTES_MAX)
        return px_fail_id(ret_err, PX_LIMIT, "history.overlap",
                          "more than %d bytes of this range overlap in time; ask for less of it",
                          PX_HISTORY_READ_BYTES_MAX);
    return PX_OK;
}

/* The cell into the row of its time; of two the later position holds. */
static px_status place(px_walk *w, const px_build_row *row, const px_build_cell *cell,
                       px_err *ret_err)
{
    px_history_cell placed = { .model_no = cell->model_no,
                               .field = cell->field,
                               .value = cell->value,
                               .time = row->time,
                               .source_time = row->source,
                               .arrival_time = row->arrival,
                               .seq = (uint64_t)row->seq,
                               .flags = row->flags };
    uint32_t path, at;

    PX_TRY(pxi_names_of(&w->names, cell->model_no, cell->field, &path, ret_err));
    if (path == PX_NAME_UNWANTED)
        return PX_OK;
    while (w->cell_of_path.len <= path)
        if (!PX_VEC_PUSH(&w->cell_of_path, 0))
            return px_no_memory(ret_err);
    placed.path = w->names.paths.ptr[path];
    at = w->cell_of_path.ptr[path];
    if (at > 0) { /* said twice with one value: the first telling of it stays */
        if (!px_value_same(w->cells.ptr[at - 1].value, placed.value))
            w->cells.ptr[at - 1] = placed;
        return PX_OK;
    }
    if (!PX_VEC_PUSH(&w->cells, placed) || !PX_VEC_PUSH(&w->cell_paths, path))
        return px_no_memory(ret_err);
    w->cell_of_path.ptr[path] = (uint32_t)w->cells.len;
    return PX_OK;
}

static void clear_cells(px_walk *w)
{
    for (size_t i = 0; i < w->cell_paths.len; i++)
        w->cell_of_path.ptr[w->cell_paths.ptr[i]] = 0;
    w->cells.len = w->cell_paths.len = 0;
}

static bool in_range(const px_gather *g, px_time time)
{
    return (g->from == PX_TIME_NONE || time >= g->from) && (g->to == PX_TIME_NONE || time < g->to);
}

static uint64_t moment_of(const px_build_row *row)
{
    return px_row_moment(row->flags, row->seq);
}

/* The rows from `at` to `end`, of one time, as far as they speak of one moment. */
static px_status give_moment(px_walk *w, uint64_t moment, size_t at, size_t end, px_err *ret_err)
{
    const px_build *b = &w->build;

    clear_cells(w);
    w->moment = moment;
    for (; at < end; at++)
        for (uint32_t i = 0;
             moment_of(&b->rows.ptr[at]) == moment && i < b->rows.ptr[at].cell_count; i++)
            PX_TRY(
                place(w, &b->rows.ptr[at], &b->cells.ptr[b->rows.ptr[at].cell_first + i], ret_err));
    return w->cells.len > 0 ? w->row(w->data, w, b->rows.ptr[end - 1].time, ret_err) : PX_OK;
}

/* First the moment 0, of whatever position; then those that arrived at this time, in their order.
 */
static px_status give_time(px_walk *w, size_t at, size_t end, px_err *ret_err)
{
    const px_build_row *rows = w->build.rows.ptr;

    PX_TRY(give_moment(w, 0, at, end, ret_err));
    while (at < end) { /* one event may have rows of both kinds */
        size_t first = at;

        while (at < end && rows[at].seq == rows[first].seq)
            at++;
        PX_TRY(give_moment(w, (uint64_t)rows[first].seq, first, at, ret_err));
    }
    return PX_OK;
}

/* Gives out what stands before `before`; the rest moves to the build's beginning. */
static px_status give_out(px_walk *w, px_time before, bool all, px_err *ret_err)
{
    px_build *b = &w->build;
    size_t at = 0, end;

    px_build_sort(b);
    while (at < b->rows.len && (all || b->rows.ptr[at].time < before)) {
        px_time time = b->rows.ptr[at].time;

        for (end = at; end < b->rows.len && b->rows.ptr[end].time == time;)
            end++;
        if (in_range(&w->gather, time))
            PX_TRY(give_time(w, at, end, ret_err));
        at = end;
    }
    if (at == b->rows.len) {
        px_build_clear(b);
        return PX_OK;
    }
    memmove(b->rows.ptr, b->rows.ptr + at, (b->rows.len - at) * sizeof(*b->rows.ptr));
    b->rows.len -= at;
    return PX_OK;
}

static bool past_range(const px_walk *w, const px_source *source)
{
    return w->gather.to != PX_TIME_NONE && source->start >= w->gather.to;
}

static px_status merge(px_walk *w, px_err *ret_err)
{
    const px_source *source;

    for (;;) {
        px_source taken;

        PX_TRY(pxi_gather_peek(&w->gather, &source, ret_err));
        if (!source || past_range(w, source))
            return give_out(w, 0, true, ret_err);
        PX_TRY(give_out(w, source->start, false, ret_err));
        PX_TRY(take(w, source, &taken, ret_err));
        PX_TRY(pxi_gather_peek(&w->gather, &source, ret_err));
        PX_TRY(add_source(w, &taken, source, ret_err));
    }
}

static px_status begin(px_walk *walk, px_err *ret_err)
{
    px_arena_init(&walk->keep, PX_HISTORY_READ_BYTES_MAX);
    px_arena_init(&walk->decoded, PX_HISTORY_READ_BYTES_MAX);
    walk->gather.arena = walk->names.arena = &walk->keep;
    return pxi_gather_begin(&walk->gather, ret_err);
}

px_status pxi_walk_latest(px_walk *walk, px_err *ret_err)
{
    const px_source *source;

    walk->gather.latest_only = true;
    PX_TRY(begin(walk, ret_err));
    for (;;) {
        px_source taken;

        PX_TRY(pxi_gather_peek(&walk->gather, &source, ret_err));
        if (!source)
            return give_out(walk, 0, true, ret_err);
        PX_TRY(take(walk, source, &taken, ret_err));
        PX_TRY(add_source(walk, &taken, NULL, ret_err));
    }
}

px_status pxi_walk(px_walk *walk, px_err *ret_err)
{
    px_status status;

    PX_TRY(begin(walk, ret_err));
    status = merge(walk, ret_err);
    return status == PX_INTERRUPTED ? PX_OK : status;
}

void pxi_walk_release(px_walk *walk)
{
    pxi_gather_end(&walk->gather);
    pxi_names_release(&walk->names);
    px_build_release(&walk->build);
    PX_VEC_RELEASE(&walk->cells);
    PX_VEC_RELEASE(&walk->cell_paths);
    PX_VEC_RELEASE(&walk->cell_of_path);
    px_arena_release(&walk->keep);
    px_arena_release(&walk->decoded);
}
