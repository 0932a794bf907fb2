/* SPDX-License-Identifier: Apache-2.0 */
/* Bindings and ingest by HTTP: who may, what is told, and the limits of a call. */
#include <stdio.h>
#include <stdlib.h>

#include "api_world.h"

static api_world w;

#define BINDING                                                                                    \
    "{\"source\":{\"http\":true},\"twin\":\"{/"                                                    \
    "id}\",\"fields\":[{\"from\":\"v\",\"to\":\"speed\"}]}"

static void begin(void)
{
    api_world_init(&w);
    api_put_models(&w, w.admin);
    api_put_press(&w, w.admin, "a");
    api_put_press(&w, w.admin, "b");
}

static const char *speed_of(const char *twin)
{
    char path[64];

    snprintf(path, sizeof(path), "/api/v1/twins/%s", twin);
    return api_text(API_ASK(&w, "GET", path, NULL, 200), "/values/speed/value");
}

PX_TEST(a_binding_is_put_shown_turned_off_and_deleted)
{
    const reply *r;

    begin();
    r = API_ASK(&w, "PUT", "/api/v1/bindings/x", BINDING, 200);
    CHECK_STR(api_text(r, "/enabled"), "true");
    r = API_ASK(&w, "POST", "/api/v1/ingest?binding=x", "{\"id\":\"a\",\"v\":7}", 200);
    CHECK_STR(api_text(r, "/values"), "1");
    CHECK_STR(speed_of("a"), "7");
    r = API_ASK(&w, "GET", "/api/v1/bindings/x", NULL, 200);
    CHECK_STR(api_text(r, "/figures/values"), "1");
    CHECK_STR(api_text(r, "/binding/twin"), "{/id}");
    r = API_ASK(&w, "POST", "/api/v1/bindings/x/disable", NULL, 200);
    CHECK_STR(api_text(r, "/enabled"), "false");
    API_ASK(&w, "POST", "/api/v1/ingest?binding=x", "{\"id\":\"a\",\"v\":8}", 409);
    API_ASK(&w, "POST", "/api/v1/bindings/x/enable", NULL, 200);
    r = API_ASK(&w, "GET", "/api/v1/bindings", NULL, 200);
    CHECK_STR(api_text(r, "/items/0/id"), "x");
    API_ASK(&w, "DELETE", "/api/v1/bindings/x", NULL, 204);
    API_ASK(&w, "GET", "/api/v1/bindings/x", NULL, 404);
    API_ASK(&w, "POST", "/api/v1/bindings/x/enable", NULL, 404);
    api_world_release(&w);
}

PX_TEST(a_document_that_makes_no_sense_is_refused_with_its_place)
{
    const reply *r;

    begin();
    r = API_ASK(&w, "PUT", "/api/v1/bindings/x",
                "{\"source\":{\"http\":true},\n \"twin\":\"{nothing}\"}", 400);
    CHECK_STR(api_text(r, "/code"), "binding.form");
    CHECK_STR(api_text(r, "/pointer"), "/twin");
    CHECK_STR(api_text(r, "/line"), "2");
    API_ASK(&w, "GET", "/api/v1/bindings/x", NULL, 404);
    api_world_release(&w);
}

static const char *notes_of(const char *body)
{
    static char told[512];
    const reply *r = API_ASK(&w, "PUT", "/api/v1/bindings/x", body, 200);

    snprintf(told, sizeof(told), "%s", api_text(r, "/notes/0"));
    return told;
}

/* In the middle of a letter it would be no JSON. */
PX_TEST(a_note_about_a_long_topic_is_whole)
{
    static char body[2048] = "{\"source\":{\"connection\":\"plant\",\"topic\":\"x";
    size_t begun = strlen(body);
    const reply *r;

    begin();
    API_ASK(&w, "PUT", "/api/v1/connections/plant",
            "{\"type\":\"mqtt\",\"host\":\"broker.example\",\"enabled\":false,\"clientId\":\"c\","
            "\"topics\":[{\"filter\":\"mill/#\"}]}",
            200);
    for (size_t i = 0; i < PX_TOPIC_BYTES_MAX / 2 - 1; i++)
        memcpy(body + begun + 2 * i, "\xc3\xa9", 2);
    memcpy(body + begun + PX_TOPIC_BYTES_MAX - 2, "\"}}", 4);
    r = API_ASK(&w, "PUT", "/api/v1/bindings/x", body, 200);
    CHECK(strstr(api_text(r, "/notes/0"), "': add a filter to its 'topics'") != NULL);
    api_world_release(&w);
}

