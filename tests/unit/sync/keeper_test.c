/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept of devices beside an engine without threads, over restarts, kills and full disks. */
#include <stdio.h>

#include "keeper_house.h"
#include "sync/presence_row.h"
#include "sync/saving.h"

enum { DEVICES = 3 };

static uint32_t numbers[DEVICES]; /* of the devices */

static px_status write_device(house *h, const char *id, const char *body)
{
    px_document_write write = { .kind = PX_STR("device"),
                                .id = px_str_c(id),
                                .body = body ? px_str_c(body) : (px_str){ 0 } };
    px_request request = { .kind = PX_REQUEST_DOCUMENTS, .documents = &write, .document_count = 1 };

    return px_world_do(&h->world, &request).status;
}

static uint32_t number_of(house *h, const char *id)
{
    px_document document;
    px_arena arena;
    px_err err;

    px_arena_init(&arena, 1 << 20);
    CHECK_OK(px_documents_get(px_engine_documents(h->world.engine), 1, PX_STR("device"),
                              px_str_c(id), &arena, &document, &err),
             &err);
    px_arena_release(&arena);
    return document.no;
}

static void begin(house *h)
{
    open_house(h);
    for (int i = 0; i < DEVICES; i++) {
        char id[8];

        snprintf(id, sizeof(id), "d%d", i);
        CHECK_EQ(write_device(h, id, "{\"twins\":[]}"), PX_OK);
        numbers[i] = number_of(h, id);
    }
}

static px_time now_of(house *h)
{
    px_env *env = px_fakedisk_env(h->world.disk);

    return env->now(env);
}

static px_presence_peer peer(house *h, const char *reason)
{
    return (px_presence_peer){ now_of(h), "10.0.0.1:5", reason, 5 };
}

/* It comes, says so much, and goes. */
static void visit(house *h, int device, uint64_t messages)
{
    px_presence_peer at = peer(h, "");
    px_presence_row *row = px_presence_connected(h->presence, 1, numbers[device], &at);

    CHECK(row != NULL);
    for (uint64_t i = 0; i < messages; i++)
        px_presence_message(row, 10);
    px_presence_ended(h->presence, row, &at);
}

static px_presence_facts facts_of(house *h, int device)
{
    px_presence_facts facts = { .seen = PX_TIME_NONE };

    (void)px_presence_read(h->presence, numbers[device], &facts);
    return facts;
}

PX_TEST(what_a_device_did_is_known_after_a_kill)
{
    house h = { 0 };
    px_presence_facts before, after;
    px_presence_peer refused;

    begin(&h);
    visit(&h, 0, 7);
    refused = peer(&h, "device.disabled");
    px_presence_refused(h.presence, 1, numbers[0], &refused);
    px_presence_rejected(h.presence, 1, numbers[0], refused.now);
    px_fakedisk_advance(h.world.disk, PX_SECOND);
    px_presence_seen(h.presence, 1, numbers[1], now_of(&h));
    before = facts_of(&h, 0);
    CHECK_EQ(px_presence_stat(h.presence).unsaved, 2);
    save(&h, PX_DEVICES_SAVE_NS);
    CHECK_EQ(px_presence_stat(h.presence).unsaved, 0);
    restart(&h, true);
    CHECK_EQ(px_presence_stat(h.presence).unsaved, 0);
    after = facts_of(&h, 0);
    CHECK_EQ(after.since, before.since);
    CHECK_EQ(after.seen, before.seen);
    CHECK_EQ(after.connects, 1);
    CHECK_EQ(after.refusals, 1);
    CHECK_EQ(after.messages, 7);
    CHECK_EQ(after.bytes, 70);
    CHECK_EQ(after.rejects, 1);
    CHECK_EQ(after.connections, 0);
    CHECK_EQ(facts_of(&h, 1).seen, before.seen + PX_SECOND);
    CHECK_EQ(facts_of(&h, 2).seen, PX_TIME_NONE);
    CHECK_EQ(px_presence_since(h.presence), before.since);
    visit(&h, 0, 1); /* and it goes on from there */
    CHECK_EQ(facts_of(&h, 0).messages, 8);
    close_house(&h);
}

