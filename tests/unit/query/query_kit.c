/* SPDX-License-Identifier: Apache-2.0 */
#include "query_kit.h"

#include "twin/property.h"

static int64_t monotonic_ns(px_env *env)
{
    query_kit *kit = env->data;

    kit->looks++;
    kit->monotonic_ns += kit->tick_ns;
    return kit->monotonic_ns;
}

void query_kit_init(query_kit *kit, const px_graph_opts *opts, const char *models)
{
    px_model_set set = { 0 };

    *kit = (query_kit){ .now = INT64_C(1780000000) * PX_SECOND };
    CHECK_OK(px_graph_new(opts, &kit->graph, &kit->err), &kit->err);
    CHECK_OK(px_registry_new(&kit->registry, &kit->err), &kit->err);
    CHECK_OK(px_models_parse_all(px_str_c(models), NULL, &set, NULL, &kit->err), &kit->err);
    for (size_t i = 0; i < set.count; i++)
        CHECK_OK(
            px_registry_put(kit->registry, KIT_TENANT, set.models[i], 0, kit->now, NULL, &kit->err),
            &kit->err);
    kit->model_count = (uint32_t)set.count;
    px_registry_commit(kit->registry);
    px_model_set_release(&set);
    kit->env.monotonic_ns = monotonic_ns;
    kit->env.data = kit;
    kit->reader = (px_principal){ .tenant = KIT_TENANT, .role = PX_ROLE_READER };
    kit->opts = (px_query_opts){
        .graph = kit->graph, .registry = kit->registry, .env = &kit->env, .server = 77
    };
}

void query_kit_release(query_kit *kit)
{
    px_buf_release(&kit->rows);
    px_buf_release(&kit->result.continuation);
    px_graph_free(kit->graph);
    px_registry_free(kit->registry);
}

uint32_t query_kit_model(query_kit *kit, const char *dtmi)
{
    for (uint32_t no = 1; no <= px_registry_number(kit->registry); no++)
        if (px_str_eq(px_model_id(px_registry_model(kit->registry, no)), px_str_c(dtmi)))
            return no;
    fail_msg("no model %s", dtmi);
    return 0;
}

static px_txn *begin(query_kit *kit)
{
    px_txn *txn;

    CHECK_OK(px_graph_begin(kit->graph, &txn, &kit->err), &kit->err);
    kit->now += PX_SECOND;
    px_txn_at(txn, ++kit->seq, kit->now);
    return txn;
}

static void commit(query_kit *kit, px_txn *txn)
{
    CHECK_OK(px_txn_settle(txn, kit->registry, &kit->err), &kit->err);
    px_graph_commit(txn);
}

uint32_t query_kit_twin(query_kit *kit, uint32_t tenant, const char *id, const char *dtmi)
{
    px_txn *txn = begin(kit);
    uint32_t no;

    CHECK_OK(
        px_graph_twin_put(txn, tenant, px_str_c(id), query_kit_model(kit, dtmi), 0, &no, &kit->err),
        &kit->err);
    commit(kit, txn);
    return no;
}

void query_kit_set(query_kit *kit, uint32_t twin_no, const char *dtmi, const char *path,
                   px_value value)
{
    const px_model *model = px_registry_model(kit->registry, query_kit_model(kit, dtmi));
    const px_field *field = px_layout_find_path(px_model_layout(model), px_str_c(path));
    px_txn *txn = begin(kit);
    px_origin origin = { .kind = PX_ORIGIN_COMMAND,
                         .source_time = PX_TIME_NONE,
                         .arrival_time = kit->now };

    CHECK(field != NULL);
    CHECK_OK(px_graph_set(txn, twin_no, field->index, value, &origin, NULL, &kit->err), &kit->err);
    commit(kit, txn);
}

void query_kit_num(query_kit *kit, uint32_t twin_no, const char *dtmi, const char *path,
                   const char *number)
{
    px_num num;

    CHECK_OK(px_num_parse(px_str_c(number), &num, &kit->err), &kit->err);
    query_kit_set(kit, twin_no, dtmi, path, px_value_num(num));
}

uint32_t query_kit_rel(query_kit *kit, uint32_t source_no, const char *id, const char *name,
                       uint32_t target_no, const char *properties)
{
    px_txn *txn = begin(kit);
    uint32_t no;

    CHECK_OK(px_graph_rel_put(txn, source_no, px_str_c(id), px_str_c(name), target_no,
                              px_str_c(properties), 0, &no, &kit->err),
             &kit->err);
    commit(kit, txn);
    return no;
}

void query_kit_index(query_kit *kit, uint32_t no, const char *path, const char *dtmi)
{
    px_txn *txn = begin(kit);

    CHECK_OK(px_graph_property_put(txn, KIT_TENANT, no, px_str_c(path), px_str_c(dtmi), &kit->err),
             &kit->err);
    commit(kit, txn);
    while (px_graph_is_building(kit->graph))
        commit(kit, begin(kit));
}

px_status query_kit_run(query_kit *kit, const char *text, px_str token, uint32_t max_items)
{
    px_query_result result;
    px_status status;

    kit->rows.status = PX_OK;
    px_buf_clear(&kit->rows);
    status = px_query_run(&kit->opts, &kit->reader, px_str_c(text), token, max_items, NULL,
                          &kit->rows, &result, &kit->err);
    if (status == PX_OK) {
        px_buf_release(&kit->result.continuation);
        kit->result = result;
    }
    return status;
}

uint32_t query_kit_all(query_kit *kit, const char *text, uint32_t max_items)
{
    px_buf all = { 0 }, token = { 0 };
    uint32_t pages = 0;
    uint64_t rows = 0;

    do {
        CHECK_OK(query_kit_run(kit, pages ? "" : text, px_buf_str(&token), max_items), &kit->err);
        if (kit->rows.len) {
            if (all.len)
                px_put_char(&all, ',');
            px_put(&all, px_buf_str(&kit->rows));
        }
        px_buf_clear(&token);
        px_put(&token, px_buf_str(&kit->result.continuation));
        rows += kit->result.row_count;
        pages++;
    } while (token.len);
    px_buf_clear(&kit->rows);
    px_put(&kit->rows, px_buf_str(&all));
    kit->result.row_count = rows;
    px_buf_release(&all);
    px_buf_release(&token);
    return pages;
}
