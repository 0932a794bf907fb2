/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of a binding, and the twins that they go to. */
#include "sync/binding_inner.h"

/* ---- twins ---- */

/* "press-{machine}", or several in an array */
px_status pxi_twins_read(px_binding *b, const px_json *json, const pxi_template **ret_twins,
                         uint32_t *ret_count, px_err *ret_err)
{
    bool many = json->type == PX_JSON_ARRAY;
    uint32_t count = many ? json->count : 1, i = 0;
    pxi_template *twins;

    if (count == 0 || count > PX_BINDING_TWINS_MAX)
        return px_json_fail(json, ret_err, PX_INVALID, "binding.form", "'twin' names 1 to %d twins",
                            PX_BINDING_TWINS_MAX);
    twins = PX_ARENA_ARRAY(&b->arena, pxi_template, count);
    if (!twins)
        return px_arena_fail(&b->arena, ret_err);
    for (const px_json *m = many ? json->first : json; m; m = many ? m->next : NULL) {
        PX_TRY(pxi_text_check(m, ret_err));
        PX_TRY(pxi_template_read(b, &b->arena, m, m->text, &twins[i++], ret_err));
    }
    *ret_twins = twins;
    *ret_count = count;
    return PX_OK;
}

/* ---- formulas ---- */

static px_status check_names(px_binding *b, const px_json *json, const px_formula *formula,
                             uint32_t before, px_err *ret_err)
{
    uint32_t count;
    const px_expr_path *paths = px_expr_paths(formula->expr, &count);

    for (uint32_t i = 0; i < count; i++) {
        px_str name = paths[i].count ? paths[i].steps[0] : PX_STR("");
        uint32_t field = pxi_field_find(b, name);

        if (pxi_level_find(b, name) != UINT32_MAX)
            continue;
        if (field == UINT32_MAX)
            return px_json_fail(json, ret_err, PX_INVALID, "binding.formula",
                                "'%.*s' is neither a field of the binding nor a level of its topic",
                                PX_FMT(name));
        if (b->fields[field].has_formula && field >= before)
            return px_json_fail(json, ret_err, PX_INVALID, "binding.formula",
                                "'%.*s' is itself a formula, and stands no earlier than this one",
                                PX_FMT(name));
    }
    return PX_OK;
}

px_status pxi_formula_read(px_binding *b, const px_json *json, uint32_t before,
                           px_formula *ret_formula, px_err *ret_err)
{
    px_err err;
    px_status status;

    if (json->type != PX_JSON_STRING || json->text.len == 0 ||
        json->text.len > PX_BINDING_FORMULA_BYTES_MAX)
        return px_json_fail(json, ret_err, PX_INVALID, "binding.form",
                            "a formula is a text of 1 to %d bytes", PX_BINDING_FORMULA_BYTES_MAX);
    status = px_formula_compile(json->text, &b->arena, ret_formula, &err);
    if (status == PX_INVALID)
        return px_json_fail(json, ret_err, PX_INVALID, err.id, "%s", err.text);
    if (status != PX_OK) {
        if (ret_err)
            *ret_err = err;
        return status;
    }
    return check_names(b, json, ret_formula, before, ret_err);
}

/* ---- one field ---- */

static px_status read_number(const px_json *json, bool *ret_has, px_num *ret_num, px_err *ret_err)
{
    *ret_has = json != NULL;
    if (!json)
        return PX_OK;
    if (json->type != PX_JSON_NUMBER)
        return px_json_fail(json, ret_err, PX_INVALID, "binding.form", "'%.*s' is a number",
                            PX_FMT(json->key));
    *ret_num = json->num;
    return PX_OK;
}

static px_status read_unit(const px_json *json, pxi_field *f, px_err *ret_err)
{
    if (!json)
        return PX_OK;
    PX_TRY(pxi_text_check(json, ret_err));
    f->unit = px_unit_factor_find(json->text);
    if (f->unit)
        return PX_OK;
    return px_json_fail(json, ret_err, PX_INVALID, "binding.unit",
                        "'%.*s' is no unit; units are called as in DTDL, such as degreeFahrenheit",
                        PX_FMT(json->text));
}

static px_status read_type(const px_json *json, pxi_field *f, px_err *ret_err)
{
    static const char *const names[] = { "number", "integer", "boolean", "string" };

    if (!json)
        return PX_OK;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (json->type == PX_JSON_STRING && px_str_eq(json->text, px_str_c(names[i]))) {
            f->type = (pxi_type)(PXI_NUMBER + i);
            return PX_OK;
        }
    return px_json_fail(json, ret_err, PX_INVALID, "binding.form",
                        "'type' is number, integer, boolean or string");
}

