/* SPDX-License-Identifier: Apache-2.0 */
/* The dry run of an upload. */
#include "api_world.h"

#define VALIDATE "/api/v1/models/validate"

/* two rules broken, on lines 4 and 5 */
static const char broken[] = "{\"@context\":\"dtmi:dtdl:context;3\",\n"
                             " \"@id\":\"dtmi:t:Drive;1\", \"@type\":\"Interface\",\n"
                             " \"contents\": [\n"
                             "  {\"@type\":\"Property\",\"name\":\"speed\",\"schema\":\"doble\"},\n"
                             "  {\"@type\":\"Property\",\"name\":\"1st\",\"schema\":\"double\"}]}";
static const char drive[] =
    "{\"@context\":\"dtmi:dtdl:context;3\",\n \"@id\":\"dtmi:t:Drive;1\",\"@type\":\"Interface\"}";

PX_TEST(a_dry_run_tells_everything_that_is_wrong_with_its_place)
{
    api_world w;
    const reply *r;

    api_world_init(&w);
    r = API_ASK(&w, "POST", VALIDATE, broken, 200);
    CHECK_STR(api_text(r, "/valid"), "false");
    CHECK_STR(api_text(r, "/truncated"), "false");
    CHECK_STR(api_text(r, "/errors/0/line"), "4");
    CHECK_STR(api_text(r, "/errors/0/path"), "/contents/0/schema");
    CHECK_STR(api_text(r, "/errors/1/line"), "5");
    CHECK(strncmp(api_text(r, "/errors/1/code"), "dtdl.", 5) == 0);
    CHECK_STR(api_text(r, "/errors/2"), "");
    api_world_release(&w);
}

PX_TEST(a_dry_run_stores_nothing_and_refuses_what_is_there_at_its_id)
{
    api_world w;
    const reply *r;

    api_world_init(&w);
    r = API_ASK(&w, "POST", VALIDATE, drive, 200);
    CHECK_STR(api_text(r, "/valid"), "true");
    CHECK_STR(api_text(r, "/errors"), "[]");
    API_ASK(&w, "GET", "/models/dtmi:t:Drive;1", NULL, 404);
    API_ASK(&w, "POST", "/models", drive, 201);
    r = API_ASK(&w, "POST", VALIDATE, drive, 200);
    CHECK_STR(api_text(r, "/valid"), "false");
    CHECK_STR(api_text(r, "/errors/0/code"), "model.exists");
    CHECK_STR(api_text(r, "/errors/0/line"), "2");
    api_world_release(&w);
}

PX_TEST(a_dry_run_knows_the_models_of_its_own_tenant)
{
    static const char heir[] =
        "[{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:t:Spindle;1\","
        "\"@type\":\"Interface\",\"extends\":\"dtmi:t:Drive;1\"}]";
    api_world w;
    const reply *r;

    api_world_init(&w);
    r = API_ASK(&w, "POST", VALIDATE, heir, 200);
    CHECK_STR(api_text(r, "/valid"), "false");
    API_ASK(&w, "POST", "/models", drive, 201);
    r = API_ASK(&w, "POST", VALIDATE, heir, 200);
    CHECK_STR(api_text(r, "/valid"), "true");
    api_world_release(&w);
}

PX_TEST(what_is_no_model_at_all_is_told_too)
{
    api_world w;
    const reply *r;

    api_world_init(&w);
    r = API_ASK(&w, "POST", VALIDATE, "{\"a\": ]", 200);
    CHECK_STR(api_text(r, "/valid"), "false");
    CHECK_STR(api_text(r, "/errors/0/line"), "1");
    CHECK_STR(api_text(r, "/errors/0/column"), "7");
    r = API_ASK(&w, "POST", VALIDATE, "[]", 200);
    CHECK_STR(api_text(r, "/errors/0/code"), "model.empty");
    API_ASK_AS(&w, NULL, "POST", VALIDATE, "[]", 401);
    api_world_release(&w);
}

PX_TEST_MAIN()
