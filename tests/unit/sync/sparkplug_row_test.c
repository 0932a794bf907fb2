/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics as rows for bindings. */
#include <stdio.h>

#include "base/limits.h"
#include "spark_world.h"

PX_TEST(metrics_are_rows_for_bindings_one_for_each_time)
{
    world w;

    open_world(&w);
    w.taken = "Main Motor";
    add_bd_seq(&w, 0);
    add_double(&w, "temperature", 1, 20.1);
    add_int(&w, "Main Motor/rpm", 2, 0, 1450);
    hear(&w, NODE, "NBIRTH", 0);
    CHECK_SLICE(w.heard.rows,
                "{\"$ts\":\"2026-01-01T00:00:00Z\",\"temperature\":20.1,\"Main Motor/rpm\":1450}");
    CHECK_EQ(w.heard.decoded.accepted, 2); /* and to the twin of the same name, as ever */

    add_int(&w, NULL, 2, AT + 1000, 1);
    add_double(&w, NULL, 1, 21);
    add_int(&w, NULL, 2, AT - 1000, 2);
    add_int(&w, NULL, 2, AT + 1000, 3); /* the same time once more: a row of its own */
    hear(&w, NODE, "NDATA", 1);
    CHECK_SLICE(w.heard.rows, "[{\"$ts\":\"2025-12-31T23:59:59Z\",\"Main Motor/rpm\":2},"
                              "{\"$ts\":\"2026-01-01T00:00:00Z\",\"temperature\":21},"
                              "{\"$ts\":\"2026-01-01T00:00:01Z\",\"Main Motor/rpm\":1},"
                              "{\"$ts\":\"2026-01-01T00:00:01Z\",\"Main Motor/rpm\":3}]");

    hear(&w, NODE, "NDATA", 2); /* without a metric: no row */
    CHECK_EQ(w.heard.rows.len, 0);
    w.taken = NULL;
    add_int(&w, NULL, 2, 0, 1);
    hear(&w, NODE, "NDATA", 3); /* without a binding: none either */
    CHECK_EQ(w.heard.rows.len, 0);
    close_world(&w);
}

PX_TEST(what_a_binding_takes_is_not_unknown_and_what_no_row_holds_is_told)
{
    world w;

    open_world(&w);
    w.taken = "x/";
    add_double(&w, "x/y", 1, 1);
    add_double(&w, "z", 2, 1);
    hear(&w, NODE, "NBIRTH", 0);
    CHECK_EQ(w.heard.decoded.rejected, 1);
    CHECK_SLICE(w.heard.decoded.rejects[0].name, "z");
    CHECK_EQ(px_sparkplug_stat(w.s).unknown, 1);
    add_int(&w, NULL, 1, 0, 7); /* of another type than at birth */
    hear(&w, NODE, "NDATA", 1);
    CHECK_EQ(w.heard.rows.len, 0);
    CHECK_EQ(w.heard.decoded.rejected, 1);
    CHECK_STR(w.heard.decoded.rejects[0].text, "'x/y' was born as Double and comes as Int32");
    px_spark_put_head(&w.metric, (px_spark_made){ .alias = 1 });
    px_spark_put_whole(&w.metric, 7, 1); /* null */
    px_spark_put_metric(&w.payload, &w.metric);
    hear(&w, NODE, "NDATA", 2);
    CHECK_EQ(w.heard.rows.len + w.heard.decoded.rejected, 0);

    w.no_twin = true;
    add_double(&w, "x/y", 1, 1);
    hear(&w, NODE, "NBIRTH", 0);
    CHECK(!w.heard.has_twin && !w.heard.has_homeless);
    CHECK_SLICE(w.heard.rows, "{\"$ts\":\"2026-01-01T00:00:00Z\",\"x/y\":1}");
    add_double(&w, "z", 1, 1);
    hear(&w, NODE, "NBIRTH", 0);
    CHECK(w.heard.has_homeless);
    close_world(&w);
}

PX_TEST(a_row_has_so_many_members_as_a_row_of_any_form)
{
    char name[16];
    world w;

    open_world(&w);
    w.taken = "m";
    for (int i = 0; i < PX_CSV_COLUMNS_MAX; i++) { /* and their time */
        snprintf(name, sizeof(name), "m%d", i);
        add_double(&w, name, 0, 1);
    }
    hear(&w, NODE, "NBIRTH", 0);
    CHECK(px_str_starts(w.heard.rows, PX_STR("[{")));
    CHECK(px_str_ends(w.heard.rows, PX_STR("},{\"$ts\":\"2026-01-01T00:00:00Z\",\"m4095\":1}]")));
    for (int i = 1; i < PX_CSV_COLUMNS_MAX; i++) {
        snprintf(name, sizeof(name), "m%d", i);
        add_double(&w, name, 0, 1);
    }
    hear(&w, NODE, "NBIRTH", 0);
    CHECK(px_str_starts(w.heard.rows, PX_STR("{")));
    close_world(&w);
}

PX_TEST_MAIN()
