/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions of the console: a cookie stands for a token. They live in memory: a restart asks for the
 * token again.
 */
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>

#include "api/inner.h"
#include "api/watch.h"
#include "sync/credential.h"

enum { SESSIONS_MAX = 1024, ID_BYTES = 24 };

static const int64_t session_ns = INT64_C(12) * 3600 * 1000000000;

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

bool px_sessions_has(struct px_sessions *sessions, px_str id)
{
    int64_t now_ns = sessions->env->monotonic_ns(sessions->env);
    bool has = false;

    pthread_mutex_lock(&sessions->lock);
    for (size_t i = 0; i < SESSIONS_MAX && !has; i++)
        has = sessions->sessions[i].until_ns > now_ns &&
              px_str_eq(px_str_c(sessions->sessions[i].id), id);
    pthread_mutex_unlock(&sessions->lock);
    return has;
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
    px_json_key(&w, PX_STR("mqttPort"));
    px_json_uint(&w, call->api->opts.mqtt_port);
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
    px_status status = px_login_of_call(call, token, &err);
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
             px_api_is_https(call) ? "; Secure" : "");
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
    px_watch_end_session(call->api->watch, px_api_cookie(call));
    px_api_header(call, "Set-Cookie",
                  PX_STR("px_session=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0"));
    px_api_finish(call, 204);
}
