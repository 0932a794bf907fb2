/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Twins that are made when a message speaks of them first:
 *
 *     {"model": "dtmi:acme:Press;1", "properties": {"site": "hall-{line}"},
 *      "parent": {"twin": "line-{line}", "relationship": "contains"}}
 */
#include "sync/binding_inner.h"

/* Every text of the properties is a template: looked at now, filled for each twin. */
static px_status check_texts(px_binding *b, const px_json *json, px_err *ret_err)
{
    pxi_template unused;

    if (json->type == PX_JSON_STRING)
        return pxi_template_read(b, &b->arena, json, json->text, &unused, ret_err);
    for (const px_json *m = json->first; m; m = m->next)
        PX_TRY(check_texts(b, m, ret_err));
    return PX_OK;
}

static px_status read_parent(px_binding *b, const px_json *json, px_err *ret_err)
{
    static const char *const members[] = { "twin", "relationship", "id", NULL };
    const px_json *twin = px_json_get(json, PX_STR("twin")), *id = px_json_get(json, PX_STR("id"));
    const px_json *name = px_json_get(json, PX_STR("relationship"));
    pxi_create *c = &b->create;

    if (!json)
        return PX_OK;
    PX_TRY(px_json_members(json, "a parent", "binding.form", members, ret_err));
    if (!twin || !name)
        return px_json_fail(json, ret_err, PX_INVALID, "binding.form",
                            "a parent is {\"twin\":\"line-{line}\",\"relationship\":\"contains\"}");
    PX_TRY(pxi_text_check(twin, ret_err));
    PX_TRY(pxi_text_check(name, ret_err));
    c->relationship = name->text;
    c->has_parent = true;
    PX_TRY(pxi_template_read(b, &b->arena, twin, twin->text, &c->parent, ret_err));
    if (!id)
        return PX_OK;
    PX_TRY(pxi_text_check(id, ret_err));
    return pxi_template_read(b, &b->arena, id, id->text, &c->relationship_id, ret_err);
}

px_status pxi_create_read(px_binding *b, const px_json *json, px_err *ret_err)
{
    static const char *const members[] = { "model", "properties", "parent", NULL };
    const px_json *model = px_json_get(json, PX_STR("model"));
    const px_json *properties = px_json_get(json, PX_STR("properties"));

    if (!json)
        return PX_OK;
    PX_TRY(px_json_members(json, "'create'", "binding.form", members, ret_err));
    if (!model)
        return px_json_fail(json, ret_err, PX_INVALID, "binding.form",
                            "'create' names the model of new twins");
    PX_TRY(pxi_text_check(model, ret_err));
    b->create.model = model->text;
    if (properties && properties->type != PX_JSON_OBJECT)
        return px_json_fail(properties, ret_err, PX_INVALID, "binding.form",
                            "'properties' is an object");
    if (properties)
        PX_TRY(check_texts(b, properties, ret_err));
    b->create.properties = properties;
    b->has_create = true;
    if (!b->writes_itself)
        return px_json_fail(
            json, ret_err, PX_INVALID, "binding.right",
            "a binding that makes twins writes them itself: say \"as\":\"binding\"");
    return read_parent(b, px_json_get(json, PX_STR("parent")), ret_err);
}

/* ---- filling ---- */

static px_status put_filled(const pxi_row *row, px_json_writer *w, const px_json *json,
                            px_err *ret_err)
{
    pxi_template t;
    px_str text;

    if (json->type == PX_JSON_STRING) {
        PX_TRY(pxi_template_read(row->binding, row->arena, json, json->text, &t, ret_err));
        PX_TRY(pxi_template_fill_text(row, &t, &text, ret_err));
        px_json_string(w, text);
        return PX_OK;
    }
    if (json->type != PX_JSON_OBJECT) {
        px_json_node(w, json);
        return PX_OK;
    }
    px_json_begin_object(w);
    for (const px_json *m = json->first; m; m = m->next) {
        px_json_key(w, m->key);
        PX_TRY(put_filled(row, w, m, ret_err));
    }
    px_json_end_object(w);
    return PX_OK;
}

/* The model's components have to be there, if only empty. */
static px_status put_document(const pxi_row *row, const px_bound_twin *twin, px_json_writer *w,
                              px_err *ret_err)
{
    const px_json *properties = row->binding->create.properties;
    uint32_t count;
    const px_component *components = px_layout_components(twin->model.layout, &count);

    px_json_begin_object(w);
    px_json_key(w, PX_STR("$metadata"));
    px_json_begin_object(w);
    px_json_key(w, PX_STR("$model"));
    px_json_string(w, row->binding->create.model);
    px_json_end_object(w);
    for (uint32_t i = 0; i < count; i++)
        if (!px_json_get(properties, components[i].name)) {
            px_json_key(w, components[i].name);
            px_json_put_raw(w, PX_STR("{\"$metadata\":{}}"));
        }
    for (const px_json *m = properties ? properties->first : NULL; m; m = m->next) {
        px_json_key(w, m->key);
        PX_TRY(put_filled(row, w, m, ret_err));
    }
    px_json_end_object(w);
    return PX_OK;
}

/* Text in a buffer to a tree in the message's arena. */
static px_status keep(const pxi_row *row, px_buf *buf, px_status status, const px_json **ret_json,
                      px_err *ret_err)
{
    px_json *json = NULL;
    px_str text = { 0 };

    if (status == PX_OK)
        status = px_buf_status(buf, ret_err);
    if (status == PX_OK) {
        text = px_arena_str(row->arena, px_buf_str(buf));
        if (!text.ptr)
            status = px_arena_fail(row->arena, ret_err);
    }
    px_buf_release(buf);
    PX_TRY(status);
    PX_TRY(px_json_parse(text, NULL, row->arena, &json, ret_err));
    *ret_json = json;
    return PX_OK;
}

static px_status make_relationship(const pxi_row *row, px_bound_twin *twin, px_err *ret_err)
{
    const pxi_create *c = &row->binding->create;
    px_buf buf = { .limit = PX_TWIN_BYTES_MAX }, id = { .limit = PX_TWIN_BYTES_MAX };
    px_json_writer w = px_json_writer_of(&buf);

    PX_TRY(pxi_template_fill(row, &c->parent, &twin->parent, ret_err));
    if (c->relationship_id.count) {
        PX_TRY(pxi_template_fill(row, &c->relationship_id, &twin->relationship_id, ret_err));
    } else {
        px_putf(&id, "%.*s-%.*s", PX_FMT(c->relationship), PX_FMT(twin->id));
        twin->relationship_id =
            px_arena_str(row->arena, px_str_head(px_buf_str(&id), PX_TWIN_ID_BYTES_MAX));
        px_buf_release(&id);
        if (!twin->relationship_id.ptr)
            return px_arena_fail(row->arena, ret_err);
    }
    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("$relationshipName"));
    px_json_string(&w, c->relationship);
    px_json_key(&w, PX_STR("$targetId"));
    px_json_string(&w, twin->id);
    px_json_end_object(&w);
    return keep(row, &buf, PX_OK, &twin->relationship, ret_err);
}

px_status pxi_create_twin(const pxi_row *row, px_bound_twin *twin, px_err *ret_err)
{
    px_buf buf = { .limit = PX_TWIN_BYTES_MAX };
    px_json_writer w = px_json_writer_of(&buf);

    twin->is_new = true;
    PX_TRY(keep(row, &buf, put_document(row, twin, &w, ret_err), &twin->document, ret_err));
    return row->binding->create.has_parent ? make_relationship(row, twin, ret_err) : PX_OK;
}
