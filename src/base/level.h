/* SPDX-License-Identifier: Apache-2.0 */
/**
 * An id as one level of an MQTT topic.
 *
 * Ids may hold what topics give a meaning to. In a level `%`, `/`, `+`, `#`, `$` and control
 * characters stand as `%` and two upper-case hexadecimal digits; everything else stands as it is.
 * So an id has exactly one spelling and a level is never a wildcard: rights can be judged by the id
 * alone. Threads: any.
 */
#ifndef PX_BASE_LEVEL_H
#define PX_BASE_LEVEL_H

#include "base/buf.h"

/* Whether the server itself gives a meaning to topics that begin with this level: `twins`,
 * `events`, `spBv1.0`, and whatever begins with `$`. All others are plain. */
bool px_level_is_reserved(px_str first);

/* Appends the id's level. */
void px_put_level(px_buf *buf, px_str id);

/**
 * Reads a level back.
 *
 * @param room    where an id with escapes is put together, `room_bytes` long
 * @param ret_id  borrows from `level`, or from `room`
 * False when it is empty, not spelled as px_put_level does, or does not fit: it is nobody's level.
 */
bool px_level_read(px_str level, char *room, size_t room_bytes, px_str *ret_id);

#endif
