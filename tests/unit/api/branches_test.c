/* SPDX-License-Identifier: Apache-2.0 */
/* A branch whose base the live graph had to end. */
#include <stdio.h>
#include <unistd.h>

#include "api_world.h"

enum { PRESSES = 60, TRIES = 1000 };

static api_world w;

#define SPEED(value) "[{\"op\":\"add\",\"path\":\"/speed\",\"value\":" value "}]"

static void set_all(const char *patch)
{
    char target[64];

    for (int i = 0; i < PRESSES; i++) {
        snprintf(target, sizeof(target), "/digitaltwins/press-%d", i);
        API_ASK(&w, "PATCH", target, patch, 204);
    }
}

static uint64_t snapshots(void)
{
    return px_graph_stat(px_engine_graph(w.engine)).snapshots;
}

/* The live twins change more than the branch's base may hold back. */
static void end_the_base(void)
{
    set_all(SPEED("2"));
    for (int i = 0; i < TRIES && snapshots() > 0; i++)
        usleep(5000);
    CHECK_EQ(snapshots(), 0);
}

static void begin(void)
{
    static const px_engine_opts small = { .snapshot_bytes_max = 4096 };
    char id[32];

    api_world_init_with(&w, &small);
    api_put_models(&w, w.admin);
    for (int i = 0; i < PRESSES; i++) {
        snprintf(id, sizeof(id), "press-%d", i);
        api_put_press(&w, w.admin, id);
    }
    API_ASK(&w, "PUT", "/api/v1/branches/trial", NULL, 201);
    API_ASK(&w, "PATCH", "/api/v1/branches/trial/twins/press-1", SPEED("99"), 204);
    CHECK_EQ(snapshots(), 1);
}

PX_TEST(a_branch_whose_base_ended_lets_go_of_it_though_nobody_asks)
{
    begin();
    end_the_base();
    api_world_release(&w);
}

PX_TEST(it_says_so_at_every_door_until_it_is_dropped)
{
    const reply *r;

    begin();
    end_the_base();
    r = API_ASK(&w, "GET", "/api/v1/branches/trial/diff", NULL, 409);
    CHECK_STR(api_text(r, "/code"), "branch.ended");
    CHECK(strstr(api_text(r, "/detail"), "drop the branch") != NULL);
    API_ASK(&w, "GET", "/api/v1/branches/trial/twins/press-1", NULL, 409);
    API_ASK(&w, "PATCH", "/api/v1/branches/trial/twins/press-1", SPEED("3"), 409);
    API_ASK(&w, "PUT", "/api/v1/branches/trial", NULL, 409);
    r = API_ASK(&w, "GET", "/api/v1/branches", NULL, 200);
    CHECK_STR(api_text(r, "/items/0/name"), "trial");
    CHECK_STR(api_text(r, "/items/0/ended"), "true");
    API_ASK(&w, "DELETE", "/api/v1/branches/trial", NULL, 204);
    r = API_ASK(&w, "PUT", "/api/v1/branches/trial", NULL, 201);
    CHECK_STR(api_text(r, "/ended"), "false");
    API_ASK(&w, "GET", "/api/v1/branches/trial/diff", NULL, 200);
    api_world_release(&w);
}

PX_TEST_MAIN()
