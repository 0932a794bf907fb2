/* SPDX-License-Identifier: Apache-2.0 */
/* Shared subscriptions: whose turn it is, who is away, who leaves; and how many there may be. */
#include <stdio.h>

#include "broker_kit.h"

enum { MEMBERS = 3 };

static const kit_connect_opts kept = { .expiry_s = 3600 }, plain = { .clean = true };

static void join_all(broker_kit *kit, kit_client *members, const char *filter,
                     const kit_connect_opts *opts)
{
    for (int i = 0; i < MEMBERS; i++) {
        char id[8];

        snprintf(id, sizeof(id), "m%d", i);
        CHECK_EQ(kit_connect(kit, &members[i], id, opts), PX_MQTT_SUCCESS);
        CHECK_EQ(kit_subscribe(kit, &members[i], filter, 1), 1);
    }
}

static void close_all(broker_kit *kit, kit_client *clients, size_t count)
{
    for (size_t i = 0; i < count; i++)
        kit_close(kit, &clients[i], false);
}

static void publish_some(broker_kit *kit, kit_client *from, int count)
{
    for (int i = 0; i < count; i++)
        CHECK_EQ(kit_publish(kit, from, "t", "x", 1, false), PX_MQTT_SUCCESS);
}

PX_TEST(members_take_turns)
{
    const kit_connect_opts *each[] = { &kept, &plain };

    for (int kind = 0; kind < 2; kind++) {
        static broker_kit kit;
        kit_client members[MEMBERS], from;

        kit_begin(&kit, 1);
        join_all(&kit, members, "$share/g/t", each[kind]);
        CHECK_EQ(kit_connect(&kit, &from, "from", &plain), PX_MQTT_SUCCESS);
        publish_some(&kit, &from, 2 * MEMBERS);
        for (int i = 0; i < MEMBERS; i++)
            CHECK_EQ(kit_delivered_count(&kit, &members[i]), 2);
        close_all(&kit, members, MEMBERS);
        kit_close(&kit, &from, false);
        kit_end(&kit);
    }
}

PX_TEST(who_is_away_is_passed_over_until_all_are)
{
    static broker_kit kit;
    kit_client members[MEMBERS], from, back;
    uint64_t kept_for = 0;

    kit_begin(&kit, 1);
    join_all(&kit, members, "$share/g/t", &kept);
    CHECK_EQ(kit_connect(&kit, &from, "from", &plain), PX_MQTT_SUCCESS);
    kit_close(&kit, &members[0], false);
    kit_close(&kit, &members[1], false);
    publish_some(&kit, &from, 4);
    CHECK_EQ(kit_delivered_count(&kit, &members[2]), 4);
    for (uint16_t id = 1; id <= 4; id++)
        kit_acked(&kit, &members[2], id, PX_MQTT_PUBACK);
    kit_wait_s(&kit, 1); /* the answers are journalled */
    kit_close(&kit, &members[2], false);
    publish_some(&kit, &from, 3); /* nobody is there: kept for one of them each */
    CHECK_EQ(px_broker_stat(kit.broker).queued, 3);
    for (int i = 0; i < MEMBERS; i++) {
        char id[8];

        snprintf(id, sizeof(id), "m%d", i);
        CHECK_EQ(kit_connect(&kit, &back, id, &kept), PX_MQTT_SUCCESS);
        kept_for += kit_delivered_count(&kit, &back);
        kit_close(&kit, &back, false);
    }
    CHECK_EQ(kept_for, 3);
    kit_close(&kit, &from, false);
    kit_end(&kit);
}

