/* SPDX-License-Identifier: Apache-2.0 */
/* What was refused beside an engine without threads, over restarts, kills and full disks. */
#include <stdio.h>

#include "keeper_house.h"
#include "sync/rejects_row.h"

static px_rejected items[PX_REJECTS_MAX];

static void add(house *h, uint32_t tenant, const char *name, px_str payload, bool whole)
{
    px_rejected r = { .tenant = tenant,
                      .time = 5 * PX_SECOND,
                      .sender = PX_STR("gateway"),
                      .twin = PX_STR("press"),
                      .name = px_str_c(name),
                      .reason_id = PX_STR("sync.unknown"),
                      .reason = PX_STR("the model has no 'sped'"),
                      .source = PX_STR("plant/1"),
                      .binding = whole ? PX_STR("b") : PX_STR(""),
                      .row = 3,
                      .slot = 2,
                      .role = PX_ROLE_DEVICE,
                      .document_no = 77,
                      .payload = payload,
                      .is_whole = whole };

    px_rejects_add(h->rejects, &r);
}

static size_t list(house *h, uint32_t tenant, px_arena *arena)
{
    px_rejects_filter filter = { .tenant = tenant, .want_payload = true };
    size_t count;
    px_err err;

    px_arena_reset(arena);
    CHECK_OK(px_rejects_list(h->rejects, &filter, PX_REJECTS_MAX, arena, items, &count, &err),
             &err);
    return count;
}

/* All of two tenants, as text. */
static void dump(house *h, px_buf *buf)
{
    px_arena arena;

    px_arena_init(&arena, 128 << 20);
    for (uint32_t tenant = 1; tenant < 3; tenant++) {
        size_t count = list(h, tenant, &arena);

        for (size_t i = 0; i < count; i++) {
            const px_rejected *r = &items[i];

            px_putf(buf, "%u %llu %lld %d %u %u %u %d ", tenant, (unsigned long long)r->number,
                    (long long)r->time, (int)r->role, r->document_no, r->row, r->slot, r->is_whole);
            px_put(buf, r->sender);
            px_put(buf, r->twin);
            px_put(buf, r->name);
            px_put(buf, r->reason_id);
            px_put(buf, r->reason);
            px_put(buf, r->binding);
            px_put(buf, r->source);
            px_put(buf, r->payload);
            px_put_char(buf, '\n');
        }
    }
    px_putf(buf, "newest %llu, %llu bytes", (unsigned long long)px_rejects_count(h->rejects),
            (unsigned long long)px_rejects_bytes(h->rejects));
    CHECK_EQ(buf->status, PX_OK);
    px_arena_release(&arena);
}

static px_status count_row(void *data, const px_fold *row, px_err *ret_err)
{
    size_t *counts = data;

    (void)ret_err;
    counts[row->key.b]++;
    return PX_OK;
}

/* What the disk has: entries, payloads. */
static void count_rows(house *h, size_t ret_counts[3])
{
    px_store_reader *reader;
    px_err err;

    memset(ret_counts, 0, 3 * sizeof(*ret_counts));
    CHECK_OK(px_store_reader_open(h->world.store, &reader, &err), &err);
    CHECK_OK(
        px_store_scan(reader, PX_TABLE_REJECT, PX_KEY_MIN, PX_KEY_MAX, count_row, ret_counts, &err),
        &err);
    px_store_reader_close(reader);
}

static void check_same_after_restart(house *h, bool power)
{
    px_buf before = { 0 }, after = { 0 };

    dump(h, &before);
    restart(h, power);
    dump(h, &after);
    CHECK_STR(after.ptr, before.ptr);
    px_buf_release(&before);
    px_buf_release(&after);
}

