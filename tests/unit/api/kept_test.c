/* SPDX-License-Identifier: Apache-2.0 */
/* Answers by which somebody lets go what was refused: they wait until that is on the disk. */
#include "api_world.h"

static api_world w;
static int waits;
static px_status outcome;

/* Who waits is told at once what the test wants. */
static void note_wanted(void *data)
{
    (void)data;
    waits++;
    px_rejects_give_up(w.rejects, outcome);
}

static void begin(void)
{
    api_world_init(&w);
    api_put_models(&w, w.admin);
    api_put_press(&w, w.admin, "a");
    px_rejects_loaded(w.rejects, note_wanted, NULL);
    waits = 0;
    outcome = PX_OK;
}

static void end(void)
{
    px_rejects_unkept(w.rejects);
    api_world_release(&w);
}

PX_TEST(lines_that_are_taken_in_part_are_answered_when_the_rest_is_kept)
{
    const char *lines = "[{\"twin\":\"a\",\"speed\":1},{\"twin\":\"a\",\"sped\":2}]";
    const reply *r;

    begin();
    API_ASK(&w, "POST", "/api/v1/ingest", "[{\"twin\":\"a\",\"speed\":1}]", 200);
    CHECK_EQ(waits, 0); /* nothing was refused */
    r = API_ASK(&w, "POST", "/api/v1/ingest", lines, 207);
    CHECK_EQ(waits, 1);
    CHECK_STR(api_text(r, "/accepted"), "1");
    CHECK_STR(api_text(r, "/faulty/0/line"), "2");
    outcome = PX_FULL;
    r = API_ASK(&w, "POST", "/api/v1/ingest", lines, 507);
    CHECK_STR(api_text(r, "/code"), "reject.unsaved");
    CHECK_EQ(waits, 2);
    API_ASK(&w, "POST", "/api/v1/ingest", "[{\"twin\":\"a\",\"sped\":2}]", 400);
    CHECK_EQ(waits, 2); /* its sender has it still */
    end();
}

PX_TEST(telemetry_of_which_something_was_refused_is_answered_when_that_is_kept)
{
    begin();
    api_header(&w, "Message-Id", "m1");
    API_ASK(&w, "POST", "/digitaltwins/a/telemetry", "{\"sped\":2}", 204);
    CHECK_EQ(waits, 1);
    outcome = PX_FULL;
    api_header(&w, "Message-Id", "m2");
    API_ASK(&w, "POST", "/digitaltwins/a/telemetry", "{\"sped\":2}", 507);
    CHECK_EQ(waits, 2);
    end();
}

PX_TEST_MAIN()
