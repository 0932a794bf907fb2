/* SPDX-License-Identifier: Apache-2.0 */
/* What is proposed from samples; on recorded data held against what a person made of each column.
 */
#include "cli/propose.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "px_test.h"

static px_propose p;
static px_err err;

static void begin(const char *name, const char *text)
{
    px_propose_init(&p);
    CHECK_OK(px_propose_file(&p, px_str_c(name), px_str_c(text), &err), &err);
    CHECK_OK(px_propose_settle(&p, &err), &err);
}

static const char *guesses(void)
{
    static char told[512];
    size_t len = 0;

    told[0] = '\0';
    for (size_t i = 0; i < p.column_count; i++)
        len += (size_t)snprintf(told + len, sizeof(told) - len, "%s%.*s:%s", i ? " " : "",
                                PX_FMT(p.columns[i].name), px_guess_name(p.columns[i].guess));
    return told;
}

static const char *proposal(void)
{
    static char told[4096];
    px_propose_opts opts = { 0 };
    px_buf buf = { 0 };

    px_put_proposal(&buf, &p, &opts);
    snprintf(told, sizeof(told), "%s", buf.ptr);
    px_buf_release(&buf);
    px_propose_release(&p);
    return told;
}

PX_TEST(columns_of_csv_are_told_by_values_and_names)
{
    begin("a.csv", "time,n,big,x,ok,kind,note,day,Temp [K],power_kW,flag\n"
                   "2026-11-01 12:00:00,1,9999999999,1.5,true,a,one,2026-11-01,300,2,1\n"
                   "2026-11-01 12:00:01,2,1,2,false,b,two,2026-11-02,301,3,0\n"
                   "2026-11-01 12:00:02,3,1,,false,a,three,2026-11-03,302,4,0\n"
                   "2026-11-01 12:00:03,3,1,1e3,false,a,four,2026-11-03,302,4,0\n");
    CHECK_STR(guesses(), "time:dateTime n:integer big:long x:double ok:boolean kind:enum "
                         "note:string day:date Temp [K]:double power_kW:double flag:boolean");
    CHECK_STR(p.columns[8].unit->unit, "kelvin");
    CHECK_SLICE(p.columns[8].property, "Temp");
    CHECK_STR(p.columns[9].unit->unit, "kilowatt");
    CHECK_EQ(p.time_column, 0);
    px_propose_release(&p);
}

PX_TEST(recorded_messages_give_a_topic_pattern_and_pointers)
{
    begin("r.ndjson", "{\"topic\":\"f/l1/m1/"
                      "data\",\"payload\":{\"ts\":1793534400000,\"a\":{\"temp_degC\":21.5}}}\n"
                      "{\"topic\":\"f/l1/m2/"
                      "data\",\"payload\":\"{\\\"ts\\\":1793534401000,\\\"on\\\":true}\"}\n");
    CHECK_STR(
        proposal(),
        "{\"model\":{\"@context\":[\"dtmi:dtdl:context;3\",\"dtmi:dtdl:extension:"
        "quantitativeTypes;1\"],\"@id\":\"dtmi:example:r;1\",\"@type\":\"Interface\","
        "\"contents\":[{\"@type\":[\"Property\",\"Temperature\"],\"name\":\"a_temp\","
        "\"displayName\":\"/a/temp_degC\",\"schema\":\"double\",\"unit\":\"degreeCelsius\"},"
        "{\"@type\":\"Property\",\"name\":\"on\",\"displayName\":\"/on\",\"schema\":\"boolean\"}]},"
        "\"binding\":{\"source\":{\"mqtt\":\"f/l1/{level3}/data\"},\"twin\":\"{level3}\","
        "\"time\":{\"from\":\"/ts\"},\"fields\":[{\"from\":\"/a/temp_degC\",\"to\":\"a_temp\","
        "\"unit\":\"degreeCelsius\"},{\"from\":\"/on\",\"to\":\"on\"}]}}");
}

