/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What a topic of Sparkplug B says.
 *
 *     spBv1.0/GROUP/TYPE/NODE[/DEVICE]     TYPE: NBIRTH NDATA NCMD NDEATH, DBIRTH DDATA DCMD DDEATH
 *     spBv1.0/STATE/HOST
 *
 * Types that begin with D have a device, those with N have none. Threads: any.
 */
#ifndef PX_SYNC_SPARKPLUG_TOPIC_H
#define PX_SYNC_SPARKPLUG_TOPIC_H

#include "base/buf.h"

typedef enum px_spark_kind {
    PX_SPARK_NONE, /* no topic of Sparkplug B */
    PX_SPARK_NBIRTH,
    PX_SPARK_NDATA,
    PX_SPARK_NCMD,
    PX_SPARK_NDEATH,
    PX_SPARK_DBIRTH,
    PX_SPARK_DDATA,
    PX_SPARK_DCMD,
    PX_SPARK_DDEATH,
    PX_SPARK_STATE,
} px_spark_kind;

typedef struct px_spark_topic {
    px_spark_kind kind;
    px_str group, node, device; /* device: empty when it has none */
    px_str host;                /* STATE */
} px_spark_topic;

/* Slices of `topic`, which is a topic that MQTT allows. */
px_spark_topic px_spark_topic_read(px_str topic);

/* Appends `spBv1.0/GROUP/NCMD/NODE`. */
void px_put_spark_command_topic(px_buf *buf, px_str group, px_str node);

/* Appends `spBv1.0/STATE/HOST`. */
void px_put_spark_state_topic(px_buf *buf, px_str host);

/* Appends the id of the twin of a node, `GROUP.NODE`, or of a device, `GROUP.NODE.DEVICE`. */
void px_put_spark_twin(px_buf *buf, const px_spark_topic *topic);

#endif
