/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/sparkplug_payload.h"

#include "base/mem.h"
#include "px_spark.h"
#include "px_test.h"
#include "sparkplug.pb-c.h"

typedef struct desk {
    px_arena arena;
    px_buf bytes, metric;
    px_spark_payload out;
    px_err err;
} desk;

static void open_desk(desk *d)
{
    *d = (desk){ 0 };
    px_arena_init(&d->arena, 64 << 20);
    px_buf_init(&d->bytes, 64 << 20);
    px_buf_init(&d->metric, 64 << 20);
}

static void close_desk(desk *d)
{
    px_arena_release(&d->arena);
    px_buf_release(&d->bytes);
    px_buf_release(&d->metric);
}

static px_status read_bytes(desk *d)
{
    return px_spark_payload_read(px_buf_str(&d->bytes), &d->arena, &d->out, &d->err);
}

static void add(desk *d)
{
    px_spark_put_metric(&d->bytes, &d->metric);
}

PX_TEST(hand_made_bytes_are_read)
{
    static const char bytes[] = "\x08\x81\x01"                          /* timestamp 129 */
                                "\x12\x0b\x0a\x05speed\x10\x07\x20\x0a" /* speed, alias 7, Double */
                                "\x12\x0d\x10\x08\x69\0\0\0\0\0\0\xf8\x3f\x38\0" /* 8: 1.5 */
                                "\x18\x05";                                      /* seq 5 */
    desk d;

    open_desk(&d);
    CHECK_OK(px_spark_payload_read(px_str_of(bytes, sizeof(bytes) - 1), &d.arena, &d.out, &d.err),
             &d.err);
    CHECK(d.out.has_timestamp && d.out.timestamp_ms == 129 && d.out.has_seq && d.out.seq == 5);
    CHECK_EQ(d.out.metric_count, 2);
    CHECK_SLICE(d.out.metrics[0].name, "speed");
    CHECK_EQ(d.out.metrics[0].alias, 7);
    CHECK_EQ(d.out.metrics[0].type, PX_SPARK_Double);
    CHECK_EQ(d.out.metrics[0].form, PX_SPARK_FORM_NONE);
    CHECK_EQ(d.out.metrics[1].name.len, 0);
    CHECK_EQ(d.out.metrics[1].form, PX_SPARK_FORM_DOUBLE);
    CHECK(d.out.metrics[1].real >= 1.5 && d.out.metrics[1].real <= 1.5);
    CHECK(!d.out.metrics[1].is_null);
    close_desk(&d);
}

PX_TEST(an_empty_payload_has_nothing)
{
    desk d;

    open_desk(&d);
    CHECK_OK(read_bytes(&d), &d.err);
    CHECK(d.out.metric_count == 0 && !d.out.has_seq && !d.out.has_timestamp);
    close_desk(&d);
}

/* What protobuf-c packs, with every kind of value and what we pass over. */
static size_t pack_with_peer(uint8_t *bytes)
{
    static char long_name[] = "Line 1/Press/Temperature", unit_key[] = "engUnit",
                quality_key[] = "Quality", description[] = "how warm it is", celsius[] = "degC",
                running[] = "läuft", uuid[] = "passed over";
    static uint8_t raw[] = { 'a', 0, 'b' };
    Spark__Payload payload = SPARK__PAYLOAD__INIT;
    Spark__Metric metrics[9], *list[9];
    Spark__PropertyValue unit = SPARK__PROPERTY_VALUE__INIT;
    Spark__PropertyValue quality = SPARK__PROPERTY_VALUE__INIT;
    Spark__PropertyValue *values[] = { &unit, &quality };
    char *keys[] = { unit_key, quality_key };
    Spark__PropertySet properties = SPARK__PROPERTY_SET__INIT;
    Spark__MetaData metadata = SPARK__META_DATA__INIT;
    Spark__DataSet dataset = SPARK__DATA_SET__INIT;
    Spark__Template template = SPARK__TEMPLATE__INIT;

    for (size_t i = 0; i < 9; i++) {
        spark__metric__init(&metrics[i]);
        metrics[i].has_alias = true;
        metrics[i].alias = UINT64_MAX - i;
        list[i] = &metrics[i];
    }
    metrics[0].name = long_name;
    metrics[0].has_timestamp = true;
    metrics[0].timestamp = UINT64_C(1767225600123);
    metrics[0].has_is_historical = metrics[0].is_historical = true;
    metrics[0].metadata = &metadata;
    metadata.description = description;
    unit.value_case = SPARK__PROPERTY_VALUE__VALUE_STRING_VALUE;
    unit.string_value = celsius;
    quality.value_case = SPARK__PROPERTY_VALUE__VALUE_INT_VALUE;
    quality.int_value = 500;
    properties.n_keys = properties.n_values = 2;
    properties.keys = keys;
    properties.values = values;
    metrics[0].properties = &properties;
    metrics[0].value_case = SPARK__METRIC__VALUE_INT_VALUE;
    metrics[0].int_value = UINT32_MAX;
    metrics[1].value_case = SPARK__METRIC__VALUE_LONG_VALUE;
    metrics[1].long_value = UINT64_MAX;
    metrics[2].value_case = SPARK__METRIC__VALUE_FLOAT_VALUE;
    metrics[2].float_value = 20.1f;
    metrics[3].value_case = SPARK__METRIC__VALUE_DOUBLE_VALUE;
    metrics[3].double_value = -0.25;
    metrics[4].value_case = SPARK__METRIC__VALUE_BOOLEAN_VALUE;
    metrics[4].boolean_value = true;
    metrics[5].value_case = SPARK__METRIC__VALUE_STRING_VALUE;
    metrics[5].string_value = running;
    metrics[6].value_case = SPARK__METRIC__VALUE_BYTES_VALUE;
    metrics[6].bytes_value = (ProtobufCBinaryData){ sizeof(raw), raw };
    metrics[7].value_case = SPARK__METRIC__VALUE_DATASET_VALUE;
    metrics[7].dataset_value = &dataset;
    metrics[8].value_case = SPARK__METRIC__VALUE_TEMPLATE_VALUE;
    metrics[8].template_value = &template;
    payload.n_metrics = 9;
    payload.metrics = list;
    payload.has_seq = true;
    payload.seq = 255;
    payload.uuid = uuid;
    return spark__payload__pack(&payload, bytes);
}

