/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/device.h"

static const struct {
    const char *name;
    unsigned next; /* states that it may become, as bits */
} states[PX_DEVICE_STATE_COUNT] = {
    [PX_DEVICE_REGISTERED] = { "registered", 1 << PX_DEVICE_ACTIVE | 1 << PX_DEVICE_DISABLED |
                                                 1 << PX_DEVICE_RETIRED },
    [PX_DEVICE_ACTIVE] = { "active", 1 << PX_DEVICE_DISABLED | 1 << PX_DEVICE_RETIRED },
    [PX_DEVICE_DISABLED] = { "disabled", 1 << PX_DEVICE_REGISTERED | 1 << PX_DEVICE_RETIRED },
    [PX_DEVICE_RETIRED] = { "retired", 0 },
};

const char *px_device_state_name(px_device_state state)
{
    return states[state].name;
}

bool px_device_state_find(px_str name, px_device_state *ret_state)
{
    for (int i = 0; i < PX_DEVICE_STATE_COUNT; i++) {
        if (!px_str_eq(name, px_str_c(states[i].name)))
            continue;
        *ret_state = (px_device_state)i;
        return true;
    }
    return false;
}

bool px_device_may_become(px_device_state from, px_device_state to)
{
    return states[from].next & 1u << to;
}

/* ---- its document ---- */

static bool read_credentials(const px_json *body, px_device *device)
{
    const px_json *ids = px_json_get(body, PX_STR("credentials"));
    px_str one = px_json_get_text(body, PX_STR("credential"));

    if (one.len)
        device->credentials[device->credential_count++] = one;
    for (const px_json *id = px_json_is(ids, PX_JSON_ARRAY) ? ids->first : NULL; id;
         id = id->next) {
        if (device->credential_count == PX_DEVICE_CREDENTIALS_MAX)
            return false;
        device->credentials[device->credential_count++] = id->text;
    }
    return true;
}

px_status px_device_read(px_str text, px_arena *arena, px_device *ret_device, px_err *ret_err)
{
    px_device device = { .state = PX_DEVICE_ACTIVE, .twins = PX_STR("[]") };
    px_json *body;
    px_str state;

    PX_TRY(px_json_parse(text, NULL, arena, &body, ret_err));
    state = px_json_get_text(body, PX_STR("state"));
    if ((state.len && !px_device_state_find(state, &device.state)) ||
        !read_credentials(body, &device))
        return px_fail_id(ret_err, PX_CORRUPT, "device.document",
                          "the document of a device has a state or credentials that no release "
                          "writes");
    device.group = px_json_get_text(body, PX_STR("group"));
    device.attributes = px_json_get(body, PX_STR("attributes"));
    if (px_json_get(body, PX_STR("twins")))
        device.twins = px_json_get(body, PX_STR("twins"))->raw;
    *ret_device = device;
    return PX_OK;
}

void px_put_device(px_buf *buf, const px_device *device)
{
    px_json_writer w = px_json_writer_of(buf);

    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("twins"));
    px_json_put_raw(&w, device->twins);
    px_json_key(&w, PX_STR("state"));
    px_json_string(&w, px_str_c(px_device_state_name(device->state)));
    if (device->group.len) {
        px_json_key(&w, PX_STR("group"));
        px_json_string(&w, device->group);
    }
    if (device->attributes) {
        px_json_key(&w, PX_STR("attributes"));
        px_json_node(&w, device->attributes);
    }
    px_json_key(&w, PX_STR("credentials"));
    px_json_begin_array(&w);
    for (size_t i = 0; i < device->credential_count; i++)
        px_json_string(&w, device->credentials[i]);
    px_json_end_array(&w);
    px_json_end_object(&w);
}

px_status px_device_admits(px_device_state state, px_str id, px_err *ret_err)
{
    if (state == PX_DEVICE_DISABLED)
        return px_fail_id(ret_err, PX_DENIED, "device.disabled",
                          "device '%.*s' is disabled; `pollux device enable %.*s` lets it in again",
                          PX_FMT(id), PX_FMT(id));
    if (state == PX_DEVICE_RETIRED)
        return px_fail_id(ret_err, PX_DENIED, "device.retired",
                          "device '%.*s' is retired, and stays so; register another one",
                          PX_FMT(id));
    return PX_OK;
}

/* ---- the first connection ---- */

typedef struct activation {
    px_request request;
    px_document_write write;
    px_arena arena;
} activation;

enum { ACTIVATION_BYTES_MAX = 8 * 1024 * 1024 }; /* a device of 10,000 twins, and some */

static void activation_end(activation *own)
{
    px_arena_release(&own->arena);
    px_free(own);
}

/* Whatever the answer is: who asks looks at the document again. */
static void activation_done(px_request *request)
{
    activation_end(request->data);
}

/* The document as it was at `revision`, made active. */
static px_status fill(px_engine *engine, activation *own, uint64_t revision, px_err *ret_err)
{
    px_request *request = &own->request;
    px_buf body = { 0 };
    px_document document;
    px_device device;
    px_status status;

    PX_TRY(px_documents_get(px_engine_documents(engine), request->principal.tenant,
                            PX_STR("device"), request->principal.id, &own->arena, &document,
                            ret_err));
    PX_TRY(px_device_read(document.body, &own->arena, &device, ret_err));
    if (document.revision != revision || device.state != PX_DEVICE_REGISTERED)
        return px_fail(ret_err, PX_STALE, "the device changed since it was read");
    device.state = PX_DEVICE_ACTIVE;
    px_put_device(&body, &device);
    status = px_buf_status(&body, ret_err);
    if (status == PX_OK)
        own->write.body = px_arena_str(&own->arena, px_buf_str(&body));
    px_buf_release(&body);
    PX_TRY(status);
    return own->write.body.ptr ? PX_OK : px_arena_fail(&own->arena, ret_err);
}

void px_device_activate(px_engine *engine, const px_principal *principal, uint64_t revision)
{
    activation *own = px_zalloc(1, sizeof(*own));
    px_str id;

    if (!own)
        return;
    px_arena_init(&own->arena, ACTIVATION_BYTES_MAX);
    id = px_arena_str(&own->arena, principal->id);
    /* the server's own change, in the name of the device that came */
    own->request =
        (px_request){ .kind = PX_REQUEST_DOCUMENTS,
                      .principal = { .tenant = principal->tenant, .role = PX_ROLE_ADMIN, .id = id },
                      .if_match = revision,
                      .documents = &own->write,
                      .document_count = 1,
                      .done = activation_done,
                      .data = own };
    own->write = (px_document_write){ .kind = PX_STR("device"), .id = id };
    if (!id.ptr || fill(engine, own, revision, NULL) != PX_OK) {
        activation_end(own);
        return;
    }
    own->request.bytes = sizeof(*own) + own->arena.used;
    if (px_engine_submit(engine, &own->request, &own->request) != PX_OK)
        activation_end(own);
}
