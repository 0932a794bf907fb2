/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What calls about documents have in common: the one that the path names, a page of them, and
 * the write. Those that give false have answered the call. Room-internal.
 */
#ifndef PX_API_DOCUMENT_CALL_H
#define PX_API_DOCUMENT_CALL_H

#include "api/inner.h"

px_documents *px_api_documents(px_api_call *call);

/* What is said of one that is not there: `MISSING 'ID'`. */
typedef struct px_api_missing {
    const char *id, *text;
} px_api_missing;

/* The document of the path's first part, in the caller's tenant. `missing` NULL: the room engine's
 * own sentence. */
PX_NODISCARD bool px_api_document(px_api_call *call, px_str kind, const px_api_missing *missing,
                                  px_document *ret_document);

/* At most `most` of `kind` behind `*cursor`, which gets where the next page begins (0: none). */
PX_NODISCARD bool px_api_document_page(px_api_call *call, uint32_t tenant, px_str kind, size_t most,
                                       uint32_t *cursor, px_document **ret_items,
                                       size_t *ret_count);
/* The same by the parameters `limit` and `cursor` of the call. */
PX_NODISCARD bool px_api_document_list(px_api_call *call, uint32_t tenant, px_str kind,
                                       uint64_t usual, uint64_t most, uint32_t *ret_cursor,
                                       px_document **ret_items, size_t *ret_count);

/* Writes one of them for people. */
typedef void px_api_put_document(px_api_call *call, px_json_writer *w, const px_document *document);

/* Answers with such a page: `{"items":[…],"cursor":…}`, each item as `put` writes it. Asks whether
 * the caller may. */
void px_api_document_items(px_api_call *call, px_action action, uint32_t tenant, px_str kind,
                           uint64_t usual, uint64_t most, px_api_put_document *put);
/* Answers with the document of the path's first part, as `put` writes it, and its ETag. The caller
 * asked whether it may. */
void px_api_document_answer(px_api_call *call, px_str kind, const px_api_missing *missing,
                            px_api_put_document *put);
/* Deletes it; `gone` as px_api_submit, NULL answers 204. Asks whether the caller may. */
void px_api_document_delete(px_api_call *call, px_str kind, const px_api_missing *missing,
                            void (*gone)(px_api_call *call));

/* Writes the document of the path's first part, or deletes it (`body` empty); `then` as
 * px_api_submit. */
void px_api_document_write(px_api_call *call, px_str kind, px_str body,
                           void (*then)(px_api_call *call));

/* The same of one that was compared with all others of its kind as they were at `position`: where
 * one of those was written meanwhile nothing is written, and the result is PX_STALE
 * (PX_DOCUMENT_OVERTAKEN). `then` as px_api_submit_always. */
void px_api_document_write_compared(px_api_call *call, px_str kind, px_str body, uint64_t position,
                                    void (*then)(px_api_call *call));

/* Moves what was built into the arena. Empty, never absent, when memory ended: a body that is
 * absent would delete. */
px_str px_api_keep(px_api_call *call, px_buf *buf);

#endif
