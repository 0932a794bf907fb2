/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/decode.h"

#include <stdio.h>

#include "base/mem.h"
#include "model/model.h"
#include "px_test.h"

static const char models_text[] =
    "[{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:test:Motor;1\",\"@type\":\"Interface\","
    "\"contents\":[{\"@type\":\"Telemetry\",\"name\":\"amps\",\"schema\":\"double\"},"
    "{\"@type\":\"Property\",\"name\":\"rpm\",\"schema\":\"integer\"}]},"
    "{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:test:Pump;1\",\"@type\":\"Interface\","
    "\"contents\":[{\"@type\":\"Telemetry\",\"name\":\"temperature\",\"schema\":\"double\"},"
    "{\"@type\":\"Component\",\"name\":\"motor\",\"schema\":\"dtmi:test:Motor;1\"},"
    "{\"@type\":\"Property\",\"name\":\"state\",\"schema\":\"string\"},"
    "{\"@type\":\"Property\",\"name\":\"running\",\"schema\":\"boolean\"},"
    "{\"@type\":\"Property\",\"name\":\"limits\",\"schema\":{\"@type\":\"Object\",\"fields\":["
    "{\"name\":\"low\",\"schema\":\"double\"},{\"name\":\"name\",\"schema\":\"string\"}]}}]}]";

typedef struct desk {
    px_model_set set;
    const px_layout *layout;
    px_arena arena;
    px_decode_opts opts;
    px_decoded out;
    px_err err;
} desk;

static void open_desk(desk *d)
{
    *d = (desk){ .opts = { .component = PX_NO_COMPONENT } };
    CHECK_OK(px_models_parse(px_str_c(models_text), NULL, &d->set, &d->err), &d->err);
    d->layout = px_model_layout(d->set.models[1]);
    px_arena_init(&d->arena, 16 << 20);
}

static void close_desk(desk *d)
{
    px_arena_release(&d->arena);
    px_model_set_release(&d->set);
}

static px_status decode(desk *d, const char *payload)
{
    return px_decode_message(d->layout, &d->opts, px_str_c(payload), &d->arena, &d->out, &d->err);
}

static const px_value *value_of(const desk *d, size_t sample, const char *path)
{
    const px_field *field = px_layout_find_path(d->layout, px_str_c(path));

    CHECK(field != NULL && sample < d->out.sample_count);
    for (size_t i = 0; i < d->out.samples[sample].field_count; i++)
        if (d->out.samples[sample].fields[i].field == field->index)
            return &d->out.samples[sample].fields[i].value;
    fail_msg("%s is missing", path);
    return NULL;
}

static void check_three(const desk *d)
{
    CHECK_EQ(d->out.accepted, 3);
    CHECK_EQ(d->out.rejected, 0);
    CHECK_EQ(value_of(d, 0, "temperature")->num.mantissa, 2140);
    CHECK_EQ(value_of(d, 0, "temperature")->num.exponent, -2);
    CHECK_SLICE(value_of(d, 0, "state")->text, "up");
    CHECK(value_of(d, 0, "running")->boolean);
    CHECK_EQ(d->out.samples[0].source_time, PX_SECOND);
}

PX_TEST(fields_are_found_in_whatever_order_they_come)
{
    static const char *const payloads[] = {
        "{\"temperature\":21.40,\"state\":\"up\",\"running\":true,\"$ts\":\"1970-01-01T00:00:"
        "01Z\"}",
        "{\"$ts\":\"1970-01-01T00:00:01Z\",\"running\":true,\"state\":\"up\",\"temperature\":21."
        "40}",
        "{ \"temperature\" : "
        "21.40,\"running\":true,\"$ts\":\"1970-01-01T00:00:01Z\",\"state\":\"up\"}",
        "{\"temperatur\\u0065\":21.40, \"state\":\"up\", \"running\":true,"
        "\"$ts\":\"1970-01-01T00:00:01Z\"}",
    };
    desk d;

    open_desk(&d);
    for (size_t i = 0; i < sizeof(payloads) / sizeof(*payloads); i++) {
        CHECK_OK(decode(&d, payloads[i]), &d.err);
        check_three(&d);
    }
    close_desk(&d);
}

PX_TEST(names_of_a_component_are_its_own)
{
    desk d;

    open_desk(&d);
    d.opts.component = px_layout_component_find(d.layout, PX_STR("motor"));
    CHECK_OK(decode(&d, "{\"amps\":1.5,\"rpm\":1480}"), &d.err);
    CHECK_EQ(value_of(&d, 0, "motor.amps")->num.mantissa, 15);
    CHECK_EQ(value_of(&d, 0, "motor.rpm")->num.mantissa, 1480);
    CHECK_OK(decode(&d, "{\"rpm\":1,\"temperature\":1}"), &d.err);
    CHECK_EQ(d.out.accepted, 1);
    CHECK_EQ(d.out.rejected, 1);
    d.opts.component = PX_NO_COMPONENT;
    CHECK_OK(decode(&d, "{\"temperature\":1,\"amps\":1}"), &d.err);
    CHECK_EQ(d.out.accepted, 1);
    CHECK_EQ(d.out.rejected, 1);
    close_desk(&d);
}

PX_TEST(a_name_that_stands_twice_refuses_the_message)
{
    desk d;

    open_desk(&d);
    CHECK_EQ(decode(&d, "{\"temperature\":1,\"temperature\":2}"), PX_INVALID);
    CHECK_STR(d.err.id, "sync.duplicate");
    CHECK_EQ(decode(&d, "{\"state\":\"a\",\"running\":true,\"state\":\"b\"}"), PX_INVALID);
    CHECK_EQ(decode(&d, "{\"$ts\":\"1970-01-01T00:00:01Z\",\"$ts\":\"1970-01-01T00:00:01Z\"}"),
             PX_INVALID);
    close_desk(&d);
}

