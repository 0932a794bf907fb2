/* SPDX-License-Identifier: Apache-2.0 */
#include "model.h"

#include "base/mem.h"

px_key model_key(uint32_t number)
{
    return (px_key){ number / 8, (number / 4) % 2, (int64_t)(number % 4) - 1 };
}

px_str model_bytes(model_body body, char *room)
{
    px_gen gen = { body.seed };

    px_assert(body.len <= MODEL_BODY_BYTES);
    for (uint32_t i = 0; i < body.len; i++)
        room[i] = i & 64 ? (char)(body.seed & 0x7f) : (char)px_gen_u64(&gen);
    return px_str_of(room, body.len);
}

void model_add_row(model *m, const model_row *row)
{
    px_assert(m->count < MODEL_ROWS);
    m->rows[m->count++] = *row;
}

static void trim(model *m, uint64_t keep, uint32_t limit)
{
    for (uint32_t n = 0; (limit == 0 || n < limit) && m->oldest + 1 < m->count &&
                         m->rows[m->oldest].seq_last < keep;
         n++)
        m->oldest++;
}

void model_apply(model *m, const px_op *op, model_body body)
{
    uint32_t done = 0;

    if (op->kind == PX_OP_TRIM_JOURNAL) {
        trim(m, (uint64_t)op->key.b, op->limit);
        return;
    }
    for (uint32_t i = 0; i < MODEL_KEYS; i++) {
        model_fold *f = &m->folds[op->table][i];
        px_key key = model_key(i);
        bool same = px_key_cmp(key, op->key) == 0;

        if (op->kind == PX_OP_PUT && same)
            *f = (model_fold){ true, op->seq, body };
        else if (op->kind == PX_OP_DELETE && same)
            f->there = false;
        else if (op->kind == PX_OP_DELETE_RANGE && f->there && px_key_cmp(key, op->key) >= 0 &&
                 px_key_cmp(key, op->key_to) < 0 && (op->limit == 0 || done++ < op->limit))
            f->there = false;
    }
}

/* --- reading the store ------------------------------------------------------------------------ */

typedef struct matching {
    const model *models[2];
    bool equal[2];
    uint32_t at[2]; /* row expected next; key expected next */
    char *room;
} matching;

static bool same_bytes(matching *x, model_body body, px_str got)
{
    return px_str_eq(model_bytes(body, x->room), got);
}

static px_status match_row(void *data, const px_row *row, px_err *ret_err)
{
    matching *x = data;

    (void)ret_err;
    for (int i = 0; i < 2; i++) {
        const model *m = x->models[i];

        if (!x->equal[i])
            continue;
        const model_row *r = x->at[i] < m->count ? &m->rows[x->at[i]] : NULL;

        x->at[i]++;
        x->equal[i] = r && r->seq_first == row->seq_first && r->seq_last == row->seq_last &&
                      r->time == row->time && same_bytes(x, r->body, row->body);
    }
    return PX_OK;
}

static px_status match_fold(void *data, const px_fold *fold, px_err *ret_err)
{
    matching *x = data;

    (void)ret_err;
    for (int i = 0; i < 2; i++) {
        uint32_t *at = &x->at[i];

        if (!x->equal[i])
            continue;
        const model_fold *folds = x->models[i]->folds[fold->table];

        while (*at < MODEL_KEYS && !folds[*at].there)
            ++*at;
        x->equal[i] = *at < MODEL_KEYS && px_key_cmp(model_key(*at), fold->key) == 0 &&
                      folds[*at].seq == fold->seq && same_bytes(x, folds[*at].body, fold->body);
        ++*at;
    }
    return PX_OK;
}

static px_status match_table(px_store_reader *reader, px_table table, matching *x, px_err *ret_err)
{
    px_key from = table == PX_TABLE_META ? (px_key){ 1000, 0, 0 } : PX_KEY_MIN;

    x->at[0] = x->at[1] = 0;
    PX_TRY(px_store_scan(reader, table, from, PX_KEY_MAX, match_fold, x, ret_err));
    for (int i = 0; i < 2; i++)
        for (uint32_t k = x->at[i]; x->equal[i] && k < MODEL_KEYS; k++)
            x->equal[i] = !x->models[i]->folds[table][k].there;
    return PX_OK;
}

static px_status match_journal(px_store *store, matching *x, px_err *ret_err)
{
    px_journal *journal = NULL;
    px_status status;

    for (int i = 0; i < 2; i++)
        x->at[i] = x->equal[i] ? x->models[i]->oldest : 0;
    PX_TRY(px_journal_open(store, &journal, ret_err));
    status = px_journal_read(journal, 0, 0, match_row, x, ret_err);
    px_journal_close(journal);
    for (int i = 0; i < 2; i++)
        x->equal[i] = x->equal[i] && x->at[i] == x->models[i]->count;
    return status;
}

static px_status match_tables(px_store *store, matching *x, px_err *ret_err)
{
    px_store_reader *reader = NULL;
    px_status status;

    PX_TRY(px_store_reader_open(store, &reader, ret_err));
    status = PX_OK;
    for (px_table t = PX_TABLE_STATE; t < PX_TABLE_END && status == PX_OK; t++)
        status = match_table(reader, t, x, ret_err);
    px_store_reader_close(reader);
    return status;
}

px_status model_try_match(px_store *store, const model *first, const model *second, int *ret_match,
                          px_err *ret_err)
{
    matching x = {
        { first, second }, { first != NULL, second != NULL }, { 0, 0 }, px_alloc(MODEL_BODY_BYTES)
    };
    px_status status;

    px_assert(x.room);
    status = match_journal(store, &x, ret_err);
    if (status == PX_OK)
        status = match_tables(store, &x, ret_err);
    px_free(x.room);
    *ret_match = x.equal[0] ? 0 : x.equal[1] ? 1 : -1;
    return status;
}

int model_match(px_store *store, const model *first, const model *second)
{
    px_err err = { 0 };
    int match = -1;

    CHECK_OK(model_try_match(store, first, second, &match, &err), &err);
    return match;
}
