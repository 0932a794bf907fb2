/* SPDX-License-Identifier: Apache-2.0 */
/** What the doors count, as figures of /metrics. Threads: any. */
#ifndef PX_SERVER_DOOR_METRICS_H
#define PX_SERVER_DOOR_METRICS_H

#include "api/metrics.h"
#include "server/http_door.h"
#include "server/mqtt_door.h"
#include "server/twin_topics.h"

void px_put_http_metrics(px_metrics *metrics, const px_http_door *door);
void px_put_mqtt_metrics(px_metrics *metrics, const px_mqtt_door *door);
void px_put_topics_metrics(px_metrics *metrics, px_twin_topics *topics);

#endif
