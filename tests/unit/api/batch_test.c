/* SPDX-License-Identifier: Apache-2.0 */
/* Many changes, all or none. */
#include <stdio.h>

#include "api_world.h"

static api_world w;

static void begin(void)
{
    api_world_init(&w);
    api_put_models(&w, w.admin);
    api_put_press(&w, w.admin, "a");
}

#define PRESS "{\"$metadata\":{\"$model\":\"dtmi:test:Press;1\"},\"motor\":{\"$metadata\":{}}}"

PX_TEST(a_batch_makes_twins_and_what_relates_them_and_the_next_reader_sees_all)
{
    const reply *r;

    begin();
    r = API_ASK(&w, "POST", "/api/v1/batch",
                "{\"changes\":["
                "{\"op\":\"put\",\"twin\":\"b\",\"ifNoneMatch\":\"*\",\"value\":" PRESS "},"
                "{\"op\":\"put\",\"twin\":\"b\",\"relationship\":\"r\",\"value\":"
                "{\"$relationshipName\":\"feeds\",\"$targetId\":\"a\"}},"
                "{\"op\":\"patch\",\"twin\":\"b\",\"component\":\"motor\",\"value\":"
                "[{\"op\":\"add\",\"path\":\"/heat\",\"value\":3.5}]},"
                "{\"op\":\"patch\",\"twin\":\"b\",\"relationship\":\"r\",\"value\":"
                "[{\"op\":\"add\",\"path\":\"/since\",\"value\":\"May\"}]},"
                "{\"op\":\"patch\",\"twin\":\"a\",\"value\":"
                "[{\"op\":\"add\",\"path\":\"/speed\",\"value\":7}]}]}",
                200);
    CHECK_STR(api_text(r, "/changes/0/created"), "true");
    CHECK_STR(api_text(r, "/changes/3/relationship"), "r");
    r = API_ASK(&w, "GET", "/digitaltwins/b", NULL, 200);
    CHECK_STR(api_text(r, "/motor/heat"), "3.5");
    r = API_ASK(&w, "GET", "/digitaltwins/b/relationships/r", NULL, 200);
    CHECK_STR(api_text(r, "/since"), "May");
    r = API_ASK(&w, "GET", "/digitaltwins/a", NULL, 200);
    CHECK_STR(api_text(r, "/speed"), "7");
    api_world_release(&w);
}

PX_TEST(when_one_change_is_refused_none_is_made_and_the_error_points_into_it)
{
    const reply *r;

    begin();
    r = API_ASK(&w, "POST", "/api/v1/batch",
                "{\"changes\":["
                "{\"op\":\"put\",\"twin\":\"b\",\"value\":" PRESS "},\n"
                "{\"op\":\"put\",\"twin\":\"c\",\"value\":"
                "{\"$metadata\":{\"$model\":\"dtmi:test:Press;1\"},\"speed\":\"fast\","
                "\"motor\":{\"$metadata\":{}}}}]}",
                400);
    CHECK_STR(api_text(r, "/pointer"), "/changes/1/value/speed");
    CHECK_STR(api_text(r, "/line"), "2");
    API_ASK(&w, "GET", "/digitaltwins/b", NULL, 404);
    r = API_ASK(&w, "POST", "/api/v1/batch",
                "{\"changes\":["
                "{\"op\":\"patch\",\"twin\":\"a\",\"value\":"
                "[{\"op\":\"add\",\"path\":\"/speed\",\"value\":7}]},"
                "{\"op\":\"delete\",\"twin\":\"nobody\"}]}",
                404);
    CHECK_STR(api_text(r, "/pointer"), "/changes/1");
    CHECK_STR(api_text(r, "/code"), "twin.not_found");
    r = API_ASK(&w, "GET", "/digitaltwins/a", NULL, 200);
    CHECK_STR(api_text(r, "/speed"), "21.40");
    api_world_release(&w);
}

