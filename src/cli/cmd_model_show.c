/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `pollux model show`: one model as a person reads it. What it has, what of it comes from its
 * bases, which models use it; of a model of the server also how many twins it has.
 */
#include "cli/ask.h"
#include "cli/cmds.h"
#include "cli/out.h"
#include "cli/used_by.h"
#include "cli/world.h"
#include "model/walk.h"

#define ARENA_BYTES ((size_t)256 << 20)

/* What the server knows of it; `root` is NULL for a model of files. */
typedef struct facts {
    px_json *root;
    uint64_t twins, heirs; /* twins of it, and of models that extend it */
} facts;

static px_status read_facts(px_cli *cli, px_str id, facts *f, px_arena *arena, px_err *ret_err)
{
    px_str copy = px_arena_str(arena, id); /* with its NUL */
    uint64_t all;

    if (!copy.ptr)
        return px_arena_fail(arena, ret_err);
    PX_TRY(px_api_get(cli, arena, &f->root, ret_err,
                      "/models/%s?includeModelDefinition=true&" PX_AZURE_VERSION,
                      px_api_part(arena, copy.ptr)));
    PX_TRY(px_ask_count(cli, &f->twins, ret_err,
                        "SELECT COUNT() FROM DIGITALTWINS T WHERE IS_OF_MODEL(T, '%.*s', exact)",
                        PX_FMT(id)));
    PX_TRY(px_ask_count(cli, &all, ret_err,
                        "SELECT COUNT() FROM DIGITALTWINS T WHERE IS_OF_MODEL(T, '%.*s')",
                        PX_FMT(id)));
    f->heirs = all > f->twins ? all - f->twins : 0;
    return PX_OK;
}

/* ---- contents ---- */

typedef struct show {
    const px_model *model;
    px_table table;
    px_json_writer json;
    px_buf *buf;
    size_t uses;
    px_status status;
    px_err *err;
} show;

static const px_field *field_of(const show *s, const px_model_item *item)
{
    return item->kind == PX_ITEM_PROPERTY || item->kind == PX_ITEM_TELEMETRY
               ? px_layout_find(px_model_layout(s->model), PX_NO_COMPONENT, item->name)
               : NULL;
}

static bool is_inherited(const show *s, const px_model_item *item)
{
    return !px_str_eq(item->owner, px_model_id(s->model));
}

static void put_payload(px_buf *buf, const char *word, const px_payload *payload)
{
    if (payload->schema)
        px_putf(buf, "%s%s %s", buf->len ? ", " : "", word, px_schema_term(payload->schema->kind));
}

static void put_type(px_buf *buf, const show *s, const px_model_item *item)
{
    const px_relationship *relationship = item->relationship;
    const px_command *command;

    if (item->schema)
        px_put_c(buf, px_schema_term(item->schema->kind));
    if (item->component)
        px_put(buf, px_model_id(item->component->model));
    if (relationship && relationship->target.len)
        px_putf(buf, "-> %.*s", PX_FMT(relationship->target));
    else if (relationship)
        px_put_c(buf, "-> any twin");
    if (item->kind != PX_ITEM_COMMAND)
        return;
    command = px_layout_command_find(px_model_layout(s->model), item->name);
    if (command) {
        put_payload(buf, "takes", &command->request);
        put_payload(buf, "gives", &command->response);
    }
}

static void put_note(px_buf *buf, bool holds, const char *word)
{
    if (holds)
        px_putf(buf, "%s%s", buf->len ? ", " : "", word);
}

static void put_notes(px_buf *buf, const show *s, const px_model_item *item)
{
    const px_field *field = field_of(s, item);

    if (field) {
        put_note(buf, field->writable, "writable");
        put_note(buf, field->required, "required");
        put_note(buf, field->historized, "historized");
    }
    if (item->relationship && item->relationship->max_multiplicity)
        px_putf(buf, "at most %u", item->relationship->max_multiplicity);
}

static void add_cell(show *s, px_str cell)
{
    if (s->status == PX_OK)
        s->status = px_table_add(&s->table, cell, s->err);
}

