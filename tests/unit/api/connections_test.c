/* SPDX-License-Identifier: Apache-2.0 */
/* Connections by HTTP: who may, what is told, what is never told, and the limits. */
#include <stdio.h>
#include <stdlib.h>

#include "api_world.h"

static api_world w;

#define BROKER                                                                                     \
    "\"type\":\"mqtt\",\"host\":\"broker.example\",\"clientId\":\"c\",\"topics\":[{\"filter\":"    \
    "\"a/"                                                                                         \
    "#\"}]"

static const char *put(const char *body, int wanted)
{
    return api_text(API_ASK(&w, "PUT", "/api/v1/connections/c", body, wanted), "/code");
}

PX_TEST(a_connection_is_put_listed_and_deleted)
{
    const reply *r;

    api_world_init(&w);
    r = API_ASK(&w, "PUT", "/api/v1/connections/c", "{" BROKER "}", 200);
    CHECK_STR(api_text(r, "/connection/host"), "broker.example");
    CHECK_STR(api_text(r, "/status/state"), "off"); /* nobody runs it here */
    CHECK_STR(api_text(r, "/status/error"), "null");
    r = API_ASK(&w, "GET", "/api/v1/connections", NULL, 200);
    CHECK_STR(api_text(r, "/items/0/id"), "c");
    r = API_ASK(&w, "GET", "/api/v1/connections/c/status", NULL, 200);
    CHECK_STR(api_text(r, "/messages"), "0");
    API_ASK(&w, "DELETE", "/api/v1/connections/c", NULL, 204);
    r = API_ASK(&w, "GET", "/api/v1/connections/c", NULL, 404);
    CHECK_STR(api_text(r, "/code"), "connection.not_found");
    API_ASK(&w, "GET", "/api/v1/connections/c/status", NULL, 404);
    api_world_release(&w);
}

PX_TEST(a_deletion_names_the_bindings_that_take_what_it_brought)
{
    enum { MANY = 18 };
    char path[64];
    const reply *r;

    api_world_init(&w);
    put("{" BROKER "}", 200);
    for (int i = 0; i < MANY; i++) {
        snprintf(path, sizeof(path), "/api/v1/bindings/b%d", i);
        API_ASK(&w, "PUT", path,
                i == 1 ? "{\"source\":{\"http\":true},\"twin\":\"t\",\"rest\":\"\"}"
                       : "{\"source\":{\"connection\":\"c\"},\"twin\":\"t\",\"rest\":\"\","
                         "\"enabled\":false}",
                200);
    }
    r = API_ASK(&w, "DELETE", "/api/v1/connections/c", NULL, 200);
    CHECK_STR(api_text(r, "/notes/0"),
              "binding 'b0' takes what it brought: nothing comes until there is a connection 'c' "
              "again");
    CHECK(strstr(api_text(r, "/notes/1"), "'b2'") != NULL);
    CHECK_STR(api_text(r, "/notes/16"), "and so do 1 more bindings");
    API_ASK(&w, "GET", "/api/v1/bindings/b0", NULL, 200); /* they stay */
    put("{" BROKER "}", 200);
    API_ASK(&w, "DELETE", "/api/v1/bindings/b0", NULL, 204);
    r = API_ASK(&w, "DELETE", "/api/v1/connections/c", NULL, 200);
    CHECK_EQ(px_json_get(r->json, PX_STR("notes"))->count, MANY - 2);
    api_world_release(&w);
}

PX_TEST(secrets_go_in_and_never_come_out)
{
    const reply *r;

    api_world_init(&w);
    put("{" BROKER ",\"user\":\"u\",\"password\":\"s3cret\",\"tls\":{\"certificate\":\"PEM\"},"
        "\"key\":\"k3y\"}",
        200);
    CHECK(strstr(w.reply.body.ptr, "s3cret") == NULL);
    r = API_ASK(&w, "GET", "/api/v1/connections/c", NULL, 200);
    CHECK(strstr(r->body.ptr, "s3cret") == NULL && strstr(r->body.ptr, "k3y") == NULL);
    CHECK_STR(api_text(r, "/hasPassword"), "true");
    CHECK_STR(api_text(r, "/hasKey"), "true");
    put("{" BROKER ",\"user\":\"u\",\"tls\":{\"certificate\":\"PEM\"}}", 200); /* left out */
    CHECK_STR(api_text(&w.reply, "/hasPassword"), "true");
    CHECK_STR(api_text(&w.reply, "/hasKey"), "true");
    put("{" BROKER ",\"user\":\"u\",\"password\":null}", 200);
    CHECK_STR(api_text(&w.reply, "/hasPassword"), "false");
    CHECK_STR(api_text(&w.reply, "/hasKey"), "false"); /* of a certificate that is gone */
    api_world_release(&w);
}

#define AT(host, more)                                                                             \
    "{\"type\":\"mqtt\",\"host\":\"" host                                                          \
    "\",\"clientId\":\"c\",\"topics\":[{\"filter\":\"a/#\"}]"                                      \
    ",\"user\":\"u\"" more "}"

