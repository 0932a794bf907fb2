/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Moves the log into the file without ever standing in a commit's way.
 *
 * At its limit a thread moves page by page (PASSIVE, paced by the VFS) while commits go on; what
 * they added meanwhile the writer moves between two commits, and the commit after that starts the
 * log over. A read transaction that still looks into the log delays only the starting over. Reading
 * steps pass a gate, which closes for moments when they would delay it again and again.
 *
 * Only when the log has reached PX_WAL_BYTES_HARD_FACTOR times its limit does a commit wait.
 */
#ifndef PX_STORE_CHECKPOINT_H
#define PX_STORE_CHECKPOINT_H

#include "base/log.h"
#include "store/sql.h"

typedef enum pxi_checkpoint_state {
    PXI_CHECKPOINT_IDLE,
    PXI_CHECKPOINT_MOVING,   /* the thread's turn */
    PXI_CHECKPOINT_MOVED,    /* the writer's turn: the rest */
    PXI_CHECKPOINT_STARTING, /* all moved: the next commit starts the log over, if no reader is in
                                it */
} pxi_checkpoint_state;

typedef struct pxi_checkpoint {
    pxi_vfs *vfs;
    px_log *log;
    sqlite3 *db, *writer;
    int64_t limit;
    pthread_t thread;
    bool threaded;

    pthread_mutex_t lock; /* guards all below, and the gate */
    pthread_cond_t changed;
    pxi_checkpoint_state state;
    bool stop;
    int readers;      /* inside a step */
    bool gate_closed; /* no new step, for a moment */
    bool failed;
    px_err error; /* when failed */

    /* of the writer's thread */
    uint64_t wal_starts; /* seen when the state became STARTING */
    _Atomic int64_t next_try_ns;
    _Atomic uint64_t done, waits;
} pxi_checkpoint;

PX_NODISCARD px_status pxi_checkpoint_start(pxi_checkpoint *c, px_err *ret_err);
void pxi_checkpoint_stop(pxi_checkpoint *c);

/* The writer, around each commit. Errors are final. */
PX_NODISCARD px_status pxi_checkpoint_before_commit(pxi_checkpoint *c, px_err *ret_err);
PX_NODISCARD px_status pxi_checkpoint_after_commit(pxi_checkpoint *c, px_err *ret_err);

/* The thread's work, for a store without one. */
PX_NODISCARD px_status pxi_checkpoint_step(pxi_checkpoint *c, px_err *ret_err);

/* Around every read transaction of a reader. */
void pxi_checkpoint_enter(pxi_checkpoint *c);
void pxi_checkpoint_leave(pxi_checkpoint *c);

#endif
