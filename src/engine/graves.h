/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Rows of deleted things that no replay needs any more.
 *
 * A deleted thing leaves an empty row with the position of its deletion, so that replay does not
 * bring it back. Once the journal begins behind that position nothing can: a start notes these
 * rows, and a slice takes them away, a few with each commit. Room-internal. Threads: the writer.
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
    size_t pulled; /* from the end, in the commit under way */
} px_graves;

void px_graves_release(px_graves *graves);
/* A row without a body was read. Forgetting one for want of memory is harmless: the next start
 * finds it again. */
void px_graves_note(px_graves *graves, px_key key, uint64_t seq);
/* Keeps only those that the journal, which begins at `seq_first`, cannot reach. */
void px_graves_settle_start(px_graves *graves, uint64_t seq_first);

/* Fills the slice; false when there is nothing to take away. */
bool px_graves_prepare(px_graves *graves, px_slice *ret_slice);
void px_graves_settle(px_graves *graves, bool committed);

#endif
