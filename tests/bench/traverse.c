/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walks over relationships: wall time of whole queries, text to JSON, from twins drawn at random.
 *
 *     px_traverse [--twins N] [--rounds N] [--data FOLDER] [--walk NUMBER]
 *
 * N twins (one million) in a tree of eights over `contains`, and four relationships `feeds` from
 * each to twins drawn at random: five million with a million twins. Every query is asked from the
 * same starts, each start once a round; counted is the best round of each start, for the machine is
 * shared. One line of JSON. With --data the same twins, relationships and starts are written as
 * tables for a peer to load.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "query/query.h"

enum { TENANT = 1, FEEDS = 4, CHILDREN = 8, BATCH = 256, STARTS = 400 };

static const char model[] =
    "[{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:bench:Unit;1\",\"@type\":\"Interface\","
    "\"contents\":[{\"@type\":\"Property\",\"name\":\"p\",\"schema\":\"double\"}]}]";

/* The names that servers of tables use for the same are in postgres.py. */
static const struct {
    const char *name, *match;
} walks[] = { { "five hops", "MATCH (a)-[:feeds*5]->(b)" },
              { "up the tree", "MATCH (a)<-[:contains*..20]-(b)" },
              { "all around", "MATCH (a)-[*..2]-(b)" } };
enum { WALKS = sizeof(walks) / sizeof(walks[0]) };

static uint64_t state_of_random = 88172645463325252u;

static uint32_t random_below(uint32_t below)
{
    state_of_random ^= state_of_random << 13;
    state_of_random ^= state_of_random >> 7;
    state_of_random ^= state_of_random << 17;
    return (uint32_t)(state_of_random >> 11) % below;
}

static double wall_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static px_err err;

static void must(px_status status)
{
    if (status == PX_OK)
        return;
    fprintf(stderr, "px_traverse: %s\n", err.text);
    exit(1);
}

/* ---- the world ---- */

typedef struct world {
    px_graph *graph;
    px_registry *registry;
    uint32_t twins, edges;
    FILE *twin_table, *edge_table;
    px_txn *txn;
    uint64_t seq;
} world;

static void load_model(world *w)
{
    px_model_set set = { 0 };

    must(px_registry_new(&w->registry, &err));
    must(px_models_parse_all(px_str_of(model, sizeof(model) - 1), NULL, &set, NULL, &err));
    must(px_registry_put(w->registry, TENANT, set.models[0], 0, 0, NULL, &err));
    px_registry_commit(w->registry);
    px_model_set_release(&set);
}

static void next_write(world *w)
{
    if (w->seq % BATCH == 0) {
        if (w->txn)
            px_graph_commit(w->txn);
        must(px_graph_begin(w->graph, &w->txn, &err));
    }
    px_txn_at(w->txn, ++w->seq, INT64_C(1780000000) * PX_SECOND);
}

static void load_twins(world *w)
{
    for (uint32_t i = 1; i <= w->twins; i++) {
        char id[16];

        next_write(w);
        snprintf(id, sizeof(id), "unit%08u", i);
        must(px_graph_twin_put(w->txn, TENANT, px_str_of(id, 12), 1, 0, NULL, &err));
        if (w->twin_table)
            fprintf(w->twin_table, "%u\t%s\n", i, id);
    }
}

static void add_edge(world *w, uint32_t from, const char *name, uint32_t to)
{
    char id[16];

    next_write(w);
    snprintf(id, sizeof(id), "r%u", ++w->edges);
    must(px_graph_rel_put(w->txn, from, px_str_c(id), px_str_c(name), to, PX_STR(""), 0, NULL,
                          &err));
    if (w->edge_table)
        fprintf(w->edge_table, "%u\t%u\t%s\t%u\n", w->edges, from, name, to);
}

static void load_edges(world *w)
{
    for (uint32_t i = 1; i <= w->twins; i++) {
        if (i > 1)
            add_edge(w, (i - 2) / CHILDREN + 1, "contains", i);
        for (int n = 0; n < FEEDS; n++)
            add_edge(w, i, "feeds", 1 + random_below(w->twins));
    }
    px_graph_commit(w->txn);
}

static FILE *table(const char *folder, const char *name)
{
    char path[512];
    FILE *file;

    if (!folder)
        return NULL;
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "w");
    if (!file) {
        perror(path);
        exit(1);
    }
    return file;
}

