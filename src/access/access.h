/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Who asks, and may they: the one place that decides.
 *
 * Every command and every read carries a px_principal, made by a door from a credential and never
 * from the request. engine, query and history call px_authorize themselves, so no handler can
 * forget it; what no rule allows is refused. A tenant cannot see that another tenant's thing
 * exists: the answer to both is PX_NOT_FOUND, given by the room that looked it up, because every
 * key begins with the principal's own tenant. Pure. Threads: any.
 */
#ifndef PX_ACCESS_ACCESS_H
#define PX_ACCESS_ACCESS_H

#include "base/err.h"

/* Whose admin the first start makes; it operates the server. */
enum { PX_FIRST_TENANT = 1 };

typedef enum px_role {
    PX_ROLE_NONE = 0, /* nobody: refused everywhere */
    PX_ROLE_READER = 1,
    PX_ROLE_DEVICE = 2,
    PX_ROLE_ADMIN = 3,
} px_role;

const char *px_role_name(px_role role); /* "reader" */

typedef struct px_principal {
    uint32_t tenant;
    px_role role;
    px_str id;            /* borrowed: token name or device id, for audit */
    uint32_t document_no; /* of the device's document; 0 when no device */
    const px_str *twins;  /* borrowed: ids of the twins that a device is bound to, in ascending
                             order (px_str_cmp): they are searched for every message */
    size_t twin_count;
    bool operates_tenants; /* the first tenant's admin: may make other tenants */
} px_principal;

/* action, who may: one table (access.c) */
typedef enum px_action {
    PX_ACTION_READ_MODEL,
    PX_ACTION_WRITE_MODEL,
    PX_ACTION_READ_TWIN,
    PX_ACTION_WRITE_TWIN, /* create, replace, patch, delete, relationships, desired */
    PX_ACTION_REPORT,     /* a device's telemetry and reported properties */
    PX_ACTION_COMMAND,    /* ask a twin's device to act */
    PX_ACTION_ANSWER,     /* a device's response to a command */
    PX_ACTION_RECEIVE,    /* a device's desired properties and commands */
    PX_ACTION_READ_HISTORY,
    PX_ACTION_QUERY,
    PX_ACTION_WATCH,
    PX_ACTION_READ_DOCUMENT,
    PX_ACTION_WRITE_DOCUMENT,
    PX_ACTION_BRANCH,
    PX_ACTION_READ_SERVER, /* metrics, rejects */
    PX_ACTION_WRITE_TENANT,
    PX_ACTION_BACKUP,  /* of all tenants */
    PX_ACTION_CONNECT, /* keep an MQTT session */
    PX_ACTION_PUBLISH, /* plain messages, within the tenant */
    PX_ACTION_COUNT
} px_action;

/**
 * @param twin_id  the twin that the action touches; empty when it touches no single one (a device
 * is then refused) Errors: PX_UNAUTHORIZED (nobody), PX_DENIED with the action and the role in the
 * sentence.
 */
PX_NODISCARD px_status px_authorize(const px_principal *principal, px_action action, px_str twin_id,
                                    px_err *ret_err);

#endif
