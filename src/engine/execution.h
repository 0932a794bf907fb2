/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What became of commands: a document of kind `execution`, TWIN/ID, which takes the place of the
 * command's own when it ends.
 *
 * It is the audit trail (who called what when, and what came of it), and why an id is executed
 * once: who calls it again is told what came of it, also after a restart. The newest
 * PX_COMMANDS_KEPT_MAX of each tenant are kept. Threads: the writer, but for reading bodies.
 */
#ifndef PX_ENGINE_EXECUTION_H
#define PX_ENGINE_EXECUTION_H

#include "base/json.h"
#include "engine/documents.h"
#include "journal/event.h"

struct px_engine_state;

/* Of a command's document, which waits, or of an execution's; slices borrow from it and the arena.
 */
typedef struct px_execution {
    px_str twin, id, name, print;
    uint32_t twin_no;
    px_command_status status;
    px_str response; /* JSON; empty: none */
} px_execution;

PX_NODISCARD px_status px_execution_read(px_str body, px_arena *arena, px_execution *ret_execution,
                                         px_err *ret_err);
/* Tells one call of a twin from another: of its name and its payload (NULL: none). Errors:
 * PX_NO_MEMORY. */
PX_NODISCARD px_status px_execution_print(px_str name, const px_json *payload, uint64_t *ret_print,
                                          px_err *ret_err);
/* Appends it as it stands in a body. */
void px_put_execution_print(px_json_writer *w, uint64_t print);

/* Behind the response of a command, or the end of its time: `waiting` is its document still, `body`
 * what that says. */
PX_NODISCARD px_status px_execution_end(struct px_engine_state *state, const px_document *waiting,
                                        const px_json *body, const px_event *response,
                                        px_err *ret_err);

/**
 * Whether this id was called already, and waits or has ended.
 *
 * Errors: PX_CONFLICT (command.other): it was another command, or had another payload.
 */
PX_NODISCARD px_status px_execution_look(struct px_engine_state *state, uint32_t tenant,
                                         uint32_t twin_no, px_str document_id, uint64_t print,
                                         bool *ret_is_known, px_err *ret_err);

#endif