PX_TEST(what_was_refused_is_listed_after_a_kill_as_it_was)
{
    static char large[5000];
    size_t rows[3];
    house h = { 0 };

    open_house(&h);
    memset(large, 'x', sizeof(large));
    add(&h, 1, "a", PX_STR("{\"sped\":1}"), false);
    add(&h, 1, "b", px_str_of(large, sizeof(large)), true);
    add(&h, 1, "c", px_str_of(large, sizeof(large)), true); /* of the same message */
    add(&h, 2, "d", px_str_of(large, sizeof(large)), true); /* another tenant shares nothing */
    add(&h, 2, "e", PX_STR(""), true);
    CHECK_EQ(px_rejects_bytes(h.rejects), 2 * sizeof(large));
    save(&h, PX_REJECTS_SAVE_NS);
    check_same_after_restart(&h, true);
    count_rows(&h, rows);
    CHECK_EQ(rows[PX_REJECT_ENTRY], 5);
    CHECK_EQ(rows[PX_REJECT_PAYLOAD], 3);
    add(&h, 1, "f", PX_STR("1"), false);
    CHECK_EQ(px_rejects_count(h.rejects), 6); /* numbers go on */
    save(&h, PX_REJECTS_SAVE_NS);
    check_same_after_restart(&h, false);
    close_house(&h);
}

PX_TEST(what_was_taken_does_not_come_back_and_its_number_is_not_given_again)
{
    size_t rows[3];
    house h = { 0 };

    open_house(&h);
    add(&h, 1, "a", PX_STR("one"), true);
    add(&h, 1, "b", PX_STR("one"), true);
    add(&h, 2, "c", PX_STR("two"), true);
    save(&h, PX_REJECTS_SAVE_NS);
    CHECK(px_rejects_remove(h.rejects, 1, 1));
    CHECK(px_rejects_remove(h.rejects, 2, 3));
    save(&h, PX_REJECTS_SAVE_NS);
    count_rows(&h, rows);
    CHECK_EQ(rows[PX_REJECT_ENTRY], 1);
    CHECK_EQ(rows[PX_REJECT_PAYLOAD], 1);
    check_same_after_restart(&h, true);
    CHECK(px_rejects_remove(h.rejects, 1, 2));
    save(&h, PX_REJECTS_SAVE_NS);
    restart(&h, true);
    count_rows(&h, rows);
    CHECK_EQ(rows[PX_REJECT_ENTRY] + rows[PX_REJECT_PAYLOAD], 0);
    add(&h, 1, "d", PX_STR("1"), false);
    CHECK_EQ(px_rejects_count(h.rejects), 4);
    close_house(&h);
}

PX_TEST(the_disk_has_as_many_as_memory_and_not_one_more)
{
    size_t rows[3];
    house h = { 0 };

    open_house(&h);
    for (int i = 0; i < PX_REJECTS_MAX; i++) {
        char payload[16];

        snprintf(payload, sizeof(payload), "%d", i);
        add(&h, 1 + (uint32_t)(i % 2), "a", px_str_c(payload), true);
    }
    save(&h, PX_REJECTS_SAVE_NS);
    count_rows(&h, rows);
    CHECK_EQ(rows[PX_REJECT_ENTRY], PX_REJECTS_MAX);
    CHECK_EQ(rows[PX_REJECT_PAYLOAD], PX_REJECTS_MAX);
    add(&h, 2, "b", PX_STR("one more"), true); /* in the place of another tenant's */
    save(&h, PX_REJECTS_SAVE_NS);
    count_rows(&h, rows);
    CHECK_EQ(rows[PX_REJECT_ENTRY], PX_REJECTS_MAX);
    CHECK_EQ(rows[PX_REJECT_PAYLOAD], PX_REJECTS_MAX);
    for (int i = 0; i < 3 * PX_REJECTS_MAX; i++) /* many times over between two saves */
        add(&h, 1 + (uint32_t)(i % 2), "c", PX_STR("x"), false);
    save(&h, PX_REJECTS_SAVE_NS);
    count_rows(&h, rows);
    CHECK_EQ(rows[PX_REJECT_ENTRY], PX_REJECTS_MAX);
    CHECK_EQ(rows[PX_REJECT_PAYLOAD], 0);
    check_same_after_restart(&h, false);
    close_house(&h);
}

PX_TEST(a_payload_as_long_as_a_row_is_kept_whole_and_one_byte_more_is_cut)
{
    char *large = px_zalloc(1, PX_REJECT_WHOLE_BYTES_MAX + 1);
    house h = { 0 };

    open_house(&h);
    add(&h, 1, "a", px_str_of(large, PX_REJECT_WHOLE_BYTES_MAX), true);
    CHECK_EQ(px_rejects_bytes(h.rejects), PX_REJECT_WHOLE_BYTES_MAX);
    large[0] = 1;
    add(&h, 1, "b", px_str_of(large, PX_REJECT_WHOLE_BYTES_MAX + 1), true);
    CHECK_EQ(px_rejects_bytes(h.rejects), PX_REJECT_WHOLE_BYTES_MAX);
    save(&h, PX_REJECTS_SAVE_NS);
    check_same_after_restart(&h, true);
    CHECK_EQ(px_rejects_bytes(h.rejects), PX_REJECT_WHOLE_BYTES_MAX);
    px_free(large);
    close_house(&h);
}

