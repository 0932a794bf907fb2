/* SPDX-License-Identifier: Apache-2.0 */
#include "px_spark.h"

#include <string.h>

static void put_varint(px_buf *buf, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        px_put_char(buf, (char)(value | 0x80));
    px_put_char(buf, (char)value);
}

void px_spark_put_whole(px_buf *buf, unsigned field, uint64_t value)
{
    put_varint(buf, field << 3);
    put_varint(buf, value);
}

void px_spark_put_float(px_buf *buf, unsigned field, float value)
{
    char bytes[sizeof(value)];

    memcpy(bytes, &value, sizeof(value));
    put_varint(buf, field << 3 | 5);
    px_put(buf, px_str_of(bytes, sizeof(bytes)));
}

void px_spark_put_double(px_buf *buf, unsigned field, double value)
{
    char bytes[sizeof(value)];

    memcpy(bytes, &value, sizeof(value));
    put_varint(buf, field << 3 | 1);
    px_put(buf, px_str_of(bytes, sizeof(bytes)));
}

void px_spark_put_bytes(px_buf *buf, unsigned field, px_str bytes)
{
    put_varint(buf, field << 3 | 2);
    put_varint(buf, bytes.len);
    px_put(buf, bytes);
}

void px_spark_put_head(px_buf *metric, px_spark_made made)
{
    if (made.name)
        px_spark_put_bytes(metric, 1, px_str_c(made.name));
    if (made.alias)
        px_spark_put_whole(metric, 2, made.alias);
    if (made.timestamp)
        px_spark_put_whole(metric, 3, made.timestamp);
    if (made.type)
        px_spark_put_whole(metric, 4, made.type);
}

void px_spark_put_metric(px_buf *payload, px_buf *metric)
{
    px_spark_put_bytes(payload, 2, px_buf_str(metric));
    px_buf_clear(metric);
}
