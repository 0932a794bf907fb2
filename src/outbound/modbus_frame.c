/* SPDX-License-Identifier: Apache-2.0 */
#include "outbound/modbus_frame.h"

#include "base/limits.h"

enum {
    READ_COILS = 1,
    READ_DISCRETE = 2,
    READ_HOLDING = 3,
    READ_INPUT = 4,
    WRITE_COIL = 5,
    WRITE_REGISTER = 6,
    WRITE_REGISTERS = 16,
    EXCEPTION = 0x80,
    EXCEPTION_BYTES = 9,
    COIL_ON = 0xFF00,
    LENGTH_MIN = 3, /* unit, function, one byte */
    LENGTH_MAX = 254,
};

static const struct {
    const char *name;
    bool has_bits;
    uint8_t read;
} tables[PX_MODBUS_TABLE_COUNT] = {
    [PX_MODBUS_COIL] = { "coil", true, READ_COILS },
    [PX_MODBUS_DISCRETE] = { "discrete", true, READ_DISCRETE },
    [PX_MODBUS_HOLDING] = { "holding", false, READ_HOLDING },
    [PX_MODBUS_INPUT] = { "input", false, READ_INPUT },
};

const char *px_modbus_table_name(px_modbus_table table)
{
    return tables[table].name;
}

bool px_modbus_table_has_bits(px_modbus_table table)
{
    return tables[table].has_bits;
}

uint16_t px_modbus_read_max(px_modbus_table table)
{
    return tables[table].has_bits ? PX_MODBUS_READ_BITS_MAX : PX_MODBUS_READ_REGISTERS_MAX;
}

static void put16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static uint16_t get16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

/* ---- requests ---- */

static uint8_t function_of(const px_modbus_request *request)
{
    if (!request->is_write)
        return tables[request->table].read;
    if (request->table == PX_MODBUS_COIL)
        return WRITE_COIL;
    return request->count == 1 ? WRITE_REGISTER : WRITE_REGISTERS;
}

/* What follows the address: of a write of one its value, else the count. */
static uint16_t second_word(const px_modbus_request *request, uint8_t function)
{
    if (function == WRITE_COIL)
        return request->data[0] ? COIL_ON : 0;
    return function == WRITE_REGISTER ? get16(request->data) : request->count;
}

size_t px_modbus_request_put(const px_modbus_request *request,
                             uint8_t ret_frame[PX_MODBUS_FRAME_BYTES_MAX])
{
    uint8_t function = function_of(request);
    size_t size = PX_MODBUS_HEADER_BYTES + 5;

    put16(ret_frame, request->transaction);
    put16(ret_frame + 2, 0);
    ret_frame[6] = request->unit;
    ret_frame[7] = function;
    put16(ret_frame + 8, request->address);
    put16(ret_frame + 10, second_word(request, function));
    if (function == WRITE_REGISTERS) {
        px_assert(request->count <= PX_MODBUS_WRITE_REGISTERS_MAX);
        ret_frame[size++] = (uint8_t)(request->count * 2);
        memcpy(ret_frame + size, request->data, (size_t)request->count * 2);
        size += (size_t)request->count * 2;
    }
    put16(ret_frame + 4, (uint16_t)(size - 6));
    return size;
}

/* ---- answers ---- */

px_status px_modbus_answer_size(const uint8_t *bytes, size_t count, size_t *ret_size,
                                px_err *ret_err)
{
    uint16_t length;

    *ret_size = 0;
    if (count < 4)
        return PX_OK;
    if (get16(bytes + 2) != 0)
        return px_fail_id(ret_err, PX_INVALID, "modbus.protocol",
                          "the device does not speak Modbus: protocol %u, 0 is Modbus",
                          (unsigned)get16(bytes + 2));
    if (count < 6)
        return PX_OK;
    length = get16(bytes + 4);
    if (length < LENGTH_MIN || length > LENGTH_MAX)
        return px_fail_id(ret_err, PX_INVALID, "modbus.length",
                          "an answer says that %u bytes follow; %d to %d can", (unsigned)length,
                          LENGTH_MIN, LENGTH_MAX);
    *ret_size = 6u + length;
    return PX_OK;
}

