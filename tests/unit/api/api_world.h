/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The API over a whole server in a folder of its own, without sockets: store, engine and history on
 * their threads, the first tenant with an admin, and calls that wait for their answer.
 *
 *     const reply *r = api_ask(&world, "GET", "/api/v1/twins/press", NULL);
 *     CHECK_EQ(r->status, 200);
 *     CHECK_STR(api_text(r, "/id"), "press");
 */
#ifndef PX_API_WORLD_H
#define PX_API_WORLD_H

#include <pthread.h>

#include "api/api.h"
#include "px_test.h"
#include "sync/credential.h"

enum { API_HEADERS_MAX = 8 };

typedef struct reply {
    int status;
    px_api_call call; /* kept until the next question */
    px_buf body;      /* a copy, NUL-terminated */
    px_json *json;    /* NULL when the body is none */
    px_arena arena;   /* of `json` */
    struct latch {
        pthread_mutex_t lock;
        pthread_cond_t changed;
        bool done;
    } answered;
} reply;

typedef struct api_world {
    char dir[64];
    px_store *store;
    px_engine *engine;
    px_history *history;
    px_rejects *rejects;
    px_presence *presence;
    px_api *api;
    px_engine_opts engine_opts;
    px_api_opts api_opts; /* limits in it may be set and api_world_restart_api called */
    char admin[PX_CREDENTIAL_BYTES + 1]; /* of the first tenant */

    /* of the next question */
    const char *token; /* NULL: none is sent */
    const char *headers[API_HEADERS_MAX][2];
    size_t header_count;

    reply reply;
} api_world;

void api_world_init(api_world *world);
void api_world_init_with(api_world *world, const px_engine_opts *engine_opts);
/* A clean stop and another start on the same data. */
void api_world_reopen(api_world *world);
void api_world_release(api_world *world);
/* Another API with world->api_opts. */
void api_world_restart_api(api_world *world);

/* For one question only. */
void api_header(api_world *world, const char *name, const char *value);
/* `target` is path and query; `body` may be NULL. Data-plane paths get an api-version when they
 * have no query. The reply is good until the next question. */
const reply *api_ask(api_world *world, const char *method, const char *target, const char *body);
/* Two questions at once: api_send does not wait, api_wait does; `r` begins as `{ 0 }` and ends with
 * api_reply_release. */
void api_send(api_world *world, reply *r, const char *method, const char *target, const char *body);
const reply *api_wait(reply *r);
void api_reply_init(reply *r);
void api_reply_release(reply *r);
/* The engine takes nothing until it is let go: what is sent meanwhile is one batch. */
void api_hold_engine(api_world *world);
void api_let_engine_go(api_world *world);
/* The same as somebody else. */
const reply *api_ask_as(api_world *world, const char *token, const char *method, const char *target,
                        const char *body);
/* Asks, checks the status, prints the body when it is another. */
#define API_ASK(world, method, target, body, wanted)                                               \
    api_expect(api_ask((world), (method), (target), (body)), (wanted), __FILE__, __LINE__)
#define API_ASK_AS(world, token, method, target, body, wanted)                                     \
    api_expect(api_ask_as((world), (token), (method), (target), (body)), (wanted), __FILE__,       \
               __LINE__)
const reply *api_expect(const reply *r, int wanted, const char *file, int line);

/* What stands at a JSON pointer of the body: a string's text, else its JSON; "" when nothing. In
 * static memory, four at a time. */
const char *api_text(const reply *r, const char *pointer);
/* A response header, "" when there is none. */
const char *api_reply_header(const reply *r, const char *name);

/* A credential of this role, in static memory, two at a time. */
const char *api_token(api_world *world, uint32_t tenant, px_role role, const char *device);

/* As if some door had written it. */
void api_write_document(api_world *world, const px_document_write *write);

/* Uploads the model that most tests use: dtmi:test:Press;1, extended by dtmi:test:BigPress;1. */
void api_put_models(api_world *world, const char *token);
void api_put_press(api_world *world, const char *token, const char *id);

#endif
