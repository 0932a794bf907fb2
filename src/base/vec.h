/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A growing array of any plain type: `PX_VEC(uint32_t) numbers = { 0 };`.
 *
 * PX_VEC_PUSH gives false when there is no memory and leaves the vector as it was. Threads: one at
 * a time.
 */
#ifndef PX_BASE_VEC_H
#define PX_BASE_VEC_H

#include "base/mem.h"

#define PX_VEC(type)                                                                               \
    struct {                                                                                       \
        type *ptr;                                                                                 \
        size_t len, cap;                                                                           \
    }

bool px_vec_grow(void **ptr, size_t *cap, size_t needed, size_t item_size);

#define PX_VEC_RESERVE(v, count)                                                                   \
    ((count) <= (v)->cap || px_vec_grow((void **)&(v)->ptr, &(v)->cap, (count), sizeof(*(v)->ptr)))
#define PX_VEC_PUSH(v, item)                                                                       \
    (PX_VEC_RESERVE((v), (v)->len + 1) ? ((v)->ptr[(v)->len++] = (item), true) : false)
#define PX_VEC_RELEASE(v) (px_free((v)->ptr), (v)->ptr = NULL, (v)->len = (v)->cap = 0)
#define PX_VEC_EACH(v, item)                                                                       \
    for (__typeof__(*(v)->ptr) *item = (v)->ptr; item && item < (v)->ptr + (v)->len; item++)

#endif
