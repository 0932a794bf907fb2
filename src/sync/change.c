/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/change.h"

#include "base/json.h"

bool px_event_is_change(const px_event *event)
{
    switch (event->type) {
    case PX_EVENT_TWIN_PUT:
    case PX_EVENT_TWIN_PATCH:
    case PX_EVENT_DEVICE_MESSAGE:
    case PX_EVENT_TELEMETRY:
        return event->field_count > 0 || event->type == PX_EVENT_TWIN_PUT;
    default:
        return false;
    }
}

static void put_field(px_json_writer *w, const px_layout *layout, const px_event *event,
                      const px_field_value *f)
{
    px_time source_time = f->source_time != PX_TIME_NONE ? f->source_time : event->source_time;

    if (f->field >= px_layout_field_count(layout))
        return;
    px_json_key(w, px_layout_field(layout, f->field)->path);
    px_json_begin_object(w);
    px_json_key(w, PX_STR("value"));
    px_json_value(w, f->value);
    px_json_key(w, PX_STR("sourceTime"));
    px_json_time(w, source_time);
    px_json_end_object(w);
}

bool px_put_change(px_buf *buf, px_graph *graph, const px_registry *registry, const px_event *event,
                   px_buf *scratch, px_str *ret_twin_id)
{
    const px_model *model = px_registry_model(registry, event->model_no);
    px_json_writer w = px_json_writer_of(buf);
    const px_twin *twin;

    if (!model ||
        px_graph_read_no(graph, event->tenant, event->twin_no, scratch, &twin, NULL) != PX_OK)
        return false;
    *ret_twin_id = px_twin_id(twin);
    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("twin"));
    px_json_string(&w, px_twin_id(twin));
    px_json_key(&w, PX_STR("time"));
    px_json_time(&w, event->time);
    px_json_key(&w, PX_STR("values"));
    px_json_begin_object(&w);
    for (size_t i = 0; i < event->field_count; i++)
        put_field(&w, px_model_layout(model), event, &event->fields[i]);
    px_json_end_object(&w);
    px_json_end_object(&w);
    return true;
}
