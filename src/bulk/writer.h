/* SPDX-License-Identifier: Apache-2.0 */
/** The lines of a bulk file that are no things: reader.h has the format. Threads: any. */
#ifndef PX_BULK_WRITER_H
#define PX_BULK_WRITER_H

#include "bulk/reader.h"

/* The first two lines. `author` may be empty. */
void px_put_bulk_header(px_buf *buf, px_str author);
void px_put_bulk_section(px_buf *buf, px_bulk_section section);

#endif
