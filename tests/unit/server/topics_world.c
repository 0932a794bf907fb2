/* SPDX-License-Identifier: Apache-2.0 */
#include "topics_world.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <semaphore.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define NO_PROPS ((px_str){ NULL, 0 })

/* ---- the server ---- */

void topics_world_init(topics_world *world)
{
    px_twin_topics_opts topics_opts;
    px_mqtt_door_opts opts = { .host = "127.0.0.1",
                               .threads = 2,
                               .session = { .retain_available = true } };
    px_mqtt_door_app app;
    px_err err;

    *world = (topics_world){ 0 };
    api_world_init(&world->api);
    world->backoff = px_backoff_new(0);
    CHECK(world->backoff != NULL);
    topics_opts = (px_twin_topics_opts){ .engine = world->api.engine,
                                         .rejects = world->api.rejects,
                                         .backoff = world->backoff,
                                         .presence = world->api.presence };
    CHECK_OK(px_twin_topics_new(&topics_opts, &world->topics, &err), &err);
    app = px_twin_topics_app(world->topics);
    CHECK_OK(px_mqtt_door_open(&opts, &app, &world->door, &err), &err);
    CHECK_OK(px_twin_topics_start(world->topics, &err), &err);
    api_put_models(&world->api, world->api.admin);
}

void topics_world_release(topics_world *world)
{
    px_mqtt_door_stop(world->door, 0);
    px_twin_topics_stop(world->topics);
    px_engine_stop(world->api.engine); /* nobody answers into the door any more */
    px_mqtt_door_free(world->door);
    api_world_release(&world->api);
    px_twin_topics_free(world->topics);
    px_backoff_free(world->backoff);
}

const char *topics_device(topics_world *world, const char *token, const char *device,
                          const char *twins)
{
    static char keys[4][PX_CREDENTIAL_BYTES + 1];
    static unsigned next;
    char *key = keys[next++ % 4], target[256], body[512];

    token = token ? token : world->api.admin;

    snprintf(target, sizeof(target), "/api/v1/devices/%s", device);
    snprintf(body, sizeof(body), "{\"twins\":%s}", twins);
    snprintf(key, sizeof(keys[0]), "%s",
             api_text(API_ASK_AS(&world->api, token, "PUT", target, body, 201), "/key"));
    return key;
}

static void request_done(px_request *request)
{
    sem_post(request->data);
}

px_result topics_do(topics_world *world, px_request *request)
{
    sem_t done;

    sem_init(&done, 0, 0);
    request->principal =
        (px_principal){ .tenant = 1, .role = PX_ROLE_ADMIN, .id = PX_STR("topics_world") };
    request->done = request_done;
    request->data = &done;
    CHECK_EQ(px_engine_submit(world->api.engine, request, request), PX_OK);
    while (sem_wait(&done) != 0)
        ;
    sem_destroy(&done);
    return request->result;
}

void topics_command(topics_world *world, const char *twin, const char *command_id)
{
    px_env *env = px_engine_env(world->api.engine);
    px_request request = { .kind = PX_REQUEST_COMMAND,
                           .id = px_str_c(twin),
                           .name = PX_STR("stop"),
                           .command_id = px_str_c(command_id),
                           .deadline = env->now(env) + 60 * PX_SECOND };
    px_result result = topics_do(world, &request);

    CHECK_OK(result.status, &result.err);
}

/* ---- what comes ---- */

static void note_properties(mqtt_client *c, const px_mqtt_props *props)
{
    px_str at, name, value;

    if (!props)
        return;
    if (px_mqtt_has(props, PX_MQTT_PROP_PAYLOAD_FORMAT))
        px_putf(&c->heard, " format=%d", props->payload_is_text);
    if (px_mqtt_has(props, PX_MQTT_PROP_MESSAGE_EXPIRY))
        px_putf(&c->heard, " expiry=%u", (unsigned)props->message_expiry_s);
    if (px_mqtt_has(props, PX_MQTT_PROP_CONTENT_TYPE))
        px_putf(&c->heard, " type=%.*s", PX_FMT(props->content_type));
    if (px_mqtt_has(props, PX_MQTT_PROP_RESPONSE_TOPIC))
        px_putf(&c->heard, " reply=%.*s", PX_FMT(props->response_topic));
    if (px_mqtt_has(props, PX_MQTT_PROP_CORRELATION))
        px_putf(&c->heard, " correlation=%.*s", PX_FMT(props->correlation));
    for (at = props->raw; px_mqtt_user_next(&at, &name, &value);)
        px_putf(&c->heard, " %.*s=%.*s", PX_FMT(name), PX_FMT(value));
}

