/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop: let the connection live for a moment, step the line up to the wall's time, say what is
 * due. An order first brings the line up to now, so that times never go back, and what it changed
 * is said before it is answered.
 *
 * Before the first connection nothing is said. With it comes the backlog, if one is wanted: the
 * line runs from the past to now, and what it would have said goes out in arrays, twin by twin.
 */
#include "plant/plant.h"

#include <stdio.h>

#include "base/env.h"
#include "base/limits.h"
#include "plant/link.h"
#include "plant/order.h"
#include "plant/report.h"
#include "plant/series.h"

enum {
    TWINS = PX_LINE_UNITS + PX_LINE_BUFFERS + 1,
    TURN_MS = 50,
    BACKLOG_BYTES_MAX = 24 * 1024, /* of one array */
    TOPIC_BYTES = 256,
    CATCH_UP_STEPS_MAX = 600 * PX_LINE_STEPS_PER_SECOND,
    FIRST_CONNECT_MS = 30000,
    FAULT_WAIT_MS = 10000,
    FAULT_CONNECT_MS = 3000,
    ORDER_ARENA_BYTES = 64 * 1024,
};

#define CLOCK_JUMP_NS (5 * PX_SECOND) /* the wall's clock was set: the line follows it */

typedef struct backlog {
    const char *twin_id;
    px_buf objects; /* parted by commas, in brackets */
} backlog;

typedef struct plant {
    const px_plant_opts *opts;
    px_env *env;
    px_line line;
    px_report report;
    px_order_memory orders;
    px_link *link;
    px_time begin;         /* wall time of the line's step 0 */
    int64_t begin_mono_ns; /* monotonic time of the same */
    bool running;          /* the first connection came about */
    uint64_t refused;      /* of px_link_counts, as of the last look */
    backlog backlog[TWINS];
    size_t backlog_count;
} plant;

/* ---- saying ---- */

static void say_live(void *data, const char *twin_id, bool reported, px_str json)
{
    plant *p = data;
    char topic[TOPIC_BYTES];

    snprintf(topic, sizeof(topic), "twins/%s/%s", twin_id, reported ? "reported" : "telemetry");
    px_link_say(p->link, topic, json, reported);
}

static void flush_backlog(plant *p, backlog *b)
{
    char topic[TOPIC_BYTES];

    if (b->objects.len == 0)
        return;
    px_put_char(&b->objects, ']');
    snprintf(topic, sizeof(topic), "twins/%s/telemetry", b->twin_id);
    px_link_say(p->link, topic, px_buf_str(&b->objects), true);
    px_buf_clear(&b->objects);
}

static backlog *backlog_of(plant *p, const char *twin_id)
{
    for (size_t i = 0; i < p->backlog_count; i++)
        if (strcmp(p->backlog[i].twin_id, twin_id) == 0)
            return &p->backlog[i];
    px_assert(p->backlog_count < TWINS);
    p->backlog[p->backlog_count].twin_id = twin_id;
    return &p->backlog[p->backlog_count++];
}

static void say_backlog(void *data, const char *twin_id, bool reported, px_str json)
{
    plant *p = data;
    backlog *b = backlog_of(p, twin_id);

    (void)reported; /* the telemetry topic takes properties, too */
    px_put_char(&b->objects, b->objects.len ? ',' : '[');
    px_put(&b->objects, json);
    if (b->objects.len >= BACKLOG_BYTES_MAX)
        flush_backlog(p, b);
}

/* ---- time ---- */

static px_time time_of_step(const plant *p, uint64_t step)
{
    return p->begin + (px_time)(step * PX_LINE_STEP_MS * (uint64_t)PX_MILLISECOND / p->opts->speed);
}

static uint64_t step_of_now(const plant *p)
{
    int64_t since_ns = p->env->monotonic_ns(p->env) - p->begin_mono_ns;

    return (uint64_t)(since_ns / PX_MILLISECOND) * p->opts->speed / PX_LINE_STEP_MS;
}

/* A clock that was set, or a machine that slept: from here on the wall's time holds. */
static void follow_clock(plant *p)
{
    int64_t since_ns = p->env->monotonic_ns(p->env) - p->begin_mono_ns;
    px_time wall = p->env->now(p->env), drift = wall - (p->begin + since_ns);

    if (drift > CLOCK_JUMP_NS || drift < -CLOCK_JUMP_NS)
        p->begin = (wall - since_ns) / PX_MILLISECOND * PX_MILLISECOND;
}

