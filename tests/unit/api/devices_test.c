/* SPDX-License-Identifier: Apache-2.0 */
/* /api/v1/devices: life, labels, credentials, and who may touch them. */
#include <stdio.h>
#include <stdlib.h>

#include "api_world.h"

static api_world w;

/* RFC 8037 A.2 */
#define JWK                                                                                        \
    "{\\\"kty\\\":\\\"OKP\\\",\\\"crv\\\":\\\"Ed25519\\\",\\\"x\\\":\\\"11qYAYKxCrfVS_"            \
    "7TyWQHOg7hcvPapiMlrwIaaPcHURo\\\"}"

static const char *begin_with(const char *device)
{
    static char key[PX_CREDENTIAL_BYTES + 1];
    char target[128];

    api_world_init(&w);
    api_put_models(&w, w.admin);
    api_put_press(&w, w.admin, "press");
    snprintf(target, sizeof(target), "/api/v1/devices/%s", device);
    snprintf(key, sizeof(key), "%s",
             api_text(API_ASK(&w, "PUT", target, "{\"twins\":[\"press\"]}", 201), "/key"));
    return key;
}

static void state_is(const char *wanted)
{
    CHECK_STR(api_text(API_ASK(&w, "GET", "/api/v1/devices/d", NULL, 200), "/state"), wanted);
}

PX_TEST(a_first_accepted_call_makes_a_device_active)
{
    const char *key = begin_with("d");

    state_is("registered");
    API_ASK_AS(&w, key, "GET", "/digitaltwins/press", NULL, 200);
    /* the engine takes requests in order: what is written now comes behind */
    API_ASK(&w, "PUT", "/api/v1/devices/other", "{\"twins\":[]}", 201);
    state_is("active");
    API_ASK(&w, "PUT", "/api/v1/devices/d/state", "{\"state\":\"registered\"}", 200);
    state_is("active"); /* enabling what is enabled changes nothing */
    api_world_release(&w);
}

PX_TEST(a_disabled_device_is_told_so_and_a_retired_one_stays_so)
{
    const char *key = begin_with("d");
    const reply *r;

    API_ASK(&w, "PUT", "/api/v1/devices/d/state", "{\"state\":\"disabled\"}", 200);
    r = API_ASK_AS(&w, key, "GET", "/api/v1/twins/press", NULL, 403);
    CHECK_STR(api_text(r, "/code"), "device.disabled");
    API_ASK(&w, "PUT", "/api/v1/devices/d/state", "{\"state\":\"registered\"}", 200);
    API_ASK_AS(&w, key, "GET", "/digitaltwins/press", NULL, 200);
    API_ASK(&w, "PUT", "/api/v1/devices/d/state", "{\"state\":\"retired\"}", 200);
    r = API_ASK_AS(&w, key, "GET", "/api/v1/twins/press", NULL, 403);
    CHECK_STR(api_text(r, "/code"), "device.retired");
    for (size_t i = 0; i < 2; i++)
        API_ASK(&w, "PUT", "/api/v1/devices/d/state",
                i ? "{\"state\":\"registered\"}" : "{\"state\":\"disabled\"}", 409);
    API_ASK(&w, "PUT", "/api/v1/devices/d", "{\"twins\":[]}", 409);
    API_ASK(&w, "POST", "/api/v1/devices/d/key", NULL, 409);
    API_ASK(&w, "POST", "/api/v1/devices/d/credentials", "{\"type\":\"key\"}", 409);
    API_ASK(&w, "DELETE", "/api/v1/devices/d", NULL, 204);
    API_ASK_AS(&w, key, "GET", "/digitaltwins/press", NULL, 401);
    api_world_release(&w);
}

PX_TEST(nobody_sets_a_state_that_is_none)
{
    begin_with("d");
    API_ASK(&w, "PUT", "/api/v1/devices/d/state", "{\"state\":\"active\"}", 400);
    API_ASK(&w, "PUT", "/api/v1/devices/d/state", "{\"state\":\"lost\"}", 400);
    API_ASK(&w, "PUT", "/api/v1/devices/d/state", "{}", 400);
    API_ASK(&w, "PUT", "/api/v1/devices/none/state", "{\"state\":\"disabled\"}", 404);
    api_header(&w, "If-Match", "\"7\"");
    API_ASK(&w, "PUT", "/api/v1/devices/d/state", "{\"state\":\"disabled\"}", 412);
    state_is("registered");
    api_world_release(&w);
}

