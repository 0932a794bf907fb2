/* SPDX-License-Identifier: Apache-2.0 */
#include "api/ingest.h"

/* ---- answer ---- */

static void put_fault(px_json_writer *w, const px_bind_miss *miss)
{
    px_json_begin_object(w);
    if (miss->row)
        px_json_member_uint(w, "row", miss->row);
    if (miss->twin.len)
        px_json_member_text(w, "twin", miss->twin);
    if (miss->name.len)
        px_json_member_text(w, "name", miss->name);
    px_json_member_text(w, "code", px_str_c(miss->id));
    px_json_member_text(w, "reason", px_str_c(miss->text));
    px_json_end_object(w);
}

static bool is_whole(const px_ingest_line *l)
{
    return l->status == PX_OK && l->bound.missed == 0;
}

/* Something of it was taken, or there was nothing to take. */
static bool is_taken(const px_ingest_line *l)
{
    return l->status == PX_OK && (l->bound.values > 0 || l->bound.missed == 0);
}

static void put_line(px_json_writer *w, const px_ingest_line *l)
{
    px_bind_miss whole = px_bind_miss_of(&l->err);

    px_json_begin_object(w);
    px_json_member_uint(w, "line", l->number);
    px_json_member_text(w, "status", is_taken(l) ? PX_STR("partial") : PX_STR("rejected"));
    px_json_key(w, PX_STR("faults"));
    px_json_begin_array(w);
    if (l->status != PX_OK)
        put_fault(w, &whole);
    for (size_t i = 0; i < l->bound.miss_count; i++)
        put_fault(w, &l->bound.misses[i]);
    px_json_end_array(w);
    px_json_end_object(w);
}

typedef struct tally {
    uint32_t accepted, partial, rejected;
    uint64_t values;
    const px_ingest_line *first; /* with a fault */
} tally;

static tally count(const px_ingest *in)
{
    tally t = { 0 };

    for (uint32_t i = 0; i < in->count; i++) {
        const px_ingest_line *l = &in->lines[i];

        t.accepted += is_whole(l);
        t.partial += !is_whole(l) && is_taken(l);
        t.rejected += !is_taken(l);
        t.values += l->status == PX_OK ? l->bound.values : 0;
        if (!is_whole(l) && !t.first)
            t.first = l;
    }
    return t;
}

static void put_answer(px_api_call *call, const px_ingest *in, const tally *t)
{
    px_json_writer w = px_json_writer_of(&call->out);
    uint32_t told = 0;

    px_json_begin_object(&w);
    px_json_member_uint(&w, "lines", in->count);
    px_json_member_uint(&w, "accepted", t->accepted);
    px_json_member_uint(&w, "partial", t->partial);
    px_json_member_uint(&w, "rejected", t->rejected);
    px_json_member_uint(&w, "values", t->values);
    px_json_key(&w, PX_STR("faulty"));
    px_json_begin_array(&w);
    for (uint32_t i = 0; i < in->count && told < PX_INGEST_TOLD_MAX; i++)
        if (!is_whole(&in->lines[i])) {
            put_line(&w, &in->lines[i]);
            told++;
        }
    px_json_end_array(&w);
    px_json_end_object(&w);
}

/* Nothing was taken: an error like any other, with the first lines as its findings. */
static px_status sum_up(px_api_call *call, const px_ingest *in, const px_ingest_line *first,
                        px_err *ret_err)
{
    px_status status = first->status != PX_OK ? first->status : PX_INVALID;
    px_err named = { 0 };

    for (uint32_t i = 0; i < in->count; i++) {
        const px_ingest_line *l = &in->lines[i];
        px_err one = l->err;

        if (l->status == PX_OK && l->bound.miss_count)
            px_fail_id(&one, PX_INVALID, l->bound.misses[0].id, "%s", l->bound.misses[0].text);
        if (l == first)
            named = one;
        px_api_add_finding(call, &one);
    }
    return px_fail_id(ret_err, status, named.id ? named.id : "",
                      "none of %u lines was taken; line %u: %s", in->count, first->number,
                      named.text);
}

static void release(px_ingest *in)
{
    for (uint32_t i = 0; i < in->count; i++)
        if (in->lines[i].is_held)
            px_bindings_let_go(in->lines[i].binding);
    if (in->is_held)
        px_bindings_let_go(in->binding);
    px_arena_release(&in->arena);
}

static void in_part(px_api_call *call)
{
    px_api_json(call, 207);
}

/* On the engine's thread, or on the worker's when nothing went there. Whoever hears that some lines
 * were taken does not send the others again of itself: they are on the disk before that. */
void px_ingest_answer(px_ingest *in)
{
    px_api_call *call = in->call;
    tally t = count(in);
    px_status status = PX_OK;
    px_err err = { 0 };

    if (t.first && t.accepted + t.partial == 0)
        status = sum_up(call, in, t.first, &err);
    else
        put_answer(call, in, &t);
    release(in);
    if (status != PX_OK)
        px_api_fail(call, status, &err);
    else if (t.first)
        px_api_when_kept(call, in_part);
    else
        px_api_json(call, 200);
}

void px_ingest_fail(px_ingest *in, px_status status, const px_err *err)
{
    px_api_call *call = in->call;

    release(in);
    px_api_fail(call, status, err);
}
