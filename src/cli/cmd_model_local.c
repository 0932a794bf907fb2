/* SPDX-License-Identifier: Apache-2.0 */
/* `pollux model tree`, `diff` and `scaffold`: models from files, without a server. */
#include "base/json.h"
#include "cli/cmds.h"
#include "cli/local.h"
#include "model/compare.h"
#include "model/example.h"
#include "model/walk.h"

enum { ARENA_BYTES = 256 << 20 };

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
    px_model_set set = { 0 };
    px_buf text = { 0 };
    px_status status = px_local_models(cli, args->operands.ptr, args->operands.len, &set, ret_err);

    if (status == PX_OK && id)
        status = px_local_find(&set, id, &only, ret_err);
    for (size_t i = 0; i < set.count && status == PX_OK; i++)
        if (!only || only == set.models[i])
            put_tree(&text, set.models[i]);
    if (status == PX_OK)
        status = px_buf_status(&text, ret_err);
    if (status == PX_OK)
        status = px_cli_write(cli, px_buf_str(&text), ret_err);
    px_buf_release(&text);
    px_model_set_release(&set);
    return status;
}

/* ---- diff ---- */

static const px_model *counterpart(const px_model_set *set, const px_model *model)
{
    px_str id = px_local_unversioned(px_model_id(model));

    for (size_t i = 0; i < set->count; i++)
        if (px_str_eq(px_local_unversioned(px_model_id(set->models[i])), id))
            return set->models[i];
    return NULL;
}

static void put_change_json(px_json_writer *w, px_str model, const px_model_change *change)
{
    px_json_begin_object(w);
    px_json_key(w, PX_STR("model"));
    px_json_string(w, model);
    px_json_key(w, PX_STR("change"));
    px_json_string(w, px_str_c(px_change_kind_name(change->kind)));
    px_json_key(w, PX_STR("breaks"));
    px_json_string(w, px_str_c(px_breaks_name(change->breaks)));
    px_json_key(w, PX_STR("path"));
    px_json_string(w, change->path);
    px_json_key(w, PX_STR("message"));
    px_json_string(w, change->sentence);
    px_json_end_object(w);
}

typedef struct diff {
    px_buf text;
    px_json_writer json;
    bool as_json;
    size_t changes;
} diff;

static void put_changes(diff *d, const px_model *model, const px_model_changes *changes)
{
    if (changes->count > 0 && !d->as_json)
        px_putf(&d->text, "%.*s\n", PX_FMT(px_model_id(model)));
    d->changes += changes->count;
    for (size_t i = 0; i < changes->count; i++) {
        const px_model_change *change = &changes->items[i];

        if (d->as_json)
            put_change_json(&d->json, px_model_id(model), change);
        else
            px_putf(&d->text, "  %-8s breaks %-8s %.*s\n", px_change_kind_name(change->kind),
                    px_breaks_name(change->breaks), PX_FMT(change->sentence));
    }
}

/* An Interface that only one of the two has. */
static void put_alone(diff *d, const px_model *model, px_change_kind kind)
{
    px_model_change change = { .kind = kind,
                               .breaks =
                                   kind == PX_CHANGE_ADDED ? PX_BREAKS_NOTHING : PX_BREAKS_TWINS,
                               .sentence = kind == PX_CHANGE_ADDED
                                               ? PX_STR("the Interface is new")
                                               : PX_STR("the Interface is gone") };
    px_model_changes changes = { &change, 1, change.breaks };

    put_changes(d, model, &changes);
}

static px_status compare_all(diff *d, const px_model_set *from, const px_model_set *to,
                             px_err *ret_err)
{
    px_status status = PX_OK;
    px_arena arena;

    px_arena_init(&arena, ARENA_BYTES);
    for (size_t i = 0; i < from->count && status == PX_OK; i++) {
        const px_model *other = counterpart(to, from->models[i]);
        px_model_changes changes = { 0 };

        if (!other) {
            put_alone(d, from->models[i], PX_CHANGE_REMOVED);
            continue;
        }
        px_arena_reset(&arena);
        status = px_model_compare(from->models[i], other, &arena, &changes, ret_err);
        if (status == PX_OK)
            put_changes(d, other, &changes);
    }
    for (size_t i = 0; i < to->count && status == PX_OK; i++)
        if (!counterpart(from, to->models[i]))
            put_alone(d, to->models[i], PX_CHANGE_ADDED);
    px_arena_release(&arena);
    return status;
}

px_status px_cmd_diff_run(px_cli *cli, const px_args *args, px_err *ret_err)
{
    diff d = { .as_json = cli->json };
    px_model_set from = { 0 }, to = { 0 };
    px_status status = px_local_models(cli, args->operands.ptr, 1, &from, ret_err);

    d.json = px_json_writer_of(&d.text);
    if (status == PX_OK)
        status = px_local_models(cli, args->operands.ptr + 1, 1, &to, ret_err);
    if (status == PX_OK && d.as_json)
        px_json_begin_array(&d.json);
    if (status == PX_OK)
        status = compare_all(&d, &from, &to, ret_err);
    if (status == PX_OK && d.as_json)
        px_json_end_array(&d.json);
    if (status == PX_OK && d.changes == 0 && !d.as_json)
        px_put_c(&d.text, "no difference");
    if (status == PX_OK && (d.as_json || d.changes == 0))
        px_put_char(&d.text, '\n');
    if (status == PX_OK)
        status = px_buf_status(&d.text, ret_err);
    if (status == PX_OK)
        status = px_cli_write(cli, px_buf_str(&d.text), ret_err);
    px_buf_release(&d.text);
    px_model_set_release(&from);
    px_model_set_release(&to);
    return status;
}

/* ---- scaffold ---- */

px_status px_cmd_scaffold_run(px_cli *cli, const px_args *args, px_err *ret_err)
{
    const char *id = px_args_get(args, "model"), *twin = px_args_get(args, "twin");
    const px_model *model = NULL;
    px_model_set set = { 0 };
    px_buf text = { 0 };
    px_status status = px_local_models(cli, args->operands.ptr, args->operands.len, &set, ret_err);

    if (status == PX_OK && !id && set.count != 1)
        status = px_fail(ret_err, PX_INVALID, "there are %zu Interfaces: say which, --model ID",
                         set.count);
    if (status == PX_OK && id)
        status = px_local_find(&set, id, &model, ret_err);
    if (status == PX_OK) {
        px_put_example_twin(&text, model ? model : set.models[0], px_str_c(twin ? twin : ""));
        px_put_char(&text, '\n');
        status = px_buf_status(&text, ret_err);
    }
    if (status == PX_OK)
        status = px_cli_write(cli, px_buf_str(&text), ret_err);
    px_buf_release(&text);
    px_model_set_release(&set);
    return status;
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