static px_status exception(uint8_t code, px_err *ret_err)
{
    static const char *const texts[] = {
        [1] = "it does not know the function",
        [2] = "it has no such address",
        [3] = "it does not take the value",
        [4] = "it failed while it did it",
        [5] = "it acknowledges, and needs long",
        [6] = "it is busy",
        [8] = "its memory has a parity error",
        [10] = "the gateway has no path to the device",
        [11] = "the device behind the gateway does not answer",
    };
    const char *text = code < sizeof(texts) / sizeof(texts[0]) ? texts[code] : NULL;

    if (code == 5 || code == 6 || code == 10 || code == 11)
        return px_fail_id(ret_err, PX_BUSY, "modbus.busy", "the device cannot, exception %u: %s",
                          (unsigned)code, text);
    return px_fail_id(ret_err, PX_DENIED, "modbus.exception",
                      "the device says no, exception %u: %s", (unsigned)code,
                      text ? text : "of its own");
}

static px_status check_head(const px_modbus_request *request, const uint8_t *frame, px_err *ret_err)
{
    uint8_t function = function_of(request);

    if (get16(frame) != request->transaction)
        return px_fail_id(ret_err, PX_INVALID, "modbus.transaction",
                          "the device answers transaction %u, and %u was asked",
                          (unsigned)get16(frame), (unsigned)request->transaction);
    if (frame[6] != request->unit)
        return px_fail_id(ret_err, PX_INVALID, "modbus.unit",
                          "unit %u answers, and unit %u was asked", (unsigned)frame[6],
                          (unsigned)request->unit);
    if ((frame[7] & ~EXCEPTION) != function)
        return px_fail_id(ret_err, PX_INVALID, "modbus.function",
                          "the device answers function %u, and %u was asked", (unsigned)frame[7],
                          (unsigned)function);
    return PX_OK;
}

static px_status check_read(const px_modbus_request *request, const uint8_t *frame, size_t size,
                            px_err *ret_err)
{
    size_t wanted =
        tables[request->table].has_bits ? (request->count + 7u) / 8 : request->count * 2u;

    if (frame[8] == wanted && size == 9 + wanted)
        return PX_OK;
    return px_fail_id(ret_err, PX_INVALID, "modbus.length",
                      "the device gives %u bytes and says %u; %zu were asked for",
                      (unsigned)(size - 9), (unsigned)frame[8], wanted);
}

static px_status check_echo(const px_modbus_request *request, const uint8_t *frame, size_t size,
                            px_err *ret_err)
{
    if (size == PX_MODBUS_HEADER_BYTES + 5 && get16(frame + 8) == request->address &&
        get16(frame + 10) == second_word(request, function_of(request)))
        return PX_OK;
    return px_fail_id(ret_err, PX_INVALID, "modbus.echo",
                      "the device confirms another write than that of address %u",
                      (unsigned)request->address);
}

px_status px_modbus_answer_read(const px_modbus_request *request, const uint8_t *frame, size_t size,
                                const uint8_t **ret_data, px_err *ret_err)
{
    px_assert(size >= PX_MODBUS_HEADER_BYTES + 2);
    PX_TRY(check_head(request, frame, ret_err));
    if (frame[7] & EXCEPTION) {
        if (size != EXCEPTION_BYTES)
            return px_fail_id(ret_err, PX_INVALID, "modbus.length",
                              "an exception of %zu bytes; it has %d", size, EXCEPTION_BYTES);
        return exception(frame[8], ret_err);
    }
    *ret_data = NULL;
    if (request->is_write)
        return check_echo(request, frame, size, ret_err);
    PX_TRY(check_read(request, frame, size, ret_err));
    *ret_data = frame + 9;
    return PX_OK;
}
