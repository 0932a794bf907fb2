/* SPDX-License-Identifier: Apache-2.0 */
/*
 * payload = timestamp (1), metrics (2), seq (3); metric = name (1), alias (2), datatype (4), and
 * int (10) or double (13). Three doubles, then a whole number, and again.
 */
#include "load_spark.h"

#include <stdio.h>
#include <string.h>

enum { INT32 = 3, DOUBLE = 10, VARINT = 0, FIXED64 = 1, BYTES = 2 };

static size_t put_varint(char *out, uint64_t value)
{
    size_t len = 0;

    do {
        out[len++] = (char)((value & 127) | (value > 127 ? 128 : 0));
        value >>= 7;
    } while (value);
    return len;
}

static size_t put_whole(char *out, unsigned field, uint64_t value)
{
    size_t len = put_varint(out, field << 3 | VARINT);

    return len + put_varint(out + len, value);
}

static size_t put_bytes(char *out, unsigned field, const char *bytes, size_t size)
{
    size_t len = put_varint(out, field << 3 | BYTES);

    len += put_varint(out + len, size);
    memcpy(out + len, bytes, size);
    return len + size;
}

static size_t put_double(char *out, unsigned field, double value)
{
    size_t len = put_varint(out, field << 3 | FIXED64);

    memcpy(out + len, &value, sizeof(value)); /* little-endian, as all machines here are */
    return len + sizeof(value);
}

static size_t put_metric(char *out, unsigned n, bool is_birth, uint32_t turn)
{
    char metric[64], name[16];
    bool is_whole = n % 4 == 3;
    size_t len = 0;

    if (is_birth)
        len += put_bytes(metric, 1, name, (size_t)snprintf(name, sizeof(name), "m%u", n));
    len += put_whole(metric + len, 2, n + 1);
    if (is_birth)
        len += put_whole(metric + len, 4, is_whole ? INT32 : DOUBLE);
    if (is_whole)
        len += put_whole(metric + len, 10, (turn * 31 + n) % 5000);
    else
        len += put_double(metric + len, 13, 20.5 + (double)((turn * 7 + n) % 4096) / 8);
    return put_bytes(out, 2, metric, len);
}

size_t load_spark_payload(char out[LOAD_SPARK_BYTES_MAX], bool is_birth, unsigned seq, int64_t ms,
                          uint32_t turn)
{
    size_t len = put_whole(out, 1, (uint64_t)ms);

    for (unsigned n = 0; n < LOAD_SPARK_METRICS; n++)
        len += put_metric(out + len, n, is_birth, turn);
    return len + put_whole(out + len, 3, seq & 255);
}
