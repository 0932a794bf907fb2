/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A device as its document has it: life, twins, credentials.
 *
 *   registered ──first accepted connection──► active
 *       │  ▲                                    │
 *       ▼  │ enable                             ▼
 *     disabled ◄───────────── disable ──────────┘        each of them ──retire──► retired
 *
 * Registered and active devices may connect. A disabled one may not, until it is enabled. Retired
 * is for good: the document stays, so that history and journal keep a name, and no credential of it
 * proves anything again. A document without a state was written by 0.1, and its device is active.
 * Threads: any.
 */
#ifndef PX_SYNC_DEVICE_H
#define PX_SYNC_DEVICE_H

#include "base/json.h"
#include "engine/engine.h"

typedef enum px_device_state {
    PX_DEVICE_REGISTERED,
    PX_DEVICE_ACTIVE,
    PX_DEVICE_DISABLED,
    PX_DEVICE_RETIRED,
    PX_DEVICE_STATE_COUNT
} px_device_state;

const char *px_device_state_name(px_device_state state); /* "registered" */
bool px_device_state_find(px_str name, px_device_state *ret_state);
/* One table of allowed moves; staying is none. */
bool px_device_may_become(px_device_state from, px_device_state to);

typedef struct px_device {
    px_device_state state;
    px_str group;
    const px_json *attributes;                     /* an object of texts; NULL: none */
    px_str twins;                                  /* JSON array */
    px_str credentials[PX_DEVICE_CREDENTIALS_MAX]; /* ids of their documents */
    size_t credential_count;
} px_device;

/* All slices and nodes are in `arena`, or in `body`. Errors: PX_CORRUPT, PX_LIMIT, PX_NO_MEMORY. */
PX_NODISCARD px_status px_device_read(px_str body, px_arena *arena, px_device *ret_device,
                                      px_err *ret_err);
void px_put_device(px_buf *buf, const px_device *device); /* the body of its document */

/* PX_DENIED with a sentence when a device of this state may not connect. */
PX_NODISCARD px_status px_device_admits(px_device_state state, px_str id, px_err *ret_err);

/**
 * Makes a registered device active, by an event like every change. Nothing is waited for: when the
 * document is another meanwhile (`revision`) nothing happens, and who asks looks again.
 *
 * @param principal  the device; copied
 */
void px_device_activate(px_engine *engine, const px_principal *principal, uint64_t revision);

#endif
