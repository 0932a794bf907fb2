/* SPDX-License-Identifier: Apache-2.0 */
#include "plant/series.h"

void px_put_thousandths(px_buf *buf, int32_t thousandths, unsigned decimals)
{
    static const int32_t units[] = { 1000, 100, 10, 1 };
    int64_t size = thousandths < 0 ? -(int64_t)thousandths : thousandths, rounded, whole = 1;

    px_assert(decimals <= 3);
    rounded = (size + units[decimals] / 2) / units[decimals];
    for (unsigned i = 0; i < decimals; i++)
        whole *= 10;
    if (thousandths < 0 && rounded > 0)
        px_put_char(buf, '-');
    px_putf(buf, "%lld", (long long)(rounded / whole));
    if (decimals > 0)
        px_putf(buf, ".%0*lld", (int)decimals, (long long)(rounded % whole));
}

void px_put_series_head(px_buf *buf)
{
    static const char *const columns[] = { "state",       "reason",
                                           "good",        "reject",
                                           "total",       "cycleTime",
                                           "power",       "bearingTemperature",
                                           "vibrationRms" };

    px_put_c(buf, "second");
    for (unsigned i = 0; i < PX_LINE_UNITS; i++) {
        for (size_t c = 0; c < sizeof(columns) / sizeof(columns[0]); c++)
            px_putf(buf, ",%s.%s", px_line_unit_id(i), columns[c]);
        if (i < PX_LINE_BUFFERS)
            px_putf(buf, ",%s.level", px_line_buffer_id(i));
    }
    px_put_c(buf, "," PX_LINE_ID ".rate\n");
}

static void put_unit(px_buf *buf, const px_unit *unit)
{
    px_putf(buf, ",%.*s,%.*s,%llu,%llu,%llu,", PX_FMT(px_unit_state_word(unit->state)),
            PX_FMT(px_unit_reason_word(unit->reason)), (unsigned long long)unit->good,
            (unsigned long long)unit->reject, (unsigned long long)(unit->good + unit->reject));
    px_put_thousandths(buf, unit->cycle_ms, 3);
    px_put_char(buf, ',');
    px_put_thousandths(buf, unit->power_w, 2);
    px_put_char(buf, ',');
    px_put_thousandths(buf, unit->temperature_mc, 1);
    px_put_char(buf, ',');
    px_put_thousandths(buf, unit->vibration_um, 2);
}

void px_put_series_row(px_buf *buf, const px_line *line)
{
    px_putf(buf, "%llu", (unsigned long long)(line->step / PX_LINE_STEPS_PER_SECOND));
    for (unsigned i = 0; i < PX_LINE_UNITS; i++) {
        put_unit(buf, &line->units[i]);
        if (i < PX_LINE_BUFFERS)
            px_putf(buf, ",%u", line->levels[i]);
    }
    px_putf(buf, ",%u\n", px_line_rate(line));
}
