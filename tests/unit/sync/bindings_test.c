/* SPDX-License-Identifier: Apache-2.0 */
/* The compiled bindings follow their documents, whoever holds one meanwhile. */
#include "sync/bindings.h"

#include <stdio.h>

#include "px_test.h"

static px_documents *documents;
static px_bindings *bindings;
static px_arena arena;
static px_err err;
static uint64_t seq;

static void begin(void)
{
    seq = 0;
    px_arena_init(&arena, 16 << 20);
    CHECK_OK(px_documents_new(&documents, &err), &err);
    CHECK_OK(px_bindings_new(documents, NULL, &bindings, &err), &err);
}

static void end(void)
{
    px_bindings_free(bindings);
    px_documents_free(documents);
    px_arena_release(&arena);
}

static void put(uint32_t tenant, const char *kind, const char *id, const char *body)
{
    px_document document = { .tenant = tenant,
                             .revision = ++seq,
                             .kind = px_str_c(kind),
                             .id = px_str_c(id),
                             .body = px_str_c(body) };

    CHECK_OK(px_documents_put(documents, &document, NULL, &err), &err);
    px_documents_commit(documents);
}

/* Names of those that take the topic. */
static const char *taken_by(uint32_t tenant, const char *topic)
{
    static char told[256];
    const px_binding **list;
    size_t count, len = 0;

    CHECK_OK(px_bindings_of_topic(bindings, tenant, px_str_c(topic), &arena, &list, &count, &err),
             &err);
    told[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        len += (size_t)snprintf(told + len, sizeof(told) - len, "%s%.*s", i ? " " : "",
                                PX_FMT(px_binding_name(list[i])));
        px_bindings_let_go(list[i]);
    }
    return told;
}

PX_TEST(those_that_take_a_topic_are_found_and_no_others)
{
    begin();
    CHECK(!px_bindings_may_take(bindings, 1));
    put(1, "binding", "a", "{\"source\":{\"mqtt\":\"f/{x}\"}}");
    CHECK(px_bindings_may_take(bindings, 1));
    CHECK(!px_bindings_may_take(bindings, 65)); /* shares its place in the table of quiet ones */
    put(1, "binding", "b", "{\"source\":{\"mqtt\":\"f/#\"}}");
    put(1, "binding", "c", "{\"source\":{\"mqtt\":\"f/#\"},\"enabled\":false}");
    put(1, "binding", "d", "{\"source\":{\"http\":true}}");
    put(2, "binding", "e", "{\"source\":{\"mqtt\":\"f/#\"}}");
    CHECK_STR(taken_by(1, "f/1"), "a b");
    CHECK_STR(taken_by(1, "f/1/2"), "b");
    CHECK_STR(taken_by(2, "f/1"), "e");
    CHECK_STR(taken_by(3, "f/1"), "");
    end();
}

PX_TEST(metrics_go_to_bindings_of_their_node_or_device)
{
    static const char *const cases[][2] = {
        { "plant/edge", "a c" }, { "plant/edge/press", "b" }, { "hall/edge", "c" }, { "plant", "" }
    };

    begin();
    put(1, "binding", "a", "{\"source\":{\"sparkplug\":\"plant/{node}\"}}");
    put(1, "binding", "b", "{\"source\":{\"sparkplug\":\"plant/+/press\"}}");
    put(1, "binding", "c", "{\"source\":{\"sparkplug\":\"+/edge\"}}");
    put(1, "binding", "d", "{\"source\":{\"sparkplug\":\"+/edge\"},\"enabled\":false}");
    put(1, "binding", "e", "{\"source\":{\"mqtt\":\"#\"}}");
    put(2, "binding", "f", "{\"source\":{\"sparkplug\":\"+/edge\"}}");
    CHECK_STR(taken_by(1, "plant/edge"), "e"); /* a plain topic of the same words */
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char told[16] = "";
        const px_binding **list;
        size_t count;

        CHECK_OK(px_bindings_of_sparkplug(bindings, 1, px_str_c(cases[i][0]), &arena, &list, &count,
                                          &err),
                 &err);
        for (size_t k = 0; k < count; k++) {
            snprintf(told + strlen(told), sizeof(told) - strlen(told), "%s%.*s", k ? " " : "",
                     PX_FMT(px_binding_name(list[k])));
            px_bindings_let_go(list[k]);
        }
        CHECK_STR(told, cases[i][1]);
    }
    end();
}

