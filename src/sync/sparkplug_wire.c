/* SPDX-License-Identifier: Apache-2.0 */
/*
 *     message = { tag value } ;   tag = varint: number << 3 | type ;
 *     varint  = seven bits a byte, the lowest first, the top bit says that another follows
 *     bytes   = varint: size, then so many bytes
 *
 * Groups (types 3 and 4) are long gone and are refused.
 */
#include "sync/sparkplug_wire.h"

#include <string.h>

enum { VARINT_BYTES_MAX = 10, NUMBER_MAX = (1 << 29) - 1 };

static bool bad(px_pb *pb)
{
    pb->is_bad = true;
    return false;
}

static bool read_long_varint(px_pb *pb, uint64_t *ret_value)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < VARINT_BYTES_MAX && pb->at < pb->end; i++) {
        uint8_t byte = *pb->at++;

        value |= (uint64_t)(byte & 0x7F) << (7 * i);
        if (byte < 0x80) {
            *ret_value = value;
            return i < VARINT_BYTES_MAX - 1 || byte <= 1 ? true : bad(pb);
        }
    }
    return bad(pb);
}

static inline bool read_varint(px_pb *pb, uint64_t *ret_value)
{
    if (pb->at < pb->end && *pb->at < 0x80) {
        *ret_value = *pb->at++;
        return true;
    }
    return read_long_varint(pb, ret_value);
}

/* Bytes of one value are little-endian in the encoding. */
static bool read_fixed(px_pb *pb, unsigned size, uint64_t *ret_value)
{
    uint64_t value = 0;

    if ((size_t)(pb->end - pb->at) < size)
        return bad(pb);
    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)pb->at[i] << (8 * i);
    pb->at += size;
    *ret_value = value;
    return true;
}

static bool read_bytes(px_pb *pb, px_str *ret_bytes)
{
    uint64_t size;

    if (!read_varint(pb, &size))
        return false;
    if (size > (uint64_t)(pb->end - pb->at))
        return bad(pb);
    *ret_bytes = px_str_of((const char *)pb->at, (size_t)size);
    pb->at += size;
    return true;
}

bool px_pb_next(px_pb *pb, px_pb_field *ret_field)
{
    uint64_t tag;

    if (pb->at == pb->end || pb->is_bad || !read_varint(pb, &tag))
        return false;
    if (tag >> 3 == 0 || tag >> 3 > NUMBER_MAX)
        return bad(pb);
    ret_field->number = (uint32_t)(tag >> 3);
    ret_field->type = (px_pb_type)(tag & 7);
    switch (tag & 7) {
    case PX_PB_VARINT:
        return read_varint(pb, &ret_field->value);
    case PX_PB_64:
        return read_fixed(pb, 8, &ret_field->value);
    case PX_PB_BYTES:
        return read_bytes(pb, &ret_field->bytes);
    case PX_PB_32:
        return read_fixed(pb, 4, &ret_field->value);
    default:
        return bad(pb);
    }
}
