/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `pollux model migrate`: the live twins of one model become twins of another, all in one batch.
 *
 * First a plan is made and shown; the server judges it as a dry run. Then the way back is written
 * to a file, the batch is sent, and the file gets the ETags that came of it. Nothing is changed
 * when one twin cannot go, or was changed since the plan.
 */
#include <time.h>

#include "cli/ask.h"
#include "cli/cmds.h"
#include "cli/migrate.h"
#include "cli/out.h"
#include "cli/undo.h"
#include "cli/world.h"

enum { ARENA_BYTES = 256 << 20, SHOWN_MAX = 20, VALUE_COLUMNS_MAX = 60, PATH_BYTES_MAX = 4096 };

const px_opt px_cmd_migrate_options[] = {
    { "dry-run", 0, NULL,
      "show what would be done, ask the server whether it could, change nothing" },
    { "rename", 'r', "OLD=NEW", "a value, component or relationship that has another name now" },
    { "drop", 0, "OLD", "leave this one out" },
    { "set", 's', "NEW=VALUE", "what twins get that have nothing there; may be repeated" },
    { "map", 0, "FILE", "the same as JSON: {\"rename\": {…}, \"drop\": […], \"set\": {…}}" },
    { "keep-relationships", 0, NULL, "those that the new model does not allow stay as they are" },
    { "limit", 0, "N", "at most so many twins; the same command moves the next" },
    { "all", 0, NULL, "show everything that is done, not the first 20 things alone" },
    { "undo-file", 0, "FILE", "where the way back is written (migrate-TIME.undo.json)" },
    { "undo", 0, "FILE", "go back: apply the file that a migration wrote" },
    { "force", 'f', NULL, "with --undo: also when twins were changed since" },
    { 0 },
};

typedef struct migrate {
    px_cli *cli;
    px_migration plan;
    px_buf text; /* of the actions that are shown */
    px_json_writer json;
    bool all, dry;
    uint64_t shown, told;
    char undo_path[PATH_BYTES_MAX];
} migrate;

/* ---- showing the plan ---- */

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

static px_status take_action(void *data, const px_action *action, px_err *ret_err)
{
    migrate *m = data;

    m->told++;
    if (m->cli->json) {
        px_put_c(&m->text, m->told > 1 ? ",\n" : "");
        put_action_json(&m->json, action);
    } else if (m->all || m->shown < SHOWN_MAX) {
        put_action(&m->text, action);
        m->shown++;
    }
    return px_buf_status(&m->text, ret_err);
}

static void put_summary_json(px_json_writer *w, const migrate *m)
{
    const px_migration *plan = &m->plan;

    px_json_begin_object(w);
    px_put_member(w, "from", px_model_id(plan->from));
    px_put_member(w, "to", px_model_id(plan->to));
    px_json_key(w, PX_STR("dryRun"));
    px_json_bool(w, m->dry);
    px_put_number_member(w, "twins", plan->twins);
    px_put_number_member(w, "changes", plan->moves.len);
    px_put_number_member(w, "carried", plan->carried);
    px_put_number_member(w, "relationshipsKept", plan->kept);
    px_put_number_member(w, "relationshipsChanged", plan->changed);
    for (int act = 0; act < PX_ACT_COUNT; act++)
        px_put_number_member(w, px_act_name((px_act)act), plan->acts[act]);
    px_put_member(w, "undo", px_str_c(m->undo_path));
    px_json_key(w, PX_STR("actions"));
    px_json_begin_array(w);
    px_put(w->buf, px_buf_str(&m->text));
    px_json_end_array(w);
    px_json_end_object(w);
    px_put_char(w->buf, '\n');
}

