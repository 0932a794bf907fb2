/* SPDX-License-Identifier: Apache-2.0 */
/** Plays random commits into a store and the model beside it. Threads: one. */
#ifndef PX_STORE_PLAYER_H
#define PX_STORE_PLAYER_H

#include "kit.h"
#include "model.h"

typedef struct player {
    px_gen gen;
    px_fakedisk *disk;
    px_store *store;
    int64_t wal_room;  /* of half the seeds none */
    model acked, next; /* what is acknowledged; what it is if the commit in flight is there too */
    bool in_flight;    /* the last commit gave neither PX_OK nor a refusal */
    px_err err;        /* of the last commit */
} player;

player *player_new(uint64_t seed); /* with a disk of its own, and no store open */
void player_free(player *p);

/* Opens the store and compares: exactly what was acknowledged, and the commit in flight whole or
 * not at all. False when the disk crashed meanwhile. */
bool player_open(player *p);
/* One commit of a row, effects and slices, and at times a checkpoint's step; its status. */
px_status player_commit(player *p);
void player_close(player *p);

#endif
