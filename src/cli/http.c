/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/http.h"

#include <curl/curl.h>
#include <stdio.h>

#include "base/mem.h"
#include "cli/interrupt.h"

enum { CONNECT_SECONDS_MAX = 5, CALL_SECONDS_MAX = 120, TICK_MS = 100 };

struct px_http {
    CURL *easy;
    char *url, *token, *ca;
};

/* What the callbacks of one call need. */
typedef struct answer {
    px_http *http;
    px_http_reply *reply;     /* collects the body here … */
    const px_http_sink *sink; /* … or hands it on, when the call succeeded */
    px_err *err;
    px_status status; /* of the sink */
    px_buf refused;   /* the body of a refusal to a streaming call */
} answer;

static char *copy(const char *text)
{
    size_t size = text ? strlen(text) + 1 : 0;
    char *bytes = text ? px_alloc(size) : NULL;

    return bytes ? memcpy(bytes, text, size) : NULL;
}

/* What the library would call unreachable, though nobody was asked. */
static px_status check_url(const char *url, px_err *ret_err)
{
    px_str text = px_str_c(url);
    CURLU *parts;
    CURLUcode code;

    if (!px_str_starts(text, PX_STR("http://")) && !px_str_starts(text, PX_STR("https://")))
        return px_fail_id(ret_err, PX_INVALID, "cli.server",
                          "the server '%s' does not begin with http:// or https://", url);
    parts = curl_url();
    if (!parts)
        return px_no_memory(ret_err);
    code = curl_url_set(parts, CURLUPART_URL, url, 0);
    curl_url_cleanup(parts);
    if (code == CURLUE_OK)
        return PX_OK;
    return px_fail_id(ret_err, PX_INVALID, "cli.server", "the server '%s' is no URL: %s", url,
                      curl_url_strerror(code));
}

px_status px_http_open(px_http **ret_http, const px_http_opts *opts, px_err *ret_err)
{
    px_str url = px_str_c(opts->url);
    px_http *http;

    PX_TRY(check_url(opts->url, ret_err));
    http = px_zalloc(1, sizeof(*http));
    if (!http)
        return px_no_memory(ret_err);
    http->easy = curl_easy_init();
    http->url = copy(opts->url);
    http->token = copy(opts->token);
    http->ca = copy(opts->ca);
    if (!http->easy || !http->url || (opts->token && !http->token) || (opts->ca && !http->ca)) {
        px_http_close(http);
        return px_no_memory(ret_err);
    }
    while (url.len && http->url[url.len - 1] == '/')
        http->url[--url.len] = 0;
    *ret_http = http;
    return PX_OK;
}

void px_http_close(px_http *http)
{
    if (!http)
        return;
    curl_easy_cleanup(http->easy);
    px_free(http->url);
    px_free(http->token);
    px_free(http->ca);
    px_free(http);
}

void px_put_url_part(px_buf *buf, px_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        bool plain = px_is_letter((char)c) || px_is_digit((char)c) || c == '-' || c == '.' ||
                     c == '_' || c == '~';

        if (plain)
            px_put_char(buf, (char)c);
        else
            px_putf(buf, "%%%02X", c);
    }
}

/* ---- refusals ---- */

static px_status status_of_http(long http_status)
{
    static const px_status by_status[][2] = {
        { 400, PX_INVALID },     { 401, PX_UNAUTHORIZED }, { 403, PX_DENIED },
        { 404, PX_NOT_FOUND },   { 408, PX_TIMEOUT },      { 409, PX_CONFLICT },
        { 412, PX_STALE },       { 413, PX_TOO_LARGE },    { 429, PX_LIMIT },
        { 501, PX_UNSUPPORTED }, { 502, PX_UNREACHABLE },  { 503, PX_BUSY },
        { 504, PX_TIMEOUT },     { 507, PX_FULL },
    };

    for (size_t i = 0; i < sizeof(by_status) / sizeof(by_status[0]); i++)
        if ((long)by_status[i][0] == http_status)
            return by_status[i][1];
    return http_status >= 500 ? PX_IO : PX_INVALID;
}

/* The code of a problem document is the code of a status; Azure's codes are others, and one of them
 * tells of a conflict under 400. */
static px_status status_of_code(px_str code, px_status otherwise)
{
    if (px_str_eq(code, PX_STR("RelationshipsNotDeleted")))
        return PX_CONFLICT;
    for (int s = 1; s < PX_STATUS_COUNT; s++)
        if (px_str_eq(code, px_str_c(px_status_code((px_status)s))))
            return (px_status)s;
    return otherwise;
}

