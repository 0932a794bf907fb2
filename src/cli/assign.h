/* SPDX-License-Identifier: Apache-2.0 */
/**
 * `name=value` words as JSON: `speed=20`, `motor.speed=20`, `label=Pump 1`, `on=true`.
 *
 * The value is JSON when it reads as JSON (so numbers keep their digits), else text; `label='"20"'`
 * is the text 20. A dotted name leads into a component or object. Threads: one.
 */
#ifndef PX_CLI_ASSIGN_H
#define PX_CLI_ASSIGN_H

#include "base/arena.h"
#include "base/buf.h"

typedef struct px_assign {
    px_str name;  /* with its dots */
    px_str value; /* JSON; an empty slice: to be removed */
} px_assign;

/* Borrows the name from `word`; the value lives in the arena. Errors: PX_INVALID. */
PX_NODISCARD px_status px_assign_parse(const char *word, px_arena *arena, px_assign *ret_assign,
                                       px_err *ret_err);

/* JSON Patch (RFC 6902): add for a value, remove for none. */
void px_put_json_patch(px_buf *buf, const px_assign *assigns, size_t count);

/* One object with what is assigned, nested by the dots, `"name":value,…` without braces; null for
 * what is to be removed. Names of one component must stand together. */
void px_put_json_members(px_buf *buf, const px_assign *assigns, size_t count);

#endif
