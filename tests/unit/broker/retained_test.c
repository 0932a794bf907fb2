/* SPDX-License-Identifier: Apache-2.0 */
/* The tree of retained topics, against looking at each topic. */
#include <stdio.h>

#include "base/mem.h"
#include "broker/retained.h"
#include "mqtt/topic.h"
#include "px_test.h"

enum { TOPICS = 64, TEXT_MAX = 48 };

typedef struct found {
    size_t count;
    bool seen[TOPICS];
} found;

static px_status note(void *data, uint32_t number, px_err *ret_err)
{
    found *f = data;

    (void)ret_err;
    CHECK(number < TOPICS);
    CHECK(!f->seen[number]); /* each once */
    f->seen[number] = true;
    f->count++;
    return PX_OK;
}

static void make(px_gen *gen, bool wild, char *out, size_t size)
{
    static const char *const words[] = { "a", "b", "", "$SYS", "+", "#" };
    uint64_t levels = px_gen_below(gen, 4) + 1;
    size_t len = 0;

    for (uint64_t i = 0; i < levels; i++) {
        uint64_t pick = px_gen_below(gen, wild ? 6 : 4);

        len += (size_t)snprintf(out + len, size - len, "%s%s", i ? "/" : "", words[pick]);
        if (pick == 5)
            break;
    }
    if (len == 0)
        snprintf(out, size, "a");
}

typedef struct naive {
    char topics[TOPICS][TEXT_MAX];
    bool there[TOPICS];
} naive;

static void check_walk(const px_retained *r, const naive *n, const char *filter)
{
    found f = { 0 };
    px_err err;

    CHECK_OK(px_retained_walk(r, px_str_c(filter), note, &f, &err), &err);
    for (size_t i = 0; i < TOPICS; i++) {
        bool wanted =
            n->there[i] && px_mqtt_filter_matches(px_str_c(filter), px_str_c(n->topics[i]));

        if (f.seen[i] != wanted)
            print_error("filter '%s', topic '%s'\n", filter, n->topics[i]);
        CHECK_EQ(f.seen[i], wanted);
    }
}

static size_t place_of(naive *n, const char *topic)
{
    size_t free_place = TOPICS;

    for (size_t i = 0; i < TOPICS; i++) {
        if (n->there[i] && strcmp(n->topics[i], topic) == 0)
            return i;
        if (!n->there[i])
            free_place = i;
    }
    return free_place;
}

PX_PROP(a_walk_finds_what_a_look_at_each_topic_finds, 60)
{
    px_retained *r = px_retained_new();
    static naive n;
    size_t count = 0;
    px_err err;

    memset(&n, 0, sizeof(n));
    CHECK(r != NULL);
    for (int act = 0; act < 200; act++) {
        char text[TEXT_MAX];
        uint32_t was;
        size_t at;

        make(gen, false, text, sizeof(text));
        at = place_of(&n, text);
        if (at == TOPICS)
            continue;
        if (px_gen_below(gen, 3) == 0) {
            CHECK_EQ(px_retained_remove(r, px_str_c(text)),
                     n.there[at] ? (uint32_t)at : UINT32_MAX);
            count -= n.there[at];
            n.there[at] = false;
        } else {
            CHECK_OK(px_retained_put(r, px_str_c(text), (uint32_t)at, &was, &err), &err);
            CHECK_EQ(was, n.there[at] ? (uint32_t)at : UINT32_MAX);
            count += !n.there[at];
            n.there[at] = true;
            snprintf(n.topics[at], TEXT_MAX, "%s", text);
        }
        CHECK_EQ(px_retained_count(r), count);
        CHECK_EQ(px_retained_get(r, px_str_c(text)), n.there[at] ? (uint32_t)at : UINT32_MAX);
        make(gen, true, text, sizeof(text));
        if (px_mqtt_filter_check(px_str_c(text)) == PX_MQTT_SUCCESS)
            check_walk(r, &n, text);
    }
    px_retained_free(r);
}

static px_status stop(void *data, uint32_t number, px_err *ret_err)
{
    (void)number;
    ++*(int *)data;
    return px_fail(ret_err, PX_LIMIT, "enough");
}

PX_TEST(a_walk_ends_with_the_status_that_ends_it)
{
    px_retained *r = px_retained_new();
    uint32_t was;
    int calls = 0;
    px_err err;

    CHECK(r != NULL);
    CHECK_OK(px_retained_put(r, PX_STR("a"), 1, &was, &err), &err);
    CHECK_OK(px_retained_put(r, PX_STR("b"), 2, &was, &err), &err);
    CHECK_EQ(px_retained_walk(r, PX_STR("#"), stop, &calls, &err), PX_LIMIT);
    CHECK_EQ(calls, 1);
    px_retained_free(r);
}

PX_TEST(the_deepest_topic_is_kept_and_found)
{
    px_retained *r = px_retained_new();
    char topic[2 * PX_TOPIC_LEVELS_MAX];
    found f = { 0 };
    uint32_t was;
    px_err err;

    CHECK(r != NULL);
    for (size_t i = 0; i < sizeof(topic) - 1; i++)
        topic[i] = i % 2 ? '/' : 'x';
    topic[sizeof(topic) - 1] = '\0';
    CHECK_EQ(px_mqtt_topic_check(px_str_c(topic)), PX_MQTT_SUCCESS);
    CHECK_OK(px_retained_put(r, px_str_c(topic), 5, &was, &err), &err);
    CHECK_OK(px_retained_walk(r, PX_STR("x/#"), note, &f, &err), &err);
    CHECK_EQ(f.count, 1);
    CHECK_EQ(px_retained_remove(r, px_str_c(topic)), 5);
    CHECK_EQ(px_retained_count(r), 0);
    px_retained_free(r);
}

PX_TEST(want_of_memory_leaves_the_tree_as_it_was)
{
    for (uint64_t nth = 1;; nth++) {
        px_retained *r = px_retained_new();
        uint32_t was;
        px_status status;
        px_err err;

        CHECK(r != NULL);
        CHECK_OK(px_retained_put(r, PX_STR("a/b"), 1, &was, &err), &err);
        px_mem_fail_nth(nth);
        status = px_retained_put(r, PX_STR("a/c/d/e"), 2, &was, &err);
        px_mem_fail_nth(0);
        CHECK_EQ(px_retained_get(r, PX_STR("a/b")), 1);
        CHECK_EQ(px_retained_get(r, PX_STR("a/c/d/e")), status == PX_OK ? 2 : UINT32_MAX);
        CHECK_EQ(px_retained_count(r), status == PX_OK ? 2 : 1);
        px_retained_free(r);
        if (status == PX_OK)
            return;
        CHECK_EQ(status, PX_NO_MEMORY);
        CHECK(nth < 1000);
    }
}

PX_TEST_MAIN()
