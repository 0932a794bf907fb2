/* SPDX-License-Identifier: Apache-2.0 */
/* /api/v1/stream: order, resuming, slow watchers, tenants; and commands, which wait on the same
 * thread. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "api/inner.h"
#include "api/stream.h"
#include "api_world.h"

static api_world w;

/* A watcher: what a door does with a stream. */
typedef struct watcher {
    px_api_stream *stream;
    pthread_mutex_t lock;
    pthread_cond_t woken;
    bool awake;
    px_buf got;
    bool ended;
} watcher;

static void wake(void *data)
{
    watcher *v = data;

    pthread_mutex_lock(&v->lock);
    v->awake = true;
    pthread_cond_signal(&v->woken);
    pthread_mutex_unlock(&v->lock);
}

/* Reads what is there. */
static void drain(watcher *v)
{
    static char bytes[16 * 1024];
    ptrdiff_t got;

    while (!v->ended && (got = v->stream->read(v->stream, bytes, sizeof(bytes))) != 0) {
        v->ended = got < 0;
        if (got > 0)
            px_put(&v->got, px_str_of(bytes, (size_t)got));
    }
}

static void watch(watcher *v, const char *token, const char *target)
{
    const reply *r;

    *v = (watcher){ .lock = PTHREAD_MUTEX_INITIALIZER, .woken = PTHREAD_COND_INITIALIZER };
    r = API_ASK_AS(&w, token, "GET", target, NULL, 200);
    CHECK_STR(r->call.content_type, "text/event-stream");
    v->stream = r->call.stream;
    CHECK(v->stream != NULL);
    v->stream->door_data = v;
    v->stream->wake = wake;
    drain(v);
}

static void unwatch(watcher *v)
{
    v->stream->close(v->stream);
    px_buf_release(&v->got);
}

/* Reads until the text has come, at most 10 s. */
static void wait_for(watcher *v, const char *text)
{
    for (int tries = 0; tries < 1000; tries++) {
        struct timespec until;

        drain(v);
        if (v->got.ptr && strstr(v->got.ptr, text))
            return;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 10 * 1000 * 1000;
        if (until.tv_nsec >= 1000000000)
            until.tv_sec++, until.tv_nsec -= 1000000000;
        pthread_mutex_lock(&v->lock);
        if (!v->awake)
            pthread_cond_timedwait(&v->woken, &v->lock, &until);
        v->awake = false;
        pthread_mutex_unlock(&v->lock);
    }
    print_error("never came: %s; got: %.*s\n", text, PX_FMT(px_buf_str(&v->got)));
    CHECK(false);
}

static int occurrences(const watcher *v, const char *text)
{
    int count = 0;

    for (const char *at = v->got.ptr; at && (at = strstr(at, text)); at++)
        count++;
    return count;
}

static void set_speed(const char *token, const char *twin, int speed)
{
    char target[64], body[96];

    snprintf(target, sizeof(target), "/digitaltwins/%s", twin);
    snprintf(body, sizeof(body), "[{\"op\":\"add\",\"path\":\"/speed\",\"value\":%d}]", speed);
    API_ASK_AS(&w, token, "PATCH", target, body, 204);
}

static void begin(void)
{
    api_world_init(&w);
    api_put_models(&w, w.admin);
    api_put_press(&w, w.admin, "a");
    api_put_press(&w, w.admin, "b");
}

/* The id of the last event that carries this text. */
static unsigned long long id_of(const watcher *v, const char *text)
{
    const char *at = strstr(v->got.ptr, text), *id = NULL;

    for (const char *p = v->got.ptr; (p = strstr(p, "id: ")) && p < at; p++)
        id = p;
    CHECK(at != NULL && id != NULL);
    return strtoull(id + 4, NULL, 10);
}

PX_TEST(a_change_right_after_the_answer_is_not_missed)
{
    begin();
    for (int i = 0; i < 20; i++) {
        char value[32];
        watcher v;

        watch(&v, w.admin, "/api/v1/stream");
        set_speed(w.admin, "a", 1000 + i);
        snprintf(value, sizeof(value), "{\"value\":%d,", 1000 + i);
        wait_for(&v, value);
        CHECK_EQ(occurrences(&v, "event: change"), 1);
        unwatch(&v);
    }
    api_world_release(&w);
}

