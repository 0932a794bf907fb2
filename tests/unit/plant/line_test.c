/* SPDX-License-Identifier: Apache-2.0 */
#include "plant/line.h"

#include "px_test.h"

enum { CNC, PRESS, ROBOT, OVEN, PACKER };

static void run_seconds(px_line *line, unsigned seconds)
{
    for (unsigned i = 0; i < seconds * PX_LINE_STEPS_PER_SECOND; i++)
        px_line_step(line);
}

static uint64_t total(const px_line *line, unsigned index)
{
    return line->units[index].good + line->units[index].reject;
}

/* Seconds that a unit spends in `state` while the line runs. */
static unsigned seconds_in(px_line *line, unsigned index, px_unit_state state, unsigned seconds)
{
    unsigned in = 0;

    for (unsigned i = 0; i < seconds; i++) {
        run_seconds(line, 1);
        in += line->units[index].state == state;
    }
    return in;
}

PX_TEST(the_same_seed_gives_the_same_line)
{
    px_line a, b, c;

    px_line_init(&a, 42);
    px_line_init(&b, 42);
    px_line_init(&c, 43);
    run_seconds(&a, 3600);
    run_seconds(&b, 3600);
    run_seconds(&c, 3600);
    for (unsigned i = 0; i < PX_LINE_UNITS; i++) {
        CHECK_EQ(a.units[i].random, b.units[i].random);
        CHECK_EQ(a.units[i].good, b.units[i].good);
        CHECK_EQ(a.units[i].vibration_um, b.units[i].vibration_um);
    }
    CHECK(a.units[PACKER].random != c.units[PACKER].random);
    CHECK(a.units[OVEN].reject != c.units[OVEN].reject || a.units[CNC].good != c.units[CNC].good);
}

PX_PROP(no_part_appears_or_vanishes, 30)
{
    px_line line;

    px_line_init(&line, px_gen_u64(gen));
    for (int round = 0; round < 200; round++) {
        unsigned unit = (unsigned)px_gen_below(gen, PX_LINE_UNITS);

        switch (px_gen_below(gen, 8)) {
        case 0:
            px_line_stop(&line, unit);
            break;
        case 1:
        case 2:
            px_line_start(&line, unit);
            break;
        case 3:
            px_line_break(&line, unit, (px_line_fault)px_gen_below(gen, 2));
            break;
        default:
            break;
        }
        run_seconds(&line, 1 + (unsigned)px_gen_below(gen, 30));
        for (unsigned i = 0; i < PX_LINE_BUFFERS; i++) {
            const px_unit *from = &line.units[i], *to = &line.units[i + 1];
            uint64_t in = from->good - from->part_done + PX_LINE_BUFFER_CAPACITY / 2;
            uint64_t out = to->good + to->reject + to->holds_part;

            CHECK_EQ(in - out, line.levels[i]);
            CHECK(line.levels[i] <= PX_LINE_BUFFER_CAPACITY);
        }
    }
}

PX_TEST(a_shift_shows_every_state_and_counts_scrap)
{
    unsigned seen[PX_UNIT_STATE_COUNT] = { 0 };
    px_line line;

    px_line_init(&line, 7);
    for (unsigned second = 0; second < 8 * 3600; second++) {
        run_seconds(&line, 1);
        for (unsigned i = 0; i < PX_LINE_UNITS; i++)
            seen[line.units[i].state]++;
    }
    for (unsigned s = 0; s < PX_UNIT_STATE_COUNT; s++)
        CHECK(seen[s] > 0);
    CHECK(seen[PX_UNIT_RUNNING] > 8 * 3600 * PX_LINE_UNITS * 3 / 4);
    for (unsigned i = 0; i < PX_LINE_UNITS; i++)
        CHECK(line.units[i].reject > 0);
    CHECK(line.order > 10);
}

PX_TEST(a_stopped_unit_starves_the_next_and_blocks_the_one_before)
{
    uint64_t before;
    px_line line;

    px_line_init(&line, 1);
    run_seconds(&line, 60);
    px_line_stop(&line, ROBOT);
    CHECK_EQ(line.units[ROBOT].state, PX_UNIT_STOPPED);
    CHECK_EQ(line.units[ROBOT].reason, PX_REASON_OPERATOR);
    before = total(&line, ROBOT);
    CHECK(seconds_in(&line, PRESS, PX_UNIT_BLOCKED, 180) > 60);
    CHECK_EQ(line.units[PRESS].reason, PX_REASON_OUTPUT_FULL);
    CHECK_EQ(line.levels[1], PX_LINE_BUFFER_CAPACITY);
    CHECK_EQ(line.units[OVEN].state, PX_UNIT_STARVED);
    CHECK_EQ(line.units[OVEN].reason, PX_REASON_NO_INPUT);
    CHECK_EQ(line.levels[2], 0);
    CHECK_EQ(total(&line, ROBOT), before);
}

