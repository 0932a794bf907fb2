/* SPDX-License-Identifier: Apache-2.0 */
#include "api/await.h"

void px_await_init(px_await *await)
{
    await->left = 0;
    pthread_mutex_init(&await->lock, NULL);
    pthread_cond_init(&await->ended, NULL);
}

void px_await_release(px_await *await)
{
    pthread_cond_destroy(&await->ended);
    pthread_mutex_destroy(&await->lock);
}

static void answered(px_request *request)
{
    px_await *await = request->data;

    pthread_mutex_lock(&await->lock);
    if (--await->left == 0)
        pthread_cond_signal(&await->ended);
    pthread_mutex_unlock(&await->lock);
}

/* A queue that is full empties itself: what is in it is on its way to the disk. */
static px_status submit(px_engine *engine, px_request *first, px_request *last, px_err *ret_err)
{
    enum { TRIES = 2000, WAIT_NS = 5 * 1000 * 1000 };
    px_env *env = px_engine_env(engine);
    px_status status = PX_BUSY;

    for (int i = 0; status == PX_BUSY && i < TRIES; i++) {
        if (px_engine_has_room(engine))
            status = px_engine_submit(engine, first, last);
        if (status == PX_BUSY)
            env->sleep_ns(env, WAIT_NS);
    }
    return status == PX_OK ? PX_OK
                           : px_fail_id(ret_err, status, "engine.busy",
                                        "the server cannot write this now; try again shortly");
}

px_status px_await_all(px_await *await, px_engine *engine, px_request *first, px_request *last,
                       size_t count, px_err *ret_err)
{
    for (px_request *r = first; r; r = r->next) {
        r->done = answered;
        r->data = await;
    }
    await->left = count;
    PX_TRY(submit(engine, first, last, ret_err));
    pthread_mutex_lock(&await->lock);
    while (await->left)
        pthread_cond_wait(&await->ended, &await->lock);
    pthread_mutex_unlock(&await->lock);
    return PX_OK;
}

px_status px_await_one(px_await *await, px_engine *engine, px_request *request, px_err *ret_err)
{
    request->next = NULL;
    PX_TRY(px_await_all(await, engine, request, request, 1, ret_err));
    if (request->result.status != PX_OK && ret_err)
        *ret_err = request->result.err;
    return request->result.status;
}

bool px_await_may_retry(px_status status)
{
    switch (status) {
    case PX_BUSY:
    case PX_FULL:
    case PX_IO:
    case PX_NO_MEMORY:
    case PX_CORRUPT:
    case PX_INTERRUPTED:
    case PX_TIMEOUT:
        return true;
    default:
        return false;
    }
}
