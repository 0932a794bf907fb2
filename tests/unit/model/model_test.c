/* SPDX-License-Identifier: Apache-2.0 */
#include "model_support.h"

/* clang-format off */
static const char pump[] =
    INTERFACE_V3("dtmi:com:acme:Pump;1")
    ",\"displayName\":{\"en\":\"Pump\",\"zh-Hans\":\"\xe6\xb3\xb5\"},\"description\":\"Moves water\""
    ",\"contents\":["
    "{\"@type\":\"Telemetry\",\"name\":\"pressure\",\"schema\":\"double\"},"
    "{\"@type\":\"Property\",\"name\":\"speed\",\"schema\":\"integer\",\"writable\":true},"
    "{\"@type\":\"Command\",\"name\":\"stop\",\"request\":{\"name\":\"delay\",\"schema\":\"duration\"}},"
    "{\"@type\":\"Relationship\",\"name\":\"feeds\",\"target\":\"dtmi:com:acme:Tank;1\",\"maxMultiplicity\":4,"
    "\"properties\":[{\"@type\":\"Property\",\"name\":\"flow\",\"schema\":\"float\"}]}]}";

static const char line[] = "["
    INTERFACE_V3("dtmi:ex:Line;1") ",\"extends\":\"dtmi:ex:Asset;1\",\"contents\":["
    "{\"@type\":\"Component\",\"name\":\"motor\",\"schema\":\"dtmi:ex:Motor;1\"},"
    "{\"@type\":\"Property\",\"name\":\"state\",\"schema\":\"string\"}]},"
    INTERFACE_V3("dtmi:ex:Motor;1") ",\"extends\":\"dtmi:ex:Asset;1\",\"contents\":["
    "{\"@type\":\"Telemetry\",\"name\":\"temperature\",\"schema\":\"double\"}]},"
    INTERFACE_V3("dtmi:ex:Asset;1") ",\"contents\":["
    "{\"@type\":\"Property\",\"name\":\"maker\",\"schema\":\"string\"}]}]";
/* clang-format on */

PX_TEST(tells_what_an_interface_says_about_itself)
{
    px_model_set set = parse_models(pump);
    const px_model *model = set.models[0];

    CHECK_EQ(set.count, 1);
    CHECK_SLICE(px_model_id(model), "dtmi:com:acme:Pump;1");
    CHECK_SLICE(px_model_text(model), pump);
    CHECK_EQ(px_model_dtdl_version(model), 3);
    CHECK_EQ(px_model_version_major(model), 1);
    CHECK_EQ(px_model_version_minor(model), 0);
    CHECK_SLICE(px_lang_find(px_model_display_names(model), PX_STR("zh-Hans")), "\xe6\xb3\xb5");
    CHECK_SLICE(px_lang_find(px_model_descriptions(model), PX_STR("en")), "Moves water");
    px_model_set_release(&set);
}

PX_TEST(lays_out_properties_and_telemetries_in_document_order)
{
    px_model_set set = parse_models(pump);
    const px_layout *layout = px_model_layout(set.models[0]);
    const px_field *pressure = px_layout_field(layout, 0), *speed = px_layout_field(layout, 1);

    CHECK_EQ(px_layout_field_count(layout), 2);
    CHECK_SLICE(pressure->path, "pressure");
    CHECK_EQ(pressure->kind, PX_FIELD_TELEMETRY);
    CHECK_EQ(pressure->schema->kind, PX_SCHEMA_DOUBLE);
    CHECK_SLICE(speed->path, "speed");
    CHECK_EQ(speed->kind, PX_FIELD_PROPERTY);
    CHECK_EQ(speed->index, 1);
    CHECK(speed->writable);
    CHECK_EQ(speed->component, PX_NO_COMPONENT);
    CHECK_SLICE(speed->owner, "dtmi:com:acme:Pump;1");
    px_model_set_release(&set);
}

