/* SPDX-License-Identifier: Apache-2.0 */
/* Event routes, the endpoints that they lead to, and what could not be delivered. */
#include "cli/cmds.h"
#include "cli/out.h"
#include "cli/thing_call.h"

enum { ANSWER_BYTES = 64 << 20, MOVES_MAX = 100000 };

/* ---- routes ---- */

static px_status run_route_add(px_cli *cli, const px_args *args, px_err *ret_err)
{
    const char *filter = px_args_get(args, "filter");
    px_buf body = { 0 };
    px_json_writer w = px_json_writer_of(&body);

    if (!px_args_has(args, "endpoint"))
        return px_fail_id(ret_err, PX_INVALID, "cli.option",
                          "say where the events go: --endpoint NAME");
    px_json_begin_object(&w);
    px_put_argument(&w, "endpointName", px_args_get(args, "endpoint"));
    px_put_argument(&w, "filter", filter ? filter : "true");
    px_json_end_object(&w);
    return px_thing_put(cli, PX_THING_ROUTE, args, &body, ret_err);
}

static px_status run_route_list(px_cli *cli, const px_args *args, px_err *ret_err)
{
    static const px_out_column columns[] = { { "id", "id", false },
                                             { "endpoint", "endpointName", false },
                                             { "filter", "filter", false },
                                             { 0 } };

    (void)args;
    return px_out_list(cli, "/eventroutes?" PX_AZURE_VERSION, columns, ret_err);
}

static px_status run_route_show(px_cli *cli, const px_args *args, px_err *ret_err)
{
    return px_thing_show(cli, PX_THING_ROUTE, args, ret_err);
}

static px_status run_route_delete(px_cli *cli, const px_args *args, px_err *ret_err)
{
    return px_thing_delete(cli, PX_THING_ROUTE, "deleted", args, ret_err);
}

static const px_opt route_options[] = {
    { "endpoint", 'e', "NAME", "the endpoint that the events go to" },
    { "filter", 'f', "FILTER", "which events; all when absent" },
    { 0 },
};

const px_cmd px_cmd_route[] = {
    { .noun = "route",
      .summary = "event routes: which events go to which endpoint",
      .examples = "pollux route add changes --endpoint hook\n"
                  "pollux route list\n"
                  "pollux route delete changes" },
    { .noun = "route",
      .verb = "add",
      .summary = "make a route, or change it",
      .operands = "R",
      .examples =
          "pollux route add changes --endpoint hook\n"
          "pollux route add hot --endpoint hook --filter \"type = 'microsoft.iot.telemetry' AND "
          "\\$body.heat > 90\"",
      .notes = "A filter compares type, source, subject, dataschema, id, time and what is in the\n"
               "event's $body, with = != < <= > >=, AND, OR, STARTS_WITH, ENDS_WITH and CONTAINS.",
      .opts = route_options,
      .operands_min = 1,
      .operands_max = 1,
      .run = run_route_add },
    { .noun = "route",
      .verb = "list",
      .summary = "list all routes",
      .examples = "pollux route list",
      .run = run_route_list },
    { .noun = "route",
      .verb = "show",
      .summary = "show a route",
      .operands = "R",
      .examples = "pollux route show changes",
      .operands_min = 1,
      .operands_max = 1,
      .run = run_route_show },
    { .noun = "route",
      .verb = "delete",
      .summary = "delete a route; what waits already is still delivered",
      .operands = "R",
      .examples = "pollux route delete changes",
      .operands_min = 1,
      .operands_max = 1,
      .run = run_route_delete },
    { 0 },
};

/* ---- endpoints ---- */

/* `Name: value` */
static px_status put_headers(px_json_writer *w, const px_args *args, px_err *ret_err)
{
    const char *header;

    px_json_key(w, PX_STR("headers"));
    px_json_begin_object(w);
    for (size_t at = 0; (header = px_args_next(args, "header", &at)) != NULL;) {
        px_str value = px_str_c(header), name = px_str_trim(px_str_cut(&value, ':'));

        if (!strchr(header, ':'))
            return px_fail_id(ret_err, PX_INVALID, "cli.option",
                              "'%s' is no header; right is --header 'Name: value'", header);
        px_json_key(w, name);
        px_json_string(w, px_str_trim(value));
    }
    px_json_end_object(w);
    return PX_OK;
}

