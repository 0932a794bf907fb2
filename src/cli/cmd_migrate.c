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
#include "cli/migrate_send.h"
#include "cli/migrate_show.h"
#include "cli/out.h"
#include "cli/undo.h"
#include "cli/world.h"

enum { ARENA_BYTES = 256 << 20, PATH_BYTES_MAX = 4096 };

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
    px_actions actions;
    bool dry;
    char undo_path[PATH_BYTES_MAX];
} migrate;

/* ---- sending ---- */

static px_status send_plan(migrate *m, bool dry, px_json **ret_root, px_err *ret_err)
{
    px_buf changes = { 0 };
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
    status = px_buf_status(&changes, ret_err);
    if (status == PX_OK)
        status =
            px_send_changes(m->cli, px_buf_str(&changes), dry, "the same command makes a new plan",
                            &m->plan.arena, ret_root, ret_err);
    px_buf_release(&changes);
    return status;
}

static px_status show_plan(migrate *m, px_err *ret_err)
{
    px_buf text = { 0 };

    px_put_plan(&text, &m->actions, &m->plan, m->dry, m->undo_path);
    return px_out_text(m->cli, PX_OK, &text, ret_err);
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
    m->plan.each = px_actions_take;
    m->plan.data = &m->actions;
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
                  .actions = { .as_json = cli->json, .all = px_args_has(args, "all") },
                  .dry = px_args_has(args, "dry-run") };
    px_world world;
    px_status status;

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
    px_buf_release(&m.actions.text);
    px_migration_release(&m.plan);
    return status;
}

px_status px_cmd_migrate_run(px_cli *cli, const px_args *args, px_err *ret_err)
{
    const char *undo = px_args_get(args, "undo");

    if (!undo == !args->operands.len || (!undo && args->operands.len != 2)) {
        px_cli_cure(cli, "pollux model migrate OLD NEW, or pollux model migrate --undo FILE");
        return px_fail_id(ret_err, PX_INVALID, "cli.operand", "say which model goes to which");
    }
    return undo ? px_cmd_migrate_back(cli, undo, args, ret_err) : go_there(cli, args, ret_err);
}
