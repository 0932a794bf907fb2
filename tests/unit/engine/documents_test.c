/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/documents.h"

#include <stdio.h>

#include "base/mem.h"
#include "px_test.h"

static px_document device(const char *id, const char *body, uint64_t revision)
{
    return (px_document){ .tenant = 1,
                          .kind = PX_STR("device"),
                          .id = px_str_c(id),
                          .body = px_str_c(body),
                          .revision = revision };
}

static px_status get(px_documents *documents, const char *id, px_arena *arena, px_document *ret)
{
    return px_documents_get(documents, 1, PX_STR("device"), px_str_c(id), arena, ret, NULL);
}

PX_TEST(readers_see_a_document_only_after_the_commit)
{
    px_document put = device("a", "{}", 7), got;
    px_documents *documents;
    px_arena arena;
    px_err err;

    px_arena_init(&arena, 1 << 20);
    CHECK_OK(px_documents_new(&documents, &err), &err);
    CHECK_OK(px_documents_put(documents, &put, NULL, &err), &err);
    CHECK_EQ(get(documents, "a", &arena, &got), PX_NOT_FOUND);
    CHECK(px_documents_pending(documents, 1, PX_STR("device"), PX_STR("a")) != NULL);
    px_documents_commit(documents);
    CHECK_EQ(get(documents, "a", &arena, &got), PX_OK);
    CHECK_EQ(got.revision, 7);
    CHECK_SLICE(got.body, "{}");
    px_documents_free(documents);
    px_arena_release(&arena);
}

PX_TEST(a_dropped_batch_leaves_nothing_behind)
{
    px_document put = device("a", "{}", 7), got;
    px_documents *documents;
    px_arena arena;
    px_err err;

    px_arena_init(&arena, 1 << 20);
    CHECK_OK(px_documents_new(&documents, &err), &err);
    CHECK_OK(px_documents_put(documents, &put, NULL, &err), &err);
    px_documents_rollback(documents);
    px_documents_commit(documents);
    CHECK_EQ(get(documents, "a", &arena, &got), PX_NOT_FOUND);
    px_documents_free(documents);
    px_arena_release(&arena);
}

PX_TEST(a_batch_counts_what_it_would_leave)
{
    px_document a = device("a", "{}", 1), b = device("b", "{}", 2), c = device("c", "{}", 3);
    px_str kind = PX_STR("device");
    px_documents *documents;
    px_err err;

    CHECK_OK(px_documents_new(&documents, &err), &err);
    CHECK_OK(px_documents_put(documents, &a, NULL, &err), &err);
    CHECK_OK(px_documents_put(documents, &b, NULL, &err), &err);
    CHECK_OK(px_documents_put(documents, &a, NULL, &err), &err); /* once more */
    CHECK_EQ(px_documents_pending_count(documents, 1, kind), 2);
    CHECK_EQ(px_documents_count(documents, 1, kind), 0);
    CHECK_EQ(px_documents_pending_count(documents, 2, kind), 0);
    CHECK_EQ(px_documents_pending_count(documents, 1, PX_STR("claim")), 0);
    px_documents_commit(documents);
    CHECK_OK(px_documents_delete(documents, 1, kind, a.id, 4, &err), &err);
    CHECK_EQ(px_documents_pending_count(documents, 1, kind), 1);
    CHECK_OK(px_documents_put(documents, &c, NULL, &err), &err);
    CHECK_OK(px_documents_put(documents, &b, NULL, &err), &err); /* changed, not one more */
    CHECK_EQ(px_documents_pending_count(documents, 1, kind), 2);
    CHECK_OK(px_documents_delete(documents, 1, kind, c.id, 5, &err), &err);
    CHECK_EQ(px_documents_pending_count(documents, 1, kind), 1);
    px_documents_rollback(documents);
    CHECK_EQ(px_documents_pending_count(documents, 1, kind), 2);
    px_documents_free(documents);
}

