/* SPDX-License-Identifier: Apache-2.0 */
#include "outbound/modbus_register.h"

#include <stdlib.h>

#include "base/limits.h"

static const struct {
    const char *name;
    uint16_t words; /* 0: it depends */
} types[PX_MODBUS_TYPE_COUNT] = {
#define X(id, name, words) [PX_MODBUS_##id] = { name, words },
    PX_MODBUS_TYPE_MAP(X)
#undef X
};

const char *px_modbus_type_name(px_modbus_type type)
{
    return types[type].name;
}

static const char *const orders[PX_MODBUS_ORDER_COUNT] = {
    [PX_MODBUS_ABCD] = "ABCD",
    [PX_MODBUS_CDAB] = "CDAB",
    [PX_MODBUS_BADC] = "BADC",
    [PX_MODBUS_DCBA] = "DCBA",
};

/* ---- the document ---- */

static px_status fail(const px_json *json, px_err *ret_err, const char *what)
{
    return px_json_fail(json, ret_err, PX_INVALID, "connection.form", "%s", what);
}

static px_status read_name(const px_json *json, px_modbus_register *r, px_err *ret_err)
{
    const px_json *name = px_json_get(json, PX_STR("name"));

    if (!px_json_is(name, PX_JSON_STRING) || name->text.len == 0 ||
        name->text.len > PX_NAME_BYTES_MAX || memchr(name->text.ptr, '/', name->text.len))
        return fail(name ? name : json, ret_err,
                    "a register has a 'name', under which bindings find its value");
    r->name = name->text;
    return PX_OK;
}

static px_status read_word(const px_json *json, const char *key, const char *(*word)(size_t),
                           size_t count, size_t *index, const char *what, px_err *ret_err)
{
    const px_json *m = px_json_get(json, px_str_c(key));

    for (size_t i = 0; m && m->type == PX_JSON_STRING && i < count; i++)
        if (px_str_eq(m->text, px_str_c(word(i)))) {
            *index = i;
            return PX_OK;
        }
    return m ? fail(m, ret_err, what) : PX_OK;
}

static const char *table_word(size_t index)
{
    return px_modbus_table_name((px_modbus_table)index);
}

static const char *type_word(size_t index)
{
    return px_modbus_type_name((px_modbus_type)index);
}

static const char *order_word(size_t index)
{
    return orders[index];
}

static px_status read_count(const px_json *json, const char *key, int64_t most, int64_t *number,
                            px_err *ret_err)
{
    const px_json *m = px_json_get(json, px_str_c(key));

    if (m && (m->type != PX_JSON_NUMBER || !px_num_to_int(m->num, number) || *number < 0 ||
              *number > most))
        return px_json_fail(m, ret_err, PX_INVALID, "connection.form",
                            "'%s' of a register is a whole number from 0 to %lld", key,
                            (long long)most);
    return PX_OK;
}

static px_status read_number(const px_json *json, const char *key, bool *ret_has, px_num *ret_num,
                             px_err *ret_err)
{
    const px_json *m = px_json_get(json, px_str_c(key));

    *ret_has = m != NULL;
    if (m && m->type != PX_JSON_NUMBER)
        return fail(m, ret_err, "'scale' and 'offset' of a register are numbers");
    if (m)
        *ret_num = m->num;
    return PX_OK;
}

static px_status read_form(const px_json *json, px_modbus_register *r, px_err *ret_err)
{
    size_t table = PX_MODBUS_HOLDING, type = PX_MODBUS_TYPE_COUNT, order = PX_MODBUS_ABCD;
    bool has_bits;

    PX_TRY(read_word(json, "table", table_word, PX_MODBUS_TABLE_COUNT, &table,
                     "'table' is coil, discrete, holding or input", ret_err));
    has_bits = px_modbus_table_has_bits((px_modbus_table)table);
    PX_TRY(read_word(json, "type", type_word, PX_MODBUS_TYPE_COUNT, &type,
                     "'type' is bool, int16, uint16, int32, uint32, int64, uint64, float32, "
                     "float64 or string",
                     ret_err));
    PX_TRY(read_word(json, "order", order_word, PX_MODBUS_ORDER_COUNT, &order,
                     "'order' is ABCD, CDAB, BADC or DCBA", ret_err));
    if (type == PX_MODBUS_TYPE_COUNT)
        type = has_bits ? PX_MODBUS_BOOL : PX_MODBUS_UINT16;
    if (has_bits && type != PX_MODBUS_BOOL)
        return fail(json, ret_err, "coils and discrete inputs are of type bool");
    r->table = (px_modbus_table)table;
    r->type = (px_modbus_type)type;
    r->order = (px_modbus_order)order;
    return PX_OK;
}

