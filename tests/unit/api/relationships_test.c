/* SPDX-License-Identifier: Apache-2.0 */
/* Relationships of the data plane. */
#include <stdio.h>
#include <stdlib.h>

#include "api_world.h"

static api_world w;

static void begin(void)
{
    api_world_init(&w);
    api_put_models(&w, w.admin);
    api_put_press(&w, w.admin, "a");
    api_put_press(&w, w.admin, "b");
}

static const char feeds_b[] =
    "{\"$targetId\":\"b\",\"$relationshipName\":\"feeds\",\"since\":\"May\",\"$etag\":null}";

PX_TEST(a_relationship_is_written_read_patched_and_deleted)
{
    const reply *r;
    char etag[80];

    begin();
    r = API_ASK(&w, "PUT", "/digitaltwins/a/relationships/r1", feeds_b, 200);
    CHECK_STR(api_text(r, "/$sourceId"), "a");
    CHECK_STR(api_text(r, "/$targetId"), "b");
    CHECK_STR(api_text(r, "/since"), "May");
    snprintf(etag, sizeof(etag), "%s", api_text(r, "/$etag"));
    r = API_ASK(&w, "GET", "/digitaltwins/a/relationships/r1", NULL, 200);
    CHECK_STR(api_text(r, "/$etag"), etag);
    CHECK_STR(api_reply_header(r, "ETag"), etag);
    CHECK_STR(api_text(r, "/$relationshipName"), "feeds");
    api_header(&w, "If-Match", etag);
    API_ASK(&w, "PATCH", "/digitaltwins/a/relationships/r1",
            "[{\"op\":\"replace\",\"path\":\"/since\",\"value\":\"June\"}]", 204);
    api_header(&w, "If-Match", etag);
    API_ASK(&w, "DELETE", "/digitaltwins/a/relationships/r1", NULL, 412);
    r = API_ASK(&w, "GET", "/digitaltwins/a/relationships/r1", NULL, 200);
    CHECK_STR(api_text(r, "/since"), "June");
    API_ASK(&w, "DELETE", "/digitaltwins/a/relationships/r1", NULL, 204);
    r = API_ASK(&w, "GET", "/digitaltwins/a/relationships/r1", NULL, 404);
    CHECK_STR(api_text(r, "/error/code"), "RelationshipNotFound");
    CHECK(strstr(api_text(r, "/error/message"), "Relationship r1 not found on twin a") != NULL);
    api_world_release(&w);
}

PX_TEST(an_answer_to_a_put_holds_what_is_kept)
{
    const reply *r;

    begin();
    r = API_ASK(&w, "PUT", "/digitaltwins/a/relationships/r1",
                "{\"$targetId\":\"b\",\"$relationshipName\":\"feeds\",\"$relationshipLink\":\"x\","
                "\"$metadata\":{}}",
                200);
    CHECK_STR(api_text(r, "/$relationshipLink"), "");
    CHECK_STR(api_text(r, "/$metadata"), "");
    CHECK_STR(api_text(r, "/$targetId"), "b");
    api_world_release(&w);
}

PX_TEST(ids_of_relationships_and_documents_are_clean_utf_8)
{
    static const char *const bad[] = { "a%0Ab", "a%7F", "%01" };
    char target[160];
    const reply *r;

    begin();
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        snprintf(target, sizeof(target), "/digitaltwins/a/relationships/%s", bad[i]);
        r = API_ASK(&w, "PUT", target, feeds_b, 400);
        CHECK_STR(api_text(r, "/error/code"), "InvalidArgument");
        snprintf(target, sizeof(target), "/api/v1/devices/%s", bad[i]);
        r = API_ASK(&w, "PUT", target, "{\"twins\":[\"a\"]}", 400);
        CHECK_STR(api_text(r, "/code"), "document.id");
    }
    API_ASK(&w, "PUT", "/digitaltwins/a/relationships/%ff", feeds_b, 400);
    API_ASK(&w, "PUT", "/digitaltwins/a/relationships/%C3%A9%20x", feeds_b, 200);
    api_world_release(&w);
}

