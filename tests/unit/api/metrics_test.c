/* SPDX-License-Identifier: Apache-2.0 */
/* Every figure is announced, and docs/metrics.md is the table. With PX_UPDATE_DOCS=1 the page is
 * written anew. */
#include "api_world.h"
#include "px_page.h"

PX_TEST(the_page_of_metrics_is_the_table)
{
    px_buf page = { 0 };

    px_put_metrics_page(&page);
    check_page(PX_METRICS_PAGE, &page);
    px_buf_release(&page);
}

static bool has_line(px_str text, const char *begin, px_str name)
{
    char wanted[128];

    snprintf(wanted, sizeof(wanted), "%s%.*s ", begin, PX_FMT(name));
    while (text.len) {
        px_str line = px_str_cut(&text, '\n');

        if (px_str_starts(line, px_str_c(wanted)))
            return true;
    }
    return false;
}

PX_TEST(every_figure_is_announced_once)
{
    api_world w;
    px_str rest, all;
    size_t figures = 0;

    api_world_init(&w);
    rest = all = px_buf_str(&API_ASK(&w, "GET", "/metrics", NULL, 200)->body);
    while (rest.len) {
        px_str line = px_str_cut(&rest, '\n'), name = px_str_cut(&line, ' ');

        if (name.len == 0 || name.ptr[0] == '#')
            continue;
        name = px_str_cut(&name, '{');
        figures++;
        CHECK(has_line(all, "# HELP ", name));
        CHECK(has_line(all, "# TYPE ", name));
    }
    CHECK(figures > 40);
    api_world_release(&w);
}

PX_TEST(each_slice_says_what_it_took)
{
    api_world w;
    px_str all;

    api_world_init(&w);
    all = px_buf_str(&API_ASK(&w, "GET", "/metrics", NULL, 200)->body);
    for (px_engine_slice slice = 0; slice < PX_ENGINE_SLICES; slice++) {
        static const char *const figures[] = { "rows", "seconds", "late" };

        for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
            char name[96];

            snprintf(name, sizeof(name), "pollux_slice_%s_total{slice=\"%s\"}", figures[i],
                     px_engine_slice_name(slice));
            CHECK(has_line(all, "", px_str_c(name)));
        }
    }
    api_world_release(&w);
}

PX_TEST(counters_and_only_they_end_in_total)
{
#define GAUGE false
#define COUNTER true
#define X(id, name, type, unit, label, help)                                                       \
    CHECK_EQ((type), sizeof(name) > 7 && strcmp((name) + sizeof(name) - 7, "_total") == 0);        \
    CHECK(strncmp(name, "pollux_", 7) == 0 && sizeof(help) > 5);
    PX_METRIC_MAP(X)
#undef X
}

PX_TEST_MAIN()