static px_status read_values(const px_json *json, pxi_field *f, px_err *ret_err)
{
    f->values = json;
    if (json && (json->type != PX_JSON_OBJECT || json->count == 0))
        return px_json_fail(
            json, ret_err, PX_INVALID, "binding.form",
            "'values' says what each value becomes, as {\"0\":\"off\",\"1\":\"on\"}");
    return PX_OK;
}

/* What a field is called when the document does not say: by its source. */
static px_str name_of(const px_json *json)
{
    px_str name = px_json_get_text(json, PX_STR("name"));

    if (!name.ptr)
        name = px_json_get_text(json, PX_STR("from"));
    return name.ptr ? name : px_json_get_text(json, PX_STR("to"));
}

static px_status name_field(px_binding *b, const px_json *json, px_err *ret_err)
{
    static const char *const members[] = { "name", "from",   "formula",  "to",
                                           "twin", "unit",   "scale",    "offset",
                                           "type", "values", "required", NULL };
    pxi_field *f = &b->fields[b->field_count];
    const px_json *name = px_json_get(json, PX_STR("name"));
    bool has_from = px_json_get(json, PX_STR("from"));

    PX_TRY(px_json_members(json, "a field", "binding.form", members, ret_err));
    f->has_formula = px_json_get(json, PX_STR("formula"));
    if (has_from == f->has_formula)
        return px_json_fail(json, ret_err, PX_INVALID, "binding.form",
                            "a field has 'from', where its value stands, or 'formula'");
    if (name)
        PX_TRY(pxi_text_check(name, ret_err));
    f->name = name_of(json);
    if (pxi_field_find(b, f->name) != UINT32_MAX || pxi_level_find(b, f->name) != UINT32_MAX)
        return px_json_fail(json, ret_err, PX_INVALID, "binding.twice",
                            "there is a field or a level '%.*s' already; give this one another "
                            "'name'",
                            PX_FMT(f->name));
    b->field_count++;
    return PX_OK;
}

static px_status read_field(px_binding *b, const px_json *json, pxi_field *f, px_err *ret_err)
{
    const px_json *to = px_json_get(json, PX_STR("to")), *twin = px_json_get(json, PX_STR("twin"));
    const px_json *required = px_json_get(json, PX_STR("required"));

    if (f->has_formula)
        PX_TRY(pxi_formula_read(b, px_json_get(json, PX_STR("formula")), (uint32_t)(f - b->fields),
                                &f->formula, ret_err));
    else
        PX_TRY(pxi_place_read(b, px_json_get(json, PX_STR("from")), &f->from, ret_err));
    if (to) {
        PX_TRY(pxi_text_check(to, ret_err));
        f->to = to->text;
    }
    if (twin)
        PX_TRY(pxi_twins_read(b, twin, &f->twins, &f->twin_count, ret_err));
    if (required && !px_json_is_bool(required))
        return px_json_fail(required, ret_err, PX_INVALID, "binding.form",
                            "'required' is true or false");
    f->required = px_json_is(required, PX_JSON_TRUE);
    PX_TRY(read_unit(px_json_get(json, PX_STR("unit")), f, ret_err));
    PX_TRY(read_number(px_json_get(json, PX_STR("scale")), &f->has_scale, &f->scale, ret_err));
    PX_TRY(read_number(px_json_get(json, PX_STR("offset")), &f->has_offset, &f->offset, ret_err));
    PX_TRY(read_type(px_json_get(json, PX_STR("type")), f, ret_err));
    return read_values(px_json_get(json, PX_STR("values")), f, ret_err);
}

/* Names first: formulas and templates speak of fields behind them, too. */
px_status pxi_fields_read(px_binding *b, const px_json *json, px_err *ret_err)
{
    if (!json)
        return PX_OK;
    if (json->type != PX_JSON_ARRAY || json->count > PX_BINDING_FIELDS_MAX)
        return px_json_fail(json, ret_err, PX_INVALID, "binding.form",
                            "'fields' is an array of at most %d fields", PX_BINDING_FIELDS_MAX);
    b->fields = PX_ARENA_ARRAY(&b->arena, pxi_field, json->count + 1);
    if (!b->fields)
        return px_arena_fail(&b->arena, ret_err);
    for (const px_json *m = json->first; m; m = m->next)
        PX_TRY(name_field(b, m, ret_err));
    for (const px_json *m = json->first; m; m = m->next)
        PX_TRY(read_field(b, m, &b->fields[m->index], ret_err));
    return PX_OK;
}
