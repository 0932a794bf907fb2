/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include <dirent.h>
#include <stdio.h>

#include "base/mem.h"
#include "px_test.h"

enum { ARENA_BYTES = 64 << 20 };

/* ---- what the standard says ---- */

static px_status parse(px_str text, const px_json_opts *opts, px_err *err)
{
    PX_AUTO_ARENA arena = { 0 };
    px_json *root;

    px_arena_init(&arena, ARENA_BYTES);
    return px_json_parse(text, opts, &arena, &root, err);
}

/* Reads from memory of exactly its size, so that a byte read behind the end is seen. */
static px_status parse_exact(px_str text, const px_json_opts *opts, px_err *err)
{
    char *copy = px_alloc(text.len);
    px_status status;

    memcpy(copy, text.ptr, text.len);
    status = parse(px_str_of(copy, text.len), opts, err);
    px_free(copy);
    return status;
}

static void check_file(const char *folder, const char *name)
{
    px_json_opts door = px_json_opts_door();
    char path[1024];
    px_err err = { 0 };
    px_status status;
    px_str text;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    text = px_test_read_file(path);
    status = parse_exact(text, NULL, &err);
    if (strncmp(name, "y_", 2) == 0 && status != PX_OK)
        fail_msg("%s: %u:%u: %s", name, err.line, err.column, err.text);
    if (strncmp(name, "n_", 2) == 0 && status != PX_INVALID)
        fail_msg("%s was accepted", name);
    if (status != PX_OK) {
        CHECK(err.line >= 1 && err.column >= 1);
        CHECK(err.text[0] != '\0' && strncmp(err.id, "json.", 5) == 0);
        CHECK(parse_exact(text, &door, NULL) != PX_OK); /* a door is never more lenient */
    }
    (void)parse_exact(text, &door, NULL);
    px_free((char *)(uintptr_t)text.ptr);
}

static void check_folder(const char *shared, int files_min)
{
    char folder[900];
    int files = 0;
    DIR *dir;

    snprintf(folder, sizeof(folder), "%s", px_test_shared(shared));
    dir = opendir(folder);
    CHECK(dir != NULL);
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        if (e->d_name[0] == '.')
            continue;
        check_file(folder, e->d_name);
        files++;
    }
    closedir(dir);
    CHECK(files >= files_min);
}

PX_TEST(agrees_with_the_conformance_suite)
{
    check_folder("conformance/JSONTestSuite/test_parsing", 100);
}

PX_TEST(reads_or_refuses_what_parsers_differ_on)
{
    check_folder("conformance/JSONTestSuite/test_transform", 5);
}

static px_err refusal(const char *text, const px_json_opts *opts)
{
    px_err err = { 0 };

    CHECK_EQ(parse_exact(px_str_c(text), opts, &err), PX_INVALID);
    CHECK_EQ(err.status, PX_INVALID);
    return err;
}

static void check_place(const char *text, const char *id, uint32_t line, uint32_t column,
                        const char *path)
{
    px_err err = refusal(text, NULL);

    CHECK_STR(err.id, id);
    CHECK_STR(err.path, path);
    CHECK_EQ(err.line, line);
    CHECK_EQ(err.column, column);
}