PX_TEST(changes_come_in_order_and_of_the_named_twins_only)
{
    watcher v;

    begin();
    watch(&v, w.admin, "/api/v1/stream?twins=b,c");
    for (int i = 0; i < 10; i++) {
        set_speed(w.admin, "a", i);
        set_speed(w.admin, "b", 100 + i);
    }
    wait_for(&v, "{\"value\":109,");
    CHECK_EQ(occurrences(&v, "event: change"), 10);
    CHECK_EQ(occurrences(&v, "\"twin\":\"a\""), 0);
    for (int i = 1; i < 10; i++) {
        char before[32], after[32];

        snprintf(before, sizeof(before), "{\"value\":%d,", 99 + i);
        snprintf(after, sizeof(after), "{\"value\":%d,", 100 + i);
        CHECK(strstr(v.got.ptr, before) < strstr(v.got.ptr, after));
        CHECK(id_of(&v, before) < id_of(&v, after));
    }
    unwatch(&v);
    api_world_release(&w);
}

PX_TEST(a_stream_goes_on_behind_its_last_id)
{
    char last[32];
    watcher v;

    begin();
    watch(&v, w.admin, "/api/v1/stream");
    set_speed(w.admin, "a", 1);
    set_speed(w.admin, "a", 2);
    wait_for(&v, "{\"value\":2,");
    snprintf(last, sizeof(last), "%llu", id_of(&v, "{\"value\":1,"));
    unwatch(&v);
    set_speed(w.admin, "b", 3);
    api_header(&w, "Last-Event-ID", last);
    watch(&v, w.admin, "/api/v1/stream");
    set_speed(w.admin, "b", 4);
    wait_for(&v, "{\"value\":4,");
    CHECK_EQ(occurrences(&v, "event: change"), 3);
    CHECK_EQ(occurrences(&v, "{\"value\":1,"), 0);
    unwatch(&v);
    api_world_release(&w);
}

PX_TEST(a_position_of_the_future_is_a_gap)
{
    watcher v;

    begin();
    api_header(&w, "Last-Event-ID", "999999999");
    watch(&v, w.admin, "/api/v1/stream");
    wait_for(&v, "event: gap");
    wait_for(&v, "{\"reason\":\"newer than the journal\"}");
    set_speed(w.admin, "a", 5);
    wait_for(&v, "{\"value\":5,");
    unwatch(&v);
    api_header(&w, "Last-Event-ID", "yesterday");
    API_ASK(&w, "GET", "/api/v1/stream", NULL, 400);
    api_world_release(&w);
}

PX_TEST(watchers_see_their_own_tenant_only)
{
    char other[PX_CREDENTIAL_BYTES + 1];
    watcher mine, theirs;

    begin();
    snprintf(other, sizeof(other), "%s",
             api_text(API_ASK(&w, "PUT", "/api/v1/tenants/other", NULL, 201), "/token"));
    api_put_models(&w, other);
    api_put_press(&w, other, "a");
    watch(&mine, w.admin, "/api/v1/stream");
    watch(&theirs, other, "/api/v1/stream?twins=a");
    set_speed(w.admin, "a", 11);
    set_speed(other, "a", 22);
    wait_for(&theirs, "{\"value\":22,");
    wait_for(&mine, "{\"value\":11,");
    set_speed(w.admin, "a", 12);
    wait_for(&mine, "{\"value\":12,");
    CHECK_EQ(occurrences(&mine, "{\"value\":22,"), 0);
    CHECK_EQ(occurrences(&theirs, "{\"value\":11,"), 0);
    unwatch(&mine);
    unwatch(&theirs);
    api_world_release(&w);
}

/* Submits without waiting for each: the fastest that one test can write. */
typedef struct burst {
    px_request request;
    px_arena arena;
    _Atomic int *left;
} burst;

static void burst_done(px_request *request)
{
    burst *b = request->data;

    CHECK_EQ(request->result.status, PX_OK);
    (*b->left)--;
}