static void run_to_now(plant *p, px_report_say *say)
{
    uint64_t wanted = step_of_now(p);

    if (wanted > p->line.step + CATCH_UP_STEPS_MAX * (uint64_t)p->opts->speed) {
        /* The process stood still for long: the line did, too. */
        int64_t lost_ns = time_of_step(p, wanted) - time_of_step(p, p->line.step);

        p->begin += lost_ns;
        p->begin_mono_ns += lost_ns;
        return;
    }
    while (p->line.step < wanted) {
        px_line_step(&p->line);
        px_report_turn(&p->report, &p->line, time_of_step(p, p->line.step), say, p);
    }
}

/* ---- what is asked of it ---- */

static void answer(plant *p, const px_order *order, bool applied)
{
    char topic[PX_TOPIC_BYTES_MAX];

    if (order->id.len == 0)
        return;
    snprintf(topic, sizeof(topic), "twins/%.*s/commands/%.*s/%.*s/response", PX_FMT(order->twin),
             PX_FMT(order->name), PX_FMT(order->id));
    px_link_say(p->link, topic,
                applied ? PX_STR("{\"status\":\"applied\"}")
                        : PX_STR("{\"status\":\"rejected\",\"payload\":{\"error\":\"this twin has "
                                 "no such command\"}}"),
                true);
}

static void on_message(void *data, px_str topic, px_str payload)
{
    plant *p = data;
    px_order order;
    bool applied;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, ORDER_ARENA_BYTES);
    if (!p->running || !px_order_read(topic, payload, &arena, &order) ||
        !px_order_is_new(&p->orders, &order))
        return;
    run_to_now(p, say_live);
    applied = px_order_apply(&order, &p->line);
    px_report_turn(&p->report, &p->line, time_of_step(p, p->line.step), say_live, p);
    answer(p, &order, applied);
}

static void on_note(void *data, const char *text)
{
    plant *p = data;

    p->opts->note(p->opts->data, text);
}

static void begin(plant *p)
{
    int64_t since_ns = (int64_t)p->opts->since_seconds * PX_SECOND;

    p->begin = p->env->now(p->env) / PX_MILLISECOND * PX_MILLISECOND - since_ns;
    p->begin_mono_ns = p->env->monotonic_ns(p->env) - since_ns;
    p->running = true;
}

/* From the past to now: more than the live loop would catch up with at once. */
static void tell_past(plant *p)
{
    uint64_t wanted = step_of_now(p);

    while (p->line.step < wanted) {
        px_line_step(&p->line);
        px_report_turn(&p->report, &p->line, time_of_step(p, p->line.step), say_backlog, p);
    }
    for (size_t i = 0; i < p->backlog_count; i++)
        flush_backlog(p, &p->backlog[i]);
}

static void on_open(void *data)
{
    plant *p = data;

    if (p->running) {
        on_note(p, "the server is back");
    } else {
        begin(p);
        tell_past(p);
    }
    p->report.all = true;
}

/* ---- the loop ---- */

/* What the server refused may have been a state: it is told how things are once more. */
static void look_at_refusals(plant *p)
{
    px_link_counts counts = px_link_count(p->link);
    char text[160];

    if (counts.refused == p->refused)
        return;
    snprintf(text, sizeof(text), "the server refused %llu messages",
             (unsigned long long)(counts.refused - p->refused));
    p->refused = counts.refused;
    on_note(p, text);
    p->report.all = true;
}

static px_status loop(plant *p, px_err *ret_err)
{
    int64_t begin_ns = p->env->monotonic_ns(p->env);
    int64_t looked_ns = begin_ns, now_ns = begin_ns;

    while (
        !p->opts->ends(p->opts->data) &&
        (p->opts->duration_ms == 0 || now_ns - begin_ns < p->opts->duration_ms * PX_MILLISECOND)) {
        PX_TRY(px_link_turn(p->link, TURN_MS, ret_err));
        now_ns = p->env->monotonic_ns(p->env);
        if (!p->running)
            continue;
        follow_clock(p);
        run_to_now(p, say_live);
        if (now_ns - looked_ns > 5 * PX_SECOND) {
            look_at_refusals(p);
            looked_ns = now_ns;
        }
    }
    if (!p->running && !p->opts->ends(p->opts->data))
        return px_fail(ret_err, PX_UNREACHABLE, "no MQTT server answered at %s:%d", p->opts->host,
                       p->opts->port);
    /* What was said goes out before the end, if somebody listens. */
    for (int i = 0; i < 40 && px_link_is_open(p->link) && px_link_owed(p->link) > 0; i++)
        PX_TRY(px_link_turn(p->link, TURN_MS, ret_err));
    return PX_OK;
}

