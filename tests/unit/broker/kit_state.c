/* SPDX-License-Identifier: Apache-2.0 */
/* The state of a broker as text, and the same from the journal alone. */
#include <stdio.h>
#include <stdlib.h>

#include "broker_kit.h"
#include "journal/event.h"

enum { LINE_MAX = 4096, ARENA_BYTES_MAX = 64 << 20 };

/* ---- as text ---- */

typedef struct lines {
    PX_VEC(char *) list;
} lines;

__attribute__((format(printf, 2, 3))) static void add(lines *all, const char *format, ...)
{
    char *line = px_alloc(LINE_MAX);
    va_list args;

    CHECK(line != NULL);
    va_start(args, format);
    CHECK(vsnprintf(line, LINE_MAX, format, args) < LINE_MAX);
    va_end(args);
    CHECK(PX_VEC_PUSH(&all->list, line));
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_over_unsent(const px_entry *e, px_time now)
{
    return e->state != PX_ENTRY_RECEIVED && pxi_letter_is_over(e->letter, now);
}

static void add_letter(lines *all, const char *what, const px_letter *l)
{
    add(all, "%s tenant=%u seq=%llu topic=%.*s payload=%.*s qos=%d expires=%lld", what, l->tenant,
        (unsigned long long)l->seq, PX_FMT(l->record.topic), PX_FMT(l->record.payload),
        l->record.qos, (long long)l->record.expires);
}

static void add_queue(lines *all, const px_session *s, px_time now)
{
    size_t at = 0;

    PX_VEC_EACH (&s->queue, e) {
        if (is_over_unsent(e, now))
            continue;
        add(all, "queue %llu %03zu letter=%llu id=%d qos=%d retain=%d received=%d ids=%u/%u",
            (unsigned long long)s->no, at++, (unsigned long long)e->letter->seq, e->packet_id,
            e->qos, e->retain, e->state == PX_ENTRY_RECEIVED, e->id_count,
            e->id_count ? e->ids[0] : 0);
        add_letter(all, "letter", e->letter);
    }
}

static void add_session(lines *all, px_broker *b, const px_session *s)
{
    add(all,
        "session %llu tenant=%u scope=%u id=%.*s credential=%.*s expiry=%u online=%d ghost=%d "
        "peer=%llx/%llx closed=%lld will=%d at=%lld topic=%.*s last=%d",
        (unsigned long long)s->no, s->tenant, s->scope,
        PX_FMT(s->is_ghost ? PX_STR("") : s->client_id), PX_FMT(s->credential), s->expiry_s,
        s->is_online, s->is_ghost, (unsigned long long)s->peer.boot,
        (unsigned long long)s->peer.conn, (long long)s->closed_at, s->has_will,
        (long long)s->will_at, PX_FMT(s->has_will ? s->will.letter.topic : PX_STR("")),
        s->is_ghost ? 0 : s->last_packet_id);
    PX_VEC_EACH (&s->filters, f)
        add(all, "filter %llu %.*s|%.*s qos=%d id=%u", (unsigned long long)s->no, PX_FMT(f->share),
            PX_FMT(f->text), f->qos, f->id);
    PX_VEC_EACH (&s->received, id)
        add(all, "received %llu %d", (unsigned long long)s->no, *id);
    add_queue(all, s, b->now);
}

static void add_groups(lines *all, px_broker *b)
{
    PX_VEC_EACH (&b->groups, g) {
        if (!*g)
            continue;
        PX_VEC_EACH (&(*g)->members, m)
            if (m->owner & PXI_OWNER_SESSION)
                add(all, "member %.*s|%.*s session=%llu qos=%d", PX_FMT((*g)->share),
                    PX_FMT((*g)->filter),
                    (unsigned long long)b->sessions.ptr[m->owner & UINT32_MAX]->no, m->qos);
    }
}

void kit_dump(px_broker *b, px_buf *buf)
{
    lines all = { 0 };
    const char *before = "";

    PX_VEC_EACH (&b->sessions, s)
        if (*s && !(*s)->is_passing)
            add_session(&all, b, *s);
    PX_VEC_EACH (&b->letters, l)
        if (*l && (*l)->is_retained && !pxi_letter_is_over(*l, b->now))
            add_letter(&all, "retained", *l);
    add_groups(&all, b);
    if (all.list.len)
        qsort(all.list.ptr, all.list.len, sizeof(*all.list.ptr), compare);
    PX_VEC_EACH (&all.list, line) {
        /* a message of several queues stands once */
        if (strncmp(*line, "letter", 6) != 0 || strcmp(before, *line) != 0) {
            px_put_c(buf, *line);
            px_put_c(buf, "\n");
        }
        before = *line;
    }
    PX_VEC_EACH (&all.list, line)
        px_free(*line);
    PX_VEC_RELEASE(&all.list);
}

/* ---- from the journal alone ---- */

static void no_admit(void *ctx, uint64_t conn, const px_mqtt_admission *admission)
{
    (void)ctx, (void)conn, (void)admission;
    CHECK(!"nobody waits for what is folded later");
}

static px_broker *make_bare(broker_kit *kit)
{
    px_broker *b = px_zalloc(1, sizeof(*b));

    CHECK(b != NULL);
    b->opts = kit->opts;
    b->opts.kept_bytes_max = PX_MQTT_KEPT_BYTES_MAX;
    b->opts.app.admit = no_admit;
    b->env = px_engine_env(kit->world.engine);
    b->boot = 2; /* of nobody */
    b->owed_tail = &b->owed;
    b->pending_tail = &b->pending;
    b->save.broker = b;
    pthread_rwlock_init(&b->lock, NULL);
    pthread_mutex_init(&b->jobs_lock, NULL);
    pthread_mutex_init(&b->pending_lock, NULL);
    px_arena_init(&b->arena, ARENA_BYTES_MAX);
    return b;
}

static void fold(px_broker *b, const px_batch *batch)
{
    px_cut cut = px_cut_of(batch->body);
    px_event_head head;
    px_event event;
    px_err err;

    b->now = batch->time;
    for (uint64_t seq = batch->seq_first; px_cut_left(&cut) > 0; seq++) {
        CHECK_OK(px_get_event_head(&cut, &head, &err), &err);
        px_arena_reset(&b->arena);
        CHECK_OK(px_get_event_body(&head, &b->arena, &event, &err), &err);
        event.seq = seq;
        event.time = batch->time;
        CHECK_OK(pxi_fold_event(b, &event, &err), &err);
    }
}

px_broker *kit_fold_alone(broker_kit *kit)
{
    px_broker *b = make_bare(kit);
    uint64_t goal = atomic_load(&kit->broker->position);
    px_feed *feed;
    px_batch *batch;
    px_err err;

    CHECK_OK(px_feed_open_at(kit->world.engine, 0, &feed, &err), &err);
    while (px_feed_position(feed) < goal) {
        CHECK_OK(px_feed_next(feed, 0, &batch, &err), &err);
        fold(b, batch);
        px_batch_unref(batch);
    }
    px_feed_close(feed);
    return b;
}

/* The lines of one that the other does not have. */
static void show_left(const char *whose, px_str of, px_str other)
{
    while (of.len > 0) {
        px_str line = px_str_cut(&of, '\n'), rest = other;
        bool found = false;

        while (rest.len > 0 && !found)
            found = px_str_eq(px_str_cut(&rest, '\n'), line);
        if (!found)
            print_error("%s: %.*s\n", whose, PX_FMT(line));
    }
}

void kit_check_state(broker_kit *kit, const char *when)
{
    px_broker *alone = kit_fold_alone(kit);
    px_buf got = { 0 }, wanted = { 0 };
    bool same;

    alone->now = kit->broker->now = alone->now > kit->broker->now ? alone->now : kit->broker->now;
    kit_dump(kit->broker, &got);
    kit_dump(alone, &wanted);
    same = px_str_eq(px_buf_str(&got), px_buf_str(&wanted));
    if (!same) {
        show_left("only the broker has", px_buf_str(&got), px_buf_str(&wanted));
        show_left("only the journal has", px_buf_str(&wanted), px_buf_str(&got));
        print_error("that is so %s\n", when);
    }
    px_buf_release(&got);
    px_buf_release(&wanted);
    px_broker_close(alone);
    CHECK(same);
}
