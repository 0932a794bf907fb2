/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of a bulk file in and out. */
#include <stdio.h>

#include "api_world.h"

static api_world w;

#define TWIN(id)                                                                                   \
    "{\"$dtId\":\"" id "\",\"$metadata\":{\"$model\":\"dtmi:test:Press;1\"},\"speed\":1,"          \
    "\"motor\":{}}\n"
#define FEEDS(from, id, to)                                                                        \
    "{\"$dtId\":\"" from "\",\"$relationshipId\":\"" id "\",\"$targetId\":\"" to                   \
    "\",\"$relationshipName\":\"feeds\",\"since\":\"May\"}\n"

PX_TEST(good_lines_are_taken_and_bad_ones_named_by_their_number)
{
    const reply *r;

    api_world_init(&w);
    api_put_models(&w, w.admin);
    r = API_ASK(&w, "POST", "/api/v1/import?section=Twins",
                TWIN("a") "nonsense\n\n" TWIN("b") "{\"$dtId\":\"c\"}\n" TWIN(""), 200);
    CHECK_STR(api_text(r, "/taken"), "2");
    CHECK_STR(api_text(r, "/refused/0/line"), "2");
    CHECK_STR(api_text(r, "/refused/0/code"), "json.literal");
    CHECK_STR(api_text(r, "/refused/1/line"), "5");
    CHECK_STR(api_text(r, "/refused/1/code"), "twin.model");
    CHECK_STR(api_text(r, "/refused/2/line"), "6");
    CHECK_STR(api_text(r, "/refused/2/code"), "twin.id");
    r = API_ASK(&w, "POST", "/api/v1/import?section=Relationships",
                FEEDS("a", "r", "b") FEEDS("a", "r2", "none"), 200);
    CHECK_STR(api_text(r, "/taken"), "1");
    CHECK_STR(api_text(r, "/refused/0/code"), "relationship.target");
    r = API_ASK(&w, "GET", "/digitaltwins/a/relationships/r", NULL, 200);
    CHECK_STR(api_text(r, "/since"), "May");
    api_world_release(&w);
}

PX_TEST(the_same_lines_again_double_nothing)
{
    const reply *r;

    api_world_init(&w);
    api_put_models(&w, w.admin);
    for (int i = 0; i < 2; i++) {
        r = API_ASK(&w, "POST", "/api/v1/import?section=Twins", TWIN("a") TWIN("b"), 200);
        CHECK_STR(api_text(r, "/taken"), "2");
        r = API_ASK(&w, "POST", "/api/v1/import?section=Relationships", FEEDS("a", "r", "b"), 200);
        CHECK_STR(api_text(r, "/taken"), "1");
    }
    CHECK_EQ(px_graph_stat(px_engine_graph(w.engine)).twins, 2);
    CHECK_EQ(px_graph_stat(px_engine_graph(w.engine)).relationships, 1);
    api_world_release(&w);
}

#define MODEL(id, more)                                                                            \
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@type\":\"Interface\",\"@id\":\"" id "\"" more "}\n"

PX_TEST(of_models_only_the_bad_ones_are_refused_and_those_that_are_there_are_fine)
{
    const reply *r;

    api_world_init(&w);
    for (int i = 0; i < 2; i++) {
        r = API_ASK(&w, "POST", "/api/v1/import?section=Models",
                    MODEL("dtmi:m:A;1", "") MODEL("dtmi:m:B;1", ",\"extends\":\"dtmi:m:none;1\"")
                        MODEL("dtmi:m:C;1", ",\"extends\":\"dtmi:m:A;1\"")
                            MODEL("dtmi:m:D;1", ",\"nonsense\":1"),
                    200);
        CHECK_STR(api_text(r, "/taken"), "2");
        CHECK_STR(api_text(r, "/refused/0/line"), "2");
        CHECK_STR(api_text(r, "/refused/1/line"), "4");
    }
    r = API_ASK(&w, "POST", "/api/v1/import?section=Models",
                MODEL("dtmi:m:A;1", ",\"comment\":\"another\""), 200);
    CHECK_STR(api_text(r, "/refused/0/code"), "model.exists");
    api_world_release(&w);
}

