/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/migrate.h"

#include "base/limits.h"

/* {"dryRun":false,"changes":[ … ]} and a comma and a brace for each */
enum { BATCH_FRAME_BYTES = 64, MOVE_FRAME_BYTES = 2, CONDITION_BYTES = 64 };

const char *px_act_name(px_act act)
{
    static const char *const names[] = { "rename", "drop", "set", "remove", "keep", "missing" };

    return names[act];
}

px_status px_migration_act(px_migration *migration, const px_action *action, px_err *ret_err)
{
    migration->acts[action->act]++;
    return migration->each(migration->data, action, ret_err);
}

void px_put_move_head(px_buf *buf, px_str twin, px_str relationship)
{
    px_put_c(buf, "{\"twin\":");
    px_put_json_string(buf, twin);
    if (relationship.len) {
        px_put_c(buf, ",\"relationship\":");
        px_put_json_string(buf, relationship);
    }
    px_put_char(buf, ',');
}

void px_put_condition(px_buf *buf, px_str etag)
{
    px_put_c(buf, ",\"ifMatch\":");
    px_put_json_string(buf, etag);
}

px_status px_migration_move(px_migration *migration, px_str twin, px_str relationship,
                            const px_buf *forward, const px_buf *back, px_err *ret_err)
{
    px_arena *arena = &migration->arena;
    px_move move = { .twin = px_arena_str(arena, twin),
                     .relationship = px_arena_str(arena, relationship) };

    PX_TRY(px_buf_status(forward, ret_err));
    PX_TRY(px_buf_status(back, ret_err));
    move.forward = px_arena_str(arena, px_buf_str(forward));
    move.back = px_arena_str(arena, px_buf_str(back));
    if (!move.twin.ptr || !move.relationship.ptr || !move.forward.ptr || !move.back.ptr)
        return px_arena_fail(arena, ret_err);
    migration->forward_bytes += move.forward.len + MOVE_FRAME_BYTES;
    migration->back_bytes += move.back.len + MOVE_FRAME_BYTES + CONDITION_BYTES;
    return PX_VEC_PUSH(&migration->moves, move) ? PX_OK : px_no_memory(ret_err);
}

/* ---- the whole ---- */

px_status px_migration_plan(px_migration *migration, px_err *ret_err)
{
    PX_TRY(px_migration_twins(migration, ret_err));
    return px_migration_relationships(migration, ret_err);
}

px_status px_migration_check(const px_migration *m, px_err *ret_err)
{
    size_t bytes = m->forward_bytes > m->back_bytes ? m->forward_bytes : m->back_bytes;

    if (m->moves.len <= PX_CHANGES_MAX && bytes + BATCH_FRAME_BYTES <= PX_HTTP_BODY_BYTES_MAX)
        return PX_OK;
    px_cli_cure(m->cli, "--limit N moves N of the twins, and the same command the next");
    return px_fail_id(ret_err, PX_TOO_LARGE, "migrate.size",
                      "these are %zu changes, %zu KiB and %zu KiB for the way back; a migration is "
                      "one batch, which has at most %d changes and %d KiB",
                      m->moves.len, (m->forward_bytes + 1023) >> 10, (m->back_bytes + 1023) >> 10,
                      PX_CHANGES_MAX, PX_HTTP_BODY_BYTES_MAX >> 10);
}

void px_migration_release(px_migration *migration)
{
    px_carry_release(&migration->carry);
    PX_VEC_RELEASE(&migration->moves);
    px_map_release(&migration->moved);
    px_arena_release(&migration->arena);
}
