/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/kinds.h"

#include <stdio.h>

#include "base/limits.h"
#include "base/time.h"

enum {
    TWINS_OF_DEVICE_MAX = 10000,
    HASH_CHARS = 64,
    PRINT_CHARS = 16,
    CREDENTIAL_ID_CHARS = 16,
    ROLE_BYTES_MAX = 16,
    TYPE_BYTES_MAX = 16,
    STATUS_BYTES_MAX = 16,
    URL_BYTES_MAX = 4096
};

static const px_member tenant[] = { { 0 } };

static const px_member credential[] = {
    { "tenant", PX_MEMBER_COUNT, true, 1, UINT32_MAX, 0 },
    { "role", PX_MEMBER_TEXT, true, 1, ROLE_BYTES_MAX, 0 },
    { "name", PX_MEMBER_TEXT, true, 0, PX_DOC_ID_BYTES_MAX, 0 },
    { "device", PX_MEMBER_TEXT, false, 1, PX_DOC_ID_BYTES_MAX, 0 },
    { "operatesTenants", PX_MEMBER_BOOL, false, 0, 0, 0 },
    { "type", PX_MEMBER_TEXT, false, 1, TYPE_BYTES_MAX, 0 },
    { "label", PX_MEMBER_TEXT, false, 0, PX_DOC_ID_BYTES_MAX, 0 },
    { "created", PX_MEMBER_TIME, false, 0, 0, 0 },
    { "expires", PX_MEMBER_TIME, false, 0, 0, 0 },
    { "hash", PX_MEMBER_TEXT, false, HASH_CHARS, HASH_CHARS, 0 },      /* of a key */
    { "algorithm", PX_MEMBER_TEXT, false, 1, TYPE_BYTES_MAX, 0 },      /* of a JWT */
    { "key", PX_MEMBER_TEXT, false, 1, PX_PUBLIC_KEY_BYTES_MAX, 0 },   /* PEM */
    { "issuer", PX_MEMBER_TEXT, false, 1, PX_JWT_CLAIM_BYTES_MAX, 0 }, /* that it must name */
    { "audience", PX_MEMBER_TEXT, false, 1, PX_JWT_CLAIM_BYTES_MAX, 0 },
    { "claim", PX_MEMBER_TEXT, false, 1, PX_JWT_CLAIM_BYTES_MAX, 0 }, /* of an issuer's tokens */
    { "keys", PX_MEMBER_ANY, false, 0, 0, 0 },                        /* of an issuer */
    { "subject", PX_MEMBER_TEXT, false, 1, PX_DOC_ID_BYTES_MAX, 0 },  /* of a certificate */
    { 0 },
};

static const px_member device[] = {
    { "twins", PX_MEMBER_TEXTS, true, 1, PX_TWIN_ID_BYTES_MAX, TWINS_OF_DEVICE_MAX },
    { "credential", PX_MEMBER_TEXT, false, 0, CREDENTIAL_ID_CHARS, 0 }, /* as 0.1 wrote it */
    { "credentials", PX_MEMBER_TEXTS, false, 1, PX_DOC_ID_BYTES_MAX, PX_DEVICE_CREDENTIALS_MAX },
    { "state", PX_MEMBER_TEXT, false, 1, STATUS_BYTES_MAX, 0 },
    { "group", PX_MEMBER_TEXT, false, 0, PX_DOC_ID_BYTES_MAX, 0 },
    { "attributes", PX_MEMBER_ANY, false, 0, 0, 0 },
    { 0 },
};

static const px_member claim[] = {
    { "credential", PX_MEMBER_TEXT, true, 1, CREDENTIAL_ID_CHARS, 0 },
    { "uses", PX_MEMBER_COUNT, true, 1, PX_CLAIM_USES_MAX, 0 },
    { "used", PX_MEMBER_COUNT, true, 0, PX_CLAIM_USES_MAX, 0 },
    { "expires", PX_MEMBER_TIME, true, 0, 0, 0 },
    { "prefix", PX_MEMBER_TEXT, false, 1, PX_DOC_ID_BYTES_MAX, 0 },
    { "group", PX_MEMBER_TEXT, false, 1, PX_DOC_ID_BYTES_MAX, 0 },
    { "model", PX_MEMBER_TEXT, false, 1, PX_DTMI_INTERFACE_BYTES_MAX, 0 },
    { 0 },
};

