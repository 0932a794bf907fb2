/* SPDX-License-Identifier: Apache-2.0 */
#include "model/rule.h"

static const struct {
    const char *id, *sentence;
    px_rule_group group;
} rules[PX_RULE_COUNT] = {
#define X(name, id, group, sentence) [PX_RULE_##name] = { "dtdl." id, sentence, PX_RULES_##group },
    PX_RULE_MAP(X)
#undef X
};

const char *px_rule_id(px_rule rule)
{
    return rules[rule].id;
}

const char *px_rule_sentence(px_rule rule)
{
    return rules[rule].sentence;
}

px_rule_group px_rule_group_of(px_rule rule)
{
    return rules[rule].group;
}