PX_TEST(an_error_names_its_place)
{
    check_place("", "json.value", 1, 1, "");
    check_place(" \n ", "json.value", 2, 2, "");
    check_place("{\"a\":1,}", "json.key", 1, 8, "");
    check_place("{\"a\" 1}", "json.colon", 1, 6, "/a");
    check_place("{\"a\":tru}", "json.literal", 1, 6, "/a");
    check_place("{\"a\":[1,{\"b/c~\":[true,\n  x]}]}", "json.literal", 2, 3, "/a/1/b~1c~0/1");
    check_place("{\"a\":[[],[1],{}, 2 3]}", "json.comma", 1, 20, "/a/3");
    check_place("{\"\\u0061\\n\":01}", "json.number", 1, 14, "/a\n");
    check_place("[1] ]", "json.trailing", 1, 5, "");
    check_place("{1:2}", "json.key", 1, 2, "");
    check_place("[\"abc", "json.string", 1, 2, "/0");
    check_place("[\"a\tb\"]", "json.control", 1, 4, "/0");
    check_place("[\"a\\x\"]", "json.escape", 1, 5, "/0");
    check_place("[\"a\\u12g4\"]", "json.escape", 1, 6, "/0");
    check_place("[1e999]", "json.number_range", 1, 2, "/0");
    check_place("[-]", "json.number", 1, 3, "/0");
    check_place("\xEF\xBB\xBF{}", "json.bom", 1, 1, "");
    check_place("nul", "json.literal", 1, 1, "");
}

PX_TEST(an_error_says_what_was_found_and_what_belongs_there)
{
    CHECK_STR(refusal("{\"a\" 1}", NULL).text, "found '1' behind a key, where ':' belongs");
    CHECK_STR(refusal("[1", NULL).text,
              "found the end of the input in an array, where ',' or ']' belongs");
    CHECK_STR(refusal("[\x01]", NULL).text, "found byte 0x01 where a value must begin");
    CHECK_STR(refusal("[Tru]", NULL).text, "found 'Tru', which is not true, false or null");
    CHECK_STR(refusal("012", NULL).text, "found '1' behind a leading 0, where no digit may follow");
}

PX_TEST(a_path_too_long_for_its_place_ends_with_a_whole_step)
{
    char text[400] = "{\"first\":{\"";
    px_err err;

    memset(text + strlen(text), 'k', 200);
    strcat(text, "\":x}}");
    err = refusal(text, NULL);
    CHECK_STR(err.path, "/first");
}

/* ---- limits: at them, and one past ---- */

static void check_limit(const px_json_opts *opts, px_str at, px_str past, const char *id)
{
    px_err err = { 0 };

    CHECK_OK(parse_exact(at, opts, &err), &err);
    CHECK_EQ(parse_exact(past, opts, &err), PX_INVALID);
    CHECK_STR(err.id, id);
    CHECK(err.line >= 1 && err.column >= 1);
    CHECK_OK(parse_exact(past, NULL, &err), &err);
}

static px_str nested(px_buf *buf, uint32_t depth)
{
    px_buf_clear(buf);
    for (uint32_t i = 0; i < depth; i++)
        px_put_c(buf, i % 2 ? "{\"k\":" : "[");
    px_put_c(buf, "1");
    for (uint32_t i = depth; i > 0; i--)
        px_put_c(buf, (i - 1) % 2 ? "}" : "]");
    return px_buf_str(buf);
}

PX_TEST(depth_is_limited)
{
    px_json_opts door = px_json_opts_door();
    px_buf at = { 0 }, past = { 0 };

    check_limit(&door, nested(&at, PX_JSON_DEPTH_MAX), nested(&past, PX_JSON_DEPTH_MAX + 1),
                "json.depth");
    CHECK_EQ(parse(nested(&at, PX_JSON_READER_DEPTH_MAX), NULL, NULL), PX_OK);
    CHECK_EQ(parse(nested(&at, PX_JSON_READER_DEPTH_MAX + 1), NULL, NULL), PX_INVALID);
    CHECK_EQ(parse(nested(&at, 100000), NULL, NULL), PX_INVALID);
    px_buf_release(&at);
    px_buf_release(&past);
}

static px_str object_of(px_buf *buf, int keys, int repeated)
{
    px_buf_clear(buf);
    px_put_char(buf, '{');
    for (int i = 0; i < keys; i++)
        px_putf(buf, "%s\"k%d\":[{\"k0\":1}]", i ? "," : "", i == keys - 1 ? repeated : i);
    px_put_char(buf, '}');
    return px_buf_str(buf);
}

