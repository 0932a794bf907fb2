/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Documents: all that people configure (devices, credentials, tenants …) and pending commands, as
 * one fold.
 *
 * A document is (tenant, kind, id, revision, body). Its revision is the position of its last write,
 * so ETag, history and undo need nothing of their own. The one writer prepares changes privately
 * (px_documents_put, _delete), reads them there, and publishes or drops them at the end of its
 * batch; readers on other threads see published ones.
 */
#ifndef PX_ENGINE_DOCUMENTS_H
#define PX_ENGINE_DOCUMENTS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/time.h"

typedef struct px_documents px_documents;

typedef struct px_document {
    uint32_t no; /* given once, never reused */
    uint32_t tenant;
    uint64_t revision;
    px_time updated;
    px_str kind, id, body;
} px_document;

PX_NODISCARD px_status px_documents_new(px_documents **ret_documents, px_err *ret_err);
void px_documents_free(px_documents *documents);

/* ---- the one writer ---- */

/* The document as this batch would leave it, or NULL. Borrowed until the batch ends. */
const px_document *px_documents_pending(const px_documents *documents, uint32_t tenant, px_str kind,
                                        px_str id);
/* How many of this kind the tenant would have then. Cost: the changes of the batch. */
size_t px_documents_pending_count(px_documents *documents, uint32_t tenant, px_str kind);
/* Whether one of this kind in the tenant would have a revision behind `position` then. Cost: the
 * documents of the kind, and the changes of the batch. */
bool px_documents_pending_is_newer(const px_documents *documents, uint32_t tenant, px_str kind,
                                   uint64_t position);
/* The published document of this number, or NULL. The writer's thread, or under no writer. */
const px_document *px_documents_by_number(const px_documents *documents, uint32_t no);
/* `document->no` 0 takes a new number when there is none yet; the number is given back. Copies. */
PX_NODISCARD px_status px_documents_put(px_documents *documents, const px_document *document,
                                        uint32_t *ret_no, px_err *ret_err);
/* PX_NOT_FOUND when there is none. `revision` is the position of the deletion. */
PX_NODISCARD px_status px_documents_delete(px_documents *documents, uint32_t tenant, px_str kind,
                                           px_str id, uint64_t revision, px_err *ret_err);
/* Makes the batch's changes readable; cannot fail. Or forgets them. */
void px_documents_commit(px_documents *documents);
void px_documents_rollback(px_documents *documents);

/* The highest number given out, the batch's own included; kept with the checkpoint. Setting takes
 * the larger. */
uint32_t px_documents_number(const px_documents *documents);
void px_documents_number_set(px_documents *documents, uint32_t highest);

/* ---- any thread ---- */

/* Copies the published document into `arena`. Errors: PX_NOT_FOUND, PX_LIMIT, PX_NO_MEMORY. */
PX_NODISCARD px_status px_documents_get(px_documents *documents, uint32_t tenant, px_str kind,
                                        px_str id, px_arena *arena, px_document *ret_document,
                                        px_err *ret_err);
/* The same by its number. */
PX_NODISCARD px_status px_documents_get_number(px_documents *documents, uint32_t no,
                                               px_arena *arena, px_document *ret_document,
                                               px_err *ret_err);
/* Another number after each commit that changed a document: whoever found something to stand need
 * not look again while it is the same. Never 0. No lock. */
uint64_t px_documents_generation(const px_documents *documents);
/* The revision of the published document, 0 when there is none. Copies nothing. */
uint64_t px_documents_revision(px_documents *documents, uint32_t tenant, px_str kind, px_str id);
/* Cost of lists and counts: what they give, not what else there is. */
/* Published documents of one kind behind `*cursor` (a number; 0 begins, and stands there again when
 * there are no more), at most `max`, copied into `arena`. */
PX_NODISCARD px_status px_documents_list(px_documents *documents, uint32_t tenant, px_str kind,
                                         uint32_t *cursor, size_t max, px_arena *arena,
                                         px_document *ret_items, size_t *ret_count,
                                         px_err *ret_err);
/* What a document is known by. */
typedef struct px_document_head {
    uint32_t no, tenant;
    uint64_t revision;
} px_document_head;

/* The same without the texts, for who has most of them already. Copies nothing else; gives how
 * many. */
size_t px_documents_list_heads(px_documents *documents, uint32_t tenant, px_str kind,
                               uint32_t *cursor, size_t max, px_document_head *ret_heads);
/* Numbers of tenants, the first one included, by a cursor as above; gives how many. */
enum { PX_TENANTS_AT_ONCE = 64 };
size_t px_documents_tenants(px_documents *documents, uint32_t *cursor,
                            uint32_t ret_tenants[PX_TENANTS_AT_ONCE]);
/* As px_documents_list those whose ids begin with `prefix`, which ends in a slash: the pending
 * commands of twin T are those of kind `command` under `T/`. Cost: the ids that have the same first
 * part. */
PX_NODISCARD px_status px_documents_list_under(px_documents *documents, uint32_t tenant,
                                               px_str kind, px_str prefix, uint32_t *cursor,
                                               size_t max, px_arena *arena, px_document *ret_items,
                                               size_t *ret_count, px_err *ret_err);
/* Published documents of a tenant and kind. */
size_t px_documents_count(px_documents *documents, uint32_t tenant, px_str kind);

#endif
