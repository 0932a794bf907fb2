/* SPDX-License-Identifier: Apache-2.0 */
/* What is right and deserves a second look. */
#include "model/lint.h"
#include "model_support.h"

#define NAMED(id) INTERFACE_V3(id) ",\"displayName\":\"A\""

/* The ids of what is told, with a blank between. */
static void check_lint(const char *json, const char *wanted)
{
    px_model_set set = parse_models(json);
    px_lint_list list = { 0 };
    px_buf text = { 0 };
    px_err err;

    CHECK_OK(px_model_lint(&set, &list, &err), &err);
    for (size_t i = 0; i < list.count; i++)
        px_putf(&text, "%s%s", i ? " " : "", px_lint_id(list.items[i].rule));
    CHECK_SLICE(text.len ? px_buf_str(&text) : PX_STR(""), wanted);
    px_buf_release(&text);
    px_lint_list_release(&list);
    px_model_set_release(&set);
}

PX_TEST(a_clean_model_has_nothing_to_say)
{
    check_lint(NAMED("dtmi:ex:A;1") ",\"contents\":{\"@type\":\"Relationship\",\"name\":\"r\","
                                    "\"target\":\"dtmi:ex:A;1\"}}",
               "");
}

PX_TEST(an_interface_wants_a_name_and_a_version)
{
    check_lint(INTERFACE_V3("dtmi:ex:A") "}", "noDisplayName noVersion");
}

PX_TEST(a_target_that_is_not_there_is_told_once_and_not_at_heirs)
{
    check_lint(
        "[" NAMED("dtmi:ex:B;1") ",\"extends\":\"dtmi:ex:A;1\"}," NAMED(
            "dtmi:ex:A;1") ",\"contents\":{\"@type\":\"Relationship\",\"name\":\"r\",\"target\":"
                           "\"dtmi:ex:None;1\"}}]",
        "targetMissing");
}

PX_TEST(names_that_differ_only_in_case_are_told)
{
    check_lint(
        "[" NAMED("dtmi:ex:B;1") ",\"extends\":\"dtmi:ex:A;1\",\"contents\":{\"@type\":"
                                 "\"Telemetry\",\"name\":\"Speed\",\"schema\":\"double\"}}," NAMED(
                                     "dtmi:ex:A;1") ",\"contents\":{\"@type\":\"Property\","
                                                    "\"name\":\"speed\",\"schema\":\"double\"}}]",
        "namesAlike");
}

PX_TEST(schemas_that_take_nothing_are_told)
{
    check_lint(NAMED("dtmi:ex:A;1") ",\"contents\":[{\"@type\":\"Property\",\"name\":\"e\","
                                    "\"schema\":{\"@type\":\"Enum\",\"valueSchema\":\"string\"}},{"
                                    "\"@type\":\"Property\","
                                    "\"name\":\"o\",\"schema\":{\"@type\":\"Object\"}}]}",
               "emptyEnum emptyObject");
}

PX_TEST_MAIN()