/* One entry a line: the reasons of entries end with what they were read from. */
static void put_log(px_buf *buf, const px_presence_facts *facts)
{
    px_buf_clear(buf);
    for (size_t i = 0; i < facts->log_count; i++) {
        const px_presence_entry *e = &facts->log[i];

        px_putf(buf, "%s %lld %u %u %s %s\n", px_presence_event_name(e->event), (long long)e->time,
                e->count, e->version, e->reason, e->address);
    }
    CHECK_EQ(buf->status, PX_OK);
}

static void check_same_log_after_restart(house *h, int device, bool power)
{
    px_buf before = { 0 }, after = { 0 };
    px_presence_facts facts = facts_of(h, device);

    put_log(&before, &facts);
    restart(h, power);
    facts = facts_of(h, device);
    put_log(&after, &facts);
    CHECK_STR(after.ptr, before.ptr);
    px_buf_release(&before);
    px_buf_release(&after);
}

PX_TEST(a_log_is_as_it_was_after_a_kill_and_goes_on)
{
    house h = { 0 };
    px_presence_facts facts;
    px_presence_peer refused;
    px_time newest;

    begin(&h);
    for (int i = 0; i < PX_DEVICE_LOG_MAX; i++) { /* more than it keeps */
        px_fakedisk_advance(h.world.disk, PX_MILLISECOND);
        visit(&h, 0, 1);
        refused = peer(&h, i % 2 ? "device.disabled" : "access.expired");
        px_presence_refused(h.presence, 1, numbers[0], &refused);
    }
    visit(&h, 1, 1);
    CHECK_EQ(facts_of(&h, 0).log_count, PX_DEVICE_LOG_MAX);
    save(&h, PX_DEVICES_SAVE_NS);
    check_same_log_after_restart(&h, 0, true);
    newest = facts_of(&h, 0).log[0].time;
    CHECK_EQ(facts_of(&h, 1).log_count, 2);
    CHECK_EQ(facts_of(&h, 2).log_count, 0);
    px_fakedisk_advance(h.world.disk, PX_SECOND);
    refused = peer(&h, "access.expired");
    px_presence_refused(h.presence, 1, numbers[0], &refused);
    px_presence_refused(h.presence, 1, numbers[0], &refused);
    facts = facts_of(&h, 0);
    CHECK_EQ(facts.log_count, PX_DEVICE_LOG_MAX);
    CHECK_EQ(facts.log[0].count, 2);
    CHECK_EQ(facts.log[1].time, newest);
    save(&h, PX_DEVICES_SAVE_NS);
    check_same_log_after_restart(&h, 0, false);
    close_house(&h);
}

PX_TEST(a_connection_that_a_kill_cut_is_told_to_have_ended_when_its_device_was_seen_last)
{
    house h = { 0 };
    px_presence_facts facts;
    px_presence_peer at;
    px_presence_row *row;
    px_time seen;

    begin(&h);
    at = peer(&h, "");
    row = px_presence_connected(h.presence, 1, numbers[0], &at);
    at = (px_presence_peer){ now_of(&h), "10.0.0.2:9", "access.expired", 4 };
    px_presence_refused(h.presence, 1, numbers[0], &at); /* which is not the one that is cut */
    visit(&h, 1, 1);
    px_fakedisk_advance(h.world.disk, PX_SECOND);
    px_presence_message(row, 10);
    seen = now_of(&h);
    px_presence_tick(h.presence, row, seen);
    save(&h, PX_DEVICES_SAVE_NS);
    for (int i = 0; i < 2; i++) { /* once, however often the server starts */
        restart(&h, true);
        save(&h, PX_DEVICES_SAVE_NS);
        facts = facts_of(&h, 0);
        CHECK_EQ(facts.log_count, 3);
        CHECK_EQ(facts.log[0].event, PX_PRESENCE_ENDED);
        CHECK_EQ(facts.log[0].version, 5);
        CHECK_STR(facts.log[0].reason, PX_PRESENCE_KILLED);
        CHECK_STR(facts.log[0].address, "10.0.0.1:5");
        CHECK_EQ(facts.log[0].time, seen);
        CHECK_EQ(facts.connections, 0);
        CHECK_STR(facts_of(&h, 1).log[0].reason, "");
        CHECK_EQ(facts_of(&h, 1).log_count, 2);
    }
    close_house(&h);
}

