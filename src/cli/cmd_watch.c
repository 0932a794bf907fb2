/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The change stream of the server: a live table on a terminal, a line a change in a pipe, with
 * --json the server's own event a line. A lost connection is made anew and resumed behind the last
 * event; a gap that the server tells of is told.
 */
#include "cli/board.h"
#include "cli/cmds.h"
#include "cli/interrupt.h"
#include "cli/no_such.h"
#include "cli/out.h"
#include "cli/progress.h"
#include "cli/sse.h"

enum { DRAW_MS_MIN = 100, BACKOFF_MS_MAX = 5000, FULL_TWINS_MAX = 100 };

typedef struct watch {
    px_cli *cli;
    px_sse sse;
    px_board board;
    bool live;  /* a table on a terminal */
    bool dirty; /* the table has changed since it was drawn */
    int64_t drawn_ns;
    uint64_t events, events_max; /* 0: no end */
    bool heard, ever_heard;      /* anything: on this connection, on any */
    bool told_gone;              /* since something was heard */
} watch;

/* ---- printing ---- */

static px_status draw(watch *w, const char *state, px_err *ret_err)
{
    px_buf out = { 0 };
    px_status status;

    w->cli->term_out = px_term_of(w->cli->out); /* the window may have changed */
    px_put_board(&out, &w->board, &w->cli->term_out, px_monotonic_ns(), state);
    status = px_buf_status(&out, ret_err);
    if (status == PX_OK)
        status = px_cli_write(w->cli, px_buf_str(&out), ret_err);
    px_buf_release(&out);
    w->drawn_ns = px_monotonic_ns();
    w->dirty = false;
    return status;
}

static px_status print_line(watch *w, px_str time, px_str twin, px_str property, px_str value,
                            px_err *ret_err)
{
    px_buf line = { 0 };
    px_status status;

    px_put_text(&line, time, 0);
    px_put_c(&line, "  ");
    px_put_text(&line, twin, 0);
    px_put_c(&line, "  ");
    px_put_text(&line, property, 0);
    px_put_c(&line, "  ");
    px_put_text(&line, value, 0);
    px_put_char(&line, '\n');
    status = px_buf_status(&line, ret_err);
    if (status == PX_OK)
        status = px_cli_write(w->cli, px_buf_str(&line), ret_err);
    px_buf_release(&line);
    return status;
}

static px_status print_member(watch *w, px_str twin, const px_json *member, px_str event_time,
                              px_err *ret_err)
{
    px_str time = px_json_get_text(member, PX_STR("sourceTime"));
    px_buf value = { 0 };
    px_status status;

    px_put_plain(&value, px_json_get(member, PX_STR("value")));
    status = px_buf_status(&value, ret_err);
    if (status == PX_OK)
        status = print_line(w, time.len ? time : event_time, twin, member->key, px_buf_str(&value),
                            ret_err);
    px_buf_release(&value);
    return status;
}

static px_status take_values(watch *w, const px_json *twin, int64_t now_ns, px_err *ret_err)
{
    px_str id = px_json_get_text(twin, now_ns ? PX_STR("twin") : PX_STR("id"));
    const px_json *values = px_json_get(twin, PX_STR("values"));

    for (const px_json *m = values ? values->first : NULL; m; m = m->next) {
        px_buf value = { 0 };
        px_str unit;
        px_status status;

        if (!w->live) {
            PX_TRY(print_member(w, id, m, px_json_get_text(twin, PX_STR("time")), ret_err));
            continue;
        }
        px_put_plain(&value, px_json_get(m, PX_STR("value")));
        status = px_board_put(&w->board, id, m->key, px_buf_str(&value), now_ns, ret_err);
        unit = px_json_get_text(m, PX_STR("unit"));
        if (status == PX_OK && unit.len)
            status = px_board_unit(&w->board, id, m->key, unit, ret_err);
        px_buf_release(&value);
        PX_TRY(status);
        w->dirty = true;
    }
    return PX_OK;
}