/* Who may write the document, and does not know the password, would have it sent to a host of his
 * own, or in clear. */
PX_TEST(a_secret_stays_only_while_it_goes_to_the_same_place)
{
    static const char *const elsewhere[] = {
        AT("other.example", ",\"tls\":{}"),
        AT("broker.example", ""),
        AT("broker.example", ",\"tls\":{},\"port\":1"),
        AT("broker.example", ",\"tls\":{\"ca\":\"CA\"}"),
        AT("broker.example", ",\"tls\":{\"certificate\":\"OTHER\"},\"password\":\"s3cret\""),
    };

    api_world_init(&w);
    put(AT("broker.example", ",\"tls\":{\"certificate\":\"PEM\"},\"password\":\"s3cret\",\"key\":"
                             "\"k3y\""),
        200);
    for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++)
        CHECK_STR(put(elsewhere[i], 400), "connection.secret");
    put(AT("broker.example", ",\"tls\":{\"certificate\":\"PEM\"},\"port\":8883,\"retryMax\":2"),
        200);
    CHECK_STR(api_text(&w.reply, "/hasPassword"), "true");
    CHECK_STR(api_text(&w.reply, "/hasKey"), "true");
    put(AT("other.example", ",\"password\":\"s3cret\""), 200); /* given again */
    CHECK_STR(api_text(&w.reply, "/hasPassword"), "true");
    put(AT("third.example", ",\"password\":null"), 200);
    CHECK_STR(api_text(&w.reply, "/hasPassword"), "false");
    api_world_release(&w);
}

PX_TEST(only_who_may_write_documents_writes_connections)
{
    api_world_init(&w);
    w.token = api_token(&w, 1, PX_ROLE_READER, NULL);
    put("{" BROKER "}", 403);
    API_ASK(&w, "GET", "/api/v1/connections", NULL, 200);
    API_ASK(&w, "DELETE", "/api/v1/connections/c", NULL, 403);
    w.token = w.admin;
    api_world_release(&w);
}

PX_TEST(a_host_that_may_not_be_reached_is_refused)
{
    api_world_init(&w);
    CHECK_STR(put("{\"type\":\"mqtt\",\"host\":\"127.0.0.1\",\"clientId\":\"c\",\"topics\":[{"
                  "\"filter\":\"a\"}]}",
                  403),
              "endpoint.address");
    CHECK(strstr(api_text(&w.reply, "/detail"), "--outbound-allow") != NULL);
    api_world_release(&w);
}

PX_TEST(a_tenant_has_as_many_connections_as_the_limit)
{
    char id[16];

    api_world_init(&w);
    for (int i = 0; i < PX_CONNECTIONS_MAX - 1; i++) {
        px_document_write write = { .kind = PX_STR("connection"),
                                    .body = PX_STR("{" BROKER ",\"enabled\":false}") };

        snprintf(id, sizeof(id), "n%d", i);
        write.id = px_str_c(id);
        api_write_document(&w, &write);
    }
    put("{" BROKER "}", 200);
    API_ASK(&w, "PUT", "/api/v1/connections/more", "{" BROKER ",\"enabled\":false}", 429);
    CHECK_STR(api_text(&w.reply, "/code"), "connection.limit");
    put("{" BROKER ",\"version\":4}", 200); /* what is there may be changed */
    api_world_release(&w);
}

#define WRITER(more)                                                                               \
    "{\"type\":\"modbus\",\"host\":\"d.example\"" more                                             \
    ",\"registers\":[{\"name\":\"r\",\"address\":1,"                                               \
    "\"write\":{\"twin\":\"t\",\"property\":\"p\"}}]}"

PX_TEST(a_property_is_written_by_one_connection)
{
    const reply *r;

    api_world_init(&w);
    put(WRITER(""), 200);
    put(WRITER(",\"every\":\"2s\""), 200); /* itself */
    r = API_ASK(&w, "PUT", "/api/v1/connections/d", WRITER(""), 409);
    CHECK_STR(api_text(r, "/code"), "connection.written");
    CHECK(strstr(api_text(r, "/detail"), "register 'r' of connection 'c'") != NULL);
    API_ASK(&w, "PUT", "/api/v1/connections/d", WRITER(",\"enabled\":false"), 200);
    put(WRITER(",\"enabled\":false"), 200);
    API_ASK(&w, "PUT", "/api/v1/connections/d", WRITER(""), 200);
    api_world_release(&w);
}

PX_TEST(a_client_of_a_broker_is_one_connection)
{
    const reply *r;

    api_world_init(&w);
    put("{" BROKER "}", 200);
    put("{" BROKER ",\"version\":4}", 200); /* itself */
    r = API_ASK(&w, "PUT", "/api/v1/connections/d", "{" BROKER "}", 409);
    CHECK_STR(api_text(r, "/code"), "connection.taken");
    CHECK(strstr(api_text(r, "/detail"), "connection 'c' is client 'c'") != NULL);
    API_ASK(&w, "PUT", "/api/v1/connections/d", "{" BROKER ",\"enabled\":false}", 200);
    API_ASK(&w, "PUT", "/api/v1/connections/d", "{" BROKER ",\"port\":1884}", 200);
    api_world_release(&w);
}