/* The plant's own twins, each by its name: a wildcard for the twin would reach beyond. */
static const char *const filters[] = {
#define TWIN(id) "twins/" id "/desired", "twins/" id "/commands/#"
    TWIN("cnc-01"),    TWIN("press-01"), TWIN("robot-01"), TWIN("oven-01"),
    TWIN("packer-01"), TWIN(PX_LINE_ID), "plant/faults/+", NULL,
#undef TWIN
};

px_status px_plant_run(const px_plant_opts *opts, px_err *ret_err)
{
    px_plant_opts own = *opts;
    plant p = { .opts = &own, .env = px_env_posix() };
    px_link_opts link = { .host = opts->host,
                          .port = opts->port,
                          .user = opts->device,
                          .key = opts->key,
                          .filters = filters,
                          .first_connect_ms = FIRST_CONNECT_MS,
                          .opened = on_open,
                          .got = on_message,
                          .note = on_note,
                          .data = &p };
    px_status status;

    if (own.speed == 0)
        own.speed = 1;
    px_line_init(&p.line, own.seed);
    px_report_init(&p.report, own.speed);
    status = px_link_new(&p.link, &link, ret_err);
    if (status == PX_OK)
        status = loop(&p, ret_err);
    px_link_free(p.link);
    px_report_release(&p.report);
    for (size_t i = 0; i < p.backlog_count; i++)
        px_buf_release(&p.backlog[i].objects);
    return status;
}

/* ---- a fault, from outside ---- */

static void ignore(void *data)
{
    (void)data;
}

static void ignore_message(void *data, px_str topic, px_str payload)
{
    (void)data, (void)topic, (void)payload;
}

static void ignore_note(void *data, const char *text)
{
    (void)data, (void)text;
}

/* A word that must be one of few: the nearest, or all of them, when it is none. */
static px_status check_word(const char *what, const char *id, const char *word, const px_str *known,
                            size_t count, px_err *ret_err)
{
    px_str near = px_str_nearest(px_str_c(word), known, count);
    px_buf text = { 0 };

    for (size_t i = 0; i < count; i++)
        if (px_str_eq(known[i], px_str_c(word)))
            return PX_OK;
    px_putf(&text, "the plant has no %s '%.64s'", what, word);
    if (near.len)
        px_putf(&text, "; did you mean '%.*s'?", PX_FMT(near));
    for (size_t i = 0; i < count && !near.len; i++)
        px_putf(&text, "%s%.*s", i ? ", " : "; it has ", PX_FMT(known[i]));
    px_fail_id(ret_err, PX_INVALID, id, "%.*s", PX_FMT(px_buf_str(&text)));
    px_buf_release(&text);
    return PX_INVALID;
}

static px_status check_fault(const char *unit, const char *fault, px_err *ret_err)
{
    static const px_str faults[] = { { "stop", 4 }, { "bearing", 7 } };
    px_str units[PX_LINE_UNITS];

    for (unsigned i = 0; i < PX_LINE_UNITS; i++)
        units[i] = px_str_c(px_line_unit_id(i));
    PX_TRY(check_word("unit", "plant.unit", unit, units, PX_LINE_UNITS, ret_err));
    return check_word("fault", "plant.fault", fault, faults, sizeof(faults) / sizeof(faults[0]),
                      ret_err);
}

px_status px_plant_fault(const px_plant_opts *opts, const char *unit, const char *fault,
                         px_err *ret_err)
{
    px_env *env = px_env_posix();
    int64_t end_ns = env->monotonic_ns(env) + FAULT_WAIT_MS * PX_MILLISECOND;
    px_link_opts link_opts = { .host = opts->host,
                               .port = opts->port,
                               .user = opts->device,
                               .key = opts->key,
                               .first_connect_ms = FAULT_CONNECT_MS,
                               .opened = ignore,
                               .got = ignore_message,
                               .note = ignore_note };
    char topic[TOPIC_BYTES];
    px_link *link;
    px_status status;

    PX_TRY(check_fault(unit, fault, ret_err));
    PX_TRY(px_link_new(&link, &link_opts, ret_err));
    snprintf(topic, sizeof(topic), "plant/faults/%s", unit);
    px_link_say(link, topic, px_str_c(fault), true);
    do
        status = px_link_turn(link, TURN_MS, ret_err);
    while (status == PX_OK && px_link_owed(link) > 0 && env->monotonic_ns(env) < end_ns);
    if (status == PX_OK && px_link_count(link).refused > 0)
        status = px_fail(ret_err, PX_DENIED, "the server refused to pass the fault on");
    else if (status == PX_OK && px_link_owed(link) > 0)
        status = px_fail(ret_err, PX_TIMEOUT, "the server did not take the fault in time");
    px_link_free(link);
    return status;
}