static px_status run_endpoint_add(px_cli *cli, const px_args *args, px_err *ret_err)
{
    const char *url = px_args_get(args, "url"), *topic = px_args_get(args, "topic");
    px_buf body = { 0 };
    px_json_writer w = px_json_writer_of(&body);
    px_status status = PX_OK;

    if (!url == !topic)
        return px_fail_id(ret_err, PX_INVALID, "cli.option",
                          "an endpoint is a webhook or a topic: --url URL or --topic TOPIC");
    px_json_begin_object(&w);
    px_put_argument(&w, "kind", url ? "webhook" : "mqtt");
    px_put_argument(&w, "url", url);
    px_put_argument(&w, "topic", topic);
    px_put_argument(&w, "secret", px_args_get(args, "secret"));
    if (px_args_has(args, "header"))
        status = put_headers(&w, args, ret_err);
    px_json_end_object(&w);
    if (status == PX_OK)
        return px_thing_put(cli, PX_THING_ENDPOINT, args, &body, ret_err);
    px_buf_release(&body);
    return status;
}

static px_status run_endpoint_list(px_cli *cli, const px_args *args, px_err *ret_err)
{
    static const px_out_column columns[] = { { "id", "id", false },
                                             { "kind", "kind", false },
                                             { "url", "url", false },
                                             { "topic", "topic", false },
                                             { "waiting", "waiting", true },
                                             { "dead", "deadLetters", true },
                                             { 0 } };

    (void)args;
    return px_out_list(cli, "/api/v1/endpoints", columns, ret_err);
}

static px_status run_endpoint_show(px_cli *cli, const px_args *args, px_err *ret_err)
{
    return px_thing_show(cli, PX_THING_ENDPOINT, args, ret_err);
}

static px_status run_endpoint_delete(px_cli *cli, const px_args *args, px_err *ret_err)
{
    return px_thing_delete(cli, PX_THING_ENDPOINT, "deleted", args, ret_err);
}

static const px_opt endpoint_options[] = {
    { "url", 'u', "URL", "a webhook, http or https" },
    { "topic", 't', "TOPIC", "an MQTT topic of the tenant" },
    { "secret", 's', "TEXT", "signs what a webhook gets (X-Pollux-Signature)" },
    { "header", 'H', "HEADER", "'Name: value' for a webhook; may be repeated" },
    { 0 },
};

const px_cmd px_cmd_endpoint[] = {
    { .noun = "endpoint",
      .summary = "endpoints: webhooks and topics that routes lead to",
      .examples = "pollux endpoint add hook --url https://hooks.example/twins\n"
                  "pollux endpoint add changes --topic plant/changes\n"
                  "pollux endpoint list" },
    { .noun = "endpoint",
      .verb = "add",
      .summary = "make an endpoint, or change it",
      .operands = "E",
      .examples = "pollux endpoint add hook --url https://hooks.example/twins --secret s3cret\n"
                  "pollux endpoint add changes --topic plant/changes",
      .notes =
          "A webhook gets each event as CloudEvents 1.0, at least once and in order; it answers "
          "2xx.\nPrivate addresses are refused unless the server was started with "
          "--outbound-allow.",
      .opts = endpoint_options,
      .operands_min = 1,
      .operands_max = 1,
      .run = run_endpoint_add },
    { .noun = "endpoint",
      .verb = "list",
      .summary = "list all endpoints, and what waits for them",
      .examples = "pollux endpoint list",
      .run = run_endpoint_list },
    { .noun = "endpoint",
      .verb = "show",
      .summary = "show an endpoint",
      .operands = "E",
      .examples = "pollux endpoint show hook",
      .operands_min = 1,
      .operands_max = 1,
      .run = run_endpoint_show },
    { .noun = "endpoint",
      .verb = "delete",
      .summary = "delete an endpoint that no route leads to; what waits for it dies",
      .operands = "E",
      .examples = "pollux endpoint delete hook",
      .operands_min = 1,
      .operands_max = 1,
      .run = run_endpoint_delete },
    { 0 },
};

/* ---- dead letters ---- */

static px_status put_path(px_buf *path, const char *before, const px_args *args, px_err *ret_err)
{
    const char *endpoint = px_args_get(args, "endpoint");

    px_put_c(path, before);
    if (endpoint) {
        px_put_c(path, "?endpoint=");
        px_put_url_part(path, px_str_c(endpoint));
    }
    return px_buf_status(path, ret_err);
}

