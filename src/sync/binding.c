/* SPDX-License-Identifier: Apache-2.0 */
/* The document of a binding, read whole before anything of it is used. */
#include "sync/binding.h"

#include "base/mem.h"
#include "sync/binding_inner.h"

static px_status read_word(const px_json *json, const char *const *words, size_t count,
                           size_t *ret_index, px_err *ret_err)
{
    px_buf all = { 0 };

    for (size_t i = 0; i < count; i++) {
        if (json->type == PX_JSON_STRING && px_str_eq(json->text, px_str_c(words[i]))) {
            *ret_index = i;
            px_buf_release(&all);
            return PX_OK;
        }
        px_putf(&all, "%s%s", i == 0 ? "" : i + 1 == count ? " or " : ", ", words[i]);
    }
    px_json_fail(json, ret_err, PX_INVALID, "binding.form", "'%.*s' is %s", PX_FMT(json->key),
                 all.ptr ? all.ptr : "");
    px_buf_release(&all);
    return PX_INVALID;
}

static px_status read_format(px_binding *b, const px_json *json, px_err *ret_err)
{
    static const char *const words[] = { "json", "csv", "cbor", "text", "line" };
    size_t index = PX_BINDING_JSON;

    if (json)
        PX_TRY(read_word(json, words, sizeof(words) / sizeof(words[0]), &index, ret_err));
    b->format = (px_binding_format)index;
    return PX_OK;
}

static px_status read_columns(px_binding *b, const px_json *json, px_err *ret_err)
{
    px_str *columns;

    if (!json)
        return PX_OK;
    if (json->type != PX_JSON_ARRAY || json->count == 0 || json->count > PX_CSV_COLUMNS_MAX)
        return px_json_fail(json, ret_err, PX_INVALID, "binding.form",
                            "'columns' names the columns of CSV without a head line");
    columns = PX_ARENA_ARRAY(&b->arena, px_str, json->count);
    if (!columns)
        return px_arena_fail(&b->arena, ret_err);
    for (const px_json *m = json->first; m; m = m->next) {
        PX_TRY(pxi_text_check(m, ret_err));
        columns[m->index] = m->text;
    }
    b->columns = columns;
    b->column_count = json->count;
    return PX_OK;
}

static px_status read_separator(px_binding *b, const px_json *json, px_err *ret_err)
{
    if (!json)
        return PX_OK;
    if (json->type != PX_JSON_STRING || json->text.len != 1 || json->text.ptr[0] == '"' ||
        json->text.ptr[0] == '\n' || json->text.ptr[0] == '\r')
        return px_json_fail(json, ret_err, PX_INVALID, "binding.form",
                            "'separator' is one letter, such as \";\"");
    b->separator = json->text.ptr[0];
    return PX_OK;
}

static px_status read_rows(px_binding *b, const px_json *json, px_err *ret_err)
{
    px_err err;

    if (!json)
        return PX_OK;
    if (json->type != PX_JSON_STRING ||
        px_json_pointer_parse(json->text, &b->arena, &b->rows, &err) != PX_OK)
        return px_json_fail(json, ret_err, PX_INVALID, "binding.form",
                            "'rows' is a pointer to an array or object, such as \"/values\"");
    b->has_rows = true;
    return PX_OK;
}

static px_status read_time(px_binding *b, const px_json *json, px_err *ret_err)
{
    static const char *const members[] = { "from", "form", NULL };
    static const char *const forms[] = { "any", "rfc3339", "utc", "s", "ms", "us", "ns" };
    const px_json *from = px_json_get(json, PX_STR("from"));
    const px_json *form = px_json_get(json, PX_STR("form"));
    size_t index = PXI_TIME_ANY;

    if (!json)
        return PX_OK;
    PX_TRY(px_json_members(json, "'time'", "binding.form", members, ret_err));
    if (!from)
        return px_json_fail(json, ret_err, PX_INVALID, "binding.form",
                            "'time' says 'from', where the time stands");
    PX_TRY(pxi_place_read(b, from, &b->time, ret_err));
    if (form)
        PX_TRY(read_word(form, forms, sizeof(forms) / sizeof(forms[0]), &index, ret_err));
    b->time_form = (pxi_time_form)index;
    b->has_time = true;
    return PX_OK;
}

static px_status read_quality(px_binding *b, const px_json *json, px_err *ret_err)
{
    static const char *const members[] = { "from", "good", NULL };
    const px_json *from = px_json_get(json, PX_STR("from"));
    const px_json *good = px_json_get(json, PX_STR("good"));

    if (!json)
        return PX_OK;
    PX_TRY(px_json_members(json, "'quality'", "binding.form", members, ret_err));
    if (!from || !px_json_is(good, PX_JSON_ARRAY) || good->count == 0)
        return px_json_fail(json, ret_err, PX_INVALID, "binding.form",
                            "'quality' is {\"from\":\"/q\",\"good\":[\"GOOD\",192]}");
    b->good = good;
    b->has_quality = true;
    return pxi_place_read(b, from, &b->quality, ret_err);
}

static px_status read_flags(px_binding *b, const px_json *body, px_err *ret_err)
{
    static const char *const words[] = { "sender", "binding" };
    const px_json *enabled = px_json_get(body, PX_STR("enabled"));
    const px_json *as = px_json_get(body, PX_STR("as"));
    size_t index = 0;

    if (enabled && !px_json_is_bool(enabled))
        return px_json_fail(enabled, ret_err, PX_INVALID, "binding.form",
                            "'enabled' is true or false");
    b->enabled = !px_json_is(enabled, PX_JSON_FALSE);
    if (as)
        PX_TRY(read_word(as, words, sizeof(words) / sizeof(words[0]), &index, ret_err));
    b->writes_itself = index == 1;
    return PX_OK;
}