PX_TEST(good_fields_count_and_bad_ones_are_listed)
{
    desk d;

    open_desk(&d);
    CHECK_OK(
        decode(&d, "{\"temperature\":\"hot\",\"running\":null,\"stat\":[1,{}],\"state\":\"up\"}"),
        &d.err);
    CHECK_EQ(d.out.accepted, 1);
    CHECK_EQ(d.out.rejected, 3);
    CHECK_SLICE(d.out.rejects[0].name, "temperature");
    CHECK_SLICE(d.out.rejects[1].name, "running");
    CHECK_STR(d.out.rejects[2].text, "the model has no 'stat'; did you mean 'state'?");
    CHECK_SLICE(value_of(&d, 0, "state")->text, "up");
    close_desk(&d);
}

PX_TEST(reported_takes_properties_only)
{
    desk d;

    open_desk(&d);
    d.opts.properties_only = true;
    CHECK_OK(decode(&d, "{\"temperature\":1,\"state\":\"up\"}"), &d.err);
    CHECK_EQ(d.out.accepted, 1);
    CHECK_STR(d.out.rejects[0].id, "sync.telemetry");
    close_desk(&d);
}

PX_TEST(a_backlog_keeps_its_samples_apart)
{
    desk d;

    open_desk(&d);
    CHECK_OK(decode(&d, "[{\"temperature\":1,\"$ts\":\"1970-01-01T00:00:01Z\"},{},"
                        "{\"temperature\":2,\"$ts\":\"1970-01-01T00:00:02Z\"}]"),
             &d.err);
    CHECK_EQ(d.out.sample_count, 2);
    CHECK_EQ(value_of(&d, 0, "temperature")->num.mantissa, 1);
    CHECK_EQ(value_of(&d, 1, "temperature")->num.mantissa, 2);
    CHECK_EQ(d.out.samples[1].source_time, 2 * PX_SECOND);
    close_desk(&d);
}

PX_TEST(what_is_no_json_refuses_the_message_with_its_place)
{
    desk d;

    open_desk(&d);
    CHECK_EQ(decode(&d, "{\"temperature\":1,\n\"state\":up}"), PX_INVALID);
    CHECK_EQ(d.err.line, 2);
    CHECK_STR(d.err.path, "/state");
    CHECK_EQ(decode(&d, "12"), PX_INVALID);
    CHECK_EQ(decode(&d, "{\"temperature\":1} {}"), PX_INVALID);
    CHECK_EQ(decode(&d, "{\"$ts\":\"yesterday\"}"), PX_INVALID);
    CHECK_STR(d.err.id, "sync.time");
    close_desk(&d);
}

PX_TEST(every_failed_allocation_is_told)
{
    static const char payload[] =
        "[{\"temperature\":1,\"stat\":2,\"state\":\"a\\n\"},{\"running\":true}]";
    desk d;

    open_desk(&d);
    for (uint64_t n = 1;; n++) {
        px_status status;

        px_arena_release(&d.arena);
        px_mem_fail_nth(n);
        status = decode(&d, payload);
        px_mem_fail_nth(0);
        if (status == PX_OK)
            break;
        CHECK_EQ(status, PX_NO_MEMORY);
    }
    close_desk(&d);
}

PX_TEST(a_backlog_has_as_many_samples_as_the_limit_and_no_more)
{
    px_buf payload = { 0 };
    desk d;

    open_desk(&d);
    px_put_c(&payload, "[{\"temperature\":0}");
    for (int i = 1; i < PX_MESSAGE_SAMPLES_MAX; i++)
        px_putf(&payload, ",{\"temperature\":%d}", i);
    px_put_char(&payload, ']');
    CHECK_OK(decode(&d, payload.ptr), &d.err);
    CHECK_EQ(d.out.sample_count, PX_MESSAGE_SAMPLES_MAX);
    payload.len--;
    px_put_c(&payload, ",{\"temperature\":1}]");
    CHECK_EQ(decode(&d, payload.ptr), PX_LIMIT);
    px_buf_release(&payload);
    close_desk(&d);
}

/* It would be no JSON where it is told. Of each two names one is cut in the middle of a letter. */
PX_TEST(a_reason_that_is_cut_is_utf8)
{
    char text[512];
    desk d;

    for (int first = 0; first < 2; first++) {
        size_t at = (size_t)snprintf(text, sizeof(text), "{\"%s", first ? "x" : "");

        open_desk(&d);
        for (int i = 0; i < 150; i++)
            at += (size_t)snprintf(text + at, sizeof(text) - at, "\xc3\xa9");
        snprintf(text + at, sizeof(text) - at, "\":1}");
        CHECK_OK(decode(&d, text), &d.err);
        CHECK_EQ(d.out.reject_count, 1);
        CHECK(px_str_is_utf8(px_str_c(d.out.rejects[0].text), NULL));
        close_desk(&d);
    }
}

/* A message is refused then, and comes again; a value that is rejected does not. */
PX_TEST(want_of_memory_rejects_no_value)
{
    px_status status = PX_NO_MEMORY;
    desk d;

    for (uint64_t n = 1; status != PX_OK; n++) {
        open_desk(&d);
        px_mem_fail_nth(n);
        status = decode(&d, "{\"temperature\":21.4,\"limits\":{\"low\":1.5,\"name\":\"a\"}}");
        px_mem_fail_nth(0);
        if (status == PX_OK) {
            CHECK_EQ(d.out.accepted, 2);
            CHECK_EQ(d.out.rejected, 0);
        } else {
            CHECK_EQ(status, PX_NO_MEMORY);
        }
        close_desk(&d);
    }
}

PX_TEST_MAIN()
