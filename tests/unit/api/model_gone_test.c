/* SPDX-License-Identifier: Apache-2.0 */
/* Twins whose model is deleted: they are read, before and after a restart, and else wait for a
 * model with that id. */
#include <stdio.h>

#include "api_world.h"

static api_world w;

static const char drum[] =
    "{\"@id\":\"dtmi:t:Drum;1\",\"@type\":\"Interface\",\"@context\":\"dtmi:dtdl:context;3\","
    "\"contents\":[{\"@type\":\"Property\",\"name\":\"heat\",\"schema\":\"double\"}]}";
/* `kind` of the property `speed`: a model that fits the twin, or does not */
static const char mill[] =
    "{\"@id\":\"dtmi:t:Mill;1\",\"@type\":\"Interface\",\"@context\":\"dtmi:dtdl:context;3\","
    "\"extends\":\"dtmi:t:Base;1\",\"contents\":["
    "{\"@type\":\"Property\",\"name\":\"speed\",\"schema\":\"%s\",\"writable\":true},"
    "{\"@type\":\"Telemetry\",\"name\":\"noise\",\"schema\":\"double\"},"
    "{\"@type\":\"Relationship\",\"name\":\"feeds\"},"
    "{\"@type\":\"Component\",\"name\":\"drum\",\"schema\":\"dtmi:t:Drum;1\"}]}";
static const char base[] =
    "{\"@id\":\"dtmi:t:Base;1\",\"@type\":\"Interface\",\"@context\":\"dtmi:dtdl:context;3\","
    "\"contents\":[{\"@type\":\"Property\",\"name\":\"name\",\"schema\":\"string\"}]}";

static void upload(const char *kind)
{
    char body[2048], text[1024];

    snprintf(text, sizeof(text), mill, kind);
    snprintf(body, sizeof(body), "[%s,%s,%s]", text, base, drum);
    API_ASK(&w, "POST", "/models", body, 201);
}

static void put_twins(void)
{
    static const char body[] = "{\"$metadata\":{\"$model\":\"dtmi:t:Mill;1\"},\"speed\":5,"
                               "\"name\":\"M\",\"drum\":{\"$metadata\":{},\"heat\":60}}";

    API_ASK(&w, "PUT", "/digitaltwins/m", body, 200);
    API_ASK(&w, "PUT", "/digitaltwins/n", body, 200);
    API_ASK(&w, "PUT", "/digitaltwins/m/relationships/r",
            "{\"$targetId\":\"n\",\"$relationshipName\":\"feeds\"}", 200);
}

static void delete_models(void)
{
    API_ASK(&w, "DELETE", "/models/dtmi:t:Mill;1", NULL, 204);
    API_ASK(&w, "DELETE", "/models/dtmi:t:Base;1", NULL, 204);
    API_ASK(&w, "DELETE", "/models/dtmi:t:Drum;1", NULL, 204);
}

static void begin(void)
{
    api_world_init(&w);
    upload("double");
    put_twins();
    delete_models();
}

static void check_readable(void)
{
    const reply *r = API_ASK(&w, "GET", "/digitaltwins/m", NULL, 200);

    CHECK_STR(api_text(r, "/speed"), "5");
    CHECK_STR(api_text(r, "/name"), "M");
    CHECK_STR(api_text(r, "/drum/heat"), "60");
    CHECK_STR(api_text(r, "/$metadata/$model"), "dtmi:t:Mill;1");
    API_ASK(&w, "GET", "/digitaltwins/m/components/drum", NULL, 200);
    API_ASK(&w, "GET", "/digitaltwins/m/relationships/r", NULL, 200);
    API_ASK(&w, "GET", "/api/v1/twins/m", NULL, 200);
    r = API_ASK(&w, "POST", "/query",
                "{\"query\":\"SELECT * FROM DIGITALTWINS WHERE IS_OF_MODEL('dtmi:t:Mill;1')\"}",
                200);
    CHECK_STR(api_text(r, "/value/0/speed"), "5");
}

static const char change[] = "[{\"op\":\"replace\",\"path\":\"/speed\",\"value\":6}]";

static void refuse(const char *method, const char *target, const char *body)
{
    const reply *r;

    api_header(&w, "Message-Id", "m");
    r = API_ASK(&w, method, target, body, 400);
    CHECK_STR(api_text(r, "/error/code"), "ValidationFailed");
}

