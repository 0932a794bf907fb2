/* SPDX-License-Identifier: Apache-2.0 */
#include "out_kit.h"

#include <sodium.h>
#include <stdio.h>

#include "base/mem.h"

static const char model[] =
    "[{\"@id\":\"dtmi:test:Press;1\",\"@type\":\"Interface\",\"@context\":\"dtmi:dtdl:context;3\","
    "\"contents\":["
    "{\"@type\":\"Property\",\"name\":\"speed\",\"schema\":\"double\",\"writable\":true},"
    "{\"@type\":\"Property\",\"name\":\"name\",\"schema\":\"string\"},"
    "{\"@type\":\"Telemetry\",\"name\":\"current\",\"schema\":\"double\"},"
    "{\"@type\":\"Relationship\",\"name\":\"feeds\",\"target\":\"dtmi:test:Press;1\","
    "\"properties\":[{\"@type\":\"Property\",\"name\":\"since\",\"schema\":\"string\"},"
    "{\"@type\":\"Property\",\"name\":\"rate\",\"schema\":\"double\"}]},"
    "{\"@type\":\"Component\",\"name\":\"motor\",\"schema\":\"dtmi:test:Motor;1\"}]},"
    "{\"@id\":\"dtmi:test:Motor;1\",\"@type\":\"Interface\",\"@context\":\"dtmi:dtdl:context;3\","
    "\"contents\":[{\"@type\":\"Property\",\"name\":\"heat\",\"schema\":\"double\"},"
    "{\"@type\":\"Telemetry\",\"name\":\"hum\",\"schema\":\"double\"}]}]";

/* ---- the network ---- */

static out_manner manner_of(const out_kit *kit, px_str to)
{
    for (size_t i = 0; i < kit->place_count; i++)
        if (px_str_eq(to, px_str_c(kit->places[i].to)))
            return kit->places[i].manner;
    return OUT_ANSWERS;
}

static void keep(out_kit *kit, const px_sending *sending)
{
    out_arrived *a = &kit->arrived[kit->arrived_count++];
    px_arena arena;
    px_json *json;

    CHECK(kit->arrived_count <= OUT_ARRIVED_MAX);
    snprintf(a->to, sizeof(a->to), "%.*s", PX_FMT(sending->to));
    a->body = px_alloc(sending->body.len + 1);
    memcpy(a->body, sending->body.ptr, sending->body.len);
    a->body[sending->body.len] = '\0';
    px_arena_init(&arena, 16 << 20);
    CHECK_EQ(px_json_parse(sending->body, NULL, &arena, &json, NULL), PX_OK);
    snprintf(a->sequence, sizeof(a->sequence), "%.*s",
             PX_FMT(px_json_get_text(json, PX_STR("sequence"))));
    px_arena_release(&arena);
    a->signature[0] = a->header[0] = '\0';
    for (size_t i = 0; i < sending->header_count; i++) {
        const px_sending_header *h = &sending->headers[i];

        if (px_str_eq(h->name, PX_STR("X-Pollux-Signature")))
            snprintf(a->signature, sizeof(a->signature), "%.*s", PX_FMT(h->value));
        if (px_str_eq(h->name, PX_STR("X-Own")))
            snprintf(a->header, sizeof(a->header), "%.*s", PX_FMT(h->value));
    }
}

static void begin(px_transport *transport, px_sending *sending)
{
    out_kit *kit = transport->data;

    kit->tries++;
    switch (manner_of(kit, sending->to)) {
    case OUT_ANSWERS:
        keep(kit, sending);
        sending->end = PX_SENDING_DELIVERED;
        break;
    case OUT_IS_DOWN:
        sending->end = PX_SENDING_FAILED;
        snprintf(sending->reason, sizeof(sending->reason), "it is down");
        break;
    case OUT_REFUSES:
        sending->end = PX_SENDING_REFUSED;
        snprintf(sending->reason, sizeof(sending->reason), "it does not want that");
        break;
    case OUT_HANGS:
        CHECK(kit->hanging_count < OUT_PLACES_MAX);
        kit->hanging[kit->hanging_count++] = sending;
        break;
    }
}

void out_give_up(out_kit *kit)
{
    for (size_t i = 0; i < kit->hanging_count; i++) {
        kit->hanging[i]->end = PX_SENDING_FAILED;
        snprintf(kit->hanging[i]->reason, sizeof(kit->hanging[i]->reason), "no answer");
    }
    kit->hanging_count = 0;
}

static void step(px_transport *transport, int64_t wait_ns)
{
    (void)transport;
    (void)wait_ns;
}

static void cancel(px_transport *transport, px_sending *sending)
{
    out_kit *kit = transport->data;

    sending->end = PX_SENDING_FAILED;
    for (size_t i = 0; i < kit->hanging_count; i++)
        if (kit->hanging[i] == sending)
            kit->hanging[i--] = kit->hanging[--kit->hanging_count];
}

static void wake(px_transport *transport)
{
    (void)transport;
}

/* ---- life ---- */

static void open_outbound(out_kit *kit)
{
    px_err err;

    kit->opts.env = px_fakedisk_env(kit->world.disk);
    kit->opts.engine = kit->world.engine;
    kit->opts.store = kit->world.store;
    kit->opts.host = PX_STR("plant.example");
    kit->opts.transports[PX_ENDPOINT_WEBHOOK] = &kit->transport;
    CHECK_OK(px_outbound_open(&kit->opts, &kit->outbound, &err), &err);
}

