/* SPDX-License-Identifier: Apache-2.0 */
#include "api_world.h"

#include <dirent.h>
#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include "store/store.h"

static const char models[] =
    "[{\"@id\":\"dtmi:test:Press;1\",\"@type\":\"Interface\",\"@context\":\"dtmi:dtdl:context;3\","
    "\"displayName\":\"Press\",\"contents\":["
    "{\"@type\":\"Property\",\"name\":\"speed\",\"schema\":\"double\",\"writable\":true},"
    "{\"@type\":\"Property\",\"name\":\"name\",\"schema\":\"string\"},"
    "{\"@type\":\"Telemetry\",\"name\":\"current\",\"schema\":\"double\"},"
    "{\"@type\":\"Command\",\"name\":\"stop\"},"
    "{\"@type\":\"Relationship\",\"name\":\"feeds\",\"target\":\"dtmi:test:Press;1\","
    "\"properties\":"
    "[{\"@type\":\"Property\",\"name\":\"since\",\"schema\":\"string\"}]},"
    "{\"@type\":\"Component\",\"name\":\"motor\",\"schema\":\"dtmi:test:Motor;1\"}]},"
    "{\"@id\":\"dtmi:test:Motor;1\",\"@type\":\"Interface\",\"@context\":\"dtmi:dtdl:context;3\","
    "\"contents\":[{\"@type\":\"Property\",\"name\":\"heat\",\"schema\":\"double\"},"
    "{\"@type\":\"Telemetry\",\"name\":\"hum\",\"schema\":\"double\"}]},"
    "{\"@id\":\"dtmi:test:BigPress;1\",\"@type\":\"Interface\",\"@context\":\"dtmi:dtdl:context;"
    "3\","
    "\"extends\":\"dtmi:test:Press;1\"}]";

/* ---- the server ---- */

typedef struct latch latch;

static void latch_open(latch *l)
{
    pthread_mutex_lock(&l->lock);
    l->done = true;
    pthread_cond_signal(&l->changed);
    pthread_mutex_unlock(&l->lock);
}

static void latch_wait(latch *l)
{
    pthread_mutex_lock(&l->lock);
    while (!l->done)
        pthread_cond_wait(&l->changed, &l->lock);
    l->done = false;
    pthread_mutex_unlock(&l->lock);
}

static latch answer = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false };

static void request_done(px_request *request)
{
    latch_open(request->data);
}

void api_write_document(api_world *world, const px_document_write *write)
{
    px_request request = { .kind = PX_REQUEST_DOCUMENTS,
                           .principal = { .tenant = 1, .role = PX_ROLE_ADMIN, .id = PX_STR("t") },
                           .documents = write,
                           .document_count = 1,
                           .done = request_done,
                           .data = &answer };

    CHECK_EQ(px_engine_submit(world->engine, &request, &request), PX_OK);
    latch_wait(&answer);
    CHECK_OK(request.result.status, &request.result.err);
}

static void make_token(api_world *world, const px_credential_grant *grant, char *ret_text)
{
    px_document_write write = { .kind = PX_STR("credential"), .in_tenant_zero = true };
    px_credential credential;
    px_buf body = { 0 };

    px_credential_make(px_env_posix(), grant, &credential, &body);
    write.id = px_str_c(credential.id);
    write.body = px_buf_str(&body);
    api_write_document(world, &write);
    px_buf_release(&body);
    memcpy(ret_text, credential.text, sizeof(credential.text));
}

static void put_metrics(void *data, px_metrics *metrics)
{
    (void)data;
    px_metric_of(metrics, PX_METRIC_HTTP_ANSWERS, "2xx", 1);
}

static bool find_asset(px_str path, px_api_asset *ret_asset)
{
    *ret_asset = (px_api_asset){ .mime = "text/html; charset=utf-8",
                                 .etag = "\"abc\"",
                                 .cache_control = "no-cache",
                                 .security_policy = "default-src 'self'",
                                 .bytes = PX_STR("<html>") };
    return px_str_eq(path, PX_STR("/"));
}

static void open_all(api_world *world)
{
    px_store_opts store_opts = { .dir = world->dir, .reserve_bytes = -1 };
    px_history_opts history_opts = { .env = px_env_posix() };
    px_err err;

    CHECK_OK(px_store_open(&store_opts, &world->store, &err), &err);
    world->engine_opts.store = history_opts.store = world->store;
    CHECK_OK(px_engine_open(&world->engine_opts, &world->engine, &err), &err);
    CHECK_OK(px_engine_start(world->engine, &err), &err);
    history_opts.engine = world->engine;
    history_opts.graph = px_engine_graph(world->engine);
    history_opts.registry = px_engine_registry(world->engine);
    CHECK_OK(px_history_open(&history_opts, &world->history, &err), &err);
    CHECK_OK(px_history_start(world->history, &err), &err);
    world->api_opts.engine = world->engine;
    world->api_opts.history = world->history;
    CHECK_OK(
        px_bindings_new(px_engine_documents(world->engine), NULL, &world->api_opts.bindings, &err),
        &err);
    CHECK_OK(px_api_new(&world->api_opts, &world->api, &err), &err);
}

