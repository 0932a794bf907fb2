/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Topic names and topic filters (section 4.7).
 *
 * A topic is 1 to PX_TOPIC_BYTES_MAX bytes of UTF-8 without NUL, `+` or `#`, in at most
 * PX_TOPIC_LEVELS_MAX levels split by `/`; a filter may hold `+` as a whole level and `#` as the
 * last. Threads: any.
 */
#ifndef PX_MQTT_TOPIC_H
#define PX_MQTT_TOPIC_H

#include "base/limits.h"
#include "mqtt/reason.h"

/* PX_MQTT_SUCCESS, PX_MQTT_MALFORMED (not UTF-8, NUL), PX_MQTT_TOPIC_NAME_INVALID. One pass. */
px_mqtt_reason px_mqtt_topic_check(px_str topic);

/* PX_MQTT_SUCCESS, PX_MQTT_MALFORMED, or PX_MQTT_TOPIC_FILTER_INVALID, also for `$share/...`. */
px_mqtt_reason px_mqtt_filter_check(px_str filter);

/**
 * Takes `$share/GROUP/` off a filter (section 4.8.2) and checks what is left.
 *
 * @param filter     in: as it came; out: without the prefix
 * @param ret_share  GROUP: one level without wildcards; empty when there was no prefix
 * Errors: as px_mqtt_filter_check.
 */
px_mqtt_reason px_mqtt_filter_settle(px_str *filter, px_str *ret_share);

/**
 * True when the filter selects the topic. Both must have passed their check.
 *
 * A wildcard at the first level does not select topics that begin with `$`. One pass over both, no
 * backtracking: `#` can only be last.
 */
bool px_mqtt_filter_matches(px_str filter, px_str topic);

/* True when some topic is selected by both filters, which have passed their check. One pass. */
bool px_mqtt_filters_meet(px_str a, px_str b);

/* MQTT's UTF-8 string: well-formed, no surrogates, no NUL (section 1.5.4). */
bool px_mqtt_utf8(px_str text);

#endif
