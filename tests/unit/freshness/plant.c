/* SPDX-License-Identifier: Apache-2.0 */
#include "plant.h"

#include "px_test.h"

static const char press_model[] =
    "{\"@context\":[\"dtmi:dtdl:context;3\",\"dtmi:pollux:extension:freshness;1\"],"
    "\"@id\":\"dtmi:test:Press;1\",\"@type\":\"Interface\",\"contents\":["
    "{\"@type\":[\"Telemetry\",\"Freshness\"],\"name\":\"rate\",\"schema\":\"double\","
    "\"expectedPeriod\":\"PT1S\",\"tolerance\":\"PT0.5S\",\"allowedStaleness\":\"PT3S\"},"
    "{\"@type\":\"Telemetry\",\"name\":\"heat\",\"schema\":\"double\"}]}";
static const char plain_model[] =
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:test:Plain;1\",\"@type\":\"Interface\","
    "\"contents\":[{\"@type\":\"Telemetry\",\"name\":\"rate\",\"schema\":\"double\"}]}";
const char plant_press[] = "{\"$metadata\":{\"$model\":\"dtmi:test:Press;1\"}}";
const char plant_plain[] = "{\"$metadata\":{\"$model\":\"dtmi:test:Plain;1\"}}";

void plant_watch(plant *p)
{
    px_err err;

    CHECK_OK(px_fresh_open(p->world.engine, NULL, &p->fresh, &err), &err);
}

void plant_settle(plant *p)
{
    bool more = true;

    while (more) {
        more = px_fresh_step(p->fresh);
        more |= px_engine_step(p->world.engine);
    }
}

void plant_begin(plant *p)
{
    px_world_init(&p->world, 1);
    CHECK_EQ(px_world_model(&p->world, press_model).status, PX_OK);
    CHECK_EQ(px_world_model(&p->world, plain_model).status, PX_OK);
    plant_watch(p);
    CHECK_EQ(px_world_put(&p->world, "p", plant_press).status, PX_OK);
    plant_settle(p);
}

void plant_end(plant *p)
{
    px_fresh_stop(p->fresh);
    px_fresh_close(p->fresh);
    px_world_release(&p->world);
}

void plant_rest(plant *p, int64_t ms)
{
    px_fakedisk_advance(p->world.disk, ms * PX_MILLISECOND);
    plant_settle(p);
}

void plant_report(plant *p, const char *twin, int64_t value)
{
    CHECK_EQ(px_world_report(&p->world, twin, "rate", value, 0, PX_TIME_NONE).status, PX_OK);
    plant_settle(p);
}

/* As the graph has it: "none" where nothing is declared. */
const char *plant_state_of(plant *p, const char *twin)
{
    px_buf buf = { 0 };
    const px_twin *record;
    uint8_t state = 0;
    bool has;
    px_err err;

    CHECK_OK(
        px_graph_read(px_engine_graph(p->world.engine), 1, px_str_c(twin), &buf, &record, &err),
        &err);
    has = px_twin_freshness(record, &state, NULL);
    px_buf_release(&buf);
    return has ? px_freshness_name((px_freshness)state) : "none";
}

uint64_t plant_revision_of(plant *p, const char *twin)
{
    px_buf buf = { 0 };
    const px_twin *record;
    uint64_t revision;

    CHECK_EQ(
        px_graph_read(px_engine_graph(p->world.engine), 1, px_str_c(twin), &buf, &record, NULL),
        PX_OK);
    revision = px_twin_revision(record);
    px_buf_release(&buf);
    return revision;
}

uint32_t plant_number_of(plant *p, const char *twin)
{
    uint32_t no, model;

    CHECK_EQ(px_graph_lookup(px_engine_graph(p->world.engine), 1, px_str_c(twin), &no, &model),
             PX_OK);
    return no;
}

px_fresh_report plant_read(plant *p, const char *twin, px_arena *arena)
{
    px_fresh_report report;
    px_err err;

    px_arena_init(arena, 1 << 20);
    CHECK_OK(px_fresh_read(p->fresh, 1, plant_number_of(p, twin), arena, &report, &err), &err);
    return report;
}

px_status plant_put_rules(plant *p, const char *twin, const char *body)
{
    px_document_write write = { .kind = PX_STR("freshness"),
                                .id = px_str_c(twin),
                                .body = body ? px_str_c(body) : (px_str){ 0 } };
    px_request request = { .kind = PX_REQUEST_DOCUMENTS, .documents = &write, .document_count = 1 };

    return px_world_do(&p->world, &request).status;
}

px_status plant_write_rules(plant *p, const char *twin, const char *body)
{
    px_status status = plant_put_rules(p, twin, body);

    plant_settle(p);
    return status;
}

void plant_restart(plant *p)
{
    px_fresh_close(p->fresh);
    px_world_kill(&p->world, true);
    plant_watch(p);
    plant_settle(p);
}

/* What is told, one event a line. */
void plant_tell_all(plant *p, px_buf *out)
{
    px_feed *feed;
    px_batch *batch;
    px_arena arena;
    px_err err;

    px_arena_init(&arena, 1 << 20);
    CHECK_OK(px_feed_open_at(p->world.engine, 0, &feed, &err), &err);
    while (px_feed_next(feed, 0, &batch, &err) == PX_OK) {
        px_cut cut = px_cut_of(batch->body);
        px_event event;

        while (px_cut_left(&cut) > 0) {
            px_arena_reset(&arena);
            CHECK_OK(px_get_event(&cut, &arena, &event, &err), &err);
            if (event.type != PX_EVENT_FRESHNESS)
                continue;
            px_putf(out, "%u %s %lld", event.twin_no, px_freshness_name((px_freshness)event.code),
                    (long long)event.source_time);
            if (event.flag)
                px_put(out, PX_STR(" gone"));
            if (event.field_count)
                px_putf(out, " %lld %lld", (long long)event.fields[0].value.num.mantissa,
                        (long long)event.fields[0].source_time);
            px_put_char(out, '\n');
        }
        px_batch_unref(batch);
    }
    px_feed_close(feed);
    px_arena_release(&arena);
}

/* Lines that end so. */
int plant_count_lines(const char *text, const char *tail)
{
    int count = 0;

    for (const char *end; (end = strchr(text, '\n')); text = end + 1)
        count += (size_t)(end - text) >= strlen(tail) &&
                 strncmp(end - strlen(tail), tail, strlen(tail)) == 0;
    return count;
}

px_time plant_since_of(plant *p, const char *twin)
{
    px_buf buf = { 0 };
    const px_twin *record;
    uint8_t state;
    px_time since = PX_TIME_NONE;

    CHECK_EQ(
        px_graph_read(px_engine_graph(p->world.engine), 1, px_str_c(twin), &buf, &record, NULL),
        PX_OK);
    CHECK(px_twin_freshness(record, &state, &since));
    px_buf_release(&buf);
    return since;
}

void plant_end_source(plant *p, const char *twin)
{
    plant_end_fields(p, twin, 0, NULL, 0);
}

void plant_end_fields(plant *p, const char *twin, uint32_t model_no, px_field_value *fields,
                      size_t count)
{
    px_source_end end = {
        .twin = px_str_c(twin), .model_no = model_no, .fields = fields, .field_count = count
    };
    px_request request = {
        .kind = PX_REQUEST_SOURCES_ENDED, .id = end.twin, .ends = &end, .end_count = 1
    };

    CHECK_EQ(px_world_do(&p->world, &request).status, PX_OK);
}
