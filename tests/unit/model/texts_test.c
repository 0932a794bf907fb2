/* SPDX-License-Identifier: Apache-2.0 */
/* Several texts as one set, and values to begin with. */
#include "model/example.h"
#include "model_support.h"

#define PUMP INTERFACE_V3("dtmi:ex:Pump;1") ",\"extends\":\"dtmi:ex:Machine;1\"}"
#define MACHINE INTERFACE_V3("dtmi:ex:Machine;1") "}"

static px_model_file text_of(const char *name, const char *json)
{
    return (px_model_file){ px_str_c(name), px_str_c(json) };
}

PX_TEST(texts_of_one_call_may_refer_to_each_other)
{
    px_model_file texts[] = { text_of("pump.json", PUMP), text_of("machine.json", MACHINE) };
    px_model_set set = { 0 };
    px_err err;

    CHECK_OK(px_models_parse_texts(texts, 2, NULL, &set, NULL, &err), &err);
    CHECK_EQ(set.count, 2);
    CHECK_SLICE(px_model_id(set.models[0]), "dtmi:ex:Pump;1");
    CHECK(px_model_is_a(set.models[0], PX_STR("dtmi:ex:Machine;1")));
    px_model_set_release(&set);
}

PX_TEST(each_error_says_which_text_it_stands_in)
{
    px_model_file texts[] = { text_of("good.json", MACHINE), text_of("broken.json", "{\n  oops"),
                              text_of("bad.json", INTERFACE_V3("dtmi:ex:Bad;1") ",\"color\":1}") };
    px_model_report report = { 0 };
    px_model_set set = { 0 };
    px_err err;

    CHECK_EQ(px_models_parse_texts(texts, 3, NULL, &set, &report, &err), PX_INVALID);
    CHECK_EQ(report.count, 2);
    CHECK_EQ(report.sources[0], 1);
    CHECK_EQ(report.errs[0].line, 2);
    CHECK_EQ(report.sources[1], 2);
    CHECK_STR(report.errs[1].id, "dtdl.noTypeThatAllows");
    px_model_report_release(&report);
}

PX_TEST(an_error_found_late_still_says_which_text_it_stands_in)
{
    px_model_file texts[] = {
        text_of("machine.json", MACHINE), text_of("pump.json", PUMP),
        text_of("heir.json", INTERFACE_V3("dtmi:ex:Heir;1") ",\"extends\":\"dtmi:ex:Machin;1\"}")
    };
    px_model_report report = { 0 };
    px_model_set set = { 0 };
    px_err err;

    CHECK_EQ(px_models_parse_texts(texts, 3, NULL, &set, &report, &err), PX_INVALID);
    CHECK_EQ(report.count, 1);
    CHECK_EQ(report.sources[0], 2);
    CHECK_STR(report.errs[0].id, "dtdl.unresolved");
    CHECK(strstr(report.errs[0].text, "did you mean 'dtmi:ex:Machine;1'"));
    px_model_report_release(&report);
}

PX_TEST(a_second_definition_is_told_with_the_text_of_the_first)
{
    px_model_file texts[] = { text_of("a.json", MACHINE), text_of("b.json", MACHINE) };
    px_model_set set = { 0 };
    px_err err;

    CHECK_EQ(px_models_parse_texts(texts, 2, NULL, &set, NULL, &err), PX_INVALID);
    CHECK_STR(err.id, "dtdl.duplicateDefinition");
    CHECK(strstr(err.text, "a.json"));
}

PX_TEST(no_texts_are_an_empty_set)
{
    px_model_set set = { 0 };
    px_err err;

    CHECK_OK(px_models_parse_texts(NULL, 0, NULL, &set, NULL, &err), &err);
    CHECK_EQ(set.count, 0);
    px_model_set_release(&set);
}

/* ---- values to begin with ---- */

static void check_example(const px_schema *schema)
{
    px_json_opts opts = px_json_opts_door();
    px_buf text = { 0 };
    px_arena arena;
    px_value value;
    px_json *node;
    px_err err;

    px_arena_init(&arena, 1 << 20);
    CHECK(px_put_example(&text, schema));
    CHECK_OK(px_json_parse(px_buf_str(&text), &opts, &arena, &node, &err), &err);
    CHECK_OK(px_schema_check(schema, node, &arena, &value, &err), &err);
    px_arena_release(&arena);
    px_buf_release(&text);
}

PX_TEST(every_predefined_schema_has_a_value_to_begin_with)
{
    for (uint32_t kind = 0; kind < PX_SCHEMA_ARRAY; kind++)
        check_example(px_schema_plain((px_schema_kind)kind));
}

PX_TEST(a_schema_that_contains_itself_is_followed_a_few_steps)
{
    px_model_set set = parse_models(INTERFACE_V4(
        "dtmi:ex:Tree;1") ",\"schemas\":[{\"@id\":\"dtmi:ex:node;1\","
                          "\"@type\":\"Object\",\"fields\":[{\"name\":\"label\",\"schema\":"
                          "\"string\"},"
                          "{\"name\":\"left\",\"schema\":\"dtmi:ex:node;1\"},"
                          "{\"name\":\"many\",\"schema\":{\"@type\":\"Array\",\"elementSchema\":"
                          "\"dtmi:ex:node;1\"}}]}]}");

    check_example(px_model_schema(set.models[0], PX_STR("dtmi:ex:node;1")));
    px_model_set_release(&set);
}

PX_TEST(an_example_twin_has_its_components_and_leaves_out_what_has_no_value)
{
    px_model_set set = parse_models("[" INTERFACE_V3(
        "dtmi:ex:Pump;1") ",\"contents\":[{\"@type\":\"Property\",\"name\":\"speed\","
                          "\"schema\":\"double\"},{\"@type\":\"Property\",\"name\":\"mode\","
                          "\"schema\":{\"@type\":"
                          "\"Enum\",\"valueSchema\":\"string\"}},{\"@type\":\"Telemetry\",\"name\":"
                          "\"t\",\"schema\":"
                          "\"double\"},{\"@type\":\"Component\",\"name\":\"motor\",\"schema\":"
                          "\"dtmi:ex:Motor;1\"}]}," INTERFACE_V3(
                              "dtmi:ex:Motor;1") ",\"contents\":{\"@type\":\"Property\",\"name\":"
                                                 "\"on\","
                                                 "\"schema\":\"boolean\"}}]");
    px_buf text = { 0 };

    px_put_example_twin(&text, set.models[0], PX_STR("p1"));
    CHECK_SLICE(px_buf_str(&text),
                "{\"$dtId\":\"p1\",\"$metadata\":{\"$model\":\"dtmi:ex:Pump;1\"},"
                "\"speed\":0,\"motor\":{\"$metadata\":{},\"on\":false}}");
    px_buf_release(&text);
    px_model_set_release(&set);
}

PX_TEST_MAIN()
