/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From what stands in a row to what a model takes:
 *
 *     value of the row → values → type → × scale → + offset → formulas see it → unit → schema
 */
#include "base/cell.h"
#include "sync/binding_inner.h"

px_value pxi_value_of(const px_json *json)
{
    switch (json->type) {
    case PX_JSON_NUMBER:
        return px_value_num(json->num);
    case PX_JSON_STRING:
        return px_value_text(json->text);
    case PX_JSON_TRUE:
    case PX_JSON_FALSE:
        return px_value_bool(json->type == PX_JSON_TRUE);
    case PX_JSON_OBJECT:
    case PX_JSON_ARRAY:
        return px_value_json(json->raw);
    default:
        return (px_value){ 0 };
    }
}

void pxi_attribute(void *data, const void *item, px_str name, px_value *ret_value)
{
    const pxi_row *row = item;
    uint32_t index = pxi_level_find(row->binding, name);

    (void)data;
    if (index != UINT32_MAX) {
        *ret_value = px_value_text(row->levels[index]);
        return;
    }
    index = pxi_field_find(row->binding, name);
    if (index != UINT32_MAX)
        *ret_value = row->values[index];
}

/* ---- one value ---- */

static bool read_number(px_str text, px_num *ret_num)
{
    text = px_str_trim(text);
    return text.len <= PX_JSON_NUMBER_DIGITS_MAX && px_num_parse(text, ret_num, NULL) == PX_OK;
}

static px_status to_number(px_value *value, px_err *ret_err)
{
    px_num num = px_num_int(value->boolean);

    if (value->kind == PX_VALUE_NUM)
        return PX_OK;
    if (value->kind != PX_VALUE_BOOL &&
        (value->kind != PX_VALUE_TEXT || !read_number(value->text, &num)))
        return px_fail_id(ret_err, PX_INVALID, "binding.number", "'%.*s' is no number",
                          PX_FMT(px_str_head(value->text, 64)));
    *value = px_value_num(num);
    return PX_OK;
}

static px_status to_boolean(px_value *value, px_err *ret_err)
{
    px_buf buf = { 0 };
    bool absent;
    px_str text = value->text;
    px_status status;

    if (value->kind == PX_VALUE_BOOL)
        return PX_OK;
    if (value->kind == PX_VALUE_NUM) {
        *value = px_value_bool(px_num_to_double(value->num) != 0);
        return PX_OK;
    }
    status = px_put_cell(&buf, text, PX_CELL_BOOLEAN, &absent, ret_err);
    if (status == PX_OK && absent)
        status = px_fail_id(ret_err, PX_INVALID, "csv.boolean", "an empty text is no boolean");
    if (status == PX_OK)
        *value = px_value_bool(buf.ptr && buf.ptr[0] == 't');
    px_buf_release(&buf);
    return status;
}

static px_status to_text(const pxi_row *row, px_value *value, px_err *ret_err)
{
    px_buf buf = { 0 };
    px_str text;

    if (value->kind == PX_VALUE_TEXT)
        return PX_OK;
    px_put_json_value(&buf, *value);
    text = px_arena_str(row->arena, px_buf_str(&buf));
    px_buf_release(&buf);
    if (!text.ptr)
        return px_arena_fail(row->arena, ret_err);
    *value = px_value_text(text);
    return PX_OK;
}

static px_status to_type(const pxi_row *row, pxi_type type, px_value *value, px_err *ret_err)
{
    switch (type) {
    case PXI_NUMBER:
        return to_number(value, ret_err);
    case PXI_INTEGER:
        PX_TRY(to_number(value, ret_err));
        if (!px_num_round(value->num, &value->num))
            return px_fail_id(ret_err, PX_INVALID, "binding.number",
                              "the number is too large to be a whole one");
        return PX_OK;
    case PXI_BOOLEAN:
        return to_boolean(value, ret_err);
    case PXI_STRING:
        return to_text(row, value, ret_err);
    default:
        return PX_OK;
    }
}

/* By the text of the value: 1 and "1" are the same. */
static px_status look_up(const pxi_row *row, const px_json *values, px_value *value,
                         px_err *ret_err)
{
    px_value text = *value;
    const px_json *found;

    PX_TRY(to_text(row, &text, ret_err));
    found = px_json_get(values, text.text);
    if (!found)
        return px_fail_id(ret_err, PX_INVALID, "binding.values", "'values' does not know '%.*s'",
                          PX_FMT(px_str_head(text.text, 64)));
    *value = pxi_value_of(found);
    return PX_OK;
}

static px_status calculate(px_num_op op, px_num by, px_value *value, px_err *ret_err)
{
    PX_TRY(to_number(value, ret_err));
    if (px_num_calc(op, value->num, by, &value->num))
        return PX_OK;
    return px_fail_id(ret_err, PX_INVALID, "binding.number",
                      "the number is beyond the range of numbers");
}