static const px_member issuer[] = {
    { "credential", PX_MEMBER_TEXT, true, 1, PX_DOC_ID_BYTES_MAX, 0 },
    { 0 },
};

static const px_member command[] = {
    { "twin", PX_MEMBER_TEXT, true, 1, PX_TWIN_ID_BYTES_MAX, 0 },
    { "twinNumber", PX_MEMBER_COUNT, true, 1, UINT32_MAX, 0 },
    { "id", PX_MEMBER_TEXT, true, 1, PX_TWIN_ID_BYTES_MAX, 0 },
    { "name", PX_MEMBER_TEXT, true, 1, PX_NAME_BYTES_MAX, 0 },
    { "deadline", PX_MEMBER_TIME, true, 0, 0, 0 },
    { "payload", PX_MEMBER_ANY, false, 0, 0, 0 },
    { "answer", PX_MEMBER_TEXT, false, 1, PX_DOC_ID_BYTES_MAX, 0 },
    { "by", PX_MEMBER_TEXT, false, 0, PX_DOC_ID_BYTES_MAX, 0 },
    { "called", PX_MEMBER_TIME, false, 0, 0, 0 },
    { "print", PX_MEMBER_TEXT, false, PRINT_CHARS, PRINT_CHARS, 0 },
    { "status", PX_MEMBER_TEXT, false, 1, STATUS_BYTES_MAX, 0 },
    { "timeout", PX_MEMBER_COUNT, false, 1, PX_COMMAND_TIMEOUT_S_MAX, 0 },
    { "expires", PX_MEMBER_TIME, false, 0, 0, 0 },
    { "retry", PX_MEMBER_COUNT, false, 0, PX_COMMAND_ATTEMPTS_MAX - 1, 0 },
    { "interval", PX_MEMBER_COUNT, false, 0, PX_COMMAND_INTERVAL_S_MAX, 0 },
    { "attempts", PX_MEMBER_ANY, false, 0, 0, 0 },
    { 0 },
};

static const px_member execution[] = {
    { "twin", PX_MEMBER_TEXT, true, 1, PX_TWIN_ID_BYTES_MAX, 0 },
    { "twinNumber", PX_MEMBER_COUNT, true, 1, UINT32_MAX, 0 },
    { "id", PX_MEMBER_TEXT, true, 1, PX_TWIN_ID_BYTES_MAX, 0 },
    { "name", PX_MEMBER_TEXT, true, 1, PX_NAME_BYTES_MAX, 0 },
    { "by", PX_MEMBER_TEXT, false, 0, PX_DOC_ID_BYTES_MAX, 0 },
    { "called", PX_MEMBER_TIME, false, 0, 0, 0 },
    { "print", PX_MEMBER_TEXT, false, PRINT_CHARS, PRINT_CHARS, 0 },
    { "payload", PX_MEMBER_ANY, false, 0, 0, 0 },
    { "status", PX_MEMBER_TEXT, true, 1, STATUS_BYTES_MAX, 0 },
    { "ended", PX_MEMBER_TIME, true, 0, 0, 0 },
    { "endedBy", PX_MEMBER_TEXT, true, 0, PX_DOC_ID_BYTES_MAX, 0 },
    { "response", PX_MEMBER_ANY, false, 0, 0, 0 },
    { "timeout", PX_MEMBER_COUNT, false, 1, PX_COMMAND_TIMEOUT_S_MAX, 0 },
    { "expires", PX_MEMBER_TIME, false, 0, 0, 0 },
    { "retry", PX_MEMBER_COUNT, false, 0, PX_COMMAND_ATTEMPTS_MAX - 1, 0 },
    { "interval", PX_MEMBER_COUNT, false, 0, PX_COMMAND_INTERVAL_S_MAX, 0 },
    { "attempts", PX_MEMBER_ANY, false, 0, 0, 0 },
    { 0 },
};

