/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of which something was refused, while it is not on the disk. */
#include <semaphore.h>

#include "server/topics_impl.h"
#include "sync/rejects_inner.h"
#include "topics_world.h"

static topics_world w;
static sem_t awaited;

static void note_wanted(void *data)
{
    (void)data;
    sem_post(&awaited);
}

/* Whoever waits waits until the test says what became of it. */
static void begin(void)
{
    topics_world_init(&w);
    sem_init(&awaited, 0, 0);
    px_rejects_loaded(w.api.rejects, note_wanted, NULL);
    api_put_press(&w.api, w.api.admin, "press");
}

static void end(void)
{
    px_rejects_unkept(w.api.rejects);
    topics_world_release(&w);
    sem_destroy(&awaited);
}

static void wait_until_awaited(void)
{
    while (sem_wait(&awaited) != 0)
        ;
}

static void check_speed(const char *speed)
{
    const reply *r = API_ASK(&w.api, "GET", "/digitaltwins/press", NULL, 200);

    CHECK_STR(api_text(r, "/speed"), speed);
}

/* A PUBREC that refuses would free the packet id, which the session has by then: the next message
 * under it would be taken for this one, acknowledged and lost. */
PX_TEST(a_packet_id_whose_message_was_taken_is_not_free_because_its_rejects_cannot_be_saved)
{
    const char *topic = "twins/press/telemetry";
    const char *key;
    mqtt_client c;

    begin();
    key = topics_device(&w, NULL, "d", "[\"press\"]");
    CHECK_EQ(mqtt_join_kept(&c, &w, "c", "d", key), 0);
    mqtt_say_exactly(&c, 5, topic, "{\"speed\":1,\"sped\":2}");
    wait_until_awaited();
    px_rejects_give_up(w.api.rejects, PX_FULL);
    CHECK_EQ(mqtt_ack(&c), -1);
    CHECK_EQ(mqtt_end(&c), PX_MQTT_QUOTA_EXCEEDED);
    check_speed("1");
    mqtt_leave(&c);

    CHECK_EQ(mqtt_join_kept(&c, &w, "c", "d", key), 0);
    mqtt_say_exactly(&c, 5, topic, "{\"speed\":1,\"sped\":2}"); /* is known, and counts once */
    CHECK_EQ(mqtt_ack(&c), 0);
    CHECK_EQ(px_rejects_count(w.api.rejects), 1);
    CHECK_EQ(mqtt_release(&c, 5), 0);
    mqtt_say_exactly(&c, 5, topic, "{\"speed\":7}");
    CHECK_EQ(mqtt_ack(&c), 0);
    check_speed("7");
    mqtt_leave(&c);
    end();
}

static px_topics_message *first_that_waits(void)
{
    px_topics_message *m;

    pthread_mutex_lock(&w.api.rejects->lock);
    m = w.api.rejects->waits->data;
    pthread_mutex_unlock(&w.api.rejects->lock);
    return m;
}

/* The engine's queue is bounded, what waits behind it is not. */
PX_TEST(who_waits_for_rejects_holds_no_memory_but_for_its_answer)
{
    mqtt_client c;

    begin();
    CHECK_EQ(mqtt_join_kept(&c, &w, "c", "d", topics_device(&w, NULL, "d", "[\"press\"]")), 0);
    mqtt_say_exactly(&c, 5, "twins/press/telemetry", "{\"speed\":1,\"sped\":2}");
    wait_until_awaited();
    CHECK(first_that_waits()->arena.chunks == NULL);
    px_rejects_give_up(w.api.rejects, PX_OK); /* as a save does */
    CHECK_EQ(mqtt_ack(&c), 0);
    mqtt_leave(&c);
    end();
}

PX_TEST_MAIN()
