/* SPDX-License-Identifier: Apache-2.0 */
#include "outbound/cloud_event.h"

#include <stdio.h>

#include "base/json.h"
#include "outbound/event_data.h"
#include "outbound/letter.h"

/* What the events of one journal event have in common. */
typedef struct making {
    px_cloud_maker *maker;
    const px_event *event;
    const px_model *model; /* NULL when the event names none */
    px_str twin_id;        /* in maker->text */
    uint32_t made;
} making;

typedef px_status make_fn(making *m, px_err *ret_err);

void px_cloud_maker_release(px_cloud_maker *maker)
{
    px_buf_release(&maker->text);
    px_buf_release(&maker->data);
    px_buf_release(&maker->subject);
    px_buf_release(&maker->source);
}

/* ---- names ---- */

/* Appends the id of a twin; `ret_model` (may be NULL) gets its model's id while it is there. */
static px_status put_twin_id(making *m, px_buf *buf, uint32_t twin_no, px_str *ret_model,
                             px_err *ret_err)
{
    px_cloud_maker *maker = m->maker;
    const px_model *model = NULL;
    px_buf scratch = { 0 };
    const px_twin *twin;
    px_str id = { 0 };
    px_status status =
        px_graph_read_no(maker->graph, m->event->tenant, twin_no, &scratch, &twin, ret_err);

    if (status == PX_OK) {
        id = px_twin_id(twin);
        model = px_registry_model(maker->registry, px_twin_model(twin));
    } else if (status == PX_NOT_FOUND) {
        status = px_gone_find(maker->gone, m->event->tenant, twin_no, m->event->seq, &id, ret_err);
    }
    if (status == PX_OK)
        px_put(buf, id);
    px_buf_release(&scratch);
    if (ret_model)
        *ret_model = model ? px_model_id(model) : PX_STR("");
    PX_TRY(status);
    return px_buf_status(buf, ret_err);
}

static px_status find_twin_id(making *m, px_err *ret_err)
{
    px_buf *text = &m->maker->text;

    px_buf_clear(text);
    if (m->event->type == PX_EVENT_TWIN_PUT || m->event->type == PX_EVENT_TWIN_DELETE)
        px_put(text, m->event->id);
    else
        PX_TRY(put_twin_id(m, text, m->event->twin_no, NULL, ret_err));
    m->twin_id = px_buf_str(text);
    return px_buf_status(text, ret_err);
}

/* ---- one event ---- */

static bool is_plain(char c)
{
    return px_is_letter(c) || px_is_digit(c) || strchr("-._~!$&'()*+,;=:@", c) != NULL;
}

/* `source` is a URI reference. */
static void put_uri_part(px_buf *buf, px_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] && is_plain(text.ptr[i]))
            px_put_char(buf, text.ptr[i]);
        else
            px_putf(buf, "%%%02X", (unsigned)(unsigned char)text.ptr[i]);
    }
}

/* Hands on what stands in maker->data. */
static px_status hand_on(making *m, px_cloud_event *cloud, px_err *ret_err)
{
    char id[48];
    int len;

    PX_TRY(px_buf_status(&m->maker->data, ret_err));
    PX_TRY(px_buf_status(&m->maker->subject, ret_err));
    PX_TRY(px_buf_status(&m->maker->source, ret_err));
    len = snprintf(id, sizeof(id), "%llu.%u", (unsigned long long)m->event->seq, m->made);
    if (cloud->id.len == 0)
        cloud->id = px_str_of(id, (size_t)len);
    if (cloud->source.len == 0)
        cloud->source = m->maker->host;
    cloud->data = px_buf_str(&m->maker->data);
    cloud->place = px_letter_place(m->event->seq, m->made++);
    return m->maker->each(m->maker->ctx, cloud, ret_err);
}

static px_status tell_twin(making *m, px_str type, px_err *ret_err)
{
    px_cloud_event cloud = { .type = type, .subject = m->twin_id, .time = m->event->time };

    return hand_on(m, &cloud, ret_err);
}

static px_status make_update(making *m, px_err *ret_err)
{
    px_buf_clear(&m->maker->data);
    if (!px_put_event_patch(&m->maker->data, m->model, m->event))
        return PX_OK;
    return tell_twin(m, PX_STR("Microsoft.DigitalTwins.Twin.Update"), ret_err);
}