PX_TEST(a_unix_time_is_the_time_by_its_name_and_size)
{
    static const struct {
        const char *file, *text, *time;
    } cases[] = {
        { "a.csv", "n,time\n1,1795981000\n2,1795981001\n", "time" },
        { "a.csv", "timestamp,v\n1795981000000,1\n", "timestamp" },
        { "a.csv", "ts;v\n1795981000,5;1\n", NULL },
        { "a.csv", "ts,v\n1795981000.25,1\n1795981001,1\n", "ts" },
        { "a.csv", "DateTime,v\n1795981000000000,1\n", "DateTime" },
        { "a.csv", "date,v\n1795981000000000000,1\n", "date" },
        { "a.csv", "startTime,v\n631152000,1\n4102444799,1\n", "startTime" },
        { "a.csv", "timestamp_ms,v\n1795981000000,1\n", "timestamp_ms" },
        { "a.csv", "time [s],v\n1795981000,1\n", "time [s]" },
        { "a.json", "{\"ts\":1795981000,\"v\":1}", "/ts" },
        { "a.json", "{\"d\":{\"t\":1795981000},\"v\":1}", "/d/t" },
        { "a.json", "{\"updatetimes\":1795981000000,\"v\":1}", "/updatetimes" },
        { "a.csv", "ts,v\n1795981000,1\nn/a,1\n", "ts" },
        { "a.csv", "ts,v\n1795981000,1\nx,1\n", NULL },
        /* before 1990 and after 2099, a day and a minute in digits */
        { "a.csv", "time,v\n631151999,1\n", NULL },
        { "a.csv", "time,v\n4102444800,1\n", NULL },
        { "a.csv", "date,v\n20261129,1\n", NULL },
        { "a.csv", "date,v\n202611291200,1\n", NULL },
        { "a.csv", "time,v\n1795981000,1\n12,1\n", NULL },
        /* called otherwise */
        { "a.csv", "serial,v\n1795981000,1\n", NULL },
        { "a.csv", "runtime,v\n1795981000,1\n", NULL },
        { "a.json", "{\"candidate\":1795981000,\"v\":1}", NULL },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        begin(cases[i].file, cases[i].text);
        CHECK_SLICE(p.time_column == SIZE_MAX ? PX_STR("-") : p.columns[p.time_column].name,
                    cases[i].time ? cases[i].time : "-");
        px_propose_release(&p);
    }
    begin("a.csv", "serial,time\n1795981000,12\n1795981001,13\n");
    CHECK_STR(guesses(), "serial:integer time:integer");
    CHECK_EQ(p.time_named, 1);
    px_propose_release(&p);
    begin("a.csv", "v,time\n1,1795981000\n");
    CHECK(strstr(proposal(), "\"time\":{\"from\":\"time\"},\"fields\":[{\"from\":\"v\"") != NULL);
}

PX_TEST(of_several_sorts_the_type_is_that_of_the_most_and_the_odd_value_has_its_line)
{
    static const struct {
        const char *file, *text, *guess, *odd;
        int count, line;
    } cases[] = {
        { "a.json", "{\"t\":21.5}\n{\"t\":22.5}\n\n{\"t\":\"warm\"}\n{\"t\":23.5}\n", "/t:double",
          "warm", 1, 4 },
        { "a.csv", "t\n21.5\nn/a\n", "t:double", "n/a", 1, 3 },
        { "a.csv", "t\n21.5\nn/a\n21.5\nn/a\nn/a\n21.5\n", "t:double", "n/a", 3, 3 },
        { "a.csv", "21.5,1\n22,1\noff,1\n23,1\n", "c1:double c2:boolean", "off", 1, 3 },
        { "a.csv", "n\n1\n2\nx\n1\n1\n2\n", "n:integer", "x", 1, 4 },
        { "a.csv", "n\n1\n2\nx\n1\n1\nx\n", "n:enum", NULL, 0, 0 }, /* labels */
        { "a.csv", "n\n1\n2\nA3\n4\n5\nA6\n", "n:string", NULL, 0, 0 },
        { "a.csv", "temp\n1\n2\nx\n1\n1\nx\n", "temp:double", "x", 2, 4 }, /* but measured */
        { "a.csv", "s\na\nb\n7\nc\nd\n", "s:string", "7", 1, 4 },
        { "a.csv", "s\na\nb\n7\na\nb\na\n", "s:enum", "7", 1, 4 },
        { "a.csv", "s\na\nn/a\na\nb\nb\na\n", "s:enum", NULL, 0, 0 },
        { "a.csv", "b\ntrue\nmaybe\nfalse\ntrue\n", "b:boolean", "maybe", 1, 3 },
        { "a.csv", "b\ntrue\n0\n1\n", "b:boolean", NULL, 0, 0 },
        { "a.json", "{\"b\":true}\n{\"b\":1}\n{\"b\":false}\n", "/b:boolean", "1", 1, 2 },
        { "a.csv", "d\n2026-11-01\n-\n2026-11-02\n", "d:date", "-", 1, 3 },
        { "a.csv", "d\n?\n2026-11-01T12:00:00Z\nx\n2026-11-01T12:00:00Z\n2026-11-01T12:00:00Z\n",
          "d:dateTime", "?", 2, 2 },
        { "a.json", "{\"t\":1}\n{\"t\":\"x\"}\n", "/t:string", "1", 1, 1 },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const px_propose_column *c;

        begin(cases[i].file, cases[i].text);
        c = &p.columns[0];
        CHECK_STR(guesses(), cases[i].guess);
        CHECK_EQ(c->odd, cases[i].count);
        if (cases[i].odd) {
            CHECK_SLICE(c->first->text, cases[i].odd);
            CHECK_SLICE(c->first->file, cases[i].file);
            CHECK_EQ(c->first->line, cases[i].line);
        }
        px_propose_release(&p);
    }
}

