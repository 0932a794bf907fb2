/* SPDX-License-Identifier: Apache-2.0 */
/* What one request may do to those that are in its batch. */
#include <stdio.h>

#include "engine/internal.h"
#include "px_test.h"
#include "px_world.h"

static const char pump_model[] =
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:test:Pump;1\",\"@type\":\"Interface\","
    "\"contents\":[{\"@type\":\"Telemetry\",\"name\":\"flow\",\"schema\":\"double\"}]}";

static void begin(px_world *world)
{
    px_result result;

    px_world_init(world, 1);
    CHECK_EQ(px_world_model(world, pump_model).status, PX_OK);
    result = px_world_put(world, "p", "{\"$metadata\":{\"$model\":\"dtmi:test:Pump;1\"}}");
    CHECK_OK(result.status, &result.err);
}

static void put_interface(px_buf *buf, const char *name, const char *base)
{
    px_putf(buf,
            "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:test:%s;1\","
            "\"@type\":\"Interface\"",
            name);
    if (base)
        px_putf(buf, ",\"extends\":\"dtmi:test:%s;1\"", base);
}

static void put_properties(px_buf *buf, int count, const char *schema)
{
    px_putf(buf, ",\"contents\":[");
    for (int i = 0; i < count; i++)
        px_putf(buf, "%s{\"@type\":\"Property\",\"name\":\"property_%04d\",\"schema\":\"%s\"}",
                i ? "," : "", i, schema);
    px_putf(buf, "]");
}

/* One Interface with many properties, and many that inherit all of them. */
static void put_family(px_buf *buf, int properties, int heirs)
{
    char name[16];

    px_putf(buf, "[");
    put_interface(buf, "Base", NULL);
    put_properties(buf, properties, "double");
    px_putf(buf, "}");
    for (int i = 0; i < heirs; i++) {
        snprintf(name, sizeof(name), "Heir%d", i);
        px_putf(buf, ",");
        put_interface(buf, name, "Base");
        px_putf(buf, "}");
    }
    px_putf(buf, "]");
}

static size_t model_count(px_world *world)
{
    px_model_info *infos;
    px_arena arena;
    size_t n;
    px_err err;

    px_arena_init(&arena, 64 << 20);
    CHECK_OK(px_registry_list(px_engine_registry(world->engine), 1, (px_str){ 0 }, &arena, &infos,
                              &n, &err),
             &err);
    px_arena_release(&arena);
    return n;
}

PX_TEST(models_whose_fields_outgrow_a_row_of_the_journal_are_refused_and_nothing_else_is)
{
    px_buf text = { 0 };
    px_world world;
    px_result result;

    begin(&world);
    put_family(&text, 490, 999);
    CHECK(text.len < PX_HTTP_BODY_BYTES_MAX);
    result = px_world_model(&world, text.ptr);
    CHECK_EQ(result.status, PX_TOO_LARGE);
    CHECK_STR(result.err.id, "model.call_size");
    CHECK(!world.died);
    CHECK_EQ(model_count(&world), 1);
    CHECK_EQ(px_world_report(&world, "p", "flow", 1, 0, PX_SECOND).status, PX_OK);
    px_buf_release(&text);
    px_world_release(&world);
}

PX_TEST(an_upload_for_which_there_is_no_memory_leaves_no_model_behind)
{
    px_buf text = { 0 };
    px_world world;
    px_result result = { .status = PX_LIMIT };
    size_t limit;

    begin(&world);
    put_family(&text, 40, 3);
    limit = world.engine->state.arena.limit;
    for (size_t n = 64; result.status != PX_OK; n += 512) {
        world.engine->state.arena.limit = n;
        result = px_world_model(&world, text.ptr);
        CHECK_EQ(model_count(&world), result.status == PX_OK ? 5 : 1);
        CHECK(n < limit);
    }
    px_buf_release(&text);
    px_world_release(&world);
}

static void report(px_world *world, px_request *request, px_sample *sample, px_field_value *field)
{
    *sample = (px_sample){ PX_TIME_NONE, field, 1 };
    *request = (px_request){ .kind = PX_REQUEST_DEVICE_MESSAGE,
                             .principal = world->admin,
                             .samples = sample,
                             .sample_count = 1 };
}

