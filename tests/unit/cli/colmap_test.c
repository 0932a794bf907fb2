/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/colmap.h"
#include "px_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const px_str header[] = {
    { "datetime", 8 }, { "Volume Flow RateRMS", 19 }, { "Pressure", 8 }, { "anomaly", 7 }
};

/* The bound columns as "name,-,name:kind"; or the sentence of the refusal. */
static px_buf bind(const char *first, const char *second)
{
    px_colmap map;
    px_column *columns;
    px_buf out = { 0 };
    px_err err = { 0 };
    px_status status = PX_OK;

    px_colmap_init(&map);
    if (first)
        status = px_colmap_add(&map, px_str_c(first), &err);
    if (status == PX_OK && second)
        status = px_colmap_add(&map, px_str_c(second), &err);
    if (status == PX_OK)
        status = px_colmap_bind(&map, header, 4, 0, &columns, &err);
    for (size_t i = 0; status == PX_OK && i < 4; i++)
        px_putf(&out, "%s%.*s%s", i ? "," : "",
                PX_FMT(columns[i].property.len ? columns[i].property : PX_STR("-")),
                columns[i].kind == PX_CELL_TEXT ? ":text" : "");
    if (status != PX_OK)
        px_put_c(&out, err.text);
    px_colmap_release(&map);
    return out;
}

static void check(const char *first, const char *second, const char *wanted)
{
    px_buf out = bind(first, second);

    CHECK_STR(out.ptr, wanted);
    px_buf_release(&out);
}

PX_TEST(nothing_given_takes_every_column_but_the_time)
{
    check(NULL, NULL, "-,Volume_Flow_RateRMS,Pressure,anomaly");
    check("auto", NULL, "-,Volume_Flow_RateRMS,Pressure,anomaly");
}

PX_TEST(a_column_can_be_left_out)
{
    check("-anomaly", NULL, "-,Volume_Flow_RateRMS,Pressure,-");
    check("auto, -anomaly", "-Pressure", "-,Volume_Flow_RateRMS,-,-");
}

PX_TEST(named_columns_are_the_only_ones_unless_auto_is_said)
{
    check("Pressure=p", NULL, "-,-,p,-");
    check("auto,Pressure=p:text", NULL, "-,Volume_Flow_RateRMS,p:text,anomaly");
}

PX_TEST(a_mistyped_column_is_answered_with_the_nearest)
{
    check("Presure=p", NULL, "the file has no column 'Presure'; did you mean 'Pressure'?");
}

PX_TEST(two_columns_cannot_become_one_property)
{
    check("Pressure=p,anomaly=p", NULL,
          "the columns 'Pressure' and 'anomaly' both become the property p");
}

PX_TEST(bad_items_are_refused)
{
    check("Pressure", NULL, "the map item 'Pressure' is none of auto, -column, column=property");
    check("Pressure=p:int", NULL,
          "the kind 'int' in the map is none of number, text, boolean, auto");
    check("Pressure=2p", NULL,
          "'2p' is no property name: letters, digits and underscores, a letter first, no "
          "underscore last");
    check("-Pressure,-anomaly,-Volume Flow RateRMS", NULL, "the map leaves no column to send");
}

PX_TEST(a_map_can_be_a_file)
{
    char path[] = "/tmp/px_colmap_XXXXXX", spec[64];
    int fd = mkstemp(path);
    const char text[] = "# flow only\r\nVolume Flow RateRMS = flow\r\n\r\nPressure=p:text\n";

    CHECK(fd >= 0);
    CHECK_EQ(write(fd, text, sizeof(text) - 1), (ssize_t)sizeof(text) - 1);
    close(fd);
    snprintf(spec, sizeof(spec), "@%s", path);
    check(spec, NULL, "-,flow,p:text,-");
    unlink(path);
}

static void check_name(const char *column, const char *wanted)
{
    px_buf out = { 0 };

    px_put_property_name(&out, px_str_c(column), 2);
    CHECK_STR(out.ptr, wanted);
    px_buf_release(&out);
}

PX_TEST(a_property_name_is_made_from_any_column_name)
{
    check_name("Volume Flow RateRMS", "Volume_Flow_RateRMS");
    check_name("M_CURRENT__FEED", "M_CURRENT__FEED");
    check_name("Temp (\xC2\xB0"
               "C)",
               "Temp_C");
    check_name("2nd stage", "nd_stage");
    check_name("_x_", "x");
    check_name("\xE6\xB8\xA9\xE5\xBA\xA6", "column_3");
    check_name("", "column_3");
}

PX_TEST_MAIN()