/* The oldest payload goes back to its beginning, on the disk as well; also behind a restart. */
PX_TEST(whole_payloads_are_bounded_on_the_disk_as_in_memory)
{
    size_t piece = PX_REJECTS_BYTES_MAX / 16;
    char *large = px_zalloc(1, piece);
    size_t rows[3];
    house h = { 0 };

    open_house(&h);
    for (char i = 0; i < 16; i++) {
        large[0] = i;
        add(&h, 1, "a", px_str_of(large, piece), true);
    }
    save(&h, PX_REJECTS_SAVE_NS);
    count_rows(&h, rows);
    CHECK_EQ(rows[PX_REJECT_PAYLOAD], 16);
    restart(&h, false);
    CHECK_EQ(px_rejects_bytes(h.rejects), PX_REJECTS_BYTES_MAX);
    large[0] = 99;
    add(&h, 1, "b", px_str_of(large, 1), true);
    CHECK(px_rejects_bytes(h.rejects) <= PX_REJECTS_BYTES_MAX);
    save(&h, PX_REJECTS_SAVE_NS);
    count_rows(&h, rows);
    CHECK_EQ(rows[PX_REJECT_ENTRY], 17);
    CHECK_EQ(rows[PX_REJECT_PAYLOAD], 16);
    check_same_after_restart(&h, true);
    px_free(large);
    close_house(&h);
}

/* ---- who waits ---- */

typedef struct answer {
    px_rejects_wait wait;
    int count;
    px_status status;
} answer;

static void note(px_rejects_wait *wait, px_status status)
{
    answer *a = wait->data;

    a->count++;
    a->status = status;
}

static void await(house *h, answer *a)
{
    *a = (answer){ .wait = { .done = note, .data = a } };
    px_rejects_await(h->rejects, &a->wait);
}

PX_TEST(who_waits_is_told_by_the_commit_and_not_before)
{
    answer first, second, third;
    px_err err;
    house h = { 0 };

    open_house(&h);
    CHECK(px_rejects_are_saved(h.rejects));
    await(&h, &first);
    CHECK_EQ(first.count, 1); /* there is nothing to wait for */
    add(&h, 1, "a", PX_STR("1"), false);
    CHECK(!px_rejects_are_saved(h.rejects));
    await(&h, &first);
    CHECK(px_keeper_step(h.keeper)); /* at once, though no save is due */
    add(&h, 1, "b", PX_STR("2"), false);
    await(&h, &second); /* which is not in what is under way */
    CHECK_EQ(first.count, 0);
    CHECK(px_engine_step(h.world.engine));
    CHECK_EQ(first.count, 0);
    CHECK(px_keeper_step(h.keeper));
    CHECK_EQ(first.count, 1);
    CHECK_EQ(first.status, PX_OK);
    CHECK_EQ(second.count, 0);
    settle(&h);
    CHECK_EQ(second.count, 1);
    CHECK_EQ(second.status, PX_OK);
    CHECK_OK(px_rejects_settled(h.rejects, &err), &err);
    CHECK(px_rejects_remove(h.rejects, 1, 1)); /* that something left is waited for, too */
    await(&h, &third);
    CHECK_EQ(third.count, 0);
    settle(&h);
    CHECK_EQ(third.count, 1);
    CHECK_EQ(first.count + second.count, 2);
    close_house(&h);
}

PX_TEST(where_nobody_saves_nobody_waits)
{
    px_rejects *rejects = px_rejects_new();
    house h = { .rejects = rejects };
    answer a;
    px_err err;

    add(&h, 1, "a", PX_STR("1"), false);
    CHECK(px_rejects_are_saved(rejects));
    await(&h, &a);
    CHECK_EQ(a.count, 1);
    CHECK_EQ(a.status, PX_OK);
    CHECK_OK(px_rejects_settled(rejects, &err), &err);
    px_rejects_free(rejects);
}

