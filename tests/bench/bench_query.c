/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Queries by themselves: CPU time of each twin that a query looks at, and of each row it writes.
 *
 * One million twins (or argv[1]) of two models, 8 numeric properties each, ids of 12 characters, in
 * a graph without an engine. Rows go to a buffer that is thrown away. Median of the rounds, the
 * worst beside it; a whole page run each time, parser, plan and snapshot included. Then the same by
 * a property index: what it takes to build, how large it is, what a write costs more.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "query/query.h"
#include "twin/property.h"

enum { TENANT = 1, PROPERTIES = 8, BATCH = 256, ROUNDS = 7 };

static const char models[] =
    "[{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:bench:Pump;1\",\"@type\":\"Interface\","
    "\"contents\":["
    "{\"@type\":\"Property\",\"name\":\"p0\",\"schema\":\"double\"},"
    "{\"@type\":\"Property\",\"name\":\"p1\",\"schema\":\"double\"},"
    "{\"@type\":\"Property\",\"name\":\"p2\",\"schema\":\"double\"},"
    "{\"@type\":\"Property\",\"name\":\"p3\",\"schema\":\"double\"},"
    "{\"@type\":\"Property\",\"name\":\"p4\",\"schema\":\"double\"},"
    "{\"@type\":\"Property\",\"name\":\"p5\",\"schema\":\"double\"},"
    "{\"@type\":\"Property\",\"name\":\"p6\",\"schema\":\"double\"},"
    "{\"@type\":\"Property\",\"name\":\"p7\",\"schema\":\"double\"}]},"
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:bench:Valve;1\",\"@type\":\"Interface\","
    "\"extends\":\"dtmi:bench:Pump;1\"}]";

static uint64_t state_of_random = 88172645463325252u;

static uint64_t random_u64(void)
{
    state_of_random ^= state_of_random << 13;
    state_of_random ^= state_of_random >> 7;
    state_of_random ^= state_of_random << 17;
    return state_of_random;
}

static double cpu_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static px_err err;

static void must(px_status status)
{
    if (status == PX_OK)
        return;
    fprintf(stderr, "bench_query: %s\n", err.text);
    exit(1);
}

static void load_models(px_registry *registry)
{
    px_model_set set = { 0 };

    must(px_models_parse_all(px_str_of(models, sizeof(models) - 1), NULL, &set, NULL, &err));
    for (size_t i = 0; i < set.count; i++)
        must(px_registry_put(registry, TENANT, set.models[i], 0, 0, NULL, &err));
    px_registry_commit(registry);
    px_model_set_release(&set);
}

