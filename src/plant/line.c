/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One step of a unit, in the order in which one thing hides another: stopped by hand, down (a stop,
 * a fault, a set-up), a finished part that finds no room, no part to work on, working. Units step
 * from the last to the first, so that a part that leaves makes room within the same step. Dice are
 * thrown once a part, never once a step: what happens does not depend on how fine the steps are.
 */
#include "plant/line.h"

#include "base/err.h"
#include "plant/line_inner.h"

enum {
    JITTER_PERMILLE = 60,
    MICRO_STOP_PPM = 3500,
    BREAKDOWN_PPM = 450,
    SLOW_PPM = 4000,
    STOP_REPAIR_MS = 5 * 60 * 1000,
    BEARING_REPAIR_MS = 10 * 60 * 1000,
    TOOL_CHANGE_MS = 40 * 1000,
    WEAR_PPM_PER_STEP = 1000000 / (600 * PX_LINE_STEPS_PER_SECOND) + 1,
    MILLION = 1000000,
    ORDER_PARTS = 500,
};

const px_unit_spec px_unit_specs[PX_LINE_UNITS] = {
    { "cnc-01", 2400, 6000, 700, 7200, 650, 34000, 1450 },
    { "press-01", 2350, 9000, -1, 5600, 400, 27000, 2100 },
    { "robot-01", 2380, 4000, -1, 2300, 320, 19000, 900 },
    { "oven-01", 2450, 14000, -1, 18400, 6200, 41000, 1150 },
    { "packer-01", 2350, 3000, 900, 1900, 280, 16000, 1300 },
};

static const char *const buffer_ids[PX_LINE_BUFFERS] = { "buffer-01", "buffer-02", "buffer-03",
                                                         "buffer-04" };

px_str px_unit_state_word(px_unit_state state)
{
    static const char *const words[PX_UNIT_STATE_COUNT] = {
#define X(name, word) [PX_UNIT_##name] = word,
        PX_UNIT_STATE_MAP(X)
#undef X
    };

    return px_str_c(words[state]);
}

px_str px_unit_reason_word(px_unit_reason reason)
{
    static const char *const words[PX_REASON_COUNT] = {
#define X(name, word) [PX_REASON_##name] = word,
        PX_UNIT_REASON_MAP(X)
#undef X
    };

    return px_str_c(words[reason]);
}

const char *px_line_unit_id(unsigned index)
{
    px_assert(index < PX_LINE_UNITS);
    return px_unit_specs[index].id;
}

const char *px_line_buffer_id(unsigned index)
{
    px_assert(index < PX_LINE_BUFFERS);
    return buffer_ids[index];
}

unsigned px_line_unit_find(px_str id)
{
    unsigned i = 0;

    while (i < PX_LINE_UNITS && !px_str_eq(id, px_str_c(px_unit_specs[i].id)))
        i++;
    return i;
}

int32_t px_line_ideal_ms(unsigned index)
{
    px_assert(index < PX_LINE_UNITS);
    return px_unit_specs[index].ideal_ms;
}

/* ---- dice: splitmix64 ---- */

