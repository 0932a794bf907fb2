/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/change.h"

#include "base/json.h"
#include "base/limits.h"
#include "engine/desired.h"

/* What the parts of a change are written from. */
typedef struct source {
    px_graph *graph;
    const px_registry *registry;
    const px_event *event;
    const px_twin *twin; /* NULL: the event is about none that is there */
    px_desired *desired; /* of a wish */
    px_arena *arena;
} source;

/* ---- parts ---- */

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

static bool put_values(px_json_writer *w, const source *s)
{
    const px_model *model = px_registry_model(s->registry, s->event->model_no);

    if (!model)
        return false;
    px_json_key(w, PX_STR("values"));
    px_json_begin_object(w);
    for (size_t i = 0; i < s->event->field_count; i++)
        put_field(w, px_model_layout(model), s->event, &s->event->fields[i]);
    px_json_end_object(w);
    return true;
}

static bool put_deleted(px_json_writer *w, const source *s)
{
    (void)s;
    px_json_key(w, PX_STR("deleted"));
    px_json_bool(w, true);
    return true;
}

/* The event does not say the model: it is the twin's, or the numbers mean nothing any more. */
static bool put_desired(px_json_writer *w, const source *s)
{
    const px_model *model = px_registry_model(s->registry, px_twin_model(s->twin));
    const px_layout *layout = model ? px_model_layout(model) : NULL;

    if (!layout)
        return false;
    px_json_key(w, PX_STR("desired"));
    px_json_begin_object(w);
    for (size_t i = 0; i < s->event->field_count; i++) {
        const px_field_value *f = &s->event->fields[i];

        if (f->field >= px_layout_field_count(layout))
            continue;
        px_json_key(w, px_layout_field(layout, f->field)->path);
        px_json_value(w, f->value);
    }
    px_json_end_object(w);
    return true;
}

static bool put_relationship(px_json_writer *w, const source *s)
{
    const px_event *event = s->event;
    px_buf scratch = { 0 };
    const px_twin *target;

    px_json_key(w, PX_STR("relationship"));
    px_json_begin_object(w);
    px_json_maybe_text(w, "id", event->id);
    px_json_maybe_text(w, "name", event->name);
    if (event->target_no && px_graph_read_no(s->graph, event->tenant, event->target_no, &scratch,
                                             &target, NULL) == PX_OK)
        px_json_maybe_text(w, "target", px_twin_id(target));
    if (event->type == PX_EVENT_RELATIONSHIP_DELETE) {
        put_deleted(w, s);
    } else if (event->body.len > 2) { /* not of an empty object */
        px_json_key(w, PX_STR("properties"));
        px_json_put_raw(w, event->body);
    }
    px_json_end_object(w);
    px_buf_release(&scratch);
    return true;
}

static bool put_command(px_json_writer *w, const source *s)
{
    const px_event *event = s->event;
    bool is_request = event->type == PX_EVENT_COMMAND_REQUEST;
    px_command_status status = is_request ? PX_COMMAND_PENDING : (px_command_status)event->code;

    px_json_key(w, PX_STR("command"));
    px_json_begin_object(w);
    px_json_maybe_text(w, "id", event->id);
    px_json_maybe_text(w, "name", event->name);
    px_json_maybe_text(w, "status", px_str_c(px_command_status_name(status)));
    if (event->type == PX_EVENT_COMMAND_DELIVERY) {
        px_json_key(w, PX_STR("attempt"));
        px_json_uint(w, event->revision);
    }
    if (event->body.len) {
        px_json_key(w, is_request ? PX_STR("payload") : PX_STR("response"));
        px_json_put_raw(w, event->body);
    }
    px_json_end_object(w);
    return true;
}

static bool put_model(px_json_writer *w, const source *s)
{
    const px_event *event = s->event;
    const char *what = event->type == PX_EVENT_MODEL_PUT      ? "uploaded"
                       : event->type == PX_EVENT_MODEL_DELETE ? "deleted"
                       : event->flag                          ? "decommissioned"
                                                              : "reopened";

    px_json_maybe_text(w, "change", px_str_c(what));
    return true;
}

/* Of one property. */
static bool put_desired_status(px_json_writer *w, const source *s)
{
    const px_desired *d = s->desired;

    px_json_key(w, PX_STR("desiredStatus"));
    px_json_begin_object(w);
    px_json_key(w, d->property);
    px_json_begin_object(w);
    px_json_key(w, PX_STR("version"));
    px_json_uint(w, d->version);
    px_json_maybe_text(w, "status", px_str_c(px_desired_status_name(d->status)));
    px_json_maybe_text(w, "reason", d->reason);
    px_json_end_object(w);
    px_json_end_object(w);
    return true;
}

/* Of the twin as a whole, and of the property that changed it: by its path in the model that it
 * was decided by. */