PX_TEST(words_of_an_enum_are_all_that_came_and_an_odd_one_hides_no_form_of_time)
{
    begin("a.json", "{\"s\":\"x\"}\n{\"s\":7}\n{\"s\":7}\n{\"s\":\"x\"}\n");
    CHECK(strstr(proposal(), "{\"name\":\"v2_7\",\"displayName\":\"7\",\"enumValue\":\"7\"}") !=
          NULL);
    begin("a.csv", "time,v\nTBD,1\n2026-11-01 12:00:00,1\n2026-11-01 12:00:01,2\n");
    CHECK(strstr(proposal(), "\"time\":{\"from\":\"time\",\"form\":\"utc\"}") != NULL);
}

PX_TEST(one_letter_is_a_unit_behind_the_name_of_its_quantity)
{
    static const struct {
        const char *name, *unit;
    } cases[] = { { "temp_C", "degreeCelsius" },
                  { "oil.temperature_F", "degreeFahrenheit" },
                  { "power_W", "watt" },
                  { "phase_A", NULL },
                  { "temp_W", NULL },
                  { "height_m", "metre" },
                  { "x_C", NULL },
                  { "C", NULL },
                  { "power_", NULL } };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        px_str rest;
        const px_unit_word *unit = px_unit_of_name(px_str_c(cases[i].name), &rest);

        CHECK_STR(unit ? unit->unit : "-", cases[i].unit ? cases[i].unit : "-");
    }
}

PX_TEST(a_message_that_is_one_value_is_called_by_its_topic)
{
    begin("r.ndjson", "{\"topic\":\"m/a/temp_degC\",\"payload\":\"21.5\"}\n"
                      "{\"topic\":\"m/b/temp_degC\",\"payload\":22}\n");
    CHECK(strstr(proposal(), "\"source\":{\"mqtt\":\"m/{level2}/temp_degC\"},\"twin\":\"{level2}\","
                             "\"fields\":[{\"from\":\"\",\"to\":\"temp\",\"unit\":"
                             "\"degreeCelsius\"}]") != NULL);
}

PX_TEST(arrays_of_values_are_counted_and_a_bad_line_has_its_number)
{
    begin("r.ndjson", "{\"v\":1,\"a\":{\"list\":[1,2]}}\n{\"v\":2,\"a\":{\"list\":[]}}\n");
    CHECK_EQ(p.arrays, 1);
    CHECK_SLICE(p.first_array, "/a/list");
    CHECK_EQ(p.column_count, 1);
    px_propose_release(&p);

    px_propose_init(&p);
    CHECK_EQ(px_propose_file(&p, PX_STR("r.ndjson"),
                             PX_STR("{\"v\":1}\n\nhall/oven/state {\"v\":1}\n"), &err),
             PX_INVALID);
    CHECK_STR(err.id, "propose.line");
    CHECK_EQ(err.line, 3);
    CHECK(strstr(err.text, "mosquitto_sub -F %J") != NULL);
    px_propose_release(&p);
    px_propose_init(&p);
    CHECK_EQ(px_propose_file(&p, PX_STR("r.ndjson"), PX_STR("{\"v\":1}\n{\"v\":x}\n"), &err),
             PX_INVALID);
    CHECK_EQ(err.line, 2);
    CHECK_EQ(err.column, 6);
    px_propose_release(&p);
}

PX_TEST(an_array_of_objects_becomes_rows)
{
    begin("r.json", "{\"id\":\"x\",\"values\":[{\"v\":1},{\"v\":2.5}]}");
    CHECK_STR(guesses(), "/id:string /v:double");
    CHECK_SLICE(p.rows_pointer, "/values");
    CHECK_EQ(p.rows, 2);
    px_propose_release(&p);
}

