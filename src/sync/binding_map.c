/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A message, row by row: each row's fields are read once and then go to the twins that they are
 * for. Twins are few and their names repeat, so they are looked up by hash in a small map of the
 * message. What is wrong with a field or a row is a miss; what is wrong with the message, or with
 * memory, ends it.
 */
#include "base/map.h"
#include "sync/binding_inner.h"

enum { SAMPLES_FIRST = 1, FIELDS_FIRST = 1 };

bool pxi_is_fatal(px_status status)
{
    return status == PX_LIMIT || status == PX_NO_MEMORY;
}

/* Slots count from 1: templates of the binding first, then those of a field's own. */
static uint32_t slot_of(bool is_own, uint32_t index)
{
    return (is_own ? PX_BINDING_TWINS_MAX : 0) + index + 1;
}

/* ---- twins ---- */

static px_bound_twin *find_twin(const pxi_mapping *m, px_str id, uint64_t hash)
{
    const px_map *map = &m->by_id;

    for (size_t at = px_map_first(map, hash); at != PX_MAP_END; at = px_map_next(map, hash, at))
        if (px_str_eq(m->out.twins[map->values[at]]->id, id))
            return m->out.twins[map->values[at]];
    return NULL;
}

static px_status grow_twins(pxi_mapping *m)
{
    uint32_t cap = m->cap ? m->cap * 2 : 4;
    px_bound_twin **twins;

    if (m->out.twin_count == PX_BINDING_ITEMS_MAX)
        return px_fail_id(m->ret_err, PX_TOO_LARGE, "binding.twins",
                          "one message goes to at most %d twins", PX_BINDING_ITEMS_MAX);
    if (m->out.twin_count < m->cap)
        return PX_OK;
    twins = PX_ARENA_ARRAY(m->arena, px_bound_twin *, cap);
    if (!twins)
        return px_arena_fail(m->arena, m->ret_err);
    if (m->out.twin_count)
        memcpy(twins, m->out.twins, m->out.twin_count * sizeof(*twins));
    m->out.twins = twins;
    m->cap = cap;
    return PX_OK;
}

/* The twin, or the template that makes it; PX_NOT_FOUND and its kin are its own. */
static px_status meet(pxi_mapping *m, const pxi_row *row, px_bound_twin *twin, bool may_create,
                      px_err *err)
{
    px_status status = m->world->twin(m->world->data, twin->id, &twin->model, err);

    if (status != PX_NOT_FOUND || !may_create || !m->b->has_create)
        return status;
    if (twin->id.len > PX_TWIN_ID_BYTES_MAX)
        return px_fail_id(err, PX_INVALID, "twin.id", "a twin id has at most %d bytes",
                          PX_TWIN_ID_BYTES_MAX);
    PX_TRY(m->world->model(m->world->data, m->b->create.model, &twin->model, err));
    return pxi_create_twin(row, twin, err);
}

/* `*ret_twin` NULL: it was a miss, or is not wanted. `name`: of the field whose own template it is.
 */
static px_status find_target(pxi_mapping *m, const pxi_row *row, const pxi_template *t,
                             uint32_t slot, px_str name, px_bound_twin **ret_twin)
{
    px_bound_twin fresh = { 0 };
    px_err err = { 0 };
    px_status status = pxi_template_fill(row, t, &fresh.id, &err);
    uint64_t hash;

    *ret_twin = NULL;
    if (!pxi_is_wanted(m, row->number, slot, name))
        return PX_OK;
    if (status == PX_OK) {
        hash = px_str_hash(fresh.id);
        *ret_twin = find_twin(m, fresh.id, hash);
        if (*ret_twin)
            return PX_OK;
        PX_TRY(grow_twins(m));
        status = meet(m, row, &fresh, name.len == 0, &err);
    }
    if (pxi_is_fatal(status)) {
        if (m->ret_err)
            *m->ret_err = err;
        return status;
    }
    if (status != PX_OK) {
        pxi_miss(
            m, &(px_bind_miss){ .row = row->number, .slot = slot, .twin = fresh.id, .name = name },
            &err);
        return PX_OK;
    }
    *ret_twin = PX_ARENA_NEW(m->arena, px_bound_twin);
    if (!*ret_twin)
        return px_arena_fail(m->arena, m->ret_err);
    if (!px_map_add(&m->by_id, hash, (uint32_t)m->out.twin_count))
        return px_no_memory(m->ret_err);
    m->out.twins[m->out.twin_count++] = *ret_twin;
    **ret_twin = fresh;
    return PX_OK;
}

/* ---- samples ---- */