PX_TEST(what_may_be_a_slip_is_noted_and_taken)
{
    begin();
    CHECK_STR(notes_of("{\"source\":{\"connection\":\"plnt\"}}"),
              "there is no connection 'plnt': nothing comes until it is made");
    API_ASK(&w, "PUT", "/api/v1/connections/plant",
            "{\"type\":\"mqtt\",\"host\":\"broker.example\",\"enabled\":false,\"clientId\":\"c\","
            "\"topics\":[{"
            "\"filter\":\"$share/g/mill/#\"}]}",
            200);
    CHECK_STR(notes_of("{\"source\":{\"connection\":\"plant\",\"topic\":\"press/{p}/data\"}}"),
              "connection 'plant' subscribes to nothing of 'press/+/data': add a filter to its "
              "'topics'");
    CHECK_STR(notes_of("{\"source\":{\"http\":true},\"as\":\"binding\",\"twin\":\"t\",\"create\":{"
                       "\"model\":\"dtmi:no;1\"}}"),
              "there is no model dtmi:no;1: no twins are made until it is uploaded");
    API_ASK(&w, "PUT", "/api/v1/bindings/x",
            "{\"source\":{\"connection\":\"plant\",\"topic\":\"mill/{p}/data\"}}", 200);
    CHECK_STR(api_text(API_ASK(&w, "GET", "/api/v1/bindings/x", NULL, 200), "/notes"), "[]");
    api_world_release(&w);
}

PX_TEST(only_administrators_write_bindings_and_devices_only_their_twins)
{
    const char *reader, *device;

    begin();
    reader = api_token(&w, 1, PX_ROLE_READER, NULL);
    API_ASK(&w, "PUT", "/api/v1/devices/d", "{\"twins\":[\"a\"]}", 201);
    device = api_token(&w, 1, PX_ROLE_DEVICE, "d");
    API_ASK_AS(&w, reader, "PUT", "/api/v1/bindings/x", BINDING, 403);
    API_ASK(&w, "PUT", "/api/v1/bindings/x", BINDING, 200);
    API_ASK_AS(&w, reader, "GET", "/api/v1/bindings/x", NULL, 200);
    API_ASK_AS(&w, reader, "POST", "/api/v1/ingest?binding=x", "{\"id\":\"a\",\"v\":1}", 403);
    API_ASK_AS(&w, reader, "POST", "/api/v1/binding-tests", "{\"name\":\"x\",\"messages\":[]}",
               403);
    API_ASK_AS(&w, reader, "POST", "/api/v1/rejects/replay", NULL, 403);
    API_ASK_AS(&w, device, "POST", "/api/v1/ingest?binding=x", "{\"id\":\"a\",\"v\":1}", 200);
    API_ASK_AS(&w, device, "POST", "/api/v1/ingest?binding=x", "{\"id\":\"b\",\"v\":1}", 400);
    API_ASK_AS(&w, device, "POST", "/api/v1/ingest", "{\"twin\":\"b\",\"speed\":1}", 400);
    CHECK_STR(speed_of("b"), "21.40");
    api_world_release(&w);
}

PX_TEST(bindings_of_two_tenants_do_not_meet)
{
    const char *other;

    begin();
    other = api_token(&w, 2, PX_ROLE_ADMIN, NULL);
    API_ASK(&w, "PUT", "/api/v1/bindings/x", BINDING, 200);
    API_ASK_AS(&w, other, "GET", "/api/v1/bindings/x", NULL, 404);
    API_ASK_AS(&w, other, "POST", "/api/v1/ingest?binding=x", "{\"id\":\"a\",\"v\":1}", 404);
    API_ASK_AS(&w, other, "POST", "/api/v1/ingest", "{\"twin\":\"a\",\"speed\":1}", 400);
    CHECK_STR(speed_of("a"), "21.40");
    api_world_release(&w);
}

