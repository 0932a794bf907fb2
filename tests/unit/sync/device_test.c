/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/device.h"

#include "px_test.h"

static px_device read_ok(px_arena *arena, const char *body)
{
    px_device device;
    px_err err;

    CHECK_OK(px_device_read(px_str_c(body), arena, &device, &err), &err);
    return device;
}

PX_TEST(a_device_goes_through_its_life_and_retires_for_good)
{
    static const char *const moves = "registered>active registered>disabled registered>retired "
                                     "active>disabled active>retired disabled>registered "
                                     "disabled>retired ";
    px_buf found = { 0 };

    for (int from = 0; from < PX_DEVICE_STATE_COUNT; from++)
        for (int to = 0; to < PX_DEVICE_STATE_COUNT; to++)
            if (px_device_may_become((px_device_state)from, (px_device_state)to))
                px_putf(&found, "%s>%s ", px_device_state_name((px_device_state)from),
                        px_device_state_name((px_device_state)to));
    CHECK_STR(found.ptr, moves);
    px_buf_release(&found);
}

PX_TEST(what_is_written_is_read_again)
{
    static const char *const text =
        "{\"twins\":[\"a\",\"b\"],\"state\":\"disabled\",\"group\":\"line 1\","
        "\"attributes\":{\"serial\":\"7\"},\"credentials\":[\"0011\",\"x509-aa\"]}";
    PX_AUTO_ARENA arena = { 0 };
    px_buf buf = { 0 };
    px_device device;

    px_arena_init(&arena, 1 << 20);
    device = read_ok(&arena, text);
    CHECK_EQ(device.state, PX_DEVICE_DISABLED);
    CHECK_EQ(device.credential_count, 2);
    px_put_device(&buf, &device);
    CHECK_STR(buf.ptr, text);
    px_buf_release(&buf);
}

PX_TEST(a_document_of_the_first_release_is_an_active_device_with_one_key)
{
    PX_AUTO_ARENA arena = { 0 };
    px_device device;

    px_arena_init(&arena, 1 << 20);
    device = read_ok(&arena, "{\"twins\":[\"a\"],\"credential\":\"0011223344556677\"}");
    CHECK_EQ(device.state, PX_DEVICE_ACTIVE);
    CHECK_EQ(device.credential_count, 1);
    CHECK(px_str_eq(device.credentials[0], PX_STR("0011223344556677")));
}

PX_TEST(a_state_or_a_credential_too_many_is_corrupt)
{
    PX_AUTO_ARENA arena = { 0 };
    px_device device;
    px_buf body = { 0 };
    px_err err;

    px_arena_init(&arena, 1 << 20);
    CHECK_EQ(px_device_read(PX_STR("{\"state\":\"lost\"}"), &arena, &device, &err), PX_CORRUPT);
    for (int count = PX_DEVICE_CREDENTIALS_MAX; count <= PX_DEVICE_CREDENTIALS_MAX + 1; count++) {
        px_buf_clear(&body);
        px_put_c(&body, "{\"credentials\":[\"0\"");
        for (int i = 1; i < count; i++)
            px_putf(&body, ",\"%d\"", i);
        px_put_c(&body, "]}");
        CHECK_EQ(px_device_read(px_buf_str(&body), &arena, &device, &err),
                 count == PX_DEVICE_CREDENTIALS_MAX ? PX_OK : PX_CORRUPT);
    }
    px_buf_release(&body);
}

PX_TEST(only_registered_and_active_devices_may_come)
{
    px_err err;

    CHECK_EQ(px_device_admits(PX_DEVICE_REGISTERED, PX_STR("d"), &err), PX_OK);
    CHECK_EQ(px_device_admits(PX_DEVICE_ACTIVE, PX_STR("d"), &err), PX_OK);
    CHECK_EQ(px_device_admits(PX_DEVICE_DISABLED, PX_STR("d"), &err), PX_DENIED);
    CHECK_STR(err.text, "device 'd' is disabled; `pollux device enable d` lets it in again");
    CHECK_EQ(px_device_admits(PX_DEVICE_RETIRED, PX_STR("d"), &err), PX_DENIED);
    CHECK_STR(err.id, "device.retired");
}

PX_TEST_MAIN()