PX_TEST(files_of_one_kind_add_up_and_of_another_are_refused)
{
    px_propose_init(&p);
    CHECK_OK(px_propose_file(&p, PX_STR("a.csv"), PX_STR("x\n1\n"), &err), &err);
    CHECK_OK(px_propose_file(&p, PX_STR("b.csv"), PX_STR("x\n1.5\n"), &err), &err);
    CHECK_EQ(px_propose_file(&p, PX_STR("c.csv"), PX_STR("y,z\n1,2\n"), &err), PX_INVALID);
    CHECK_STR(err.id, "propose.columns");
    CHECK_EQ(px_propose_file(&p, PX_STR("d.ndjson"), PX_STR("{\"x\":1}"), &err), PX_INVALID);
    CHECK_STR(err.id, "propose.forms");
    CHECK_STR(err.text,
              "'a.csv' is CSV and 'd.ndjson' is lines of JSON, and a binding reads one of "
              "them; give them one after the other");
    px_propose_release(&p);
    px_propose_init(&p);
    CHECK_OK(px_propose_file(&p, PX_STR("a.ndjson"), PX_STR("{\"x\":1}"), &err), &err);
    CHECK_EQ(px_propose_file(&p, PX_STR("b.csv"), PX_STR("x\n1\n"), &err), PX_INVALID);
    CHECK(strstr(err.text, "'b.csv' is CSV and 'a.ndjson' is lines") != NULL);
    px_propose_release(&p);
    px_propose_init(&p);
    CHECK_EQ(px_propose_file(&p, PX_STR("c.csv"), PX_STR(""), &err), PX_INVALID);
    CHECK_EQ(px_propose_file(&p, PX_STR("c.json"), PX_STR("{"), &err), PX_INVALID);
    px_propose_release(&p);
}

PX_TEST(a_file_without_a_head_line_is_told_from_one_with_numbers_for_names)
{
    begin("a.csv", "0.5,1\n0.7,0\n");
    CHECK_STR(guesses(), "c1:double c2:boolean");
    CHECK(strstr(proposal(), "\"columns\":[\"c1\",\"c2\"]") != NULL);
    begin("a.csv", "773869,767542\n64.38,67.12\n");
    CHECK_STR(guesses(), "773869:double 767542:double");
    px_propose_release(&p);
}

PX_TEST(as_many_columns_are_taken_as_the_limit)
{
    px_buf text = { 0 };

    for (int over = 0; over < 2; over++) {
        px_buf_clear(&text);
        px_put_c(&text, "{");
        for (int i = 0; i < PX_PROPOSE_COLUMNS_MAX + over; i++)
            px_putf(&text, "%s\"k%d\":1", i ? "," : "", i);
        px_put_c(&text, "}");
        px_propose_init(&p);
        CHECK_EQ(px_propose_file(&p, PX_STR("a.json"), px_buf_str(&text), &err),
                 over ? PX_TOO_LARGE : PX_OK);
        px_propose_release(&p);
    }
    px_buf_release(&text);
}

/* ---- recorded data ---- */

/*
 * What each column is, in their order, decided by reading the files and what their sources say of
 * them, not by any rule of the program: what is measured is a double whether its readings came
 * whole or not, what is counted or numbered an integer, on and off a boolean.
 */
