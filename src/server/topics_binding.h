/* SPDX-License-Identifier: Apache-2.0 */
/** Plain messages that bindings take: mapped to twins beside being handed to subscribers. */
#ifndef PX_SERVER_TOPICS_BINDING_H
#define PX_SERVER_TOPICS_BINDING_H

#include "server/topics_impl.h"

/**
 * Maps a plain message by all enabled bindings that take its topic.
 *
 * PX_MQTT_SUCCESS: no binding has anything to say of it. PX_MQTT_LATER: `ret_message` holds one
 * request, begun with this token and not sent yet: all of it is committed, or none, and whatever
 * else is to be journalled of the message rides in it. PX_MQTT_BUSY: nothing was done, the door is
 * to offer the message again: ask before it is handed to anybody. Anything else: nothing could be
 * mapped; that is kept among the rejects, and explained.
 */
px_mqtt_reason px_topics_bind(px_twin_topics *topics, unsigned thread, px_mqtt_conn conn,
                              px_topics_client *client, const px_mqtt_publish *publish,
                              uint32_t token, px_topics_message **ret_message);

/* Enabled bindings of an edge node, `GROUP/NODE`, or device, `GROUP/NODE/DEVICE`: `m->bound` has
 * them. False: no memory. */
bool px_topics_bind_sparkplug(px_topics_message *m, const px_topics_client *client, px_str source);
/* One of them reads this metric. */
bool px_topics_bound_reads(const px_topics_message *m, px_str metric);
/**
 * Turns the message, whose request is that of the default twin's values (`samples`, none too),
 * into one of them and of what its bindings make of the rows.
 *
 * @param rows  in the message's arena
 *
 * PX_MQTT_LATER: it is to be sent. PX_MQTT_SUCCESS: there is nothing to write. Anything else: there
 * is no memory. What could not be mapped is among the rejects.
 */
px_mqtt_reason px_topics_bind_rows(px_topics_message *m, px_topics_client *client, px_str rows);

/* Behind it: what bindings make of the rows. */
const px_request *px_topics_bound_items(const px_topics_message *m, size_t *ret_count);

/* Lets go what a message held; px_topics_give_back does it. */
typedef struct px_topics_bound px_topics_bound;
void px_topics_unbind(px_topics_bound *bound);

#endif
