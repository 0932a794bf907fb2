/* SPDX-License-Identifier: Apache-2.0 */
#include "player.h"

#include <stdio.h>
#include <stdlib.h>

enum { OPS_MAX = 12 };

/* One op with its body, kept until the commit is over. */
typedef struct random_op {
    px_op op;
    model_body body;
    char *bytes;
} random_op;

typedef struct feed {
    player *p;
    random_op ops[OPS_MAX];
    uint32_t next, count;
} feed;

static void *must(void *ptr)
{
    px_assert(ptr);
    return ptr;
}

static uint32_t below(player *p, uint32_t bound)
{
    return (uint32_t)px_gen_below(&p->gen, bound);
}

/* Mostly small, at times over several pages. */
static model_body random_body(player *p)
{
    uint32_t most = below(p, 8) == 0 ? MODEL_BODY_BYTES : below(p, 3) == 0 ? 2000 : 120;

    return (model_body){ (uint32_t)px_gen_u64(&p->gen), below(p, most) };
}

static uint64_t seq_last(const model *m)
{
    return m->count ? m->rows[m->count - 1].seq_last : 0;
}

static random_op random_put(player *p)
{
    random_op r = { .body = random_body(p) };

    r.bytes = must(malloc(MODEL_BODY_BYTES));
    r.op = kit_put((px_table)(1 + below(p, PX_TABLE_META - 1)), model_key(below(p, MODEL_KEYS)),
                   seq_last(&p->next), model_bytes(r.body, r.bytes));
    return r;
}

static random_op random_one(player *p, bool only_single)
{
    random_op r = random_put(p);
    uint32_t kind = below(p, only_single ? 10 : 12);

    if (kind >= 8)
        r.op.kind = PX_OP_DELETE;
    if (kind == 10) {
        r.op.kind = PX_OP_DELETE_RANGE;
        r.op.key_to = model_key(below(p, MODEL_KEYS));
        r.op.limit = below(p, 4);
    }
    if (kind == 11) {
        r.op.kind = PX_OP_TRIM_JOURNAL;
        r.op.key = (px_key){ 0, below(p, (uint32_t)seq_last(&p->next) + 2), 0 };
        r.op.limit = below(p, 4);
    }
    return r;
}

static bool next_op(void *data, uint32_t rows_before, px_op *ret_op)
{
    feed *f = data;

    (void)rows_before;
    if (f->next == f->count)
        return false;
    *ret_op = f->ops[f->next].op;
    model_apply(&f->p->next, ret_op, f->ops[f->next].body);
    f->next++;
    return true;
}

static void free_ops(random_op *ops, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        free(ops[i].bytes);
}

static model_row random_row(player *p)
{
    uint64_t first = seq_last(&p->next) + 1;
    px_time last = p->next.count ? p->next.rows[p->next.count - 1].time : 0;

    return (model_row){ first, first + below(p, 5), last + below(p, 3), random_body(p) };
}

static px_status commit(player *p, const px_row *row)
{
    random_op ops[OPS_MAX];
    px_op plain[OPS_MAX];
    feed f = { .p = p, .count = below(p, OPS_MAX) };
    uint32_t count = below(p, OPS_MAX);
    px_status status;

    for (uint32_t i = 0; i < count; i++) {
        ops[i] = random_one(p, false);
        plain[i] = ops[i].op;
        model_apply(&p->next, &ops[i].op, ops[i].body);
    }
    for (uint32_t i = 0; i < f.count; i++)
        f.ops[i] = random_one(p, true);
    px_effect effects[2] = { { "first", plain, count / 2 },
                             { "second", plain + count / 2, count - count / 2 } };
    px_slice slice = { .name = "slice",
                       .next = next_op,
                       .data = &f,
                       .rows_max = 1 + below(p, OPS_MAX),
                       .us_max = 1000 };
    px_commit all = {
        .row = row, .effects = effects, .effect_count = 2, .slices = &slice, .slice_count = 1
    };

    status = px_store_commit(p->store, &all, &p->err);
    free_ops(ops, count);
    free_ops(f.ops, f.count);
    return status;
}

px_status player_commit(player *p)
{
    char *room = must(malloc(MODEL_BODY_BYTES));
    px_status status;
    px_row row;

    p->next = p->acked;
    if (below(p, 8) == 0 || p->next.count == MODEL_ROWS) {
        status = commit(p, NULL);
    } else {
        model_row r = random_row(p);

        model_add_row(&p->next, &r);
        row = (px_row){ .seq_first = r.seq_first,
                        .seq_last = r.seq_last,
                        .epoch = 1,
                        .time = r.time,
                        .format = 1,
                        .body = model_bytes(r.body, room) };
        status = commit(p, &row);
    }
    free(room);
    p->in_flight = status != PX_OK && status != PX_FULL;
    if (status == PX_OK)
        p->acked = p->next;
    if (status == PX_OK && below(p, 3) == 0)
        status = px_store_checkpoint_step(p->store, &p->err);
    return status;
}

bool player_open(player *p)
{
    px_status status = kit_open_with_room(p->disk, p->wal_room, &p->store, &p->err);
    int found;

    if (status != PX_OK) {
        p->store = NULL;
        if (!px_fakedisk_crashed(p->disk))
            fprintf(stderr, "cannot open: %s\n", p->err.text);
        CHECK(px_fakedisk_crashed(p->disk));
        return false;
    }
    found = model_match(p->store, &p->acked, p->in_flight ? &p->next : NULL);
    CHECK(found >= 0);
    if (found == 1)
        p->acked = p->next;
    p->in_flight = false;
    return true;
}

void player_close(player *p)
{
    if (p->store)
        px_store_close(p->store);
    p->store = NULL;
}

player *player_new(uint64_t seed)
{
    player *p = must(calloc(1, sizeof(*p)));

    p->gen.state = seed;
    p->disk = px_fakedisk_new(seed);
    p->wal_room = seed % 2 ? 0 : 80 * 1024;
    return p;
}

void player_free(player *p)
{
    player_close(p);
    px_fakedisk_free(p->disk);
    free(p);
}
