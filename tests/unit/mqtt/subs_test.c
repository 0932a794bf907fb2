/* SPDX-License-Identifier: Apache-2.0 */
#include "mqtt/subs.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/limits.h"
#include "mqtt/topic.h"
#include "px_test.h"

static bool add(px_mqtt_subs *subs, const char *filter, uint64_t owner, uint8_t qos)
{
    px_err err;
    bool is_new = false;

    CHECK_OK(px_mqtt_subs_add(subs, px_str_c(filter), (px_mqtt_sub){ .owner = owner, .qos = qos },
                              &is_new, &err),
             &err);
    return is_new;
}

static size_t hits_of(px_mqtt_subs *subs, const char *topic, px_mqtt_hits *hits)
{
    px_err err;

    CHECK_OK(px_mqtt_subs_match(subs, px_str_c(topic), 0, hits, &err), &err);
    return hits->list.len;
}

PX_TEST(an_owner_is_hit_once_with_its_highest_qos)
{
    px_mqtt_subs *subs = px_mqtt_subs_new((px_mqtt_subs_opts){ 0 });
    px_mqtt_hits hits = { 0 };

    CHECK(add(subs, "a/+", 7, 0));
    CHECK(add(subs, "a/b", 7, 1));
    CHECK(add(subs, "#", 7, 0));
    CHECK(add(subs, "a/b", 3, 0));
    CHECK_EQ(hits_of(subs, "a/b", &hits), 2);
    CHECK_EQ(hits.list.ptr[0].owner, 3);
    CHECK_EQ(hits.list.ptr[0].qos, 0);
    CHECK_EQ(hits.list.ptr[1].owner, 7);
    CHECK_EQ(hits.list.ptr[1].qos, 1);
    px_mqtt_hits_release(&hits);
    px_mqtt_subs_free(subs);
}

PX_TEST(a_second_subscription_replaces_the_first)
{
    px_mqtt_subs *subs = px_mqtt_subs_new((px_mqtt_subs_opts){ 0 });
    px_mqtt_hits hits = { 0 };

    CHECK(add(subs, "a", 1, 1));
    CHECK(!add(subs, "a", 1, 0));
    CHECK_EQ(px_mqtt_subs_count(subs), 1);
    CHECK_EQ(hits_of(subs, "a", &hits), 1);
    CHECK_EQ(hits.list.ptr[0].qos, 0);
    CHECK(px_mqtt_subs_remove(subs, PX_STR("a"), 1));
    CHECK(!px_mqtt_subs_remove(subs, PX_STR("a"), 1));
    CHECK_EQ(hits_of(subs, "a", &hits), 0);
    px_mqtt_hits_release(&hits);
    px_mqtt_subs_free(subs);
}

PX_TEST(limits_hold_for_one_owner_and_for_all)
{
    px_mqtt_subs *subs =
        px_mqtt_subs_new((px_mqtt_subs_opts){ .per_owner_max = 2, .in_all_max = 3 });
    bool is_new;
    px_err err;

    CHECK(add(subs, "a", 1, 0));
    CHECK(add(subs, "b", 1, 0));
    CHECK_EQ(px_mqtt_subs_add(subs, PX_STR("c"), (px_mqtt_sub){ .owner = 1 }, &is_new, &err),
             PX_LIMIT);
    CHECK_STR(err.id, "mqtt.subscriptions");
    CHECK(!add(subs, "a", 1, 1)); /* a change needs no room */
    CHECK(add(subs, "c", 2, 0));
    CHECK_EQ(px_mqtt_subs_add(subs, PX_STR("d"), (px_mqtt_sub){ .owner = 2 }, &is_new, &err),
             PX_LIMIT);
    CHECK_STR(err.id, "mqtt.tenant_subscriptions");
    CHECK_EQ(px_mqtt_subs_drop(subs, 1), 2);
    CHECK(add(subs, "d", 2, 0));
    px_mqtt_subs_free(subs);
}

PX_TEST(the_default_limit_holds_at_the_number_and_not_one_past_it)
{
    px_mqtt_subs *subs = px_mqtt_subs_new((px_mqtt_subs_opts){ 0 });
    char filter[16];
    bool is_new;

    for (unsigned i = 0; i < PX_MQTT_SUBSCRIPTIONS_MAX; i++) {
        snprintf(filter, sizeof(filter), "x/%u", i);
        CHECK(add(subs, filter, 1, 0));
    }
    CHECK_EQ(px_mqtt_subs_add(subs, PX_STR("y"), (px_mqtt_sub){ .owner = 1 }, &is_new, NULL),
             PX_LIMIT);
    CHECK_EQ(px_mqtt_subs_drop(subs, 1), PX_MQTT_SUBSCRIPTIONS_MAX);
    CHECK_EQ(px_mqtt_subs_count(subs), 0);
    px_mqtt_subs_free(subs);
}

/* Each of them looks for its own entry when it comes and when it goes; walking through all of the
 * filter's would be ten thousand million steps. */
