/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Claims: by one an unknown device asks to be registered, and is given its key.
 *
 * A claim is a document of its tenant (kind `claim`): how many devices may use it, until when, what
 * their ids begin with, what they are made of. Its text is a credential of type `claim`, which
 * proves no principal. It is counted by the event that registers the device: the writer refuses the
 * whole when the claim was used, changed or deleted meanwhile. Threads: any.
 */
#ifndef PX_SYNC_CLAIM_H
#define PX_SYNC_CLAIM_H

#include "sync/credential.h"

typedef struct px_claim {
    px_str credential; /* id of its document */
    uint32_t uses, used;
    px_time expires;
    px_str prefix;       /* that ids begin with; may be empty */
    px_str group, model; /* of the devices, of their twins; empty: none */
} px_claim;

/* All slices in the arena. Errors: PX_CORRUPT, PX_LIMIT, PX_NO_MEMORY. */
PX_NODISCARD px_status px_claim_read(px_str body, px_arena *arena, px_claim *ret_claim,
                                     px_err *ret_err);
void px_put_claim(px_buf *buf, const px_claim *claim); /* the body of its document */

/* One that somebody holds the text of. */
typedef struct px_claim_found {
    uint32_t tenant;
    px_str name;
    uint64_t revision;
    px_claim claim;
} px_claim_found;

/**
 * By its text. Errors: PX_UNAUTHORIZED, the same for a wrong form, an unknown id and a wrong
 * secret; PX_DENIED: it is right, but over or used up.
 */
PX_NODISCARD px_status px_claim_find(px_env *env, px_documents *documents, px_str text,
                                     px_arena *arena, px_claim_found *ret_found, px_err *ret_err);

/* Whether a device may ask for this id. Errors: PX_INVALID, with what it has to be. */
PX_NODISCARD px_status px_claim_check_id(const px_claim *claim, px_str id, px_err *ret_err);

#endif
