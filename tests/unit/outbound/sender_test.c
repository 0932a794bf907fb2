/* SPDX-License-Identifier: Apache-2.0 */
/* Delivery on bad days: at least once, in order, whatever dies. */
#include "out_kit.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"

static out_kit k;

static const char hook[] = "https://hook.example/a", other[] = "https://other.example/b";

static void begin(uint64_t seed)
{
    out_begin(&k, seed);
    out_endpoint(&k, "hook", hook);
    out_route(&k, "all", "hook", "true");
    out_put(&k, "p", "");
    out_settle(&k);
}

static px_outbound_stats stats(void)
{
    return px_outbound_stat(k.outbound);
}

/* Each endpoint hears places that rise, but for those that come once more after a crash. */
static void check_order(const char *to)
{
    const char *last = "";

    for (size_t i = 0; i < k.arrived_count; i++) {
        if (strcmp(k.arrived[i].to, to) != 0)
            continue;
        CHECK(strcmp(k.arrived[i].sequence, last) > 0);
        last = k.arrived[i].sequence;
    }
}

PX_TEST(a_webhook_that_is_down_for_an_hour_gets_everything_in_order)
{
    size_t before;

    begin(1);
    before = k.arrived_count;
    out_manner_of(&k, hook, OUT_IS_DOWN);
    for (int i = 0; i < 200; i++)
        out_speed(&k, "p", i);
    out_wait(&k, INT64_C(3600) * PX_SECOND, 5 * PX_SECOND);
    CHECK_EQ(k.arrived_count, before);
    CHECK_EQ(stats().waiting, 200);
    CHECK(k.tries < 150); /* about one a minute, not one a step */
    out_manner_of(&k, hook, OUT_ANSWERS);
    out_wait(&k, 2 * PX_RETRY_NS_MAX, 5 * PX_SECOND);
    CHECK_EQ(k.arrived_count, before + 200);
    CHECK_EQ(stats().waiting, 0);
    CHECK_EQ(stats().waiting_bytes, 0);
    CHECK_EQ(stats().dead, 0);
    check_order(hook);
    out_end(&k);
}

PX_TEST(a_webhook_that_hangs_does_not_hold_up_the_others)
{
    begin(2);
    out_endpoint(&k, "other", other);
    out_route(&k, "too", "other", "true");
    out_manner_of(&k, hook, OUT_HANGS);
    for (int i = 0; i < 100; i++)
        out_speed(&k, "p", i);
    out_settle(&k);
    CHECK_EQ(k.hanging_count, 1); /* one try at a time */
    CHECK_EQ(stats().waiting, 100);
    check_order(other);
    CHECK_STR(out_text(&k, k.arrived_count - 1, "/data/patch/0/value"), "99");
    out_give_up(&k);
    out_manner_of(&k, hook, OUT_ANSWERS);
    out_wait(&k, 10 * PX_SECOND, PX_SECOND);
    CHECK_EQ(stats().waiting, 0);
    check_order(hook);
    out_end(&k);
}

PX_TEST(an_endpoint_that_was_mended_is_tried_at_once)
{
    begin(3);
    out_manner_of(&k, hook, OUT_IS_DOWN);
    out_speed(&k, "p", 1);
    out_wait(&k, 600 * PX_SECOND, 5 * PX_SECOND);
    CHECK_EQ(stats().waiting, 1);
    out_endpoint(&k, "hook", other);
    out_settle(&k);
    CHECK_EQ(stats().waiting, 0);
    CHECK_STR(k.arrived[k.arrived_count - 1].to, other);
    out_end(&k);
}

/* ---- dead letters ---- */

static char reasons[8][128];
static size_t reason_count;

static px_status keep_reason(void *data, const px_letter *letter, px_err *ret_err)
{
    (void)data;
    (void)ret_err;
    CHECK(letter->died > 0);
    snprintf(reasons[reason_count++ % 8], sizeof(reasons[0]), "%.*s", PX_FMT(letter->reason));
    return PX_OK;
}

static size_t dead_letters(void)
{
    px_dead_cursor after = { 0 };
    bool more = true;
    px_err err;

    reason_count = 0;
    while (more)
        CHECK_OK(px_dead_letters_list(k.outbound, 1, 0, 3, &after, &more, keep_reason, NULL, &err),
                 &err);
    return reason_count;
}

