/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Secrets in documents: passwords of brokers, keys, what signs webhooks. They go in and never come
 * out, and the one rule of what a PUT does to them is here: one that its body does not speak of
 * stays while it goes where it went, null takes it away. Room-internal.
 */
#ifndef PX_API_SECRET_H
#define PX_API_SECRET_H

#include "api/document_call.h"

/* The document of the path's first part as it was. */
typedef struct px_api_before {
    px_document document;
    px_json *body; /* in the call's arena; NULL: there was none */
} px_api_before;

PX_NODISCARD px_status px_api_read_before(px_api_call *call, px_str kind, px_api_before *ret_before,
                                          px_err *ret_err);

typedef struct px_api_secret {
    px_str name;       /* of its member */
    const char *code;  /* of the error */
    const char *place; /* where it goes, for the sentence: "'host' and 'port' do" */
} px_api_secret;

/**
 * What a PUT leaves of a secret that there was.
 *
 * Whoever may write the document does not know it, and is not to have it sent to a host of his own:
 * so it stays only in the same place, and the write is made conditional on the revision in which it
 * was found there.
 *
 * @param is_same_place  what is put sends it where `before` did, and as safely
 * @param ret_kept       NULL: there is none to keep
 * Errors: PX_INVALID (secret->code): it would go elsewhere.
 */
PX_NODISCARD px_status px_api_keep_secret(px_api_call *call, const px_api_secret *secret,
                                          const px_api_before *before, bool is_same_place,
                                          const px_json **ret_kept, px_err *ret_err);

#endif
