/* SPDX-License-Identifier: Apache-2.0 */
/*
 * First what held when the period began: the last state and ideal cycle time before it, looked for
 * in ever longer whiles. Then one pass over the unit's history, from a little before the period, so
 * that the counters' first readings are known.
 */
#include "insight/unit_oee.h"

#include "model/model.h"

enum { ROWS_PER_PAGE = 10000 };
enum { STATE, IDEAL, TOTAL, GOOD, NAMES }; /* those that hold until they change come first */

#define COUNTERS_BEFORE_NS (60 * PX_SECOND)

static const px_str names[NAMES] = { [STATE] = { "state", 5 },
                                     [IDEAL] = { "idealCycleTime", 14 },
                                     [TOTAL] = { "totalCount", 10 },
                                     [GOOD] = { "goodCount", 9 } };

/* ---- which unit ---- */

static bool is_unit(const px_registry *registry, const px_twin *twin)
{
    const px_model *model = px_registry_model(registry, px_twin_model(twin));

    for (size_t i = 0; model && i < NAMES; i++)
        if (!px_layout_find_path(px_model_layout(model), names[i]))
            return false;
    return model != NULL;
}

static double ideal_of(const px_registry *registry, const px_twin *twin)
{
    const px_model *model = px_registry_model(registry, px_twin_model(twin));
    const px_field *field = px_layout_find_path(px_model_layout(model), names[IDEAL]);
    px_slot slot;

    if (!px_twin_slot(twin, field->index, &slot) || slot.value.kind != PX_VALUE_NUM)
        return 0;
    return px_num_to_double(slot.value.num);
}

static const px_twin *find_bottleneck(const px_view *view, const px_registry *registry,
                                      const px_twin *line)
{
    px_edges edges = px_edges_out(view, px_twin_number(line), PX_STR("contains"));
    const px_twin *slowest = NULL;
    unsigned members = 0;

    for (const px_rel *rel; (rel = px_edges_next(&edges)) && members < PX_KPI_MEMBERS_MAX;
         members++) {
        const px_twin *member = px_view_twin(view, px_rel_tenant(rel), px_rel_target(rel));

        if (member && is_unit(registry, member) &&
            (!slowest || ideal_of(registry, member) > ideal_of(registry, slowest)))
            slowest = member;
    }
    return slowest;
}

static px_status choose_unit(const px_view *view, const px_registry *registry, uint32_t tenant,
                             px_str twin_id, px_arena *arena, px_str *ret_unit, px_err *ret_err)
{
    const px_twin *twin = px_view_find(view, tenant, twin_id);

    if (!twin)
        return px_fail_id(ret_err, PX_NOT_FOUND, "twin.not_found", "there is no twin '%.*s'",
                          PX_FMT(twin_id));
    if (!is_unit(registry, twin))
        twin = find_bottleneck(view, registry, twin);
    if (!twin)
        return px_fail_id(ret_err, PX_NOT_FOUND, "kpi.none",
                          "'%.*s' has no OEE: it is no work unit and contains none",
                          PX_FMT(twin_id));
    *ret_unit = px_arena_str(arena, px_twin_id(twin));
    return ret_unit->ptr ? PX_OK : px_arena_fail(arena, ret_err);
}

/* ---- its history ---- */

typedef struct reading {
    px_history *history;
    const px_principal *principal;
    px_str unit;
    px_oee_fold fold;
    bool has[NAMES]; /* seen before the period */
} reading;

static uint64_t count_of(px_value value)
{
    int64_t count = 0;

    return px_num_to_int(value.num, &count) && count > 0 ? (uint64_t)count : 0;
}

static void fold_value(px_oee_fold *fold, int name, px_time time, px_value value)
{
    bool is_number = value.kind == PX_VALUE_NUM;

    if (name == STATE) /* one that was removed is not known */
        px_oee_state(fold, time,
                     value.kind == PX_VALUE_TEXT ? px_oee_class_of(value.text) : PX_OEE_UNPLANNED);
    else if (name == IDEAL && is_number)
        px_oee_ideal(fold, time, px_num_to_double(value.num));
    else if (name == TOTAL && is_number)
        px_oee_produced(fold, time, count_of(value));
    else if (name == GOOD && is_number)
        px_oee_good(fold, time, count_of(value));
}

static px_status fold_row(void *data, const px_history_row *row, px_err *ret_err)
{
    reading *r = data;

    (void)ret_err;
    for (size_t i = 0; i < row->cell_count; i++)
        for (int name = 0; name < NAMES; name++)
            if (px_str_eq(row->cells[i].path, names[name])) {
                r->has[name] = true;
                fold_value(&r->fold, name, row->cells[i].time, row->cells[i].value);
            }
    return PX_OK;
}

static px_status read_rows(reading *r, int name, int name_count, px_time from, px_time to,
                           px_err *ret_err)
{
    char cursor[PX_HISTORY_CURSOR_BYTES] = "";
    px_history_page page = { 0 };
    px_history_query query = { .twin_id = r->unit,
                               .properties = names + name,
                               .property_count = (size_t)name_count,
                               .from = from,
                               .to = to,
                               .limit = ROWS_PER_PAGE };

    do {
        query.cursor = px_str_c(cursor);
        PX_TRY(px_history_range(r->history, r->principal, &query, fold_row, r, &page, ret_err));
        memcpy(cursor, page.next, sizeof(cursor));
    } while (cursor[0]);
    return PX_OK;
}

/* What holds until it changes, as it was when the period began. */
static px_status read_before(reading *r, int name, px_err *ret_err)
{
    static const int64_t whiles_ns[] = { 3600 * PX_SECOND, 7 * 24 * 3600 * PX_SECOND };
    px_time from = r->fold.from;

    for (size_t i = 0; i < sizeof(whiles_ns) / sizeof(whiles_ns[0]) && !r->has[name]; i++)
        PX_TRY(read_rows(r, name, 1, from - whiles_ns[i], from, ret_err));
    if (r->has[name])
        return PX_OK;
    return read_rows(r, name, 1, PX_TIME_NONE, from, ret_err);
}

static px_status read_unit(reading *r, px_err *ret_err)
{
    PX_TRY(read_before(r, STATE, ret_err));
    PX_TRY(read_before(r, IDEAL, ret_err));
    return read_rows(r, 0, NAMES, r->fold.from - COUNTERS_BEFORE_NS, r->fold.to, ret_err);
}

px_status px_unit_oee_read(px_history *history, px_graph *graph, const px_registry *registry,
                           const px_principal *principal, px_str twin_id, px_time from, px_time to,
                           px_arena *arena, px_unit_oee *ret_oee, px_err *ret_err)
{
    reading r = { .history = history, .principal = principal };
    px_snapshot *snapshot;
    px_unit_oee oee;
    px_status status;

    PX_TRY(px_authorize(principal, PX_ACTION_READ_HISTORY, twin_id, ret_err));
    if (from >= to)
        return px_fail_id(ret_err, PX_INVALID, "kpi.range", "the period ends before it begins");
    PX_TRY(px_graph_snapshot(graph, &snapshot, ret_err));
    status = choose_unit(px_snapshot_view(snapshot), registry, principal->tenant, twin_id, arena,
                         &r.unit, ret_err);
    px_snapshot_release(snapshot);
    PX_TRY(status);
    r.fold = px_oee_fold_of(from, to, PX_OEE_SILENCE_NS_MAX);
    PX_TRY(read_unit(&r, ret_err));
    oee.unit = r.unit;
    oee.figures = px_oee_end(&r.fold);
    oee.oee = px_oee_of(&oee.figures);
    *ret_oee = oee;
    return PX_OK;
}
