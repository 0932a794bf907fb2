/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client of Eclipse Paho C that talks to itself through a server: it subscribes, publishes, and
 * checks that each message comes back once, in order, with what was beside it.
 *
 *   [MQTT_PASSWORD=…] mqtt_peer PORT VERSION QOS COUNT
 *
 * VERSION is 4 (3.1.1) or 5; one of 5 takes one message at a time (Receive Maximum 1), subscribes
 * with an identifier and sends user properties, a response topic and an expiry. Prints what is
 * wrong, or `heard COUNT`.
 */
#include <MQTTClient.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SUBSCRIPTION_ID = 77, EXPIRY_S = 60, WAIT_S = 30 };

typedef struct peer {
    MQTTClient client;
    int version, qos, count;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    int heard;
    char wrong[200]; /* empty: nothing */
} peer;

static void must(int rc, const char *what)
{
    if (rc == MQTTCLIENT_SUCCESS)
        return;
    printf("%s: %s\n", what, MQTTClient_strerror(rc) ? MQTTClient_strerror(rc) : "failed");
    exit(1);
}

static void must_respond(MQTTResponse response, const char *what)
{
    if (response.reasonCode >= 0x80) {
        printf("%s: 0x%02X\n", what, (unsigned)response.reasonCode);
        exit(1);
    }
    MQTTResponse_free(response);
}

static void put(MQTTProperties *props, MQTTProperty property)
{
    must(MQTTProperties_add(props, &property), "a property");
}

static MQTTLenString text(const char *c_string)
{
    return (MQTTLenString){ (int)strlen(c_string), (char *)(uintptr_t)c_string };
}

/* ---- what comes ---- */

static const char *check_props(const MQTTClient_message *m)
{
    MQTTProperties *props = (MQTTProperties *)(uintptr_t)&m->properties;
    const MQTTProperty *user = MQTTProperties_getProperty(props, MQTTPROPERTY_CODE_USER_PROPERTY);
    const MQTTProperty *reply = MQTTProperties_getProperty(props, MQTTPROPERTY_CODE_RESPONSE_TOPIC);
    int id = MQTTProperties_getNumericValue(props, MQTTPROPERTY_CODE_SUBSCRIPTION_IDENTIFIER);
    int left = MQTTProperties_getNumericValue(props, MQTTPROPERTY_CODE_MESSAGE_EXPIRY_INTERVAL);

    if (!user || user->value.value.len != 2 || memcmp(user->value.value.data, "v1", 2) != 0)
        return "the user property is another";
    if (!reply || reply->value.data.len != 6 || memcmp(reply->value.data.data, "peer/r", 6) != 0)
        return "the response topic is another";
    if (id != SUBSCRIPTION_ID)
        return "the subscription's identifier is another";
    return left > 0 && left <= EXPIRY_S ? NULL : "the expiry is another";
}

static const char *check(const peer *p, const char *topic, const MQTTClient_message *m)
{
    char wanted[32];
    int len = snprintf(wanted, sizeof(wanted), "message %d", p->heard);

    if (strcmp(topic, "peer/x") != 0)
        return "the topic is another";
    if (m->payloadlen != len || memcmp(m->payload, wanted, (size_t)len) != 0)
        return "the message is another, or comes twice";
    if (m->qos != p->qos || m->dup)
        return "the QoS is another";
    return p->version == MQTTVERSION_5 ? check_props(m) : NULL;
}

static int on_message(void *ctx, char *topic, int topic_bytes, MQTTClient_message *message)
{
    peer *p = ctx;
    const char *wrong;

    (void)topic_bytes;
    pthread_mutex_lock(&p->lock);
    wrong = check(p, topic, message);
    if (wrong && !p->wrong[0])
        snprintf(p->wrong, sizeof(p->wrong), "message %d: %s (%s, QoS %d)", p->heard, wrong, topic,
                 message->qos);
    p->heard++;
    pthread_cond_signal(&p->changed);
    pthread_mutex_unlock(&p->lock);
    MQTTClient_freeMessage(&message);
    MQTTClient_free(topic);
    return 1;
}

static void on_lost(void *ctx, char *cause)
{
    peer *p = ctx;

    (void)cause;
    pthread_mutex_lock(&p->lock);
    snprintf(p->wrong, sizeof(p->wrong), "the server ended the connection");
    pthread_cond_signal(&p->changed);
    pthread_mutex_unlock(&p->lock);
}

/* ---- what goes ---- */

