/* SPDX-License-Identifier: Apache-2.0 */
/* Who takes up which session, when one ends, and what becomes of its will. */
#include "broker_kit.h"

static broker_kit kit;
static kit_client watcher; /* has everything of `will/#` */

static const kit_connect_opts plain = { .clean = true };

static kit_connect_opts with_will(uint32_t expiry_s, uint32_t delay_s, bool clean)
{
    return (kit_connect_opts){ .expiry_s = expiry_s,
                               .clean = clean,
                               .will_topic = "will/c",
                               .will_payload = "gone",
                               .will_qos = 1,
                               .will_delay_s = delay_s };
}

static void begin(void)
{
    kit_begin(&kit, 1);
    CHECK_EQ(kit_connect(&kit, &watcher, "watcher", &plain), PX_MQTT_SUCCESS);
    CHECK_EQ(kit_subscribe(&kit, &watcher, "will/#", 1), 1);
}

static void end(void)
{
    kit_close(&kit, &watcher, false);
    kit_end(&kit);
}

static size_t wills(void)
{
    return kit_delivered_count(&kit, &watcher);
}

static bool connect_as(kit_client *c, const char *id, kit_connect_opts opts)
{
    CHECK_EQ(kit_connect(&kit, c, id, &opts), PX_MQTT_SUCCESS);
    return kit_last(&kit, c, KIT_ADMIT) && kit_last(&kit, c, KIT_ADMIT)->present;
}

PX_TEST(a_session_is_found_again_by_its_client_id_tenant_and_scope)
{
    kit_connect_opts opts = { .expiry_s = 60 };
    kit_client c;

    begin();
    CHECK(!connect_as(&c, "c", opts));
    kit_close(&kit, &c, false);
    CHECK(connect_as(&c, "c", opts));
    kit_close(&kit, &c, false);
    CHECK(!connect_as(&c, "d", opts));
    kit_close(&kit, &c, false);
    opts.scope = 9; /* of a device */
    CHECK(!connect_as(&c, "c", opts));
    kit_close(&kit, &c, false);
    opts.scope = 0;
    opts.tenant = 2;
    CHECK(!connect_as(&c, "c", opts));
    kit_close(&kit, &c, false);
    CHECK_EQ(px_broker_stat(kit.broker).sessions, 4);
    CHECK_EQ(px_broker_stat(kit.broker).resumed, 1);
    end();
}

PX_TEST(what_keeps_nothing_is_not_journalled)
{
    uint64_t before;
    kit_client c;

    begin();
    before = px_engine_position(kit.world.engine);
    CHECK(!connect_as(&c, "c", plain));
    CHECK_EQ(kit_subscribe(&kit, &c, "t", 1), 1);
    CHECK_EQ(kit_publish(&kit, &c, "t", "x", 1, false), PX_MQTT_SUCCESS);
    CHECK_EQ(kit_delivered_count(&kit, &c), 1);
    kit_close(&kit, &c, true);
    CHECK_EQ(px_engine_position(kit.world.engine), before);
    CHECK_EQ(kit_publish(&kit, &watcher, "t", "x", 1, false), PX_MQTT_NO_MATCHING_SUBSCRIBERS);
    end();
}

PX_TEST(expiry_is_granted_up_to_the_most_and_3_1_1_has_all_of_it)
{
    kit_connect_opts v5 = { .expiry_s = UINT32_MAX }, v311 = { .is_v311 = true };
    kit_client c, d;

    begin();
    CHECK(!connect_as(&c, "c", v5));
    CHECK_EQ(kit_last(&kit, &c, KIT_ADMIT)->expiry_s, PX_MQTT_SESSION_EXPIRY_S_MAX);
    CHECK(!connect_as(&d, "d", v311));
    CHECK_EQ(kit_last(&kit, &d, KIT_ADMIT)->expiry_s, PX_MQTT_SESSION_EXPIRY_S_MAX);
    kit_close(&kit, &c, false);
    kit_close(&kit, &d, false);
    end();
}

