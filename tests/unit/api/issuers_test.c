/* SPDX-License-Identifier: Apache-2.0 */
/* /api/v1/issuers, and what tokens of an issuer prove. */
#include <stdio.h>
#include <stdlib.h>

#include "api_world.h"
#include "px_jwt_make.h"

static api_world w;
static jwt_maker maker;
static char key_text[4096]; /* of the maker, as a member of JSON */

static void begin(void)
{
    px_buf text = { 0 };

    api_world_init(&w);
    api_put_models(&w, w.admin);
    api_put_press(&w, w.admin, "press");
    API_ASK(&w, "PUT", "/api/v1/devices/d", "{\"twins\":[\"press\"]}", 201);
    maker = jwt_maker_of(GNUTLS_PK_EDDSA_ED25519, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_ED25519),
                         GNUTLS_SIGN_EDDSA_ED25519);
    px_put_json_string(&text, px_str_c(maker.pem));
    snprintf(key_text, sizeof(key_text), "%s", text.ptr);
    px_buf_release(&text);
}

static void end(void)
{
    jwt_maker_release(&maker);
    api_world_release(&w);
}

static const reply *put_issuer(const char *token, const char *name, const char *issuer,
                               const char *more, int keys, int status)
{
    px_buf body = { 0 };
    char target[64];
    const reply *r;

    snprintf(target, sizeof(target), "/api/v1/issuers/%s", name);
    px_putf(&body, "{\"issuer\":\"%s\"%s,\"keys\":[", issuer, more);
    for (int i = 0; i < keys; i++)
        px_putf(&body, "%s{\"kid\":\"k%d\",\"algorithm\":\"EdDSA\",\"publicKey\":%s}", i ? "," : "",
                i, key_text);
    px_put_c(&body, "]}");
    r = API_ASK_AS(&w, token, "PUT", target, body.ptr, status);
    px_buf_release(&body);
    return r;
}

static int ask(const char *kid, const char *claims)
{
    char header[64];

    snprintf(header, sizeof(header), "{\"alg\":\"EdDSA\",\"kid\":\"%s\"}", kid);
    return api_ask_as(&w, jwt_make(&maker, header, claims), "GET", "/api/v1/twins/press", NULL)
        ->status;
}

#define CLAIMS(more) "{\"iss\":\"https://i.example\",\"nbf\":1,\"exp\":9000000000," more "}"

PX_TEST(a_token_of_an_issuer_names_its_device)
{
    begin();
    put_issuer(w.admin, "plant", "https://i.example", ",\"claim\":\"dev\",\"audience\":\"p\"", 2,
               200);
    CHECK_EQ(ask("k1", CLAIMS("\"aud\":\"p\",\"dev\":\"d\",\"sub\":\"somebody\"")), 200);
    CHECK_EQ(ask("k2", CLAIMS("\"aud\":\"p\",\"dev\":\"d\"")), 401);
    CHECK_EQ(ask("k1", CLAIMS("\"aud\":\"q\",\"dev\":\"d\"")), 401);
    CHECK_EQ(ask("k1", CLAIMS("\"aud\":\"p\",\"dev\":\"e\"")), 401);
    end();
}

PX_TEST(a_token_that_names_no_device_proves_nobody)
{
    begin();
    put_issuer(w.admin, "plant", "https://i.example", "", 1, 200);
    CHECK_EQ(ask("k0", CLAIMS("\"aud\":\"pollux\"")), 401);
    CHECK_EQ(ask("k0", CLAIMS("\"aud\":\"pollux\",\"sub\":7")), 401);
    CHECK_EQ(ask("k0", CLAIMS("\"aud\":\"pollux\",\"sub\":\"d\"")), 200);
    API_ASK(&w, "PUT", "/api/v1/devices/d/state", "{\"state\":\"disabled\"}", 200);
    CHECK_EQ(ask("k0", CLAIMS("\"aud\":\"pollux\",\"sub\":\"d\"")), 403);
    end();
}

