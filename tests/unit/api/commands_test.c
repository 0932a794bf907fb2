/* SPDX-License-Identifier: Apache-2.0 */
/* How a call says how long its command waits, how often it is sent, and for how long it is waited
 * for. */
#include <stdio.h>

#include "api/inner.h"
#include "api_world.h"
#include "base/limits.h"

static api_world w;

static void begin(void)
{
    api_world_init(&w);
    api_put_models(&w, w.admin);
    api_put_press(&w, w.admin, "press");
}

static const reply *call(const char *query, int wanted)
{
    char target[200];

    snprintf(target, sizeof(target), "/api/v1/twins/press/commands/stop?%s", query);
    return API_ASK(&w, "POST", target, NULL, wanted);
}

static const char *told(const char *id, const char *pointer)
{
    char target[100];

    snprintf(target, sizeof(target), "/api/v1/twins/press/commands/%s", id);
    return api_text(API_ASK(&w, "GET", target, NULL, 200), pointer);
}

PX_TEST(each_number_of_a_call_is_taken_at_its_limit_and_not_past_it)
{
    static const struct {
        const char *name;
        unsigned least, most;
    } numbers[] = {
        { "timeout", 1, PX_COMMAND_TIMEOUT_S_MAX },  { "expiry", 1, PX_COMMAND_EXPIRY_S_MAX },
        { "retry", 0, PX_COMMAND_ATTEMPTS_MAX - 1 }, { "interval", 1, PX_COMMAND_INTERVAL_S_MAX },
        { "wait", 0, PX_COMMAND_WAIT_S_MAX },
    };
    char query[100];

    begin();
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        snprintf(query, sizeof(query), "dryRun=true&%s=%u", numbers[i].name, numbers[i].most);
        call(query, 200);
        snprintf(query, sizeof(query), "dryRun=true&%s=%u", numbers[i].name, numbers[i].most + 1);
        call(query, 400);
        snprintf(query, sizeof(query), "dryRun=true&%s=%u", numbers[i].name, numbers[i].least);
        call(query, 200);
        if (numbers[i].least > 0) {
            snprintf(query, sizeof(query), "dryRun=true&%s=0", numbers[i].name);
            call(query, 400);
        }
    }
    call("dryRun=perhaps", 400);
    api_world_release(&w);
}

PX_TEST(who_does_not_wait_is_told_where_to_look)
{
    const reply *r;

    begin();
    r = call("wait=0&id=a&expiry=60&retry=2&interval=7", 202);
    CHECK_STR(api_text(r, "/status"), "pending");
    CHECK_STR(api_reply_header(r, "Location"), "/api/v1/twins/press/commands/a");
    CHECK_STR(told("a", "/status"), "pending");
    CHECK_STR(told("a", "/timeout"), "5");
    CHECK_STR(told("a", "/retry"), "2");
    CHECK_STR(told("a", "/interval"), "7");
    r = call("wait=1&id=b&timeout=60", 202);
    CHECK_STR(api_text(r, "/id"), "b");
    api_world_release(&w);
}

PX_TEST(prefer_says_the_same)
{
    begin();
    api_header(&w, "Prefer", "return=minimal, respond-async");
    call("timeout=60", 202);
    api_header(&w, "Prefer", "respond-async, wait=1");
    call("timeout=60", 202);
    api_header(&w, "Prefer", "wait=1");
    call("timeout=60", 202);
    api_header(&w, "Prefer", "handling=strict");
    CHECK_STR(api_text(call("timeout=1", 200), "/status"), "timed out");
    api_world_release(&w);
}

PX_TEST(a_call_that_does_not_wait_keeps_its_answer_under_its_key)
{
    begin();
    api_header(&w, "Idempotency-Key", "k");
    call("wait=0&expiry=60&id=a", 202);
    api_header(&w, "Idempotency-Key", "k");
    CHECK_STR(api_reply_header(call("wait=0&expiry=60&id=a", 202), "Idempotency-Replayed"), "true");
    api_world_release(&w);
}

PX_TEST(a_batch_gives_commands_beside_changes)
{
    const reply *r;

    begin();
    r = API_ASK(&w, "POST", "/api/v1/batch",
                "{\"changes\":[{\"op\":\"command\",\"twin\":\"press\",\"command\":\"stop\","
                "\"id\":\"a\"},{\"op\":\"desired\",\"twin\":\"press\",\"value\":{\"speed\":3}}]}",
                200);
    CHECK_STR(api_text(r, "/changes/0/id"), "a");
    CHECK_STR(told("a", "/status"), "pending");
    API_ASK(&w, "POST", "/api/v1/batch",
            "{\"changes\":[{\"op\":\"command\",\"twin\":\"press\",\"command\":\"stop\","
            "\"id\":\"b\"},{\"op\":\"command\",\"twin\":\"press\",\"command\":\"go\"}]}",
            404);
    API_ASK(&w, "GET", "/api/v1/twins/press/commands/b", NULL, 404);
    API_ASK(&w, "POST", "/api/v1/batch", "{\"changes\":[{\"op\":\"command\",\"twin\":\"press\"}]}",
            400);
    API_ASK(&w, "POST", "/api/v1/batch",
            "{\"changes\":[{\"op\":\"command\",\"twin\":\"press\",\"command\":\"stop\","
            "\"id\":\"a/b\"}]}",
            400);
    API_ASK(&w, "POST", "/api/v1/batch",
            "{\"changes\":[{\"op\":\"delete\",\"twin\":\"press\",\"id\":\"b\"}]}", 400);
    api_world_release(&w);
}

PX_TEST(an_id_is_of_its_twin_also_for_who_waits)
{
    reply first, second;

    begin();
    api_put_press(&w, w.admin, "other");
    api_reply_init(&first);
    api_reply_init(&second);
    api_send(&w, &first, "POST", "/api/v1/twins/press/commands/stop?timeout=1&id=x", NULL);
    api_send(&w, &second, "POST", "/api/v1/twins/other/commands/stop?timeout=3&id=x", NULL);
    CHECK_EQ(api_wait(&first)->status, 200);
    CHECK_EQ(api_wait(&second)->status, 200);
    CHECK_STR(api_text(API_ASK(&w, "GET", "/api/v1/twins/other/commands/x", NULL, 200), "/status"),
              "timed out");
    api_reply_release(&first);
    api_reply_release(&second);
    api_world_release(&w);
}

PX_TEST_MAIN()