PX_TEST(keys_of_an_object_are_limited)
{
    px_json_opts door = px_json_opts_door();
    px_buf at = { 0 }, past = { 0 };

    check_limit(&door, object_of(&at, PX_JSON_KEYS_MAX, -1),
                object_of(&past, PX_JSON_KEYS_MAX + 1, -1), "json.keys");
    px_buf_release(&at);
    px_buf_release(&past);
}

PX_TEST(bytes_of_a_number_are_limited)
{
    px_json_opts door = px_json_opts_door();
    char text[PX_JSON_NUMBER_DIGITS_MAX + 1];

    memset(text, '7', sizeof(text));
    check_limit(&door, px_str_of(text, sizeof(text) - 1), px_str_of(text, sizeof(text)),
                "json.number_bytes");
}

PX_TEST(bytes_of_a_string_are_limited)
{
    px_json_opts door = px_json_opts_door();
    size_t len = PX_JSON_STRING_BYTES_MAX + 2;
    char *text = px_alloc(len + 1);
    px_err err = { 0 };

    memset(text, 'x', len + 1);
    text[0] = text[len - 1] = '"';
    CHECK_EQ(parse(px_str_of(text, len), &door, NULL), PX_OK);
    text[len - 1] = 'x';
    text[len] = '"';
    CHECK_EQ(parse(px_str_of(text, len + 1), &door, &err), PX_INVALID);
    CHECK_STR(err.id, "json.string_bytes");
    CHECK_EQ(parse(px_str_of(text, len + 1), NULL, NULL), PX_OK);
    px_free(text);
}

PX_TEST(a_document_that_does_not_fit_its_arena_is_a_limit)
{
    PX_AUTO_ARENA arena = { 0 };
    px_json *root;
    px_err err;

    px_arena_init(&arena, 200);
    CHECK_EQ(px_json_parse(PX_STR("[1,2,3]"), NULL, &arena, &root, &err), PX_LIMIT);
}

/* ---- refusals that every door switches on ---- */

static void check_door(const char *text, const char *id, uint32_t column, const char *path)
{
    px_json_opts door = px_json_opts_door();
    px_err err = { 0 };

    CHECK_OK(parse_exact(px_str_c(text), NULL, &err), &err);
    err = refusal(text, &door);
    CHECK_STR(err.id, id);
    CHECK_STR(err.path, path);
    CHECK_EQ(err.column, column);
}

PX_TEST(a_door_refuses_the_same_key_twice)
{
    px_json_opts door = px_json_opts_door();
    px_buf buf = { 0 };
    px_err err = { 0 };

    check_door("{\"a\":1,\"b\":2,\"a\":3}", "json.duplicate", 14, "/a");
    check_door("[{\"x\":{\"k\":1,\"\\u006b\":2}}]", "json.duplicate", 14, "/0/x/k");
    CHECK_EQ(parse(PX_STR("{\"a\":{\"a\":{\"a\":1}},\"b\":{\"a\":1}}"), &door, NULL), PX_OK);
    CHECK_STR(refusal("{\"a\":1,\"a\":3}", &door).text, "the key 'a' appears twice in one object");

    CHECK_EQ(parse(object_of(&buf, 500, -1), &door, NULL), PX_OK);
    CHECK_EQ(parse(object_of(&buf, 500, 17), &door, &err), PX_INVALID);
    CHECK_STR(err.id, "json.duplicate");
    CHECK_STR(err.path, "/k17");
    px_buf_release(&buf);
}

PX_TEST(a_door_refuses_text_that_is_not_unicode)
{
    check_door("[\"a\xFF\"]", "json.utf8", 4, "/0");
    check_door("[\"\xED\xA0\x80\"]", "json.utf8", 3, "/0");
    check_door("[\"\\ud800\"]", "json.surrogate", 3, "/0");
    check_door("[\"\\udc00\\ud800\"]", "json.surrogate", 3, "/0");
    check_door("{\"a\\ud800\\u0061\":1}", "json.surrogate", 4, "");
    check_door("[\"\\u0000\"]", "json.nul", 3, "/0");
}

