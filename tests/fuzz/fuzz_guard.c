/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guards of commands: whatever a model is taken with can be read again, and what is refused names a
 * place. The first byte says what the guard is of.
 */
#include <stdlib.h>

#include "expr/guard.h"
#include "model/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char gate[] =
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:test:Gate;1\",\"@type\":\"Interface\","
    "\"contents\":[{\"@type\":\"Property\",\"name\":\"state\",\"schema\":\"string\"},"
    "{\"@type\":\"Telemetry\",\"name\":\"temperature\",\"schema\":\"double\"},"
    "{\"@type\":\"Property\",\"name\":\"place\",\"schema\":{\"@type\":\"Object\",\"fields\":["
    "{\"name\":\"x\",\"schema\":\"integer\"}]}}]}";

static const px_layout *layout_of_gate(void)
{
    static px_model_set set;

    if (set.count == 0 &&
        px_models_parse(px_str_of(gate, sizeof(gate) - 1), NULL, &set, NULL) != PX_OK)
        abort();
    return px_model_layout(set.models[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    px_guard guard = { .of = size ? (px_guard_of)(data[0] % 3) : PX_GUARD_OF_TWIN };
    px_err err = { 0 };

    if (size)
        guard.expression = px_str_of((const char *)data + 1, size - 1);
    if (px_guard_check(layout_of_gate(), &guard, &err) == PX_INVALID && (!err.id || !err.text[0]))
        abort();
    return 0;
}
