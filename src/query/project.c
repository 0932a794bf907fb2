/* SPDX-License-Identifier: Apache-2.0 */
/* Rows as JSON. */
#include "query/output.h"

#include "base/json.h"
#include "query/relationship_json.h"
#include "query/twin_json.h"

/* COUNT() reads nothing: a literal keeps its place among the columns. */
static const px_expr_node nothing = { .kind = PX_EXPR_LITERAL };

px_status pxi_output_init(pxi_output *output, pxi_run *run, px_err *ret_err)
{
    const px_query *query = &run->query;
    px_expr_source source = { .with_telemetry = run->opts->with_telemetry };
    px_expr_rows rows = pxi_rows(run);
    const px_expr_node **list;
    px_expr *expr;

    *output = (pxi_output){ .run = run };
    list = PX_ARENA_ARRAY(run->arena, const px_expr_node *,
                          query->column_count + query->group_count + query->order_count + 1);
    if (!list)
        return px_arena_fail(run->arena, ret_err);
    for (uint32_t i = 0; i < query->column_count; i++)
        list[source.column_count++] =
            query->columns[i].operand ? query->columns[i].operand : &nothing;
    output->groups_at = source.column_count;
    for (uint32_t i = 0; i < query->group_count; i++)
        list[source.column_count++] = query->groups[i];
    output->orders_at = source.column_count;
    for (uint32_t i = 0; i < query->order_count; i++)
        list[source.column_count++] =
            query->orders[i].operand ? query->orders[i].operand : &nothing;
    source.columns = list;
    PX_TRY(px_expr_compile(&source, run->arena, &expr, ret_err));
    px_expr_machine_init(&output->machine, expr, &rows);
    return PX_OK;
}

void pxi_output_release(pxi_output *output)
{
    if (output->run)
        px_expr_machine_release(&output->machine);
}

px_status pxi_refuse_memory(const char *what, px_err *ret_err)
{
    return px_fail_id(ret_err, PX_LIMIT, "query.memory",
                      "%s takes more than the %d MiB of a query; ask for less", what,
                      PX_QUERY_MEMORY_BYTES_MAX >> 20);
}

/* ---- documents ---- */

static px_status refuse_model(const px_twin *twin, px_err *ret_err)
{
    return px_fail_id(ret_err, PX_CORRUPT, "query.model", "twin '%.*s' has no model",
                      PX_FMT(px_twin_id(twin)));
}

static px_status put_document(const pxi_run *run, px_buf *rows, uint32_t source, px_err *ret_err)
{
    const void *thing = run->row[source];
    const px_model *model;

    if (run->query.sources[source].is_edge) {
        px_put_relationship_json(rows, thing,
                                 px_twin_rows_id(&run->twin_rows, px_rel_source(thing)),
                                 px_twin_rows_id(&run->twin_rows, px_rel_target(thing)));
        return PX_OK;
    }
    model = px_registry_model(run->opts->registry, px_twin_model(thing));
    if (!model)
        return refuse_model(thing, ret_err);
    px_put_twin_json(rows, model, thing);
    return PX_OK;
}

/* ---- columns ---- */

/* A value, or the part of a twin's document that a path names. */
static px_status put_value(const pxi_run *run, px_buf *rows, uint32_t source,
                           const px_expr_binding *binding, px_value value, px_err *ret_err)
{
    const px_twin *twin = run->row[source];
    const px_model *model;
    px_slot slot;

    if (!binding) {
        px_put_json_value(rows, value);
        return PX_OK;
    }
    if (binding->what == PX_EXPR_ROW || binding->what == PX_EXPR_EDGE)
        return put_document(run, rows, source, ret_err);
    if (binding->what != PX_EXPR_COMPONENT && binding->what != PX_EXPR_METADATA &&
        binding->what != PX_EXPR_FIELD_METADATA) {
        px_put_json_value(rows, value);
        return PX_OK;
    }
    model = px_registry_model(run->opts->registry, px_twin_model(twin));
    if (!model)
        return refuse_model(twin, ret_err);
    if (binding->what == PX_EXPR_COMPONENT)
        px_put_component_json(rows, model, twin, binding->component);
    else if (binding->what == PX_EXPR_METADATA)
        px_put_metadata_json(rows, model, twin, binding->component);
    else if (px_twin_slot(twin, binding->field, &slot))
        px_put_property_metadata_json(rows, &slot);
    return PX_OK;
}

static void put_key(px_buf *rows, px_str key, char *separator)
{
    px_put_char(rows, *separator);
    *separator = ',';
    px_put_json_string(rows, key);
    px_put_char(rows, ':');
}

/* { "column": value, … }: what is missing leaves its key out. */
static px_status put_columns(pxi_output *output, px_buf *rows, px_err *ret_err)
{
    const pxi_run *run = output->run;
    char separator = '{';

    for (uint32_t i = 0; i < run->query.column_count; i++) {
        const px_query_column *column = &run->query.columns[i];
        const px_expr_binding *binding;
        px_value value;

        PX_TRY(px_expr_column(&output->machine, pxi_row(run), i, &value, &binding, ret_err));
        if (value.kind == PX_VALUE_NONE)
            continue;
        put_key(rows, column->name, &separator);
        PX_TRY(put_value(run, rows, column->operand->path.source, binding, value, ret_err));
    }
    px_put_c(rows, separator == '{' ? "{}" : "}");
    return PX_OK;
}

/* All that has a name in MATCH. */
static px_status put_named(const pxi_run *run, px_buf *rows, px_err *ret_err)
{
    char separator = '{';

    for (uint32_t i = 0; i < run->query.source_count; i++) {
        if (!run->query.names[i].len)
            continue;
        put_key(rows, run->query.names[i], &separator);
        PX_TRY(put_document(run, rows, i, ret_err));
    }
    px_put_char(rows, '}');
    return PX_OK;
}

px_status pxi_put_row(pxi_output *output, px_buf *rows, px_err *ret_err)
{
    const pxi_run *run = output->run;

    if (!run->query.is_all)
        PX_TRY(put_columns(output, rows, ret_err));
    else if (run->query.is_match)
        PX_TRY(put_named(run, rows, ret_err));
    else
        PX_TRY(put_document(run, rows, 0, ret_err));
    return px_buf_status(rows, ret_err);
}
