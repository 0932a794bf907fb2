/* SPDX-License-Identifier: Apache-2.0 */
/* Idempotency-Key: what comes again is answered again, and changes nothing. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "api/inner.h"
#include "api_world.h"

static api_world w;

static const char batch[] =
    "{\"changes\":[{\"op\":\"put\",\"twin\":\"made\",\"ifNoneMatch\":\"*\",\"value\":"
    "{\"$metadata\":{\"$model\":\"dtmi:test:Press;1\"},\"motor\":{\"$metadata\":{}}}}]}";

static void begin(void)
{
    api_world_init(&w);
    api_put_models(&w, w.admin);
    api_put_press(&w, w.admin, "press");
}

static const reply *ask(const char *key, const char *method, const char *target, const char *body,
                        int wanted)
{
    api_header(&w, "Idempotency-Key", key);
    return API_ASK(&w, method, target, body, wanted);
}

static bool is_replay(const reply *r)
{
    return strcmp(api_reply_header(r, "Idempotency-Replayed"), "true") == 0;
}

PX_TEST(a_request_that_comes_again_gets_the_same_answer_and_changes_nothing)
{
    char body[256], etag[64];
    const reply *r;
    uint64_t position;

    begin();
    r = ask("k1", "POST", "/api/v1/batch", batch, 200);
    CHECK(!is_replay(r));
    snprintf(body, sizeof(body), "%s", r->body.ptr);
    position = px_engine_position(w.engine);
    r = ask("k1", "POST", "/api/v1/batch", batch, 200);
    CHECK(is_replay(r));
    CHECK_STR(r->body.ptr, body);
    CHECK_EQ(px_engine_position(w.engine), position);
    ask("k2", "POST", "/api/v1/batch", batch, 412);

    r = ask("k3", "PATCH", "/api/v1/twins/press/desired", "{\"speed\":9}", 200);
    snprintf(etag, sizeof(etag), "%s", api_reply_header(r, "ETag"));
    API_ASK(&w, "PATCH", "/api/v1/twins/press/desired", "{\"speed\":10}", 200);
    r = ask("k3", "PATCH", "/api/v1/twins/press/desired", "{\"speed\":9}", 200);
    CHECK_STR(api_text(r, "/speed/value"), "9");
    CHECK_STR(api_reply_header(r, "ETag"), etag);
    r = API_ASK(&w, "GET", "/api/v1/twins/press/desired", NULL, 200);
    CHECK_STR(api_text(r, "/speed/value"), "10");
    api_world_release(&w);
}

PX_TEST(a_restart_forgets_no_key)
{
    begin();
    ask("k", "POST", "/api/v1/batch", batch, 200);
    api_world_reopen(&w);
    CHECK(is_replay(ask("k", "POST", "/api/v1/batch", batch, 200)));
    api_world_release(&w);
}

PX_TEST(a_key_is_of_one_request_and_of_one_credential)
{
    char other[PX_CREDENTIAL_BYTES + 1];
    const reply *r;

    begin();
    ask("k", "PUT", "/api/v1/devices/d1", "{\"twins\":[]}", 201);
    r = ask("k", "PUT", "/api/v1/devices/d1", "{\"twins\":[\"press\"]}", 422);
    CHECK_STR(api_text(r, "/code"), "idempotency.other");
    CHECK_STR(api_text(r, "/status"), "422");
    ask("k", "PUT", "/api/v1/devices/d2", "{\"twins\":[]}", 422);
    ask("k", "PUT", "/api/v1/devices/d1?&", "{\"twins\":[]}", 422);
    snprintf(other, sizeof(other), "%s", api_token(&w, 1, PX_ROLE_ADMIN, NULL));
    api_header(&w, "Idempotency-Key", "k");
    r = API_ASK_AS(&w, other, "PUT", "/api/v1/devices/d2", "{\"twins\":[]}", 201);
    CHECK(!is_replay(r));
    api_world_release(&w);
}

PX_TEST(a_refused_request_leaves_its_key_free)
{
    begin();
    ask("k", "PUT", "/api/v1/devices/d1", "{\"twins\":7}", 400);
    ask("k", "PATCH", "/api/v1/twins/none/desired", "{}", 404);
    CHECK(!is_replay(ask("k", "PUT", "/api/v1/devices/d1", "{\"twins\":[]}", 201)));
    api_world_release(&w);
}

/* What was deleted is not there any more for the handler to find. */
PX_TEST(a_deletion_that_comes_again_was_done)
{
    begin();
    API_ASK(&w, "PUT", "/api/v1/devices/d1", "{\"twins\":[]}", 201);
    CHECK(!is_replay(ask("k", "DELETE", "/api/v1/devices/d1", NULL, 204)));
    CHECK(is_replay(ask("k", "DELETE", "/api/v1/devices/d1", NULL, 204)));
    CHECK_EQ(w.reply.body.len, 0);
    API_ASK(&w, "DELETE", "/api/v1/devices/d1", NULL, 404);
    API_ASK(&w, "PUT", "/api/v1/endpoints/e", "{\"kind\":\"mqtt\",\"topic\":\"out/e\"}", 200);
    ask("e", "DELETE", "/api/v1/endpoints/e", NULL, 204);
    CHECK(is_replay(ask("e", "DELETE", "/api/v1/endpoints/e", NULL, 204)));
    api_world_release(&w);
}

