/* SPDX-License-Identifier: Apache-2.0 */
/* --azure-limits: at the limit and one past it, and nothing of it without the option. */
#include <stdio.h>

#include "api/azure.h"
#include "api_world.h"
#include "base/mem.h"

static api_world w;

static void begin(bool limits)
{
    static const px_engine_opts few = {
        .counts_max = { .twins = 4, .relationships = 5, .models = 1000, .edges = 2 }
    };
    static const px_engine_opts all;

    api_world_init_with(&w, limits ? &few : &all);
    w.api_opts.azure_limits = limits;
    api_world_restart_api(&w);
    api_put_models(&w, w.admin);
}

/* `count` models with ids from `from` on; the answer's status. */
static const reply *post_models(int from, int count, const char *context)
{
    px_buf body = { 0 };
    const reply *r;

    px_put_char(&body, '[');
    for (int i = 0; i < count; i++)
        px_putf(&body, "%s{\"@id\":\"dtmi:t:M%d;1\",\"@type\":\"Interface\",\"@context\":\"%s\"}",
                i ? "," : "", from + i, context);
    px_put_c(&body, "]");
    px_put(&body, px_str_of("", 1));
    r = api_ask(&w, "POST", "/models", body.ptr);
    px_buf_release(&body);
    return r;
}

PX_TEST(uploads_and_pages_of_models_are_those_of_the_public_service)
{
    const reply *r;

    begin(true);
    r = post_models(0, PX_AZURE_MODELS_PER_CALL_MAX + 1, "dtmi:dtdl:context;3");
    CHECK_EQ(r->status, 400);
    CHECK_STR(api_text(r, "/error/code"), "LimitExceeded");
    CHECK_EQ(post_models(0, PX_AZURE_MODELS_PER_CALL_MAX, "dtmi:dtdl:context;3")->status, 201);
    r = API_ASK(&w, "GET", "/models", NULL, 200);
    CHECK_EQ(px_json_get(r->json, PX_STR("value"))->count, PX_AZURE_MODELS_PER_PAGE_MAX);
    r = post_models(1000, 1, "dtmi:dtdl:context;4");
    CHECK_EQ(r->status, 400);
    CHECK_STR(api_text(r, "/error/code"), "ModelVersionNotSupported");
    CHECK_EQ(post_models(1000, 501, "dtmi:dtdl:context;3")->status, 400);
    api_world_release(&w);
    begin(false);
    CHECK_EQ(post_models(0, PX_AZURE_MODELS_PER_CALL_MAX + 1, "dtmi:dtdl:context;3")->status, 201);
    r = API_ASK(&w, "GET", "/models", NULL, 200);
    CHECK_EQ(px_json_get(r->json, PX_STR("value"))->count, PX_AZURE_MODELS_PER_CALL_MAX + 4);
    r = post_models(1000, 1, "dtmi:dtdl:context;99"); /* told apart from what does not parse */
    CHECK_STR(api_text(r, "/error/code"), "ModelVersionNotSupported");
    api_world_release(&w);
}

PX_TEST(no_form_of_an_upload_hides_a_version_that_the_public_service_does_not_take)
{
    static const char head[] = "\"@id\":\"dtmi:ex:A;1\",\"@type\":\"Interface\",\"@context\":"
                               "[\"dtmi:dtdl:context;4#limitless\",\"dtmi:dtdl:limits:onvif;1\"]";
    px_buf text = { 0 };
    const reply *r;

    begin(true);
    px_putf(&text, "{%s}", head); /* alone, not in an array */
    r = API_ASK(&w, "POST", "/models", text.ptr, 400);
    CHECK_STR(api_text(r, "/error/code"), "ModelVersionNotSupported");
    px_buf_clear(&text);
    px_putf(&text, "[{%s,\"contents\":[{\"@type\":\"Property\",\"name\":\"p\",\"schema\":", head);
    for (int i = 0; i < 20; i++)
        px_put_c(&text, "{\"@type\":\"Object\",\"fields\":[{\"name\":\"f\",\"schema\":");
    px_put_c(&text, "\"long\"");
    for (int i = 0; i < 20; i++)
        px_put_c(&text, "}]}");
    px_put_c(&text, "}]}]");
    r = API_ASK(&w, "POST", "/models", text.ptr, 400);
    CHECK_STR(api_text(r, "/error/code"), "ModelVersionNotSupported");
    api_world_release(&w);
    begin(false);
    r = API_ASK(&w, "POST", "/models", text.ptr, 201);
    CHECK_STR(api_text(r, "/0/id"), "dtmi:ex:A;1");
    px_buf_release(&text);
    api_world_release(&w);
}