PX_TEST(a_batch_knows_what_was_written_behind_a_position)
{
    px_document a = device("a", "{}", 4), b = device("b", "{}", 7);
    px_str kind = PX_STR("device");
    px_documents *documents;
    px_err err;

    CHECK_OK(px_documents_new(&documents, &err), &err);
    CHECK(!px_documents_pending_is_newer(documents, 1, kind, 1));
    CHECK_OK(px_documents_put(documents, &a, NULL, &err), &err);
    for (int i = 0; i < 2; i++) { /* of the batch, and published */
        CHECK(px_documents_pending_is_newer(documents, 1, kind, 3));
        CHECK(!px_documents_pending_is_newer(documents, 1, kind, 4));
        CHECK(!px_documents_pending_is_newer(documents, 2, kind, 3));
        CHECK(!px_documents_pending_is_newer(documents, 1, PX_STR("claim"), 3));
        px_documents_commit(documents);
    }
    CHECK_OK(px_documents_put(documents, &b, NULL, &err), &err);
    CHECK(px_documents_pending_is_newer(documents, 1, kind, 6));
    px_documents_rollback(documents);
    CHECK(!px_documents_pending_is_newer(documents, 1, kind, 6));
    px_documents_free(documents);
}

PX_TEST(a_number_is_given_once)
{
    px_document put = device("a", "{}", 1);
    px_documents *documents;
    uint32_t first, again, other;
    px_err err;

    CHECK_OK(px_documents_new(&documents, &err), &err);
    CHECK_OK(px_documents_put(documents, &put, &first, &err), &err);
    CHECK_OK(px_documents_delete(documents, 1, put.kind, put.id, 2, &err), &err);
    CHECK_EQ(px_documents_delete(documents, 1, put.kind, put.id, 3, &err), PX_NOT_FOUND);
    px_documents_commit(documents);
    CHECK_OK(px_documents_put(documents, &put, &again, &err), &err);
    put = device("b", "{}", 4);
    CHECK_OK(px_documents_put(documents, &put, &other, &err), &err);
    px_documents_commit(documents);
    CHECK(again != first);
    CHECK(other != again && other != first);
    px_documents_free(documents);
}

static size_t count_tenants(px_documents *documents)
{
    uint32_t tenants[PX_TENANTS_AT_ONCE], cursor = 0, before = 0;
    size_t seen = 0;

    do {
        size_t count = px_documents_tenants(documents, &cursor, tenants);

        for (size_t i = 0; i < count; i++) {
            CHECK(tenants[i] > before);
            before = tenants[i];
        }
        seen += count;
    } while (cursor);
    return seen;
}

PX_TEST(each_tenant_is_told_once_however_many_pages_they_fill)
{
    px_documents *documents;
    px_err err;

    CHECK_OK(px_documents_new(&documents, &err), &err);
    CHECK_EQ(count_tenants(documents), 1);
    for (size_t i = 1; i <= 2 * PX_TENANTS_AT_ONCE; i++) {
        px_document put = { .kind = PX_STR("tenant"), .body = PX_STR("{}"), .revision = i };
        char id[16];

        snprintf(id, sizeof(id), "t%zu", i);
        put.id = px_str_c(id);
        CHECK_OK(px_documents_put(documents, &put, NULL, &err), &err);
        px_documents_commit(documents);
        CHECK_EQ(count_tenants(documents), i + 1);
    }
    px_documents_free(documents);
}

PX_TEST(lists_by_pages_without_repeating)
{
    px_documents *documents;
    px_document page[2];
    uint32_t cursor = 0;
    size_t count, seen = 0;
    px_arena arena;
    px_err err;

    px_arena_init(&arena, 1 << 20);
    CHECK_OK(px_documents_new(&documents, &err), &err);
    for (int i = 0; i < 5; i++) {
        char id[2] = { (char)('a' + i), 0 };
        px_document put = device(id, "{}", (uint64_t)i + 1);

        CHECK_OK(px_documents_put(documents, &put, NULL, &err), &err);
    }
    px_documents_commit(documents);
    do {
        CHECK_OK(px_documents_list(documents, 1, PX_STR("device"), &cursor, 2, &arena, page, &count,
                                   &err),
                 &err);
        seen += count;
    } while (cursor);
    CHECK_EQ(seen, 5);
    do {
        px_document_head heads[2];

        count = px_documents_list_heads(documents, 1, PX_STR("device"), &cursor, 2, heads);
        for (size_t i = 0; i < count; i++)
            CHECK_EQ(heads[i].revision, ++seen - 5); /* in the order of their numbers */
    } while (cursor);
    CHECK_EQ(seen, 10);
    CHECK_EQ(px_documents_count(documents, 1, PX_STR("device")), 5);
    px_documents_free(documents);
    px_arena_release(&arena);
}