PX_TEST(who_waits_for_a_keeper_that_ends_is_told_so)
{
    answer a;
    house h = { 0 };

    open_house(&h);
    add(&h, 1, "a", PX_STR("1"), false);
    await(&h, &a);
    px_keeper_close(h.keeper);
    h.keeper = NULL;
    CHECK_EQ(a.count, 1);
    CHECK_EQ(a.status, PX_INTERRUPTED);
    close_house(&h);
}

static void fill_disk(house *h)
{
    px_fakedisk_capacity(h->world.disk, px_fakedisk_used(h->world.disk));
    for (int i = 0; i < 1000; i++) {
        char id[16];
        px_document_write write = { .kind = PX_STR("device"), .body = PX_STR("{\"twins\":[]}") };
        px_request request = { .kind = PX_REQUEST_DOCUMENTS,
                               .documents = &write,
                               .document_count = 1 };

        snprintf(id, sizeof(id), "filler-%d", i);
        write.id = px_str_c(id);
        if (px_world_do(&h->world, &request).status == PX_FULL)
            return;
    }
    fail();
}

PX_TEST(on_a_full_disk_who_waits_is_told_and_what_was_refused_is_saved_once_there_is_room)
{
    answer a, b;
    house h = { 0 };

    open_house(&h);
    fill_disk(&h);
    add(&h, 1, "a", PX_STR("1"), true);
    await(&h, &a);
    px_keeper_step(h.keeper);
    px_engine_step(h.world.engine);
    px_keeper_step(h.keeper);
    CHECK_EQ(a.count, 0); /* it may be over in a moment */
    px_fakedisk_advance(h.world.disk, PX_KEEPER_FULL_NS);
    px_engine_step(h.world.engine);
    px_keeper_step(h.keeper);
    CHECK_EQ(a.count, 1);
    CHECK_EQ(a.status, PX_FULL);
    px_fakedisk_capacity(h.world.disk, INT64_MAX);
    save(&h, PX_REJECTS_SAVE_NS);
    await(&h, &b);
    CHECK_EQ(b.status, PX_OK);
    check_same_after_restart(&h, true);
    CHECK_EQ(px_rejects_count(h.rejects), 1);
    close_house(&h);
}

/* Where nothing is to be written, so that it waits for no engine. */
static void start_and_stop(house *h)
{
    px_err err;

    CHECK_OK(px_keeper_start(h->keeper, &err), &err);
    px_keeper_stop(h->keeper);
}

/* A server that ends on a full disk: its consumers are not tried again from some moment on. */
PX_TEST(where_the_engine_takes_no_more_who_waits_is_told_at_once)
{
    answer a, b;
    house h = { 0 };

    open_house(&h);
    fill_disk(&h);
    add(&h, 1, "a", PX_STR("1"), true);
    await(&h, &a);
    px_engine_writebacks_end(h.world.engine);
    settle(&h);
    CHECK_EQ(a.count, 1);
    CHECK_EQ(a.status, PX_INTERRUPTED);
    add(&h, 1, "b", PX_STR("2"), true); /* a door that still drains */
    await(&h, &b);
    settle(&h);
    CHECK_EQ(b.count, 1);
    CHECK_EQ(b.status, PX_INTERRUPTED);
    start_and_stop(&h);
    CHECK(strstr(keeper_logged, "keeper.unsaved") && strstr(keeper_logged, "rejects=yes"));
    close_house(&h);
}

PX_TEST(an_end_that_has_saved_all_says_nothing)
{
    house h = { 0 };

    open_house(&h);
    add(&h, 1, "a", PX_STR("1"), true);
    save(&h, PX_REJECTS_SAVE_NS);
    start_and_stop(&h);
    CHECK_STR(keeper_logged, "");
    close_house(&h);
}

/* ---- every place where it may end ---- */

/* Adds, takes and saves of two tenants over more than there are places; `asked` counts allocations
 * of the keeper, the n-th of which fails. */