PX_TEST(nothing_is_written_while_nothing_changes_nor_before_it_is_due)
{
    house h = { 0 };
    px_store_stats before, after;

    begin(&h);
    save(&h, PX_DEVICES_SAVE_NS);
    px_store_stats_get(h.world.store, &before);
    for (int i = 0; i < 5; i++)
        save(&h, PX_DEVICES_SAVE_NS);
    visit(&h, 0, 1000);
    settle(&h);
    px_store_stats_get(h.world.store, &after);
    CHECK_EQ(after.commits, before.commits);
    save(&h, PX_DEVICES_SAVE_NS);
    px_store_stats_get(h.world.store, &after);
    CHECK_EQ(after.commits, before.commits + 1);
    close_house(&h);
}

PX_TEST(of_a_device_that_is_deleted_nothing_is_left_after_the_next_start)
{
    house h = { 0 };

    begin(&h);
    visit(&h, 0, 1);
    visit(&h, 1, 1);
    save(&h, PX_DEVICES_SAVE_NS);
    CHECK_EQ(write_device(&h, "d0", NULL), PX_OK);
    restart(&h, false);
    CHECK_EQ(px_presence_stat(h.presence).rows, 1);
    save(&h, PX_DEVICES_SAVE_NS);
    CHECK_EQ(write_device(&h, "d0", "{\"twins\":[]}"), PX_OK);
    numbers[0] = number_of(&h, "d0");
    restart(&h, false);
    CHECK_EQ(px_presence_stat(h.presence).rows, 1);
    CHECK_EQ(facts_of(&h, 0).messages, 0);
    CHECK_EQ(facts_of(&h, 1).messages, 1);
    close_house(&h);
}

PX_TEST(as_many_devices_as_the_limit_are_read_and_no_more)
{
    house h = { .rows_max = DEVICES };

    begin(&h);
    for (int i = 0; i < DEVICES; i++)
        visit(&h, i, 1);
    save(&h, PX_DEVICES_SAVE_NS);
    restart(&h, false);
    CHECK_EQ(px_presence_stat(h.presence).rows, DEVICES);
    h.rows_max = DEVICES - 1;
    restart(&h, false);
    CHECK_EQ(px_presence_stat(h.presence).rows, DEVICES - 1);
    save(&h, PX_DEVICES_SAVE_NS); /* the one that found no room is off the disk, too */
    h.rows_max = DEVICES;
    restart(&h, false);
    CHECK_EQ(px_presence_stat(h.presence).rows, DEVICES - 1);
    close_house(&h);
}

PX_TEST(who_makes_room_is_off_the_disk_and_is_counted_anew_when_it_comes_again)
{
    house h = { .rows_max = 2 };
    px_time first, forgotten;

    begin(&h);
    visit(&h, 0, 5);
    first = facts_of(&h, 0).since;
    save(&h, PX_DEVICES_SAVE_NS);
    px_fakedisk_advance(h.world.disk, PX_SECOND);
    visit(&h, 1, 1);
    px_fakedisk_advance(h.world.disk, PX_SECOND);
    visit(&h, 2, 1); /* the first one makes room */
    forgotten = now_of(&h);
    save(&h, PX_DEVICES_SAVE_NS);
    restart(&h, true);
    CHECK_EQ(facts_of(&h, 0).messages, 0);
    CHECK_EQ(facts_of(&h, 1).messages, 1);
    CHECK_EQ(facts_of(&h, 1).since, first);
    CHECK_EQ(px_presence_since(h.presence), forgotten);
    visit(&h, 0, 1); /* the second one was idle longest: its row was read, and goes */
    CHECK_EQ(facts_of(&h, 1).messages, 0);
    CHECK_EQ(facts_of(&h, 2).messages, 1);
    visit(&h, 1, 2);
    save(&h, PX_DEVICES_SAVE_NS); /* was deleted and is put, in one save */
    restart(&h, true);
    CHECK_EQ(facts_of(&h, 0).messages, 1);
    CHECK_EQ(facts_of(&h, 1).messages, 2);
    CHECK(facts_of(&h, 1).since > first);
    close_house(&h);
}

