/* SPDX-License-Identifier: Apache-2.0 */
#include "px_test.h"

#include "base/json.h"

static void check_string(px_str text, const char *wanted)
{
    px_buf buf = { 0 };

    px_put_json_string(&buf, text);
    CHECK_SLICE(px_buf_str(&buf), wanted);
    px_buf_release(&buf);
}

PX_TEST(strings_get_the_fewest_escapes)
{
    check_string(PX_STR(""), "\"\"");
    check_string((px_str){ 0 }, "\"\"");
    check_string(PX_STR("a/b\x7F"), "\"a/b\x7F\"");
    check_string(PX_STR("\"\\\b\f\n\r\t"), "\"\\\"\\\\\\b\\f\\n\\r\\t\"");
    check_string(PX_STR("\x01x\x1F"), "\"\\u0001x\\u001f\"");
    check_string(px_str_of("\0", 1), "\"\\u0000\"");
    check_string(PX_STR("é中😀"), "\"é中😀\"");
    check_string(PX_STR("a\xFF"
                        "b\xC3"),
                 "\"a\xEF\xBF\xBD"
                 "b\xEF\xBF\xBD\"");
}

PX_TEST(the_writer_sets_commas_and_colons)
{
    px_buf buf = { 0 };
    px_json_writer w = px_json_writer_of(&buf);

    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("a"));
    px_json_begin_array(&w);
    px_json_int(&w, -1);
    px_json_uint(&w, UINT64_MAX);
    px_json_bool(&w, true);
    px_json_null(&w);
    px_json_begin_object(&w);
    px_json_end_object(&w);
    px_json_string(&w, PX_STR("x"));
    px_json_end_array(&w);
    px_json_key(&w, PX_STR("b"));
    px_json_number(&w, (px_num){ .mantissa = 2140, .exponent = -2 });
    px_json_key(&w, PX_STR("t"));
    px_json_time(&w, PX_SECOND / 2);
    px_json_key(&w, PX_STR("n"));
    px_json_time(&w, PX_TIME_NONE);
    px_json_key(&w, PX_STR("r"));
    px_json_put_raw(&w, PX_STR("[1]"));
    px_json_end_object(&w);
    CHECK_SLICE(px_buf_str(&buf), "{\"a\":[-1,18446744073709551615,true,null,{},\"x\"],\"b\":21.40,"
                                  "\"t\":\"1970-01-01T00:00:00.5Z\",\"n\":null,\"r\":[1]}");
    px_buf_release(&buf);
}

PX_TEST(values_of_every_kind_are_written)
{
    px_buf buf = { 0 };
    px_json_writer w = px_json_writer_of(&buf);

    px_json_begin_array(&w);
    px_json_value(&w, (px_value){ 0 });
    px_json_value(&w, px_value_bool(false));
    px_json_value(&w, px_value_num(px_num_int(7)));
    px_json_value(&w, px_value_text(PX_STR("\n")));
    px_json_value(&w, px_value_json(PX_STR("{\"a\":1}")));
    px_json_end_array(&w);
    CHECK_SLICE(px_buf_str(&buf), "[null,false,7,\"\\n\",{\"a\":1}]");
    px_buf_release(&buf);
}

PX_TEST(a_full_buffer_is_told_at_the_end)
{
    px_json_writer w;
    px_buf buf;
    px_err err;

    px_buf_init(&buf, 8);
    w = px_json_writer_of(&buf);
    px_json_begin_array(&w);
    px_json_string(&w, PX_STR("longer than eight"));
    px_json_end_array(&w);
    CHECK_EQ(px_buf_status(&buf, &err), PX_LIMIT);
    px_buf_release(&buf);
}

static void check_compact(const char *text, const char *wanted)
{
    PX_AUTO_ARENA arena = { 0 };
    px_buf buf = { 0 };
    px_json *root;
    px_err err;

    px_arena_init(&arena, 1 << 20);
    CHECK_OK(px_json_parse(px_str_c(text), NULL, &arena, &root, &err), &err);
    px_put_json_node(&buf, root);
    CHECK_SLICE(px_buf_str(&buf), wanted);
    px_buf_release(&buf);
}

PX_TEST(a_node_is_written_compact_and_canonical)
{
    check_compact(" { \"b\" : [ 1.50 , 1E3 , { } , [ ] ] , \"a\" : \"\\u0041\\/\" } ",
                  "{\"b\":[1.50,1000,{},[]],\"a\":\"A/\"}");
    check_compact("[true, false, null, -0, \"\"]", "[true,false,null,-0,\"\"]");
    check_compact("12", "12");
}