static uint64_t live_without_memory(uint64_t nth)
{
    uint64_t asked = 0;
    answer a;
    house h = { 0 };

    open_house(&h);
    for (uint32_t i = 0; i < 6; i++) {
        char payload[16];

        snprintf(payload, sizeof(payload), "%u", i / 2);
        add(&h, 1 + i % 2, "a", px_str_c(payload), i % 3 != 0);
        if (i == 4)
            CHECK(px_rejects_remove(h.rejects, 2, 2));
        if (i == 5)
            for (uint32_t j = 0; j < PX_REJECTS_MAX; j++)
                add(&h, 2, "b", PX_STR("y"), j == 0);
        await(&h, &a);
        for (int idle = 0; idle < 2;) {
            bool did;

            px_mem_fail_nth(nth > asked ? nth - asked : 0);
            did = px_keeper_step(h.keeper);
            asked += px_mem_requests();
            px_mem_fail_nth(0);
            did |= px_engine_step(h.world.engine);
            idle = did ? 0 : idle + 1;
            if (!did)
                px_fakedisk_advance(h.world.disk, PX_SECOND / 10);
        }
        CHECK_EQ(a.count, 1);
        CHECK_EQ(a.status, PX_OK);
        check_same_after_restart(&h, i % 2);
    }
    close_house(&h);
    return asked;
}

PX_TEST(what_finds_no_memory_is_saved_later_and_who_waits_waits_for_it)
{
    uint64_t asked = live_without_memory(UINT64_MAX);

    CHECK(asked >= 6);
    for (uint64_t nth = 1; nth <= asked; nth++)
        (void)live_without_memory(nth);
}

PX_TEST(without_memory_a_start_says_so)
{
    house h = { 0 };

    open_house(&h);
    add(&h, 1, "a", PX_STR("one"), true);
    add(&h, 2, "a", PX_STR("two"), true);
    save(&h, PX_REJECTS_SAVE_NS);
    close_keeper(&h);
    open_without_memory(&h);
    CHECK_EQ(px_rejects_bytes(h.rejects), 6);
    close_house(&h);
}

/* Whoever was told that it is saved finds it again. False: the story was over before the crash. */
static bool crash_at(uint64_t op, bool power)
{
    answer answers[6]; /* some come with the end */
    uint64_t told = 0, taken = 0;
    px_arena arena;
    bool crashed;
    house h = { 0 };
    size_t count;

    open_house(&h);
    px_fakedisk_crash_is_kill(h.world.disk, !power);
    px_fakedisk_crash_at(h.world.disk, px_fakedisk_ops(h.world.disk) + op);
    for (uint64_t i = 1; i <= 5 && !px_fakedisk_crashed(h.world.disk); i++) {
        add(&h, 1, "a", PX_STR("payload"), true);
        if (i == 4)
            CHECK(px_rejects_remove(h.rejects, 1, 2));
        await(&h, &answers[i]);
        settle(&h);
        if (answers[i].count && answers[i].status == PX_OK)
            told = i;
        taken = told >= 4 ? 2 : 0;
    }
    crashed = px_fakedisk_crashed(h.world.disk);
    restart_crashed(&h);
    px_arena_init(&arena, 1 << 20);
    count = list(&h, 1, &arena);
    CHECK(px_rejects_count(h.rejects) >= told);
    for (uint64_t number = 1; number <= told; number++) {
        bool found = false;

        for (size_t i = 0; i < count; i++)
            found |= items[i].number == number && items[i].is_whole &&
                     px_str_eq(items[i].payload, PX_STR("payload"));
        if (number == 2 && !taken)
            continue; /* its removal may be there, or not */
        CHECK_EQ(found, number != taken);
    }
    px_arena_release(&arena);
    close_house(&h);
    return crashed;
}

PX_TEST(a_crash_at_any_write_loses_nothing_that_was_told_to_be_saved)
{
    for (int power = 0; power < 2; power++) {
        uint64_t op = 0;

        while (crash_at(op, power))
            CHECK(op++ < 1000);
        CHECK(op >= 10);
    }
}

