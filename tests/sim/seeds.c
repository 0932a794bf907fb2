/* SPDX-License-Identifier: Apache-2.0 */
#include "seeds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "px_test.h"

typedef struct plan {
    const sim_play *play;
    uint64_t first, count, part, parts;
} plan;

static plan plan_of(int argc, char **argv, const sim_play *play)
{
    const char *seed = getenv("PX_SEED"), *seeds = getenv("PX_SEEDS");
    plan p = { .play = play,
               .first = seed ? strtoull(seed, NULL, 0) : 1,
               .count = seed    ? 1
                        : seeds ? strtoull(seeds, NULL, 0)
                                : play->seeds,
               .part = 1,
               .parts = 1 };

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--part") == 0 && i + 2 < argc) {
            p.part = strtoull(argv[++i], NULL, 0);
            p.parts = strtoull(argv[++i], NULL, 0);
        } else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc) {
            p.first = strtoull(argv[++i], NULL, 0);
            p.count = 1;
        } else if (strcmp(argv[i], "--seeds") == 0 && i + 1 < argc) {
            p.count = strtoull(argv[++i], NULL, 0);
        }
    }
    return p;
}

/* A case of cmocka, so that a CHECK that does not hold says where. */
static void run_seeds(void **state)
{
    const plan *p = *state;
    uint64_t ran = 0;

    for (uint64_t seed = p->first; seed < p->first + p->count; seed++) {
        if (p->count > 1 && seed % p->parts != p->part % p->parts)
            continue;
        /* said first: a crash leaves it on the screen */
        fprintf(stderr, "\rseed %llu ", (unsigned long long)seed);
        p->play->run(seed);
        ran++;
    }
    printf("%10llu seeds\n", (unsigned long long)ran);
    p->play->report();
}

int sim_play_seeds(int argc, char **argv, const sim_play *play)
{
    plan p = plan_of(argc, argv, play);
    const struct CMUnitTest tests[] = { cmocka_unit_test_prestate(run_seeds, &p) };
    int failed = cmocka_run_group_tests_name(play->name, tests, NULL, NULL);

    fflush(NULL);
    if (failed)
        _Exit(1); /* what a failed case held is no news */
    return 0;
}
