/* SPDX-License-Identifier: Apache-2.0 */
/* The online copy: taken between commits, whole, and never a burden to the store. */
#include "base/limits.h"
#include "player.h"

static player *filled(uint64_t seed, int commits)
{
    player *p = player_new(seed);

    CHECK(player_open(p));
    for (int i = 0; i < commits; i++)
        CHECK_OK(player_commit(p), &p->err);
    return p;
}

/* Opens the copy as a data directory of its own. */
static int match_copy(player *p, const char *dir)
{
    const px_store_opts opts = {
        .env = px_fakedisk_env(p->disk), .dir = dir, .threadless = true, .reserve_bytes = -1
    };
    px_store *store = NULL;
    px_err err = { 0 };
    int match;

    CHECK_OK(px_store_open(&opts, &store, &err), &err);
    match = model_match(store, &p->acked, NULL);
    px_store_close(store);
    return match;
}

PX_TEST(a_backup_taken_between_commits_is_the_state_at_its_last_step)
{
    player *p = filled(1, 60);
    px_err err = { 0 };
    bool done = false;
    int steps = 0;

    CHECK_OK(px_store_backup_begin(p->store, "copy/pollux.db", &err), &err);
    CHECK_EQ(px_store_backup_begin(p->store, "other/pollux.db", &err), PX_BUSY);
    while (!done) {
        CHECK_OK(player_commit(p), &p->err);
        CHECK_OK(px_store_backup_step(p->store, 10, &done, &err), &err);
        steps++;
    }
    CHECK(steps > 3); /* so commits happened in the middle of it */
    CHECK_OK(px_store_backup_finish(p->store, &err), &err);

    CHECK_EQ(match_copy(p, "copy"), 0);
    px_fakedisk_crash(p->disk); /* the copy is durable */
    player_close(p);
    px_fakedisk_restart(p->disk);
    CHECK_EQ(match_copy(p, "copy"), 0);
    CHECK(player_open(p));
    CHECK_EQ(px_store_backup_begin(p->store, "copy/pollux.db", &err), PX_CONFLICT);
    player_free(p);
}

PX_TEST(a_backup_that_is_given_up_leaves_nothing)
{
    player *p = filled(2, 30);
    px_err err = { 0 };
    bool done = false;

    CHECK_OK(px_store_backup_begin(p->store, "copy/pollux.db", &err), &err);
    CHECK_OK(px_store_backup_step(p->store, 2, &done, &err), &err);
    CHECK(!done);
    CHECK_OK(px_store_backup_finish(p->store, &err), &err);
    CHECK(px_fakedisk_bytes(p->disk, "copy/pollux.db").ptr == NULL);
    CHECK_OK(player_commit(p), &p->err);
    player_free(p);
}

PX_TEST(a_backup_without_space_fails_alone)
{
    player *p = filled(3, 40);
    px_status status = PX_OK;
    px_err err = { 0 };
    bool done = false;

    CHECK_OK(px_store_backup_begin(p->store, "copy/pollux.db", &err), &err);
    px_fakedisk_capacity(p->disk, px_fakedisk_used(p->disk) + 20000);
    while (!done && status == PX_OK)
        status = px_store_backup_step(p->store, 5, &done, &err);
    if (status == PX_OK)
        status = px_store_backup_finish(p->store, &err);
    else
        (void)!px_store_backup_finish(p->store, NULL);
    CHECK_EQ(status, PX_FULL);
    CHECK(px_fakedisk_bytes(p->disk, "copy/pollux.db").ptr == NULL);
    px_fakedisk_capacity(p->disk, INT64_MAX);
    CHECK_OK(player_commit(p), &p->err);
    CHECK_EQ(model_match(p->store, &p->acked, NULL), 0);
    player_free(p);
}

PX_TEST_MAIN()