PX_PROP(whatever_happens_a_save_and_a_kill_give_it_back, 12)
{
    static const char *const payloads[] = { "", "a", "bb", "ccc" };
    house h = { 0 };

    open_house(&h);
    for (int i = 0; i < 40; i++) {
        uint64_t n = px_gen_below(gen, 400);

        for (uint64_t j = 0; j < n; j++)
            add(&h, 1 + (uint32_t)px_gen_below(gen, 2), "n",
                px_str_c(payloads[px_gen_below(gen, 4)]), px_gen_below(gen, 2));
        for (uint64_t j = px_gen_below(gen, 30); j > 0; j--)
            (void)px_rejects_remove(h.rejects, 1 + (uint32_t)px_gen_below(gen, 2),
                                    1 + px_gen_below(gen, px_rejects_count(h.rejects) + 1));
        if (px_gen_below(gen, 3))
            continue;
        save(&h, PX_REJECTS_SAVE_NS);
        if (px_gen_below(gen, 2))
            check_same_after_restart(&h, px_gen_below(gen, 2));
    }
    close_house(&h);
}

/* ---- rows that nobody wrote ---- */

static px_status load(px_rejects *rejects, px_key key, const px_buf *buf)
{
    px_fold row = { .table = PX_TABLE_REJECT, .key = key, .body = px_buf_str(buf) };
    px_err err;

    return px_rejects_load(rejects, &row, &err);
}

PX_TEST(a_row_that_is_no_rejects_is_refused)
{
    px_rejects *rejects = px_rejects_new();
    px_rejected r = { .number = 5, .role = PX_ROLE_ADMIN };
    static char text[PX_REJECT_PAYLOAD_BYTES_MAX + 1];
    px_buf buf = { 0 }, empty = { 0 };
    const px_key bad[] = {
        { 0, PX_REJECT_ENTRY, 4 },
        { -1, PX_REJECT_ENTRY, 4 },
        { 1, PX_REJECT_ENTRY, -1 },
        { INT64_C(1) << 32, PX_REJECT_ENTRY, 4 },
        { 1, 3, 4 },
        { 1, PX_REJECT_ENTRY, PX_REJECTS_MAX },
        { 1, PX_REJECT_PAYLOAD, 0 },
        { 1, PX_REJECT_NUMBER, 0 },
        { 0, PX_REJECT_NUMBER, 1 },
    };

    r.payload = px_str_of(text, sizeof(text) - 1); /* as long as the limit */
    px_put_reject(&buf, &r, 0);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CHECK_EQ(load(rejects, bad[i], &buf), PX_CORRUPT);
    CHECK_EQ(load(rejects, (px_key){ 1, PX_REJECT_ENTRY, 4 }, &empty), PX_CORRUPT);
    CHECK_EQ(load(rejects, (px_key){ 1, PX_REJECT_ENTRY, 4 }, &buf), PX_OK);
    CHECK_EQ(load(rejects, (px_key){ UINT32_MAX, PX_REJECT_ENTRY, 4 }, &buf), PX_OK);
    CHECK_EQ(px_rejects_count(rejects), 5);
    px_buf_clear(&buf);
    r.payload = px_str_of(text, sizeof(text)); /* and one past it */
    px_put_reject(&buf, &r, 0);
    CHECK_EQ(load(rejects, (px_key){ 1, PX_REJECT_ENTRY, 4 }, &buf), PX_CORRUPT);
    px_buf_clear(&buf);
    r = (px_rejected){ .number = INT64_MAX, .role = PX_ROLE_ADMIN };
    px_put_reject(&buf, &r, 0);
    CHECK_EQ(load(rejects, (px_key){ 1, PX_REJECT_ENTRY, PX_REJECTS_MAX - 1 }, &buf), PX_OK);
    buf.ptr[0] = 2;
    CHECK_EQ(load(rejects, (px_key){ 1, PX_REJECT_ENTRY, 4 }, &buf), PX_UNSUPPORTED);
    px_buf_clear(&buf);
    r = (px_rejected){ .number = (uint64_t)INT64_MAX + 1 };
    px_put_reject(&buf, &r, 0);
    CHECK_EQ(load(rejects, (px_key){ 1, PX_REJECT_ENTRY, PX_REJECTS_MAX - 1 }, &buf), PX_CORRUPT);
    px_buf_clear(&buf);
    r = (px_rejected){ .number = 5, .role = (px_role)(PX_ROLE_ADMIN + 1) };
    px_put_reject(&buf, &r, 0);
    CHECK_EQ(load(rejects, (px_key){ 1, PX_REJECT_ENTRY, 4 }, &buf), PX_CORRUPT);
    px_buf_release(&buf);
    px_rejects_free(rejects);
}

PX_TEST_MAIN()