/* Both were looked at before either was written. */
static void check_pair(const char *body, const char *code)
{
    reply c, d;
    const reply *lost;

    api_world_init(&w);
    api_reply_init(&c);
    api_reply_init(&d);
    api_hold_engine(&w);
    api_send(&w, &c, "PUT", "/api/v1/connections/c", body);
    api_send(&w, &d, "PUT", "/api/v1/connections/d", body);
    api_let_engine_go(&w);
    api_wait(&c);
    api_wait(&d);
    CHECK_EQ(c.status + d.status, 200 + 409);
    lost = c.status == 409 ? &c : &d;
    CHECK_STR(api_text(lost, "/code"), code);
    api_reply_release(&c);
    api_reply_release(&d);
    api_world_release(&w);
}

PX_TEST(of_two_at_one_instant_that_cannot_both_be_one_is_refused)
{
    check_pair(WRITER(""), "connection.written");
    check_pair("{" BROKER "}", "connection.taken");
}

PX_TEST(many_at_one_instant_that_can_all_be_are_all_written)
{
    enum { MANY = 8 };
    static reply replies[MANY];
    static char paths[MANY][64], bodies[MANY][256];

    api_world_init(&w);
    api_hold_engine(&w);
    for (int i = 0; i < MANY; i++) {
        api_reply_init(&replies[i]);
        snprintf(paths[i], sizeof(paths[i]), "/api/v1/connections/n%d", i);
        snprintf(bodies[i], sizeof(bodies[i]), "{" BROKER ",\"port\":%d}", i + 1);
        api_send(&w, &replies[i], "PUT", paths[i], bodies[i]);
    }
    api_let_engine_go(&w);
    for (int i = 0; i < MANY; i++) {
        CHECK_EQ(api_wait(&replies[i])->status, 200);
        api_reply_release(&replies[i]);
    }
    api_world_release(&w);
}

/* Their trees together are larger than the arena of a call. */
PX_TEST(a_list_of_many_large_connections_leaves_nothing_out)
{
    static char body[PX_DOC_BYTES_MAX];
    char id[16], pointer[32];
    const reply *r;
    int at = snprintf(body, sizeof(body), "{\"type\":\"modbus\",\"host\":\"d\",\"registers\":[");

    for (int i = 0; i < PX_MODBUS_REGISTERS_MAX; i++)
        at += snprintf(body + at, sizeof(body) - (size_t)at,
                       "%s{\"name\":\"r%d\",\"address\":%d,\"table\":\"input\",\"type\":\"int16\","
                       "\"order\":\"CDAB\",\"scale\":0.1,\"offset\":1,\"write\":{\"twin\":\"t\","
                       "\"property\":\"p\"}}",
                       i ? "," : "", i, i);
    snprintf(body + at, sizeof(body) - (size_t)at, "]}");
    api_world_init(&w);
    for (int i = 0; i < PX_CONNECTIONS_MAX; i++) {
        px_document_write write = { .kind = PX_STR("connection"), .body = px_str_c(body) };

        snprintf(id, sizeof(id), "n%d", i);
        write.id = px_str_c(id);
        api_write_document(&w, &write);
    }
    r = API_ASK(&w, "GET", "/api/v1/connections", NULL, 200);
    for (int i = 0; i < PX_CONNECTIONS_MAX; i++) {
        snprintf(pointer, sizeof(pointer), "/items/%d/connection/host", i);
        CHECK_STR(api_text(r, pointer), "d");
    }
    api_world_release(&w);
}

/* `size` times a letter. */
static char *run_of(size_t size)
{
    char *text = malloc(size + 1);

    CHECK(text != NULL);
    memset(text, 'x', size);
    text[size] = '\0';
    return text;
}

/* A member that is as long as its limit, and one letter longer. */
static void check_length(const char *before, size_t most, const char *after)
{
    static char body[PX_CONNECTION_PEM_BYTES_MAX + 1024];

    for (size_t more = 0; more < 2; more++) {
        char *text = run_of(most + more);

        snprintf(body, sizeof(body), "{%s%s%s}", before, text, after);
        put(body, more ? 400 : 200);
        free(text);
    }
}

PX_TEST(hosts_and_secrets_are_as_long_as_their_limits)
{
    api_world_init(&w);
    check_length("\"type\":\"mqtt\",\"clientId\":\"c\",\"topics\":[{\"filter\":\"a\"}],\"host\":\"",
                 PX_CONNECTION_HOST_BYTES_MAX, "\"");
    check_length(BROKER ",\"user\":\"u\",\"password\":\"", PX_CONNECTION_PASSWORD_BYTES_MAX, "\"");
    check_length(BROKER ",\"tls\":{\"ca\":\"", PX_CONNECTION_PEM_BYTES_MAX, "\"}");
    check_length(BROKER ",\"tls\":{\"certificate\":\"P\"},\"key\":\"", PX_CONNECTION_PEM_BYTES_MAX,
                 "\"");
    api_world_release(&w);
}

PX_TEST_MAIN()
