/* SPDX-License-Identifier: Apache-2.0 */
#include "api/rate.h"

#include <stdlib.h>

#include "api_world.h"

static api_world w;

PX_TEST(a_bucket_holds_the_tokens_of_one_second_and_fills_steadily)
{
    _Atomic int64_t bucket = 0;
    int64_t now_ns = 77 * PX_SECOND;
    px_rate_state told;

    for (uint32_t left = 10; left-- > 0;) {
        CHECK(px_rate_take(&bucket, now_ns, 10, &told));
        CHECK_EQ(told.remaining, left);
        CHECK_EQ(told.limit, 10);
        CHECK_EQ(told.reset_s, 1);
    }
    CHECK(!px_rate_take(&bucket, now_ns, 10, &told));
    CHECK_EQ(told.remaining, 0);
    CHECK(!px_rate_take(&bucket, now_ns + PX_SECOND / 10 - 1, 10, &told));
    CHECK(px_rate_take(&bucket, now_ns + PX_SECOND / 10, 10, &told));
    CHECK(!px_rate_take(&bucket, now_ns + PX_SECOND / 10, 10, &told));
    CHECK(px_rate_take(&bucket, now_ns + 5 * PX_SECOND, 10, &told));
    CHECK_EQ(told.remaining, 9);
}

PX_TEST(who_asks_too_often_is_told_to_wait_and_others_are_not)
{
    const char *reader;
    const reply *r;
    int refused = 0;

    api_world_init(&w);
    r = API_ASK(&w, "GET", "/api/v1/twins", NULL, 200);
    CHECK_STR(api_reply_header(r, "RateLimit-Limit"), "");
    w.api_opts.rate_per_second = 1;
    api_world_restart_api(&w);
    reader = api_token(&w, PX_FIRST_TENANT, PX_ROLE_READER, NULL);
    for (int i = 0; i < 100 && !refused; i++) {
        r = api_ask(&w, "GET", "/api/v1/twins", NULL);
        CHECK_STR(api_reply_header(r, "RateLimit-Limit"), "1");
        CHECK_STR(api_reply_header(r, "RateLimit-Remaining"), "0");
        CHECK_STR(api_reply_header(r, "RateLimit-Reset"), "1");
        refused = r->status == 429;
    }
    CHECK(refused);
    CHECK_STR(api_reply_header(r, "Retry-After"), "1");
    CHECK_STR(api_text(r, "/code"), "http.rate");
    API_ASK_AS(&w, reader, "GET", "/api/v1/twins", NULL, 200);
    API_ASK_AS(&w, NULL, "GET", "/healthz", NULL, 200); /* whoever needs no token is not counted */
    api_world_release(&w);
}

PX_TEST_MAIN()
