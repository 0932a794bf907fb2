/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The encoding of protocol buffers, read forward over borrowed bytes: a tag, then what it
 * announces. Nothing is allocated, nothing is read behind the end. Threads: any.
 */
#ifndef PX_SYNC_SPARKPLUG_WIRE_H
#define PX_SYNC_SPARKPLUG_WIRE_H

#include "base/str.h"

typedef enum px_pb_type {
    PX_PB_VARINT = 0,
    PX_PB_64 = 1,
    PX_PB_BYTES = 2,
    PX_PB_32 = 5
} px_pb_type;

typedef struct px_pb {
    const uint8_t *at, *end;
    bool is_bad; /* something was cut off or made no sense; nothing more is read */
} px_pb;

typedef struct px_pb_field {
    uint32_t number; /* 1 and more */
    px_pb_type type;
    uint64_t value; /* VARINT, 64, 32: as it stands there */
    px_str bytes;   /* BYTES */
} px_pb_field;

static inline px_pb px_pb_of(px_str bytes)
{
    const uint8_t *at = (const uint8_t *)bytes.ptr;

    return (px_pb){ at, at ? at + bytes.len : at, false };
}

/* The next field; false at the end, and when `is_bad`. */
bool px_pb_next(px_pb *pb, px_pb_field *ret_field);

#endif