PX_TEST(more_than_one_effect_takes_is_written_in_several)
{
    house h = { 0 };
    uint32_t count = PX_SAVING_ROWS_MAX * 2 + 3;
    px_presence_facts facts;

    begin(&h);
    for (uint32_t no = 1; no <= count; no++)
        px_presence_seen(h.presence, 1, 1000 + no, (px_time)no);
    px_presence_begin_round(h.presence);
    for (int parts = 3;; parts--) {
        px_saving saving = { 0 };
        bool more = px_presence_pull(h.presence, &saving);

        CHECK(saving.ops.len <= PX_SAVING_ROWS_MAX);
        px_saving_release(&saving);
        px_presence_settle(h.presence, false); /* each comes again */
        if (!more) {
            CHECK_EQ(parts, 1);
            break;
        }
    }
    save(&h, PX_DEVICES_SAVE_NS);
    px_presence_begin_round(h.presence);
    CHECK(px_presence_read(h.presence, 1000 + count, &facts));
    {
        px_saving saving = { 0 };

        CHECK(!px_presence_pull(h.presence, &saving));
        CHECK_EQ(saving.ops.len, 0);
        px_saving_release(&saving);
    }
    close_house(&h);
}

PX_TEST(a_full_disk_delays_what_is_kept_and_loses_nothing)
{
    house h = { 0 };

    begin(&h);
    visit(&h, 0, 3);
    px_fakedisk_capacity(h.world.disk, px_fakedisk_used(h.world.disk));
    for (int i = 0; i < 1000; i++) {
        char id[16];

        snprintf(id, sizeof(id), "filler-%d", i);
        if (write_device(&h, id, "{\"twins\":[]}") == PX_FULL)
            break;
    }
    for (int i = 0; i < 20; i++) {
        px_fakedisk_advance(h.world.disk, PX_DEVICES_SAVE_NS);
        px_keeper_step(h.keeper);
        px_engine_step(h.world.engine);
    }
    visit(&h, 0, 1);
    px_fakedisk_capacity(h.world.disk, INT64_MAX);
    save(&h, PX_DEVICES_SAVE_NS);
    save(&h, PX_DEVICES_SAVE_NS);
    restart(&h, true);
    CHECK_EQ(facts_of(&h, 0).messages, 4);
    close_house(&h);
}

/* ---- every place where it may end ---- */

/* Visits and saves, where the n-th allocation of the keeper fails; gives how many there were. */
static uint64_t live_without_memory(uint64_t nth)
{
    house h = { .rows_max = 2 };
    uint64_t asked = 0;

    begin(&h);
    for (int i = 0; i < 6; i++) {
        visit(&h, i % DEVICES, 1);
        px_fakedisk_advance(h.world.disk, PX_DEVICES_SAVE_NS);
        for (bool more = true; more;) {
            px_mem_fail_nth(nth > asked ? nth - asked : 0);
            more = px_keeper_step(h.keeper);
            asked += px_mem_requests();
            px_mem_fail_nth(0);
            more |= px_engine_step(h.world.engine);
        }
    }
    save(&h, PX_DEVICES_SAVE_NS);
    restart(&h, true);
    CHECK_EQ(facts_of(&h, 0).messages, 0);
    CHECK_EQ(facts_of(&h, 1).messages, 1);
    CHECK_EQ(facts_of(&h, 2).messages, 1);
    close_house(&h);
    return asked;
}

PX_TEST(what_finds_no_memory_is_written_later)
{
    uint64_t asked = live_without_memory(UINT64_MAX);

    CHECK(asked >= 3);
    for (uint64_t nth = 1; nth <= asked; nth++)
        (void)live_without_memory(nth);
}

PX_TEST(without_memory_a_start_says_so)
{
    house h = { 0 };

    begin(&h);
    visit(&h, 0, 1);
    visit(&h, 1, 1);
    save(&h, PX_DEVICES_SAVE_NS);
    close_keeper(&h);
    open_without_memory(&h);
    CHECK_EQ(facts_of(&h, 1).messages, 1);
    close_house(&h);
}