/* A property of the twin like those that come, as it is in queries. */
static px_status take_freshness(watch *w, const px_json *root, px_err *ret_err)
{
    const px_json *freshness = px_json_get(root, PX_STR("freshness"));
    px_str twin = px_json_get_text(root, PX_STR("twin"));
    px_str state = px_json_get_text(freshness, PX_STR("state"));

    if (!freshness)
        return PX_OK;
    if (!state.len)
        state = PX_STR("not declared");
    if (!w->live)
        return print_line(w, px_json_get_text(root, PX_STR("time")), twin, PX_STR("$freshness"),
                          state, ret_err);
    w->dirty = true;
    return px_board_put(&w->board, twin, PX_STR("$freshness"), state, px_monotonic_ns(), ret_err);
}

/* ---- events ---- */

static px_status on_event(void *user, px_str event, px_str data, px_err *ret_err)
{
    watch *w = user;
    px_json *root;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, 64 << 20);
    if (px_str_eq(event, PX_STR("gap"))) {
        px_cli_note(w->cli,
                    "some changes were passed over: this watcher was too slow or away too long");
        if (!w->cli->json)
            return PX_OK;
    } else if (!px_str_eq(event, PX_STR("change"))) {
        return PX_OK;
    }
    PX_TRY(px_json_parse(data, NULL, &arena, &root, ret_err));
    w->events++;
    if (w->cli->json)
        return px_out_json(w->cli, root, ret_err);
    PX_TRY(take_freshness(w, root, ret_err));
    return take_values(w, root, px_monotonic_ns(), ret_err);
}

static px_status on_bytes(void *data, px_str bytes, px_err *ret_err)
{
    watch *w = data;

    w->heard = w->ever_heard = true;
    return px_sse_feed(&w->sse, bytes, ret_err);
}

/* Ends the stream with PX_OK's stand-in when enough events came: see run_watch. */
static px_status on_tick(void *data, px_err *ret_err)
{
    watch *w = data;
    int64_t age_ns = px_monotonic_ns() - w->drawn_ns;

    if (w->live && (age_ns > PX_SECOND || (w->dirty && age_ns > DRAW_MS_MIN * PX_MILLISECOND)))
        PX_TRY(draw(w, "Ctrl-C ends", ret_err));
    if (w->events_max && w->events >= w->events_max)
        return PX_INTERRUPTED;
    return PX_OK;
}

static px_status load_twin(watch *w, const char *id, px_err *ret_err)
{
    px_json *twin = NULL;
    px_status status;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, 64 << 20);
    status =
        px_api_get(w->cli, &arena, &twin, ret_err, "/api/v1/twins/%s", px_api_part(&arena, id));
    PX_TRY(px_no_such(w->cli, PX_THING_TWIN, id, status, ret_err));
    return w->live ? take_values(w, twin, 0, ret_err) : PX_OK;
}

/* Nobody was named: the first twins there are; more of them come when they change. */
static px_status load_first(watch *w, px_err *ret_err)
{
    const px_json *items;
    px_json *root = NULL;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, 64 << 20);
    PX_TRY(
        px_api_get(w->cli, &arena, &root, ret_err, "/api/v1/twins?limit=%d", (int)FULL_TWINS_MAX));
    items = px_json_get(root, PX_STR("items"));
    for (const px_json *i = items ? items->first : NULL; i; i = i->next) {
        px_str id = px_arena_str(&arena, px_json_get_text(i, PX_STR("id")));
        px_status status = id.ptr ? load_twin(w, id.ptr, ret_err) : px_arena_fail(&arena, ret_err);

        if (status != PX_NOT_FOUND) /* deleted between the two questions */
            PX_TRY(status);
    }
    return PX_OK;
}

/* What the twins are now, so that the table begins full. */
static px_status load_now(watch *w, const px_args *args, px_err *ret_err)
{
    if (!args->operands.len)
        return w->live ? load_first(w, ret_err) : PX_OK;
    for (size_t i = 0; i < args->operands.len; i++)
        PX_TRY(load_twin(w, args->operands.ptr[i], ret_err));
    return PX_OK;
}

