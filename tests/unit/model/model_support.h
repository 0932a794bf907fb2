/* SPDX-License-Identifier: Apache-2.0 */
/** What the tests of this room share: a model from a literal, a refusal with its rule and place. */
#ifndef PX_MODEL_SUPPORT_H
#define PX_MODEL_SUPPORT_H

#include "base/mem.h"
#include "model/model.h"

#include "px_test.h"

/* The head of an Interface, to be followed by members and a closing brace. */
#define INTERFACE_V2(id)                                                                           \
    "{\"@context\":\"dtmi:dtdl:context;2\",\"@id\":\"" id "\",\"@type\":\"Interface\""
#define INTERFACE_V3(id)                                                                           \
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"" id "\",\"@type\":\"Interface\""
#define INTERFACE_V4(id)                                                                           \
    "{\"@context\":\"dtmi:dtdl:context;4\",\"@id\":\"" id "\",\"@type\":\"Interface\""

/* Parses what must be right; the caller releases the set. */
static inline px_model_set parse_models(const char *json)
{
    px_model_set set = { 0 };
    px_err err;

    CHECK_OK(px_models_parse(px_str_c(json), NULL, &set, &err), &err);
    return set;
}

/* Parses what must be refused, and gives the first error. */
static inline px_err parse_refused(px_str json)
{
    px_model_set set = { 0 };
    px_err err = { 0 };

    CHECK_EQ(px_models_parse(json, NULL, &set, &err), PX_INVALID);
    CHECK_EQ(set.count, 0);
    return err;
}

#define CHECK_REFUSED(json, rule_id) CHECK_STR(parse_refused(px_str_c(json)).id, rule_id)

#endif
