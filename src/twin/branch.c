/* SPDX-License-Identifier: Apache-2.0 */
/* A branch is a graph that begins with the roots of a snapshot and takes what was born before as
 * never its own: it copies, and never retires it. Dropping it drops its slab. */
#include "twin/branch.h"

#include "twin/inner.h"

struct px_branch {
    px_snapshot *base;
    px_graph *graph;
    uint64_t bytes_max;
};

enum { BRANCH_CHUNK_BYTES = 16384 };

px_status px_graph_branch(px_graph *graph, px_branch **ret_branch, px_err *ret_err)
{
    px_graph_opts opts = { .chunk_bytes = BRANCH_CHUNK_BYTES };
    px_branch *branch = px_zalloc(1, sizeof(*branch));
    px_status status =
        branch ? pxi_snapshot_settled(graph, &branch->base, ret_err) : px_no_memory(ret_err);

    if (graph->slab.chunk_bytes < opts.chunk_bytes)
        opts.chunk_bytes = graph->slab.chunk_bytes;
    if (status == PX_OK)
        status = pxi_graph_new(&opts, branch->base, &branch->graph, ret_err);
    if (status != PX_OK) {
        px_branch_free(branch);
        return status;
    }
    branch->bytes_max = PX_BRANCH_BYTES_MAX;
    *ret_branch = branch;
    return PX_OK;
}

void px_branch_bytes_max_set(px_branch *branch, uint64_t bytes)
{
    branch->bytes_max = bytes;
}

px_status px_branch_room(px_branch *branch, px_err *ret_err)
{
    if (px_graph_stat(branch->graph).bytes_used < branch->bytes_max)
        return PX_OK;
    return px_fail_id(ret_err, PX_LIMIT, "branch.size",
                      "the branch holds %llu MiB already; drop it, or change less in one",
                      (unsigned long long)(branch->bytes_max >> 20));
}

void px_branch_free(px_branch *branch)
{
    if (!branch)
        return;
    px_graph_free(branch->graph);
    px_snapshot_release(branch->base);
    px_free(branch);
}

px_graph *px_branch_graph(px_branch *branch)
{
    return branch->graph;
}

const px_snapshot *px_branch_base(const px_branch *branch)
{
    return branch->base;
}

px_status px_branch_status(const px_branch *branch, px_err *ret_err)
{
    return px_snapshot_status(branch->base, ret_err);
}

/* ---- differences ---- */

typedef struct differ {
    px_status (*visit)(void *data, const px_difference *difference);
    void *data;
    bool is_rel;
} differ;

static px_status tell(const differ *to, const void *before, const void *after)
{
    px_difference difference = { 0 };

    if (to->is_rel) {
        difference.rel_before = before;
        difference.rel_after = after;
    } else {
        difference.twin_before = before;
        difference.twin_after = after;
    }
    return to->visit(to->data, &difference);
}

static px_status diff(const differ *to, pxi_radix *before, pxi_radix *after, uint32_t level)
{
    if (before == after)
        return PX_OK;
    for (uint32_t i = 0; i < PXI_RADIX_WAYS; i++) {
        void *b = before ? pxi_radix_child(before, i) : NULL;
        void *a = after ? pxi_radix_child(after, i) : NULL;

        if (b != a)
            PX_TRY(level == 0 ? tell(to, b, a) : diff(to, b, a, level - 1));
    }
    return PX_OK;
}

/* Trees of unequal height: the lower one is the beginning of the higher one. */
static px_status diff_roots(const differ *to, pxi_radix *before, pxi_radix *after)
{
    uint32_t low = before ? pxi_radix_level(before) : 0;
    uint32_t high = after ? pxi_radix_level(after) : low;

    if (!before || !after || low == high)
        return diff(to, before, after, before ? low : high);
    for (uint32_t i = 0; i < PXI_RADIX_WAYS; i++)
        PX_TRY(diff_roots(to, low > high ? pxi_radix_child(before, i) : (i ? NULL : before),
                          low > high ? (i ? NULL : after) : pxi_radix_child(after, i)));
    return PX_OK;
}

px_status px_branch_diff(px_branch *branch,
                         px_status (*visit)(void *data, const px_difference *difference),
                         void *data)
{
    const pxi_roots *before = &branch->base->roots, *after = &branch->graph->roots;
    differ twins = { visit, data, false }, rels = { visit, data, true };

    px_assert(!branch->graph->busy);
    PX_TRY(diff_roots(&twins, before->twins, after->twins));
    return diff_roots(&rels, before->rels, after->rels);
}