static bool add_row(void *data, const px_model_item *item)
{
    show *s = data;
    px_buf type = { 0 }, notes = { 0 };

    if (item->depth > 0)
        return true;
    put_type(&type, s, item);
    put_notes(&notes, s, item);
    add_cell(s, px_str_c(px_item_word(item->kind)));
    add_cell(s, item->name);
    add_cell(s, px_buf_str(&type));
    add_cell(s, item->unit);
    add_cell(s, px_buf_str(&notes));
    add_cell(s, is_inherited(s, item) ? item->owner : PX_STR(""));
    add_cell(s, px_lang_find(item->display_names, PX_STR("en")));
    px_buf_release(&type);
    px_buf_release(&notes);
    return s->status == PX_OK;
}

static px_status put_contents(show *s, const px_term *term, px_arena *arena, px_err *ret_err)
{
    static const char *const heads[] = { "content", "name", "type",       "unit",
                                         "",        "from", "displayName" };

    PX_TRY(px_table_init(&s->table, arena, heads, sizeof(heads) / sizeof(heads[0]), ret_err));
    s->table.hide_empty = true;
    s->err = ret_err;
    (void)px_model_walk(s->model, add_row, s);
    if (s->status == PX_OK && s->table.cells.len) {
        px_put_char(s->buf, '\n');
        px_put_table(s->buf, &s->table, term);
    }
    px_table_release(&s->table);
    return s->status;
}

/* ---- a page ---- */

static void put_text(px_buf *buf, const char *before, px_str text)
{
    px_put_c(buf, before);
    px_put_text(buf, text, 0);
}

static void put_head(px_buf *buf, const px_model *model, const facts *f)
{
    px_str name = px_lang_find(px_model_display_names(model), PX_STR("en"));
    px_str description = px_lang_find(px_model_descriptions(model), PX_STR("en"));
    uint32_t count;
    const px_model *const *bases = px_model_extends(model, &count);

    put_text(buf, "", px_model_id(model));
    if (name.len) {
        put_text(buf, "  \"", name);
        px_put_char(buf, '"');
    }
    px_putf(buf, "\n  DTDL v%u", px_model_dtdl_version(model));
    if (f->root) {
        put_text(buf, ", uploaded ", px_json_get_text(f->root, PX_STR("uploadTime")));
        if (px_json_is(px_json_get(f->root, PX_STR("decommissioned")), PX_JSON_TRUE))
            px_put_c(buf, ", decommissioned");
    }
    if (description.len)
        put_text(buf, "\n  ", description);
    for (uint32_t i = 0; i < count; i++)
        put_text(buf, i ? ", " : "\n  extends ", px_model_id(bases[i]));
    if (f->root)
        px_putf(buf, "\n  twins: %llu, and %llu of models that extend it",
                (unsigned long long)f->twins, (unsigned long long)f->heirs);
    px_put_char(buf, '\n');
}

static bool put_use(void *data, const px_use *use)
{
    show *s = data;

    px_put_c(s->buf, s->uses++ ? "  " : "\nused by\n  ");
    px_put(s->buf, px_model_id(use->model));
    if (use->kind == PX_USE_EXTENDS)
        px_put_c(s->buf, ", which extends it\n");
    else
        px_putf(s->buf, ", %s '%.*s'\n", px_use_kind_name(use->kind), PX_FMT(use->name));
    return true;
}

static px_status put_page(px_cli *cli, show *s, const px_world *world, const facts *f,
                          px_arena *arena, px_err *ret_err)
{
    put_head(s->buf, s->model, f);
    PX_TRY(put_contents(s, &cli->term_out, arena, ret_err));
    px_used_by(&world->set, px_model_id(s->model), put_use, s);
    return PX_OK;
}

/* ---- JSON ---- */

static void put_flag(px_json_writer *w, const char *key, bool flag)
{
    if (!flag)
        return;
    px_json_key(w, px_str_c(key));
    px_json_bool(w, true);
}