static const px_member desired[] = {
    { "twin", PX_MEMBER_TEXT, true, 1, PX_TWIN_ID_BYTES_MAX, 0 },
    { "property", PX_MEMBER_TEXT, true, 1, PX_PROPERTY_PATH_BYTES_MAX, 0 },
    { "status", PX_MEMBER_TEXT, true, 1, STATUS_BYTES_MAX, 0 },
    { "confirmed", PX_MEMBER_BOOL, false, 0, 0, 0 },
    { "version", PX_MEMBER_ANY, true, 0, 0, 0 },
    { "since", PX_MEMBER_TIME, true, 0, 0, 0 },
    { "deadline", PX_MEMBER_TIME, false, 0, 0, 0 },
    { "by", PX_MEMBER_TEXT, false, 1, PX_DOC_ID_BYTES_MAX, 0 },
    { "reported", PX_MEMBER_ANY, false, 0, 0, 0 },
    { "reason", PX_MEMBER_TEXT, false, 1, PX_DESIRED_REASON_BYTES_MAX, 0 },
    { 0 },
};

static const px_member endpoint[] = {
    { "kind", PX_MEMBER_TEXT, true, 1, 16, 0 },
    { "url", PX_MEMBER_TEXT, false, 1, PX_ENDPOINT_URL_BYTES_MAX, 0 },
    { "topic", PX_MEMBER_TEXT, false, 1, PX_TOPIC_BYTES_MAX, 0 },
    { "secret", PX_MEMBER_TEXT, false, 1, PX_ENDPOINT_SECRET_BYTES_MAX, 0 },
    { "headers", PX_MEMBER_ANY, false, 0, 0, 0 },
    { 0 },
};

static const px_member route[] = {
    { "endpointName", PX_MEMBER_TEXT, true, 1, PX_DOC_ID_BYTES_MAX, 0 },
    { "filter", PX_MEMBER_TEXT, true, 1, PX_ROUTE_FILTER_BYTES_MAX, 0 },
    { 0 },
};

/* sync/binding.h has the rest of its rules. */
static const px_member binding[] = {
    { "source", PX_MEMBER_ANY, true, 0, 0, 0 },
    { "format", PX_MEMBER_TEXT, false, 1, 16, 0 },
    { "columns", PX_MEMBER_TEXTS, false, 1, PX_BINDING_TEXT_BYTES_MAX, PX_CSV_COLUMNS_MAX },
    { "separator", PX_MEMBER_TEXT, false, 1, 1, 0 },
    { "rows", PX_MEMBER_TEXT, false, 0, PX_BINDING_TEXT_BYTES_MAX, 0 },
    { "time", PX_MEMBER_ANY, false, 0, 0, 0 },
    { "quality", PX_MEMBER_ANY, false, 0, 0, 0 },
    { "fields", PX_MEMBER_ANY, false, 0, 0, 0 },
    { "rest", PX_MEMBER_TEXT, false, 0, PX_BINDING_TEXT_BYTES_MAX, 0 },
    { "when", PX_MEMBER_TEXT, false, 1, PX_BINDING_FORMULA_BYTES_MAX, 0 },
    { "twin", PX_MEMBER_ANY, false, 0, 0, 0 },
    { "create", PX_MEMBER_ANY, false, 0, 0, 0 },
    { "as", PX_MEMBER_TEXT, false, 1, 16, 0 },
    { "enabled", PX_MEMBER_BOOL, false, 0, 0, 0 },
    { 0 },
};

