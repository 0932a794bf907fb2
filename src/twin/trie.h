/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Hash to number: a copy-on-write trie, 16 ways, with up to 48 numbers to a leaf.
 *
 * A leaf holds numbers and 16 bits of each hash, six bytes an entry; the rest is verified against
 * the record that has the number. What is behind `find` may be followed by point readers without a
 * lock: published nodes never change. Threads: finding from any, the rest the writer.
 */
#ifndef PX_TWIN_TRIE_H
#define PX_TWIN_TRIE_H

#include "base/err.h"
#include "twin/cow.h"

/* True when this number's record has the key that is looked for. */
typedef bool pxi_trie_match(const void *data, uint32_t no);
/* The hash of this number's key, for splitting a leaf. */
typedef uint64_t pxi_trie_hash(const void *data, uint32_t no);

/* 0 when there is none. */
uint32_t pxi_trie_find(const void *root, uint64_t hash, pxi_trie_match *match, const void *data);

/* The caller has made sure that the key is not there. PX_NO_MEMORY, or PX_LIMIT when thousands of
 * keys share one hash; the trie is whole then, too. */
px_status pxi_trie_add(pxi_cow *cow, void **root, uint64_t hash, uint32_t no, pxi_trie_hash *rehash,
                       const void *data);
/* Takes the number out, which must be there. False when there is no memory. */
bool pxi_trie_remove(pxi_cow *cow, void **root, uint64_t hash, uint32_t no);

/* The same when it need not be there. */
bool pxi_trie_forget(pxi_cow *cow, void **root, uint64_t hash, uint32_t no);

void pxi_trie_undo(pxi_cow *cow, void *root);

#endif
