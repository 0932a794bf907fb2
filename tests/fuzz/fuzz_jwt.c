/* SPDX-License-Identifier: Apache-2.0 */
/* JWTs and the public keys that prove them: whatever comes, it is refused or read to its end. */
#include <stdlib.h>

#include "sync/jwt.h"
#include "sync/jwt_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The key of RFC 8037 A.2: what comes was signed by nobody who has the other half. */
static const char pem[] = "-----BEGIN PUBLIC KEY-----\n"
                          "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
                          "-----END PUBLIC KEY-----\n";

static void judge(px_str text, px_arena *arena)
{
    px_jwt_wanted wanted = { .issuer = PX_STR("d"),
                             .audience = PX_STR("pollux"),
                             .subject = PX_STR("d"),
                             .now = 1000 * PX_SECOND };
    px_time until;
    px_jwt jwt;

    if (px_jwt_read(text, arena, &jwt, NULL) != PX_OK)
        return;
    if (px_jwt_is_signed_by(&jwt, PX_STR("EdDSA"), px_str_c(pem)))
        abort();
    if (px_jwt_check(&jwt, &wanted, &until, NULL) == PX_OK && until <= wanted.now)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    px_str text = px_str_of((const char *)data, size), kid;
    char room[32], fingerprint[65];
    px_jwt_key key;
    px_time ends;
    px_arena arena;

    px_arena_init(&arena, 8 << 20);
    judge(text, &arena);
    if (px_jwt_kid(text, room, sizeof(room), &kid) && kid.len > sizeof(room))
        abort();
    for (int i = 0; i < PX_JWT_ALGORITHM_COUNT; i++)
        if (px_jwt_key_read(text, px_str_c(px_jwt_algorithm_name((px_jwt_algorithm)i)), &arena,
                            &key, NULL) == PX_OK &&
            key.pem.len == 0)
            abort();
    (void)!px_certificate_read(text, fingerprint, &ends, NULL);
    px_arena_release(&arena);
    return 0;
}