/* `rounds` patches of each of `twins` twins, the value being the round. */
static void write_much(int twins, int rounds)
{
    int total = twins * rounds;
    burst *all = calloc((size_t)total, sizeof(*all));
    static char name[3001];
    _Atomic int left = total;

    CHECK(all != NULL);
    memset(name, 'n', sizeof(name) - 1);
    for (int i = 0; i < total; i++) {
        burst *b = &all[i];
        px_buf body = { 0 };
        px_json *json;
        char id[16];

        px_arena_init(&b->arena, 1 << 20);
        snprintf(id, sizeof(id), "t%d", i % twins);
        px_putf(&body,
                "[{\"op\":\"add\",\"path\":\"/speed\",\"value\":%d},"
                "{\"op\":\"add\",\"path\":\"/name\",\"value\":\"%s\"}]",
                i / twins, name);
        CHECK_EQ(
            px_json_parse(px_arena_str(&b->arena, px_buf_str(&body)), NULL, &b->arena, &json, NULL),
            PX_OK);
        px_buf_release(&body);
        b->left = &left;
        b->request = (px_request){ .kind = PX_REQUEST_TWIN_PATCH,
                                   .principal = { .tenant = 1, .role = PX_ROLE_ADMIN },
                                   .id = px_arena_str(&b->arena, px_str_c(id)),
                                   .json = json,
                                   .source_time = PX_TIME_NONE,
                                   .done = burst_done,
                                   .data = b };
        CHECK_EQ(px_engine_submit(w.engine, &b->request, &b->request), PX_OK);
    }
    while (left)
        usleep(1000);
    for (int i = 0; i < total; i++)
        px_arena_release(&all[i].arena);
    free(all);
}

/* The last value of this name that the watcher was told of the twin; -1: none. */
static int last_value(const watcher *v, const char *twin, const char *name)
{
    char text[64], value[64];
    int last = -1;

    snprintf(text, sizeof(text), "\"twin\":\"%s\",", twin);
    snprintf(value, sizeof(value), "\"%s\":{\"value\":", name);
    for (const char *at = v->got.ptr; at && (at = strstr(at, text)); at++) {
        const char *found = strstr(at, value), *end = strstr(at, "\n\n");

        if (found && (!end || found < end))
            last = atoi(found + strlen(value));
    }
    return last;
}

static void put_many(int twins)
{
    char id[16];

    for (int i = 0; i < twins; i++) {
        snprintf(id, sizeof(id), "t%d", i);
        api_put_press(&w, w.admin, id);
    }
}

PX_TEST(a_stream_tells_of_more_than_values)
{
    watcher v;

    begin();
    put_many(2);
    watch(&v, w.admin, "/api/v1/stream");
    API_ASK(&w, "PUT", "/digitaltwins/t0/relationships/r",
            "{\"$relationshipName\":\"feeds\",\"$targetId\":\"t1\"}", 200);
    wait_for(&v, "\"relationship\":{\"id\":\"r\",\"name\":\"feeds\",\"target\":\"t1\"}}");
    API_ASK(&w, "DELETE", "/digitaltwins/t0/relationships/r", NULL, 204);
    wait_for(&v, "\"target\":\"t1\",\"deleted\":true}}");
    API_ASK(&w, "DELETE", "/digitaltwins/t1", NULL, 204);
    wait_for(&v, ",\"deleted\":true}\n");
    unwatch(&v);
    api_world_release(&w);
}

static uint64_t offered(void)
{
    return px_watch_stat(w.api->watch).events;
}

/* Until all that was written has come to the streams: before anybody reads, or there may be room.
 */
static void wait_offered(uint64_t count)
{
    for (int tries = 0; tries < 10000 && offered() < count; tries++)
        usleep(1000);
    CHECK(offered() >= count);
}

/* Who is cut off before the gap must not resume behind what was lost. */
static void check_ids_before_gap(const watcher *v)
{
    const char *gap = strstr(v->got.ptr, "event: gap");
    unsigned long long before = 0, last = 0;

    CHECK(gap != NULL);
    for (const char *at = v->got.ptr; (at = strstr(at, "id: ")) && at < gap; at++) {
        before = last;
        last = strtoull(at + 4, NULL, 10);
    }
    CHECK(before > 0);
    CHECK(before < last);
}

PX_TEST(a_slow_watcher_is_told_of_the_gap_where_what_is_no_state_was_left_out)
{
    enum { TWINS = 40, ROUNDS = 30 };
    uint64_t before;
    watcher v;

    begin();
    put_many(TWINS);
    watch(&v, w.admin, "/api/v1/stream");
    for (int i = 1; i <= 2; i++) { /* it may catch up with the first, and is live behind it */
        char text[32];

        snprintf(text, sizeof(text), "{\"value\":%d,", 900 + i);
        set_speed(w.admin, "a", 900 + i);
        wait_for(&v, text);
    }
    before = offered();
    write_much(TWINS, ROUNDS);
    API_ASK(&w, "PATCH", "/api/v1/twins/t0/desired", "{\"speed\":5}", 200);
    wait_offered(before + TWINS * ROUNDS + 1);
    wait_for(&v, "{\"reason\":\"the watcher was too slow\"}");
    check_ids_before_gap(&v);
    set_speed(w.admin, "a", 778);
    wait_for(&v, "{\"value\":778,");
    unwatch(&v);
    api_world_release(&w);
}