PX_TEST(what_is_no_import_is_refused)
{
    api_world_init(&w);
    API_ASK(&w, "POST", "/api/v1/import", TWIN("a"), 400);
    API_ASK(&w, "POST", "/api/v1/import?section=Header", "{}", 400);
    API_ASK(&w, "POST", "/api/v1/import?section=Twins",
            "{\"Section\":\"Relationships\"}\n" FEEDS("a", "r", "b"), 400);
    API_ASK_AS(&w, api_token(&w, 1, PX_ROLE_READER, NULL), "POST", "/api/v1/import?section=Twins",
               TWIN("a"), 403);
    API_ASK(&w, "POST", "/api/v1/import?section=Twins", "", 200);
    api_world_release(&w);
}

PX_TEST(pages_of_an_export_hold_each_thing_once)
{
    enum { TWINS = 2500 };
    char until[64] = "", cursor[200], target[300];
    px_buf body = { 0 };
    size_t items = 0, pages = 0;

    api_world_init(&w);
    api_put_models(&w, w.admin);
    for (int i = 0; i < TWINS; i++)
        px_putf(&body,
                "{\"$dtId\":\"t%d\",\"$metadata\":{\"$model\":\"dtmi:test:Press;1\"},\"motor\":{}}"
                "\n",
                i);
    API_ASK(&w, "POST", "/api/v1/import?section=Twins", body.ptr, 200);
    px_buf_clear(&body);
    for (int i = 1; i < TWINS; i++) /* one twin has more than a page */
        px_putf(&body,
                "{\"$dtId\":\"t0\",\"$relationshipId\":\"r%d\",\"$targetId\":\"t%d\","
                "\"$relationshipName\":\"feeds\"}\n",
                i, i);
    API_ASK(&w, "POST", "/api/v1/import?section=Relationships", body.ptr, 200);
    px_buf_release(&body);
    for (int section = 0; section < 2; section++) {
        snprintf(target, sizeof(target), "/api/v1/export?section=%s",
                 section ? "Relationships" : "Twins");
        for (items = pages = 0;; pages++) {
            const reply *r = API_ASK(&w, "GET", target, NULL, 200);

            items += px_json_get(r->json, PX_STR("items"))->count;
            snprintf(until, sizeof(until), "%s", api_text(r, "/until"));
            snprintf(cursor, sizeof(cursor), "%s", api_text(r, "/cursor"));
            if (strcmp(cursor, "null") == 0)
                break;
            snprintf(target, sizeof(target), "/api/v1/export?section=%s&cursor=%s",
                     section ? "Relationships" : "Twins", cursor);
        }
        CHECK_EQ(items, section ? TWINS - 1 : TWINS);
        CHECK_EQ(pages, 1);
    }
    API_ASK(&w, "GET", "/api/v1/export?section=Twins&cursor=x", NULL, 400);
    API_ASK(&w, "GET", "/api/v1/export?section=All", NULL, 400);
    api_world_release(&w);
}

PX_TEST(a_relationship_to_a_twin_that_was_not_exported_stays_out)
{
    const reply *r;

    api_world_init(&w);
    api_put_models(&w, w.admin);
    API_ASK(&w, "POST", "/api/v1/import?section=Twins", TWIN("a") TWIN("b") TWIN("late"), 200);
    API_ASK(&w, "POST", "/api/v1/import?section=Relationships",
            FEEDS("a", "r", "b") FEEDS("a", "r2", "late") FEEDS("late", "r3", "a"), 200);
    r = API_ASK(&w, "GET", "/api/v1/export?section=Relationships&until=2", NULL, 200);
    CHECK_EQ(px_json_get(r->json, PX_STR("items"))->count, 1);
    CHECK_STR(api_text(r, "/items/0/$dtId"), "a");
    CHECK_STR(api_text(r, "/items/0/$targetId"), "b");
    CHECK_STR(api_text(r, "/items/0/since"), "May");
    api_world_release(&w);
}