static void send_all(mqtt_client *c, px_buf *bytes)
{
    CHECK_EQ(send(c->fd, bytes->ptr, bytes->len, MSG_NOSIGNAL), (ssize_t)bytes->len);
    px_buf_release(bytes);
}

static void note_message(mqtt_client *c, const px_mqtt_frame *frame)
{
    px_mqtt_props props;
    px_mqtt_publish m;
    px_buf ack = { 0 };

    CHECK_EQ(px_mqtt_decode_publish(frame, c->version, &props, &m), PX_MQTT_SUCCESS);
    px_putf(&c->heard, "%.*s %.*s q%d", PX_FMT(m.topic), PX_FMT(m.payload), m.qos);
    note_properties(c, m.props);
    px_put_char(&c->heard, '\n');
    if (m.qos == 0)
        return;
    px_mqtt_put_ack(&ack, c->version, PX_MQTT_PUBACK, m.packet_id, 0);
    send_all(c, &ack);
}

static void note(mqtt_client *c, const px_mqtt_frame *frame)
{
    const uint8_t *body = (const uint8_t *)frame->body.ptr;

    switch (frame->type) {
    case PX_MQTT_PUBLISH:
        note_message(c, frame);
        break;
    case PX_MQTT_CONNACK:
        c->ack = body[1];
        break;
    case PX_MQTT_PUBACK:
    case PX_MQTT_PUBREC:
    case PX_MQTT_PUBCOMP:
        c->ack = frame->body.len > 2 ? body[2] : 0;
        break;
    case PX_MQTT_SUBACK:
        c->ack = body[frame->body.len - 1];
        break;
    case PX_MQTT_DISCONNECT:
        c->end = frame->body.len ? body[0] : 0;
        break;
    default:
        break;
    }
}

/* Reads what is there, waiting at most 10 s for something. */
static void step(mqtt_client *c)
{
    char bytes[4096];
    ssize_t got = recv(c->fd, bytes, sizeof(bytes), 0);
    px_mqtt_frame frame;
    size_t taken = 0;

    if (got <= 0) {
        c->closed = true;
        return;
    }
    px_put(&c->in, px_str_of(bytes, (size_t)got));
    while (px_mqtt_frame_cut(px_str_skip(px_buf_str(&c->in), taken), 1 << 20, &frame) ==
           PX_MQTT_SUCCESS) {
        note(c, &frame);
        taken += frame.size;
    }
    c->in.len -= taken;
    memmove(c->in.ptr, c->in.ptr + taken, c->in.len);
}

static int await_ack(mqtt_client *c)
{
    while (c->ack < 0 && !c->closed)
        step(c);
    return c->ack;
}

bool mqtt_has_heard(const mqtt_client *c, const char *text)
{
    return c->heard.ptr && strstr(c->heard.ptr, text);
}

void mqtt_hear(mqtt_client *c, const char *text)
{
    while (!mqtt_has_heard(c, text) && !c->closed)
        step(c);
    if (!mqtt_has_heard(c, text))
        print_error("never came: %s; heard: %.*s\n", text, PX_FMT(px_buf_str(&c->heard)));
    CHECK(mqtt_has_heard(c, text));
}

int mqtt_end(mqtt_client *c)
{
    while (!c->closed)
        step(c);
    return c->end < 0 ? 0 : c->end;
}

/* ---- what goes ---- */