PX_TEST(a_session_ends_when_its_time_is_over_and_not_before)
{
    kit_connect_opts opts = { .expiry_s = 60 };
    kit_client c;

    begin();
    CHECK(!connect_as(&c, "c", opts));
    kit_wait_s(&kit, 100); /* connected: no time runs */
    kit_close(&kit, &c, false);
    kit_wait_s(&kit, 50);
    CHECK(connect_as(&c, "c", opts));
    kit_close(&kit, &c, false);
    kit_wait_s(&kit, 30);
    kit_kill(&kit, true); /* its time goes on */
    kit_wait_s(&kit, 31);
    CHECK_EQ(px_broker_stat(kit.broker).sessions, 0);
    CHECK_EQ(px_broker_stat(kit.broker).sessions_expired, 1);
    CHECK(!connect_as(&c, "c", opts));
    kit_check_state(&kit, "with a new session");
    kit_lose(&watcher);
    kit_close(&kit, &c, false);
    end();
}

PX_TEST(a_session_that_was_over_before_its_end_was_written_is_not_taken_up)
{
    kit_connect_opts opts = { .expiry_s = 60 };
    kit_client c;

    begin();
    CHECK(!connect_as(&c, "c", opts));
    kit_close(&kit, &c, false);
    px_fakedisk_advance(kit.world.disk, 61 * PX_SECOND);
    CHECK(!connect_as(&c, "c", opts));
    kit_close(&kit, &c, false);
    end();
}

PX_TEST(one_whose_clock_went_back_is_asked_about_again)
{
    kit_connect_opts opts = { .expiry_s = 60 };
    px_session *s;
    kit_client c;

    begin();
    CHECK(!connect_as(&c, "c", opts));
    kit_close(&kit, &c, false);
    s = pxi_session_by_id(kit.broker, 1, 0, PX_STR("c"));
    s->end_is_asked = true; /* as if END had been written when it was not over yet */
    CHECK_EQ(
        px_world_do(&kit.world,
                    &(px_request){ .kind = PX_REQUEST_SESSIONS,
                                   .sessions = &(px_session_write){ .type = PX_EVENT_SESSION_END,
                                                                    .session = s->no,
                                                                    .id = PX_STR(""),
                                                                    .body = PX_STR("") },
                                   .session_count = 1 })
            .status,
        PX_OK);
    kit_settle(&kit);
    kit_wait_s(&kit, 61);
    CHECK_EQ(px_broker_stat(kit.broker).sessions, 0);
    end();
}

/* ---- taken over while it is connected ---- */

/* Gives how many wills went out. */
static size_t take_over(kit_connect_opts first, bool clean, bool *ret_present)
{
    kit_client a, b;
    bool begins_anew = clean || first.expiry_s == 0;
    size_t count;

    begin();
    CHECK(!connect_as(&a, "c", first));
    CHECK_EQ(kit_subscribe(&kit, &a, "t", 1), 1);
    *ret_present = connect_as(&b, "c", (kit_connect_opts){ .expiry_s = 60, .clean = clean });
    kit_close(&kit, &a, true); /* of the older connection: too late to mean anything */
    CHECK_EQ(px_broker_stat(kit.broker).sessions_online, 1);
    kit_wait_s(&kit, 30);
    count = wills();
    CHECK_EQ(kit_publish(&kit, &watcher, "t", "x", 1, false),
             begins_anew ? PX_MQTT_NO_MATCHING_SUBSCRIBERS : PX_MQTT_SUCCESS);
    CHECK_EQ(kit_delivered_count(&kit, &b), begins_anew ? 0 : 1);
    CHECK_EQ(kit_delivered_count(&kit, &a), 0);
    kit_check_state(&kit, "behind a takeover");
    kit_close(&kit, &b, false);
    end();
    return count;
}

PX_TEST(a_takeover_goes_on_with_the_session_and_lets_its_will_out_unless_that_waits)
{
    bool present;

    CHECK_EQ(take_over(with_will(60, 0, false), false, &present), 1);
    CHECK(present);
    CHECK_EQ(take_over(with_will(60, 10, false), false, &present), 0);
    CHECK(present);
    CHECK_EQ(take_over((kit_connect_opts){ .expiry_s = 60 }, false, &present), 0);
    CHECK(present);
}

