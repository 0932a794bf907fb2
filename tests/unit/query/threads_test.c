/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "query_kit.h"
#include "twin/property.h"

#define PUMP "dtmi:test:Pump;1"

static const char models[] =
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"" PUMP "\",\"@type\":\"Interface\","
    "\"contents\":[{\"@type\":\"Property\",\"name\":\"n\",\"schema\":\"integer\"}]}";

enum { PAIRS = 400, READERS = 2, FLIPS = 300 };

typedef struct scene {
    query_kit kit;
    atomic_uint acknowledged; /* pairs that the writer has committed */
    atomic_bool over, failed;
} scene;

static int64_t still_clock(px_env *env)
{
    (void)env;
    return 0;
}

static bool count(scene *s, const char *text, uint64_t *ret_count)
{
    px_query_result result;
    px_buf rows = { 0 };
    px_status status = px_query_run(&s->kit.opts, &s->kit.reader, px_str_c(text), PX_STR(""), 0,
                                    NULL, &rows, &result, NULL);

    if (status == PX_OK)
        *ret_count = strtoull(rows.ptr + strlen("{\"COUNT\":"), NULL, 10);
    px_buf_release(&rows);
    return status == PX_OK;
}

/* Twins come in pairs, and of each pair one has n = 1: no query may see half of a commit, nor less
 * than was acknowledged before it began. */
static void *read_all(void *data)
{
    scene *s = data;

    while (!atomic_load(&s->over)) {
        uint64_t before = 2 * (uint64_t)atomic_load(&s->acknowledged), all, ones;

        if (!count(s, "SELECT COUNT() FROM DIGITALTWINS", &all) || all % 2 || all < before)
            atomic_store(&s->failed, true);
        if (!count(s,
                   "SELECT COUNT() FROM DIGITALTWINS T WHERE T.n = 1 AND IS_OF_MODEL('" PUMP "')",
                   &ones) ||
            ones < all / 2)
            atomic_store(&s->failed, true);
    }
    return NULL;
}

static void put_pair(scene *s, int pair)
{
    px_origin origin = { .kind = PX_ORIGIN_COMMAND, .source_time = PX_TIME_NONE };
    char id[16];
    px_txn *txn;
    uint32_t no;
    px_err err;

    CHECK_OK(px_graph_begin(s->kit.graph, &txn, &err), &err);
    px_txn_at(txn, ++s->kit.seq, s->kit.now);
    for (int half = 0; half < 2; half++) {
        snprintf(id, sizeof(id), "t%d.%d", pair, half);
        CHECK_OK(px_graph_twin_put(txn, KIT_TENANT, px_str_c(id), 1, 0, &no, &err), &err);
        CHECK_OK(px_graph_set(txn, no, 0, px_value_num(px_num_int(half)), &origin, NULL, &err),
                 &err);
    }
    CHECK_OK(px_txn_settle(txn, s->kit.registry, &err), &err);
    px_graph_commit(txn);
    atomic_fetch_add(&s->acknowledged, 1);
}

/* The one of a pair moves to its other twin, in one commit. */
static void flip(scene *s, uint32_t first)
{
    px_origin origin = { .kind = PX_ORIGIN_COMMAND, .source_time = PX_TIME_NONE };
    px_txn *txn;
    px_err err;

    CHECK_OK(px_graph_begin(s->kit.graph, &txn, &err), &err);
    px_txn_at(txn, ++s->kit.seq, s->kit.now);
    for (uint32_t half = 0; half < 2; half++)
        CHECK_OK(px_graph_set(txn, first + half, 0, px_value_num(px_num_int(1 - half)), &origin,
                              NULL, &err),
                 &err);
    CHECK_OK(px_txn_settle(txn, s->kit.registry, &err), &err);
    px_graph_commit(txn);
}

static void read_beside_the_writer(const char *index)
{
    pthread_t readers[READERS];
    scene s = { 0 };

    query_kit_init(&s.kit, NULL, models);
    s.kit.env.monotonic_ns = still_clock;
    if (index)
        query_kit_index(&s.kit, 1, index, PUMP);
    for (int i = 0; i < READERS; i++)
        CHECK_EQ(pthread_create(&readers[i], NULL, read_all, &s), 0);
    for (int pair = 0; pair < PAIRS; pair++)
        put_pair(&s, pair);
    for (uint32_t i = 0; i < FLIPS; i++)
        flip(&s, 1 + 2 * (i % PAIRS));
    atomic_store(&s.over, true);
    for (int i = 0; i < READERS; i++)
        pthread_join(readers[i], NULL);
    CHECK(!atomic_load(&s.failed));
    query_kit_release(&s.kit);
}

PX_TEST(a_query_beside_the_writer_sees_whole_commits_and_all_that_was_acknowledged)
{
    read_beside_the_writer(NULL);
}

PX_TEST(a_query_by_an_index_sees_whole_commits_and_all_that_was_acknowledged)
{
    read_beside_the_writer("n");
}

PX_TEST_MAIN()