/* What the engine took is given back first. */
static void close_outbound(out_kit *kit)
{
    for (int i = 0; i < 4; i++)
        px_engine_step(kit->world.engine);
    px_outbound_close(kit->outbound);
    kit->outbound = NULL;
}

void out_begin(out_kit *kit, uint64_t seed)
{
    CHECK(sodium_init() >= 0);
    memset(kit, 0, sizeof(*kit));
    kit->transport = (px_transport){ begin, step, cancel, wake, NULL, kit };
    px_world_init(&kit->world, seed);
    CHECK_EQ(px_world_model(&kit->world, model).status, PX_OK);
    open_outbound(kit);
}

void out_end(out_kit *kit)
{
    close_outbound(kit);
    for (size_t i = 0; i < kit->arrived_count; i++)
        px_free(kit->arrived[i].body);
    px_world_release(&kit->world);
}

void out_kill(out_kit *kit, bool power)
{
    if (power)
        px_fakedisk_crash(kit->world.disk);
    else
        px_fakedisk_crash_at(kit->world.disk, px_fakedisk_ops(kit->world.disk));
    close_outbound(kit);
    px_world_kill(&kit->world, power);
    kit->world.died = false;
    open_outbound(kit);
}

/* ---- documents ---- */

static void write_document(out_kit *kit, const char *kind, const char *id, const char *body)
{
    px_document_write write = { .kind = px_str_c(kind),
                                .id = px_str_c(id),
                                .body = body ? px_str_c(body) : (px_str){ 0 } };
    px_request request = { .kind = PX_REQUEST_DOCUMENTS, .documents = &write, .document_count = 1 };
    px_result result = px_world_do(&kit->world, &request);

    CHECK_OK(result.status, &result.err);
    px_outbound_changed(kit->outbound);
}

void out_endpoint_with(out_kit *kit, const char *name, const char *url, const char *more)
{
    char body[512];

    snprintf(body, sizeof(body), "{\"kind\":\"webhook\",\"url\":\"%s\"%s}", url, more);
    write_document(kit, "endpoint", name, body);
}

void out_endpoint(out_kit *kit, const char *name, const char *url)
{
    out_endpoint_with(kit, name, url, "");
}

void out_route(out_kit *kit, const char *name, const char *endpoint, const char *filter)
{
    char body[512];

    snprintf(body, sizeof(body), "{\"endpointName\":\"%s\",\"filter\":\"%s\"}", endpoint, filter);
    write_document(kit, "route", name, body);
}

void out_forget(out_kit *kit, const char *kind, const char *name)
{
    write_document(kit, kind, name, NULL);
}

void out_manner_of(out_kit *kit, const char *url, out_manner manner)
{
    size_t i = 0;

    while (i < kit->place_count && strcmp(kit->places[i].to, url) != 0)
        i++;
    CHECK(i < OUT_PLACES_MAX);
    kit->place_count = i == kit->place_count ? i + 1 : kit->place_count;
    snprintf(kit->places[i].to, sizeof(kit->places[i].to), "%s", url);
    kit->places[i].manner = manner;
}

/* ---- time ---- */

void out_settle(out_kit *kit)
{
    int quiet = 0;

    for (int steps = 0; quiet < 3 && !kit->world.died; steps++) {
        bool did = px_outbound_step(kit->outbound);

        did |= px_engine_step(kit->world.engine);
        quiet = did ? 0 : quiet + 1;
        CHECK(steps < 100000);
    }
}

void out_wait(out_kit *kit, int64_t duration_ns, int64_t step_ns)
{
    for (int64_t gone = 0; gone < duration_ns; gone += step_ns) {
        px_fakedisk_advance(kit->world.disk, step_ns);
        out_settle(kit);
    }
}

/* ---- what arrived, and what happens ---- */

const char *out_text(out_kit *kit, size_t index, const char *pointer)
{
    static char texts[4][2048];
    static int turn;
    char *text = texts[turn++ % 4];
    px_json_pointer path;
    const px_json *found;
    px_arena arena;
    px_json *root;

    text[0] = '\0';
    CHECK(index < kit->arrived_count);
    px_arena_init(&arena, 16 << 20);
    CHECK_EQ(px_json_parse(px_str_c(kit->arrived[index].body), NULL, &arena, &root, NULL), PX_OK);
    CHECK_EQ(px_json_pointer_parse(px_str_c(pointer), &arena, &path, NULL), PX_OK);
    found = px_json_pointer_find(root, &path);
    if (found)
        snprintf(text, sizeof(texts[0]), "%.*s",
                 PX_FMT(found->type == PX_JSON_STRING ? found->text : found->raw));
    px_arena_release(&arena);
    return text;
}

void out_put(out_kit *kit, const char *twin, const char *members)
{
    char body[512];
    px_result result;

    snprintf(body, sizeof(body),
             "{\"$metadata\":{\"$model\":\"dtmi:test:Press;1\"},\"motor\":{\"$metadata\":{}}%s}",
             members);
    result = px_world_put(&kit->world, twin, body);
    CHECK_OK(result.status, &result.err);
}

void out_speed(out_kit *kit, const char *twin, int speed)
{
    char patch[128];
    px_result result;

    snprintf(patch, sizeof(patch), "[{\"op\":\"add\",\"path\":\"/speed\",\"value\":%d}]", speed);
    result = px_world_patch(&kit->world, twin, patch);
    CHECK_OK(result.status, &result.err);
}
