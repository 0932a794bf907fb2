/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and answers of Modbus TCP, byte by byte as the specification has them. */
#include "outbound/modbus_frame.h"

#include <stdio.h>

#include "base/limits.h"
#include "px_test.h"

static px_err err;

static const char *hex(const uint8_t *bytes, size_t size)
{
    static char text[2 * PX_MODBUS_FRAME_BYTES_MAX + 1];

    for (size_t i = 0; i < size; i++)
        snprintf(text + 2 * i, 3, "%02x", (unsigned)bytes[i]);
    return text;
}

static const char *put(px_modbus_request request)
{
    uint8_t frame[PX_MODBUS_FRAME_BYTES_MAX];

    request.transaction = 0x0102;
    request.unit = 0x11;
    return hex(frame, px_modbus_request_put(&request, frame));
}

PX_TEST(requests_are_those_of_the_specification)
{
    uint8_t data[] = { 0x00, 0x0A, 0x01, 0x02 }, on[] = { 1 };

    CHECK_STR(put((px_modbus_request){ .table = PX_MODBUS_COIL, .address = 19, .count = 19 }),
              "010200000006110100130013");
    CHECK_STR(put((px_modbus_request){ .table = PX_MODBUS_DISCRETE, .address = 196, .count = 22 }),
              "010200000006110200c40016");
    CHECK_STR(put((px_modbus_request){ .table = PX_MODBUS_HOLDING, .address = 107, .count = 3 }),
              "0102000000061103006b0003");
    CHECK_STR(put((px_modbus_request){ .table = PX_MODBUS_INPUT, .address = 8, .count = 1 }),
              "010200000006110400080001");
    CHECK_STR(
        put((px_modbus_request){
            .table = PX_MODBUS_COIL, .is_write = true, .address = 172, .count = 1, .data = on }),
        "010200000006110500acff00");
    CHECK_STR(
        put((px_modbus_request){
            .table = PX_MODBUS_HOLDING, .is_write = true, .address = 1, .count = 1, .data = data }),
        "01020000000611060001000a");
    CHECK_STR(
        put((px_modbus_request){
            .table = PX_MODBUS_HOLDING, .is_write = true, .address = 1, .count = 2, .data = data }),
        "01020000000b11100001000204000a0102");
}

/* The answer to a read of two holding registers, or what is wrong with it. */
static const char *answer(const uint8_t *frame, size_t size)
{
    px_modbus_request request = {
        .transaction = 1, .unit = 7, .table = PX_MODBUS_HOLDING, .address = 5, .count = 2
    };
    const uint8_t *data = NULL;
    size_t whole = 0;

    if (px_modbus_answer_size(frame, size, &whole, &err) != PX_OK)
        return err.id;
    if (whole != size)
        return "not whole";
    if (px_modbus_answer_read(&request, frame, size, &data, &err) != PX_OK)
        return err.id;
    return hex(data, 4);
}

#define ANSWER(...)                                                                                \
    answer((const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

PX_TEST(an_answer_is_compared_with_what_was_asked)
{
    CHECK_STR(ANSWER(0, 1, 0, 0, 0, 7, 7, 3, 4, 1, 2, 3, 4), "01020304");
    CHECK_STR(ANSWER(0, 2, 0, 0, 0, 7, 7, 3, 4, 1, 2, 3, 4), "modbus.transaction");
    CHECK_STR(ANSWER(0, 1, 0, 1, 0, 7, 7, 3, 4, 1, 2, 3, 4), "modbus.protocol");
    CHECK_STR(ANSWER(0, 1, 0, 0, 0, 7, 8, 3, 4, 1, 2, 3, 4), "modbus.unit");
    CHECK_STR(ANSWER(0, 1, 0, 0, 0, 7, 7, 4, 4, 1, 2, 3, 4), "modbus.function");
    CHECK_STR(ANSWER(0, 1, 0, 0, 0, 7, 7, 3, 3, 1, 2, 3, 4), "modbus.length");
    CHECK_STR(ANSWER(0, 1, 0, 0, 0, 6, 7, 3, 3, 1, 2, 3), "modbus.length");
    CHECK_STR(ANSWER(0, 1, 0, 0, 0, 3, 7, 0x83, 2), "modbus.exception");
    CHECK_STR(err.text, "the device says no, exception 2: it has no such address");
    CHECK_STR(ANSWER(0, 1, 0, 0, 0, 3, 7, 0x83, 99), "modbus.exception");
    CHECK_STR(ANSWER(0, 1, 0, 0, 0, 3, 7, 0x83, 6), "modbus.busy");
    CHECK_STR(ANSWER(0, 1, 0, 0, 0, 4, 7, 0x83, 2, 2), "modbus.length");
    CHECK_STR(ANSWER(0, 1, 0, 0, 0, 3, 7, 0x84, 2), "modbus.function");
}

PX_TEST(how_long_an_answer_is_stands_in_its_head)
{
    static const uint8_t longest[] = { 0, 1, 0, 0, 0, 254 }, over[] = { 0, 1, 0, 0, 0, 255 },
                         shortest[] = { 0, 1, 0, 0, 0, 3 }, under[] = { 0, 1, 0, 0, 0, 2 };
    size_t size;

    for (size_t have = 0; have < 6; have++) {
        CHECK_OK(px_modbus_answer_size(longest, have, &size, &err), &err);
        CHECK_EQ(size, 0);
    }
    CHECK_OK(px_modbus_answer_size(longest, 6, &size, &err), &err);
    CHECK_EQ(size, PX_MODBUS_FRAME_BYTES_MAX);
    CHECK_EQ(px_modbus_answer_size(over, 6, &size, &err), PX_INVALID);
    CHECK_OK(px_modbus_answer_size(shortest, 6, &size, &err), &err);
    CHECK_EQ(size, 9);
    CHECK_EQ(px_modbus_answer_size(under, 6, &size, &err), PX_INVALID);
}

PX_TEST(a_write_is_confirmed_by_its_echo)
{
    static const uint8_t echo[] = { 0, 1, 0, 0, 0, 6, 7, 6, 0, 5, 0, 9 };
    static const uint8_t value[] = { 0, 9 }, other[] = { 0, 8 };
    px_modbus_request request = { .transaction = 1,
                                  .unit = 7,
                                  .table = PX_MODBUS_HOLDING,
                                  .is_write = true,
                                  .address = 5,
                                  .count = 1,
                                  .data = value };
    const uint8_t *data;

    CHECK_OK(px_modbus_answer_read(&request, echo, sizeof(echo), &data, &err), &err);
    CHECK(data == NULL);
    request.data = other;
    CHECK_EQ(px_modbus_answer_read(&request, echo, sizeof(echo), &data, &err), PX_INVALID);
    CHECK_STR(err.id, "modbus.echo");
    CHECK_EQ(px_modbus_answer_read(&request, echo, sizeof(echo) - 1, &data, &err), PX_INVALID);
}

PX_TEST_MAIN()
