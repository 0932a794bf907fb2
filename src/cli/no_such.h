/* SPDX-License-Identifier: Apache-2.0 */
/**
 * After a refusal: which of the words that were typed is the one that is not there, and which known
 * one is nearest. All of it is asked of the server, once more and only after a failure.
 *
 * Each function replaces the error's sentence, and gives the cure, only where it found out what is
 * wrong; else the server's own sentence stays. Threads: one.
 */
#ifndef PX_CLI_NO_SUCH_H
#define PX_CLI_NO_SUCH_H

#include "cli/api.h"
#include "cli/twin_call.h"

typedef enum px_thing {
    PX_THING_TWIN,
    PX_THING_MODEL,
    PX_THING_DEVICE,
    PX_THING_BACKUP,
    PX_THING_BRANCH,
    PX_THING_ENDPOINT,
    PX_THING_ROUTE,
    PX_THING_INDEX,
    PX_THING_CLAIM,
    PX_THING_ISSUER,
    PX_THING_BINDING,
    PX_THING_CONNECTION,
    PX_THING_FRESHNESS,
    PX_THING_COUNT,
} px_thing;

/* The API's path of one. */
void px_put_thing_path(px_buf *path, px_thing thing, const char *id);

/**
 * "there is no twin 'cnc-1'; did you mean 'cnc-01'?" when that thing is not there.
 *
 * @param status  of the call that failed; anything but PX_NOT_FOUND is left alone
 * Gives `status`. Limits: the first thousand things are compared.
 */
px_status px_no_such(px_cli *cli, px_thing thing, const char *id, px_status status,
                     px_err *ret_err);

/* What of a model a word was meant to name. */
typedef enum px_member {
    PX_MEMBER_VALUE,    /* a Property, Telemetry or Component */
    PX_MEMBER_WRITABLE, /* a Property */
    PX_MEMBER_COMMAND,
    PX_MEMBER_RELATIONSHIP,
    PX_MEMBER_COUNT,
} px_member;

/**
 * "the model of twin 'cnc-01' has no command 'stpo'; did you mean 'stop'?" when it has none.
 *
 * @param status  of the call that failed; only PX_INVALID and PX_NOT_FOUND are looked into
 * Gives `status`.
 */
px_status px_no_such_member(px_cli *cli, const char *twin, px_member member, px_str name,
                            px_status status, px_err *ret_err);

/* The same for the first of the assigned names that the model does not have. */
px_status px_no_such_value(px_cli *cli, const char *twin, px_member member, const px_assigns *list,
                           px_status status, px_err *ret_err);

#endif