/* One device makes room for another with each save. False: the story was over before the crash. */
static bool crash_at(uint64_t op, bool power)
{
    house h = { .rows_max = 2 };
    uint64_t said[DEVICES] = { 0 }, saved[DEVICES] = { 0 };
    bool crashed;

    begin(&h);
    px_fakedisk_crash_is_kill(h.world.disk, !power);
    px_fakedisk_crash_at(h.world.disk, px_fakedisk_ops(h.world.disk) + op);
    for (int i = 0; i < 6 && !px_fakedisk_crashed(h.world.disk); i++) {
        visit(&h, i % DEVICES, 1);
        said[i % DEVICES] = facts_of(&h, i % DEVICES).messages;
        save(&h, PX_DEVICES_SAVE_NS);
        if (!px_fakedisk_crashed(h.world.disk))
            for (int d = 0; d < DEVICES; d++)
                saved[d] = facts_of(&h, d).messages;
    }
    crashed = px_fakedisk_crashed(h.world.disk);
    restart_crashed(&h);
    for (int d = 0; d < DEVICES; d++) {
        uint64_t read = facts_of(&h, d).messages, is = said[d];

        /* as the last save has it, or as the one that was under way: that forgot one, too */
        CHECK(read == saved[d] || read == is || (crashed && read == 0));
    }
    CHECK(px_presence_stat(h.presence).rows <= 2);
    close_house(&h);
    return crashed;
}

PX_TEST(a_crash_at_every_write_leaves_one_save_or_the_other)
{
    for (int power = 0; power < 2; power++) {
        uint64_t op = 0;

        while (crash_at(op, power))
            CHECK(op++ < 1000);
        CHECK(op >= 10);
    }
}

PX_TEST(a_row_that_is_no_devices_is_refused)
{
    px_presence *presence = px_presence_new(0, 0);
    px_presence_facts facts = { .seen = 1 };
    px_buf buf = { 0 };
    px_err err;
    const px_key bad[] = { { 0, 0, 7 },  { -1, 0, 7 }, { INT64_C(1) << 32, 0, 7 },
                           { 1, 99, 7 }, { 1, 0, 0 },  { 1, 0, INT64_C(1) << 32 } };
    px_fold row = { .table = PX_TABLE_DEVICE };

    px_put_presence_facts(&buf, &facts);
    row.body = px_buf_str(&buf);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        row.key = bad[i];
        CHECK_EQ(px_presence_load(presence, &row, true, &err), PX_CORRUPT);
    }
    row.key = (px_key){ 1, 0, 7 };
    CHECK_OK(px_presence_load(presence, &row, true, &err), &err);
    row.key = (px_key){ UINT32_MAX, 0, UINT32_MAX };
    CHECK_OK(px_presence_load(presence, &row, true, &err), &err);
    row.body.len--;
    CHECK_EQ(px_presence_load(presence, &row, true, &err), PX_CORRUPT);
    buf.ptr[0] = 2;
    CHECK_EQ(px_presence_load(presence, &row, true, &err), PX_UNSUPPORTED);
    px_buf_release(&buf);
    px_presence_free(presence);
}

static px_status load_log(px_presence *presence, uint32_t device, const px_presence_facts *log)
{
    px_buf buf = { 0 };
    px_fold row = { .table = PX_TABLE_DEVICE, .key = { 1, PX_PRESENCE_LOG, device } };
    px_status status;
    px_err err;

    px_put_presence_log(&buf, log);
    row.body = px_buf_str(&buf);
    status = px_presence_load(presence, &row, true, &err);
    px_buf_release(&buf);
    return status;
}

static px_presence *with_devices(uint32_t count)
{
    px_presence *presence = px_presence_new(0, 0);
    px_presence_facts facts = { .seen = 1 };
    px_buf buf = { 0 };
    px_err err;

    px_put_presence_facts(&buf, &facts);
    for (uint32_t device = 1; device <= count; device++) {
        px_fold row = { .table = PX_TABLE_DEVICE, .key = { 1, PX_PRESENCE_FACTS, device } };

        row.body = px_buf_str(&buf);
        CHECK_OK(px_presence_load(presence, &row, true, &err), &err);
    }
    px_buf_release(&buf);
    return presence;
}

