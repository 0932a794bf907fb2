/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The models of all tenants by number and by identifier.
 *
 * A model number is given out once and never again. One writer uploads, closes and deletes inside a
 * transaction of the registry, which goes with the graph's: what it did is seen by itself at once,
 * by others after px_registry_commit, which cannot fail. Threads: px_registry_model and
 * px_registry_info from any without waiting; px_registry_find and the lists from any (a short
 * lock); the rest the writer only.
 */
#ifndef PX_TWIN_REGISTRY_H
#define PX_TWIN_REGISTRY_H

#include "base/arena.h"
#include "base/time.h"
#include "model/model.h"

typedef struct px_registry px_registry;

typedef struct px_model_info {
    uint32_t model_no, tenant;
    const px_model *model; /* borrowed: lives as long as the registry, also after deletion */
    px_time upload_time;
    bool decommissioned;
} px_model_info;

PX_NODISCARD px_status px_registry_new(px_registry **ret_registry, px_err *ret_err);
void px_registry_free(px_registry *registry); /* NULL is fine */

/* NULL for a number that is not in use. A deleted model's number still gives its model, for twins
 * that have it. */
const px_model *px_registry_model(const px_registry *registry, uint32_t model_no);
/* False when there is no such model, or it was deleted. */
bool px_registry_info(const px_registry *registry, uint32_t model_no, px_model_info *ret_info);
/* The same two for the writer, its own transaction included. */
const px_model *px_registry_model_own(const px_registry *registry, uint32_t model_no);
bool px_registry_info_own(const px_registry *registry, uint32_t model_no, px_model_info *ret_info);
/* False when the tenant has no such model. Published state. */
bool px_registry_find(px_registry *registry, uint32_t tenant, px_str dtmi, px_model_info *ret_info);
/* The same for the writer, its own transaction included. */
bool px_registry_find_own(px_registry *registry, uint32_t tenant, px_str dtmi,
                          px_model_info *ret_info);

/* All models of a tenant by number, into the arena. `base` (may be NULL ptr): only those that are
 * this model or extend it. */
PX_NODISCARD px_status px_registry_list(px_registry *registry, uint32_t tenant, px_str base,
                                        px_arena *arena, px_model_info **ret_infos,
                                        size_t *ret_count, px_err *ret_err);

/* How the writer's stored models of a tenant are found while others are parsed: fill a
 * px_model_source with this and a px_registry_scope. */
typedef struct px_registry_scope {
    px_registry *registry;
    uint32_t tenant;
} px_registry_scope;
const px_model *px_registry_source_find(void *scope, px_str dtmi);
/* The same for a deleted model that is loaded again: what it needs may be deleted as well. Rows are
 * loaded by number and what a model needs has a lower one, so the newest so far is the right one.
 * Cost: a step for each number, where only deleted models have the identifier. */
const px_model *px_registry_source_find_any(void *scope, px_str dtmi);

/**
 * Adds a model (takes a reference of its own).
 *
 * @param model_no  0: the next; else (replay) this one, which must be free
 * @param ret_no    may be NULL
 *
 * How many a tenant may have is the caller's to judge.
 *
 * Errors: PX_CONFLICT (the tenant has this identifier, or the number is taken), PX_LIMIT (no number
 * is left), PX_NO_MEMORY.
 */
PX_NODISCARD px_status px_registry_put(px_registry *registry, uint32_t tenant, px_model *model,
                                       uint32_t model_no, px_time upload_time, uint32_t *ret_no,
                                       px_err *ret_err);
PX_NODISCARD px_status px_registry_decommission(px_registry *registry, uint32_t model_no,
                                                bool decommissioned, px_err *ret_err);
/* What px_registry_delete would answer. Errors: PX_NOT_FOUND, PX_CONFLICT (a model extends it or
 * has it as Component; named). */
PX_NODISCARD px_status px_registry_deletable(const px_registry *registry, uint32_t model_no,
                                             px_err *ret_err);
/* Whether it may be decommissioned. Errors: PX_NOT_FOUND, PX_CONFLICT (an open model extends it or
 * has it as Component; named). */
PX_NODISCARD px_status px_registry_closable(const px_registry *registry, uint32_t model_no,
                                            px_err *ret_err);
/* Errors: those of px_registry_deletable, and PX_NO_MEMORY. `kept`: its row stays, because twins
 * have it, or another kept one needs it. */
PX_NODISCARD px_status px_registry_delete(px_registry *registry, uint32_t model_no, bool kept,
                                          px_err *ret_err);
/* True when a deleted and kept model extends this one or has it as Component. */
bool px_registry_kept_needs(const px_registry *registry, uint32_t model_no);
/**
 * Whether this upload brings back what was deleted: of the tenant's models with its identifier the
 * newest that is not gone for good is deleted and kept, and neither its text nor that of a model
 * that it needs changed. Then it has the old number again, and the twins that have it live on.
 * Cost: a step for each number, if any model is deleted.
 */
bool px_registry_is_revival(const px_registry *registry, uint32_t tenant, const px_model *model,
                            uint32_t *ret_no);
/* Errors: PX_NOT_FOUND (it is not deleted), PX_NO_MEMORY. */
PX_NODISCARD px_status px_registry_revive(px_registry *registry, uint32_t model_no,
                                          px_time upload_time, px_err *ret_err);
/* True for a number whose model was deleted; the writer's view. */
bool px_registry_is_deleted(const px_registry *registry, uint32_t model_no);
void px_registry_commit(px_registry *registry);
void px_registry_rollback(px_registry *registry);

/* True while so many more numbers can be given out. */
bool px_registry_has_numbers(const px_registry *registry, size_t count);
/* The highest number given out; kept with the checkpoint. Setting takes the larger. */
uint32_t px_registry_number(const px_registry *registry);
void px_registry_number_set(px_registry *registry, uint32_t highest);

#endif