static void put_path(px_buf *path, const px_args *args)
{
    px_put_c(path, "/api/v1/stream");
    for (size_t i = 0; i < args->operands.len; i++) {
        px_put_c(path, i ? "," : "?twins=");
        px_put_url_part(path, px_str_c(args->operands.ptr[i]));
    }
}

static px_status receive(watch *w, const char *path, px_err *ret_err)
{
    px_http_sink sink = { on_bytes, on_tick, w };
    px_http_call call = { .method = "GET", .path = path };
    px_buf resume = { 0 };
    px_http *http;
    px_status status;

    PX_TRY(px_api_http(w->cli, &http, ret_err));
    if (w->sse.id.len) {
        px_putf(&resume, "Last-Event-ID: %.*s", PX_FMT(px_buf_str(&w->sse.id)));
        call.header = resume.ptr;
    }
    w->heard = false;
    px_sse_restart(&w->sse);
    status = px_http_receive(http, &call, &sink, ret_err);
    px_buf_release(&resume);
    return status;
}

static bool may_come_back(px_status status)
{
    return status == PX_UNREACHABLE || status == PX_BUSY || status == PX_TIMEOUT;
}

/* Receives until the user, the count or a real refusal ends it. */
static px_status follow(watch *w, const char *path, px_err *ret_err)
{
    unsigned backoff_ms = 200;

    for (;;) {
        px_status status = receive(w, path, ret_err);

        if (w->events_max && w->events >= w->events_max)
            return PX_OK;
        if (status != PX_OK && !(w->ever_heard && may_come_back(status))) {
            px_api_suggest(w->cli, status, ret_err);
            return status;
        }
        if (w->heard) {
            backoff_ms = 200;
            w->told_gone = false;
        }
        if (w->live && w->board.rows.len)
            PX_TRY(draw(w, "the server is gone; trying again", ret_err));
        else if (!w->told_gone)
            px_cli_note(w->cli, "the server is gone; trying again until it is back");
        w->told_gone = true;
        PX_TRY(px_interrupt_sleep_ms(backoff_ms, ret_err));
        backoff_ms = backoff_ms * 2 < BACKOFF_MS_MAX ? backoff_ms * 2 : BACKOFF_MS_MAX;
    }
}

static px_status run_watch(px_cli *cli, const px_args *args, px_err *ret_err)
{
    watch w = { .cli = cli, .live = cli->term_out.is_terminal && !cli->json };
    px_buf path = { 0 };
    px_status status;

    PX_TRY(px_args_count(args, "count", 1, UINT32_MAX, &w.events_max, ret_err));
    px_sse_init(&w.sse, on_event, &w);
    put_path(&path, args);
    status = px_buf_status(&path, ret_err);
    if (status == PX_OK)
        status = load_now(&w, args, ret_err);
    if (status == PX_OK)
        status = follow(&w, path.ptr, ret_err);
    px_buf_release(&path);
    px_sse_release(&w.sse);
    px_board_release(&w.board);
    return status;
}

static const px_opt options[] = {
    { "count", 'n', "N", "end after N events" },
    { 0 },
};

const px_cmd px_cmd_watch[] = {
    { .noun = "watch",
      .summary = "see twins change",
      .operands = "[TWIN…]",
      .examples = "pollux watch\n"
                  "pollux watch pump-1 pump-2\n"
                  "pollux watch pump-1 --json | jq .values",
      .notes =
          "On a terminal: a live table. In a pipe: one line a change, time, twin, property, "
          "value;\n"
          "with --json the server's event a line. Without TWIN: all twins. Ctrl-C ends, exit code\n"
          "130. When the server goes away, the watch waits for it and goes on where it was.",
      .opts = options,
      .operands_max = 1000,
      .run = run_watch },
    { 0 },
};