static px_status read_place(const px_json *json, px_modbus_register *r, px_err *ret_err)
{
    int64_t address = -1, length = -1, bit = PX_MODBUS_NO_BIT;
    bool has_bits = px_modbus_table_has_bits(r->table);

    PX_TRY(read_count(json, "address", UINT16_MAX, &address, ret_err));
    PX_TRY(read_count(json, "length", PX_MODBUS_READ_REGISTERS_MAX * 2, &length, ret_err));
    PX_TRY(read_count(json, "bit", 15, &bit, ret_err));
    if (address < 0)
        return fail(json, ret_err, "a register has an 'address', counted from 0");
    if ((length >= 0) != (r->type == PX_MODBUS_STRING) || length == 0)
        return fail(json, ret_err, "a string, and nothing else, has a 'length' in bytes, 1 to 250");
    if (bit != PX_MODBUS_NO_BIT && (r->type != PX_MODBUS_BOOL || has_bits))
        return fail(json, ret_err, "'bit' is of a bool in a register");
    r->address = (uint16_t)address;
    r->bit = (uint8_t)bit;
    r->count = types[r->type].words;
    if (r->type == PX_MODBUS_BOOL)
        r->count = 1;
    if (r->type == PX_MODBUS_STRING) {
        r->length = (uint16_t)length;
        r->count = (uint16_t)((length + 1) / 2);
    }
    if (address + r->count > UINT16_MAX + 1)
        return fail(json, ret_err, "the register ends behind address 65535");
    return PX_OK;
}

static px_status read_scale(const px_json *json, px_modbus_register *r, px_err *ret_err)
{
    PX_TRY(read_number(json, "scale", &r->has_scale, &r->scale, ret_err));
    PX_TRY(read_number(json, "offset", &r->has_offset, &r->offset, ret_err));
    if ((r->has_scale || r->has_offset) &&
        (r->type == PX_MODBUS_BOOL || r->type == PX_MODBUS_STRING))
        return fail(json, ret_err, "'scale' and 'offset' are of numbers");
    if (r->has_scale && px_num_cmp(r->scale, px_num_int(0)) == 0)
        return fail(json, ret_err, "'scale' is not 0");
    return PX_OK;
}

static px_status read_write(const px_json *json, px_modbus_register *r, px_err *ret_err)
{
    const px_json *write = px_json_get(json, PX_STR("write"));
    px_str twin, property;

    if (!write)
        return PX_OK;
    twin = px_json_get_text(write, PX_STR("twin"));
    property = px_json_get_text(write, PX_STR("property"));
    if (twin.len == 0 || twin.len > PX_TWIN_ID_BYTES_MAX || property.len == 0 ||
        property.len > PX_PROPERTY_PATH_BYTES_MAX || write->count != 2)
        return fail(write, ret_err,
                    "'write' is {\"twin\":T,\"property\":P}, whose desired value is written");
    if (r->table != PX_MODBUS_COIL && r->table != PX_MODBUS_HOLDING)
        return fail(write, ret_err, "only coils and holding registers can be written");
    if (r->count > PX_MODBUS_WRITE_REGISTERS_MAX)
        return fail(write, ret_err, "a request writes at most 246 bytes");
    if (r->length % 2)
        return fail(write, ret_err,
                    "half a register cannot be written: the 'length' of a string that is written "
                    "is even");
    if (r->bit != PX_MODBUS_NO_BIT)
        return fail(write, ret_err, "a single bit of a register cannot be written");
    r->twin = twin;
    r->property = property;
    return PX_OK;
}

