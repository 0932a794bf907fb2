/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A letter is a head, the references of its connections, topic, payload, properties; one after the
 * other in a byte buffer, so that a delivery costs one copy and no allocation. A reply is its
 * struct and the list that it points to, padded to whole structs' alignment.
 */
#include "server/mqtt_post.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"

typedef struct letter_head {
    int64_t expires_at_ns;
    uint32_t conn_count, topic_bytes, payload_bytes, props_bytes, tag;
    uint16_t packet_id;
    uint8_t qos;
    bool retain, dup;
} letter_head;

px_status px_mqtt_post_init(px_mqtt_post *post, px_err *ret_err)
{
    *post = (px_mqtt_post){ .wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC) };
    pthread_mutex_init(&post->lock, NULL);
    if (post->wake_fd < 0)
        return px_fail(ret_err, PX_IO, "no eventfd can be had for a door thread");
    return PX_OK;
}

void px_mqtt_arrival_drop(const px_mqtt_arrival *arrival)
{
    px_free(arrival->early);
    close(arrival->fd);
}

void px_mqtt_post_close(px_mqtt_post *post)
{
    pthread_mutex_lock(&post->lock);
    post->is_closed = true;
    PX_VEC_EACH (&post->in.arrivals, arrival) {
        px_mqtt_arrival_drop(arrival);
    }
    post->in.arrivals.len = 0;
    pthread_mutex_unlock(&post->lock);
}

static void release_bag(px_mqtt_post_bag *bag)
{
    PX_VEC_RELEASE(&bag->answers);
    PX_VEC_RELEASE(&bag->orders);
    PX_VEC_RELEASE(&bag->arrivals);
    px_buf_release(&bag->replies);
    px_buf_release(&bag->whys);
    px_buf_release(&bag->letters);
}

void px_mqtt_post_release(px_mqtt_post *post)
{
    px_mqtt_post_close(post);
    release_bag(&post->in);
    release_bag(&post->out); /* its arrivals were adopted */
    if (post->wake_fd >= 0)
        close(post->wake_fd);
    pthread_mutex_destroy(&post->lock);
}

static void want(px_mqtt_post *post)
{
    if (!atomic_load_explicit(&post->is_wanted, memory_order_relaxed))
        atomic_store_explicit(&post->is_wanted, true, memory_order_release);
}

void px_mqtt_post_answer_put(px_mqtt_post *post, px_mqtt_post_answer answer)
{
    bool put;

    pthread_mutex_lock(&post->lock);
    put = PX_VEC_PUSH(&post->in.answers, answer);
    want(post);
    pthread_mutex_unlock(&post->lock);
    px_assert(put); /* reserved when the message came; only answering twice could use it up */
}

/* ---- replies ---- */

static size_t padded(size_t bytes)
{
    return (bytes + sizeof(int64_t) - 1) / sizeof(int64_t) * sizeof(int64_t);
}

/* The list of a reply: ids or reasons. */
static px_str list_of(const px_mqtt_reply *r)
{
    const px_mqtt_admission *a = &r->admission;

    if (r->kind == PX_MQTT_REPLY_ADMIT)
        return px_str_of((const char *)a->received, a->received_count * sizeof(*a->received));
    return px_str_of((const char *)r->reasons, r->count);
}

bool px_mqtt_post_reply_put(px_mqtt_post *post, const px_mqtt_reply *r)
{
    static const char zeros[sizeof(int64_t)];
    bool explains = r->kind == PX_MQTT_REPLY_EXPLAIN;
    px_buf *replies = explains ? &post->in.whys : &post->in.replies;
    px_str list = list_of(r);
    size_t padding = padded(list.len) - list.len, size = sizeof(*r) + list.len + padding;
    bool put;

    pthread_mutex_lock(&post->lock);
    put = !(explains && replies->len + size > PX_MQTT_DOOR_MAIL_BYTES_MAX) &&
          px_buf_reserve(replies, size);
    replies->status = PX_OK; /* those already there are whole */
    if (put) {
        px_put(replies, px_str_of((const char *)r, sizeof(*r)));
        px_put(replies, list);
        px_put(replies, px_str_of(zeros, padding));
    } else if (!explains) {
        atomic_store(&post->is_short, true);
    }
    want(post);
    pthread_mutex_unlock(&post->lock);
    return put;
}

bool px_mqtt_reply_next(px_str *at, px_mqtt_reply *ret_reply)
{
    px_mqtt_reply r;
    const void *list = at->ptr + sizeof(r);

    if (at->len == 0)
        return false;
    memcpy(&r, at->ptr, sizeof(r));
    if (r.kind == PX_MQTT_REPLY_ADMIT)
        r.admission.received = list;
    else
        r.reasons = list;
    *at = px_str_skip(*at, sizeof(r) + padded(list_of(&r).len));
    *ret_reply = r;
    return true;
}

/* ---- the rest ---- */

bool px_mqtt_post_order_put(px_mqtt_post *post, px_mqtt_post_order order)
{
    bool put;

    pthread_mutex_lock(&post->lock);
    put = PX_VEC_PUSH(&post->in.orders, order);
    want(post);
    pthread_mutex_unlock(&post->lock);
    return put;
}

bool px_mqtt_post_arrival_put(px_mqtt_post *post, px_mqtt_arrival arrival)
{
    bool put;

    pthread_mutex_lock(&post->lock);
    put = !post->is_closed && PX_VEC_PUSH(&post->in.arrivals, arrival);
    want(post);
    pthread_mutex_unlock(&post->lock);
    return put;
}