PX_TEST(a_started_unit_runs_again_and_the_line_recovers)
{
    uint64_t before;
    px_line line;

    px_line_init(&line, 1);
    px_line_stop(&line, ROBOT);
    run_seconds(&line, 300);
    CHECK_EQ(px_line_rate(&line), 0);
    before = total(&line, PACKER);
    px_line_start(&line, ROBOT);
    CHECK_EQ(line.units[ROBOT].state, PX_UNIT_RUNNING);
    CHECK(line.units[ROBOT].run);
    run_seconds(&line, 300);
    CHECK(total(&line, PACKER) > before + 60);
    CHECK(px_line_rate(&line) > 5);
}

PX_TEST(an_injected_stop_is_a_fault_that_a_start_clears)
{
    px_line line;

    px_line_init(&line, 3);
    px_line_break(&line, OVEN, PX_LINE_FAULT_STOP);
    CHECK_EQ(line.units[OVEN].state, PX_UNIT_FAULT);
    CHECK_EQ(line.units[OVEN].reason, PX_REASON_DRIVE);
    run_seconds(&line, 60);
    CHECK_EQ(line.units[OVEN].state, PX_UNIT_FAULT);
    px_line_start(&line, OVEN);
    CHECK_EQ(line.units[OVEN].state, PX_UNIT_RUNNING);
}

PX_TEST(an_injected_stop_is_repaired_after_five_minutes)
{
    px_line line;

    px_line_init(&line, 3);
    px_line_break(&line, CNC, PX_LINE_FAULT_STOP);
    run_seconds(&line, 299);
    CHECK_EQ(line.units[CNC].state, PX_UNIT_FAULT);
    run_seconds(&line, 2);
    CHECK(line.units[CNC].state != PX_UNIT_FAULT);
}

PX_TEST(a_wearing_bearing_shakes_and_warms_until_it_fails)
{
    int32_t vibration, temperature, seen_max = 0;
    px_line line;

    px_line_init(&line, 11);
    run_seconds(&line, 600);
    vibration = line.units[CNC].vibration_um;
    temperature = line.units[CNC].temperature_mc;
    px_line_break(&line, CNC, PX_LINE_FAULT_BEARING);
    for (unsigned second = 0; second < 1800 && line.units[CNC].reason != PX_REASON_BEARING;
         second++) {
        run_seconds(&line, 1);
        if (line.units[CNC].vibration_um > seen_max)
            seen_max = line.units[CNC].vibration_um;
    }
    CHECK_EQ(line.units[CNC].state, PX_UNIT_FAULT);
    CHECK_EQ(line.units[CNC].reason, PX_REASON_BEARING);
    CHECK(seen_max > vibration + 7000);
    CHECK(line.units[CNC].temperature_mc > temperature + 10000);
    run_seconds(&line, 700);
    CHECK(line.units[CNC].reason != PX_REASON_BEARING);
    CHECK(line.units[CNC].vibration_um < 3000);
}

PX_TEST(a_start_mends_a_bearing_before_it_fails)
{
    px_line line;

    px_line_init(&line, 11);
    px_line_break(&line, PRESS, PX_LINE_FAULT_BEARING);
    run_seconds(&line, 400);
    CHECK(line.units[PRESS].wear_ppm > 0);
    px_line_start(&line, PRESS);
    CHECK_EQ(line.units[PRESS].wear_ppm, 0);
    CHECK(!line.units[PRESS].wears);
}

PX_TEST(slow_cycles_are_seen_in_the_cycle_time_and_not_in_the_state)
{
    unsigned slow = 0;
    px_line line;

    px_line_init(&line, 5);
    for (unsigned second = 0; second < 4 * 3600; second++) {
        run_seconds(&line, 1);
        slow += line.units[CNC].state == PX_UNIT_RUNNING && line.units[CNC].slow_parts > 0 &&
                line.units[CNC].cycle_ms > px_line_ideal_ms(CNC) * 11 / 10;
    }
    CHECK(slow > 60);
}

PX_TEST(units_are_found_by_their_ids)
{
    CHECK_EQ(px_line_unit_find(PX_STR("oven-01")), OVEN);
    CHECK_EQ(px_line_unit_find(PX_STR("oven-02")), PX_LINE_UNITS);
    CHECK_STR(px_line_unit_id(PACKER), "packer-01");
    CHECK_STR(px_line_buffer_id(3), "buffer-04");
    CHECK_SLICE(px_unit_state_word(PX_UNIT_SETUP), "setup");
    CHECK_SLICE(px_unit_reason_word(PX_REASON_TOOL_CHANGE), "toolChange");
}

PX_TEST_MAIN()