static bool put_content_json(void *data, const px_model_item *item)
{
    show *s = data;
    px_json_writer *w = &s->json;
    const px_field *field = field_of(s, item);

    if (item->depth > 0)
        return true;
    px_json_begin_object(w);
    px_put_member(w, "kind", px_str_c(px_item_word(item->kind)));
    px_put_member(w, "name", item->name);
    px_put_member(w, "schema", px_str_c(item->schema ? px_schema_term(item->schema->kind) : ""));
    px_put_member(w, "unit", item->unit);
    if (item->component)
        px_put_member(w, "model", px_model_id(item->component->model));
    if (item->relationship) {
        px_put_member(w, "target", item->relationship->target);
        if (item->relationship->max_multiplicity) {
            px_put_number_member(w, "maxMultiplicity", item->relationship->max_multiplicity);
        }
    }
    put_flag(w, "writable", field && field->writable);
    put_flag(w, "required", field && field->required);
    put_flag(w, "historized", field && field->historized);
    px_put_member(w, "from", item->owner);
    put_flag(w, "inherited", is_inherited(s, item));
    px_json_end_object(w);
    return true;
}

static bool put_use_json(void *data, const px_use *use)
{
    show *s = data;

    px_json_begin_object(&s->json);
    px_put_member(&s->json, "id", px_model_id(use->model));
    px_put_member(&s->json, "how", px_str_c(px_use_kind_name(use->kind)));
    px_put_member(&s->json, "name", use->name);
    px_json_end_object(&s->json);
    return true;
}

/* The members of the server's answer as they came; a model of files has its id and definition. */
static void put_served(px_json_writer *w, const px_model *model, const facts *f)
{
    for (const px_json *m = f->root ? f->root->first : NULL; m; m = m->next) {
        px_json_key(w, m->key);
        px_json_node(w, m);
    }
    if (f->root) {
        px_put_number_member(w, "twins", f->twins);
        px_put_number_member(w, "twinsOfHeirs", f->heirs);
        return;
    }
    px_put_member(w, "id", px_model_id(model));
    px_json_key(w, PX_STR("model"));
    px_json_put_raw(w, px_model_text(model));
}

static void put_json(show *s, const px_world *world, const facts *f)
{
    px_json_writer *w = &s->json;
    uint32_t count;
    const px_model *const *bases = px_model_extends(s->model, &count);

    *w = px_json_writer_of(s->buf);
    px_json_begin_object(w);
    put_served(w, s->model, f);
    px_json_key(w, PX_STR("extends"));
    px_json_begin_array(w);
    for (uint32_t i = 0; i < count; i++)
        px_json_string(w, px_model_id(bases[i]));
    px_json_end_array(w);
    px_json_key(w, PX_STR("contents"));
    px_json_begin_array(w);
    (void)px_model_walk(s->model, put_content_json, s);
    px_json_end_array(w);
    px_json_key(w, PX_STR("usedBy"));
    px_json_begin_array(w);
    px_used_by(&world->set, px_model_id(s->model), put_use_json, s);
    px_json_end_array(w);
    px_json_end_object(w);
    px_put_char(s->buf, '\n');
}

/* ---- the command ---- */

static bool is_served(const px_world *world, px_str id)
{
    for (size_t i = world->local; i < world->texts.list.len; i++)
        if (px_str_eq(world->texts.list.ptr[i].name, id))
            return true;
    return false;
}

px_status px_cmd_show_run(px_cli *cli, const px_args *args, px_err *ret_err)
{
    px_buf text = { 0 };
    show s = { .buf = &text };
    facts f = { 0 };
    px_world world;
    px_status status = px_world_of(cli, args, true, &world, ret_err);
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, ARENA_BYTES);
    if (status == PX_OK)
        status = px_world_one(&world, px_args_get(args, "model"), &s.model, ret_err);
    if (status == PX_OK && is_served(&world, px_model_id(s.model)))
        status = read_facts(cli, px_model_id(s.model), &f, &arena, ret_err);
    if (status == PX_OK && cli->json)
        put_json(&s, &world, &f);
    else if (status == PX_OK)
        status = put_page(cli, &s, &world, &f, &arena, ret_err);
    px_world_release(&world);
    return px_out_text(cli, status, &text, ret_err);
}