PX_TEST(all_owners_of_a_tenant_may_have_the_same_filter)
{
    enum { OWNERS = PX_MQTT_TENANT_SUBSCRIPTIONS_MAX };
    px_mqtt_subs *subs = px_mqtt_subs_new((px_mqtt_subs_opts){ 0 });
    px_mqtt_hits hits = { 0 };

    for (uint64_t owner = 1; owner <= OWNERS; owner++)
        CHECK(add(subs, "line/+/state", owner, 1));
    for (uint64_t owner = 1; owner <= OWNERS; owner++)
        CHECK(!add(subs, "line/+/state", owner, 0));
    CHECK_EQ(hits_of(subs, "line/1/state", &hits), OWNERS);
    CHECK_EQ(hits.list.ptr[OWNERS - 1].owner, OWNERS);
    for (uint64_t owner = 1; owner <= OWNERS; owner += 2)
        CHECK(px_mqtt_subs_remove(subs, PX_STR("line/+/state"), owner));
    CHECK_EQ(hits_of(subs, "line/1/state", &hits), OWNERS / 2);
    CHECK_EQ(hits.list.ptr[0].owner, 2);
    for (uint64_t owner = 2; owner <= OWNERS; owner += 2)
        CHECK_EQ(px_mqtt_subs_drop(subs, owner), 1);
    CHECK_EQ(px_mqtt_subs_count(subs), 0);
    CHECK_EQ(hits_of(subs, "line/1/state", &hits), 0);
    px_mqtt_hits_release(&hits);
    px_mqtt_subs_free(subs);
}

PX_TEST(a_failed_request_for_memory_leaves_the_index_as_it_was)
{
    px_mqtt_subs *subs = px_mqtt_subs_new((px_mqtt_subs_opts){ 0 });
    px_mqtt_hits hits = { 0 };
    bool is_new;
    px_status status = PX_NO_MEMORY;

    CHECK(add(subs, "a/b", 1, 0));
    for (uint64_t n = 1; status != PX_OK; n++) {
        px_mem_fail_nth(n);
        status =
            px_mqtt_subs_add(subs, PX_STR("a/c/d/e"), (px_mqtt_sub){ .owner = 2 }, &is_new, NULL);
        px_mem_fail_nth(0);
        CHECK(status == PX_OK || status == PX_NO_MEMORY);
        CHECK_EQ(px_mqtt_subs_count(subs), status == PX_OK ? 2 : 1);
        CHECK_EQ(px_mqtt_subs_count_of(subs, 2), status == PX_OK ? 1 : 0);
    }
    CHECK_EQ(hits_of(subs, "a/c/d/e", &hits), 1);
    CHECK_EQ(hits_of(subs, "a/b", &hits), 1);
    px_mqtt_hits_release(&hits);
    px_mqtt_subs_free(subs);
}

enum { MODEL_MAX = 200 };

typedef struct model {
    struct {
        char filter[32];
        uint64_t owner;
    } rows[MODEL_MAX];
    size_t count;
} model;

/* Few names, many wildcards: so that filters and topics meet. */
static void make(px_gen *gen, bool wild, char *out, size_t size)
{
    static const char *const names[] = { "a", "b", "", "$s", "+", "#" };
    uint64_t levels = px_gen_below(gen, 4) + 1;
    px_buf buf;

    px_buf_init(&buf, size - 1);
    for (uint64_t i = 0; i < levels; i++) {
        uint64_t pick = px_gen_below(gen, wild ? 6 : 4);

        if (i)
            px_put_char(&buf, '/');
        px_put_c(&buf, names[pick]);
        if (pick == 5)
            break;
    }
    if (buf.len == 0)
        px_put_c(&buf, "a");
    memcpy(out, buf.ptr, buf.len + 1);
    px_buf_release(&buf);
}

static void model_drop(model *m, size_t at)
{
    m->rows[at] = m->rows[--m->count];
}

static size_t model_find(const model *m, const char *filter, uint64_t owner)
{
    for (size_t i = 0; i < m->count; i++)
        if (m->rows[i].owner == owner && strcmp(m->rows[i].filter, filter) == 0)
            return i;
    return SIZE_MAX;
}

static void check_topic(px_mqtt_subs *subs, const model *m, const char *topic)
{
    px_mqtt_hits hits = { 0 };
    size_t wanted = 0;

    hits_of(subs, topic, &hits);
    for (uint64_t owner = 0; owner < 5; owner++) {
        bool selected = false, hit = false;

        for (size_t i = 0; i < m->count; i++)
            selected =
                selected || (m->rows[i].owner == owner &&
                             px_mqtt_filter_matches(px_str_c(m->rows[i].filter), px_str_c(topic)));
        PX_VEC_EACH (&hits.list, sub) {
            hit = hit || sub->owner == owner;
        }
        CHECK_EQ(hit, selected);
        wanted += selected;
    }
    CHECK_EQ(hits.list.len, wanted);
    px_mqtt_hits_release(&hits);
}

PX_PROP(the_index_agrees_with_trying_every_filter, 200)
{
    px_mqtt_subs *subs = px_mqtt_subs_new((px_mqtt_subs_opts){ 0 });
    model m = { 0 };
    char text[32];

    for (int i = 0; i < 150; i++) {
        uint64_t owner = px_gen_below(gen, 5), act = px_gen_below(gen, 10);
        size_t at;

        make(gen, true, text, sizeof(text));
        at = model_find(&m, text, owner);
        if (act < 5) {
            CHECK_EQ(add(subs, text, owner, 0), at == SIZE_MAX);
            if (at == SIZE_MAX) {
                memcpy(m.rows[m.count].filter, text, sizeof(text));
                m.rows[m.count++].owner = owner;
            }
        } else if (act < 7) {
            CHECK_EQ(px_mqtt_subs_remove(subs, px_str_c(text), owner), at != SIZE_MAX);
            if (at != SIZE_MAX)
                model_drop(&m, at);
        } else if (act == 7 && px_gen_below(gen, 8) == 0) {
            px_mqtt_subs_drop(subs, owner);
            for (size_t k = m.count; k-- > 0;)
                if (m.rows[k].owner == owner)
                    model_drop(&m, k);
        } else {
            make(gen, false, text, sizeof(text));
            check_topic(subs, &m, text);
        }
        CHECK_EQ(px_mqtt_subs_count(subs), m.count);
    }
    px_mqtt_subs_free(subs);
}

PX_TEST_MAIN()
