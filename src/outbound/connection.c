/* SPDX-License-Identifier: Apache-2.0 */
#include "outbound/connection.h"

#include "base/limits.h"
#include "mqtt/topic.h"

enum {
    MQTT_PORT = 1883,
    MQTTS_PORT = 8883,
    MODBUS_PORT = 502,
    SESSION_EXPIRY_S = 7 * 24 * 3600,
    RETRY_S_MAX = 24 * 3600,
};

static const px_str type_names[PX_CONNECTION_TYPE_COUNT] = {
    [PX_CONNECTION_MQTT] = { "mqtt", 4 },
    [PX_CONNECTION_MODBUS] = { "modbus", 6 },
};

/* ---- members ---- */

/* NULL: there is none, or it is null. */
static const px_json *member(const px_json *body, const char *name)
{
    const px_json *json = px_json_get(body, px_str_c(name));

    return px_json_is(json, PX_JSON_NULL) ? NULL : json;
}

static px_status read_text(const px_json *body, const char *name, size_t most, px_str *ret_text,
                           px_err *ret_err)
{
    const px_json *json = member(body, name);

    if (!json)
        return PX_OK;
    if (json->type != PX_JSON_STRING || json->text.len == 0 || json->text.len > most ||
        memchr(json->text.ptr, '\0', json->text.len))
        return px_json_fail(json, ret_err, PX_INVALID, "connection.form",
                            "'%s' is a text of 1 to %zu bytes", name, most);
    *ret_text = json->text;
    return PX_OK;
}

static px_status read_count(const px_json *body, const char *name, uint32_t least, uint32_t most,
                            uint32_t *number, px_err *ret_err)
{
    const px_json *json = member(body, name);
    int64_t value;

    if (!json)
        return PX_OK;
    if (json->type != PX_JSON_NUMBER || !px_num_to_int(json->num, &value) || value < least ||
        value > most)
        return px_json_fail(json, ret_err, PX_INVALID, "connection.form",
                            "'%s' is a whole number from %u to %u", name, least, most);
    *number = (uint32_t)value;
    return PX_OK;
}

/* ---- what all types have ---- */

/* One colon is that of a port: an address of IPv6 has more, names and addresses of IPv4 none. */
static bool is_host(px_str host)
{
    size_t colons = 0;

    for (size_t i = 0; i < host.len; i++) {
        if (!px_is_letter(host.ptr[i]) && !px_is_digit(host.ptr[i]) &&
            !memchr(".-_:%", host.ptr[i], 5))
            return false;
        colons += host.ptr[i] == ':';
    }
    return colons != 1;
}

static px_status read_host(const px_json *body, px_connection *c, px_err *ret_err)
{
    PX_TRY(read_text(body, "host", PX_CONNECTION_HOST_BYTES_MAX, &c->host, ret_err));
    if (c->host.len == 0)
        return px_json_fail(body, ret_err, PX_INVALID, "connection.form",
                            "a connection needs 'host', a name or an address");
    if (is_host(c->host))
        return PX_OK;
    return px_json_fail(px_json_get(body, PX_STR("host")), ret_err, PX_INVALID, "connection.form",
                        "'host' is a name or an address, such as broker.plant.example or "
                        "10.1.2.3; its port stands in 'port'");
}

static px_status read_common(const px_json *body, uint32_t port, px_connection *c, px_err *ret_err)
{
    const px_json *enabled = member(body, "enabled");
    uint32_t retry_s = (uint32_t)(PX_CONNECTION_RETRY_NS_MAX / PX_SECOND);

    if (enabled && !px_json_is_bool(enabled))
        return px_json_fail(enabled, ret_err, PX_INVALID, "connection.form",
                            "'enabled' is true or false");
    c->enabled = !px_json_is(enabled, PX_JSON_FALSE);
    PX_TRY(read_host(body, c, ret_err));
    PX_TRY(read_count(body, "port", 1, UINT16_MAX, &port, ret_err));
    PX_TRY(read_count(body, "retryMax", 1, RETRY_S_MAX, &retry_s, ret_err));
    c->port = (uint16_t)port;
    c->retry_ns_max = (int64_t)retry_s * PX_SECOND;
    return PX_OK;
}

/* ---- brokers ---- */

static bool holds(px_str text, px_str part)
{
    for (size_t i = 0; i + part.len <= text.len; i++)
        if (memcmp(text.ptr + i, part.ptr, part.len) == 0)
            return true;
    return false;
}

/* Certificates are shown to whoever may read the document. */
static px_status read_certificates(const px_json *tls, const char *name, px_str *ret_pem,
                                   px_err *ret_err)
{
    PX_TRY(read_text(tls, name, PX_CONNECTION_PEM_BYTES_MAX, ret_pem, ret_err));
    if (holds(*ret_pem, PX_STR("PRIVATE KEY")))
        return px_json_fail(px_json_get(tls, px_str_c(name)), ret_err, PX_INVALID,
                            "connection.form",
                            "'%s' holds a private key, which would be shown with it; the key of "
                            "'certificate' stands in 'key', beside 'tls'",
                            name);
    return PX_OK;
}

