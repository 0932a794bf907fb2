/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/guard.h"

#include "engine/state.h"
#include "engine/twin_rows.h"
#include "expr/guard.h"

enum { EXPRESSION_SHOWN_MAX = 80, SEEN_SHOWN_MAX = 100 };

typedef struct guard_test {
    px_engine_state *state;
    const px_request *request;
    const px_twin *twin;
    const px_command *command;
    const px_guard *guard;
    const px_expr_node **paths; /* as columns, so that it can be said what was seen */
    uint32_t path_count;
    px_expr_machine machine;
    bool holds;
    const px_twin *seen; /* the neighbour that it does not hold for; NULL: none in particular */
    uint32_t neighbours; /* looked at */
} guard_test;

static uint32_t count_paths(const px_expr_node *node)
{
    uint32_t count = node->kind == PX_EXPR_PATH;

    for (const px_expr_node *m = node->first; m; m = m->next)
        count += count_paths(m);
    return count;
}

static void list_paths(guard_test *t, const px_expr_node *node)
{
    if (node->kind == PX_EXPR_PATH)
        t->paths[t->path_count++] = node;
    for (const px_expr_node *m = node->first; m; m = m->next)
        list_paths(t, m);
}

/* A model that this very batch brought is one. */
static const px_model *model_of(void *data, uint32_t model_no)
{
    return px_registry_model_own(((const px_twin_rows *)data)->registry, model_no);
}

static px_status compile(guard_test *t, px_twin_rows *twin_rows, px_err *ret_err)
{
    px_arena *arena = &t->state->arena;
    px_expr_source source = { .with_telemetry = true };
    px_expr_rows rows = px_twin_rows_of(twin_rows);
    px_expr_node *node;
    px_expr *expr;

    PX_TRY(px_guard_parse(t->guard, arena, &node, ret_err));
    t->paths = PX_ARENA_ARRAY(arena, const px_expr_node *, count_paths(node) + 1);
    if (!t->paths)
        return px_arena_fail(arena, ret_err);
    list_paths(t, node);
    source.condition = node;
    source.columns = t->paths;
    source.column_count = t->path_count;
    PX_TRY(px_expr_compile(&source, arena, &expr, ret_err));
    rows.model = model_of;
    rows.are_tuples = t->guard->of != PX_GUARD_OF_TWIN;
    px_expr_machine_init(&t->machine, expr, &rows);
    return PX_OK;
}

static px_status test_neighbours(guard_test *t, px_err *ret_err)
{
    const px_view *view = px_txn_view(t->state->txn);
    uint32_t tenant = t->request->principal.tenant;
    px_edges at = px_edges_out(view, px_twin_number(t->twin), t->guard->relationship);
    bool is_every = t->guard->of == PX_GUARD_OF_EVERY;

    t->holds = is_every;
    for (const px_rel *rel; t->holds == is_every && (rel = px_edges_next(&at));) {
        const px_twin *row[] = { px_view_twin(view, tenant, px_rel_target(rel)), t->twin };

        if (!row[0])
            continue;
        if (++t->neighbours > PX_GUARD_NEIGHBOURS_MAX)
            return px_fail_id(
                ret_err, PX_LIMIT, "command.guard_neighbours",
                "a guard of command '%.*s' looks at most at %d neighbours, and '%.*s' "
                "leads from twin '%.*s' to more",
                PX_FMT(t->command->name), PX_GUARD_NEIGHBOURS_MAX, PX_FMT(t->guard->relationship),
                PX_FMT(t->request->id));
        PX_TRY(px_expr_test(&t->machine, row, &t->holds, ret_err));
        if (is_every && !t->holds)
            t->seen = row[0];
    }
    return PX_OK;
}

static px_status test(guard_test *t, px_err *ret_err)
{
    if (t->guard->of == PX_GUARD_OF_TWIN)
        return px_expr_test(&t->machine, t->twin, &t->holds, ret_err);
    return test_neighbours(t, ret_err);
}

/* ---- what is said of one that does not hold ---- */

/* Of `any` no neighbour is the one. */
static bool has_row(const guard_test *t)
{
    return t->guard->of == PX_GUARD_OF_TWIN || t->seen;
}

/* NONE for what was never set. */
static px_status read_path(guard_test *t, uint32_t path, px_value *ret_value, px_err *ret_err)
{
    const px_twin *row[] = { t->seen, t->twin };
    const void *whole = t->guard->of == PX_GUARD_OF_TWIN ? (const void *)t->twin : row;

    return px_expr_column(&t->machine, whole, path, ret_value, NULL, ret_err);
}

static px_status put_values(guard_test *t, px_json_writer *w, px_err *ret_err)
{
    px_status status = PX_OK;
    px_buf name = { 0 };

    px_json_key(w, PX_STR("values"));
    px_json_begin_object(w);
    for (uint32_t i = 0; i < t->path_count && has_row(t) && status == PX_OK; i++) {
        px_value value;

        status = read_path(t, i, &value, ret_err);
        if (status != PX_OK)
            break;
        px_buf_clear(&name);
        px_put_guard_path(&name, t->paths[i]);
        px_json_key(w, px_buf_str(&name));
        if (value.kind == PX_VALUE_NONE)
            px_json_null(w);
        else
            px_json_value(w, value);
    }
    px_buf_release(&name);
    px_json_end_object(w);
    return status;
}

