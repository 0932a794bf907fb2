/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "model_support.h"

/* clang-format off */
static const char line[] = "["
    INTERFACE_V3("dtmi:ex:Line;1") ",\"contents\":["
    "{\"@type\":\"Component\",\"name\":\"left\",\"schema\":\"dtmi:ex:Motor;1\"},"
    "{\"@type\":\"Component\",\"name\":\"right\",\"schema\":\"dtmi:ex:Motor;1\"},"
    "{\"@type\":\"Property\",\"name\":\"temperature\",\"schema\":\"string\"}]},"
    INTERFACE_V3("dtmi:ex:Motor;1") ",\"contents\":["
    "{\"@type\":\"Telemetry\",\"name\":\"temperature\",\"schema\":\"double\"}]}]";
/* clang-format on */

PX_TEST(one_name_in_several_components_is_several_fields)
{
    px_model_set set = parse_models(line);
    const px_layout *layout = px_model_layout(set.models[0]);
    px_str name = PX_STR("temperature");
    uint32_t right = px_layout_component_find(layout, PX_STR("right"));

    CHECK_EQ(right, 1);
    CHECK_EQ(px_layout_find(layout, PX_NO_COMPONENT, name)->index, 0);
    CHECK_EQ(px_layout_find(layout, 0, name)->index, 1);
    CHECK_EQ(px_layout_find(layout, right, name)->index, 2);
    CHECK(!px_layout_find(layout, 2, name));
    CHECK_EQ(px_layout_component_find(layout, PX_STR("middle")), PX_NO_COMPONENT);
    px_model_set_release(&set);
}

PX_TEST(finds_by_path)
{
    px_model_set set = parse_models(line);
    const px_layout *layout = px_model_layout(set.models[0]);

    CHECK_EQ(px_layout_find_path(layout, PX_STR("temperature"))->index, 0);
    CHECK_EQ(px_layout_find_path(layout, PX_STR("right.temperature"))->index, 2);
    CHECK_SLICE(px_layout_find_path(layout, PX_STR("right.temperature"))->path,
                "right.temperature");
    CHECK(!px_layout_find_path(layout, PX_STR("right.")));
    CHECK(!px_layout_find_path(layout, PX_STR(".temperature")));
    CHECK(!px_layout_find_path(layout, PX_STR("right.temperature.x")));
    CHECK(!px_layout_find_path(layout, PX_STR("")));
    px_model_set_release(&set);
}

PX_TEST(offers_the_nearest_name_of_the_same_component)
{
    px_model_set set = parse_models(line);
    const px_layout *layout = px_model_layout(set.models[0]);

    CHECK_SLICE(px_layout_nearest(layout, 0, PX_STR("temprature")), "temperature");
    CHECK_SLICE(px_layout_nearest(layout, PX_NO_COMPONENT, PX_STR("pressure")), "");
    px_model_set_release(&set);
}

PX_TEST(proves_that_journalled_paths_still_mean_the_same)
{
    px_str paths[] = { PX_STR("temperature"), PX_STR("left.temperature"),
                       PX_STR("right.temperature") };
    px_model_set set = parse_models(line);
    const px_layout *layout = px_model_layout(set.models[0]);
    px_err err;

    CHECK_OK(px_layout_matches(layout, paths, 3, &err), &err);
    CHECK_EQ(px_layout_matches(layout, paths, 2, &err), PX_CORRUPT);
    CHECK_STR(err.text, "the model had 2 properties and has now 3");
    paths[1] = PX_STR("left.heat");
    CHECK_EQ(px_layout_matches(layout, paths, 3, &err), PX_CORRUPT);
    CHECK_STR(err.text, "property number 1 was 'left.heat' and is now 'left.temperature'");
    px_model_set_release(&set);
}

/* Names of every length that begin and end alike: what a weak hash would throw together. */
PX_TEST(finds_each_of_many_names_that_look_alike)
{
    enum { COUNT = 2000 };
    px_buf json = { 0 }, name = { 0 };
    px_model_set set;
    const px_layout *layout;

    px_put_c(&json, INTERFACE_V3("dtmi:ex:A;1") ",\"contents\":[");
    for (int i = 0; i < COUNT; i++)
        px_putf(&json,
                "%s{\"@type\":\"Telemetry\",\"name\":\"abcdefgh%.*s%dxabcdefgh\",\"schema\":"
                "\"double\"}",
                i ? "," : "", i % 40, "pppppppppppppppppppppppppppppppppppppppp", i);
    px_put_c(&json, "]}");
    set = parse_models(json.ptr);
    layout = px_model_layout(set.models[0]);
    for (int i = 0; i < COUNT; i++) {
        px_buf_clear(&name);
        px_putf(&name, "abcdefgh%.*s%dxabcdefgh", i % 40,
                "pppppppppppppppppppppppppppppppppppppppp", i);
        CHECK_EQ(px_layout_find(layout, PX_NO_COMPONENT, px_buf_str(&name))->index, i);
        name.ptr[name.len - 1] = 'i';
        CHECK(!px_layout_find(layout, PX_NO_COMPONENT, px_buf_str(&name)));
    }
    px_buf_release(&json);
    px_buf_release(&name);
    px_model_set_release(&set);
}

PX_TEST(a_layout_without_fields_finds_nothing)
{
    px_model_set set = parse_models(INTERFACE_V3("dtmi:ex:A;1") "}");
    const px_layout *layout = px_model_layout(set.models[0]);
    px_err err;

    CHECK_EQ(px_layout_field_count(layout), 0);
    CHECK(!px_layout_find(layout, PX_NO_COMPONENT, PX_STR("x")));
    CHECK(!px_layout_relationship_find(layout, PX_STR("x")));
    CHECK_OK(px_layout_matches(layout, NULL, 0, &err), &err);
    px_model_set_release(&set);
}

PX_TEST_MAIN()
