/* SPDX-License-Identifier: Apache-2.0 */
#include "spine_past.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "history/block.h"
#include "spine_ops.h"

static const char *const paths[SPINE_PATHS] = { "heat", "note", "rate", "run" };

static unsigned path_index(px_str path)
{
    unsigned i = 0;

    while (i < SPINE_PATHS && !px_str_eq(path, px_str_c(paths[i])))
        i++;
    if (i == SPINE_PATHS)
        fprintf(stderr, "history speaks of '%.*s'\n", PX_FMT(path));
    CHECK(i < SPINE_PATHS);
    return i;
}

static unsigned path_of_field(px_world *world, uint32_t model_no, uint32_t field)
{
    const px_model *model = px_registry_model(px_engine_registry(world->engine), model_no);

    CHECK(model != NULL);
    return path_index(px_layout_field(px_model_layout(model), field)->path);
}

void spine_past_init(spine_past *past)
{
    *past = (spine_past){ 0 };
    px_arena_init(&past->arena, 256 << 20);
}

void spine_past_release(spine_past *past)
{
    for (size_t i = 0; i < past->series.len; i++)
        PX_VEC_RELEASE(&past->series.ptr[i].cells);
    PX_VEC_RELEASE(&past->series);
    px_arena_release(&past->arena);
}

unsigned spine_paths_of(px_world *world, uint32_t tenant, px_str twin_id)
{
    const px_registry *registry = px_engine_registry(world->engine);
    px_buf record = { 0 };
    const px_twin *twin;
    unsigned found = 0;

    if (px_graph_read(px_engine_graph(world->engine), tenant, twin_id, &record, &twin, NULL) ==
        PX_OK) {
        const px_layout *layout = px_model_layout(px_registry_model(registry, px_twin_model(twin)));

        for (uint32_t i = 0; i < px_twin_slot_count(twin); i++) {
            uint32_t key = px_twin_slot_at(twin, i).key;

            if (!(key & PX_DESIRED) && px_layout_field(layout, key)->kind == PX_FIELD_PROPERTY)
                found |= 1u << path_index(px_layout_field(layout, key)->path);
        }
    }
    px_buf_release(&record);
    return found;
}

static spine_series *series_of(spine_past *past, const px_event *event)
{
    spine_series fresh = { .tenant = event->tenant, .twin_no = event->twin_no };

    for (size_t i = 0; i < past->series.len; i++)
        if (past->series.ptr[i].twin_no == event->twin_no)
            return &past->series.ptr[i];
    snprintf(fresh.id, sizeof(fresh.id), "%.*s", PX_FMT(event->id));
    CHECK(PX_VEC_PUSH(&past->series, fresh));
    return &past->series.ptr[past->series.len - 1];
}

static bool is_before(const spine_cell *c, px_time time, uint64_t moment, unsigned path)
{
    if (c->time != time)
        return c->time < time;
    return c->moment != moment ? c->moment < moment : c->path < path;
}

