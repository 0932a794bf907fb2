/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The present answer to a fresh subscription, to what its filter selects and with no more than its
 * QoS: the desired values of its twin at once, its pending commands by the thread of deliveries, a
 * slice at a time, so that however many there are no connection waits for them.
 */
#include "base/json.h"
#include "server/topic_names.h"
#include "server/topics_impl.h"

enum { ARENA_BYTES_MAX = 64 * 1024 * 1024, COMMANDS_LISTED = 64, GREETINGS_MAX = 10000 };

/* One message for one connection, when its filter selects it; whether it was handed over. */
static bool greet(px_twin_topics *topics, const px_topics_greeting *to, const px_buf *topic,
                  const px_buf *payload, uint64_t seq, uint32_t tag)
{
    px_mqtt_publish message = {
        .topic = px_buf_str(topic), .payload = px_buf_str(payload), .tag = tag, .qos = to->qos
    };
    px_buf props = { 0 };
    bool is_told;

    px_topics_put_seq(&props, seq);
    message.encoded_props = px_buf_str(&props);
    is_told = topic->status == PX_OK && payload->status == PX_OK && props.status == PX_OK &&
              px_mqtt_filter_matches(to->filter, message.topic) &&
              px_mqtt_door_deliver(topics->door, &to->conn, 1, &message) == PX_OK;
    if (is_told)
        px_mqtt_door_wake(topics->door);
    px_buf_release(&props);
    return is_told;
}

/* The version that it was told, 0 when it was told nothing. */
static uint64_t greet_desired(px_twin_topics *topics, const px_topics_greeting *to, px_str twin_id)
{
    uint64_t version = 0;
    uint64_t seq = px_engine_position(topics->opts.engine);
    px_buf scratch = { 0 }, topic = { 0 }, payload = { 0 };
    const px_twin *twin;

    if (px_graph_read(px_engine_graph(topics->opts.engine), to->tenant, twin_id, &scratch, &twin,
                      NULL) == PX_OK &&
        px_topics_put_desired(topics, &payload, twin)) {
        px_put_twin_topic(&topic, twin_id);
        px_put_c(&topic, "desired");
        if (greet(topics, to, &topic, &payload, seq, 0))
            version = px_twin_desired_version(twin);
    }
    px_buf_release(&scratch);
    px_buf_release(&topic);
    px_buf_release(&payload);
    return version;
}

/* ---- pending commands ---- */

static bool may_select_commands(px_str filter)
{
    px_str third;

    (void)px_str_cut(&filter, '/');
    (void)px_str_cut(&filter, '/');
    third = px_str_cut(&filter, '/');
    return px_str_eq(third, PX_STR("commands")) || px_str_eq(third, PX_STR("+")) ||
           px_str_eq(third, PX_STR("#"));
}

static bool add_greeting(px_twin_topics *topics, const px_topics_greeting *greeting)
{
    px_topics_greeting own = *greeting;
    char *copy = px_alloc(greeting->filter.len);
    bool added = false;

    if (!copy)
        return false;
    memcpy(copy, greeting->filter.ptr, greeting->filter.len);
    own.filter.ptr = copy;
    pthread_mutex_lock(&topics->greetings_lock);
    if (topics->greetings.len < GREETINGS_MAX)
        added = PX_VEC_PUSH(&topics->greetings, own);
    pthread_mutex_unlock(&topics->greetings_lock);
    if (!added)
        px_free(copy);
    return added;
}

static void tell_gap(px_twin_topics *topics, px_str what, const px_err *err)
{
    atomic_fetch_add_explicit(&topics->delivery_gaps, 1, memory_order_relaxed);
    px_log_warn(topics->opts.log, "mqtt.delivery_gap", "pending='%.*s' %s", PX_FMT(what),
                err->text);
}

void px_topics_greet(px_twin_topics *topics, uint32_t tenant, px_mqtt_conn conn, px_str filter,
                     uint8_t qos)
{
    px_topics_greeting greeting = {
        .conn = conn, .tenant = tenant, .filter = filter, .qos = qos ? 1 : 0
    };
    char room[PX_TWIN_ID_BYTES_MAX];
    px_str twin_id;
    px_err err;

    if (!px_topic_filter_twin(filter, room, &twin_id))
        return; /* watchers of all twins follow; devices name their own */
    greeting.desired_version = greet_desired(topics, &greeting, twin_id);
    if ((greeting.desired_version == 0 && !may_select_commands(filter)) ||
        add_greeting(topics, &greeting))
        return;
    px_fail(&err, PX_LIMIT, "too many subscriptions wait for what is pending");
    tell_gap(topics, filter, &err);
}

