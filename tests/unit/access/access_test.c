/* SPDX-License-Identifier: Apache-2.0 */
#include "access/access.h"

#include "px_test.h"

static const px_str own[] = { { "press-1", 7 } };

static px_principal device(void)
{
    return (px_principal){
        .tenant = 1, .role = PX_ROLE_DEVICE, .id = PX_STR("gateway"), .twins = own, .twin_count = 1
    };
}

PX_TEST(refuses_nobody_everything)
{
    px_principal nobody = { 0 };

    for (px_action a = 0; a < PX_ACTION_COUNT; a++) {
        CHECK_EQ(px_authorize(&nobody, a, PX_STR("press-1"), NULL), PX_UNAUTHORIZED);
        CHECK_EQ(px_authorize(NULL, a, PX_STR("press-1"), NULL), PX_UNAUTHORIZED);
    }
}

PX_TEST(lets_a_device_report_for_its_own_twin_only)
{
    px_principal gateway = device();
    px_err err;

    CHECK_EQ(px_authorize(&gateway, PX_ACTION_REPORT, PX_STR("press-1"), &err), PX_OK);
    CHECK_EQ(px_authorize(&gateway, PX_ACTION_REPORT, PX_STR("press-2"), &err), PX_DENIED);
    CHECK_STR(err.id, "access.twin");
    CHECK_EQ(px_authorize(&gateway, PX_ACTION_REPORT, PX_STR(""), &err), PX_DENIED);
    CHECK_EQ(px_authorize(&gateway, PX_ACTION_WRITE_TWIN, PX_STR("press-1"), &err), PX_DENIED);
}

PX_TEST(finds_each_of_many_twins_and_no_other)
{
    static const px_str many[] = { { "a", 1 }, { "a/b", 3 }, { "b", 1 }, { "c", 1 }, { "d", 1 } };
    px_principal gateway = device();

    for (size_t count = 0; count <= 5; count++) {
        gateway.twins = many;
        gateway.twin_count = count;
        for (size_t i = 0; i < 5; i++)
            CHECK_EQ(px_authorize(&gateway, PX_ACTION_REPORT, many[i], NULL),
                     i < count ? PX_OK : PX_DENIED);
        CHECK_EQ(px_authorize(&gateway, PX_ACTION_REPORT, PX_STR("aa"), NULL), PX_DENIED);
        CHECK_EQ(px_authorize(&gateway, PX_ACTION_REPORT, PX_STR("e"), NULL), PX_DENIED);
    }
}

PX_TEST(lets_a_reader_read_and_nothing_else)
{
    px_principal reader = { .tenant = 1, .role = PX_ROLE_READER };

    CHECK_EQ(px_authorize(&reader, PX_ACTION_READ_TWIN, PX_STR("press-1"), NULL), PX_OK);
    CHECK_EQ(px_authorize(&reader, PX_ACTION_QUERY, PX_STR(""), NULL), PX_OK);
    CHECK_EQ(px_authorize(&reader, PX_ACTION_WRITE_TWIN, PX_STR("press-1"), NULL), PX_DENIED);
    CHECK_EQ(px_authorize(&reader, PX_ACTION_COMMAND, PX_STR("press-1"), NULL), PX_DENIED);
    CHECK_EQ(px_authorize(&reader, PX_ACTION_WRITE_MODEL, PX_STR(""), NULL), PX_DENIED);
}

PX_TEST(lets_only_the_first_tenants_admin_do_what_touches_all_tenants)
{
    px_principal admin = { .tenant = 2, .role = PX_ROLE_ADMIN };

    CHECK_EQ(px_authorize(&admin, PX_ACTION_WRITE_TENANT, PX_STR(""), NULL), PX_DENIED);
    CHECK_EQ(px_authorize(&admin, PX_ACTION_BACKUP, PX_STR(""), NULL), PX_DENIED);
    admin.operates_tenants = true;
    CHECK_EQ(px_authorize(&admin, PX_ACTION_WRITE_TENANT, PX_STR(""), NULL), PX_OK);
    CHECK_EQ(px_authorize(&admin, PX_ACTION_BACKUP, PX_STR(""), NULL), PX_OK);
}

PX_TEST_MAIN()
