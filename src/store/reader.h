/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A read-only connection, and the steps in which it reads: each is one transaction of at most
 * PX_READ_STEP_NS_MAX, inside the checkpoint's gate. Threads: one at a time.
 */
#ifndef PX_STORE_READER_H
#define PX_STORE_READER_H

#include "store/impl.h"

typedef struct pxi_connection {
    pxi_store *s;
    sqlite3 *db;
    int64_t step_ends_ns;
    uint32_t rows; /* of this step */
} pxi_connection;

PX_NODISCARD px_status pxi_connection_open(pxi_connection *c, pxi_store *s, px_err *ret_err);
void pxi_connection_close(pxi_connection *c);

/* Around each step; no statement may be active outside of them. */
void pxi_step_begin(pxi_connection *c);
void pxi_step_end(pxi_connection *c);
/* To be asked after each row. Looks at the clock every few rows; a journal row always counts as
 * many. */
bool pxi_step_is_over(pxi_connection *c, bool many);

#endif
