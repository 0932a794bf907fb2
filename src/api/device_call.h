/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What calls that change a device have in common: its document and those of its credentials change
 * together, or not at all. Functions that give false have answered the call. Room-internal.
 */
#ifndef PX_API_DEVICE_CALL_H
#define PX_API_DEVICE_CALL_H

#include "api/document_call.h"
#include "sync/credential.h"
#include "sync/device.h"

typedef struct px_device_call {
    px_document_write writes[PX_DEVICE_CREDENTIALS_MAX + 2];
    size_t write_count;
    px_document document; /* as it was; `id.ptr` NULL: there was none */
    px_device device;     /* as it is to be */
    px_credential credential;
    px_credential_grant grant; /* of the one that was made */
    bool has_credential;       /* one was made */
    bool is_any;               /* no ETag was named */
    unsigned tries;
    void (*then)(px_api_call *call);
} px_device_call;

enum {
    PX_DEVICE_MAY_BE_NEW = 1,
    PX_DEVICE_MAY_BE_RETIRED = 2,
};

/* Proves the right to change devices, reads the one that the path names into call->own. NULL:
 * answered, because it is not there or retired and may not be so. */
PX_NODISCARD px_device_call *px_device_call_open(px_api_call *call, unsigned flags);

/* A new credential of the device, from `grant`, of which tenant, role, device, name and time of
 * making are filled in. */
PX_NODISCARD bool px_device_call_add(px_api_call *call, const px_credential_grant *grant);
/* Keys end: now, or with `overlap_s` so much later unless they end before. */
PX_NODISCARD bool px_device_call_end_keys(px_api_call *call, uint64_t overlap_s);
/* False, and nothing answered: it has no such credential. */
bool px_device_call_drop(px_device_call *own, px_str credential_id);
/* Forgets credentials whose time is over; answers nothing. */
void px_device_call_prune(px_api_call *call);

/* The facts of one of its credentials, and whether it is there. */
PX_NODISCARD bool px_device_call_read(px_api_call *call, px_str credential_id,
                                      px_credential_facts *ret_facts);

/* Writes all of it, if the device is as it was. */
void px_device_call_submit(px_api_call *call, void (*then)(px_api_call *call));
/* Deletes the device and its credentials, likewise. */
void px_device_call_submit_gone(px_api_call *call, void (*then)(px_api_call *call));

#endif
