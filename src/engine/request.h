/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Requests: what doors hand to the one writer.
 *
 * A door decodes on its own thread (bytes to JSON documents or typed values, within its limits),
 * fills a px_request and submits it; the engine checks it against model, rights and the state that
 * earlier requests of the same batch leave, journals what it decided, publishes, and calls `done`.
 * From submit to done the request and all that it points to belong to the engine. `done` runs on
 * the engine's thread and must be short: hand the answer on.
 */
#ifndef PX_ENGINE_REQUEST_H
#define PX_ENGINE_REQUEST_H

#include "access/access.h"
#include "base/json.h"
#include "engine/answers.h"
#include "journal/event.h"

typedef enum px_request_kind {
    PX_REQUEST_MODELS_PUT,          /* text: array of Interfaces */
    PX_REQUEST_MODEL_DECOMMISSION,  /* id: DTMI; flag */
    PX_REQUEST_MODEL_DELETE,        /* id */
    PX_REQUEST_TWIN_PUT,            /* id, json: twin document; if_match, if_none_match */
    PX_REQUEST_TWIN_PATCH,          /* id, component (may be empty), json: JSON Patch; if_match */
    PX_REQUEST_TWIN_DELETE,         /* id; if_match */
    PX_REQUEST_DESIRED_PATCH,       /* id, json: merge patch; if_match; deadline (0: none) */
    PX_REQUEST_RELATIONSHIP_PUT,    /* id, relationship_id, json; if_match, if_none_match */
    PX_REQUEST_RELATIONSHIP_PATCH,  /* id, relationship_id, json: JSON Patch; if_match */
    PX_REQUEST_RELATIONSHIP_DELETE, /* id, relationship_id; if_match */
    PX_REQUEST_CHANGES,             /* items: all of them or none; flag: judge them only */
    PX_REQUEST_TELEMETRY,           /* id, component, message_id, json, source_time */
    PX_REQUEST_DEVICE_MESSAGE,      /* id, model_no, samples: decoded by sync/decode.h */
    PX_REQUEST_MESSAGES,            /* items: all of them or none */
    PX_REQUEST_COMMAND,             /* id, name, command_id, json: payload; terms, or a deadline
                                       and no terms; flag: judge it only */
    PX_REQUEST_COMMAND_DELIVERED,   /* id, command_id: a device has it */
    PX_REQUEST_COMMAND_RESPONSE,    /* id, name, command_id, code, json: payload */
    PX_REQUEST_DESIRED_STATUS,      /* id, and json: the device's answer to its desired values; or
                                       without json, version: it was handed them */
    PX_REQUEST_DOCUMENTS,           /* documents: written or deleted together */
    PX_REQUEST_TENANT_PUT,          /* id: the new tenant's name; documents: its first credential */
    PX_REQUEST_SESSIONS,            /* sessions, and nothing else */
    PX_REQUEST_FRESHNESS,           /* freshness: what the room freshness decided */
    PX_REQUEST_SOURCES_ENDED,       /* id: whose right is asked; ends: their sources are gone */
    PX_REQUEST_CALL, /* call: runs on the engine's thread between two batches (branches, probes) */
    PX_REQUEST_KIND_COUNT
} px_request_kind;

/* A twin whose source is gone: for all that it tells, or for the fields that it filled. */
typedef struct px_source_end {
    px_str twin;
    uint32_t model_no;      /* that the fields are of */
    px_field_value *fields; /* without values, with the newest time that it told; NULL: all */
    size_t field_count;
} px_source_end;

/* What a device says of one moment: each becomes one event. */
typedef struct px_sample {
    px_time source_time; /* PX_TIME_NONE: arrival is the time */
    px_field_value *fields;
    size_t field_count;
} px_sample;

/* A document to write, or with `body.ptr` NULL to delete. */
typedef struct px_document_write {
    px_str kind, id, body;
    bool in_tenant_zero; /* credentials: found before the tenant is known */
    bool create_only;    /* PX_CONFLICT when it is there */
    uint64_t if_match;   /* 0, or the revision that this one must still have: else PX_STALE */
    /* 0, or the position at which all documents of its kind were compared with it: where one of
     * them was written behind that, PX_STALE (PX_DOCUMENT_OVERTAKEN), and they are to be compared
     * again. */
    uint64_t compared_at;
} px_document_write;

#define PX_DOCUMENT_OVERTAKEN "document.overtaken"

/* An event of the family `session`, as the room broker decided it; the engine asks who may and how
 * much it is. Those that a request brings along stand in the batch behind what it changes, or not
 * at all. */
typedef struct px_session_write {
    px_event_type type;
    uint64_t session; /* its number; 0: of none, or that SESSION_OPEN makes it */
    px_str id, body;
    /* Where it is true by the turn of the request, all of it is refused: PX_INTERRUPTED,
     * PX_SESSION_SUPERSEDED. NULL: nothing is asked. Borrowed until `done`. */
    const _Atomic bool *unless;
} px_session_write;

