/* SPDX-License-Identifier: Apache-2.0 */
#include "store/gather.h"

#include <string.h>

#include "px_test.h"

PX_TEST(what_goes_behind_what_waits_is_put_to_it)
{
    pxi_gather gather = { 0 };

    CHECK(pxi_gather_add(&gather, "head", 4, 32));
    CHECK(pxi_gather_add(&gather, "page", 4, 36));
    CHECK_EQ(gather.offset, 32);
    CHECK_EQ(gather.len, 8);
    CHECK(memcmp(gather.bytes, "headpage", 8) == 0);
    pxi_gather_release(&gather);
    CHECK(!gather.bytes);
}

PX_TEST(what_goes_elsewhere_is_not_taken_and_changes_nothing)
{
    pxi_gather gather = { 0 };

    CHECK(pxi_gather_add(&gather, "head", 4, 32));
    CHECK(!pxi_gather_add(&gather, "page", 4, 37));
    CHECK(!pxi_gather_add(&gather, "page", 4, 32));
    CHECK_EQ(gather.len, 4);
    gather.len = 0; /* written */
    CHECK(pxi_gather_add(&gather, "page", 4, 1000));
    CHECK_EQ(gather.offset, 1000);
    pxi_gather_release(&gather);
}

PX_TEST(as_much_as_there_is_room_for_is_taken_and_no_more)
{
    static const char bytes[PXI_GATHER_BYTES + 1];
    pxi_gather gather = { 0 };

    CHECK(!pxi_gather_add(&gather, bytes, PXI_GATHER_BYTES + 1, 0));
    CHECK(pxi_gather_add(&gather, bytes, PXI_GATHER_BYTES, 0));
    CHECK(!pxi_gather_add(&gather, bytes, 1, PXI_GATHER_BYTES));
    pxi_gather_release(&gather);
}

PX_TEST_MAIN()
