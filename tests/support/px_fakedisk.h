/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The simulation's px_env: a disk in memory that forgets what was not synced, clocks that move when
 * told, random numbers from one seed.
 *
 * A write is visible at once and durable after its file's sync. A crash leaves of every 512-byte
 * sector any one of the versions it had since the last sync (so unsynced writes are kept, lost,
 * torn, and reordered among each other), of the file's size any one it had, and of the directory
 * the entries up to some moment since its last sync. Everything follows from the seed and the order
 * of calls.
 *
 * Operations (writes, syncs, truncates, removes, creating opens, directory syncs) are counted, so a
 * test can crash at each of them in turn. Paths are plain strings; the directory of a path exists.
 * Threads: one.
 */
#ifndef PX_FAKEDISK_H
#define PX_FAKEDISK_H

#include "base/env.h"

typedef struct px_fakedisk px_fakedisk;

px_fakedisk *px_fakedisk_new(uint64_t seed); /* aborts without memory */
void px_fakedisk_free(px_fakedisk *disk);    /* files may still be open */
px_env *px_fakedisk_env(px_fakedisk *disk);

/* --- time ------------------------------------------------------------------------------------- */

void px_fakedisk_advance(px_fakedisk *disk, int64_t duration_ns); /* both clocks */
void px_fakedisk_jump(px_fakedisk *disk, int64_t duration_ns);    /* UTC only; also backwards */
/* How long each sync takes, on both clocks (a slow disk); 0 at first. */
void px_fakedisk_sync_ns(px_fakedisk *disk, int64_t duration_ns);

/* --- faults ----------------------------------------------------------------------------------- */

typedef enum px_fake_call { PX_FAKE_READ, PX_FAKE_WRITE, PX_FAKE_SYNC, PX_FAKE_CALLS } px_fake_call;

/* The n-th call of this kind from now on (1 = the next) gives `status`: once, or `forever` from
 * then on. n = 0 takes the fault back. A write that fails with PX_FULL has written half. */
void px_fakedisk_fail(px_fakedisk *disk, px_fake_call call, uint64_t nth, px_status status,
                      bool forever);
/* True since the fault above was met. */
bool px_fakedisk_failed(const px_fakedisk *disk);

/* All files together; what goes beyond gives PX_FULL after writing what fits. INT64_MAX: no end. */
void px_fakedisk_capacity(px_fakedisk *disk, int64_t bytes);
int64_t px_fakedisk_used(const px_fakedisk *disk);

/* --- crashes ---------------------------------------------------------------------------------- */

uint64_t px_fakedisk_ops(const px_fakedisk *disk);
/* Operation number `op_index` (counted from 0) is the last that reaches the disk's cache, and no
 * sync at or after it takes effect: from then on every call fails. UINT64_MAX: never. */
void px_fakedisk_crash_at(px_fakedisk *disk, uint64_t op_index);
void px_fakedisk_crash(px_fakedisk *disk); /* now */
/* The next crash ends the process only (kill -9): what the cache holds stays, durable or not. */
void px_fakedisk_crash_is_kill(px_fakedisk *disk, bool kill);
bool px_fakedisk_crashed(const px_fakedisk *disk);
/* The power comes back: what was not durable is kept or lost by the seed. Open files stay closable
 * and give PX_IO otherwise. Faults and the next crash are taken back. */
void px_fakedisk_restart(px_fakedisk *disk);

/* --- a look inside ---------------------------------------------------------------------------- */

/* The file's bytes now, borrowed until the next call; NULL ptr when it is not there. */
px_str px_fakedisk_bytes(px_fakedisk *disk, const char *path);
/* Damage that no crash makes: flips one bit, in the cache and on the platter. */
void px_fakedisk_flip(px_fakedisk *disk, const char *path, size_t byte, unsigned bit);
/* A copy of the file under another name, durable at once. */
void px_fakedisk_copy(px_fakedisk *disk, const char *from, const char *to);

#endif
