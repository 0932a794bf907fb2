/* SPDX-License-Identifier: Apache-2.0 */
/* `pollux model lint` and `graph`: models of files and of the server, looked at from a distance. */
#include "base/json.h"
#include "cli/cmds.h"
#include "cli/out.h"
#include "cli/world.h"
#include "model/lint.h"

/* ---- lint ---- */

static void put_lint_json(px_json_writer *w, const px_lint *lint)
{
    px_json_begin_object(w);
    px_json_key(w, PX_STR("rule"));
    px_json_string(w, px_str_c(px_lint_id(lint->rule)));
    px_json_key(w, PX_STR("model"));
    px_json_string(w, px_model_id(lint->model));
    px_json_key(w, PX_STR("name"));
    px_json_string(w, lint->name);
    px_json_key(w, PX_STR("what"));
    px_json_string(w, lint->what);
    px_json_key(w, PX_STR("message"));
    px_json_string(w, px_str_c(px_lint_better(lint->rule)));
    px_json_end_object(w);
}

static void put_lint(px_buf *buf, const px_lint *lint)
{
    px_put(buf, px_model_id(lint->model));
    if (lint->name.len > 0)
        px_putf(buf, " '%.*s'", PX_FMT(lint->name));
    if (lint->what.len > 0)
        px_putf(buf, " (%.*s)", PX_FMT(lint->what));
    px_putf(buf, ": %s (%s)\n", px_lint_better(lint->rule), px_lint_id(lint->rule));
}

static void put_list(px_buf *buf, const px_world *world, const px_lint_list *list, bool json)
{
    px_json_writer w = px_json_writer_of(buf);
    size_t told = 0;

    if (json)
        px_json_begin_array(&w);
    for (size_t i = 0; i < list->count; i++) {
        if (!px_world_is_named(world, list->items[i].model))
            continue;
        told++;
        if (json)
            put_lint_json(&w, &list->items[i]);
        else
            put_lint(buf, &list->items[i]);
    }
    if (json) {
        px_json_end_array(&w);
        px_put_char(buf, '\n');
    } else if (told == 0) {
        px_put_c(buf, "nothing to say\n");
    }
}

px_status px_cmd_lint_run(px_cli *cli, const px_args *args, px_err *ret_err)
{
    px_lint_list list = { 0 };
    px_buf text = { 0 };
    px_world world;
    px_status status = px_world_of(cli, args, true, &world, ret_err);

    if (status == PX_OK)
        status = px_model_lint(&world.set, &list, ret_err);
    if (status == PX_OK)
        put_list(&text, &world, &list, cli->json);
    px_lint_list_release(&list);
    px_world_release(&world);
    return px_out_text(cli, status, &text, ret_err);
}

/* ---- graph ---- */

static void put_edge(px_buf *buf, px_str from, px_str to, px_str label, const char *style)
{
    px_put_c(buf, "  ");
    px_put_json_string(buf, from);
    px_put_c(buf, " -> ");
    px_put_json_string(buf, to);
    px_put_c(buf, " [");
    if (label.len > 0) {
        px_put_c(buf, "label=");
        px_put_json_string(buf, label);
        px_put_c(buf, ", ");
    }
    px_putf(buf, "%s];\n", style);
}

/* What a model declares itself; its bases draw their own. */
static void put_model(px_buf *buf, const px_model *model)
{
    const px_layout *layout = px_model_layout(model);
    px_str id = px_model_id(model),
           name = px_lang_find(px_model_display_names(model), PX_STR("en"));
    const px_component *components;
    const px_relationship *relationships;
    const px_model *const *bases;
    uint32_t count;

    px_put_c(buf, "  ");
    px_put_json_string(buf, id);
    px_put_c(buf, " [label=");
    px_put_json_string(buf, name.len > 0 ? name : id);
    px_put_c(buf, "];\n");
    bases = px_model_extends(model, &count);
    for (uint32_t i = 0; i < count; i++)
        put_edge(buf, id, px_model_id(bases[i]), PX_STR(""), "arrowhead=empty");
    components = px_layout_components(layout, &count);
    for (uint32_t i = 0; i < count; i++)
        if (px_str_eq(components[i].owner, id))
            put_edge(buf, id, px_model_id(components[i].model), components[i].name,
                     "dir=back, arrowtail=diamond");
    relationships = px_layout_relationships(layout, &count);
    for (uint32_t i = 0; i < count; i++)
        if (px_str_eq(relationships[i].owner, id) && relationships[i].target.len > 0)
            put_edge(buf, id, relationships[i].target, relationships[i].name, "style=dashed");
}

px_status px_cmd_graph_run(px_cli *cli, const px_args *args, px_err *ret_err)
{
    px_buf text = { 0 };
    px_world world;
    px_status status = px_world_of(cli, args, false, &world, ret_err);

    px_put_c(&text, "digraph models {\n  rankdir=BT;\n  node [shape=box];\n");
    for (size_t i = 0; i < world.set.count && status == PX_OK; i++)
        put_model(&text, world.set.models[i]);
    px_put_c(&text, "}\n");
    px_world_release(&world);
    return px_out_text(cli, status, &text, ret_err);
}
