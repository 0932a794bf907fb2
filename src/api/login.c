/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who asks: `Authorization: Bearer TOKEN`, or the console's session cookie with its CSRF token on
 * unsafe methods.
 *
 * Proving a token costs a hash and a parsed document; the outcome is kept for CACHE_NS, so a
 * revoked token lives at most that long on this door. Sessions live in memory: a restart asks for
 * the token again.
 */
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>

#include "api/inner.h"
#include "sync/credential.h"

enum {
    CACHE_PLACES = 1024,
    SESSIONS_MAX = 1024,
    ID_BYTES = 24,
    ENTRY_ARENA_BYTES_MAX = 1024 * 1024
};

static const int64_t cache_ns = INT64_C(500) * 1000 * 1000;
static const int64_t session_ns = INT64_C(12) * 3600 * 1000000000;

/* ---- cache of proven tokens ---- */

typedef struct cached {
    char text[PX_CREDENTIAL_BYTES];
    int64_t until_ns; /* monotonic; 0: empty */
    px_arena arena;
    px_principal principal;
} cached;

struct px_login_cache {
    pthread_mutex_t lock; /* guards the places */
    cached places[CACHE_PLACES];
};

struct px_login_cache *px_login_cache_new(void)
{
    struct px_login_cache *cache = px_zalloc(1, sizeof(*cache));

    if (!cache)
        return NULL;
    pthread_mutex_init(&cache->lock, NULL);
    for (size_t i = 0; i < CACHE_PLACES; i++)
        px_arena_init(&cache->places[i].arena, ENTRY_ARENA_BYTES_MAX);
    return cache;
}

void px_login_cache_clear(struct px_login_cache *cache)
{
    pthread_mutex_lock(&cache->lock);
    for (size_t i = 0; i < CACHE_PLACES; i++)
        cache->places[i].until_ns = 0;
    pthread_mutex_unlock(&cache->lock);
}

void px_login_cache_free(struct px_login_cache *cache)
{
    if (!cache)
        return;
    for (size_t i = 0; i < CACHE_PLACES; i++)
        px_arena_release(&cache->places[i].arena);
    pthread_mutex_destroy(&cache->lock);
    px_free(cache);
}

/* All slices into the caller's arena: the cached ones may be replaced at any time. */
static bool copy_principal(px_arena *arena, const px_principal *from, px_principal *ret_to)
{
    px_str *twins = PX_ARENA_ARRAY(arena, px_str, from->twin_count);

    *ret_to = *from;
    ret_to->id = px_arena_str(arena, from->id);
    for (size_t i = 0; twins && i < from->twin_count; i++)
        twins[i] = px_arena_str(arena, from->twins[i]);
    ret_to->twins = twins;
    return twins && ret_to->id.ptr;
}

px_status px_login(px_api *api, px_str credential, px_arena *arena, px_principal *ret_principal,
                   px_err *ret_err)
{
    px_documents *documents = px_engine_documents(api->opts.engine);
    int64_t now_ns = api->env->monotonic_ns(api->env);
    px_status status = PX_OK;
    cached *place;

    if (credential.len != PX_CREDENTIAL_BYTES)
        return px_credential_check(documents, credential, arena, ret_principal, ret_err);
    place = &api->logins->places[px_str_hash(credential) % CACHE_PLACES];
    pthread_mutex_lock(&api->logins->lock);
    if (now_ns >= place->until_ns ||
        sodium_memcmp(place->text, credential.ptr, PX_CREDENTIAL_BYTES) != 0) {
        px_arena_reset(&place->arena);
        place->until_ns = 0;
        status =
            px_credential_check(documents, credential, &place->arena, &place->principal, ret_err);
        if (status == PX_OK) {
            memcpy(place->text, credential.ptr, PX_CREDENTIAL_BYTES);
            place->until_ns = now_ns + cache_ns;
        }
    }
    if (status == PX_OK && !copy_principal(arena, &place->principal, ret_principal))
        status = px_arena_fail(arena, ret_err);
    pthread_mutex_unlock(&api->logins->lock);
    return status;
}

/* ---- sessions of the console ---- */

typedef struct session {
    char id[2 * ID_BYTES + 1], csrf[2 * ID_BYTES + 1];
    char credential[PX_CREDENTIAL_BYTES + 1];
    int64_t until_ns;
} session;

struct px_sessions {
    pthread_mutex_t lock; /* guards the sessions */
    px_env *env;
    session sessions[SESSIONS_MAX];
};

struct px_sessions *px_sessions_new(px_env *env)
{
    struct px_sessions *sessions = px_zalloc(1, sizeof(*sessions));

    if (!sessions)
        return NULL;
    pthread_mutex_init(&sessions->lock, NULL);
    sessions->env = env;
    return sessions;
}

void px_sessions_free(struct px_sessions *sessions)
{
    if (!sessions)
        return;
    pthread_mutex_destroy(&sessions->lock);
    sodium_memzero(sessions, sizeof(*sessions));
    px_free(sessions);
}

static void random_hex(px_env *env, char *ret_hex)
{
    unsigned char bytes[ID_BYTES];

    env->random(env, bytes, sizeof(bytes));
    sodium_bin2hex(ret_hex, 2 * ID_BYTES + 1, bytes, sizeof(bytes));
}

/* The oldest makes room. */
static session *open_session(struct px_sessions *sessions, px_str credential)
{
    session *oldest = &sessions->sessions[0];

    for (size_t i = 1; i < SESSIONS_MAX; i++)
        if (sessions->sessions[i].until_ns < oldest->until_ns)
            oldest = &sessions->sessions[i];
    random_hex(sessions->env, oldest->id);
    random_hex(sessions->env, oldest->csrf);
    memcpy(oldest->credential, credential.ptr, PX_CREDENTIAL_BYTES);
    oldest->credential[PX_CREDENTIAL_BYTES] = '\0';
    oldest->until_ns = sessions->env->monotonic_ns(sessions->env) + session_ns;
    return oldest;
}

