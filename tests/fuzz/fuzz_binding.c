/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A document and a payload, split by the first NUL: whatever the document asks for, nothing
 * unchecked comes out. Without a NUL the bytes are a payload for a binding of each format.
 */
#include <stdlib.h>

#include "model/model.h"
#include "sync/binding.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char model_text[] =
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:fuzz:Unit;1\",\"@type\":\"Interface\","
    "\"contents\":["
    "{\"@type\":\"Property\",\"name\":\"rate\",\"schema\":\"double\"},"
    "{\"@type\":\"Telemetry\",\"name\":\"count\",\"schema\":\"integer\"},"
    "{\"@type\":\"Property\",\"name\":\"note\",\"schema\":\"string\"},"
    "{\"@type\":\"Property\",\"name\":\"on\",\"schema\":\"boolean\"},"
    "{\"@type\":\"Property\",\"name\":\"map\",\"schema\":{\"@type\":\"Map\",\"mapKey\":{\"name\":"
    "\"k\",\"schema\":\"string\"},\"mapValue\":{\"name\":\"v\",\"schema\":\"float\"}}}]}";

static const char *const documents[] = {
    "{\"source\":{\"mqtt\":\"a/{b}/#\"},\"twin\":\"t-{b}{/id}\",\"as\":\"binding\",\"create\":{"
    "\"model\":\"dtmi:fuzz:Unit;1\",\"properties\":{\"note\":\"{/"
    "id}\"}},\"rows\":\"\",\"rest\":\"\","
    "\"time\":{\"from\":\"ts\"},\"quality\":{\"from\":\"q\",\"good\":[1,\"G\"]},\"fields\":["
    "{\"from\":\"/r\",\"to\":\"rate\",\"scale\":0.1,\"offset\":-3},"
    "{\"name\":\"x\",\"from\":\"x\",\"type\":\"integer\",\"to\":\"count\"},"
    "{\"name\":\"f\",\"formula\":\"x * x - 1 / x\",\"to\":\"rate\"}]}",
    "{\"source\":{\"http\":true},\"format\":\"csv\",\"twin\":\"t\",\"rest\":\"\"}",
    "{\"source\":{\"http\":true},\"format\":\"cbor\",\"twin\":\"t\",\"rest\":\"\"}",
    "{\"source\":{\"http\":true},\"format\":\"text\",\"twin\":\"t\",\"fields\":[{\"from\":\"\","
    "\"to\":\"note\",\"type\":\"string\"}]}",
    "{\"source\":{\"http\":true},\"format\":\"line\",\"twin\":\"{/tags/t}\",\"rest\":\"/fields\","
    "\"time\":{\"from\":\"time\"}}",
    "{\"source\":{\"sparkplug\":\"a/{b}\"},\"twin\":\"t-{b}\",\"rest\":\"\"}",
};

static px_model_set set;

static px_status find_model(void *data, px_str dtmi, px_bind_model *ret_model, px_err *ret_err)
{
    (void)data;
    (void)ret_err;
    *ret_model = (px_bind_model){ 1, px_model_layout(set.models[0]), dtmi };
    return PX_OK;
}

/* Every other twin is there. */
static px_status find_twin(void *data, px_str id, px_bind_model *ret_model, px_err *ret_err)
{
    if (id.len % 2)
        return px_fail(ret_err, PX_NOT_FOUND, "there is no twin");
    return find_model(data, PX_STR("dtmi:fuzz:Unit;1"), ret_model, ret_err);
}

static void check(const px_bound *bound)
{
    for (size_t t = 0; t < bound->twin_count; t++)
        for (size_t s = 0; s < bound->twins[t]->sample_count; s++) {
            const px_sample *sample = &bound->twins[t]->samples[s];

            for (size_t i = 0; i < sample->field_count; i++)
                if (sample->fields[i].value.kind == PX_VALUE_NONE ||
                    sample->fields[i].field >= px_layout_field_count(bound->twins[t]->model.layout))
                    abort();
        }
}

static void run(px_str document, px_str payload)
{
    px_bind_world world = { find_twin, find_model, NULL };
    px_bind_input input = { .topic = PX_STR("a/b/c"), .payload = payload };
    px_binding *binding;
    px_str pointers[16];
    px_bound bound;
    px_arena arena;
    size_t count;

    if (px_binding_new(PX_STR("fuzz"), document, &binding, NULL) != PX_OK)
        return;
    px_arena_init(&arena, PX_MAPPING_BYTES_MAX);
    if (px_binding_map(binding, &input, &world, &arena, &bound, NULL) == PX_OK)
        check(&bound);
    px_arena_reset(&arena);
    if (px_binding_leftovers(binding, &input, &arena, pointers, 16, &count, NULL) == PX_OK &&
        count > 16)
        abort();
    px_arena_release(&arena);
    px_binding_free(binding);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    px_str all = px_str_of((const char *)data, size), payload = all;

    if (!set.models && px_models_parse(px_str_c(model_text), NULL, &set, NULL) != PX_OK)
        abort();
    if (size && memchr(data, 0, size)) {
        px_str document = px_str_cut(&payload, '\0');

        run(document, payload);
        return 0;
    }
    for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++)
        run(px_str_c(documents[i]), all);
    return 0;
}
