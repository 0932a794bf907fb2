/* SPDX-License-Identifier: Apache-2.0 */
/**
 * CBOR as JSON text, so that what reads JSON reads it, too.
 *
 * Maps with texts or whole numbers as keys, arrays, texts, numbers, true, false; null, undefined,
 * NaN and infinities become null; byte strings become base64 without padding (RFC 4648, section 5);
 * tags pass what they stand before. Indefinite lengths are read. Threads: any.
 * Source: RFC 8949.
 */
#ifndef PX_SYNC_CBOR_H
#define PX_SYNC_CBOR_H

#include "base/buf.h"

/**
 * Appends one data item, which has to be the whole of `bytes`.
 *
 * Limits:  PX_JSON_DEPTH_MAX; the JSON by the limit of `buf`.
 * Errors:  PX_INVALID (cbor.form: cut off, something behind it, a key of another kind, no UTF-8;
 * cbor.depth) with the number of the byte; PX_LIMIT, PX_NO_MEMORY of the buffer.
 */
PX_NODISCARD px_status px_cbor_put_json(px_buf *buf, px_str bytes, px_err *ret_err);

#endif