PX_TEST(who_leaves_gets_no_more_and_the_last_one_ends_the_group)
{
    static broker_kit kit;
    kit_client members[MEMBERS], from;

    kit_begin(&kit, 1);
    join_all(&kit, members, "$share/g/t", &plain);
    CHECK_EQ(kit_connect(&kit, &from, "from", &plain), PX_MQTT_SUCCESS);
    CHECK_EQ(kit_unsubscribe(&kit, &members[0], "$share/g/t"), PX_MQTT_SUCCESS);
    CHECK_EQ(kit_unsubscribe(&kit, &members[0], "$share/g/t"), PX_MQTT_NO_SUBSCRIPTION_EXISTED);
    kit_close(&kit, &members[1], false);
    publish_some(&kit, &from, 3);
    CHECK_EQ(kit_delivered_count(&kit, &members[0]), 0);
    CHECK_EQ(kit_delivered_count(&kit, &members[1]), 0);
    CHECK_EQ(kit_delivered_count(&kit, &members[2]), 3);
    kit_close(&kit, &members[2], false);
    CHECK_EQ(kit_publish(&kit, &from, "t", "x", 1, false), PX_MQTT_NO_MATCHING_SUBSCRIBERS);
    kit_close(&kit, &members[0], false);
    kit_close(&kit, &from, false);
    kit_end(&kit);
}

PX_TEST(a_session_in_two_groups_and_with_its_own_subscription_gets_all_three)
{
    static broker_kit kit;
    kit_client c, from;

    kit_begin(&kit, 1);
    CHECK_EQ(kit_connect(&kit, &c, "c", &kept), PX_MQTT_SUCCESS);
    CHECK_EQ(kit_subscribe(&kit, &c, "$share/g/t", 1), 1);
    CHECK_EQ(kit_subscribe(&kit, &c, "$share/h/t", 1), 1);
    CHECK_EQ(kit_subscribe(&kit, &c, "t", 1), 1);
    CHECK_EQ(kit_connect(&kit, &from, "from", &plain), PX_MQTT_SUCCESS);
    publish_some(&kit, &from, 1);
    CHECK_EQ(kit_delivered_count(&kit, &c), 3);
    kit_check_state(&kit, "with three copies");
    kit_close(&kit, &c, false);
    kit_close(&kit, &from, false);
    kit_end(&kit);
}

static bool may_not_t(const px_principal *who, px_str filter)
{
    (void)who;
    return !px_str_eq(filter, PX_STR("t"));
}

PX_TEST(a_right_that_is_lost_ends_the_part_in_a_shared_one_as_well)
{
    static broker_kit kit;
    kit_connect_opts opts = { .expiry_s = 3600, .may = may_not_t };
    kit_client c, from;

    kit_begin(&kit, 1);
    CHECK_EQ(kit_connect(&kit, &c, "c", &kept), PX_MQTT_SUCCESS);
    CHECK_EQ(kit_subscribe(&kit, &c, "$share/g/t", 1), 1);
    CHECK_EQ(kit_subscribe(&kit, &c, "t", 1), 1);
    CHECK_EQ(kit_subscribe(&kit, &c, "u", 1), 1);
    kit_close(&kit, &c, false);
    CHECK_EQ(kit_connect(&kit, &c, "c", &opts), PX_MQTT_SUCCESS);
    CHECK(kit_last(&kit, &c, KIT_ADMIT)->present);
    CHECK_EQ(kit_connect(&kit, &from, "from", &plain), PX_MQTT_SUCCESS);
    CHECK_EQ(kit_publish(&kit, &from, "t", "x", 1, false), PX_MQTT_NO_MATCHING_SUBSCRIBERS);
    CHECK_EQ(kit_publish(&kit, &from, "u", "x", 1, false), PX_MQTT_SUCCESS);
    CHECK_EQ(kit_delivered_count(&kit, &c), 1);
    kit_check_state(&kit, "without what it may not have");
    kit_close(&kit, &c, false);
    kit_close(&kit, &from, false);
    kit_end(&kit);
}

/* ---- limits ---- */

static px_status add(px_broker *b, uint64_t owner, px_str text, px_str share)
{
    px_filter_record f = { .text = text, .share = share };
    bool is_new;

    return pxi_filter_add(b, 1, owner, &f, &is_new, NULL);
}