static void moved(px_dead_move *move, px_status status)
{
    *(px_status *)move->data = status;
}

static uint32_t move_all(bool is_replay)
{
    px_status status = PX_BUSY;
    px_dead_move move = { .tenant = 1, .is_replay = is_replay, .done = moved, .data = &status };
    px_err err;

    CHECK_OK(px_dead_letters_move(k.outbound, &move, &err), &err);
    for (int i = 0; i < 10 && status == PX_BUSY; i++)
        px_engine_step(k.world.engine);
    CHECK_EQ(status, PX_OK);
    return move.moved;
}

PX_TEST(what_is_refused_is_kept_and_can_be_replayed)
{
    size_t before;

    begin(4);
    before = k.arrived_count;
    out_manner_of(&k, hook, OUT_REFUSES);
    for (int i = 0; i < 7; i++)
        out_speed(&k, "p", i);
    out_settle(&k);
    CHECK_EQ(stats().waiting, 0);
    CHECK_EQ(stats().dead, 7);
    CHECK_EQ(dead_letters(), 7);
    CHECK_STR(reasons[0], "it does not want that");
    out_kill(&k, false);
    CHECK_EQ(stats().dead, 7);
    out_manner_of(&k, hook, OUT_ANSWERS);
    CHECK_EQ(move_all(true), 7);
    out_settle(&k);
    CHECK_EQ(stats().dead, 0);
    CHECK_EQ(stats().waiting, 0);
    CHECK_EQ(k.arrived_count, before + 7);
    check_order(hook);
    CHECK_EQ(move_all(true), 0);
    out_end(&k);
}

PX_TEST(dead_letters_can_be_purged)
{
    begin(5);
    out_manner_of(&k, hook, OUT_REFUSES);
    for (int i = 0; i < 5; i++)
        out_speed(&k, "p", i);
    out_settle(&k);
    CHECK_EQ(move_all(false), 5);
    CHECK_EQ(stats().dead, 0);
    CHECK_EQ(dead_letters(), 0);
    out_kill(&k, true);
    CHECK_EQ(stats().dead, 0);
    out_end(&k);
}

PX_TEST(what_was_not_delivered_in_time_is_dead)
{
    begin(6);
    out_manner_of(&k, hook, OUT_IS_DOWN);
    out_speed(&k, "p", 1);
    out_wait(&k, PX_RETRY_FOR_NS - 3600 * PX_SECOND, 300 * PX_SECOND);
    CHECK_EQ(stats().dead, 0);
    out_wait(&k, INT64_C(7200) * PX_SECOND, 300 * PX_SECOND);
    CHECK_EQ(stats().dead, 1);
    CHECK_EQ(stats().waiting, 0);
    dead_letters();
    CHECK_STR(reasons[0], "not delivered in time; at last: it is down");
    out_end(&k);
}

PX_TEST(letters_of_an_endpoint_that_was_deleted_are_dead)
{
    begin(7);
    out_manner_of(&k, hook, OUT_IS_DOWN);
    out_speed(&k, "p", 1);
    out_settle(&k);
    out_forget(&k, "route", "all");
    out_forget(&k, "endpoint", "hook");
    out_settle(&k);
    CHECK_EQ(stats().waiting, 0);
    CHECK_EQ(dead_letters(), 1);
    CHECK_STR(reasons[0], "the endpoint was deleted");
    out_end(&k);
}

PX_TEST(a_full_outbox_keeps_what_waits_and_makes_the_rest_dead_letters)
{
    begin(8);
    out_end(&k);
    out_begin(&k, 8);
    k.opts.letters_max = 4;
    k.opts.dead_letters_max = 2;
    out_kill(&k, false);
    out_endpoint(&k, "hook", hook);
    out_route(&k, "all", "hook", "true");
    out_manner_of(&k, hook, OUT_IS_DOWN);
    out_put(&k, "p", "");
    for (int i = 0; i < 6; i++)
        out_speed(&k, "p", i);
    out_settle(&k);
    CHECK_EQ(stats().waiting, 4);
    CHECK_EQ(dead_letters(), 2);
    CHECK_STR(reasons[0], "the outbox of the tenant was full");
    CHECK_EQ(stats().dropped, 1);
    out_manner_of(&k, hook, OUT_ANSWERS);
    out_wait(&k, 5 * PX_SECOND, PX_SECOND);
    CHECK_EQ(k.arrived_count, 4);
    check_order(hook);
    out_end(&k);
}

