/* SPDX-License-Identifier: Apache-2.0 */
/* What one message says of several twins: all of it counts, or none. */
#include "base/json.h"
#include "px_test.h"
#include "px_world.h"

static const char models[] =
    "[{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:test:Pump;1\",\"@type\":\"Interface\","
    "\"contents\":[{\"@type\":\"Property\",\"name\":\"speed\",\"schema\":\"double\"},"
    "{\"@type\":\"Relationship\",\"name\":\"has\"}]}]";
static const char pump[] = "{\"$metadata\":{\"$model\":\"dtmi:test:Pump;1\"}}";

static px_world world;
static px_arena arena;
static px_request items[4];
static size_t count;
static px_field_value values[4];
static px_sample samples[4];

static void begin(void)
{
    px_result result;

    px_world_init(&world, 1);
    px_arena_init(&arena, 1 << 20);
    result = px_world_model(&world, models);
    CHECK_OK(result.status, &result.err);
    px_world_put(&world, "a", pump);
    px_world_put(&world, "b", pump);
    count = 0;
}

static void end(void)
{
    px_arena_release(&arena);
    px_world_release(&world);
}

static const px_json *json(const char *text)
{
    px_json *root;
    px_err err;

    CHECK_OK(px_json_parse(px_str_c(text), NULL, &arena, &root, &err), &err);
    return root;
}

static void say(const char *twin, int64_t speed, uint32_t model_no)
{
    values[count] =
        (px_field_value){ .source_time = PX_TIME_NONE, .value = px_value_num(px_num_int(speed)) };
    samples[count] = (px_sample){ PX_TIME_NONE, &values[count], 1 };
    items[count] = (px_request){ .kind = PX_REQUEST_DEVICE_MESSAGE,
                                 .principal = world.admin,
                                 .id = px_str_c(twin),
                                 .model_no = model_no,
                                 .samples = &samples[count],
                                 .sample_count = 1 };
    count++;
}

static void make(const char *twin)
{
    items[count++] = (px_request){ .kind = PX_REQUEST_TWIN_PUT,
                                   .principal = world.admin,
                                   .id = px_str_c(twin),
                                   .json = json(pump),
                                   .source_time = PX_TIME_NONE,
                                   .if_none_match = true };
}

static void relate(const char *parent, const char *text)
{
    items[count++] = (px_request){ .kind = PX_REQUEST_RELATIONSHIP_PUT,
                                   .principal = world.admin,
                                   .id = px_str_c(parent),
                                   .relationship_id = PX_STR("r"),
                                   .json = json(text),
                                   .source_time = PX_TIME_NONE,
                                   .if_none_match = true };
}

static px_result send(void)
{
    px_request request = { .kind = PX_REQUEST_MESSAGES, .items = items, .item_count = count };
    px_result result = px_world_do(&world, &request);

    count = 0;
    return result;
}

PX_TEST(values_of_all_twins_are_taken_together)
{
    px_result result;

    begin();
    say("a", 1, 1);
    say("b", 2, 1);
    result = send();
    CHECK_OK(result.status, &result.err);
    CHECK_STR(px_world_value(&world, "a", "speed"), "1");
    CHECK_STR(px_world_value(&world, "b", "speed"), "2");
    px_world_kill(&world, true);
    CHECK_STR(px_world_value(&world, "b", "speed"), "2");
    end();
}

PX_TEST(one_that_is_refused_takes_the_others_along)
{
    px_result result;

    begin();
    say("a", 1, 1);
    say("b", 2, 77); /* decoded by another model */
    result = send();
    CHECK_EQ(result.status, PX_STALE);
    CHECK_STR(px_world_value(&world, "a", "speed"), "");
    say("a", 1, 1);
    say("gone", 2, 1);
    CHECK_EQ(send().status, PX_NOT_FOUND);
    CHECK_STR(px_world_value(&world, "a", "speed"), "");
    end();
}

PX_TEST(each_item_is_judged_by_its_own_principal)
{
    px_str own = PX_STR("a");
    px_principal device = { .tenant = 1, .role = PX_ROLE_DEVICE, .twins = &own, .twin_count = 1 };

    begin();
    say("a", 1, 1);
    say("b", 2, 1);
    items[0].principal = items[1].principal = device;
    CHECK_EQ(send().status, PX_DENIED);
    CHECK_STR(px_world_value(&world, "a", "speed"), "");
    make("c");
    items[0].principal = device;
    CHECK_EQ(send().status, PX_DENIED);
    end();
}

PX_TEST(what_is_needed_is_made_first_and_passed_over_when_it_is_there)
{
    px_result result;

    begin();
    for (int64_t i = 1; i <= 2; i++) {
        make("c");
        relate("a", "{\"$relationshipName\":\"has\",\"$targetId\":\"c\"}");
        say("c", i, 1);
        result = send();
        CHECK_OK(result.status, &result.err);
    }
    CHECK_STR(px_world_value(&world, "c", "speed"), "2");
    end();
}

/* The twin is made and folded when the relationship is refused: the batch is dropped. */
PX_TEST(a_refusal_behind_a_new_twin_leaves_no_twin)
{
    begin();
    make("c");
    relate("nobody", "{\"$relationshipName\":\"has\",\"$targetId\":\"c\"}");
    say("c", 1, 1);
    CHECK_EQ(send().status, PX_NOT_FOUND);
    make("c");
    relate("a", "{\"$relationshipName\":\"knows\",\"$targetId\":\"c\"}");
    CHECK_EQ(send().status, PX_INVALID);
    CHECK_EQ(px_world_delete(&world, "c").status, PX_NOT_FOUND);
    end();
}

PX_TEST_MAIN()