static px_status read_tls(const px_json *body, px_connection *c, px_err *ret_err)
{
    static const char *const members[] = { "ca", "certificate", NULL };
    const px_json *tls = member(body, "tls");

    PX_TRY(read_text(body, "key", PX_CONNECTION_PEM_BYTES_MAX, &c->key, ret_err));
    if (holds(c->key, PX_STR("ENCRYPTED")))
        return px_json_fail(px_json_get(body, PX_STR("key")), ret_err, PX_INVALID,
                            "connection.form",
                            "'key' is encrypted, and nobody is there to say its password; give it "
                            "without one: openssl pkey -in key.pem");
    c->tls = tls && !px_json_is(tls, PX_JSON_FALSE);
    if (c->tls && !px_json_is(tls, PX_JSON_TRUE)) {
        PX_TRY(px_json_members(tls, "'tls'", "connection.form", members, ret_err));
        PX_TRY(read_certificates(tls, "ca", &c->ca, ret_err));
        PX_TRY(read_certificates(tls, "certificate", &c->certificate, ret_err));
    }
    if (c->key.len && !c->certificate.len)
        return px_json_fail(body, ret_err, PX_INVALID, "connection.form",
                            "'key' is that of the certificate in 'tls', and there is none");
    return PX_OK;
}

static px_status read_topic(const px_json *json, px_connection_topic *topic, px_err *ret_err)
{
    static const char *const members[] = { "filter", "qos", NULL };
    uint32_t qos = 1;
    px_str share;

    PX_TRY(px_json_members(json, "a topic", "connection.form", members, ret_err));
    PX_TRY(read_text(json, "filter", PX_TOPIC_BYTES_MAX, &topic->filter, ret_err));
    PX_TRY(read_count(json, "qos", 0, 1, &qos, ret_err));
    topic->plain = topic->filter;
    if (px_mqtt_filter_settle(&topic->plain, &share) != PX_MQTT_SUCCESS)
        return px_json_fail(json, ret_err, PX_INVALID, "connection.form",
                            "a topic has a 'filter' such as plant/+/data, plant/# or "
                            "$share/GROUP/plant/#");
    topic->qos = (uint8_t)qos;
    return PX_OK;
}

static px_status read_topics(const px_json *body, px_arena *arena, px_connection *c,
                             px_err *ret_err)
{
    const px_json *json = member(body, "topics");
    px_connection_topic *topics;

    if (!px_json_is(json, PX_JSON_ARRAY) || json->count == 0 ||
        json->count > PX_CONNECTION_TOPICS_MAX)
        return px_json_fail(json ? json : body, ret_err, PX_INVALID, "connection.form",
                            "'topics' is an array of 1 to %d filters, such as "
                            "[{\"filter\":\"plant/#\",\"qos\":1}]",
                            PX_CONNECTION_TOPICS_MAX);
    topics = PX_ARENA_ARRAY(arena, px_connection_topic, json->count);
    if (!topics)
        return px_arena_fail(arena, ret_err);
    for (const px_json *m = json->first; m; m = m->next)
        PX_TRY(read_topic(m, &topics[m->index], ret_err));
    c->topics = topics;
    c->topic_count = json->count;
    return PX_OK;
}

static px_status read_mqtt(const px_json *body, px_arena *arena, px_connection *c, px_err *ret_err)
{
    static const char *const members[] = { "type",     "enabled",  "host",    "port",
                                           "retryMax", "tls",      "key",     "user",
                                           "password", "clientId", "version", "sessionExpiry",
                                           "topics",   NULL };
    uint32_t version = 5, expiry_s = SESSION_EXPIRY_S;

    PX_TRY(px_json_members(body, "a connection to a broker", "connection.form", members, ret_err));
    PX_TRY(read_tls(body, c, ret_err));
    PX_TRY(read_common(body, c->tls ? MQTTS_PORT : MQTT_PORT, c, ret_err));
    PX_TRY(read_text(body, "user", PX_MQTT_USER_BYTES_MAX, &c->user, ret_err));
    PX_TRY(read_text(body, "password", PX_CONNECTION_PASSWORD_BYTES_MAX, &c->password, ret_err));
    PX_TRY(read_text(body, "clientId", PX_MQTT_CLIENT_ID_BYTES_MAX, &c->client_id, ret_err));
    PX_TRY(read_count(body, "version", 4, 5, &version, ret_err));
    PX_TRY(read_count(body, "sessionExpiry", 1, UINT32_MAX, &expiry_s, ret_err));
    c->version = (uint8_t)version;
    c->session_expiry_s = expiry_s;
    if (c->client_id.len == 0)
        return px_json_fail(body, ret_err, PX_INVALID, "connection.form",
                            "a connection to a broker needs 'clientId', under which the broker "
                            "keeps what comes during outages; no other client may have it");
    if (c->password.len && !c->user.len)
        return px_json_fail(body, ret_err, PX_INVALID, "connection.form",
                            "'password' is that of 'user', and there is none");
    return read_topics(body, arena, c, ret_err);
}

