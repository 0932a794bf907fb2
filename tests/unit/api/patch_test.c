/* SPDX-License-Identifier: Apache-2.0 */
/* JSON Patch on twins, by the rules of the data plane. */
#include <stdio.h>

#include "api_world.h"

static api_world w;

static const char models[] =
    "[{\"@id\":\"dtmi:t:Pump;1\",\"@type\":\"Interface\",\"@context\":\"dtmi:dtdl:context;3\","
    "\"contents\":["
    "{\"@type\":\"Property\",\"name\":\"speed\",\"schema\":\"double\"},"
    "{\"@type\":\"Property\",\"name\":\"fixed\",\"schema\":\"double\",\"writable\":false},"
    "{\"@type\":\"Property\",\"name\":\"list\",\"schema\":{\"@type\":\"Array\","
    "\"elementSchema\":\"integer\"}},"
    "{\"@type\":\"Property\",\"name\":\"place\",\"schema\":{\"@type\":\"Object\",\"fields\":["
    "{\"name\":\"x\",\"schema\":\"double\"},{\"name\":\"y\",\"schema\":\"double\"}]}},"
    "{\"@type\":\"Property\",\"name\":\"tags\",\"schema\":{\"@type\":\"Map\","
    "\"mapKey\":{\"name\":\"k\",\"schema\":\"string\"},"
    "\"mapValue\":{\"name\":\"v\",\"schema\":\"string\"}}},"
    "{\"@type\":\"Component\",\"name\":\"motor\",\"schema\":\"dtmi:t:Motor;1\"}]},"
    "{\"@id\":\"dtmi:t:Motor;1\",\"@type\":\"Interface\",\"@context\":\"dtmi:dtdl:context;3\","
    "\"contents\":[{\"@type\":\"Property\",\"name\":\"heat\",\"schema\":\"double\"}]},"
    "{\"@id\":\"dtmi:t:Pump;2\",\"@type\":\"Interface\",\"@context\":\"dtmi:dtdl:context;3\","
    "\"contents\":[{\"@type\":\"Property\",\"name\":\"speed\",\"schema\":\"double\"},"
    "{\"@type\":\"Property\",\"name\":\"power\",\"schema\":\"double\"}]}]";

static void begin(void)
{
    api_world_init(&w);
    API_ASK(&w, "POST", "/models", models, 201);
    API_ASK(&w, "PUT", "/digitaltwins/p",
            "{\"$metadata\":{\"$model\":\"dtmi:t:Pump;1\",\"speed\":{\"sourceTime\":"
            "\"2026-01-01T00:00:00Z\"}},\"speed\":1,\"motor\":{\"$metadata\":{}}}",
            200);
}

static const reply *patch(const char *ops, int wanted)
{
    return API_ASK(&w, "PATCH", "/digitaltwins/p", ops, wanted);
}

static const reply *twin(void)
{
    return API_ASK(&w, "GET", "/digitaltwins/p", NULL, 200);
}

PX_TEST(a_path_that_leads_nowhere_is_told_with_the_name_that_was_meant)
{
    const reply *r;

    begin();
    r = patch("[{\"op\":\"replace\",\"path\":\"/sped\",\"value\":2}]", 400);
    CHECK(strstr(api_text(r, "/error/message"), "Could not resolve path /sped") != NULL);
    CHECK(strstr(api_text(r, "/error/message"), "did you mean 'speed'?") != NULL);
    r = patch("[{\"op\":\"replace\",\"path\":\"/motor/hat\",\"value\":2}]", 400);
    CHECK(strstr(api_text(r, "/error/message"), "did you mean 'heat'?") != NULL);
    r = patch("[{\"op\":\"replace\",\"path\":\"\",\"value\":2}]", 400);
    CHECK(strstr(api_text(r, "/error/message"), "Could not resolve path") != NULL);
    api_world_release(&w);
}

