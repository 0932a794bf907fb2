/* SPDX-License-Identifier: Apache-2.0 */
/* What DTDL v4 brings, at its limits and one past them. */
#include "model_support.h"

#define SCHEMAS(list) INTERFACE_V4("dtmi:ex:A;1") ",\"schemas\":[" list "]}"

PX_TEST(a_schema_of_v4_may_contain_itself_and_one_of_v3_may_not)
{
    const char *v4 = SCHEMAS("{\"@id\":\"dtmi:ex:n;1\",\"@type\":\"Object\",\"fields\":["
                             "{\"name\":\"a\",\"schema\":\"dtmi:ex:n;1\"},"
                             "{\"name\":\"b\",\"schema\":{\"@type\":\"Array\",\"elementSchema\":"
                             "\"dtmi:ex:n;1\"}}]}");
    px_model_set set = parse_models(v4);
    const px_schema *node = px_model_schema(set.models[0], PX_STR("dtmi:ex:n;1"));

    CHECK(node->fields[0].schema == node);
    CHECK(node->fields[1].schema->element == node);
    px_model_set_release(&set);
    CHECK_REFUSED(
        INTERFACE_V3(
            "dtmi:ex:A;1") ",\"schemas\":{\"@id\":\"dtmi:ex:n;1\",\"@type\":\"Object\",\"fields\":"
                           "{\"name\":\"a\",\"schema\":\"dtmi:ex:n;1\"}}}",
        "dtdl.recursiveStructureWide");
}

PX_TEST(values_of_a_schema_that_contains_itself_are_checked_to_their_end)
{
    px_model_set set =
        parse_models(SCHEMAS("{\"@id\":\"dtmi:ex:n;1\",\"@type\":\"Object\",\"fields\":["
                             "{\"name\":\"a\",\"schema\":\"dtmi:ex:n;1\"},"
                             "{\"name\":\"x\",\"schema\":\"byte\"}]}"));
    const px_schema *schema = px_model_schema(set.models[0], PX_STR("dtmi:ex:n;1"));
    px_json_opts opts = px_json_opts_door();
    px_value value;
    px_arena arena;
    px_json *node;
    px_err err;

    px_arena_init(&arena, 1 << 20);
    CHECK_OK(px_json_parse(PX_STR("{\"a\":{\"a\":{\"x\":1}}}"), &opts, &arena, &node, &err), &err);
    CHECK_OK(px_schema_check(schema, node, &arena, &value, &err), &err);
    CHECK_OK(px_json_parse(PX_STR("{\"a\":{\"a\":{\"x\":200}}}"), &opts, &arena, &node, &err),
             &err);
    CHECK_EQ(px_schema_check(schema, node, &arena, &value, &err), PX_INVALID);
    CHECK_STR(err.id, "value.range");
    CHECK_STR(err.path, "/a/a/x");
    px_arena_release(&arena);
    px_model_set_release(&set);
}

/* `depth` Arrays inside each other. */
static void put_nested(px_buf *buf, const char *head, int depth)
{
    px_buf_clear(buf);
    px_put_c(buf, head);
    px_put_c(buf, ",\"contents\":{\"@type\":\"Property\",\"name\":\"p\",\"schema\":");
    for (int i = 0; i < depth; i++)
        px_put_c(buf, "{\"@type\":\"Array\",\"elementSchema\":");
    px_put_c(buf, "\"uuid\"");
    for (int i = 0; i < depth; i++)
        px_put_c(buf, "}");
    px_put_c(buf, "}}");
}

static void check_depth(const char *head, int most)
{
    px_buf buf = { 0 };
    px_model_set set;

    put_nested(&buf, head, most);
    set = parse_models(buf.ptr);
    px_model_set_release(&set);
    put_nested(&buf, head, most + 1);
    CHECK_STR(parse_refused(px_buf_str(&buf)).id, "dtdl.excessiveDepthWide");
    px_buf_release(&buf);
}

#define LIMITS(name)                                                                               \
    "{\"@context\":[\"dtmi:dtdl:context;4#limitless\",\"dtmi:dtdl:limits:" name                    \
    ";1\"],\"@id\":\"dtmi:ex:A;1\",\"@type\":\"Interface\""

PX_TEST(schemas_nest_eight_deep_and_as_deep_as_a_limits_context_says)
{
    check_depth(INTERFACE_V4("dtmi:ex:A;1"), 8);
    check_depth(LIMITS("aio"), 12);
    check_depth(LIMITS("onvif"), 24);
}

static void put_chain(px_buf *buf, uint32_t count)
{
    px_buf_clear(buf);
    px_put_char(buf, '[');
    for (uint32_t i = 0; i < count; i++) {
        px_putf(buf,
                "%s{\"@context\":\"dtmi:dtdl:context;4\",\"@id\":\"dtmi:ex:I%u;1\",\"@type\":"
                "\"Interface\"",
                i ? "," : "", i);
        if (i + 1 < count)
            px_putf(buf, ",\"extends\":\"dtmi:ex:I%u;1\"", i + 1);
        px_put_char(buf, '}');
    }
    px_put_char(buf, ']');
}