/* outbound/connection.h has the rest of its rules. */
static const px_member connection[] = {
    { "type", PX_MEMBER_TEXT, true, 1, 16, 0 },
    { "enabled", PX_MEMBER_BOOL, false, 0, 0, 0 },
    { "host", PX_MEMBER_TEXT, true, 1, PX_CONNECTION_HOST_BYTES_MAX, 0 },
    { "port", PX_MEMBER_COUNT, false, 1, UINT16_MAX, 0 },
    { "retryMax", PX_MEMBER_COUNT, false, 1, UINT32_MAX, 0 },
    { "tls", PX_MEMBER_ANY, false, 0, 0, 0 },
    { "key", PX_MEMBER_TEXT, false, 1, PX_CONNECTION_PEM_BYTES_MAX, 0 },
    { "user", PX_MEMBER_TEXT, false, 1, PX_MQTT_USER_BYTES_MAX, 0 },
    { "password", PX_MEMBER_TEXT, false, 1, PX_CONNECTION_PASSWORD_BYTES_MAX, 0 },
    { "clientId", PX_MEMBER_TEXT, false, 1, PX_MQTT_CLIENT_ID_BYTES_MAX, 0 },
    { "version", PX_MEMBER_COUNT, false, 4, 5, 0 },
    { "sessionExpiry", PX_MEMBER_COUNT, false, 1, UINT32_MAX, 0 },
    { "topics", PX_MEMBER_ANY, false, 0, 0, 0 },
    { "unit", PX_MEMBER_COUNT, false, 0, UINT8_MAX, 0 },
    { "every", PX_MEMBER_TEXT, false, 2, 16, 0 },
    { "timeout", PX_MEMBER_TEXT, false, 2, 16, 0 },
    { "gap", PX_MEMBER_COUNT, false, 0, PX_MODBUS_READ_REGISTERS_MAX, 0 },
    { "registers", PX_MEMBER_ANY, false, 0, 0, 0 },
    { 0 },
};

static const px_member property_index[] = {
    { "property", PX_MEMBER_TEXT, true, 1, 2 * PX_NAME_BYTES_MAX + 1, 0 },
    { "model", PX_MEMBER_TEXT, false, 1, PX_DTMI_INTERFACE_BYTES_MAX, 0 },
    { 0 },
};

/* freshness/rules.h has the rest of its rules. */
static const px_member freshness[] = {
    { "properties", PX_MEMBER_ANY, false, 0, 0, 0 },
    { "rollUp", PX_MEMBER_TEXTS, false, 1, PX_NAME_BYTES_MAX, PX_FRESHNESS_ROLL_UPS_MAX },
    { 0 },
};

static const px_member job[] = {
    { "status", PX_MEMBER_TEXT, true, 1, STATUS_BYTES_MAX, 0 },
    { "by", PX_MEMBER_TEXT, false, 0, PX_DOC_ID_BYTES_MAX, 0 },
    { "inputUri", PX_MEMBER_TEXT, false, 1, URL_BYTES_MAX, 0 },
    { "outputUri", PX_MEMBER_TEXT, false, 1, URL_BYTES_MAX, 0 },
    { "input", PX_MEMBER_TEXT, false, 1, URL_BYTES_MAX, 0 },
    { "output", PX_MEMBER_TEXT, false, 1, URL_BYTES_MAX, 0 },
    { "created", PX_MEMBER_TIME, true, 0, 0, 0 },
    { "lastAction", PX_MEMBER_TIME, true, 0, 0, 0 },
    { "finished", PX_MEMBER_TIME, false, 0, 0, 0 },
    { "deadline", PX_MEMBER_TIME, false, 0, 0, 0 },
    { "errorCode", PX_MEMBER_TEXT, false, 1, PX_DOC_ID_BYTES_MAX, 0 },
    { "errorText", PX_MEMBER_TEXT, false, 1, URL_BYTES_MAX, 0 },
    { "progress", PX_MEMBER_ANY, false, 0, 0, 0 },
    { 0 },
};

static const px_member answer[] = {
    { "request", PX_MEMBER_TEXT, true, 1, PX_DOC_ID_BYTES_MAX, 0 },
    { "status", PX_MEMBER_COUNT, false, 100, 599, 0 },
    { "revision", PX_MEMBER_ANY, false, 0, 0, 0 },
    { "body", PX_MEMBER_ANY, false, 0, 0, 0 },
    { "waits", PX_MEMBER_TEXT, false, 1, PX_TWIN_ID_BYTES_MAX, 0 },
    { 0 },
};

const px_kind px_kinds[PX_KIND_COUNT] = {
#define X(id, name, action, path, in_tenant_zero, id_bytes, most, members, meaning)                \
    [PX_KIND_##id] = { name, action,        path,    in_tenant_zero, id_bytes,                     \
                       most, name ".limit", members, meaning },
    PX_DOCUMENT_KINDS(X)
#undef X
};

const px_kind *px_kind_find(px_str name)
{
    for (size_t i = 0; i < PX_KIND_COUNT; i++)
        if (px_str_eq(name, px_str_c(px_kinds[i].name)))
            return &px_kinds[i];
    return NULL;
}