PX_TEST(all_that_is_wrong_with_a_batch_is_told_at_once)
{
    const reply *r;

    begin();
    r = API_ASK(&w, "POST", "/api/v1/batch",
                "{\"changes\":["
                "{\"op\":\"put\",\"twin\":\"b\",\"value\":" PRESS "},"
                "{\"op\":\"delete\",\"twin\":\"nobody\"},"
                "{\"op\":\"patch\",\"twin\":\"a\",\"value\":"
                "[{\"op\":\"add\",\"path\":\"/speed\",\"value\":\"fast\"}]}]}",
                404);
    CHECK_STR(api_text(r, "/errors/0/id"), "twin.not_found");
    CHECK_STR(api_text(r, "/errors/0/pointer"), "/changes/1");
    CHECK_STR(api_text(r, "/errors/0/detail"), api_text(r, "/detail"));
    CHECK_STR(api_text(r, "/errors/1/pointer"), "/changes/2/speed");
    CHECK_STR(api_text(r, "/errors/2"), "");
    API_ASK(&w, "GET", "/digitaltwins/b", NULL, 404);
    r = API_ASK(&w, "POST", "/api/v1/batch",
                "{\"changes\":[{\"op\":\"push\",\"twin\":\"a\"},7,{\"op\":\"delete\"}]}", 400);
    CHECK_STR(api_text(r, "/errors/0/id"), "batch.op");
    CHECK_STR(api_text(r, "/errors/1/pointer"), "/changes/1");
    CHECK_STR(api_text(r, "/errors/2/id"), "batch.member");
    api_world_release(&w);
}

PX_TEST(a_problem_lists_so_many_findings_and_no_more)
{
    px_buf body = { 0 };

    begin();
    for (int more = 0; more < 2; more++) {
        const reply *r;

        px_buf_clear(&body);
        px_put_c(&body, "{\"changes\":[");
        for (int i = 0; i < PX_FINDINGS_MAX + more; i++)
            px_putf(&body, "%s{\"op\":\"delete\",\"twin\":\"n%d\"}", i ? "," : "", i);
        px_put_c(&body, "]}");
        r = API_ASK(&w, "POST", "/api/v1/batch", body.ptr, 404);
        CHECK_EQ(px_json_get(r->json, PX_STR("errors"))->count, PX_FINDINGS_MAX);
    }
    px_buf_release(&body);
    api_world_release(&w);
}

PX_TEST(a_refused_batch_costs_nobody_beside_it_anything)
{
    reply beside, batch;

    begin();
    api_reply_init(&beside);
    api_reply_init(&batch);
    api_hold_engine(&w);
    api_send(&w, &beside, "PUT", "/digitaltwins/b", PRESS);
    api_send(&w, &batch, "POST", "/api/v1/batch",
             "{\"changes\":[{\"op\":\"put\",\"twin\":\"c\",\"value\":" PRESS "},"
             "{\"op\":\"delete\",\"twin\":\"nobody\"}]}");
    api_let_engine_go(&w);
    CHECK_EQ(api_wait(&beside)->status, 200);
    CHECK_EQ(api_wait(&batch)->status, 404);
    API_ASK(&w, "GET", "/digitaltwins/b", NULL, 200);
    API_ASK(&w, "GET", "/digitaltwins/c", NULL, 404);
    api_reply_release(&beside);
    api_reply_release(&batch);
    api_world_release(&w);
}

PX_TEST(an_etag_of_a_change_is_held_against_what_those_before_it_leave)
{
    char body[400], etag[80];
    const reply *r;

    begin();
    r = API_ASK(&w, "GET", "/digitaltwins/a", NULL, 200);
    snprintf(etag, sizeof(etag), "W/\\\"%.36s\\\"", api_reply_header(r, "ETag") + 3);
    snprintf(body, sizeof(body),
             "{\"changes\":[{\"op\":\"patch\",\"twin\":\"a\",\"ifMatch\":\"%s\",\"value\":"
             "[{\"op\":\"add\",\"path\":\"/speed\",\"value\":7}]},"
             "{\"op\":\"patch\",\"twin\":\"a\",\"ifMatch\":\"%s\",\"value\":"
             "[{\"op\":\"add\",\"path\":\"/speed\",\"value\":8}]}]}",
             etag, etag);
    r = API_ASK(&w, "POST", "/api/v1/batch", body, 412);
    CHECK_STR(api_text(r, "/pointer"), "/changes/1");
    snprintf(body, sizeof(body),
             "{\"changes\":[{\"op\":\"patch\",\"twin\":\"a\",\"ifMatch\":\"%s\",\"value\":"
             "[{\"op\":\"add\",\"path\":\"/speed\",\"value\":7}]}]}",
             etag);
    API_ASK(&w, "POST", "/api/v1/batch", body, 200);
    API_ASK(&w, "POST", "/api/v1/batch", body, 412);
    api_world_release(&w);
}