PX_TEST(refusals_of_relationships_have_their_names)
{
    const reply *r;

    begin();
    r = API_ASK(&w, "PUT", "/digitaltwins/a/relationships/r1",
                "{\"$targetId\":\"none\",\"$relationshipName\":\"feeds\"}", 404);
    CHECK_STR(api_text(r, "/error/code"), "TargetTwinNotFound");
    r = API_ASK(&w, "PUT", "/digitaltwins/a/relationships/r1",
                "{\"$targetId\":\"b\",\"$relationshipName\":\"hates\"}", 400);
    CHECK_STR(api_text(r, "/error/code"), "InvalidRelationship");
    r = API_ASK(&w, "PUT", "/digitaltwins/a/relationships/r1",
                "{\"$targetId\":\"a\",\"$relationshipName\":\"feeds\"}", 400);
    CHECK_STR(api_text(r, "/error/code"), "OperationNotAllowed");
    r = API_ASK(&w, "PUT", "/digitaltwins/none/relationships/r1", feeds_b, 404);
    CHECK_STR(api_text(r, "/error/code"), "DigitalTwinNotFound");
    API_ASK(&w, "PUT", "/digitaltwins/a/relationships/r1", feeds_b, 200);
    api_header(&w, "If-None-Match", "*");
    r = API_ASK(&w, "PUT", "/digitaltwins/a/relationships/r1", feeds_b, 412);
    CHECK(strstr(api_text(r, "/error/message"), "header was specified but a relationship with the "
                                                "id") != NULL);
    r = API_ASK(&w, "DELETE", "/digitaltwins/b", NULL, 400);
    CHECK_STR(api_text(r, "/error/code"), "RelationshipsNotDeleted");
    r = API_ASK(&w, "PATCH", "/digitaltwins/a/relationships/r1",
                "[{\"op\":\"replace\",\"path\":\"/$targetId\",\"value\":\"a\"}]", 400);
    api_world_release(&w);
}

PX_TEST(both_ends_list_it)
{
    const reply *r;

    begin();
    API_ASK(&w, "PUT", "/digitaltwins/a/relationships/r%2F1", feeds_b, 200);
    r = API_ASK(&w, "GET", "/digitaltwins/a/relationships", NULL, 200);
    CHECK_STR(api_text(r, "/value/0/$relationshipId"), "r/1");
    CHECK_STR(api_text(r, "/nextLink"), "null");
    r = API_ASK(&w, "GET",
                "/digitaltwins/a/relationships?api-version=2023-10-31&relationshipName=none", NULL,
                200);
    CHECK_STR(api_text(r, "/value"), "[]");
    r = API_ASK(&w, "GET", "/digitaltwins/b/incomingrelationships", NULL, 200);
    CHECK_STR(api_text(r, "/value/0/$sourceId"), "a");
    CHECK_STR(api_text(r, "/value/0/$relationshipName"), "feeds");
    CHECK_STR(api_text(r, "/value/0/$relationshipLink"),
              "/digitaltwins/a/relationships/r%2F1?api-version=2023-10-31");
    API_ASK(&w, "GET", "/digitaltwins/none/relationships", NULL, 404);
    api_world_release(&w);
}

/* 501 and 1,000 relationships are two pages; each comes once though others go in between. */
PX_TEST(pages_of_relationships_give_each_once_whatever_is_deleted_meanwhile)
{
    enum { COUNT = 1001 };
    static bool seen[COUNT];
    char target[160];
    const reply *r;
    int pages = 0, got = 0;

    begin();
    memset(seen, 0, sizeof(seen));
    for (int i = 0; i < COUNT; i++) {
        snprintf(target, sizeof(target), "/digitaltwins/a/relationships/r%d", i);
        API_ASK(&w, "PUT", target, "{\"$targetId\":\"b\",\"$relationshipName\":\"feeds\"}", 200);
    }
    snprintf(target, sizeof(target), "/digitaltwins/a/relationships?api-version=2023-10-31");
    while (target[0]) {
        char first[32];

        r = API_ASK(&w, "GET", target, NULL, 200);
        snprintf(first, sizeof(first), "%s", api_text(r, "/value/0/$relationshipId"));
        for (const px_json *m = px_json_get(r->json, PX_STR("value"))->first; m; m = m->next) {
            int at = atoi(px_json_get_text(m, PX_STR("$relationshipId")).ptr + 1);

            CHECK(!seen[at]);
            seen[at] = true;
            got++;
        }
        snprintf(target, sizeof(target), "%s", api_text(r, "/nextLink"));
        if (strcmp(target, "null") == 0)
            target[0] = '\0';
        if (pages++ == 0) {
            char gone[96];

            snprintf(gone, sizeof(gone), "/digitaltwins/a/relationships/%s", first);
            API_ASK(&w, "DELETE", gone, NULL, 204);
        }
    }
    CHECK_EQ(got, COUNT);
    CHECK_EQ(pages, 3);
    api_world_release(&w);
}

PX_TEST_MAIN()