static px_status read_register(const px_json *json, px_modbus_register *r, px_err *ret_err)
{
    static const char *const members[] = { "name",   "table", "address", "type",  "order", "bit",
                                           "length", "scale", "offset",  "write", NULL };

    PX_TRY(px_json_members(json, "a register", "connection.form", members, ret_err));
    PX_TRY(read_name(json, r, ret_err));
    PX_TRY(read_form(json, r, ret_err));
    PX_TRY(read_place(json, r, ret_err));
    PX_TRY(read_scale(json, r, ret_err));
    return read_write(json, r, ret_err);
}

/* What is wished of a property is applied when its register has it: of two, one would be told for
 * both. */
static px_status check_others(const px_json *json, const px_modbus_register *list, size_t index,
                              px_err *ret_err)
{
    const px_modbus_register *r = &list[index];

    for (size_t i = 0; i < index; i++) {
        if (px_str_eq(list[i].name, r->name))
            return px_json_fail(json, ret_err, PX_INVALID, "connection.form",
                                "two registers are called '%.*s'", PX_FMT(r->name));
        if (r->twin.len && px_str_eq(list[i].twin, r->twin) &&
            px_str_eq(list[i].property, r->property))
            return px_json_fail(json, ret_err, PX_INVALID, "connection.form",
                                "register '%.*s' is written by the same property",
                                PX_FMT(list[i].name));
    }
    return PX_OK;
}

px_status px_modbus_registers_read(const px_json *json, px_arena *arena,
                                   const px_modbus_register **ret_list, size_t *ret_count,
                                   px_err *ret_err)
{
    px_modbus_register *list;

    if (json->type != PX_JSON_ARRAY || json->count == 0 || json->count > PX_MODBUS_REGISTERS_MAX)
        return px_json_fail(json, ret_err, PX_INVALID, "connection.form",
                            "'registers' is an array of 1 to %d registers",
                            PX_MODBUS_REGISTERS_MAX);
    list = PX_ARENA_ARRAY(arena, px_modbus_register, json->count);
    if (!list)
        return px_arena_fail(arena, ret_err);
    for (const px_json *m = json->first; m; m = m->next) {
        PX_TRY(read_register(m, &list[m->index], ret_err));
        PX_TRY(check_others(m, list, m->index, ret_err));
    }
    *ret_list = list;
    *ret_count = json->count;
    return PX_OK;
}

/* ---- blocks ---- */

static int compare(const void *a, const void *b)
{
    const px_modbus_register *x = *(const px_modbus_register *const *)a;
    const px_modbus_register *y = *(const px_modbus_register *const *)b;

    if (x->table != y->table)
        return x->table < y->table ? -1 : 1;
    return x->address < y->address ? -1 : x->address > y->address;
}

/* Whether the block may grow so far that it holds this one, too. */
static bool joins(const px_modbus_block *block, const px_modbus_register *r, uint16_t gap)
{
    uint32_t end = (uint32_t)block->address + block->count;
    uint32_t wanted = (uint32_t)r->address + r->count - block->address;

    return block->table == r->table && r->address <= end + gap &&
           wanted <= px_modbus_read_max(r->table);
}

static void join(px_modbus_block *block, const px_modbus_register *r)
{
    uint16_t wanted = (uint16_t)(r->address + r->count - block->address);

    if (wanted > block->count)
        block->count = wanted;
    block->registers++;
}

px_status px_modbus_blocks_make(const px_modbus_register *registers, size_t count, uint16_t gap,
                                px_arena *arena, const px_modbus_register ***ret_list,
                                px_modbus_block **ret_blocks, size_t *ret_block_count,
                                px_err *ret_err)
{
    const px_modbus_register **list = PX_ARENA_ARRAY(arena, const px_modbus_register *, count);
    px_modbus_block *blocks = PX_ARENA_ARRAY(arena, px_modbus_block, count);
    size_t at = 0;

    if (!list || !blocks)
        return px_arena_fail(arena, ret_err);
    for (size_t i = 0; i < count; i++)
        list[i] = &registers[i];
    qsort(list, count, sizeof(list[0]), compare);
    for (size_t i = 0; i < count; i++) {
        const px_modbus_register *r = list[i];

        if (at > 0 && joins(&blocks[at - 1], r, gap))
            join(&blocks[at - 1], r);
        else
            blocks[at++] = (px_modbus_block){ r->table, r->address, r->count, i, 1 };
    }
    *ret_list = list;
    *ret_blocks = blocks;
    *ret_block_count = at;
    return PX_OK;
}