PX_TEST(what_protobuf_c_packs_is_read)
{
    static const px_spark_form forms[] = { PX_SPARK_FORM_INT,     PX_SPARK_FORM_LONG,
                                           PX_SPARK_FORM_FLOAT,   PX_SPARK_FORM_DOUBLE,
                                           PX_SPARK_FORM_BOOL,    PX_SPARK_FORM_STRING,
                                           PX_SPARK_FORM_BYTES,   PX_SPARK_FORM_DATASET,
                                           PX_SPARK_FORM_TEMPLATE };
    uint8_t bytes[1024];
    size_t size = pack_with_peer(bytes);
    const px_spark_metric *m;
    desk d;

    open_desk(&d);
    CHECK_OK(px_spark_payload_read(px_str_of((char *)bytes, size), &d.arena, &d.out, &d.err),
             &d.err);
    CHECK_EQ(d.out.seq, 255);
    CHECK_EQ(d.out.metric_count, 9);
    m = d.out.metrics;
    for (size_t i = 0; i < 9; i++) {
        CHECK_EQ(m[i].form, forms[i]);
        CHECK(m[i].has_alias && m[i].alias == UINT64_MAX - i);
        CHECK_EQ(m[i].quality, i == 0 ? 500 : 192);
    }
    CHECK_SLICE(m[0].name, "Line 1/Press/Temperature");
    CHECK_EQ(m[0].timestamp_ms, UINT64_C(1767225600123));
    CHECK_EQ(m[0].whole, UINT32_MAX);
    CHECK_EQ(m[1].whole, UINT64_MAX);
    CHECK((float)m[2].real >= 20.1f && (float)m[2].real <= 20.1f);
    CHECK(m[3].real >= -0.25 && m[3].real <= -0.25);
    CHECK_EQ(m[4].whole, 1);
    CHECK_SLICE(m[5].bytes, "läuft");
    px_check_slice(m[6].bytes, PX_STR("a\0b"), __FILE__, __LINE__);
    close_desk(&d);
}

/* Cut anywhere, a payload is refused, or is a shorter one; never is anything read behind it. */
PX_TEST(a_payload_cut_anywhere_is_refused_or_shorter)
{
    uint8_t bytes[1024];
    size_t size = pack_with_peer(bytes), refused = 0;

    for (size_t cut = 0; cut < size; cut++) {
        char *copy = px_alloc(cut + 1);
        desk d;

        open_desk(&d);
        memcpy(copy, bytes, cut);
        if (px_spark_payload_read(px_str_of(copy, cut), &d.arena, &d.out, &d.err) == PX_OK)
            CHECK(d.out.metric_count < 9 || !d.out.has_seq || cut > size - 16);
        else
            refused++;
        close_desk(&d);
        px_free(copy);
    }
    CHECK(refused > size / 2);
}

static void check_refused(px_str bytes, px_status status, const char *id)
{
    desk d;

    open_desk(&d);
    CHECK_EQ(px_spark_payload_read(bytes, &d.arena, &d.out, &d.err), status);
    CHECK_STR(d.err.id, id);
    close_desk(&d);
}

