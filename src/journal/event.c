/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each type's body is a list of members in a fixed order, told by one table: writing and reading
 * walk the same list, so they cannot drift apart. Members that a later release adds go to the end
 * of a list and read as empty from older bytes.
 */
#include "journal/event.h"

typedef enum member {
    END,
    MODEL,
    TWIN,
    TARGET,
    RELATIONSHIP,
    DOCUMENT,
    REVISION,
    FLAG,
    ID,
    NAME,
    BODY,
    CAUSE,
    CODE,
    SOURCE_TIME,
    FIELDS,
    PATHS,
    BEFORE,
    WAS_MODEL,
    WAS_TARGET,
    WAS_NAME,
} member;

enum {
    MEMBERS_MAX = 12,
    FIELD_BYTES_MOST = 2 * PX_VARINT_BYTES_MOST + PX_VALUE_BYTES_MOST, /* and its text */
};

static const member *members_of(px_event_type type)
{
    static const member lists[][MEMBERS_MAX] = {
        [PX_EVENT_TICK] = { END },
        [PX_EVENT_MODEL_PUT] = { MODEL, ID, BODY, PATHS, CAUSE, END },
        [PX_EVENT_MODEL_DECOMMISSION] = { MODEL, FLAG, CAUSE, ID, END },
        [PX_EVENT_MODEL_DELETE] = { MODEL, CAUSE, ID, END },
        [PX_EVENT_TWIN_PUT] = { TWIN, MODEL, FLAG, ID, FIELDS, CAUSE, WAS_MODEL, END },
        [PX_EVENT_TWIN_PATCH] = { TWIN, FIELDS, CAUSE, MODEL, END },
        [PX_EVENT_TWIN_DELETE] = { TWIN, CAUSE, ID, MODEL, FIELDS, END },
        [PX_EVENT_TWIN_DESIRED] = { TWIN, REVISION, FIELDS, CAUSE, END },
        [PX_EVENT_RELATIONSHIP_PUT] = { RELATIONSHIP, TWIN, TARGET, ID, NAME, BODY, CAUSE, FLAG,
                                        BEFORE, WAS_TARGET, WAS_NAME, END },
        [PX_EVENT_RELATIONSHIP_DELETE] = { RELATIONSHIP, TWIN, CAUSE, ID, NAME, TARGET, BODY, END },
        [PX_EVENT_DEVICE_MESSAGE] = { TWIN, DOCUMENT, SOURCE_TIME, FIELDS, MODEL, END },
        [PX_EVENT_TELEMETRY] = { TWIN, ID, SOURCE_TIME, FIELDS, BODY, CAUSE, MODEL, NAME, END },
        [PX_EVENT_DOCUMENT_PUT] = { DOCUMENT, NAME, ID, REVISION, BODY, CAUSE, END },
        [PX_EVENT_DOCUMENT_DELETE] = { DOCUMENT, NAME, ID, REVISION, CAUSE, END },
        [PX_EVENT_COMMAND_REQUEST] = { TWIN, ID, NAME, REVISION, BODY, CAUSE, END },
        [PX_EVENT_COMMAND_RESPONSE] = { TWIN, ID, CODE, BODY, CAUSE, END },
        [PX_EVENT_COMMAND_DELIVERY] = { TWIN, ID, NAME, CODE, REVISION, CAUSE, END },
        [PX_EVENT_SESSION_OPEN] = { REVISION, ID, BODY, CAUSE, END },
        [PX_EVENT_SESSION_CLOSE] = { REVISION, ID, BODY, CAUSE, END },
        [PX_EVENT_SESSION_END] = { REVISION, ID, BODY, CAUSE, END },
        [PX_EVENT_SESSION_SUBSCRIBE] = { REVISION, ID, BODY, CAUSE, END },
        [PX_EVENT_SESSION_UNSUBSCRIBE] = { REVISION, ID, BODY, CAUSE, END },
        [PX_EVENT_SESSION_RECEIPT] = { REVISION, ID, BODY, CAUSE, END },
        [PX_EVENT_SESSION_ACK] = { REVISION, ID, BODY, CAUSE, END },
        [PX_EVENT_SESSION_MESSAGE] = { REVISION, ID, BODY, CAUSE, END },
        [PX_EVENT_FRESHNESS] = { TWIN, MODEL, CODE, FLAG, SOURCE_TIME, FIELDS, CAUSE, END },
        [PX_EVENT_SOURCE_ENDED] = { TWIN, CAUSE, MODEL, FIELDS, END },
    };

    return (size_t)type < sizeof(lists) / sizeof(lists[0]) ? lists[type] : NULL;
}

static const struct {
    const char *name, *family;
} types[] = {
#define X(number, name, family, meaning) [number] = { #name, family },
    PX_EVENT_MAP(X)
#undef X
};

const char *px_event_name(px_event_type type)
{
    return (size_t)type < sizeof(types) / sizeof(types[0]) ? types[type].name : NULL;
}

const char *px_event_family(px_event_type type)
{
    return px_event_name(type) ? types[type].family : NULL;
}

