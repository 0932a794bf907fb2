/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/presence.h"

#include <stdio.h>

#include "base/mem.h"
#include "px_test.h"

static px_presence_peer peer(px_time now, const char *address, const char *reason)
{
    return (px_presence_peer){ now, address, reason, 5 };
}

PX_TEST(a_device_is_seen_with_its_connections_and_messages)
{
    px_presence *p = px_presence_new(4, 1);
    px_presence_peer in = peer(10, "10.0.0.1:5", ""), out = peer(30, "10.0.0.1:5", "normal");
    px_presence_row *one, *two;
    px_presence_facts f;

    CHECK_EQ(px_presence_since(p), 1);
    CHECK(!px_presence_read(p, 7, &f));
    one = px_presence_connected(p, 1, 7, &in);
    two = px_presence_connected(p, 1, 7, &in);
    CHECK(one != NULL && one == two);
    CHECK(px_presence_read(p, 7, &f));
    CHECK_EQ(f.connections, 2);
    CHECK_EQ(f.seen, 10);
    px_presence_tick(p, one, 15);
    px_presence_message(one, 100);
    px_presence_message(NULL, 100);
    px_presence_tick(p, one, 20);
    px_presence_tick(p, one, 25); /* nothing came since */
    px_presence_rejected(p, 1, 7, 26);
    px_presence_ended(p, one, &out);
    px_presence_ended(p, two, &out);
    CHECK(px_presence_read(p, 7, &f));
    CHECK_EQ(f.seen, 20);
    CHECK_EQ(f.connections, 0);
    CHECK_EQ(f.connects, 2);
    CHECK_EQ(f.messages, 1);
    CHECK_EQ(f.bytes, 100);
    CHECK_EQ(f.rejects, 1);
    CHECK_EQ(f.log_count, 4);
    CHECK_STR(px_presence_event_name(f.log[0].event), "ended");
    CHECK_STR(f.log[0].reason, "normal");
    CHECK_STR(px_presence_event_name(f.log[3].event), "connected");
    px_presence_free(p);
}

PX_TEST(a_log_keeps_its_newest_entries)
{
    px_presence *p = px_presence_new(4, 0);
    px_presence_facts f;

    for (int i = 0; i <= PX_DEVICE_LOG_MAX; i++) {
        px_presence_peer in = peer(i, "a:1", "");
        px_presence_peer out = peer(i, "a:1", "lost");

        if (i == PX_DEVICE_LOG_MAX)
            break;
        if (i % 2 == 0)
            px_presence_ended(p, px_presence_connected(p, 1, 1, &in), &out);
        CHECK(px_presence_read(p, 1, &f));
        CHECK_EQ(f.log_count, (size_t)(i / 2 + 1) * 2);
    }
    CHECK_EQ(f.log_count, PX_DEVICE_LOG_MAX);
    CHECK_EQ(f.log[PX_DEVICE_LOG_MAX - 1].time, 0);
    px_presence_ended(p, px_presence_connected(p, 1, 1, &(px_presence_peer){ 99, "a:1", "", 4 }),
                      &(px_presence_peer){ 100, "a:1", "lost", 4 });
    CHECK(px_presence_read(p, 1, &f));
    CHECK_EQ(f.log_count, PX_DEVICE_LOG_MAX);
    CHECK_EQ(f.log[0].time, 100);
    CHECK_EQ(f.log[1].time, 99);
    CHECK_EQ(f.log[PX_DEVICE_LOG_MAX - 1].time, 2); /* the first two made room */
    CHECK_EQ(f.connects, PX_DEVICE_LOG_MAX / 2 + 1);
    px_presence_free(p);
}

PX_TEST(the_same_refusal_again_and_again_is_one_entry)
{
    px_presence *p = px_presence_new(4, 0);
    px_presence_facts f;

    for (int i = 0; i < 1000; i++) {
        char address[32];
        px_presence_peer in = peer(i, address, "device.disabled");

        snprintf(address, sizeof(address), "10.0.0.1:%d", i);
        px_presence_refused(p, 1, 1, &in);
    }
    px_presence_refused(p, 1, 1, &(px_presence_peer){ 1000, "10.0.0.11:1", "device.disabled", 5 });
    px_presence_refused(p, 1, 1, &(px_presence_peer){ 1001, "[::1]:1", "device.disabled", 5 });
    px_presence_refused(p, 1, 1, &(px_presence_peer){ 1002, "[::1]:2", "device.disabled", 5 });
    px_presence_refused(p, 1, 1, &(px_presence_peer){ 1003, "[::1]:2", "access.expired", 5 });
    CHECK(px_presence_read(p, 1, &f));
    CHECK_EQ(f.refusals, 1004);
    CHECK_EQ(f.log_count, 4);
    CHECK_EQ(f.log[1].count, 2);
    CHECK_EQ(f.log[3].count, 1000);
    CHECK_EQ(f.log[3].time, 999);
    CHECK_EQ(f.seen, PX_TIME_NONE);
    px_presence_free(p);
}

PX_TEST(the_device_that_is_idle_longest_makes_room_and_is_counted)
{
    px_presence *p = px_presence_new(3, 0);
    px_presence_peer in = peer(1, "a:1", "");
    px_presence_row *held = px_presence_connected(p, 1, 1, &in);
    px_presence_facts f;

    px_presence_seen(p, 1, 2, 2);
    px_presence_seen(p, 1, 3, 3);
    CHECK_EQ(px_presence_stat(p).forgotten, 0);
    px_presence_seen(p, 1, 2, 4);
    px_presence_seen(p, 1, 4, 5); /* 1 is held, 2 was touched since: 3 goes */
    CHECK(px_presence_read(p, 1, &f) && px_presence_read(p, 2, &f) && px_presence_read(p, 4, &f));
    CHECK(!px_presence_read(p, 3, &f));
    CHECK_EQ(px_presence_stat(p).forgotten, 1);
    CHECK_EQ(px_presence_stat(p).rows, 3);
    CHECK_EQ(px_presence_stat(p).connected, 1);
    px_presence_ended(p, held, &in);
    px_presence_seen(p, 1, 5, 6); /* 2 */
    px_presence_seen(p, 1, 6, 7); /* 4 */
    px_presence_seen(p, 1, 7, 8); /* 1, which ended last */
    CHECK(!px_presence_read(p, 1, &f) && px_presence_read(p, 5, &f) && px_presence_read(p, 7, &f));
    CHECK_EQ(px_presence_stat(p).connected, 0);
    px_presence_free(p);
}

PX_TEST(where_all_are_connected_one_more_is_not_counted_and_nothing_breaks)
{
    px_presence *p = px_presence_new(1, 0);
    px_presence_peer in = peer(1, "a:1", "");
    px_presence_row *held = px_presence_connected(p, 1, 1, &in);

    CHECK(px_presence_connected(p, 1, 2, &in) == NULL);
    px_presence_refused(p, 1, 2, &in);
    px_presence_ended(p, NULL, &in);
    px_presence_ended(p, held, &in);
    CHECK(px_presence_connected(p, 1, 2, &in) != NULL);
    px_presence_free(p);
}

PX_TEST(every_failed_allocation_is_survived)
{
    for (uint64_t n = 1; n < 20; n++) {
        px_presence *p;
        px_presence_peer in = peer(1, "a:1", "");

        px_mem_fail_nth(n);
        p = px_presence_new(8, 0);
        for (uint32_t device = 1; p && device < 12; device++)
            px_presence_ended(p, px_presence_connected(p, 1, device, &in), &in);
        px_mem_fail_nth(0);
        px_presence_free(p);
    }
}

PX_TEST_MAIN()