PX_TEST(a_node_inside_a_document_is_written_without_its_key)
{
    PX_AUTO_ARENA arena = { 0 };
    px_buf buf = { 0 };
    px_json *root;
    px_err err;

    px_arena_init(&arena, 1 << 20);
    CHECK_OK(px_json_parse(PX_STR("{\"a\":{\"b\":[1]},\"c\":2}"), NULL, &arena, &root, &err), &err);
    px_put_json_node(&buf, root->first);
    CHECK_SLICE(px_buf_str(&buf), "{\"b\":[1]}");
    px_buf_release(&buf);
}

/* ---- whatever is written reads the same ---- */

static void put_random_text(px_gen *gen, px_json_writer *w, bool key)
{
    static const char *const pieces[] = { "a", "\"", "\\", "\n", "\x01", "é",   "中",
                                          "😀", "/",  "~",  " ",  "\x7F", "kkkk" };
    char text[128] = "";

    for (uint64_t n = px_gen_below(gen, 20); n > 0; n--)
        strcat(text, pieces[px_gen_below(gen, sizeof(pieces) / sizeof(*pieces))]);
    if (key)
        px_json_key(w, px_str_c(text));
    else
        px_json_string(w, px_str_c(text));
}

static void put_random_scalar(px_gen *gen, px_json_writer *w)
{
    switch (px_gen_below(gen, 5)) {
    case 0:
        px_json_bool(w, px_gen_below(gen, 2));
        break;
    case 1:
        px_json_null(w);
        break;
    case 2:
        px_json_int(w, (int64_t)(px_gen_u64(gen) >> px_gen_below(gen, 64)));
        break;
    case 3:
        px_json_number(w, (px_num){ .mantissa = (int64_t)px_gen_u64(gen),
                                    .exponent = (int8_t)(px_gen_below(gen, 60)) });
        break;
    default:
        put_random_text(gen, w, false);
    }
}

/* A random document of up to `steps` values, a stack of brackets beside it. */
static void put_random_document(px_gen *gen, px_buf *buf)
{
    px_json_writer w = px_json_writer_of(buf);
    bool object[20] = { 0 };
    size_t depth = 1;

    px_json_begin_array(&w);
    for (uint64_t steps = px_gen_below(gen, 60); steps > 0; steps--) {
        uint64_t choice = px_gen_below(gen, 6);

        if (choice == 0 && depth > 1) {
            if (object[--depth])
                px_json_end_object(&w);
            else
                px_json_end_array(&w);
            continue;
        }
        if (object[depth - 1])
            put_random_text(gen, &w, true);
        if (choice > 2 || depth == 20) {
            put_random_scalar(gen, &w);
            continue;
        }
        object[depth] = choice == 1;
        if (object[depth++])
            px_json_begin_object(&w);
        else
            px_json_begin_array(&w);
    }
    while (depth > 0) {
        if (object[--depth])
            px_json_end_object(&w);
        else
            px_json_end_array(&w);
    }
}

PX_PROP(what_is_written_reads_and_is_written_the_same, 200)
{
    PX_AUTO_ARENA arena = { 0 };
    px_buf once = { 0 }, twice = { 0 };
    px_json *root;
    px_err err;

    put_random_document(gen, &once);
    px_arena_init(&arena, 1 << 20);
    CHECK_OK(px_json_parse(px_buf_str(&once), NULL, &arena, &root, &err), &err);
    px_put_json_node(&twice, root);
    CHECK(px_str_eq(px_buf_str(&once), px_buf_str(&twice)));
    px_buf_release(&once);
    px_buf_release(&twice);
}

PX_PROP(a_document_cut_anywhere_is_refused_with_its_place, 100)
{
    px_buf buf = { 0 };

    put_random_document(gen, &buf);
    for (size_t len = 0; len < buf.len; len++) {
        PX_AUTO_ARENA arena = { 0 };
        px_json *root;
        px_err err = { 0 };

        px_arena_init(&arena, 1 << 20);
        CHECK_EQ(px_json_parse(px_str_of(buf.ptr, len), NULL, &arena, &root, &err), PX_INVALID);
        CHECK(err.line >= 1 && err.column >= 1 && err.column <= len + 1);
    }
    px_buf_release(&buf);
}

PX_TEST_MAIN()