static int put_attributes(int count, int name_bytes, int text_bytes)
{
    px_buf body = { 0 };
    int status;

    px_put_c(&body, "{\"twins\":[],\"attributes\":{");
    for (int i = 0; i < count; i++)
        px_putf(&body, "%s\"%0*d\":\"%0*d\"", i ? "," : "", name_bytes, i, text_bytes, 0);
    px_put_c(&body, "}}");
    status = api_ask(&w, "PUT", "/api/v1/devices/d", body.ptr)->status;
    px_buf_release(&body);
    return status;
}

PX_TEST(attributes_and_group_have_limits_and_stay_when_they_do_not_come)
{
    char body[512];
    const reply *r;

    begin_with("d");
    CHECK_EQ(put_attributes(PX_DEVICE_ATTRIBUTES_MAX, 2, PX_DEVICE_ATTRIBUTE_BYTES_MAX), 200);
    CHECK_EQ(put_attributes(PX_DEVICE_ATTRIBUTES_MAX + 1, 2, 1), 400);
    CHECK_EQ(put_attributes(1, 1, PX_DEVICE_ATTRIBUTE_BYTES_MAX + 1), 400);
    CHECK_EQ(put_attributes(1, PX_DOC_ID_BYTES_MAX + 1, 1), 400);
    CHECK_EQ(put_attributes(1, PX_DOC_ID_BYTES_MAX, 1), 200);
    API_ASK(&w, "PUT", "/api/v1/devices/d", "{\"twins\":[],\"attributes\":{\"a\":1}}", 400);
    API_ASK(&w, "PUT", "/api/v1/devices/d", "{\"twins\":[],\"attributes\":[]}", 400);
    for (int bytes = PX_DOC_ID_BYTES_MAX; bytes <= PX_DOC_ID_BYTES_MAX + 1; bytes++) {
        snprintf(body, sizeof(body), "{\"twins\":[],\"group\":\"%0*d\"}", bytes, 0);
        API_ASK(&w, "PUT", "/api/v1/devices/d", body, bytes <= PX_DOC_ID_BYTES_MAX ? 200 : 400);
    }
    API_ASK(&w, "PUT", "/api/v1/devices/d",
            "{\"twins\":[],\"group\":\"hall\",\"attributes\":{\"serial\":\"7\"}}", 200);
    API_ASK(&w, "PUT", "/api/v1/devices/d", "{\"twins\":[\"press\"]}", 200);
    r = API_ASK(&w, "GET", "/api/v1/devices/d", NULL, 200);
    CHECK_STR(api_text(r, "/group"), "hall");
    CHECK_STR(api_text(r, "/attributes/serial"), "7");
    CHECK_STR(api_text(r, "/twins"), "[\"press\"]");
    api_world_release(&w);
}

PX_TEST(a_device_has_sixteen_credentials_and_no_seventeenth)
{
    begin_with("d");
    for (int i = 1; i < PX_DEVICE_CREDENTIALS_MAX; i++)
        API_ASK(&w, "POST", "/api/v1/devices/d/credentials", "{\"type\":\"key\"}", 201);
    API_ASK(&w, "POST", "/api/v1/devices/d/credentials", "{\"type\":\"key\"}", 429);
    API_ASK(&w, "POST", "/api/v1/devices/d/key?overlap=60", NULL, 429);
    API_ASK(&w, "POST", "/api/v1/devices/d/key", NULL, 201); /* takes the place of all */
    CHECK_STR(api_text(API_ASK(&w, "GET", "/api/v1/devices/d/credentials", NULL, 200), "/items/1"),
              "");
    api_world_release(&w);
}