PX_TEST(a_clean_takeover_ends_the_session_and_lets_its_will_out)
{
    bool present;

    CHECK_EQ(take_over(with_will(60, 0, false), true, &present), 1);
    CHECK(!present);
    CHECK_EQ(take_over(with_will(60, 10, false), true, &present), 1);
    CHECK(!present);
    CHECK_EQ(take_over((kit_connect_opts){ .expiry_s = 60 }, true, &present), 0);
    CHECK(!present);
}

PX_TEST(a_session_without_expiry_ends_where_its_connection_is_taken_over)
{
    bool present;

    for (int clean = 0; clean < 2; clean++) {
        CHECK_EQ(take_over(with_will(0, 0, clean), false, &present), 1);
        CHECK(!present);
        CHECK_EQ(take_over(with_will(0, 10, clean), false, &present), 1);
        CHECK(!present);
    }
}

/* ---- wills ---- */

PX_TEST(a_will_goes_out_once_unless_the_client_says_goodbye)
{
    kit_client c;

    begin();
    CHECK(!connect_as(&c, "c", with_will(0, 0, true)));
    kit_close(&kit, &c, false);
    kit_wait_s(&kit, 1);
    CHECK_EQ(wills(), 0);
    CHECK(!connect_as(&c, "c", with_will(0, 0, true)));
    kit_close(&kit, &c, true);
    kit_wait_s(&kit, 1);
    CHECK_EQ(wills(), 1);
    CHECK_STR(kit_delivered(&kit, &watcher, 0)->payload, "gone");
    kit_wait_s(&kit, 60);
    CHECK_EQ(wills(), 1);
    CHECK_EQ(px_broker_stat(kit.broker).wills, 1);
    CHECK_EQ(kit.broker->sessions.len - kit.broker->free_sessions.len, 0);
    end();
}

PX_TEST(a_will_waits_for_its_delay_or_the_end_of_its_session)
{
    kit_client c;

    begin();
    CHECK(!connect_as(&c, "c", with_will(600, 30, false)));
    kit_close(&kit, &c, true);
    kit_wait_s(&kit, 25);
    CHECK_EQ(wills(), 0);
    CHECK(connect_as(&c, "c", with_will(600, 30, false))); /* back in time */
    kit_wait_s(&kit, 60);
    CHECK_EQ(wills(), 0);
    kit_close(&kit, &c, true);
    kit_wait_s(&kit, 31);
    CHECK_EQ(wills(), 1);
    CHECK(connect_as(&c, "c", with_will(10, 30, false)));
    kit_close(&kit, &c, true);
    kit_wait_s(&kit, 11); /* the session ends first */
    CHECK_EQ(wills(), 2);
    end();
}

PX_TEST(a_will_goes_out_for_a_connection_that_a_crash_ended)
{
    kit_client c;

    begin();
    CHECK(!connect_as(&c, "c", with_will(600, 0, false)));
    kit_kill(&kit, true);
    kit_lose(&watcher);
    kit_lose(&c);
    CHECK_EQ(kit_connect(&kit, &watcher, "watcher", &plain), PX_MQTT_SUCCESS);
    CHECK_EQ(kit_subscribe(&kit, &watcher, "will/#", 1), 1);
    kit_wait_s(&kit, 1);
    CHECK_EQ(wills(), 1);
    kit_check_state(&kit, "behind a crash");
    end();
}

PX_TEST(a_will_that_finds_no_room_is_asked_again_and_one_that_is_refused_is_not)
{
    kit_client c;

    begin();
    kit.wills_are_busy = true;
    CHECK(!connect_as(&c, "c", with_will(0, 0, true)));
    kit_close(&kit, &c, true);
    kit_wait_s(&kit, 1);
    kit_wait_s(&kit, 1);
    CHECK(kit.wills_asked >= 2);
    CHECK_EQ(wills(), 0);
    kit.wills_are_busy = false;
    kit_wait_s(&kit, 1);
    CHECK_EQ(wills(), 1);
    kit.wills_are_denied = true;
    kit.wills_asked = 0;
    CHECK(!connect_as(&c, "c", with_will(0, 0, true)));
    kit_close(&kit, &c, true);
    kit_wait_s(&kit, 1);
    kit_wait_s(&kit, 1);
    CHECK_EQ(kit.wills_asked, 1);
    CHECK_EQ(wills(), 1);
    CHECK_EQ(kit.broker->sessions.len - kit.broker->free_sessions.len, 0);
    end();
}