static void join(peer *p, const char *address)
{
    MQTTClient_connectOptions old = MQTTClient_connectOptions_initializer;
    MQTTClient_connectOptions new = MQTTClient_connectOptions_initializer5;
    MQTTClient_createOptions how = MQTTClient_createOptions_initializer;
    MQTTProperties props = MQTTProperties_initializer;
    const char *password = getenv("MQTT_PASSWORD");
    MQTTProperty window = { .identifier = MQTTPROPERTY_CODE_RECEIVE_MAXIMUM, .value.integer2 = 1 };

    how.MQTTVersion = p->version;
    must(MQTTClient_createWithOptions(&p->client, address, "peer", MQTTCLIENT_PERSISTENCE_NONE,
                                      NULL, &how),
         "create");
    must(MQTTClient_setCallbacks(p->client, p, on_lost, on_message, NULL), "callbacks");
    old.username = new.username = "u";
    old.password = new.password = password ? password : "p";
    old.reliable = new.reliable = 0;
    old.maxInflightMessages = new.maxInflightMessages = p->count;
    if (p->version != MQTTVERSION_5) {
        old.MQTTVersion = p->version;
        must(MQTTClient_connect(p->client, &old), "connect");
        return;
    }
    put(&props, window);
    must_respond(MQTTClient_connect5(p->client, &new, &props, NULL), "connect");
    MQTTProperties_free(&props);
}

static void subscribe(peer *p)
{
    MQTTProperties props = MQTTProperties_initializer;
    MQTTProperty id = { .identifier = MQTTPROPERTY_CODE_SUBSCRIPTION_IDENTIFIER,
                        .value.integer4 = SUBSCRIPTION_ID };

    if (p->version != MQTTVERSION_5) {
        must(MQTTClient_subscribe(p->client, "peer/#", p->qos), "subscribe");
        return;
    }
    put(&props, id);
    must_respond(MQTTClient_subscribe5(p->client, "peer/#", p->qos, NULL, &props), "subscribe");
    MQTTProperties_free(&props);
}

/* Waits for the answer to the last only: paho looks for one ten times a second. */
static void publish(peer *p, int number)
{
    MQTTClient_message m = MQTTClient_message_initializer;
    MQTTClient_deliveryToken token = 0;
    char payload[32];

    m.payload = payload;
    m.payloadlen = snprintf(payload, sizeof(payload), "message %d", number);
    m.qos = p->qos;
    if (p->version == MQTTVERSION_5) {
        put(&m.properties, (MQTTProperty){ .identifier = MQTTPROPERTY_CODE_USER_PROPERTY,
                                           .value = { .data = text("k1"), .value = text("v1") } });
        put(&m.properties, (MQTTProperty){ .identifier = MQTTPROPERTY_CODE_RESPONSE_TOPIC,
                                           .value.data = text("peer/r") });
        put(&m.properties, (MQTTProperty){ .identifier = MQTTPROPERTY_CODE_MESSAGE_EXPIRY_INTERVAL,
                                           .value.integer4 = EXPIRY_S });
        must_respond(MQTTClient_publishMessage5(p->client, "peer/x", &m, &token), "publish");
        MQTTProperties_free(&m.properties);
    } else {
        must(MQTTClient_publishMessage(p->client, "peer/x", &m, &token), "publish");
    }
    if (p->qos > 0 && number == p->count - 1)
        must(MQTTClient_waitForCompletion(p->client, token, WAIT_S * 1000L), "the server's answer");
}

/* True when all was heard, and as it was sent. */
static int await_all(peer *p)
{
    struct timespec until;
    int rc = 0;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_S;
    pthread_mutex_lock(&p->lock);
    while (p->heard < p->count && !p->wrong[0] && rc == 0)
        rc = pthread_cond_timedwait(&p->changed, &p->lock, &until);
    pthread_mutex_unlock(&p->lock);
    printf("heard %d%s%s\n", p->heard, p->wrong[0] ? ": " : "", p->wrong);
    return p->heard == p->count && !p->wrong[0];
}

int main(int argc, char **argv)
{
    peer p = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };
    char address[64];
    int all;

    if (argc != 5) {
        fprintf(stderr, "usage: mqtt_peer PORT VERSION QOS COUNT\n");
        return 2;
    }
    snprintf(address, sizeof(address), "tcp://127.0.0.1:%d", atoi(argv[1]));
    p.version = atoi(argv[2]);
    p.qos = atoi(argv[3]);
    p.count = atoi(argv[4]);
    join(&p, address);
    subscribe(&p);
    for (int i = 0; i < p.count; i++)
        publish(&p, i);
    all = await_all(&p);
    MQTTClient_disconnect(p.client, 1000);
    MQTTClient_destroy(&p.client);
    return all ? 0 : 1;
}
