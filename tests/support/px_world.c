/* SPDX-License-Identifier: Apache-2.0 */
#include "px_world.h"

#include <stdio.h>

#include "base/json.h"
#include "model/model.h"
#include "px_test.h"

static void prepare(px_world *world, uint64_t seed)
{
    *world = (px_world){ .disk = px_fakedisk_new(seed), .batch_age_ns = -1 };
    world->admin = (px_principal){
        .tenant = 1, .role = PX_ROLE_ADMIN, .id = PX_STR("test"), .operates_tenants = true
    };
}

void px_world_init(px_world *world, uint64_t seed)
{
    px_err err;

    prepare(world, seed);
    CHECK_OK(px_world_open(world, &err), &err);
}

void px_world_init_from(px_world *world, px_str database)
{
    px_file *file;
    px_env *env;
    px_err err;

    prepare(world, 1);
    env = px_fakedisk_env(world->disk);
    CHECK_OK(env->open(env, PX_WORLD_DATABASE, PX_OPEN_WRITE | PX_OPEN_CREATE, &file, &err), &err);
    CHECK_EQ(env->write(env, file, database.ptr, database.len, 0), PX_OK);
    env->close(env, file);
    world->with_history = true;
    CHECK_OK(px_world_open(world, &err), &err);
}

void px_world_release(px_world *world)
{
    px_world_close(world);
    px_fakedisk_free(world->disk);
}

static void on_death(void *data, const px_err *err)
{
    px_world *world = data;

    world->died = true;
    world->death = *err;
}

static px_status open_history(px_world *world, px_err *ret_err)
{
    px_history_opts opts = { .env = px_fakedisk_env(world->disk),
                             .engine = world->engine,
                             .store = world->store,
                             .graph = px_engine_graph(world->engine),
                             .registry = px_engine_registry(world->engine),
                             .flush_ns = world->flush_ns };

    return world->with_history ? px_history_open(&opts, &world->history, ret_err) : PX_OK;
}

px_status px_world_open(px_world *world, px_err *ret_err)
{
    px_store_opts store_opts = { .env = px_fakedisk_env(world->disk),
                                 .dir = "d",
                                 .threadless = true };
    px_engine_opts opts = { .env = store_opts.env,
                            .threadless = true,
                            .batch_age_ns = world->batch_age_ns,
                            .checkpoint_ns = world->checkpoint_ns,
                            .journal_keep_bytes = world->journal_keep_bytes,
                            .journal_keep_ns = world->journal_keep_ns,
                            .fatal = on_death,
                            .data = world };
    px_status status;

    world->died = false;
    PX_TRY(px_store_open(&store_opts, &world->store, ret_err));
    opts.store = world->store;
    status = px_engine_open(&opts, &world->engine, ret_err);
    if (status == PX_OK)
        status = open_history(world, ret_err);
    if (status != PX_OK)
        px_world_close(world);
    return status;
}

/* History may only go once the engine has given back what it took from it: written, or, on a dead
 * disk, with the status that ended it. */
static void close_history(px_world *world)
{
    for (int steps = 0; steps < 4; steps++)
        px_engine_step(world->engine);
    px_history_close(world->history);
    world->history = NULL;
}

void px_world_close(px_world *world)
{
    if (world->history)
        close_history(world);
    px_engine_close(world->engine);
    if (world->store)
        px_store_close(world->store);
    world->engine = NULL;
    world->store = NULL;
}

void px_world_kill(px_world *world, bool power)
{
    px_err err;

    if (power)
        px_fakedisk_crash(world->disk);
    else
        px_fakedisk_crash_at(world->disk, px_fakedisk_ops(world->disk));
    px_world_close(world);
    px_fakedisk_crash_at(world->disk, UINT64_MAX);
    px_fakedisk_restart(world->disk);
    CHECK_OK(px_world_open(world, &err), &err);
}

bool px_world_history_step(px_world *world)
{
    bool idle = true;
    px_err err;
    px_status status = px_history_step(world->history, 0, &idle, &err);

    if (status == PX_OK || status == PX_NO_MEMORY)
        return status != PX_OK || !idle;
    if (!world->died)
        on_death(world, &err);
    return false;
}

void px_world_fold(px_world *world)
{
    for (int steps = 0; px_world_history_step(world); steps++) {
        px_engine_step(world->engine);
        CHECK(steps < 100000);
    }
    CHECK(world->died || px_history_position(world->history) == px_engine_position(world->engine));
}

static void answer(px_request *request)
{
    *(bool *)request->data = true;
}