PX_TEST(a_slow_watcher_gets_the_newest_of_each_twin)
{
    enum { TWINS = 40, ROUNDS = 30 };
    watcher v;
    const char *at;
    unsigned long long before = 0;

    begin();
    for (int i = 0; i < TWINS; i++) {
        char id[16];

        snprintf(id, sizeof(id), "t%d", i);
        api_put_press(&w, w.admin, id);
    }
    watch(&v, w.admin, "/api/v1/stream");
    write_much(TWINS, ROUNDS);
    wait_for(&v, "event: change");
    set_speed(w.admin, "a", 777);
    wait_for(&v, "{\"value\":777,");
    for (int i = 0; i < TWINS; i++) {
        char id[16];

        snprintf(id, sizeof(id), "t%d", i);
        CHECK_EQ(last_value(&v, id, "speed"), ROUNDS - 1);
    }
    CHECK(occurrences(&v, "event: change") < TWINS * ROUNDS);
    at = strstr(API_ASK(&w, "GET", "/metrics", NULL, 200)->body.ptr,
                "\npollux_stream_conflated_total ");
    CHECK(at != NULL && atoi(at + strlen("\npollux_stream_conflated_total ")) > 0);
    for (at = v.got.ptr; (at = strstr(at, "id: "));
         at++) { /* resuming is safe behind any of them */
        CHECK(strtoull(at + 4, NULL, 10) >= before);
        before = strtoull(at + 4, NULL, 10);
    }
    unwatch(&v);
    api_world_release(&w);
}

static void tell_current(const char *twin, int current)
{
    char target[64], body[32], id[16];

    snprintf(target, sizeof(target), "/digitaltwins/%s/telemetry", twin);
    snprintf(body, sizeof(body), "{\"current\":%d}", current);
    snprintf(id, sizeof(id), "m%d", current);
    api_header(&w, "Message-Id", id);
    API_ASK(&w, "POST", target, body, 204);
}

PX_TEST(telemetry_by_http_is_told_once_as_it_comes)
{
    watcher v;

    begin();
    watch(&v, w.admin, "/api/v1/stream?twins=a");
    tell_current("a", 71);
    tell_current("a", 71); /* the same Message-Id */
    tell_current("b", 72);
    tell_current("a", 73);
    wait_for(&v, "\"twin\":\"a\",\"time\":");
    wait_for(&v, "\"values\":{\"current\":{\"value\":73,");
    CHECK_EQ(occurrences(&v, "{\"value\":71,"), 1);
    CHECK_EQ(occurrences(&v, "{\"value\":72,"), 0);
    CHECK_EQ(occurrences(&v, "event: change"), 2);
    unwatch(&v);
    api_world_release(&w);
}

/* What is left out on the way is told by the twin's state, which holds it. */
PX_TEST(a_slow_watcher_gets_the_last_telemetry_of_each_twin)
{
    enum { TWINS = 40, ROUNDS = 30 };
    watcher v;

    begin();
    put_many(TWINS);
    watch(&v, w.admin, "/api/v1/stream");
    write_much(TWINS, ROUNDS);
    for (int i = 0; i < TWINS; i++) {
        char id[16];

        snprintf(id, sizeof(id), "t%d", i);
        tell_current(id, 500 + i);
    }
    for (int i = 0; i < TWINS; i++) {
        char id[16];

        snprintf(id, sizeof(id), "t%d", i);
        for (int tries = 0; tries < 1000 && last_value(&v, id, "current") < 0; tries++) {
            drain(&v);
            usleep(10 * 1000);
        }
        CHECK_EQ(last_value(&v, id, "current"), 500 + i);
        CHECK_EQ(last_value(&v, id, "speed"), ROUNDS - 1);
    }
    CHECK(occurrences(&v, "event: change") < TWINS * ROUNDS); /* some were left out */
    unwatch(&v);
    api_world_release(&w);
}

