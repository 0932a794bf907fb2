/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of messages between the other side and a commit. */
#include <stdatomic.h>
#include <stdio.h>

#include "base/limits.h"
#include "outbound/link_inner.h"
#include "px_test.h"
#include "px_world.h"

static px_world world;
static px_bindings *bindings;
static px_rejects *rejects;
static px_connections *connections;
static pxi_link *link;
static px_err err;

#define PRESS(n, type)                                                                             \
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:test:Press;" n                           \
    "\",\"@type\":\"Interface\",\"contents\":[{\"@type\":\"Property\",\"name\":\"a\",\"schema\":"  \
    "\"" type "\"}]}"

static void write_document(const char *kind, const char *id, const char *body)
{
    px_document_write write = { .kind = px_str_c(kind),
                                .id = px_str_c(id),
                                .body = px_str_c(body) };
    px_request request = { .kind = PX_REQUEST_DOCUMENTS, .documents = &write, .document_count = 1 };

    CHECK_EQ(px_world_do(&world, &request).status, PX_OK);
}

static void put(const char *twin, const char *model)
{
    char text[128];

    snprintf(text, sizeof(text), "{\"$metadata\":{\"$model\":\"dtmi:test:Press;%s\"}}", model);
    CHECK_EQ(px_world_put(&world, twin, text).status, PX_OK);
}

static void begin(void)
{
    px_connections_opts opts = { 0 };
    px_document document = { .tenant = 1,
                             .no = 1000,
                             .revision = 1,
                             .id = PX_STR("plant"),
                             .body = PX_STR("{\"type\":\"mqtt\",\"host\":\"h\",\"clientId\":\"c\","
                                            "\"topics\":[{\"filter\":\"#\"}]}") };

    px_world_init(&world, 1);
    CHECK_EQ(px_world_model(&world, "[" PRESS("1", "double") "," PRESS("2", "double") "," PRESS(
                                        "3", "string") "]")
                 .status,
             PX_OK);
    put("p", "1");
    write_document("binding", "presses",
                   "{\"source\":{\"connection\":\"plant\",\"topic\":\"{twin}\"},\"twin\":"
                   "\"{twin}\",\"fields\":[{\"from\":\"/a\",\"to\":\"a\"}]}");
    CHECK_OK(px_bindings_new(px_engine_documents(world.engine), NULL, &bindings, &err), &err);
    rejects = px_rejects_new();
    CHECK(rejects != NULL);
    opts.engine = world.engine;
    opts.bindings = bindings;
    opts.rejects = rejects;
    CHECK_OK(px_connections_open(&opts, &connections, &err), &err);
    link = pxi_link_new(connections, &document);
    CHECK(link != NULL);
}

static void end(void)
{
    pxi_link_free(link);
    px_connections_close(connections);
    px_bindings_free(bindings);
    px_rejects_free(rejects);
    px_world_release(&world);
}

static void take(const char *topic, const char *payload)
{
    CHECK_OK(pxi_take_message(link, px_str_c(topic), px_str_c(payload), PX_TIME_NONE, &err), &err);
}

/* ---- settling, beside the engine, which this thread steps ---- */

typedef struct settling {
    px_status status;
    px_err err;
    _Atomic bool is_over;
} settling;

static void *run_settle(void *data)
{
    settling *s = data;

    s->status = pxi_take_settle(link, &s->err);
    atomic_store(&s->is_over, true);
    return NULL;
}

static px_status settle(void)
{
    settling s = { 0 };
    pthread_t thread;

    CHECK_EQ(pthread_create(&thread, NULL, run_settle, &s), 0);
    while (!atomic_load(&s.is_over))
        px_engine_step(world.engine);
    pthread_join(thread, NULL);
    err = s.err;
    return s.status;
}