const char *px_command_status_name(px_command_status status)
{
    static const char *const names[PX_COMMAND_STATUS_COUNT] = {
        "pending", "applied", "rejected", "timed out", "expired", "delivered"
    };

    return names[status];
}

static const char *const freshness_names[PX_FRESHNESS_COUNT] = { "unknown", "fresh", "late",
                                                                 "stale" };

const char *px_freshness_name(px_freshness state)
{
    return freshness_names[state];
}

bool px_freshness_of_name(px_str name, px_freshness *ret_state)
{
    for (int i = 0; i < PX_FRESHNESS_COUNT; i++) {
        if (!px_str_eq(name, px_str_c(freshness_names[i])))
            continue;
        *ret_state = (px_freshness)i;
        return true;
    }
    return false;
}

/* field << 2 | has own source time << 1 | ahead */
static void put_fields(px_buf *buf, const px_event *event)
{
    size_t bound = PX_VARINT_BYTES_MOST;
    uint8_t *out;

    for (size_t i = 0; i < event->field_count; i++)
        bound += FIELD_BYTES_MOST + event->fields[i].value.text.len;
    if (!px_buf_reserve(buf, bound))
        return;
    out = px_varint_write((uint8_t *)buf->ptr + buf->len, event->field_count);
    for (size_t i = 0; i < event->field_count; i++) {
        const px_field_value *f = &event->fields[i];
        bool own_time = f->source_time != PX_TIME_NONE && f->source_time != event->source_time;

        out = px_varint_write(out, (uint64_t)f->field << 2 | (uint64_t)own_time << 1 |
                                       (f->flags & PX_FIELD_AHEAD ? 1 : 0));
        if (own_time)
            out = px_zigzag_write(out, f->source_time);
        out = px_value_write(out, &f->value);
    }
    px_buf_end(buf, out);
}

static void put_member(px_buf *buf, const px_event *e, member m)
{
    switch (m) {
    case END:
        break;
    case MODEL:
        px_put_varint(buf, e->model_no);
        break;
    case TWIN:
        px_put_varint(buf, e->twin_no);
        break;
    case TARGET:
        px_put_varint(buf, e->target_no);
        break;
    case RELATIONSHIP:
        px_put_varint(buf, e->relationship_no);
        break;
    case DOCUMENT:
        px_put_varint(buf, e->document_no);
        break;
    case REVISION:
        px_put_varint(buf, e->revision);
        break;
    case FLAG:
        px_put_u8(buf, e->flag);
        break;
    case ID:
        px_put_block(buf, e->id);
        break;
    case NAME:
        px_put_block(buf, e->name);
        break;
    case BODY:
        px_put_block(buf, e->body);
        break;
    case CAUSE:
        px_put_block(buf, e->cause);
        break;
    case CODE:
        px_put_u8(buf, e->code);
        break;
    case SOURCE_TIME:
        /* PX_TIME_NONE is INT64_MIN, ten bytes long: shifted so that it is the cheap one */
        px_put_zigzag(buf, e->source_time == PX_TIME_NONE ? 0 : e->source_time + 1);
        break;
    case FIELDS:
        put_fields(buf, e);
        break;
    case PATHS:
        px_put_varint(buf, e->path_count);
        for (size_t i = 0; i < e->path_count; i++)
            px_put_block(buf, e->paths[i]);
        break;
    case BEFORE:
        px_put_block(buf, e->before);
        break;
    case WAS_MODEL:
        px_put_varint(buf, e->was_model_no);
        break;
    case WAS_TARGET:
        px_put_varint(buf, e->was_target_no);
        break;
    case WAS_NAME:
        px_put_block(buf, e->was_name);
        break;
    }
}

void px_put_event(px_buf *buf, const px_event *event)
{
    enum { LENGTH_BYTES = 4 }; /* a padded varint: the length is known only after the body */
    const member *members = members_of(event->type);
    size_t start, length;

    px_assert(members && px_event_name(event->type));
    px_put_varint(buf, (uint64_t)event->type);
    px_put_varint(buf, event->tenant);
    start = buf->len;
    px_put(buf, px_str_of("\0\0\0\0", LENGTH_BYTES));
    for (; *members != END; members++)
        put_member(buf, event, *members);
    if (buf->status != PX_OK)
        return;
    length = buf->len - start - LENGTH_BYTES;
    px_assert(length < (size_t)1 << (7 * LENGTH_BYTES));
    for (int i = 0; i < LENGTH_BYTES; i++)
        buf->ptr[start + (size_t)i] =
            (char)((length >> (7 * i) & 0x7F) | (i + 1 < LENGTH_BYTES ? 0x80 : 0));
}

static px_status get_fields(px_cut *cut, px_arena *arena, px_event *event, px_err *ret_err)
{
    uint64_t count = px_get_varint(cut);

    if (count > px_cut_left(cut) / 2) { /* a field has at least two bytes */
        cut->bad = true;
        return PX_OK;
    }
    event->fields = px_arena_alloc(arena, (size_t)count * sizeof(*event->fields));
    if (!event->fields)
        return px_arena_fail(arena, ret_err);
    event->field_count = (size_t)count;
    for (size_t i = 0; i < event->field_count; i++) {
        px_field_value *f = &event->fields[i];
        uint64_t head = px_get_varint(cut);

        f->field = (uint32_t)(head >> 2);
        cut->bad = cut->bad || head >> 2 > UINT32_MAX;
        f->flags = head & 1 ? PX_FIELD_AHEAD : 0;
        f->source_time = head & 2 ? px_get_zigzag(cut) : event->source_time;
        f->value = px_get_value(cut);
    }
    return PX_OK;
}

