/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows that become nothing. A wrong letter in a place is nothing that a field could miss: the row
 * just has no value for it. So a row of which nothing was taken and nothing missed is a miss of its
 * own, which says what was looked for and what there is. It is silence where it is meant: a row
 * that `when` passes over, a field that stands there as null or as an empty cell, and metrics of
 * Sparkplug, which are those that changed. Whether another binding understood the message only its
 * door knows: the rows are told apart from the misses until that one asks for them.
 */
#include "sync/binding_inner.h"

enum { NAMES_MAX = 3, NAME_BYTES_MAX = 20 };

/* ---- what is empty on purpose ---- */

static bool is_column(const pxi_row *row, const pxi_place *place)
{
    px_str name = place->is_key               ? place->key
                  : place->pointer.count == 1 ? place->pointer.steps[0]
                                              : (px_str){ 0 };

    for (size_t i = 0; name.len && i < row->payload.column_count; i++)
        if (px_str_eq(row->payload.columns[i], name))
            return true;
    return false;
}

/* The sender said that there is no value. */
static bool is_empty_on_purpose(const pxi_row *row)
{
    const px_binding *b = row->binding;

    for (uint32_t i = 0; i < b->field_count; i++) {
        const pxi_place *from = &b->fields[i].from;

        if (b->fields[i].has_formula || pxi_place_find(row, from))
            continue;
        if (pxi_place_is_null(row, from) || is_column(row, from))
            return true;
    }
    return false;
}

/* ---- the sentence ---- */

/* 'temp', 'u', … */
static void put_name(px_buf *buf, px_str name, size_t number)
{
    px_str head = px_str_head(name, NAME_BYTES_MAX);

    if (number < NAMES_MAX)
        px_putf(buf, "%s'%.*s%s'", number ? ", " : "", PX_FMT(head),
                head.len < name.len ? "…" : "");
    else if (number == NAMES_MAX)
        px_put_c(buf, ", …");
}

/* Places without a value; where all have one, formulas without one; or the rest. */
static size_t put_wanted(px_buf *buf, const pxi_row *row)
{
    const px_binding *b = row->binding;
    size_t count = 0;

    for (uint32_t i = 0; i < b->field_count; i++)
        if (!b->fields[i].has_formula && row->values[i].kind == PX_VALUE_NONE)
            put_name(buf, b->fields[i].from.key, count++);
    for (uint32_t i = 0; count == 0 && i < b->field_count; i++)
        if (b->fields[i].has_formula && row->values[i].kind == PX_VALUE_NONE)
            put_name(buf, b->fields[i].name, count++);
    if (b->has_rest && b->rest.key.len)
        put_name(buf, b->rest.key, count++);
    return count;
}

static void put_there(px_buf *buf, const px_json *node)
{
    size_t count = 0;

    if (node->type != PX_JSON_OBJECT) {
        px_putf(buf, "it is %s", px_json_type_name(node->type));
        return;
    }
    px_put_c(buf, node->first ? "the row has " : "the row is empty");
    for (const px_json *member = node->first; member && count <= NAMES_MAX; member = member->next)
        put_name(buf, member->key, count++);
}

/* "there is no value for 'temp', 'u'; the row has 'tmep', 'ts'" */
static void put_sentence(px_buf *buf, const pxi_row *row)
{
    px_put_c(buf, "there is no value for ");
    if (put_wanted(buf, row) == 0) {
        px_buf_clear(buf);
        px_put_c(buf, "no member becomes a value");
    }
    px_put_c(buf, "; ");
    put_there(buf, row->node);
}

/* ---- the rows ---- */

void pxi_note_nothing(pxi_mapping *m, const pxi_row *row)
{
    const px_bind_input *in = m->input;
    px_bound *out = &m->out;
    px_buf text = { 0 };
    px_bind_miss *miss;
    px_err why;

    if (m->b->is_sparkplug || in->only_slot || in->only_name.len)
        return;
    if (is_empty_on_purpose(row)) {
        out->empty++;
        return;
    }
    out->nothing++;
    out->misses_max = m->misses_max;
    if (!out->nothings) /* without memory they are only counted */
        out->nothings = PX_ARENA_ARRAY(m->arena, px_bind_miss, m->misses_max);
    if (!out->nothings || out->nothing > m->misses_max)
        return;
    put_sentence(&text, row);
    px_fail_id(&why, PX_INVALID, "binding.nothing", "%.*s", PX_FMT(px_buf_str(&text)));
    px_buf_release(&text);
    miss = &out->nothings[out->nothing - 1];
    *miss = (px_bind_miss){ .row = row->number, .id = why.id };
    px_err_copy(&why, miss->text, sizeof(miss->text));
}

/* The first since long; of several threads that see that one. */
static bool is_due(const px_binding *binding, px_time now)
{
    px_binding *b = (px_binding *)(uintptr_t)binding; /* that is no part of what it says */
    int64_t at = atomic_load(&b->nothing_at);

    return (at == 0 || now < at || now - at >= PX_BINDING_NOTHING_NS) &&
           atomic_compare_exchange_strong(&b->nothing_at, &at, now);
}

void px_bound_tell_nothing(px_bound *bound, const px_binding *binding, px_time now)
{
    size_t kept = bound->nothing < bound->misses_max ? bound->nothing : bound->misses_max;
    bool is_told = bound->nothing > 0 && (!binding || is_due(binding, now));

    bound->missed += bound->nothing;
    bound->nothing = 0;
    if (!bound->nothings || !is_told)
        return;
    if (binding && kept > 1)
        kept = 1;
    if (!bound->misses) {
        bound->misses = bound->nothings;
        bound->miss_count = kept;
        return;
    }
    for (size_t i = 0; i < kept && bound->miss_count < bound->misses_max; i++)
        bound->misses[bound->miss_count++] = bound->nothings[i];
}

bool px_bound_is_understood(const px_bound *bound)
{
    return bound->values > 0 || bound->miss_count > 0 || bound->empty > 0;
}
