/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper_house.h"

#include <stdio.h>

char keeper_logged[200];

static void note_line(px_log *log, px_log_level level, const char *event, const char *text)
{
    (void)log, (void)level;
    snprintf(keeper_logged, sizeof(keeper_logged), "%s %s", event, text);
}

static px_log notes = { .sink = note_line };

/* The nth allocation of the keeper itself fails; 0: none. */
static px_status try_open(house *h, uint64_t nth, px_err *ret_err)
{
    px_status status;
    px_env *env = px_fakedisk_env(h->world.disk);
    px_keeper_opts opts = { .engine = h->world.engine, .log = &notes };

    keeper_logged[0] = '\0';
    h->presence = opts.presence = px_presence_new(h->rows_max, env->now(env));
    h->rejects = opts.rejects = px_rejects_new();
    CHECK(h->presence && h->rejects);
    px_mem_fail_nth(nth);
    status = px_keeper_open(&opts, &h->keeper, ret_err);
    px_mem_fail_nth(0);
    return status;
}

void open_keeper(house *h)
{
    px_err err;

    CHECK_OK(try_open(h, 0, &err), &err);
}

void close_keeper(house *h)
{
    px_keeper_close(h->keeper);
    px_presence_free(h->presence);
    px_rejects_free(h->rejects);
    h->keeper = NULL;
    h->presence = NULL;
    h->rejects = NULL;
}

void open_house(house *h)
{
    *h = (house){ .rows_max = h->rows_max };
    px_world_init(&h->world, 1);
    open_keeper(h);
}

void close_house(house *h)
{
    close_keeper(h);
    px_world_release(&h->world);
}

void settle(house *h)
{
    bool more = true;

    while (more) {
        more = px_keeper_step(h->keeper);
        more |= px_engine_step(h->world.engine);
    }
}

void save(house *h, int64_t after_ns)
{
    px_fakedisk_advance(h->world.disk, after_ns);
    settle(h);
}

void restart(house *h, bool power)
{
    close_keeper(h);
    px_world_kill(&h->world, power);
    open_keeper(h);
}

void restart_crashed(house *h)
{
    px_err err;

    close_keeper(h);
    px_world_close(&h->world);
    px_fakedisk_crash_at(h->world.disk, UINT64_MAX);
    px_fakedisk_restart(h->world.disk);
    h->world.died = false;
    CHECK_OK(px_world_open(&h->world, &err), &err);
    open_keeper(h);
}

void open_without_memory(house *h)
{
    px_status status = PX_NO_MEMORY;
    px_err err;

    for (uint64_t nth = 1; status != PX_OK; nth++) {
        CHECK(nth < 1000);
        status = try_open(h, nth, &err);
        CHECK(status == PX_OK || status == PX_NO_MEMORY);
        if (status != PX_OK)
            close_keeper(h);
    }
}
