/* SPDX-License-Identifier: Apache-2.0 */
/* Who is woken by a commit, and who looks by himself. */
#include "base/env.h"
#include "base/thread.h"
#include "engine/internal.h"
#include "px_test.h"
#include "px_world.h"

static const int64_t long_ns = INT64_C(20000000000), short_ns = 20000000;
static const char model[] =
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:test:Box;1\",\"@type\":\"Interface\","
    "\"contents\":[{\"@type\":\"Telemetry\",\"name\":\"x\",\"schema\":\"double\"}]}";

static px_feed *begin(px_world *world)
{
    px_feed *feed;
    px_err err;

    px_world_init(world, 1);
    CHECK_EQ(px_world_model(world, model).status, PX_OK);
    CHECK_OK(px_feed_open_at(world->engine, px_engine_position(world->engine), &feed, &err), &err);
    return feed;
}

static void end(px_world *world, px_feed *feed)
{
    px_feed_close(feed);
    px_world_release(world);
}

static void make_twin(px_world *world, const char *id)
{
    CHECK_EQ(px_world_put(world, id, "{\"$metadata\":{\"$model\":\"dtmi:test:Box;1\"}}").status,
             PX_OK);
}

static px_status look(px_feed *feed, int64_t wait_ns)
{
    px_batch *batch;
    px_err err;
    px_status status = px_feed_next(feed, wait_ns, &batch, &err);

    if (status == PX_OK)
        px_batch_unref(batch);
    return status;
}

/* What the other thread found, and how long it waited for it. */
typedef struct waiting {
    px_feed *feed;
    px_status status;
    int64_t took_ns;
} waiting;

static int64_t now_ns(void)
{
    return px_env_posix()->monotonic_ns(px_env_posix());
}

static void *wait_long(void *data)
{
    waiting *w = data;
    int64_t began_ns = now_ns();

    w->status = look(w->feed, long_ns);
    w->took_ns = now_ns() - began_ns;
    return NULL;
}

static pthread_t start(waiting *w)
{
    pthread_t thread;

    CHECK(px_thread_start(&thread, "waiting", wait_long, w));
    return thread;
}

PX_TEST(a_commit_wakes_who_does_not_rest)
{
    px_world world;
    waiting w = { .feed = begin(&world) };
    pthread_t thread = start(&w);

    make_twin(&world, "a");
    pthread_join(thread, NULL);
    CHECK_EQ(w.status, PX_OK);
    CHECK(w.took_ns < long_ns);
    end(&world, w.feed);
}

PX_TEST(who_rests_looks_at_the_end_of_the_rest_and_finds_what_came)
{
    px_world world;
    px_feed *feed = begin(&world);
    int64_t began_ns = now_ns();

    px_feed_rest(feed, short_ns);
    CHECK_EQ(look(feed, long_ns), PX_TIMEOUT); /* one rest, not the whole wait */
    CHECK(now_ns() - began_ns >= short_ns);
    make_twin(&world, "a");
    began_ns = now_ns();
    CHECK_EQ(look(feed, long_ns), PX_OK); /* there already: no rest */
    CHECK(now_ns() - began_ns < long_ns);
    end(&world, feed);
}

PX_TEST(a_rest_is_not_longer_than_the_wait)
{
    px_world world;
    px_feed *feed = begin(&world);
    int64_t began_ns = now_ns();

    px_feed_rest(feed, long_ns);
    CHECK_EQ(look(feed, 0), PX_TIMEOUT);
    CHECK_EQ(look(feed, short_ns), PX_TIMEOUT);
    CHECK(now_ns() - began_ns < long_ns);
    end(&world, feed);
}

PX_TEST(a_hurry_ends_a_rest_even_one_that_has_not_begun)
{
    px_world world;
    waiting w = { .feed = begin(&world) };
    pthread_t thread;

    px_feed_rest(w.feed, long_ns);
    thread = start(&w);
    px_feed_hurry(w.feed);
    pthread_join(thread, NULL);
    CHECK_EQ(w.status, PX_TIMEOUT);
    CHECK(w.took_ns < long_ns);
    end(&world, w.feed);
}

PX_TEST(the_end_of_the_engine_ends_a_rest)
{
    px_world world;
    waiting w = { .feed = begin(&world) };
    pthread_t thread;

    px_feed_rest(w.feed, long_ns);
    thread = start(&w);
    px_ring_close(px_engine_ring(world.engine));
    pthread_join(thread, NULL);
    CHECK_EQ(w.status, PX_INTERRUPTED);
    end(&world, w.feed);
}

PX_TEST_MAIN()