/* Text after text, until the twin can hold no more. */
static px_result fill_twin(px_world *world, uint32_t *ret_field)
{
    static char text[PX_VALUE_STRING_BYTES_MAX];
    px_result result = { 0 };
    char name[32];

    memset(text, 'x', sizeof(text));
    for (*ret_field = 0; result.status == PX_OK && *ret_field < 600; ++*ret_field) {
        snprintf(name, sizeof(name), "property_%04u", *ret_field);
        result = px_world_report_value(world, "big", name,
                                       px_value_text(px_str_of(text, sizeof(text))), PX_SECOND);
    }
    return result;
}

PX_TEST(a_twin_that_can_hold_no_more_is_refused_alone)
{
    static char text[PX_VALUE_STRING_BYTES_MAX];
    px_field_value fields[2] = { { .source_time = PX_TIME_NONE }, { .source_time = PX_TIME_NONE } };
    px_sample samples[2];
    px_request both[2];
    px_buf model = { 0 };
    px_world world;
    uint32_t field;

    begin(&world);
    put_interface(&model, "Big", NULL);
    put_properties(&model, 600, "string");
    px_putf(&model, "}");
    CHECK_EQ(px_world_model(&world, model.ptr).status, PX_OK);
    CHECK_EQ(px_world_put(&world, "big", "{\"$metadata\":{\"$model\":\"dtmi:test:Big;1\"}}").status,
             PX_OK);
    CHECK_EQ(fill_twin(&world, &field).status, PX_TOO_LARGE);
    CHECK(field < 600);

    memset(text, 'y', sizeof(text));
    for (int i = 0; i < 2; i++)
        report(&world, &both[i], &samples[i], &fields[i]);
    both[0].id = PX_STR("big");
    both[0].model_no = 2;
    fields[0].field = field;
    fields[0].value = px_value_text(px_str_of(text, sizeof(text)));
    both[1].id = PX_STR("p");
    both[1].model_no = 1;
    fields[1].value = px_value_num(px_num_int(7));
    both[0].next = &both[1];
    CHECK_EQ(px_engine_submit(world.engine, &both[0], &both[1]), PX_OK);
    for (int i = 0; i < 4; i++)
        px_engine_step(world.engine);
    CHECK_EQ(both[0].result.status, PX_TOO_LARGE);
    CHECK_EQ(both[1].result.status, PX_OK);
    CHECK_STR(px_world_value(&world, "p", "flow"), "7");
    CHECK(!world.died);
    px_buf_release(&model);
    px_world_release(&world);
}

static int answered;

static void count_answer(px_request *request)
{
    (void)request;
    answered++;
}

/* No check looks at the number of a field of a decoded message: the fold does. */
PX_TEST(a_request_that_breaks_the_fold_is_refused_alone_at_the_price_of_one_more_batch)
{
    enum { COUNT = 40, CULPRIT = 25 };
    static px_request requests[COUNT];
    static px_sample samples[COUNT];
    static px_field_value fields[COUNT];
    uint64_t position, batches;
    px_world world;

    begin(&world);
    answered = 0;
    position = px_engine_position(world.engine);
    batches = px_engine_stat(world.engine).batches;
    for (int i = 0; i < COUNT; i++) {
        fields[i] = (px_field_value){ .field = i == CULPRIT ? PX_FIELDS_MAX : 0,
                                      .source_time = PX_TIME_NONE,
                                      .value = px_value_num(px_num_int(i)) };
        report(&world, &requests[i], &samples[i], &fields[i]);
        requests[i].id = PX_STR("p");
        requests[i].model_no = 1;
        requests[i].done = count_answer;
        if (i > 0)
            requests[i - 1].next = &requests[i];
    }
    CHECK_EQ(px_engine_submit(world.engine, &requests[0], &requests[COUNT - 1]), PX_OK);
    px_engine_step(world.engine); /* dropped: nothing of it has happened, nobody was told */
    CHECK_EQ(px_engine_position(world.engine), position);
    CHECK_EQ(answered, 0);
    px_engine_step(world.engine); /* those before it, together */
    CHECK_EQ(answered, CULPRIT);
    px_engine_step(world.engine); /* it, and nothing else */
    CHECK_EQ(answered, CULPRIT + 1);
    px_engine_step(world.engine);
    CHECK_EQ(answered, COUNT);
    CHECK_EQ(px_engine_stat(world.engine).batches, batches + 2);
    CHECK_EQ(px_engine_position(world.engine), position + COUNT - 1);
    for (int i = 0; i < COUNT; i++)
        CHECK_EQ(requests[i].result.status, i == CULPRIT ? PX_INVALID : PX_OK);
    CHECK_STR(px_world_value(&world, "p", "flow"), "39");
    CHECK(!world.died);
    px_world_release(&world);
}

