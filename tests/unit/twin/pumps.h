/* SPDX-License-Identifier: Apache-2.0 */
/** One graph of a test with pumps of one tenant in it, and one transaction at a time. */
#ifndef PX_TEST_PUMPS_H
#define PX_TEST_PUMPS_H

#include "px_test.h"
#include "twin/graph.h"

enum { TENANT = 7, MODEL = 3, TEMPERATURE = 0, PRESSURE = 5 };

static px_graph *graph;
static px_txn *txn;
static px_err err;

static inline void open_graph(void)
{
    px_graph_opts opts = { .chunk_bytes = 4096 };

    CHECK_OK(px_graph_new(&opts, &graph, &err), &err);
}

static inline void begin(uint64_t seq)
{
    CHECK_OK(px_graph_begin(graph, &txn, &err), &err);
    px_txn_at(txn, seq, (px_time)seq * PX_SECOND);
}

static inline uint32_t put(const char *id)
{
    uint32_t no = 0;

    CHECK_OK(px_graph_twin_put(txn, TENANT, px_str_c(id), MODEL, 0, &no, &err), &err);
    return no;
}

static inline px_value number(int64_t mantissa)
{
    return px_value_num((px_num){ .mantissa = mantissa, .exponent = -1 });
}

/* A device value of that source second, which arrives one second later. */
static inline px_applied report(uint32_t no, int64_t mantissa, int64_t second)
{
    px_origin origin = { .source_time = second * PX_SECOND,
                         .arrival_time = (second + 1) * PX_SECOND };
    px_applied applied;

    CHECK_OK(px_graph_set(txn, no, TEMPERATURE, number(mantissa), &origin, &applied, &err), &err);
    return applied;
}

static inline px_slot slot_of(const px_twin *twin, uint32_t key)
{
    px_slot slot = { 0 };

    CHECK(px_twin_slot(twin, key, &slot));
    return slot;
}

static inline int64_t temperature(const px_view *view, uint32_t no)
{
    return slot_of(px_view_twin(view, TENANT, no), TEMPERATURE).value.num.mantissa;
}

static inline uint64_t swept(void)
{
    while (px_graph_sweep(graph))
        ;
    return px_graph_stat(graph).bytes_used;
}

#endif
