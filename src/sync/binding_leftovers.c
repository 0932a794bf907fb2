/* SPDX-License-Identifier: Apache-2.0 */
/* What of a message no field takes: every leaf of the tree that lies below nothing that is read. Of
 * rows the first that could be read is looked at. And whether a member of a row, by its name, is
 * read at all. */
#include "sync/binding_inner.h"

typedef struct search {
    pxi_row row;
    const px_json **used;
    size_t used_count;
    px_json *rows; /* NULL: the message is one row */
    px_str *found;
    size_t max, count;
    px_err *ret_err;
} search;

static void use(search *s, const px_json *node)
{
    if (node)
        s->used[s->used_count++] = node;
}

static void use_template(search *s, const pxi_template *t)
{
    for (uint32_t i = 0; i < t->count; i++)
        if (t->pieces[i].kind == PXI_PIECE_PLACE)
            use(s, pxi_place_find(&s->row, &t->pieces[i].place));
}

static size_t count_uses(const px_binding *b)
{
    size_t count = b->field_count + 8;

    for (uint32_t i = 0; i < b->twin_count; i++)
        count += b->twins[i].count;
    for (uint32_t i = 0; i < b->field_count; i++)
        for (uint32_t t = 0; t < b->fields[i].twin_count; t++)
            count += b->fields[i].twins[t].count;
    return count + b->create.parent.count + b->create.relationship_id.count;
}

static px_status note_uses(search *s)
{
    const px_binding *b = s->row.binding;

    s->used = PX_ARENA_ARRAY(s->row.arena, const px_json *, count_uses(b));
    if (!s->used)
        return px_arena_fail(s->row.arena, s->ret_err);
    for (uint32_t i = 0; i < b->field_count; i++) {
        if (!b->fields[i].has_formula)
            use(s, pxi_place_find(&s->row, &b->fields[i].from));
        for (uint32_t t = 0; t < b->fields[i].twin_count; t++)
            use_template(s, &b->fields[i].twins[t]);
    }
    for (uint32_t i = 0; i < b->twin_count; i++)
        use_template(s, &b->twins[i]);
    use_template(s, &b->create.parent);
    use_template(s, &b->create.relationship_id);
    if (b->has_time)
        use(s, pxi_place_find(&s->row, &b->time));
    if (b->has_quality)
        use(s, pxi_place_find(&s->row, &b->quality));
    if (b->has_rest)
        use(s, pxi_place_find(&s->row, &b->rest));
    return PX_OK;
}

static bool is_used(const search *s, const px_json *node)
{
    for (size_t i = 0; i < s->used_count; i++)
        if (s->used[i] == node)
            return true;
    return false;
}

static px_status tell(search *s, const px_json *node)
{
    px_buf path = { 0 };

    px_put_json_path(&path, node);
    s->found[s->count] = px_arena_str(s->row.arena, px_buf_str(&path));
    px_buf_release(&path);
    if (!s->found[s->count].ptr)
        return px_arena_fail(s->row.arena, s->ret_err);
    s->count++;
    return PX_OK;
}

/* As deep as JSON may be. Whatever is used is passed over with all inside, but for the rest of a
 * binding that is the message itself. */
static px_status walk(search *s, const px_json *node)
{
    bool is_rows = node == s->rows;

    if (s->count == s->max || is_used(s, node))
        return PX_OK;
    if (!node->first)
        return tell(s, node);
    for (const px_json *m = node->first; m; m = m->next)
        if (!is_rows || m == s->row.node)
            PX_TRY(walk(s, m));
    return PX_OK;
}

px_status px_binding_leftovers(const px_binding *binding, const px_bind_input *input,
                               px_arena *arena, px_str *ret_pointers, size_t max, size_t *ret_count,
                               px_err *ret_err)
{
    search s = { .row = { .binding = binding, .input = input, .arena = arena },
                 .found = ret_pointers,
                 .max = max,
                 .ret_err = ret_err };
    px_json *root, *rows;

    *ret_count = 0;
    PX_TRY(pxi_payload_read(binding, input, arena, &s.row.payload, ret_err));
    root = s.row.payload.root;
    rows = binding->has_rows ? px_json_pointer_find(root, &binding->rows) : root;
    if (!rows)
        return PX_OK;
    s.row.node = rows;
    if (rows->type == PX_JSON_ARRAY || (binding->has_rows && rows->type == PX_JSON_OBJECT)) {
        s.rows = rows;
        s.row.node = rows->first;
        while (s.row.node && s.row.node->type == PX_JSON_NULL)
            s.row.node = s.row.node->next;
        if (!s.row.node)
            return PX_OK;
    }
    PX_TRY(note_uses(&s));
    PX_TRY(walk(&s, root));
    *ret_count = s.count;
    return PX_OK;
}

/* ---- by name ---- */

static bool place_reads(const pxi_place *place, px_str member)
{
    if (place->is_key)
        return px_str_eq(place->key, member);
    return place->pointer.count == 0 || px_str_eq(place->pointer.steps[0], member);
}

static bool template_reads(const pxi_template *t, px_str member)
{
    for (uint32_t i = 0; i < t->count; i++)
        if (t->pieces[i].kind == PXI_PIECE_PLACE && place_reads(&t->pieces[i].place, member))
            return true;
    return false;
}

static bool field_reads(const pxi_field *f, px_str member)
{
    if (!f->has_formula && place_reads(&f->from, member))
        return true;
    for (uint32_t i = 0; i < f->twin_count; i++)
        if (template_reads(&f->twins[i], member))
            return true;
    return false;
}

bool px_binding_reads(const px_binding *b, px_str member)
{
    for (uint32_t i = 0; i < b->field_count; i++)
        if (field_reads(&b->fields[i], member))
            return true;
    for (uint32_t i = 0; i < b->twin_count; i++)
        if (template_reads(&b->twins[i], member))
            return true;
    return template_reads(&b->create.parent, member) ||
           template_reads(&b->create.relationship_id, member) ||
           (b->has_time && place_reads(&b->time, member)) ||
           (b->has_quality && place_reads(&b->quality, member)) ||
           (b->has_rest && place_reads(&b->rest, member));
}