PX_TEST(what_makes_no_sense_is_refused)
{
    check_refused(PX_STR("\x13\x14"), PX_INVALID, "sparkplug.encoding"); /* a group */
    check_refused(PX_STR("\x00\x01"), PX_INVALID, "sparkplug.encoding"); /* number 0 */
    check_refused(PX_STR("\x10\x01"), PX_INVALID, "sparkplug.encoding"); /* metrics as a number */
    check_refused(PX_STR("\x0d\1\2\3\4"), PX_INVALID, "sparkplug.encoding"); /* 32-bit timestamp */
    check_refused(PX_STR("\x12\x02\x0a\x05"), PX_INVALID,
                  "sparkplug.encoding"); /* too long a name */
    check_refused(PX_STR("\x12\x02\x08\x05"), PX_INVALID, "sparkplug.encoding"); /* name a number */
    check_refused(PX_STR("\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), PX_INVALID,
                  "sparkplug.encoding"); /* more than 64 bits */
    check_refused(PX_STR("\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), PX_INVALID,
                  "sparkplug.encoding"); /* more bytes than there are */
    check_refused(PX_STR("\x12\x03\x0a\x01\xff"), PX_INVALID, "sparkplug.text");
    check_refused(PX_STR("\x12\x03\x7a\x01\xff"), PX_INVALID, "sparkplug.text");
    check_refused(PX_STR("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), PX_INVALID,
                  "sparkplug.time");
    check_refused(PX_STR("{\"speed\":20}"), PX_INVALID, "sparkplug.encoding");
}

/* Fields of versions to come, of every type, at every level. */
PX_TEST(unknown_fields_are_passed_over)
{
    desk d;

    open_desk(&d);
    px_spark_put_whole(&d.bytes, 100, 7);
    px_spark_put_float(&d.bytes, 101, 1);
    px_spark_put_double(&d.bytes, 102, 1);
    px_spark_put_bytes(&d.bytes, 103, PX_STR("x"));
    px_spark_put_head(&d.metric, (px_spark_made){ .name = "a" });
    px_spark_put_bytes(&d.metric, 500, PX_STR("x"));
    px_spark_put_whole(&d.metric, 20, 3);
    px_spark_put_whole(&d.metric, 10, 42);
    add(&d);
    CHECK_OK(read_bytes(&d), &d.err);
    CHECK_EQ(d.out.metric_count, 1);
    CHECK_EQ(d.out.metrics[0].whole, 42);
    close_desk(&d);
}

PX_TEST(limits_hold_at_the_limit_and_one_past_it)
{
    static char name[PX_SPARK_NAME_BYTES_MAX + 2];
    px_buf properties = { 0 };
    desk d;

    open_desk(&d);
    for (int i = 0; i < PX_SPARK_METRICS_MAX; i++)
        px_spark_put_bytes(&d.bytes, 2, PX_STR(""));
    CHECK_OK(read_bytes(&d), &d.err);
    px_spark_put_bytes(&d.bytes, 2, PX_STR(""));
    CHECK_EQ(read_bytes(&d), PX_TOO_LARGE);

    memset(name, 'n', PX_SPARK_NAME_BYTES_MAX);
    px_buf_clear(&d.bytes);
    px_spark_put_head(&d.metric, (px_spark_made){ .name = name });
    add(&d);
    CHECK_OK(read_bytes(&d), &d.err);
    name[PX_SPARK_NAME_BYTES_MAX] = 'n';
    px_buf_clear(&d.bytes);
    px_spark_put_head(&d.metric, (px_spark_made){ .name = name });
    add(&d);
    CHECK_EQ(read_bytes(&d), PX_TOO_LARGE);
    CHECK_EQ(d.err.column, 1);

    for (int i = 0; i < PX_SPARK_PROPERTIES_MAX; i++) {
        px_spark_put_bytes(&properties, 1, PX_STR("k"));
        px_spark_put_bytes(&properties, 2, PX_STR(""));
    }
    px_buf_clear(&d.bytes);
    px_spark_put_bytes(&d.metric, 9, px_buf_str(&properties));
    add(&d);
    CHECK_OK(read_bytes(&d), &d.err);
    px_spark_put_bytes(&properties, 1, PX_STR("k"));
    px_buf_clear(&d.bytes);
    px_spark_put_bytes(&d.metric, 9, px_buf_str(&properties));
    add(&d);
    CHECK_EQ(read_bytes(&d), PX_TOO_LARGE);
    px_buf_release(&properties);
    close_desk(&d);
}

PX_TEST(the_command_that_asks_for_a_birth_is_read_by_protobuf_c)
{
    Spark__Payload *payload;
    px_buf bytes = { 0 };

    px_put_spark_rebirth(&bytes, UINT64_C(1767225600123));
    payload = spark__payload__unpack(NULL, bytes.len, (const uint8_t *)bytes.ptr);
    CHECK(payload && payload->timestamp == UINT64_C(1767225600123));
    CHECK_EQ(payload->n_metrics, 1);
    CHECK_STR(payload->metrics[0]->name, "Node Control/Rebirth");
    CHECK_EQ(payload->metrics[0]->datatype, PX_SPARK_Boolean);
    CHECK_EQ(payload->metrics[0]->value_case, SPARK__METRIC__VALUE_BOOLEAN_VALUE);
    CHECK(payload->metrics[0]->boolean_value);
    spark__payload__free_unpacked(payload, NULL);
    px_buf_release(&bytes);
}

PX_TEST_MAIN()
