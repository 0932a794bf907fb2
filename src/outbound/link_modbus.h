/* SPDX-License-Identifier: Apache-2.0 */
/** What link_modbus.c and link_modbus_write.c share. Room-internal. */
#ifndef PX_OUTBOUND_LINK_MODBUS_H
#define PX_OUTBOUND_LINK_MODBUS_H

#include "outbound/link_inner.h"
#include "outbound/modbus_frame.h"

/* A device, from its connection to the end of it. */
typedef struct pxi_device {
    pxi_link *link;
    int fd;                   /* -1: none */
    bool is_up, refusal_told; /* of the engine: said once, until it takes a row again */
    uint16_t transaction;
    px_arena arena;                       /* of one poll */
    const px_modbus_register **registers; /* in order */
    px_modbus_block *blocks;
    size_t block_count;
    bool *blocks_told; /* by block, and by register as the document has them, of reading and of */
    bool *registers_told; /* writing: what is wrong with it is logged and kept as a reject once, */
    bool *writes_told;    /* until it is good again */
    px_arena plan;        /* of the six above */
    uint8_t answer[PX_MODBUS_FRAME_BYTES_MAX];
    size_t answered; /* bytes of it that have come */
} pxi_device;

/**
 * Asks, and waits for the answer.
 *
 * @param request   transaction and unit are filled in
 * @param told      of what is asked for: whether a refusal of it was told before
 * @param ret_data  as px_modbus_answer_read; borrowed until the next exchange
 * Errors: PX_DENIED, PX_BUSY: the device's own, and the connection goes on. PX_UNREACHABLE
 * (connection.lost, modbus.silent), PX_INVALID (nonsense, kept among the rejects), PX_INTERRUPTED:
 * the connection is to end.
 */
PX_NODISCARD px_status pxi_device_exchange(pxi_device *device, px_modbus_request *request,
                                           bool *told, const uint8_t **ret_data, px_err *ret_err);
/* The connection goes on after this. */
bool pxi_device_goes_on(px_status status);

/* Writes what is wished for to the registers that say `write`, and tells what became of it. Errors:
 * those of the exchange after which the connection is to end. */
PX_NODISCARD px_status pxi_device_write_back(pxi_device *device, px_err *ret_err);

#endif
