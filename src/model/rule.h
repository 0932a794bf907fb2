/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Every rule that a model can break, as a table: stable id, group, and what would be right.
 *
 * px_err.id of a refused model is one of these ids (`dtdl.missingContext`); the names after the dot
 * are those that the reference parser gave to its errors, so that tests compare. Threads: any.
 */
#ifndef PX_MODEL_RULE_H
#define PX_MODEL_RULE_H

#include <stddef.h>

typedef enum px_rule_group {
    PX_RULES_DOCUMENT,   /* the document and its context */
    PX_RULES_IDENTIFIER, /* identifiers and references */
    PX_RULES_TYPE,
    PX_RULES_MEMBER,
    PX_RULES_STRUCTURE,
    PX_RULES_SERVICE, /* valid DTDL, and not taken here */
} px_rule_group;

/* The whole table: which rules there are, for docs and for a test that each can be broken. */
size_t px_rule_count(void);
const char *px_rule_id(size_t rule);       /* "dtdl.missingContext" */
const char *px_rule_sentence(size_t rule); /* "every top-level Interface names its context, …" */
px_rule_group px_rule_group_of(size_t rule);

#endif