PX_TEST(a_first_value_and_its_source_time_come_in_one_patch_in_either_order)
{
    const reply *r;

    begin();
    patch("[{\"op\":\"add\",\"path\":\"/fixed\",\"value\":2},"
          "{\"op\":\"add\",\"path\":\"/$metadata/fixed/sourceTime\",\"value\":"
          "\"2026-02-03T04:05:06Z\"},"
          "{\"op\":\"add\",\"path\":\"/motor/$metadata/heat/sourceTime\",\"value\":"
          "\"2026-02-03T04:05:06.5Z\"},"
          "{\"op\":\"add\",\"path\":\"/motor/heat\",\"value\":3}]",
          204);
    r = twin();
    CHECK_STR(api_text(r, "/$metadata/fixed/sourceTime"), "2026-02-03T04:05:06.0000000Z");
    CHECK_STR(api_text(r, "/motor/$metadata/heat/sourceTime"), "2026-02-03T04:05:06.5000000Z");
    CHECK_STR(api_text(r, "/motor/heat"), "3");
    api_world_release(&w);
}

PX_TEST(a_value_without_a_source_time_clears_the_old_one)
{
    const reply *r;

    begin();
    CHECK_STR(api_text(twin(), "/$metadata/speed/sourceTime"), "2026-01-01T00:00:00.0000000Z");
    patch("[{\"op\":\"replace\",\"path\":\"/speed\",\"value\":2}]", 204);
    r = twin();
    CHECK_STR(api_text(r, "/speed"), "2");
    CHECK_STR(api_text(r, "/$metadata/speed/sourceTime"), "");
    api_world_release(&w);
}

PX_TEST(the_last_write_counts_whatever_its_source_time)
{
    const reply *r;

    begin();
    patch("[{\"op\":\"replace\",\"path\":\"/speed\",\"value\":2},{\"op\":\"replace\",\"path\":"
          "\"/$metadata/speed/sourceTime\",\"value\":\"2025-01-01T00:00:00Z\"}]",
          204);
    r = twin();
    CHECK_STR(api_text(r, "/speed"), "2");
    CHECK_STR(api_text(r, "/$metadata/speed/sourceTime"), "2025-01-01T00:00:00.0000000Z");
    api_world_release(&w);
}

PX_TEST(a_source_time_needs_a_value_and_must_be_a_time)
{
    const reply *r;

    begin();
    r = patch("[{\"op\":\"add\",\"path\":\"/$metadata/fixed/sourceTime\",\"value\":"
              "\"2026-02-03T04:05:06Z\"}]",
              400);
    CHECK_STR(api_text(r, "/error/code"), "JsonPatchInvalid");
    CHECK(strstr(api_text(r, "/error/message"), "Could not resolve path") != NULL);
    r = patch("[{\"op\":\"add\",\"path\":\"/$metadata/speed/sourceTime\",\"value\":\"noon\"}]",
              400);
    CHECK_STR(api_text(r, "/error/code"), "ValidationFailed");
    api_world_release(&w);
}

/* A source clock that runs ahead is not believed, whoever tells of it. */
PX_TEST(a_source_time_of_tomorrow_is_kept_and_flagged_by_every_door)
{
    const reply *r;

    begin();
    patch("[{\"op\":\"add\",\"path\":\"/fixed\",\"value\":2},{\"op\":\"add\",\"path\":"
          "\"/$metadata/fixed/sourceTime\",\"value\":\"2199-01-01T00:00:00Z\"}]",
          204);
    r = API_ASK(&w, "GET", "/api/v1/twins/p", NULL, 200);
    CHECK(strstr(r->body.ptr, "uncertain") != NULL);
    API_ASK(&w, "PUT", "/digitaltwins/q",
            "{\"$metadata\":{\"$model\":\"dtmi:t:Pump;2\",\"power\":{\"sourceTime\":"
            "\"2199-01-01T00:00:00Z\"}},\"power\":1}",
            200);
    r = API_ASK(&w, "GET", "/api/v1/twins/q", NULL, 200);
    CHECK(strstr(r->body.ptr, "uncertain") != NULL);
    API_ASK(&w, "PATCH", "/digitaltwins/q", "[{\"op\":\"add\",\"path\":\"/power\",\"value\":2}]",
            204);
    r = API_ASK(&w, "GET", "/api/v1/twins/q", NULL, 200);
    CHECK(strstr(r->body.ptr, "uncertain") == NULL);
    api_world_release(&w);
}

