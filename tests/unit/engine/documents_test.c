/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/documents.h"

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
    CHECK_EQ(px_documents_count(documents, 1, PX_STR("device")), 5);
    px_documents_free(documents);
    px_arena_release(&arena);
}

PX_TEST_MAIN()