/* ---- the document ---- */

static px_json *document(px_arena *arena, const char *text)
{
    px_json *root = NULL;
    px_err err = { 0 };

    px_arena_init(arena, ARENA_BYTES);
    CHECK_OK(px_json_parse(px_str_c(text), NULL, arena, &root, &err), &err);
    return root;
}

PX_TEST(a_document_knows_values_keys_and_places)
{
    PX_AUTO_ARENA arena = { 0 };
    const px_json *root = document(&arena, "{ \"name\": \"pump\",\n  \"list\": [1, -2.50, true,\n"
                                           "    null, false, {}],\n  \"last\":{\"k\":[]} }");
    const px_json *list = px_json_get(root, PX_STR("list"));

    CHECK_EQ(root->type, PX_JSON_OBJECT);
    CHECK_EQ(root->count, 3);
    CHECK_EQ(root->line, 1);
    CHECK_EQ(root->column, 1);
    CHECK_SLICE(px_json_get_text(root, PX_STR("name")), "pump");
    CHECK(px_json_get_text(root, PX_STR("list")).ptr == NULL);
    CHECK_EQ(list->count, 6);
    CHECK_EQ(list->line, 2);
    CHECK_EQ(list->column, 11);
    CHECK_SLICE(list->key, "list");
    CHECK_SLICE(list->raw, "[1, -2.50, true,\n    null, false, {}]");
    CHECK_EQ(px_json_item(list, 1)->num.mantissa, -250);
    CHECK_EQ(px_json_item(list, 1)->num.exponent, -2);
    CHECK(px_json_is_bool(px_json_item(list, 2)));
    CHECK(px_json_is(px_json_item(list, 3), PX_JSON_NULL));
    CHECK_EQ(px_json_item(list, 3)->line, 3);
    CHECK_EQ(px_json_item(list, 3)->column, 5);
    CHECK_EQ(px_json_item(list, 5)->index, 5);
    CHECK(px_json_item(list, 6) == NULL);
    CHECK(px_json_get(root, PX_STR("none")) == NULL);
    CHECK(px_json_get(list, PX_STR("name")) == NULL);
    CHECK(px_json_get(NULL, PX_STR("name")) == NULL);
    CHECK(px_json_item(root, 0) == NULL);
    CHECK_EQ(px_json_get(root, PX_STR("last"))->line, 4);
    CHECK(root->last == px_json_get(root, PX_STR("last")));
}

PX_TEST(strings_are_unescaped)
{
    PX_AUTO_ARENA arena = { 0 };
    const px_json *root =
        document(&arena, "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\", \"\\u00e9\\u4e2d\\ud83d"
                         "\\uDE00x\", \"中文\", \"\\u0000\", \"a\\ud800b\", \"\"]");

    CHECK_SLICE(px_json_item(root, 0)->text, "\"\\/\b\f\n\r\t");
    CHECK_SLICE(px_json_item(root, 1)->text, "é中😀x");
    CHECK_SLICE(px_json_item(root, 2)->text, "中文");
    CHECK(px_str_eq(px_json_item(root, 3)->text, px_str_of("\0", 1)));
    CHECK_SLICE(px_json_item(root, 4)->text, "a\xEF\xBF\xBD"
                                             "b");
    CHECK_EQ(px_json_item(root, 5)->text.len, 0);
    CHECK(px_json_item(root, 5)->text.ptr != NULL);
}

PX_TEST(a_string_is_found_whole_at_every_length_and_place)
{
    for (size_t len = 0; len < 70; len++) {
        for (size_t before = 1; before < 20; before++) {
            char text[128];
            PX_AUTO_ARENA arena = { 0 };
            px_json *root;
            px_err err;

            memset(text, ' ', before);
            memset(text + before, 'a', len + 2);
            text[before] = text[before + len + 1] = '"';
            px_arena_init(&arena, ARENA_BYTES);
            CHECK_OK(px_json_parse(px_str_of(text, before + len + 2), NULL, &arena, &root, &err),
                     &err);
            CHECK_EQ(root->text.len, len);
            CHECK_EQ(parse_exact(px_str_of(text, before + len + 1), NULL, &err), PX_INVALID);
            CHECK_STR(err.id, "json.string");
        }
    }
}

