/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies that say they are gzip: what comes out keeps to its bounds. */
#include <stdlib.h>

#include "api/gunzip.h"
#include "base/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    px_arena arena;
    px_str text;

    px_arena_init(&arena, 2 << 20);
    if (px_gunzip(px_str_of((const char *)data, size), 1 << 20, &arena, &text, NULL) == PX_OK &&
        (text.len > 1 << 20 || text.len > size * PX_INGEST_RATIO_MAX + 64 * 1024))
        abort();
    px_arena_release(&arena);
    return 0;
}