/* ---- devices ---- */

/* `500ms`, `1s`, `5min`, `1h`. */
static px_status read_duration(const px_json *body, const char *name, int64_t least, int64_t most,
                               int64_t *duration_ns, px_err *ret_err)
{
    static const struct {
        px_str name;
        int64_t ns;
    } units[] = { { { "ms", 2 }, PX_MILLISECOND },
                  { { "min", 3 }, 60 * PX_SECOND },
                  { { "s", 1 }, PX_SECOND },
                  { { "h", 1 }, 3600 * PX_SECOND } };
    const px_json *json = member(body, name);
    px_str text = px_json_is(json, PX_JSON_STRING) ? json->text : (px_str){ 0 };
    int64_t number = 0;
    size_t digits = 0;

    if (!json)
        return PX_OK;
    while (digits < text.len && digits < 9 && px_is_digit(text.ptr[digits]))
        number = number * 10 + (text.ptr[digits++] - '0');
    for (size_t i = 0; digits && i < sizeof(units) / sizeof(units[0]); i++)
        if (px_str_eq(px_str_skip(text, digits), units[i].name) && number <= most / units[i].ns &&
            number * units[i].ns >= least) {
            *duration_ns = number * units[i].ns;
            return PX_OK;
        }
    return px_json_fail(json, ret_err, PX_INVALID, "connection.form",
                        "'%s' is a time such as 500ms, 1s, 5min or 1h; from %lld ms to %lld s",
                        name, (long long)(least / PX_MILLISECOND), (long long)(most / PX_SECOND));
}

static px_status read_modbus(const px_json *body, px_arena *arena, px_connection *c,
                             px_err *ret_err)
{
    static const char *const members[] = { "type",     "enabled",   "host",  "port",
                                           "retryMax", "unit",      "every", "timeout",
                                           "gap",      "registers", NULL };
    const px_json *registers = member(body, "registers");
    uint32_t unit = 1, gap = 0;

    PX_TRY(px_json_members(body, "a connection to a Modbus device", "connection.form", members,
                           ret_err));
    PX_TRY(read_common(body, MODBUS_PORT, c, ret_err));
    PX_TRY(read_count(body, "unit", 0, UINT8_MAX, &unit, ret_err));
    PX_TRY(read_count(body, "gap", 0, PX_MODBUS_READ_REGISTERS_MAX, &gap, ret_err));
    c->unit = (uint8_t)unit;
    c->gap = (uint16_t)gap;
    c->every_ns = c->timeout_ns = PX_SECOND;
    PX_TRY(read_duration(body, "every", PX_MODBUS_EVERY_NS_MIN, PX_MODBUS_EVERY_NS_MAX,
                         &c->every_ns, ret_err));
    PX_TRY(read_duration(body, "timeout", PX_MODBUS_EVERY_NS_MIN, PX_MODBUS_TIMEOUT_NS_MAX,
                         &c->timeout_ns, ret_err));
    if (!registers)
        return px_json_fail(body, ret_err, PX_INVALID, "connection.form",
                            "a connection to a Modbus device needs 'registers'");
    return px_modbus_registers_read(registers, arena, &c->registers, &c->register_count, ret_err);
}

/* ---- the document ---- */

static px_status read_type(const px_json *body, px_connection_type *ret_type, px_err *ret_err)
{
    px_str text = px_json_get_text(body, PX_STR("type"));

    for (int i = 0; i < PX_CONNECTION_TYPE_COUNT; i++)
        if (px_str_eq(text, type_names[i])) {
            *ret_type = (px_connection_type)i;
            return PX_OK;
        }
    return px_json_fail(body, ret_err, PX_INVALID, "connection.form",
                        "'type' of a connection is mqtt or modbus");
}

px_status px_connection_read(const px_document *document, px_arena *arena,
                             px_connection *ret_connection, px_err *ret_err)
{
    px_connection c = { .tenant = document->tenant,
                        .no = document->no,
                        .revision = document->revision,
                        .name = document->id };
    px_json_opts opts = px_json_opts_door();
    px_json *body;

    PX_TRY(px_json_parse(document->body, &opts, arena, &body, ret_err));
    PX_TRY(read_type(body, &c.type, ret_err));
    PX_TRY(c.type == PX_CONNECTION_MQTT ? read_mqtt(body, arena, &c, ret_err)
                                        : read_modbus(body, arena, &c, ret_err));
    *ret_connection = c;
    return PX_OK;
}
