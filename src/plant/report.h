/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What the plant says of itself: the line as messages of its twins, each when it is due.
 *
 * State, reason and run are said when they change and every minute, the order when it changes;
 * counters and levels when they change, at most once a second, and at least every ten; power every
 * second, bearing and line rate every ten and five. The units take turns within the second. Every
 * message carries its time in `$ts`.
 *
 * Pure. Threads: one at a time.
 */
#ifndef PX_PLANT_REPORT_H
#define PX_PLANT_REPORT_H

#include "base/buf.h"
#include "base/time.h"
#include "plant/line.h"

/* One object of JSON about a twin, borrowed for the call. `reported`: properties only. */
typedef void px_report_say(void *data, const char *twin_id, bool reported, px_str json);

typedef struct px_report_unit {
    px_unit_state state;
    px_unit_reason reason;
    bool run;
    uint64_t total;
} px_report_unit;

typedef struct px_report {
    uint32_t speed; /* seconds of the model in one of the wall's: cycle times are divided by it */
    bool all;       /* the next turn says everything */
    uint64_t step;  /* of the last turn: what is due at a step is said once */
    px_report_unit units[PX_LINE_UNITS];
    uint8_t levels[PX_LINE_BUFFERS];
    uint16_t order;
    px_buf json;
} px_report;

/* `speed` is 1 or more. */
void px_report_init(px_report *report, uint32_t speed);
void px_report_release(px_report *report);

/* After each step, with the time at which it is true: says what is due. After an order by hand,
 * too: what it changed is due at once. */
void px_report_turn(px_report *report, const px_line *line, px_time time, px_report_say *say,
                    void *data);

#endif
