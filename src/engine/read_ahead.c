/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/read_ahead.h"

#include <pthread.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/thread.h"

enum {
    AHEAD_CHUNKS = 4,
    CHUNK_ROWS = 1024,
    CHUNK_BYTES = 1 << 20, /* one row may pass it */
};

/* One row of either kind. */
typedef union item {
    px_fold fold;
    px_row row;
} item;

typedef struct chunk {
    item items[CHUNK_ROWS];
    size_t offsets[CHUNK_ROWS]; /* of their bodies */
    size_t count;
    px_buf bodies;
} chunk;

/* What to read, and who takes it. */
typedef struct reading {
    px_store_reader *reader;
    px_table table;
    px_journal *journal; /* NULL: the table */
    uint32_t spine;
    uint64_t seq_from;
    px_fold_each fold_each;
    px_row_each row_each;
    void *data;
} reading;

typedef struct ahead {
    const reading *what;
    chunk chunks[AHEAD_CHUNKS];
    chunk *filling; /* the reading thread's */

    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t changed;
    size_t filled, taken; /* so many chunks so far */
    bool given_up;        /* nobody takes any more */
    bool ended;
    px_status status; /* of the reading, when it ended */
    px_err err;
} ahead;

static px_status read_all(const reading *w, px_fold_each fold_each, px_row_each row_each,
                          void *data, px_err *ret_err)
{
    if (w->journal)
        return px_journal_read(w->journal, w->spine, w->seq_from, row_each, data, ret_err);
    return px_store_scan(w->reader, w->table, PX_KEY_MIN, PX_KEY_MAX, fold_each, data, ret_err);
}

/* ---- the thread that reads ---- */

/* The next chunk to fill; NULL: nobody takes any more. */
static chunk *next_to_fill(ahead *a)
{
    chunk *c = NULL;

    pthread_mutex_lock(&a->lock);
    while (!a->given_up && a->filled - a->taken == AHEAD_CHUNKS)
        pthread_cond_wait(&a->changed, &a->lock);
    if (!a->given_up)
        c = &a->chunks[a->filled % AHEAD_CHUNKS];
    pthread_mutex_unlock(&a->lock);
    if (c) {
        c->count = 0;
        px_buf_clear(&c->bodies);
    }
    return c;
}

static void hand_over(ahead *a)
{
    a->filling = NULL;
    pthread_mutex_lock(&a->lock);
    a->filled++;
    pthread_cond_signal(&a->changed);
    pthread_mutex_unlock(&a->lock);
}

static px_status add(ahead *a, item one, px_str body, px_err *ret_err)
{
    chunk *c = a->filling;

    if (c && (c->count == CHUNK_ROWS || c->bodies.len + body.len > CHUNK_BYTES)) {
        hand_over(a);
        c = NULL;
    }
    if (!c && !(c = a->filling = next_to_fill(a)))
        return px_fail(ret_err, PX_INTERRUPTED, "nobody takes what was read ahead");
    c->items[c->count] = one;
    c->offsets[c->count] = c->bodies.len;
    px_put(&c->bodies, body);
    PX_TRY(px_buf_status(&c->bodies, ret_err));
    c->count++;
    return PX_OK;
}

static px_status add_fold(void *data, const px_fold *fold, px_err *ret_err)
{
    return add(data, (item){ .fold = *fold }, fold->body, ret_err);
}

static px_status add_row(void *data, const px_row *row, px_err *ret_err)
{
    return add(data, (item){ .row = *row }, row->body, ret_err);
}

static void *run(void *data)
{
    ahead *a = data;
    px_err err = { 0 };
    px_status status = read_all(a->what, add_fold, add_row, a, &err);

    if (a->filling)
        hand_over(a); /* what came before an error as well */
    pthread_mutex_lock(&a->lock);
    a->ended = true;
    a->status = status;
    a->err = err;
    pthread_cond_signal(&a->changed);
    pthread_mutex_unlock(&a->lock);
    return NULL;
}

/* ---- the thread that takes ---- */

/* The next filled chunk; NULL: that was all. */
static chunk *next_to_take(ahead *a)
{
    chunk *c = NULL;

    pthread_mutex_lock(&a->lock);
    while (a->filled == a->taken && !a->ended)
        pthread_cond_wait(&a->changed, &a->lock);
    if (a->filled > a->taken)
        c = &a->chunks[a->taken % AHEAD_CHUNKS];
    pthread_mutex_unlock(&a->lock);
    return c;
}

static void give_back(ahead *a, bool given_up)
{
    pthread_mutex_lock(&a->lock);
    a->taken++;
    a->given_up |= given_up;
    pthread_cond_signal(&a->changed);
    pthread_mutex_unlock(&a->lock);
}

static px_status take_item(ahead *a, chunk *c, size_t i, px_err *ret_err)
{
    const char *body = c->bodies.ptr ? c->bodies.ptr + c->offsets[i] : NULL;

    if (a->what->journal) {
        c->items[i].row.body.ptr = body;
        return a->what->row_each(a->what->data, &c->items[i].row, ret_err);
    }
    c->items[i].fold.body.ptr = body;
    return a->what->fold_each(a->what->data, &c->items[i].fold, ret_err);
}

static px_status take_all(ahead *a, px_err *ret_err)
{
    px_status status = PX_OK;
    chunk *c;

    while ((c = next_to_take(a))) {
        for (size_t i = 0; i < c->count && status == PX_OK; i++)
            status = take_item(a, c, i, ret_err);
        give_back(a, status != PX_OK);
    }
    return status;
}

/* Takes what the thread reads until both are done. */
static px_status meet(ahead *a, pthread_t thread, px_err *ret_err)
{
    px_status status = take_all(a, ret_err);

    pthread_join(thread, NULL);
    if (status == PX_OK && a->status != PX_OK) {
        status = a->status;
        if (ret_err)
            *ret_err = a->err;
    }
    return status;
}

static px_status go(const reading *what, bool threadless, px_err *ret_err)
{
    ahead *a = px_zalloc(1, sizeof(*a));
    pthread_t thread;
    px_status status;

    if (!a)
        return px_no_memory(ret_err);
    a->what = what;
    pthread_mutex_init(&a->lock, NULL);
    px_cond_init(&a->changed);
    if (!threadless && px_thread_start(&thread, "ahead", run, a))
        status = meet(a, thread, ret_err);
    else
        status = read_all(what, what->fold_each, what->row_each, what->data, ret_err);
    for (int i = 0; i < AHEAD_CHUNKS; i++)
        px_buf_release(&a->chunks[i].bodies);
    pthread_cond_destroy(&a->changed);
    pthread_mutex_destroy(&a->lock);
    px_free(a);
    return status;
}

px_status px_read_ahead_scan(px_store_reader *reader, px_table table, bool threadless,
                             px_fold_each each, void *data, px_err *ret_err)
{
    const reading what = { .reader = reader, .table = table, .fold_each = each, .data = data };

    return go(&what, threadless, ret_err);
}

px_status px_read_ahead_journal(px_journal *journal, uint32_t spine, uint64_t seq_from,
                                bool threadless, px_row_each each, void *data, px_err *ret_err)
{
    const reading what = {
        .journal = journal, .spine = spine, .seq_from = seq_from, .row_each = each, .data = data
    };

    return go(&what, threadless, ret_err);
}