static uint32_t get_count(const px_json *object, px_str key)
{
    const px_json *node = px_json_get(object, key);
    int64_t value;

    if (!px_json_is(node, PX_JSON_NUMBER) || !px_num_to_int(node->num, &value) || value < 0 ||
        value > UINT32_MAX)
        return 0;
    return (uint32_t)value;
}

px_status px_http_problem(long http_status, px_str body, px_err *ret_err)
{
    px_status status = status_of_http(http_status);
    px_json *root = NULL, *azure, *place;
    px_str text, code;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, 8 << 20);
    if (px_json_parse(body, NULL, &arena, &root, NULL) != PX_OK)
        return px_fail(ret_err, status, "the server answered %ld: %s", http_status,
                       px_status_meaning(status));
    azure = px_json_get(root, PX_STR("error"));
    if (azure)
        root = azure;
    text = px_json_get_text(root, azure ? PX_STR("message") : PX_STR("detail"));
    if (!text.len)
        text = px_json_get_text(root, PX_STR("title"));
    if (!text.len)
        text = px_str_c(px_status_meaning(status));
    text = px_str_cut(&text, '\n'); /* a picture of the place below it is drawn here, not there */
    code = px_json_get_text(root, PX_STR("code"));
    status = status_of_code(code, status);
    px_fail(ret_err, status, "%.*s", PX_FMT(text));
    place = azure ? px_json_item(px_json_get(root, PX_STR("details")), 0) : root;
    if (ret_err)
        px_err_at(ret_err, get_count(place, PX_STR("line")), get_count(place, PX_STR("column")),
                  px_json_get_text(place, azure ? PX_STR("path") : PX_STR("pointer")));
    return status;
}

/* ---- calls ---- */

static size_t on_body(char *bytes, size_t size, size_t count, void *data)
{
    answer *a = data;
    px_str part = px_str_of(bytes, size * count);
    long http_status = 0;

    if (!a->sink) {
        px_put(&a->reply->body, part);
        return a->reply->body.status == PX_OK ? part.len : 0;
    }
    curl_easy_getinfo(a->http->easy, CURLINFO_RESPONSE_CODE, &http_status);
    if (http_status >= 300) {
        px_put(&a->refused, part);
        return a->refused.status == PX_OK ? part.len : 0;
    }
    a->status = a->sink->bytes(a->sink->data, part, a->err);
    return a->status == PX_OK ? part.len : 0;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *data)
{
    answer *a = data;
    px_str line = px_str_of(bytes, size * count);

    if (!a->reply || line.len < 5 || strncasecmp(bytes, "etag:", 5) != 0)
        return line.len;
    line = px_str_skip(line, 5);
    while (line.len && line.ptr[0] == ' ')
        line = px_str_skip(line, 1);
    while (line.len && (unsigned char)line.ptr[line.len - 1] <= ' ')
        line.len--;
    if (line.len < sizeof(a->reply->etag)) {
        memcpy(a->reply->etag, line.ptr, line.len);
        a->reply->etag[line.len] = 0;
    }
    return size * count;
}

static int on_progress(void *data, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    (void)data, (void)a, (void)b, (void)c, (void)d;
    return px_interrupted();
}

static bool is_loopback(const char *url)
{
    const char *host = strstr(url, "://") + 3;

    return strncmp(host, "127.", 4) == 0 || strncmp(host, "localhost", 9) == 0 ||
           strncmp(host, "[::1]", 5) == 0;
}

/* Sets the easy handle up for one call; gives the headers, to be freed after it. */
static px_status prepare(px_http *http, const px_http_call *call, answer *a,
                         struct curl_slist **ret_headers, px_err *ret_err)
{
    CURL *easy = http->easy;
    px_buf text = { 0 };
    struct curl_slist *headers = NULL;

    curl_easy_reset(easy);
    px_putf(&text, "%s%s", http->url, call->path);
    curl_easy_setopt(easy, CURLOPT_URL, text.ptr);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call->method);
    if (strcmp(call->method, "HEAD") == 0)
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    if (call->body.ptr) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call->body.ptr);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.len);
        px_buf_clear(&text);
        px_putf(&text, "Content-Type: %s",
                call->content_type ? call->content_type : "application/json");
        headers = curl_slist_append(headers, text.ptr);
    }
    headers = curl_slist_append(headers, "Expect:");
    if (http->token) {
        px_buf_clear(&text);
        px_putf(&text, "Authorization: Bearer %s", http->token);
        headers = curl_slist_append(headers, text.ptr);
    }
    if (call->header)
        headers = curl_slist_append(headers, call->header);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS_MAX);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "pollux-cli");
    if (http->ca)
        curl_easy_setopt(easy, CURLOPT_CAINFO, http->ca);
    if (is_loopback(http->url))
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, a);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, a);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    px_buf_release(&text);
    *ret_headers = headers;
    return headers ? PX_OK : px_no_memory(ret_err);
}