PX_TEST(a_log_that_nobody_wrote_is_refused)
{
    px_presence *presence = with_devices(3);
    px_presence_facts log = { .log_count = PX_DEVICE_LOG_MAX };
    char reason[PX_DEVICE_REASON_BYTES_MAX + 1];
    px_presence_facts got;
    px_buf buf = { 0 };
    px_fold row = { .table = PX_TABLE_DEVICE, .key = { 1, PX_PRESENCE_LOG, 2 } };
    px_err err;

    memset(reason, 'r', sizeof(reason) - 1); /* one byte too long: it is cut when it is written */
    reason[sizeof(reason) - 1] = '\0';
    for (size_t i = 0; i < PX_DEVICE_LOG_MAX; i++)
        log.log[i] = (px_presence_entry){ .reason = reason, .count = 1 };
    memset(log.log[0].address, 'a', sizeof(log.log[0].address) - 1); /* as long as it may be */
    CHECK_EQ(load_log(presence, 1, &log), PX_OK);
    CHECK(px_presence_read(presence, 1, &got));
    CHECK_EQ(got.log_count, PX_DEVICE_LOG_MAX);
    CHECK_EQ(strlen(got.log[0].reason), PX_DEVICE_REASON_BYTES_MAX - 1);
    CHECK_EQ(strlen(got.log[0].address), sizeof(got.log[0].address) - 1);

    log = (px_presence_facts){ .log_count = 1 };
    log.log[0] = (px_presence_entry){ .reason = "r", .count = 1 };
    px_put_presence_log(&buf, &log);
    for (size_t i = 0; i < buf.len; i++) { /* cut short at every byte */
        row.body = px_str_of(buf.ptr, i);
        CHECK_EQ(px_presence_load(presence, &row, true, &err), PX_CORRUPT);
    }
    row.body = px_buf_str(&buf);
    buf.ptr[2] = PX_DEVICE_LOG_MAX + 1;
    CHECK_EQ(px_presence_load(presence, &row, true, &err), PX_CORRUPT);
    buf.ptr[2] = 1;
    buf.ptr[1] = 2; /* neither connected nor not */
    CHECK_EQ(px_presence_load(presence, &row, true, &err), PX_CORRUPT);
    buf.ptr[1] = 0;
    buf.ptr[3] = PX_PRESENCE_ENDED + 1;
    CHECK_EQ(px_presence_load(presence, &row, true, &err), PX_CORRUPT);
    buf.ptr[3] = 0;
    buf.ptr[buf.len - 2] = '\0'; /* of the reason */
    CHECK_EQ(px_presence_load(presence, &row, true, &err), PX_CORRUPT);
    buf.ptr[buf.len - 2] = 'r';
    CHECK_OK(px_presence_load(presence, &row, true, &err), &err);
    buf.ptr[0] = 2;
    CHECK_EQ(px_presence_load(presence, &row, true, &err), PX_UNSUPPORTED);
    px_buf_clear(&buf);
    px_put_u8(&buf, 1);
    px_put_u8(&buf, 0);
    px_put_u8(&buf, 1);
    px_put_u8(&buf, 0);
    px_put_u8(&buf, 5);
    px_put_zigzag(&buf, 1);
    px_put_varint(&buf, 1);
    px_put_block(&buf, px_str_of(reason, PX_DEVICE_REASON_BYTES_MAX));
    px_put_block(&buf, PX_STR(""));
    row.body = px_buf_str(&buf);
    row.key.c = 3;
    CHECK_EQ(px_presence_load(presence, &row, true, &err), PX_CORRUPT); /* one byte too long */
    px_buf_release(&buf);
    px_presence_free(presence);
}

PX_TEST(as_many_reasons_as_the_limit_are_read_and_what_comes_behind_is_other)
{
    enum { DEVICES_READ = PX_DEVICE_REASONS_MAX / PX_DEVICE_LOG_MAX + 1 };
    px_presence *presence = with_devices(DEVICES_READ);
    px_presence_facts got;

    for (uint32_t device = 1; device <= DEVICES_READ; device++) {
        px_presence_facts log = { .log_count = PX_DEVICE_LOG_MAX };
        char reasons[PX_DEVICE_LOG_MAX][16];

        for (size_t i = 0; i < PX_DEVICE_LOG_MAX; i++) {
            snprintf(reasons[i], sizeof(reasons[i]), "r%u.%zu", device, i);
            log.log[i] = (px_presence_entry){ .reason = reasons[i], .count = 1 };
        }
        CHECK_EQ(load_log(presence, device, &log), PX_OK);
        CHECK(px_presence_read(presence, device, &got));
        for (size_t i = 0; i < PX_DEVICE_LOG_MAX; i++)
            CHECK_STR(got.log[i].reason, device < DEVICES_READ ? reasons[i] : "other");
    }
    px_presence_free(presence);
}

PX_TEST_MAIN()
