/* SPDX-License-Identifier: Apache-2.0 */
/**
 * SQLite's own page cache, with one walk less.
 *
 * Where SQLite 3.40 balances a tree it parks a page for a moment under the number of the locking
 * page (byte 2^30 of a file), far above the end of a small file. At the end of each transaction it
 * drops the pages behind the file's end, and looks for them by the highest number that its cache
 * has ever seen: so nearly every commit went through the whole cache, 0.2 to 0.5 ms with 64 MiB.
 * Here the highest number forgets a page that is parked no more, and where nothing lies behind the
 * end the cache is not asked. All else goes to SQLite's own. Threads: as SQLite asks it, a cache on
 * one at a time.
 */
#ifndef PX_STORE_PCACHE_H
#define PX_STORE_PCACHE_H

#include <sqlite3.h>

/* Methods around `inner`, which is copied; one pair a process. For SQLITE_CONFIG_PCACHE2. */
sqlite3_pcache_methods2 pxi_pcache_around(const sqlite3_pcache_methods2 *inner);

#endif