static int join(mqtt_client *c, topics_world *world, const px_mqtt_connect *hello, px_str props)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(px_mqtt_door_port(world->door)),
                              .sin_addr = { htonl(INADDR_LOOPBACK) } };
    struct timeval patience = { .tv_sec = 10 };
    px_buf bytes = { 0 };

    *c = (mqtt_client){ .version = (px_mqtt_version)hello->version, .ack = -1, .end = -1 };
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    CHECK_EQ(connect(c->fd, (struct sockaddr *)&to, sizeof(to)), 0);
    px_mqtt_put_connect(&bytes, hello, props, NO_PROPS);
    send_all(c, &bytes);
    return await_ack(c);
}

static px_mqtt_connect hello_of(px_mqtt_version version, const char *id, const char *user,
                                const char *password)
{
    return (px_mqtt_connect){ .version = (uint8_t)version,
                              .clean_start = true,
                              .has_user = true,
                              .has_password = true,
                              .client_id = px_str_c(id),
                              .user = px_str_c(user),
                              .password = px_str_c(password) };
}

int mqtt_join(mqtt_client *c, topics_world *world, px_mqtt_version version, const char *id,
              const char *user, const char *password)
{
    px_mqtt_connect hello = hello_of(version, id, user, password);

    return join(c, world, &hello, NO_PROPS);
}

int mqtt_join_kept(mqtt_client *c, topics_world *world, const char *id, const char *user,
                   const char *password)
{
    px_mqtt_connect hello = hello_of(PX_MQTT_V5, id, user, password);

    hello.clean_start = false;
    return join(c, world, &hello, PX_STR("\x11\0\0\x0e\x10")); /* for an hour */
}

void mqtt_leave(mqtt_client *c)
{
    close(c->fd);
    px_buf_release(&c->in);
    px_buf_release(&c->heard);
}

int mqtt_subscribe_with(mqtt_client *c, const px_mqtt_filter *filter)
{
    px_buf bytes = { 0 };

    c->ack = -1;
    px_mqtt_put_subscribe(&bytes, c->version, ++c->acks, filter, 1, NO_PROPS);
    send_all(c, &bytes);
    return await_ack(c);
}

int mqtt_subscribe(mqtt_client *c, const char *filter, uint8_t qos)
{
    return mqtt_subscribe_with(c, &(px_mqtt_filter){ .text = px_str_c(filter), .qos = qos });
}

static void send_publish(mqtt_client *c, const px_mqtt_publish *publish)
{
    px_mqtt_publish numbered = *publish;
    px_buf bytes = { 0 };

    numbered.qos = 1;
    numbered.packet_id = ++c->acks;
    px_mqtt_put_publish(&bytes, c->version, &numbered);
    send_all(c, &bytes);
}

int mqtt_publish_with(mqtt_client *c, const px_mqtt_publish *publish)
{
    c->ack = -1;
    send_publish(c, publish);
    return await_ack(c);
}

void mqtt_send(mqtt_client *c, const char *topic, const char *payload)
{
    send_publish(c, &(px_mqtt_publish){ .topic = px_str_c(topic), .payload = px_str_c(payload) });
}

int mqtt_ack(mqtt_client *c)
{
    c->ack = -1;
    return await_ack(c);
}

void mqtt_say_exactly(mqtt_client *c, uint16_t packet_id, const char *topic, const char *payload)
{
    px_mqtt_publish publish = {
        .topic = px_str_c(topic), .payload = px_str_c(payload), .qos = 2, .packet_id = packet_id
    };
    px_buf bytes = { 0 };

    c->ack = -1;
    px_mqtt_put_publish(&bytes, c->version, &publish);
    send_all(c, &bytes);
}

int mqtt_release(mqtt_client *c, uint16_t packet_id)
{
    px_buf bytes = { 0 };

    c->ack = -1;
    px_mqtt_put_ack(&bytes, c->version, PX_MQTT_PUBREL, packet_id, 0);
    send_all(c, &bytes);
    return await_ack(c);
}

int mqtt_publish(mqtt_client *c, const char *topic, const char *payload)
{
    return mqtt_publish_with(
        c, &(px_mqtt_publish){ .topic = px_str_c(topic), .payload = px_str_c(payload) });
}
