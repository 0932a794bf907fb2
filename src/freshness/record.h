/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A tracked twin as bytes: docs/formats/freshness.md. Threads: any, values only.
 */
#ifndef PX_FRESHNESS_RECORD_H
#define PX_FRESHNESS_RECORD_H

#include "base/buf.h"
#include "base/vec.h"
#include "freshness/freshness.h"

/* What a row says; whoever reads one owns its lists. Of `rule` field and period only. */
typedef struct px_fresh_row {
    uint32_t model_no;
    px_freshness state;
    px_time since;
    PX_VEC(px_fresh_tracked) items;
    PX_VEC(px_fresh_source) sources;
} px_fresh_row;

void px_fresh_row_release(px_fresh_row *row);

/* Errors stick in `buf`. */
void px_put_fresh_row(px_buf *buf, const px_fresh_row *row);
/* Errors: PX_CORRUPT, PX_UNSUPPORTED (a later format), PX_NO_MEMORY. Written only on PX_OK. */
PX_NODISCARD px_status px_fresh_row_read(px_str bytes, px_fresh_row *ret_row, px_err *ret_err);

#endif
