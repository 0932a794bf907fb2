/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Model files by name: files, folders (every `.json` below them, in the order of their names) and
 * `-` for standard input. Threads: one.
 */
#ifndef PX_CLI_TEXTS_H
#define PX_CLI_TEXTS_H

#include "base/vec.h"
#include "model/model.h"

typedef struct px_texts {
    PX_VEC(px_model_file) list; /* names and texts live in the arena */
    size_t bytes;
    px_arena *arena;
} px_texts;

void px_texts_init(px_texts *texts, px_arena *arena); /* borrows the arena */
void px_texts_release(px_texts *texts);

/* Adds what `path` names. Errors: PX_NOT_FOUND (also a folder without model files), PX_DENIED,
 * PX_IO, PX_TOO_LARGE (PX_MODELS_BYTES_MAX in all), PX_LIMIT (folders inside each other). */
PX_NODISCARD px_status px_texts_add(px_texts *texts, const char *path, px_err *ret_err);

/* Adds a text that is there already; both are copied. Errors: PX_TOO_LARGE, PX_LIMIT (arena). */
PX_NODISCARD px_status px_texts_add_text(px_texts *texts, px_str name, px_str json,
                                         px_err *ret_err);

#endif
