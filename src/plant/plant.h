/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The plant emulator: the line of line.h in the time of the wall, speaking MQTT as one device that
 * is bound to all twins of packs/manufacturing/graph/m1.json.
 *
 * Knows nothing of the server but its MQTT topics. Threads: one.
 */
#ifndef PX_PLANT_PLANT_H
#define PX_PLANT_PLANT_H

#include "base/err.h"

typedef struct px_plant_opts {
    const char *host; /* borrowed for the whole call, as all strings here */
    int port;
    const char *device, *key;
    uint64_t seed;
    uint32_t speed;           /* seconds of the model in one of the wall's; 0: 1 */
    uint32_t since_seconds;   /* tells first, as a backlog, how the line has done for so long */
    int64_t duration_ms;      /* ends by itself after so long; 0: never */
    bool (*ends)(void *data); /* asked several times a second */
    void (*note)(void *data, const char *text); /* sentences for a person */
    void *data;
} px_plant_opts;

/**
 * Runs the plant until `ends` says so, `duration_ms` is over, or it cannot go on.
 *
 * The times that it reports are the wall's. With `speed` N it is a line that does everything N
 * times as fast: its cycle times are N times shorter, so that what is computed from them stays
 * true. Errors: those of px_link_turn, PX_NO_MEMORY.
 */
PX_NODISCARD px_status px_plant_run(const px_plant_opts *opts, px_err *ret_err);

/* Asks a plant on the same server to break a unit: `fault` is stop or bearing. `opts->device` and
 * `key` may be any principal that may publish. Waits for the server's acknowledgement.
 * Errors: PX_INVALID (no such unit or fault), PX_TIMEOUT, those of px_link_turn. */
PX_NODISCARD px_status px_plant_fault(const px_plant_opts *opts, const char *unit,
                                      const char *fault, px_err *ret_err);

#endif