PX_TEST(keys_hold_on_as_long_as_they_may_and_no_longer)
{
    const char *key = begin_with("d");
    char target[128];
    const reply *r;

    snprintf(target, sizeof(target), "/api/v1/devices/d/key?overlap=%d", PX_KEY_OVERLAP_S_MAX + 1);
    API_ASK(&w, "POST", target, NULL, 400);
    snprintf(target, sizeof(target), "/api/v1/devices/d/key?overlap=%d", PX_KEY_OVERLAP_S_MAX);
    API_ASK(&w, "POST", target, NULL, 201);
    API_ASK_AS(&w, key, "GET", "/digitaltwins/press", NULL, 200);
    r = API_ASK(&w, "GET", "/api/v1/devices/d/credentials", NULL, 200);
    CHECK(strlen(api_text(r, "/items/0/expires")) > 0);
    CHECK_STR(api_text(r, "/items/1/expires"), "");
    API_ASK(&w, "POST", "/api/v1/devices/d/key", NULL, 201);
    API_ASK_AS(&w, key, "GET", "/digitaltwins/press", NULL, 401);
    api_world_release(&w);
}

PX_TEST(public_keys_and_certificates_are_listed_and_revoked)
{
    char target[256];
    const reply *r;

    begin_with("d");
    r = API_ASK(&w, "POST", "/api/v1/devices/d/credentials",
                "{\"type\":\"jwt\",\"algorithm\":\"EdDSA\",\"label\":\"cell\",\"publicKey\":\"" JWK
                "\"}",
                201);
    CHECK_STR(api_text(r, "/issuer"), "d");
    CHECK_STR(api_text(r, "/audience"), "pollux");
    CHECK_STR(api_text(r, "/key"), "");
    CHECK(strstr(api_text(r, "/publicKey"), "BEGIN PUBLIC KEY") != NULL);
    snprintf(target, sizeof(target), "/api/v1/devices/d/credentials/%s", api_text(r, "/id"));
    API_ASK(&w, "DELETE", target, NULL, 204);
    API_ASK(&w, "DELETE", target, NULL, 404);
    r = API_ASK(&w, "POST", "/api/v1/devices/d/credentials",
                "{\"type\":\"certificate\",\"fingerprint\":"
                "\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\"}",
                201);
    CHECK_STR(api_text(r, "/id"),
              "x509-00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
    API_ASK(&w, "POST", "/api/v1/devices/d/credentials",
            "{\"type\":\"certificate\",\"fingerprint\":"
            "\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\"}",
            409);
    API_ASK(&w, "POST", "/api/v1/devices/d/credentials",
            "{\"type\":\"certificate\",\"subject\":\"pump.plant\"}", 201);
    CHECK(strstr(API_ASK(&w, "GET", "/api/v1/devices/d/credentials", NULL, 200)->body.ptr,
                 "hash") == NULL);
    api_world_release(&w);
}

PX_TEST(what_is_no_credential_is_refused)
{
    static const char *const bodies[] = {
        "{}",
        "{\"type\":\"password\"}",
        "{\"type\":\"key\",\"label\":\"\"}",
        "{\"type\":\"key\",\"expires\":\"yesterday\"}",
        "{\"type\":\"key\",\"expires\":\"2001-01-01T00:00:00Z\"}",
        "{\"type\":\"jwt\"}",
        "{\"type\":\"jwt\",\"algorithm\":\"HS256\",\"publicKey\":\"secret\"}",
        "{\"type\":\"jwt\",\"algorithm\":\"none\",\"publicKey\":\"" JWK "\"}",
        "{\"type\":\"jwt\",\"algorithm\":\"RS256\",\"publicKey\":\"" JWK "\"}",
        "{\"type\":\"certificate\"}",
        "{\"type\":\"certificate\",\"fingerprint\":\"00\"}",
        "{\"type\":\"certificate\",\"certificate\":\"-----BEGIN CERTIFICATE-----\"}",
    };

    begin_with("d");
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
        API_ASK(&w, "POST", "/api/v1/devices/d/credentials", bodies[i], 400);
    API_ASK(&w, "POST", "/api/v1/devices/none/credentials", "{\"type\":\"key\"}", 404);
    api_world_release(&w);
}

PX_TEST(issuer_and_audience_are_as_long_as_the_limit_and_no_longer)
{
    char body[1024];

    begin_with("d");
    for (int bytes = PX_JWT_CLAIM_BYTES_MAX; bytes <= PX_JWT_CLAIM_BYTES_MAX + 1; bytes++) {
        snprintf(
            body, sizeof(body),
            "{\"type\":\"jwt\",\"algorithm\":\"EdDSA\",\"issuer\":\"%0*d\",\"publicKey\":\"" JWK
            "\"}",
            bytes, 0);
        API_ASK(&w, "POST", "/api/v1/devices/d/credentials", body,
                bytes <= PX_JWT_CLAIM_BYTES_MAX ? 201 : 400);
    }
    api_world_release(&w);
}

PX_TEST(another_tenant_and_the_device_itself_touch_nothing)
{
    char other[PX_CREDENTIAL_BYTES + 1], key[PX_CREDENTIAL_BYTES + 1];

    snprintf(key, sizeof(key), "%s", begin_with("d"));
    snprintf(other, sizeof(other), "%s",
             api_text(API_ASK(&w, "PUT", "/api/v1/tenants/acme", "{}", 201), "/token"));
    API_ASK_AS(&w, other, "GET", "/api/v1/devices/d/credentials", NULL, 404);
    API_ASK_AS(&w, other, "PUT", "/api/v1/devices/d/state", "{\"state\":\"retired\"}", 404);
    API_ASK_AS(&w, other, "POST", "/api/v1/devices/d/key", NULL, 404);
    API_ASK_AS(&w, other, "PUT", "/api/v1/devices/mine", "{\"twins\":[]}", 201);
    API_ASK_AS(&w, other, "POST", "/api/v1/devices/mine/credentials",
               "{\"type\":\"certificate\",\"subject\":\"pump.plant\"}", 403);
    state_is("registered");
    API_ASK_AS(&w, key, "GET", "/api/v1/devices/d/credentials", NULL, 403);
    API_ASK_AS(&w, key, "PUT", "/api/v1/devices/d/state", "{\"state\":\"retired\"}", 403);
    API_ASK_AS(&w, key, "POST", "/api/v1/devices/d/credentials", "{\"type\":\"key\"}", 403);
    /* it has come with its key; what is written now comes behind what the server makes of that */
    API_ASK(&w, "PUT", "/api/v1/devices/other", "{\"twins\":[]}", 201);
    state_is("active");
    api_world_release(&w);
}

/* ---- many at once ---- */

static const reply *import_rows(int count, int status)
{
    px_buf body = { 0 };
    const reply *r;

    px_put_c(&body, "{\"devices\":[");
    for (int i = 0; i < count; i++)
        px_putf(&body, "%s{\"id\":\"m%d\",\"twins\":[]}", i ? "," : "", i);
    px_put_c(&body, "]}");
    r = API_ASK(&w, "POST", "/api/v1/devices", body.ptr, status);
    px_buf_release(&body);
    return r;
}

PX_TEST(an_import_takes_a_thousand_devices_and_no_more)
{
    begin_with("d");
    CHECK_STR(api_text(import_rows(PX_DEVICES_PER_CALL_MAX + 1, 413), "/code"), "device.import");
    CHECK_STR(api_text(import_rows(PX_DEVICES_PER_CALL_MAX, 200), "/created"), "1000");
    CHECK_STR(api_text(import_rows(PX_DEVICES_PER_CALL_MAX, 200), "/unchanged"), "1000");
    api_world_release(&w);
}

PX_TEST(each_row_of_an_import_is_for_itself)
{
    char key[PX_CREDENTIAL_BYTES + 1];
    const reply *r;

    begin_with("d");
    API_ASK(&w, "PUT", "/api/v1/devices/old", "{\"twins\":[]}", 201);
    API_ASK(&w, "PUT", "/api/v1/devices/old/state", "{\"state\":\"retired\"}", 200);
    r = API_ASK(&w, "POST", "/api/v1/devices",
                "{\"devices\":[{\"id\":\"new\",\"twins\":[\"press\",\"made\"],"
                "\"model\":\"dtmi:test:Press;1\"},{\"id\":\"old\",\"twins\":[]},"
                "{\"id\":\"d\",\"twins\":[\"press\"],\"group\":\"g\"},7,"
                "{\"id\":\"new\",\"twins\":[]}]}",
                200);
    CHECK_STR(api_text(r, "/results/0/status"), "created");
    snprintf(key, sizeof(key), "%s", api_text(r, "/results/0/key"));
    CHECK_STR(api_text(r, "/results/1/code"), "device.retired");
    CHECK_STR(api_text(r, "/results/2/status"), "changed");
    CHECK_STR(api_text(r, "/results/3/code"), "device.id");
    CHECK_STR(api_text(r, "/results/4/status"), "refused"); /* the same id a second time */
    CHECK_STR(api_text(r, "/twinsCreated"), "1");
    API_ASK_AS(&w, key, "GET", "/digitaltwins/made", NULL, 200);
    API_ASK_AS(&w, key, "POST", "/api/v1/devices", "{\"devices\":[]}", 403);
    api_world_release(&w);
}

PX_TEST(members_that_nobody_knows_are_refused_by_name)
{
    static const struct {
        const char *method, *target, *body, *said;
    } bodies[] = {
        { "PUT", "/api/v1/devices/d", "{\"twins\":[],\"twin\":\"a\"}",
          "the body has no 'twin'; did you mean 'twins'?" },
        { "PUT", "/api/v1/devices/d", "{\"twins\":[],\"state\":\"registered\"}",
          "the body has no 'state'" },
        { "PUT", "/api/v1/devices/d/state", "{\"state\":\"disabled\",\"why\":\"x\"}",
          "the body has no 'why'" },
        { "POST", "/api/v1/devices/d/credentials", "{\"type\":\"key\",\"expire\":\"x\"}",
          "the body has no 'expire'; did you mean 'expires'?" },
        { "POST", "/api/v1/devices", "{\"devices\":[],\"dryrun\":true}",
          "the body has no 'dryrun'; did you mean 'dryRun'?" },
        { "PUT", "/api/v1/claims/c", "{\"use\":7}", "the body has no 'use'; did you mean 'uses'?" },
        { "POST", "/api/v1/claim", "{\"claim\":\"x\",\"id\":\"y\",\"model\":\"z\"}",
          "the body has no 'model'" },
        { "POST", "/api/v1/tokens", "{\"name\":\"x\",\"role\":\"reader\",\"scope\":1}",
          "the body has no 'scope'" },
    };

    begin_with("d");
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        const reply *r = API_ASK(&w, bodies[i].method, bodies[i].target, bodies[i].body, 400);

        CHECK_STR(api_text(r, "/code"), "body.member");
        CHECK_STR(api_text(r, "/detail"), bodies[i].said);
    }
    state_is("registered");
    CHECK_STR(api_text(API_ASK(&w, "POST", "/api/v1/devices",
                               "{\"devices\":[{\"id\":\"e\",\"twins\":[],\"groop\":\"g\"}]}", 200),
                       "/results/0/detail"),
              "a device has no 'groop'; did you mean 'group'?");
    api_world_release(&w);
}