static px_status make_put(making *m, px_err *ret_err)
{
    if (m->event->flag)
        return make_update(m, ret_err);
    px_buf_clear(&m->maker->data);
    px_put_event_twin(&m->maker->data, m->model, m->event, m->twin_id);
    return tell_twin(m, PX_STR("Microsoft.DigitalTwins.Twin.Create"), ret_err);
}

/* An older release did not write down what the twin was. */
static px_status make_delete(making *m, px_err *ret_err)
{
    px_json_writer w = px_json_writer_of(&m->maker->data);

    px_buf_clear(&m->maker->data);
    if (m->model) {
        px_put_event_twin(&m->maker->data, m->model, m->event, m->twin_id);
    } else {
        px_json_begin_object(&w);
        px_json_key(&w, PX_STR("$dtId"));
        px_json_string(&w, m->twin_id);
        px_json_end_object(&w);
    }
    return tell_twin(m, PX_STR("Microsoft.DigitalTwins.Twin.Delete"), ret_err);
}

/* ---- telemetry ---- */

static px_status tell_telemetry(making *m, px_str component, px_str message_id, px_err *ret_err)
{
    px_cloud_maker *maker = m->maker;
    uint32_t count, index = px_layout_component_find(px_model_layout(m->model), component);
    const px_component *components = px_layout_components(px_model_layout(m->model), &count);
    px_time source_time = m->event->source_time;
    px_cloud_event cloud = { .type = PX_STR("microsoft.iot.telemetry"),
                             .subject = component,
                             .id = message_id,
                             .dataschema = px_model_id(m->model),
                             .time = source_time != PX_TIME_NONE ? source_time : m->event->time };

    if (component.len && index < count)
        cloud.dataschema = px_model_id(components[index].model);
    px_buf_clear(&maker->source);
    px_put(&maker->source, maker->host);
    px_put_char(&maker->source, '/');
    put_uri_part(&maker->source, m->twin_id);
    cloud.source = px_buf_str(&maker->source);
    return hand_on(m, &cloud, ret_err);
}

static px_status make_telemetry(making *m, px_err *ret_err)
{
    px_buf_clear(&m->maker->data);
    px_put(&m->maker->data, m->event->body.len ? m->event->body : PX_STR("null"));
    return tell_telemetry(m, m->event->name, m->event->id, ret_err);
}

/* An update of the properties in it, then telemetry of the twin and of each component. */
static px_status make_message(making *m, px_err *ret_err)
{
    const px_layout *layout = px_model_layout(m->model);
    uint32_t count;
    const px_component *components = px_layout_components(layout, &count);

    PX_TRY(make_update(m, ret_err));
    for (uint32_t i = 0; i <= count; i++) {
        px_str name = i ? components[i - 1].name : PX_STR("");

        px_buf_clear(&m->maker->data);
        if (px_put_event_telemetry(&m->maker->data, layout, m->event, i ? i - 1 : PX_NO_COMPONENT))
            PX_TRY(tell_telemetry(m, name, (px_str){ 0 }, ret_err));
    }
    return PX_OK;
}

/* ---- relationships ---- */

static px_status tell_relationship(making *m, const char *type, px_err *ret_err)
{
    px_cloud_event cloud = { .type = px_str_c(type), .time = m->event->time };

    px_buf_clear(&m->maker->subject);
    px_put(&m->maker->subject, m->twin_id);
    px_put_c(&m->maker->subject, "/relationships/");
    px_put(&m->maker->subject, m->event->id);
    cloud.subject = px_buf_str(&m->maker->subject);
    return hand_on(m, &cloud, ret_err);
}

static px_status put_whole(making *m, px_err *ret_err)
{
    px_buf target = { 0 };
    px_status status = put_twin_id(m, &target, m->event->target_no, NULL, ret_err);

    px_buf_clear(&m->maker->data);
    if (status == PX_OK)
        px_put_event_relationship(&m->maker->data, m->event, m->twin_id, px_buf_str(&target));
    px_buf_release(&target);
    return status;
}