static void close_all(api_world *world, bool flush)
{
    px_api_stop(world->api);
    px_history_stop(world->history, flush);
    px_api_free(world->api);
    px_bindings_free(world->api_opts.bindings);
    px_history_close(world->history);
    px_engine_close(world->engine);
    px_store_close(world->store);
}

void api_world_init_with(api_world *world, const px_engine_opts *engine_opts)
{
    px_credential_grant admin = {
        .tenant = 1, .role = PX_ROLE_ADMIN, .name = PX_STR("admin"), .operates_tenants = true
    };

    CHECK(sodium_init() >= 0);
    *world = (api_world){
        .dir = "/tmp/px-api-XXXXXX",
        .engine_opts = *engine_opts,
        .api_opts = { .version = "test", .metrics = put_metrics, .asset = find_asset },
    };
    world->engine_opts.env = px_env_posix();
    CHECK(mkdtemp(world->dir) != NULL);
    world->rejects = world->api_opts.rejects = px_rejects_new();
    CHECK(world->rejects != NULL);
    world->presence = world->api_opts.presence = px_presence_new(0, 1000 * PX_SECOND);
    CHECK(world->presence != NULL);
    open_all(world);
    make_token(world, &admin, world->admin);
    world->token = world->admin;
    api_reply_init(&world->reply);
}

void api_world_init(api_world *world)
{
    static const px_engine_opts defaults;

    api_world_init_with(world, &defaults);
}

void api_world_reopen(api_world *world)
{
    close_all(world, true);
    open_all(world);
}

void api_world_restart_api(api_world *world)
{
    px_err err;

    px_api_stop(world->api);
    px_api_free(world->api);
    CHECK_OK(px_api_new(&world->api_opts, &world->api, &err), &err);
}

static void remove_folder(const char *dir)
{
    DIR *listing = opendir(dir);
    char path[512];

    for (const struct dirent *entry; listing && (entry = readdir(listing));)
        if (entry->d_name[0] != '.' &&
            snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name) < (int)sizeof(path))
            unlink(path);
    if (listing)
        closedir(listing);
    rmdir(dir);
}

void api_world_release(api_world *world)
{
    close_all(world, false);
    px_rejects_free(world->rejects);
    px_presence_free(world->presence);
    api_reply_release(&world->reply);
    remove_folder(world->dir);
}

/* ---- questions ---- */

static px_str find_header(const px_api_call *call, const char *name)
{
    const api_world *world = call->door_data;
    static char bearer[16 * 1024];

    for (size_t i = 0; i < world->header_count; i++)
        if (strcasecmp(world->headers[i][0], name) == 0)
            return px_str_c(world->headers[i][1]);
    if (!world->token || strcasecmp(name, "Authorization") != 0)
        return (px_str){ 0 };
    snprintf(bearer, sizeof(bearer), "Bearer %s", world->token);
    return px_str_c(bearer);
}

static void complete(px_api_call *call)
{
    latch_open(&((reply *)((char *)call - offsetof(reply, call)))->answered);
}

void api_header(api_world *world, const char *name, const char *value)
{
    CHECK(world->header_count < API_HEADERS_MAX);
    world->headers[world->header_count][0] = name;
    world->headers[world->header_count++][1] = value;
}

static void keep_body(reply *r)
{
    px_str body = r->call.static_body.ptr ? r->call.static_body : px_buf_str(&r->call.out);

    px_buf_clear(&r->body);
    px_put(&r->body, body);
    px_put_c(&r->body, "");
    px_arena_reset(&r->arena);
    r->json = NULL;
    if (!r->call.stream && r->call.content_type && strstr(r->call.content_type, "json"))
        CHECK_EQ(px_json_parse(px_buf_str(&r->body), NULL, &r->arena, &r->json, NULL), PX_OK);
}

void api_reply_init(reply *r)
{
    *r = (reply){ .answered = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false } };
    px_arena_init(&r->arena, 256 << 20);
    px_arena_init(&r->call.arena, 64 << 20);
    px_buf_init(&r->call.out, 64 << 20);
}

void api_reply_release(reply *r)
{
    px_arena_release(&r->arena);
    px_arena_release(&r->call.arena);
    px_buf_release(&r->call.out);
    px_buf_release(&r->body);
}