static void send_pending(px_twin_topics *topics, const px_topics_greeting *to, uint32_t twin_no,
                         px_arena *arena, const px_document *document)
{
    px_buf topic = { 0 }, payload = { 0 };
    px_status status;
    uint32_t tag;
    px_err err;

    status = px_topics_read_command(document, twin_no, arena, &topic, &payload, &tag, &err);
    if (status == PX_OK)
        (void)greet(topics, to, &topic, &payload, document->revision, tag);
    else if (status != PX_NOT_FOUND)
        tell_gap(topics, document->id, &err);
    px_buf_release(&topic);
    px_buf_release(&payload);
}

/* Documents of pending commands have the id `TWIN/ID`. */
static px_status list_pending(px_twin_topics *topics, px_topics_greeting *to, px_str twin_id,
                              size_t max, px_arena *arena, px_document *ret_items,
                              size_t *ret_count, px_err *ret_err)
{
    uint32_t cursor = to->cursor;
    px_status status;
    char prefix[PX_TWIN_ID_BYTES_MAX + 1];

    memcpy(prefix, twin_id.ptr, twin_id.len);
    prefix[twin_id.len] = '/';
    px_arena_reset(arena);
    status = topics->list_under(px_engine_documents(topics->opts.engine), to->tenant,
                                PX_STR("command"), px_str_of(prefix, twin_id.len + 1), &cursor, max,
                                arena, ret_items, ret_count, ret_err);
    if (status == PX_OK)
        to->cursor = cursor;
    return status;
}

typedef enum slice {
    SLICE_LAST,
    SLICE_MORE,  /* the twin has more */
    SLICE_LATER, /* nothing is lost, and memory may come */
} slice;

static slice greet_slice(px_twin_topics *topics, px_topics_greeting *to)
{
    px_document items[COMMANDS_LISTED];
    char room[PX_TWIN_ID_BYTES_MAX];
    PX_AUTO_ARENA arena = { 0 };
    PX_AUTO_ARENA parsed = { 0 }; /* of one: the list may have left little room */
    px_status status;
    uint32_t twin_no, model_no;
    px_str twin_id;
    size_t count;
    px_err err;

    px_arena_init(&arena, ARENA_BYTES_MAX);
    px_arena_init(&parsed, ARENA_BYTES_MAX);
    if (!px_topic_filter_twin(to->filter, room, &twin_id))
        return SLICE_LAST;
    if (to->desired_version)
        px_topics_desired_handed(topics, twin_id, to->desired_version, &to->conn, 1);
    to->desired_version = 0;
    if (!may_select_commands(to->filter) ||
        px_graph_lookup(px_engine_graph(topics->opts.engine), to->tenant, twin_id, &twin_no,
                        &model_no) != PX_OK)
        return SLICE_LAST;
    status = list_pending(topics, to, twin_id, COMMANDS_LISTED, &arena, items, &count, &err);
    if (status == PX_LIMIT) /* so many large ones: there is room for each */
        status = list_pending(topics, to, twin_id, 1, &arena, items, &count, &err);
    if (status == PX_NO_MEMORY || status == PX_LIMIT)
        return SLICE_LATER;
    if (status != PX_OK) {
        tell_gap(topics, to->filter, &err);
        return SLICE_LAST;
    }
    for (size_t i = 0; i < count; i++) {
        px_arena_reset(&parsed);
        send_pending(topics, to, twin_no, &parsed, &items[i]);
    }
    return to->cursor != 0 ? SLICE_MORE : SLICE_LAST;
}

/* The oldest goes first, to its end; nobody else takes one away. One that waits for memory is tried
 * again when the thread has waited for events. */
bool px_topics_greet_more(px_twin_topics *topics)
{
    px_topics_greeting first = { 0 };
    bool more, any;
    slice gone;

    pthread_mutex_lock(&topics->greetings_lock);
    any = topics->greetings.len > 0;
    if (any)
        first = topics->greetings.ptr[0];
    pthread_mutex_unlock(&topics->greetings_lock);
    if (!any)
        return false;
    gone = greet_slice(topics, &first);
    pthread_mutex_lock(&topics->greetings_lock);
    more = gone == SLICE_MORE;
    if (gone != SLICE_LAST) {
        topics->greetings.ptr[0].cursor = first.cursor;
        topics->greetings.ptr[0].desired_version = first.desired_version;
    } else {
        px_free((void *)(uintptr_t)first.filter.ptr);
        topics->greetings.len--;
        memmove(topics->greetings.ptr, topics->greetings.ptr + 1,
                topics->greetings.len * sizeof(first));
        more = topics->greetings.len > 0;
    }
    pthread_mutex_unlock(&topics->greetings_lock);
    return more;
}

void px_topics_forget_greetings(px_twin_topics *topics)
{
    PX_VEC_EACH (&topics->greetings, greeting)
        px_free((void *)(uintptr_t)greeting->filter.ptr);
    PX_VEC_RELEASE(&topics->greetings);
}