/* ---- claims ---- */

static const char *make_claim(const char *name, const char *body)
{
    static char text[PX_CREDENTIAL_BYTES + 1];
    char target[128];

    snprintf(target, sizeof(target), "/api/v1/claims/%s", name);
    snprintf(text, sizeof(text), "%s", api_text(API_ASK(&w, "PUT", target, body, 201), "/claim"));
    return text;
}

static const reply *use_claim(const char *claim, const char *id, int status)
{
    char body[512];

    snprintf(body, sizeof(body), "{\"claim\":\"%s\",\"id\":\"%s\"}", claim, id);
    return API_ASK_AS(&w, "", "POST", "/api/v1/claim", body, status);
}

/* Both see room for one more; the device's document is the same for both, and one of them looks
 * again. */
PX_TEST(credentials_that_come_at_once_do_not_pass_the_limit)
{
    static reply a, b;
    const reply *first, *second;

    begin_with("d");
    api_reply_init(&a);
    api_reply_init(&b);
    for (int i = 1; i < PX_DEVICE_CREDENTIALS_MAX - 1; i++)
        API_ASK(&w, "POST", "/api/v1/devices/d/credentials", "{\"type\":\"key\"}", 201);
    api_hold_engine(&w);
    api_send(&w, &a, "POST", "/api/v1/devices/d/credentials", "{\"type\":\"key\"}");
    api_send(&w, &b, "POST", "/api/v1/devices/d/credentials", "{\"type\":\"key\"}");
    api_let_engine_go(&w);
    first = api_wait(&a);
    second = api_wait(&b);
    CHECK_EQ(first->status, 201);
    CHECK_EQ(second->status, 429);
    CHECK_STR(api_text(second, "/code"), "device.credentials");
    CHECK_STR(
        api_text(API_ASK(&w, "GET", "/api/v1/devices/d/credentials", NULL, 200), "/items/15/type"),
        "key");
    api_reply_release(&a);
    api_reply_release(&b);
    api_world_release(&w);
}

