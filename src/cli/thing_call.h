/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Things that are shown, written and deleted by their name alone: routes, endpoints, indexes; and
 * those that are a document: bindings, connections.
 * Threads: one.
 */
#ifndef PX_CLI_THING_CALL_H
#define PX_CLI_THING_CALL_H

#include "cli/no_such.h"

/* Each is of the thing whose id is the first operand. The first gives what the server knows. */
PX_NODISCARD px_status px_thing_get(px_cli *cli, px_thing thing, const px_args *args,
                                    px_arena *arena, px_json **ret_root, px_err *ret_err);
PX_NODISCARD px_status px_thing_show(px_cli *cli, px_thing thing, const px_args *args,
                                     px_err *ret_err);
/* And says what the server notes of it. `done`: what is said then, `deleted`. */
PX_NODISCARD px_status px_thing_delete(px_cli *cli, px_thing thing, const char *done,
                                       const px_args *args, px_err *ret_err);
/* Takes the body, a whole JSON text or one that failed. */
PX_NODISCARD px_status px_thing_put(px_cli *cli, px_thing thing, const px_args *args, px_buf *body,
                                    px_err *ret_err);

/* The document alone, which stands in `member` of the answer, so that what is shown can be put. */
PX_NODISCARD px_status px_thing_show_document(px_cli *cli, px_thing thing, const char *member,
                                              const px_args *args, px_err *ret_err);
/* Writes what stands in the file that is the second operand, and shows the place of what is wrong
 * in it, and what the server notes of it. `done`: what is said then, `wrote`; `missing`: what is
 * not there when it is not found. */
PX_NODISCARD px_status px_thing_put_file(px_cli *cli, px_thing thing, const char *done,
                                         px_thing missing, const px_args *args, px_err *ret_err);

/* A member of what a command was given; nothing when it was not (NULL). */
void px_put_argument(px_json_writer *w, const char *key, const char *value);

#endif
