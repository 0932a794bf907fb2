/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/jwt.h"

#include <sodium.h>

#include "base/limits.h"
#include "sync/jwt_key.h"

enum { KID_ARENA_BYTES_MAX = 256 * 1024 };

/* the year 2262, where a px_time ends */
#define SECONDS_MAX (INT64_MAX / PX_SECOND - 2 * PX_JWT_LEEWAY_S)

static px_status refuse(px_err *ret_err, const char *why)
{
    return px_fail_id(ret_err, PX_INVALID, "jwt.form", "this is no JWT: %s", why);
}

/* ---- form ---- */

static px_status decode(px_str text, px_arena *arena, px_str *ret_bytes, px_err *ret_err)
{
    size_t room = text.len / 4 * 3 + 3, size = 0;
    char *bytes = px_arena_alloc(arena, room);

    if (!bytes)
        return px_arena_fail(arena, ret_err);
    if (text.len == 0 ||
        sodium_base642bin((unsigned char *)bytes, room, text.ptr, text.len, NULL, &size, NULL,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
        return refuse(ret_err, "its parts are base64url without padding");
    *ret_bytes = px_str_of(bytes, size);
    return PX_OK;
}

static px_status decode_object(px_str text, px_arena *arena, px_json **ret_object, px_err *ret_err)
{
    px_json_opts opts = px_json_opts_door();
    px_str bytes;

    PX_TRY(decode(text, arena, &bytes, ret_err));
    if (px_json_parse(bytes, &opts, arena, ret_object, ret_err) != PX_OK ||
        (*ret_object)->type != PX_JSON_OBJECT)
        return refuse(ret_err, "header and claims are JSON objects");
    return PX_OK;
}

static px_status read_header(px_str text, px_arena *arena, px_jwt *jwt, px_err *ret_err)
{
    static const char *const refused[] = { "jwk", "jku", "x5c", "x5u", "crit" };
    px_json *header;

    PX_TRY(decode_object(text, arena, &header, ret_err));
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        if (px_json_get(header, px_str_c(refused[i])))
            return refuse(ret_err, "its header brings a key, or demands what is not known here");
    jwt->kid = px_json_get_text(header, PX_STR("kid"));
    jwt->algorithm = px_json_get_text(header, PX_STR("alg"));
    if (jwt->kid.len == 0 || jwt->algorithm.len == 0)
        return refuse(ret_err, "its header has `alg` and `kid`");
    return PX_OK;
}

px_status px_jwt_read(px_str text, px_arena *arena, px_jwt *ret_jwt, px_err *ret_err)
{
    px_str rest = text, header, claims;
    px_json *object;
    px_jwt jwt = { 0 };

    if (text.len > PX_JWT_BYTES_MAX)
        return refuse(ret_err, "it is longer than 8 KiB");
    header = px_str_cut(&rest, '.');
    claims = px_str_cut(&rest, '.');
    if (rest.len == 0 || memchr(rest.ptr, '.', rest.len))
        return refuse(ret_err, "it has three parts with points between");
    jwt.signed_bytes = px_str_of(text.ptr, header.len + 1 + claims.len);
    PX_TRY(read_header(header, arena, &jwt, ret_err));
    PX_TRY(decode_object(claims, arena, &object, ret_err));
    PX_TRY(decode(rest, arena, &jwt.signature, ret_err));
    jwt.claims = object;
    *ret_jwt = jwt;
    return PX_OK;
}

bool px_jwt_kid(px_str text, char *room, size_t size, px_str *ret_kid)
{
    PX_AUTO_ARENA arena = { 0 };
    px_jwt jwt = { 0 };

    px_arena_init(&arena, KID_ARENA_BYTES_MAX);
    if (text.len > PX_JWT_BYTES_MAX ||
        read_header(px_str_cut(&text, '.'), &arena, &jwt, NULL) != PX_OK || jwt.kid.len > size)
        return false;
    memcpy(room, jwt.kid.ptr, jwt.kid.len);
    *ret_kid = px_str_of(room, jwt.kid.len);
    return true;
}

bool px_jwt_is_signed_by(const px_jwt *jwt, px_str algorithm, px_str pem)
{
    px_jwt_algorithm configured;

    return px_str_eq(jwt->algorithm, algorithm) && px_jwt_algorithm_find(algorithm, &configured) &&
           px_jwt_key_signed(configured, pem, jwt->signed_bytes, jwt->signature);
}

/* ---- claims ---- */

static px_status refuse_claim(px_err *ret_err, const char *claim, const char *wanted, px_str value)
{
    return px_fail_id(ret_err, PX_UNAUTHORIZED, "jwt.claims",
                      "the `%s` of this JWT has to be %s%.*s", claim, wanted, PX_FMT(value));
}

static bool is_audience(const px_json *claim, px_str wanted)
{
    if (px_json_is(claim, PX_JSON_STRING))
        return px_str_eq(claim->text, wanted);
    for (const px_json *one = px_json_is(claim, PX_JSON_ARRAY) ? claim->first : NULL; one;
         one = one->next)
        if (one->type == PX_JSON_STRING && px_str_eq(one->text, wanted))
            return true;
    return false;
}

/* NumericDate: seconds since 1970, perhaps with a fraction, which is dropped. */
static bool read_seconds(const px_json *claims, const char *name, int64_t *ret_seconds)
{
    const px_json *claim = px_json_get(claims, px_str_c(name));
    double seconds;

    if (!px_json_is(claim, PX_JSON_NUMBER))
        return false;
    seconds = px_num_to_double(claim->num);
    if (!(seconds >= 0))
        return false;
    *ret_seconds = seconds < (double)SECONDS_MAX ? (int64_t)seconds : SECONDS_MAX;
    return true;
}

static px_status check_time(const px_jwt *jwt, px_time now, px_time *ret_until, px_err *ret_err)
{
    int64_t exp, nbf;

    if (!read_seconds(jwt->claims, "exp", &exp))
        return refuse_claim(ret_err, "exp", "a number of seconds since 1970", (px_str){ 0 });
    if (!read_seconds(jwt->claims, "nbf", &nbf))
        return refuse_claim(ret_err, "nbf", "a number of seconds since 1970", (px_str){ 0 });
    if (now >= (exp + PX_JWT_LEEWAY_S) * PX_SECOND)
        return refuse_claim(ret_err, "exp", "in the future: make a new token", (px_str){ 0 });
    if (now < (nbf - PX_JWT_LEEWAY_S) * PX_SECOND)
        return refuse_claim(ret_err, "nbf", "in the past: look at the clocks", (px_str){ 0 });
    *ret_until = (exp + PX_JWT_LEEWAY_S) * PX_SECOND;
    return PX_OK;
}

px_status px_jwt_check(const px_jwt *jwt, const px_jwt_wanted *wanted, px_time *ret_until,
                       px_err *ret_err)
{
    const px_json *subject = px_json_get(jwt->claims, PX_STR("sub"));

    if (!px_str_eq(px_json_get_text(jwt->claims, PX_STR("iss")), wanted->issuer))
        return refuse_claim(ret_err, "iss", "", wanted->issuer);
    if (!is_audience(px_json_get(jwt->claims, PX_STR("aud")), wanted->audience))
        return refuse_claim(ret_err, "aud", "", wanted->audience);
    if (subject && wanted->subject.len &&
        (subject->type != PX_JSON_STRING || !px_str_eq(subject->text, wanted->subject)))
        return refuse_claim(ret_err, "sub", "", wanted->subject);
    return check_time(jwt, wanted->now, ret_until, ret_err);
}
