/* SPDX-License-Identifier: Apache-2.0 */
#include "api/branches.h"

#include <pthread.h>
#include <stdio.h>

#include "api/workers.h"
#include "engine/rehearse.h"

enum { NAME_BYTES_MAX = 64, BRANCHES_IN_ALL_MAX = 256, PAGE_MAX = 100 };

/* One whose base ended stays as a name without a branch, which says so until it is dropped. */
typedef struct named {
    uint32_t tenant;
    char name[NAME_BYTES_MAX + 1];
    uint64_t base_seq;
    px_branch *branch;    /* under the list's lock, or by a user; NULL: its base ended */
    size_t users;         /* under the list's lock: it stays until the last has left */
    bool ended;           /* likewise: its base did; nobody uses the branch any more */
    bool dropped;         /* likewise: no longer in the list */
    pthread_mutex_t lock; /* one rehearses at a time */
} named;

struct px_branches {
    pthread_mutex_t lock; /* guards the list; held for moments only, the engine's thread takes it */
    PX_VEC(named *) list;
};

struct px_branches *px_branches_new(void)
{
    struct px_branches *branches = px_zalloc(1, sizeof(*branches));

    if (branches)
        pthread_mutex_init(&branches->lock, NULL);
    return branches;
}

static void free_named(named *b)
{
    px_branch_free(b->branch);
    pthread_mutex_destroy(&b->lock);
    px_free(b);
}

void px_branches_free(struct px_branches *branches)
{
    if (!branches)
        return;
    PX_VEC_EACH (&branches->list, b)
        free_named(*b);
    PX_VEC_RELEASE(&branches->list);
    pthread_mutex_destroy(&branches->lock);
    px_free(branches);
}

/* The caller holds the lock. */
static named *find(struct px_branches *branches, uint32_t tenant, px_str name)
{
    PX_VEC_EACH (&branches->list, b)
        if ((*b)->tenant == tenant && px_str_eq(px_str_c((*b)->name), name))
            return *b;
    return NULL;
}

/* The caller holds the lock. Gives the branch that is to be freed without it, or NULL. */
static px_branch *take_ended(named *b)
{
    px_branch *branch = b->branch;

    b->ended = b->ended || (branch && px_branch_status(branch, NULL) != PX_OK);
    if (!b->ended || b->users)
        return NULL;
    b->branch = NULL;
    return branch;
}

static px_branch *take_any_ended(struct px_branches *branches)
{
    px_branch *branch = NULL;

    pthread_mutex_lock(&branches->lock);
    for (size_t i = 0; i < branches->list.len && !branch; i++)
        branch = take_ended(branches->list.ptr[i]);
    pthread_mutex_unlock(&branches->lock);
    return branch;
}

void px_branches_sweep(struct px_branches *branches)
{
    px_branch *branch;

    while ((branch = take_any_ended(branches)) != NULL)
        px_branch_free(branch);
}

static void leave(px_api_call *call, named *b)
{
    struct px_branches *branches = call->api->branches;
    px_branch *ended;
    bool last;

    pthread_mutex_lock(&branches->lock);
    last = --b->users == 0 && b->dropped;
    ended = take_ended(b);
    pthread_mutex_unlock(&branches->lock);
    px_branch_free(ended);
    if (last)
        free_named(b);
}

/* Finds and holds it; false: answered. */
static bool hold(px_api_call *call, named **ret_named)
{
    struct px_branches *branches = call->api->branches;
    px_err err;

    if (!px_api_may(call, PX_ACTION_BRANCH))
        return false;
    pthread_mutex_lock(&branches->lock);
    *ret_named = find(branches, call->principal.tenant, call->args[0]);
    if (*ret_named)
        (*ret_named)->users++;
    pthread_mutex_unlock(&branches->lock);
    if (*ret_named)
        return true;
    px_fail_id(&err, PX_NOT_FOUND, "branch.not_found", "there is no branch '%.*s'",
               PX_FMT(call->args[0]));
    px_api_fail(call, PX_NOT_FOUND, &err);
    return false;
}

/* Asked before its branch is used, and after: what was read of one whose base ended meanwhile is
 * not told. False: answered, and the call has left. */
static bool stands(px_api_call *call, named *b)
{
    struct px_branches *branches = call->api->branches;
    px_err err;
    bool ended;

    pthread_mutex_lock(&branches->lock);
    b->ended = b->ended || !b->branch || px_branch_status(b->branch, NULL) != PX_OK;
    ended = b->ended;
    pthread_mutex_unlock(&branches->lock);
    if (!ended)
        return true;
    px_fail_id(&err, PX_CONFLICT, "branch.ended",
               "the base of branch '%s' is gone: what it held back passed the server's limit of "
               "bytes (snapshot_mb); drop the branch and make another",
               b->name);
    px_buf_clear(&call->out);
    leave(call, b);
    px_api_fail(call, PX_CONFLICT, &err);
    return false;
}

static bool enter(px_api_call *call, named **ret_named)
{
    return hold(call, ret_named) && stands(call, *ret_named);
}

