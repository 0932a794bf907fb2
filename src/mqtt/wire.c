/* SPDX-License-Identifier: Apache-2.0 */
#include "mqtt/wire.h"

void pxi_mqtt_put_u16(px_buf *buf, uint16_t v)
{
    char bytes[2] = { (char)(v >> 8), (char)v };

    px_put(buf, px_str_of(bytes, 2));
}

void pxi_mqtt_put_u32(px_buf *buf, uint32_t v)
{
    pxi_mqtt_put_u16(buf, (uint16_t)(v >> 16));
    pxi_mqtt_put_u16(buf, (uint16_t)v);
}

void pxi_mqtt_put_varint(px_buf *buf, size_t v)
{
    if (v > PXI_MQTT_VARINT_MAX && buf->status == PX_OK)
        buf->status = PX_LIMIT;
    for (; v > 0x7F; v >>= 7)
        px_put_char(buf, (char)(v | 0x80));
    px_put_char(buf, (char)v);
}

void pxi_mqtt_put_binary(px_buf *buf, px_str bytes)
{
    if (bytes.len > PXI_MQTT_STRING_BYTES_MAX && buf->status == PX_OK)
        buf->status = PX_LIMIT;
    pxi_mqtt_put_u16(buf, (uint16_t)bytes.len);
    px_put(buf, bytes);
}