PX_TEST(a_retired_device_stays_retired_whatever_is_tried)
{
    const char *key, *claim;
    char etag[64];
    const reply *r;

    key = begin_with("d");
    claim = make_claim("c", "{\"uses\":9}");
    API_ASK(&w, "PUT", "/api/v1/devices/d/state", "{\"state\":\"retired\"}", 200);
    r = API_ASK(&w, "GET", "/api/v1/devices/d", NULL, 200);
    snprintf(etag, sizeof(etag), "%s", api_reply_header(r, "ETag"));
    api_header(&w, "If-Match", etag);
    API_ASK(&w, "PUT", "/api/v1/devices/d", "{\"twins\":[\"press\"]}", 409);
    api_header(&w, "If-Match", "*");
    API_ASK(&w, "PUT", "/api/v1/devices/d", "{\"twins\":[\"press\"]}", 409);
    r = API_ASK(&w, "POST", "/api/v1/devices",
                "{\"devices\":[{\"id\":\"d\",\"twins\":[\"press\"]}]}", 200);
    CHECK_STR(api_text(r, "/results/0/code"), "device.retired");
    use_claim(claim, "d", 409);
    API_ASK(&w, "POST", "/api/v1/devices/d/key", NULL, 409);
    API_ASK(&w, "PUT", "/api/v1/devices/d/state", "{\"state\":\"registered\"}", 409);
    state_is("retired");
    API_ASK_AS(&w, key, "GET", "/digitaltwins/press", NULL, 403);
    /* a credential may still be taken from it; that changes its document and not its state */
    r = API_ASK(&w, "GET", "/api/v1/devices/d/credentials", NULL, 200);
    snprintf(etag, sizeof(etag), "/api/v1/devices/d/credentials/%s", api_text(r, "/items/0/id"));
    API_ASK(&w, "DELETE", etag, NULL, 204);
    state_is("retired");
    /* deleted it is gone; another one of its name has nothing of it */
    API_ASK(&w, "DELETE", "/api/v1/devices/d", NULL, 204);
    API_ASK(&w, "PUT", "/api/v1/devices/d", "{\"twins\":[]}", 201);
    API_ASK_AS(&w, key, "GET", "/digitaltwins/press", NULL, 401);
    api_world_release(&w);
}