static uint64_t mix(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint32_t px_unit_below(px_unit *unit, uint32_t below)
{
    return (uint32_t)((mix(&unit->random) >> 32) * below >> 32);
}

int32_t px_unit_spread(px_unit *unit, int32_t spread)
{
    return (int32_t)px_unit_below(unit, (uint32_t)spread * 2 + 1) - spread;
}

static bool chance(px_unit *unit, uint32_t ppm)
{
    return px_unit_below(unit, MILLION) < ppm;
}

/* ---- what can happen to a unit ---- */

static void show(px_unit *unit, px_unit_state state, px_unit_reason reason)
{
    unit->state = state;
    unit->reason = reason;
}

static void take_down(px_unit *unit, px_unit_state state, px_unit_reason reason, int32_t ms)
{
    show(unit, state, reason);
    unit->down_ms = ms;
}

/* Each throw is a statement of its own: the order of throws is part of the line, and C leaves the
 * order of arguments open. */
static void throw_down(px_unit *unit, px_unit_state state, const px_unit_reason reasons[3],
                       int32_t ms_min, uint32_t ms_spread)
{
    px_unit_reason reason = reasons[px_unit_below(unit, 3)];
    int32_t ms = ms_min + (int32_t)px_unit_below(unit, ms_spread);

    take_down(unit, state, reason, ms);
}

/* A short stop or a breakdown, as the dice fall before a part. */
static void throw_stop(px_unit *unit)
{
    static const px_unit_reason micro[] = { PX_REASON_JAM, PX_REASON_MISFEED, PX_REASON_SENSOR };
    static const px_unit_reason broken[] = { PX_REASON_DRIVE, PX_REASON_SENSOR, PX_REASON_JAM };

    if (chance(unit, MICRO_STOP_PPM))
        throw_down(unit, PX_UNIT_STOPPED, micro, 4000, 20000);
    else if (chance(unit, BREAKDOWN_PPM))
        throw_down(unit, PX_UNIT_FAULT, broken, 45000, 180000);
    else if (unit->tool_parts == 0)
        take_down(unit, PX_UNIT_SETUP, PX_REASON_TOOL_CHANGE, TOOL_CHANGE_MS);
}

static int32_t throw_cycle(px_unit *unit, const px_unit_spec *spec)
{
    int32_t permille = 1000 + (int32_t)px_unit_below(unit, JITTER_PERMILLE + 1);

    if (unit->slow_parts == 0 && chance(unit, SLOW_PPM)) {
        unit->slow_parts = 8 + (int32_t)px_unit_below(unit, 25);
        unit->slow_permille = 150 + (int32_t)px_unit_below(unit, 250);
    }
    if (unit->slow_parts > 0) {
        unit->slow_parts--;
        permille += unit->slow_permille;
    }
    return spec->ideal_ms * permille / 1000;
}

static void begin_part(px_unit *unit, const px_unit_spec *spec)
{
    unit->holds_part = true;
    unit->part_ms = throw_cycle(unit, spec) - unit->carry_ms;
    unit->carry_ms = 0;
    throw_stop(unit);
}

static void end_part(px_unit *unit, const px_unit_spec *spec)
{
    uint32_t scrap_ppm = spec->scrap_ppm;

    if (unit->slow_parts > 0)
        scrap_ppm *= 2;
    scrap_ppm += (uint32_t)unit->wear_ppm / 20;
    unit->carry_ms = -unit->part_ms;
    unit->cycle_ms = unit->since_ms - unit->carry_ms;
    unit->since_ms = unit->carry_ms;
    unit->holds_part = false;
    if (unit->tool_parts > 0)
        unit->tool_parts--;
    if (chance(unit, scrap_ppm)) {
        unit->reject++;
        return;
    }
    unit->good++;
    unit->part_done = true;
}

/* ---- one step ---- */

static void wait_for(px_unit *unit, px_unit_state state, px_unit_reason reason)
{
    unit->carry_ms = 0;
    unit->wait_ms += PX_LINE_STEP_MS;
    unit->since_ms += PX_LINE_STEP_MS;
    if (unit->wait_ms >= PX_LINE_WAIT_MS) {
        unit->since_ms = 0;
        show(unit, state, reason);
    }
}

/* Puts the finished part away; false while there is no room. */
static bool pass_on(px_line *line, unsigned index)
{
    px_unit *unit = &line->units[index];

    if (!unit->part_done)
        return true;
    if (index < PX_LINE_BUFFERS) {
        if (line->levels[index] == PX_LINE_BUFFER_CAPACITY)
            return false;
        line->levels[index]++;
    } else {
        line->made[line->rate_index]++;
        line->order = (uint16_t)(1 + unit->good / ORDER_PARTS);
    }
    unit->part_done = false;
    return true;
}

/* Takes a part, if there is one. Raw parts for the first unit never run out. */
static bool take_part(px_line *line, unsigned index)
{
    px_unit *unit = &line->units[index];

    if (unit->holds_part)
        return true;
    if (index > 0 && line->levels[index - 1] == 0)
        return false;
    if (index > 0)
        line->levels[index - 1]--;
    begin_part(unit, &px_unit_specs[index]);
    return true;
}

static void wear(px_unit *unit)
{
    if (!unit->wears)
        return;
    unit->wear_ppm += WEAR_PPM_PER_STEP;
    if (unit->wear_ppm < MILLION)
        return;
    unit->wear_ppm = MILLION;
    take_down(unit, PX_UNIT_FAULT, PX_REASON_BEARING, BEARING_REPAIR_MS);
}

static void work(px_line *line, unsigned index)
{
    px_unit *unit = &line->units[index];

    unit->wait_ms = 0;
    show(unit, PX_UNIT_RUNNING, PX_REASON_NONE);
    unit->since_ms += PX_LINE_STEP_MS;
    unit->part_ms -= PX_LINE_STEP_MS;
    if (unit->part_ms <= 0) {
        end_part(unit, &px_unit_specs[index]);
        if (pass_on(line, index))
            take_part(line, index);
    }
    wear(unit);
}

static void mend(px_unit *unit, const px_unit_spec *spec)
{
    if (unit->reason == PX_REASON_BEARING) {
        unit->wears = false;
        unit->wear_ppm = 0;
    }
    if (unit->state == PX_UNIT_SETUP)
        unit->tool_parts = spec->tool_parts;
    unit->down_ms = 0;
    unit->wait_ms = 0;
    unit->since_ms = 0;
    show(unit, PX_UNIT_RUNNING, PX_REASON_NONE);
}

static void step_unit(px_line *line, unsigned index)
{
    px_unit *unit = &line->units[index];

    if (!unit->run)
        return;
    if (unit->down_ms > 0) {
        unit->down_ms -= PX_LINE_STEP_MS;
        if (unit->down_ms <= 0)
            mend(unit, &px_unit_specs[index]);
        return;
    }
    if (!pass_on(line, index))
        wait_for(unit, PX_UNIT_BLOCKED, PX_REASON_OUTPUT_FULL);
    else if (!take_part(line, index))
        wait_for(unit, PX_UNIT_STARVED, PX_REASON_NO_INPUT);
    else if (unit->down_ms == 0)
        work(line, index);
}

void px_line_step(px_line *line)
{
    line->step++;
    if (line->step % PX_LINE_STEPS_PER_SECOND == 0) {
        line->rate_index = (uint16_t)((line->rate_index + 1) % PX_LINE_RATE_SECONDS);
        line->made[line->rate_index] = 0;
    }
    for (unsigned i = PX_LINE_UNITS; i-- > 0;)
        step_unit(line, i);
    for (unsigned i = 0; i < PX_LINE_UNITS; i++)
        px_unit_signals_step(&line->units[i], &px_unit_specs[i]);
}

void px_line_init(px_line *line, uint64_t seed)
{
    *line = (px_line){ .order = 1 };
    for (unsigned i = 0; i < PX_LINE_UNITS; i++) {
        px_unit *unit = &line->units[i];

        unit->random = seed;
        unit->random = mix(&unit->random) + i;
        unit->random = mix(&unit->random);
        unit->run = true;
        unit->tool_parts = px_unit_specs[i].tool_parts;
        px_unit_signals_init(unit, &px_unit_specs[i]);
    }
    for (unsigned i = 0; i < PX_LINE_BUFFERS; i++)
        line->levels[i] = PX_LINE_BUFFER_CAPACITY / 2;
}

/* ---- by hand ---- */

void px_line_stop(px_line *line, unsigned index)
{
    px_unit *unit = &line->units[index];

    unit->run = false;
    show(unit, PX_UNIT_STOPPED, PX_REASON_OPERATOR);
}

void px_line_start(px_line *line, unsigned index)
{
    px_unit *unit = &line->units[index];
    bool stands = !unit->run || unit->down_ms > 0;

    unit->run = true;
    unit->wears = false;
    unit->wear_ppm = 0;
    if (stands)
        mend(unit, &px_unit_specs[index]);
}

void px_line_break(px_line *line, unsigned index, px_line_fault fault)
{
    px_unit *unit = &line->units[index];

    if (fault == PX_LINE_FAULT_BEARING) {
        unit->wears = true;
        return;
    }
    if (unit->run)
        take_down(unit, PX_UNIT_FAULT, PX_REASON_DRIVE, STOP_REPAIR_MS);
}

uint32_t px_line_rate(const px_line *line)
{
    uint32_t made = 0;

    for (unsigned i = 0; i < PX_LINE_RATE_SECONDS; i++)
        made += line->made[i];
    return made;
}