PX_TEST(a_stream_ends_when_its_token_does)
{
    char key[PX_CREDENTIAL_BYTES + 1];
    watcher v;

    begin();
    snprintf(key, sizeof(key), "%s",
             api_text(API_ASK(&w, "POST", "/api/v1/tokens",
                              "{\"name\":\"screen\",\"role\":\"reader\"}", 201),
                      "/token"));
    watch(&v, key, "/api/v1/stream");
    {
        char target[64];

        snprintf(target, sizeof(target), "/api/v1/tokens/%.16s", key + 4);
        API_ASK(&w, "DELETE", target, NULL, 204);
    }
    for (int tries = 0; tries < 40 && !v.ended; tries++) {
        usleep(100 * 1000);
        drain(&v);
    }
    CHECK(v.ended);
    unwatch(&v);
    api_world_release(&w);
}

/* ---- commands ---- */

PX_TEST(who_comes_behind_a_trimmed_journal_is_told_of_the_gap)
{
    static const px_engine_opts short_memory = { .journal_keep_ns = 1, .journal_keep_bytes = 1 };
    bool told = false;

    api_world_init_with(&w, &short_memory);
    api_put_models(&w, w.admin);
    api_put_press(&w, w.admin, "a");
    set_speed(w.admin, "a", 1);
    api_world_reopen(&w); /* all is in state rows and blocks: the rows before are needed no more */
    for (int tries = 0; tries < 200 && !told; tries++) {
        char value[40];
        watcher v;

        set_speed(w.admin, "a", 100 + tries); /* the trim rides in a commit */
        watch(&v, w.admin, "/api/v1/stream?after=1");
        snprintf(value, sizeof(value), "{\"value\":%d,", 200 + tries);
        wait_for(&v, "event: ");
        told = strstr(v.got.ptr, "{\"reason\":\"older than the journal\"}") != NULL;
        if (told) {
            set_speed(w.admin, "a", 200 + tries);
            wait_for(&v, value); /* and goes on from there */
        }
        unwatch(&v);
    }
    CHECK(told);
    api_world_release(&w);
}

PX_TEST(a_deleted_twin_that_was_conflated_is_told_as_deleted_before_its_next_life)
{
    static char bytes[256 * 1024];
    px_event event = { .type = PX_EVENT_TWIN_PATCH, .tenant = 1, .twin_no = 1 };
    const char *deleted, *next;
    px_watch_stats stats = { 0 };
    px_buf big = { 0 }, got = { 0 };
    px_stream *s;
    ptrdiff_t n;

    begin(); /* twins 1 and 2 */
    API_ASK(&w, "GET", "/api/v1/session", NULL, 200);
    s = px_stream_new(&w.reply.call, (px_str){ 0 }, 0);
    CHECK(s != NULL);
    s->stats = &stats;
    for (size_t i = 0; i < PX_STREAM_QUEUE_BYTES_MAX - 1024; i++)
        px_put_char(&big, 'x');
    event.seq = 10;
    px_stream_offer(s, &event, px_buf_str(&big));
    event.seq = 11; /* no room: from now on the newest of each twin */
    px_stream_offer(s, &event, px_buf_str(&big));
    event = (px_event){ .type = PX_EVENT_TWIN_DELETE, .tenant = 1, .twin_no = 99, .seq = 12 };
    px_stream_offer(s, &event, PX_STR("{\"twin\":\"a\",\"deleted\":true}"));
    while ((n = px_stream_take(s, bytes, sizeof(bytes))) > 0)
        px_put(&got, px_str_of(bytes, (size_t)n));
    px_put(&got, px_str_of("", 1));
    deleted = strstr(got.ptr, "\"deleted\":true");
    next = strstr(got.ptr, "{\"twin\":\"a\",\"time\"");
    CHECK(deleted != NULL && next != NULL && deleted < next);
    CHECK(strstr(got.ptr, "id: 12\n") != NULL && strstr(got.ptr, "id: 12\n") > deleted);
    CHECK_EQ(stats.conflated, 2);
    px_stream_free(s);
    px_buf_release(&big);
    px_buf_release(&got);
    api_world_release(&w);
}

PX_TEST(streams_end_at_their_number)
{
    watcher v[3];

    begin();
    w.api_opts.streams_max = 3;
    api_world_restart_api(&w);
    for (int i = 0; i < 3; i++)
        watch(&v[i], w.admin, "/api/v1/stream");
    API_ASK(&w, "GET", "/api/v1/stream", NULL, 429);
    unwatch(&v[0]);
    watch(&v[0], w.admin, "/api/v1/stream");
    for (int i = 0; i < 3; i++)
        unwatch(&v[i]);
    api_world_release(&w);
}

