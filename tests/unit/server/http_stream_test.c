/* SPDX-License-Identifier: Apache-2.0 */
#include "server/http_door.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "http_app.h"
#include "px_test.h"

/* ---- streams ---- */

static void tick(app *a, int ticks)
{
    atomic_store(&a->ticker.ticks, ticks);
    a->ticker.face.wake(a->ticker.face.door_data);
}

PX_TEST(a_stream_sends_what_it_is_woken_for)
{
    app a;
    client c;

    open_app(&a, (px_http_door_opts){ .idle_ms = 1000 });
    c = client_of(&a);
    say(&c, PX_STR("GET /stream HTTP/1.1\r\n" HOST "\r\n"));
    hear_until(&c, "\r\n\r\n"); /* the head comes before anything has happened */
    CHECK(find(c.bytes, c.len, "Content-Type: text/event-stream"));
    wait_ms(1500); /* longer than an idle connection lives */
    for (int i = 1; i <= 100; i++) {
        c.len = 0;
        tick(&a, i % 5 + 1);
        hear_until(&c, "data: 1\n\n");
    }
    CHECK_EQ(stats_of(&a).streams, 1);
    atomic_store(&a.ticker.last, true);
    tick(&a, 0);
    hear_until(&c, "0\r\n\r\n");
    wait_for(&a.closed, 1);
    CHECK_EQ(stats_of(&a).streams, 0);
    CHECK_EQ(ask_alone(&a, PX_STR("GET /x HTTP/1.1\r\n" HOST "\r\n")), 200);
    close_client(&c);
    close_app(&a);
}

PX_TEST(a_stream_ends_when_its_client_is_gone)
{
    app a;
    client c;

    open_app(&a, (px_http_door_opts){ 0 });
    c = client_of(&a);
    say(&c, PX_STR("GET /stream HTTP/1.1\r\n" HOST "\r\n"));
    hear_until(&c, "\r\n\r\n");
    close_client(&c);
    wait_for(&a.closed, 1); /* though nothing is ever sent to it */
    CHECK_EQ(stats_of(&a).streams_gone, 1);
    close_app(&a);
}

static void *tick_on(void *data)
{
    app *a = data;

    for (int i = 0; i < 20000; i++) {
        atomic_fetch_add(&a->ticker.ticks, 1);
        a->ticker.face.wake(a->ticker.face.door_data);
    }
    atomic_store(&a->ticker.last, true);
    a->ticker.face.wake(a->ticker.face.door_data);
    return NULL;
}

PX_TEST(no_wake_is_lost)
{
    app a;
    client c;
    pthread_t thread;

    open_app(&a, (px_http_door_opts){ 0 });
    c = client_of(&a);
    say(&c, PX_STR("GET /stream HTTP/1.1\r\n" HOST "\r\n"));
    hear_until(&c, "\r\n\r\n");
    CHECK_EQ(pthread_create(&thread, NULL, tick_on, &a), 0);
    while (!find(c.bytes, c.len, "\r\n0\r\n\r\n")) { /* the end of the stream */
        if (c.len > REPLY_BYTES_MAX / 2) {
            memmove(c.bytes, c.bytes + c.len - 16, 16);
            c.len = 16;
        }
        CHECK(more(&c));
    }
    pthread_join(thread, NULL);
    wait_for(&a.closed, 1);
    CHECK_EQ(atomic_load(&a.ticker.ticks), 0);
    close_client(&c);
    close_app(&a);
}

PX_TEST_MAIN()
