/* SPDX-License-Identifier: Apache-2.0 */
#include "base/vec.h"

bool px_vec_grow(void **ptr, size_t *cap, size_t needed, size_t item_size)
{
    size_t wanted = *cap ? *cap * 2 : 8, bytes;
    void *grown;

    wanted = wanted < needed ? needed : wanted;
    if (__builtin_mul_overflow(wanted, item_size, &bytes))
        return false;
    grown = px_realloc(*ptr, bytes);
    if (!grown)
        return false;
    *ptr = grown;
    *cap = wanted;
    return true;
}