static void put_summary(px_buf *buf, const migrate *m)
{
    const px_migration *plan = &m->plan;
    const uint64_t *acts = plan->acts;

    px_putf(buf, "%.*s -> %.*s\n", PX_FMT(px_model_id(plan->from)), PX_FMT(px_model_id(plan->to)));
    px_put(buf, px_buf_str(&m->text));
    if (m->told > m->shown)
        px_putf(buf, "  … and %llu more: --all shows them\n",
                (unsigned long long)(m->told - m->shown));
    px_putf(buf, "twins: %llu; values: %llu carried, %llu left out, %llu set\n",
            (unsigned long long)plan->twins, (unsigned long long)plan->carried,
            (unsigned long long)acts[PX_ACT_DROP], (unsigned long long)acts[PX_ACT_SET]);
    px_putf(buf,
            "relationships: %llu kept, %llu changed, %llu deleted, %llu stay though the models do "
            "not allow them\n",
            (unsigned long long)plan->kept, (unsigned long long)plan->changed,
            (unsigned long long)acts[PX_ACT_REMOVE], (unsigned long long)acts[PX_ACT_KEEP]);
}

static px_status show_plan(migrate *m, px_err *ret_err)
{
    px_buf text = { 0 };
    px_json_writer w = px_json_writer_of(&text);

    if (m->cli->json)
        put_summary_json(&w, m);
    else
        put_summary(&text, m);
    return px_out_text(m->cli, PX_OK, &text, ret_err);
}

/* ---- sending ---- */

static px_status send_changes(px_cli *cli, px_str changes, bool dry, px_arena *arena,
                              px_json **ret_root, px_err *ret_err)
{
    px_http_call call = { .method = "POST", .path = "/api/v1/batch" };
    px_buf body = { 0 };
    px_status status;

    px_putf(&body, "{\"dryRun\":%s,\"changes\":", dry ? "true" : "false");
    px_put(&body, changes);
    px_put_char(&body, '}');
    call.body = px_buf_str(&body);
    status = px_buf_status(&body, ret_err);
    if (status == PX_OK)
        status = px_api_call(cli, &call, arena, ret_root, ret_err);
    px_buf_release(&body);
    return status;
}

/* The server points at a change; a person wants the name of its twin. */
static void name_twin(const px_json *changes, px_err *err, const char *cure, px_cli *cli)
{
    px_str rest = px_str_c(err->path), twin;
    uint32_t index;
    px_err told;

    if (!px_str_starts(rest, PX_STR("/changes/")))
        return;
    rest = px_str_skip(rest, sizeof("/changes/") - 1);
    if (!px_json_pointer_index(px_str_cut(&rest, '/'), &index))
        return;
    twin = px_json_get_text(px_json_item(changes, index), PX_STR("twin"));
    if (!twin.len)
        return;
    told = *err;
    if (err->status == PX_STALE) {
        px_fail_id(err, told.status, told.id, "twin '%.*s' was changed meanwhile; nothing was done",
                   PX_FMT(twin));
        px_cli_cure(cli, "%s", cure);
    } else {
        px_fail_id(err, told.status, told.id, "twin '%.*s': %s", PX_FMT(twin), told.text);
    }
}

static px_status send_plan(migrate *m, bool dry, px_json **ret_root, px_err *ret_err)
{
    px_buf changes = { 0 };
    px_json *sent = NULL;
    px_err err = { 0 };
    px_status status;

    px_put_char(&changes, '[');
    for (size_t i = 0; i < m->plan.moves.len; i++) {
        if (!m->plan.moves.ptr[i].forward.len)
            continue;
        px_put_c(&changes, changes.len > 1 ? "," : "");
        px_put(&changes, m->plan.moves.ptr[i].forward);
        px_put_char(&changes, '}');
    }
    px_put_char(&changes, ']');
    status = px_buf_status(&changes, &err);
    if (status == PX_OK)
        status = send_changes(m->cli, px_buf_str(&changes), dry, &m->plan.arena, ret_root, &err);
    if (status != PX_OK &&
        px_json_parse(px_buf_str(&changes), NULL, &m->plan.arena, &sent, NULL) == PX_OK)
        name_twin(sent, &err, "the same command makes a new plan", m->cli);
    px_buf_release(&changes);
    if (status != PX_OK && ret_err)
        *ret_err = err;
    return status;
}

/* ---- there ---- */

static void choose_undo_path(migrate *m, const px_args *args)
{
    const char *path = px_args_get(args, "undo-file");
    time_t now = time(NULL);
    struct tm utc;

    if (path)
        snprintf(m->undo_path, sizeof(m->undo_path), "%s", path);
    else if (gmtime_r(&now, &utc))
        strftime(m->undo_path, sizeof(m->undo_path), "migrate-%Y%m%d-%H%M%S.undo.json", &utc);
}