/* The sample of this row: the last one, if it was begun for it. */
static px_status begin_sample(pxi_mapping *m, px_bound_twin *twin, px_time time)
{
    px_sample *sample;

    if (twin->sample_count == twin->sample_cap) {
        size_t cap = twin->sample_cap ? twin->sample_cap * 2 : SAMPLES_FIRST;
        px_sample *samples = PX_ARENA_ARRAY(m->arena, px_sample, cap);

        if (!samples)
            return px_arena_fail(m->arena, m->ret_err);
        if (twin->sample_count)
            memcpy(samples, twin->samples, twin->sample_count * sizeof(*samples));
        twin->samples = samples;
        twin->sample_cap = cap;
    }
    sample = &twin->samples[twin->sample_count];
    *sample = (px_sample){ .source_time = time };
    twin->field_cap = 0;
    twin->sample_count++;
    return PX_OK;
}

static px_status grow_fields(pxi_mapping *m, px_bound_twin *twin, px_sample *sample, px_err *err)
{
    size_t cap = twin->field_cap ? twin->field_cap * 2 : FIELDS_FIRST;
    px_field_value *fields;

    if (sample->field_count < twin->field_cap)
        return PX_OK;
    fields = PX_ARENA_ARRAY(m->arena, px_field_value, cap);
    if (!fields)
        return px_arena_fail(m->arena, err);
    if (sample->field_count)
        memcpy(fields, sample->fields, sample->field_count * sizeof(*fields));
    sample->fields = fields;
    twin->field_cap = cap;
    return PX_OK;
}

typedef struct row_state {
    pxi_row row;
    px_time time;
    px_bound_twin *twins[PX_BINDING_TWINS_MAX]; /* of the binding; NULL: missed */
    bool has_twins;
    const pxi_fault *fault; /* the next one, of this row or of one behind it */
} row_state;

static const px_field *find_field(const px_layout *layout, px_str to)
{
    const px_field *field = px_layout_find_path(layout, to);

    return field ? field : px_layout_find(layout, PX_NO_COMPONENT, to);
}

static px_status unknown(const px_bound_twin *twin, px_str to, px_err *err)
{
    px_str near = px_layout_nearest(twin->model.layout, PX_NO_COMPONENT, to);

    return px_fail_id(err, PX_INVALID, "sync.unknown", "the model %.*s has no '%.*s'%s%.*s%s",
                      PX_FMT(twin->model.dtmi), PX_FMT(to), near.len ? "; did you mean '" : "",
                      PX_FMT(near), near.len ? "'?" : "");
}

/* One value into one twin. What is wrong with it is told in `err`. */
static px_status put_value(pxi_mapping *m, row_state *s, px_bound_twin *twin, px_str to,
                           const px_unit_factor *unit, const px_json *node, px_value value,
                           px_err *err)
{
    const px_field *field = find_field(twin->model.layout, to);
    px_field_value settled = { .source_time = PX_TIME_NONE };
    px_sample *sample;

    if (!field)
        return unknown(twin, to, err);
    PX_TRY(pxi_value_settle(&s->row, unit, node, value, field, &settled.value, err));
    settled.field = field->index;
    if (twin->row != s->row.number) { /* the last sample is of another row */
        PX_TRY(begin_sample(m, twin, s->time));
        twin->row = s->row.number;
    }
    sample = &twin->samples[twin->sample_count - 1];
    for (size_t i = 0; i < sample->field_count; i++)
        if (sample->fields[i].field == field->index)
            return px_fail_id(err, PX_INVALID, "binding.twice",
                              "'%.*s' got a value of this row already", PX_FMT(field->path));
    if (m->out.values == PX_BINDING_VALUES_MAX)
        return px_fail_id(err, PX_LIMIT, "binding.values_max",
                          "one message becomes at most %d values", PX_BINDING_VALUES_MAX);
    PX_TRY(grow_fields(m, twin, sample, err));
    sample->fields[sample->field_count++] = settled;
    m->out.values++;
    return PX_OK;
}

static px_status put_or_miss(pxi_mapping *m, row_state *s, px_bound_twin *twin, uint32_t slot,
                             px_str name, px_str to, const px_unit_factor *unit,
                             const px_json *node, px_value value)
{
    px_err err = { 0 };
    px_status status;

    if (!pxi_is_wanted(m, s->row.number, slot, name))
        return PX_OK;
    status = put_value(m, s, twin, to, unit, node, value, &err);
    if (pxi_is_fatal(status)) {
        if (m->ret_err)
            *m->ret_err = err;
        return status;
    }
    if (status != PX_OK)
        pxi_miss(
            m,
            &(px_bind_miss){ .row = s->row.number, .slot = slot, .twin = twin->id, .name = name },
            &err);
    return PX_OK;
}

/* ---- rows ---- */