PX_TEST(one_call_takes_as_many_lines_as_the_limit_and_no_more)
{
    px_buf lines = { 0 };

    api_world_init(&w);
    api_put_models(&w, w.admin);
    for (int i = 0; i < PX_BULK_LINES_MAX - 1; i++)
        px_put_c(&lines, "{}\n");
    px_put_c(&lines, TWIN("a"));
    CHECK_STR(
        api_text(API_ASK(&w, "POST", "/api/v1/import?section=Twins", lines.ptr, 200), "/taken"),
        "1");
    px_put_c(&lines, TWIN("b"));
    API_ASK(&w, "POST", "/api/v1/import?section=Twins", lines.ptr, 413);
    API_ASK(&w, "GET", "/digitaltwins/b", NULL, 404);
    px_buf_release(&lines);
    api_world_release(&w);
}

PX_TEST(a_page_of_an_export_has_as_many_items_as_the_limit)
{
    px_buf lines = { 0 };

    api_world_init(&w);
    api_put_models(&w, w.admin);
    for (int i = 0; i < PX_EXPORT_ITEMS_MAX; i++)
        px_putf(&lines,
                "{\"$dtId\":\"t%d\",\"$metadata\":{\"$model\":\"dtmi:test:Press;1\"},"
                "\"motor\":{}}\n",
                i);
    API_ASK(&w, "POST", "/api/v1/import?section=Twins", lines.ptr, 200);
    px_buf_release(&lines);
    for (int more = 0; more < 2; more++) {
        const reply *r = API_ASK(&w, "GET", "/api/v1/export?section=Twins", NULL, 200);

        CHECK_EQ(px_json_get(r->json, PX_STR("items"))->count, PX_EXPORT_ITEMS_MAX);
        CHECK_EQ(strcmp(api_text(r, "/cursor"), "null") == 0, more == 0);
        api_put_press(&w, w.admin, "one-more");
    }
    api_world_release(&w);
}

PX_TEST(a_page_of_an_export_ends_behind_the_item_that_reaches_its_bytes)
{
    enum { ITEMS = 600, NAME_BYTES = PX_VALUE_STRING_BYTES_MAX };
    static char name[NAME_BYTES + 1];
    px_buf lines = { 0 };
    const reply *r;
    size_t count, item;

    api_world_init(&w);
    api_put_models(&w, w.admin);
    memset(name, 'n', NAME_BYTES);
    for (int i = 0; i < ITEMS; i++) {
        px_putf(&lines,
                "{\"$dtId\":\"t%d\",\"$metadata\":{\"$model\":\"dtmi:test:Press;1\"},"
                "\"motor\":{},\"name\":\"%s\"}\n",
                100 + i, name);
        if (i % 200 < 199)
            continue;
        API_ASK(&w, "POST", "/api/v1/import?section=Twins", lines.ptr, 200);
        px_buf_clear(&lines);
    }
    px_buf_release(&lines);
    r = API_ASK(&w, "GET", "/api/v1/export?section=Twins", NULL, 200);
    count = px_json_get(r->json, PX_STR("items"))->count;
    item = r->body.len / count;
    CHECK(count < ITEMS && strcmp(api_text(r, "/cursor"), "null") != 0);
    CHECK(r->body.len >= PX_EXPORT_PAGE_BYTES_MAX);
    CHECK(r->body.len < PX_EXPORT_PAGE_BYTES_MAX + item + 200); /* the cursor stands behind */
    api_world_release(&w);
}

PX_TEST_MAIN()
