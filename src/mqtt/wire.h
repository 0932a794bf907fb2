/* SPDX-License-Identifier: Apache-2.0 */
/* The data types of section 1.5, shared by the files of this room. Readers stick like px_cut. */
#ifndef PX_MQTT_WIRE_H
#define PX_MQTT_WIRE_H

#include "base/buf.h"
#include "mqtt/packet.h"
#include "mqtt/topic.h"

enum { PXI_MQTT_VARINT_MAX = 268435455, PXI_MQTT_STRING_BYTES_MAX = 65535 };

/* Inline: three of these run for every message. */
static inline uint8_t pxi_mqtt_get_u8(px_cut *cut)
{
    if (cut->ptr == cut->end) {
        cut->bad = true;
        return 0;
    }
    return *cut->ptr++;
}

static inline uint16_t pxi_mqtt_get_u16(px_cut *cut)
{
    uint16_t v;

    if (px_cut_left(cut) < 2) {
        cut->bad = true;
        cut->ptr = cut->end;
        return 0;
    }
    v = (uint16_t)(cut->ptr[0] << 8 | cut->ptr[1]);
    cut->ptr += 2;
    return v;
}

static inline uint32_t pxi_mqtt_get_u32(px_cut *cut)
{
    uint32_t high = pxi_mqtt_get_u16(cut);

    return high << 16 | pxi_mqtt_get_u16(cut);
}

/* Two bytes of length, then the bytes: binary data. */
static inline px_str pxi_mqtt_get_binary(px_cut *cut)
{
    size_t len = pxi_mqtt_get_u16(cut);
    px_str bytes;

    if (px_cut_left(cut) < len) {
        cut->bad = true;
        cut->ptr = cut->end;
        return (px_str){ NULL, 0 };
    }
    bytes = px_str_of((const char *)cut->ptr, len);
    cut->ptr += len;
    return bytes;
}

static inline px_str pxi_mqtt_get_utf8(px_cut *cut)
{
    px_str text = pxi_mqtt_get_binary(cut);

    if (!px_mqtt_utf8(text))
        cut->bad = true;
    return text;
}

static inline px_str pxi_mqtt_get_rest(px_cut *cut)
{
    px_str rest = { (const char *)cut->ptr, px_cut_left(cut) };

    cut->ptr = cut->end;
    return rest;
}

/* One to four bytes, seven bits each, lowest first, in the shortest form. */
static inline uint32_t pxi_mqtt_get_varint(px_cut *cut)
{
    uint32_t v = 0;

    for (unsigned shift = 0; shift < 28; shift += 7) {
        uint8_t byte = pxi_mqtt_get_u8(cut);

        v |= (uint32_t)(byte & 0x7F) << shift;
        if (!(byte & 0x80)) {
            if (byte == 0 && shift != 0)
                cut->bad = true;
            return v;
        }
    }
    cut->bad = true;
    return 0;
}

static inline size_t pxi_mqtt_varint_bytes(size_t v)
{
    return v < 128 ? 1 : v < 16384 ? 2 : v < 2097152 ? 3 : 4;
}

/* px_mqtt_put_publish with these encoded properties before the message's own; and its size. */
void pxi_mqtt_put_publish_with(px_buf *buf, px_mqtt_version version, const px_mqtt_publish *publish,
                               px_str props);
size_t pxi_mqtt_publish_bytes_with(px_mqtt_version version, const px_mqtt_publish *publish,
                                   size_t props_bytes);

void pxi_mqtt_put_u16(px_buf *buf, uint16_t v);
void pxi_mqtt_put_u32(px_buf *buf, uint32_t v);
void pxi_mqtt_put_varint(px_buf *buf, size_t v);
/* More than 65535 bytes make the buffer fail with PX_LIMIT. */
void pxi_mqtt_put_binary(px_buf *buf, px_str bytes);

#endif
