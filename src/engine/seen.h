/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Message-Ids of telemetry by HTTP: within a twin each counts once.
 *
 * The newest PX_MESSAGE_IDS_MAX of all twins are known, as hashes under a secret of this start,
 * each with its twin: nobody can make up an id that stands for another, least of all for that of
 * another tenant's twin. No answer depends on the secret. The set is a fold over the journal's
 * events like any other, but kept in memory only: after a restart it holds those of the journal's
 * tail that was replayed. Threads: the writer.
 */
#ifndef PX_ENGINE_SEEN_H
#define PX_ENGINE_SEEN_H

#include "base/env.h"
#include "base/map.h"
#include "base/str.h"

typedef struct px_seen_id {
    uint64_t hash;
    uint32_t twin_no;
} px_seen_id;

typedef struct px_seen {
    uint64_t secret;
    px_map places;   /* hash to its index in the ring */
    px_seen_id *ids; /* a ring of PX_MESSAGE_IDS_MAX; made with the first id */
    size_t next, count;
    size_t pending; /* the newest of them, of the open batch */
} px_seen;

void px_seen_init(px_seen *seen, px_env *env);
void px_seen_release(px_seen *seen);
bool px_seen_has(const px_seen *seen, uint32_t twin_no, px_str message_id);
/* False without memory. The oldest makes room. */
bool px_seen_add(px_seen *seen, uint32_t twin_no, px_str message_id);
void px_seen_commit(px_seen *seen);
void px_seen_rollback(px_seen *seen);

#endif
