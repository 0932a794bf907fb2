/* SPDX-License-Identifier: Apache-2.0 */
/* A backup while the engine works: what it holds, and that its troubles are its own. */
#include <stdio.h>

#include "base/limits.h"
#include "base/mem.h"
#include "engine/backup.h"
#include "px_test.h"
#include "px_world.h"

enum { PUMPS = 1000 }; /* more pages than one step copies */

#define COPY "copy/pollux.db"

static const char pump[] =
    "[{\"@id\":\"dtmi:t:Pump;1\",\"@type\":\"Interface\",\"@context\":\"dtmi:dtdl:context;3\","
    "\"contents\":[{\"@type\":\"Property\",\"name\":\"speed\",\"schema\":\"double\","
    "\"writable\":true},{\"@type\":\"Property\",\"name\":\"note\",\"schema\":\"string\"}]}]";

/* With a note that does not compress, so that some hundred make some hundred pages. */
static void put_pump(px_world *w, int number)
{
    char id[16], json[1200], note[1025] = "";
    uint64_t random = (uint64_t)number + 1;

    for (size_t i = 0; i < sizeof(note) - 1; i++) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
        note[i] = (char)('0' + (random >> 58));
        if (note[i] == '\\')
            note[i] = '_';
    }
    snprintf(id, sizeof(id), "p%d", number);
    snprintf(json, sizeof(json),
             "{\"$metadata\":{\"$model\":\"dtmi:t:Pump;1\"},\"speed\":%d,\"note\":\"%s\"}", number,
             note);
    CHECK_EQ(px_world_put(w, id, json).status, PX_OK);
}

static void begin_world(px_world *w, uint64_t seed, int pumps)
{
    px_world_init(w, seed);
    CHECK_EQ(px_world_model(w, pump).status, PX_OK);
    for (int i = 0; i < pumps; i++)
        put_pump(w, i);
}

static bool is_running(px_world *w)
{
    px_backup_phase phase = px_engine_backup_stat(w->engine).phase;

    return phase == PX_BACKUP_COPYING || phase == PX_BACKUP_ENDING;
}

static void until_ended(px_world *w)
{
    for (int steps = 0; is_running(w); steps++) {
        CHECK(steps < 10000);
        px_engine_step(w->engine);
    }
}

/* The copy served as a data directory has what the original has. */
static void check_copy(px_world *w)
{
    px_world copy;
    px_buf original = { 0 }, other = { 0 };

    px_world_init_from(&copy, px_fakedisk_bytes(w->disk, COPY));
    px_world_dump(w, &original);
    px_world_dump(&copy, &other);
    CHECK_STR(other.ptr, original.ptr);
    px_buf_release(&original);
    px_buf_release(&other);
    px_world_release(&copy);
}

PX_TEST(a_backup_goes_on_when_nothing_is_written)
{
    px_world w;
    px_err err = { 0 };
    px_backup_stat stat;

    begin_world(&w, 1, PUMPS);
    CHECK_OK(px_engine_backup_begin(w.engine, COPY, &err), &err);
    until_ended(&w);
    stat = px_engine_backup_stat(w.engine);
    CHECK_EQ(stat.phase, PX_BACKUP_DONE);
    CHECK_EQ(stat.seq, px_engine_position(w.engine));
    CHECK_EQ(stat.pages_left, 0);
    CHECK(stat.pages > 20);
    CHECK(px_engine_stat(w.engine).slices[PX_ENGINE_SLICE_BACKUP].rows >= stat.pages);
    check_copy(&w);
    px_world_release(&w);
}

PX_TEST(all_that_was_acknowledged_before_its_end_is_in_it)
{
    px_world w;
    px_err err = { 0 };
    int pumps = PUMPS;

    begin_world(&w, 2, pumps);
    CHECK_OK(px_engine_backup_begin(w.engine, COPY, &err), &err);
    while (is_running(&w))
        put_pump(&w, pumps++);
    CHECK(pumps > PUMPS + 3);
    CHECK_EQ(px_engine_backup_stat(w.engine).phase, PX_BACKUP_DONE);
    CHECK_EQ(px_engine_backup_stat(w.engine).seq, px_engine_position(w.engine));
    check_copy(&w);
    px_world_release(&w);
}

PX_TEST(a_second_one_is_refused_while_one_is_under_way)
{
    px_world w;
    px_err err = { 0 };

    begin_world(&w, 3, PUMPS);
    CHECK_OK(px_engine_backup_begin(w.engine, COPY, &err), &err);
    CHECK_EQ(px_engine_backup_begin(w.engine, "other/pollux.db", &err), PX_CONFLICT);
    CHECK_STR(err.id, "backup.running");
    until_ended(&w);
    CHECK_EQ(px_engine_backup_begin(w.engine, COPY, &err), PX_CONFLICT); /* overwrites nothing */
    CHECK_STR(err.id, "backup.exists");
    CHECK_OK(px_engine_backup_begin(w.engine, "other/pollux.db", &err), &err);
    until_ended(&w);
    CHECK_EQ(px_engine_backup_stat(w.engine).ended_count[PX_BACKUP_DONE], 2);
    px_world_release(&w);
}

PX_TEST(one_that_is_cancelled_leaves_nothing)
{
    px_world w;
    px_err err = { 0 };

    begin_world(&w, 4, PUMPS);
    px_engine_backup_cancel(w.engine); /* of none: nothing */
    CHECK_EQ(px_engine_backup_stat(w.engine).phase, PX_BACKUP_NONE);
    CHECK_OK(px_engine_backup_begin(w.engine, COPY, &err), &err);
    px_engine_step(w.engine);
    px_engine_backup_cancel(w.engine);
    CHECK_EQ(px_engine_backup_stat(w.engine).phase, PX_BACKUP_CANCELLED);
    CHECK(px_fakedisk_bytes(w.disk, COPY).ptr == NULL);
    CHECK(px_fakedisk_bytes(w.disk, COPY ".part").ptr == NULL);
    put_pump(&w, 1000);
    px_world_release(&w);
}

PX_TEST(a_full_disk_ends_the_backup_and_not_the_server)
{
    px_world w;
    px_err err = { 0 };
    px_backup_stat stat;

    begin_world(&w, 5, PUMPS);
    CHECK_OK(px_engine_backup_begin(w.engine, COPY, &err), &err);
    px_engine_step(w.engine);
    px_fakedisk_capacity(w.disk, px_fakedisk_used(w.disk) + PX_BACKUP_FREE_BYTES_MIN - 1);
    until_ended(&w);
    stat = px_engine_backup_stat(w.engine);
    CHECK_EQ(stat.phase, PX_BACKUP_FAILED);
    CHECK_EQ(stat.err.status, PX_FULL);
    CHECK(px_fakedisk_bytes(w.disk, COPY ".part").ptr == NULL);
    put_pump(&w, 1000); /* 16 MiB were left for this */
    CHECK(!w.died);
    px_world_release(&w);
}

PX_TEST(a_server_that_stops_gives_it_up)
{
    px_world w;
    px_err err = { 0 };

    begin_world(&w, 6, PUMPS);
    CHECK_OK(px_engine_backup_begin(w.engine, COPY, &err), &err);
    px_engine_step(w.engine);
    px_engine_stop(w.engine);
    CHECK_EQ(px_engine_backup_stat(w.engine).phase, PX_BACKUP_CANCELLED);
    CHECK(px_fakedisk_bytes(w.disk, COPY ".part").ptr == NULL);
    px_world_release(&w);
}

PX_TEST_MAIN()
