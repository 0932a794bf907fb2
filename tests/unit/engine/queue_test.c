/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/queue.h"

#include <time.h>

#include "px_test.h"

static const int64_t long_ns = INT64_C(20000) * 1000000, short_ns = INT64_C(50) * 1000000;

static int64_t now_ns(void)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

typedef struct sender {
    px_queue *queue;
    px_request *requests;
    int count;
    size_t bytes; /* of each */
} sender;

static void *send_soon(void *data)
{
    sender *s = data;

    for (int i = 0; i < s->count; i++) {
        nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
        CHECK_EQ(px_queue_put(s->queue, &s->requests[i], &s->requests[i], s->bytes), PX_OK);
    }
    return NULL;
}

static int count_all(const px_request *first)
{
    int count = 0;

    for (; first; first = first->next)
        count++;
    return count;
}

static pthread_t start(sender *s)
{
    pthread_t thread;

    CHECK_EQ(pthread_create(&thread, NULL, send_soon, s), 0);
    return thread;
}

PX_TEST(a_taker_wakes_for_the_first_request)
{
    static px_request requests[1];
    px_queue queue;
    sender s = { &queue, requests, 1, 0 };
    pthread_t thread;

    px_queue_init(&queue, px_env_posix(), 1000);
    thread = start(&s);
    CHECK_EQ(count_all(px_queue_take(&queue, long_ns)), 1);
    pthread_join(thread, NULL);
    CHECK(px_queue_take(&queue, 0) == NULL);
    px_queue_release(&queue);
}

PX_TEST(a_gatherer_sleeps_until_enough_has_come)
{
    static px_request requests[4];
    px_queue queue;
    sender s = { &queue, requests, 3, 100 };
    pthread_t thread;

    px_queue_init(&queue, px_env_posix(), 1000);
    thread = start(&s);
    CHECK_EQ(count_all(px_queue_gather(&queue, long_ns, 300)), 3);
    pthread_join(thread, NULL);
    s = (sender){ &queue, &requests[3], 1, 100 };
    thread = start(&s);
    CHECK_EQ(count_all(px_queue_take(&queue, long_ns)), 1); /* at once again */
    pthread_join(thread, NULL);
    px_queue_release(&queue);
}

PX_TEST(a_gatherer_takes_what_there_is_when_its_time_is_over)
{
    static px_request requests[2];
    px_queue queue;
    int64_t began_ns = now_ns();

    px_queue_init(&queue, px_env_posix(), 1000);
    for (int i = 0; i < 2; i++)
        CHECK_EQ(px_queue_put(&queue, &requests[i], &requests[i], 100), PX_OK);
    CHECK_EQ(count_all(px_queue_gather(&queue, short_ns, 300)), 2);
    CHECK(now_ns() - began_ns >= short_ns);
    px_queue_release(&queue);
}

static int64_t clock_ns;

static int64_t tell_clock(px_env *env)
{
    (void)env;
    return clock_ns;
}

PX_TEST(the_age_of_what_was_taken_is_by_the_clock_that_the_engine_looks_at)
{
    static px_request requests[2];
    px_env env = { .monotonic_ns = tell_clock };
    px_queue queue;

    px_queue_init(&queue, &env, 1000);
    for (int i = 0; i < 2; i++) {
        clock_ns = 42 + i;
        CHECK_EQ(px_queue_put(&queue, &requests[i], &requests[i], 100), PX_OK);
    }
    CHECK_EQ(count_all(px_queue_take(&queue, 0)), 2);
    CHECK_EQ(px_queue_taken_ns(&queue), 42); /* the oldest of them */
    px_queue_release(&queue);
}

PX_TEST(a_nudge_and_the_end_wake_a_gatherer)
{
    static px_request requests[1];
    px_queue queue;

    px_queue_init(&queue, px_env_posix(), 1000);
    px_queue_nudge(&queue);
    CHECK(px_queue_gather(&queue, long_ns, 300) == NULL);
    CHECK_EQ(px_queue_put(&queue, requests, requests, 100), PX_OK);
    px_queue_close(&queue);
    CHECK_EQ(count_all(px_queue_gather(&queue, long_ns, 300)), 1);
    CHECK_EQ(px_queue_put(&queue, requests, requests, 100), PX_INTERRUPTED);
    px_queue_release(&queue);
}

PX_TEST(a_full_queue_refuses_but_takes_one_however_large)
{
    static px_request requests[2];
    px_queue queue;

    px_queue_init(&queue, px_env_posix(), 1000);
    CHECK_EQ(px_queue_put(&queue, &requests[0], &requests[0], 5000), PX_OK);
    CHECK_EQ(px_queue_put(&queue, &requests[1], &requests[1], 1), PX_BUSY);
    CHECK_EQ(queue.refused, 1);
    CHECK_EQ(count_all(px_queue_take(&queue, 0)), 1);
    CHECK_EQ(px_queue_put(&queue, &requests[1], &requests[1], 1), PX_OK);
    CHECK_EQ(count_all(px_queue_take(&queue, 0)), 1);
    px_queue_release(&queue);
}

PX_TEST_MAIN()
