/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/queue.h"

#include <errno.h>

#include "base/thread.h"

void px_queue_init(px_queue *queue, px_env *env, size_t bytes_max)
{
    *queue = (px_queue){ .env = env, .bytes_max = bytes_max };
    queue->tail = &queue->head;
    pthread_mutex_init(&queue->lock, NULL);
    px_cond_init(&queue->filled);
}

void px_queue_release(px_queue *queue)
{
    px_assert(!queue->head);
    pthread_cond_destroy(&queue->filled);
    pthread_mutex_destroy(&queue->lock);
}

px_status px_queue_put(px_queue *queue, px_request *first, px_request *last, size_t bytes)
{
    px_status status = PX_OK;
    bool was_empty, was_asleep;

    pthread_mutex_lock(&queue->lock);
    was_empty = queue->head == NULL;
    was_asleep = was_empty || queue->bytes < queue->wake_bytes;
    if (queue->closed) {
        status = PX_INTERRUPTED;
    } else if (!was_empty && queue->bytes + bytes > queue->bytes_max) {
        status = PX_BUSY;
        queue->refused++;
    } else {
        last->next = NULL;
        if (was_empty)
            queue->oldest_ns = queue->env->monotonic_ns(queue->env);
        *queue->tail = first;
        queue->tail = &last->next;
        queue->bytes += bytes;
        if (was_asleep && queue->bytes >= queue->wake_bytes)
            pthread_cond_signal(&queue->filled);
    }
    pthread_mutex_unlock(&queue->lock);
    return status;
}

int64_t px_queue_taken_ns(const px_queue *queue)
{
    return queue->taken_ns;
}

static bool must_wait(const px_queue *queue)
{
    return (!queue->head || queue->bytes < queue->wake_bytes) && !queue->closed && !queue->nudged;
}

px_request *px_queue_take(px_queue *queue, int64_t wait_ns)
{
    return px_queue_gather(queue, wait_ns, 0);
}

px_request *px_queue_gather(px_queue *queue, int64_t wait_ns, size_t bytes)
{
    px_request *all;

    pthread_mutex_lock(&queue->lock);
    queue->wake_bytes = bytes;
    if (wait_ns > 0 && must_wait(queue)) {
        struct timespec deadline = px_deadline_in(wait_ns);

        while (must_wait(queue))
            if (pthread_cond_timedwait(&queue->filled, &queue->lock, &deadline) == ETIMEDOUT)
                break;
    }
    queue->wake_bytes = 0;
    all = queue->head;
    queue->taken_ns = queue->oldest_ns;
    queue->head = NULL;
    queue->tail = &queue->head;
    queue->bytes = 0;
    queue->nudged = false;
    pthread_mutex_unlock(&queue->lock);
    return all;
}

size_t px_queue_bytes(px_queue *queue)
{
    return atomic_load_explicit(&queue->bytes, memory_order_relaxed);
}

void px_queue_nudge(px_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->nudged = true;
    pthread_cond_signal(&queue->filled);
    pthread_mutex_unlock(&queue->lock);
}

void px_queue_close(px_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_cond_broadcast(&queue->filled);
    pthread_mutex_unlock(&queue->lock);
}