/* ---- bodies ---- */

static bool is_text(const px_member *member, const px_json *json)
{
    return json->type == PX_JSON_STRING && json->text.len >= member->least &&
           json->text.len <= member->most;
}

static bool is_texts(const px_member *member, const px_json *json)
{
    bool good = json->type == PX_JSON_ARRAY && json->count <= member->count;

    for (const px_json *m = good ? json->first : NULL; m && good; m = m->next)
        good = is_text(member, m);
    return good;
}

static bool is_count(const px_member *member, const px_json *json)
{
    int64_t number;

    return json->type == PX_JSON_NUMBER && px_num_to_int(json->num, &number) &&
           number >= (int64_t)member->least && number <= (int64_t)member->most;
}

static bool is_time(const px_json *json)
{
    px_time time;

    return json->type == PX_JSON_STRING && px_time_parse(json->text, &time, NULL) == PX_OK;
}

static bool fits(const px_member *member, const px_json *json)
{
    switch (member->type) {
    case PX_MEMBER_TEXT:
        return is_text(member, json);
    case PX_MEMBER_TEXTS:
        return is_texts(member, json);
    case PX_MEMBER_COUNT:
        return is_count(member, json);
    case PX_MEMBER_BOOL:
        return px_json_is_bool(json);
    case PX_MEMBER_TIME:
        return is_time(json);
    case PX_MEMBER_ANY:
        return true;
    }
    return false;
}

/* What would be right. */
static void put_wanted(const px_member *member, char *ret_text, size_t size)
{
    switch (member->type) {
    case PX_MEMBER_TEXT:
        snprintf(ret_text, size, "a string of %u to %u bytes", member->least, member->most);
        break;
    case PX_MEMBER_TEXTS:
        snprintf(ret_text, size, "an array of at most %u strings of %u to %u bytes", member->count,
                 member->least, member->most);
        break;
    case PX_MEMBER_COUNT:
        snprintf(ret_text, size, "a whole number from %u to %u", member->least, member->most);
        break;
    case PX_MEMBER_BOOL:
        snprintf(ret_text, size, "true or false");
        break;
    case PX_MEMBER_TIME:
        snprintf(ret_text, size, "a time such as 2026-11-01T12:00:00Z");
        break;
    case PX_MEMBER_ANY:
        snprintf(ret_text, size, "anything");
        break;
    }
}

static const px_member *find_member(const px_kind *kind, px_str name)
{
    for (const px_member *m = kind->members; m->name; m++)
        if (px_str_eq(name, px_str_c(m->name)))
            return m;
    return NULL;
}

static px_status check_required(const px_kind *kind, const px_json *body, px_err *ret_err)
{
    char path[96];

    for (const px_member *m = kind->members; m->name; m++) {
        if (!m->required || px_json_get(body, px_str_c(m->name)))
            continue;
        px_fail_id(ret_err, PX_INVALID, "document.form", "a %s needs '%s'", kind->name, m->name);
        snprintf(path, sizeof(path), "/%s", m->name);
        if (ret_err)
            px_err_at(ret_err, body->line, body->column, px_str_c(path));
        return PX_INVALID;
    }
    return PX_OK;
}

px_status px_kind_check(const px_kind *kind, px_str text, px_arena *arena, px_err *ret_err)
{
    char wanted[96];
    px_json *body;

    PX_TRY(px_json_parse(text, NULL, arena, &body, ret_err));
    if (body->type != PX_JSON_OBJECT)
        return px_fail_id(ret_err, PX_INVALID, "document.form", "a %s is an object", kind->name);
    for (const px_json *m = body->first; m; m = m->next) {
        const px_member *member = find_member(kind, m->key);

        if (!member)
            return px_json_fail(m, ret_err, PX_INVALID, "document.form", "a %s has no '%.*s'",
                                kind->name, PX_FMT(m->key));
        if (fits(member, m))
            continue;
        put_wanted(member, wanted, sizeof(wanted));
        return px_json_fail(m, ret_err, PX_INVALID, "document.form", "'%s' of a %s is %s",
                            member->name, kind->name, wanted);
    }
    return check_required(kind, body, ret_err);
}
