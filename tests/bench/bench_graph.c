/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The live graph by itself: memory of a twin, and time of a device message, a read, a load.
 *
 * One million twins (or argv[1]), ids of 12 characters, 8 numeric properties each written once with
 * its own source time: the difference of RSS before and after, all indexes included. A message sets
 * 6 fields; batches of 256. CPU time of the process, median of the rounds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "twin/branch.h"
#include "twin/dirty.h"
#include "twin/state.h"

enum { TENANT = 1, MODEL = 1, PROPERTIES = 8, FIELDS = 6, BATCH = 256, AHEAD = 32, ROUNDS = 5 };

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

static double rss_bytes(void)
{
    long pages = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    if (!file || fscanf(file, "%ld %ld", &pages, &resident) != 2)
        exit(1);
    fclose(file);
    return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

static void must(px_status status, const px_err *err)
{
    if (status == PX_OK)
        return;
    fprintf(stderr, "bench_graph: %s\n", err->text);
    exit(1);
}

static px_graph *graph;
static px_txn *txn;
static px_err err;
static uint64_t seq;
static px_time now = INT64_C(1780000000) * PX_SECOND;

static void begin(void)
{
    must(px_graph_begin(graph, &txn, &err), &err);
    now += PX_MILLISECOND;
    px_txn_at(txn, ++seq, now);
}

/* Decimals as a machine sends them: 21.4, 1013.25. */
static px_value reading(void)
{
    return px_value_num((px_num){ .mantissa = (int64_t)(random_u64() % 200000), .exponent = -2 });
}

static void message(uint32_t no, uint32_t fields)
{
    px_origin origin = { .arrival_time = now += 10000 };

    px_txn_at(txn, ++seq, now);
    for (uint32_t field = 0; field < fields; field++) {
        origin.source_time = now - (px_time)(field + 1) * 1000;
        must(px_graph_set(txn, no, field, reading(), &origin, NULL, &err), &err);
    }
}

static void load(uint32_t twins)
{
    for (uint32_t i = 0; i < twins; i++) {
        char id[16];
        uint32_t no;

        if (i % BATCH == 0)
            begin();
        snprintf(id, sizeof(id), "twin%08u", i);
        must(px_graph_twin_put(txn, TENANT, px_str_of(id, 12), MODEL, 0, &no, &err), &err);
        message(no, PROPERTIES);
        if (i % BATCH == BATCH - 1 || i == twins - 1)
            px_graph_commit(txn);
    }
}

typedef struct load_shape {
    uint32_t twins;          /* a message goes to one of so many */
    uint32_t batches;        /* of BATCH messages */
    uint32_t snapshot_every; /* batches; 0: never */
    bool hold;               /* the snapshot lives until the next is taken */
    bool prefetch;
} load_shape;

static double messages(const load_shape *shape)
{
    px_snapshot *held = NULL;
    uint32_t no[BATCH];
    double start = cpu_ns();

    for (uint32_t batch = 0; batch < shape->batches; batch++) {
        if (shape->snapshot_every && batch % shape->snapshot_every == 0) {
            px_snapshot_release(held);
            must(px_graph_snapshot(graph, &held, &err), &err);
        }
        for (int i = 0; i < BATCH; i++)
            no[i] = 1 + (uint32_t)(random_u64() % shape->twins);
        begin();
        for (int i = 0; i < BATCH; i++) {
            if (shape->prefetch && i % AHEAD == 0)
                px_graph_prefetch(graph, no + i, AHEAD);
            message(no[i], FIELDS);
        }
        px_graph_commit(txn);
        if (held && !shape->hold) {
            px_snapshot_release(held);
            held = NULL;
        }
    }
    px_snapshot_release(held);
    return (cpu_ns() - start) / ((double)shape->batches * BATCH);
}

static double point_reads(uint32_t twins)
{
    enum { READS = 500000 };
    px_buf buf = { 0 };
    double start = cpu_ns();

    for (int i = 0; i < READS; i++) {
        char id[16];
        const px_twin *twin;

        snprintf(id, sizeof(id), "twin%08u", (uint32_t)(random_u64() % twins));
        must(px_graph_read(graph, TENANT, px_str_of(id, 12), &buf, &twin, &err), &err);
    }
    px_buf_release(&buf);
    return (cpu_ns() - start) / READS;
}

static double scan(uint32_t twins)
{
    px_snapshot *snapshot;
    px_twins at;
    uint32_t count = 0;
    double start = cpu_ns(), sum = 0;

    must(px_graph_snapshot(graph, &snapshot, &err), &err);
    at = px_twins_of(px_snapshot_view(snapshot), TENANT, NULL, 0);
    for (const px_twin *twin; (twin = px_twins_next(&at)); count++) {
        px_slot slot;

        if (px_twin_slot(twin, 3, &slot))
            sum += (double)slot.value.num.mantissa;
    }
    px_snapshot_release(snapshot);
    if (count != twins || sum < 0)
        exit(1);
    return (cpu_ns() - start) / twins;
}

/* All rows are written first, so that only loading is timed. */
static double reload(uint32_t twins)
{
    px_graph *other;
    px_txn *loading = NULL;
    px_snapshot *snapshot;
    px_twins at;
    px_buf rows = { 0 };
    size_t *end = px_alloc(twins * sizeof(*end)), from = 0;
    uint32_t count = 0;
    double start;

    must(px_graph_snapshot(graph, &snapshot, &err), &err);
    at = px_twins_of(px_snapshot_view(snapshot), TENANT, NULL, 0);
    for (const px_twin *twin; (twin = px_twins_next(&at));) {
        px_put_twin(&rows, twin);
        end[count++] = rows.len;
    }
    px_snapshot_release(snapshot);
    must(px_buf_status(&rows, &err), &err);
    printf("%-56s %10.0f B\n", "a state row", (double)rows.len / twins);

    must(px_graph_new(NULL, &other, &err), &err);
    start = cpu_ns();
    for (uint32_t i = 0; i < twins; from = end[i++]) {
        if (i % 4096 == 0)
            must(px_graph_begin(other, &loading, &err), &err);
        must(px_graph_twin_load(loading, TENANT, px_str_of(rows.ptr + from, end[i] - from), &err),
             &err);
        if (i % 4096 == 4095 || i == twins - 1)
            px_graph_commit(loading);
    }
    start = cpu_ns() - start;
    px_graph_free(other);
    px_buf_release(&rows);
    px_free(end);
    return start / twins;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static void rounds(const char *what, const load_shape *shape)
{
    double ns[ROUNDS];

    (void)messages(shape);
    for (int i = 0; i < ROUNDS; i++)
        ns[i] = messages(shape);
    qsort(ns, ROUNDS, sizeof(*ns), by_value);
    printf("%-56s %10.0f ns (worst %.0f)\n", what, ns[ROUNDS / 2], ns[ROUNDS - 1]);
}

static void branches(uint32_t twins)
{
    px_branch *branch;
    px_txn *what_if;
    double start = cpu_ns();

    must(px_graph_branch(graph, &branch, &err), &err);
    must(px_graph_begin(px_branch_graph(branch), &what_if, &err), &err);
    for (int i = 0; i < 10000; i++) {
        px_origin origin = { .kind = PX_ORIGIN_COMMAND, .source_time = PX_TIME_NONE };

        must(px_graph_set(what_if, 1 + (uint32_t)(random_u64() % twins), 0, reading(), &origin,
                          NULL, &err),
             &err);
    }
    px_graph_commit(what_if);
    printf("%-56s %10.0f B\n", "branch with 10,000 random changes",
           (double)px_graph_stat(px_branch_graph(branch)).bytes_used);
    px_branch_free(branch);
    printf("%-56s %10.1f ms\n", "the same, made, changed, dropped", (cpu_ns() - start) / 1e6);
}

/* All begin at twin 1: the largest hub there can be. */
static void hub(uint32_t edges, uint32_t twins)
{
    double start = cpu_ns();
    uint64_t before = px_graph_stat(graph).bytes_used;

    for (uint32_t i = 0; i < edges; i++) {
        char id[16];

        if (i % BATCH == 0)
            begin();
        snprintf(id, sizeof(id), "rel%08u", i);
        must(px_graph_rel_put(txn, 1, px_str_of(id, 11), PX_STR("feeds"), 1 + i % twins, PX_STR(""),
                              0, NULL, &err),
             &err);
        if (i % BATCH == BATCH - 1 || i == edges - 1)
            px_graph_commit(txn);
    }
    printf("%-56s %10.0f ns\n", "relationship more at a hub", (cpu_ns() - start) / edges);
    while (px_graph_sweep(graph))
        ;
    printf("%-56s %10.1f B\n", "blocks of a relationship",
           (double)(px_graph_stat(graph).bytes_used - before) / edges);
}

int main(int argc, char **argv)
{
    uint32_t twins = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
    double rss, start, spent;
    px_graph_stats stats;

    must(px_graph_new(NULL, &graph, &err), &err);
    rss = rss_bytes();
    start = cpu_ns();
    load(twins);
    spent = cpu_ns() - start;
    while (px_graph_sweep(graph))
        ;
    rss = rss_bytes() - rss;
    stats = px_graph_stat(graph);
    printf("%-56s %10u\n", "twins", twins);
    printf("%-56s %10.1f B\n", "RSS of a twin", rss / twins);
    printf("%-56s %10.1f B\n", "blocks of a twin", (double)stats.bytes_used / twins);
    printf("%-56s %10.0f ns\n", "create, with 8 values", spent / twins);

    rounds("message of 6 fields, random twin", &(load_shape){ twins, 1000, 0, false, false });
    rounds("the same, records asked for 32 at a time",
           &(load_shape){ twins, 1000, 0, false, true });
    rounds("message of 6 fields, one of 256 twins", &(load_shape){ 256, 2000, 0, false, false });
    rounds("random twin, a snapshot every 10 batches for one batch",
           &(load_shape){ twins, 1000, 10, false, false });
    rounds("random twin, a snapshot always held", &(load_shape){ twins, 1000, 10, true, true });
    printf("%-56s %10.0f ns\n", "point read by id, random", point_reads(twins));
    printf("%-56s %10.0f ns\n", "scan in a snapshot, one value of a twin", scan(twins));
    branches(twins);
    printf("%-56s %10.0f ns\n", "load a state row", reload(twins));
    printf("%-56s %10.1f B\n", "RSS of a twin after all that (and what it left)",
           rss_bytes() / twins);
    hub(twins, twins);
    px_graph_free(graph);
    return 0;
}