static bool put_freshness(px_json_writer *w, const source *s)
{
    const px_event *event = s->event;
    const px_field_value *f = event->field_count ? &event->fields[0] : NULL;
    const px_model *model = px_registry_model(s->registry, event->model_no);
    int64_t item;

    px_json_key(w, PX_STR("freshness"));
    if (event->flag) {
        px_json_null(w);
        return true;
    }
    px_json_begin_object(w);
    px_json_maybe_text(w, "state", px_str_c(px_freshness_name((px_freshness)event->code)));
    px_json_key(w, PX_STR("since"));
    px_json_time(w, event->source_time);
    px_json_maybe_text(w, "cause", event->cause);
    if (f && model && f->field < px_layout_field_count(px_model_layout(model)) &&
        px_num_to_int(f->value.num, &item) && item >= 0 && item < PX_FRESHNESS_COUNT) {
        px_json_maybe_text(w, "path", px_layout_field(px_model_layout(model), f->field)->path);
        px_json_key(w, PX_STR("property"));
        px_json_begin_object(w);
        px_json_maybe_text(w, "state", px_str_c(px_freshness_name((px_freshness)item)));
        px_json_key(w, PX_STR("since"));
        px_json_time(w, f->source_time);
        px_json_end_object(w);
    }
    px_json_end_object(w);
    return true;
}

/* ---- the table ---- */

typedef enum about { A_TWIN, A_TWIN_GONE, A_MODEL, A_WISH } about;

static const struct {
    px_event_type type;
    about about;
    bool is_state; /* the twin's state afterwards tells it as well */
    bool (*put)(px_json_writer *w, const source *s);
} kinds[] = {
    { PX_EVENT_TWIN_PUT, A_TWIN, true, put_values },
    { PX_EVENT_TWIN_PATCH, A_TWIN, true, put_values },
    { PX_EVENT_DEVICE_MESSAGE, A_TWIN, true, put_values },
    { PX_EVENT_TELEMETRY, A_TWIN, true, put_values },
    { PX_EVENT_TWIN_DELETE, A_TWIN_GONE, false, put_deleted },
    { PX_EVENT_TWIN_DESIRED, A_TWIN, false, put_desired },
    { PX_EVENT_FRESHNESS, A_TWIN, false, put_freshness },
    { PX_EVENT_DOCUMENT_PUT, A_WISH, false, put_desired_status }, /* of kind `desired` */
    { PX_EVENT_RELATIONSHIP_PUT, A_TWIN, false, put_relationship },
    { PX_EVENT_RELATIONSHIP_DELETE, A_TWIN, false, put_relationship },
    { PX_EVENT_COMMAND_REQUEST, A_TWIN, false, put_command },
    { PX_EVENT_COMMAND_RESPONSE, A_TWIN, false, put_command },
    { PX_EVENT_COMMAND_DELIVERY, A_TWIN, false, put_command },
    { PX_EVENT_MODEL_PUT, A_MODEL, false, put_model },
    { PX_EVENT_MODEL_DECOMMISSION, A_MODEL, false, put_model },
    { PX_EVENT_MODEL_DELETE, A_MODEL, false, put_model },
};

enum { KIND_COUNT = sizeof(kinds) / sizeof(kinds[0]) };

static size_t kind_of(const px_event *event)
{
    size_t i = 0;

    while (i < KIND_COUNT && kinds[i].type != event->type)
        i++;
    return i < KIND_COUNT && kinds[i].about == A_WISH && !px_str_eq(event->name, PX_STR("desired"))
               ? KIND_COUNT
               : i;
}

bool px_event_is_state(const px_event *event)
{
    size_t kind = kind_of(event);

    return kind < KIND_COUNT && kinds[kind].is_state;
}

bool px_event_is_change(const px_event *event)
{
    size_t kind = kind_of(event);

    if (kind == KIND_COUNT)
        return false;
    return !kinds[kind].is_state || event->field_count > 0 || event->type == PX_EVENT_TWIN_PUT;
}

/* ---- whole changes ---- */

static bool find_wish(source *s, px_buf *scratch, px_str *ret_id)
{
    if (px_desired_read(s->event->body, s->arena, s->desired, NULL) != PX_OK)
        return false;
    px_buf_clear(scratch); /* the id outlives the arena */
    px_put(scratch, s->desired->twin);
    *ret_id = px_buf_str(scratch);
    return scratch->status == PX_OK;
}

/* Whom the event is about, and of a twin its record. False: nobody who can be named. */
static bool find_subject(source *s, about whom, px_buf *scratch, px_str *ret_id)
{
    const px_event *event = s->event;

    *ret_id = event->id;
    if (whom == A_WISH)
        return find_wish(s, scratch, ret_id);
    if (whom != A_TWIN)
        return event->id.len > 0; /* an older release did not write it down */
    if (px_graph_read_no(s->graph, event->tenant, event->twin_no, scratch, &s->twin, NULL) != PX_OK)
        return false;
    *ret_id = px_twin_id(s->twin);
    return true;
}

bool px_put_change(px_buf *buf, px_graph *graph, const px_registry *registry, const px_event *event,
                   px_buf *scratch, px_str *ret_id)
{
    PX_AUTO_ARENA arena = { 0 };
    px_desired desired;
    source s = { graph, registry, event, NULL, &desired, &arena };
    px_json_writer w = px_json_writer_of(buf);
    size_t kind = kind_of(event), before = buf->len;

    px_arena_init(&arena, PX_DOC_BYTES_MAX);
    if (kind == KIND_COUNT || !find_subject(&s, kinds[kind].about, scratch, ret_id))
        return false;
    px_json_begin_object(&w);
    px_json_key(&w, kinds[kind].about == A_MODEL ? PX_STR("model") : PX_STR("twin"));
    px_json_string(&w, *ret_id);
    px_json_key(&w, PX_STR("time"));
    px_json_time(&w, event->time);
    if (!kinds[kind].put(&w, &s)) {
        buf->len = before;
        return false;
    }
    px_json_end_object(&w);
    return true;
}
