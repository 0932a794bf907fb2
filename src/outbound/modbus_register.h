/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Registers of a Modbus device by names: what they hold as values, and how few requests read them.
 *
 *     {"name":"temperature","table":"holding","address":40,"type":"int32","order":"CDAB",
 *      "scale":0.1,"offset":-40,"write":{"twin":"oven-1","property":"setpoint"}}
 *
 * A value is exact: the integer × scale + offset in decimals; of a float32 it is the shortest
 * decimal that is the same float32, 21.4 and not 21.399999618530273. Pure. Threads: any.
 */
#ifndef PX_OUTBOUND_MODBUS_REGISTER_H
#define PX_OUTBOUND_MODBUS_REGISTER_H

#include "base/json.h"
#include "outbound/modbus_frame.h"

/* id, name, how many registers it takes (0: it depends) */
#define PX_MODBUS_TYPE_MAP(X)                                                                      \
    X(BOOL, "bool", 0)                                                                             \
    X(INT16, "int16", 1)                                                                           \
    X(UINT16, "uint16", 1)                                                                         \
    X(INT32, "int32", 2)                                                                           \
    X(UINT32, "uint32", 2)                                                                         \
    X(INT64, "int64", 4)                                                                           \
    X(UINT64, "uint64", 4)                                                                         \
    X(FLOAT32, "float32", 2)                                                                       \
    X(FLOAT64, "float64", 4)                                                                       \
    X(STRING, "string", 0)

typedef enum px_modbus_type {
#define X(id, name, words) PX_MODBUS_##id,
    PX_MODBUS_TYPE_MAP(X)
#undef X
        PX_MODBUS_TYPE_COUNT
} px_modbus_type;

const char *px_modbus_type_name(px_modbus_type type); /* "bool" */

/* How bytes of a value lie in registers, of four bytes with A the highest: the letters in the order
 * of the wire. Of eight bytes the same: words first to last or last to first, bytes in a word as
 * they should be or swapped. */
typedef enum px_modbus_order {
    PX_MODBUS_ABCD, /* big-endian, as Modbus has it */
    PX_MODBUS_CDAB, /* words last to first */
    PX_MODBUS_BADC, /* bytes of a word swapped */
    PX_MODBUS_DCBA, /* both: little-endian */
    PX_MODBUS_ORDER_COUNT
} px_modbus_order;

typedef struct px_modbus_register {
    px_str name;
    px_modbus_table table;
    uint16_t address, count; /* bits or registers */
    uint16_t length;         /* of a STRING: its bytes, which may end in the middle of a register */
    px_modbus_type type;
    px_modbus_order order;
    uint8_t bit; /* of a BOOL in a register: 0 to 15, or PX_MODBUS_NO_BIT: true when it is not 0 */
    bool has_scale, has_offset;
    px_num scale, offset;
    px_str twin, property; /* whose desired values are written to it; empty: nobody's */
} px_modbus_register;
enum { PX_MODBUS_NO_BIT = 255 };

/**
 * Reads the array `registers` of a connection.
 *
 * Limits: PX_MODBUS_REGISTERS_MAX. Errors: PX_INVALID (connection.form) with the pointer to what is
 * wrong; PX_LIMIT, PX_NO_MEMORY (arena).
 */
PX_NODISCARD px_status px_modbus_registers_read(const px_json *json, px_arena *arena,
                                                const px_modbus_register **ret_list,
                                                size_t *ret_count, px_err *ret_err);

/**
 * The value in the bytes of a read.
 *
 * @param data   of the whole block that was read, which begins at `first`
 * @param arena  of a text's bytes
 * Errors: PX_INVALID (modbus.nan, modbus.text, modbus.range): the device has no value there that
 * could be written down; PX_LIMIT, PX_NO_MEMORY (arena).
 */
PX_NODISCARD px_status px_modbus_value_get(const px_modbus_register *r, const uint8_t *data,
                                           uint16_t first, px_arena *arena, px_value *ret_value,
                                           px_err *ret_err);

/**
 * The bytes of a write, of a coil one.
 *
 * Errors: PX_INVALID (modbus.range, modbus.step, modbus.type): the register cannot hold the value.
 */
PX_NODISCARD px_status px_modbus_value_put(const px_modbus_register *r, px_value value,
                                           uint8_t ret_data[2 * 125], px_err *ret_err);

/* One request that reads several: registers[at..at+count) of the sorted list. */
typedef struct px_modbus_block {
    px_modbus_table table;
    uint16_t address, count;
    size_t first, registers;
} px_modbus_block;

/**
 * Puts registers in order of table and address and covers them with as few requests as may be.
 *
 * @param gap       so many addresses that nobody asks for may be read between two that are
 * @param ret_list  pointers to the registers, in order, in the arena
 */
PX_NODISCARD px_status px_modbus_blocks_make(const px_modbus_register *registers, size_t count,
                                             uint16_t gap, px_arena *arena,
                                             const px_modbus_register ***ret_list,
                                             px_modbus_block **ret_blocks, size_t *ret_block_count,
                                             px_err *ret_err);

#endif
