/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Routes over a whole server without threads, on the fake disk and the fake clock, and a network
 * that is not there: what each address does is said, and what arrived is kept.
 */
#ifndef PX_OUT_KIT_H
#define PX_OUT_KIT_H

#include "outbound/outbound.h"
#include "px_test.h"
#include "px_world.h"

typedef enum out_manner {
    OUT_ANSWERS, /* delivered */
    OUT_IS_DOWN, /* fails */
    OUT_REFUSES, /* will not go better */
    OUT_HANGS,   /* ends when it is told to */
} out_manner;

enum { OUT_PLACES_MAX = 8, OUT_ARRIVED_MAX = 4096 };

typedef struct out_arrived {
    char to[64];
    char *body; /* NUL-terminated */
    char sequence[24], signature[80], header[64];
} out_arrived;

typedef struct out_kit {
    px_world world;
    px_outbound *outbound;
    px_outbound_opts opts;
    px_transport transport;
    struct {
        char to[64];
        out_manner manner;
    } places[OUT_PLACES_MAX];
    size_t place_count;
    px_sending *hanging[OUT_PLACES_MAX];
    size_t hanging_count;
    out_arrived arrived[OUT_ARRIVED_MAX];
    size_t arrived_count, tries;
} out_kit;

/* The model `dtmi:test:Press;1` (speed, name, current, motor: heat, hum; feeds: since) is there. */
void out_begin(out_kit *kit, uint64_t seed);
void out_end(out_kit *kit);
/* As kill -9, or a power cut; and opened again. */
void out_kill(out_kit *kit, bool power);

void out_endpoint(out_kit *kit, const char *name, const char *url);
/* With more members of its body, each with a comma before it. */
void out_endpoint_with(out_kit *kit, const char *name, const char *url, const char *more);
void out_route(out_kit *kit, const char *name, const char *endpoint, const char *filter);
void out_forget(out_kit *kit, const char *kind, const char *name);
void out_manner_of(out_kit *kit, const char *url, out_manner manner);
/* Those that hang end, as failed. */
void out_give_up(out_kit *kit);

/* Steps until nothing is left to do but wait. */
void out_settle(out_kit *kit);
/* Settles, over and over while the clock goes on. */
void out_wait(out_kit *kit, int64_t duration_ns, int64_t step_ns);

/* The text of what arrived at `index`, at a JSON pointer; in static memory, four at a time. */
const char *out_text(out_kit *kit, size_t index, const char *pointer);

void out_put(out_kit *kit, const char *twin, const char *members);
void out_speed(out_kit *kit, const char *twin, int speed);

#endif
