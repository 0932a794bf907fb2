/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Rows of deleted things that no replay needs any more.
 *
 * A deleted thing leaves an empty row with the position of its deletion, so that replay does not
 * bring it back. Once the journal begins behind that position nothing can: these rows are noted as
 * they are written, and at a start as they are read, and a slice takes them away, a few with each
 * commit. Room-internal. Threads: the writer.
 */
#ifndef PX_ENGINE_GRAVES_H
#define PX_ENGINE_GRAVES_H

#include "base/vec.h"
#include "journal/journal.h"

typedef struct px_grave {
    px_key key;
    uint64_t seq;
} px_grave;

typedef struct px_graves {
    PX_VEC(px_grave) list;
    size_t head;            /* the first that is still there */
    size_t pulled;          /* from the head on, in the commit under way */
    uint64_t journal_first; /* what is before this position may go */
} px_graves;

void px_graves_release(px_graves *graves);
/* A row without a body was read, or is on the disk now. Forgetting one for want of memory or place
 * is harmless: the next start finds it again. */
void px_graves_note(px_graves *graves, px_key key, uint64_t seq);
/* All rows were read, by key: in the order of deletion from now on. */
void px_graves_settle_start(px_graves *graves);

/* Fills the slice; false when there is nothing to take away. */
bool px_graves_prepare(px_graves *graves, px_slice *ret_slice);
void px_graves_settle(px_graves *graves, bool committed);

#endif
