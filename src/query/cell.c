/* SPDX-License-Identifier: Apache-2.0 */
#include "query/cell.h"

#include "base/mem.h"

bool pxi_cell_set(pxi_cell *cell, const px_value *value, size_t *held)
{
    bool has_text = value->kind == PX_VALUE_TEXT || value->kind == PX_VALUE_JSON;

    if (has_text && value->text.len > cell->cap) {
        char *text = px_realloc(cell->text, value->text.len);

        if (!text)
            return false;
        *held += value->text.len - cell->cap;
        cell->text = text;
        cell->cap = value->text.len;
    }
    cell->value = *value;
    if (has_text && value->text.len)
        memcpy(cell->text, value->text.ptr, value->text.len);
    if (has_text)
        cell->value.text.ptr = cell->text ? cell->text : "";
    return true;
}

void pxi_cell_release(pxi_cell *cell)
{
    px_free(cell->text);
    *cell = (pxi_cell){ 0 };
}

typedef enum rank { MISSING, NULLS, BOOLS, NUMBERS, TEXTS, COMPOUNDS } rank;

static rank rank_of(const px_value *value)
{
    switch (value->kind) {
    case PX_VALUE_NONE:
        return MISSING;
    case PX_VALUE_BOOL:
        return BOOLS;
    case PX_VALUE_NUM:
        return NUMBERS;
    case PX_VALUE_TEXT:
        return TEXTS;
    default:
        return value->text.ptr[0] == 'n' ? NULLS : COMPOUNDS;
    }
}

int pxi_value_order(const px_value *a, const px_value *b)
{
    rank x = rank_of(a), y = rank_of(b);

    if (x != y)
        return x < y ? -1 : 1;
    if (x == NUMBERS)
        return px_num_cmp(a->num, b->num);
    if (x == TEXTS) {
        int order = px_str_cmp(a->text, b->text);

        return (order > 0) - (order < 0);
    }
    return x == BOOLS ? a->boolean - b->boolean : 0;
}

uint64_t pxi_value_hash(const px_value *value)
{
    rank r = rank_of(value);
    double number;

    if (r == TEXTS)
        return px_str_hash(value->text);
    if (r == NUMBERS) {
        number = px_num_to_double(value->num) + 0.0; /* one zero */
        return px_str_hash(px_str_of((const char *)&number, sizeof(number)));
    }
    return (uint64_t)r * 2 + (r == BOOLS && value->boolean);
}
