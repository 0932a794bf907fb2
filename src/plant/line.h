/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A discrete production line as a model: five work units, a buffer between each two.
 *
 * CNC → press → robot cell → oven → packer. A unit takes a part, works on it for a cycle that
 * jitters, throws it out or puts it into the buffer behind. It knows slow cycles, short stops,
 * breakdowns, tool changes, an empty buffer before it and a full one behind. Everything is integers
 * and its own generator: the same seed and the same calls at the same steps give the same line,
 * byte for byte, on any machine.
 *
 * Pure: no clock, no memory, no file. Threads: one at a time.
 */
#ifndef PX_PLANT_LINE_H
#define PX_PLANT_LINE_H

#include "base/str.h"

enum {
    PX_LINE_UNITS = 5,
    PX_LINE_BUFFERS = PX_LINE_UNITS - 1,
    PX_LINE_STEP_MS = 100,
    PX_LINE_STEPS_PER_SECOND = 1000 / PX_LINE_STEP_MS,
    PX_LINE_BUFFER_CAPACITY = 20,
    PX_LINE_RATE_SECONDS = 60, /* over which the rate is counted */
    PX_LINE_WAIT_MS = 3000,    /* a shorter wait for a part or for room is still running */
};

/* The words of the model WorkUnit;1. */
#define PX_UNIT_STATE_MAP(X)                                                                       \
    X(RUNNING, "running")                                                                          \
    X(STOPPED, "stopped")                                                                          \
    X(STARVED, "starved")                                                                          \
    X(BLOCKED, "blocked")                                                                          \
    X(FAULT, "fault")                                                                              \
    X(SETUP, "setup")

typedef enum px_unit_state {
#define X(name, word) PX_UNIT_##name,
    PX_UNIT_STATE_MAP(X)
#undef X
        PX_UNIT_STATE_COUNT
} px_unit_state;

#define PX_UNIT_REASON_MAP(X)                                                                      \
    X(NONE, "none")                                                                                \
    X(OPERATOR, "operator")                                                                        \
    X(NO_INPUT, "noInput")                                                                         \
    X(OUTPUT_FULL, "outputFull")                                                                   \
    X(JAM, "jam")                                                                                  \
    X(MISFEED, "misfeed")                                                                          \
    X(TOOL_CHANGE, "toolChange")                                                                   \
    X(SENSOR, "sensor")                                                                            \
    X(DRIVE, "drive")                                                                              \
    X(BEARING, "bearing")

typedef enum px_unit_reason {
#define X(name, word) PX_REASON_##name,
    PX_UNIT_REASON_MAP(X)
#undef X
        PX_REASON_COUNT
} px_unit_reason;

px_str px_unit_state_word(px_unit_state state);
px_str px_unit_reason_word(px_unit_reason reason);

typedef enum px_line_fault {
    PX_LINE_FAULT_STOP,    /* breaks down now, repaired after five minutes or by a start */
    PX_LINE_FAULT_BEARING, /* wears from now on and fails after ten minutes of running */
} px_line_fault;

typedef struct px_unit {
    /* what can be seen */
    px_unit_state state;
    px_unit_reason reason;
    bool run; /* wanted to run */
    uint64_t good, reject;
    int32_t cycle_ms;       /* of the last part, short waits included; 0 before the first */
    int32_t power_w;        /* watt */
    int32_t temperature_mc; /* thousandths of a degree Celsius, as the sensor reads it */
    int32_t vibration_um;   /* micrometres per second, root mean square */

    /* the model's own */
    uint64_t random;                    /* state of this unit's generator */
    bool holds_part, part_done, wears;  /* part_done: good, and waits for room */
    int32_t part_ms, carry_ms, wait_ms; /* left of the part; left over from the last; waited */
    int32_t since_ms;                   /* since the last part was done, declared stops left out */
    int32_t down_ms;                    /* left of a stop, a fault or a set-up */
    int32_t slow_parts, slow_permille;
    int32_t tool_parts; /* until the next tool change; below 0: never */
    int32_t wear_ppm;
    int64_t heat_uc; /* true bearing temperature, millionths of a degree */
} px_unit;

typedef struct px_line {
    uint64_t step; /* steps since the beginning */
    px_unit units[PX_LINE_UNITS];
    uint8_t levels[PX_LINE_BUFFERS];
    uint16_t order; /* number of the present work order, from 1 */
    uint16_t made[PX_LINE_RATE_SECONDS], rate_index;
} px_line;

const char *px_line_unit_id(unsigned index);   /* "cnc-01" */
const char *px_line_buffer_id(unsigned index); /* "buffer-01" */
#define PX_LINE_ID "line-01"
/* The unit of this id; PX_LINE_UNITS when there is none. */
unsigned px_line_unit_find(px_str id);
int32_t px_line_ideal_ms(unsigned index); /* how long a part takes at best */

void px_line_init(px_line *line, uint64_t seed);
void px_line_step(px_line *line); /* PX_LINE_STEP_MS later */

/* By hand: what they change is seen at once. A start clears faults and stops, and mends a bearing
 * that wears. */
void px_line_stop(px_line *line, unsigned index);
void px_line_start(px_line *line, unsigned index);
void px_line_break(px_line *line, unsigned index, px_line_fault fault);

/* Parts that left the line in the last minute. */
uint32_t px_line_rate(const px_line *line);

#endif
