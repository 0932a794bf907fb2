/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include "px_test.h"

static px_status check(const char *json, px_err *err)
{
    static const char *const names[] = { "twins", "group", NULL };
    px_status status;
    px_json *node;
    px_arena arena;

    px_arena_init(&arena, 1 << 16);
    CHECK_OK(px_json_parse(px_str_c(json), NULL, &arena, &node, err), err);
    status = px_json_members(node, "a device", "device.form", names, err);
    px_arena_release(&arena);
    return status;
}

PX_TEST(members_that_are_named_pass)
{
    px_err err;

    CHECK_OK(check("{}", &err), &err);
    CHECK_OK(check("{\"group\":1,\"twins\":[]}", &err), &err);
}

PX_TEST(another_member_is_refused_by_name_and_place)
{
    px_err err;

    CHECK_EQ(check("{\"twins\":[],\"twin\":\"a\"}", &err), PX_INVALID);
    CHECK_STR(err.id, "device.form");
    CHECK_STR(err.text, "a device has no 'twin'; did you mean 'twins'?");
    CHECK_STR(err.path, "/twin");
    CHECK_EQ(check("{\"colour\":1}", &err), PX_INVALID);
    CHECK_STR(err.text, "a device has no 'colour'");
    CHECK_EQ(check("[]", &err), PX_INVALID);
    CHECK_STR(err.text, "a device is an object");
}

PX_TEST(a_number_or_time_that_is_none_is_read_as_none)
{
    static const char json[] = "{\"a\":7,\"b\":1.5,\"c\":-1,\"d\":\"7\",\"e\":18446744073709551615,"
                               "\"t\":\"1970-01-01T00:00:01Z\",\"u\":\"soon\",\"v\":1}";
    px_json *node;
    px_arena arena;
    px_err err;

    px_arena_init(&arena, 1 << 16);
    CHECK_OK(px_json_parse(px_str_c(json), NULL, &arena, &node, &err), &err);
    CHECK_EQ(px_json_get_uint(node, PX_STR("a")), 7);
    CHECK_EQ(px_json_get_uint(node, PX_STR("b")), 0);
    CHECK_EQ(px_json_get_uint(node, PX_STR("c")), 0);
    CHECK_EQ(px_json_get_uint(node, PX_STR("d")), 0);
    CHECK(px_json_get_uint(node, PX_STR("e")) == UINT64_MAX);
    CHECK_EQ(px_json_get_uint(node, PX_STR("none")), 0);
    CHECK_EQ(px_json_get_uint(NULL, PX_STR("a")), 0);
    CHECK_EQ(px_json_get_time(node, PX_STR("t")), PX_SECOND);
    CHECK_EQ(px_json_get_time(node, PX_STR("u")), PX_TIME_NONE);
    CHECK_EQ(px_json_get_time(node, PX_STR("v")), PX_TIME_NONE);
    CHECK_EQ(px_json_get_time(node, PX_STR("none")), PX_TIME_NONE);
    px_arena_release(&arena);
}

PX_TEST(what_is_not_told_is_left_out)
{
    px_buf buf = { 0 };
    px_json_writer w = px_json_writer_of(&buf);

    px_json_begin_object(&w);
    px_json_maybe_text(&w, "none", PX_STR(""));
    px_json_maybe_time(&w, "never", PX_TIME_NONE);
    px_json_maybe_time(&w, "unset", 0);
    px_json_maybe_text(&w, "some", PX_STR("x"));
    px_json_maybe_time(&w, "then", PX_SECOND);
    px_json_member_text(&w, "empty", PX_STR(""));
    px_json_member_uint(&w, "count", 7);
    px_json_end_object(&w);
    CHECK_SLICE(px_buf_str(&buf),
                "{\"some\":\"x\",\"then\":\"1970-01-01T00:00:01Z\",\"empty\":\"\",\"count\":7}");
    px_buf_release(&buf);
}

PX_TEST_MAIN()
