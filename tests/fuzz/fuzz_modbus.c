/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device that answers what it likes: the first four bytes say what was asked for and how it is
 * read, the rest is the answer. What is read of a register and written to it again is what was
 * read.
 */
#include <stdlib.h>

#include "outbound/modbus_register.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD = 4 };

static const uint16_t words[PX_MODBUS_TYPE_COUNT] = {
#define X(id, name, words) [PX_MODBUS_##id] = words,
    PX_MODBUS_TYPE_MAP(X)
#undef X
};

static px_modbus_register register_of(const uint8_t *head)
{
    px_modbus_register r = { .name = PX_STR("r"),
                             .table = head[0] % PX_MODBUS_TABLE_COUNT,
                             .address = head[3],
                             .type = head[1] % PX_MODBUS_TYPE_COUNT,
                             .order = head[2] % PX_MODBUS_ORDER_COUNT,
                             .bit = head[2] & 0x80 ? head[2] >> 3 & 15 : PX_MODBUS_NO_BIT };

    if (px_modbus_table_has_bits(r.table))
        r.type = PX_MODBUS_BOOL;
    r.count = words[r.type];
    if (r.type == PX_MODBUS_BOOL)
        r.count = 1;
    if (r.type == PX_MODBUS_STRING)
        r.count = head[2] >> 2 ? head[2] >> 2 : 1;
    r.length = (uint16_t)(r.count * 2 - (head[2] & 1));
    return r;
}

static void check_back(const px_modbus_register *r, px_value value, px_arena *arena)
{
    uint8_t bytes[2 * 125];
    px_value again;

    if (px_modbus_value_put(r, value, bytes, NULL) != PX_OK ||
        px_modbus_value_get(r, bytes, r->address, arena, &again, NULL) != PX_OK ||
        !px_value_same(value, again))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    px_modbus_register r;
    px_modbus_request request = { .transaction = 0x1234, .unit = 7 };
    const uint8_t *values = NULL;
    size_t whole = 0;
    px_value value;
    px_arena arena;
    px_err err;

    if (size < HEAD)
        return 0;
    r = register_of(data);
    data += HEAD;
    size -= HEAD;
    request.table = r.table;
    request.address = r.address;
    request.count = r.count;
    if (px_modbus_answer_size(data, size, &whole, &err) != PX_OK || whole == 0 || whole > size)
        return 0;
    if (whole > PX_MODBUS_FRAME_BYTES_MAX)
        abort();
    if (px_modbus_answer_read(&request, data, whole, &values, &err) != PX_OK)
        return 0;
    px_arena_init(&arena, 4096);
    if (px_modbus_value_get(&r, values, r.address, &arena, &value, &err) == PX_OK &&
        r.bit == PX_MODBUS_NO_BIT)
        check_back(&r, value, &arena);
    px_arena_release(&arena);
    return 0;
}
