/* SPDX-License-Identifier: Apache-2.0 */
/**
 * JSON Patch (RFC 6902) and merge patch (RFC 7396) over arena documents.
 *
 * The document given in is changed: parse it for this purpose. Operations apply in order; on
 * failure the document is in between and must be dropped, so a caller publishes the result only on
 * PX_OK. Threads: any, one document at a time.
 */
#ifndef PX_BASE_JSON_PATCH_H
#define PX_BASE_JSON_PATCH_H

#include "base/json.h"

enum {
    PX_JSON_PATCH_ADD = 1,
    PX_JSON_PATCH_REPLACE = 2,
    PX_JSON_PATCH_REMOVE = 4,
    PX_JSON_PATCH_MOVE = 8,
    PX_JSON_PATCH_COPY = 16,
    PX_JSON_PATCH_TEST = 32,
    PX_JSON_PATCH_ALL = 63,
};

typedef struct px_json_patch_opts {
    unsigned verbs;    /* allowed ones; 0: all */
    bool whole_arrays; /* refuse steps into an array: arrays are replaced whole */
    uint32_t ops_max;  /* 0: PX_PATCH_OPS_MAX */
    /* Called for each operation before it applies, with the path it changes (of a move: both); may
     * refuse. NULL: not */
    px_status (*before)(void *data, const px_json_pointer *path, const px_json *op,
                        px_err *ret_err);
    void *data;
} px_json_patch_opts;

/**
 * @param doc  changed; gives the new root (which differs when the whole document was replaced)
 * @param ops  the patch: an array of operations
 *
 * Errors: PX_INVALID with the place in the patch; ids patch.form (no valid operation), patch.op
 * (verb unknown or not allowed), patch.path (`Could not resolve path`), patch.test; PX_TOO_LARGE
 * (too many), PX_LIMIT, PX_NO_MEMORY.
 */
PX_NODISCARD px_status px_json_patch(px_json *doc, const px_json *ops,
                                     const px_json_patch_opts *opts, px_arena *arena,
                                     px_json **ret_doc, px_err *ret_err);

/* RFC 7396: members of `patch` replace or (null) remove those of `doc`, objects recursively. `doc`
 * may be NULL. */
PX_NODISCARD px_status px_json_merge(px_json *doc, const px_json *patch, px_arena *arena,
                                     px_json **ret_doc, px_err *ret_err);

#endif
