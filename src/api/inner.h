/* SPDX-License-Identifier: Apache-2.0 */
/** What the files of the API share. Room-internal. */
#ifndef PX_API_INNER_H
#define PX_API_INNER_H

#include "api/api.h"
#include "base/json.h"
#include "base/map.h"
#include "base/vec.h"
#include "query/relationship_json.h"
#include "query/twin_json.h"

typedef void px_handler(px_api_call *call);

/**
 * A row of routes.c: what is served and its description, from which /api/openapi.json is made.
 *
 * Types are of schemas.c: string, integer, number, boolean, time, the name of a schema, or words
 * with `|` between, of which it is one. A
 * parameter is `name[:type][!]` (`!`: required), `@name` a header; string when no type is told. An
 * answer is `status[:schema or media type]`; every other status of 400 and more is an error body.
 * Azure paths want api-version, which is not listed, and have their own errors.
 */
typedef struct px_route {
    const char *method, *pattern; /* `*` stands for one segment */
    px_handler *handler;
    unsigned flags;
    const char *summary; /* one sentence without its full stop */
    const char *args;    /* a name for each `*`, in order */
    const char *params;  /* of the query and headers */
    const char *body;    /* schema or media type, or NULL */
    const char *answers;
} px_route;

enum {
    PX_ROUTE_AZURE = 1,
    PX_ROUTE_OPEN = 2,     /* no credential needed */
    PX_ROUTE_JSON = 4,     /* the body is JSON: parsed into request.json */
    PX_ROUTE_ANY_JSON = 8, /* may be absent */
};

struct px_api {
    px_api_opts opts;
    px_env *env;
    uint64_t server_number; /* of this start: in continuation tokens */
    struct px_sessions *sessions;
    struct px_login_cache *logins;
    struct px_watch *watch;
    struct px_rates *rates; /* NULL: no limit */
    struct px_branches *branches;
    struct px_jobs *jobs;
    px_binding *ingest_json, *ingest_line; /* what is understood without a binding */
    struct px_workers *workers, *query_workers, *bulk_workers;
    _Atomic bool stopping;
    _Atomic uint64_t claims, claims_refused; /* of devices */
    _Atomic uint64_t replayed;               /* answers that were kept under an Idempotency-Key */
};

extern const px_route px_api_routes[];

/* A schema by name, in the notation that schemas.c explains. */
typedef struct px_api_schema {
    const char *name, *text;
} px_api_schema;

extern const px_api_schema px_api_schemas[];
/* A body, if it is an object, has no members but those of the schema of this name; ones that may
 * have others, media types and NULL are no schema of that kind. Errors: PX_INVALID with the name.
 */
PX_NODISCARD px_status px_api_members_check(const px_json *body, const char *schema_name,
                                            px_err *ret_err);
/* A type in that notation, as JSON Schema. */
void px_put_schema_type(px_json_writer *w, px_str type);
void px_put_schemas(px_json_writer *w);

/* ---- answers ---- */

void px_api_finish(px_api_call *call, int status); /* with what `out` holds */
void px_api_json(px_api_call *call, int status);   /* `out` is JSON */
void px_api_fail(px_api_call *call, px_status status, const px_err *err);
/* The right to what is about no twin in particular; false: the call was answered. */
PX_NODISCARD bool px_api_may(px_api_call *call, px_action action);
/* One more thing that is wrong, for px_api_fail to list; the first PX_FINDINGS_MAX are kept. Its
 * place is a pointer into the body. */
void px_api_add_finding(px_api_call *call, const px_err *err);
void px_api_header(px_api_call *call, const char *name, px_str value); /* copied into the arena */
void px_api_etag(px_api_call *call, uint64_t revision);

/* ---- addresses in answers ---- */

/* Whether the client speaks HTTPS: to us, or to the proxy that says so in X-Forwarded-Proto. */
bool px_api_is_https(px_api_call *call);

/* `https://host` as the client wrote it; nothing when it named no host, and the address is then
 * one below the root. */
void px_api_put_origin(px_api_call *call, px_buf *buf);
void px_api_put_part(px_buf *buf, px_str text); /* percent-encoded: a path segment or a value */
void px_api_put_version(px_api_call *call, px_buf *buf); /* `api-version=` and that of the call */
/* The member `nextLink` of a page of `path`: null when `cursor` is 0. */
void px_api_put_next(px_api_call *call, px_json_writer *w, const char *path, uint32_t cursor);

/* ---- pages ---- */

/* Member `cursor` of a list: where the page ended, sealed (cursor.c); `at.ptr` NULL, or 0: null,
 * the end. */
void px_api_put_cursor(px_api_call *call, px_json_writer *w, px_str at);
void px_api_put_cursor_number(px_api_call *call, px_json_writer *w, uint64_t at);
/* The parameter `cursor`: where the page before ended; NULL or 0 when none came. Answers 400 itself
 * to what this list did not give out, and gives false. */
