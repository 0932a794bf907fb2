/* SPDX-License-Identifier: Apache-2.0 */
/* What is told of each kind of event, and to whom. */
#include "out_kit.h"

static out_kit k;

static void begin(const char *filter)
{
    out_begin(&k, 1);
    out_endpoint(&k, "hook", "https://hook.example/a");
    out_route(&k, "all", "hook", filter);
}

PX_TEST(a_twin_that_is_made_is_told_as_get_gives_it)
{
    begin("true");
    out_put(&k, "press-1", ",\"speed\":2.50");
    out_settle(&k);
    CHECK_EQ(k.arrived_count, 1);
    CHECK_STR(k.arrived[0].to, "https://hook.example/a");
    CHECK_STR(out_text(&k, 0, "/specversion"), "1.0");
    CHECK_STR(out_text(&k, 0, "/type"), "Microsoft.DigitalTwins.Twin.Create");
    CHECK_STR(out_text(&k, 0, "/source"), "plant.example");
    CHECK_STR(out_text(&k, 0, "/subject"), "press-1");
    CHECK_STR(out_text(&k, 0, "/datacontenttype"), "application/json");
    CHECK_STR(out_text(&k, 0, "/data/$dtId"), "press-1");
    CHECK_STR(out_text(&k, 0, "/data/speed"), "2.50");
    CHECK_STR(out_text(&k, 0, "/data/$metadata/$model"), "dtmi:test:Press;1");
    CHECK(strncmp(out_text(&k, 0, "/data/$etag"), "W/\"", 3) == 0);
    CHECK_STR(out_text(&k, 0, "/data/$metadata/speed/lastUpdateTime"),
              out_text(&k, 0, "/data/motor/$metadata/$lastUpdateTime"));
    CHECK_EQ(strlen(k.arrived[0].sequence), 20);
    out_end(&k);
}

PX_TEST(changes_are_told_as_a_patch)
{
    begin("true");
    out_put(&k, "p", ",\"speed\":1,\"name\":\"a\"");
    CHECK_EQ(px_world_patch(&k.world, "p",
                            "[{\"op\":\"replace\",\"path\":\"/speed\",\"value\":2},"
                            "{\"op\":\"add\",\"path\":\"/motor/heat\",\"value\":7}]")
                 .status,
             PX_OK);
    out_put(&k, "p", ",\"speed\":3");
    out_settle(&k);
    CHECK_EQ(k.arrived_count, 3);
    CHECK_STR(out_text(&k, 1, "/type"), "Microsoft.DigitalTwins.Twin.Update");
    CHECK_STR(out_text(&k, 1, "/data"),
              "{\"modelId\":\"dtmi:test:Press;1\",\"patch\":["
              "{\"op\":\"replace\",\"path\":\"/speed\",\"value\":2},"
              "{\"op\":\"replace\",\"path\":\"/motor/heat\",\"value\":7}]}");
    /* a PUT that replaces: what it set, and what it took away */
    CHECK_STR(out_text(&k, 2, "/type"), "Microsoft.DigitalTwins.Twin.Update");
    CHECK_STR(
        out_text(&k, 2, "/data/patch"),
        "[{\"op\":\"replace\",\"path\":\"/speed\",\"value\":3},"
        "{\"op\":\"remove\",\"path\":\"/name\"},{\"op\":\"remove\",\"path\":\"/motor/heat\"}]");
    out_end(&k);
}

/* Also of a twin without any values: the patch would else be empty, and nobody would hear of it. */
PX_TEST(another_model_is_told)
{
    static const char models[] = "[{\"@id\":\"dtmi:test:Bare;1\",\"@type\":\"Interface\",\"@"
                                 "context\":\"dtmi:dtdl:context;3\"},"
                                 "{\"@id\":\"dtmi:test:Bare;2\",\"@type\":\"Interface\",\"@"
                                 "context\":\"dtmi:dtdl:context;3\"}]";
    px_request upload = { .kind = PX_REQUEST_MODELS_PUT, .text = px_str_c(models) };

    begin("ENDS_WITH(type, '.Update')");
    CHECK_EQ(px_world_do(&k.world, &upload).status, PX_OK);
    CHECK_EQ(
        px_world_put(&k.world, "p", "{\"$metadata\":{\"$model\":\"dtmi:test:Bare;1\"}}").status,
        PX_OK);
    CHECK_EQ(px_world_patch(&k.world, "p",
                            "[{\"op\":\"replace\",\"path\":\"/$metadata/$model\","
                            "\"value\":\"dtmi:test:Bare;2\"}]")
                 .status,
             PX_OK);
    out_settle(&k);
    CHECK_EQ(k.arrived_count, 1);
    CHECK_STR(out_text(&k, 0, "/data"),
              "{\"modelId\":\"dtmi:test:Bare;2\",\"patch\":[{\"op\":\"replace\","
              "\"path\":\"/$metadata/$model\",\"value\":\"dtmi:test:Bare;2\"}]}");
    out_end(&k);
}