PX_TEST(a_caller_s_complaint_takes_the_place_of_its_node)
{
    PX_AUTO_ARENA arena = { 0 };
    const px_json *root = document(&arena, "{\"contents\":[1,\n {\"a/b\":2}]}");
    const px_json *node = px_json_get(px_json_item(root->first, 1), PX_STR("a/b"));
    px_buf buf = { 0 };
    px_err err;

    CHECK_EQ(px_json_fail(node, &err, PX_INVALID, "dtdl.name", "'%s' is bad", "x"), PX_INVALID);
    CHECK_STR(err.text, "'x' is bad");
    CHECK_STR(err.id, "dtdl.name");
    CHECK_STR(err.path, "/contents/1/a~1b");
    CHECK_EQ(err.line, 2);
    CHECK_EQ(err.column, 9);
    px_put_json_path(&buf, node);
    CHECK_SLICE(px_buf_str(&buf), "/contents/1/a~1b");
    px_buf_release(&buf);
}

/* ---- the pull reader ---- */

PX_TEST(tokens_come_in_order_and_the_end_stays_the_end)
{
    static const px_json_type wanted[] = {
        PX_JSON_OBJECT,    PX_JSON_KEY,        PX_JSON_ARRAY,     PX_JSON_NUMBER,
        PX_JSON_NULL,      PX_JSON_ARRAY,      PX_JSON_ARRAY_END, PX_JSON_TRUE,
        PX_JSON_ARRAY_END, PX_JSON_KEY,        PX_JSON_STRING,    PX_JSON_KEY,
        PX_JSON_FALSE,     PX_JSON_OBJECT_END, PX_JSON_DONE,      PX_JSON_DONE,
    };
    px_json_reader r;

    px_json_reader_init(&r, PX_STR("{\"a\":[1,null,[],true],\"b\":\"x\",\"c\":false}"), NULL, NULL);
    for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
        CHECK_EQ(px_json_next(&r), wanted[i]);
}

PX_TEST(plain_text_is_borrowed_from_the_input)
{
    px_str text = PX_STR("{\"key\":\"value\"}");
    px_json_reader r;

    px_json_reader_init(&r, text, NULL, NULL);
    CHECK_EQ(px_json_next(&r), PX_JSON_OBJECT);
    CHECK_EQ(px_json_next(&r), PX_JSON_KEY);
    CHECK(r.text.ptr == text.ptr + 2);
    CHECK_EQ(px_json_next(&r), PX_JSON_STRING);
    CHECK(r.text.ptr == text.ptr + 8);
    CHECK_SLICE(px_json_raw(&r), "\"value\"");
}