/* `*is_same` becomes false when it is no longer what stood in the row. */
static px_status adjust(const pxi_row *row, const pxi_field *f, px_value *value, bool *is_same,
                        px_err *ret_err)
{
    *is_same = !f->values && f->type == PXI_AS_IT_IS && !f->has_scale && !f->has_offset;
    if (f->values)
        PX_TRY(look_up(row, f->values, value, ret_err));
    PX_TRY(to_type(row, f->type, value, ret_err));
    if (f->has_scale)
        PX_TRY(calculate(PX_NUM_MUL, f->scale, value, ret_err));
    if (f->has_offset)
        PX_TRY(calculate(PX_NUM_ADD, f->offset, value, ret_err));
    if (f->type == PXI_INTEGER && (f->has_scale || f->has_offset))
        PX_TRY(to_type(row, PXI_INTEGER, value, ret_err));
    return PX_OK;
}

/* ---- all fields of a row ---- */

static px_status run_formula(const pxi_row *row, const pxi_field *f, px_value *ret_value,
                             px_err *ret_err)
{
    px_expr_rows rows = { .attribute = pxi_attribute };
    px_expr_machine machine;
    px_status status;

    px_expr_machine_init(&machine, f->formula.expr, &rows);
    status = px_formula_value(&f->formula, &machine, row, ret_value, ret_err);
    if (status == PX_OK && ret_value->text.len) {
        ret_value->text = px_arena_str(row->arena, ret_value->text);
        if (!ret_value->text.ptr)
            status = px_arena_fail(row->arena, ret_err);
    }
    px_expr_machine_release(&machine);
    return status;
}

static px_status read_value(const pxi_row *row, uint32_t index, px_err *ret_err)
{
    const pxi_field *f = &row->binding->fields[index];
    px_value value = { 0 };
    const px_json *node = NULL;
    bool is_same;

    row->values[index] = value;
    row->nodes[index] = row->found[index] = NULL;
    if (f->has_formula) {
        PX_TRY(run_formula(row, f, &value, ret_err));
    } else {
        node = pxi_place_find(row, &f->from);
        row->found[index] = node;
        if (node)
            value = pxi_value_of(node);
    }
    if (value.kind == PX_VALUE_NONE)
        return f->required ? px_fail_id(ret_err, PX_INVALID, "binding.missing",
                                        "the message has no value for '%.*s'", PX_FMT(f->name))
                           : PX_OK;
    PX_TRY(adjust(row, f, &value, &is_same, ret_err));
    row->values[index] = value;
    row->nodes[index] = is_same ? node : NULL;
    return PX_OK;
}

/* Formulas look at fields behind them, too: those come first. */
px_status pxi_values_read(pxi_mapping *m, pxi_row *row, px_err *ret_err)
{
    const px_binding *b = row->binding;

    for (int formulas = 0; formulas < 2; formulas++)
        for (uint32_t i = 0; i < b->field_count; i++) {
            px_err err = { 0 };
            px_status status;

            if (b->fields[i].has_formula != formulas)
                continue;
            status = read_value(row, i, &err);
            if (pxi_is_fatal(status)) {
                if (ret_err)
                    *ret_err = err;
                return status;
            }
            if (status != PX_OK)
                pxi_miss(m, &(px_bind_miss){ .row = row->number, .name = b->fields[i].name }, &err);
        }
    return PX_OK;
}

/* ---- time and quality ---- */

static px_status time_of_number(px_num num, pxi_time_form form, px_time *ret_time, px_err *ret_err)
{
    static const char *const factors[] = { [PXI_TIME_S] = "1000000000",
                                           [PXI_TIME_MS] = "1000000",
                                           [PXI_TIME_US] = "1000",
                                           [PXI_TIME_NS] = "1" };
    double size = px_num_to_double(num);
    px_num factor;
    int64_t ns;

    if (form == PXI_TIME_ANY)
        form = size < 1e11   ? PXI_TIME_S
               : size < 1e14 ? PXI_TIME_MS
               : size < 1e17 ? PXI_TIME_US
                             : PXI_TIME_NS;
    if (form < PXI_TIME_S || px_num_parse(px_str_c(factors[form]), &factor, NULL) != PX_OK ||
        !px_num_calc(PX_NUM_MUL, num, factor, &num) || !px_num_round(num, &num) ||
        !px_num_to_int(num, &ns) || ns < 0)
        return px_fail_id(ret_err, PX_INVALID, "binding.time",
                          "the number is no time of this form");
    *ret_time = ns;
    return PX_OK;
}

/* `2026-11-01 12:00:00.5`, or the day alone, counted as UTC. */
static px_status time_without_zone(px_str text, px_time *ret_time, px_err *ret_err)
{
    enum { DAY = 10, WHOLE = 19 };
    char bytes[48];

    if ((text.len != DAY && text.len < WHOLE) || text.len + DAY > sizeof(bytes))
        return px_fail_id(ret_err, PX_INVALID, "binding.time",
                          "'%.*s' is no time such as 2026-11-01 12:00:00",
                          PX_FMT(px_str_head(text, 40)));
    memcpy(bytes, text.ptr, text.len);
    if (text.len == DAY) {
        memcpy(bytes + DAY, "T00:00:00Z", DAY);
        return px_time_parse(px_str_of(bytes, 2 * DAY), ret_time, ret_err);
    }
    bytes[DAY] = bytes[DAY] == ' ' ? 'T' : bytes[DAY];
    bytes[text.len] = 'Z';
    return px_time_parse(px_str_of(bytes, text.len + 1), ret_time, ret_err);
}

