/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who asks: `Authorization: Bearer TOKEN`, or the console's session cookie with its CSRF token on
 * unsafe methods.
 *
 * Proving a token costs a hash and a parsed document; the outcome is kept for CACHE_NS, so a
 * revoked token lives at most that long on this door. The lock is held to copy a principal, never
 * for the proof: somebody who tries tokens makes nobody wait.
 */
#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>

#include "api/inner.h"
#include "sync/backoff.h"
#include "sync/credential.h"
#include "sync/device.h"

enum { CACHE_PLACES = 1024, ENTRY_ARENA_BYTES_MAX = 4 * 1024 * 1024 };

static const int64_t cache_ns = INT64_C(500) * 1000 * 1000;

/* ---- cache of proven tokens ---- */

typedef struct cached {
    char text[PX_CREDENTIAL_BYTES];
    int64_t until_ns; /* monotonic; 0: empty */
    px_arena arena;
    px_principal principal;
} cached;

struct px_login_cache {
    pthread_mutex_t lock; /* guards the places, and how often they were cleared */
    uint64_t cleared;
    cached places[CACHE_PLACES];

    _Atomic uint64_t failed;
    _Atomic int64_t told_ns; /* monotonic: failures were logged last */
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
    cache->cleared++;
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

static bool is_place_of(const cached *place, px_str credential, int64_t now_ns)
{
    return now_ns < place->until_ns &&
           sodium_memcmp(place->text, credential.ptr, PX_CREDENTIAL_BYTES) == 0;
}

/* What does not fit the place is proven every time. */
static void keep(cached *place, px_str credential, const px_principal *principal, int64_t until_ns)
{
    px_arena_reset(&place->arena);
    place->until_ns = 0;
    if (!copy_principal(&place->arena, principal, &place->principal))
        return;
    memcpy(place->text, credential.ptr, PX_CREDENTIAL_BYTES);
    place->until_ns = until_ns;
}

static cached *place_of(struct px_login_cache *cache, px_str credential)
{
    return &cache->places[px_str_hash(credential) % CACHE_PLACES];
}

/* False: it has to be proven. */
static bool is_known(px_api *api, px_str credential, px_arena *arena, px_principal *ret_principal,
                     px_status *ret_status, px_err *ret_err)
{
    struct px_login_cache *cache = api->logins;
    bool known, copied = false;
    cached *place;

    if (credential.len != PX_CREDENTIAL_BYTES)
        return false;
    place = place_of(cache, credential);
    pthread_mutex_lock(&cache->lock);
    known = is_place_of(place, credential, api->env->monotonic_ns(api->env));
    if (known)
        copied = copy_principal(arena, &place->principal, ret_principal);
    pthread_mutex_unlock(&cache->lock);
    if (known)
        *ret_status = copied ? PX_OK : px_arena_fail(arena, ret_err);
    return known;
}

/* A device's first accepted call makes it active. */
static px_status look_up(px_api *api, px_str credential, px_arena *arena,
                         px_principal *ret_principal, px_err *ret_err)
{
    px_evidence evidence = { .text = credential };
    px_credential_proof proof;
    px_status status = px_credential_prove(api->env, px_engine_documents(api->opts.engine),
                                           &evidence, arena, ret_principal, &proof, ret_err);

    if (status == PX_OK && proof.awaits_activation)
        px_device_activate(api->opts.engine, ret_principal, proof.device_revision);
    if (status == PX_OK && proof.device_no && api->opts.presence)
        px_presence_seen(api->opts.presence, proof.device_tenant, proof.device_no,
                         api->env->now(api->env));
    return status;
}

static px_status prove(px_api *api, px_str credential, px_arena *arena, px_principal *ret_principal,
                       px_err *ret_err)
{
    struct px_login_cache *cache = api->logins;
    int64_t now_ns = api->env->monotonic_ns(api->env);
    uint64_t cleared;

    pthread_mutex_lock(&cache->lock);
    cleared = cache->cleared;
    pthread_mutex_unlock(&cache->lock);
    PX_TRY(look_up(api, credential, arena, ret_principal, ret_err));
    pthread_mutex_lock(&cache->lock);
    if (cache->cleared == cleared &&
        credential.len == PX_CREDENTIAL_BYTES) /* else it may have been withdrawn meanwhile */
        keep(place_of(cache, credential), credential, ret_principal, now_ns + cache_ns);
    pthread_mutex_unlock(&cache->lock);
    return PX_OK;
}

px_status px_login(px_api *api, px_str credential, px_arena *arena, px_principal *ret_principal,
                   px_err *ret_err)
{
    px_status status;

    if (is_known(api, credential, arena, ret_principal, &status, ret_err))
        return status;
    return prove(api, credential, arena, ret_principal, ret_err);
}

/* ---- failures ---- */

uint64_t px_logins_failed(const struct px_login_cache *cache)
{
    return atomic_load_explicit(&cache->failed, memory_order_relaxed);
}

/* Each is counted, one a second is told. */
static void tell_failure(const px_api_call *call, int64_t now_ns)
{
    struct px_login_cache *cache = call->api->logins;
    int64_t told_ns = atomic_load(&cache->told_ns);
    uint64_t failed = atomic_fetch_add(&cache->failed, 1) + 1;

    if ((told_ns == 0 || now_ns >= told_ns + PX_SECOND) &&
        atomic_compare_exchange_strong(&cache->told_ns, &told_ns, now_ns))
        px_log_warn(call->api->opts.log, "api.login", "peer='%.*s' failed=%llu", PX_FMT(call->peer),
                    (unsigned long long)failed);
}

static px_status must_wait(px_api_call *call, int64_t wait_ns, px_err *ret_err)
{
    call->retry_s = (uint32_t)((wait_ns + PX_SECOND - 1) / PX_SECOND);
    return px_fail_id(ret_err, PX_LIMIT, "access.wait", "too many logins failed; try again in %u s",
                      (unsigned)call->retry_s);
}

/* As at the door of MQTT: a credential that failed too often is not looked at while it has to wait;
 * an address that did is told so, but a right credential passes from there. */
static px_status judge(px_api_call *call, px_str credential, px_err *ret_err)
{
    px_backoff *backoff = call->api->opts.backoff;
    int64_t now_ns = call->api->env->monotonic_ns(call->api->env), wait_ns = 0;
    uint64_t address = px_backoff_row(
        'a', px_str_of((const char *)&call->peer_network, sizeof(call->peer_network)));
    char room[PX_CREDENTIAL_ID_BYTES_MAX];
    px_str id = backoff ? px_credential_account(credential, room) : (px_str){ 0 };
    bool has_id = id.len > 0;
    uint64_t row;
    px_status status;

    row = has_id ? px_backoff_row('i', id) : 0;
    if (has_id)
        wait_ns = px_backoff_wait_ns(backoff, row, now_ns);
    if (wait_ns > 0) {
        tell_failure(call, now_ns);
        return must_wait(call, wait_ns, ret_err);
    }
    status = prove(call->api, credential, &call->arena, &call->principal, ret_err);
    if (status == PX_OK && has_id)
        px_backoff_forgive(backoff, row);
    if (status != PX_UNAUTHORIZED)
        return status;
    tell_failure(call, now_ns);
    if (!backoff)
        return status;
    wait_ns = px_backoff_wait_ns(backoff, address, now_ns);
    if (has_id)
        px_backoff_failed(backoff, row, now_ns);
    px_backoff_failed(backoff, address, now_ns);
    return wait_ns > 0 ? must_wait(call, wait_ns, ret_err) : status;
}

px_status px_login_of_call(px_api_call *call, px_str credential, px_err *ret_err)
{
    px_status status;

    if (is_known(call->api, credential, &call->arena, &call->principal, &status, ret_err))
        return status;
    return judge(call, credential, ret_err);
}

/* ---- the request's credential ---- */

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

/* The scheme's name in any case, then blanks. */
static bool read_bearer(px_str header, px_str *ret_token)
{
    static const char scheme[] = "bearer ";

    for (size_t i = 0; i < sizeof(scheme) - 1; i++)
        if (i >= header.len || (header.ptr[i] | 0x20) != (scheme[i] | 0x20))
            return false;
    header = px_str_skip(header, sizeof(scheme) - 1);
    while (header.len && header.ptr[0] == ' ')
        header = px_str_skip(header, 1);
    *ret_token = header;
    return true;
}

/* A page of elsewhere cannot read the CSRF token, and says where it is from: both must be right.
 * Programs send no Origin. */
static bool is_own_page(px_api_call *call)
{
    px_str origin = call->header(call, "Origin"), host = call->header(call, "Host");
    px_str scheme = px_api_is_https(call) ? PX_STR("https://") : PX_STR("http://");

    if (origin.len == 0)
        return true;
    return px_str_starts(origin, scheme) && px_str_eq(px_str_skip(origin, scheme.len), host);
}

static px_status check_page(px_api_call *call, px_str csrf, px_err *ret_err)
{
    px_str sent = call->header(call, "X-CSRF-Token");

    if (is_safe(call->method))
        return PX_OK;
    if (!is_own_page(call))
        return px_fail_id(ret_err, PX_DENIED, "access.origin",
                          "this change came from a page of another server");
    if (sent.len != csrf.len || sodium_memcmp(sent.ptr, csrf.ptr, csrf.len) != 0)
        return px_fail_id(ret_err, PX_DENIED, "access.csrf",
                          "this change came without the session's X-CSRF-Token");
    return PX_OK;
}

px_status px_api_login(px_api_call *call, px_err *ret_err)
{
    px_str credential, csrf, id;

    if (!read_bearer(call->header(call, "Authorization"), &credential)) {
        id = px_api_cookie(call);
        if (!px_sessions_find(call->api->sessions, id, &call->arena, &credential, &csrf))
            return px_fail_id(ret_err, PX_UNAUTHORIZED, "access.nobody",
                              "send a token: `Authorization: Bearer plx_…`");
        PX_TRY(check_page(call, csrf, ret_err));
        call->session = id;
    }
    call->credential = credential;
    return px_login_of_call(call, credential, ret_err);
}
