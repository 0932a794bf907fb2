/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A Sparkplug B payload (protocol buffers, Sparkplug 3.0) as a list of metrics.
 *
 * All data types are told apart; the contents of DataSet and Template are handed on as they are
 * encoded. Of a metric's properties the quality is read. Nothing is judged but the form: what a
 * name, an alias, a type means is sparkplug_node.h's. Pure. Threads: any.
 *
 * It reads the encoding itself: protobuf-c made 4.6 to 5.9 M metrics of 100 to a payload in a
 * second of processor time and had then only copied them; docs/decisions/0011 has the figures.
 */
#ifndef PX_SYNC_SPARKPLUG_PAYLOAD_H
#define PX_SYNC_SPARKPLUG_PAYLOAD_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"

/* number in the specification, name */
#define PX_SPARK_TYPE_MAP(X)                                                                       \
    X(0, Unknown)                                                                                  \
    X(1, Int8)                                                                                     \
    X(2, Int16)                                                                                    \
    X(3, Int32)                                                                                    \
    X(4, Int64)                                                                                    \
    X(5, UInt8)                                                                                    \
    X(6, UInt16)                                                                                   \
    X(7, UInt32)                                                                                   \
    X(8, UInt64)                                                                                   \
    X(9, Float)                                                                                    \
    X(10, Double)                                                                                  \
    X(11, Boolean)                                                                                 \
    X(12, String)                                                                                  \
    X(13, DateTime)                                                                                \
    X(14, Text)                                                                                    \
    X(15, UUID)                                                                                    \
    X(16, DataSet)                                                                                 \
    X(17, Bytes)                                                                                   \
    X(18, File)                                                                                    \
    X(19, Template)                                                                                \
    X(20, PropertySet)                                                                             \
    X(21, PropertySetList)                                                                         \
    X(22, Int8Array)                                                                               \
    X(23, Int16Array)                                                                              \
    X(24, Int32Array)                                                                              \
    X(25, Int64Array)                                                                              \
    X(26, UInt8Array)                                                                              \
    X(27, UInt16Array)                                                                             \
    X(28, UInt32Array)                                                                             \
    X(29, UInt64Array)                                                                             \
    X(30, FloatArray)                                                                              \
    X(31, DoubleArray)                                                                             \
    X(32, BooleanArray)                                                                            \
    X(33, StringArray)                                                                             \
    X(34, DateTimeArray)

typedef enum px_spark_type {
#define X(number, name) PX_SPARK_##name = number,
    PX_SPARK_TYPE_MAP(X)
#undef X
        PX_SPARK_TYPE_COUNT
} px_spark_type;

const char *px_spark_type_name(uint32_t type); /* "Int8"; "no type" for an unknown number */

/* How the value stands in the payload; its type says what that means. */
typedef enum px_spark_form {
    PX_SPARK_FORM_NONE,
    PX_SPARK_FORM_INT,  /* `whole`, 32 bits */
    PX_SPARK_FORM_LONG, /* `whole` */
    PX_SPARK_FORM_FLOAT,
    PX_SPARK_FORM_DOUBLE,
    PX_SPARK_FORM_BOOL,
    PX_SPARK_FORM_STRING, /* `bytes`: UTF-8 */
    PX_SPARK_FORM_BYTES,
    PX_SPARK_FORM_DATASET,   /* `bytes`: as encoded */
    PX_SPARK_FORM_TEMPLATE,  /* likewise */
    PX_SPARK_FORM_EXTENSION, /* likewise */
} px_spark_form;

enum { PX_SPARK_QUALITY_GOOD = 192 };

typedef struct px_spark_metric {
    px_str name; /* empty: by its alias */
    uint64_t alias;
    uint64_t timestamp_ms;
    union {
        uint64_t whole; /* INT, LONG, BOOL */
        double real;    /* FLOAT, DOUBLE */
        px_str bytes;
    };
    uint32_t type;    /* px_spark_type; 0: not told */
    uint32_t quality; /* of its properties; PX_SPARK_QUALITY_GOOD when it has none */
    uint8_t form;     /* px_spark_form */
    bool has_alias, has_timestamp, is_null;
} px_spark_metric;

typedef struct px_spark_payload {
    uint64_t timestamp_ms, seq;
    bool has_timestamp, has_seq;
    px_spark_metric *metrics; /* in the arena; texts borrow from the payload */
    size_t metric_count;
} px_spark_payload;

/**
 * Limits:  PX_SPARK_METRICS_MAX, PX_SPARK_NAME_BYTES_MAX, PX_SPARK_PROPERTIES_MAX of a metric.
 * Errors:  PX_INVALID (the encoding, a text that is no UTF-8, a timestamp that is no time; the
 *          column is the metric, counted from 1), PX_TOO_LARGE, PX_LIMIT, PX_NO_MEMORY.
 * Cost:    one pass, and one look at the heads of the metrics before it.
 */
PX_NODISCARD px_status px_spark_payload_read(px_str bytes, px_arena *arena,
                                             px_spark_payload *ret_payload, px_err *ret_err);

/* Appends the payload that asks an edge node for its birth: `Node Control/Rebirth` is true. */
void px_put_spark_rebirth(px_buf *buf, uint64_t timestamp_ms);

#endif