px_result px_world_do(px_world *world, px_request *request)
{
    bool answered = false;
    px_status status;

    if (request->principal.role == PX_ROLE_NONE)
        request->principal = world->admin;
    request->done = answer;
    request->data = &answered;
    status = px_engine_submit(world->engine, request, request);
    if (status != PX_OK)
        return (px_result){ .status = status };
    for (int steps = 0; !answered; steps++) {
        px_engine_step(world->engine);
        CHECK(steps < 100);
    }
    return request->result;
}

static px_result do_json(px_world *world, px_request *request, const char *json)
{
    px_json_opts opts = px_json_opts_door();
    px_json *node = NULL;
    px_result result;
    px_arena arena;

    px_arena_init(&arena, 64 << 20);
    result.status = px_json_parse(px_str_c(json), &opts, &arena, &node, &result.err);
    if (result.status == PX_OK) {
        request->json = node;
        result = px_world_do(world, request);
    }
    px_arena_release(&arena);
    return result;
}

px_result px_world_model(px_world *world, const char *json)
{
    px_request request = { .kind = PX_REQUEST_MODELS_PUT, .text = px_str_c(json) };

    return px_world_do(world, &request);
}

px_result px_world_put(px_world *world, const char *twin, const char *json)
{
    px_request request = { .kind = PX_REQUEST_TWIN_PUT, .id = px_str_c(twin) };

    return do_json(world, &request, json);
}

px_result px_world_patch(px_world *world, const char *twin, const char *json)
{
    px_request request = { .kind = PX_REQUEST_TWIN_PATCH, .id = px_str_c(twin) };

    return do_json(world, &request, json);
}

px_result px_world_delete(px_world *world, const char *twin)
{
    px_request request = { .kind = PX_REQUEST_TWIN_DELETE, .id = px_str_c(twin) };

    return px_world_do(world, &request);
}

px_result px_world_relate(px_world *world, const char *twin, const char *id, const char *json)
{
    px_request request = { .kind = PX_REQUEST_RELATIONSHIP_PUT,
                           .id = px_str_c(twin),
                           .relationship_id = px_str_c(id) };

    return do_json(world, &request, json);
}

px_result px_world_report(px_world *world, const char *twin, const char *property, int64_t mantissa,
                          int8_t exponent, px_time source_time)
{
    return px_world_report_value(world, twin, property,
                                 px_value_num((px_num){ mantissa, exponent, false }), source_time);
}

px_result px_world_report_value(px_world *world, const char *twin, const char *property,
                                px_value value, px_time source_time)
{
    px_field_value field = { .source_time = PX_TIME_NONE, .value = value };
    px_sample sample = { source_time, &field, 1 };
    px_request request = { .kind = PX_REQUEST_DEVICE_MESSAGE,
                           .id = px_str_c(twin),
                           .samples = &sample,
                           .sample_count = 1 };
    const px_field *declared;
    const px_model *model;
    uint32_t twin_no;

    if (px_graph_lookup(px_engine_graph(world->engine), world->admin.tenant, request.id, &twin_no,
                        &request.model_no) != PX_OK)
        return (px_result){ .status = PX_NOT_FOUND };
    model = px_registry_model(px_engine_registry(world->engine), request.model_no);
    CHECK(model != NULL);
    declared = px_layout_find_path(px_model_layout(model), px_str_c(property));
    CHECK(declared != NULL);
    field.field = declared->index;
    return px_world_do(world, &request);
}

const char *px_world_value(px_world *world, const char *twin, const char *property)
{
    static char text[4096];
    px_buf record = { 0 }, out = { 0 };
    const px_twin *found;
    const px_field *field;
    px_slot slot;

    text[0] = '\0';
    if (px_graph_read(px_engine_graph(world->engine), world->admin.tenant, px_str_c(twin), &record,
                      &found, NULL) == PX_OK) {
        field = px_layout_find_path(px_model_layout(px_registry_model(
                                        px_engine_registry(world->engine), px_twin_model(found))),
                                    px_str_c(property));
        CHECK(field != NULL);
        if (px_twin_slot(found, field->index, &slot)) {
            px_put_json_value(&out, slot.value);
            snprintf(text, sizeof(text), "%.*s", PX_FMT(px_buf_str(&out)));
        }
    }
    px_buf_release(&record);
    px_buf_release(&out);
    return text;
}

