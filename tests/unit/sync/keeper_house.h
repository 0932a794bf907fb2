/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A keeper beside an engine without threads, over restarts, kills and full disks.
 *
 *     house h = { .rows_max = 2 };
 *
 *     open_house(&h);
 *     …
 *     save(&h, PX_DEVICES_SAVE_NS);
 *     restart(&h, true);
 *     close_house(&h);
 */
#ifndef KEEPER_HOUSE_H
#define KEEPER_HOUSE_H

#include "px_test.h"
#include "px_world.h"
#include "sync/keeper.h"

typedef struct house {
    px_world world;
    px_presence *presence;
    px_rejects *rejects;
    px_keeper *keeper;
    uint32_t rows_max; /* of devices; 0: as many as a server keeps */
} house;

extern char keeper_logged[200]; /* the keeper's last line, since it was opened */

void open_house(house *h); /* keeps `rows_max` */
void close_house(house *h);
void open_keeper(house *h);
void close_keeper(house *h);

/* Until keeper and engine have nothing to do; `save`: once so much time is over. */
void settle(house *h);
void save(house *h, int64_t after_ns);

/* As kill -9, or a power cut. */
void restart(house *h, bool power);
/* After a crash that the disk made by itself (px_fakedisk_crash_at), if it came to it. */
void restart_crashed(house *h);
/* A closed keeper opens with each of its allocations failing once, until none does. */
void open_without_memory(house *h);

#endif