static void end_table(FILE *file)
{
    if (file)
        fclose(file);
}

/* ---- walking ---- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double walk_once(const world *w, const char *select, int walk, uint32_t start, px_buf *rows,
                        uint64_t *ret_rows)
{
    px_query_opts opts = { .graph = w->graph, .registry = w->registry, .env = px_env_posix() };
    px_principal reader = { .tenant = TENANT, .role = PX_ROLE_READER };
    px_query_result result;
    char text[256];
    double began;

    snprintf(text, sizeof(text), "SELECT %s FROM DIGITALTWINS %s WHERE a.$dtId = 'unit%08u'",
             select, walks[walk].match, start);
    px_buf_clear(rows);
    began = wall_us();
    must(px_query_run(&opts, &reader, px_str_c(text), PX_STR(""), 0, NULL, rows, &result, &err));
    began = wall_us() - began;
    px_buf_release(&result.continuation);
    *ret_rows = result.row_count;
    return began;
}

/* `counts`: what COUNT() said, from each start. */
static void measure(const world *w, const uint32_t *starts, int rounds, int walk, bool count,
                    uint64_t *counts)
{
    const char *select = count ? "COUNT()" : "b.$dtId";
    double us[STARTS];
    uint64_t rows = 0, all = 0;
    px_buf out = { 0 };

    for (int round = 0; round < rounds; round++)
        for (int i = 0; i < STARTS; i++) {
            double one = walk_once(w, select, walk, starts[i], &out, &rows);

            us[i] = round == 0 || one < us[i] ? one : us[i];
            if (round == 0 && count)
                counts[i] = strtoull(out.ptr + strlen("{\"COUNT\":"), NULL, 10);
            all += round == 0 ? rows : 0;
        }
    qsort(us, STARTS, sizeof(us[0]), by_value);
    printf("{\"walk\":\"%s\",\"rows\":%s,\"mean_rows\":%.0f,\"p50_us\":%.1f,\"p99_us\":%.1f}",
           walks[walk].name, count ? "false" : "true", (double)all / STARTS, us[STARTS / 2],
           us[STARTS * 99 / 100]);
    px_buf_release(&out);
}

/* `only`: that walk alone, for whoever wants its profile; -1: all. */
static void measure_all(const world *w, int rounds, const char *folder, int only)
{
    static uint64_t counts[WALKS][STARTS];
    uint32_t starts[STARTS];
    FILE *file = table(folder, "start.tsv");

    for (int i = 0; i < STARTS; i++)
        starts[i] = 1 + random_below(w->twins);
    printf("{\"twins\":%u,\"relationships\":%u,\"walks\":[", w->twins, w->edges);
    for (int walk = 0; walk < WALKS; walk++) {
        if (only >= 0 && walk != only)
            continue;
        printf("%s", walk && only < 0 ? "," : "");
        measure(w, starts, rounds, walk, true, counts[walk]);
        printf(",");
        measure(w, starts, rounds, walk, false, NULL);
    }
    printf("]}\n");
    for (int i = 0; file && i < STARTS; i++)
        fprintf(file, "%u\t%llu\t%llu\t%llu\n", starts[i], (unsigned long long)counts[0][i],
                (unsigned long long)counts[1][i], (unsigned long long)counts[2][i]);
    end_table(file);
}

int main(int argc, char **argv)
{
    world w = { .twins = 1000000 };
    const char *folder = NULL;
    int rounds = 3, only = -1;

    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--twins") == 0)
            w.twins = (uint32_t)strtoul(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--rounds") == 0)
            rounds = (int)strtol(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--data") == 0)
            folder = argv[i + 1];
        if (strcmp(argv[i], "--walk") == 0)
            only = (int)strtol(argv[i + 1], NULL, 10);
    }
    must(px_graph_new(NULL, &w.graph, &err));
    load_model(&w);
    w.twin_table = table(folder, "twin.tsv");
    w.edge_table = table(folder, "edge.tsv");
    load_twins(&w);
    load_edges(&w);
    end_table(w.twin_table);
    end_table(w.edge_table);
    measure_all(&w, rounds, folder, only);
    px_graph_free(w.graph);
    px_registry_free(w.registry);
    return 0;
}
