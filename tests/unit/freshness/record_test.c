/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/mem.h"
#include "freshness/record.h"
#include "px_test.h"

static const px_freshness_rule rule = { .period = PX_SECOND,
                                        .tolerance = PX_SECOND / 2,
                                        .stale = 3 * PX_SECOND };

/* A property with a past, late samples too, and one that never came. */
static px_fresh_row a_row(void)
{
    px_fresh_row row = { .model_no = 7, .state = PX_FRESHNESS_LATE, .since = 5 * PX_SECOND };
    px_fresh_tracked tracked = { .rule = { .field = 3, .rule = rule } };
    px_fresh_source source = { .document_no = 9 };
    bool changed;

    px_fresh_init(&tracked.item, PX_SECOND);
    for (int64_t i = 0; i < 30; i++) {
        px_fresh_sample sample = { .arrival = (1000 + i) * PX_SECOND,
                                   .source_time = (990 + (i % 5 ? i : -i)) * PX_SECOND,
                                   .value = (uint64_t)i };

        while (px_fresh_advance(&tracked.item, &rule, sample.arrival))
            ;
        px_fresh_take(&tracked.item, &rule, &sample, &changed);
    }
    CHECK(tracked.item.measure.seen != NULL);
    CHECK(PX_VEC_PUSH(&row.items, tracked));
    tracked = (px_fresh_tracked){ .rule = { .field = 4, .rule = rule } };
    px_fresh_init(&tracked.item, 2 * PX_SECOND);
    CHECK(PX_VEC_PUSH(&row.items, tracked));
    source.measure.samples = 12;
    CHECK(PX_VEC_PUSH(&row.sources, source));
    return row;
}

static px_str written(const px_fresh_row *row, px_buf *buf)
{
    px_put_fresh_row(buf, row);
    CHECK_EQ(buf->status, PX_OK);
    return px_buf_str(buf);
}

PX_TEST(a_row_comes_back_as_it_went)
{
    px_fresh_row row = a_row(), again;
    px_buf first = { 0 }, second = { 0 };
    px_str bytes = written(&row, &first);
    const px_measure *m;
    px_err err;

    CHECK_OK(px_fresh_row_read(bytes, &again, &err), &err);
    CHECK(px_str_eq(written(&again, &second), bytes));
    m = &again.items.ptr[0].item.measure;
    CHECK_EQ(again.model_no, 7);
    CHECK_EQ(again.state, PX_FRESHNESS_LATE);
    CHECK_EQ(again.items.len, 2);
    CHECK_EQ(m->samples, row.items.ptr[0].item.measure.samples);
    CHECK_EQ(m->late, row.items.ptr[0].item.measure.late);
    CHECK_EQ(m->clock.offset, row.items.ptr[0].item.measure.clock.offset);
    CHECK_EQ(memcmp(m->counts, row.items.ptr[0].item.measure.counts, sizeof(m->counts)), 0);
    CHECK_EQ(again.items.ptr[0].item.live.source_time, row.items.ptr[0].item.live.source_time);
    CHECK_EQ(again.items.ptr[1].item.state, PX_FRESHNESS_UNKNOWN);
    CHECK_EQ(again.items.ptr[1].item.good_at, PX_TIME_NONE);
    CHECK_EQ(again.items.ptr[1].item.back_at, PX_TIME_NONE);
    CHECK_EQ(again.sources.ptr[0].measure.samples, 12);
    px_fresh_row_release(&row);
    px_fresh_row_release(&again);
    px_buf_release(&first);
    px_buf_release(&second);
}

PX_TEST(a_damaged_row_is_refused_or_reads_as_another_row)
{
    px_fresh_row row = a_row(), again;
    px_buf buf = { 0 };
    px_str bytes = written(&row, &buf);
    px_err err;

    for (size_t bit = 0; bit < bytes.len * 8; bit++) {
        buf.ptr[bit / 8] ^= (char)(1 << bit % 8);
        if (px_fresh_row_read(bytes, &again, &err) == PX_OK)
            px_fresh_row_release(&again);
        else
            CHECK(err.status == PX_CORRUPT || err.status == PX_UNSUPPORTED);
        buf.ptr[bit / 8] ^= (char)(1 << bit % 8);
    }
    for (size_t len = 0; len < bytes.len; len++)
        CHECK_EQ(px_fresh_row_read(px_str_of(bytes.ptr, len), &again, &err), PX_CORRUPT);
    px_fresh_row_release(&row);
    px_buf_release(&buf);
}

PX_TEST(no_allocation_that_fails_leaks)
{
    px_fresh_row row = a_row(), again;
    px_buf buf = { 0 };
    px_str bytes = written(&row, &buf);
    px_status status = PX_NO_MEMORY;

    for (uint64_t n = 1; status == PX_NO_MEMORY; n++) {
        px_mem_fail_nth(n);
        status = px_fresh_row_read(bytes, &again, NULL);
        px_mem_fail_nth(0);
    }
    CHECK_EQ(status, PX_OK);
    px_fresh_row_release(&again);
    px_fresh_row_release(&row);
    px_buf_release(&buf);
}

PX_TEST_MAIN()
