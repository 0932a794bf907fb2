/* SPDX-License-Identifier: Apache-2.0 */
/** Which models of a set use one of them, and how. Threads: any. */
#ifndef PX_CLI_USED_BY_H
#define PX_CLI_USED_BY_H

#include "model/model.h"

typedef enum px_use_kind { PX_USE_EXTENDS, PX_USE_COMPONENT, PX_USE_TARGET } px_use_kind;

typedef struct px_use {
    const px_model *model; /* that uses it */
    px_use_kind kind;
    px_str name; /* of the Component or Relationship, which that model declares itself */
} px_use;

const char *px_use_kind_name(px_use_kind kind); /* "extends", "Component", "Relationship" */

/* Calls `each` for every use, in the order of the set; false ends the walk. */
typedef bool px_use_each(void *data, const px_use *use);
void px_used_by(const px_model_set *set, px_str id, px_use_each *each, void *data);

#endif
