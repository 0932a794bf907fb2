/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The kinds of documents: one table names kind, who may write it, where it is found over HTTP, and
 * what its body holds. The engine checks every write of a document against it, from whatever door.
 *
 * A body is an object of declared members; a member that is not declared is refused. What goes
 * beyond form (does the twin exist?) is the check of the room that owns the kind.
 */
#ifndef PX_ENGINE_KINDS_H
#define PX_ENGINE_KINDS_H

#include "access/access.h"
#include "base/json.h"

typedef enum px_member_type {
    PX_MEMBER_TEXT,  /* a string of `least` to `most` bytes */
    PX_MEMBER_TEXTS, /* an array of at most `count` such strings */
    PX_MEMBER_COUNT, /* a whole number from `least` to `most` */
    PX_MEMBER_BOOL,
    PX_MEMBER_TIME, /* RFC 3339 */
    PX_MEMBER_ANY,
} px_member_type;

typedef struct px_member {
    const char *name; /* NULL ends the table */
    px_member_type type;
    bool required;
    uint32_t least, most, count;
} px_member;

/* kind, action that writes it, path (`*` stands for the id; "" is not reached by HTTP), lives in
 * tenant 0, bytes of an id, how many a tenant may have (0: its documents in all are counted),
 * members (kinds.c), meaning */
#define PX_DOCUMENT_KINDS(X)                                                                       \
    X(TENANT, "tenant", PX_ACTION_WRITE_TENANT, "/api/v1/tenants/*", true, PX_DOC_ID_BYTES_MAX, 0, \
      tenant, "a tenant; its number is the document's and one more")                               \
    X(CREDENTIAL, "credential", PX_ACTION_WRITE_DOCUMENT, "/api/v1/tokens/*", true,                \
      PX_DOC_ID_BYTES_MAX, 0, credential, "what proves somebody: a token, or a device's key")      \
    X(DEVICE, "device", PX_ACTION_WRITE_DOCUMENT, "/api/v1/devices/*", false, PX_DOC_ID_BYTES_MAX, \
      0, device, "a device: its twins, its state, its credentials")                                \
    X(CLAIM, "claim", PX_ACTION_WRITE_DOCUMENT, "/api/v1/claims/*", false, PX_DOC_ID_BYTES_MAX,    \
      PX_CLAIMS_MAX, claim, "by what unknown devices ask to be registered: how many, until when")  \
    X(ISSUER, "issuer", PX_ACTION_WRITE_DOCUMENT, "/api/v1/issuers/*", false, PX_DOC_ID_BYTES_MAX, \
      PX_ISSUERS_MAX, issuer, "who signs tokens of many devices; its keys are in its credential")  \
    X(COMMAND, "command", PX_ACTION_COMMAND, "", false, 2 * PX_DOC_ID_BYTES_MAX + 1, 0, command,   \
      "a command that waits for its response; its id is TWIN/ID")                                  \
    X(EXECUTION, "execution", PX_ACTION_COMMAND, "", false, 2 * PX_DOC_ID_BYTES_MAX + 1, 0,        \
      execution, "a command that has ended, and what came of it; its id is TWIN/ID")               \
    X(DESIRED, "desired", PX_ACTION_ANSWER, "", false,                                             \
      PX_TWIN_ID_BYTES_MAX + 1 + PX_PROPERTY_PATH_BYTES_MAX, 0, desired,                           \
      "what became of a desired value; its id is TWIN/PROPERTY")                                   \
    X(ENDPOINT, "endpoint", PX_ACTION_WRITE_DOCUMENT, "/api/v1/endpoints/*", false,                \
      PX_DOC_ID_BYTES_MAX, PX_ENDPOINTS_MAX, endpoint,                                             \
      "where events may be sent: a webhook, or a topic")                                           \
    X(ROUTE, "route", PX_ACTION_WRITE_DOCUMENT, "/eventroutes/*", false, PX_DOC_ID_BYTES_MAX,      \
      PX_ROUTES_MAX, route, "which events go to which endpoint")                                   \
    X(BINDING, "binding", PX_ACTION_WRITE_DOCUMENT, "/api/v1/bindings/*", false,                   \
      PX_DOC_ID_BYTES_MAX, PX_BINDINGS_MAX, binding,                                               \
      "which payloads become which values of which twins")                                         \
    X(CONNECTION, "connection", PX_ACTION_WRITE_DOCUMENT, "/api/v1/connections/*", false,          \
      PX_DOC_ID_BYTES_MAX, PX_CONNECTIONS_MAX, connection,                                         \
      "a broker or device that values come from")                                                  \
    X(PROPERTY_INDEX, "property-index", PX_ACTION_WRITE_DOCUMENT, "/api/v1/property-indexes/*",    \
      false, PX_DOC_ID_BYTES_MAX, 0, property_index, "a property that queries find twins by")      \
    X(FRESHNESS, "freshness", PX_ACTION_WRITE_DOCUMENT, "/api/v1/freshness-rules/*", false,        \
      PX_TWIN_ID_BYTES_MAX, 0, freshness,                                                          \
      "how often values of a twin are expected; its id is the twin's")                             \
    X(JOB, "job", PX_ACTION_WRITE_TWIN, "", false, PX_DOC_ID_BYTES_MAX, PX_JOBS_MAX, job,          \
      "an import or delete job; its id is imports/ID or deletions/ID")                             \
    X(ANSWER, "answer", PX_ACTION_WRITE_DOCUMENT, "", false, PX_DOC_ID_BYTES_MAX, 0, answer,       \
      "what a request with an Idempotency-Key was told; its id is made of who asks and the key")

typedef enum px_kind_id {
#define X(id, name, action, path, in_tenant_zero, id_bytes, most, members, meaning) PX_KIND_##id,
    PX_DOCUMENT_KINDS(X)
#undef X
        PX_KIND_COUNT
} px_kind_id;

typedef struct px_kind {
    const char *name;
    px_action writes;
    const char *path;
    bool in_tenant_zero;
    uint32_t id_bytes_max, most;
    const char *limit_id; /* of the error where one more is too many */
    const px_member *members;
    const char *meaning;
} px_kind;

extern const px_kind px_kinds[PX_KIND_COUNT];

const px_kind *px_kind_find(px_str name); /* NULL: there is none */

/* Errors: PX_INVALID (ids document.json, document.form) with the JSON pointer of what is wrong. */
PX_NODISCARD px_status px_kind_check(const px_kind *kind, px_str body, px_arena *arena,
                                     px_err *ret_err);

#endif
