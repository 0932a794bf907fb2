/* SPDX-License-Identifier: Apache-2.0 */
/* The supervisor follows the documents. Nobody is connected to: loopback is not allowed here. */
#include "outbound/connections.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/limits.h"
#include "px_test.h"
#include "px_world.h"

static px_world world;
static px_bindings *bindings;
static px_rejects *rejects;
static px_connections *connections;
static px_err err;

static void begin(void)
{
    px_connections_opts opts = { 0 };

    px_world_init(&world, 1);
    CHECK_OK(px_bindings_new(px_engine_documents(world.engine), NULL, &bindings, &err), &err);
    rejects = px_rejects_new();
    CHECK(rejects != NULL);
    opts.engine = world.engine;
    opts.bindings = bindings;
    opts.rejects = rejects;
    CHECK_OK(px_connections_open(&opts, &connections, &err), &err);
}

static void end(void)
{
    px_connections_stop(connections);
    px_connections_close(connections);
    px_bindings_free(bindings);
    px_rejects_free(rejects);
    px_world_release(&world);
}

static void write_in(uint32_t tenant, const char *id, const char *body)
{
    px_document_write write = { .kind = PX_STR("connection"),
                                .id = px_str_c(id),
                                .body = px_str_c(body) };
    px_request request = { .kind = PX_REQUEST_DOCUMENTS,
                           .principal = { .tenant = tenant, .role = PX_ROLE_ADMIN },
                           .documents = &write,
                           .document_count = 1 };

    CHECK_EQ(px_world_do(&world, &request).status, PX_OK);
}

/* `body` NULL deletes. */
static void write_connection(const char *id, const char *body)
{
    write_in(1, id, body);
    px_connections_changed(connections);
}

static uint32_t make_tenant(const char *id)
{
    px_request request = { .kind = PX_REQUEST_TENANT_PUT, .id = px_str_c(id) };
    px_result result = px_world_do(&world, &request);

    CHECK_EQ(result.status, PX_OK);
    return result.number + 1;
}

/* Number and revision only. */
static px_document document_of(const char *id)
{
    px_document document;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, 1 << 20);
    CHECK_OK(px_documents_get(px_engine_documents(world.engine), 1, PX_STR("connection"),
                              px_str_c(id), &arena, &document, &err),
             &err);
    return document;
}

static bool get_status(px_document document, px_connection_status *ret_status)
{
    return px_connections_status(connections, 1, document.no, document.revision, ret_status);
}

static void pause_ms(long ms)
{
    nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000 }, NULL);
}

/* How it is, once it is there and in this state. */
static px_connection_status wait_for(const char *id, px_connection_state state)
{
    px_document document = document_of(id);
    px_connection_status status = { 0 };

    for (int i = 0; i < 3000; i++) {
        if (get_status(document, &status) && status.state == state)
            return status;
        pause_ms(10);
    }
    CHECK_STR("the state never came", px_connection_state_name(status.state));
    return status;
}

#define MODBUS(more)                                                                               \
    "{\"type\":\"modbus\",\"host\":\"127.0.0.1\"" more                                             \
    ",\"registers\":[{\"name\":\"a\",\"address\":1}]}"

PX_TEST(what_may_not_be_connected_to_waits_and_says_why)
{
    px_connection_status status;

    begin();
    CHECK_OK(px_connections_start(connections, &err), &err);
    write_connection("c", MODBUS(""));
    status = wait_for("c", PX_CONNECTION_WAITING);
    CHECK_STR(status.error_id, "endpoint.address");
    CHECK(strstr(status.cure, "--outbound-allow") != NULL);
    CHECK(status.retry_at > status.since && status.error_at != PX_TIME_NONE);
    CHECK_EQ(status.stats.failures, 1);
    end();
}

PX_TEST(links_follow_their_documents)
{
    px_connection_status status;
    uint32_t states[PX_CONNECTION_STATE_COUNT];
    px_document document;

    begin();
    CHECK_OK(px_connections_start(connections, &err), &err);
    write_connection("c", MODBUS(",\"enabled\":false"));
    wait_for("c", PX_CONNECTION_OFF);
    write_connection("c", MODBUS(""));
    wait_for("c", PX_CONNECTION_WAITING);
    write_connection("c", MODBUS(",\"enabled\":false"));
    status = wait_for("c", PX_CONNECTION_OFF);
    CHECK_EQ(status.stats.failures, 0); /* since the document was written */
    document = document_of("c");
    write_connection("c", NULL);
    for (int i = 0; i < 3000 && get_status(document, &status); i++)
        pause_ms(10);
    CHECK(!get_status(document, &status));
    CHECK(px_connections_stat(connections, states).failures >= 1); /* since the start */
    for (int i = 0; i < PX_CONNECTION_STATE_COUNT; i++)
        CHECK_EQ(states[i], 0);
    end();
}