static uint64_t count(const char *what)
{
#define X(name, meaning)                                                                           \
    if (strcmp(what, #name) == 0)                                                                  \
        return atomic_load(&link->counters.name);
    PX_CONNECTION_STATS_MAP(X)
#undef X
    return UINT64_MAX;
}

PX_TEST(a_twin_that_gets_another_model_meanwhile_gets_its_value)
{
    begin();
    take("p", "{\"a\":1}");
    put("p", "2");
    CHECK_OK(settle(), &err);
    CHECK_STR(px_world_value(&world, "p", "a"), "1");
    CHECK_EQ(count("values"), 1);
    CHECK_EQ(count("messages"), 1);
    CHECK_EQ(px_rejects_count(rejects), 0);
    end();
}

PX_TEST(what_the_other_model_does_not_take_is_a_reject)
{
    begin();
    take("p", "{\"a\":1}");
    put("p", "3");
    CHECK_OK(settle(), &err);
    CHECK_EQ(count("values"), 0);
    CHECK_EQ(count("rejected"), 1);
    CHECK_EQ(px_rejects_count(rejects), 1);
    end();
}

/* The older one would stand behind the newer one. */
PX_TEST(what_a_later_message_of_its_topic_overtook_is_sent_again_by_the_other_side)
{
    begin();
    take("p", "{\"a\":1}");
    put("p", "2");
    take("p", "{\"a\":2}");
    CHECK_EQ(settle(), PX_STALE);
    CHECK_STR(err.id, "sync.model_changed");
    CHECK_EQ(px_rejects_count(rejects), 0);
    take("p", "{\"a\":1}");
    take("p", "{\"a\":2}");
    CHECK_OK(settle(), &err);
    CHECK_STR(px_world_value(&world, "p", "a"), "2");
    end();
}

/* Each time that it comes again it would be kept once more. */
PX_TEST(what_is_to_come_again_is_no_reject_yet)
{
    begin();
    take("nobody", "{\"a\":1}");
    take("p", "{\"a\":1}");
    put("p", "2");
    take("p", "{\"a\":2}");
    CHECK_EQ(settle(), PX_STALE);
    CHECK_EQ(px_rejects_count(rejects), 0);
    take("nobody", "{\"a\":1}");
    CHECK_OK(settle(), &err);
    CHECK_EQ(px_rejects_count(rejects), 1);
    CHECK_EQ(count("rejected"), 1);
    end();
}

static int waits;
static px_status outcome;

/* Who waits is told at once what the test wants. */
static void note_wanted(void *data)
{
    (void)data;
    waits++;
    px_rejects_give_up(rejects, outcome);
}

PX_TEST(what_is_kept_is_saved_before_its_message_is_acknowledged)
{
    begin();
    px_rejects_loaded(rejects, note_wanted, NULL);
    outcome = PX_FULL;
    take("p", "{\"a\":1}");
    CHECK_OK(settle(), &err);
    CHECK_OK(pxi_take_saved(link, &err), &err); /* nothing was refused */
    CHECK_EQ(waits, 0);
    take("nobody", "{\"a\":1}");
    CHECK_OK(settle(), &err);
    CHECK_EQ(pxi_take_saved(link, &err), PX_FULL);
    CHECK_STR(err.id, "reject.unsaved");
    take("nobody", "{\"a\":1}"); /* comes again */
    CHECK_OK(settle(), &err);
    outcome = PX_OK;
    CHECK_OK(pxi_take_saved(link, &err), &err);
    CHECK_EQ(waits, 2);
    px_rejects_unkept(rejects);
    end();
}

/* The binding of the others takes topics of one level. */
PX_TEST(the_last_topic_that_no_binding_took_is_told)
{
    char longest[PX_TOPIC_BYTES_MAX + 1] = "a/";

    begin();
    CHECK_STR(link->status.unbound_topic, "");
    take("plant/else", "{}");
    CHECK_STR(link->status.unbound_topic, "plant/else");
    memset(longest + 2, 'x', sizeof(longest) - 3);
    take(longest, "{}");
    CHECK_STR(link->status.unbound_topic, longest);
    take("a/b", "{}");
    take("p", "{\"a\":1}");
    CHECK_STR(link->status.unbound_topic, "a/b");
    CHECK_EQ(count("unbound"), 3);
    CHECK_OK(settle(), &err);
    end();
}

PX_TEST_MAIN()