static size_t count_own(struct px_branches *branches, uint32_t tenant)
{
    size_t own = 0;

    PX_VEC_EACH (&branches->list, b)
        own += (*b)->tenant == tenant;
    return own;
}

/* The caller holds the lock. */
static px_status add(px_api_call *call, named *fresh, px_err *ret_err)
{
    struct px_branches *branches = call->api->branches;

    if (find(branches, fresh->tenant, call->args[0]))
        return px_fail_id(ret_err, PX_CONFLICT, "branch.exists",
                          "branch '%s' is there already; drop it first", fresh->name);
    if (count_own(branches, fresh->tenant) >= PX_BRANCHES_MAX ||
        branches->list.len >= BRANCHES_IN_ALL_MAX)
        return px_fail_id(ret_err, PX_LIMIT, "branch.count",
                          "a tenant has at most %d branches; drop one first", PX_BRANCHES_MAX);
    if (!PX_VEC_RESERVE(&branches->list, branches->list.len + 1))
        return px_no_memory(ret_err);
    PX_TRY(px_graph_branch(px_engine_graph(call->api->opts.engine), &fresh->branch, ret_err));
    fresh->base_seq = px_snapshot_seq(px_branch_base(fresh->branch));
    branches->list.ptr[branches->list.len++] = fresh;
    return PX_OK;
}

/* On the engine's thread, between two batches: the base is the newest state. */
static void make(px_request *request, px_engine_state *state)
{
    px_api_call *call = request->data;
    px_result *result = &request->result;
    named *fresh = px_zalloc(1, sizeof(*fresh));

    (void)state;
    if (!fresh) {
        result->status = px_no_memory(&result->err);
        return;
    }
    fresh->tenant = call->principal.tenant;
    snprintf(fresh->name, sizeof(fresh->name), "%.*s", PX_FMT(call->args[0]));
    pthread_mutex_init(&fresh->lock, NULL);
    pthread_mutex_lock(&call->api->branches->lock);
    result->status = add(call, fresh, &result->err);
    pthread_mutex_unlock(&call->api->branches->lock);
    if (result->status != PX_OK)
        free_named(fresh);
}

static void put_name(px_json_writer *w, const named *b)
{
    px_json_begin_object(w);
    px_json_key(w, PX_STR("name"));
    px_json_string(w, px_str_c(b->name));
    px_json_key(w, PX_STR("base"));
    px_json_uint(w, b->base_seq);
    px_json_key(w, PX_STR("ended"));
    px_json_bool(w, b->ended);
    px_json_end_object(w);
}

static void made(px_api_call *call)
{
    px_json_writer w = px_json_writer_of(&call->out);
    named *b;

    if (!enter(call, &b))
        return;
    put_name(&w, b);
    leave(call, b);
    px_api_json(call, 201);
}

void px_v1_put_branch(px_api_call *call)
{
    px_err err;

    if (call->args[0].len == 0 || call->args[0].len > NAME_BYTES_MAX) {
        px_fail_id(&err, PX_INVALID, "branch.name", "a branch's name has 1 to %d bytes",
                   NAME_BYTES_MAX);
        px_api_fail(call, PX_INVALID, &err);
        return;
    }
    call->request.kind = PX_REQUEST_CALL;
    call->request.call = make;
    px_api_submit(call, made);
}

/* The first of the tenant behind this name; NULL when there is none. The caller holds the lock. */
static const named *next_by_name(struct px_branches *branches, uint32_t tenant, px_str after)
{
    const named *next = NULL;

    PX_VEC_EACH (&branches->list, b)
        if ((*b)->tenant == tenant && px_str_cmp(px_str_c((*b)->name), after) > 0 &&
            (!next || strcmp((*b)->name, next->name) < 0))
            next = *b;
    return next;
}

void px_v1_list_branches(px_api_call *call)
{
    px_json_writer w = px_json_writer_of(&call->out);
    struct px_branches *branches = call->api->branches;
    uint32_t tenant = call->principal.tenant;
    uint64_t limit;
    const named *b;
    px_str at, last = { 0 };

    if (!px_api_may(call, PX_ACTION_BRANCH) ||
        !px_api_param_number(call, "limit", PAGE_MAX, 1, PAGE_MAX, &limit) ||
        !px_api_cursor(call, &at))
        return;
    px_branches_sweep(branches);
    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("items"));
    px_json_begin_array(&w);
    pthread_mutex_lock(&branches->lock);
    for (b = next_by_name(branches, tenant, at); b && limit > 0; limit--) {
        put_name(&w, b);
        last = at = px_arena_str(&call->arena, px_str_c(b->name));
        b = next_by_name(branches, tenant, at);
    }
    pthread_mutex_unlock(&branches->lock);
    px_json_end_array(&w);
    px_api_put_cursor(call, &w, b ? last : (px_str){ 0 });
    px_json_end_object(&w);
    px_api_json(call, 200);
}

