/* SPDX-License-Identifier: Apache-2.0 */
#include "server/twin_topics.h"

#include "base/thread.h"
#include "server/topics_impl.h"

static px_status be_host(px_twin_topics *topics, const px_twin_topics_opts *opts, px_err *ret_err)
{
    px_env *env = px_engine_env(opts->engine);

    if (!opts->spark_host || !*opts->spark_host)
        return PX_OK;
    return px_sparkplug_be_host(topics->sparkplug, px_str_c(opts->spark_host), env->now(env),
                                ret_err);
}

px_status px_twin_topics_new(const px_twin_topics_opts *opts, px_twin_topics **ret_topics,
                             px_err *ret_err)
{
    px_twin_topics *topics = px_zalloc(1, sizeof(*topics));
    px_broker_opts broker_opts = { .engine = opts->engine,
                                   .store = px_engine_store(opts->engine),
                                   .log = opts->log };
    px_status status;

    if (!topics)
        return px_no_memory(ret_err);
    topics->sparkplug = px_sparkplug_new();
    if (!topics->sparkplug) {
        px_free(topics);
        return px_no_memory(ret_err);
    }
    broker_opts.app = px_topics_broker_app(topics);
    status = be_host(topics, opts, ret_err);
    if (status == PX_OK)
        status = px_broker_open(&broker_opts, &topics->broker, ret_err);
    if (status == PX_OK)
        status = px_broker_start(topics->broker, ret_err); /* before the first connection */
    if (status != PX_OK) {
        px_broker_close(topics->broker);
        px_sparkplug_free(topics->sparkplug);
        px_free(topics);
        return status;
    }
    topics->opts = *opts;
    topics->next = px_feed_next;
    topics->list_under = px_documents_list_under;
    pthread_mutex_init(&topics->clients_lock, NULL);
    pthread_mutex_init(&topics->greetings_lock, NULL);
    *ret_topics = topics;
    return PX_OK;
}

static void free_messages(px_topics_message *m)
{
    while (m) {
        px_topics_message *next = m->next_free;

        px_arena_release(&m->arena);
        px_free(m);
        m = next;
    }
}

static void free_at_rest(px_topics_thread *own)
{
    free_messages(own->warm);
    free_messages(atomic_load(&own->returned));
    while (own->cold) {
        px_topics_message *chain = own->cold;

        own->cold = chain->next_chain;
        free_messages(chain);
    }
}

void px_twin_topics_free(px_twin_topics *topics)
{
    if (!topics)
        return;
    for (size_t i = 0; i < PX_TOPICS_THREADS_MAX; i++) {
        free_at_rest(&topics->threads[i]);
    }
    px_broker_close(topics->broker);
    px_sparkplug_free(topics->sparkplug);
    pthread_mutex_destroy(&topics->clients_lock);
    px_topics_forget_greetings(topics);
    PX_VEC_RELEASE(&topics->handed);
    pthread_mutex_destroy(&topics->greetings_lock);
    px_free(topics);
}

void px_twin_topics_answered(px_twin_topics *topics)
{
    if (!topics || !atomic_load_explicit(&topics->is_open, memory_order_acquire))
        return;
    px_broker_answered(topics->broker);
    px_mqtt_door_wake(topics->door);
    if (px_engine_has_room(topics->opts.engine))
        px_mqtt_door_resume(topics->door);
}

static void opened(void *ctx, px_mqtt_door *door)
{
    px_twin_topics *topics = ctx;

    topics->door = door;
    atomic_store_explicit(&topics->is_open, true, memory_order_release);
}

px_sparkplug *px_twin_topics_sparkplug(px_twin_topics *topics)
{
    return topics->sparkplug;
}

px_mqtt_door_app px_twin_topics_app(px_twin_topics *topics)
{
    return (px_mqtt_door_app){ .ctx = topics,
                               .connect = px_topics_connect,
                               .publish = px_topics_take_publish,
                               .subscribe = px_topics_subscribe,
                               .unsubscribe = px_topics_unsubscribe,
                               .release = px_topics_release,
                               .acked = px_topics_acked,
                               .arrived = px_topics_arrived,
                               .closed = px_topics_closed,
                               .opened = opened,
                               .flush = px_topics_flush };
}

px_status px_twin_topics_start(px_twin_topics *topics, px_err *ret_err)
{
    atomic_store(&topics->stopping, false);
    PX_TRY(px_broker_start(topics->broker, ret_err));
    PX_TRY(px_feed_open_at(topics->opts.engine, px_engine_position(topics->opts.engine),
                           &topics->feed, ret_err));
    if (!px_thread_start(&topics->delivery_thread, "deliveries", px_topics_delivery_run, topics))
        return px_fail(ret_err, PX_BUSY, "the thread of deliveries cannot be started");
    topics->delivering = true;
    return PX_OK;
}

void px_twin_topics_stop(px_twin_topics *topics)
{
    if (!topics)
        return;
    atomic_store(&topics->stopping, true);
    if (topics->delivering)
        pthread_join(topics->delivery_thread, NULL);
    topics->delivering = false;
    px_broker_stop(topics->broker);
    px_feed_close(topics->feed);
    topics->feed = NULL;
}

px_broker *px_twin_topics_broker(px_twin_topics *topics)
{
    return topics->broker;
}

px_twin_topics_stats px_twin_topics_stat(px_twin_topics *topics)
{
    return (px_twin_topics_stats){ .messages = atomic_load(&topics->messages),
                                   .fields = atomic_load(&topics->fields),
                                   .fields_rejected = atomic_load(&topics->fields_rejected),
                                   .messages_refused = atomic_load(&topics->messages_refused),
                                   .plain = atomic_load(&topics->plain),
                                   .deliveries = px_broker_stat(topics->broker).deliveries,
                                   .revoked = atomic_load(&topics->revoked),
                                   .logins_failed = atomic_load(&topics->logins_failed),
                                   .delivery_gaps = atomic_load(&topics->delivery_gaps) };
}
