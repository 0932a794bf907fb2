/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/rejects.h"

#include "base/mem.h"
#include "px_test.h"

static px_rejects *log_;
static px_arena arena;
static px_rejected items[PX_REJECTS_MAX];
static px_err err;

static void begin(void)
{
    log_ = px_rejects_new();
    px_arena_init(&arena, 64 << 20);
}

static void end(void)
{
    px_rejects_free(log_);
    px_arena_release(&arena);
}

static void add_of(uint32_t tenant, const char *sender, const char *reason, px_str payload,
                   bool whole)
{
    px_rejected r = { .tenant = tenant,
                      .time = 5,
                      .sender = px_str_c(sender),
                      .reason_id = px_str_c(reason),
                      .binding = whole ? PX_STR("b") : PX_STR(""),
                      .row = 3,
                      .payload = payload,
                      .is_whole = whole };

    px_rejects_add(log_, &r);
}

static void add(const char *sender, const char *reason, px_str payload, bool whole)
{
    add_of(1, sender, reason, payload, whole);
}

static size_t list(px_rejects_filter filter)
{
    size_t count;

    filter.tenant = filter.tenant ? filter.tenant : 1;
    CHECK_OK(px_rejects_list(log_, &filter, PX_REJECTS_MAX, &arena, items, &count, &err), &err);
    return count;
}

PX_TEST(they_are_found_by_sender_reason_binding_and_time)
{
    begin();
    add("a", "x", PX_STR("1"), false);
    add("b", "x", PX_STR("2"), true);
    add("b", "y", PX_STR("3"), false);
    CHECK_EQ(list((px_rejects_filter){ 0 }), 3);
    CHECK_SLICE(items[0].payload, "3");
    CHECK_EQ(list((px_rejects_filter){ .sender = PX_STR("b") }), 2);
    CHECK_EQ(list((px_rejects_filter){ .reason_id = PX_STR("x") }), 2);
    CHECK_EQ(list((px_rejects_filter){ .binding = PX_STR("b") }), 1);
    CHECK_EQ(items[0].row, 3);
    CHECK_EQ(list((px_rejects_filter){ .since = 6 }), 0);
    CHECK_EQ(list((px_rejects_filter){ .before = 2 }), 1);
    end();
}

PX_TEST(a_whole_payload_is_given_to_who_asks_for_it)
{
    static char large[1000];

    begin();
    memset(large, 'x', sizeof(large));
    add("a", "x", px_str_of(large, sizeof(large)), true);
    add("a", "y", px_str_of(large, sizeof(large)), true); /* of the same message */
    CHECK_EQ(px_rejects_bytes(log_), sizeof(large));
    list((px_rejects_filter){ 0 });
    CHECK_EQ(items[0].payload.len, PX_REJECT_PAYLOAD_BYTES_MAX);
    CHECK(items[0].is_whole);
    list((px_rejects_filter){ .want_payload = true });
    CHECK_EQ(items[0].payload.len, sizeof(large));
    CHECK(px_rejects_remove(log_, 1, 1));
    CHECK(!px_rejects_remove(log_, 1, 1));
    CHECK(!px_rejects_remove(log_, 2, 2));
    CHECK(!px_rejects_remove(log_, 1, 99));
    CHECK_EQ(list((px_rejects_filter){ 0 }), 1);
    CHECK_EQ(px_rejects_bytes(log_), sizeof(large));
    CHECK(px_rejects_remove(log_, 1, 2));
    CHECK_EQ(px_rejects_bytes(log_), 0);
    end();
}

/* One past the limit the oldest payload goes back to its beginning; its entry stays. */
PX_TEST(whole_payloads_together_are_bounded)
{
    size_t piece = PX_REJECTS_BYTES_MAX / 16;
    char *large = px_zalloc(1, piece);

    begin();
    for (char i = 0; i < 16; i++) {
        large[0] = i;
        add("a", "x", px_str_of(large, piece), true);
    }
    CHECK_EQ(px_rejects_bytes(log_), PX_REJECTS_BYTES_MAX);
    CHECK_EQ(list((px_rejects_filter){ 0 }), 16);
    CHECK(items[15].is_whole);
    large[0] = 99;
    add("a", "x", px_str_of(large, 1), true);
    CHECK_EQ(list((px_rejects_filter){ 0 }), 17);
    CHECK(!items[16].is_whole);
    CHECK(items[15].is_whole);
    CHECK(px_rejects_bytes(log_) <= PX_REJECTS_BYTES_MAX);
    px_free(large);
    end();
}

