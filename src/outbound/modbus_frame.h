/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Requests and answers of Modbus TCP as bytes, on the client's side.
 *
 *     transaction 2 │ protocol 2 (0) │ length 2 │ unit 1 │ function 1 │ data …     all big-endian
 *
 * `length` counts from the unit on. An answer bears the transaction, unit and function of its
 * request; with the function's high bit set its data is one byte, the exception. Everything that an
 * answer says is compared with what was asked: a device that mixes up answers is found out. Pure.
 * Threads: any. Source: MODBUS Application Protocol Specification V1.1b3; MODBUS Messaging on
 * TCP/IP Implementation Guide V1.0b.
 */
#ifndef PX_OUTBOUND_MODBUS_FRAME_H
#define PX_OUTBOUND_MODBUS_FRAME_H

#include "base/err.h"

enum {
    PX_MODBUS_HEADER_BYTES = 7,
    PX_MODBUS_FRAME_BYTES_MAX = 260,
};

/* What is addressed; each has addresses 0 to 65535 of its own. */
typedef enum px_modbus_table {
    PX_MODBUS_COIL,     /* bits that can be written */
    PX_MODBUS_DISCRETE, /* bits */
    PX_MODBUS_HOLDING,  /* registers of 16 bits that can be written */
    PX_MODBUS_INPUT,    /* registers of 16 bits */
    PX_MODBUS_TABLE_COUNT
} px_modbus_table;

const char *px_modbus_table_name(px_modbus_table table); /* "coil" */
bool px_modbus_table_has_bits(px_modbus_table table);

/* How many bits or registers one request may read. */
uint16_t px_modbus_read_max(px_modbus_table table);

typedef struct px_modbus_request {
    uint16_t transaction;
    uint8_t unit;
    px_modbus_table table;
    bool is_write;
    uint16_t address, count; /* bits or registers */
    const uint8_t *data;     /* is_write: of a coil one byte, 0 or 1; of registers their bytes */
} px_modbus_request;

/* Writes the request's frame: registers by function 16, one register by 6, a coil by 5. Gives its
 * size. */
size_t px_modbus_request_put(const px_modbus_request *request,
                             uint8_t ret_frame[PX_MODBUS_FRAME_BYTES_MAX]);

/**
 * How long the answer is that begins with these bytes; 0: more bytes tell.
 *
 * Errors: PX_INVALID (modbus.protocol, modbus.length): it is no frame of Modbus, and where the next
 * one begins cannot be known.
 */
PX_NODISCARD px_status px_modbus_answer_size(const uint8_t *bytes, size_t count, size_t *ret_size,
                                             px_err *ret_err);

/**
 * Reads the answer to a request.
 *
 * @param ret_data  of a read: `count` bits, the first in the lowest bit of the first byte, or
 *                  registers, two bytes each; borrowed from `frame`; NULL for a write
 * Errors: PX_DENIED (modbus.exception) when the device says no, with its reason; PX_BUSY
 * (modbus.busy) when it cannot now; PX_INVALID
 * (modbus.transaction, modbus.unit, modbus.function, modbus.length, modbus.echo): it is no answer
 * to this.
 */
PX_NODISCARD px_status px_modbus_answer_read(const px_modbus_request *request, const uint8_t *frame,
                                             size_t size, const uint8_t **ret_data,
                                             px_err *ret_err);

#endif