PX_TEST(a_chain_of_extends_has_twelve_steps_and_no_more)
{
    px_buf buf = { 0 };
    px_model_set set;

    put_chain(&buf, 13);
    set = parse_models(buf.ptr);
    px_model_set_release(&set);
    put_chain(&buf, 14);
    CHECK_STR(parse_refused(px_buf_str(&buf)).id, "dtdl.excessiveDepthNarrow");
    px_buf_release(&buf);
}

PX_TEST(an_interface_of_v4_may_extend_and_hold_older_ones_and_not_the_other_way_round)
{
    px_model_set set = parse_models(
        "[" INTERFACE_V4("dtmi:ex:A;1") ",\"extends\":[\"dtmi:ex:B;1\",\"dtmi:ex:C;1\"],"
                                        "\"contents\":{\"@type\":\"Component\",\"name\":\"c\","
                                        "\"schema\":\"dtmi:ex:B;1\"}}," INTERFACE_V2(
                                            "dtmi:ex:B;1") "}," INTERFACE_V3("dtmi:ex:C;1") "}]");

    CHECK_EQ(px_model_dtdl_version(set.models[0]), 4);
    px_model_set_release(&set);
    CHECK_REFUSED("[" INTERFACE_V3("dtmi:ex:A;1") ",\"extends\":\"dtmi:ex:B;1\"}," INTERFACE_V4(
                      "dtmi:ex:B;1") "}]",
                  "dtdl.disallowedVersionReference");
}

PX_TEST(the_new_schemas_and_nullable_are_of_v4_alone)
{
    px_model_set set = parse_models(INTERFACE_V4(
        "dtmi:ex:A;1") ",\"contents\":{\"@type\":\"Command\",\"name\":\"c\",\"request\":"
                       "{\"name\":\"r\",\"schema\":\"unsignedLong\",\"nullable\":true}}}");
    const px_command *command = px_layout_command_find(px_model_layout(set.models[0]), PX_STR("c"));

    CHECK(command->request.nullable);
    CHECK_EQ(command->request.schema->kind, PX_SCHEMA_UNSIGNED_LONG);
    px_model_set_release(&set);
    CHECK_REFUSED(
        INTERFACE_V3("dtmi:ex:A;1") ",\"contents\":{\"@type\":\"Property\",\"name\":\"p\","
                                    "\"schema\":\"unsignedLong\"}}",
        "dtdl.badDtmiOrTerm");
    CHECK_REFUSED(
        INTERFACE_V3(
            "dtmi:ex:A;1") ",\"contents\":{\"@type\":\"Command\",\"name\":\"c\","
                           "\"request\":{\"name\":\"r\",\"schema\":\"string\",\"nullable\":true}}}",
        "dtdl.noTypeThatAllows");
}

PX_TEST(a_limits_context_lengthens_ids_and_descriptions)
{
    px_buf buf = { 0 };
    px_model_set set;

    px_put_c(&buf, "{\"@context\":[\"dtmi:dtdl:context;4#limitless\",\"dtmi:dtdl:limits:onvif;1\"],"
                   "\"@type\":\"Interface\",\"description\":\"");
    for (int i = 0; i < 4096; i++)
        px_put_char(&buf, 'a');
    px_put_c(&buf, "\",\"@id\":\"dtmi:ex:");
    for (int i = 0; i < 512 - 10; i++)
        px_put_char(&buf, 'a');
    px_put_c(&buf, ";1\"}");
    set = parse_models(buf.ptr);
    CHECK_EQ(px_model_id(set.models[0]).len, 512);
    px_model_set_release(&set);
    px_buf_release(&buf);
}

/* ---- extensions ---- */

PX_TEST(a_required_field_must_be_there)
{
    px_model_set set = parse_models(
        "{\"@context\":[\"dtmi:dtdl:context;3\",\"dtmi:dtdl:extension:requirement;1\"],\"@id\":"
        "\"dtmi:ex:A;1\",\"@type\":\"Interface\",\"schemas\":{\"@id\":\"dtmi:ex:o;1\",\"@type\":"
        "\"Object\",\"fields\":[{\"@type\":[\"Field\",\"Required\"],\"name\":\"x\",\"schema\":"
        "\"double\"},{\"name\":\"y\",\"schema\":\"double\"}]}}");
    const px_schema *schema = px_model_schema(set.models[0], PX_STR("dtmi:ex:o;1"));
    px_json_opts opts = px_json_opts_door();
    px_value value;
    px_arena arena;
    px_json *node;
    px_err err;

    px_arena_init(&arena, 1 << 20);
    CHECK_OK(px_json_parse(PX_STR("{\"x\":1}"), &opts, &arena, &node, &err), &err);
    CHECK_OK(px_schema_check(schema, node, &arena, &value, &err), &err);
    CHECK_OK(px_json_parse(PX_STR("{\"y\":1}"), &opts, &arena, &node, &err), &err);
    CHECK_EQ(px_schema_check(schema, node, &arena, &value, &err), PX_INVALID);
    CHECK_STR(err.id, "value.required");
    px_arena_release(&arena);
    px_model_set_release(&set);
}

