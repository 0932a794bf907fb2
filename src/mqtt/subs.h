/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Who wants which topics: the subscriptions of one tenant.
 *
 * A tree of filter levels; children are found by hash, so the width of a level costs nothing. A
 * topic of n levels visits at most the prefixes of filters that select it: 2n lookups for each
 * filter that matches, and no backtracking. An owner is any 64-bit number of the caller, such as a
 * connection. To add and to remove costs the filter's levels, however many others have it.
 *
 * Threads: one at a time for changes; px_mqtt_subs_match only reads, so a reader-writer lock of the
 * caller suffices.
 */
#ifndef PX_MQTT_SUBS_H
#define PX_MQTT_SUBS_H

#include "base/err.h"
#include "base/vec.h"

typedef struct px_mqtt_subs px_mqtt_subs;

typedef struct px_mqtt_sub {
    uint64_t owner;
    uint32_t id; /* subscription identifier; 0: none */
    uint8_t qos;
    bool no_local, retain_as_published;
} px_mqtt_sub;

/* One owner whose filters select a topic: the highest QoS of them, and the identifiers of all. */
typedef struct px_mqtt_hit {
    uint64_t owner;
    uint32_t id_at, id_count; /* in `ids` of the hits */
    uint8_t qos;
    bool retain_as_published; /* of one of them */
} px_mqtt_hit;

/* Zeroed is empty; kept from one match to the next, it keeps its memory. */
typedef struct px_mqtt_hits {
    PX_VEC(px_mqtt_hit) list; /* ascending by owner */
    PX_VEC(uint32_t) ids;
    PX_VEC(px_mqtt_sub) found; /* the match's own */
} px_mqtt_hits;

void px_mqtt_hits_release(px_mqtt_hits *hits);

typedef struct px_mqtt_subs_opts {
    uint32_t per_owner_max; /* 0: PX_MQTT_SUBSCRIPTIONS_MAX */
    uint32_t in_all_max;    /* 0: PX_MQTT_TENANT_SUBSCRIPTIONS_MAX */
} px_mqtt_subs_opts;

px_mqtt_subs *px_mqtt_subs_new(px_mqtt_subs_opts opts); /* NULL: no memory */
void px_mqtt_subs_free(px_mqtt_subs *subs);

/**
 * Adds a subscription, or changes the options of the one that this owner has for this filter.
 *
 * @param filter  copied; must have passed px_mqtt_filter_check
 * Errors: PX_LIMIT (of the owner, or of the tenant), PX_NO_MEMORY. Nothing changes then.
 */
PX_NODISCARD px_status px_mqtt_subs_add(px_mqtt_subs *subs, px_str filter, px_mqtt_sub sub,
                                        bool *ret_is_new, px_err *ret_err);

/* False when this owner had no such subscription. */
bool px_mqtt_subs_remove(px_mqtt_subs *subs, px_str filter, uint64_t owner);

/* All of one owner, at the end of its connection; the number removed. */
size_t px_mqtt_subs_drop(px_mqtt_subs *subs, uint64_t owner);

/**
 * Replaces `*hits` by the subscribers of a topic.
 *
 * @param topic   must have passed px_mqtt_topic_check
 * @param sender  whose own no-local subscriptions do not count; 0: nobody
 * Errors: PX_NO_MEMORY.
 */
PX_NODISCARD px_status px_mqtt_subs_match(const px_mqtt_subs *subs, px_str topic, uint64_t sender,
                                          px_mqtt_hits *hits, px_err *ret_err);

size_t px_mqtt_subs_count(const px_mqtt_subs *subs);
size_t px_mqtt_subs_count_of(const px_mqtt_subs *subs, uint64_t owner);

#endif