static px_status put_seen(guard_test *t, px_buf *buf, px_err *ret_err)
{
    static const char *const of[] = { NULL, "every", "any" };
    px_json_writer w = px_json_writer_of(buf);

    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("expression"));
    px_json_string(&w, t->guard->expression);
    if (of[t->guard->of]) {
        px_json_key(&w, px_str_c(of[t->guard->of]));
        px_json_string(&w, t->guard->relationship);
    }
    if (t->seen) {
        px_json_key(&w, PX_STR("twin"));
        px_json_string(&w, px_twin_id(t->seen));
    }
    PX_TRY(put_values(t, &w, ret_err));
    if (t->guard->messages.count) {
        px_json_key(&w, PX_STR("message"));
        px_json_begin_object(&w);
        for (uint32_t i = 0; i < t->guard->messages.count; i++) {
            px_json_key(&w, t->guard->messages.items[i].lang);
            px_json_string(&w, t->guard->messages.items[i].text);
        }
        px_json_end_object(&w);
    }
    px_json_end_object(&w);
    return px_buf_status(buf, ret_err);
}

/* "temperature is 91, $self.state is \"run\"" */
static px_status put_words(guard_test *t, px_buf *words, px_err *ret_err)
{
    if (t->guard->of == PX_GUARD_OF_ANY)
        px_putf(words, "of none of %u '%.*s'", (unsigned)t->neighbours,
                PX_FMT(t->guard->relationship));
    if (t->seen)
        px_putf(words, "of '%.*s': ", PX_FMT(px_twin_id(t->seen)));
    for (uint32_t i = 0; i < t->path_count && has_row(t); i++) {
        px_value value;

        PX_TRY(read_path(t, i, &value, ret_err));
        px_put_c(words, i ? ", " : "");
        px_put_guard_path(words, t->paths[i]);
        px_put_c(words, " is ");
        if (value.kind == PX_VALUE_NONE)
            px_put_c(words, "not set");
        else
            px_put_json_value(words, value);
    }
    return px_buf_status(words, ret_err);
}

static px_status say(guard_test *t, px_refusal *refusal, px_err *ret_err)
{
    px_str message = px_lang_find(t->guard->messages, PX_STR("en"));
    px_buf words = { 0 };
    px_status status = put_words(t, &words, ret_err);
    px_str seen = px_str_head(px_buf_str(&words), SEEN_SHOWN_MAX);

    if (status == PX_OK)
        (void)px_fail_id(&refusal->err, PX_CONFLICT, "command.guard",
                         "%.*s%s'%.*s' has to hold before '%.*s', and does not: %.*s",
                         PX_FMT(message), message.len ? ": " : "",
                         PX_FMT(px_str_head(t->guard->expression, EXPRESSION_SHOWN_MAX)),
                         PX_FMT(t->command->name), PX_FMT(seen));
    px_buf_release(&words);
    return status;
}

static px_status refuse(guard_test *t, px_refusal *refusal, px_err *ret_err)
{
    px_buf seen = { 0 };
    px_status status = put_seen(t, &seen, ret_err);

    refusal->name = t->guard->expression;
    if (status == PX_OK)
        refusal->value = px_arena_str(&t->state->arena, px_buf_str(&seen));
    px_buf_release(&seen);
    if (status == PX_OK && !refusal->value.ptr)
        return px_arena_fail(&t->state->arena, ret_err);
    return status == PX_OK ? say(t, refusal, ret_err) : status;
}

/* Whether it holds stands in the test; where not, the refusal says why. */
static px_status test_one(guard_test *t, px_refusal *refusal, px_err *ret_err)
{
    px_twin_rows rows = { .registry = t->state->registry,
                          .view = px_txn_view(t->state->txn),
                          .tenant = t->request->principal.tenant };
    px_status status = compile(t, &rows, ret_err);

    if (status == PX_OK) {
        status = test(t, ret_err);
        if (status == PX_OK && !t->holds)
            status = refuse(t, refusal, ret_err);
        px_expr_machine_release(&t->machine);
    }
    px_buf_release(&rows.made);
    return status;
}

px_status px_guards_test(px_engine_state *state, px_request *request, const px_twin *twin,
                         const px_command *command, px_err *ret_err)
{
    px_refusal *refusals;
    size_t *count = &request->result.refusal_count;

    if (command->guard_count == 0)
        return PX_OK;
    refusals = PX_ARENA_ARRAY(&state->arena, px_refusal, command->guard_count);
    if (!refusals)
        return px_arena_fail(&state->arena, ret_err);
    request->result.refusals = refusals;
    for (uint32_t i = 0; i < command->guard_count; i++) {
        guard_test t = { .state = state,
                         .request = request,
                         .twin = twin,
                         .command = command,
                         .guard = &command->guards[i] };

        PX_TRY(test_one(&t, &refusals[*count], ret_err));
        *count += !t.holds;
    }
    if (*count == 0)
        return PX_OK;
    if (ret_err)
        *ret_err = refusals[0].err;
    return PX_CONFLICT;
}