PX_TEST(a_changed_binding_counts_from_the_next_message_on)
{
    begin();
    API_ASK(&w, "PUT", "/api/v1/bindings/x", BINDING, 200);
    API_ASK(&w, "POST", "/api/v1/ingest?binding=x", "{\"id\":\"a\",\"v\":1,\"u\":2}", 200);
    API_ASK(&w, "PUT", "/api/v1/bindings/x",
            "{\"source\":{\"http\":true},\"twin\":\"{/id}\",\"fields\":[{\"from\":\"u\",\"to\":"
            "\"speed\"}]}",
            200);
    API_ASK(&w, "POST", "/api/v1/ingest?binding=x", "{\"id\":\"a\",\"v\":1,\"u\":2}", 200);
    CHECK_STR(speed_of("a"), "2");
    api_world_reopen(&w);
    API_ASK(&w, "POST", "/api/v1/ingest?binding=x", "{\"id\":\"a\",\"v\":1,\"u\":3}", 200);
    CHECK_STR(speed_of("a"), "3");
    api_world_release(&w);
}

/* A line that was refused is offered again when its twin is there; what was taken is not. */
PX_TEST(what_was_missed_is_taken_later_and_once)
{
    const reply *r;

    begin();
    API_ASK(&w, "PUT", "/api/v1/bindings/x", BINDING, 200);
    r = API_ASK(&w, "POST", "/api/v1/ingest?binding=x",
                "[{\"id\":\"a\",\"v\":1},{\"id\":\"c\",\"v\":2},{\"id\":\"b\",\"v\":\"x\"}]", 207);
    CHECK_STR(api_text(r, "/partial"), "1");
    CHECK_STR(api_text(r, "/faulty/0/faults/0/row"), "2");
    api_put_press(&w, w.admin, "c");
    r = API_ASK(&w, "POST", "/api/v1/rejects/replay?binding=x", NULL, 200);
    CHECK_STR(api_text(r, "/offered"), "2");
    CHECK_STR(api_text(r, "/taken"), "1");
    CHECK_STR(api_text(r, "/values"), "1");
    CHECK_STR(speed_of("c"), "2");
    r = API_ASK(&w, "GET", "/api/v1/rejects?number=2", NULL, 200);
    CHECK_STR(api_text(r, "/items/0/twin"), "b");
    r = API_ASK(&w, "POST", "/api/v1/rejects/replay", NULL, 200);
    CHECK_STR(api_text(r, "/taken"), "0");
    r = API_ASK(&w, "GET", "/api/v1/history/a/count?property=speed", NULL, 200);
    CHECK(strstr(r->body.ptr, "\"speed\":2") != NULL); /* its first, and that of the message */
    api_world_release(&w);
}

PX_TEST(what_no_binding_made_is_neither_offered_nor_left)
{
    const reply *r;

    begin();
    API_ASK(&w, "PUT", "/api/v1/bindings/x", BINDING, 200);
    API_ASK(&w, "POST", "/api/v1/ingest?binding=x", "{\"id\":\"c\",\"v\":2}", 400);
    API_ASK(&w, "POST", "/api/v1/ingest", "{\"twin\":\"c\",\"speed\":1}", 400);
    api_put_press(&w, w.admin, "c");
    for (int again = 0; again < 2; again++) {
        r = API_ASK(&w, "POST", "/api/v1/rejects/replay", NULL, 200);
        CHECK_STR(api_text(r, "/offered"), again ? "0" : "1");
        CHECK_STR(api_text(r, "/taken"), again ? "0" : "1");
        CHECK_STR(api_text(r, "/left"), "0");
        CHECK_STR(api_text(r, "/unbound"), "1");
    }
    CHECK_STR(speed_of("c"), "2");
    api_world_release(&w);
}