px_status pxi_time_of(const pxi_row *row, px_time *ret_time, px_err *ret_err)
{
    pxi_time_form form = row->binding->time_form;
    const px_json *json;
    px_num num;

    *ret_time = PX_TIME_NONE;
    json = row->binding->has_time ? pxi_place_find(row, &row->binding->time) : NULL;
    if (!json)
        return PX_OK;
    if (json->type == PX_JSON_NUMBER)
        return time_of_number(json->num, form, ret_time, ret_err);
    if (json->type != PX_JSON_STRING)
        return px_fail_id(ret_err, PX_INVALID, "binding.time", "%s is no time",
                          px_json_type_name(json->type));
    if (form == PXI_TIME_UTC)
        return time_without_zone(px_str_trim(json->text), ret_time, ret_err);
    if (form >= PXI_TIME_S && read_number(json->text, &num))
        return time_of_number(num, form, ret_time, ret_err);
    return px_time_parse(px_str_trim(json->text), ret_time, ret_err);
}

bool pxi_quality_is_good(const pxi_row *row)
{
    const px_json *json =
        row->binding->has_quality ? pxi_place_find(row, &row->binding->quality) : NULL;
    px_value value;

    if (!json) /* nothing is said against it */
        return true;
    value = pxi_value_of(json);
    for (const px_json *good = row->binding->good->first; good; good = good->next) {
        px_value wanted = pxi_value_of(good);

        if (wanted.kind == value.kind &&
            (value.kind == PX_VALUE_NUM    ? px_num_cmp(value.num, wanted.num) == 0
             : value.kind == PX_VALUE_BOOL ? value.boolean == wanted.boolean
                                           : px_str_eq(value.text, wanted.text)))
            return true;
    }
    return false;
}

/* ---- into the model ---- */

static px_status convert(const px_unit_factor *from, const px_field *field, px_value *value,
                         px_err *ret_err)
{
    const px_unit_factor *to = px_unit_factor_find(field->unit);

    if (field->unit.len == 0)
        return px_fail_id(ret_err, PX_INVALID, "binding.unit",
                          "the model gives '%.*s' no unit; leave 'unit' out, or model one",
                          PX_FMT(field->path));
    PX_TRY(to_number(value, ret_err));
    if (to && px_unit_convert(from, to, value->num, &value->num))
        return PX_OK;
    return px_fail_id(ret_err, PX_INVALID, "binding.unit", "%.*s cannot be turned into %.*s",
                      PX_FMT(px_unit_factor_name(from)), PX_FMT(field->unit));
}

/* A text that stands for what the model wants is taken for it. */
static void fit_text(const px_field *field, px_value *value)
{
    px_value_kind wanted = px_schema_value_kind(field->schema);
    px_num num;

    if (value->kind != PX_VALUE_TEXT)
        return;
    if (wanted == PX_VALUE_NUM && read_number(value->text, &num))
        *value = px_value_num(num);
    else if (wanted == PX_VALUE_BOOL && px_str_eq(value->text, PX_STR("true")))
        *value = px_value_bool(true);
    else if (wanted == PX_VALUE_BOOL && px_str_eq(value->text, PX_STR("false")))
        *value = px_value_bool(false);
}

static px_status check_compound(const pxi_row *row, const px_json *node, px_value value,
                                const px_field *field, px_value *ret_value, px_err *ret_err)
{
    px_json *parsed;

    if (!node) {
        PX_TRY(px_json_parse(value.text, NULL, row->arena, &parsed, ret_err));
        node = parsed;
    }
    return px_schema_check(field->schema, node, row->arena, ret_value, ret_err);
}

px_status pxi_value_settle(const pxi_row *row, const px_unit_factor *unit, const px_json *node,
                           px_value value, const px_field *field, px_value *ret_value,
                           px_err *ret_err)
{
    if (unit)
        PX_TRY(convert(unit, field, &value, ret_err));
    fit_text(field, &value);
    switch (value.kind) {
    case PX_VALUE_NUM:
        return px_schema_check_num(field->schema, value.num, ret_value, ret_err);
    case PX_VALUE_BOOL:
        return px_schema_check_bool(field->schema, value.boolean, ret_value, ret_err);
    case PX_VALUE_TEXT:
        return px_schema_check_text(field->schema, value.text, ret_value, ret_err);
    case PX_VALUE_JSON:
        return check_compound(row, node, value, field, ret_value, ret_err);
    default:
        return px_fail_id(ret_err, PX_INVALID, "binding.missing", "there is no value");
    }
}
