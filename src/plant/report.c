/* SPDX-License-Identifier: Apache-2.0 */
#include "plant/report.h"

#include <stdio.h>

#include "base/json.h"

enum {
    STATE_SECONDS = 60, /* said again, so that whoever looks at an hour need not look before it */
    COUNTERS_SECONDS = 10, /* said at least so often */
    BEARING_SECONDS = 10,
    LEVEL_SECONDS = 10,
    RATE_SECONDS = 5,
};

void px_report_init(px_report *report, uint32_t speed)
{
    *report = (px_report){ .speed = speed, .all = true, .step = UINT64_MAX };
    px_buf_init(&report->json, 4096);
}

void px_report_release(px_report *report)
{
    px_buf_release(&report->json);
}

/* ---- one message ---- */

typedef struct message {
    px_report *report;
    px_json_writer w;
} message;

static message begin(px_report *report, px_time time)
{
    message m = { .report = report };

    px_buf_clear(&report->json);
    m.w = px_json_writer_of(&report->json);
    px_json_begin_object(&m.w);
    px_json_key(&m.w, PX_STR("$ts"));
    px_json_time(&m.w, time);
    return m;
}

static void put_word(message *m, const char *name, px_str word)
{
    px_json_key(&m->w, px_str_c(name));
    px_json_string(&m->w, word);
}

static void put_count(message *m, const char *name, uint64_t count)
{
    px_json_key(&m->w, px_str_c(name));
    px_json_uint(&m->w, count);
}

/* So many decimals of a number of thousandths. */
static void put_decimal(message *m, const char *name, int64_t thousandths, int8_t decimals)
{
    static const int64_t units[] = { 1000, 100, 10, 1 };
    int64_t half = thousandths < 0 ? -units[decimals] / 2 : units[decimals] / 2;

    px_json_key(&m->w, px_str_c(name));
    px_json_number(&m->w, (px_num){ .mantissa = (thousandths + half) / units[decimals],
                                    .exponent = (int8_t)-decimals });
}

static void end(message *m, const char *twin_id, bool reported, px_report_say *say, void *data)
{
    px_json_end_object(&m->w);
    if (m->report->json.status == PX_OK)
        say(data, twin_id, reported, px_buf_str(&m->report->json));
}

/* ---- what is due ---- */

/* Counts the wall's seconds; `index` spreads the units over them. */
static bool is_due(const px_report *report, const px_line *line, unsigned index, uint64_t seconds)
{
    uint64_t stride = (uint64_t)report->speed * PX_LINE_STEPS_PER_SECOND;
    uint64_t phase = stride * index / (PX_LINE_UNITS + 1);

    if (report->all)
        return true;
    return line->step != report->step && (line->step + phase) % (stride * seconds) == 0;
}

static void say_state(px_report *report, const px_line *line, unsigned i, px_time time,
                      px_report_say *say, void *data)
{
    const px_unit *unit = &line->units[i];
    px_report_unit *said = &report->units[i];
    message m;

    if (said->state == unit->state && said->reason == unit->reason && said->run == unit->run &&
        !is_due(report, line, i, STATE_SECONDS))
        return;
    *said = (px_report_unit){ unit->state, unit->reason, unit->run, said->total };
    m = begin(report, time);
    put_word(&m, "state", px_unit_state_word(unit->state));
    put_word(&m, "reason", px_unit_reason_word(unit->reason));
    px_json_key(&m.w, PX_STR("run"));
    px_json_bool(&m.w, unit->run);
    if (report->all)
        put_decimal(&m, "idealCycleTime", px_line_ideal_ms(i) / (int32_t)report->speed, 3);
    end(&m, px_line_unit_id(i), true, say, data);
}

static void say_unit(px_report *report, const px_line *line, unsigned i, px_time time,
                     px_report_say *say, void *data)
{
    const px_unit *unit = &line->units[i];
    px_report_unit *said = &report->units[i];
    message m;

    say_state(report, line, i, time, say, data);
    if (!is_due(report, line, i, 1))
        return;
    m = begin(report, time);
    if (said->total != unit->good + unit->reject || is_due(report, line, i, COUNTERS_SECONDS)) {
        said->total = unit->good + unit->reject;
        put_count(&m, "goodCount", unit->good);
        put_count(&m, "rejectCount", unit->reject);
        put_count(&m, "totalCount", said->total);
        if (unit->cycle_ms > 0)
            put_decimal(&m, "cycleTime", unit->cycle_ms / (int32_t)report->speed, 3);
    }
    put_decimal(&m, "power", unit->power_w, 2);
    if (is_due(report, line, i, BEARING_SECONDS)) {
        put_decimal(&m, "bearingTemperature", unit->temperature_mc, 1);
        put_decimal(&m, "vibrationRms", unit->vibration_um, 2);
    }
    end(&m, px_line_unit_id(i), false, say, data);
}

static void say_buffer(px_report *report, const px_line *line, unsigned i, px_time time,
                       px_report_say *say, void *data)
{
    message m;

    if (!is_due(report, line, PX_LINE_UNITS, 1) ||
        (report->levels[i] == line->levels[i] &&
         !is_due(report, line, PX_LINE_UNITS, LEVEL_SECONDS)))
        return;
    report->levels[i] = line->levels[i];
    m = begin(report, time);
    put_count(&m, "level", line->levels[i]);
    end(&m, px_line_buffer_id(i), false, say, data);
}

static void say_line(px_report *report, const px_line *line, px_time time, px_report_say *say,
                     void *data)
{
    char order[16];
    message m;

    if (report->all || report->order != line->order) {
        report->order = line->order;
        snprintf(order, sizeof(order), "WO-%u", 1000u + line->order);
        m = begin(report, time);
        put_word(&m, "orderId", px_str_c(order));
        end(&m, PX_LINE_ID, true, say, data);
    }
    if (!is_due(report, line, PX_LINE_UNITS, RATE_SECONDS))
        return;
    m = begin(report, time);
    put_count(&m, "rate", (uint64_t)px_line_rate(line) * report->speed);
    end(&m, PX_LINE_ID, false, say, data);
}

void px_report_turn(px_report *report, const px_line *line, px_time time, px_report_say *say,
                    void *data)
{
    for (unsigned i = 0; i < PX_LINE_UNITS; i++)
        say_unit(report, line, i, time, say, data);
    for (unsigned i = 0; i < PX_LINE_BUFFERS; i++)
        say_buffer(report, line, i, time, say, data);
    say_line(report, line, time, say, data);
    report->all = false;
    report->step = line->step;
}