#define PX_SESSION_SUPERSEDED "session.superseded"

/* How long a command waits for its device, and how often it is sent; 0: not told. */
typedef struct px_command_terms {
    uint32_t timeout_s;  /* that the device has for an attempt */
    uint32_t expiry_s;   /* that it may wait for a device that is away; 0: for none */
    uint32_t attempts;   /* 0 and 1: it is sent once */
    uint32_t interval_s; /* between the end of one attempt and the next */
    bool is_async;       /* who calls does not wait for its end */
} px_command_terms;

/* How fresh a twin is now, as the room freshness decided it; the engine asks who may, and whether
 * the twin is there and has that model still: else there is nothing to say of it. */
typedef struct px_freshness_write {
    uint32_t twin_no, model_no;
    px_freshness state;
    px_time since;
    bool is_gone;           /* nothing is declared of it any more */
    px_field_value *fields; /* those that changed: their states, each with its own beginning */
    size_t field_count;
    px_str cause;
} px_freshness_write;

/* CHANGES that were only judged end as if refused, PX_INTERRUPTED with this id, when nothing is
 * wrong with them. */
#define PX_CHANGES_JUDGED "changes.judged"

/* A COMMAND that was only judged ends likewise, with this one. */
#define PX_COMMAND_JUDGED "command.judged"

/* As if_match: it must never have been written (desired properties that nobody asked for yet). */
#define PX_REVISION_NONE (UINT64_MAX - 1)

typedef struct px_request px_request;
typedef struct px_engine_state px_engine_state;

/* A field that the model does not know, or not so. */
typedef struct px_refusal {
    px_str name, value; /* the value as it came */
    px_err err;
} px_refusal;

typedef struct px_result {
    px_status status;
    uint64_t seq;    /* position of the event; the ETag of what was written */
    px_time time;    /* commit time */
    uint32_t number; /* of the model, twin, relationship, document or tenant */
    bool created;
    /* TWIN_PUT, DESIRED_PATCH: the twin as this request left it, whatever the rest of its batch did
     * to it; borrowed until `done` returns. */
    const struct px_twin *twin;
    /* TELEMETRY: what was not taken of it, the first PX_MESSAGE_REFUSALS_MAX; CHANGES: what they
     * were refused for, the first PX_FINDINGS_MAX, only `err` of each; COMMAND: guards that do not
     * hold, `value` what they saw. Borrowed likewise. */
    const struct px_refusal *refusals;
    size_t refusal_count;
    /* `once`: it was done before, and this is the document that says what it was told; nothing else
     * is filled in. Borrowed likewise. */
    px_str kept;
    uint32_t late, duplicate; /* DEVICE_MESSAGE: fields that did not move the live value */
    px_err err; /* last, and written only when not PX_OK: seven cache lines that most never touch */
} px_result;

struct px_request {
    px_request *next; /* the queue's */
    px_request_kind kind;
    px_principal principal; /* its slices live as long as the request */

    px_str id, component, relationship_id, name, command_id, message_id, text;
    const px_json *json;
    const px_err *body_err; /* why there is no json: told once all that is asked before it holds */
    bool flag;
    bool if_none_match;   /* `If-None-Match: *` */
    uint64_t if_match;    /* revision that must still stand; 0: no condition */
    px_str if_match_text; /* as it came, for the sentence; may be empty */
    px_time source_time;  /* PX_TIME_NONE: none */
    px_time deadline;
    px_command_terms terms; /* COMMAND */
    uint64_t version;       /* DESIRED_STATUS */
    uint8_t code;

    uint32_t model_no; /* DEVICE_MESSAGE: the model that the samples were decoded by */
    px_sample *samples;
    size_t sample_count;

    const px_document_write *documents;
    size_t document_count;

    const px_session_write *sessions; /* SESSIONS; what MQTT clients say brings some */
    size_t session_count;

    const px_freshness_write *freshness; /* FRESHNESS: at most PX_FRESHNESS_WRITES_MAX */
    size_t freshness_count;

    /* SOURCES_ENDED; twins that are not there, or of another model, are passed over */
    const px_source_end *ends;
    size_t end_count;

    /* CHANGES: changes of twins and relationships, and commands, each judged by what those before
     * it leave, as the principal of the whole. MESSAGES: device messages, and before them what they
     * need: twins and relationships, with `if_none_match`, that are passed over where they are
     * there already; each as its own principal. Their results are filled in; `done` is called for
     * the whole. */
    px_request *items;
    size_t item_count;
    px_str place; /* of an item: JSON pointer to it, put before the path of its error */

    const px_once *once; /* NULL: it came without a key */

    void (*call)(px_request *request, px_engine_state *state);

    size_t bytes; /* what the request holds, for the queue's limit */
    px_result result;
    void (*done)(px_request *request);
    void *data;
};

#endif