static void load_twins(px_graph *graph, uint32_t twins)
{
    px_origin origin = { .arrival_time = INT64_C(1780000000) * PX_SECOND };
    px_txn *txn = NULL;

    for (uint32_t i = 0; i < twins; i++) {
        char id[16];
        uint32_t no;

        if (i % BATCH == 0) {
            must(px_graph_begin(graph, &txn, &err));
            px_txn_at(txn, i + 1, origin.arrival_time);
        }
        snprintf(id, sizeof(id), "twin%08u", i);
        must(px_graph_twin_put(txn, TENANT, px_str_of(id, 12), 1 + (i % 10 == 0), 0, &no, &err));
        for (uint32_t field = 0; field < PROPERTIES; field++) {
            px_num reading = { .mantissa = (int64_t)(random_u64() % 200000), .exponent = -2 };

            origin.source_time = origin.arrival_time - (px_time)(field + 1) * 1000;
            must(px_graph_set(txn, no, field, px_value_num(reading), &origin, NULL, &err));
        }
        if (i % BATCH == BATCH - 1 || i == twins - 1)
            px_graph_commit(txn);
    }
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void measure(const px_query_opts *opts, const char *what, const char *text)
{
    px_principal reader = { .tenant = TENANT, .role = PX_ROLE_READER };
    double ns[ROUNDS];
    px_query_result result;
    px_buf rows = { 0 };
    double per;

    for (int round = 0; round < ROUNDS; round++) {
        double start = cpu_ns();

        px_buf_clear(&rows);
        must(
            px_query_run(opts, &reader, px_str_c(text), PX_STR(""), 0, NULL, &rows, &result, &err));
        ns[round] = cpu_ns() - start;
        px_buf_release(&result.continuation);
    }
    qsort(ns, ROUNDS, sizeof(ns[0]), by_value);
    per = (double)(result.cost ? result.cost : 1);
    printf("%-34s %9llu %7llu %9.3f ms %8.1f %8.1f\n", what, (unsigned long long)result.cost,
           (unsigned long long)result.row_count, ns[ROUNDS / 2] / 1e6, ns[ROUNDS / 2] / per,
           ns[ROUNDS - 1] / per);
    px_buf_release(&rows);
}

/* ---- a property index ---- */

/* What the CPU takes to write one value of as many twins, 256 to a transaction. */
static void measure_writes(const px_query_opts *opts, uint32_t twins, const char *what)
{
    enum { WRITES = 200000 };
    px_origin origin = { .kind = PX_ORIGIN_COMMAND, .source_time = PX_TIME_NONE };
    double start = cpu_ns();
    px_txn *txn = NULL;

    for (uint32_t i = 0; i < WRITES; i++) {
        px_num reading = { .mantissa = (int64_t)(random_u64() % 200000), .exponent = -2 };

        if (i % BATCH == 0)
            must(px_graph_begin(opts->graph, &txn, &err));
        must(px_graph_set(txn, 1 + (uint32_t)(random_u64() % twins), 3, px_value_num(reading),
                          &origin, NULL, &err));
        if (i % BATCH == BATCH - 1 || i == WRITES - 1) {
            must(px_txn_settle(txn, opts->registry, &err));
            px_graph_commit(txn);
        }
    }
    printf("%-34s %9d %7s %9.3f ms %8.1f\n", what, WRITES, "", (cpu_ns() - start) / 1e6,
           (cpu_ns() - start) / WRITES);
}

static void show_index(const px_query_opts *opts, double took_ns, double longest_ns)
{
    px_snapshot *snapshot;
    px_property_info info;

    must(px_graph_snapshot(opts->graph, &snapshot, &err));
    info = px_property_tell(px_view_property(px_snapshot_view(snapshot), TENANT, 0));
    printf("%-34s %9llu %7s %9.3f ms %8.1f; the longest step %.3f ms; %.1f bytes a twin\n",
           "an index of p3, built", (unsigned long long)info.entries, "", took_ns / 1e6,
           took_ns / (double)info.entries, longest_ns / 1e6,
           (double)info.bytes / (double)info.entries);
    px_snapshot_release(snapshot);
}

static void build_index(const px_query_opts *opts)
{
    double start = cpu_ns(), longest = 0;
    px_txn *txn;

    must(px_graph_begin(opts->graph, &txn, &err));
    must(px_graph_property_put(txn, TENANT, 1, PX_STR("p3"), PX_STR(""), &err));
    must(px_txn_settle(txn, opts->registry, &err));
    px_graph_commit(txn);
    while (px_graph_is_building(opts->graph)) {
        double step = cpu_ns();

        must(px_graph_begin(opts->graph, &txn, &err));
        must(px_txn_settle(txn, opts->registry, &err));
        px_graph_commit(txn);
        step = cpu_ns() - step;
        longest = step > longest ? step : longest;
    }
    show_index(opts, cpu_ns() - start, longest);
}

static void drop_index(const px_query_opts *opts)
{
    double start = cpu_ns();
    px_txn *txn;

    must(px_graph_begin(opts->graph, &txn, &err));
    must(px_graph_property_drop(txn, TENANT, 1, &err));
    must(px_txn_settle(txn, opts->registry, &err));
    px_graph_commit(txn);
    printf("%-34s %9s %7s %9.3f ms\n", "an index let go", "", "", (cpu_ns() - start) / 1e6);
}

static void measure_index(const px_query_opts *opts, uint32_t twins)
{
    measure_writes(opts, twins, "writes without an index");
    build_index(opts);
    measure(opts, "COUNT() p3 = 1000", "SELECT COUNT() FROM DIGITALTWINS T WHERE T.p3 = 1000");
    measure(opts, "COUNT() p3 in a thousandth",
            "SELECT COUNT() FROM DIGITALTWINS T WHERE T.p3 > 1000 AND T.p3 <= 1002");
    measure(opts, "COUNT() p3 > 1000", "SELECT COUNT() FROM DIGITALTWINS T WHERE T.p3 > 1000");
    measure(opts, "COUNT() two terms, one narrow",
            "SELECT COUNT() FROM DIGITALTWINS T WHERE T.p3 > 1990 AND T.p5 < 1500.5");
    measure(opts, "the twins of p3 = 1000", "SELECT * FROM DIGITALTWINS T WHERE T.p3 = 1000");
    measure(opts, "the ten greatest above 1999",
            "SELECT $dtId, p3 FROM DIGITALTWINS WHERE p3 > 1999 ORDER BY p3 DESC LIMIT 10");
    measure_writes(opts, twins, "writes with an index");
    measure(opts, "COUNT() p3 = 1000, after them",
            "SELECT COUNT() FROM DIGITALTWINS T WHERE T.p3 = 1000");
    drop_index(opts);
}

int main(int argc, char **argv)
{
    uint32_t twins = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
    px_query_opts opts = { .env = px_env_posix() };

    must(px_graph_new(NULL, &opts.graph, &err));
    must(px_registry_new(&opts.registry, &err));
    load_models(opts.registry);
    load_twins(opts.graph, twins);
    printf("%-34s %9s %7s %12s %8s %8s\n", "query", "twins", "rows", "CPU", "ns/twin", "worst");
    measure(&opts, "COUNT()", "SELECT COUNT() FROM DIGITALTWINS");
    measure(&opts, "COUNT() p3 > 1000", "SELECT COUNT() FROM DIGITALTWINS T WHERE T.p3 > 1000");
    measure(&opts, "COUNT() two terms",
            "SELECT COUNT() FROM DIGITALTWINS T WHERE T.p3 > 500 AND T.p5 < 1500.5");
    measure(&opts, "COUNT() id ends",
            "SELECT COUNT() FROM DIGITALTWINS WHERE ENDSWITH($dtId, '77')");
    measure(&opts, "COUNT() written times",
            "SELECT COUNT() FROM DIGITALTWINS WHERE $metadata.p1.lastUpdateTime > '2026-07'");
    measure(
        &opts, "COUNT() of a model, one in ten",
        "SELECT COUNT() FROM DIGITALTWINS WHERE IS_OF_MODEL('dtmi:bench:Valve;1') AND p3 > 1000");
    measure(&opts, "COUNT() of a model and its heirs",
            "SELECT COUNT() FROM DIGITALTWINS T WHERE IS_OF_MODEL(T, 'dtmi:bench:Pump;1')");
    measure(&opts, "groups of a model",
            "SELECT $metadata.$model AS m, COUNT() AS n, AVG(p3) AS p FROM DIGITALTWINS GROUP BY "
            "$metadata.$model");
    measure(&opts, "the ten greatest of all",
            "SELECT $dtId, p3 FROM DIGITALTWINS ORDER BY p3 DESC LIMIT 10");
    measure(&opts, "a page of twins", "SELECT * FROM DIGITALTWINS");
    measure(&opts, "a page of two columns", "SELECT $dtId, p3 FROM DIGITALTWINS");
    measure(&opts, "one twin by id", "SELECT * FROM DIGITALTWINS WHERE $dtId = 'twin00000777'");
    measure_index(&opts, twins);
    px_graph_free(opts.graph);
    px_registry_free(opts.registry);
    return 0;
}