PX_TEST(knows_commands_and_relationships_with_their_parts)
{
    px_model_set set = parse_models(pump);
    const px_layout *layout = px_model_layout(set.models[0]);
    const px_command *stop = px_layout_command_find(layout, PX_STR("stop"));
    const px_relationship *feeds = px_layout_relationship_find(layout, PX_STR("feeds"));

    CHECK(stop && feeds);
    CHECK_SLICE(stop->request.name, "delay");
    CHECK_EQ(stop->request.schema->kind, PX_SCHEMA_DURATION);
    CHECK(!stop->response.schema);
    CHECK_SLICE(feeds->target, "dtmi:com:acme:Tank;1");
    CHECK_EQ(feeds->max_multiplicity, 4);
    CHECK_EQ(feeds->property_count, 1);
    CHECK_EQ(px_relationship_property_find(feeds, PX_STR("flow"))->schema->kind, PX_SCHEMA_FLOAT);
    CHECK(!px_relationship_property_find(feeds, PX_STR("flux")));
    CHECK(!px_layout_command_find(layout, PX_STR("feeds")));
    px_model_set_release(&set);
}

PX_TEST(gives_fields_of_bases_first_then_own_then_those_of_components)
{
    static const char *const wanted[] = { "maker", "state", "motor.maker", "motor.temperature" };
    px_model_set set = parse_models(line);
    const px_layout *layout = px_model_layout(set.models[0]);
    const px_component *motor = px_layout_components(layout, NULL);

    CHECK_EQ(px_layout_field_count(layout), 4);
    for (uint32_t i = 0; i < 4; i++) {
        CHECK_SLICE(px_layout_field(layout, i)->path, wanted[i]);
        CHECK_EQ(px_layout_field(layout, i)->index, i);
    }
    CHECK_SLICE(motor->name, "motor");
    CHECK_EQ(motor->field_first, 2);
    CHECK_EQ(motor->field_count, 2);
    CHECK_SLICE(px_layout_field(layout, 0)->owner, "dtmi:ex:Asset;1");
    px_model_set_release(&set);
}

PX_TEST(gives_models_in_the_order_of_the_request)
{
    px_model_set set = parse_models(line);

    CHECK_EQ(set.count, 3);
    CHECK_SLICE(px_model_id(set.models[0]), "dtmi:ex:Line;1");
    CHECK_SLICE(px_model_id(set.models[1]), "dtmi:ex:Motor;1");
    CHECK_SLICE(px_model_id(set.models[2]), "dtmi:ex:Asset;1");
    px_model_set_release(&set);
}

PX_TEST(knows_what_it_is_and_what_it_needs)
{
    px_model_set set = parse_models(line);
    const px_model *const *needed;
    uint32_t count;

    CHECK(px_model_is_a(set.models[0], PX_STR("dtmi:ex:Line;1")));
    CHECK(px_model_is_a(set.models[0], PX_STR("dtmi:ex:Asset;1")));
    CHECK(!px_model_is_a(set.models[0], PX_STR("dtmi:ex:Motor;1")));
    needed = px_model_dependencies(set.models[0], &count);
    CHECK_EQ(count, 2);
    CHECK_SLICE(px_model_id(needed[0]), "dtmi:ex:Asset;1");
    CHECK_SLICE(px_model_id(needed[1]), "dtmi:ex:Motor;1");
    px_model_lineage(set.models[0], &count);
    CHECK_EQ(count, 2);
    px_model_extends(set.models[0], &count);
    CHECK_EQ(count, 1);
    px_model_set_release(&set);
}

PX_TEST(a_model_outlives_the_set_and_keeps_its_bases)
{
    px_model_set set = parse_models(line);
    px_model *kept = px_model_ref(set.models[0]);

    px_model_set_release(&set);
    CHECK_SLICE(px_layout_field(px_model_layout(kept), 0)->name, "maker");
    CHECK(px_model_is_a(kept, PX_STR("dtmi:ex:Asset;1")));
    px_model_unref(kept);
}

PX_TEST(a_base_that_is_reached_by_two_ways_counts_once)
{
    px_model_set set = parse_models("[" INTERFACE_V3(
        "dtmi:ex:D;1") ",\"extends\":[\"dtmi:ex:B;1\",\"dtmi:ex:C;1\"]}"
                       "," INTERFACE_V3("dtmi:ex:B;1") ",\"extends\":\"dtmi:ex:A;"
                                                       "1\"}," INTERFACE_V3(
                                                           "dtmi:"
                                                           "ex:C;"
                                                           "1") ",\"extends\":\"dtmi:ex:A;1\"}"
                                                                "," INTERFACE_V3(
                                                                    "dtmi:ex:A;1") ",\"cont"
                                                                                   "ents\":"
                                                                                   "{\"@"
                                                                                   "type\":"
                                                                                   "\"Prope"
                                                                                   "rty\","
                                                                                   "\"name"
                                                                                   "\":"
                                                                                   "\"x\","
                                                                                   "\"schem"
                                                                                   "a\":"
                                                                                   "\"long"
                                                                                   "\"}}]");

    CHECK_EQ(px_layout_field_count(px_model_layout(set.models[0])), 1);
    px_model_set_release(&set);
}

