/* SPDX-License-Identifier: Apache-2.0 */
/* /models of the data plane. */
#include <stdio.h>

#include "api_world.h"

static const char valve[] =
    "[{\"@id\":\"dtmi:test:Valve;1\",\"@type\":\"Interface\",\"@context\":\"dtmi:dtdl:context;3\","
    "\"displayName\":{\"en\":\"Valve\",\"zh\":\"阀\"}}]";

PX_TEST(uploads_come_back_in_the_order_of_the_request)
{
    api_world w;
    const reply *r;

    api_world_init(&w);
    r = API_ASK(&w, "POST", "/models",
                "[{\"@id\":\"dtmi:t:B;1\",\"@type\":\"Interface\",\"extends\":\"dtmi:t:A;1\","
                "\"@context\":\"dtmi:dtdl:context;2\"},"
                "{\"@id\":\"dtmi:t:A;1\",\"@type\":\"Interface\",\"@context\":\"dtmi:dtdl:context;"
                "2\"}]",
                201);
    CHECK_STR(api_text(r, "/0/id"), "dtmi:t:B;1");
    CHECK_STR(api_text(r, "/1/id"), "dtmi:t:A;1");
    CHECK_STR(api_text(r, "/0/decommissioned"), "false");
    CHECK_STR(api_text(r, "/0/displayName"), "{}");
    CHECK_STR(api_text(r, "/0/model"), "");
    CHECK(strstr(api_text(r, "/0/uploadTime"), "+00:00") != NULL);
    api_world_release(&w);
}

PX_TEST(a_model_gives_back_its_definition_when_asked)
{
    api_world w;
    const reply *r;

    api_world_init(&w);
    API_ASK(&w, "POST", "/models", valve, 201);
    r = API_ASK(&w, "GET", "/models/dtmi:test:Valve%3B1", NULL, 200);
    CHECK_STR(api_text(r, "/displayName/zh"), "阀");
    CHECK_STR(api_text(r, "/model"), "");
    r = API_ASK(&w, "GET",
                "/models/dtmi:test:Valve;1?api-version=2020-10-31&includeModelDefinition=true",
                NULL, 200);
    CHECK_STR(api_text(r, "/model/@id"), "dtmi:test:Valve;1");
    api_world_release(&w);
}

PX_TEST(refusals_have_the_names_of_the_data_plane)
{
    api_world w;
    const reply *r;

    api_world_init(&w);
    r = API_ASK(&w, "POST", "/models", "[]", 400);
    CHECK_STR(api_text(r, "/error/code"), "InvalidArgument");
    CHECK(strstr(api_text(r, "/error/message"), "models provided was empty") != NULL);
    r = API_ASK(&w, "POST", "/models", "[{\"@id\":\"urn:x\"}]", 400);
    CHECK_STR(api_text(r, "/error/code"), "DTDLParserError");
    CHECK_STR(api_reply_header(r, "x-ms-error-code"), "DTDLParserError");
    CHECK(strstr(api_text(r, "/error/message"),
                 "None of the models in this request could be created due to a problem with one or "
                 "more models") != NULL);
    API_ASK(&w, "POST", "/models", valve, 201);
    r = API_ASK(&w, "POST", "/models", valve, 409);
    CHECK_STR(api_text(r, "/error/code"), "ModelAlreadyExists");
    r = API_ASK(&w, "GET", "/models/dtmi:test:None;1", NULL, 404);
    CHECK_STR(api_text(r, "/error/code"), "ModelNotFound");
    r = API_ASK(&w, "DELETE", "/models/dtmi:test:None;1", NULL, 404);
    CHECK_STR(api_text(r, "/error/code"), "ModelNotFound");
    api_world_release(&w);
}

PX_TEST(a_model_in_use_by_another_stays)
{
    api_world w;
    const reply *r;

    api_world_init(&w);
    api_put_models(&w, w.admin);
    r = API_ASK(&w, "DELETE", "/models/dtmi:test:Press;1", NULL, 409);
    CHECK_STR(api_text(r, "/error/code"), "ModelReferencesNotDeleted");
    API_ASK(&w, "DELETE", "/models/dtmi:test:BigPress;1", NULL, 204);
    API_ASK(&w, "DELETE", "/models/dtmi:test:Press;1", NULL, 204);
    API_ASK(&w, "GET", "/models/dtmi:test:Press;1", NULL, 404);
    api_world_release(&w);
}

static const reply *close_model(api_world *w, const char *target, int wanted)
{
    return API_ASK(w, "PATCH", target,
                   "[{\"op\":\"replace\",\"path\":\"/decommissioned\",\"value\":true}]", wanted);
}

PX_TEST(a_model_is_not_decommissioned_before_those_that_need_it)
{
    api_world w;
    const reply *r;

    api_world_init(&w);
    api_put_models(&w, w.admin);
    r = close_model(&w, "/models/dtmi:test:Motor;1", 409);
    CHECK_STR(api_text(r, "/error/code"), "ModelReferencesNotDecommissioned");
    CHECK(strstr(api_text(r, "/error/message"), "dtmi:test:Press;1") != NULL);
    r = close_model(&w, "/models/dtmi:test:Press;1", 409);
    close_model(&w, "/models/dtmi:test:BigPress;1", 204);
    close_model(&w, "/models/dtmi:test:Press;1", 204);
    close_model(&w, "/models/dtmi:test:Motor;1", 204);
    close_model(&w, "/models/dtmi:test:Motor;1", 204);
    api_world_release(&w);
}

