/* SPDX-License-Identifier: Apache-2.0 */
/* The fold on its own thread, the engine on its own, readers beside them: run under TSan, too. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "history/history.h"
#include "px_test.h"
#include "px_world.h"

enum { READERS = 2, REPORTS = 1500 };

static const char model[] =
    "{\"@id\":\"dtmi:test:Pump;1\",\"@type\":\"Interface\",\"@context\":\"dtmi:dtdl:context;3\","
    "\"contents\":[{\"@type\":\"Property\",\"name\":\"speed\",\"schema\":\"double\"}]}";

typedef struct shared {
    px_history *history;
    px_principal admin;
    _Atomic int told; /* acknowledged so far */
    _Atomic bool done;
} shared;

static px_status count_rows(void *data, const px_history_row *row, px_err *ret_err)
{
    (void)ret_err;
    *(size_t *)data += row->cell_count;
    return PX_OK;
}

/* Reads its writes: what was acknowledged before the read is in it. */
static void *read_along(void *data)
{
    shared *s = data;

    while (!atomic_load(&s->done)) {
        px_history_query query = { .twin_id = PX_STR("p"), .from = 1, .to = PX_TIME_NONE };
        size_t told = (size_t)atomic_load(&s->told), rows = 0;
        px_err err;

        query.to = INT64_C(1767225600000000000) + PX_SECOND * REPORTS;
        px_check_ok(px_history_range(s->history, &s->admin, &query, count_rows, &rows, NULL, &err),
                    &err, __FILE__, __LINE__);
        px_assert(rows >= told);
    }
    return NULL;
}

static void on_answer(px_request *request)
{
    atomic_store((_Atomic bool *)request->data, true);
}

static void report(px_engine *engine, const px_principal *who, uint32_t model_no, int i)
{
    _Atomic bool answered = false;
    px_field_value field = { .source_time = PX_TIME_NONE, .value = px_value_num(px_num_int(i)) };
    px_sample sample = { INT64_C(1767225600000000000) + i * PX_SECOND, &field, 1 };
    px_request request = { .kind = PX_REQUEST_DEVICE_MESSAGE,
                           .principal = *who,
                           .id = PX_STR("p"),
                           .model_no = model_no,
                           .samples = &sample,
                           .sample_count = 1,
                           .done = on_answer,
                           .data = &answered };

    CHECK_EQ(px_engine_submit(engine, &request, &request), PX_OK);
    while (!atomic_load(&answered))
        sched_yield();
    CHECK_EQ(request.result.status, PX_OK);
}

PX_TEST(readers_read_their_writes_while_the_fold_runs)
{
    char dir[] = "/tmp/px_history_XXXXXX", command[64];
    px_store_opts store_opts = { .dir = mkdtemp(dir), .reserve_bytes = -1 };
    px_engine_opts engine_opts = { .env = px_env_posix() };
    px_history_opts opts = { .flush_ns = PX_SECOND / 20 };
    pthread_t readers[READERS];
    px_world world = { .admin = { .tenant = 1, .role = PX_ROLE_ADMIN, .id = PX_STR("t") } };
    shared s = { .admin = world.admin };
    uint32_t twin_no, model_no;
    px_err err;

    CHECK_OK(px_store_open(&store_opts, &world.store, &err), &err);
    engine_opts.store = world.store;
    CHECK_OK(px_engine_open(&engine_opts, &world.engine, &err), &err);
    CHECK_EQ(px_world_model(&world, model).status, PX_OK);
    CHECK_EQ(px_world_put(&world, "p", "{\"$metadata\":{\"$model\":\"dtmi:test:Pump;1\"}}").status,
             PX_OK);
    CHECK_OK(px_engine_start(world.engine, &err), &err);
    opts.engine = world.engine;
    opts.store = world.store;
    opts.graph = px_engine_graph(world.engine);
    opts.registry = px_engine_registry(world.engine);
    CHECK_OK(px_history_open(&opts, &s.history, &err), &err);
    CHECK_OK(px_history_start(s.history, &err), &err);
    CHECK_EQ(px_graph_lookup(opts.graph, 1, PX_STR("p"), &twin_no, &model_no), PX_OK);
    for (int i = 0; i < READERS; i++)
        CHECK_EQ(pthread_create(&readers[i], NULL, read_along, &s), 0);
    for (int i = 0; i < REPORTS; i++) {
        report(world.engine, &world.admin, model_no, i);
        atomic_store(&s.told, i + 1);
    }
    atomic_store(&s.done, true);
    for (int i = 0; i < READERS; i++)
        pthread_join(readers[i], NULL);
    px_history_stop(s.history, true);
    CHECK_EQ(px_history_stat(s.history).cursor, px_engine_position(world.engine));
    CHECK_EQ(px_history_stat(s.history).rows, REPORTS);
    px_history_close(s.history);
    px_engine_stop(world.engine);
    px_world_close(&world);
    snprintf(command, sizeof(command), "rm -rf %s", dir);
    CHECK_EQ(system(command), 0);
}

PX_TEST_MAIN()
