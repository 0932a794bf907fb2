/* SPDX-License-Identifier: Apache-2.0 */
/* Filters of event routes: whatever can be read can be compiled and asked. */
#include <stdlib.h>

#include "expr/event.h"
#include "expr/expr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void attribute(void *data, const void *row, px_str name, px_value *ret_value)
{
    (void)data;
    (void)row;
    *ret_value = px_str_eq(name, PX_STR("$body"))
                     ? px_value_json(PX_STR("{\"x\":4,\"a\":{\"b\":null},\"t\":\"p\\n\"}"))
                     : px_value_text(PX_STR("press"));
}

static void ask(const px_expr_node *condition, px_arena *arena)
{
    px_expr_rows rows = { .attribute = attribute };
    px_expr_source source = { .condition = condition };
    px_expr_machine machine;
    px_expr *expr;
    bool holds;

    if (px_expr_compile(&source, arena, &expr, NULL) != PX_OK)
        return;
    px_expr_machine_init(&machine, expr, &rows);
    if (px_expr_test(&machine, "", &holds, NULL) != PX_OK)
        abort();
    px_expr_machine_release(&machine);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const px_expr_node *condition;
    px_arena arena;
    bool all;
    px_err err;

    px_arena_init(&arena, 8 << 20);
    if (px_event_filter_parse(px_str_of((const char *)data, size), &arena, &condition, &all,
                              &err) == PX_OK &&
        condition)
        ask(condition, &arena);
    px_arena_release(&arena);
    return 0;
}