PX_TEST(a_share_has_so_many_members_and_not_one_more)
{
    static broker_kit kit;
    const uint64_t most = PX_MQTT_SHARE_MEMBERS_MAX;
    px_str t = PX_STR("t"), g = PX_STR("g");

    kit_begin(&kit, 1);
    for (uint64_t owner = 1; owner <= most; owner++)
        CHECK_EQ(add(kit.broker, owner, t, g), PX_OK);
    CHECK_EQ(add(kit.broker, most + 1, t, g), PX_LIMIT);
    CHECK_EQ(add(kit.broker, 7, t, g), PX_OK);                     /* a change of one */
    CHECK_EQ(add(kit.broker, most + 1, t, PX_STR("h")), PX_OK);    /* another share */
    CHECK_EQ(add(kit.broker, PXI_OWNER_SESSION | 1, t, g), PX_OK); /* sessions count apart */
    CHECK(pxi_filter_remove(kit.broker, 1, PXI_OWNER_SESSION | 1, t, g));
    CHECK(pxi_filter_remove(kit.broker, 1, 7, t, g));
    CHECK_EQ(add(kit.broker, most + 1, t, g), PX_OK);
    kit_end(&kit);
}

PX_TEST(a_tenant_has_so_many_subscriptions_of_each_side_and_not_one_more)
{
    static broker_kit kit;
    const uint64_t most = PX_MQTT_TENANT_SUBSCRIPTIONS_MAX;
    px_str none = PX_STR("");

    kit_begin(&kit, 1);
    for (uint64_t owner = 1; owner < most; owner++) {
        char filter[24];

        snprintf(filter, sizeof(filter), "t/%llu", (unsigned long long)owner);
        CHECK_EQ(add(kit.broker, owner, px_str_c(filter), none), PX_OK);
    }
    CHECK_EQ(add(kit.broker, most, PX_STR("t"), PX_STR("g")), PX_OK);
    CHECK_EQ(add(kit.broker, most + 1, PX_STR("t"), none), PX_LIMIT);
    CHECK_EQ(add(kit.broker, most + 1, PX_STR("t"), PX_STR("g")), PX_LIMIT);
    CHECK_EQ(add(kit.broker, PXI_OWNER_SESSION | 1, PX_STR("t"), none), PX_OK);
    pxi_filters_drop(kit.broker, 1, most);
    pxi_filters_drop(kit.broker, 1, PXI_OWNER_SESSION | 1);
    CHECK_EQ(add(kit.broker, most + 1, PX_STR("t"), none), PX_OK);
    CHECK_EQ(add(kit.broker, most + 2, PX_STR("t"), none), PX_LIMIT);
    kit_end(&kit);
}

PX_TEST(a_session_has_so_many_subscriptions_shared_ones_too)
{
    static broker_kit kit;
    kit_client c;

    kit_begin(&kit, 1);
    CHECK_EQ(kit_connect(&kit, &c, "c", &kept), PX_MQTT_SUCCESS);
    for (int i = 0; i < PX_MQTT_SUBSCRIPTIONS_MAX; i++) {
        char filter[32];

        snprintf(filter, sizeof(filter), "$share/g/t/%d", i);
        CHECK_EQ(kit_subscribe(&kit, &c, filter, 1), 1);
        kit_forget_said(&kit);
    }
    CHECK_EQ(kit_subscribe(&kit, &c, "$share/g/more", 1), PX_MQTT_QUOTA_EXCEEDED);
    CHECK_EQ(kit_subscribe(&kit, &c, "more", 1), PX_MQTT_QUOTA_EXCEEDED);
    CHECK_EQ(kit_subscribe(&kit, &c, "$share/g/t/7", 2), 2); /* a change of one */
    kit_close(&kit, &c, false);
    kit_end(&kit);
}

PX_TEST_MAIN()
