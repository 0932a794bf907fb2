/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/migrate_show.h"

#include "cli/out.h"

enum { SHOWN_MAX = 20, VALUE_COLUMNS_MAX = 60 };

static void put_action_json(px_json_writer *w, const px_action *action)
{
    px_json_begin_object(w);
    px_put_member(w, "action", px_str_c(px_act_name(action->act)));
    px_put_member(w, "twin", action->twin);
    px_put_member(w, "relationship", action->relationship);
    if (action->desired) {
        px_json_key(w, PX_STR("desired"));
        px_json_bool(w, true);
    }
    px_put_member(w, "path", action->path);
    px_put_member(w, "to", action->act == PX_ACT_RENAME ? action->to : PX_STR(""));
    if (action->value.len) {
        px_json_key(w, PX_STR("value"));
        px_json_put_raw(w, action->value);
    }
    px_put_member(w, "rule", px_str_c(action->rule));
    px_put_member(w, "message", px_str_c(action->message));
    px_json_end_object(w);
}

/* What stands between the path and the value, and behind it. */
static const struct {
    const char *before, *after;
} words[PX_ACT_COUNT] = {
    [PX_ACT_RENAME] = { "", "" },     [PX_ACT_DROP] = { "", " is left out" },
    [PX_ACT_SET] = { "+ ", "" },      [PX_ACT_REMOVE] = { "- ", " is deleted" },
    [PX_ACT_KEEP] = { "", " stays" }, [PX_ACT_MISSING] = { "! ", " is missing" },
};

/* "  pump-1  speed -> velocity = 21.4", "  pump-1  label = "x" is left out: … (twin.unknown)" */
static void put_action(px_buf *buf, const px_action *action)
{
    px_put_c(buf, "  ");
    px_put_text(buf, action->twin, 0);
    px_putf(buf, "  %s%s", words[action->act].before, action->desired ? "desired " : "");
    px_put_text(buf, action->path, 0);
    if (action->relationship.len) {
        px_put_c(buf, " (");
        px_put_text(buf, action->relationship, 0);
        px_put_char(buf, ')');
    }
    if (action->act == PX_ACT_RENAME) {
        px_put_c(buf, " -> ");
        px_put_text(buf, action->to, 0);
    }
    if (action->value.len) {
        px_put_c(buf, " = ");
        px_put_text(buf, action->value, VALUE_COLUMNS_MAX);
    }
    px_put_c(buf, words[action->act].after);
    if (action->message)
        px_putf(buf, ": %s (%s)", action->message, action->rule);
    px_put_char(buf, '\n');
}

px_status px_actions_take(void *data, const px_action *action, px_err *ret_err)
{
    px_actions *actions = data;
    px_json_writer w = px_json_writer_of(&actions->text);

    actions->told++;
    if (actions->as_json) {
        px_put_c(&actions->text, actions->told > 1 ? ",\n" : "");
        put_action_json(&w, action);
        actions->shown++;
    } else if (actions->all || actions->shown < SHOWN_MAX) {
        put_action(&actions->text, action);
        actions->shown++;
    }
    return px_buf_status(&actions->text, ret_err);
}

static void put_json(px_json_writer *w, const px_actions *actions, const px_migration *plan,
                     bool dry, const char *undo_path)
{
    px_json_begin_object(w);
    px_put_member(w, "from", px_model_id(plan->from));
    px_put_member(w, "to", px_model_id(plan->to));
    px_json_key(w, PX_STR("dryRun"));
    px_json_bool(w, dry);
    px_put_number_member(w, "twins", plan->twins);
    px_put_number_member(w, "changes", plan->moves.len);
    px_put_number_member(w, "carried", plan->carried);
    px_put_number_member(w, "relationshipsKept", plan->kept);
    px_put_number_member(w, "relationshipsChanged", plan->changed);
    for (int act = 0; act < PX_ACT_COUNT; act++)
        px_put_number_member(w, px_act_name((px_act)act), plan->acts[act]);
    px_put_member(w, "undo", px_str_c(undo_path));
    px_json_key(w, PX_STR("actions"));
    px_json_begin_array(w);
    px_put(w->buf, px_buf_str(&actions->text));
    px_json_end_array(w);
    px_json_end_object(w);
    px_put_char(w->buf, '\n');
}

static void put_text(px_buf *buf, const px_actions *actions, const px_migration *plan)
{
    const uint64_t *acts = plan->acts;

    px_putf(buf, "%.*s -> %.*s\n", PX_FMT(px_model_id(plan->from)), PX_FMT(px_model_id(plan->to)));
    px_put(buf, px_buf_str(&actions->text));
    if (actions->told > actions->shown)
        px_putf(buf, "  … and %llu more: --all shows them\n",
                (unsigned long long)(actions->told - actions->shown));
    px_putf(buf, "twins: %llu; values: %llu carried, %llu left out, %llu set\n",
            (unsigned long long)plan->twins, (unsigned long long)plan->carried,
            (unsigned long long)acts[PX_ACT_DROP], (unsigned long long)acts[PX_ACT_SET]);
    px_putf(buf,
            "relationships: %llu kept, %llu changed, %llu deleted, %llu stay though the models do "
            "not allow them\n",
            (unsigned long long)plan->kept, (unsigned long long)plan->changed,
            (unsigned long long)acts[PX_ACT_REMOVE], (unsigned long long)acts[PX_ACT_KEEP]);
}

void px_put_plan(px_buf *buf, const px_actions *actions, const px_migration *plan, bool dry,
                 const char *undo_path)
{
    px_json_writer w = px_json_writer_of(buf);

    if (actions->as_json)
        put_json(&w, actions, plan, dry, undo_path);
    else
        put_text(buf, actions, plan);
}
