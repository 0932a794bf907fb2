/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Ids of twins that are gone by now.
 *
 * Events name twins by number, and the graph knows the numbers of those that are there. Who reads
 * the journal behind the present meets numbers that the graph has forgotten: the event of their
 * deletion, further on, says their id. So the journal is read ahead, to the present and each part
 * of it once, and O(1) afterwards. Threads: one at a time.
 */
#ifndef PX_OUTBOUND_GONE_H
#define PX_OUTBOUND_GONE_H

#include "base/map.h"
#include "base/vec.h"
#include "engine/engine.h"

typedef struct px_gone_twin {
    uint32_t tenant, twin_no;
    px_str id; /* in the arena */
} px_gone_twin;

typedef struct px_gone {
    px_engine *engine;
    PX_VEC(px_gone_twin) twins;
    px_map by_number; /* to index in `twins` */
    px_arena arena;
    uint64_t read_to; /* position */
} px_gone;

void px_gone_release(px_gone *gone);

/**
 * The id of a twin that the graph does not have (any more).
 *
 * @param seq  of the event that names it: the deletion stands at or behind it
 * Errors: PX_NOT_FOUND (an older release wrote the deletion without it), and those of feeds.
 */
PX_NODISCARD px_status px_gone_find(px_gone *gone, uint32_t tenant, uint32_t twin_no, uint64_t seq,
                                    px_str *ret_id, px_err *ret_err);
/* The journal is told up to this position: once that is as far as it was read ahead, nothing that
 * was found is of use any more. */
void px_gone_forget(px_gone *gone, uint64_t seq);

#endif
