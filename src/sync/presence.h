/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Which devices are there: when each was seen last, what it did to its connections, how much it
 * sent. It says since when it counts. In memory; a px_keeper (sync/keeper.h) reads it from rows at
 * the start, and writes what changed.
 *
 * A row is one device, by the number of its document. Rows that a connection holds stay; of the
 * others the one that has been idle longest makes room, and is counted as forgotten. A row keeps
 * its newest PX_DEVICE_LOG_MAX entries; one that says what the one before it said (the same
 * refusal, the same peer) is only counted there, so that nobody who fails again and again washes
 * the rest away.
 *
 * Threads: any; a lock of its own, which counting messages does not take.
 */
#ifndef PX_SYNC_PRESENCE_H
#define PX_SYNC_PRESENCE_H

#include "base/limits.h"
#include "base/time.h"
#include "journal/row.h"

typedef struct px_saving px_saving; /* sync/saving.h */

typedef struct px_presence px_presence;
typedef struct px_presence_row px_presence_row;

typedef enum px_presence_event {
    PX_PRESENCE_CONNECTED,
    PX_PRESENCE_REFUSED,
    PX_PRESENCE_ENDED
} px_presence_event;

const char *px_presence_event_name(px_presence_event event); /* "connected" */

/* Why a connection ended that was open when the server was killed; its time is when the device was
 * seen last. */
#define PX_PRESENCE_KILLED "server_killed"

typedef struct px_presence_entry {
    px_time time;       /* of the newest that it counts */
    const char *reason; /* lives as long as the whole; "" of a connection that was let in */
    uint32_t count;
    px_presence_event event;
    uint8_t version;  /* of MQTT: 4 is 3.1.1, 5 is 5.0 */
    char address[48]; /* with its port, where that was told */
} px_presence_entry;

typedef struct px_presence_facts {
    px_time since;        /* it is counted */
    px_time seen;         /* an accepted connection or call, or a message; PX_TIME_NONE: never */
    uint32_t connections; /* open now */
    uint64_t connects, refusals, messages, bytes, rejects;
    px_presence_entry log[PX_DEVICE_LOG_MAX]; /* the newest first */
    size_t log_count;
} px_presence_facts;

/* `rows_max` 0: PX_DEVICES_SEEN_MAX. `now`: since when it counts. NULL: no memory. */
px_presence *px_presence_new(uint32_t rows_max, px_time now);
void px_presence_free(px_presence *presence); /* NULL is fine; nobody holds a row */
/* Since when a device is counted that has no row: nothing came of it since. */
px_time px_presence_since(px_presence *presence);

/* Somebody at a door. `reason` is static. */
typedef struct px_presence_peer {
    px_time now;
    const char *address, *reason;
    uint8_t version;
} px_presence_peer;

/* The connection was let in. Gives the row, held until px_presence_ended; NULL when there is no
 * memory, and then nothing is counted. */
px_presence_row *px_presence_connected(px_presence *presence, uint32_t tenant, uint32_t device_no,
                                       const px_presence_peer *peer);
void px_presence_ended(px_presence *presence, px_presence_row *row, const px_presence_peer *peer);
/* A credential of this device came and was refused. */
void px_presence_refused(px_presence *presence, uint32_t tenant, uint32_t device_no,
                         const px_presence_peer *peer);
/* It was seen without a connection: an HTTP call. */
void px_presence_seen(px_presence *presence, uint32_t tenant, uint32_t device_no, px_time now);
/* A field or message of it was refused. */
void px_presence_rejected(px_presence *presence, uint32_t tenant, uint32_t device_no, px_time now);

/* A message came on a connection that holds the row (NULL is fine). No lock, no clock: the time is
 * taken by px_presence_tick, which is called some times a second. */
void px_presence_message(px_presence_row *row, size_t bytes);
void px_presence_tick(px_presence *presence, px_presence_row *row, px_time now);

/* False: nothing is known of it. */
bool px_presence_read(px_presence *presence, uint32_t device_no, px_presence_facts *ret_facts);

typedef struct px_presence_stats {
    uint64_t rows, connected, forgotten;
    uint64_t unsaved; /* that the disk has otherwise */
} px_presence_stats;
px_presence_stats px_presence_stat(px_presence *presence);

/* ---- rows (table `device`), for the keeper ---- */

/* Takes up a row, before anything else is asked; px_presence_loaded comes behind the last. A row
 * of a device that is gone (`is_there` false), or for which there is no room, is deleted with the
 * next save. Errors: PX_CORRUPT, PX_UNSUPPORTED, PX_NO_MEMORY. */
PX_NODISCARD px_status px_presence_load(px_presence *presence, const px_fold *row, bool is_there,
                                        px_err *ret_err);
/* Of the device of this row; 0: it is none's. */
uint32_t px_presence_row_device(px_key key);
PX_NODISCARD px_status px_presence_loaded(px_presence *presence, px_err *ret_err);

/* A round gives all that changed before it began, in parts. True: there may be more of it. What
 * finds no memory comes with the next round. */
void px_presence_begin_round(px_presence *presence);
bool px_presence_pull(px_presence *presence, px_saving *saving);
/* What became of the part that was pulled last, before the next one is. */
void px_presence_settle(px_presence *presence, bool is_saved);

#endif