/* The twins of the binding itself, once for each row that has something for them. */
static px_status find_targets(pxi_mapping *m, row_state *s)
{
    if (s->has_twins)
        return PX_OK;
    s->has_twins = true;
    for (uint32_t i = 0; i < m->b->twin_count; i++)
        PX_TRY(
            find_target(m, &s->row, &m->b->twins[i], slot_of(false, i), PX_STR(""), &s->twins[i]));
    return PX_OK;
}

static px_status map_field(pxi_mapping *m, row_state *s, uint32_t index)
{
    const pxi_field *f = &m->b->fields[index];
    const px_json *node = s->row.nodes[index];
    px_value value = s->row.values[index];

    if (f->to.len == 0 || value.kind == PX_VALUE_NONE)
        return PX_OK;
    if (f->twin_count == 0) {
        PX_TRY(find_targets(m, s));
        for (uint32_t i = 0; i < m->b->twin_count; i++)
            if (s->twins[i])
                PX_TRY(put_or_miss(m, s, s->twins[i], slot_of(false, i), f->name, f->to, f->unit,
                                   node, value));
        return PX_OK;
    }
    for (uint32_t i = 0; i < f->twin_count; i++) {
        px_bound_twin *twin;

        PX_TRY(find_target(m, &s->row, &f->twins[i], slot_of(true, i), f->name, &twin));
        if (twin)
            PX_TRY(put_or_miss(m, s, twin, slot_of(true, i), f->name, f->to, f->unit, node, value));
    }
    return PX_OK;
}

/* A field reads this member of the rest itself. */
static bool is_taken(const pxi_row *row, const px_json *member)
{
    const px_binding *b = row->binding;

    for (uint32_t i = 0; i < b->field_count; i++)
        if (row->found[i] == member)
            return true;
    for (uint32_t t = 0; t < b->twin_count; t++)
        for (uint32_t i = 0; i < b->twins[t].count; i++)
            if (b->twins[t].pieces[i].kind == PXI_PIECE_PLACE &&
                pxi_place_find(row, &b->twins[t].pieces[i].place) == member)
                return true;
    return (b->has_time && pxi_place_find(row, &b->time) == member) ||
           (b->has_quality && pxi_place_find(row, &b->quality) == member);
}

static px_status put_rest(pxi_mapping *m, row_state *s, uint32_t index, px_str to,
                          const px_json *member)
{
    return put_or_miss(m, s, s->twins[index], slot_of(false, index), to, to, NULL, member,
                       pxi_value_of(member));
}

/* What stands in an object that is called like a component: `motor.rpm`. */
static px_status put_component(pxi_mapping *m, row_state *s, uint32_t index, const px_json *object)
{
    for (const px_json *member = object->first; member; member = member->next) {
        px_buf path = { 0 };
        px_str to;

        if (member->type == PX_JSON_NULL)
            continue;
        px_putf(&path, "%.*s.%.*s", PX_FMT(object->key), PX_FMT(member->key));
        to = px_arena_str(m->arena, px_buf_str(&path));
        px_buf_release(&path);
        if (!to.ptr)
            return px_arena_fail(m->arena, m->ret_err);
        PX_TRY(put_rest(m, s, index, to, member));
    }
    return PX_OK;
}

static bool is_component(const px_bound_twin *twin, const px_json *member)
{
    return member->type == PX_JSON_OBJECT &&
           px_layout_component_find(twin->model.layout, member->key) != PX_NO_COMPONENT;
}

static px_status map_rest(pxi_mapping *m, row_state *s)
{
    const px_json *rest = pxi_place_find(&s->row, &m->b->rest);

    if (!px_json_is(rest, PX_JSON_OBJECT))
        return PX_OK;
    for (const px_json *member = rest->first; member; member = member->next) {
        if (member->type == PX_JSON_NULL || is_taken(&s->row, member))
            continue;
        PX_TRY(find_targets(m, s));
        for (uint32_t i = 0; i < m->b->twin_count; i++) {
            if (!s->twins[i])
                continue;
            if (is_component(s->twins[i], member))
                PX_TRY(put_component(m, s, i, member));
            else
                PX_TRY(put_rest(m, s, i, member->key, member));
        }
    }
    return PX_OK;
}

/* False: the row counts for nothing, and was a miss when something was wrong with it. */
static px_status enter_row(pxi_mapping *m, row_state *s, bool *ret_goes_on)
{
    const px_formula *when = &m->b->when;
    px_expr_rows rows = { .attribute = pxi_attribute };
    px_expr_machine machine;
    px_err err = { 0 };
    px_value holds;
    px_status status;

    *ret_goes_on = true;
    if (m->b->has_when) {
        px_expr_machine_init(&machine, when->expr, &rows);
        status = px_formula_value(when, &machine, &s->row, &holds, m->ret_err);
        px_expr_machine_release(&machine);
        PX_TRY(status);
        *ret_goes_on = holds.kind == PX_VALUE_BOOL && holds.boolean;
        m->out.passed += !*ret_goes_on;
    }
    if (!*ret_goes_on)
        return PX_OK;
    if (pxi_time_of(&s->row, &s->time, &err) == PX_OK) {
        if (pxi_quality_is_good(&s->row))
            return PX_OK;
        px_fail_id(&err, PX_INVALID, "binding.quality",
                   "its quality is none of those that the binding calls good");
    } else {
        err.id = "binding.time";
    }
    *ret_goes_on = false;
    pxi_miss(m, &(px_bind_miss){ .row = s->row.number }, &err);
    return PX_OK;
}

