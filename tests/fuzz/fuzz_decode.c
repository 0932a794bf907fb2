/* SPDX-License-Identifier: Apache-2.0 */
/* Device messages against a model with every kind of schema: nothing unchecked may come out. */
#include <stdlib.h>

#include "model/model.h"
#include "sync/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char model_text[] =
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:fuzz:Unit;1\",\"@type\":\"Interface\","
    "\"contents\":["
    "{\"@type\":\"Property\",\"name\":\"rate\",\"schema\":\"double\"},"
    "{\"@type\":\"Telemetry\",\"name\":\"count\",\"schema\":\"integer\"},"
    "{\"@type\":\"Property\",\"name\":\"note\",\"schema\":\"string\"},"
    "{\"@type\":\"Property\",\"name\":\"on\",\"schema\":\"boolean\"},"
    "{\"@type\":\"Property\",\"name\":\"at\",\"schema\":\"dateTime\"},"
    "{\"@type\":\"Telemetry\",\"name\":\"list\",\"schema\":{\"@type\":\"Array\",\"elementSchema\":"
    "\"long\"}},"
    "{\"@type\":\"Property\",\"name\":\"map\",\"schema\":{\"@type\":\"Map\",\"mapKey\":{\"name\":"
    "\"k\","
    "\"schema\":\"string\"},\"mapValue\":{\"name\":\"v\",\"schema\":\"float\"}}},"
    "{\"@type\":\"Property\",\"name\":\"state\",\"schema\":{\"@type\":\"Enum\",\"valueSchema\":"
    "\"string\","
    "\"enumValues\":[{\"name\":\"run\",\"enumValue\":\"running\"}]}}]}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static px_model_set set;
    px_decode_opts opts = { .component = PX_NO_COMPONENT };
    px_decoded decoded;
    px_arena arena;
    const px_layout *layout;

    if (!set.models && px_models_parse(px_str_c(model_text), NULL, &set, NULL) != PX_OK)
        abort();
    layout = px_model_layout(set.models[0]);
    px_arena_init(&arena, 8 << 20);
    if (px_decode_message(layout, &opts, px_str_of((const char *)data, size), &arena, &decoded,
                          NULL) == PX_OK) {
        for (size_t i = 0; i < decoded.sample_count; i++)
            for (size_t f = 0; f < decoded.samples[i].field_count; f++) {
                const px_field_value *value = &decoded.samples[i].fields[f];

                if (value->field >= px_layout_field_count(layout) ||
                    value->value.kind == PX_VALUE_NONE)
                    abort();
            }
    }
    px_arena_release(&arena);
    return 0;
}