void api_send(api_world *world, reply *r, const char *method, const char *target, const char *body)
{
    px_str query = px_str_c(target);

    px_arena_reset(&r->call.arena);
    px_buf_clear(&r->call.out);
    r->call.method = px_str_c(method);
    r->call.path = px_str_cut(&query, '?');
    r->call.query = query;
    if (!strchr(target, '?') && strncmp(target, "/api/", 5) != 0)
        r->call.query = PX_STR("api-version=2023-10-31");
    r->call.body = px_str_c(body ? body : "");
    r->call.peer = PX_STR("127.0.0.1");
    r->call.header = find_header;
    r->call.complete = complete;
    r->call.door_data = world;
    r->call.status = 0;
    px_api_handle(world->api, &r->call);
}

const reply *api_wait(reply *r)
{
    latch_wait(&r->answered);
    ((api_world *)r->call.door_data)->header_count = 0; /* a worker may read them late */
    r->status = r->call.status;
    keep_body(r);
    return r;
}

const reply *api_ask(api_world *world, const char *method, const char *target, const char *body)
{
    api_send(world, &world->reply, method, target, body);
    return api_wait(&world->reply);
}

/* ---- one batch ---- */

static latch held = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false };
static latch go = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false };

static void hold(px_request *request, px_engine_state *state)
{
    (void)request;
    (void)state;
    latch_open(&held);
    latch_wait(&go);
}

void api_hold_engine(api_world *world)
{
    static px_request request;

    request = (px_request){ .kind = PX_REQUEST_CALL,
                            .principal = { .tenant = 1, .role = PX_ROLE_ADMIN, .id = PX_STR("t") },
                            .call = hold,
                            .done = request_done,
                            .data = &answer };
    CHECK_EQ(px_engine_submit(world->engine, &request, &request), PX_OK);
    latch_wait(&held);
}

void api_let_engine_go(api_world *world)
{
    (void)world;
    latch_open(&go);
    latch_wait(&answer);
}

const reply *api_ask_as(api_world *world, const char *token, const char *method, const char *target,
                        const char *body)
{
    const char *own = world->token;
    const reply *r;

    world->token = token;
    r = api_ask(world, method, target, body);
    world->token = own;
    return r;
}

const reply *api_expect(const reply *r, int wanted, const char *file, int line)
{
    if (r->status != wanted)
        print_error("%s:%d: %d, %d wanted: %.*s\n", file, line, r->status, wanted,
                    PX_FMT(px_buf_str(&r->body)));
    _assert_int_equal((uint64_t)r->status, (uint64_t)wanted, file, line);
    return r;
}

const char *api_text(const reply *r, const char *pointer)
{
    static char texts[4][4096];
    static unsigned next;
    char *text = texts[next++ % 4];
    px_json_pointer parsed;
    px_arena arena;
    px_json *node;
    px_str found;

    text[0] = '\0';
    px_arena_init(&arena, 1 << 16);
    CHECK_EQ(px_json_pointer_parse(px_str_c(pointer), &arena, &parsed, NULL), PX_OK);
    node = r->json ? px_json_pointer_find(r->json, &parsed) : NULL;
    px_arena_release(&arena);
    if (!node)
        return text;
    found = node->type == PX_JSON_STRING ? node->text : node->raw;
    snprintf(text, sizeof(texts[0]), "%.*s", PX_FMT(found));
    return text;
}

const char *api_reply_header(const reply *r, const char *name)
{
    static char text[512];

    text[0] = '\0';
    for (size_t i = 0; i < r->call.header_count; i++)
        if (strcasecmp(r->call.headers[i].name, name) == 0)
            snprintf(text, sizeof(text), "%.*s", PX_FMT(r->call.headers[i].value));
    return text;
}

const char *api_token(api_world *world, uint32_t tenant, px_role role, const char *device)
{
    static char texts[2][PX_CREDENTIAL_BYTES + 1];
    static unsigned next;
    char *text = texts[next++ % 2];
    px_credential_grant grant = {
        .tenant = tenant, .role = role, .name = PX_STR("made"), .device = px_str_c(device)
    };

    make_token(world, &grant, text);
    return text;
}

void api_put_models(api_world *world, const char *token)
{
    API_ASK_AS(world, token, "POST", "/models", models, 201);
}

void api_put_press(api_world *world, const char *token, const char *id)
{
    char target[256];

    snprintf(target, sizeof(target), "/digitaltwins/%s", id);
    API_ASK_AS(world, token, "PUT", target,
               "{\"$metadata\":{\"$model\":\"dtmi:test:Press;1\"},\"speed\":21.40,"
               "\"motor\":{\"$metadata\":{}}}",
               200);
}
