/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Loads an embedded pack into a server through its public HTTP API, and lets a device speak for it.
 *
 * What is there already stays as it is, so that loading twice is loading once. Threads: one.
 */
#ifndef PX_DEMO_LOAD_H
#define PX_DEMO_LOAD_H

#include "base/arena.h"
#include "cli/http.h"

typedef struct px_load {
    size_t twins;      /* of the pack's graph */
    bool is_fresh;     /* the models were not there before */
    px_str device_key; /* in the arena: made anew each time */
} px_load;

/* True when the binary holds a pack of this name. */
bool px_pack_exists(px_str pack);

/**
 * @param device  gets all twins of the graph, and a new key
 * @param arena   holds the pack's documents and the key
 * Errors: PX_NOT_FOUND (no such pack), PX_CORRUPT (the server's answer is not what it should be),
 * and those of px_http_send.
 */
PX_NODISCARD px_status px_pack_load(px_http *http, px_str pack, px_str device, px_arena *arena,
                                    px_load *ret_load, px_err *ret_err);

#endif