/* Whoever asks for it lends the sender no right: neither at first, nor to what is missed again. */
PX_TEST(what_is_offered_again_has_the_rights_of_its_sender)
{
    const char *device, *reader;
    const reply *r;

    begin();
    API_ASK(&w, "PUT", "/api/v1/bindings/x", BINDING, 200);
    API_ASK(&w, "PUT", "/api/v1/devices/d", "{\"twins\":[\"a\"]}", 201);
    device = api_token(&w, 1, PX_ROLE_DEVICE, "d");
    reader = api_token(&w, 1, PX_ROLE_READER, NULL);
    API_ASK_AS(&w, device, "POST", "/api/v1/ingest?binding=x", "{\"id\":\"b\",\"v\":666}", 400);
    API_ASK_AS(&w, reader, "POST", "/api/v1/ingest?binding=x", "{\"id\":\"b\",\"v\":667}", 403);
    for (int again = 0; again < 2; again++) {
        r = API_ASK(&w, "POST", "/api/v1/rejects/replay", NULL, 200);
        CHECK_STR(api_text(r, "/offered"), "1");
        CHECK_STR(api_text(r, "/taken"), "0");
    }
    CHECK_STR(speed_of("b"), "21.40");
    /* disabled it may nothing, bound or not */
    API_ASK(&w, "PUT", "/api/v1/devices/d", "{\"twins\":[\"a\",\"b\"]}", 200);
    API_ASK(&w, "PUT", "/api/v1/devices/d/state", "{\"state\":\"disabled\"}", 200);
    r = API_ASK(&w, "POST", "/api/v1/rejects/replay", NULL, 200);
    CHECK_STR(api_text(r, "/taken"), "0");
    API_ASK(&w, "PUT", "/api/v1/devices/d/state", "{\"state\":\"registered\"}", 200);
    r = API_ASK(&w, "POST", "/api/v1/rejects/replay", NULL, 200);
    CHECK_STR(api_text(r, "/taken"), "1");
    CHECK_STR(speed_of("b"), "666");
    api_world_release(&w);
}

PX_TEST(a_device_that_was_made_again_is_not_the_one_that_sent_it)
{
    const char *device;
    const reply *r;

    begin();
    API_ASK(&w, "PUT", "/api/v1/bindings/x", BINDING, 200);
    API_ASK(&w, "PUT", "/api/v1/devices/d", "{\"twins\":[\"a\"]}", 201);
    device = api_token(&w, 1, PX_ROLE_DEVICE, "d");
    API_ASK_AS(&w, device, "POST", "/api/v1/ingest?binding=x", "{\"id\":\"b\",\"v\":666}", 400);
    API_ASK(&w, "DELETE", "/api/v1/devices/d", NULL, 204);
    API_ASK(&w, "PUT", "/api/v1/devices/d", "{\"twins\":[\"b\"]}", 201);
    r = API_ASK(&w, "POST", "/api/v1/rejects/replay", NULL, 200);
    CHECK_STR(api_text(r, "/taken"), "0");
    CHECK_STR(speed_of("b"), "21.40");
    api_world_release(&w);
}

/* A binding that writes as itself judges nobody, at first and again. */
PX_TEST(what_a_binding_writes_itself_is_offered_again_whoever_sent_it)
{
    static const char itself[] = "{\"source\":{\"http\":true},\"as\":\"binding\",\"twin\":"
                                 "\"{/id}\",\"fields\":[{\"from\":\"v\",\"to\":\"speed\"}]}";
    const char *device;
    const reply *r;

    begin();
    API_ASK(&w, "PUT", "/api/v1/bindings/x", itself, 200);
    API_ASK(&w, "PUT", "/api/v1/devices/d", "{\"twins\":[\"a\"]}", 201);
    device = api_token(&w, 1, PX_ROLE_DEVICE, "d");
    API_ASK_AS(&w, device, "POST", "/api/v1/ingest?binding=x", "{\"id\":\"c\",\"v\":3}", 400);
    api_put_press(&w, w.admin, "c");
    r = API_ASK(&w, "POST", "/api/v1/rejects/replay", NULL, 200);
    CHECK_STR(api_text(r, "/taken"), "1");
    CHECK_STR(speed_of("c"), "3");
    api_world_release(&w);
}