static const struct {
    const char *family, *file, *truth;
} samples[] = {
    { "skab", "series/manufacturing/skab/anomaly-free/anomaly-free.csv", "1dateTime 8double" },
    { "skab", "series/manufacturing/skab/other/1.csv", "1dateTime 8double 2boolean" },
    { "skab", "series/manufacturing/skab/other/13.csv", "1dateTime 8double 2boolean" },
    { "skab", "series/manufacturing/skab/valve1/2.csv", "1dateTime 8double 2boolean" },
    /* UDI, product id, quality L M H; two temperatures, rpm, Nm, minutes of wear; six failures */
    { "ai4i", "series/manufacturing/ai4i2020_even.csv", "1integer 1string 1enum 5double 6boolean" },
    /* four axes; number of the program, of its line; feed rate; step, verdict */
    { "cnc", "series/manufacturing/cnc_mill/experiment_01.csv", "44double 2integer 1double 2enum" },
    { "cnc", "series/manufacturing/cnc_mill/experiment_04.csv", "44double 2integer 1double 2enum" },
    { "cnc", "series/manufacturing/cnc_mill/experiment_09.csv", "44double 2integer 1double 2enum" },
    /* 41 measurements and 11 settings of valves in percent */
    { "tep", "series/manufacturing/tep/d00_te.csv", "52double" },
    { "tep", "series/manufacturing/tep/d01_te.csv", "52double" },
    { "ett", "series/energy/ETTh1.csv", "1dateTime 7double" },
    { "la_speed", "series/transport/la_speed_even.csv", "104double" },
    /* a row's number; pressures, temperature, current; eight digital signals */
    { "metropt", "series/transport/metropt3_head1000.csv", "1integer 1dateTime 7double 8boolean" },
    /* month, provider, type of department (1, 2, other), three counts */
    { "ae", "series/healthcare/ae_attendances_even.csv", "1date 1string 1enum 3integer" },
    { "ecg", "series/healthcare/ecg_mba805_first50k.csv", "1double 1boolean" },
    { "nab", "series/nab/data/artificialNoAnomaly/art_daily_no_noise.csv", "1dateTime 1double" },
    { "nab", "series/nab/data/realKnownCause/ambient_temperature_system_failure.csv",
      "1dateTime 1double" },
    { "nab", "series/nab/data/realKnownCause/nyc_taxi.csv", "1dateTime 1integer" },
    { "nab", "series/nab/data/realKnownCause/rogue_agent_key_updown.csv", "1dateTime 1double" },
    { "nab", "series/nab/data/realTweets/Twitter_volume_AAPL.csv", "1dateTime 1integer" },
    { "nab", "series/nab/data/realTraffic/occupancy_6005.csv", "1dateTime 1double" },
    { "nab", "series/nab/data/realTraffic/speed_6005.csv", "1dateTime 1double" },
    { "nab", "series/nab/data/realTraffic/TravelTime_387.csv", "1dateTime 1double" },
    { "nab", "series/nab/data/realAdExchange/exchange-2_cpc_results.csv", "1dateTime 1double" },
    { "nab", "series/nab/data/realAWSCloudwatch/ec2_cpu_utilization_24ae8d.csv",
      "1dateTime 1double" },
    { "nab", "series/nab/data/realAWSCloudwatch/rds_cpu_utilization_e47b3b.csv",
      "1dateTime 1double" },
};

enum { SAMPLES = sizeof(samples) / sizeof(samples[0]) };

typedef struct score {
    int columns, right;
} score;

/* The next type of "8double 2boolean", counted down in `*left`. */
static const char *next_truth(const char **truth, long *left, char word[16])
{
    if (*left == 0) {
        char *end;
        int len = 0;

        *left = strtol(*truth, &end, 10);
        while (isalpha((unsigned char)end[len]) && len < 15) {
            word[len] = end[len];
            len++;
        }
        word[len] = '\0';
        *truth = end + len + (end[len] == ' ');
    }
    --*left;
    return word;
}

static void hold_against(size_t sample, score *s)
{
    const char *truth = samples[sample].truth;
    char word[16] = "";
    long left = 0;

    for (size_t i = 0; i < p.column_count; i++) {
        const char *guess = px_guess_name(p.columns[i].guess);
        const char *wanted = next_truth(&truth, &left, word);

        s->columns++;
        s->right += strcmp(guess, wanted) == 0;
        if (strcmp(guess, wanted) != 0)
            printf("  %s: '%.*s' is %s, and was taken for %s\n", samples[sample].file,
                   PX_FMT(p.columns[i].name), wanted, guess);
    }
    if (left || *truth)
        fail_msg("%s has %zu columns, and the truth more", samples[sample].file, p.column_count);
}

PX_TEST(nine_in_ten_columns_of_recorded_data_get_the_right_type)
{
    score all = { 0 }, family = { 0 };

    for (size_t i = 0; i < SAMPLES; i++) {
        px_str text = px_test_read_file(px_test_shared(samples[i].file));

        px_propose_init(&p);
        CHECK_OK(px_propose_file(&p, px_str_c(samples[i].file), text, &err), &err);
        CHECK_OK(px_propose_settle(&p, &err), &err);
        hold_against(i, &family);
        px_propose_release(&p);
        px_free((char *)(uintptr_t)text.ptr);
        if (i + 1 < SAMPLES && strcmp(samples[i + 1].family, samples[i].family) == 0)
            continue;
        printf("%-9s %3d of %3d columns right\n", samples[i].family, family.right, family.columns);
        all.columns += family.columns;
        all.right += family.right;
        family = (score){ 0 };
    }
    printf("all       %3d of %3d columns right: %.1f %%\n", all.right, all.columns,
           100.0 * all.right / all.columns);
    CHECK(all.columns > 300);
    CHECK(10 * all.right >= 9 * all.columns);
}

PX_TEST_MAIN()
