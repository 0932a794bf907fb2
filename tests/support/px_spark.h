/* SPDX-License-Identifier: Apache-2.0 */
/** Sparkplug B payloads by hand, field by field, for tests. */
#ifndef PX_TEST_SPARK_H
#define PX_TEST_SPARK_H

#include "base/buf.h"

void px_spark_put_whole(px_buf *buf, unsigned field, uint64_t value); /* a varint */
void px_spark_put_float(px_buf *buf, unsigned field, float value);
void px_spark_put_double(px_buf *buf, unsigned field, double value);
void px_spark_put_bytes(px_buf *buf, unsigned field, px_str bytes);

/* A metric is begun with its head, gets its value by the above, and is put into its payload. */
typedef struct px_spark_made {
    const char *name;   /* NULL: none */
    uint64_t alias;     /* 0: none */
    uint64_t timestamp; /* 0: none */
    unsigned type;      /* 0: none */
} px_spark_made;
void px_spark_put_head(px_buf *metric, px_spark_made made);
/* Appends the metric to the payload and empties it. */
void px_spark_put_metric(px_buf *payload, px_buf *metric);

#endif