PX_TEST(a_put_is_held_against_its_etag_as_a_patch_is)
{
    char body[600], etag[80];
    const reply *r;

    begin();
    r = API_ASK(&w, "GET", "/digitaltwins/a", NULL, 200);
    snprintf(etag, sizeof(etag), "W/\\\"%.36s\\\"", api_reply_header(r, "ETag") + 3);
    snprintf(body, sizeof(body),
             "{\"changes\":[{\"op\":\"put\",\"twin\":\"a\",\"ifMatch\":\"%s\",\"value\":" PRESS
             "}]}",
             etag);
    API_ASK(&w, "POST", "/api/v1/batch", body, 200);
    API_ASK(&w, "POST", "/api/v1/batch", body, 412);
    snprintf(body, sizeof(body),
             "{\"changes\":[{\"op\":\"put\",\"twin\":\"b\",\"ifMatch\":\"%s\",\"value\":" PRESS
             "}]}",
             etag);
    API_ASK(&w, "POST", "/api/v1/batch", body, 412); /* one that is not there has no ETag */
    API_ASK(&w, "PUT", "/digitaltwins/b", PRESS, 200);
    snprintf(
        body, sizeof(body),
        "{\"changes\":[{\"op\":\"put\",\"twin\":\"a\",\"relationship\":\"r\",\"ifMatch\":\"%s\","
        "\"value\":{\"$relationshipName\":\"feeds\",\"$targetId\":\"b\"}}]}",
        etag);
    API_ASK(&w, "POST", "/api/v1/batch", body, 412);
    api_world_release(&w);
}

/* Its record is one of this batch, and goes at once when the other takes its place. */
PX_TEST(a_twin_made_by_a_batch_gets_another_model_in_it)
{
    const reply *r;

    begin();
    API_ASK(&w, "POST", "/api/v1/batch",
            "{\"changes\":[{\"op\":\"put\",\"twin\":\"new\",\"value\":" PRESS "},"
            "{\"op\":\"patch\",\"twin\":\"new\",\"value\":[{\"op\":\"replace\",\"path\":"
            "\"/$metadata/$model\",\"value\":\"dtmi:test:BigPress;1\"}]}]}",
            200);
    r = API_ASK(&w, "GET", "/api/v1/twins/new", NULL, 200);
    CHECK_STR(api_text(r, "/model"), "dtmi:test:BigPress;1");
    api_world_release(&w);
}

PX_TEST(desired_values_are_wished_for_with_the_rest_or_not_at_all)
{
    const reply *r;

    begin();
    r = API_ASK(&w, "POST", "/api/v1/batch",
                "{\"changes\":["
                "{\"op\":\"desired\",\"twin\":\"a\",\"value\":{\"speed\":9}},"
                "{\"op\":\"desired\",\"twin\":\"a\",\"value\":{\"sped\":9}}]}",
                400);
    CHECK_STR(api_text(r, "/code"), "desired.writable");
    CHECK_STR(api_text(r, "/pointer"), "/changes/1/value/sped");
    r = API_ASK(&w, "GET", "/api/v1/twins/a/desired", NULL, 200);
    CHECK_STR(api_text(r, "/speed"), "");
    API_ASK(&w, "POST", "/api/v1/batch",
            "{\"changes\":["
            "{\"op\":\"patch\",\"twin\":\"a\",\"value\":"
            "[{\"op\":\"add\",\"path\":\"/speed\",\"value\":7}]},"
            "{\"op\":\"desired\",\"twin\":\"a\",\"value\":{\"speed\":9}}]}",
            200);
    r = API_ASK(&w, "GET", "/api/v1/twins/a", NULL, 200);
    CHECK_STR(api_text(r, "/desired/speed/value"), "9");
    CHECK_STR(api_text(r, "/values/speed/value"), "7");
    r = API_ASK(&w, "POST", "/api/v1/batch",
                "{\"changes\":[{\"op\":\"desired\",\"twin\":\"a\",\"relationship\":\"r\","
                "\"value\":{\"speed\":9}}]}",
                400);
    CHECK_STR(api_text(r, "/code"), "batch.member");
    api_world_release(&w);
}

