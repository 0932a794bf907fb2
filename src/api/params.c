/* SPDX-License-Identifier: Apache-2.0 */
#include "api/params.h"

enum { SHOWN_MAX = 48, NAMES_MAX = 12 };

static const struct {
    const char *name, *meaning;
} meanings[] = {
    { "after", "the position behind which the stream begins; Last-Event-ID goes before it" },
    { "api-version", "2020-10-31, 2022-05-31, 2023-06-30 or 2023-10-31" },
    { "buckets", "so many equal parts of the time from `from` to `to`, instead of rows" },
    { "Content-Range", "which part of the file the body is: bytes FIRST-LAST/TOTAL" },
    { "continuationToken", "where the page before ended; nextLink has it" },
    { "binding", "the name of a binding" },
    { "Content-Encoding", "how the body is packed" },
    { "cursor", "where the page before ended, as its member `cursor` told it" },
    { "dependenciesFor", "only these models and what they need; may come several times" },
    { "dryRun", "true: says whether its guards hold, and gives nothing" },
    { "endpoint", "only dead letters of this endpoint" },
    { "expiry", "so many seconds a wish counts, or a command waits for its device to come" },
    { "from", "from this time on, as 2026-11-01T12:00:00Z" },
    { "Idempotency-Key", "a text of the client's own making: sent again, it is done once" },
    { "id", "a text of the client's own making: called again with it, it is done once" },
    { "If-Match", "an ETag: the change is refused when the thing has changed since" },
    { "format", "what the body is; by Content-Type when absent, text/plain is line protocol" },
    { "If-None-Match", "`*`: refused when there is such a thing" },
    { "includeModelDefinition", "whether each model comes with its definition" },
    { "interval", "so many seconds between the end of an attempt and the next" },
    { "Last-Event-ID", "the id of the last event that was seen; the stream goes on behind it" },
    { "limit", "how many items a page has at most" },
    { "state", "only those in this state" },
    { "max-items-per-page", "how many items a page has at most" },
    { "Message-Id", "names the message: it counts once within its twin" },
    { "model", "only twins of this model, and of those that extend it" },
    { "number", "only the one of this number" },
    { "operation-id", "the name of the job; one is made when none is told" },
    { "overlap", "seconds that the keys before it hold on; 0 unless told" },
    { "payload", "cut at 256 bytes, or whole where it was kept" },
    { "Prefer", "respond-async: answer at once, or with wait=SECONDS after so long" },
    { "precision", "of times in line protocol; ns when absent" },
    { "property", "paths of properties, commas between; all of the model when absent" },
    { "reason", "only what was refused for this reason, a code such as sync.unknown" },
    { "relationshipName", "only relationships of this name" },
    { "retry", "so many times more it is sent when the device does not answer in time" },
    { "section", "the section of the bulk format that the lines are of" },
    { "since", "only what came since then, as 2026-11-01T12:00:00Z" },
    { "sender", "only what this device, or the holder of this token, sent" },
    { "stats", "of a bucket: mean, or all (count, min, max, sum, first, last)" },
    { "Telemetry-Source-Time", "when it was measured; the time of arrival when absent" },
    { "timeout", "so many seconds the device has to answer; 5 unless told" },
    { "timeoutInMinutes", "after so many minutes the job gives up" },
    { "to", "before this time, as 2026-11-02T12:00:00Z" },
    { "twin", "the id of the unit or line" },
    { "twins", "ids of twins, commas between; all when absent" },
    { "until", "the number that the first page told, so that later pages are of the same twins" },
    { "wait", "so many seconds the call is kept waiting; then, and with 0 at once, 202" },
    { "values", "plain, or full: with arrival time and quality" },
};

bool px_param_next(px_str *rest, px_param *ret_param)
{
    px_str text = px_str_cut(rest, ' ');

    if (!text.len)
        return false;
    ret_param->needed = text.ptr[text.len - 1] == '!';
    ret_param->in_header = text.ptr[0] == '@';
    text.len -= ret_param->needed;
    text = px_str_skip(text, ret_param->in_header);
    ret_param->name = px_str_cut(&text, ':');
    ret_param->type = text.len ? text : PX_STR("string");
    return true;
}

const char *px_param_meaning(px_str name)
{
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
        if (px_str_eq(name, px_str_c(meanings[i].name)))
            return meanings[i].meaning;
    return "";
}

static size_t names_of(const px_route *route, px_str names[NAMES_MAX])
{
    px_str rest = px_str_c(route->params);
    size_t count = 0;
    px_param param;

    while (px_param_next(&rest, &param))
        if (!param.in_header && count < NAMES_MAX)
            names[count++] = param.name;
    return count;
}

static px_status refuse(px_str name, const px_str *names, size_t count, px_err *ret_err)
{
    px_str nearest = px_str_nearest(name, names, count);
    px_buf text = { 0 };

    px_putf(&text, "there is no parameter '%.*s' here", PX_FMT(px_str_head(name, SHOWN_MAX)));
    if (nearest.len)
        px_putf(&text, "; did you mean '%.*s'?", PX_FMT(nearest));
    px_put_c(&text, count ? (nearest.len ? " Known: " : "; known: ") : "; this path takes none");
    for (size_t i = 0; i < count; i++)
        px_putf(&text, "%s%.*s", i ? ", " : "", PX_FMT(names[i]));
    px_fail_id(ret_err, PX_INVALID, "http.unknown_parameter", "%.*s", PX_FMT(px_buf_str(&text)));
    px_buf_release(&text);
    return PX_INVALID;
}

static px_status refuse_malformed(px_str raw, px_err *ret_err)
{
    return px_fail_id(ret_err, PX_INVALID, "http.parameter",
                      "'%.*s' in the query is malformed; write it as UTF-8, percent-encoded",
                      PX_FMT(px_str_head(raw, SHOWN_MAX)));
}

static bool is_among(px_str name, const px_str *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (px_str_eq(name, names[i]))
            return true;
    return false;
}

px_status px_params_check(px_api_call *call, px_err *ret_err)
{
    px_str rest = call->query, names[NAMES_MAX], key, value;
    size_t count = names_of(call->route, names);

    if (!px_str_starts(px_str_c(call->route->pattern), PX_STR("/api/v1/")))
        return PX_OK;
    while (rest.len) {
        px_str whole = px_str_cut(&rest, '&'), pair = whole, raw = px_str_cut(&pair, '=');

        if (whole.len == 0)
            continue;
        if (!px_api_decode(&call->arena, raw, true, &key))
            return refuse_malformed(raw, ret_err);
        if (!is_among(key, names, count))
            return refuse(key, names, count, ret_err);
        if (!px_api_decode(&call->arena, pair, true, &value))
            return refuse_malformed(whole, ret_err);
    }
    return PX_OK;
}