void px_v1_delete_branch(px_api_call *call)
{
    struct px_branches *branches = call->api->branches;
    named *b;

    if (!hold(call, &b))
        return;
    pthread_mutex_lock(&branches->lock);
    for (size_t i = 0; i < branches->list.len && !b->dropped; i++) {
        if (branches->list.ptr[i] == b) {
            branches->list.ptr[i] = branches->list.ptr[--branches->list.len];
            b->dropped = true;
        }
    }
    pthread_mutex_unlock(&branches->lock);
    leave(call, b);
    px_api_finish(call, 204);
}

/* On a worker: another may be rehearsing in the same branch. */
static void run_patch(px_api_call *call)
{
    px_request *request = &call->request;
    px_status status;
    px_err err;
    named *b;

    if (!enter(call, &b))
        return;
    request->kind = PX_REQUEST_TWIN_PATCH;
    request->principal = call->principal;
    request->id = call->args[1];
    pthread_mutex_lock(&b->lock);
    status = px_rehearse(b->branch, px_engine_registry(call->api->opts.engine), call->api->env,
                         request, &err);
    pthread_mutex_unlock(&b->lock);
    if (!stands(call, b))
        return;
    leave(call, b);
    if (status != PX_OK)
        px_api_fail(call, status, &err);
    else
        px_api_finish(call, 204);
}

void px_v1_patch_branch_twin(px_api_call *call)
{
    px_workers_run(call, run_patch);
}

void px_v1_get_branch_twin(px_api_call *call)
{
    px_registry *registry = px_engine_registry(call->api->opts.engine);
    const px_model *model = NULL;
    px_buf record = { 0 };
    const px_twin *twin;
    px_status status;
    px_err err;
    named *b;

    if (!enter(call, &b))
        return;
    status = px_graph_read(px_branch_graph(b->branch), call->principal.tenant, call->args[1],
                           &record, &twin, &err);
    if (!stands(call, b)) {
        px_buf_release(&record);
        return;
    }
    leave(call, b);
    if (status == PX_OK)
        model = px_registry_model(registry, px_twin_model(twin));
    if (status == PX_OK && !model)
        status = px_fail_id(&err, PX_CORRUPT, "twin.model_gone", "the twin's model is not known");
    if (status == PX_OK)
        px_put_twin_json(&call->out, model, twin);
    px_buf_release(&record);
    if (status != PX_OK)
        px_api_fail(call, status, &err);
    else
        px_api_json(call, 200);
}

/* ---- diff ---- */

typedef struct diff {
    px_api_call *call;
    px_json_writer w;
} diff;

static void put_change(diff *d, px_str twin, px_str path, px_value base, px_value branch)
{
    px_json_begin_object(&d->w);
    px_json_key(&d->w, PX_STR("twin"));
    px_json_string(&d->w, twin);
    px_json_key(&d->w, PX_STR("path"));
    px_json_string(&d->w, path);
    px_json_key(&d->w, PX_STR("base"));
    px_json_value(&d->w, base);
    px_json_key(&d->w, PX_STR("branch"));
    px_json_value(&d->w, branch);
    px_json_end_object(&d->w);
}

static px_value value_of(const px_twin *twin, uint32_t key)
{
    px_slot slot = { 0 };

    if (twin)
        px_twin_slot(twin, key, &slot);
    return slot.value;
}

/* Slots of both sides in ascending order, as a merge. */
static void put_twin(diff *d, const px_twin *before, const px_twin *after)
{
    const px_twin *either = after ? after : before;
    const px_model *model =
        px_registry_model(px_engine_registry(d->call->api->opts.engine), px_twin_model(either));
    const px_layout *layout = model ? px_model_layout(model) : NULL;

    if (!before || !after)
        put_change(d, px_twin_id(either), PX_STR("$exists"), px_value_bool(before != NULL),
                   px_value_bool(after != NULL));
    for (uint32_t key = 0; layout && before && after && key < px_layout_field_count(layout);
         key++) {
        px_value old = value_of(before, key), fresh = value_of(after, key);

        if (!px_value_same(old, fresh))
            put_change(d, px_twin_id(either), px_layout_field(layout, key)->path, old, fresh);
    }
}

static px_status visit(void *data, const px_difference *difference)
{
    diff *d = data;

    if (difference->twin_before || difference->twin_after)
        put_twin(d, difference->twin_before, difference->twin_after);
    return d->call->out.status;
}

static void run_diff(px_api_call *call)
{
    diff d = { .call = call, .w = px_json_writer_of(&call->out) };
    px_status status;
    px_err err;
    named *b;

    if (!enter(call, &b))
        return;
    px_json_begin_object(&d.w);
    px_json_key(&d.w, PX_STR("changes"));
    px_json_begin_array(&d.w);
    pthread_mutex_lock(&b->lock);
    status = px_branch_diff(b->branch, visit, &d);
    px_fail(&err, status, "the difference is too large to be told");
    pthread_mutex_unlock(&b->lock);
    if (!stands(call, b))
        return;
    leave(call, b);
    px_json_end_array(&d.w);
    px_json_end_object(&d.w);
    if (status != PX_OK)
        px_api_fail(call, status, &err);
    else
        px_api_json(call, 200);
}

void px_v1_diff_branch(px_api_call *call)
{
    px_workers_run(call, run_diff);
}
