/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP door alone, for its own benchmark: what peer_mhd answers, but through the door. With an
 * argument, PATCH is completed by another thread, up to 64 at once, as the engine's commits do.
 */
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "server/http_door.h"

enum { WAITING_MAX = 4096, BATCH_NS = 500000 };

typedef struct later {
    pthread_mutex_t lock;
    px_api_call *calls[WAITING_MAX];
    size_t count;
    bool is_on;
} later;

static void finish(px_api_call *call)
{
    bool is_get = call->method.ptr[0] == 'G';

    if (is_get) {
        px_put(&call->out, PX_STR("{\"$dtId\":\""));
        px_put(&call->out, call->path);
        for (int i = 0; i < 10; i++)
            px_put(&call->out, PX_STR("\",\"lastUpdateTime\":\"2026-11-01T12:00:00.0000000Z"));
        px_put(&call->out, PX_STR("\"}"));
        call->content_type = "application/json";
    }
    call->headers[0].name = "ETag";
    call->headers[0].value = PX_STR("W/\"00000000-0000-0000-0000-000000000000\"");
    call->header_count = 1;
    call->status = is_get ? 200 : 204;
    call->complete(call);
}

static void handle(void *ctx, px_api_call *call)
{
    later *l = ctx;

    if (!l->is_on || call->method.ptr[0] == 'G') {
        finish(call);
        return;
    }
    pthread_mutex_lock(&l->lock);
    l->calls[l->count++ % WAITING_MAX] = call;
    pthread_mutex_unlock(&l->lock);
}

static void finish_batches(later *l)
{
    px_api_call *calls[WAITING_MAX];
    size_t count;

    for (;;) {
        nanosleep(&(struct timespec){ .tv_nsec = BATCH_NS }, NULL);
        pthread_mutex_lock(&l->lock);
        count = l->count;
        memcpy(calls, l->calls, count * sizeof(calls[0]));
        l->count = 0;
        pthread_mutex_unlock(&l->lock);
        for (size_t i = 0; i < count; i++)
            finish(calls[i]);
    }
}

int main(int argc, char **argv)
{
    later l = { .lock = PTHREAD_MUTEX_INITIALIZER, .is_on = argc > 1 };
    px_http_door_opts opts = { .host = "127.0.0.1", .handle = handle, .ctx = &l };
    px_http_door *door;
    px_err err;

    (void)argv;
    if (px_http_door_open(&opts, &door, &err) != PX_OK) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    printf("%u\n", (unsigned)px_http_door_port(door));
    fflush(stdout);
    finish_batches(&l);
}