static void put_letter(px_buf *letters, const letter_head *head, unsigned thread,
                       const px_mqtt_conn *conns, size_t count, const px_mqtt_publish *m)
{
    px_put(letters, px_str_of((const char *)head, sizeof(*head)));
    for (size_t i = 0; i < count; i++)
        if (px_mqtt_conn_thread(conns[i]) == thread)
            px_put(letters, px_str_of((const char *)&conns[i], sizeof(conns[i])));
    px_put(letters, m->topic);
    px_put(letters, m->payload);
    px_put(letters, m->encoded_props);
}

px_status px_mqtt_post_letter_put(px_mqtt_post *post, unsigned thread, const px_mqtt_conn *conns,
                                  size_t count, const px_mqtt_publish *m)
{
    letter_head head = { .topic_bytes = (uint32_t)m->topic.len,
                         .payload_bytes = (uint32_t)m->payload.len,
                         .props_bytes = (uint32_t)m->encoded_props.len,
                         .expires_at_ns = m->expires_at_ns,
                         .tag = m->tag,
                         .packet_id = m->packet_id,
                         .qos = m->qos,
                         .retain = m->retain,
                         .dup = m->dup };
    px_status status = PX_OK;
    px_buf *letters = &post->in.letters;
    size_t size;

    for (size_t i = 0; i < count; i++)
        head.conn_count += px_mqtt_conn_thread(conns[i]) == thread;
    if (head.conn_count == 0)
        return PX_OK;
    size = sizeof(head) + head.conn_count * sizeof(*conns) + m->topic.len + m->payload.len +
           m->encoded_props.len;
    pthread_mutex_lock(&post->lock);
    if (letters->len + size > PX_MQTT_DOOR_MAIL_BYTES_MAX) {
        status = PX_LIMIT;
    } else if (!px_buf_reserve(letters, size)) {
        letters->status = PX_OK; /* the letters already there are whole */
        status = PX_NO_MEMORY;
    } else {
        put_letter(letters, &head, thread, conns, count, m);
        want(post);
    }
    pthread_mutex_unlock(&post->lock);
    return status;
}

bool px_mqtt_post_wake(px_mqtt_post *post)
{
    uint64_t one = 1;

    if (!atomic_load_explicit(&post->is_wanted, memory_order_acquire) ||
        !atomic_exchange_explicit(&post->is_wanted, false, memory_order_acq_rel))
        return false;
    return write(post->wake_fd, &one, sizeof(one)) == sizeof(one);
}

bool px_mqtt_post_reserve(px_mqtt_post *post, size_t count)
{
    size_t wanted = count * 2 > 256 ? count * 2 : 256;
    bool ok;

    if (count <= post->answers_reserved)
        return true;
    pthread_mutex_lock(&post->lock);
    ok = PX_VEC_RESERVE(&post->in.answers, wanted) && PX_VEC_RESERVE(&post->out.answers, wanted);
    pthread_mutex_unlock(&post->lock);
    if (ok)
        post->answers_reserved = wanted;
    return ok;
}

/* What grew for a crowd is given back. */
static void empty(px_buf *buf)
{
    if (buf->cap > 1024 * 1024)
        px_buf_release(buf);
    else
        px_buf_clear(buf);
}

void px_mqtt_post_take(px_mqtt_post *post)
{
    px_mqtt_post_bag emptied = post->out;

    emptied.answers.len = 0;
    emptied.orders.len = 0;
    emptied.arrivals.len = 0;
    empty(&emptied.replies);
    empty(&emptied.whys);
    empty(&emptied.letters);
    pthread_mutex_lock(&post->lock);
    post->out = post->in;
    post->in = emptied;
    atomic_store_explicit(&post->is_wanted, false, memory_order_relaxed); /* nobody is waited for */
    pthread_mutex_unlock(&post->lock);
}

bool px_mqtt_letter_next(px_str *at, px_mqtt_letter *ret_letter)
{
    letter_head head;
    px_str rest = *at;
    px_mqtt_publish m = { 0 };

    if (rest.len == 0)
        return false;
    memcpy(&head, rest.ptr, sizeof(head));
    rest = px_str_skip(rest, sizeof(head));
    ret_letter->conns = rest.ptr;
    ret_letter->count = head.conn_count;
    rest = px_str_skip(rest, head.conn_count * sizeof(px_mqtt_conn));
    m.topic = px_str_of(rest.ptr, head.topic_bytes);
    rest = px_str_skip(rest, head.topic_bytes);
    m.payload = px_str_of(rest.ptr, head.payload_bytes);
    rest = px_str_skip(rest, head.payload_bytes);
    m.encoded_props = px_str_of(rest.ptr, head.props_bytes);
    m.expires_at_ns = head.expires_at_ns;
    m.tag = head.tag;
    m.packet_id = head.packet_id;
    m.qos = head.qos;
    m.retain = head.retain;
    m.dup = head.dup;
    ret_letter->message = m;
    *at = px_str_skip(rest, head.props_bytes);
    return true;
}

px_mqtt_conn px_mqtt_letter_conn(const px_mqtt_letter *letter, size_t index)
{
    px_mqtt_conn conn;

    memcpy(&conn, letter->conns + index * sizeof(conn), sizeof(conn));
    return conn;
}