static bool journal_has(const char *secret)
{
    char command[128];

    snprintf(command, sizeof(command), "grep -q -a -F '%s' %s/pollux.db*", secret, w.dir);
    return system(command) == 0;
}

PX_TEST(secrets_are_told_once_and_stored_never)
{
    static const struct {
        const char *method, *target, *body, *pointer;
    } makers[] = {
        { "PUT", "/api/v1/devices/d1", "{\"twins\":[\"press\"]}", "/key" },
        { "POST", "/api/v1/devices/d1/key", NULL, "/key" },
        { "POST", "/api/v1/tokens", "{\"name\":\"n\",\"role\":\"reader\"}", "/token" },
        { "PUT", "/api/v1/tenants/acme", NULL, "/token" },
        { "POST", "/api/v1/tenants/acme/token", NULL, "/token" },
    };
    char key[8], secret[PX_CREDENTIAL_BYTES + 1];

    begin();
    for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++) {
        const reply *r;

        snprintf(key, sizeof(key), "k%zu", i);
        r = ask(key, makers[i].method, makers[i].target, makers[i].body, 201);
        snprintf(secret, sizeof(secret), "%s", api_text(r, makers[i].pointer));
        CHECK_EQ(strlen(secret), PX_CREDENTIAL_BYTES);
        API_ASK_AS(&w, secret, "GET", "/api/v1/session", NULL, 200);
        r = ask(key, makers[i].method, makers[i].target, makers[i].body, 201);
        CHECK(is_replay(r));
        CHECK_STR(api_text(r, makers[i].pointer), "");
        API_ASK_AS(&w, secret, "GET", "/api/v1/session", NULL, 200); /* no new one was made */
        CHECK(!journal_has(secret));
    }
    api_world_release(&w);
}

PX_TEST(values_of_headers_are_not_kept_with_an_endpoint)
{
    static const char endpoint[] =
        "{\"kind\":\"webhook\",\"url\":\"https://example.com/\",\"headers\":{\"X-Key\":\"hush\"}}";
    const reply *r;

    begin();
    r = ask("k", "PUT", "/api/v1/endpoints/e", endpoint, 200);
    CHECK_STR(api_text(r, "/headers/X-Key"), "hush");
    r = ask("k", "PUT", "/api/v1/endpoints/e", endpoint, 200);
    CHECK(is_replay(r));
    CHECK_STR(api_text(r, "/headers"), "");
    CHECK_STR(api_text(r, "/url"), "https://example.com/");
    api_world_release(&w);
}

/* Two at once, in one batch: both read what was there before it. */
PX_TEST(of_two_with_one_key_one_is_done_and_both_are_told)
{
    reply first, second;
    const char *target;
    char etag[64];

    begin();
    API_ASK(&w, "PUT", "/api/v1/devices/d1", "{\"twins\":[]}", 201);
    api_reply_init(&first);
    api_reply_init(&second);
    target = "/api/v1/devices/d1";
    for (int i = 0; i < 2; i++) {
        api_hold_engine(&w);
        api_header(&w, "Idempotency-Key", i ? "delete" : "put");
        api_send(&w, &first, i ? "DELETE" : "PUT", target, i ? NULL : "{\"twins\":[\"press\"]}");
        api_send(&w, &second, i ? "DELETE" : "PUT", target, i ? NULL : "{\"twins\":[\"press\"]}");
        api_let_engine_go(&w);
        CHECK_EQ(api_wait(&first)->status, i ? 204 : 200);
        snprintf(etag, sizeof(etag), "%s", api_reply_header(&first, "ETag"));
        CHECK(!is_replay(&first));
        CHECK_EQ(api_wait(&second)->status, i ? 204 : 200);
        CHECK(is_replay(&second));
        CHECK_STR(api_reply_header(&second, "ETag"), etag);
    }
    api_reply_release(&first);
    api_reply_release(&second);
    api_world_release(&w);
}

PX_TEST(what_keeps_no_answer_refuses_the_key)
{
    const reply *r;

    begin();
    r = ask("k", "PUT", "/api/v1/branches/b", NULL, 400);
    CHECK_STR(api_text(r, "/code"), "idempotency.not_kept");
    API_ASK(&w, "GET", "/api/v1/branches/b/diff", NULL, 404);
    ask("k", "POST", "/api/v1/session", "{\"token\":\"x\"}", 400);
    ask("k", "POST", "/api/v1/models/validate", "[]", 400);
    ask("k", "GET", "/api/v1/twins/press", NULL, 200); /* reading changes nothing */
    api_world_release(&w);
}