static void put_and_commit(px_documents *documents, const char *kind, const char *id)
{
    px_document put = device(id, "{}", 1);
    px_err err;

    put.kind = px_str_c(kind);
    CHECK_OK(px_documents_put(documents, &put, NULL, &err), &err);
    px_documents_commit(documents);
}

static void delete_and_commit(px_documents *documents, const char *kind, const char *id)
{
    px_err err;

    CHECK_OK(px_documents_delete(documents, 1, px_str_c(kind), px_str_c(id), 2, &err), &err);
    px_documents_commit(documents);
}

PX_TEST(what_is_kept_goes_by_the_documents_that_are_there)
{
    px_documents *documents;
    uint64_t before;
    px_err err;

    CHECK_OK(px_documents_new(&documents, &err), &err);
    put_and_commit(documents, "device", "stays");
    for (int i = 0; i < 5000; i++) {
        if (i == 1000)
            before = px_mem_requests();
        put_and_commit(documents, "command", "t/c");
        delete_and_commit(documents, "command", "t/c");
    }
    /* each round asks for its two entries, and now and then a map for a new table: nothing grows */
    CHECK(px_mem_requests() - before < 2 * 4000 + 400);
    CHECK_EQ(px_documents_count(documents, 1, PX_STR("command")), 0);
    CHECK_EQ(px_documents_count(documents, 1, PX_STR("device")), 1);
    CHECK_EQ(px_documents_number(documents), 5001);
    CHECK(px_documents_by_number(documents, 1) != NULL);
    CHECK(px_documents_by_number(documents, 5001) == NULL);
    px_documents_free(documents);
}

PX_TEST(lists_go_on_where_documents_went_meanwhile)
{
    px_documents *documents;
    px_document page[10];
    uint32_t cursor = 0;
    size_t count;
    px_arena arena;
    px_err err;
    char id[8];

    px_arena_init(&arena, 1 << 20);
    CHECK_OK(px_documents_new(&documents, &err), &err);
    for (int i = 0; i < 200; i++) {
        snprintf(id, sizeof(id), "d%d", i);
        put_and_commit(documents, "device", id);
    }
    CHECK_OK(
        px_documents_list(documents, 1, PX_STR("device"), &cursor, 10, &arena, page, &count, &err),
        &err);
    CHECK_EQ(count, 10);
    CHECK_EQ(cursor, 10);
    for (int i = 0; i < 195; i++) {
        snprintf(id, sizeof(id), "d%d", i);
        delete_and_commit(documents, "device", id);
    }
    CHECK_OK(
        px_documents_list(documents, 1, PX_STR("device"), &cursor, 10, &arena, page, &count, &err),
        &err);
    CHECK_EQ(count, 5);
    CHECK_EQ(cursor, 0);
    CHECK_SLICE(page[0].id, "d195");
    px_documents_free(documents);
    px_arena_release(&arena);
}

PX_TEST(the_commands_of_one_twin_are_found_without_those_of_others)
{
    static const char *const ids[] = { "a/1", "b/1", "a/2", "ab/1", "a/b/1", "a/3" };
    px_documents *documents;
    px_document page[2];
    uint32_t cursor = 0;
    size_t count, seen = 0;
    px_arena arena;
    px_err err;

    px_arena_init(&arena, 1 << 20);
    CHECK_OK(px_documents_new(&documents, &err), &err);
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
        put_and_commit(documents, "command", ids[i]);
    put_and_commit(documents, "device", "a/9");
    delete_and_commit(documents, "command", "a/2");
    do {
        CHECK_OK(px_documents_list_under(documents, 1, PX_STR("command"), PX_STR("a/"), &cursor, 2,
                                         &arena, page, &count, &err),
                 &err);
        for (size_t i = 0; i < count; i++)
            CHECK(px_str_starts(page[i].id, PX_STR("a/")));
        seen += count;
    } while (cursor);
    CHECK_EQ(seen, 3);
    CHECK_OK(px_documents_list_under(documents, 1, PX_STR("command"), PX_STR("a/b/"), &cursor, 2,
                                     &arena, page, &count, &err),
             &err);
    CHECK_EQ(count, 1);
    CHECK_SLICE(page[0].id, "a/b/1");
    px_documents_free(documents);
    px_arena_release(&arena);
}

PX_TEST_MAIN()