PX_TEST(a_dry_run_says_what_would_be_and_changes_nothing)
{
    const reply *r;

    begin();
    r = API_ASK(&w, "POST", "/api/v1/batch",
                "{\"dryRun\":true,\"changes\":[{\"op\":\"put\",\"twin\":\"b\",\"value\":" PRESS
                "},{\"op\":\"put\",\"twin\":\"a\",\"value\":" PRESS "}]}",
                200);
    CHECK_STR(api_text(r, "/dryRun"), "true");
    CHECK_STR(api_text(r, "/changes/0/created"), "true");
    CHECK_STR(api_text(r, "/changes/1/created"), "false");
    API_ASK(&w, "GET", "/digitaltwins/b", NULL, 404);
    r = API_ASK(&w, "GET", "/digitaltwins/a", NULL, 200);
    CHECK_STR(api_text(r, "/speed"), "21.40");
    r = API_ASK(&w, "POST", "/api/v1/batch",
                "{\"dryRun\":true,\"changes\":[{\"op\":\"put\",\"twin\":\"b\",\"value\":" PRESS
                "},{\"op\":\"delete\",\"twin\":\"nobody\"}]}",
                404);
    CHECK_STR(api_text(r, "/pointer"), "/changes/1");
    api_world_release(&w);
}

PX_TEST(what_is_no_change_is_told_with_its_place)
{
    static const struct {
        const char *body, *path, *code;
    } cases[] = {
        { "[]", "", "batch.form" },
        { "{\"changes\":{}}", "", "batch.form" },
        { "{\"changes\":[],\"extra\":1}", "/extra", "body.member" },
        { "{\"changes\":[1]}", "/changes/0", "batch.form" },
        { "{\"changes\":[{\"op\":\"delete\"}]}", "/changes/0", "batch.member" },
        { "{\"changes\":[{\"op\":\"drop\",\"twin\":\"a\"}]}", "/changes/0", "batch.op" },
        { "{\"changes\":[{\"op\":\"put\",\"twin\":\"a\"}]}", "/changes/0", "batch.value" },
        { "{\"changes\":[{\"op\":\"delete\",\"twin\":\"a\",\"value\":1}]}", "/changes/0",
          "batch.value" },
        { "{\"changes\":[{\"op\":\"delete\",\"twin\":1}]}", "/changes/0/twin", "batch.member" },
        { "{\"changes\":[{\"op\":\"delete\",\"twin\":\"a\",\"note\":\"a\"}]}", "/changes/0/note",
          "batch.member" },
        { "{\"changes\":[{\"op\":\"delete\",\"twin\":\"a\",\"ifMatch\":\"x\"}]}", "/changes/0",
          "batch.member" },
        { "{\"changes\":[{\"op\":\"delete\",\"twin\":\"a\",\"component\":\"motor\"}]}",
          "/changes/0", "batch.member" },
    };

    begin();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const reply *r = API_ASK(&w, "POST", "/api/v1/batch", cases[i].body, 400);

        CHECK_STR(api_text(r, "/pointer"), cases[i].path);
        CHECK_STR(api_text(r, "/code"), cases[i].code);
    }
    API_ASK(&w, "POST", "/api/v1/batch", "{\"changes\":[]}", 200);
    API_ASK(&w, "GET", "/digitaltwins/a", NULL, 200);
    api_world_release(&w);
}

PX_TEST(a_reader_may_not_and_a_tenant_reaches_only_its_own)
{
    static const char body[] = "{\"changes\":[{\"op\":\"delete\",\"twin\":\"a\"}]}";

    begin();
    API_ASK_AS(&w, api_token(&w, 1, PX_ROLE_READER, NULL), "POST", "/api/v1/batch", body, 403);
    API_ASK_AS(&w, api_token(&w, 2, PX_ROLE_ADMIN, NULL), "POST", "/api/v1/batch", body, 404);
    API_ASK(&w, "GET", "/digitaltwins/a", NULL, 200);
    api_world_release(&w);
}

PX_TEST(so_many_changes_go_together_and_no_more)
{
    px_buf body = { 0 };

    begin();
    px_put_c(&body, "{\"changes\":[{\"op\":\"delete\",\"twin\":\"a\"}");
    for (int i = 0; i < PX_CHANGES_MAX; i++)
        px_put_c(&body, ",{\"op\":\"delete\",\"twin\":\"a\"}");
    px_put_c(&body, "]}");
    API_ASK(&w, "POST", "/api/v1/batch", body.ptr, 413);
    body.len -= strlen(",{\"op\":\"delete\",\"twin\":\"a\"}]}");
    px_put_c(&body, "]}");
    API_ASK(&w, "POST", "/api/v1/batch", body.ptr, 404); /* the second finds none */
    API_ASK(&w, "GET", "/digitaltwins/a", NULL, 200);
    px_buf_release(&body);
    api_world_release(&w);
}

PX_TEST_MAIN()