/* A row that changes something either keeps the key or refuses it; none is silent. */
PX_TEST(every_route_that_changes_something_keeps_the_key_or_refuses_it)
{
    size_t kept = 0, refused = 0;

    begin();
    for (const px_route *route = px_api_routes; route->method; route++) {
        char target[128] = "";

        if (strncmp(route->pattern, "/api/v1/", 8) != 0 || strcmp(route->method, "GET") == 0)
            continue;
        if (strstr(route->params, "@Idempotency-Key")) {
            kept++;
            continue;
        }
        for (const char *at = route->pattern; *at; at++)
            snprintf(target + strlen(target), sizeof(target) - strlen(target), "%c",
                     *at == '*' ? 'x' : *at);
        CHECK_STR(api_text(ask("k", route->method, target, "{}", 400), "/code"),
                  "idempotency.not_kept");
        refused++;
    }
    CHECK(kept >= 12 && refused >= 8);
    api_world_release(&w);
}

PX_TEST(a_key_has_a_form_and_a_limit)
{
    char key[PX_IDEMPOTENCY_KEY_BYTES_MAX + 2];

    begin();
    memset(key, 'k', sizeof(key));
    key[PX_IDEMPOTENCY_KEY_BYTES_MAX] = '\0';
    ask(key, "PUT", "/api/v1/devices/d1", "{\"twins\":[]}", 201);
    key[PX_IDEMPOTENCY_KEY_BYTES_MAX] = 'k';
    key[PX_IDEMPOTENCY_KEY_BYTES_MAX + 1] = '\0';
    ask(key, "PUT", "/api/v1/devices/d1", "{\"twins\":[]}", 400);
    CHECK_STR(api_text(ask("a b", "PUT", "/api/v1/devices/d1", "{\"twins\":[]}", 400), "/code"),
              "idempotency.key");
    ask("\xC3\xA4", "PUT", "/api/v1/devices/d1", "{\"twins\":[]}", 400);
    api_world_release(&w);
}

/* ---- commands ---- */

static void answered(px_request *request)
{
    atomic_store((atomic_bool *)request->data, true);
}

/* The device's answer to the one command that waits. */
static void respond(void)
{
    px_document item;
    px_arena arena;
    uint32_t cursor = 0;
    size_t count;
    px_str id;
    static atomic_bool done;
    static px_request response;

    px_arena_init(&arena, 1 << 20);
    CHECK_EQ(px_documents_list(px_engine_documents(w.engine), 1, PX_STR("command"), &cursor, 1,
                               &arena, &item, &count, NULL),
             PX_OK);
    CHECK_EQ(count, 1);
    id = item.id; /* TWIN/ID */
    px_str_cut(&id, '/');
    atomic_store(&done, false);
    response = (px_request){ .kind = PX_REQUEST_COMMAND_RESPONSE,
                             .principal = { .tenant = 1, .role = PX_ROLE_ADMIN },
                             .id = PX_STR("press"),
                             .command_id = id,
                             .code = PX_COMMAND_APPLIED,
                             .done = answered,
                             .data = &done };
    CHECK_EQ(px_engine_submit(w.engine, &response, &response), PX_OK);
    while (!atomic_load(&done))
        usleep(1000);
    CHECK_OK(response.result.status, &response.result.err);
    px_arena_release(&arena);
}

PX_TEST(who_sends_a_command_again_waits_for_the_same_response)
{
    static const char target[] = "/api/v1/twins/press/commands/stop?timeout=60";
    reply first, second;
    char body[256];

    begin();
    api_reply_init(&first);
    api_reply_init(&second);
    api_header(&w, "Idempotency-Key", "k");
    api_hold_engine(&w); /* so that both wait when it is answered */
    api_send(&w, &first, "POST", target, NULL);
    api_send(&w, &second, "POST", target, NULL);
    api_let_engine_go(&w);
    while (px_documents_count(px_engine_documents(w.engine), 1, PX_STR("command")) == 0)
        usleep(1000);
    api_hold_engine(&w); /* both answers of that batch are given */
    api_let_engine_go(&w);
    respond();
    CHECK_EQ(api_wait(&first)->status, 200);
    CHECK_STR(api_text(&first, "/status"), "applied");
    snprintf(body, sizeof(body), "%s", first.body.ptr);
    CHECK_EQ(api_wait(&second)->status, 200);
    CHECK_STR(second.body.ptr, body);
    CHECK(!is_replay(&first) && is_replay(&second));
    CHECK(is_replay(ask("k", "POST", target, NULL, 200)));
    CHECK_STR(w.reply.body.ptr, body);
    api_reply_release(&first);
    api_reply_release(&second);
    api_world_release(&w);
}

PX_TEST(a_command_sent_again_behind_a_restart_is_not_called_again)
{
    static const char target[] = "/api/v1/twins/press/commands/stop?timeout=1";
    char body[256];

    begin();
    CHECK_STR(api_text(ask("k", "POST", target, NULL, 200), "/status"), "timed out");
    snprintf(body, sizeof(body), "%s", w.reply.body.ptr);
    api_world_reopen(&w);
    CHECK(is_replay(ask("k", "POST", target, NULL, 200)));
    CHECK_STR(w.reply.body.ptr, body);
    api_world_release(&w);
}

PX_TEST_MAIN()
