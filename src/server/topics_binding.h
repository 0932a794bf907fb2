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
                              const px_topics_client *client, const px_mqtt_publish *publish,
                              uint32_t token, px_topics_message **ret_message);

/* Lets go what a message held; px_topics_give_back does it. */
typedef struct px_topics_bound px_topics_bound;
void px_topics_unbind(px_topics_bound *bound);

#endif
