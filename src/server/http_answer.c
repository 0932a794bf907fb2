/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers: the application's, from the call's own buffer; the door's own refusals, from constants;
 * and streams, which are pulled and sleep while there is nothing to send.
 */
#include <string.h>

#include "server/http_inner.h"

#define TEXT(text) text, sizeof(text) - 1
#define REFUSAL(number, word, sentence)                                                            \
    {                                                                                              \
        number,                                                                                    \
        {                                                                                          \
            TEXT("{\"type\":\"about:blank\",\"status\":" #number ",\"code\":\"" word               \
                 "\",\"title\":\"" word "\",\"detail\":\"" sentence                                \
                 "\",\"error\":{\"code\":\"" word "\",\"message\":\"" sentence "\"}}\n")           \
        }                                                                                          \
    }

static const struct {
    unsigned status;
    px_str body;
} refusals[PX_HTTP_REFUSALS] = {
    [PX_HTTP_BAD_REQUEST] =
        REFUSAL(400, "BadRequest",
                "the head of this request is not plain HTTP/1.1: one line a header, name:value, "
                "ended by CR LF"),
    [PX_HTTP_BAD_TARGET] =
        REFUSAL(400, "BadRequest",
                "the target of this request is no path: it begins with '/' and has no blanks, "
                "control bytes or '#'"),
    [PX_HTTP_BAD_LENGTH] =
        REFUSAL(400, "BadRequest", "Content-Length is one decimal number, given once"),
    [PX_HTTP_BAD_CODING] =
        REFUSAL(400, "BadRequest",
                "Transfer-Encoding is 'chunked' alone, given once, in HTTP/1.1, without "
                "Content-Length"),
    [PX_HTTP_BAD_HOST] = REFUSAL(400, "BadRequest", "a request has one Host"),
    [PX_HTTP_LINE_TOO_LONG] = REFUSAL(414, "UriTooLong", "the request line is longer than 8 KiB"),
    [PX_HTTP_HEAD_TOO_LARGE] =
        REFUSAL(431, "HeadersTooLarge", "the headers are more than 100, or longer than 32 KiB"),
    [PX_HTTP_BODY_TOO_LARGE] =
        REFUSAL(413, "PayloadTooLarge", "the body is larger than 1 MiB; send it in parts"),
    [PX_HTTP_NO_ROOM] = REFUSAL(503, "ServiceUnavailable", "out of memory; try again later"),
    [PX_HTTP_NO_ANSWER] = REFUSAL(500, "InternalServerError", "the answer could not be made"),
    [PX_HTTP_STOPPING] =
        REFUSAL(503, "ServiceUnavailable",
                "the server is ending; whether this request took effect is not known"),
    [PX_HTTP_NO_SOCKET] = REFUSAL(
        426, "UpgradeRequired",
        "this path is MQTT over WebSocket: GET with Upgrade: websocket, Connection: Upgrade "
        "and Sec-WebSocket-Version: 13"),
    [PX_HTTP_BAD_SOCKET] = REFUSAL(
        400, "BadRequest",
        "Sec-WebSocket-Key is 16 bytes in base64, given once; a WebSocket's request is a GET "
        "of HTTP/1.1 without a body"),
    [PX_HTTP_NO_MQTT] = REFUSAL(400, "BadRequest",
                                "the WebSocket here speaks MQTT: ask for the subprotocol 'mqtt' in "
                                "Sec-WebSocket-Protocol"),
    [PX_HTTP_OTHER_ORIGIN] =
        REFUSAL(403, "Forbidden", "this WebSocket was asked for by a page of another server"),
    [PX_HTTP_SOCKETS_FULL] =
        REFUSAL(503, "ServiceUnavailable",
                "there are as many MQTT connections as may be, in all, from this address, or still "
                "without an accepted CONNECT; try again later"),
};

_Static_assert(PX_HTTP_LINE_BYTES_MAX == 8 * 1024 && PX_HTTP_HEADER_BYTES_MAX == 32 * 1024 &&
                   PX_HTTP_HEADERS_MAX == 100 && PX_HTTP_BODY_BYTES_MAX == 1024 * 1024,
               "the sentences above name the limits");

enum MHD_Result px_http_queue(px_http_link *link, unsigned status, struct MHD_Response *response)
{
    enum MHD_Result result = MHD_queue_response(link->mhd, status, response);

    MHD_destroy_response(response);
    link->step = PX_HTTP_STEP_ANSWERED;
    PX_HTTP_COUNT(link->door->answers[status / 100 < 6 ? status / 100 : 0]);
    return result;
}

enum MHD_Result px_http_refuse(px_http_link *link, px_http_refusal refusal, bool close)
{
    px_str body = refusals[refusal].body;
    struct MHD_Response *response = MHD_create_response_from_buffer(
        body.len, (void *)(uintptr_t)body.ptr, MHD_RESPMEM_PERSISTENT);

