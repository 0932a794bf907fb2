/* SPDX-License-Identifier: Apache-2.0 */
#include "plant/report.h"

#include "base/json.h"

#include "px_test.h"

typedef struct heard {
    unsigned messages, reported, states, bearings;
    const char *only; /* the twin that `last` is kept of */
    char last[512], last_reported[512];
} heard;

static bool has(px_str json, const char *name)
{
    return memmem(json.ptr, json.len, name, strlen(name)) != NULL;
}

static void keep(char last[512], px_str json)
{
    CHECK(json.len < 512);
    memcpy(last, json.ptr, json.len);
    last[json.len] = 0;
}

static void hear(void *data, const char *twin_id, bool reported, px_str json)
{
    heard *h = data;
    px_json *root;
    px_err err;
    PX_AUTO_ARENA arena = { 0 };

    px_arena_init(&arena, 1 << 20);
    CHECK_OK(px_json_parse(json, NULL, &arena, &root, &err), &err);
    CHECK(px_json_get_text(root, PX_STR("$ts")).ptr != NULL);
    h->messages++;
    h->reported += reported;
    h->states += has(json, "\"state\"");
    h->bearings += has(json, "\"vibrationRms\"");
    if (h->only && strcmp(h->only, twin_id) == 0)
        keep(reported ? h->last_reported : h->last, json);
}

static void run_seconds(px_report *report, px_line *line, unsigned seconds, heard *h)
{
    for (unsigned i = 0; i < seconds * PX_LINE_STEPS_PER_SECOND; i++) {
        px_line_step(line);
        px_report_turn(report, line, (px_time)line->step * PX_LINE_STEP_MS * PX_MILLISECOND, hear,
                       h);
    }
}

PX_TEST(the_first_turn_says_everything)
{
    heard h = { .only = "cnc-01" };
    px_report report;
    px_line line;

    px_line_init(&line, 7);
    px_report_init(&report, 1);
    px_report_turn(&report, &line, 0, hear, &h);
    CHECK_EQ(h.messages, 2 * PX_LINE_UNITS + PX_LINE_BUFFERS + 2);
    CHECK_EQ(h.states, PX_LINE_UNITS);
    CHECK_STR(h.last_reported, "{\"$ts\":\"1970-01-01T00:00:00Z\",\"state\":\"running\","
                               "\"reason\":\"none\",\"run\":true,\"idealCycleTime\":2.400}");
    CHECK_STR(h.last, "{\"$ts\":\"1970-01-01T00:00:00Z\",\"goodCount\":0,\"rejectCount\":0,"
                      "\"totalCount\":0,\"power\":0.65,\"bearingTemperature\":56.0,"
                      "\"vibrationRms\":0.05}");
    px_report_release(&report);
}

PX_TEST(a_stop_is_said_at_once_and_once)
{
    heard h = { .only = "cnc-01" };
    px_report report;
    px_line line;
    unsigned states;

    px_line_init(&line, 7);
    px_report_init(&report, 1);
    px_report_turn(&report, &line, 0, hear, &h);
    px_line_stop(&line, 0);
    states = h.states;
    px_report_turn(&report, &line, PX_SECOND, hear, &h);
    CHECK_EQ(h.states, states + 1);
    CHECK_STR(h.last_reported, "{\"$ts\":\"1970-01-01T00:00:01Z\",\"state\":\"stopped\","
                               "\"reason\":\"operator\",\"run\":false}");
    px_report_turn(&report, &line, PX_SECOND, hear, &h);
    CHECK_EQ(h.states, states + 1);
    CHECK_EQ(h.messages, 2 * PX_LINE_UNITS + PX_LINE_BUFFERS + 2 + 1);
    px_report_release(&report);
}

PX_TEST(signals_come_at_their_rates)
{
    heard h = { 0 };
    px_report report;
    px_line line;

    px_line_init(&line, 7);
    px_report_init(&report, 1);
    px_report_turn(&report, &line, 0, hear, &h);
    h = (heard){ 0 };
    run_seconds(&report, &line, 60, &h);
    CHECK_EQ(h.bearings, 6 * PX_LINE_UNITS);
    /* power of each unit every second, the line's rate every five, and levels in between */
    CHECK(h.messages >= 60 * PX_LINE_UNITS + 12);
    CHECK(h.messages <= 60 * (PX_LINE_UNITS + PX_LINE_BUFFERS) + 12 + h.reported);
    px_report_release(&report);
}

PX_TEST(a_fast_plant_says_as_much_in_the_walls_second_and_shortens_its_cycles)
{
    heard h = { .only = "cnc-01" };
    px_report report;
    px_line line;

    px_line_init(&line, 7);
    px_report_init(&report, 10);
    px_report_turn(&report, &line, 0, hear, &h);
    CHECK(has(px_str_c(h.last_reported), "\"idealCycleTime\":0.240"));
    h.messages = h.reported = 0;
    run_seconds(&report, &line, 100, &h);
    CHECK(h.messages - h.reported >= 10 * PX_LINE_UNITS);
    CHECK(h.messages - h.reported <= 10 * (PX_LINE_UNITS + PX_LINE_BUFFERS) + 2);
    px_report_release(&report);
}

PX_TEST_MAIN()
