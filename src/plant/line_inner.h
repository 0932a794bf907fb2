/* SPDX-License-Identifier: Apache-2.0 */
/** What the files of the line model share. */
#ifndef PX_PLANT_LINE_INNER_H
#define PX_PLANT_LINE_INNER_H

#include "plant/line.h"

typedef struct px_unit_spec {
    const char *id;
    int32_t ideal_ms;
    uint32_t scrap_ppm;      /* of parts */
    int32_t tool_parts;      /* between two tool changes; -1: never */
    int32_t power_w, idle_w; /* running, standing */
    int32_t heat_mc;         /* of the bearing above its surroundings when running */
    int32_t vibration_um;    /* when running */
} px_unit_spec;

extern const px_unit_spec px_unit_specs[PX_LINE_UNITS];

/* Uniform in [0, below) and in [-spread, spread]. */
uint32_t px_unit_below(px_unit *unit, uint32_t below);
int32_t px_unit_spread(px_unit *unit, int32_t spread);

/* signals.c: power, temperature and vibration of one step. */
void px_unit_signals_init(px_unit *unit, const px_unit_spec *spec);
void px_unit_signals_step(px_unit *unit, const px_unit_spec *spec);

#endif