static void miss_fault(pxi_mapping *m, const pxi_fault *fault)
{
    px_err why;

    px_fail_id(&why, PX_INVALID, fault->id, "%.*s", PX_FMT(fault->text));
    pxi_miss(m, &(px_bind_miss){ .row = fault->row }, &why);
}

/* True: it could not be read, and is a miss. */
static bool is_faulty(pxi_mapping *m, row_state *s)
{
    const pxi_fault *fault = s->fault;

    if (!fault || fault->row != s->row.number)
        return false;
    s->fault = fault->next;
    miss_fault(m, fault);
    return true;
}

static px_status map_row(pxi_mapping *m, row_state *s, px_json *node)
{
    size_t values = m->out.values, missed = m->out.missed;
    bool goes_on;

    s->row.node = node;
    s->row.number++;
    s->has_twins = false;
    if (is_faulty(m, s) || (m->input->only_row && m->input->only_row != s->row.number))
        return PX_OK;
    PX_TRY(pxi_values_read(m, &s->row, m->ret_err));
    PX_TRY(enter_row(m, s, &goes_on));
    for (uint32_t i = 0; goes_on && i < m->b->field_count; i++)
        PX_TRY(map_field(m, s, i));
    if (goes_on && m->b->has_rest)
        PX_TRY(map_rest(m, s));
    if (goes_on && m->out.values == values && m->out.missed == missed)
        pxi_note_nothing(m, &s->row);
    return PX_OK;
}

static px_status map_rows(pxi_mapping *m, row_state *s, px_json *rows)
{
    bool many = rows->type == PX_JSON_ARRAY || (m->b->has_rows && rows->type == PX_JSON_OBJECT);

    if (!many)
        return map_row(m, s, rows);
    if (rows->count > PX_MESSAGE_SAMPLES_MAX)
        return px_fail_id(m->ret_err, PX_TOO_LARGE, "binding.rows",
                          "one message holds at most %d rows", PX_MESSAGE_SAMPLES_MAX);
    for (px_json *row = rows->first; row; row = row->next)
        PX_TRY(map_row(m, s, row));
    return PX_OK;
}

static px_status map_message(pxi_mapping *m)
{
    row_state s = { .row = { .binding = m->b, .input = m->input, .arena = m->arena } };
    const pxi_fault *faults;
    px_json *root, *rows;

    s.row.values = PX_ARENA_ARRAY(m->arena, px_value, m->b->field_count + 1);
    s.row.nodes = PX_ARENA_ARRAY(m->arena, const px_json *, m->b->field_count + 1);
    s.row.found = PX_ARENA_ARRAY(m->arena, const px_json *, m->b->field_count + 1);
    if (!s.row.values || !s.row.nodes || !s.row.found)
        return px_arena_fail(m->arena, m->ret_err);
    PX_TRY(pxi_payload_read(m->b, m->input, m->arena, &s.row.payload, m->ret_err));
    root = s.row.payload.root;
    faults = s.row.payload.faults;
    pxi_levels_cut(m->b, m->input->topic, s.row.levels);
    rows = m->b->has_rows ? px_json_pointer_find(root, &m->b->rows) : root;
    if (!rows)
        return px_fail_id(m->ret_err, PX_INVALID, "binding.rows",
                          "the message has nothing where 'rows' says");
    if (rows == root)
        s.fault = faults;
    PX_TRY(map_rows(m, &s, rows));
    for (; rows != root && faults; faults = faults->next) /* 'rows' says others */
        miss_fault(m, faults);
    m->out.rows = s.row.number;
    return PX_OK;
}

px_status px_binding_map(const px_binding *binding, const px_bind_input *input,
                         const px_bind_world *world, px_arena *arena, px_bound *ret_bound,
                         px_err *ret_err)
{
    pxi_mapping m = { .b = binding,
                      .input = input,
                      .world = world,
                      .arena = arena,
                      .misses_max = input->misses_max ? input->misses_max : PX_BIND_MISSES_MAX,
                      .ret_err = ret_err };
    px_status status = map_message(&m);

    px_map_release(&m.by_id);
    if (status == PX_OK)
        *ret_bound = m.out;
    return status;
}