bool px_api_cursor(px_api_call *call, px_str *ret_at);
bool px_api_cursor_number(px_api_call *call, uint64_t *ret_at);
/* A number at the beginning of such a place, cut off: sealed, so as this server wrote it. */
uint64_t px_api_cut_digits(px_str *rest);

/* ---- requests ---- */

/* True when the data plane's version of the call is this one or a later one. */
bool px_api_is_since(px_api_call *call, const char *version);
/* A query parameter, decoded into the arena; ptr NULL when it did not come. */
px_str px_api_param(px_api_call *call, const char *name);
px_str px_api_param_raw(px_api_call *call, const char *name); /* not decoded */
/* A whole number from a parameter; `otherwise` when it did not come. Answers 400 itself and gives
 * false. */
bool px_api_param_number(px_api_call *call, const char *name, uint64_t otherwise, uint64_t least,
                         uint64_t most, uint64_t *ret_number);
/* A time of RFC 3339; PX_TIME_NONE when it did not come. Answers 400 itself and gives false. */
bool px_api_param_time(px_api_call *call, const char *name, px_time *ret_time);
/* The header max-items-per-page: a ceiling, no promise. Answers 400 itself and gives false. */
bool px_api_page_size(px_api_call *call, uint32_t most, uint32_t *ret_size);
/* Percent-decoding; false when malformed or not UTF-8. */
bool px_api_decode(px_arena *arena, px_str raw, bool plus_is_blank, px_str *ret_text);
/* Submits call->request; `then` runs on the engine's thread when it went well, else the error is
 * answered. */
void px_api_submit(px_api_call *call, void (*then)(px_api_call *call));
/* Whether the body is JSON; answers what was wrong with it and gives false. */
bool px_api_body(px_api_call *call);
/* `then` runs whatever the answer is. */
void px_api_submit_always(px_api_call *call, void (*then)(px_api_call *call));
/* `then` runs once rejects that were added for this call are on the disk, on the keeper's thread or
 * at once; where they cannot be kept now that is answered. */
void px_api_when_kept(px_api_call *call, void (*then)(px_api_call *call));
/* If-Match and If-None-Match; false: answered already. */
bool px_api_conditions(px_api_call *call, bool if_match, bool if_none_match);
/* An If-Match into the request; false when it is none. */
bool px_api_if_match(px_request *request, px_str etag);

/* Who asks. */
PX_NODISCARD px_status px_api_login(px_api_call *call, px_err *ret_err);

struct px_login_cache *px_login_cache_new(void);
void px_login_cache_free(struct px_login_cache *cache);
void px_login_cache_clear(struct px_login_cache *cache);
/* A credential text to its principal, in the arena. */
PX_NODISCARD px_status px_login(px_api *api, px_str credential, px_arena *arena,
                                px_principal *ret_principal, px_err *ret_err);

/* What the memory of one proof is limited to: a device's document with all its twins. */
#define PX_LOGIN_ARENA_BYTES_MAX ((size_t)16 * 1024 * 1024)
/* The same for who comes to the door with it: failures are counted, logged, and make wait:
 * PX_LIMIT, with call->retry_s. */
PX_NODISCARD px_status px_login_of_call(px_api_call *call, px_str credential, px_err *ret_err);
uint64_t px_logins_failed(const struct px_login_cache *cache);

struct px_sessions *px_sessions_new(px_env *env);
void px_sessions_free(struct px_sessions *sessions);
/* The credential that a session stands for, and its CSRF token; false when there is no such
 * session. */
bool px_sessions_find(struct px_sessions *sessions, px_str id, px_arena *arena,
                      px_str *ret_credential, px_str *ret_csrf);
/* Whether there is such a session still, of an id that the server keeps itself. */
bool px_sessions_has(struct px_sessions *sessions, px_str id);
px_str px_api_cookie(px_api_call *call);

/* ---- reading ---- */

/* The twin of the path's argument `arg`, copied into the call's arena, with its model. Answers
 * itself and gives false. */
bool px_api_read_twin(px_api_call *call, px_str twin_id, px_action action, const px_twin **ret_twin,
                      const px_model **ret_model);

/* What the room freshness decides is asked for: what was written before the call counts in it, and
 * is committed. Where nothing is measured there is nothing to wait for. Answers itself and gives
 * false. */
bool px_api_wait_for_freshness(px_api_call *call);

/* The id of a command as it came, or without one (ptr NULL) one of the server's making. Errors:
 * PX_INVALID (command.id), PX_LIMIT, PX_NO_MEMORY. */
PX_NODISCARD px_status px_api_command_id(px_api_call *call, px_str id, px_str *ret_id,
                                         px_err *ret_err);
/* The call has waited long enough for its command: how it stands. On the watching thread. */
void px_v1_command_waits(px_api_call *call);

px_handler px_on_get_asset;

#endif