static px_status refuse_missing(migrate *m, px_err *ret_err)
{
    if (!m->plan.acts[PX_ACT_MISSING])
        return PX_OK;
    px_cli_cure(m->cli, "give what is missing: --set NAME=VALUE, or --rename OLD=NEW");
    return px_fail_id(ret_err, PX_INVALID, "migrate.missing",
                      "nothing was changed: the twins lack %llu value%s that %.*s requires",
                      (unsigned long long)m->plan.acts[PX_ACT_MISSING],
                      m->plan.acts[PX_ACT_MISSING] == 1 ? "" : "s",
                      PX_FMT(px_model_id(m->plan.to)));
}

/* A refusal leaves nothing to go back to; what is not known to have failed leaves the file. */
static void drop_plan(const migrate *m, px_status status)
{
    bool refused = status == PX_STALE || status == PX_INVALID || status == PX_NOT_FOUND ||
                   status == PX_CONFLICT || status == PX_TOO_LARGE || status == PX_LIMIT ||
                   status == PX_DENIED || status == PX_UNAUTHORIZED;

    if (refused)
        remove(m->undo_path);
    else
        px_cli_cure(m->cli, "look whether it was done: the way back is in %s", m->undo_path);
}

static void tell_rest(migrate *m)
{
    uint64_t left = 0;

    if (px_ask_count(m->cli, &left, NULL,
                     "SELECT COUNT() FROM DIGITALTWINS T WHERE IS_OF_MODEL(T, '%.*s', exact)",
                     PX_FMT(px_model_id(m->plan.from))) == PX_OK &&
        left)
        px_cli_note(m->cli, "%llu twins of %.*s are left: the same command moves them",
                    (unsigned long long)left, PX_FMT(px_model_id(m->plan.from)));
}

static px_status apply(migrate *m, px_err *ret_err)
{
    px_json *answer = NULL;
    px_status status;

    PX_TRY(px_undo_plan(&m->plan, m->undo_path, ret_err));
    status = send_plan(m, false, &answer, ret_err);
    if (status != PX_OK) {
        drop_plan(m, status);
        return status;
    }
    status = px_undo_finish(&m->plan, m->undo_path, answer, ret_err);
    if (status != PX_OK) {
        px_cli_cure(m->cli,
                    "the twins have moved; the way back without their ETags: --undo %s --force",
                    m->undo_path);
        return status;
    }
    if (m->cli->json)
        return show_plan(m, ret_err);
    PX_TRY(px_out_done(m->cli, NULL, ret_err,
                       "%llu twins are twins of %.*s; the way back: pollux model migrate --undo %s",
                       (unsigned long long)m->plan.twins, PX_FMT(px_model_id(m->plan.to)),
                       m->undo_path));
    tell_rest(m);
    return PX_OK;
}

static px_status judge(migrate *m, px_err *ret_err)
{
    px_json *answer = NULL;

    if (m->plan.moves.len)
        PX_TRY(send_plan(m, true, &answer, ret_err));
    return m->cli->json ? PX_OK
                        : px_out_done(m->cli, NULL, ret_err,
                                      "a dry run: the server would take it, nothing was changed");
}

static px_status plan_and_go(migrate *m, const px_args *args, px_err *ret_err)
{
    m->plan.each = take_action;
    m->plan.data = m;
    PX_TRY(px_carry_read(&m->plan.carry, args, ret_err));
    PX_TRY(px_migration_plan(&m->plan, ret_err));
    if (!m->dry && m->plan.moves.len && !m->plan.acts[PX_ACT_MISSING])
        choose_undo_path(m, args);
    if (!m->cli->json || m->dry || !m->undo_path[0])
        PX_TRY(show_plan(m, ret_err));
    PX_TRY(refuse_missing(m, ret_err));
    PX_TRY(px_migration_check(&m->plan, ret_err));
    if (m->dry)
        return judge(m, ret_err);
    if (!m->plan.moves.len)
        return PX_OK; /* no twins, and the plan says so */
    return apply(m, ret_err);
}