PX_TEST(a_document_that_cannot_be_read_is_told)
{
    px_connection_status status;

    begin();
    CHECK_OK(px_connections_start(connections, &err), &err);
    write_connection("c", "{\"type\":\"opc\",\"host\":\"h\"}");
    status = wait_for("c", PX_CONNECTION_FAILED);
    CHECK_STR(status.error_id, "connection.form");
    end();
}

static px_document document_in(uint32_t tenant, const char *id)
{
    px_document document;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, 1 << 20);
    CHECK_OK(px_documents_get(px_engine_documents(world.engine), tenant, PX_STR("connection"),
                              px_str_c(id), &arena, &document, &err),
             &err);
    return document;
}

static bool is_failed(uint32_t tenant, const char *id, bool wanted)
{
    px_document document = document_in(tenant, id);
    px_connection_status status = { 0 };

    for (int i = 0; i < 3000; i++) {
        if (px_connections_status(connections, tenant, document.no, document.revision, &status) &&
            status.state != PX_CONNECTION_OFF && (status.state == PX_CONNECTION_FAILED) == wanted)
            return true;
        pause_ms(10);
    }
    return false;
}

static void count_states(uint32_t failed)
{
    uint32_t states[PX_CONNECTION_STATE_COUNT] = { 0 };

    for (int i = 0; i < 3000; i++) {
        (void)px_connections_stat(connections, states);
        if (states[PX_CONNECTION_FAILED] == failed &&
            states[PX_CONNECTION_CONNECTING] + states[PX_CONNECTION_WAITING] ==
                PX_CONNECTION_THREADS_MAX)
            break;
        pause_ms(10);
    }
    CHECK_EQ(states[PX_CONNECTION_FAILED], failed);
    CHECK_EQ(states[PX_CONNECTION_OFF], 0);
    CHECK_EQ(states[PX_CONNECTION_CONNECTING] + states[PX_CONNECTION_WAITING],
             PX_CONNECTION_THREADS_MAX);
}

/* Four tenants fill all threads: a fifth one takes the last one's last of them, and gives it back.
 */
PX_TEST(as_many_connections_run_as_the_limit_and_no_more)
{
    px_connection_status status;
    px_document document;
    uint32_t tenant = 0;
    char id[16];

    begin();
    for (int i = 0; i < PX_CONNECTION_THREADS_MAX; i++) {
        snprintf(id, sizeof(id), "c%d", i);
        if (i % PX_CONNECTIONS_MAX == 0)
            tenant = make_tenant(id);
        write_in(tenant, id, MODBUS(""));
    }
    CHECK_OK(px_connections_start(connections, &err), &err);
    count_states(0);
    write_connection("late", MODBUS(""));
    CHECK(is_failed(1, "late", false));
    CHECK(is_failed(tenant, id, true));
    count_states(1);
    document = document_in(tenant, id);
    CHECK(px_connections_status(connections, tenant, document.no, document.revision, &status));
    CHECK_STR(status.error_id, "connection.threads");
    CHECK(strstr(status.cure, "by itself") != NULL);
    write_connection("late", NULL);
    CHECK(is_failed(tenant, id, false));
    count_states(0);
    end();
}

/* All of them together are larger than any arena. They are put where the engine keeps documents,
 * past its journal, which would take its time over them. */
PX_TEST(many_large_documents_hold_up_nobody)
{
    static char body[PX_DOC_BYTES_MAX];
    const char *text = MODBUS(",\"enabled\":false");
    px_documents *documents;
    char id[16];

    begin();
    documents = px_engine_documents(world.engine);
    snprintf(body, sizeof(body), "%*s", (int)sizeof(body) - 1, text);
    for (uint64_t i = 0; i < 5 * PX_CONNECTIONS_MAX; i++) {
        px_document document = {
            .tenant = 1, .revision = 1000 + i, .kind = PX_STR("connection"), .body = px_str_c(body)
        };

        snprintf(id, sizeof(id), "c%d", (int)i);
        document.id = px_str_c(id);
        CHECK_OK(px_documents_put(documents, &document, NULL, &err), &err);
    }
    px_documents_commit(documents);
    CHECK_OK(px_connections_start(connections, &err), &err);
    wait_for(id, PX_CONNECTION_OFF);
    end();
}

PX_TEST_MAIN()