static void check_closed(void)
{
    refuse("PATCH", "/digitaltwins/m", change);
    refuse("PATCH", "/digitaltwins/m", "[]");
    refuse("PATCH", "/digitaltwins/m/components/drum", "[]");
    refuse("POST", "/digitaltwins/m/telemetry", "{\"noise\":1}");
    refuse("PUT", "/digitaltwins/m/relationships/s",
           "{\"$targetId\":\"n\",\"$relationshipName\":\"feeds\"}");
    refuse("PATCH", "/digitaltwins/m/relationships/r", "[]");
    API_ASK(&w, "PATCH", "/api/v1/twins/m/desired", "{\"speed\":1}", 400);
    API_ASK(&w, "PUT", "/digitaltwins/new", "{\"$metadata\":{\"$model\":\"dtmi:t:Mill;1\"}}", 400);
    API_ASK(&w, "GET", "/models/dtmi:t:Mill;1", NULL, 404);
}

PX_TEST(twins_of_a_deleted_model_are_read_and_nothing_else_before_and_after_a_restart)
{
    begin();
    for (int restart = 0; restart < 3; restart++) {
        check_readable();
        check_closed();
        api_world_reopen(&w);
    }
    API_ASK(&w, "DELETE", "/digitaltwins/m/relationships/r", NULL, 204);
    API_ASK(&w, "DELETE", "/digitaltwins/m", NULL, 204);
    api_world_release(&w);
}

PX_TEST(a_target_whose_model_is_deleted_takes_no_new_relationships)
{
    const reply *r;

    begin();
    api_put_models(&w, w.admin);
    API_ASK(&w, "POST", "/models",
            "[{\"@id\":\"dtmi:t:Any;1\",\"@type\":\"Interface\",\"@context\":"
            "\"dtmi:dtdl:context;3\",\"contents\":[{\"@type\":\"Relationship\",\"name\":"
            "\"any\"}]}]",
            201);
    API_ASK(&w, "PUT", "/digitaltwins/a", "{\"$metadata\":{\"$model\":\"dtmi:t:Any;1\"}}", 200);
    r = API_ASK(&w, "PUT", "/digitaltwins/a/relationships/r",
                "{\"$targetId\":\"m\",\"$relationshipName\":\"any\"}", 400);
    CHECK_STR(api_text(r, "/error/code"), "ValidationFailed");
    api_world_release(&w);
}

PX_TEST(the_same_model_uploaded_again_lets_its_twins_live_on)
{
    for (int restart = 0; restart < 2; restart++) {
        begin();
        if (restart)
            api_world_reopen(&w);
        upload("double");
        check_readable();
        API_ASK(&w, "PATCH", "/api/v1/twins/m/desired", "{\"speed\":1}", 200);
        API_ASK(&w, "PATCH", "/digitaltwins/m", change, 204);
        api_world_reopen(&w);
        CHECK_STR(api_text(API_ASK(&w, "GET", "/digitaltwins/m", NULL, 200), "/speed"), "6");
        API_ASK(&w, "PATCH", "/digitaltwins/m/components/drum",
                "[{\"op\":\"replace\",\"path\":\"/heat\",\"value\":61}]", 204);
        api_world_release(&w);
    }
}

PX_TEST(a_changed_model_is_followed_with_the_next_patch)
{
    begin();
    upload("integer");
    for (int restart = 0; restart < 2; restart++) {
        check_readable();
        API_ASK(&w, "PATCH", "/api/v1/twins/m/desired", "{\"speed\":1}", 400);
        API_ASK(&w, "PATCH", "/digitaltwins/m/components/drum", "[]", 400);
        api_world_reopen(&w);
    }
    API_ASK(&w, "PATCH", "/digitaltwins/m", "[]", 204);
    API_ASK(&w, "PATCH", "/digitaltwins/n",
            "[{\"op\":\"replace\",\"path\":\"/speed\",\"value\":0.5}]", 400);
    check_readable();
    API_ASK(&w, "PATCH", "/api/v1/twins/m/desired", "{\"speed\":1}", 200);
    api_world_reopen(&w);
    check_readable();
    delete_models(); /* two generations of each are gone, and n has the older */
    api_world_reopen(&w);
    check_readable();
    CHECK_STR(api_text(API_ASK(&w, "GET", "/digitaltwins/n", NULL, 200), "/speed"), "5");
    api_world_release(&w);
}

PX_TEST(a_model_that_does_not_fit_is_refused_until_the_patch_makes_it_fit)
{
    const reply *r;

    begin();
    upload("string");
    r = API_ASK(&w, "PATCH", "/digitaltwins/m", "[]", 400);
    CHECK_STR(api_text(r, "/error/code"), "ValidationFailed");
    check_readable();
    API_ASK(&w, "PATCH", "/digitaltwins/m",
            "[{\"op\":\"replace\",\"path\":\"/speed\",\"value\":\"fast\"}]", 204);
    api_world_reopen(&w);
    CHECK_STR(api_text(API_ASK(&w, "GET", "/digitaltwins/m", NULL, 200), "/speed"), "fast");
    api_world_release(&w);
}

PX_TEST_MAIN()
