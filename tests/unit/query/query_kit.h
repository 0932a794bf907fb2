/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A graph with models and twins, and a clock that the test owns: what queries need, and no engine.
 *
 * Tenant 1 is the reader's. Every call that is not asked to fail fails the test when it does.
 */
#ifndef PX_TEST_QUERY_KIT_H
#define PX_TEST_QUERY_KIT_H

#include "px_test.h"
#include "query/query.h"

enum { KIT_TENANT = 1, KIT_MODELS_MAX = 8 };

typedef struct query_kit {
    px_graph *graph;
    px_registry *registry;
    px_env env;
    int64_t monotonic_ns, tick_ns; /* each look at the clock moves it by a tick */
    uint64_t looks;
    px_query_opts opts;
    px_principal reader;
    uint64_t seq;
    px_time now;
    uint32_t model_count;

    px_buf rows; /* of the last run */
    px_query_result result;
    px_err err;
} query_kit;

void query_kit_init(query_kit *kit, const px_graph_opts *opts, const char *models);
void query_kit_release(query_kit *kit);
uint32_t query_kit_model(query_kit *kit, const char *dtmi); /* number */

/* Twins of any tenant; a tenant shares the models by number. */
uint32_t query_kit_twin(query_kit *kit, uint32_t tenant, const char *id, const char *dtmi);
void query_kit_set(query_kit *kit, uint32_t twin_no, const char *dtmi, const char *path,
                   px_value value);
void query_kit_num(query_kit *kit, uint32_t twin_no, const char *dtmi, const char *path,
                   const char *number);

/* `properties` is compact JSON, or empty; gives the number. */
uint32_t query_kit_rel(query_kit *kit, uint32_t source_no, const char *id, const char *name,
                       uint32_t target_no, const char *properties);

/* A property index of the reader's, ready; `dtmi` may be empty. */
void query_kit_index(query_kit *kit, uint32_t no, const char *path, const char *dtmi);

/* One page, into `rows` and `result`. `token` may be NULL. */
px_status query_kit_run(query_kit *kit, const char *text, px_str token, uint32_t max_items);
/* All pages of `max_items`, rows joined; gives the number of pages. */
uint32_t query_kit_all(query_kit *kit, const char *text, uint32_t max_items);

/* The rows of a query are exactly these (JSON, commas between). */
#define CHECK_ROWS(kit, text, wanted)                                                              \
    do {                                                                                           \
        query_kit_all((kit), (text), 0);                                                           \
        CHECK_SLICE(px_buf_str(&(kit)->rows), (wanted));                                           \
    } while (0)

#endif