PX_TEST(a_deletion_says_what_was_there)
{
    px_request request = { .kind = PX_REQUEST_RELATIONSHIP_DELETE,
                           .id = PX_STR("p"),
                           .relationship_id = PX_STR("r") };

    begin("ENDS_WITH(type, '.Delete')");
    out_put(&k, "p", ",\"speed\":1.5");
    out_put(&k, "q", "");
    CHECK_EQ(px_world_relate(&k.world, "p", "r",
                             "{\"$relationshipName\":\"feeds\",\"$targetId\":\"q\","
                             "\"since\":\"May\"}")
                 .status,
             PX_OK);
    CHECK_EQ(px_world_do(&k.world, &request).status, PX_OK);
    CHECK_EQ(px_world_delete(&k.world, "p").status, PX_OK);
    out_settle(&k);
    CHECK_EQ(k.arrived_count, 2);
    CHECK_STR(out_text(&k, 0, "/type"), "Microsoft.DigitalTwins.Relationship.Delete");
    CHECK_STR(out_text(&k, 0, "/subject"), "p/relationships/r");
    CHECK_STR(out_text(&k, 0, "/data/$targetId"), "q");
    CHECK_STR(out_text(&k, 0, "/data/since"), "May");
    CHECK_STR(out_text(&k, 1, "/type"), "Microsoft.DigitalTwins.Twin.Delete");
    CHECK_STR(out_text(&k, 1, "/data/$dtId"), "p");
    CHECK_STR(out_text(&k, 1, "/data/speed"), "1.5");
    out_end(&k);
}

PX_TEST(relationships_are_told_when_made_and_changed)
{
    static const char first[] = "{\"$relationshipName\":\"feeds\",\"$targetId\":\"q\","
                                "\"since\":\"May\"}";
    static const char second[] = "{\"$relationshipName\":\"feeds\",\"$targetId\":\"q\","
                                 "\"rate\":2}";

    begin("CONTAINS(type, 'Relationship')");
    out_put(&k, "p", "");
    out_put(&k, "q", "");
    CHECK_EQ(px_world_relate(&k.world, "p", "r", first).status, PX_OK);
    CHECK_EQ(px_world_relate(&k.world, "p", "r", second).status, PX_OK);
    out_settle(&k);
    CHECK_EQ(k.arrived_count, 2);
    CHECK_STR(out_text(&k, 0, "/type"), "Microsoft.DigitalTwins.Relationship.Create");
    CHECK_STR(out_text(&k, 0, "/data/$relationshipId"), "r");
    CHECK_STR(out_text(&k, 0, "/data/$sourceId"), "p");
    CHECK_STR(out_text(&k, 0, "/data/since"), "May");
    CHECK_STR(out_text(&k, 1, "/type"), "Microsoft.DigitalTwins.Relationship.Update");
    CHECK_STR(out_text(&k, 1, "/data"), "{\"modelId\":\"dtmi:test:Press;1\",\"patch\":["
                                        "{\"op\":\"replace\",\"path\":\"/rate\",\"value\":2},"
                                        "{\"op\":\"remove\",\"path\":\"/since\"}]}");
    out_end(&k);
}

PX_TEST(a_relationship_that_leads_elsewhere_is_told)
{
    begin("CONTAINS(type, 'Relationship')");
    out_put(&k, "p", "");
    out_put(&k, "q", "");
    out_put(&k, "s", "");
    CHECK_EQ(px_world_relate(&k.world, "p", "r",
                             "{\"$relationshipName\":\"feeds\",\"$targetId\":\"q\",\"rate\":2}")
                 .status,
             PX_OK);
    CHECK_EQ(px_world_relate(&k.world, "p", "r",
                             "{\"$relationshipName\":\"feeds\",\"$targetId\":\"s\",\"rate\":2}")
                 .status,
             PX_OK);
    out_settle(&k);
    CHECK_EQ(k.arrived_count, 2);
    CHECK_STR(out_text(&k, 1, "/type"), "Microsoft.DigitalTwins.Relationship.Update");
    CHECK_STR(out_text(&k, 1, "/data/patch"),
              "[{\"op\":\"replace\",\"path\":\"/$targetId\",\"value\":\"s\"}]");
    out_end(&k);
}