static px_status make_relationship(making *m, px_err *ret_err)
{
    px_buf unused = { 0 }, target = { 0 };
    px_str model_id;
    px_status status;
    bool can_tell;

    if (!m->event->flag) {
        PX_TRY(put_whole(m, ret_err));
        return tell_relationship(m, "Microsoft.DigitalTwins.Relationship.Create", ret_err);
    }
    status = put_twin_id(m, &unused, m->event->twin_no, &model_id, ret_err);
    px_buf_release(&unused);
    if (status == PX_OK && m->event->was_target_no)
        status = put_twin_id(m, &target, m->event->target_no, NULL, ret_err);
    px_buf_clear(&m->maker->data);
    can_tell = status == PX_OK && px_put_event_relationship_patch(&m->maker->data, m->event,
                                                                  model_id, px_buf_str(&target));
    px_buf_release(&target);
    PX_TRY(status);
    if (!can_tell)
        return px_fail_id(ret_err, PX_NOT_FOUND, "outbound.relationship",
                          "what changed in relationship '%.*s' cannot be told",
                          PX_FMT(m->event->id));
    return tell_relationship(m, "Microsoft.DigitalTwins.Relationship.Update", ret_err);
}

static px_status make_relationship_delete(making *m, px_err *ret_err)
{
    PX_TRY(put_whole(m, ret_err));
    return tell_relationship(m, "Microsoft.DigitalTwins.Relationship.Delete", ret_err);
}

/* ---- the table ---- */

static const struct {
    px_event_type type;
    bool needs_model;
    make_fn *make;
} kinds[] = {
    { PX_EVENT_TWIN_PUT, true, make_put },
    { PX_EVENT_TWIN_PATCH, true, make_update },
    { PX_EVENT_TWIN_DELETE, false, make_delete },
    { PX_EVENT_RELATIONSHIP_PUT, false, make_relationship },
    { PX_EVENT_RELATIONSHIP_DELETE, false, make_relationship_delete },
    { PX_EVENT_DEVICE_MESSAGE, true, make_message },
    { PX_EVENT_TELEMETRY, true, make_telemetry },
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static size_t kind_of(px_event_type type)
{
    size_t i = 0;

    while (i < KINDS && kinds[i].type != type)
        i++;
    return i;
}

bool px_cloud_event_is_of(px_event_type type)
{
    return kind_of(type) < KINDS;
}

px_status px_cloud_events_of(px_cloud_maker *maker, const px_event *event, px_err *ret_err)
{
    making m = { .maker = maker, .event = event };
    size_t kind = kind_of(event->type);

    if (kind == KINDS)
        return PX_OK;
    m.model = px_registry_model(maker->registry, event->model_no);
    if (kinds[kind].needs_model && !m.model)
        return px_fail_id(ret_err, PX_NOT_FOUND, "outbound.model",
                          "model number %u is gone, and the event is in its words",
                          event->model_no);
    PX_TRY(find_twin_id(&m, ret_err));
    return kinds[kind].make(&m, ret_err);
}

/* ---- bytes ---- */

static void put_member(px_json_writer *w, const char *key, px_str text)
{
    if (text.len == 0)
        return;
    px_json_key(w, px_str_c(key));
    px_json_string(w, text);
}

void px_put_cloud_event(px_buf *buf, const px_cloud_event *event)
{
    px_json_writer w = px_json_writer_of(buf);
    char sequence[24];
    int len = snprintf(sequence, sizeof(sequence), "%020llu", (unsigned long long)event->place);

    px_json_begin_object(&w);
    put_member(&w, "specversion", PX_STR("1.0"));
    put_member(&w, "id", event->id);
    put_member(&w, "source", event->source);
    put_member(&w, "type", event->type);
    put_member(&w, "subject", event->subject);
    px_json_key(&w, PX_STR("time"));
    px_json_time(&w, event->time);
    put_member(&w, "datacontenttype", PX_STR("application/json"));
    put_member(&w, "dataschema", event->dataschema);
    put_member(&w, "sequence", px_str_of(sequence, (size_t)len));
    px_json_key(&w, PX_STR("data"));
    px_json_put_raw(&w, event->data);
    px_json_end_object(&w);
}
