/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deaths of Sparkplug B: whose values end with an edge node or a device, as a request to the
 * engine.
 *
 *     who ends (sync/sparkplug.h) ─┬─► the twin of its name: all of it
 *                                  └─► twins that bindings filled: the values that it told
 *
 * One that could not be written, though its client may be gone, is made again by the thread of
 * deliveries.
 */
#include "server/topics_impl.h"
#include "server/topics_sparkplug.h"

enum {
    PAID_MAX = 64, /* nodes whose deaths are made again at once */
    TIMES_MAX = 3, /* of one field */
};

_Static_assert(PX_SPARK_FED_MAX *(2 * sizeof(px_source_end) + TIMES_MAX * sizeof(px_field_value) +
                                  PX_TWIN_ID_BYTES_MAX + 64) < PX_TOPICS_ARENA_BYTES_MAX / 2,
               "a death fits into its message, else it would be owed for ever");

/* In the message's arena. */
struct px_topics_death {
    px_spark_ending ending;
    bool is_over; /* written, or refused for good */
};

/* ---- who ends, with the lock of Sparkplug ---- */

/* Twins whose source is gone; what they borrow is in the message's arena. */
typedef struct ends {
    px_arena *arena;
    PX_VEC(px_source_end) list;
    bool is_cut; /* no memory */
} ends;

static void add_end(ends *e, px_source_end end)
{
    end.twin = px_arena_str(e->arena, end.twin);
    if (!end.twin.ptr || !PX_VEC_PUSH(&e->list, end))
        e->is_cut = true;
}

static void add_own(ends *e, const px_spark_status *status)
{
    px_spark_topic topic = { .group = status->group,
                             .node = status->node,
                             .device = status->device };
    px_buf twin = { 0 };

    px_put_spark_twin(&twin, &topic);
    if (twin.status == PX_OK)
        add_end(e, (px_source_end){ .twin = px_buf_str(&twin) });
    else
        e->is_cut = true;
    px_buf_release(&twin);
}

/* The field as often as the live value may be of different times. */
static void add_time(px_source_end *end, uint32_t field, px_time told)
{
    end->fields[end->field_count++] = (px_field_value){ .field = field, .source_time = told };
}

static void add_fed(ends *e, const px_spark_fed *fed)
{
    px_source_end end = { .twin = fed->twin, .model_no = fed->model_no };

    if (fed->fields.len == 0)
        return; /* none would mean all of them */
    end.fields = PX_ARENA_ARRAY(e->arena, px_field_value, TIMES_MAX * fed->fields.len);
    if (!end.fields) {
        e->is_cut = true;
        return;
    }
    PX_VEC_EACH (&fed->fields, f) {
        add_time(&end, f->field, f->sent);
        if (f->last != f->sent)
            add_time(&end, f->field, f->last);
        if (f->newest != f->last && f->newest != f->sent)
            add_time(&end, f->field, f->newest);
    }
    add_end(e, end);
}

static void add_ended(void *ctx, const px_spark_ended *ended)
{
    ends *e = ctx;

    add_own(e, &ended->status);
    for (size_t i = 0; i < ended->fed_count; i++)
        add_fed(e, &ended->fed[i]);
}

/* ---- twins that have another model by now ---- */

/* The fields of these paths; what the model does not have any more has no value either. */
static void follow(px_source_end *end, const px_layout *from, const px_layout *to)
{
    size_t count = 0;

    for (size_t i = 0; i < end->field_count; i++) {
        const px_field *field =
            px_layout_find_path(to, px_layout_field(from, end->fields[i].field)->path);

        if (!field)
            continue;
        end->fields[count] = end->fields[i];
        end->fields[count++].field = field->index;
    }
    end->field_count = count;
}

/* False: nothing of it is left. */
static bool is_there(px_engine *engine, uint32_t tenant, px_source_end *end)
{
    const px_registry *registry = px_engine_registry(engine);
    const px_model *from, *to;
    uint32_t no, model_no;

    if (end->field_count == 0)
        return true; /* all of a twin, whatever its model is */
    if (px_graph_lookup(px_engine_graph(engine), tenant, end->twin, &no, &model_no) != PX_OK)
        return false;
    if (model_no == end->model_no)
        return true;
    from = px_registry_model(registry, end->model_no);
    to = px_registry_model(registry, model_no);
    if (!from || !to)
        return false;
    follow(end, px_model_layout(from), px_model_layout(to));
    end->model_no = model_no;
    return end->field_count > 0;
}