static px_status read_rest(px_binding *b, const px_json *body, px_err *ret_err)
{
    const px_json *rest = px_json_get(body, PX_STR("rest")),
                  *when = px_json_get(body, PX_STR("when"));
    const px_json *twin = px_json_get(body, PX_STR("twin"));

    if (rest)
        PX_TRY(pxi_place_read(b, rest, &b->rest, ret_err));
    b->has_rest = rest != NULL;
    if (when) {
        PX_TRY(pxi_formula_read(b, when, UINT32_MAX, &b->when, ret_err));
        b->has_when = true;
    }
    if (twin)
        PX_TRY(pxi_twins_read(b, twin, &b->twins, &b->twin_count, ret_err));
    for (uint32_t i = 0; i < b->field_count && !twin; i++)
        if (b->fields[i].to.len && !b->fields[i].twin_count)
            return px_json_fail(body, ret_err, PX_INVALID, "binding.form",
                                "the binding says for no 'twin' where '%.*s' goes",
                                PX_FMT(b->fields[i].name));
    if (!twin && (b->has_rest || px_json_get(body, PX_STR("create"))))
        return px_json_fail(body, ret_err, PX_INVALID, "binding.form",
                            "'rest' and 'create' are of the binding's 'twin', and it has none");
    return pxi_create_read(b, px_json_get(body, PX_STR("create")), ret_err);
}

/* Rows of Sparkplug are ours: there is nothing to say of their form. */
static px_status check_form(const px_binding *b, const px_json *body, px_err *ret_err)
{
    static const char *const members[] = { "format", "columns", "separator", "rows" };

    for (size_t i = 0; b->is_sparkplug && i < sizeof(members) / sizeof(members[0]); i++) {
        const px_json *m = px_json_get(body, px_str_c(members[i]));

        if (m)
            return px_json_fail(m, ret_err, PX_INVALID, "binding.form",
                                "'%s' is not of a source of Sparkplug: its rows are objects of "
                                "metric names to values",
                                members[i]);
    }
    return PX_OK;
}

static px_status read_body(px_binding *b, const px_json *body, px_err *ret_err)
{
    static const char *const members[] = { "source", "format",  "columns", "separator", "rows",
                                           "time",   "quality", "fields",  "rest",      "when",
                                           "twin",   "create",  "as",      "enabled",   NULL };
    const px_json *source = px_json_get(body, PX_STR("source"));

    PX_TRY(px_json_members(body, "a binding", "binding.form", members, ret_err));
    if (!source)
        return px_json_fail(body, ret_err, PX_INVALID, "binding.form",
                            "a binding needs 'source', where its messages come from");
    PX_TRY(pxi_source_read(b, source, ret_err));
    PX_TRY(check_form(b, body, ret_err));
    PX_TRY(read_format(b, px_json_get(body, PX_STR("format")), ret_err));
    PX_TRY(read_columns(b, px_json_get(body, PX_STR("columns")), ret_err));
    PX_TRY(read_separator(b, px_json_get(body, PX_STR("separator")), ret_err));
    PX_TRY(read_rows(b, px_json_get(body, PX_STR("rows")), ret_err));
    PX_TRY(read_time(b, px_json_get(body, PX_STR("time")), ret_err));
    PX_TRY(read_quality(b, px_json_get(body, PX_STR("quality")), ret_err));
    PX_TRY(read_flags(b, body, ret_err));
    PX_TRY(pxi_fields_read(b, px_json_get(body, PX_STR("fields")), ret_err));
    return read_rest(b, body, ret_err);
}

px_status px_binding_new(px_str name, px_str body, px_binding **ret_binding, px_err *ret_err)
{
    px_json_opts opts = px_json_opts_door();
    px_binding *b = px_zalloc(1, sizeof(*b));
    px_status status;
    px_json *json;
    px_str text;

    if (!b)
        return px_no_memory(ret_err);
    px_arena_init(&b->arena, PX_BINDING_MEMORY_BYTES_MAX);
    b->name = px_arena_str(&b->arena, name);
    text = px_arena_str(&b->arena, body);
    status = b->name.ptr && text.ptr ? px_json_parse(text, &opts, &b->arena, &json, ret_err)
                                     : px_arena_fail(&b->arena, ret_err);
    if (status == PX_OK)
        status = read_body(b, json, ret_err);
    if (status != PX_OK) {
        px_binding_free(b);
        return status;
    }
    *ret_binding = b;
    return PX_OK;
}

void px_binding_free(px_binding *binding)
{
    if (!binding)
        return;
    px_arena_release(&binding->arena);
    px_free(binding);
}

px_str px_binding_name(const px_binding *binding)
{
    return binding->name;
}

bool px_binding_is_enabled(const px_binding *binding)
{
    return binding->enabled;
}

bool px_binding_writes_itself(const px_binding *binding)
{
    return binding->writes_itself;
}

px_binding_format px_binding_format_of(const px_binding *binding)
{
    return binding->format;
}

px_str px_binding_connection(const px_binding *binding)
{
    return binding->connection;
}

px_str px_binding_filter(const px_binding *binding)
{
    return binding->filter;
}

px_str px_binding_creates(const px_binding *binding)
{
    return binding->has_create ? binding->create.model : (px_str){ 0 };
}