static void dump_twin(px_buf *buf, const px_view *view, const px_twin *twin, bool without_seqs)
{
    px_edges edges = px_edges_out(view, px_twin_number(twin), (px_str){ 0 });
    px_time since;
    uint8_t state;

    px_putf(buf, "%.*s no=%u model=%u time=%lld/%lld seq=%llu/%llu", PX_FMT(px_twin_id(twin)),
            px_twin_number(twin), px_twin_model(twin), (long long)px_twin_time(twin),
            (long long)px_twin_revised(twin),
            without_seqs ? 0 : (unsigned long long)px_twin_seq(twin),
            without_seqs ? 0 : (unsigned long long)px_twin_revision(twin));
    for (uint32_t i = 0; i < px_twin_slot_count(twin); i++) {
        px_slot slot = px_twin_slot_at(twin, i);

        px_putf(buf, " %u=", slot.key);
        px_put_json_value(buf, slot.value);
        px_putf(buf, "@%lld/%lld", (long long)slot.source_time, (long long)slot.arrival_time);
    }
    if (px_twin_freshness(twin, &state, &since))
        px_putf(buf, " freshness=%u@%lld", state, (long long)since);
    px_put_char(buf, '\n');
    for (const px_rel *rel; (rel = px_edges_next(&edges));)
        px_putf(buf, "  %.*s %.*s -> %u seq=%llu %.*s\n", PX_FMT(px_rel_id(rel)),
                PX_FMT(px_rel_name(rel)), px_rel_target(rel),
                without_seqs ? 0 : (unsigned long long)px_rel_seq(rel),
                PX_FMT(px_rel_properties(rel)));
}

void px_world_dump_view(const px_view *view, uint32_t tenant, bool without_seqs, px_buf *buf)
{
    px_twins twins = px_twins_of(view, tenant, NULL, 0);

    px_putf(buf, "tenant %u\n", tenant);
    for (const px_twin *twin; (twin = px_twins_next(&twins));)
        dump_twin(buf, view, twin, without_seqs);
}

void px_world_put_body(px_buf *buf, px_str kind, px_str body)
{
    static const char *const places[] = { "\"version\":", "\"reported\":" };
    bool masks = px_str_eq(kind, PX_STR("desired"));

    while (body.len) {
        size_t skipped = 1;

        px_put_char(buf, body.ptr[0]);
        for (size_t i = 0; masks && i < 2; i++) {
            if (!px_str_starts(body, px_str_c(places[i])))
                continue;
            px_put(buf, px_str_skip(px_str_c(places[i]), 1));
            skipped = strlen(places[i]);
            while (skipped < body.len && body.ptr[skipped] >= '0' && body.ptr[skipped] <= '9')
                skipped++;
        }
        body = px_str_skip(body, skipped);
    }
}

static void dump_documents(px_documents *documents, uint32_t tenant, const char *kind,
                           bool without_seqs, px_buf *buf)
{
    px_document items[64];
    uint32_t cursor = 0;
    px_arena arena;
    size_t count;
    px_err err;

    px_arena_init(&arena, 64 << 20);
    do {
        CHECK_OK(px_documents_list(documents, tenant, px_str_c(kind), &cursor, 64, &arena, items,
                                   &count, &err),
                 &err);
        for (size_t i = 0; i < count; i++) {
            px_putf(buf, "%s %.*s no=%u at=%lld rev=%llu ", kind, PX_FMT(items[i].id), items[i].no,
                    (long long)items[i].updated,
                    without_seqs ? 0 : (unsigned long long)items[i].revision);
            px_world_put_body(buf, without_seqs ? px_str_c(kind) : PX_STR(""), items[i].body);
            px_put_char(buf, '\n');
        }
    } while (cursor);
    px_arena_release(&arena);
}

static void dump_models(px_registry *registry, uint32_t tenant, px_buf *buf)
{
    px_model_info *infos;
    px_arena arena;
    size_t count;
    px_err err;

    px_arena_init(&arena, 64 << 20);
    CHECK_OK(px_registry_list(registry, tenant, (px_str){ 0 }, &arena, &infos, &count, &err), &err);
    for (size_t i = 0; i < count; i++)
        px_putf(buf, "model %.*s no=%u at=%lld%s\n", PX_FMT(px_model_id(infos[i].model)),
                infos[i].model_no, (long long)infos[i].upload_time,
                infos[i].decommissioned ? " closed" : "");
    px_arena_release(&arena);
}

void px_world_dump_state(px_graph *graph, px_registry *registry, px_documents *documents,
                         bool without_seqs, px_buf *buf)
{
    static const char *const kinds[] = { "device", "command", "tenant", "answer", "desired" };
    px_snapshot *snapshot;
    px_err err;

    CHECK_OK(px_graph_snapshot(graph, &snapshot, &err), &err);
    for (uint32_t tenant = 0; tenant <= 2; tenant++) {
        px_world_dump_view(px_snapshot_view(snapshot), tenant, without_seqs, buf);
        dump_models(registry, tenant, buf);
        for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
            dump_documents(documents, tenant, kinds[i], without_seqs, buf);
    }
    px_snapshot_release(snapshot);
}

void px_world_dump(px_world *world, px_buf *buf)
{
    px_world_dump_state(px_engine_graph(world->engine), px_engine_registry(world->engine),
                        px_engine_documents(world->engine), world->dump_without_seqs, buf);
}
