/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes that wait to be told, in their order. They leave at the front when they are committed; in
 * a time that is folded again also in the midst, when the journal has them already. Those that left
 * are passed over, and moved away now and then, so that a change costs the same however many wait.
 */
#include "freshness/internal.h"

enum { LEFT_MIN = 1024 }; /* that left, before the others are moved */

const px_fresh_change *pxi_fresh_first(const px_fresh *f)
{
    return pxi_fresh_waiting(f) ? &f->changes.ptr[f->first_change] : NULL;
}

size_t pxi_fresh_waiting(const px_fresh *f)
{
    return f->changes.len - f->first_change - f->changes_left;
}

void pxi_fresh_close_gaps(px_fresh *f)
{
    size_t kept = 0, next = 0;

    for (size_t i = f->first_change; i < f->changes.len; i++) {
        if (!f->changes.ptr[i].has_left)
            f->changes.ptr[kept++] = f->changes.ptr[i];
        if (i < f->next_told)
            next = kept;
    }
    f->changes.len = kept;
    f->first_change = f->changes_left = 0;
    f->next_told = next;
}

static void move_on(px_fresh *f)
{
    for (; f->first_change < f->changes.len && f->changes.ptr[f->first_change].has_left;
         f->first_change++)
        f->changes_left--;
    if (f->first_change >= LEFT_MIN && 2 * f->first_change >= f->changes.len)
        pxi_fresh_close_gaps(f);
}

void pxi_fresh_drop_first(px_fresh *f, size_t count)
{
    px_assert(f->changes_left == 0 && count <= pxi_fresh_waiting(f));
    f->first_change += count;
    move_on(f);
}

/* ---- what the journal has already ---- */

static bool says(const px_event *event, const px_fresh_change *change)
{
    const px_field_value *field = event->field_count ? &event->fields[0] : NULL;

    if (change->has_left || change->twin_no != event->twin_no || change->is_gone != event->flag ||
        (uint8_t)change->state != event->code || change->since != event->source_time)
        return false;
    if (!field)
        return change->field == PX_NO_FIELD;
    return change->field == field->field && change->item_since == field->source_time &&
           field->value.num.mantissa == (int64_t)change->item_state;
}

static bool take_between(px_fresh *f, size_t at, size_t end, const px_event *event)
{
    for (; at < end; at++) {
        if (!says(event, &f->changes.ptr[at]))
            continue;
        f->changes.ptr[at].has_left = true;
        f->changes_left++;
        f->next_told = at + 1;
        move_on(f);
        return true;
    }
    return false;
}

/* They were told in the order in which they stand: the next is looked for behind the one before. */
bool pxi_fresh_take_told(px_fresh *f, const px_event *event)
{
    size_t from = f->next_told > f->first_change ? f->next_told : f->first_change;

    return take_between(f, from, f->changes.len, event) ||
           take_between(f, f->first_change, from, event);
}
