/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Desired values on their way to a Modbus device. Before each poll the twins' desired values are
 * looked at: one that is still open (engine/desired.h) is written to its register, and what the
 * device said of it becomes its status, as the answer of a device that speaks for itself. Without
 * an answer it stays open, and is written again.
 */
#include "base/limits.h"
#include "engine/desired.h"
#include "outbound/link_modbus.h"

static bool *told_of(pxi_device *d, const px_modbus_register *r)
{
    return &d->writes_told[r - d->link->config.registers];
}

/* `write` names what cannot be wished for: said once, until it can. */
static void cannot_wish(pxi_device *d, const px_modbus_register *r, const char *what)
{
    px_err err;

    px_fail_id(&err, PX_INVALID, "modbus.property",
               "register '%.*s' is written what is wished of '%.*s' of twin '%.*s': %s",
               PX_FMT(r->name), PX_FMT(r->property), PX_FMT(r->twin), what);
    if (!*told_of(d, r))
        pxi_link_note(d->link, &err, true);
    *told_of(d, r) = true;
}

/* Whether there is such a property, and whether it may be written. */
static const px_field *find_property(pxi_device *d, const px_modbus_register *r,
                                     const px_twin *twin)
{
    const px_registry *registry = px_engine_registry(d->link->owner->opts.engine);
    const px_model *model = px_registry_model(registry, px_twin_model(twin));
    const px_field *field = model ? px_layout_find_path(px_model_layout(model), r->property) : NULL;

    if (field && field->writable)
        return field;
    cannot_wish(d, r, "it is no writable property");
    return NULL;
}

/* What is wished of a register; false: nothing that the device is still to hear of. */
static bool find_wish(pxi_device *d, const px_modbus_register *r, const px_twin *twin,
                      px_value *ret_value)
{
    const px_field *field = find_property(d, r, twin);
    px_desired desired;
    px_slot slot;

    if (!field)
        return false;
    if (!px_twin_slot(twin, field->index | PX_DESIRED, &slot) ||
        px_desired_derived(twin, &slot) == PX_DESIRED_APPLIED ||
        (px_desired_get(px_engine_documents(d->link->owner->opts.engine), d->link->config.tenant,
                        r->twin, r->property, &d->arena, &desired, NULL) == PX_OK &&
         !px_desired_is_open(desired.status))) {
        *told_of(d, r) = false;
        return false;
    }
    *ret_value = slot.value;
    return true;
}

/* As a device says it on twins/T/desired/response. */
static px_status put_response(pxi_device *d, const px_modbus_register *r, uint64_t version,
                              px_status status, const px_err *err, px_json **ret_json,
                              px_err *ret_err)
{
    px_buf buf = { 0 };
    px_json_writer w = px_json_writer_of(&buf);
    px_str text;

    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("$version"));
    px_json_uint(&w, version);
    px_json_key(&w, PX_STR("status"));
    px_json_string(&w, status == PX_OK ? PX_STR("applied") : PX_STR("rejected"));
    px_json_key(&w, PX_STR("properties"));
    px_json_begin_array(&w);
    px_json_string(&w, r->property);
    px_json_end_array(&w);
    if (status != PX_OK) {
        px_json_key(&w, PX_STR("reason"));
        px_json_string(&w, px_str_c(err->text));
    }
    px_json_end_object(&w);
    text = buf.status == PX_OK ? px_arena_str(&d->arena, px_buf_str(&buf)) : (px_str){ 0 };
    px_buf_release(&buf);
    if (!text.ptr)
        return px_no_memory(ret_err);
    return px_json_parse(text, NULL, &d->arena, ret_json, ret_err);
}

/* When the engine does not hear of it, it stays open and is written again: the same value. False
 * then, and `ret_err` says why. */
static bool tell(pxi_device *d, const px_modbus_register *r, uint64_t version, px_status status,
                 const px_err *why, px_err *ret_err)
{
    px_request request = { .kind = PX_REQUEST_DESIRED_STATUS,
                           .principal = d->link->principal,
                           .id = r->twin,
                           .text = PX_STR(""),
                           .source_time = PX_TIME_NONE,
                           .bytes = sizeof(request) };
    px_json *json = NULL;
    px_status told = put_response(d, r, version, status, why, &json, ret_err);

    request.json = json;
    if (told == PX_OK)
        told = pxi_link_ask(d->link, &request, ret_err);
    if (told == PX_OK && request.result.status != PX_OK) {
        *ret_err = request.result.err;
        return false;
    }
    return told == PX_OK;
}

static px_status write_one(pxi_device *d, const px_modbus_register *r, px_value value,
                           px_err *ret_err)
{
    uint8_t bytes[2 * PX_MODBUS_READ_REGISTERS_MAX];
    px_modbus_request request = {
        .table = r->table, .is_write = true, .address = r->address, .count = r->count, .data = bytes
    };
    const uint8_t *nothing;
    px_status status = px_modbus_value_put(r, value, bytes, ret_err);

    if (status != PX_OK)
        return PX_DENIED; /* the register's refusal is as final as the device's */
    return pxi_device_exchange(d, &request, told_of(d, r), &nothing, ret_err);
}

static px_status settle_wish(pxi_device *d, const px_modbus_register *r, px_buf *scratch,
                             px_err *ret_err)
{
    const px_twin *twin;
    px_value value;
    px_err err = { 0 }, untold = { 0 };
    px_status status;
    bool was_told;

    px_arena_reset(&d->arena);
    status = px_graph_read(px_engine_graph(d->link->owner->opts.engine), d->link->config.tenant,
                           r->twin, scratch, &twin, NULL);
    if (status == PX_NOT_FOUND)
        cannot_wish(d, r, "there is no such twin");
    if (status != PX_OK || !find_wish(d, r, twin, &value))
        return PX_OK;
    was_told = *told_of(d, r);
    status = write_one(d, r, value, &err);
    if (status == PX_OK)
        PXI_COUNT(d->link, written, 1);
    if (status == PX_DENIED)
        PXI_COUNT(d->link, refused, 1);
    if (status == PX_OK || status == PX_DENIED) {
        /* the next wish has its own answer; of this one the same is said once */
        *told_of(d, r) = !tell(d, r, px_twin_desired_version(twin), status, &err, &untold);
        if (*told_of(d, r))
            pxi_link_note(d->link, &untold, !was_told);
    }
    if (pxi_device_goes_on(status))
        return PX_OK;
    *ret_err = err;
    return status;
}

px_status pxi_device_write_back(pxi_device *d, px_err *ret_err)
{
    const px_connection *c = &d->link->config;
    px_buf scratch = { 0 };
    px_status status = PX_OK;

    for (size_t i = 0; i < c->register_count && status == PX_OK; i++)
        if (c->registers[i].twin.len)
            status = settle_wish(d, &c->registers[i], &scratch, ret_err);
    px_buf_release(&scratch);
    return status;
}