PX_TEST(objects_maps_and_arrays_are_patched_as_the_contract_says)
{
    const reply *r;

    begin();
    patch("[{\"op\":\"add\",\"path\":\"/place/x\",\"value\":1}]", 400); /* the object comes first */
    patch("[{\"op\":\"add\",\"path\":\"/place\",\"value\":{\"x\":1}},"
          "{\"op\":\"add\",\"path\":\"/place/y\",\"value\":2},"
          "{\"op\":\"add\",\"path\":\"/tags\",\"value\":{}},"
          "{\"op\":\"add\",\"path\":\"/tags/a~1b\",\"value\":\"c\"},"
          "{\"op\":\"add\",\"path\":\"/list\",\"value\":[1,2]}]",
          204);
    r = twin();
    CHECK_STR(api_text(r, "/place/y"), "2");
    CHECK_STR(api_text(r, "/tags/a~1b"), "c");
    patch("[{\"op\":\"replace\",\"path\":\"/list/0\",\"value\":3}]", 400);
    patch("[{\"op\":\"add\",\"path\":\"/place/z\",\"value\":3}]", 400);
    patch("[{\"op\":\"remove\",\"path\":\"/tags/a~1b\"},{\"op\":\"remove\",\"path\":\"/list\"}]",
          204);
    r = twin();
    CHECK_STR(api_text(r, "/tags"), "{}");
    CHECK_STR(api_text(r, "/$metadata/list"), "");
    api_world_release(&w);
}

PX_TEST(what_is_the_servers_cannot_be_patched)
{
    static const char *const paths[] = {
        "/$dtId",
        "/$etag",
        "/$metadata",
        "/$metadata/speed",
        "/$metadata/speed/lastUpdateTime",
        "/$metadata/$lastUpdateTime",
        "/motor",
        "/motor/$metadata",
        "/motor/$metadata/$model",
        "/motor/$metadata/$lastUpdateTime",
        "/nothing",
        "",
    };
    char ops[160];

    begin();
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        snprintf(ops, sizeof(ops), "[{\"op\":\"add\",\"path\":\"%s\",\"value\":\"x\"}]", paths[i]);
        CHECK_STR(api_text(patch(ops, 400), "/error/code"), "JsonPatchInvalid");
    }
    api_world_release(&w);
}

PX_TEST(a_twin_goes_to_another_model_in_one_patch_in_any_order)
{
    const reply *r;

    begin();
    r = patch("[{\"op\":\"replace\",\"path\":\"/$metadata/$model\",\"value\":\"dtmi:t:Pump;2\"}]",
              400); /* its component is not in the new model */
    CHECK_STR(api_text(r, "/error/code"), "ValidationFailed");
    CHECK_STR(api_text(twin(), "/$metadata/$model"), "dtmi:t:Pump;1");
    r = patch("[{\"op\":\"replace\",\"path\":\"/$metadata/$model\",\"value\":\"dtmi:t:Pump;2\"},"
              "{\"op\":\"remove\",\"path\":\"/motor\"},"
              "{\"op\":\"add\",\"path\":\"/$dtId\",\"value\":\"other\"}]",
              400);
    CHECK_STR(api_text(r, "/error/code"), "JsonPatchInvalid");
    patch("[{\"op\":\"add\",\"path\":\"/power\",\"value\":5},"
          "{\"op\":\"add\",\"path\":\"/$metadata/power/sourceTime\",\"value\":"
          "\"2026-02-03T04:05:06Z\"},"
          "{\"op\":\"remove\",\"path\":\"/motor\"},"
          "{\"op\":\"replace\",\"path\":\"/$metadata/$model\",\"value\":\"dtmi:t:Pump;2\"}]",
          204);
    r = twin();
    CHECK_STR(api_text(r, "/$metadata/$model"), "dtmi:t:Pump;2");
    CHECK_STR(api_text(r, "/power"), "5");
    CHECK_STR(api_text(r, "/speed"), "1");
    CHECK_STR(api_text(r, "/motor"), "");
    CHECK_STR(api_text(r, "/$metadata/power/sourceTime"), "2026-02-03T04:05:06.0000000Z");
    api_world_release(&w);
}

PX_TEST_MAIN()
