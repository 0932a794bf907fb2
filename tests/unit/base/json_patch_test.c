/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_patch.h"

#include <stdio.h>

#include "base/mem.h"
#include "px_test.h"

/* The compact result, or the id of the error, in static memory. */
static const char *patched(const char *doc_text, const char *patch_text,
                           const px_json_patch_opts *opts)
{
    static char out[4096];
    px_json *doc, *ops;
    px_arena arena;
    px_buf buf = { 0 };
    px_err err = { 0 };

    px_arena_init(&arena, 1 << 20);
    CHECK_OK(px_json_parse(px_str_c(doc_text), NULL, &arena, &doc, &err), &err);
    CHECK_OK(px_json_parse(px_str_c(patch_text), NULL, &arena, &ops, &err), &err);
    if (px_json_patch(doc, ops, opts, &arena, &doc, &err) == PX_OK)
        px_put_json_node(&buf, doc);
    else
        px_put_c(&buf, err.id);
    snprintf(out, sizeof(out), "%.*s", PX_FMT(px_buf_str(&buf)));
    px_buf_release(&buf);
    px_arena_release(&arena);
    return out;
}

PX_TEST(adds_replaces_and_removes_members)
{
    CHECK_STR(patched("{\"a\":1}", "[{\"op\":\"add\",\"path\":\"/b\",\"value\":2}]", NULL),
              "{\"a\":1,\"b\":2}");
    CHECK_STR(
        patched("{\"a\":1,\"b\":2}", "[{\"op\":\"replace\",\"path\":\"/a\",\"value\":[3]}]", NULL),
        "{\"a\":[3],\"b\":2}");
    CHECK_STR(patched("{\"a\":1,\"b\":2}", "[{\"op\":\"remove\",\"path\":\"/a\"}]", NULL),
              "{\"b\":2}");
}

PX_TEST(refuses_to_replace_what_is_not_there)
{
    CHECK_STR(patched("{\"a\":1}", "[{\"op\":\"replace\",\"path\":\"/b\",\"value\":2}]", NULL),
              "patch.path");
    CHECK_STR(patched("{\"a\":1}", "[{\"op\":\"remove\",\"path\":\"/a/b\"}]", NULL), "patch.path");
}

PX_TEST(refuses_a_verb_that_is_not_allowed)
{
    px_json_patch_opts opts = { .verbs = PX_JSON_PATCH_ADD };

    CHECK_STR(patched("{\"a\":1}", "[{\"op\":\"remove\",\"path\":\"/a\"}]", &opts), "patch.op");
    CHECK_STR(patched("{\"a\":1}", "[{\"op\":\"spam\",\"path\":\"/a\"}]", NULL), "patch.op");
}

PX_TEST(keeps_arrays_whole_when_told)
{
    px_json_patch_opts opts = { .whole_arrays = true };
    const char *patch = "[{\"op\":\"add\",\"path\":\"/a/0\",\"value\":7}]";

    CHECK_STR(patched("{\"a\":[1]}", patch, NULL), "{\"a\":[7,1]}");
    CHECK_STR(patched("{\"a\":[1]}", patch, &opts), "patch.path");
}

PX_TEST(takes_as_many_operations_as_the_limit_says_and_no_more)
{
    px_json_patch_opts two = { .ops_max = 2 };

    CHECK_STR(patched("{}",
                      "[{\"op\":\"add\",\"path\":\"/a\",\"value\":1},"
                      "{\"op\":\"add\",\"path\":\"/b\",\"value\":1}]",
                      &two),
              "{\"a\":1,\"b\":1}");
    CHECK_STR(patched("{}",
                      "[{\"op\":\"add\",\"path\":\"/a\",\"value\":1},"
                      "{\"op\":\"add\",\"path\":\"/b\",\"value\":1},"
                      "{\"op\":\"add\",\"path\":\"/c\",\"value\":1}]",
                      &two),
              "patch.count");
}

PX_TEST(merges_as_rfc_7396_says)
{
    px_json *doc, *patch;
    px_arena arena;
    px_buf buf = { 0 };
    px_err err;

    px_arena_init(&arena, 1 << 20);
    CHECK_OK(px_json_parse(PX_STR("{\"a\":{\"b\":1,\"c\":2},\"d\":3}"), NULL, &arena, &doc, &err),
             &err);
    CHECK_OK(px_json_parse(PX_STR("{\"a\":{\"b\":null,\"e\":{\"f\":null,\"g\":4}},\"d\":[1]}"),
                           NULL, &arena, &patch, &err),
             &err);
    CHECK_OK(px_json_merge(doc, patch, &arena, &doc, &err), &err);
    px_put_json_node(&buf, doc);
    CHECK_STR(buf.ptr, "{\"a\":{\"c\":2,\"e\":{\"g\":4}},\"d\":[1]}");
    px_buf_release(&buf);
    px_arena_release(&arena);
}

/* One record of the public suites: doc, patch, and expected or error. */
static void check_case(const px_json *record, const char *file, uint32_t index, px_arena *arena)
{
    const px_json *ops = px_json_get(record, PX_STR("patch"));
    const px_json *expected = px_json_get(record, PX_STR("expected"));
    bool must_fail = px_json_get(record, PX_STR("error")) != NULL;
    px_json *doc = px_json_get(record, PX_STR("doc"));
    px_buf got = { 0 }, wanted = { 0 };
    px_json *wanted_doc = NULL;
    px_err err = { 0 };
    px_status status;

    if (px_json_is(px_json_get(record, PX_STR("disabled")), PX_JSON_TRUE) || !ops)
        return;
    status = px_json_patch(doc, ops, NULL, arena, &doc, &err);
    if (must_fail != (status != PX_OK)) {
        fprintf(stderr, "%s[%u]: %s, %s\n", file, index, must_fail ? "must fail" : "must work",
                err.text);
        fail();
    }
    if (expected && status == PX_OK) {
        /* order of members does not matter: a test operation compares */
        px_buf text = { 0 };
        px_json *test;

        px_put_c(&text, "[{\"op\":\"test\",\"path\":\"\",\"value\":");
        px_put_json_node(&text, expected);
        px_put_c(&text, "}]");
        CHECK_OK(px_json_parse(px_buf_str(&text), NULL, arena, &test, &err), &err);
        if (px_json_patch(doc, test, NULL, arena, &wanted_doc, &err) != PX_OK) {
            px_put_json_node(&got, doc);
            px_put_json_node(&wanted, expected);
            fprintf(stderr, "%s[%u]\ngot    %s\nwanted %s\n", file, index, got.ptr, wanted.ptr);
            fail();
        }
        px_buf_release(&text);
    }
    px_buf_release(&got);
    px_buf_release(&wanted);
}

static void check_suite(const char *name)
{
    px_str text = px_test_read_file(px_test_shared(name));
    px_arena arena;
    px_json *root;
    px_err err;
    char *owned = NULL;

    px_arena_init(&arena, 64 << 20);
    CHECK_OK(px_json_parse(text, NULL, &arena, &root, &err), &err);
    CHECK(root->count > 5);
    for (const px_json *record = root->first; record; record = record->next)
        check_case(record, name, record->index, &arena);
    px_arena_release(&arena);
    memcpy(&owned, &text.ptr, sizeof(owned));
    px_free(owned);
}

PX_TEST(agrees_with_the_public_cases)
{
    check_suite("conformance/json-patch-tests/tests.json");
}

PX_TEST(agrees_with_the_cases_of_the_specification)
{
    check_suite("conformance/json-patch-tests/spec_tests.json");
}

PX_TEST_MAIN()