static void check_trial(const char *binding, const char *message, const char *code,
                        const char *error)
{
    char body[1024];
    const reply *r;

    snprintf(body, sizeof(body), "{\"binding\":%s,\"messages\":[%s]}", binding, message);
    r = API_ASK(&w, "POST", "/api/v1/binding-tests", body, 200);
    CHECK_STR(api_text(r, "/messages/0/code"), code);
    CHECK_STR(api_text(r, "/messages/0/error"), error);
    CHECK_STR(api_text(r, "/totals/values"), code[0] ? "0" : "1");
    CHECK_STR(api_text(r, "/totals/failed"), code[0] ? "1" : "0");
}

#define OF(source)                                                                                 \
    "{\"source\":" source ",\"twin\":\"{m}\",\"fields\":[{\"from\":\"v\",\"to\":\"speed\"}]}"
#define FIXED(source)                                                                              \
    "{\"source\":" source ",\"twin\":\"a\",\"fields\":[{\"from\":\"v\",\"to\":\"speed\"}]}"

/* A trial says no where the message itself would never come, or not be taken. */
PX_TEST(a_trial_says_yes_to_what_would_be_taken_and_to_nothing_else)
{
    static const char no_topic[] =
        "the message says no topic, and the binding reads names from it, 'h1/+/s'";
    static const char other[] = "the binding takes 'h1/+/s', and the message is of 'h2/a/s'";

    begin();
    check_trial(OF("{\"mqtt\":\"h1/{m}/s\"}"), "{\"topic\":\"h1/a/s\",\"payload\":{\"v\":1}}", "",
                "");
    check_trial(OF("{\"mqtt\":\"h1/{m}/s\"}"), "{\"topic\":\"h2/a/s\",\"payload\":{\"v\":1}}",
                "binding.topic", other);
    check_trial(OF("{\"connection\":\"c\",\"topic\":\"h1/{m}/s\"}"),
                "{\"topic\":\"h2/a/s\",\"payload\":{\"v\":1}}", "binding.topic", other);
    check_trial(OF("{\"mqtt\":\"h1/{m}/s\"}"), "{\"payload\":{\"v\":1}}", "binding.topic",
                no_topic);
    check_trial(FIXED("{\"mqtt\":\"h1/+/s\"}"), "{\"payload\":{\"v\":1}}", "", "");
    check_trial(FIXED("{\"http\":true}"), "{\"topic\":\"h2/a/s\",\"payload\":{\"v\":1}}", "", "");
    check_trial(FIXED("{\"connection\":\"c\"}"), "{\"payload\":{\"v\":1}}", "", "");
    api_world_release(&w);
}

/* Uploaded again with the same text it has its twins again; changed they have to follow it. */
PX_TEST(a_trial_says_no_of_a_twin_whose_model_is_gone)
{
    static const char fixed[] = FIXED("{\"http\":true}"), message[] = "{\"payload\":{\"v\":1}}";
    static const char again[] =
        "[{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:test:Solo;1\",\"@type\":"
        "\"Interface\","
        "\"contents\":[{\"@type\":\"Property\",\"name\":\"speed\",\"schema\":\"double\"}]}]";
    static const char changed[] =
        "[{\"@context\":\"dtmi:dtdl:context;3\",\"@id\":\"dtmi:test:Solo;1\",\"@type\":"
        "\"Interface\","
        "\"contents\":[{\"@type\":\"Property\",\"name\":\"speed\",\"schema\":\"long\"}]}]";

    begin();
    API_ASK(&w, "DELETE", "/digitaltwins/a?api-version=2023-10-31", NULL, 204);
    API_ASK(&w, "POST", "/models", again, 201);
    API_ASK(&w, "PUT", "/digitaltwins/a", "{\"$metadata\":{\"$model\":\"dtmi:test:Solo;1\"}}", 200);
    check_trial(fixed, message, "", "");
    API_ASK(&w, "DELETE", "/models/dtmi:test:Solo;1?api-version=2023-10-31", NULL, 204);
    check_trial(fixed, message, "twin.model_gone",
                "the model of twin 'a' was deleted; upload it again first");
    API_ASK(&w, "POST", "/models", again, 201);
    check_trial(fixed, message, "", "");
    API_ASK(&w, "DELETE", "/models/dtmi:test:Solo;1?api-version=2023-10-31", NULL, 204);
    API_ASK(&w, "POST", "/models", changed, 201);
    check_trial(fixed, message, "twin.model_replaced",
                "the model of twin 'a' was deleted and uploaded again, changed; let the twin "
                "follow it with a PATCH first");
    api_world_release(&w);
}

