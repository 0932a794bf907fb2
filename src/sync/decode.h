/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Reads a device's JSON into typed values by the model of its twin: the function that the MQTT door
 * calls.
 *
 * `{"temperature": 21.4, "$ts": "2026-11-01T12:00:00.5Z"}`, or an array of such objects for a
 * backlog. Each name is looked up in the layout and each value checked against its schema; fields
 * are judged one by one: good ones count, bad ones are listed. Text that is no JSON, or breaks a
 * limit, refuses the message as a whole. Pure. Threads: any.
 */
#ifndef PX_SYNC_DECODE_H
#define PX_SYNC_DECODE_H

#include "engine/request.h"
#include "model/layout.h"

typedef struct px_reject {
    px_str name; /* the member, borrowed from the payload or the arena */
    const char *id;
    char text[160]; /* the reason */
} px_reject;

enum { PX_REJECTS_KEPT_MAX = 16 };

typedef struct px_decoded {
    px_sample *samples; /* in the arena; those without a good field are left out */
    size_t sample_count;
    size_t accepted, rejected; /* fields, in all */
    px_reject *rejects;        /* the first PX_REJECTS_KEPT_MAX, in the arena */
    size_t reject_count;
} px_decoded;

typedef struct px_decode_opts {
    uint32_t component;   /* PX_NO_COMPONENT: the twin itself */
    bool properties_only; /* `reported`: telemetry names are refused */
} px_decode_opts;

/**
 * @param payload  borrowed as long as the arena's results are used
 * Limits:  those of px_json_opts_door, PX_MESSAGE_SAMPLES_MAX.
 * Errors:  PX_INVALID (no JSON, a duplicate name, neither object nor array), PX_TOO_LARGE,
 * PX_LIMIT, PX_NO_MEMORY. A message of which no field was good is PX_OK with `accepted` 0.
 */
PX_NODISCARD px_status px_decode_message(const px_layout *layout, const px_decode_opts *opts,
                                         px_str payload, px_arena *arena, px_decoded *ret_decoded,
                                         px_err *ret_err);

#endif