static px_status written;

static void keep_status(px_writeback *writeback, px_status status)
{
    (void)writeback;
    written = status;
}

PX_TEST(a_rule_of_the_store_that_a_consumer_breaks_ends_the_engine_whoever_is_beside_it)
{
    px_op op = { .kind = PX_OP_PUT, .table = 99, .seq = 1, .body = PX_STR("x") };
    px_writeback write = { .consumer = PX_CONSUMER_HISTORY,
                           .effect = { "test", &op, 1 },
                           .done = keep_status };
    px_world world;

    begin(&world);
    written = PX_OK;
    px_engine_writeback(world.engine, &write);
    CHECK(px_world_report(&world, "p", "flow", 1, 0, PX_SECOND).status != PX_OK);
    CHECK_EQ(written, PX_INVALID);
    CHECK(world.died);
    px_world_release(&world);
}

static void parse(const char *text, px_arena *arena, px_request *request)
{
    px_json *node;
    px_err err;

    CHECK_OK(px_json_parse(px_str_c(text), NULL, arena, &node, &err), &err);
    request->json = node;
}

PX_TEST(a_model_serves_the_batch_that_uploads_it)
{
    px_request chain[] = {
        { .kind = PX_REQUEST_MODELS_PUT,
          .text = PX_STR("{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:test:Tank;1\","
                         "\"@type\":\"Interface\",\"contents\":[{\"@type\":\"Property\","
                         "\"name\":\"level\",\"schema\":\"double\"}]}") },
        { .kind = PX_REQUEST_TWIN_PUT, .id = PX_STR("t") },
        { .kind = PX_REQUEST_TWIN_PATCH, .id = PX_STR("t") },
        { .kind = PX_REQUEST_MODEL_DECOMMISSION, .id = PX_STR("dtmi:test:Tank;1"), .flag = true },
    };
    enum { COUNT = sizeof(chain) / sizeof(*chain) };
    px_model_info info;
    px_world world;
    px_arena arena;

    begin(&world);
    px_arena_init(&arena, 1 << 20);
    parse("{\"$metadata\":{\"$model\":\"dtmi:test:Tank;1\"}}", &arena, &chain[1]);
    parse("[{\"op\":\"add\",\"path\":\"/level\",\"value\":1.5}]", &arena, &chain[2]);
    for (int i = 0; i < COUNT; i++) {
        chain[i].principal = world.admin;
        if (i > 0)
            chain[i - 1].next = &chain[i];
    }
    CHECK_EQ(px_engine_submit(world.engine, &chain[0], &chain[COUNT - 1]), PX_OK);
    px_engine_step(world.engine);
    for (int i = 0; i < COUNT; i++)
        CHECK_OK(chain[i].result.status, &chain[i].result.err);
    CHECK_STR(px_world_value(&world, "t", "level"), "1.5");
    px_world_kill(&world, true);
    CHECK_STR(px_world_value(&world, "t", "level"), "1.5");
    CHECK(px_registry_find(px_engine_registry(world.engine), 1, PX_STR("dtmi:test:Tank;1"), &info));
    CHECK(info.decommissioned);
    px_arena_release(&arena);
    px_world_release(&world);
}

PX_TEST_MAIN()
