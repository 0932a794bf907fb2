/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The compiled bindings of all tenants, kept beside their documents.
 *
 * A document is compiled once for each of its revisions; whoever asks after a commit that changed a
 * binding sees it. A binding that is found is held until it is let go, whatever becomes of its
 * document. One that no longer compiles, because an older release took it, is passed over and
 * counted. Threads: any.
 */
#ifndef PX_SYNC_BINDINGS_H
#define PX_SYNC_BINDINGS_H

#include "base/log.h"
#include "engine/documents.h"
#include "sync/binding.h"

typedef struct px_bindings px_bindings;

PX_NODISCARD px_status px_bindings_new(px_documents *documents, px_log *log,
                                       px_bindings **ret_bindings, px_err *ret_err);
void px_bindings_free(px_bindings *bindings); /* nothing of it is held any more */

/* Those that take this topic and are enabled, the oldest first; the list is in the arena. Cost: one
 * load while the tenant has none. Errors: PX_NO_MEMORY, PX_LIMIT (arena). */
PX_NODISCARD px_status px_bindings_of_topic(px_bindings *bindings, uint32_t tenant, px_str topic,
                                            px_arena *arena, const px_binding ***ret_list,
                                            size_t *ret_count, px_err *ret_err);
/* The same of what a connection brings; `topic` may be empty. */
PX_NODISCARD px_status px_bindings_of_connection(px_bindings *bindings, uint32_t tenant,
                                                 px_str connection, px_str topic, px_arena *arena,
                                                 const px_binding ***ret_list, size_t *ret_count,
                                                 px_err *ret_err);
/* The same of an edge node, `GROUP/NODE`, or a device, `GROUP/NODE/DEVICE`, of Sparkplug. */
PX_NODISCARD px_status px_bindings_of_sparkplug(px_bindings *bindings, uint32_t tenant,
                                                px_str source, px_arena *arena,
                                                const px_binding ***ret_list, size_t *ret_count,
                                                px_err *ret_err);
/* False: surely none of the tenant is enabled for MQTT. */
bool px_bindings_may_take(px_bindings *bindings, uint32_t tenant);
/* By its name, enabled or not. Errors: PX_NOT_FOUND (binding.not_found), PX_NO_MEMORY. */
PX_NODISCARD px_status px_bindings_find(px_bindings *bindings, uint32_t tenant, px_str name,
                                        const px_binding **ret_binding, px_err *ret_err);
/* Names of those whose source is this connection, enabled or not, the oldest first, in the arena:
 * at most `most`; `ret_count` is how many there are. Errors: PX_NO_MEMORY, PX_LIMIT (arena). */
PX_NODISCARD px_status px_bindings_name_by_connection(px_bindings *bindings, uint32_t tenant,
                                                      px_str connection, px_arena *arena,
                                                      px_str *ret_names, size_t most,
                                                      size_t *ret_count, px_err *ret_err);
/* Of what was found, each once. */
void px_bindings_let_go(const px_binding *binding);

/* ---- figures of a binding, since it was compiled ---- */
typedef struct px_binding_stats {
    uint64_t messages, values, missed, refused; /* refused: whole messages */
} px_binding_stats;
px_binding_stats px_bindings_stat(const px_binding *binding);
void px_bindings_count(const px_binding *binding, const px_binding_stats *more);
/* Of all tenants since the start, also of bindings that are gone. */
px_binding_stats px_bindings_stat_all(px_bindings *bindings);
uint64_t px_bindings_broken(px_bindings *bindings); /* documents that do not compile, so far */

#endif