PX_TEST(a_claim_registers_as_many_devices_as_it_says)
{
    char key[PX_CREDENTIAL_BYTES + 1];
    const char *claim;
    const reply *r;

    begin_with("d");
    claim = make_claim("c", "{\"uses\":2,\"prefix\":\"pump-\",\"group\":\"g\","
                            "\"model\":\"dtmi:test:Press;1\"}");
    use_claim(claim, "fan-1", 400);
    r = use_claim(claim, "pump-1", 201);
    snprintf(key, sizeof(key), "%s", api_text(r, "/key"));
    API_ASK_AS(&w, key, "GET", "/digitaltwins/pump-1", NULL, 200);
    CHECK_STR(api_text(API_ASK(&w, "GET", "/api/v1/devices/pump-1", NULL, 200), "/group"), "g");
    CHECK_STR(api_text(use_claim(claim, "pump-1", 409), "/code"), "document.exists");
    use_claim(claim, "pump-2", 201);
    CHECK_STR(api_text(use_claim(claim, "pump-3", 403), "/code"), "claim.used");
    API_ASK(&w, "GET", "/digitaltwins/pump-3", NULL, 404);
    r = API_ASK(&w, "GET", "/api/v1/claims/c", NULL, 200);
    CHECK_STR(api_text(r, "/used"), "2");
    CHECK_STR(api_text(r, "/claim"), "");
    API_ASK(&w, "PUT", "/api/v1/claims/c", "{}", 409);
    API_ASK(&w, "DELETE", "/api/v1/claims/c", NULL, 204);
    use_claim(claim, "pump-3", 401);
    API_ASK_AS(&w, key, "GET", "/digitaltwins/pump-1", NULL, 200); /* the device stays */
    api_world_release(&w);
}

