/* SPDX-License-Identifier: Apache-2.0 */
#include "server/topic_names.h"

/* One upper-case letter is a level that holds an id: T twin, C component, N command, I its id. */
static const struct {
    const char *shape;
    px_topic_kind kind;
} shapes[] = {
    { "twins/T/telemetry", PX_TOPIC_TELEMETRY },
    { "twins/T/reported", PX_TOPIC_REPORTED },
    { "twins/T/components/C/telemetry", PX_TOPIC_TELEMETRY },
    { "twins/T/components/C/reported", PX_TOPIC_REPORTED },
    { "twins/T/commands/N/I/response", PX_TOPIC_RESPONSE },
    { "twins/T/desired/response", PX_TOPIC_DESIRED },
};

static bool read_id(px_topic_name *name, char letter, px_str level)
{
    struct {
        char letter;
        px_str *id;
    } places[] = { { 'T', &name->twin },
                   { 'C', &name->component },
                   { 'N', &name->command },
                   { 'I', &name->command_id } };

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        if (places[i].letter == letter)
            return px_level_read(level, name->rooms[i], sizeof(name->rooms[i]), places[i].id);
    return false;
}

static bool is_id(px_str wanted)
{
    return wanted.len == 1 && wanted.ptr[0] >= 'A' && wanted.ptr[0] <= 'Z';
}

/* Level by level; an empty level at the end counts, so lengths are compared by what is left. */
static bool fits(px_str shape, px_str topic, px_topic_name *name)
{
    while (shape.len > 0 && topic.len > 0) {
        bool more_wanted = memchr(shape.ptr, '/', shape.len) != NULL;
        bool more = memchr(topic.ptr, '/', topic.len) != NULL;
        px_str wanted = px_str_cut(&shape, '/'), level = px_str_cut(&topic, '/');

        if (more != more_wanted)
            return false;
        if (is_id(wanted) ? !read_id(name, wanted.ptr[0], level) : !px_str_eq(wanted, level))
            return false;
    }
    return shape.len == 0 && topic.len == 0;
}

static px_topic_kind kind_of_first_level(px_str first)
{
    if (px_str_eq(first, PX_STR("twins")))
        return PX_TOPIC_NONE;
    if (px_str_eq(first, PX_STR("spBv1.0")))
        return PX_TOPIC_SPARKPLUG;
    if (px_str_eq(first, PX_STR("events")) || px_str_starts(first, PX_STR("$")))
        return PX_TOPIC_RESERVED;
    return PX_TOPIC_PLAIN;
}

static void clear(px_topic_name *name)
{
    name->twin = name->component = name->command = name->command_id = (px_str){ 0 };
}

void px_topic_name_read(px_str topic, px_topic_name *ret_name)
{
    px_str rest = topic;

    clear(ret_name);
    ret_name->kind = kind_of_first_level(px_str_cut(&rest, '/'));
    if (ret_name->kind != PX_TOPIC_NONE)
        return;
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        clear(ret_name);
        if (fits(px_str_c(shapes[i].shape), topic, ret_name)) {
            ret_name->kind = shapes[i].kind;
            return;
        }
    }
    clear(ret_name);
    (void)read_id(ret_name, 'T', px_str_cut(&rest, '/'));
}

bool px_topic_filter_twin(px_str filter, char *room, px_str *ret_twin)
{
    return px_str_eq(px_str_cut(&filter, '/'), PX_STR("twins")) &&
           px_level_read(px_str_cut(&filter, '/'), room, PX_TWIN_ID_BYTES_MAX, ret_twin);
}

void px_put_twin_topic(px_buf *buf, px_str twin_id)
{
    px_put_c(buf, "twins/");
    px_put_level(buf, twin_id);
    px_put_char(buf, '/');
}

void px_put_command_topic(px_buf *buf, px_str twin_id, px_str name, px_str command_id)
{
    px_put_twin_topic(buf, twin_id);
    px_put_c(buf, "commands/");
    px_put_level(buf, name);
    px_put_char(buf, '/');
    px_put_level(buf, command_id);
}
