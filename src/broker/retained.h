/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The topics that have a retained message: a tree of levels that filters walk.
 *
 * A topic has a number of the caller. A filter of n levels visits the nodes that its levels select,
 * and all below where it ends with `#`. Threads: one at a time for changes; several may walk.
 */
#ifndef PX_BROKER_RETAINED_H
#define PX_BROKER_RETAINED_H

#include "base/err.h"

typedef struct px_retained px_retained;

px_retained *px_retained_new(void); /* NULL: no memory */
void px_retained_free(px_retained *retained);

/* Sets the topic's number; `ret_was` is what it had, or UINT32_MAX. Errors: PX_NO_MEMORY. */
PX_NODISCARD px_status px_retained_put(px_retained *retained, px_str topic, uint32_t number,
                                       uint32_t *ret_was, px_err *ret_err);
/* UINT32_MAX: it has none. */
uint32_t px_retained_get(const px_retained *retained, px_str topic);
uint32_t px_retained_remove(px_retained *retained, px_str topic);
size_t px_retained_count(const px_retained *retained);

/* A status other than PX_OK ends the walk, which gives it back. */
typedef px_status (*px_retained_each)(void *data, uint32_t number, px_err *ret_err);

/* Every topic that the filter selects, each once. The filter must have passed px_mqtt_filter_check;
 * wildcards at the first level do not select topics that begin with `$`. */
PX_NODISCARD px_status px_retained_walk(const px_retained *retained, px_str filter,
                                        px_retained_each each, void *data, px_err *ret_err);

#endif