/* The list moves to the message's arena; false: no memory. */
static bool put_ends(ends *e, uint32_t tenant, px_topics_message *m)
{
    px_source_end *copy = PX_ARENA_ARRAY(e->arena, px_source_end, e->list.len + 1);
    size_t count = 0;

    PX_VEC_EACH (&e->list, end)
        if (copy && is_there(m->topics->opts.engine, tenant, end))
            copy[count++] = *end;
    m->request.kind = PX_REQUEST_SOURCES_ENDED;
    m->request.ends = copy;
    m->request.end_count = count;
    PX_VEC_RELEASE(&e->list);
    return copy && !e->is_cut;
}

/* ---- a death ---- */

static bool copy_ending(px_arena *arena, const px_spark_ending *from, px_spark_ending *to)
{
    *to = *from;
    to->group = px_arena_str(arena, from->group);
    to->node = px_arena_str(arena, from->node);
    return to->group.ptr && to->node.ptr;
}

bool px_topics_spark_end(const px_spark_ending *ending, px_topics_message *m)
{
    px_sparkplug *sparkplug = m->topics->sparkplug;
    ends e = { .arena = &m->arena };
    struct px_topics_death *death = PX_ARENA_NEW(&m->arena, struct px_topics_death);

    if (!death || !copy_ending(&m->arena, ending, &death->ending)) {
        px_sparkplug_ended(sparkplug, ending, false);
        return false;
    }
    m->death = death;
    px_sparkplug_each_ended(sparkplug, ending, add_ended, &e);
    return put_ends(&e, ending->tenant, m);
}

void px_topics_spark_settle(px_topics_message *m)
{
    px_sparkplug_ended(m->topics->sparkplug, &m->death->ending, m->death->is_over);
}

/* What is refused because of the message that it came with is made again alone. */
void px_topics_spark_answered(px_topics_message *m)
{
    px_status status = m->request.result.status;

    m->death->is_over = status == PX_OK || status == PX_DENIED || status == PX_UNAUTHORIZED;
}

/* ---- deaths made again ---- */

/* On the engine's thread. Nobody is told: the refusal was. */
static void paid(px_request *request)
{
    px_topics_message *m = request->data;
    px_status status = request->result.status;

    m->death->is_over = status != PX_FULL && status != PX_BUSY && status != PX_NO_MEMORY;
    if (status != PX_OK && m->death->is_over)
        px_log_error(m->topics->opts.log, "sparkplug.death_lost",
                     "group='%.*s' node='%.*s' %s: its values become stale by their age alone",
                     PX_FMT(m->death->ending.group), PX_FMT(m->death->ending.node),
                     request->result.err.text);
    px_topics_give_back(m);
}

static bool pay(px_twin_topics *topics)
{
    px_topics_message *m = px_topics_take(topics, PX_TOPICS_DELIVERY_THREAD);
    px_spark_ending ending;

    if (!m)
        return false;
    px_topics_begin(m, PX_REQUEST_SOURCES_ENDED, (px_mqtt_conn){ 0 }, PX_MQTT_TOKEN_NONE);
    m->request.id = m->request.text = PX_STR("");
    m->request.done = paid;
    if (!px_sparkplug_take_owed(topics->sparkplug, &m->arena, &ending) ||
        !px_topics_spark_end(&ending, m)) {
        px_topics_give_back(m);
        return false;
    }
    m->request.principal =
        (px_principal){ .tenant = ending.tenant, .role = PX_ROLE_ADMIN, .id = PX_STR("sparkplug") };
    (void)px_topics_send(topics, PX_TOPICS_DELIVERY_THREAD, m);
    px_topics_flush(topics, PX_TOPICS_DELIVERY_THREAD); /* each by itself: it may be large */
    return true;
}

void px_topics_spark_pay(px_twin_topics *topics)
{
    for (int i = 0; i < PAID_MAX && px_engine_has_room(topics->opts.engine); i++)
        if (!pay(topics))
            break;
}
