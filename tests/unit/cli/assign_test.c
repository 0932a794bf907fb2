/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/assign.h"
#include "px_test.h"

static void check(const char *const *words, size_t count, const char *patch, const char *members)
{
    px_assign items[8];
    px_buf out = { 0 };
    px_arena arena;
    px_err err;

    px_arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < count; i++)
        CHECK_OK(px_assign_parse(words[i], &arena, &items[i], &err), &err);
    px_put_json_patch(&out, items, count);
    CHECK_STR(out.ptr, patch);
    px_buf_clear(&out);
    px_put_json_members(&out, items, count);
    CHECK_STR(out.ptr, members);
    px_buf_release(&out);
    px_arena_release(&arena);
}

PX_TEST(values_are_json_when_they_read_as_json)
{
    const char *const words[] = { "a=21.40", "b=true", "c=Pump 1", "d=\"20\"", "e=" };

    check(words, 5,
          "[{\"op\":\"add\",\"path\":\"/a\",\"value\":21.40},"
          "{\"op\":\"add\",\"path\":\"/b\",\"value\":true},"
          "{\"op\":\"add\",\"path\":\"/c\",\"value\":\"Pump 1\"},"
          "{\"op\":\"add\",\"path\":\"/d\",\"value\":\"20\"},"
          "{\"op\":\"add\",\"path\":\"/e\",\"value\":\"\"}]",
          "\"a\":21.40,\"b\":true,\"c\":\"Pump 1\",\"d\":\"20\",\"e\":\"\"");
}

PX_TEST(dots_lead_into_components)
{
    const char *const words[] = { "motor.rotor.speed=1", "motor.rotor.x=2", "motor.y=3", "z=4" };

    check(words, 4,
          "[{\"op\":\"add\",\"path\":\"/motor/rotor/speed\",\"value\":1},"
          "{\"op\":\"add\",\"path\":\"/motor/rotor/x\",\"value\":2},"
          "{\"op\":\"add\",\"path\":\"/motor/y\",\"value\":3},"
          "{\"op\":\"add\",\"path\":\"/z\",\"value\":4}]",
          "\"motor\":{\"rotor\":{\"speed\":1,\"x\":2},\"y\":3},\"z\":4");
}

PX_TEST(nothing_assigned_is_removed)
{
    px_assign item = { PX_STR("a"), { 0 } };
    px_buf out = { 0 };

    px_put_json_patch(&out, &item, 1);
    CHECK_STR(out.ptr, "[{\"op\":\"remove\",\"path\":\"/a\"}]");
    px_buf_clear(&out);
    px_put_json_members(&out, &item, 1);
    CHECK_STR(out.ptr, "\"a\":null");
    px_buf_release(&out);
}

PX_TEST(a_word_without_a_name_or_a_sign_is_refused)
{
    px_assign item;
    px_arena arena;
    px_err err;

    px_arena_init(&arena, 1 << 20);
    CHECK_EQ(px_assign_parse("speed", &arena, &item, &err), PX_INVALID);
    CHECK_EQ(px_assign_parse("=5", &arena, &item, &err), PX_INVALID);
    px_arena_release(&arena);
}

PX_TEST_MAIN()