static const char *lines(int count, const char *each)
{
    static px_buf text;

    px_buf_clear(&text);
    for (int i = 0; i < count; i++)
        px_put_c(&text, each);
    return text.ptr;
}

PX_TEST(one_call_takes_as_many_lines_as_the_limit)
{
    const reply *r;

    begin();
    r = API_ASK(&w, "POST", "/api/v1/ingest?format=line",
                lines(PX_INGEST_LINES_MAX, "m,twin=a speed=1\n"), 200);
    CHECK_STR(api_text(r, "/accepted"), "10000");
    r = API_ASK(&w, "POST", "/api/v1/ingest?format=line",
                lines(PX_INGEST_LINES_MAX + 1, "m,twin=a speed=2\n"), 413);
    CHECK_STR(api_text(r, "/code"), "ingest.lines");
    CHECK_STR(speed_of("a"), "1");
    api_world_release(&w);
}

PX_TEST(an_answer_tells_of_so_many_faulty_lines)
{
    const reply *r;

    begin();
    r = API_ASK(&w, "POST", "/api/v1/ingest?format=line",
                lines(PX_INGEST_TOLD_MAX + 1, "m,twin=a speed=1,odd=1\n"), 207);
    CHECK_STR(api_text(r, "/partial"), "101");
    CHECK_STR(api_text(r, "/faulty/99/line"), "100");
    CHECK_STR(api_text(r, "/faulty/100"), "");
    api_world_release(&w);
}