PX_TEST(a_guessed_key_is_read_only_when_it_is_that_one)
{
    px_json_opts opts = { .keys_max = 3, .refuse_duplicates = true };
    PX_AUTO_ARENA arena = { 0 };
    px_json_reader r;
    px_err err;

    px_arena_init(&arena, ARENA_BYTES);
    px_json_reader_init(&r, PX_STR("{\"ab\":1,\"cd\":2, \"ab\":3,\"x\":4}"), &opts, &arena);
    CHECK(!px_json_try_key(&r, PX_STR("ab")));
    CHECK_EQ(px_json_next(&r), PX_JSON_OBJECT);
    CHECK(!px_json_try_key(&r, PX_STR("a")));
    CHECK(!px_json_try_key(&r, PX_STR("abc")));
    CHECK(px_json_try_key(&r, PX_STR("ab")));
    CHECK_SLICE(r.text, "ab");
    CHECK(!px_json_try_key(&r, PX_STR("cd")));
    CHECK_EQ(px_json_next(&r), PX_JSON_NUMBER);
    CHECK(px_json_try_key(&r, PX_STR("cd")));
    CHECK_EQ(px_json_next(&r), PX_JSON_NUMBER);
    CHECK(!px_json_try_key(&r, PX_STR("ab"))); /* white space: the long way finds it */
    CHECK_EQ(px_json_next(&r), PX_JSON_KEY);
    CHECK_EQ(px_json_next(&r), PX_JSON_NUMBER);
    CHECK(!px_json_try_key(&r, PX_STR("x"))); /* one key too many */
    CHECK_EQ(px_json_next(&r), PX_JSON_BAD);
    CHECK_EQ(px_json_error(&r, &err), PX_INVALID);
    CHECK_STR(err.id, "json.keys");

    px_json_reader_init(&r, PX_STR("{\"ab\":1,\"ab\":3}"), &opts, &arena);
    CHECK_EQ(px_json_next(&r), PX_JSON_OBJECT);
    CHECK(px_json_try_key(&r, PX_STR("ab")));
    CHECK_EQ(px_json_next(&r), PX_JSON_NUMBER);
    CHECK(px_json_try_key(&r, PX_STR("ab")));
    CHECK_EQ(px_json_next(&r), PX_JSON_NUMBER);
    CHECK_EQ(px_json_next(&r), PX_JSON_BAD);
    CHECK_EQ(px_json_error(&r, &err), PX_INVALID);
    CHECK_STR(err.id, "json.duplicate");
    CHECK_STR(err.path, "/ab");
}

PX_TEST(a_value_is_skipped_whole_and_its_source_given)
{
    px_json_reader r;
    px_str raw;

    px_json_reader_init(&r, PX_STR("{\"a\": {\"b\":[1, {}]} ,\"c\":12}"), NULL, NULL);
    CHECK_EQ(px_json_next(&r), PX_JSON_OBJECT);
    CHECK_EQ(px_json_next(&r), PX_JSON_KEY);
    CHECK_EQ(px_json_next(&r), PX_JSON_OBJECT);
    CHECK(px_json_skip(&r, &raw));
    CHECK_SLICE(raw, "{\"b\":[1, {}]}");
    CHECK_EQ(px_json_next(&r), PX_JSON_KEY);
    CHECK_EQ(px_json_next(&r), PX_JSON_NUMBER);
    CHECK(px_json_skip(&r, &raw));
    CHECK_SLICE(raw, "12");
    CHECK_EQ(px_json_next(&r), PX_JSON_OBJECT_END);
    CHECK_EQ(px_json_next(&r), PX_JSON_DONE);
}

PX_TEST(skipping_what_is_broken_fails)
{
    px_json_reader r;
    px_str raw;
    px_err err;

    px_json_reader_init(&r, PX_STR("[[1,2"), NULL, NULL);
    CHECK_EQ(px_json_next(&r), PX_JSON_ARRAY);
    CHECK(!px_json_skip(&r, &raw));
    CHECK_EQ(px_json_next(&r), PX_JSON_BAD);
    CHECK_EQ(px_json_error(&r, &err), PX_INVALID);
    CHECK_STR(err.path, "/0/1");
}

PX_TEST(a_complaint_about_a_token_gets_its_place)
{
    px_json_reader r;
    px_err err = { 0 };

    px_json_reader_init(&r, PX_STR("{\"a\":1,\n \"b\" : [true]}"), NULL, NULL);
    for (int i = 0; i < 4; i++)
        px_json_next(&r);
    CHECK_SLICE(r.text, "b");
    px_json_place(&r, &err);
    CHECK_STR(err.path, "/b");
    CHECK_EQ(err.line, 2);
    CHECK_EQ(err.column, 2);
    px_json_next(&r);
    px_json_next(&r);
    px_json_place(&r, &err);
    CHECK_STR(err.path, "/b/0");
    CHECK_EQ(err.column, 9);
}