PX_TEST(the_oldest_entries_make_room_for_new_ones)
{
    begin();
    for (int i = 0; i < PX_REJECTS_MAX; i++)
        add("a", "x", PX_STR("1"), true);
    CHECK_EQ(list((px_rejects_filter){ 0 }), PX_REJECTS_MAX);
    CHECK_EQ(items[PX_REJECTS_MAX - 1].number, 1);
    add("a", "x", PX_STR("2"), true);
    CHECK_EQ(list((px_rejects_filter){ 0 }), PX_REJECTS_MAX);
    CHECK_EQ(items[PX_REJECTS_MAX - 1].number, 2);
    CHECK_EQ(px_rejects_count(log_), PX_REJECTS_MAX + 1);
    end();
}

PX_TEST(who_is_refused_again_and_again_washes_away_its_own_and_nobody_elses)
{
    begin();
    for (int i = 0; i < 3; i++)
        add("a", "x", PX_STR("1"), true);
    for (int i = 0; i < 5 * PX_REJECTS_MAX; i++)
        add_of(2, "b", "x", PX_STR("2"), true);
    add("a", "x", PX_STR("3"), true);
    CHECK_EQ(list((px_rejects_filter){ 0 }), 4);
    CHECK_SLICE(items[0].payload, "3");
    CHECK_EQ(items[3].number, 1);
    CHECK_EQ(list((px_rejects_filter){ .tenant = 2 }), PX_REJECTS_MAX - 4);
    for (size_t i = 0; i < PX_REJECTS_MAX - 4; i++) /* its newest, in order */
        CHECK_EQ(items[i].number, px_rejects_count(log_) - 1 - i);
    for (int i = 0; i < 2 * PX_REJECTS_MAX; i++) /* and who comes to have as much stops there */
        add("a", "x", PX_STR("4"), false);
    CHECK_EQ(list((px_rejects_filter){ 0 }) + list((px_rejects_filter){ .tenant = 2 }),
             PX_REJECTS_MAX);
    CHECK(list((px_rejects_filter){ .tenant = 2 }) >= PX_REJECTS_MAX / 2 - 1);
    end();
}

PX_TEST(whole_payloads_of_one_tenant_make_no_room_by_those_of_another)
{
    size_t piece = PX_REJECTS_BYTES_MAX / 16;
    char *large = px_zalloc(1, piece);

    begin();
    add("a", "x", px_str_of(large, piece), true);
    for (char i = 1; i < 40; i++) {
        large[0] = i;
        add_of(2, "b", "x", px_str_of(large, piece), true);
        CHECK(px_rejects_bytes(log_) <= PX_REJECTS_BYTES_MAX);
    }
    CHECK_EQ(list((px_rejects_filter){ 0 }), 1);
    CHECK(items[0].is_whole);
    CHECK_EQ(list((px_rejects_filter){ .tenant = 2 }), 39);
    CHECK(items[14].is_whole && !items[15].is_whole);
    px_free(large);
    end();
}

/* Of each tenant all that it has, the newest first; and who gave room was one that had most. */
static void check_shares(size_t counts[4])
{
    size_t all = 0;

    for (uint32_t tenant = 1; tenant <= 3; tenant++) {
        size_t count = list((px_rejects_filter){ .tenant = tenant });

        for (size_t i = 1; i < count; i++)
            CHECK(items[i].number < items[i - 1].number);
        for (size_t i = 0; i < count; i++)
            CHECK_EQ(items[i].tenant, tenant);
        if (count < counts[tenant])
            for (uint32_t other = 1; other <= 3; other++)
                CHECK(counts[tenant] + 1 >= counts[other]);
        counts[tenant] = count;
        all += count;
        px_arena_reset(&arena);
    }
    CHECK(all <= PX_REJECTS_MAX);
}

PX_PROP(whoever_comes_and_goes_each_tenant_has_its_own_in_order, 6)
{
    begin();
    for (int i = 0; i < 6 * PX_REJECTS_MAX; i++) {
        uint32_t tenant = 1 + (uint32_t)(px_gen_below(gen, 9) * px_gen_below(gen, 9) / 25);
        uint64_t newest = px_rejects_count(log_);
        size_t counts[4] = { 0 };

        if (px_gen_below(gen, 8) > 0 || newest == 0)
            add_of(tenant, "a", "x", PX_STR("1"), px_gen_below(gen, 2));
        else
            (void)px_rejects_remove(log_, tenant, 1 + px_gen_below(gen, newest));
        if (i % 97 > 0)
            continue;
        check_shares(counts);
        add_of(tenant, "a", "x", PX_STR("1"), true);
        check_shares(counts);
    }
    end();
}

PX_TEST_MAIN()