/* What is no object, names no twin or has no value is a fault, whatever stands beside it. */
PX_TEST(a_line_that_says_nothing_is_a_fault_of_its_own)
{
    static const struct {
        const char *body, *code;
    } alone[] = { { "5", "ingest.object" },
                  { "null", "ingest.object" },
                  { "\"x\"", "ingest.object" },
                  { "{}", "ingest.twin" },
                  { "{\"twin\":null}", "ingest.twin" },
                  { "{\"speed\":1}", "ingest.twin" },
                  { "{\"twin\":\"a\"}", "ingest.value" },
                  { "{\"twin\":\"a\",\"speed\":null}", "ingest.value" },
                  { "{\"twin\":\"a\",\"$ts\":\"2026-11-01T12:00:00Z\"}", "ingest.value" } };
    const reply *r;

    begin();
    for (size_t i = 0; i < sizeof(alone) / sizeof(alone[0]); i++) {
        r = API_ASK(&w, "POST", "/api/v1/ingest", alone[i].body, 400);
        CHECK_STR(api_text(r, "/code"), alone[i].code);
    }
    CHECK(strstr(api_text(r, "/detail"), "line 1: the line has a twin and no value") != NULL);
    r = API_ASK(&w, "POST", "/api/v1/ingest?format=line", "m speed=1", 400);
    CHECK_STR(api_text(r, "/code"), "ingest.twin");
    r = API_ASK(&w, "POST", "/api/v1/ingest",
                "[\"x\",null,true,{\"twin\":\"a\",\"speed\":7},{\"twin\":\"b\"}]", 207);
    CHECK_STR(api_text(r, "/accepted"), "1");
    CHECK_STR(api_text(r, "/rejected"), "4");
    CHECK_STR(api_text(r, "/values"), "1");
    CHECK_STR(api_text(r, "/faulty/1/line"), "2");
    CHECK_STR(api_text(r, "/faulty/1/status"), "rejected");
    CHECK_STR(api_text(r, "/faulty/1/faults/0/code"), "ingest.object");
    CHECK_STR(api_text(r, "/faulty/3/line"), "5");
    CHECK_STR(api_text(r, "/faulty/3/faults/0/code"), "ingest.value");
    CHECK_STR(speed_of("a"), "7");
    api_header(&w, "Content-Type", "application/x-ndjson");
    r = API_ASK(&w, "POST", "/api/v1/ingest", "{\"twin\":\"a\",\"speed\":8}\n\n5\n[]\n{}\n", 207);
    CHECK_STR(api_text(r, "/accepted"), "1");
    CHECK_STR(api_text(r, "/faulty/0/line"), "3");
    CHECK_STR(api_text(r, "/faulty/1/line"), "4");
    CHECK_STR(api_text(r, "/faulty/2/faults/0/code"), "ingest.twin");
    api_header(&w, "Content-Type", "application/x-ndjson");
    r = API_ASK(&w, "POST", "/api/v1/ingest", "[{\"twin\":\"a\",\"speed\":9},{\"twin\":\"b\"}]\n",
                207);
    CHECK_STR(api_text(r, "/partial"), "1");
    CHECK_STR(api_text(r, "/faulty/0/faults/0/row"), "2");
    CHECK_STR(api_text(r, "/faulty/0/faults/0/code"), "binding.nothing");
    r = API_ASK(&w, "GET", "/api/v1/rejects?reason=ingest.value", NULL, 200);
    CHECK_STR(api_text(r, "/items/0/code"), "ingest.value");
    api_world_release(&w);
}

PX_TEST(a_tenant_has_as_many_bindings_as_the_limit)
{
    char path[64], id[16];
    const reply *r;

    begin();
    for (int i = 0; i < PX_BINDINGS_MAX - 1; i++) {
        px_document_write write = { .kind = PX_STR("binding"), .body = PX_STR(BINDING) };

        snprintf(id, sizeof(id), "b%d", i);
        write.id = px_str_c(id);
        api_write_document(&w, &write);
    }
    snprintf(path, sizeof(path), "/api/v1/bindings/last");
    API_ASK(&w, "PUT", path, BINDING, 200);
    r = API_ASK(&w, "PUT", "/api/v1/bindings/more", BINDING, 429);
    CHECK_STR(api_text(r, "/code"), "binding.limit");
    API_ASK(&w, "PUT", path, BINDING, 200);
    API_ASK(&w, "POST", "/api/v1/ingest?binding=b998", "{\"id\":\"a\",\"v\":1}", 200);
    api_world_release(&w);
}

PX_TEST(what_a_call_says_has_to_make_sense)
{
    static const char *const targets[] = { "?format=xml", "?precision=h", "?binding=nothing",
                                           "?bindin=x" };
    const reply *r;

    begin();
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        char path[64];

        snprintf(path, sizeof(path), "/api/v1/ingest%s", targets[i]);
        r = api_ask(&w, "POST", path, "{\"twin\":\"a\",\"speed\":1}");
        CHECK_EQ(r->status, i == 2 ? 404 : 400);
    }
    API_ASK(&w, "POST", "/api/v1/ingest", "", 400);
    API_ASK(&w, "POST", "/api/v1/ingest", "[]", 400);
    API_ASK(&w, "POST", "/api/v1/ingest", "[1", 400);
    api_header(&w, "Content-Encoding", "br");
    r = API_ASK(&w, "POST", "/api/v1/ingest", "{\"twin\":\"a\",\"speed\":1}", 400);
    CHECK_STR(api_text(r, "/code"), "http.encoding");
    CHECK_STR(speed_of("a"), "21.40");
    api_world_release(&w);
}

PX_TEST_MAIN()