PX_TEST(an_override_of_a_unit_takes_the_units_of_its_quantity)
{
    px_model_set set = parse_models(
        "{\"@context\":[\"dtmi:dtdl:context;4\",\"dtmi:dtdl:extension:quantitativeTypes;2\","
        "\"dtmi:dtdl:extension:annotation;2\",\"dtmi:dtdl:extension:overriding;2\"],\"@id\":"
        "\"dtmi:ex:A;1\",\"@type\":\"Interface\",\"contents\":[{\"@type\":[\"Telemetry\","
        "\"Temperature\"],\"name\":\"t\",\"schema\":\"double\",\"unit\":\"kelvin\"},{\"@type\":"
        "[\"Property\",\"ValueAnnotation\",\"Override\"],\"name\":\"tUnit\",\"annotates\":\"t\","
        "\"overrides\":\"unit\",\"schema\":\"TemperatureUnit\"}]}");
    const px_field *field =
        px_layout_find(px_model_layout(set.models[0]), PX_NO_COMPONENT, PX_STR("tUnit"));
    px_value value;
    px_err err;

    CHECK_SLICE(field->annotates, "t");
    CHECK_OK(px_schema_check_text(field->schema, PX_STR("degreeCelsius"), &value, &err), &err);
    CHECK_EQ(px_schema_check_text(field->schema, PX_STR("metre"), &value, &err), PX_INVALID);
    px_model_set_release(&set);
}

PX_TEST(a_co_type_without_its_context_is_told_with_the_context)
{
    px_err err = parse_refused(PX_STR(INTERFACE_V3(
        "dtmi:ex:A;1") ",\"contents\":{\"@type\":[\"Property\",\"Historized\"],\"name\":"
                       "\"p\",\"schema\":\"double\"}}"));

    CHECK_STR(err.id, "dtdl.typeUndefinedTerm");
    CHECK(strstr(err.text, "dtmi:dtdl:extension:historization"));
}

PX_TEST(a_co_type_that_was_meant_is_named)
{
    px_err err = parse_refused(PX_STR(
        "{\"@context\":[\"dtmi:dtdl:context;3\",\"dtmi:dtdl:extension:historization;1\"],\"@id\":"
        "\"dtmi:ex:A;1\",\"@type\":\"Interface\",\"contents\":{\"@type\":[\"Property\","
        "\"Historised\"],\"name\":\"p\",\"schema\":\"double\"}}"));

    CHECK(strstr(err.text, "did you mean 'Historized'?"));
}

/* ---- hostile ---- */

PX_TEST(a_hundred_thousand_indexed_fields_end_soon)
{
    px_buf buf = { 0 };

    px_put_c(&buf, "{\"@context\":[\"dtmi:dtdl:context;4\",\"dtmi:dtdl:extension:mqtt;4\"],\"@id\":"
                   "\"dtmi:ex:A;1\",\"@type\":\"Interface\",\"schemas\":{\"@id\":\"dtmi:ex:o;1\","
                   "\"@type\":\"Object\",\"fields\":[");
    for (uint32_t i = 0; buf.len < (1 << 20) - 200; i++)
        px_putf(&buf,
                "%s{\"@type\":[\"Field\",\"Indexed\"],\"name\":\"f%u\",\"schema\":\"byte\","
                "\"index\":%u}",
                i ? "," : "", i, i + 1);
    px_put_c(&buf, "]}}");
    {
        px_model_set set = parse_models(buf.ptr);

        px_model_set_release(&set);
    }
    px_buf_release(&buf);
}

PX_TEST(thousands_of_overrides_of_one_unit_end_soon)
{
    px_buf buf = { 0 };
    px_err err;

    px_put_c(&buf,
             "{\"@context\":[\"dtmi:dtdl:context;4\",\"dtmi:dtdl:extension:quantitativeTypes;2\","
             "\"dtmi:dtdl:extension:annotation;2\",\"dtmi:dtdl:extension:overriding;2\"],"
             "\"@id\":\"dtmi:ex:A;1\",\"@type\":\"Interface\",\"contents\":[{\"@type\":"
             "[\"Telemetry\",\"Temperature\"],\"name\":\"t\",\"schema\":\"double\",\"unit\":"
             "\"kelvin\"}");
    for (uint32_t i = 0; buf.len < (1 << 20) - 200; i++)
        px_putf(&buf,
                ",{\"@type\":[\"Property\",\"ValueAnnotation\",\"Override\"],\"name\":\"u%u\","
                "\"annotates\":\"t\",\"overrides\":\"unit\",\"schema\":\"TemperatureUnit\"}",
                i);
    px_put_c(&buf, "]}");
    err = parse_refused(px_buf_str(&buf));
    CHECK_STR(err.id, "dtdl.multipleReference");
    px_buf_release(&buf);
}

PX_TEST_MAIN()
