/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A program that plays seeds of a simulation:
 *
 *     NAME [--part K N] [--seed S] [--seeds COUNT]     (also PX_SEED, PX_SEEDS)
 */
#ifndef PX_SIM_SEEDS_H
#define PX_SIM_SEEDS_H

#include <stdint.h>

typedef struct sim_play {
    const char *name;
    uint64_t seeds;             /* when nobody says how many */
    void (*run)(uint64_t seed); /* ends the case where a CHECK does not hold */
    void (*report)(void);       /* a line for each figure, ten places wide, at the end */
} sim_play;

/* Gives the exit status. */
int sim_play_seeds(int argc, char **argv, const sim_play *play);

#endif
