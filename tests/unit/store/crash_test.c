/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Power cuts and kills between any two operations of the disk, for as many seeds as PX_SEEDS says:
 * everything acknowledged is there, at most the one commit in flight more, whole or not at all.
 */
#include <stdio.h>
#include <stdlib.h>

#include "player.h"

static uint64_t seeds(uint64_t otherwise)
{
    const char *wanted = getenv("PX_SEEDS");

    return wanted ? strtoull(wanted, NULL, 0) : otherwise;
}

static uint64_t first_seed(void)
{
    const char *wanted = getenv("PX_SEED");

    return wanted ? strtoull(wanted, NULL, 0) : 1;
}

/* Commits until `count` are done or the store fails. */
static void play(player *p, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        px_status status = player_commit(p);

        if (status != PX_OK) {
            CHECK(px_fakedisk_crashed(p->disk));
            return;
        }
        CHECK(!px_fakedisk_crashed(p->disk));
    }
}

static void end_life(player *p)
{
    player_close(p);
    px_fakedisk_restart(p->disk);
}

/* Several lives, each ended by a cut or a kill at a random operation, the opening included. */
static void many_lives(uint64_t seed)
{
    player *p = player_new(seed);

    for (int life = 0; life < 6; life++) {
        uint64_t in = px_gen_below(&p->gen, life == 0 ? 60 : 500);

        px_fakedisk_crash_is_kill(p->disk, px_gen_below(&p->gen, 4) == 0);
        px_fakedisk_crash_at(p->disk, px_fakedisk_ops(p->disk) + in);
        if (player_open(p)) {
            play(p, 25);
            if (!px_fakedisk_crashed(p->disk) && px_gen_below(&p->gen, 2) == 0)
                player_close(p); /* a clean stop, at times cut short */
            px_fakedisk_crash(p->disk);
        }
        end_life(p);
    }
    CHECK(player_open(p));
    play(p, 5);
    player_close(p);
    CHECK(player_open(p));
    player_free(p);
}

PX_TEST(nothing_acknowledged_is_lost_and_nothing_half_done_stays)
{
    uint64_t first = first_seed(), count = seeds(200);

    for (uint64_t seed = first; seed < first + count; seed++) {
        fprintf(stderr, "\r[ SEED     ] PX_SEED=%llu", (unsigned long long)seed);
        many_lives(seed);
    }
    fputs("\n", stderr);
}

/* The same few commits, cut at every operation there is. */
static bool cut_at(uint64_t seed, uint64_t op)
{
    player *p = player_new(seed);
    bool met;

    px_fakedisk_crash_at(p->disk, op);
    if (player_open(p)) {
        play(p, 12);
        player_close(p);
    }
    met = px_fakedisk_crashed(p->disk);
    px_fakedisk_restart(p->disk);
    CHECK(player_open(p));
    play(p, 2);
    player_free(p);
    return met;
}

PX_TEST(a_cut_at_each_single_operation_is_survived)
{
    uint64_t first = first_seed(), count = getenv("PX_SEEDS") ? seeds(1) / 50 + 1 : 1;

    for (uint64_t seed = first; seed < first + count; seed++)
        for (uint64_t op = 0;; op++) {
            fprintf(stderr, "\r[ SEED     ] PX_SEED=%llu op %llu", (unsigned long long)seed,
                    (unsigned long long)op);
            if (!cut_at(seed, op))
                break;
        }
    fputs("\n", stderr);
}

/* Killed within a commit and started: what the start saw, it serves. Then the power goes, before
 * anything else was written or soon after. */
static void kill_then_cut(uint64_t seed, uint64_t op, uint64_t more)
{
    player *p = player_new(seed);

    CHECK(player_open(p));
    play(p, 30);
    px_fakedisk_crash_is_kill(p->disk, true);
    px_fakedisk_crash_at(p->disk, px_fakedisk_ops(p->disk) + op);
    play(p, 30);
    px_fakedisk_crash(p->disk);
    end_life(p);
    CHECK(player_open(p));
    if (more) {
        px_fakedisk_crash_at(p->disk, px_fakedisk_ops(p->disk) + more - 1);
        play(p, 30);
    }
    px_fakedisk_crash(p->disk);
    end_life(p);
    CHECK(player_open(p));
    player_free(p);
}

PX_TEST(what_a_start_saw_is_there_after_a_power_cut)
{
    for (uint64_t more = 0; more < 6; more++)
        for (uint64_t seed = 1; seed < 16; seed++)
            for (uint64_t op = 0; op < 8; op += 2)
                kill_then_cut(seed, op, more);
}

PX_TEST_MAIN()