static session *find_session(struct px_sessions *sessions, px_str id)
{
    int64_t now_ns = sessions->env->monotonic_ns(sessions->env);
    session *found = NULL;

    if (id.len != 2 * ID_BYTES)
        return NULL;
    for (size_t i = 0; i < SESSIONS_MAX; i++)
        if (sessions->sessions[i].until_ns > now_ns &&
            sodium_memcmp(sessions->sessions[i].id, id.ptr, id.len) == 0)
            found = &sessions->sessions[i];
    return found;
}

bool px_sessions_find(struct px_sessions *sessions, px_str id, px_arena *arena,
                      px_str *ret_credential, px_str *ret_csrf)
{
    session *found;

    pthread_mutex_lock(&sessions->lock);
    found = find_session(sessions, id);
    if (found) {
        *ret_credential = px_arena_str(arena, px_str_c(found->credential));
        *ret_csrf = px_arena_str(arena, px_str_c(found->csrf));
    }
    pthread_mutex_unlock(&sessions->lock);
    return found && ret_credential->ptr && ret_csrf->ptr;
}

px_str px_api_cookie(px_api_call *call)
{
    px_str rest = call->header(call, "Cookie");

    while (rest.len) {
        px_str pair = px_str_cut(&rest, ';');

        while (pair.len && pair.ptr[0] == ' ')
            pair = px_str_skip(pair, 1);
        if (px_str_eq(px_str_cut(&pair, '='), PX_STR("px_session")))
            return pair;
    }
    return (px_str){ 0 };
}

static bool is_safe(px_str method)
{
    return px_str_eq(method, PX_STR("GET")) || px_str_eq(method, PX_STR("HEAD"));
}

px_status px_api_login(px_api_call *call, px_err *ret_err)
{
    px_str header = call->header(call, "Authorization"), credential, csrf, sent;

    if (px_str_starts(header, PX_STR("Bearer "))) {
        call->credential = px_str_skip(header, 7);
        return px_login(call->api, call->credential, &call->arena, &call->principal, ret_err);
    }
    if (!px_sessions_find(call->api->sessions, px_api_cookie(call), &call->arena, &credential,
                          &csrf))
        return px_fail_id(ret_err, PX_UNAUTHORIZED, "access.nobody",
                          "send a token: `Authorization: Bearer plx_…`");
    sent = call->header(call, "X-CSRF-Token");
    if (!is_safe(call->method) &&
        (sent.len != csrf.len || sodium_memcmp(sent.ptr, csrf.ptr, csrf.len) != 0))
        return px_fail_id(ret_err, PX_DENIED, "access.csrf",
                          "this change came without the session's X-CSRF-Token");
    call->credential = credential;
    return px_login(call->api, credential, &call->arena, &call->principal, ret_err);
}

/* ---- /api/v1/session ---- */

px_handler px_on_post_session, px_on_get_session, px_on_delete_session;

static void put_who(px_api_call *call, px_str csrf)
{
    px_json_writer w = px_json_writer_of(&call->out);

    px_json_begin_object(&w);
    px_json_key(&w, PX_STR("tenant"));
    px_json_uint(&w, call->principal.tenant);
    px_json_key(&w, PX_STR("principal"));
    px_json_string(&w, call->principal.id);
    px_json_key(&w, PX_STR("role"));
    px_json_string(&w, px_str_c(px_role_name(call->principal.role)));
    px_json_key(&w, PX_STR("csrf"));
    px_json_string(&w, csrf);
    px_json_end_object(&w);
    px_api_json(call, 200);
}

void px_on_post_session(px_api_call *call)
{
    struct px_sessions *sessions = call->api->sessions;
    px_str token = px_json_get_text(call->request.json, PX_STR("token"));
    char cookie[256];
    px_str csrf;
    px_err err;
    px_status status = px_login(call->api, token, &call->arena, &call->principal, &err);
    session *opened;

    if (status == PX_OK && call->principal.role == PX_ROLE_DEVICE)
        status =
            px_fail_id(&err, PX_DENIED, "access.session", "a device has no session; use a token");
    if (status != PX_OK) {
        px_api_fail(call, status, &err);
        return;
    }
    pthread_mutex_lock(&sessions->lock);
    opened = open_session(sessions, token);
    snprintf(cookie, sizeof(cookie),
             "px_session=%s; HttpOnly; SameSite=Strict; Path=/; Max-Age=43200%s", opened->id,
             call->is_tls ? "; Secure" : "");
    csrf = px_arena_str(&call->arena, px_str_c(opened->csrf));
    pthread_mutex_unlock(&sessions->lock);
    px_api_header(call, "Set-Cookie", px_str_c(cookie));
    put_who(call, csrf);
}

void px_on_get_session(px_api_call *call)
{
    px_str credential, csrf = { 0 };

    px_sessions_find(call->api->sessions, px_api_cookie(call), &call->arena, &credential, &csrf);
    put_who(call, csrf);
}

void px_on_delete_session(px_api_call *call)
{
    struct px_sessions *sessions = call->api->sessions;
    session *found;

    pthread_mutex_lock(&sessions->lock);
    found = find_session(sessions, px_api_cookie(call));
    if (found)
        sodium_memzero(found, sizeof(*found));
    pthread_mutex_unlock(&sessions->lock);
    px_api_header(call, "Set-Cookie",
                  PX_STR("px_session=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0"));
    px_api_finish(call, 204);
}
