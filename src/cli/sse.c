/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/sse.h"

void px_sse_init(px_sse *sse, px_status (*on_event)(void *, px_str, px_str, px_err *), void *user)
{
    *sse = (px_sse){ .on_event = on_event, .user = user };
    px_buf_init(&sse->line, PX_SSE_EVENT_BYTES_MAX);
    px_buf_init(&sse->data, PX_SSE_EVENT_BYTES_MAX);
}

void px_sse_release(px_sse *sse)
{
    px_buf_release(&sse->line);
    px_buf_release(&sse->event);
    px_buf_release(&sse->data);
    px_buf_release(&sse->id);
}

void px_sse_restart(px_sse *sse)
{
    px_buf_clear(&sse->line);
    px_buf_clear(&sse->event);
    px_buf_clear(&sse->data);
    sse->after_cr = false;
}

static px_status dispatch(px_sse *sse, px_err *ret_err)
{
    px_str event = sse->event.len ? px_buf_str(&sse->event) : PX_STR("message");
    px_str data = px_buf_str(&sse->data);
    px_status status = PX_OK;

    if (data.len) {
        data.len--; /* the line end behind the last line of data */
        status = sse->on_event(sse->user, event, data, ret_err);
    }
    px_buf_clear(&sse->event);
    px_buf_clear(&sse->data);
    return status;
}

/* field = name [":" [" "] value] */
static void take_field(px_sse *sse, px_str line)
{
    px_str value = line, name = px_str_cut(&value, ':');

    if (value.len && value.ptr[0] == ' ')
        value = px_str_skip(value, 1);
    if (px_str_eq(name, PX_STR("data"))) {
        px_put(&sse->data, value);
        px_put_char(&sse->data, '\n');
    } else if (px_str_eq(name, PX_STR("event"))) {
        px_buf_clear(&sse->event);
        px_put(&sse->event, value);
    } else if (px_str_eq(name, PX_STR("id"))) {
        px_buf_clear(&sse->id);
        px_put(&sse->id, value);
    }
}

static px_status end_line(px_sse *sse, px_err *ret_err)
{
    px_status status = PX_OK;

    if (!sse->line.len)
        status = dispatch(sse, ret_err);
    else
        take_field(sse, px_buf_str(&sse->line));
    px_buf_clear(&sse->line);
    return status;
}

px_status px_sse_feed(px_sse *sse, px_str bytes, px_err *ret_err)
{
    for (size_t i = 0; i < bytes.len; i++) {
        char c = bytes.ptr[i];
        bool second_half = c == '\n' && sse->after_cr; /* of a CRLF */

        sse->after_cr = c == '\r';
        if (second_half)
            continue;
        if (c == '\n' || c == '\r')
            PX_TRY(end_line(sse, ret_err));
        else
            px_put_char(&sse->line, c);
    }
    if (sse->line.status != PX_OK || sse->data.status != PX_OK)
        return px_fail(ret_err, PX_TOO_LARGE, "an event of the stream is longer than 4 MiB");
    return PX_OK;
}