PX_TEST(what_a_connection_brings_goes_to_bindings_that_name_it)
{
    static const struct {
        const char *connection, *topic, *taken;
    } cases[] = { { "plant", "f/1", "b c" },
                  { "plant", "g/1", "b" },
                  { "plant", "", "b" },
                  { "mill", "f/1", "d" },
                  { "none", "f/1", "" } };

    begin();
    put(1, "binding", "a", "{\"source\":{\"mqtt\":\"f/{x}\"}}");
    put(1, "binding", "b", "{\"source\":{\"connection\":\"plant\"}}");
    put(1, "binding", "c", "{\"source\":{\"connection\":\"plant\",\"topic\":\"f/{x}\"}}");
    put(1, "binding", "d", "{\"source\":{\"connection\":\"mill\",\"topic\":\"f/{x}\"}}");
    CHECK_STR(taken_by(1, "f/1"), "a"); /* clients of this server are no connection */
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char told[16] = "";
        const px_binding **list;
        size_t count;

        CHECK_OK(px_bindings_of_connection(bindings, 1, px_str_c(cases[i].connection),
                                           px_str_c(cases[i].topic), &arena, &list, &count, &err),
                 &err);
        for (size_t k = 0; k < count; k++) {
            snprintf(told + strlen(told), sizeof(told) - strlen(told), "%s%.*s", k ? " " : "",
                     PX_FMT(px_binding_name(list[k])));
            px_bindings_let_go(list[k]);
        }
        CHECK_STR(told, cases[i].taken);
    }
    end();
}

PX_TEST(a_changed_document_counts_at_once_and_an_unchanged_one_keeps_its_figures)
{
    px_binding_stats more = { .messages = 3 };
    const px_binding *binding;

    begin();
    put(1, "binding", "a", "{\"source\":{\"mqtt\":\"f\"}}");
    CHECK_OK(px_bindings_find(bindings, 1, PX_STR("a"), &binding, &err), &err);
    px_bindings_count(binding, &more);
    px_bindings_let_go(binding);
    put(1, "device", "x", "{}");
    CHECK_OK(px_bindings_find(bindings, 1, PX_STR("a"), &binding, &err), &err);
    CHECK_EQ(px_bindings_stat(binding).messages, 3);
    px_bindings_let_go(binding);
    put(1, "binding", "a", "{\"source\":{\"mqtt\":\"g\"}}");
    CHECK_STR(taken_by(1, "f"), "");
    CHECK_STR(taken_by(1, "g"), "a");
    CHECK_EQ(px_bindings_stat_all(bindings).messages, 3);
    end();
}

PX_TEST(one_that_is_held_outlives_its_document)
{
    const px_binding *binding;

    begin();
    put(1, "binding", "a", "{\"source\":{\"mqtt\":\"f\"}}");
    CHECK_OK(px_bindings_find(bindings, 1, PX_STR("a"), &binding, &err), &err);
    CHECK_OK(px_documents_delete(documents, 1, PX_STR("binding"), PX_STR("a"), ++seq, &err), &err);
    px_documents_commit(documents);
    CHECK_STR(taken_by(1, "f"), "");
    CHECK(!px_bindings_may_take(bindings, 1));
    CHECK_SLICE(px_binding_name(binding), "a");
    px_bindings_let_go(binding);
    CHECK_EQ(px_bindings_find(bindings, 1, PX_STR("a"), &binding, &err), PX_NOT_FOUND);
    end();
}

PX_TEST(a_document_that_does_not_compile_is_passed_over_and_counted)
{
    begin();
    put(1, "binding", "a", "{\"source\":{\"mqtt\":\"f\"},\"new\":1}");
    put(1, "binding", "b", "{\"source\":{\"mqtt\":\"f\"}}");
    CHECK_STR(taken_by(1, "f"), "b");
    CHECK_EQ(px_bindings_broken(bindings), 1);
    end();
}

PX_TEST_MAIN()