static px_status transfer_failed(const px_http *http, CURLcode code, px_err *ret_err)
{
    if (px_interrupted())
        return px_interrupt_fail(ret_err);
    if (code == CURLE_OPERATION_TIMEDOUT)
        return px_fail(ret_err, PX_TIMEOUT, "the server at %s did not answer in time", http->url);
    if (code == CURLE_OUT_OF_MEMORY)
        return px_no_memory(ret_err);
    if (code == CURLE_PEER_FAILED_VERIFICATION)
        return px_fail_id(ret_err, PX_UNREACHABLE, "http.certificate",
                          "the server at %s has a certificate that is not trusted here", http->url);
    return px_fail(ret_err, PX_UNREACHABLE, "cannot reach the server at %s: %s", http->url,
                   curl_easy_strerror(code));
}

static px_status finish(px_http *http, answer *a, CURLcode code, px_str body, px_err *ret_err)
{
    long http_status = 0;

    if (a->status != PX_OK)
        return a->status;
    if (code == CURLE_WRITE_ERROR)
        return px_fail(ret_err, PX_TOO_LARGE, "the server's answer is longer than %d bytes",
                       PX_CLI_REPLY_BYTES_MAX);
    if (code != CURLE_OK)
        return transfer_failed(http, code, ret_err);
    curl_easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &http_status);
    if (http_status >= 200 && http_status < 300)
        return PX_OK;
    return px_http_problem(http_status, body, ret_err);
}

px_status px_http_send(px_http *http, const px_http_call *call, px_http_reply *ret_reply,
                       px_err *ret_err)
{
    answer a = { .http = http, .reply = ret_reply, .err = ret_err };
    struct curl_slist *headers = NULL;
    px_status status;
    CURLcode code;

    *ret_reply = (px_http_reply){ 0 };
    px_buf_init(&ret_reply->body, PX_CLI_REPLY_BYTES_MAX);
    status = prepare(http, call, &a, &headers, ret_err);
    if (status == PX_OK) {
        curl_easy_setopt(http->easy, CURLOPT_TIMEOUT, (long)CALL_SECONDS_MAX);
        code = curl_easy_perform(http->easy);
        status = finish(http, &a, code, px_buf_str(&ret_reply->body), ret_err);
    }
    curl_slist_free_all(headers);
    return status;
}

/* Runs the transfer to its end with a tick between any two waits. */
static px_status drive(CURLM *multi, answer *a, CURLcode *ret_code, px_err *ret_err)
{
    int running = 1, queued;
    CURLMsg *message;

    while (running && a->status == PX_OK) {
        if (curl_multi_perform(multi, &running) != CURLM_OK ||
            (running && curl_multi_poll(multi, NULL, 0, TICK_MS, NULL) != CURLM_OK))
            return px_fail(ret_err, PX_IO, "the network library failed");
        if (px_interrupted())
            return px_interrupt_fail(ret_err);
        if (a->sink->tick)
            PX_TRY(a->sink->tick(a->sink->data, ret_err));
    }
    message = curl_multi_info_read(multi, &queued);
    *ret_code = message && message->msg == CURLMSG_DONE ? message->data.result : CURLE_OK;
    return PX_OK;
}

px_status px_http_receive(px_http *http, const px_http_call *call, const px_http_sink *sink,
                          px_err *ret_err)
{
    answer a = { .http = http, .sink = sink, .err = ret_err };
    struct curl_slist *headers = NULL;
    CURLM *multi = curl_multi_init();
    CURLcode code = CURLE_OK;
    px_status status;

    if (!multi)
        return px_no_memory(ret_err);
    px_buf_init(&a.refused, 1 << 20);
    status = prepare(http, call, &a, &headers, ret_err);
    if (status == PX_OK) {
        curl_multi_add_handle(multi, http->easy);
        status = drive(multi, &a, &code, ret_err);
        if (status == PX_OK)
            status = finish(http, &a, code, px_buf_str(&a.refused), ret_err);
        curl_multi_remove_handle(multi, http->easy);
    }
    curl_multi_cleanup(multi);
    curl_slist_free_all(headers);
    px_buf_release(&a.refused);
    return status;
}