PX_TEST(counts_of_an_instance_are_refused_by_their_names)
{
    const reply *r;
    char target[96];

    begin(true);
    for (int i = 0; i < 4; i++) {
        snprintf(target, sizeof(target), "t%d", i);
        api_put_press(&w, w.admin, target);
    }
    r = API_ASK(&w, "PUT", "/digitaltwins/t5", "{\"$metadata\":{\"$model\":\"dtmi:test:Motor;1\"}}",
                400);
    CHECK_STR(api_text(r, "/error/code"), "TwinLimitReached");
    for (int i = 0; i < 3; i++) {
        snprintf(target, sizeof(target), "/digitaltwins/t0/relationships/r%d", i);
        r = API_ASK(&w, "PUT", target, "{\"$targetId\":\"t1\",\"$relationshipName\":\"feeds\"}",
                    i < 2 ? 200 : 400);
    }
    CHECK_STR(api_text(r, "/error/code"), "LimitExceeded");
    API_ASK(&w, "PUT", "/digitaltwins/t0/relationships/r1",
            "{\"$targetId\":\"t1\",\"$relationshipName\":\"feeds\"}", 200); /* a replacement */
    API_ASK(&w, "PUT", "/digitaltwins/t2/relationships/r",
            "{\"$targetId\":\"t1\",\"$relationshipName\":\"feeds\"}", 400); /* in */
    API_ASK(&w, "PUT", "/digitaltwins/t2/relationships/r",
            "{\"$targetId\":\"t3\",\"$relationshipName\":\"feeds\"}", 200);
    api_world_release(&w);
}

PX_TEST(bodies_of_changes_are_held_to_32_kilobytes)
{
    px_buf body = { 0 };

    begin(true);
    api_put_press(&w, w.admin, "p");
    for (int extra = 0; extra < 2; extra++) {
        px_buf_clear(&body);
        px_put_c(&body, "[{\"op\":\"add\",\"path\":\"/speed\",\"value\":1}");
        while (body.len < PX_AZURE_BODY_BYTES_MAX - 1 + (size_t)extra)
            px_put_char(&body, ' ');
        px_put_c(&body, "]");
        px_put(&body, px_str_of("", 1));
        API_ASK(&w, "PATCH", "/digitaltwins/p", body.ptr, extra ? 413 : 204);
    }
    px_buf_release(&body);
    api_world_release(&w);
}

/* A query with `count` times `part` between `head` and `tail`. */
static px_status check_query(const char *head, const char *part, int count, const char *tail)
{
    px_buf text = { 0 };
    px_status status;
    px_err err;

    px_put_c(&text, head);
    for (int i = 0; i < count; i++)
        px_put_c(&text, part);
    px_put_c(&text, tail);
    status = px_azure_query_check(px_buf_str(&text), &err);
    px_buf_release(&text);
    return status;
}

PX_TEST(queries_hold_at_the_limits_of_the_public_service_and_not_past_them)
{
    static const struct {
        const char *head, *part, *tail;
        int most;
    } rows[] = {
        { "SELECT * FROM DIGITALTWINS WHERE a=1", " AND a=1", "", 50 },
        { "SELECT * FROM DIGITALTWINS WHERE a=1", " or a='AND OR'", "", 50 },
        { "SELECT * FROM DIGITALTWINS WHERE a IN [0", ",1", "]", 49 },
        { "SELECT T FROM DIGITALTWINS T", " JOIN t RELATED T.x", "", 5 },
        { "", "é", "", 8000 },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (int extra = 0; extra < 2; extra++)
            CHECK_EQ(check_query(rows[i].head, rows[i].part, rows[i].most + extra, rows[i].tail),
                     extra ? PX_INVALID : PX_OK);
    CHECK_EQ(check_query("MATCH (a)-[:x*1..10]->(b)", "", 0, ""), PX_OK);
    CHECK_EQ(check_query("MATCH (a)-[:x*..11]->(b)", "", 0, ""), PX_INVALID);
    CHECK_EQ(check_query("SELECT * FROM DIGITALTWINS WHERE [[AND]] = '", "", 0, ""), PX_OK);
    CHECK_EQ(check_query("'\\", "", 0, ""), PX_OK);
    CHECK_EQ(check_query("[[", "", 0, ""), PX_OK);
}

/* Of signs that mean something to it, in any order: it reads to the end and no further. */
PX_PROP(whatever_text_is_read_to_its_end, 300)
{
    static const char signs[] = "'\\[]*., \nANDORIJ9_$\0\xC3\xA9";
    size_t len = (size_t)px_gen_below(gen, 60);
    char *text = px_alloc(len ? len : 1); /* its end is watched */
    px_err err;

    for (size_t i = 0; i < len; i++)
        text[i] = signs[px_gen_below(gen, sizeof(signs) - 1)];
    if (px_azure_query_check(px_str_of(text, len), &err) != PX_OK)
        CHECK(strstr(err.text, "at most") != NULL);
    px_free(text);
}

PX_TEST(a_query_past_them_is_refused_with_the_option_only)
{
    static const char query[] = "{\"query\":\"SELECT * FROM DIGITALTWINS T WHERE T.speed IN "
                                "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,"
                                "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]\"}";

    begin(true);
    CHECK_STR(api_text(API_ASK(&w, "POST", "/query", query, 400), "/error/code"), "SqlQueryError");
    api_world_release(&w);
    begin(false);
    API_ASK(&w, "POST", "/query", query, 200);
    api_world_release(&w);
}

PX_TEST_MAIN()