    if (!response)
        return MHD_NO;
    PX_HTTP_COUNT(link->door->refused);
    MHD_add_response_header(response, "Content-Type", "application/problem+json");
    if (refusals[refusal].status == 503)
        MHD_add_response_header(response, "Retry-After", "1");
    if (refusals[refusal].status == 426) {
        MHD_add_response_header(response, "Upgrade", "websocket");
        MHD_add_response_header(response, "Sec-WebSocket-Version", "13");
    }
    if (close)
        MHD_add_response_header(response, "Connection", "close");
    return px_http_queue(link, refusals[refusal].status, response);
}

/* ---- streams ---- */

void px_http_wake(void *data)
{
    px_http_exchange *exchange = data;

    if (atomic_exchange(&exchange->pulse, PX_HTTP_PULSE_WOKEN) == PX_HTTP_PULSE_ASLEEP)
        px_http_resume(exchange);
}

static bool falls_asleep(px_http_exchange *exchange)
{
    int pulse = PX_HTTP_PULSE_RUN;

    if (atomic_load(&exchange->pulse) != PX_HTTP_PULSE_RUN)
        return false;
    MHD_suspend_connection(exchange->mhd);
    if (!atomic_compare_exchange_strong(&exchange->pulse, &pulse, PX_HTTP_PULSE_ASLEEP))
        px_http_resume(exchange);
    return true;
}

static ssize_t read_stream(void *ctx, uint64_t position, char *bytes, size_t size)
{
    px_http_exchange *exchange = ctx;
    px_http_door *door = exchange->link->door;
    px_api_stream *stream = exchange->call.stream;
    ptrdiff_t count;

    (void)position;
    do {
        atomic_store(&exchange->pulse, PX_HTTP_PULSE_RUN);
        if (atomic_load(&exchange->gone))
            return MHD_CONTENT_READER_END_WITH_ERROR;
        if (atomic_load(&door->stopping))
            return MHD_CONTENT_READER_END_OF_STREAM;
        count = stream->read(stream, bytes, size);
        if (count < 0)
            return MHD_CONTENT_READER_END_OF_STREAM;
        if (count > 0) {
            atomic_fetch_add_explicit(&door->bytes_out, (uint64_t)count, memory_order_relaxed);
            return count;
        }
    } while (!falls_asleep(exchange));
    return 0;
}

static struct MHD_Response *stream_response(px_http_link *link)
{
    enum { BLOCK_BYTES = 4096 }; /* unused while the length is unknown: chunks go from the pool */
    px_http_exchange *exchange = link->exchange;
    struct MHD_Response *response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES,
                                                                      read_stream, exchange, NULL);

    if (!response)
        return NULL;
    atomic_store(&exchange->gone, false);
    exchange->call.stream->door_data = exchange;
    exchange->call.stream->wake = px_http_wake;
    atomic_fetch_add(&link->door->streams, 1);
    link->streaming = true;
    px_http_link_enter(link, PX_HTTP_STREAM);
    return response;
}

/* ---- whole answers ---- */

static struct MHD_Response *whole_response(px_http_link *link)
{
    const px_api_call *call = &link->exchange->call;
    px_str body = call->static_body.ptr ? call->static_body : px_buf_str(&call->out);

    if (call->out.status != PX_OK)
        return NULL;
    atomic_fetch_add_explicit(&link->door->bytes_out, body.len, memory_order_relaxed);
    return MHD_create_response_from_buffer(body.len, (void *)(uintptr_t)body.ptr,
                                           MHD_RESPMEM_PERSISTENT);
}

static bool add_header(struct MHD_Response *response, px_arena *arena, const char *name,
                       px_str value)
{
    char text[256];

    if (value.len >= sizeof(text)) {
        value = px_arena_str(arena, value);
        return value.ptr && MHD_add_response_header(response, name, value.ptr) == MHD_YES;
    }
    if (value.len)
        memcpy(text, value.ptr, value.len);
    text[value.len] = '\0';
    return MHD_add_response_header(response, name, text) == MHD_YES;
}

static bool add_headers(struct MHD_Response *response, px_api_call *call)
{
    bool good = true;

    if (call->content_type)
        good = MHD_add_response_header(response, "Content-Type", call->content_type) == MHD_YES;
    for (size_t i = 0; i < call->header_count && good; i++)
        good = add_header(response, &call->arena, call->headers[i].name, call->headers[i].value);
    return good;
}

enum MHD_Result px_http_answer(px_http_link *link)
{
    px_api_call *call = &link->exchange->call;
    bool good = call->status >= 200 && call->status <= 599;
    struct MHD_Response *response = NULL;

    atomic_fetch_sub(&link->door->asked, 1);
    if (good)
        response = call->stream ? stream_response(link) : whole_response(link);
    if (response && add_headers(response, call))
        return px_http_queue(link, (unsigned)call->status, response);
    if (response)
        MHD_destroy_response(response);
    return px_http_refuse(link, PX_HTTP_NO_ANSWER, false);
}
