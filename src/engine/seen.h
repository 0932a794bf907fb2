/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Message-Ids of telemetry by HTTP: within a twin each counts once.
 *
 * The newest PX_MESSAGE_IDS_MAX of all twins are known, as hashes. The set is a fold over the
 * journal's events like any other, but kept in memory only: after a restart it holds those of the
 * journal's tail that was replayed. Threads: the writer.
 */
#ifndef PX_ENGINE_SEEN_H
#define PX_ENGINE_SEEN_H

#include "base/map.h"
#include "base/str.h"

typedef struct px_seen {
    px_map places;    /* hash to its index in the ring */
    uint64_t *hashes; /* a ring of PX_MESSAGE_IDS_MAX; made with the first id */
    size_t next, count;
    size_t pending; /* the newest of them, of the open batch */
} px_seen;

void px_seen_release(px_seen *seen); /* a zeroed one is empty */
bool px_seen_has(const px_seen *seen, uint32_t twin_no, px_str message_id);
/* False without memory. The oldest makes room. */
bool px_seen_add(px_seen *seen, uint32_t twin_no, px_str message_id);
void px_seen_commit(px_seen *seen);
void px_seen_rollback(px_seen *seen);

#endif
