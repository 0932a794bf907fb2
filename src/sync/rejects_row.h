/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A reject as bytes: docs/formats/reject.md. Threads: any, values only.
 */
#ifndef PX_SYNC_REJECTS_ROW_H
#define PX_SYNC_REJECTS_ROW_H

#include "base/buf.h"
#include "sync/rejects.h"

/* The second number of a key of table `reject`. */
typedef enum px_reject_kind {
    PX_REJECT_ENTRY = 0,   /* by its place */
    PX_REJECT_PAYLOAD = 1, /* by its number */
    PX_REJECT_NUMBER = 2,  /* the newest given out, of tenant 0 */
} px_reject_kind;

/* `whole_no`: of the payload that is kept whole; 0: there is none. Texts have at most
 * PX_REJECT_PAYLOAD_BYTES_MAX bytes. */
void px_put_reject(px_buf *buf, const px_rejected *rejected, uint64_t whole_no);
/* All but the tenant and `is_whole`; slices borrow from `bytes`. Errors: PX_CORRUPT, PX_UNSUPPORTED
 * (a later format). */
PX_NODISCARD px_status px_get_reject(px_str bytes, px_rejected *ret_rejected,
                                     uint64_t *ret_whole_no, px_err *ret_err);

void px_put_reject_payload(px_buf *buf, px_str payload);
PX_NODISCARD px_status px_get_reject_payload(px_str bytes, px_str *ret_payload, px_err *ret_err);

void px_put_reject_number(px_buf *buf, uint64_t number);
PX_NODISCARD px_status px_get_reject_number(px_str bytes, uint64_t *ret_number, px_err *ret_err);

#endif
