/* SPDX-License-Identifier: Apache-2.0 */
/* Members of objects: which there may be, and reading and writing those of one line. */
#include "base/json.h"

static px_status refuse(const px_json *member, const char *what, const char *id,
                        const px_str *names, size_t count, px_err *ret_err)
{
    px_str near = px_str_nearest(member->key, names, count);

    if (near.len)
        return px_json_fail(member, ret_err, PX_INVALID, id,
                            "%s has no '%.*s'; did you mean '%.*s'?", what, PX_FMT(member->key),
                            PX_FMT(near));
    return px_json_fail(member, ret_err, PX_INVALID, id, "%s has no '%.*s'", what,
                        PX_FMT(member->key));
}

static bool is_named(px_str key, const px_str *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (px_str_eq(key, names[i]))
            return true;
    return false;
}

px_status px_json_members_of(const px_json *object, const char *what, const char *id,
                             const px_str *names, size_t count, px_err *ret_err)
{
    if (object->type != PX_JSON_OBJECT)
        return px_json_fail(object, ret_err, PX_INVALID, id, "%s is an object", what);
    for (const px_json *m = object->first; m; m = m->next)
        if (!is_named(m->key, names, count))
            return refuse(m, what, id, names, count, ret_err);
    return PX_OK;
}

px_status px_json_members(const px_json *object, const char *what, const char *id,
                          const char *const *names, px_err *ret_err)
{
    px_str words[PX_JSON_MEMBERS_MAX];
    size_t count = 0;

    for (; names[count]; count++) {
        px_assert(count < PX_JSON_MEMBERS_MAX);
        words[count] = px_str_c(names[count]);
    }
    return px_json_members_of(object, what, id, words, count, ret_err);
}

uint64_t px_json_get_uint(const px_json *object, px_str key)
{
    const px_json *member = px_json_get(object, key);
    uint64_t value;

    return px_json_is(member, PX_JSON_NUMBER) && px_num_to_uint(member->num, &value) ? value : 0;
}

px_time px_json_get_time(const px_json *object, px_str key)
{
    px_str text = px_json_get_text(object, key);
    px_time time;

    return text.len > 0 && px_time_parse(text, &time, NULL) == PX_OK ? time : PX_TIME_NONE;
}

void px_json_member_text(px_json_writer *writer, const char *key, px_str text)
{
    px_json_key(writer, px_str_c(key));
    px_json_string(writer, text);
}

void px_json_member_uint(px_json_writer *writer, const char *key, uint64_t value)
{
    px_json_key(writer, px_str_c(key));
    px_json_uint(writer, value);
}

void px_json_member_time(px_json_writer *writer, const char *key, px_time time)
{
    px_json_key(writer, px_str_c(key));
    px_json_time(writer, time);
}

void px_json_maybe_text(px_json_writer *writer, const char *key, px_str text)
{
    if (text.len > 0)
        px_json_member_text(writer, key, text);
}

void px_json_maybe_time(px_json_writer *writer, const char *key, px_time time)
{
    if (time != 0 && time != PX_TIME_NONE)
        px_json_member_time(writer, key, time);
}