static void *ask_command(void *data)
{
    *(int *)data = api_ask(&w, "POST", "/api/v1/twins/a/commands/stop?timeout=20", NULL)->status;
    return NULL;
}

typedef struct flag {
    _Atomic bool up;
} flag;

static void answered(px_request *request)
{
    ((flag *)request->data)->up = true;
}

/* The device's part: finds the pending command and answers it. */
static void answer_pending(void)
{
    px_document items[4];
    uint32_t cursor = 0;
    size_t count = 0;
    px_arena arena;
    px_str id = { 0 };
    flag done = { false };
    px_json *payload;
    px_request response = { .kind = PX_REQUEST_COMMAND_RESPONSE,
                            .principal = { .tenant = 1, .role = PX_ROLE_ADMIN },
                            .id = PX_STR("a"),
                            .name = PX_STR("stop"),
                            .code = PX_COMMAND_APPLIED,
                            .done = answered,
                            .data = &done };

    px_arena_init(&arena, 1 << 20);
    for (int tries = 0; tries < 1000 && count == 0; tries++) {
        cursor = 0;
        CHECK_EQ(px_documents_list(px_engine_documents(w.engine), 1, PX_STR("command"), &cursor, 4,
                                   &arena, items, &count, NULL),
                 PX_OK);
        usleep(5000);
    }
    CHECK_EQ(count, 1);
    id = items[0].id; /* TWIN/ID */
    px_str_cut(&id, '/');
    response.command_id = id;
    CHECK_EQ(px_json_parse(PX_STR("{\"ok\":true}"), NULL, &arena, &payload, NULL), PX_OK);
    response.json = payload;
    CHECK_EQ(px_engine_submit(w.engine, &response, &response), PX_OK);
    while (!done.up)
        usleep(1000);
    CHECK_EQ(response.result.status, PX_OK);
    px_arena_release(&arena);
}

PX_TEST(a_command_waits_for_its_response)
{
    pthread_t thread;
    int status = 0;

    begin();
    CHECK_EQ(pthread_create(&thread, NULL, ask_command, &status), 0);
    answer_pending();
    pthread_join(thread, NULL);
    CHECK_EQ(status, 200);
    CHECK_STR(api_text(&w.reply, "/status"), "applied");
    CHECK_STR(api_text(&w.reply, "/response"), "{\"ok\":true}");
    CHECK_EQ(strlen(api_text(&w.reply, "/id")), 24);
    api_world_release(&w);
}

PX_TEST(a_command_that_nobody_answers_times_out)
{
    const reply *r;

    begin();
    r = API_ASK(&w, "POST", "/api/v1/twins/a/commands/stop?timeout=1", NULL, 200);
    CHECK_STR(api_text(r, "/status"), "timed out");
    CHECK_STR(api_text(r, "/response"), "null");
    API_ASK(&w, "POST", "/api/v1/twins/a/commands/none", NULL, 404);
    API_ASK(&w, "POST", "/api/v1/twins/none/commands/stop", NULL, 404);
    API_ASK(&w, "POST", "/api/v1/twins/a/commands/stop", "{\"x\":1}", 400);
    API_ASK(&w, "POST", "/api/v1/twins/a/commands/stop?timeout=0", NULL, 400);
    API_ASK(&w, "POST", "/api/v1/twins/a/commands/stop?timeout=3601", NULL, 400);
    api_world_release(&w);
}

PX_TEST(a_twin_with_the_longest_id_takes_commands)
{
    char id[PX_TWIN_ID_BYTES_MAX + 1], target[256];

    begin();
    memset(id, 'x', sizeof(id) - 1);
    id[sizeof(id) - 1] = '\0';
    api_put_press(&w, w.admin, id);
    snprintf(target, sizeof(target), "/api/v1/twins/%s/commands/stop?timeout=1", id);
    API_ASK(&w, "POST", target, NULL, 200);
    api_world_release(&w);
}

PX_TEST(who_waits_for_a_command_is_told_when_the_server_ends)
{
    pthread_t thread;
    int status = 0;

    begin();
    CHECK_EQ(pthread_create(&thread, NULL, ask_command, &status), 0);
    while (px_documents_count(px_engine_documents(w.engine), 1, PX_STR("command")) == 0)
        usleep(1000);
    px_api_stop(w.api);
    pthread_join(thread, NULL);
    CHECK_EQ(status, 503);
    CHECK_EQ(api_ask(&w, "GET", "/api/v1/twins", NULL)->status, 503);
    api_world_release(&w);
}

PX_TEST_MAIN()
