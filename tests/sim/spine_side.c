/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/rehearse.h"
#include "spine.h"

static void dump(const px_view *view, px_buf *buf)
{
    for (uint32_t tenant = 1; tenant <= SPINE_TENANTS; tenant++)
        px_world_dump_view(view, tenant, false, buf);
}

static void drop(spine *s, size_t i)
{
    px_snapshot_release(s->snapshots[i]);
    px_buf_release(&s->snapshot_texts[i]);
    s->snapshots[i] = NULL;
    s->snapshot_texts[i] = (px_buf){ 0 };
}

void spine_hold_snapshot(spine *s)
{
    size_t i = px_gen_below(&s->gen, SPINE_SNAPSHOTS);
    px_err err;

    drop(s, i);
    CHECK_OK(px_graph_snapshot(px_engine_graph(s->real.engine), &s->snapshots[i], &err), &err);
    dump(px_snapshot_view(s->snapshots[i]), &s->snapshot_texts[i]);
}

void spine_check_snapshots(spine *s)
{
    for (size_t i = 0; i < SPINE_SNAPSHOTS; i++) {
        px_buf now = { 0 };

        if (!s->snapshots[i])
            continue;
        if (px_snapshot_status(s->snapshots[i], NULL) == PX_STALE) {
            drop(s, i);
            s->stale++;
            continue;
        }
        dump(px_snapshot_view(s->snapshots[i]), &now);
        spine_same_text(s, &now, &s->snapshot_texts[i], "a snapshot against itself when taken");
        spine_check_indexes(s, px_snapshot_view(s->snapshots[i]));
        px_buf_release(&now);
    }
}

void spine_drop_snapshots(spine *s)
{
    for (size_t i = 0; i < SPINE_SNAPSHOTS; i++)
        drop(s, i);
}

static px_status count_difference(void *data, const px_difference *difference)
{
    (void)difference;
    ++*(uint64_t *)data;
    return PX_OK;
}

static void sweep(px_graph *graph)
{
    for (int steps = 0; px_graph_sweep(graph); steps++)
        CHECK(steps < 100000);
}

/* Gives how many of them were accepted. */
static unsigned rehearse_some(spine *s, px_branch *branch)
{
    unsigned accepted = 0;

    for (uint64_t n = px_gen_below(&s->gen, 12) + 1; n > 0; n--) {
        spine_op op;
        px_request request;
        px_arena arena;
        px_status status;

        px_arena_init(&arena, 16 << 20);
        spine_op_make(&s->gen, s->step + n, &s->real, s->real_tail.time, &op);
        spine_op_request(&s->real, &op, &arena, &request);
        status = px_rehearse(branch, px_engine_registry(s->real.engine),
                             px_fakedisk_env(s->real.disk), &request, NULL);
        CHECK(status != PX_NO_MEMORY && status != PX_CORRUPT);
        accepted += status == PX_OK;
        px_arena_release(&arena);
    }
    return accepted;
}

void spine_try_branch(spine *s)
{
    px_graph *graph = px_engine_graph(s->real.engine);
    px_buf before = { 0 }, after = { 0 };
    uint64_t bytes, snapshots, differences = 0;
    px_branch *branch;
    px_err err;

    sweep(graph);
    bytes = px_graph_stat(graph).bytes_used;
    snapshots = px_graph_stat(graph).snapshots;
    px_world_dump(&s->real, &before);
    CHECK_OK(px_graph_branch(graph, &branch, &err), &err);
    if (rehearse_some(s, branch) == 0) {
        CHECK_OK(px_branch_diff(branch, count_difference, &differences), &err);
        CHECK_EQ(differences, 0);
    }
    spine_check_indexes_of(s, px_branch_graph(branch));
    px_branch_free(branch);
    sweep(graph);
    px_world_dump(&s->real, &after);
    spine_same_text(s, &after, &before, "the server after a branch against before it");
    CHECK_EQ(px_graph_stat(graph).bytes_used, bytes);
    CHECK_EQ(px_graph_stat(graph).snapshots, snapshots);
    px_buf_release(&before);
    px_buf_release(&after);
    s->branches++;
}
