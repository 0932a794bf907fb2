/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What is right in a set of models and still deserves a second look.
 *
 * Threads: any.
 */
#ifndef PX_MODEL_LINT_H
#define PX_MODEL_LINT_H

#include "model/model.h"

/* name, stable id, what would be better */
#define PX_LINT_MAP(X)                                                                             \
    X(NO_DISPLAY_NAME, "noDisplayName", "people read a displayName, in their language")            \
    X(NO_VERSION, "noVersion", "with a version such as ;1 twins can move to the next one")         \
    X(TARGET_MISSING, "targetMissing", "no twin can be the target until that Interface is there")  \
    X(NAMES_ALIKE, "namesAlike", "names that differ by more than case are not mixed up")           \
    X(EMPTY_ENUM, "emptyEnum", "an Enum without values takes no value at all")                     \
    X(EMPTY_OBJECT, "emptyObject", "an Object without fields takes only {}")

typedef enum px_lint_rule {
#define X(name, id, better) PX_LINT_##name,
    PX_LINT_MAP(X)
#undef X
} px_lint_rule;

typedef struct px_lint {
    px_lint_rule rule;
    const px_model *model;
    px_str name; /* of a content or a part of it; empty: the Interface itself */
    px_str what; /* what is there: a target, the other name; empty: nothing more to say */
} px_lint;

typedef struct px_lint_list {
    px_lint *items; /* in the order of the models; texts borrow from these */
    size_t count, cap;
} px_lint_list;
void px_lint_list_release(px_lint_list *list);

const char *px_lint_id(px_lint_rule rule);
const char *px_lint_better(px_lint_rule rule);

/* `models` are the whole world for targets. A content is told where it is declared, not at every
 * heir. */
PX_NODISCARD px_status px_model_lint(const px_model_set *set, px_lint_list *ret_list,
                                     px_err *ret_err);

#endif
