/* SPDX-License-Identifier: Apache-2.0 */
#include "spine_tail.h"

#include "base/json.h"
#include "px_test.h"

static void write_line(px_buf *buf, const px_event *e)
{
    px_putf(buf, "%s tenant=%u model=%u twin=%u target=%u rel=%u doc=%u flag=%d code=%u",
            px_event_name(e->type), e->tenant, e->model_no, e->twin_no, e->target_no,
            e->relationship_no, e->document_no, e->flag, e->code);
    px_putf(buf, " id=%.*s name=%.*s body=", PX_FMT(e->id), PX_FMT(e->name));
    px_world_put_body(buf, e->type == PX_EVENT_DOCUMENT_PUT ? e->name : PX_STR(""), e->body);
    px_putf(buf, " cause=%.*s at=%lld", PX_FMT(e->cause), (long long)e->source_time);
    for (size_t i = 0; i < e->field_count; i++) {
        const px_field_value *f = &e->fields[i];

        px_putf(buf, " %u=", f->field);
        px_put_json_value(buf, f->value);
        px_putf(buf, "@%lld/%u", (long long)f->source_time, f->flags);
    }
}

void spine_tail_init(spine_tail *tail, px_world *world)
{
    *tail = (spine_tail){ .world = world };
    px_arena_init(&tail->arena, 256 << 20);
    spine_tail_resume(tail);
}

void spine_tail_release(spine_tail *tail)
{
    spine_tail_pause(tail);
    PX_VEC_RELEASE(&tail->facts);
    px_arena_release(&tail->arena);
}

void spine_tail_pause(spine_tail *tail)
{
    px_feed_close(tail->feed);
    tail->feed = NULL;
}

void spine_tail_resume(spine_tail *tail)
{
    px_err err;

    CHECK_OK(px_feed_open_at(tail->world->engine, tail->seq, &tail->feed, &err), &err);
}

static void keep(spine_tail *tail, const px_event *event)
{
    spine_fact fact = { .event = *event };
    px_buf line = { 0 };

    write_line(&line, event);
    fact.line = px_arena_str(&tail->arena, px_buf_str(&line));
    px_buf_release(&line);
    CHECK(fact.line.ptr && PX_VEC_PUSH(&tail->facts, fact));
}

static void read_row(spine_tail *tail, const px_batch *batch)
{
    px_cut cut = px_cut_of(px_arena_str(&tail->arena, batch->body));
    uint64_t seq = batch->seq_first;
    px_event event;
    px_err err;

    CHECK_EQ(batch->seq_first, tail->seq + 1);
    CHECK(batch->time >= tail->time);
    for (; px_cut_left(&cut) > 0; seq++) {
        CHECK_OK(px_get_event(&cut, &tail->arena, &event, &err), &err);
        event.seq = seq;
        event.time = batch->time;
        if (event.type != PX_EVENT_TICK)
            keep(tail, &event);
    }
    CHECK_EQ(seq, batch->seq_last + 1);
    tail->seq = batch->seq_last;
    tail->time = batch->time;
    if (batch->body.len > tail->row_bytes_max)
        tail->row_bytes_max = batch->body.len;
}

void spine_tail_read(spine_tail *tail)
{
    px_batch *batch;

    while (tail->seq < px_engine_position(tail->world->engine)) {
        px_err err;

        CHECK_OK(px_feed_next(tail->feed, 0, &batch, &err), &err);
        read_row(tail, batch);
        px_batch_unref(batch);
    }
}

spine_fact *spine_tail_next(spine_tail *tail)
{
    return tail->at < tail->facts.len ? &tail->facts.ptr[tail->at] : NULL;
}

void spine_tail_take(spine_tail *tail)
{
    CHECK(tail->at < tail->facts.len);
    tail->at++;
}

void spine_tail_forget(spine_tail *tail)
{
    CHECK_EQ(tail->at, tail->facts.len);
    tail->at = tail->facts.len = 0;
    px_arena_reset(&tail->arena);
}

bool spine_fact_is_timer(const spine_fact *fact)
{
    return px_str_eq(fact->event.cause, PX_STR("engine.timer"));
}