/* The first cell that is not before this time, moment and path. */
static size_t lower_bound(const spine_series *s, px_time time, uint64_t moment, unsigned path)
{
    size_t low = 0, high = s->cells.len;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (is_before(&s->cells.ptr[middle], time, moment, path))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void set_cell(spine_past *past, spine_series *s, spine_cell cell, px_str value)
{
    size_t at = lower_bound(s, cell.time, cell.moment, cell.path);

    cell.value = value.len ? px_arena_str(&past->arena, value) : PX_STR("");
    CHECK(cell.value.ptr != NULL);
    if (at < s->cells.len &&
        !is_before(&cell, s->cells.ptr[at].time, s->cells.ptr[at].moment, s->cells.ptr[at].path)) {
        s->cells.ptr[at] = cell;
        return;
    }
    CHECK(PX_VEC_PUSH(&s->cells, cell));
    memmove(s->cells.ptr + at + 1, s->cells.ptr + at, (s->cells.len - 1 - at) * sizeof(spine_cell));
    s->cells.ptr[at] = cell;
    past->cells++;
}

static px_time source_of(const px_event *event, const px_field_value *f)
{
    return f->source_time != PX_TIME_NONE ? f->source_time : event->source_time;
}

static bool is_of_arrival(const px_event *event, const px_field_value *f)
{
    return source_of(event, f) == PX_TIME_NONE || f->flags & PX_FIELD_AHEAD;
}

static px_time time_of(const px_event *event, const px_field_value *f)
{
    return is_of_arrival(event, f) ? event->time : source_of(event, f);
}

/* Desired values have no history. */
static bool is_of_history(const px_event *event)
{
    return event->type == PX_EVENT_TWIN_PUT || event->type == PX_EVENT_TWIN_PATCH ||
           event->type == PX_EVENT_DEVICE_MESSAGE || event->type == PX_EVENT_TELEMETRY;
}

unsigned spine_past_add(spine_past *past, px_world *world, const px_event *event)
{
    px_buf text = { 0 };
    unsigned removed = 0;
    spine_series *s;

    if (!is_of_history(event))
        return 0;
    s = series_of(past, event);
    for (size_t i = 0; i < event->field_count; i++) {
        const px_field_value *f = &event->fields[i];
        unsigned path = path_of_field(world, event->model_no, f->field);
        spine_cell cell = { .time = time_of(event, f), .path = path };

        if (is_of_arrival(event, f))
            cell.moment = event->seq;
        text.len = 0;
        if (f->value.kind != PX_VALUE_NONE)
            px_put_json_value(&text, f->value);
        else
            removed |= 1u << path;
        set_cell(past, s, cell, px_buf_str(&text));
    }
    px_buf_release(&text);
    return removed;
}

/* ---- against the server ---- */

typedef struct listener {
    const spine_series *s;
    unsigned hearing;
    px_time last;
    size_t cells;
    unsigned seen; /* paths */
} listener;

static void complain(const listener *l, px_str path, px_time time, px_str got, px_str wanted)
{
    fprintf(stderr, "history of %s (tenant %u, twin %u): %.*s at %lld is '%.*s', wanted '%.*s'\n",
            l->s->id, l->s->tenant, l->s->twin_no, PX_FMT(path), (long long)time, PX_FMT(got),
            PX_FMT(wanted));
    exit(1);
}

static uint64_t moment_of(const px_history_cell *cell)
{
    return px_row_moment(cell->flags, (int64_t)cell->seq);
}

static void check_cell(listener *l, const px_history_cell *cell)
{
    unsigned path = path_index(cell->path);
    size_t at = lower_bound(l->s, cell->time, moment_of(cell), path);
    spine_cell *wanted = at < l->s->cells.len ? &l->s->cells.ptr[at] : NULL;
    px_buf text = { 0 };

    if (cell->value.kind != PX_VALUE_NONE)
        px_put_json_value(&text, cell->value);
    if (!wanted || wanted->time != cell->time || wanted->path != path)
        complain(l, cell->path, cell->time, px_buf_str(&text), PX_STR("nothing"));
    else if (!px_str_eq(px_buf_str(&text), wanted->value))
        complain(l, cell->path, cell->time, px_buf_str(&text), wanted->value);
    px_buf_release(&text);
    CHECK(l->hearing == 0 || wanted->heard != l->hearing); /* once */
    wanted->heard = l->hearing;
    l->cells++;
}

static px_status hear_row(void *data, const px_history_row *row, px_err *ret_err)
{
    listener *l = data;

    (void)ret_err;
    CHECK(row->time >= l->last || l->cells == 0);
    l->last = row->time;
    for (size_t i = 0; i < row->cell_count; i++)
        check_cell(l, &row->cells[i]);
    return PX_OK;
}

/* What stands in the range and was not heard is lost. */
static void check_range(px_world *world, px_principal *who, spine_series *s, px_time from,
                        px_time to, uint32_t limit)
{
    listener l = { .s = s, .hearing = ++s->hearing };
    px_history_query query = { .twin_no = s->twin_no, .from = from, .to = to, .limit = limit };
    px_history_page page;
    size_t first = from == PX_TIME_NONE ? 0 : lower_bound(s, from, 0, 0);
    size_t end = to == PX_TIME_NONE ? s->cells.len : lower_bound(s, to, 0, 0);
    char cursor[PX_HISTORY_CURSOR_BYTES];
    px_err err;

    do {
        CHECK_OK(px_history_range(world->history, who, &query, hear_row, &l, &page, &err), &err);
        memcpy(cursor, page.next, sizeof(cursor));
        query.cursor = px_str_c(cursor);
    } while (cursor[0]);
    if (end < first)
        end = first;
    for (size_t i = first; i < end; i++)
        if (s->cells.ptr[i].heard != s->hearing)
            complain(&l, px_str_c(paths[s->cells.ptr[i].path]), s->cells.ptr[i].time,
                     PX_STR("not told"), s->cells.ptr[i].value);
    CHECK_EQ(l.cells, end - first);
}

static px_status hear_last(void *data, const px_history_cell *cell, px_err *ret_err)
{
    listener *l = data;
    unsigned path = path_index(cell->path);

    (void)ret_err;
    check_cell(l, cell);
    CHECK(!(l->seen & 1u << path));
    l->seen |= 1u << path;
    for (size_t at = lower_bound(l->s, cell->time, moment_of(cell), path) + 1; at < l->s->cells.len;
         at++)
        CHECK(l->s->cells.ptr[at].path != path);
    return PX_OK;
}

static px_status hear_count(void *data, const px_history_summary *summary, px_err *ret_err)
{
    listener *l = data;
    unsigned path = path_index(summary->path);
    uint64_t wanted = 0;

    (void)ret_err;
    for (size_t i = 0; i < l->s->cells.len; i++)
        wanted += l->s->cells.ptr[i].path == path && l->s->cells.ptr[i].value.len > 0;
    CHECK_EQ(summary->count, wanted);
    l->cells += wanted;
    return PX_OK;
}

static void check_last_and_count(px_world *world, px_principal *who, const spine_series *s)
{
    listener last = { .s = s }, count = { .s = s };
    px_history_query query = { .twin_no = s->twin_no, .from = PX_TIME_NONE, .to = PX_TIME_NONE };
    unsigned wanted = 0;
    size_t values = 0;
    px_err err;

    for (size_t i = 0; i < s->cells.len; i++) {
        wanted |= 1u << s->cells.ptr[i].path;
        values += s->cells.ptr[i].value.len > 0;
    }
    CHECK_OK(px_history_last(world->history, who, &query, hear_last, &last, &err), &err);
    CHECK_EQ(last.seen, wanted);
    CHECK_OK(px_history_count(world->history, who, &query, hear_count, &count, &err), &err);
    CHECK_EQ(count.cells, values);
}

static px_status hear_nothing(void *data, const px_history_row *row, px_err *ret_err)
{
    (void)data;
    (void)row;
    (void)ret_err;
    CHECK(!"a row of another tenant");
    return PX_OK;
}

void spine_past_check(spine_past *past, px_world *world, px_gen *gen)
{
    for (size_t i = 0; i < past->series.len; i++) {
        spine_series *s = &past->series.ptr[i];
        px_principal who = spine_principal(world, s->tenant);
        px_principal other = spine_principal(world, 3 - s->tenant);
        px_history_query query = { .twin_no = s->twin_no,
                                   .from = PX_TIME_NONE,
                                   .to = PX_TIME_NONE };
        px_time from = (px_time)(1000 + px_gen_below(gen, 300)) * PX_SECOND;
        px_err err;

        check_range(world, &who, s, PX_TIME_NONE, PX_TIME_NONE, 0);
        check_range(world, &who, s, from, from + (px_time)px_gen_below(gen, 100) * PX_SECOND,
                    (uint32_t)px_gen_below(gen, 40) + 1);
        check_last_and_count(world, &who, s);
        CHECK(px_history_range(world->history, &other, &query, hear_nothing, NULL, NULL, &err) ==
                  PX_OK ||
              err.status == PX_NOT_FOUND);
    }
    past->checks++;
}