static px_status get_paths(px_cut *cut, px_arena *arena, px_event *event, px_err *ret_err)
{
    uint64_t count = px_get_varint(cut);

    if (count > px_cut_left(cut)) {
        cut->bad = true;
        return PX_OK;
    }
    event->paths = PX_ARENA_ARRAY(arena, px_str, count);
    if (!event->paths)
        return px_arena_fail(arena, ret_err);
    event->path_count = (size_t)count;
    for (size_t i = 0; i < event->path_count; i++)
        event->paths[i] = px_get_block(cut);
    return PX_OK;
}

static px_time get_time(px_cut *cut)
{
    int64_t v = px_get_zigzag(cut);

    cut->bad = cut->bad || v == INT64_MIN; /* nobody writes it */
    return v == 0 || cut->bad ? PX_TIME_NONE : v - 1;
}

/* How many codes there are. */
static uint8_t codes_of(px_event_type type)
{
    return type == PX_EVENT_FRESHNESS ? PX_FRESHNESS_COUNT : PX_COMMAND_STATUS_COUNT;
}

static px_status get_member(px_cut *cut, px_arena *arena, px_event *e, member m, px_err *ret_err)
{
    switch (m) {
    case END:
        break;
    case MODEL:
        e->model_no = px_get_varint32(cut);
        break;
    case TWIN:
        e->twin_no = px_get_varint32(cut);
        break;
    case TARGET:
        e->target_no = px_get_varint32(cut);
        break;
    case RELATIONSHIP:
        e->relationship_no = px_get_varint32(cut);
        break;
    case DOCUMENT:
        e->document_no = px_get_varint32(cut);
        break;
    case REVISION:
        e->revision = px_get_varint(cut);
        break;
    case FLAG:
        e->flag = px_get_u8(cut) != 0;
        break;
    case ID:
        e->id = px_get_block(cut);
        break;
    case NAME:
        e->name = px_get_block(cut);
        break;
    case BODY:
        e->body = px_get_block(cut);
        break;
    case CAUSE:
        e->cause = px_get_block(cut);
        break;
    case CODE:
        e->code = px_get_u8(cut);
        cut->bad = cut->bad || e->code >= codes_of(e->type);
        break;
    case SOURCE_TIME:
        e->source_time = get_time(cut);
        break;
    case FIELDS:
        return get_fields(cut, arena, e, ret_err);
    case PATHS:
        return get_paths(cut, arena, e, ret_err);
    case BEFORE:
        e->before = px_get_block(cut);
        break;
    case WAS_MODEL:
        e->was_model_no = px_get_varint32(cut);
        break;
    case WAS_TARGET:
        e->was_target_no = px_get_varint32(cut);
        break;
    case WAS_NAME:
        e->was_name = px_get_block(cut);
        break;
    }
    return PX_OK;
}

px_status px_get_event_head(px_cut *cut, px_event_head *ret_head, px_err *ret_err)
{
    uint64_t type = px_get_varint(cut);
    px_cut body;

    ret_head->tenant = px_get_varint32(cut);
    ret_head->body = px_get_block(cut);
    if (cut->bad)
        return px_fail_id(ret_err, PX_CORRUPT, "journal.event", "an event is cut short");
    if (type > UINT16_MAX || !px_event_name((px_event_type)type))
        return px_fail_id(ret_err, PX_UNSUPPORTED, "journal.event_type",
                          "an event of type %llu: a newer release wrote this file",
                          (unsigned long long)type);
    ret_head->type = (px_event_type)type;
    body = px_cut_of(ret_head->body);
    ret_head->no =
        body.ptr == body.end ? 0 : px_get_varint32(&body); /* every list begins with a number */
    return PX_OK;
}

px_status px_get_event_body(const px_event_head *head, px_arena *arena, px_event *ret_event,
                            px_err *ret_err)
{
    px_cut body = px_cut_of(head->body);

    *ret_event =
        (px_event){ .type = head->type, .tenant = head->tenant, .source_time = PX_TIME_NONE };
    for (const member *m = members_of(head->type); *m != END && px_cut_left(&body) > 0; m++)
        PX_TRY(get_member(&body, arena, ret_event, *m, ret_err));
    if (body.bad)
        return px_fail_id(ret_err, PX_CORRUPT, "journal.event", "a %s event is malformed",
                          px_event_name(head->type));
    return PX_OK;
}

px_status px_get_event(px_cut *cut, px_arena *arena, px_event *ret_event, px_err *ret_err)
{
    px_event_head head;

    PX_TRY(px_get_event_head(cut, &head, ret_err));
    return px_get_event_body(&head, arena, ret_event, ret_err);
}
