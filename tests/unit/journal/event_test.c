/* SPDX-License-Identifier: Apache-2.0 */
#include "journal/event.h"

#include "px_test.h"

static px_status read_back(const px_event *event)
{
    px_buf bytes = { 0 };
    px_arena arena;
    px_event back;
    px_status status;
    px_cut cut;

    px_arena_init(&arena, 1 << 16);
    px_put_event(&bytes, event);
    cut = px_cut_of(px_buf_str(&bytes));
    status = px_get_event(&cut, &arena, &back, NULL);
    if (status == PX_OK)
        CHECK_EQ(back.code, event->code);
    px_arena_release(&arena);
    px_buf_release(&bytes);
    return status;
}

PX_TEST(a_code_is_one_of_those_that_its_event_has)
{
    static const struct {
        px_event_type type;
        uint8_t count;
    } cases[] = { { PX_EVENT_COMMAND_RESPONSE, PX_COMMAND_STATUS_COUNT },
                  { PX_EVENT_COMMAND_DELIVERY, PX_COMMAND_STATUS_COUNT },
                  { PX_EVENT_FRESHNESS, PX_FRESHNESS_COUNT } };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        px_event event = { .type = cases[i].type, .tenant = 1, .twin_no = 2 };

        for (event.code = 0; event.code < cases[i].count; event.code++)
            CHECK_EQ(read_back(&event), PX_OK);
        CHECK_EQ(read_back(&event), PX_CORRUPT);
    }
}

PX_TEST_MAIN()
