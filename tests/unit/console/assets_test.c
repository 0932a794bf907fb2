/* SPDX-License-Identifier: Apache-2.0 */
#include "server/console_assets.h"

#include "px_test.h"

PX_TEST(the_root_is_the_page)
{
    const px_asset *page = px_console_asset(PX_STR("/"));

    CHECK(page != NULL);
    CHECK(page == px_console_asset(PX_STR("/index.html")));
    CHECK_STR(page->mime, "text/html; charset=utf-8");
    CHECK(page->size > 0);
    CHECK(!page->immutable); /* its name carries no hash: it must be asked for again */
}

PX_TEST(an_etag_is_quoted)
{
    const px_asset *page = px_console_asset(PX_STR("/"));

    CHECK_EQ(page->etag[0], '"');
    CHECK_EQ(page->etag[strlen(page->etag) - 1], '"');
    CHECK(strlen(page->etag) > 2);
}

PX_TEST(a_stored_gzip_begins_with_its_magic)
{
    const px_asset *page = px_console_asset(PX_STR("/"));

    if (page->gzip) {
        CHECK_EQ(page->bytes[0], 0x1f);
        CHECK_EQ(page->bytes[1], 0x8b);
    } else {
        CHECK_EQ(page->bytes[0], '<');
    }
}

PX_TEST(what_is_not_there_is_not_found)
{
    CHECK(px_console_asset(PX_STR("/index.htm")) == NULL);
    CHECK(px_console_asset(PX_STR("/../index.html")) == NULL);
    CHECK(px_console_asset(PX_STR("")) == NULL);
    CHECK(px_console_asset((px_str){ NULL, 0 }) == NULL);
}

PX_TEST_MAIN()