static const px_model *find_one(void *data, px_str dtmi)
{
    const px_model *model = data;

    return px_str_eq(px_model_id(model), dtmi) ? model : NULL;
}

PX_TEST(finds_bases_among_the_stored_models)
{
    px_model_set stored = parse_models(
        INTERFACE_V2("dtmi:ex:Base;1") ",\"contents\":[{\"@type\":\"Property\",\"name\":\"a\","
                                       "\"schema\":\"string\"}]}");
    px_model_source source = { find_one, stored.models[0] };
    px_model_set set;
    px_err err;

    CHECK_OK(
        px_models_parse(PX_STR(INTERFACE_V3("dtmi:ex:Heir;1") ",\"extends\":\"dtmi:ex:Base;1\"}"),
                        &source, &set, &err),
        &err);
    px_model_set_release(&stored);
    CHECK_SLICE(px_layout_field(px_model_layout(set.models[0]), 0)->name, "a");
    px_model_set_release(&set);
}

PX_TEST(uses_schemas_of_the_interface_by_id)
{
    px_model_set set = parse_models(INTERFACE_V3(
        "dtmi:ex:A;1") ",\"schemas\":[{\"@id\":\"dtmi:ex:A:mode;1\",\"@type\":\"Enum\","
                       "\"valueSchema\":\"string\",\"enumValues\":[{\"name\":\"on\",\"enumValue\":"
                       "\"ON\"},"
                       "{\"name\":\"off\",\"enumValue\":\"OFF\"}]}],\"contents\":[{\"@type\":"
                       "\"Property\","
                       "\"name\":\"mode\",\"schema\":\"dtmi:ex:A:mode;1\"}]}");
    const px_schema *schema = px_layout_field(px_model_layout(set.models[0]), 0)->schema;

    CHECK_EQ(schema->kind, PX_SCHEMA_ENUM);
    CHECK_EQ(schema->enum_value_count, 2);
    CHECK_SLICE(schema->enum_values[0].value.text, "ON");
    CHECK(schema == px_model_schema(set.models[0], PX_STR("dtmi:ex:A:mode;1")));
    CHECK(!px_model_schema(set.models[0], PX_STR("dtmi:ex:A:other;1")));
    px_model_set_release(&set);
}

PX_TEST(keeps_semantic_type_and_unit_with_the_field)
{
    px_model_set v2 = parse_models(INTERFACE_V2(
        "dtmi:ex:A;1") ",\"contents\":[{\"@type\":[\"Telemetry\",\"Temperature\"],"
                       "\"name\":\"t\",\"schema\":\"double\",\"unit\":\"degreeCelsius\"}]}");
    px_model_set v3 = parse_models(
        "{\"@context\":[\"dtmi:dtdl:context;3\",\"dtmi:dtdl:extension:quantitativeTypes;1\"],"
        "\"@id\":\"dtmi:ex:B;1\",\"@type\":\"Interface\",\"contents\":[{\"@type\":[\"Property\","
        "\"Current\"],\"name\":\"i\",\"schema\":\"float\",\"unit\":\"kiloampere\"}]}");

    CHECK_SLICE(px_layout_field(px_model_layout(v2.models[0]), 0)->semantic_type, "Temperature");
    CHECK_SLICE(px_layout_field(px_model_layout(v2.models[0]), 0)->unit, "degreeCelsius");
    CHECK_SLICE(px_layout_field(px_model_layout(v3.models[0]), 0)->unit, "kiloampere");
    px_model_set_release(&v2);
    px_model_set_release(&v3);
}

PX_TEST(texts_with_escapes_are_kept_unescaped)
{
    px_model_set set =
        parse_models(INTERFACE_V3("dtmi:ex:A;1") ",\"displayName\":\"a\\u0041\\\"b\"}");

    CHECK_SLICE(px_lang_find(px_model_display_names(set.models[0]), PX_STR("en")), "aA\"b");
    px_model_set_release(&set);
}

PX_TEST_MAIN()
