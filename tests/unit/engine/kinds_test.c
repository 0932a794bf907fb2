/* SPDX-License-Identifier: Apache-2.0 */
/* The table of document kinds, and what it says of bodies. */
#include "engine/kinds.h"

#include "px_test.h"

static px_err err;

static px_status check(const char *kind, const char *body)
{
    PX_AUTO_ARENA arena = { 0 };
    const px_kind *found = px_kind_find(px_str_c(kind));

    CHECK(found != NULL);
    px_arena_init(&arena, 1 << 20);
    err = (px_err){ 0 };
    return px_kind_check(found, px_str_c(body), &arena, &err);
}

PX_TEST(every_kind_is_found_by_its_name)
{
    for (size_t i = 0; i < PX_KIND_COUNT; i++)
        CHECK(px_kind_find(px_str_c(px_kinds[i].name)) == &px_kinds[i]);
    CHECK(px_kind_find(PX_STR("dashboard")) == NULL);
}

PX_TEST(a_body_of_declared_members_passes)
{
    CHECK_OK(check("device", "{\"twins\":[\"a\",\"b\"],\"credential\":\"0123456789abcdef\"}"),
             &err);
    CHECK_OK(check("device", "{\"twins\":[]}"), &err);
    CHECK_OK(check("tenant", "{}"), &err);
    CHECK_OK(check("command", "{\"twin\":\"t\",\"twinNumber\":1,\"id\":\"c\",\"name\":\"stop\","
                              "\"deadline\":\"2026-11-01T12:00:00Z\",\"payload\":[1]}"),
             &err);
}

PX_TEST(what_is_wrong_is_told_with_its_place)
{
    CHECK_EQ(check("device", "{\"twins\":[\"a\",7]}"), PX_INVALID);
    CHECK_STR(err.path, "/twins");
    CHECK_STR(err.text,
              "'twins' of a device is an array of at most 10000 strings of 1 to 128 bytes");
    CHECK_EQ(check("device", "{\"twins\":[],\"colour\":1}"), PX_INVALID);
    CHECK_STR(err.path, "/colour");
    CHECK_STR(err.text, "a device has no 'colour'");
    CHECK_EQ(check("device", "{}"), PX_INVALID);
    CHECK_STR(err.path, "/twins");
    CHECK_EQ(check("device", "[]"), PX_INVALID);
    CHECK_EQ(check("device", "{\"twins\":"), PX_INVALID);
    CHECK_EQ(check("command", "{\"twin\":\"t\",\"twinNumber\":0,\"id\":\"c\",\"name\":\"stop\","
                              "\"deadline\":\"2026-11-01T12:00:00Z\"}"),
             PX_INVALID);
    CHECK_STR(err.path, "/twinNumber");
    CHECK_EQ(check("command", "{\"twin\":\"t\",\"twinNumber\":1,\"id\":\"c\",\"name\":\"stop\","
                              "\"deadline\":\"soon\"}"),
             PX_INVALID);
    CHECK_STR(err.path, "/deadline");
}

PX_TEST(what_became_of_wishes_and_commands_has_its_form)
{
    CHECK_OK(check("desired", "{\"twin\":\"t\",\"property\":\"speed\",\"status\":\"rejected\","
                              "\"version\":7,\"since\":\"2026-11-01T12:00:00Z\",\"by\":\"me\","
                              "\"reported\":9,\"reason\":\"too fast\"}"),
             &err);
    CHECK_EQ(check("desired", "{\"twin\":\"t\",\"property\":\"speed\",\"version\":7}"), PX_INVALID);
    CHECK_OK(check("execution", "{\"twin\":\"t\",\"twinNumber\":1,\"id\":\"c\",\"name\":\"stop\","
                                "\"status\":\"applied\",\"ended\":\"2026-11-01T12:00:00Z\","
                                "\"endedBy\":\"d\",\"response\":7}"),
             &err);
    CHECK_EQ(check("execution", "{\"twin\":\"t\",\"twinNumber\":1,\"id\":\"c\",\"name\":\"stop\","
                                "\"status\":\"applied\",\"endedBy\":\"d\"}"),
             PX_INVALID);
    CHECK_STR(err.path, "/ended");
}

PX_TEST_MAIN()