PX_TEST(a_claim_takes_over_no_twin_and_no_device)
{
    const char *claim;

    begin_with("d");
    claim = make_claim("c", "{\"uses\":9,\"model\":\"dtmi:test:Press;1\"}");
    CHECK_STR(api_text(use_claim(claim, "press", 409), "/code"), "claim.twin");
    use_claim(claim, "d", 409);
    API_ASK(&w, "GET", "/digitaltwins/d", NULL, 404);
    CHECK_STR(api_text(API_ASK(&w, "GET", "/api/v1/claims/c", NULL, 200), "/used"), "0");
    api_world_release(&w);
}

PX_TEST(a_claim_proves_nobody_and_a_key_is_no_claim)
{
    char key[PX_CREDENTIAL_BYTES + 1], claim[PX_CREDENTIAL_BYTES + 1];
    px_buf told = { 0 };

    snprintf(key, sizeof(key), "%s", begin_with("d"));
    snprintf(claim, sizeof(claim), "%s", make_claim("c", "{}"));
    API_ASK_AS(&w, claim, "GET", "/digitaltwins/press", NULL, 401);
    /* the same to an unknown one, a wrong one and what is none */
    px_put_c(&told, use_claim(key, "x", 401)->body.ptr);
    CHECK_STR(
        use_claim("plx_0000000000000000_0123456789012345678901234567890123456789012", "x", 401)
            ->body.ptr,
        told.ptr);
    claim[PX_CREDENTIAL_BYTES - 1] = claim[PX_CREDENTIAL_BYTES - 1] == 'A' ? 'B' : 'A';
    CHECK_STR(use_claim(claim, "x", 401)->body.ptr, told.ptr);
    CHECK_STR(use_claim("", "x", 401)->body.ptr, told.ptr);
    px_buf_release(&told);
    API_ASK_AS(&w, key, "PUT", "/api/v1/claims/mine", "{}", 403);
    API_ASK_AS(&w, key, "GET", "/api/v1/claims", NULL, 403);
    api_world_release(&w);
}

PX_TEST(a_claim_has_a_form_and_its_limits)
{
    static const char *const bodies[] = {
        "{\"uses\":0}",
        "{\"uses\":100001}",
        "{\"uses\":1.5}",
        "{\"expires\":\"2001-01-01T00:00:00Z\"}",
        "{\"expires\":\"2200-01-01T00:00:00Z\"}",
        "{\"prefix\":7}",
    };
    char target[64];

    begin_with("d");
    CHECK_EQ(PX_CLAIM_USES_MAX, 100000);
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
        API_ASK(&w, "PUT", "/api/v1/claims/c", bodies[i], 400);
    API_ASK(&w, "PUT", "/api/v1/claims/c", "{\"model\":\"dtmi:test:None;1\"}", 404);
    API_ASK(&w, "PUT", "/api/v1/claims/c", "{\"uses\":100000}", 201);
    for (int i = 1; i < PX_CLAIMS_MAX; i++) {
        snprintf(target, sizeof(target), "/api/v1/claims/c%d", i);
        API_ASK(&w, "PUT", target, NULL, 201);
    }
    API_ASK(&w, "PUT", "/api/v1/claims/more", NULL, 429);
    api_world_release(&w);
}

PX_TEST_MAIN()
