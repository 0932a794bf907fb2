/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the sensors of a unit read. Power follows the state within a second. The bearing warms and
 * cools with a time constant of four minutes; wear heats it and shakes it, slowly at first: with
 * the square of the wear for vibration. Noise is drawn in every step, whatever the state.
 */
#include "plant/line_inner.h"

enum {
    AROUND_MC = 22000,
    STANDING_HEAT_MC = 2500,
    HEAT_STEPS = 240 * PX_LINE_STEPS_PER_SECOND,
    HEAT_NOISE_MC = 60,
    WEAR_HEAT_MC = 32000,
    WEAR_VIBRATION_UM = 9800,
    STANDING_VIBRATION_UM = 45,
    MILLION = 1000000,
};

static bool turns(const px_unit *unit)
{
    return unit->state == PX_UNIT_RUNNING;
}

static int64_t heat_wanted_uc(const px_unit *unit, const px_unit_spec *spec)
{
    int64_t above_mc = turns(unit) ? spec->heat_mc : STANDING_HEAT_MC;

    if (turns(unit))
        above_mc += (int64_t)WEAR_HEAT_MC * unit->wear_ppm / MILLION;
    return (AROUND_MC + above_mc) * 1000;
}

void px_unit_signals_init(px_unit *unit, const px_unit_spec *spec)
{
    unit->heat_uc = ((int64_t)AROUND_MC + spec->heat_mc) * 1000;
    unit->temperature_mc = (int32_t)(unit->heat_uc / 1000);
    unit->power_w = spec->idle_w;
    unit->vibration_um = STANDING_VIBRATION_UM;
}

void px_unit_signals_step(px_unit *unit, const px_unit_spec *spec)
{
    int32_t power_w = turns(unit) ? spec->power_w : spec->idle_w;
    int32_t shake_um = turns(unit) ? spec->vibration_um : STANDING_VIBRATION_UM;

    if (turns(unit))
        shake_um += (int32_t)((int64_t)WEAR_VIBRATION_UM * unit->wear_ppm / MILLION *
                              unit->wear_ppm / MILLION);
    power_w += power_w * px_unit_spread(unit, 30) / 1000;
    unit->power_w += (power_w - unit->power_w) / 4;
    unit->heat_uc += (heat_wanted_uc(unit, spec) - unit->heat_uc) / HEAT_STEPS;
    unit->temperature_mc = (int32_t)(unit->heat_uc / 1000) + px_unit_spread(unit, HEAT_NOISE_MC);
    unit->vibration_um +=
        (shake_um * (1000 + px_unit_spread(unit, 60)) / 1000 - unit->vibration_um) / 2;
}