PX_TEST(telemetry_by_http_is_told_as_it_was_sent)
{
    px_request request = { .kind = PX_REQUEST_TELEMETRY,
                           .id = PX_STR("p 1"),
                           .component = PX_STR("motor"),
                           .message_id = PX_STR("m-7"),
                           .source_time = PX_TIME_NONE };
    px_json *json;
    px_arena arena;

    begin("type = 'microsoft.iot.telemetry' AND $body.other = 'x'");
    out_put(&k, "p 1", "");
    px_arena_init(&arena, 1 << 20);
    CHECK_EQ(px_json_parse(PX_STR("{\"hum\":5,\"other\":\"x\"}"), NULL, &arena, &json, NULL),
             PX_OK);
    request.json = json;
    CHECK_EQ(px_world_do(&k.world, &request).status, PX_OK);
    px_arena_release(&arena);
    out_settle(&k);
    CHECK_EQ(k.arrived_count, 1);
    CHECK_STR(out_text(&k, 0, "/id"), "m-7");
    CHECK_STR(out_text(&k, 0, "/source"), "plant.example/p%201");
    CHECK_STR(out_text(&k, 0, "/subject"), "motor");
    CHECK_STR(out_text(&k, 0, "/dataschema"), "dtmi:test:Motor;1");
    CHECK_STR(out_text(&k, 0, "/data"), "{\"hum\":5,\"other\":\"x\"}");
    out_end(&k);
}

PX_TEST(a_devices_message_is_told_as_update_or_telemetry)
{
    begin("true");
    out_put(&k, "p", "");
    CHECK_EQ(px_world_report(&k.world, "p", "speed", 25, -1, PX_TIME_NONE).status, PX_OK);
    CHECK_EQ(px_world_report(&k.world, "p", "current", 3, 0, PX_SECOND).status, PX_OK);
    CHECK_EQ(px_world_report(&k.world, "p", "motor.hum", 4, 0, PX_TIME_NONE).status, PX_OK);
    out_settle(&k);
    CHECK_EQ(k.arrived_count, 4);
    CHECK_STR(out_text(&k, 1, "/data/patch/0/value"), "2.5");
    CHECK_STR(out_text(&k, 2, "/type"), "microsoft.iot.telemetry");
    CHECK_STR(out_text(&k, 2, "/subject"), "");
    CHECK_STR(out_text(&k, 2, "/time"), "1970-01-01T00:00:01Z");
    CHECK_STR(out_text(&k, 2, "/dataschema"), "dtmi:test:Press;1");
    CHECK_STR(out_text(&k, 2, "/data"), "{\"current\":3}");
    CHECK_STR(out_text(&k, 3, "/subject"), "motor");
    CHECK_STR(out_text(&k, 3, "/data"), "{\"hum\":4}");
    out_end(&k);
}

PX_TEST(filters_choose_and_an_endpoint_is_told_once)
{
    begin("$body.patch = 1 OR subject = 'p'");
    out_route(&k, "again", "hook", "type != 'x'");
    out_endpoint(&k, "other", "https://other.example/");
    out_route(&k, "none", "other", "false");
    out_put(&k, "p", "");
    out_put(&k, "q", "");
    out_settle(&k);
    CHECK_EQ(k.arrived_count, 2);
    CHECK_STR(out_text(&k, 0, "/subject"), "p");
    CHECK_STR(out_text(&k, 1, "/subject"), "q");
    out_forget(&k, "route", "all");
    out_forget(&k, "route", "again");
    out_put(&k, "r", "");
    out_settle(&k);
    CHECK_EQ(k.arrived_count, 2);
    out_end(&k);
}

PX_TEST(a_webhook_gets_its_headers_and_a_signature)
{
    out_begin(&k, 1);
    out_endpoint_with(&k, "hook", "https://hook.example/a",
                      ",\"secret\":\"key\",\"headers\":{\"X-Own\":\"value\"}");
    out_route(&k, "all", "hook", "true");
    out_put(&k, "p", "");
    out_settle(&k);
    CHECK_EQ(k.arrived_count, 1);
    CHECK_STR(k.arrived[0].header, "value");
    CHECK_EQ(strlen(k.arrived[0].signature), 7 + 64);
    CHECK(strncmp(k.arrived[0].signature, "sha256=", 7) == 0);
    out_end(&k);
}

/* The consumer is behind: the graph has forgotten the twins by the time that they are told. */
PX_TEST(twins_that_are_gone_by_now_are_told_by_their_names)
{
    begin("true");
    out_settle(&k);
    out_put(&k, "gone", ",\"speed\":1");
    out_speed(&k, "gone", 2);
    CHECK_EQ(px_world_report(&k.world, "gone", "current", 3, 0, PX_TIME_NONE).status, PX_OK);
    CHECK_EQ(px_world_delete(&k.world, "gone").status, PX_OK);
    out_put(&k, "gone", ",\"speed\":9");
    out_settle(&k);
    CHECK_EQ(k.arrived_count, 5);
    for (size_t i = 0; i < 5; i++)
        CHECK_STR(out_text(&k, i, i == 2 ? "/source" : "/subject"),
                  i == 2 ? "plant.example/gone" : "gone");
    CHECK_EQ(px_outbound_stat(k.outbound).untold, 0);
    out_end(&k);
}

PX_TEST_MAIN()