PX_TEST(a_decommissioned_model_takes_no_new_twins)
{
    api_world w;
    const reply *r;

    api_world_init(&w);
    api_put_models(&w, w.admin);
    close_model(&w, "/models/dtmi:test:BigPress;1", 204);
    close_model(&w, "/models/dtmi:test:Press;1", 204);
    close_model(&w, "/models/dtmi:test:Motor;1", 204);
    r = API_ASK(&w, "GET", "/models/dtmi:test:Motor;1", NULL, 200);
    CHECK_STR(api_text(r, "/decommissioned"), "true");
    r = API_ASK(&w, "PUT", "/digitaltwins/m", "{\"$metadata\":{\"$model\":\"dtmi:test:Motor;1\"}}",
                400);
    CHECK_STR(api_text(r, "/error/code"), "ModelDecommissioned");
    r = API_ASK(&w, "PATCH", "/models/dtmi:test:Motor;1",
                "[{\"op\":\"add\",\"path\":\"/displayName\",\"value\":1}]", 400);
    CHECK_STR(api_text(r, "/error/code"), "JsonPatchInvalid");
    API_ASK(&w, "PATCH", "/models/dtmi:test:None;1",
            "[{\"op\":\"replace\",\"path\":\"/decommissioned\",\"value\":true}]", 404);
    api_world_release(&w);
}

PX_TEST(pages_of_models_follow_each_other)
{
    char link[256] = "/models?api-version=2023-10-31";
    api_world w;
    int pages = 0;

    api_world_init(&w);
    api_put_models(&w, w.admin);
    while (link[0]) {
        const reply *r;

        api_header(&w, "max-items-per-page", "2");
        r = API_ASK(&w, "GET", link, NULL, 200);
        CHECK_STR(api_text(r, pages == 0 ? "/value/2/id" : "/value/1/id"), "");
        snprintf(link, sizeof(link), "%s", api_text(r, "/nextLink"));
        if (strcmp(link, "null") == 0)
            link[0] = '\0';
        pages++;
    }
    CHECK_EQ(pages, 2);
    api_header(&w, "max-items-per-page", "many");
    API_ASK(&w, "GET", "/models", NULL, 400);
    api_world_release(&w);
}

PX_TEST(dependencies_are_bases_and_components_and_no_targets)
{
    api_world w;
    const reply *r;

    api_world_init(&w);
    api_put_models(&w, w.admin);
    r = API_ASK(&w, "GET",
                "/models?api-version=2023-10-31&dependenciesFor=dtmi%3Atest%3ABigPress%3B1,dtmi%"
                "3Atest%3AMotor%3B1",
                NULL, 200);
    CHECK(strstr(r->body.ptr, "dtmi:test:Press;1") != NULL);
    CHECK(strstr(r->body.ptr, "dtmi:test:Motor;1") != NULL);
    CHECK(strstr(r->body.ptr, "dtmi:test:BigPress;1") != NULL);
    CHECK_STR(api_text(r, "/value/3/id"), "");
    r = API_ASK(&w, "GET", "/models?api-version=2023-10-31&dependenciesFor=dtmi:no:such;1", NULL,
                404);
    CHECK_STR(api_text(r, "/error/code"), "ModelNotFound");
    api_world_release(&w);
}

/* A model whose id, whose property's name and whose property's id have so many bytes. */
static void post_long(api_world *w, size_t id, size_t name, size_t property_id, int wanted)
{
    px_buf body = { 0 };

    px_put_c(&body, "{\"@id\":\"dtmi:");
    for (size_t i = 0; i < id - strlen("dtmi:;1"); i++)
        px_put_char(&body, 'i');
    px_put_c(&body, ";1\",\"@type\":\"Interface\",\"@context\":\"dtmi:dtdl:context;3\","
                    "\"contents\":[{\"@type\":\"Property\",\"schema\":\"double\",\"name\":\"");
    for (size_t i = 0; i < name; i++)
        px_put_char(&body, 'n');
    px_put_c(&body, "\",\"@id\":\"dtmi:");
    for (size_t i = 0; i < property_id - strlen("dtmi:;1"); i++)
        px_put_char(&body, 'p');
    px_put_c(&body, ";1\"}]}");
    px_put(&body, px_str_of("", 1));
    API_ASK(w, "POST", "/models", body.ptr, wanted);
    px_buf_release(&body);
}

PX_TEST(ids_and_names_of_models_hold_at_their_limit_and_not_past_it)
{
    enum {
        ID = PX_DTMI_INTERFACE_BYTES_MAX,
        NAME = PX_NAME_BYTES_MAX,
        USER = PX_DTMI_USER_BYTES_MAX
    };
    api_world w;

    api_world_init(&w);
    post_long(&w, ID + 1, 8, 20, 400);
    post_long(&w, ID, 8, 20, 201);
    post_long(&w, 30, NAME + 1, 21, 400);
    post_long(&w, 30, NAME, 21, 201);
    post_long(&w, 31, 8, USER + 1, 400);
    post_long(&w, 31, 8, USER, 201);
    api_world_release(&w);
}

PX_TEST_MAIN()
