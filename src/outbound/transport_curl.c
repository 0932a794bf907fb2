/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Webhooks. The name is resolved by libcurl, once, on a thread of its own; each address that it
 * wants to connect to is judged at the socket (open_socket), so that what was judged is what is
 * connected to. A connection that is reused was judged when it was made.
 */
#include "outbound/transport.h"

#include <curl/curl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/time.h"

enum { CONNECTIONS_KEPT = 32, CONNECT_MS_MAX = 3000 };

typedef struct curl_side {
    px_transport face;
    px_reach reach;
    CURLM *multi;
} curl_side;

/* One try. */
typedef struct attempt {
    curl_side *side;
    px_sending *sending;
    CURL *easy;
    struct curl_slist *headers;
    size_t answer_bytes;
    bool is_too_large;
    char refusal[PX_SENDING_REASON_BYTES]; /* of an address; empty: none was refused */
} attempt;

/* ---- libcurl's questions ---- */

static curl_socket_t open_socket(void *data, curlsocktype purpose, struct curl_sockaddr *address)
{
    attempt *a = data;
    px_err err;

    (void)purpose;
    if (px_target_check_address(&a->side->reach, &address->addr, &err) != PX_OK) {
        snprintf(a->refusal, sizeof(a->refusal), "%.*s", (int)sizeof(a->refusal) - 1, err.text);
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* The answer is not read, only counted. */
static size_t count_answer(char *bytes, size_t size, size_t count, void *data)
{
    attempt *a = data;

    (void)bytes;
    a->answer_bytes += size * count;
    a->is_too_large = a->answer_bytes > PX_SEND_ANSWER_BYTES_MAX;
    return a->is_too_large ? 0 : size * count;
}

/* ---- the end of a try ---- */

static bool may_pass(long status)
{
    return status == 408 || status == 425 || status == 429 || status >= 500;
}

static void judge_answer(px_sending *sending, long status)
{
    sending->end = status >= 200 && status < 300 ? PX_SENDING_DELIVERED
                   : may_pass(status)            ? PX_SENDING_FAILED
                                                 : PX_SENDING_REFUSED;
    if (status >= 300 && status < 400)
        snprintf(sending->reason, sizeof(sending->reason),
                 "the webhook answered %ld; redirects are not followed", status);
    else
        snprintf(sending->reason, sizeof(sending->reason), "the webhook answered %ld", status);
}

static void judge(attempt *a, CURLcode code)
{
    px_sending *sending = a->sending;
    long status = 0;

    curl_easy_getinfo(a->easy, CURLINFO_RESPONSE_CODE, &status);
    if (code == CURLE_OK || a->is_too_large) {
        /* the status was read before the answer grew too large */
        judge_answer(sending, status);
        if (!a->is_too_large)
            return;
        sending->end = PX_SENDING_FAILED;
        snprintf(sending->reason, sizeof(sending->reason),
                 "the webhook's answer has more than %d bytes", PX_SEND_ANSWER_BYTES_MAX);
        return;
    }
    if (a->refusal[0] && code == CURLE_COULDNT_CONNECT) {
        sending->end = PX_SENDING_REFUSED;
        memcpy(sending->reason, a->refusal, sizeof(sending->reason));
        return;
    }
    sending->end = PX_SENDING_FAILED;
    snprintf(sending->reason, sizeof(sending->reason), "the webhook was not reached: %s",
             code == CURLE_OPERATION_TIMEDOUT ? "no answer within 5 s" : curl_easy_strerror(code));
}

static void attempt_free(attempt *a)
{
    if (a->easy) {
        curl_multi_remove_handle(a->side->multi, a->easy);
        curl_easy_cleanup(a->easy);
    }
    curl_slist_free_all(a->headers);
    px_free(a);
}

/* ---- its beginning ---- */

static bool add_header(attempt *a, px_str name, px_str value)
{
    px_buf line = { 0 };
    struct curl_slist *grown = NULL;

    px_putf(&line, "%.*s: %.*s", PX_FMT(name), PX_FMT(value));
    px_put_char(&line, '\0');
    if (line.status == PX_OK)
        grown = curl_slist_append(a->headers, line.ptr);
    px_buf_release(&line);
    if (grown)
        a->headers = grown;
    return grown != NULL;
}

static bool add_headers(attempt *a, const px_sending *sending)
{
    /* none of libcurl's own making */
    bool good = add_header(a, PX_STR("Expect"), PX_STR("")) &&
                add_header(a, PX_STR("User-Agent"), PX_STR("pollux"));

    for (size_t i = 0; good && i < sending->header_count; i++)
        good = add_header(a, sending->headers[i].name, sending->headers[i].value);
    return good;
}

#define SET(option, value) (curl_easy_setopt(a->easy, CURLOPT_##option, value) == CURLE_OK)

static bool set_options(attempt *a, const px_sending *sending)
{
    char url[PX_ENDPOINT_URL_BYTES_MAX + 1];

    snprintf(url, sizeof(url), "%.*s", PX_FMT(sending->to));
    return SET(URL, url) && SET(PROTOCOLS_STR, "http,https") && SET(FOLLOWLOCATION, 0L) &&
           SET(PROXY, "") && SET(NOSIGNAL, 1L) &&
           SET(TIMEOUT_MS, (long)(PX_SEND_NS_MAX / PX_MILLISECOND)) &&
           SET(CONNECTTIMEOUT_MS, (long)CONNECT_MS_MAX) && SET(HTTPHEADER, a->headers) &&
           SET(POSTFIELDSIZE_LARGE, (curl_off_t)sending->body.len) &&
           SET(POSTFIELDS, sending->body.ptr) && SET(OPENSOCKETFUNCTION, open_socket) &&
           SET(OPENSOCKETDATA, a) && SET(WRITEFUNCTION, count_answer) && SET(WRITEDATA, a) &&
           SET(PRIVATE, a);
}

static void begin(px_transport *transport, px_sending *sending)
{
    curl_side *side = transport->data;
    attempt *a = px_zalloc(1, sizeof(*a));
    px_err err;

    if (px_target_check(&side->reach, sending->to, NULL, &err) != PX_OK) {
        sending->end = PX_SENDING_REFUSED; /* what the operator allows may have changed */
        snprintf(sending->reason, sizeof(sending->reason), "%.*s", (int)sizeof(sending->reason) - 1,
                 err.text);
        px_free(a);
        return;
    }
    if (a) {
        a->side = side;
        a->sending = sending;
        a->easy = curl_easy_init();
    }
    if (!a || !a->easy || !add_headers(a, sending) || !set_options(a, sending) ||
        curl_multi_add_handle(side->multi, a->easy) != CURLM_OK) {
        sending->end = PX_SENDING_FAILED;
        snprintf(sending->reason, sizeof(sending->reason), "there is no memory for a connection");
        if (a)
            attempt_free(a);
        return;
    }
    sending->own = a;
}

static bool end_attempts(curl_side *side)
{
    const CURLMsg *message;
    bool any = false;
    int left;

    while ((message = curl_multi_info_read(side->multi, &left)) != NULL) {
        CURLcode code = message->data.result;
        attempt *a = NULL;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&a);
        judge(a, code);
        a->sending->own = NULL;
        attempt_free(a);
        any = true;
    }
    return any;
}

/* Who ended is looked at before anything is waited for. */
static void step(px_transport *transport, int64_t wait_ns)
{
    curl_side *side = transport->data;
    int running;

    curl_multi_perform(side->multi, &running);
    if (!end_attempts(side) && wait_ns > 0)
        curl_multi_poll(side->multi, NULL, 0, (int)(wait_ns / PX_MILLISECOND), NULL);
}

static void cancel(px_transport *transport, px_sending *sending)
{
    (void)transport;
    if (sending->own)
        attempt_free(sending->own);
    sending->own = NULL;
    sending->end = PX_SENDING_FAILED;
    snprintf(sending->reason, sizeof(sending->reason), "the server is ending");
}

static void wake(px_transport *transport)
{
    curl_multi_wakeup(((curl_side *)transport->data)->multi);
}

static void side_free(px_transport *transport)
{
    curl_side *side = transport->data;

    curl_multi_cleanup(side->multi);
    px_free(side);
}

px_status px_transport_curl_new(const px_reach *reach, px_transport **ret_transport,
                                px_err *ret_err)
{
    curl_side *side = px_zalloc(1, sizeof(*side));

    if (!side || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        px_free(side);
        return px_no_memory(ret_err);
    }
    side->multi = curl_multi_init();
    if (!side->multi) {
        px_free(side);
        return px_no_memory(ret_err);
    }
    curl_multi_setopt(side->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_KEPT);
    side->reach = *reach;
    side->face = (px_transport){ begin, step, cancel, wake, side_free, side };
    *ret_transport = &side->face;
    return PX_OK;
}