static px_status find_models(migrate *m, const px_args *args, const px_world *world,
                             px_err *ret_err)
{
    PX_TRY(px_world_find(&world->set, px_args_operand(args, 0), &m->plan.from, ret_err));
    PX_TRY(px_world_find(&world->set, px_args_operand(args, 1), &m->plan.to, ret_err));
    if (m->plan.from == m->plan.to)
        return px_fail_id(ret_err, PX_INVALID, "migrate.same", "that is one and the same model");
    m->plan.known = &world->set;
    m->plan.carry.from = m->plan.from;
    m->plan.carry.to = m->plan.to;
    m->plan.carry.arena = &m->plan.arena;
    return PX_OK;
}

static px_status go_there(px_cli *cli, const px_args *args, px_err *ret_err)
{
    migrate m = { .cli = cli,
                  .all = px_args_has(args, "all"),
                  .dry = px_args_has(args, "dry-run") };
    px_world world;
    px_status status;

    m.json = px_json_writer_of(&m.text);
    m.plan.cli = cli;
    m.plan.keep_relationships = px_args_has(args, "keep-relationships");
    px_arena_init(&m.plan.arena, ARENA_BYTES);
    status = px_args_count(args, "limit", 1, UINT32_MAX, &m.plan.limit, ret_err);
    if (status == PX_OK) {
        status = px_world_open(cli, &(px_world_opts){ .whole = true }, &world, ret_err);
        if (status == PX_OK)
            status = find_models(&m, args, &world, ret_err);
        if (status == PX_OK)
            status = plan_and_go(&m, args, ret_err);
        px_world_release(&world);
    }
    px_buf_release(&m.text);
    px_migration_release(&m.plan);
    return status;
}

/* ---- and back ---- */

static px_status check_done(px_cli *cli, const px_undo_file *file, bool force, px_err *ret_err)
{
    if (file->is_done || force)
        return PX_OK;
    px_cli_cure(cli, "look at the twins; when they have moved, --force goes back");
    return px_fail_id(ret_err, PX_CONFLICT, "migrate.planned",
                      "the migration that wrote this file was interrupted: it may not have been "
                      "done");
}

static px_status go_back(px_cli *cli, const char *path, const px_args *args, px_err *ret_err)
{
    bool dry = px_args_has(args, "dry-run"), force = px_args_has(args, "force");
    px_undo_file file;
    px_json *answer = NULL, *sent = NULL;
    px_buf changes = { 0 };
    px_err err = { 0 };
    uint64_t gone = 0;
    px_status status;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, ARENA_BYTES);
    PX_TRY(px_undo_read(path, &arena, &file, ret_err));
    PX_TRY(check_done(cli, &file, force, ret_err));
    status = px_put_undo_changes(&changes, cli, &file, force, &gone, &err);
    if (status == PX_OK)
        status = send_changes(cli, px_buf_str(&changes), dry, &arena, &answer, &err);
    if (status != PX_OK && px_json_parse(px_buf_str(&changes), NULL, &arena, &sent, NULL) == PX_OK)
        name_twin(sent, &err, "--force goes back all the same, and overwrites what was changed",
                  cli);
    px_buf_release(&changes);
    if (status != PX_OK) {
        if (ret_err)
            *ret_err = err;
        return status;
    }
    if (gone)
        px_cli_note(cli, "%llu changes were of twins that are gone", (unsigned long long)gone);
    return px_out_done(cli, answer, ret_err,
                       dry ? "a dry run: the way back to %.*s is open, nothing was changed"
                           : "the twins are twins of %.*s again",
                       PX_FMT(file.from));
}

px_status px_cmd_migrate_run(px_cli *cli, const px_args *args, px_err *ret_err)
{
    const char *undo = px_args_get(args, "undo");

    if (!undo == !args->operands.len || (!undo && args->operands.len != 2)) {
        px_cli_cure(cli, "pollux model migrate OLD NEW, or pollux model migrate --undo FILE");
        return px_fail_id(ret_err, PX_INVALID, "cli.operand", "say which model goes to which");
    }
    return undo ? go_back(cli, undo, args, ret_err) : go_there(cli, args, ret_err);
}