static px_status run_dead_list(px_cli *cli, const px_args *args, px_err *ret_err)
{
    static const px_out_column columns[] = { { "endpoint", "endpoint", false },
                                             { "time", "time", false },
                                             { "type", "event/type", false },
                                             { "subject", "event/subject", false },
                                             { "tries", "tries", true },
                                             { "reason", "reason", false },
                                             { 0 } };
    px_buf path = { 0 };
    px_status status = put_path(&path, "/api/v1/deadletters", args, ret_err);

    if (status == PX_OK)
        status = px_out_list(cli, path.ptr, columns, ret_err);
    px_buf_release(&path);
    return status;
}

/* One commit's worth after the other. */
static px_status move_all(px_cli *cli, const px_http_call *call, const char *key,
                          uint64_t *ret_count, px_err *ret_err)
{
    bool more = true;

    for (int i = 0; more && i < MOVES_MAX; i++) {
        const px_json *moved;
        px_json *root;
        int64_t count = 0;
        PX_AUTO_ARENA arena;

        px_arena_init(&arena, ANSWER_BYTES);
        PX_TRY(px_api_call(cli, call, &arena, &root, ret_err));
        moved = px_json_get(root, px_str_c(key));
        if (px_json_is(moved, PX_JSON_NUMBER) && px_num_to_int(moved->num, &count))
            *ret_count += (uint64_t)count;
        more = count > 0 && px_json_is(px_json_get(root, PX_STR("more")), PX_JSON_TRUE);
    }
    return PX_OK;
}

static px_status run_move(px_cli *cli, const px_args *args, bool is_replay, px_err *ret_err)
{
    const char *key = is_replay ? "replayed" : "purged";
    px_http_call call = { .method = is_replay ? "POST" : "DELETE" };
    px_buf path = { 0 }, answer = { 0 };
    px_json_writer w = px_json_writer_of(&answer);
    uint64_t count = 0;
    px_json *root = NULL;
    px_status status = put_path(
        &path, is_replay ? "/api/v1/deadletters/replay" : "/api/v1/deadletters", args, ret_err);
    PX_AUTO_ARENA arena;

    px_arena_init(&arena, 1 << 20);
    if (is_replay)
        call.body = PX_STR("{}");
    call.path = path.ptr;
    if (status == PX_OK)
        status = move_all(cli, &call, key, &count, ret_err);
    px_buf_release(&path);
    if (status == PX_OK) {
        px_json_begin_object(&w);
        px_json_key(&w, px_str_c(key));
        px_json_uint(&w, count);
        px_json_end_object(&w);
        status = px_json_parse(px_buf_str(&answer), NULL, &arena, &root, ret_err);
    }
    if (status == PX_OK)
        status = px_out_done(cli, root, ret_err, "%s %llu dead letter%s", key,
                             (unsigned long long)count, count == 1 ? "" : "s");
    px_buf_release(&answer);
    return status;
}

static px_status run_replay(px_cli *cli, const px_args *args, px_err *ret_err)
{
    return run_move(cli, args, true, ret_err);
}

static px_status run_purge(px_cli *cli, const px_args *args, px_err *ret_err)
{
    return run_move(cli, args, false, ret_err);
}

static const px_opt dead_options[] = {
    { "endpoint", 'e', "NAME", "only those of this endpoint" },
    { 0 },
};

const px_cmd px_cmd_deadletter[] = {
    { .noun = "deadletter",
      .summary = "events that could not be delivered",
      .examples = "pollux deadletter list\n"
                  "pollux deadletter replay --endpoint hook\n"
                  "pollux deadletter purge" },
    { .noun = "deadletter",
      .verb = "list",
      .summary = "list them, with the reason of each",
      .examples = "pollux deadletter list --endpoint hook",
      .opts = dead_options,
      .run = run_dead_list },
    { .noun = "deadletter",
      .verb = "replay",
      .summary = "send them once more",
      .examples = "pollux deadletter replay --endpoint hook",
      .opts = dead_options,
      .run = run_replay },
    { .noun = "deadletter",
      .verb = "purge",
      .summary = "throw them away for good",
      .examples = "pollux deadletter purge --endpoint hook",
      .opts = dead_options,
      .run = run_purge },
    { 0 },
};