/* ---- pointers ---- */

static px_json *find(px_json *root, px_arena *arena, const char *text)
{
    px_json_pointer pointer;
    px_err err = { 0 };

    CHECK_OK(px_json_pointer_parse(px_str_c(text), arena, &pointer, &err), &err);
    return px_json_pointer_find(root, &pointer);
}

PX_TEST(a_pointer_finds_the_examples_of_its_standard)
{
    PX_AUTO_ARENA arena = { 0 };
    px_json *root =
        document(&arena, "{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,"
                         "\"g|h\":4,\"i\\\\j\":5,\"k\\\"l\":6,\" \":7,\"m~n\":8}");

    CHECK(find(root, &arena, "") == root);
    CHECK_SLICE(find(root, &arena, "/foo/0")->text, "bar");
    CHECK_EQ(find(root, &arena, "/")->num.mantissa, 0);
    CHECK_EQ(find(root, &arena, "/a~1b")->num.mantissa, 1);
    CHECK_EQ(find(root, &arena, "/i\\j")->num.mantissa, 5);
    CHECK_EQ(find(root, &arena, "/k\"l")->num.mantissa, 6);
    CHECK_EQ(find(root, &arena, "/ ")->num.mantissa, 7);
    CHECK_EQ(find(root, &arena, "/m~0n")->num.mantissa, 8);
    CHECK(find(root, &arena, "/foo/2") == NULL);
    CHECK(find(root, &arena, "/foo/00") == NULL);
    CHECK(find(root, &arena, "/foo/-") == NULL);
    CHECK(find(root, &arena, "/foo/0/x") == NULL);
    CHECK(find(root, &arena, "/foo/4294967296") == NULL);
}

PX_TEST(a_bad_pointer_names_its_first_bad_byte)
{
    PX_AUTO_ARENA arena = { 0 };
    px_json_pointer pointer;
    char deep[2 * PX_JSON_POINTER_DEPTH_MAX + 3] = "";
    px_err err;

    px_arena_init(&arena, ARENA_BYTES);
    CHECK_EQ(px_json_pointer_parse(PX_STR("a"), &arena, &pointer, &err), PX_INVALID);
    CHECK_STR(err.id, "json.pointer");
    CHECK_EQ(px_json_pointer_parse(PX_STR("/a~2"), &arena, &pointer, &err), PX_INVALID);
    CHECK_EQ(err.column, 3);
    CHECK_EQ(px_json_pointer_parse(PX_STR("/a~"), &arena, &pointer, &err), PX_INVALID);
    for (int i = 0; i < PX_JSON_POINTER_DEPTH_MAX; i++)
        strcat(deep, "/x");
    CHECK_OK(px_json_pointer_parse(px_str_c(deep), &arena, &pointer, &err), &err);
    CHECK_EQ(pointer.count, PX_JSON_POINTER_DEPTH_MAX);
    strcat(deep, "/");
    CHECK_EQ(px_json_pointer_parse(px_str_c(deep), &arena, &pointer, &err), PX_INVALID);
}

/* ---- bad days ---- */

PX_TEST(every_failed_allocation_is_told_and_nothing_is_lost)
{
    static const char text[] = "{\"a\\n\":[1,2,{\"b\":\"x\\ty\"}],\"c\":{\"d\":null}}";
    px_json_opts door = px_json_opts_door();

    for (uint64_t n = 1;; n++) {
        px_err err = { 0 };
        px_status status;

        px_mem_fail_nth(n);
        status = parse(px_str_c(text), &door, &err);
        px_mem_fail_nth(0);
        if (status == PX_OK) {
            CHECK(n > 1);
            return;
        }
        CHECK_EQ(status, PX_NO_MEMORY);
        CHECK_EQ(err.status, PX_NO_MEMORY);
    }
}

PX_TEST_MAIN()