/* It was on its way while its client came back with another one. */
PX_TEST(that_an_older_will_is_out_does_not_take_the_new_one)
{
    px_receipt_record receipt = { .kind = PX_RECEIPT_WILL_SENT };
    px_session_write write = { .type = PX_EVENT_SESSION_RECEIPT, .id = PX_STR("") };
    px_request request = { .kind = PX_REQUEST_SESSIONS, .sessions = &write, .session_count = 1 };
    px_buf body = { 0 };
    kit_client c;

    begin();
    CHECK(!connect_as(&c, "c", with_will(600, 0, false)));
    px_put_receipt(&body, &receipt);
    write.body = px_buf_str(&body);
    write.session = pxi_session_by_id(kit.broker, 1, 0, PX_STR("c"))->no;
    CHECK_EQ(px_world_do(&kit.world, &request).status, PX_OK);
    kit_settle(&kit);
    kit_close(&kit, &c, true);
    kit_wait_s(&kit, 1);
    CHECK_EQ(wills(), 1);
    px_buf_release(&body);
    end();
}

PX_TEST(a_will_may_be_retained_and_has_its_own_time)
{
    kit_connect_opts opts = with_will(0, 0, true);
    kit_client c;

    begin();
    opts.will_retain = true;
    opts.will_expiry_s = 100;
    CHECK(!connect_as(&c, "c", opts));
    kit_close(&kit, &c, true);
    kit_wait_s(&kit, 1);
    CHECK_EQ(px_broker_stat(kit.broker).retained, 1);
    CHECK(kit_delivered(&kit, &watcher, 0)->expires_at_ns > 0);
    kit_wait_s(&kit, 101);
    CHECK_EQ(kit_publish(&kit, &watcher, "x", "tick", 1, true), PX_MQTT_SUCCESS);
    kit_wait_s(&kit, 1);
    CHECK_EQ(px_broker_stat(kit.broker).retained, 1); /* that of x */
    end();
}

/* ---- limits ---- */

PX_TEST(a_tenant_has_so_many_sessions_and_not_one_more)
{
    kit_connect_opts opts = { .expiry_s = 60 }, other = { .expiry_s = 60, .tenant = 2 };
    kit_client c[6];

    begin();
    CHECK(!connect_as(&c[0], "first", opts));
    pxi_tenant(kit.broker, 1, true)->session_count = PX_MQTT_SESSIONS_MAX - 1;
    CHECK(!connect_as(&c[1], "last", opts));
    CHECK_EQ(kit_connect(&kit, &c[2], "more", &opts), PX_MQTT_QUOTA_EXCEEDED);
    CHECK(connect_as(&c[3], "last", opts));
    CHECK_EQ(kit_connect(&kit, &c[4], "more", &plain), PX_MQTT_SUCCESS); /* keeps nothing */
    CHECK(!connect_as(&c[5], "more", other));
    pxi_tenant(kit.broker, 1, true)->session_count = 2;
    for (size_t i = 0; i < 6; i++)
        kit_close(&kit, &c[i], false);
    end();
}

PX_TEST(what_a_session_writes_at_once_has_so_many_bytes_and_not_one_more)
{
    static char body[PX_SESSION_RECORD_BYTES_MAX + 1];
    px_session_write write = { .type = PX_EVENT_SESSION_MESSAGE,
                               .id = PX_STR("t"),
                               .body = { body, PX_SESSION_RECORD_BYTES_MAX } };
    px_request request = { .kind = PX_REQUEST_SESSIONS, .sessions = &write, .session_count = 1 };
    px_world world;

    px_world_init(&world, 1);
    CHECK_EQ(px_world_do(&world, &request).status, PX_OK);
    write.body.len++;
    CHECK_EQ(px_world_do(&world, &request).status, PX_TOO_LARGE);
    px_world_release(&world);
}

PX_TEST_MAIN()
