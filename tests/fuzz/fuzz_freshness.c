/* SPDX-License-Identifier: Apache-2.0 */
/* What is declared of a twin: whatever can be read keeps the rules between its durations. */
#include <stdlib.h>

#include "base/limits.h"
#include "freshness/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool holds(const px_freshness_rule *rule)
{
    return rule->period >= PX_FRESHNESS_NS_MIN && rule->period <= PX_FRESHNESS_NS_MAX &&
           rule->tolerance >= 0 && rule->stale >= rule->period + rule->tolerance &&
           rule->stale <= PX_FRESHNESS_NS_MAX;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    px_fresh_document document;
    px_arena arena;
    px_err err;

    px_arena_init(&arena, 8 << 20);
    if (px_fresh_document_read(px_str_of((const char *)data, size), &arena, &document, &err) ==
        PX_OK) {
        if (document.line_count > PX_FRESHNESS_PROPERTIES_MAX ||
            document.roll_up_count > PX_FRESHNESS_ROLL_UPS_MAX)
            abort();
        for (size_t i = 0; i < document.line_count; i++)
            if (document.lines[i].rule.period != 0 && !holds(&document.lines[i].rule))
                abort();
    } else if (err.text[0] == '\0') {
        abort();
    }
    px_arena_release(&arena);
    return 0;
}