/* ---- rows ---- */

enum { CHAIN = 700 };

static px_request chain[CHAIN];
static int answered;

static void count_answer(px_request *request)
{
    (void)request;
    answered++;
}

/* All in one batch, which is one row of the journal. */
static void speed_chain(void)
{
    char text[CHAIN][64];
    px_arena arena;

    px_arena_init(&arena, 16 << 20);
    answered = 0;
    for (int i = 0; i < CHAIN; i++) {
        px_json *json;

        snprintf(text[i], sizeof(text[i]), "[{\"op\":\"add\",\"path\":\"/speed\",\"value\":%d}]",
                 i);
        CHECK_EQ(px_json_parse(px_str_c(text[i]), NULL, &arena, &json, NULL), PX_OK);
        chain[i] = (px_request){ .kind = PX_REQUEST_TWIN_PATCH,
                                 .id = PX_STR("p"),
                                 .json = json,
                                 .principal = k.world.admin,
                                 .next = i + 1 < CHAIN ? &chain[i + 1] : NULL,
                                 .done = count_answer };
    }
    CHECK_EQ(px_engine_submit(k.world.engine, &chain[0], &chain[CHAIN - 1]), PX_OK);
    for (int i = 0; i < 100 && answered < CHAIN; i++)
        px_engine_step(k.world.engine);
    CHECK_EQ(answered, CHAIN);
    px_arena_release(&arena);
}

static void check_complete(const char *to, int count);

PX_TEST(a_row_that_fills_more_than_one_flight_is_gone_on_with_in_its_middle)
{
    for (int steps = 1; steps < 8; steps++) {
        begin(9);
        speed_chain();
        for (int i = 0; i < steps; i++) {
            px_outbound_step(k.outbound);
            px_engine_step(k.world.engine);
        }
        out_kill(&k, true);
        out_settle(&k);
        check_complete(hook, CHAIN);
        CHECK_EQ(stats().waiting, 0);
        out_end(&k);
    }
}

/* ---- crashes ---- */

/* Everything that was acknowledged arrives, the first time in order, and repeats are behind it. */
static void check_complete(const char *to, int count)
{
    int next = 0;

    for (size_t i = 0; i < k.arrived_count; i++) {
        int value;

        if (strcmp(k.arrived[i].to, to) != 0 || !strstr(out_text(&k, i, "/type"), "Update"))
            continue;
        value = atoi(out_text(&k, i, "/data/patch/0/value"));
        CHECK(value <= next);
        next = value == next ? next + 1 : next;
    }
    CHECK_EQ(next, count);
}

PX_PROP(crashes_at_any_moment_repeat_and_lose_nothing, 12)
{
    int told = 0;

    begin(px_gen_u64(gen));
    for (int i = 0; i < 60; i++) {
        switch (px_gen_below(gen, 8)) {
        case 0:
            out_kill(&k, px_gen_below(gen, 2));
            break;
        case 1:
            out_manner_of(&k, hook, px_gen_below(gen, 2) ? OUT_ANSWERS : OUT_IS_DOWN);
            break;
        case 2:
            out_wait(&k, PX_SECOND, PX_SECOND);
            break;
        default:
            out_speed(&k, "p", told++);
        }
        for (uint64_t steps = px_gen_below(gen, 6); steps > 0; steps--) {
            px_outbound_step(k.outbound);
            if (px_gen_below(gen, 2))
                px_engine_step(k.world.engine);
        }
    }
    out_manner_of(&k, hook, OUT_ANSWERS);
    out_wait(&k, 3 * PX_RETRY_NS_MAX, 20 * PX_SECOND);
    check_complete(hook, told);
    CHECK_EQ(stats().waiting, 0);
    out_kill(&k, false);
    CHECK_EQ(stats().waiting, 0);
    out_end(&k);
}

PX_TEST_MAIN()
