/* SPDX-License-Identifier: Apache-2.0 */
/* `pollux model tree` and `scaffold`: what models of files and of the server are made of. */
#include "base/json.h"
#include "cli/cmds.h"
#include "cli/out.h"
#include "cli/world.h"
#include "model/example.h"
#include "model/walk.h"

/* ---- tree ---- */

static const char *schema_word(const px_model_item *item)
{
    return item->schema ? px_schema_term(item->schema->kind) : "";
}

static bool put_item(void *data, const px_model_item *item)
{
    px_buf *buf = data;
    px_str name = px_lang_find(item->display_names, PX_STR("en"));

    px_putf(buf, "%*s%s", (int)(item->depth * 2 + 2), "", px_item_word(item->kind));
    if (item->name.len > 0)
        px_putf(buf, " %.*s", PX_FMT(item->name));
    if (item->schema)
        px_putf(buf, ": %s%s", schema_word(item), item->repeated ? " (as above)" : "");
    if (item->component)
        px_putf(buf, ": %.*s", PX_FMT(px_model_id(item->component->model)));
    if (item->relationship && item->relationship->target.len > 0)
        px_putf(buf, " -> %.*s", PX_FMT(item->relationship->target));
    if (item->enum_value) {
        px_put_c(buf, " = ");
        px_put_json_value(buf, item->enum_value->value);
    }
    if (item->unit.len > 0)
        px_putf(buf, " (%.*s)", PX_FMT(item->unit));
    if (name.len > 0)
        px_putf(buf, "  \"%.*s\"", PX_FMT(name));
    px_put_char(buf, '\n');
    return buf->status == PX_OK;
}

static void put_tree(px_buf *buf, const px_model *model)
{
    uint32_t count;
    const px_model *const *bases = px_model_extends(model, &count);

    px_put(buf, px_model_id(model));
    for (uint32_t i = 0; i < count; i++)
        px_putf(buf, "%s%.*s", i ? ", " : " < ", PX_FMT(px_model_id(bases[i])));
    px_put_char(buf, '\n');
    (void)px_model_walk(model, put_item, buf);
}

px_status px_cmd_tree_run(px_cli *cli, const px_args *args, px_err *ret_err)
{
    const char *id = px_args_get(args, "model");
    const px_model *only = NULL;
    px_buf text = { 0 };
    px_world world;
    px_status status = px_world_of(cli, args, false, &world, ret_err);

    if (status == PX_OK && id)
        status = px_world_find(&world.set, id, &only, ret_err);
    for (size_t i = 0; i < world.set.count && status == PX_OK; i++)
        if (only ? only == world.set.models[i] : world.named[i])
            put_tree(&text, world.set.models[i]);
    px_world_release(&world);
    return px_out_text(cli, status, &text, ret_err);
}

/* ---- scaffold ---- */

px_status px_cmd_scaffold_run(px_cli *cli, const px_args *args, px_err *ret_err)
{
    const char *id = px_args_get(args, "model"), *twin = px_args_get(args, "twin");
    const px_model *model = NULL;
    px_buf text = { 0 };
    px_world world;
    px_status status = px_world_of(cli, args, false, &world, ret_err);

    if (status == PX_OK)
        status = px_world_one(&world, id, &model, ret_err);
    if (status == PX_OK) {
        px_put_example_twin(&text, model, px_str_c(twin ? twin : ""));
        px_put_char(&text, '\n');
    }
    px_world_release(&world);
    return px_out_text(cli, status, &text, ret_err);
}

const px_opt px_cmd_tree_options[] = {
    { "model", 'm', "ID", "this Interface alone; its version may be left out" },
    { 0 },
};
const px_opt px_cmd_scaffold_options[] = {
    { "model", 'm', "ID", "the Interface, when there are several; its version may be left out" },
    { "twin", 0, "ID", "the $dtId of the twin" },
    { 0 },
};