PX_TEST(an_issuer_that_changes_or_goes_takes_its_tokens_along)
{
    begin();
    put_issuer(w.admin, "plant", "https://i.example", "", 2, 200);
    CHECK_EQ(ask("k1", CLAIMS("\"aud\":\"pollux\",\"sub\":\"d\"")), 200);
    put_issuer(w.admin, "plant", "https://i.example", "", 1, 200);
    CHECK_EQ(ask("k1", CLAIMS("\"aud\":\"pollux\",\"sub\":\"d\"")), 401);
    CHECK_EQ(ask("k0", CLAIMS("\"aud\":\"pollux\",\"sub\":\"d\"")), 200);
    put_issuer(w.admin, "plant", "https://other.example", "", 1, 200);
    CHECK_EQ(ask("k0", CLAIMS("\"aud\":\"pollux\",\"sub\":\"d\"")), 401);
    put_issuer(w.admin, "plant", "https://i.example", "", 1, 200);
    CHECK_EQ(ask("k0", CLAIMS("\"aud\":\"pollux\",\"sub\":\"d\"")), 200);
    CHECK_STR(api_text(API_ASK(&w, "GET", "/api/v1/issuers/plant", NULL, 200), "/keys/0/kid"),
              "k0");
    API_ASK(&w, "DELETE", "/api/v1/issuers/plant", NULL, 204);
    CHECK_EQ(ask("k0", CLAIMS("\"aud\":\"pollux\",\"sub\":\"d\"")), 401);
    API_ASK(&w, "DELETE", "/api/v1/issuers/plant", NULL, 404);
    end();
}

PX_TEST(one_issuer_is_one_tenants)
{
    char other[PX_CREDENTIAL_BYTES + 1];

    begin();
    snprintf(other, sizeof(other), "%s",
             api_text(API_ASK(&w, "PUT", "/api/v1/tenants/acme", "{}", 201), "/token"));
    put_issuer(w.admin, "plant", "https://i.example", "", 1, 200);
    put_issuer(other, "plant", "https://i.example", "", 1, 409);
    put_issuer(w.admin, "again", "https://i.example", "", 1, 409);
    put_issuer(other, "plant", "https://j.example", "", 1, 200);
    API_ASK_AS(&w, other, "PUT", "/api/v1/devices/d", "{\"twins\":[]}", 201);
    CHECK_EQ(ask("k0", CLAIMS("\"aud\":\"pollux\",\"sub\":\"d\"")), 200); /* the first tenant's */
    end();
}

PX_TEST(issuers_have_a_form_and_limits)
{
    char name[PX_JWT_CLAIM_BYTES_MAX + 8], target[64];

    begin();
    put_issuer(w.admin, "x", "https://i.example", "", PX_ISSUER_KEYS_MAX, 200);
    put_issuer(w.admin, "x", "https://i.example", "", PX_ISSUER_KEYS_MAX + 1, 400);
    put_issuer(w.admin, "x", "https://i.example", "", 0, 400);
    put_issuer(w.admin, "x", "", "", 1, 400);
    snprintf(name, sizeof(name), "%0*d", PX_JWT_CLAIM_BYTES_MAX + 1, 0);
    put_issuer(w.admin, "x", name, "", 1, 400);
    API_ASK(
        &w, "PUT", "/api/v1/issuers/y",
        "{\"issuer\":\"y\",\"keys\":[{\"kid\":\"k\",\"algorithm\":\"none\",\"publicKey\":\"\"}]}",
        400);
    for (int i = 1; i < PX_ISSUERS_MAX; i++) {
        snprintf(name, sizeof(name), "https://%d.example", i);
        snprintf(target, sizeof(target), "n%d", i);
        put_issuer(w.admin, target, name, "", 1, 200);
    }
    put_issuer(w.admin, "more", "https://more.example", "", 1, 429);
    end();
}

PX_TEST_MAIN()
